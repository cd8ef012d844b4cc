//! The judgement: from a signal, or a person's word, to changes. It plans on a copy and changes nothing itself.

use units::{ActionId, Duration, IncidentId, MediaTime, Timestamp};

use super::incident::{Act, Incident, IncidentState, Left};
use super::policy::{Mode, Policy, Response};
use super::room::CHANNELS;
use super::signal::{HITS_MAX, Hit, Signal, Window};
use super::{
    ALSO_MAX, Change, Decide, GROWTH, MACHINE_HAND_OVER_MAX, MACHINE_STOP_MAX, MISSES, Order,
    RUN_GAP, Sentinel, WIDEN_AFTER, WIDEN_BEFORE,
};
use crate::lifecycle::{State, Status};
use crate::names::Actor;
use crate::rejection::Rejection;

/// A sentence that ends this close to the end of its window may be going on.
const MAY_GO_ON: Duration = Duration::from_s(1);
/// How far the bounds of the same words lie apart from one window to the next.
const BOUNDS_VARY: Duration = Duration::from_ms(500);

/// What a signal leads to. A show that is not live hears nothing.
pub(crate) fn judge(state: &State, signal: &Signal, at: Timestamp) -> Vec<Change> {
    let policy = state.plan.as_ref().and_then(|plan| plan.policy.as_ref());
    let Some(policy) = policy.filter(|_| state.status == Status::Live) else { return Vec::new() };
    match signal {
        Signal::Window(window) => {
            let mut turn = Turn::new(state, policy, at);
            let hits = window.hits.iter().take(HITS_MAX).filter(|hit| hit.from < hit.to);
            let known: Vec<IncidentId> = hits.filter_map(|hit| turn.hit(hit, window)).collect();
            turn.count_misses(window, &known);
            turn.changes
        }
        Signal::Sentence { from, to, heard, text } => {
            vec![Change::Sentence { from: *from, to: *to, heard: *heard, text: *text }]
        }
        Signal::Hearing { hearing, .. } if state.sentinel.hearing == Some(*hearing) => Vec::new(),
        Signal::Hearing { hearing, versions } => {
            vec![Change::Hearing { hearing: *hearing, versions: versions.clone() }]
        }
        Signal::Room { turn: room, stake, incident } => {
            let mut turn = Turn::new(state, policy, at);
            turn.room(room, stake, *incident);
            turn.changes
        }
        Signal::Usual { counts } => {
            vec![Change::Usual { counts: counts.iter().copied().take(CHANNELS).collect() }]
        }
        Signal::NotDone { action, aired, instead } => {
            let mut turn = Turn::new(state, policy, at);
            turn.not_done(*action, *aired, *instead);
            turn.changes
        }
    }
}

/// What a person's word leads to.
pub(crate) fn person(
    state: &State,
    id: IncidentId,
    decide: &Decide,
    action: ActionId,
    by: &Actor,
) -> Result<Vec<Change>, Rejection> {
    let incident = state.sentinel.incident(id).ok_or(Rejection::UnknownIncident)?;
    let decided = matches!(incident.state, IncidentState::Dismissed | IncidentState::Withdrawn);
    let mut now = Incident { by: Some(by.clone()), ..incident.clone() };
    let order = match decide {
        Decide::Judge { verdict } => {
            now = Incident { verdict: Some(*verdict), ..incident.clone() };
            None
        }
        _ if decided => return Err(Rejection::IncidentDecided),
        _ if state.status != Status::Live => return Err(Rejection::ShowEnded),
        Decide::Confirm => {
            now.state = IncidentState::Confirmed;
            match &mut now.act {
                // A machine hands over for a while; a person's word makes it last.
                Some(act) if act.response == Response::HandOver && act.to.is_some() => {
                    act.to = None;
                    Some(Order::Change(*act))
                }
                Some(_) => None,
                None if !incident.has_words() => None,
                None => Some(Order::Stop(*now.act.insert(proposal(incident, action)))),
            }
        }
        Decide::Widen { from, to } => {
            now.state = IncidentState::Confirmed;
            if !incident.has_words() && incident.act.is_none() && (from.is_none() || to.is_none()) {
                return Err(Rejection::BadSetting { field: "from".to_owned() });
            }
            let old = incident.act.unwrap_or_else(|| proposal(incident, action));
            let from = from.unwrap_or(old.from - WIDEN_BEFORE);
            let to = to.or_else(|| old.to.map(|to| to + WIDEN_AFTER));
            if to.is_some_and(|to| to <= from) {
                return Err(Rejection::BadSetting { field: "to".to_owned() });
            }
            let act = *now.act.insert(Act { from, to, ..old });
            Some(if incident.act.is_some() { Order::Change(act) } else { Order::Stop(act) })
        }
        Decide::Dismiss => {
            now.state = IncidentState::Dismissed;
            now.act.map(Order::Undo)
        }
    };
    if now == *incident && order.is_none() {
        return Ok(Vec::new());
    }
    let ordered = order.map(|order| Change::Ordered { incident: id, order, by: by.clone() });
    Ok([Change::Moved(now)].into_iter().chain(ordered).collect())
}

