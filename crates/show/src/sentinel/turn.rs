//! What belongs together: words and the room that turns after them are one case, though they come as different signals and
//! minutes apart. A turn alone opens an incident; words too unsure for one, or a room that only leans, open one together.

use serde::{Deserialize, Serialize};
use units::{Duration, IncidentId, MediaTime, MessageId, Timestamp};

use super::incident::{Incident, IncidentState, Severity, Stake};
use super::judge::Turn;
use super::policy::Response;
use super::room::{Alarm, Channel, Moved};
use super::signal::Hit;
use super::{Change, Sentinel};

/// The rule that a room's turn goes by in policies and lists.
pub const ROOM_RULE: &str = "room/turn";
/// Signals this close together are one case; words count from when they air.
pub const ONE_CASE: Duration = Duration::from_s(60);
/// Unsure words that are remembered; the oldest goes first.
pub(super) const UNSURE_MAX: usize = 8;
/// Channels and messages of a turn that are kept.
const SHIFTS_MAX: usize = super::room::CHANNELS;
const MESSAGES_MAX: usize = 5;

/// A room that turned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomTurn {
    /// When the evidence was enough.
    pub at: Timestamp,
    /// When it most likely began.
    pub since: Timestamp,
    /// What was on air then.
    pub air: MediaTime,
    /// Enough evidence for an alarm by itself. Else it leans: enough beside other evidence.
    pub sure: bool,
    /// What moved, the strongest first.
    pub shifts: Vec<Shift>,
    /// Messages that show it, the earliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<MessageId>,
}

/// How one channel moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Which.
    pub channel: Channel,
    /// The usual share of messages in millionths, or events a million seconds.
    pub before: u32,
    /// The same since it began.
    pub now: u32,
    /// Hits since it began.
    pub hits: u32,
    /// Messages, or seconds, since it began.
    pub of: u32,
}

/// Hits of one channel and what they were hits of, as one show has learnt them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Learnt {
    /// Hits.
    pub hits: u32,
    /// Messages, or seconds.
    pub of: u32,
}

impl RoomTurn {
    /// From what the reader found; `air` is what was on air when it began.
    #[must_use]
    pub fn of(alarm: &Alarm, sure: bool, air: MediaTime) -> Self {
        let millionths = |rate: f64| (rate * 1e6).round() as u32;
        let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        let shift = |moved: &Moved| Shift {
            channel: moved.channel,
            before: millionths(moved.before),
            now: millionths(moved.now),
            hits: count(moved.hits),
            of: count(moved.of),
        };
        Self {
            at: Timestamp::from_ms(alarm.known_ms()),
            since: Timestamp::from_ms(alarm.since_s() * 1000),
            air,
            sure,
            shifts: alarm.channels.iter().map(shift).collect(),
            messages: alarm.examples.clone(),
        }
        .bounded()
    }

    /// Two turns of one case: what moved in either, as the later one saw it.
    fn joined(self, later: &Self) -> Self {
        let mut shifts = later.shifts.clone();
        let known = |shift: &Shift| later.shifts.iter().any(|it| it.channel == shift.channel);
        shifts.extend(self.shifts.into_iter().filter(|shift| !known(shift)));
        let mut messages = self.messages;
        messages.extend(later.messages.iter().copied());
        messages.dedup();
        Self {
            at: self.at.max(later.at),
            since: self.since.min(later.since),
            air: self.air.min(later.air),
            sure: self.sure || later.sure,
            shifts,
            messages,
        }
        .bounded()
    }

    fn bounded(mut self) -> Self {
        self.shifts.truncate(SHIFTS_MAX);
        self.messages.truncate(MESSAGES_MAX);
        self
    }
}

/// Words that were too unsure for an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsure {
    /// When they were judged.
    pub at: Timestamp,
    /// What they may be.
    pub hit: Hit,
}

impl Sentinel {
    /// Remembers unsure words, as the latest window has them.
    pub(super) fn remember(&mut self, unsure: &Unsure) {
        let hit = &unsure.hit;
        self.unsure.retain(|old| old.hit.to <= hit.from || hit.to <= old.hit.from);
        if self.unsure.len() >= UNSURE_MAX {
            self.unsure.remove(0);
        }
        self.unsure.push(unsure.clone());
    }
}

impl Turn<'_> {
    /// The first incident of the case that something belongs to which happens now, if one goes on.
    pub(super) fn case(&self, reach: Duration) -> Option<&Incident> {
        let goes_on = |i: &&Incident| {
            matches!(i.state, IncidentState::Open | IncidentState::Confirmed)
                && self.at - i.active_at() <= reach
        };
        let latest = self.sentinel.incidents.iter().rev().find(goes_on)?;
        latest.of.and_then(|lead| self.sentinel.incident(lead)).or(Some(latest))
    }

    /// Words that may be something, and nothing by themselves.
    pub(super) fn unsure(&mut self, hit: &Hit) {
        let (at, hit) = (self.at, hit.clone());
        self.push(Change::Unsure(Unsure { at, hit }));
    }

    /// Judges a turn of the room.
    pub(super) fn room(&mut self, turn: &RoomTurn, stake: &Stake, id: IncidentId) {
        let response = self.policy.response(ROOM_RULE, Response::Advise);
        if response == Response::Off || self.sentinel.incident(id).is_some() {
            return;
        }
        let turn = turn.clone().bounded();
        // What was said airs a delay later, and only then has a room anything to turn at.
        let reach = ONE_CASE + self.delay;
        if let Some(case) = self.case(reach).cloned() {
            let severity = if turn.sure { case.severity.raised() } else { case.severity };
            let known = case.room.clone();
            let first = known.is_none_or(|known| !known.sure);
            let now = Incident {
                severity: if first { severity } else { case.severity },
                room: Some(Box::new(match case.room.clone() {
                    Some(known) => known.joined(&turn),
                    None => turn,
                })),
                ..case
            };
            return self.push(Change::Moved(now));
        }
        let before = |unsure: &&Unsure| self.at - unsure.at <= reach && unsure.at <= turn.at;
        let words = self.sentinel.unsure.iter().rev().find(before).cloned();
        let room = Some(Box::new(turn.clone()));
        if let Some(Unsure { hit, .. }) = words {
            let hit = Hit { incident: id, stake: stake.clone(), ..hit };
            let response = self.policy.response(&hit.rule, hit.proposed);
            let incident = Incident { room, ..self.opened(&hit, response) };
            return self.push(Change::Opened(incident));
        }
        if turn.sure {
            let hit = Hit {
                rule: ROOM_RULE.to_owned(),
                score: 0,
                severity: Severity::Serious,
                proposed: response,
                from: turn.air,
                to: turn.air,
                last: true,
                weak: false,
                text: None,
                answers: None,
                stake: stake.clone(),
                incident: id,
                // A room is never stopped: people decide.
                action: units::ActionId::from_u128(0),
            };
            let incident = Incident { room, ..self.opened(&hit, Response::Advise) };
            self.push(Change::Opened(incident));
        }
    }
}
