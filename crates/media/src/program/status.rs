//! What the desk shows: what is on air and why, what waits, what is planned, and whether the standby is ready.

use std::sync::Arc;

use serde::Serialize;
use units::{ActionId, AirTime, Duration, MediaTime, Timestamp};

use super::Program;
use super::action::{Applied, Channel, Kind, NotReady, OnAudio, OnVideo};
use crate::delay::DelayLine;
use crate::frame::AudioConfig;

/// A feed without a frame for this long has stalled.
const STALLED: Duration = Duration::from_s(2);
/// A feed with pictures but no key frame for this long cannot be entered.
const NO_KEY: Duration = Duration::from_s(20);

/// Why something else than the host's picture and sound is on air.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum Why {
    /// Nothing has aired yet.
    NotOnAir,
    /// An action is in force.
    Action {
        /// Which.
        id: ActionId,
        /// What.
        kind: Kind,
    },
    /// What was in force before a restart is not known; a person must resume.
    Held,
    /// The host does not stream.
    FeedLost,
    /// The host's feed has sent nothing lately.
    Stalled,
    /// The host streams; the delay fills, or a key frame is awaited.
    Rebuilding,
    /// The host's feed has no pictures or no sound.
    OneTrack,
}

/// One source as it arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeedStatus {
    /// It is connected.
    pub open: bool,
    /// Since its last frame; `None` before the first one of this connection.
    pub silent_for: Option<Duration>,
    /// Bytes that wait, with what each frame costs.
    pub queued_bytes: usize,
}

/// The standby.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standby {
    /// As it arrives.
    pub feed: FeedStatus,
    /// Why it cannot take over; `None` when it can.
    pub not_ready: Option<NotReady>,
}

/// The program at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// The moment of the program that airs; `None` before the first air.
    pub air: Option<AirTime>,
    /// Whose picture is on air.
    pub video: OnVideo,
    /// Whose sound is on air.
    pub audio: OnAudio,
    /// Why it is not the host's; `None` when both are.
    pub why: Option<Why>,
    /// The setting.
    pub delay: Duration,
    /// How much of it is there: until the newest frame airs.
    pub in_delay: Duration,
    /// The newest moment of the preview, in the host's channel time.
    pub newest: MediaTime,
    /// The host's moment that airs, or would.
    pub air_point: MediaTime,
    /// What is planned or in force, oldest first.
    pub actions: Vec<Applied>,
    /// The host's feed.
    pub host: FeedStatus,
    /// The standby.
    pub standby: Standby,
    /// A person must resume.
    pub held: bool,
}

impl Program {
    /// The program at a moment, which is not before the last poll.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> Status {
        let (video, audio) = self.air.on();
        Status {
            air: self.air.at(now),
            video,
            audio,
            why: self.why(now),
            delay: self.delay,
            in_delay: self.host.in_delay(now),
            newest: self.host.newest(now),
            air_point: self.host.leaving(now),
            actions: self.plan.live().iter().map(|i| self.describe(i, now)).collect(),
            host: feed_status(&self.host, now),
            standby: Standby {
                feed: feed_status(&self.standby, now),
                not_ready: self.ready(now).err(),
            },
            held: self.held,
        }
    }

    /// Whether the standby can take over.
    ///
    /// # Errors
    /// With the reason why it cannot.
    pub fn ready(&self, now: Timestamp) -> Result<(), NotReady> {
        let line = self.line(Channel::Standby);
        if !line.is_open() {
            return Err(NotReady::NoFeed);
        }
        let Some(arrival) = line.last_arrival() else { return Err(NotReady::NoFeed) };
        if now - arrival > STALLED {
            return Err(NotReady::Stalled { silent_ms: (now - arrival).ms() });
        }
        let keyed = line.last_key().is_some_and(|key| now - key <= NO_KEY);
        if line.picture_config().is_some() && !keyed {
            return Err(NotReady::NoKeyFrame);
        }
        match (line.sound_config(), self.program_sound()) {
            (Some(standby), Some(program)) if !alike(standby, program) => {
                Err(NotReady::SoundDiffers {
                    rate: standby.sample_rate,
                    channels: standby.channels,
                    program_rate: program.sample_rate,
                    program_channels: program.channels,
                })
            }
            _ => Ok(()),
        }
    }

    /// The sound that the host's feed gives the program.
    fn program_sound(&self) -> Option<&Arc<AudioConfig>> {
        self.host_sound.as_ref().or(self.host.sound_config())
    }

    fn why(&self, now: Timestamp) -> Option<Why> {
        if self.air.on() == (OnVideo::Host, OnAudio::Host) {
            return None;
        }
        if self.held {
            return Some(Why::Held);
        }
        let host = self.run.as_ref().is_some_and(|run| run.channel == Channel::Host);
        let sourced = self.run.is_some();
        let on = self.plan.on(self.host.leaving(now)).filter(|on| on.kind != Kind::Mute || sourced);
        if let Some(on) = on {
            return Some(Why::Action { id: on.id, kind: on.kind });
        }
        if !self.air.is_on() {
            return Some(Why::NotOnAir);
        }
        let stalled = self.host.last_arrival().is_none_or(|arrival| now - arrival > STALLED);
        Some(match (self.host.is_open(), self.host.is_empty()) {
            (false, true) => Why::FeedLost,
            (true, true) if stalled => Why::Stalled,
            _ if host => Why::OneTrack,
            _ => Why::Rebuilding,
        })
    }
}

fn feed_status(line: &DelayLine, now: Timestamp) -> FeedStatus {
    FeedStatus {
        open: line.is_open(),
        silent_for: line.last_arrival().map(|arrival| now - arrival),
        queued_bytes: line.bytes(),
    }
}

fn alike(a: &AudioConfig, b: &AudioConfig) -> bool {
    (a.sample_rate, a.channels) == (b.sample_rate, b.channels)
}
