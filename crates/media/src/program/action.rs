//! The words in which the program is told what to do and says what it did.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use units::{ActionId, AirTime, Duration, MediaTime, Timestamp};

use crate::frame::{AirAudio, AirVideo, AudioConfig, Frame};

/// One of the program's two sources.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The host's feed.
    Host,
    /// The understudy's feed, or any other live feed that stands ready.
    Standby,
}

/// What is asked of the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The picture goes on, the sound is silent.
    Mute,
    /// The slate airs, the sound goes on.
    Cover,
    /// The slate airs in silence.
    Cut,
    /// The standby airs.
    HandOver,
    /// What waits in the delay is thrown away; the slate airs while it fills again.
    Dump,
    /// The slate airs in silence, at once, and nothing waits, until somebody resumes.
    Panic,
    /// Ends what is in force without an end.
    Resume,
}

/// A moment of the host's feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Relative to the newest moment of the preview; negative is in the delay.
    Preview(Duration),
    /// In the host's channel time.
    Media(MediaTime),
}

/// An action as it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wish {
    /// What.
    pub kind: Kind,
    /// From when; `None` is the newest moment of the preview less the reaction time.
    pub from: Option<When>,
    /// Until when; `None` is until resumed.
    pub to: Option<When>,
    /// Hands over to a standby that is not ready.
    pub force: bool,
}

impl Wish {
    /// An action from now until resumed.
    #[must_use]
    pub const fn now(kind: Kind) -> Self {
        Self { kind, from: None, to: None, force: false }
    }
    /// An action on an interval of the host's channel time.
    #[must_use]
    pub const fn between(kind: Kind, from: MediaTime, to: MediaTime) -> Self {
        Self { kind, from: Some(When::Media(from)), to: Some(When::Media(to)), force: false }
    }
}

/// How far an action has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing of it has aired.
    Planned,
    /// It is on air.
    Active,
    /// It is over.
    Over,
    /// It was taken back before anything of it aired.
    Undone,
    /// It was ended before its time.
    Shortened,
}

/// An action as it is really applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Applied {
    /// Which.
    pub id: ActionId,
    /// What.
    pub kind: Kind,
    /// Its first moment, in the host's channel time.
    pub from: MediaTime,
    /// Its end: the moment at which the host really comes back, when the key frame for it has been seen. `None`: until resumed.
    pub to: Option<MediaTime>,
    /// Where on the program it begins, once the program is on air.
    pub from_air: Option<AirTime>,
    /// When it begins on air.
    pub airs_at: Timestamp,
    /// When it ends on air.
    pub ends_at: Option<Timestamp>,
    /// How long until it begins on air; negative when that has passed.
    pub time_to_air: Duration,
    /// It was asked for from a moment that had already aired.
    pub late: bool,
    /// How far it has come.
    pub state: State,
}

/// Why a standby cannot take over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum NotReady {
    /// Nobody streams to it.
    #[error("the standby has no feed")]
    NoFeed,
    /// Nothing has come from it lately.
    #[error("the standby's feed has been silent for {silent_ms} ms")]
    Stalled {
        /// Since its last frame.
        silent_ms: i64,
    },
    /// It has pictures but no recent key frame, so there is nowhere to enter.
    #[error("the standby's feed has sent no key frame lately")]
    NoKeyFrame,
    /// Its sound does not fit.
    #[error(
        "the standby's sound is {rate} hz with {channels} channels, the program's is {program_rate} hz with {program_channels}"
    )]
    SoundDiffers {
        /// Its samples a second.
        rate: u32,
        /// Its channels.
        channels: u8,
        /// The program's samples a second.
        program_rate: u32,
        /// The program's channels.
        program_channels: u8,
    },
}