/// What a person confirms when nothing was done yet.
fn proposal(incident: &Incident, id: ActionId) -> Act {
    let response = incident.response.max(Response::Mute);
    let to = (response != Response::HandOver).then_some(incident.to);
    Act { id, response, from: incident.from, to, late: false, time_to_air: None }
}

/// One signal's judgement on a copy.
pub(super) struct Turn<'a> {
    pub(super) sentinel: Sentinel,
    pub(super) policy: &'a Policy,
    pub(super) at: Timestamp,
    /// From when something is said to when it airs.
    pub(super) delay: Duration,
    changes: Vec<Change>,
}

impl<'a> Turn<'a> {
    fn new(state: &State, policy: &'a Policy, at: Timestamp) -> Self {
        let planned = state.plan.as_ref().map_or(0, |plan| plan.delay_s);
        let delay = state.desk.delay.unwrap_or(Duration::from_s(planned.into()));
        Self { sentinel: state.sentinel.clone(), policy, at, delay, changes: Vec::new() }
    }

    pub(super) fn push(&mut self, change: Change) {
        self.sentinel.apply(&change);
        self.changes.push(change);
    }

    fn order(&mut self, incident: &Incident, order: Order) {
        let by = Actor::Rule { rule: incident.rule.clone() };
        self.push(Change::Ordered { incident: incident.id, order, by });
    }

    /// Judges a hit; answers the incident that knows of it now.
    fn hit(&mut self, hit: &Hit, window: &Window) -> Option<IncidentId> {
        let response = self.policy.response(&hit.rule, hit.proposed);
        if response == Response::Off || self.was_dismissed(hit) {
            return None;
        }
        if hit.weak {
            // Unfinished sentences grow; what they may be is asked once.
            if hit.last {
                self.unsure(hit);
            }
            return None;
        }
        let open = |i: &&Incident| {
            matches!(i.state, IncidentState::Open | IncidentState::Confirmed)
                && i.has_words()
                && i.touches(hit.from, hit.to)
                && hit.to.max(i.to) - hit.from.min(i.from) <= MACHINE_STOP_MAX
        };
        let known = self.sentinel.incidents.iter().rev().find(open).cloned();
        if known.is_none() && self.sentinel.incident(hit.incident).is_some() {
            return None;
        }
        let before = known.clone();
        let mut incident = match known {
            Some(incident) => joined(incident, hit, response),
            None => self.opened(hit, response),
        };
        let stops_at = stops_at(&incident, hit, window);
        let raised = before.as_ref().is_some_and(|before| before.response < incident.response);
        let orders = self.act(&mut incident, hit.action, stops_at, raised);
        let id = incident.id;
        match before {
            None => self.push(Change::Opened(incident.clone())),
            Some(before) if before != incident => self.push(Change::Moved(incident.clone())),
            Some(_) => {}
        }
        for order in orders {
            self.order(&incident, order);
        }
        Some(id)
    }

    /// A person has let these words air; the next window does not ask again.
    fn was_dismissed(&self, hit: &Hit) -> bool {
        self.sentinel.incidents.iter().any(|i| {
            // A sentence that goes on grows out of what was let air: the shorter of the two counts.
            let half = (hit.to - hit.from).min(i.to - i.from).scale(1, 2);
            i.state == IncidentState::Dismissed
                && i.has_words()
                && (i.rule == hit.rule || i.also.contains(&hit.rule))
                && i.to.min(hit.to) - i.from.max(hit.from) >= half
        })
    }

