//! The plan: which intervals of the host's feed are stopped, and by what.

use std::collections::VecDeque;

use units::{ActionId, AirTime, Duration, MediaTime};

use super::action::{Channel, Kind, MarkedAction, State};

/// The most actions that are planned or in force at once.
pub const MAX_ACTIONS: usize = 256;
/// How many past actions are remembered: they stop frames that come late, and an undo that comes late is told so.
const MAX_PAST: usize = 256;

/// An action on an interval of the host's channel time.
#[derive(Clone, Debug)]
pub(crate) struct Interval {
    pub(crate) id: ActionId,
    pub(crate) kind: Kind,
    pub(crate) from: MediaTime,
    pub(crate) to: Option<MediaTime>,
    pub(crate) late: bool,
    pub(crate) state: State,
    /// Where on the program it began.
    pub(crate) aired: Option<AirTime>,
    /// Where on the program it ended, and the host's moment there.
    pub(crate) over: Option<(AirTime, MediaTime)>,
}

impl Interval {
    pub(crate) fn new(action: MarkedAction) -> Self {
        let MarkedAction { id, kind, from, to, late } = action;
        Self { id, kind, from, to, late, state: State::Planned, aired: None, over: None }
    }

    /// Its first moment airs.
    pub(crate) fn begin(&mut self, air: AirTime) {
        self.aired = Some(air);
        if self.state == State::Planned {
            self.state = State::Active;
        }
    }

    /// A hand-over stops the host alone; everything else stops whatever is on air.
    fn stops(&self, channel: Channel) -> bool {
        channel == Channel::Host || self.kind != Kind::HandOver
    }

    fn holds(&self, at: MediaTime) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }

    fn ends_within(&self, after: MediaTime, until: MediaTime) -> bool {
        self.to.is_some_and(|to| self.from < to && after < to && to <= until)
    }

    /// Whether an access unit sounds inside: it does from the unit before, whose sound spans two.
    fn sounds(&self, at: MediaTime, span: Duration) -> bool {
        let empty = self.to.is_some_and(|to| to <= self.from);
        !empty && self.from < at + span + span && self.to.is_none_or(|to| at < to)
    }

    /// Ends it where it really ended: at the host's moment `end`, which airs at `air` once the program is on air.
    pub(crate) fn end_at(&mut self, end: MediaTime, air: Option<AirTime>) {
        self.over = Some((air.unwrap_or_default(), end));
        if self.state != State::Shortened {
            self.state = State::Over;
        }
    }

    pub(crate) fn marked(&self) -> MarkedAction {
        let Self { id, kind, from, to, late, .. } = *self;
        MarkedAction { id, kind, from, to, late }
    }
}

/// What stands above what when intervals overlap.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Panic => 4,
        Kind::Cut | Kind::Dump => 3,
        Kind::HandOver => 2,
        Kind::Cover | Kind::Mute => 1,
        Kind::Resume => 0,
    }
}

/// All actions that are planned or in force, and the last ones that are over: those still stop what comes late.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    live: Vec<Interval>,
    past: VecDeque<Interval>,
}

impl Plan {
    /// What hides a channel's picture at a moment of the host.
    pub(crate) fn hides_picture(&self, channel: Channel, at: MediaTime) -> Option<&Interval> {
        self.top(|i| i.kind != Kind::Mute && i.stops(channel) && i.holds(at))
    }

    /// What hides a channel's picture that is decoded at one moment of the host and shown at another one. Pictures that
    /// are sent after it are shown in between, so an interval there takes it as well: nothing of a group airs behind
    /// what it has left.
    pub(crate) fn hides_decoded(
        &self,
        channel: Channel,
        at: MediaTime,
        shown: MediaTime,
    ) -> Option<&Interval> {
        let at = at.min(shown);
        let between =
            |i: &Interval| i.holds(shown) || (i.from <= shown && i.ends_within(at, shown));
        self.top(|i| i.kind != Kind::Mute && i.stops(channel) && between(i))
    }

    /// What silences a channel's access unit at a moment of the host.
    pub(crate) fn hides_sound(
        &self,
        channel: Channel,
        at: MediaTime,
        span: Duration,
    ) -> Option<&Interval> {
        self.top(|i| i.kind != Kind::Cover && i.stops(channel) && i.sounds(at, span))
    }

    /// What has taken the program from the host altogether at a moment.
    pub(crate) fn takes(&self, at: MediaTime) -> Option<&Interval> {
        self.top(|i| rank(i.kind) >= rank(Kind::HandOver) && i.holds(at))
    }

    /// What is on at a moment, whatever it does.
    pub(crate) fn on(&self, at: MediaTime) -> Option<&Interval> {
        self.top(|i| i.holds(at))
    }

    fn top(&self, applies: impl Fn(&Interval) -> bool) -> Option<&Interval> {
        let all = self.live.iter().chain(&self.past).filter(|interval| applies(interval));
        all.max_by_key(|i| (rank(i.kind), std::cmp::Reverse(i.from)))
    }

    /// The panic that is on.
    pub(crate) fn panic(&self) -> Option<&Interval> {
        self.live.iter().find(|i| i.kind == Kind::Panic && i.to.is_none())
    }

    pub(crate) fn is_full(&self) -> bool {
        self.live.len() >= MAX_ACTIONS
    }

    pub(crate) fn add(&mut self, action: MarkedAction) {
        self.live.push(Interval::new(action));
    }

    pub(crate) fn live(&self) -> &[Interval] {
        &self.live
    }

    pub(crate) fn find(&self, id: ActionId) -> Option<&Interval> {
        self.live.iter().chain(&self.past).find(|interval| interval.id == id)
    }

    pub(crate) fn live_mut(&mut self) -> &mut [Interval] {
        &mut self.live
    }

    /// Moves what is over, or was undone, to the past.
    pub(crate) fn retire(&mut self) {
        let done = |i: &mut Interval| i.over.is_some() || i.state == State::Undone;
        for interval in self.live.extract_if(.., done) {
            if self.past.len() == MAX_PAST {
                self.past.pop_front();
            }
            self.past.push_back(interval);
        }
    }

    /// Ends an interval at `at`, or takes it back when nothing of it has aired by then.
    pub(crate) fn end(&mut self, id: ActionId, at: MediaTime) {
        let Some(interval) = self.live.iter_mut().find(|interval| interval.id == id) else {
            return;
        };
        if interval.from >= at && interval.aired.is_none() {
            interval.state = State::Undone;
            interval.to = Some(interval.from);
        } else {
            interval.state = State::Shortened;
            interval.to = Some(at.max(interval.from));
        }
        self.retire();
    }

    /// Gives an interval other bounds.
    pub(crate) fn change(
        &mut self,
        id: ActionId,
        from: MediaTime,
        to: Option<MediaTime>,
        late: bool,
    ) {
        if let Some(interval) = self.live.iter_mut().find(|interval| interval.id == id) {
            (interval.from, interval.to) = (from, to);
            interval.late |= late;
        }
    }

    /// An action is on air at once.
    pub(crate) fn begin(&mut self, id: ActionId, air: AirTime) {
        if let Some(interval) = self.live.iter_mut().find(|interval| interval.id == id) {
            interval.begin(air);
        }
    }

    /// Ends an open interval at `at`.
    pub(crate) fn resume(&mut self, id: ActionId, at: MediaTime) {
        if let Some(interval) = self.live.iter_mut().find(|interval| interval.id == id) {
            interval.to = Some(at.max(interval.from));
            if interval.from >= at && interval.aired.is_none() {
                interval.state = State::Undone;
            }
        }
        self.retire();
    }
}
