//! A call that runs to its end whatever becomes of whoever asked.

use std::pin::Pin;
use std::task::{Context, Poll};

/// A future that is carried on by itself when it is dropped before its end. As long as nobody drops it, it costs no task
/// of its own.
pub(super) struct Finish<T: Send + 'static> {
    /// `None` once it has ended.
    call: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
}

impl<T: Send + 'static> Finish<T> {
    pub(super) fn new(call: impl Future<Output = T> + Send + 'static) -> Self {
        Self { call: Some(Box::pin(call)) }
    }
}

impl<T: Send + 'static> Future for Finish<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(call) = &mut self.call else { return Poll::Pending };
        let polled = call.as_mut().poll(cx);
        if polled.is_ready() {
            self.call = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for Finish<T> {
    fn drop(&mut self) {
        // Without a runtime the server is ending, and so does every call.
        if let (Some(call), Ok(runtime)) = (self.call.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_call_that_nobody_waits_for_any_more_runs_to_its_end() {
        let (go, wait) = oneshot::channel();
        let (done, ended) = oneshot::channel();
        let mut call = Finish::new(async move {
            let _ = wait.await;
            let _ = done.send(());
        });
        let mut once = std::pin::pin!(&mut call);
        assert!(std::future::poll_fn(|cx| Poll::Ready(once.as_mut().poll(cx))).await.is_pending());
        drop(call);
        go.send(()).unwrap();
        ended.await.unwrap();
    }
}