/// Why an action is not applied. Nothing has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The whole interval has aired.
    #[error("this aired {} ms ago", .by.ms())]
    AlreadyAired {
        /// How long ago its end aired.
        by: Duration,
    },
    /// It ends before it begins.
    #[error("the interval is empty: its end lies {} ms before its beginning", .by.ms())]
    EmptyInterval {
        /// By how much; zero for an interval without length.
        by: Duration,
    },
    /// It begins too far in the future.
    #[error("the interval begins {} ms from now; the limit is {} ms", .by.ms(), .limit.ms())]
    TooFarAhead {
        /// How far after the newest moment of the preview.
        by: Duration,
        /// How far it may be.
        limit: Duration,
    },
    /// The standby cannot take over.
    #[error(transparent)]
    NotReady(NotReady),
    /// All of it has aired.
    #[error("it ended {} ms ago on air and cannot be undone", .by.ms())]
    UndoExpired {
        /// How long ago its end aired.
        by: Duration,
    },
    /// Panic and resume are not undone.
    #[error("{kind:?} cannot be undone")]
    NoUndo {
        /// What it is.
        kind: Kind,
    },
    /// No action has this id.
    #[error("no such action")]
    Unknown,
    /// Another action has this id.
    #[error("an action with this id exists")]
    Duplicate,
    /// Nothing is in force.
    #[error("nothing is in force")]
    NothingToResume,
    /// The delay is empty.
    #[error("nothing waits in the delay")]
    NothingWaits,
    /// A panic is on already.
    #[error("a panic is on already")]
    InPanic,
    /// Too many are in force or planned.
    #[error("{limit} actions are in force or planned, which is the limit")]
    TooMany {
        /// The most there may be.
        limit: usize,
    },
    /// Outside 0 to 60 s.
    #[error("the delay is 0 to {} ms", .limit.ms())]
    DelayOutOfRange {
        /// The longest delay.
        limit: Duration,
    },
}

/// What becomes of the time between two delays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayHow {
    /// The slate airs until the longer delay is full; nothing is lost.
    Slate,
    /// What waited is thrown away.
    Dump,
    /// It was so already.
    Unchanged,
}

/// A change of the delay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DelayChange {
    /// The new delay.
    pub delay: Duration,
    /// Where on the program the slate begins, once the program is on air; an estimate when the key frame is still to come.
    pub effective: Option<AirTime>,
    /// What becomes of the difference.
    pub how: DelayHow,
}

/// Whose pictures are on air.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnVideo {
    /// The host's.
    Host,
    /// The standby's.
    Standby,
    /// The slate.
    Slate,
}

/// Whose sound is on air.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnAudio {
    /// The host's.
    Host,
    /// The standby's.
    Standby,
    /// Silence.
    Silence,
}

/// Another source is on air from here on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OnAirChange {
    /// Where on the program.
    pub air: AirTime,
    /// When that airs.
    pub at: Timestamp,
    /// Whose pictures are on air from here on.
    pub video: OnVideo,
    /// Whose sound is on air from here on.
    pub audio: OnAudio,
    /// The action that caused it.
    pub action: Option<ActionId>,
}

/// What leaves the program, in the order in which it was decided. Each track is in order by itself.
#[derive(Clone, Debug)]
pub enum Output {
    /// A picture airs.
    Video(AirVideo),
    /// Sound airs.
    Audio(AirAudio),
    /// The host's frame, in channel time, does not air.
    Stopped {
        /// The action that stopped it; `None` when it had no key frame before it, came too late, or was dropped with its feed.
        action: Option<ActionId>,
        /// The frame.
        frame: Frame,
    },
    /// Another source is on air.
    OnAir(OnAirChange),
    /// An action's first moment airs.
    ActionAired {
        /// Which.
        id: ActionId,
        /// Where on the program.
        air: AirTime,
    },
    /// An action is over on air.
    ActionOver {
        /// Which.
        id: ActionId,
        /// Where on the program.
        air: AirTime,
    },
}

/// An action that a restarted program goes on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MarkedAction {
    /// Which.
    pub id: ActionId,
    /// What.
    pub kind: Kind,
    /// Its first moment, in the host's channel time.
    pub from: MediaTime,
    /// Its end; `None` until resumed.
    pub to: Option<MediaTime>,
    /// It was asked for too late.
    pub late: bool,
}

/// What a restart needs to go on where the program stopped (H-1), with its actions in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The end of what has been made. A restart begins at or after it, beyond anything that was published.
    pub air: AirTime,
    /// The end of what had come of the host, in channel time, which goes on from there or from the wall clock.
    pub newest: MediaTime,
    /// The program's sound.
    pub sound: Arc<AudioConfig>,
    /// What is in force or planned, a panic included.
    pub actions: Vec<MarkedAction>,
}
