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
/// A room that has turned turns on by fits and starts, channel by channel: this soon after, it is the same case.
pub const TURN_LASTS: Duration = Duration::from_s(180);
/// Unsure words that are remembered; the oldest goes first.
pub(super) const UNSURE_MAX: usize = 8;
/// How well the beginning of a turn is dated.
const DATED_WITHIN: Duration = Duration::from_s(30);
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

    /// Two turns of one case. What an alarm said stays as it was; a lean behind it only adds what else moved.
    fn joined(self, later: &Self) -> Self {
        let (mut first, second) =
            if self.sure && !later.sure { (self, later.clone()) } else { (later.clone(), self) };
        let known: Vec<Channel> = first.shifts.iter().map(|shift| shift.channel).collect();
        first.shifts.extend(second.shifts.into_iter().filter(|it| !known.contains(&it.channel)));
        let mut messages = std::mem::take(&mut first.messages);
        messages.extend(second.messages);
        let mut seen = std::collections::BTreeSet::new();
        messages.retain(|id| seen.insert(*id));
        let (since, air) = (first.since.min(second.since), first.air.min(second.air));
        Self { since, air, messages, ..first }.bounded()
    }

    /// Whether it may have begun at something that aired at `aired`: not before it, and within a minute.
    fn follows(&self, aired: Timestamp) -> bool {
        let behind = self.since - aired;
        self.at >= aired && behind >= -DATED_WITHIN && behind <= ONE_CASE
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

fn goes_on(incident: &Incident) -> bool {
    matches!(incident.state, IncidentState::Open | IncidentState::Confirmed)
}

impl Turn<'_> {
    /// What leads the case of an incident, if that has not been decided against; else the incident itself.
    fn lead<'a>(&'a self, incident: &'a Incident) -> &'a Incident {
        let lead = incident.of.and_then(|lead| self.sentinel.incident(lead));
        lead.filter(|lead| goes_on(lead)).unwrap_or(incident)
    }

    /// The incident that leads the case to which words belong that are said now, if one goes on.
    pub(super) fn case(&self) -> Option<&Incident> {
        let recent = |i: &&Incident| goes_on(i) && self.at - i.active_at() <= ONE_CASE;
        self.sentinel.incidents.iter().rev().find(recent).map(|latest| self.lead(latest))
    }

    /// The same for a room that turned: at words that have aired, or on from where it turned before.
    fn case_of(&self, turn: &RoomTurn) -> Option<&Incident> {
        let fits = |i: &&Incident| {
            // Unsure words opened with a room that leaned: their time is the lean's, and the turn that follows is the same.
            let opened_late = |room: &RoomTurn| i.at >= room.at;
            let turned = i.room.as_ref().filter(|room| room.sure || opened_late(room));
            let aired = i.has_words().then_some(i.at + self.delay);
            goes_on(i)
                && (aired.is_some_and(|aired| turn.follows(aired))
                    || turned.is_some_and(|room| turn.at - room.at <= TURN_LASTS))
        };
        self.sentinel.incidents.iter().rev().find(fits).map(|latest| self.lead(latest))
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
        if let Some(case) = self.case_of(&turn).cloned() {
            let room = match case.room.clone() {
                // A room that still leans, or leans on after it turned, says nothing new.
                Some(_) if !turn.sure => return,
                Some(known) => known.joined(&turn),
                None => turn,
            };
            let now = Incident { room: Some(Box::new(room)), ..case };
            return self.push(Change::Moved(now));
        }
        // What was said airs a delay later, and only then has a room anything to turn at.
        let heard = |unsure: &&Unsure| turn.follows(unsure.at + self.delay);
        let words = self.sentinel.unsure.iter().rev().find(heard).cloned();
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
            let incident = Incident { room, of: None, ..self.opened(&hit, Response::Advise) };
            self.push(Change::Opened(incident));
        }
    }
}
