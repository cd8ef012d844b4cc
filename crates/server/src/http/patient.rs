//! A socket that waits for its reader, but not for ever: whoever asks and never reads would keep a connection, and what
//! is on its way to them, for as long as they like.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// A peer that takes nothing for so long is gone.
const STALL_MAX: Duration = Duration::from_secs(30);

/// The socket.
pub(super) struct Patient<S> {
    socket: S,
    /// Runs while something waits to be taken.
    stalled: Option<Pin<Box<Sleep>>>,
    stall_max: Duration,
    /// Bytes that are still to come at the beginning, and until when.
    beginning: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<S> Patient<S> {
    pub(super) fn new(socket: S) -> Self {
        Self { socket, stalled: None, stall_max: STALL_MAX, beginning: None }
    }

    /// The first `bytes` must come within a time.
    pub(super) fn beginning(mut self, bytes: usize, within: Duration) -> Self {
        self.beginning = Some((bytes, Box::pin(tokio::time::sleep(within))));
        self
    }

    pub(super) fn into_inner(self) -> S {
        self.socket
    }

    /// Passes on what a write came to; one that waits starts the clock, any other stops it.
    fn clocked<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stall_max = self.stall_max;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall_max)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.socket).poll_read(cx, buf);
        let Some((missing, until)) = &mut self.beginning else { return read };
        if read.is_pending() {
            ready!(until.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        *missing = missing.saturating_sub(buf.filled().len() - before);
        if *missing == 0 {
            self.beginning = None;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.clocked(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.clocked(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.socket).poll_shutdown(cx);
        self.clocked(cx, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.clocked(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_beginning_that_does_not_come_is_not_waited_for() {
        let (mut peer, socket) = tokio::io::duplex(64);
        let mut patient = Patient::new(socket).beginning(4, Duration::from_millis(20));
        peer.write_all(b"PR").await.unwrap();
        let mut buffer = [0; 4];
        let error = patient.read_exact(&mut buffer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn who_never_reads_is_given_up() {
        let (socket, _peer) = tokio::io::duplex(64);
        let mut patient = Patient::new(socket);
        patient.stall_max = Duration::from_millis(20);
        let error = patient.write_all(&[0; 1000]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
