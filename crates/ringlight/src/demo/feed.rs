//! A host's encoder: the sample, looped, over RTMP on a plain socket, paced by its own timestamps. Timestamps go on
//! across loops, as those of a real encoder would. When the server drops the feed it comes back after a while.

use std::convert::Infallible;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use media::flv::{self, AudioBody, Tag, TagKind, VideoBody};
use media::rtmp::{Publisher, PublisherEvent, StreamKey};

use super::Stage;

static SAMPLE: &[u8] = include_bytes!("../../../../samples/evening.flv");

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A server that takes nothing for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that a read waits, so that tags leave on time.
const READ_TIMEOUT: Duration = Duration::from_millis(20);
const COME_BACK_AFTER: Duration = Duration::from_secs(3);
/// A frame's duration at 25 pictures a second.
const PICTURE_MS: u64 = 40;

/// One turn of a looped recording: what configures the decoders, and the frames with times from 0.
#[derive(Clone)]
pub(crate) struct Sample {
    setup: Vec<Tag>,
    frames: Vec<(u64, Tag)>,
    length_ms: u64,
    /// Where in the recording the first frame is.
    from_ms: u64,
}

impl Sample {
    /// The recording that ships in the binary.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let tags = flv::read(&Bytes::from_static(SAMPLE)).context("the sample show")?;
        let (mut setup, mut frames) = (Vec::new(), Vec::new());
        for tag in tags {
            if is_frame(&tag) {
                frames.push((u64::from(tag.timestamp_ms), tag));
            } else {
                setup.push(tag);
            }
        }
        let first = frames.iter().map(|(at, _)| *at).min().context("the sample show is empty")?;
        frames.iter_mut().for_each(|(at, _)| *at -= first);
        let length_ms = frames.iter().map(|(at, _)| *at).max().unwrap_or(0) + PICTURE_MS;
        Ok(Self { setup, frames, length_ms, from_ms: 0 })
    }

    /// The same loop, begun at the first key frame at or after `from_ms`.
    pub(crate) fn from(&self, from_ms: u64) -> Self {
        let is_entry = |(at, tag): &&(u64, Tag)| *at >= from_ms && is_key(tag);
        let Some(entry) = self.frames.iter().find(is_entry).map(|(at, _)| *at) else {
            return self.clone();
        };
        let turned = |at: u64| (at + self.length_ms - entry) % self.length_ms;
        let mut frames: Vec<_> =
            self.frames.iter().map(|(at, tag)| (turned(*at), tag.clone())).collect();
        // Stable: tags of one moment stay in the order of the file.
        frames.sort_by_key(|(at, _)| *at);
        Self { frames, from_ms: entry, setup: self.setup.clone(), length_ms: self.length_ms }
    }

    /// The frame after `n` others, with its time since the first.
    fn nth(&self, n: usize) -> (u64, &Tag) {
        let (turn, index) = (n / self.frames.len(), n % self.frames.len());
        let (at, tag) = &self.frames[index];
        (turn as u64 * self.length_ms + at, tag)
    }
}

fn is_frame(tag: &Tag) -> bool {
    match tag.kind {
        TagKind::Video => matches!(flv::video_body(&tag.body), Some(VideoBody::Picture { .. })),
        TagKind::Audio => matches!(flv::audio_body(&tag.body), Some(AudioBody::Sound(_))),
        TagKind::Script => false,
    }
}

fn is_key(tag: &Tag) -> bool {
    // FLV: the upper half of a video tag's first byte is 1 for a key frame.
    tag.kind == TagKind::Video && tag.body.first().is_some_and(|first| first >> 4 == 1)
}

/// Streams for as long as the process lives. `leads`: this is the host whose place in the sample the script follows.
pub(crate) fn publish(stage: &Stage, sample: &Sample, rtmp: SocketAddr, key: &str, leads: bool) {
    loop {
        let Err(error) = stream(stage, sample, rtmp, key, leads);
        tracing::info!(leads, error = %format_args!("{error:#}"), "demo feed ended");
        thread::sleep(COME_BACK_AFTER);
    }
}

fn stream(
    stage: &Stage,
    sample: &Sample,
    rtmp: SocketAddr,
    key: &str,
    leads: bool,
) -> anyhow::Result<Infallible> {
    let mut wire = Wire::connect(rtmp, key)?;
    let hello = Instant::now();
    while !wire.ready {
        ensure!(hello.elapsed() < CONNECT_TIMEOUT, "the server does not answer");
        wire.turn(READ_TIMEOUT)?;
    }
    for tag in &sample.setup {
        wire.publisher.send(&Tag { timestamp_ms: 0, ..tag.clone() });
    }
    let begin = Instant::now();
    let mut sent = 0;
    loop {
        let elapsed = begin.elapsed();
        loop {
            let (at_ms, tag) = sample.nth(sent);
            if at_ms > elapsed.as_millis() as u64 {
                break;
            }
            // Wraps at 2^32 as the protocol wants it.
            wire.publisher.send(&Tag { timestamp_ms: at_ms as u32, ..tag.clone() });
            sent += 1;
        }
        if leads {
            let at_ms = (sample.from_ms + elapsed.as_millis() as u64) % sample.length_ms;
            stage.host_at_ms.store(at_ms, Ordering::Relaxed);
        }
        let due = Duration::from_millis(sample.nth(sent).0).saturating_sub(begin.elapsed());
        wire.turn(due.clamp(Duration::from_millis(1), READ_TIMEOUT))?;
    }
}

/// A publisher on a socket.
struct Wire {
    socket: TcpStream,
    publisher: Publisher,
    ready: bool,
}

impl Wire {
    fn connect(rtmp: SocketAddr, key: &str) -> anyhow::Result<Self> {
        let socket = TcpStream::connect_timeout(&rtmp, CONNECT_TIMEOUT).context("connect")?;
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(WRITE_TIMEOUT))?;
        let url = format!("rtmp://{rtmp}/live");
        let publisher = Publisher::new("live", StreamKey::new(key), &url);
        Ok(Self { socket, publisher, ready: false })
    }

    /// Sends what is due and waits at most `wait` for the server's words.
    fn turn(&mut self, wait: Duration) -> anyhow::Result<()> {
        self.socket.write_all(&self.publisher.output()).context("send")?;
        self.socket.set_read_timeout(Some(wait))?;
        let mut buffer = [0; 4096];
        match self.socket.read(&mut buffer) {
            Ok(0) => bail!("the server closed the connection"),
            Ok(read) => self.publisher.receive(&buffer[..read])?,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error).context("receive"),
        }
        while let Some(event) = self.publisher.event() {
            match event {
                PublisherEvent::Ready => self.ready = true,
                PublisherEvent::Refused { description, .. } => bail!("refused: {description}"),
            }
        }
        self.socket.write_all(&self.publisher.output()).context("send")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_go_on_in_time_and_can_begin_at_any_key_frame() {
        let sample = Sample::read().expect("the sample");
        assert!(sample.length_ms > 170_000 && sample.setup.len() >= 2);
        for loops in [sample.clone(), sample.from(107_000)] {
            assert!(is_key(
                &loops.frames.iter().find(|(_, t)| t.kind == TagKind::Video).expect("video").1
            ));
            let frames = loops.frames.len();
            let mut last = 0;
            for n in 0..2 * frames {
                let (at, _) = loops.nth(n);
                assert!(at >= last && at - last < 200, "frame {n} at {at} after {last}");
                last = at;
            }
        }
        assert!(sample.from(107_000).from_ms >= 107_000);
    }
}
