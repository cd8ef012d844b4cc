//! What waits in a line, and why something may not.

use units::{Duration, MediaTime};

use crate::frame::{AudioFrame, Frame, VideoFrame};

/// Why a feed is closed: it sends faster than it airs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Overflow {
    /// Too many bytes wait.
    #[error("more than {limit_bytes} bytes wait in the delay")]
    Bytes {
        /// The most that may wait.
        limit_bytes: usize,
    },
    /// Too much time waits.
    #[error("more than {} ms wait in the delay", .limit.ms())]
    Time {
        /// The most that may wait.
        limit: Duration,
    },
}

/// A picture that waits. `frame.time` is its decode time on the channel.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// When it is decoded on air: its decode time, moved so that a key frame is decoded when it is shown.
    pub(crate) at: MediaTime,
    /// When it is shown.
    pub(crate) pts: MediaTime,
    pub(crate) era: u64,
    pub(crate) frame: VideoFrame,
}

/// An access unit that waits. `frame.time` is on the channel.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    pub(crate) at: MediaTime,
    pub(crate) span: Duration,
    pub(crate) era: u64,
    pub(crate) frame: AudioFrame,
}

/// A waiting frame of either track.
#[derive(Clone, Debug)]
pub(crate) enum Waiting {
    Picture(Picture),
    Sound(Sound),
}

impl Waiting {
    /// The frame, in channel time.
    pub(crate) fn into_frame(self) -> Frame {
        match self {
            Self::Picture(picture) => Frame::Video(picture.frame),
            Self::Sound(sound) => Frame::Audio(sound.frame),
        }
    }
}

/// One of a line's two tracks; pictures go first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Track {
    Picture,
    Sound,
}
