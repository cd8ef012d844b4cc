//! What a show was, afterwards: a fold over its log, one entry after the other, and over its orders.
//!
//! [`Recap`] takes the entries of stream `show/{slug}` in their order and can go on where it stopped; [`Sales`] takes the
//! orders of the show. Both hold numbers, times and references, never words, and both are bounded: what does not fit is
//! counted and said. [`Clock`] says when a moment of the host's feed, or of the day, was on air; [`Hours`] who was.

mod clock;
mod hours;
mod sales;
#[cfg(test)]
mod tests;
mod viewers;

use std::borrow::Cow;
use std::collections::BTreeMap;

use show::desk::{Action, ActionState, Fact};
use show::entry::Entry;
use show::moderation::Moderated;
use show::sentinel::room;
use show::sentinel::{Change, Incident, IncidentState};
use show::{Actor, Event, Show, moderation};
use units::{ActionId, AirTime, Duration, IncidentId, Timestamp};

pub use self::clock::Clock;
pub use self::hours::{BREAK_LEAST, Hours, SHIFTS_MAX, Stretch, Who};
pub use self::sales::{PRODUCTS_MAX, Product, Sales, SalesMinute, Sold, Value, status_of};
pub use self::viewers::ViewerFigures;
use self::viewers::Viewers;

/// Minutes of a show that are kept one by one: four days. Later ones count in the sums only.
pub const MINUTES_MAX: usize = 4 * 24 * 60;
/// Incidents that are kept; later ones are counted.
pub const INCIDENTS_MAX: usize = 2000;
/// Actions that are kept; later ones are counted.
pub const ACTIONS_MAX: usize = 4000;

/// What was said in the room, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Talk {
    /// Messages that the room got to read.
    pub said: u64,
    /// Messages held for review, beside those said; one that was let through is said as well.
    pub held: u64,
    /// Messages refused.
    pub refused: u64,
    /// Copies of a text that the room had just read.
    pub copies: u64,
    /// Messages that moderators took away.
    pub deleted: u64,
    /// Times that a viewer was silenced.
    pub silenced: u64,
}

/// One minute of the room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Minute {
    /// Viewers summed over milliseconds.
    viewer_ms: u64,
    /// Milliseconds in which viewers were counted.
    counted_ms: u64,
    /// Messages that the room got to read.
    pub said: u32,
    /// Messages held for review, beside those said; one that was let through is said as well.
    pub held: u32,
    /// Messages refused.
    pub refused: u32,
    /// Copies of a text that the room had just read.
    pub copies: u32,
}

impl Minute {
    /// Viewers on average; `None` where nobody counted.
    #[must_use]
    pub fn viewers(&self) -> Option<u64> {
        let half = self.counted_ms / 2;
        (self.counted_ms > 0).then(|| (self.viewer_ms + half) / self.counted_ms)
    }
}

/// An action with who took it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// As the program really applied it.
    pub action: Action,
    /// Who undid it.
    pub undone_by: Option<Actor>,
}

/// What did not fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// There were later minutes than [`MINUTES_MAX`].
    pub minutes: bool,
    /// Incidents beyond [`INCIDENTS_MAX`].
    pub incidents: u64,
    /// Actions beyond [`ACTIONS_MAX`].
    pub actions: u64,
    /// Facts that the show's own journal had no room for.
    pub facts: u64,
    /// Changes of who was on air beyond [`SHIFTS_MAX`]: hours after them are not right.
    pub changes: u64,
    /// The program stalled more often than [`Clock`] keeps: from some moment on it is not exact.
    pub clock: bool,
}

/// A show as its log tells it.
#[derive(Debug, Clone, Default)]
pub struct Recap {
    seq: u64,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    viewers: Viewers,
    talk: Talk,
    minutes: Vec<Minute>,
    incidents: BTreeMap<IncidentId, Incident>,
    actions: Vec<Done>,
    by_id: BTreeMap<ActionId, usize>,
    hours: Hours,
    clock: Clock,
    left_out: LeftOut,
}

impl Recap {
    /// Takes the next entry. One that was taken already changes nothing.
    pub fn push(&mut self, entry: &Entry<Show>) {
        if entry.seq <= self.seq {
            return;
        }
        self.seq = entry.seq;
        for event in &entry.events {
            self.event(event, entry.at);
        }
    }

