//! Who may speak in a show's room. Decisions are kept in the log by viewer id and message id; what was said is not.
//!
//! Moderation acts first and is recorded after: `decide` clamps what is out of range and refuses nothing, and the shell
//! enforces the [`Gate`] of the staged state, which does not wait for a commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use units::{Duration, MessageId, Timestamp, ViewerId};

use crate::rejection::Rejection;

/// Viewers who can be silenced at once. Past it, time-outs go before bans and older ones before newer ones.
pub const SILENCED_MAX: usize = 10_000;
/// The longest time-out: a week.
pub const TIME_OUT_MAX_S: u32 = 7 * 24 * 3600;
/// The longest pause that slow mode asks for: an hour.
pub const SLOW_MAX_S: u32 = 3600;
/// Messages that one input can delete; the shell splits longer lists.
pub const DELETE_MAX: usize = 1000;

/// What a moderator does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Moderation {
    /// Takes messages away.
    Delete {
        /// Which, at most [`DELETE_MAX`].
        ids: Vec<MessageId>,
    },
    /// Silences a viewer for a while.
    TimeOut {
        /// Whom.
        viewer: ViewerId,
        /// How long, at most [`TIME_OUT_MAX_S`].
        seconds: u32,
    },
    /// Silences a viewer for good.
    Ban {
        /// Whom.
        viewer: ViewerId,
    },
    /// Lets a viewer speak again.
    Unban {
        /// Whom.
        viewer: ViewerId,
    },
    /// Sets the pause between two messages of a viewer; 0 ends slow mode.
    Slow {
        /// At most [`SLOW_MAX_S`].
        seconds: u32,
    },
    /// Holds messages for review, or stops holding them.
    Hold {
        /// Whether they are held.
        on: bool,
    },
    /// Lets nobody speak, or everybody again.
    Lock {
        /// Whether the room is locked.
        on: bool,
    },
    /// Lets a held message through.
    Approve {
        /// Which.
        id: MessageId,
    },
    /// Drops a held message.
    Reject {
        /// Which.
        id: MessageId,
    },
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
pub enum Moderated {
    /// Messages were taken away.
    Deleted {
        /// Which.
        ids: Vec<MessageId>,
    },
    /// A viewer is silenced.
    Silenced {
        /// Whom.
        viewer: ViewerId,
        /// Until when; absent: for good.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// A viewer may speak again.
    Unsilenced {
        /// Whom.
        viewer: ViewerId,
    },
    /// The room's settings are now these.
    Set(Settings),
    /// A held message was judged.
    Reviewed {
        /// Which.
        id: MessageId,
        /// Whether it was let through.
        approved: bool,
    },
}

/// The settings of a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Seconds between two messages of a viewer; 0: no slow mode.
    #[serde(default)]
    pub slow_s: u32,
    /// Whether messages are held for review.
    #[serde(default)]
    pub hold: bool,
    /// Whether nobody may speak.
    #[serde(default)]
    pub locked: bool,
}

/// What happened in a room in one second: numbers only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Viewers at its end.
    pub viewers: u32,
    /// Messages said.
    pub said: u32,
    /// Messages held for review; they are said once they are let through.
    #[serde(default)]
    pub held: u32,
    /// Messages refused.
    #[serde(default)]
    pub refused: u32,
}

/// A silenced viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Until when; absent: for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Since when.
    pub at: Timestamp,
}

/// A room as the log knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// Who may not speak.
    pub silenced: BTreeMap<ViewerId, Silence>,
    /// Its settings.
    pub settings: Settings,
    /// Messages said so far.
    pub said: u64,
    /// The most viewers in any second.
    pub viewers_peak: u32,
}