    pub(super) fn opened(&self, hit: &Hit, response: Response) -> Incident {
        Incident {
            id: hit.incident,
            at: self.at,
            rule: hit.rule.clone(),
            also: Vec::new(),
            severity: hit.severity,
            score: hit.score,
            from: hit.from,
            to: hit.to,
            text: hit.text,
            answers: hit.answers,
            stake: hit.stake.clone(),
            response,
            act: None,
            left: None,
            room: None,
            of: self.case().map(|lead| lead.id),
            misses: 0,
            state: IncidentState::Open,
            by: None,
            verdict: None,
        }
    }

    /// Gives an incident its action, or its action the interval that fits now. `raised`: this hit wants more done than those
    /// before it.
    fn act(
        &self,
        incident: &mut Incident,
        id: ActionId,
        stops_at: MediaTime,
        raised: bool,
    ) -> Vec<Order> {
        let may = self.policy.mode == Mode::Act && incident.state == IncidentState::Open;
        // A graver rule on the same words takes the stronger stop, and takes it before the weaker one goes.
        let weaker = incident.act.filter(|act| may && raised && act.response < incident.response);
        if let Some(weaker) = weaker {
            let stronger = self.stop(incident, id, stops_at);
            incident.act = stronger.or(Some(weaker));
            let orders = stronger.map(|act| vec![Order::Stop(act), Order::Undo(weaker)]);
            return orders.unwrap_or_else(|| self.grow(incident, stops_at).into_iter().collect());
        }
        if incident.act.is_some() {
            return self.grow(incident, stops_at).into_iter().collect();
        }
        if !may || incident.response.action().is_none() {
            return Vec::new();
        }
        incident.act = self.stop(incident, id, stops_at);
        incident.left = incident.act.is_none().then_some(Left::Bound);
        incident.act.map(Order::Stop).into_iter().collect()
    }

    /// Gives the action of an incident the interval that fits now.
    fn grow(&self, incident: &mut Incident, stops_at: MediaTime) -> Option<Order> {
        let act = incident.act?;
        let from = act.from.min(incident.from);
        let to = match incident.state {
            // What a person stands behind grows and never shrinks.
            IncidentState::Confirmed => act.to.map(|to| to.max(incident.to)),
            _ if act.response == Response::HandOver => {
                act.to.map(|to| to.min(from + MACHINE_HAND_OVER_MAX))
            }
            _ => Some(stops_at.min(self.bound(incident.id, from))),
        };
        // The bound leaves no room for the new beginning: what is stopped already stays stopped.
        if to.is_some_and(|to| to <= from) {
            return None;
        }
        let now = Act { from, to, ..act };
        incident.act = Some(now);
        (now != act).then_some(Order::Change(now))
    }

    /// What a machine may stop for an incident: nothing when its bounds leave no room.
    fn stop(&self, incident: &Incident, id: ActionId, stops_at: MediaTime) -> Option<Act> {
        let (response, from) = (incident.response, incident.from);
        let to = match response {
            Response::HandOver => from + MACHINE_HAND_OVER_MAX,
            _ => stops_at.min(self.bound(incident.id, from)),
        };
        let again = response == Response::HandOver && self.handed_over(incident.id, from);
        let fits = !again && to > from + BOUNDS_VARY;
        fits.then_some(Act { id, response, from, to: Some(to), late: false, time_to_air: None })
    }

    /// Whether a machine has handed over so lately that doing it again would be one long absence of the host.
    fn handed_over(&self, id: IncidentId, from: MediaTime) -> bool {
        self.sentinel.incidents.iter().any(|incident| {
            let hand_over = incident.act.filter(|act| act.response == Response::HandOver);
            incident.id != id
                && incident.state == IncidentState::Open
                && hand_over.is_some_and(|act| {
                    let ends = act.to.unwrap_or(act.from);
                    (from - ends).abs() < MACHINE_HAND_OVER_MAX || (act.from <= from && from < ends)
                })
        })
    }