    fn event(&mut self, event: &Event, at: Timestamp) {
        match event {
            Event::Planned { plan } if self.started.is_none() => {
                self.clock.set_delay(Duration::from_s(i64::from(plan.delay_s)));
            }
            Event::Started { at, .. } => {
                self.started = self.started.or(Some(*at));
            }
            Event::Ended { at, .. } => {
                self.viewers_until(*at);
                self.ended = Some(*at);
            }
            Event::Moderated { moderated, .. } => match moderated {
                Moderated::Deleted { ids } => self.talk.deleted += ids.len() as u64,
                Moderated::Silenced { .. } => self.talk.silenced += 1,
                _ => {}
            },
            Event::Noted { fact, .. } => self.fact(fact, at),
            Event::Sentinel { change: Change::Opened(incident) | Change::Moved(incident) } => {
                if self.incidents.len() < INCIDENTS_MAX || self.incidents.contains_key(&incident.id)
                {
                    self.incidents.insert(incident.id, incident.clone());
                } else if matches!(event, Event::Sentinel { change: Change::Opened(_) }) {
                    self.left_out.incidents += 1;
                }
            }
            _ => {}
        }
    }

    fn fact(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::RoomCounted(second) if self.ended.is_none() => self.counted(second, at),
            Fact::RoomRead(second) if self.ended.is_none() => self.read(second),
            Fact::ProgramMark(mark) => self.clock.mark(mark),
            Fact::DelaySet { delay, .. } => self.clock.set_delay(*delay),
            Fact::OnAirChanged(on_air) => self.hours.on_air(on_air, at),
            Fact::JournalOverflow { lost } => {
                self.left_out.facts = self.left_out.facts.saturating_add(*lost);
            }
            Fact::ActionTaken(action) => self.take(action),
            Fact::ActionMoved { id, from_air, to_air, to_media, from_media } => {
                if let Some(Done { action, .. }) = self.active(*id) {
                    action.from_media = from_media.unwrap_or(action.from_media);
                    action.from_air = *from_air;
                    action.to_air = *to_air;
                    action.to_media = *to_media;
                }
            }
            Fact::ActionEnded { id, air } => {
                if let Some(Done { action, .. }) = self.active(*id) {
                    action.to_air = Some(*air);
                    action.state = ActionState::Ended;
                }
            }
            Fact::ActionUndone { id, by, to_air } => self.undo(*id, by, *to_air, at),
            _ => {}
        }
    }

    fn take(&mut self, action: &Action) {
        if self.by_id.contains_key(&action.id) {
            return;
        }
        if let Some(act) = self.act_of(action.id).and_then(|incident| incident.act.as_mut()) {
            act.late = action.late;
            act.time_to_air = Some(action.time_to_air);
        }
        if self.actions.len() >= ACTIONS_MAX {
            self.left_out.actions += 1;
            return;
        }
        self.by_id.insert(action.id, self.actions.len());
        self.actions.push(Done { action: action.clone(), undone_by: None });
    }

    fn undo(&mut self, id: ActionId, by: &Actor, to_air: Option<AirTime>, at: Timestamp) {
        if let Some(done) = self.active(id) {
            done.action.state =
                if to_air.is_some() { ActionState::Shortened } else { ActionState::Undone };
            done.action.undone_at = Some(at);
            done.action.to_air = to_air.or(done.action.to_air);
            done.undone_by = Some(by.clone());
        }
        if let (Actor::User { .. }, Some(incident)) = (by, self.act_of(id)) {
            incident.state = IncidentState::Dismissed;
            incident.by = Some(by.clone());
        }
    }

    fn active(&mut self, id: ActionId) -> Option<&mut Done> {
        let place = *self.by_id.get(&id)?;
        self.actions.get_mut(place).filter(|done| done.action.state == ActionState::Active)
    }

    /// The incident whose action this is. Newest first: the log speaks of the latest ones.
    fn act_of(&mut self, id: ActionId) -> Option<&mut Incident> {
        let of = |incident: &&mut Incident| incident.act.is_some_and(|act| act.id == id);
        self.incidents.values_mut().rev().find(of)
    }

    fn counted(&mut self, second: &moderation::Second, at: Timestamp) {
        self.viewers_until(at);
        self.viewers.now(second.viewers, at);
        self.talk.said += u64::from(second.said);
        self.talk.held += u64::from(second.held);
        self.talk.refused += u64::from(second.refused);
        if let Some(minute) = self.minute(at.ms()) {
            minute.said = minute.said.saturating_add(second.said);
            minute.held = minute.held.saturating_add(second.held);
            minute.refused = minute.refused.saturating_add(second.refused);
        }
    }

    fn read(&mut self, second: &room::Second) {
        self.talk.copies += second.copies;
        if let Some(minute) = self.minute(second.at_s.saturating_mul(1000)) {
            let copies = u32::try_from(second.copies).unwrap_or(u32::MAX);
            minute.copies = minute.copies.saturating_add(copies);
        }
    }

    /// As many viewers as were counted last stayed until now.
    fn viewers_until(&mut self, at: Timestamp) {
        for (at_ms, viewers, for_ms) in self.viewers.until(at) {
            if let Some(minute) = self.minute(at_ms) {
                minute.viewer_ms = minute.viewer_ms.saturating_add(u64::from(viewers) * for_ms);
                minute.counted_ms += for_ms;
            }
        }
    }

    fn minute(&mut self, at_ms: i64) -> Option<&mut Minute> {
        let place = place_of(self.started?, at_ms)?;
        if place >= MINUTES_MAX {
            self.left_out.minutes = true;
            return None;
        }
        if self.minutes.len() <= place {
            self.minutes.resize(place + 1, Minute::default());
        }
        self.minutes.get_mut(place)
    }

    /// The same with what still stands counted until now, for a show that is live. The fold itself goes on from its last
    /// entry: those that come after may be stamped before now.
    #[must_use]
    pub fn until(&self, now: Timestamp) -> Cow<'_, Self> {
        if self.ended.is_some() {
            return Cow::Borrowed(self);
        }
        let mut recap = self.clone();
        recap.viewers_until(now);
        Cow::Owned(recap)
    }

    /// The last entry that was taken; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }
    /// When it began.
    #[must_use]
    pub fn started(&self) -> Option<Timestamp> {
        self.started
    }
    /// When it ended.
    #[must_use]
    pub fn ended(&self) -> Option<Timestamp> {
        self.ended
    }
    /// What was said, in numbers.
    #[must_use]
    pub fn talk(&self) -> Talk {
        self.talk
    }
    /// How many watched.
    #[must_use]
    pub fn viewers(&self) -> ViewerFigures {
        self.viewers.figures()
    }
    /// Its minutes from [`Recap::first_minute`] on.
    #[must_use]
    pub fn minutes(&self) -> &[Minute] {
        &self.minutes
    }
    /// The minute, since 1970, in which it began.
    #[must_use]
    pub fn first_minute(&self) -> Option<i64> {
        self.started.map(|at| at.ms().div_euclid(MINUTE_MS))
    }
    /// Incidents as they stand, in the order in which they were opened.
    #[must_use]
    pub fn incidents(&self) -> Vec<&Incident> {
        let mut all: Vec<&Incident> = self.incidents.values().collect();
        all.sort_by_key(|incident| (incident.at, incident.id));
        all
    }
    /// Actions in the order in which they were taken.
    #[must_use]
    pub fn actions(&self) -> &[Done] {
        &self.actions
    }
    /// Who was on air.
    #[must_use]
    pub fn hours(&self) -> &Hours {
        &self.hours
    }
    /// When what was on air.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
    /// What did not fit.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        let (changes, clock) = (self.hours.left_out(), self.clock.is_stretched());
        LeftOut { changes, clock, ..self.left_out }
    }

    /// When the words of an incident aired, or would have; by its action where there is one, which is exact.
    #[must_use]
    pub fn aired(&self, incident: &Incident) -> Option<AirTime> {
        let place = incident.act.and_then(|act| self.by_id.get(&act.id));
        let action = place.and_then(|place| self.actions.get(*place)).map(|done| &done.action);
        match action.and_then(|action| Some((action, action.from_air?))) {
            Some((action, from_air)) => Some(from_air + (incident.from - action.from_media)),
            None => self.clock.air_of(incident.from),
        }
    }
}

const MINUTE_MS: i64 = 60_000;

/// The place of a moment among the minutes of a show.
fn place_of(started: Timestamp, at_ms: i64) -> Option<usize> {
    let place = at_ms.div_euclid(MINUTE_MS) - started.ms().div_euclid(MINUTE_MS);
    usize::try_from(place).ok()
}
