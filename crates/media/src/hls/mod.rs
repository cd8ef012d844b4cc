//! HLS (RFC 8216bis, draft-pantos-hls-rfc8216bis) of a program: live with parts, and recorded.
//!
//! [`Packager`] takes what airs and owns the live window. After each change it publishes an immutable
//! [`Snapshot`] that any number of readers share. It waits for nothing itself: [`Snapshot::ready`] says
//! whether a blocking request can be answered, and the shell waits. [`vod`] writes the playlist of a
//! recording from a small index of lines.
//!
//! Kept here, with a property test each: H-1, media sequence never goes back (across a restart by
//! [`Mark`]); H-2, a published part never changes.
//!
//! Bytes of a part are built once; a segment is the chain of its parts and is never copied together.

mod cut;
mod note;
mod packager;
mod playlist;
mod reload;
mod subtitles;
pub mod vod;
mod window;

pub use cut::Stats;
pub use note::{Note, NoteKind};
pub use packager::{Finished, Packager};
pub use reload::{BadQuery, Readiness, Reload, parse_query};
pub use subtitles::{Captions, Cue};
pub use window::{Init, Lookup, Part, Segment, Snapshot};

use serde::{Deserialize, Serialize};
use units::{Duration, Timestamp};

/// Declared once and never changed: players size their buffers and reload timers by it.
pub const TARGET_DURATION: Duration = Duration::from_s(6);

/// How a program is cut and how much of it is kept.
#[derive(Clone, Debug)]
pub struct Config {
    /// UTC of AirTime 0, for `EXT-X-PROGRAM-DATE-TIME`.
    pub epoch: Timestamp,
    /// Ticks a second of the sound track: the program's rate. Fixed for the program.
    pub audio_timescale: u32,
    /// No part is longer. At most [`TARGET_DURATION`].
    pub part_target: Duration,
    /// A segment ends at the first key frame that is at least this far from its start.
    pub segment_min: Duration,
    /// A segment ends here at the latest, key frame or not. At most [`TARGET_DURATION`].
    pub segment_max: Duration,
    /// How long a part waits for sound that is late, measured in pictures that came meanwhile.
    pub audio_wait: Duration,
    /// Segments of this much of the newest program are listed. At least three target durations.
    pub listed: Duration,
    /// Segments of this much more are still answered, for slow clients.
    pub kept: Duration,
    /// Above this many bytes old segments go early, but the newest three stay.
    pub max_bytes: usize,
    /// Whether finished segments are handed out for recording.
    pub record: bool,
    /// Captions, if there are any.
    pub captions: Option<Captions>,
    /// Where an earlier run of the same program stopped.
    pub resume: Option<Mark>,
}

impl Config {
    /// The defaults for a program on air: parts of half a second, 30 s listed, 20 s more kept.
    #[must_use]
    pub fn live(epoch: Timestamp, audio_timescale: u32) -> Self {
        Self {
            epoch,
            audio_timescale,
            part_target: Duration::from_ms(500),
            segment_min: Duration::from_s(2),
            segment_max: TARGET_DURATION,
            audio_wait: Duration::from_s(1),
            listed: Duration::from_s(30),
            kept: Duration::from_s(20),
            max_bytes: 256 << 20,
            record: true,
            captions: None,
            resume: None,
        }
    }

    /// A preview: parts of 0.2 s, nothing recorded, little kept.
    #[must_use]
    pub fn preview(epoch: Timestamp, audio_timescale: u32) -> Self {
        Self {
            part_target: Duration::from_ms(200),
            listed: Duration::from_s(18),
            kept: Duration::from_s(6),
            record: false,
            ..Self::live(epoch, audio_timescale)
        }
    }
}

/// What the next run of a program must go on from, so that media sequence (H-1), discontinuity
/// sequence and the names of init segments never repeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Mark {
    /// Media sequence number of the next segment.
    pub next_msn: u64,
    /// Discontinuities so far.
    pub discontinuities: u64,
    /// Number of the next init segment.
    pub next_init: u32,
}

impl Mark {
    /// A mark that was stored some time before a crash, moved beyond whatever at most `lost` segments after
    /// it may have been published since.
    #[must_use]
    pub fn beyond(self, lost: u32) -> Self {
        Self {
            next_msn: self.next_msn.saturating_add(u64::from(lost)),
            discontinuities: self.discontinuities.saturating_add(u64::from(lost)),
            next_init: self.next_init.saturating_add(lost),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
