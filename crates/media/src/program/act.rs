//! Actions: which wishes are granted, on which interval, and what is answered.

use units::{ActionId, AirTime, Duration, MediaTime, Timestamp};

use super::action::{
    Applied, Channel, DelayChange, DelayHow, Kind, MarkedAction, Output, Refusal, State, When, Wish,
};
use super::plan::{Interval, MAX_ACTIONS};
use super::{MAX_DELAY, Program};

/// How far after the newest moment of the preview an action may begin.
const MAX_AHEAD: Duration = Duration::from_s(60);

impl Program {
    /// Acts. The answer is the interval that is really applied.
    ///
    /// # Errors
    /// With the reason, when nothing is done.
    pub fn act(&mut self, id: ActionId, wish: Wish, now: Timestamp) -> Result<Applied, Refusal> {
        self.poll(now);
        if self.plan.find(id).is_some() {
            return Err(Refusal::Duplicate);
        }
        if wish.kind == Kind::Resume {
            return self.resume(id, wish, now);
        }
        if self.plan.is_full() {
            return Err(Refusal::TooMany { limit: MAX_ACTIONS });
        }
        match wish.kind {
            Kind::Panic => self.panic(id, now)?,
            Kind::Dump => self.dump(id, now)?,
            Kind::HandOver if !wish.force => {
                self.ready(now).map_err(Refusal::NotReady)?;
                self.plan_interval(id, wish, now)?;
            }
            _ => self.plan_interval(id, wish, now)?,
        }
        self.applied(id, now).ok_or(Refusal::Unknown)
    }

    /// Takes an action back: all of it while none of it has aired, else what is left of it.
    ///
    /// # Errors
    /// When all of it has aired, and for panic and resume.
    pub fn undo(&mut self, id: ActionId, now: Timestamp) -> Result<Applied, Refusal> {
        self.poll(now);
        let interval = self.plan.find(id).ok_or(Refusal::Unknown)?;
        let point = self.air_point(now);
        if matches!(interval.kind, Kind::Panic | Kind::Resume) {
            return Err(Refusal::NoUndo { kind: interval.kind });
        }
        if interval.state == State::Undone {
            return Err(Refusal::Unknown);
        }
        if let Some(to) = interval.to.filter(|to| *to <= point) {
            let by = (self.host.leaving(now) - to).max(Duration::ZERO);
            return Err(Refusal::UndoExpired { by });
        }
        self.plan.end(id, point);
        self.applied(id, now).ok_or(Refusal::Unknown)
    }

    /// Gives an action on an interval another one. What has aired of it stays as it is: a beginning that has aired does not
    /// move, and an end never lies before the air point. `to`: `None` is until resumed.
    ///
    /// # Errors
    /// When all of it has aired, when the new interval is empty, and for what has no interval of its own.
    pub fn change(
        &mut self,
        id: ActionId,
        from: MediaTime,
        to: Option<MediaTime>,
        now: Timestamp,
    ) -> Result<Applied, Refusal> {
        self.poll(now);
        let interval = self.plan.find(id).ok_or(Refusal::Unknown)?;
        if matches!(interval.kind, Kind::Panic | Kind::Resume | Kind::Dump) {
            return Err(Refusal::NoUndo { kind: interval.kind });
        }
        let (point, newest) = (self.air_point(now), self.host.newest(now));
        let over = interval.over.is_some() || interval.state == State::Undone;
        if over || interval.to.is_some_and(|to| to <= point) {
            let ended = interval.to.unwrap_or(interval.from);
            return Err(Refusal::AlreadyAired { by: (point - ended).max(Duration::ZERO) });
        }
        let begun = interval.aired.is_some() || interval.from <= point;
        let start = if begun { interval.from } else { from.max(point) };
        let end = to.map(|to| to.max(point));
        if let Some(end) = end.filter(|end| *end <= start) {
            return Err(Refusal::EmptyInterval { by: start - end });
        }
        if start > newest + MAX_AHEAD {
            return Err(Refusal::TooFarAhead { by: start - newest, limit: MAX_AHEAD });
        }
        self.plan.change(id, start, end, !begun && from < point);
        self.applied(id, now).ok_or(Refusal::Unknown)
    }

    /// Changes the delay of both sources, 0 to 60 s.
    ///
    /// # Errors
    /// When it is out of range.
    pub fn set_delay(&mut self, delay: Duration, now: Timestamp) -> Result<DelayChange, Refusal> {
        self.poll(now);
        if !(Duration::ZERO..=MAX_DELAY).contains(&delay) {
            return Err(Refusal::DelayOutOfRange { limit: MAX_DELAY });
        }
        let before = std::mem::replace(&mut self.delay, delay);
        let (how, effective) = match delay.cmp(&before) {
            std::cmp::Ordering::Equal => (DelayHow::Unchanged, self.air_now(now)),
            std::cmp::Ordering::Greater => {
                let from = self.host.leaving(now);
                let splice = self.host.entry_from(from).unwrap_or(self.host.newest(now));
                let effective = self.air_of(splice);
                self.host.grow(delay, from);
                self.standby.grow(delay, self.standby.leaving(now));
                (DelayHow::Slate, effective)
            }
            std::cmp::Ordering::Less => {
                let waiting = self.host.shrink(delay);
                waiting.into_iter().for_each(|frame| self.stop(frame, None));
                self.standby.shrink(delay);
                self.end_run_now(None);
                (DelayHow::Dump, self.air_now(now))
            }
        };
        Ok(DelayChange { delay, effective, how })
    }

