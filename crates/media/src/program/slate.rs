//! The slate: a short clip that airs instead of a source, looped.

use std::sync::Arc;

use units::{Duration, MediaTime};

use crate::frame::{VideoConfig, VideoFrame};

/// What a lone picture lasts.
const STILL: Duration = Duration::from_ms(200);
/// The shortest and the longest picture of a slate, so that a loop always moves on.
const SHORTEST: Duration = Duration::from_ms(5);
const LONGEST: Duration = Duration::from_s(2);

/// Why frames are not a slate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlateError {
    /// There are none.
    #[error("the slate has no pictures")]
    Empty,
    /// The first is not an IDR.
    #[error("the slate does not start on a key frame")]
    NoKeyFrame,
}

/// One slate. Its pictures must decode by themselves from the first one, which is an IDR.
#[derive(Clone, Debug)]
pub struct Slate {
    pictures: Arc<[SlatePicture]>,
}

#[derive(Clone, Debug)]
pub(crate) struct SlatePicture {
    pub(crate) frame: VideoFrame,
    /// Presentation minus decode time on air.
    pub(crate) cts: Duration,
    pub(crate) duration: Duration,
}

impl Slate {
    /// A slate of these pictures, in decode order.
    ///
    /// # Errors
    /// When there are none, or the first is not a key frame.
    pub fn from_frames(frames: Vec<VideoFrame>) -> Result<Self, SlateError> {
        let first = frames.first().ok_or(SlateError::Empty)?;
        if !first.key {
            return Err(SlateError::NoKeyFrame);
        }
        let lead = first.cts;
        let mut usual = STILL;
        let times: Vec<MediaTime> = frames.iter().map(|frame| frame.time).collect();
        let pictures = frames.into_iter().enumerate().map(|(i, frame)| {
            if let Some(next) = times.get(i + 1) {
                usual = (*next - frame.time).clamp(SHORTEST, LONGEST);
            }
            SlatePicture { cts: frame.cts - lead, duration: usual, frame }
        });
        Ok(Self { pictures: pictures.collect() })
    }

    /// What decodes it.
    #[must_use]
    pub fn config(&self) -> &Arc<VideoConfig> {
        &self.pictures[0].frame.config
    }

    /// The picture after `index` others, in an endless loop.
    pub(crate) fn picture(&self, index: usize) -> &SlatePicture {
        &self.pictures[index % self.pictures.len()]
    }
}

/// The slates of a program.
#[derive(Clone, Debug)]
pub struct Slates {
    /// For pictures that are wider than high, and when nothing is known.
    pub landscape: Slate,
    /// For pictures that are higher than wide; the other one when absent.
    pub portrait: Option<Slate>,
}

impl Slates {
    /// The slate that fits a source's pictures.
    pub(crate) fn fitting(&self, config: Option<&Arc<VideoConfig>>) -> &Slate {
        match (&self.portrait, config) {
            (Some(portrait), Some(config)) if config.height > config.width => portrait,
            _ => &self.landscape,
        }
    }
}