impl Room {
    /// What `act` leads to; `None` when nothing changes.
    pub(crate) fn judge(&self, act: &Moderation, at: Timestamp) -> Option<Moderated> {
        let set =
            |settings: Settings| (settings != self.settings).then_some(Moderated::Set(settings));
        match act {
            Moderation::Delete { ids } if ids.is_empty() => None,
            Moderation::Delete { ids } => {
                Some(Moderated::Deleted { ids: ids.iter().take(DELETE_MAX).copied().collect() })
            }
            Moderation::TimeOut { viewer, seconds } => {
                let seconds = (*seconds).min(TIME_OUT_MAX_S);
                let until = Some(at + Duration::from_s(i64::from(seconds)));
                let known = self.silenced.get(viewer);
                // A time-out never softens what holds longer.
                let longer = known.is_none_or(|s| s.until.is_some_and(|old| Some(old) < until));
                longer.then_some(Moderated::Silenced { viewer: *viewer, until })
            }
            Moderation::Ban { viewer } => {
                let banned = self.silenced.get(viewer).is_some_and(|s| s.until.is_none());
                (!banned).then_some(Moderated::Silenced { viewer: *viewer, until: None })
            }
            Moderation::Unban { viewer } => {
                let known = self.silenced.contains_key(viewer);
                known.then_some(Moderated::Unsilenced { viewer: *viewer })
            }
            Moderation::Slow { seconds } => {
                set(Settings { slow_s: (*seconds).min(SLOW_MAX_S), ..self.settings })
            }
            Moderation::Hold { on } => set(Settings { hold: *on, ..self.settings }),
            Moderation::Lock { on } => set(Settings { locked: *on, ..self.settings }),
            Moderation::Approve { id } => Some(Moderated::Reviewed { id: *id, approved: true }),
            Moderation::Reject { id } => Some(Moderated::Reviewed { id: *id, approved: false }),
        }
    }

    pub(crate) fn apply(&mut self, moderated: &Moderated, at: Timestamp) {
        match moderated {
            Moderated::Silenced { viewer, until } => {
                self.silenced.retain(|_, silence| silence.until.is_none_or(|until| until > at));
                self.silenced.insert(*viewer, Silence { until: *until, at });
                self.make_room(*viewer);
            }
            Moderated::Unsilenced { viewer } => {
                self.silenced.remove(viewer);
            }
            Moderated::Set(settings) => self.settings = *settings,
            Moderated::Deleted { .. } | Moderated::Reviewed { .. } => {}
        }
    }

    pub(crate) fn count(&mut self, second: &Second) {
        self.said = self.said.saturating_add(u64::from(second.said));
        self.viewers_peak = self.viewers_peak.max(second.viewers);
    }

    fn make_room(&mut self, newest: ViewerId) {
        if self.silenced.len() <= SILENCED_MAX {
            return;
        }
        let others = self.silenced.iter().filter(|(viewer, _)| **viewer != newest);
        let first = others.min_by_key(|(viewer, s)| (s.until.is_none(), s.until, s.at, **viewer));
        if let Some(viewer) = first.map(|(viewer, _)| *viewer) {
            self.silenced.remove(&viewer);
        }
    }
}

/// What a room's settings and bans say of one message, without the state behind them. The shell keeps the
/// newest one as a shared snapshot and asks it on every message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    silenced: BTreeMap<ViewerId, Option<Timestamp>>,
    settings: Settings,
    ended: bool,
}

/// What happens to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is delivered.
    Say,
    /// It waits for a moderator.
    Hold,
    /// It is refused; [`Rejection::retry_after_ms`] says when to try again.
    Refuse(Rejection),
}

impl Gate {
    /// The gate of a room as it is.
    #[must_use]
    pub fn of(room: &Room, ended: bool) -> Self {
        let silenced = room.silenced.iter().map(|(viewer, silence)| (*viewer, silence.until));
        Self { silenced: silenced.collect(), settings: room.settings, ended }
    }

    /// Whether a viewer may not speak, for good or for a while.
    #[must_use]
    pub fn silences(&self, viewer: ViewerId, now: Timestamp) -> bool {
        self.silenced.get(&viewer).is_some_and(|until| until.is_none_or(|until| now < until))
    }