    /// Where a machine's stop from `from` must end, so that with its stops close before and after it makes no longer run
    /// than a machine may.
    fn bound(&self, id: IncidentId, from: MediaTime) -> MediaTime {
        let machine = self
            .sentinel
            .incidents
            .iter()
            .filter(|incident| incident.id != id && incident.state == IncidentState::Open);
        let mut stops: Vec<(MediaTime, MediaTime)> = machine
            .filter_map(|incident| incident.act)
            .filter(|act| act.response != Response::HandOver)
            .filter_map(|act| Some((act.from, act.to?)))
            .collect();
        stops.sort_unstable();
        let mut begins = from;
        for (start, end) in stops.iter().rev().filter(|(start, _)| *start <= from) {
            if *end + RUN_GAP >= begins {
                begins = begins.min(*start);
            }
        }
        let mut later: Vec<(MediaTime, MediaTime)> = Vec::new();
        for (start, end) in stops.into_iter().filter(|(start, _)| *start > from) {
            match later.last_mut() {
                Some(run) if start <= run.1 + RUN_GAP => run.1 = run.1.max(end),
                _ => later.push((start, end)),
            }
        }
        let too_long = later.iter().find(|(_, end)| *end - begins > MACHINE_STOP_MAX);
        let most = begins + MACHINE_STOP_MAX;
        too_long.map_or(most, |(start, _)| most.min(*start - RUN_GAP))
    }

    /// Windows that heard the words of an open incident and found nothing in them.
    fn count_misses(&mut self, window: &Window, hit: &[IncidentId]) {
        if !window.heard {
            return;
        }
        let missed = |i: &&Incident| {
            i.state == IncidentState::Open
                && i.has_words()
                // What the room turned at is no mistake of one window.
                && !i.room.as_ref().is_some_and(|room| room.sure)
                && !hit.contains(&i.id)
                && window.from <= i.from + BOUNDS_VARY
                && i.to - BOUNDS_VARY <= window.to
        };
        let missed: Vec<Incident> =
            self.sentinel.incidents.iter().filter(missed).cloned().collect();
        for mut incident in missed {
            incident.misses = incident.misses.saturating_add(1);
            let over = window.last || incident.misses >= MISSES;
            if over {
                incident.state = IncidentState::Withdrawn;
            }
            let undo = incident.act.filter(|_| over).map(Order::Undo);
            self.push(Change::Moved(incident.clone()));
            if let Some(undo) = undo {
                self.order(&incident, undo);
            }
        }
    }

    fn not_done(&mut self, action: ActionId, aired: bool, instead: ActionId) {
        let of = |i: &&Incident| i.act.is_some_and(|act| act.id == action);
        let Some(mut incident) = self.sentinel.incidents.iter().find(of).cloned() else { return };
        if matches!(incident.state, IncidentState::Dismissed | IncidentState::Withdrawn) {
            return;
        }
        let Some(act) = incident.act.take() else { return };
        incident.left = Some(if aired { Left::Aired } else { Left::Refused });
        // What could not be covered or handed over can still be silenced.
        let lesser = !aired && act.response > Response::Mute;
        let mut order = None;
        if lesser {
            let (response, from) = (Response::Mute, incident.from);
            let to = (incident.to + GROWTH).min(self.bound(incident.id, from));
            if to > from {
                let (to, late, time_to_air) = (Some(to), false, None);
                let act = Act { id: instead, response, from, to, late, time_to_air };
                incident.left = None;
                incident.act = Some(act);
                order = Some(Order::Stop(act));
            }
        }
        self.push(Change::Moved(incident.clone()));
        if let Some(order) = order {
            self.order(&incident, order);
        }
    }
}

/// An incident that knows of one more hit on its words.
fn joined(incident: Incident, hit: &Hit, response: Response) -> Incident {
    let mut now = Incident {
        from: incident.from.min(hit.from),
        to: incident.to.max(hit.to),
        score: incident.score.max(hit.score),
        response: incident.response.max(response),
        misses: 0,
        text: hit.text.or(incident.text),
        answers: incident.answers.or(hit.answers),
        ..incident
    };
    if hit.rule != now.rule && !now.also.contains(&hit.rule) && now.also.len() < ALSO_MAX {
        now.also.push(hit.rule.clone());
    }
    if hit.severity > now.severity {
        now.severity = hit.severity;
        if let Some(place) = now.also.iter().position(|rule| *rule == hit.rule) {
            now.also[place] = std::mem::replace(&mut now.rule, hit.rule.clone());
        }
    }
    now
}

/// Where a stop ends: with the words, or beyond the window while they may be going on.
fn stops_at(incident: &Incident, hit: &Hit, window: &Window) -> MediaTime {
    let goes_on = !hit.last && window.to - hit.to < MAY_GO_ON;
    if goes_on { window.to.max(incident.to) + GROWTH } else { incident.to }
}
