//! The preview of a source: packaged as it arrives, without delay, and only while somebody at the desk watches.

use std::sync::Arc;

use media::frame::{AirAudio, AirVideo, Frame, VideoFrame};
use media::hls::{Config, Packager};
use units::{AirTime, Duration, MediaTime, Timestamp};

use super::Shelf;

/// A jump of a source's clock beyond this is a new beginning.
const JUMP: Duration = Duration::from_s(1);
/// Sound that is off by less than this follows without a hole.
const DRIFT: Duration = Duration::from_ms(40);
const STILL: Duration = Duration::from_ms(40);
const DEFAULT_RATE: u32 = 48_000;

/// One source's preview.
pub(super) struct Preview {
    shelf: Arc<Shelf>,
    packager: Option<Packager>,
    /// The picture whose duration the next one tells.
    held: Option<VideoFrame>,
    sound_end: Option<AirTime>,
    restarted: bool,
    rate: u32,
}

/// The preview's clock is the source's own.
fn air(time: MediaTime) -> AirTime {
    AirTime::from_start(time.since_start())
}

impl Preview {
    pub(super) fn new(shelf: Arc<Shelf>) -> Self {
        Self {
            shelf,
            packager: None,
            held: None,
            sound_end: None,
            restarted: true,
            rate: DEFAULT_RATE,
        }
    }

    /// Takes a frame in channel time.
    pub(super) fn push(&mut self, frame: &Frame, started: Timestamp, now: Timestamp) {
        if let Frame::Audio(sound) = frame {
            self.rate = sound.config.sample_rate;
        }
        if !self.shelf.wanted(now) {
            if self.packager.take().is_some() {
                self.shelf.publish(None);
            }
            (self.held, self.sound_end) = (None, None);
            return;
        }
        if self.packager.is_none() {
            if !matches!(frame, Frame::Video(picture) if picture.key) {
                return;
            }
            self.packager = Some(Packager::new(Config::preview(started, self.rate)));
        }
        match frame {
            Frame::Video(picture) => self.picture(picture),
            Frame::Audio(sound) => {
                let time = air(sound.time);
                let start =
                    self.sound_end.filter(|end| (time - *end).abs() < DRIFT).unwrap_or(time);
                let duration = sound.config.frame_duration();
                self.sound_end = Some(start + duration);
                let sound = AirAudio {
                    air: start,
                    duration,
                    data: sound.data.clone(),
                    config: Arc::clone(&sound.config),
                };
                if let Some(packager) = &mut self.packager {
                    packager.push_audio(sound);
                }
            }
        }
        if let Some(packager) = &self.packager {
            let snapshot = packager.snapshot();
            let known = self.shelf.snapshot().map(|snapshot| snapshot.version);
            if known != Some(snapshot.version) {
                self.shelf.publish(Some(snapshot));
            }
        }
    }

    fn picture(&mut self, picture: &VideoFrame) {
        let Some(held) = self.held.replace(picture.clone()) else { return };
        let length = picture.time - held.time;
        let jumped = length > JUMP || length <= Duration::ZERO;
        let sent = AirVideo {
            air: air(held.time),
            duration: if jumped { STILL } else { length },
            cts: held.cts,
            key: held.key,
            data: held.data,
            config: held.config,
            discontinuity: std::mem::take(&mut self.restarted),
        };
        self.restarted = jumped;
        if let Some(packager) = &mut self.packager {
            packager.push_video(sent);
        }
    }

    /// The source is gone: a later one begins anew.
    pub(super) fn closed(&mut self) {
        (self.held, self.sound_end, self.restarted) = (None, None, true);
        if self.packager.take().is_some() {
            self.shelf.publish(None);
        }
    }
}