    /// The room's settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Judges a message of `viewer` at `now`, who last spoke at `last_said_at`.
    #[must_use]
    pub fn check(
        &self,
        viewer: ViewerId,
        last_said_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Verdict {
        let ms_until = |then: Timestamp| {
            let us = then.0.saturating_sub(now.0);
            u64::try_from(us).ok().filter(|us| *us > 0).map(|us| us.div_ceil(1000))
        };
        match self.silenced.get(&viewer) {
            Some(None) => return Verdict::Refuse(Rejection::Banned),
            Some(Some(until)) => {
                if let Some(retry_after_ms) = ms_until(*until) {
                    return Verdict::Refuse(Rejection::TimedOut { retry_after_ms });
                }
            }
            None => {}
        }
        if self.ended {
            return Verdict::Refuse(Rejection::ShowEnded);
        }
        if self.settings.locked {
            return Verdict::Refuse(Rejection::LockedDown);
        }
        let slow = Duration::from_s(i64::from(self.settings.slow_s));
        if let Some(retry_after_ms) = last_said_at.and_then(|last| ms_until(last + slow)) {
            return Verdict::Refuse(Rejection::SlowMode { retry_after_ms });
        }
        if self.settings.hold { Verdict::Hold } else { Verdict::Say }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: ViewerId = ViewerId::from_u128(1);
    const BO: ViewerId = ViewerId::from_u128(2);

    fn t(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn room(acts: &[(i64, Moderation)]) -> Room {
        let mut room = Room::default();
        for (ms, act) in acts {
            if let Some(moderated) = room.judge(act, t(*ms)) {
                room.apply(&moderated, t(*ms));
            }
        }
        room
    }

    #[track_caller]
    fn check(acts: &[(i64, Moderation)], last: Option<i64>, now: i64, expected: &str) {
        let verdict = Gate::of(&room(acts), false).check(ANN, last.map(t), t(now));
        let found = match verdict {
            Verdict::Say => "say".to_owned(),
            Verdict::Hold => "hold".to_owned(),
            Verdict::Refuse(why) => match why.retry_after_ms() {
                Some(ms) => format!("{} {ms}", why.code()),
                None => why.code().to_owned(),
            },
        };
        assert_eq!(found, expected, "{acts:?}");
    }

    #[test]
    fn the_gate_says_who_may_speak() {
        use Moderation::*;
        let viewer = ANN;
        check(&[], None, 0, "say");
        check(&[(0, Ban { viewer: BO })], None, 0, "say");
        check(&[(0, Ban { viewer })], None, 99, "banned");
        check(&[(0, Ban { viewer }), (1, Unban { viewer })], None, 99, "say");
        check(&[(0, Ban { viewer }), (1, TimeOut { viewer, seconds: 1 })], None, 99, "banned");
        check(&[(0, TimeOut { viewer, seconds: 10 })], None, 4000, "timed_out 6000");
        check(&[(0, TimeOut { viewer, seconds: 10 })], None, 10_000, "say");
        let twice = [(0, TimeOut { viewer, seconds: 10 }), (1, TimeOut { viewer, seconds: 2 })];
        check(&twice, None, 4000, "timed_out 6000");
        check(&[(0, Slow { seconds: 5 })], Some(1000), 2000, "slow_mode 4000");
        check(&[(0, Slow { seconds: 5 })], Some(1000), 6000, "say");
        check(&[(0, Slow { seconds: 5 })], None, 2000, "say");
        check(&[(0, Hold { on: true })], None, 0, "hold");
        check(&[(0, Hold { on: true }), (0, Lock { on: true })], None, 0, "locked_down");
        check(&[(0, Lock { on: true }), (0, Lock { on: false })], None, 0, "say");
    }

    #[test]
    fn what_is_out_of_range_is_clamped() {
        let acts = [(0, Moderation::Slow { seconds: u32::MAX })];
        assert_eq!(room(&acts).settings.slow_s, SLOW_MAX_S);
        let acts = [(0, Moderation::TimeOut { viewer: ANN, seconds: u32::MAX })];
        let week = t(i64::from(TIME_OUT_MAX_S) * 1000);
        assert_eq!(room(&acts).silenced[&ANN].until, Some(week));
    }

    #[test]
    fn the_list_of_the_silenced_is_bounded_and_bans_stay_longest() {
        let mut room = Room::default();
        let silence = |room: &mut Room, viewer: u128, until: Option<i64>, at: i64| {
            let (viewer, until) = (ViewerId::from_u128(viewer), until.map(t));
            room.apply(&Moderated::Silenced { viewer, until }, t(at));
        };
        silence(&mut room, 1, None, 0);
        silence(&mut room, 2, Some(1_000_000), 1);
        let others = (3..=SILENCED_MAX as u128).map(ViewerId::from_u128);
        room.silenced.extend(others.map(|viewer| (viewer, Silence { until: None, at: t(2) })));
        assert_eq!(room.silenced.len(), SILENCED_MAX);
        silence(&mut room, 77_777, None, 2);
        assert_eq!(room.silenced.len(), SILENCED_MAX);
        assert!(room.silenced.contains_key(&ANN) && !room.silenced.contains_key(&BO));
        silence(&mut room, 99_999, Some(1_000_000), 3);
        assert!(!room.silenced.contains_key(&ANN));
        assert!(room.silenced.contains_key(&ViewerId::from_u128(99_999)));
    }
}
