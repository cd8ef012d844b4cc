//! The state of each track: its configuration and where its time stands.

use std::sync::Arc;

use bytes::Bytes;
use units::{Duration, MediaTime};

use super::{MAX_AUDIO_DRIFT, Refused};
use crate::codec::{aac, h264};
use crate::frame::{AudioConfig, AudioFrame, VideoConfig, VideoFrame};

/// A composition offset beyond this is damage and is read as zero.
const MAX_OFFSET_MS: i32 = 10_000;
/// Pictures with equal or falling stamps are set this far apart.
const MIN_STEP_MS: i64 = 1;

/// What became of a coded picture.
pub(super) enum Taken {
    Frame(VideoFrame),
    Nothing,
    Damaged,
}

#[derive(Default)]
pub(super) struct Video {
    config: Option<Arc<VideoConfig>>,
    length_bytes: u8,
    last_ms: Option<i64>,
    /// Pictures up to the next IDR refer to what nobody has.
    broken: bool,
}

impl Video {
    pub(super) fn config(&self) -> Option<&Arc<VideoConfig>> {
        self.config.as_ref()
    }

    pub(super) fn header(&mut self, record: &Bytes) -> Result<(), Refused> {
        if record.is_empty() {
            return Ok(());
        }
        let record = h264::record(record).map_err(Refused::Picture)?;
        self.length_bytes = record.length_bytes;
        self.set(record.config);
        Ok(())
    }

    fn set(&mut self, config: VideoConfig) {
        if self.config.as_deref() != Some(&config) {
            self.config = Some(Arc::new(config));
            self.broken = true;
        }
    }

    pub(super) fn picture(
        &mut self,
        ms: i64,
        offset_ms: i32,
        data: &Bytes,
    ) -> Result<Taken, Refused> {
        let Some(config) = &self.config else { return Ok(Taken::Nothing) };
        let Ok(picture) = h264::picture(data, self.length_bytes) else { return Ok(Taken::Damaged) };
        match h264::update(config, &picture.sps, &picture.pps) {
            Ok(None) => {}
            Ok(Some(new)) => self.set(new),
            Err(error @ h264::H264Error::Format { .. }) => return Err(Refused::Picture(error)),
            Err(_) => return Ok(Taken::Damaged),
        }
        if !picture.coded {
            return Ok(Taken::Nothing);
        }
        self.broken &= !picture.key;
        let Some(config) = self.config.as_ref().filter(|_| !self.broken) else {
            return Ok(Taken::Nothing);
        };
        let ms = self.last_ms.map_or(ms, |last| ms.max(last + MIN_STEP_MS));
        self.last_ms = Some(ms);
        let offset_ms = if offset_ms.abs() > MAX_OFFSET_MS { 0 } else { offset_ms };
        Ok(Taken::Frame(VideoFrame {
            time: MediaTime::from_ms(ms),
            cts: Duration::from_ms(i64::from(offset_ms)),
            key: picture.key,
            data: picture.data,
            config: Arc::clone(config),
        }))
    }
}

#[derive(Default)]
pub(super) struct Audio {
    config: Option<Arc<AudioConfig>>,
    next: Option<MediaTime>,
}

impl Audio {
    pub(super) fn config(&self) -> Option<&Arc<AudioConfig>> {
        self.config.as_ref()
    }

    pub(super) fn header(&mut self, asc: &[u8]) -> Result<(), Refused> {
        if asc.is_empty() {
            return Ok(());
        }
        let config = aac::config(asc).map_err(Refused::Sound)?;
        if self.config.as_deref() != Some(&config) {
            self.config = Some(Arc::new(config));
        }
        Ok(())
    }

    /// The access unit at its counted time, and the gap that it reveals. A unit that would sound before the end of the
    /// one before it is left out, until the stamps have caught up.
    pub(super) fn sound(
        &mut self,
        ms: i64,
        data: Bytes,
    ) -> (Option<AudioFrame>, Option<(MediaTime, Duration)>) {
        let Some(config) = &self.config else { return (None, None) };
        let stamp = MediaTime::from_ms(ms);
        let next = self.next.unwrap_or(stamp);
        let drift = stamp - next;
        let lasts = config.frame_duration();
        if drift < -MAX_AUDIO_DRIFT {
            return (None, Some((next, -lasts)));
        }
        let (time, missing) =
            if drift > MAX_AUDIO_DRIFT { (stamp, Some((stamp, drift))) } else { (next, None) };
        self.next = Some(time + lasts);
        (Some(AudioFrame { time, data, config: Arc::clone(config) }), missing)
    }
}