    /// An action as it stands now; `None` when it is not known or long over.
    #[must_use]
    pub fn applied(&self, id: ActionId, now: Timestamp) -> Option<Applied> {
        self.plan.find(id).map(|interval| self.describe(interval, now))
    }

    pub(super) fn describe(&self, interval: &Interval, now: Timestamp) -> Applied {
        let Interval { id, kind, from, to, late, state, aired, over } = *interval;
        let entry = |to| self.host.entry_from(to).unwrap_or(to);
        let to = match (over, to) {
            (Some((_, end)), _) => Some(end),
            (None, Some(to)) if kind != Kind::Mute && state != State::Undone => Some(entry(to)),
            (None, to) => to,
        };
        let airs_at = aired.map_or_else(|| self.host.due_of(from), |air| self.air.wall(air));
        let ends_at = match over {
            Some((air, _)) if self.air.is_on() => Some(self.air.wall(air)),
            _ => to.map(|to| self.host.due_of(to)),
        };
        let from_air = aired.or_else(|| self.air.at(airs_at)).filter(|air| *air >= AirTime::ZERO);
        let time_to_air = airs_at - now;
        Applied { id, kind, from, to, from_air, airs_at, ends_at, time_to_air, late, state }
    }

    /// The first moment of the host that can still be stopped.
    pub(super) fn air_point(&self, now: Timestamp) -> MediaTime {
        self.host.leaving(now).max(self.aired)
    }

    fn resolve(&self, when: When, now: Timestamp) -> MediaTime {
        match when {
            When::Media(at) => at,
            When::Preview(span) => self.host.newest(now) + span,
        }
    }

    fn plan_interval(&mut self, id: ActionId, wish: Wish, now: Timestamp) -> Result<(), Refusal> {
        let (point, newest) = (self.air_point(now), self.host.newest(now));
        let to = wish.to.map(|to| self.resolve(to, now));
        let asked = wish.from.map(|from| self.resolve(from, now));
        if let (Some(from), Some(to)) = (asked, to)
            && to <= from
        {
            return Err(Refusal::EmptyInterval { by: from - to });
        }
        if let Some(to) = to.filter(|to| *to <= point) {
            let by = (self.host.leaving(now) - to).max(Duration::ZERO);
            return Err(Refusal::AlreadyAired { by });
        }
        let from = asked.unwrap_or(newest - self.reaction).max(point);
        if let Some(to) = to.filter(|to| *to <= from) {
            return Err(Refusal::EmptyInterval { by: from - to });
        }
        if from > newest + MAX_AHEAD {
            return Err(Refusal::TooFarAhead { by: from - newest, limit: MAX_AHEAD });
        }
        let late = asked.is_some_and(|asked| asked < point);
        self.plan.add(MarkedAction { id, kind: wish.kind, from, to, late });
        Ok(())
    }

    fn dump(&mut self, id: ActionId, now: Timestamp) -> Result<(), Refusal> {
        let (from, end) = (self.air_point(now), self.host.end());
        if self.host.is_empty() || end <= from {
            return Err(Refusal::NothingWaits);
        }
        let to = Some(end);
        self.plan.add(MarkedAction { id, kind: Kind::Dump, from, to, late: false });
        Ok(())
    }

    fn panic(&mut self, id: ActionId, now: Timestamp) -> Result<(), Refusal> {
        if self.plan.panic().is_some() {
            return Err(Refusal::InPanic);
        }
        let from = self.air_point(now);
        self.plan.add(MarkedAction { id, kind: Kind::Panic, from, to: None, late: false });
        self.empty(Channel::Host, Some(id));
        self.empty(Channel::Standby, None);
        self.end_run_now(Some(id));
        if let Some(air) = self.air_now(now) {
            self.plan.begin(id, air);
            self.air.push(Output::ActionAired { id, air });
        }
        Ok(())
    }

    fn resume(&mut self, id: ActionId, wish: Wish, now: Timestamp) -> Result<Applied, Refusal> {
        let (point, newest) = (self.air_point(now), self.host.newest(now));
        let asked = wish.from.map(|from| self.resolve(from, now));
        let at = asked.unwrap_or(newest).max(point);
        if at > newest + MAX_AHEAD {
            return Err(Refusal::TooFarAhead { by: at - newest, limit: MAX_AHEAD });
        }
        let begun = at.max(newest);
        let open = |i: &&Interval| i.to.is_none() && (i.from <= begun || i.kind == Kind::Panic);
        let ended: Vec<ActionId> = self.plan.live().iter().filter(open).map(|i| i.id).collect();
        if ended.is_empty() && !self.held {
            return Err(Refusal::NothingToResume);
        }
        self.held = false;
        ended.into_iter().for_each(|id| self.plan.resume(id, at));
        let airs_at = self.host.due_of(at);
        Ok(Applied {
            id,
            kind: Kind::Resume,
            from: at,
            to: None,
            from_air: self.air.at(airs_at),
            airs_at,
            ends_at: None,
            time_to_air: airs_at - now,
            late: asked.is_some_and(|asked| asked < point),
            state: State::Planned,
        })
    }
}
