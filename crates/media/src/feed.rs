//! A source's tags become frames in the source's own time.
//!
//! Millisecond stamps are unwrapped and kept from running back; sound is counted in samples and follows the stamps
//! only when they disagree by more than 60 ms. A feed without sound or without pictures is a state, not an error.
//! What browsers cannot play is refused with a sentence for the host. Never reads a clock.

mod clock;
mod meter;
mod refused;
mod track;

use std::sync::Arc;

use units::{Duration, MediaTime};

use self::clock::SourceClock;
use self::meter::Meter;
pub use self::meter::{AudioStats, FeedStats, Hint, HintCode, VideoStats};
pub use self::refused::Refused;
use self::track::{Audio, Video};
use crate::flv::{AudioBody, Tag, TagKind, VideoBody, audio_body, video_body};
use crate::frame::{AudioConfig, Frame, VideoConfig};

/// How far the stamps of the sound may be from its samples before the samples give way.
pub const MAX_AUDIO_DRIFT: Duration = Duration::from_ms(60);

/// One of a source's two tracks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Track {
    /// Pictures.
    Video,
    /// Sound.
    Audio,
}

/// A place where a source's time does not go on evenly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Where it was seen.
    pub track: Track,
    /// The time of the frame behind it.
    pub at: MediaTime,
    /// How much is missing; negative when that much too much came and was left out. Zero when the source's clock
    /// jumped so far that the length means nothing.
    pub length: Duration,
}

/// Turns the tags of one connection into frames. Times start near zero at the first coded frame; the other
/// track's first frames may lie a little before it.
#[derive(Default)]
pub struct Feed {
    clock: SourceClock,
    video: Video,
    audio: Audio,
    meter: Meter,
    gap: Option<Gap>,
}

impl Feed {
    /// A feed that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next tag. Answers the frame that it holds, if it holds one that can be decoded; headers, damaged
    /// frames and pictures before the first key frame give none. The payload is a slice of the tag wherever possible.
    ///
    /// # Errors
    /// When the stream is one that this server does not take. The feed is of no more use then.
    pub fn push(&mut self, tag: &Tag) -> Result<Option<Frame>, Refused> {
        self.gap = None;
        match tag.kind {
            TagKind::Video => self.video_tag(tag),
            TagKind::Audio => self.audio_tag(tag),
            TagKind::Script => Ok(None),
        }
    }

    fn video_tag(&mut self, tag: &Tag) -> Result<Option<Frame>, Refused> {
        let (offset_ms, data) = match video_body(&tag.body) {
            Some(VideoBody::Header(record)) => {
                self.video.header(&record)?;
                return Ok(None);
            }
            Some(VideoBody::Picture { offset_ms, data }) => (offset_ms, data),
            Some(VideoBody::Other(codec)) => return Err(Refused::VideoCodec(codec)),
            Some(VideoBody::Multitrack) => return Err(Refused::Multitrack),
            Some(VideoBody::Nothing) => return Ok(None),
            None => {
                self.meter.damaged();
                return Ok(None);
            }
        };
        let stamp = self.clock.stamp(Track::Video, tag.timestamp_ms);
        let frame = match self.video.picture(stamp.ms, offset_ms, &data)? {
            track::Taken::Frame(frame) => frame,
            track::Taken::Nothing => return Ok(None),
            track::Taken::Damaged => {
                self.meter.damaged();
                return Ok(None);
            }
        };
        if stamp.jumped {
            self.report(Track::Video, frame.time, Duration::ZERO);
        }
        self.meter.video(&frame, tag.body.len());
        Ok(Some(Frame::Video(frame)))
    }

    fn audio_tag(&mut self, tag: &Tag) -> Result<Option<Frame>, Refused> {
        let data = match audio_body(&tag.body) {
            Some(AudioBody::Header(asc)) => {
                self.audio.header(&asc)?;
                return Ok(None);
            }
            Some(AudioBody::Sound(data)) => data,
            Some(AudioBody::Other(codec)) => return Err(Refused::AudioCodec(codec)),
            Some(AudioBody::Multitrack) => return Err(Refused::Multitrack),
            Some(AudioBody::Nothing) => return Ok(None),
            None => {
                self.meter.damaged();
                return Ok(None);
            }
        };
        let stamp = self.clock.stamp(Track::Audio, tag.timestamp_ms);
        let (frame, missing) = self.audio.sound(stamp.ms, data);
        if let Some((at, length)) = missing {
            self.report(Track::Audio, at, length);
            self.meter.sound_gap(at);
        } else if stamp.jumped
            && let Some(frame) = &frame
        {
            self.report(Track::Audio, frame.time, Duration::ZERO);
        }
        let Some(frame) = frame else { return Ok(None) };
        self.meter.audio(&frame, tag.body.len());
        Ok(Some(Frame::Audio(frame)))
    }

    fn report(&mut self, track: Track, at: MediaTime, length: Duration) {
        self.gap = Some(Gap { track, at, length });
    }

    /// The gap that the last pushed tag revealed.
    #[must_use]
    pub fn gap(&self) -> Option<Gap> {
        self.gap
    }

    /// The configuration of the pictures, once known.
    #[must_use]
    pub fn video_config(&self) -> Option<&Arc<VideoConfig>> {
        self.video.config()
    }

    /// The configuration of the sound, once known.
    #[must_use]
    pub fn audio_config(&self) -> Option<&Arc<AudioConfig>> {
        self.audio.config()
    }

    /// What the feed looks like over its last five seconds.
    #[must_use]
    pub fn stats(&self) -> FeedStats {
        self.meter.stats(self.video.config(), self.audio.config())
    }
}

#[cfg(test)]
mod tests;
