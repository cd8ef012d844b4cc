//! What the house did in a step, in words; and the law's bounds on what a machine stopped.

use media::program::{Applied, OnAirChange, OnAudio, OnVideo, Refusal};
use show::sentinel::{
    Change, Incident, IncidentState, MACHINE_HAND_OVER_MAX, MACHINE_STOP_MAX, Order, Response,
    Sentinel,
};
use show::{Actor, Event};
use units::{Duration, MediaTime};

use super::house::Happened;
use super::play::Run;
use super::tell::{clock, quoted, response, score, seconds, severity, state};
use crate::check::{Checked, Invariant, holds};

/// Stops closer together than this count as one to a viewer.
const RUN_GAP: Duration = Duration::from_s(1);

impl Run<'_> {
    /// Tells what happened since the last time.
    pub(super) fn happened(&mut self) -> Checked {
        for happened in std::mem::take(&mut self.house.happened) {
            match happened {
                Happened::Decided(Event::Sentinel { change }) => self.changed(&change),
                Happened::Decided(_) => {}
                Happened::Ordered { order, by, answer } => {
                    self.ordered(order, &by, &answer);
                    law_7(&self.house.show.state().sentinel)?;
                }
                Happened::OnAir(change) => self.on_air(change),
            }
        }
        Ok(())
    }

    fn changed(&mut self, change: &Change) {
        match change {
            Change::Opened(incident) => self.incident_opened(incident),
            Change::Moved(incident) => self.incident_moved(incident),
            Change::Unsure(unsure) => {
                let (rule, score) = (&unsure.hit.rule, score(unsure.hit.score));
                self.line("sentinel", &format!("remembers {rule} {score}, in case the room turns"));
            }
            _ => {}
        }
    }

    fn number(&mut self, incident: &Incident) -> usize {
        let next = self.numbers.len() + 1;
        *self.numbers.entry(incident.id).or_insert(next)
    }

    fn incident_opened(&mut self, incident: &Incident) {
        let number = self.number(incident);
        let mut what = format!("#{number} opened: {}", incident.rule);
        if incident.has_words() {
            what += &format!(" {}", score(incident.score));
        }
        what += &format!(", {}", severity(incident.severity));
        if let Some(lead) = incident.of {
            let lead = self.numbers.get(&lead).copied().unwrap_or_default();
            what += &format!(", goes on with #{lead}");
        }
        if incident.has_words() {
            let left = incident.from - self.house.air_point();
            what += &match left > Duration::ZERO {
                true => format!(", time to air {}", seconds(left)),
                false => ", aired already".to_owned(),
            };
        }
        self.line("incident", &what);
        let stake = &incident.stake;
        let offer = stake.sku.as_ref().map(|sku| format!(", {sku}")).unwrap_or_default();
        let (viewers, orders) = (stake.viewers, stake.orders);
        self.line(
            "",
            &format!("at stake: {viewers} viewers{offer}, {orders} orders in the last minute"),
        );
        let answers = incident.answers.and_then(|answers| self.texts.get(&answers.id));
        if let Some(answers) = answers.map(|answers| quoted(answers)) {
            self.line("", &format!("answers {answers}"));
        }
        self.room(incident);
        self.known.insert(incident.id, incident.clone());
        self.opened(incident.id);
    }

    fn room(&mut self, incident: &Incident) {
        if let Some(room) = &incident.room {
            self.seen.room_first.entry(incident.id).or_insert(room.at);
        }
    }

    fn incident_moved(&mut self, incident: &Incident) {
        let number = self.number(incident);
        self.room(incident);
        let Some(before) = self.known.insert(incident.id, incident.clone()) else { return };
        let mut parts = Vec::new();
        if incident.state != before.state {
            let by = match incident.by {
                Some(Actor::User { .. }) => " by the producer",
                _ => "",
            };
            parts.push(format!("{}{by}", state(incident.state)));
        }
        match (&before.room, &incident.room) {
            (None, Some(room)) => {
                let how = if room.sure { "turned" } else { "leans" };
                parts.push(format!("the room {how} after it"));
            }
            (Some(before), Some(room)) if room.sure && !before.sure => {
                parts.push("the room turned after it".to_owned());
            }
            _ => {}
        }
        if incident.severity != before.severity {
            parts.push(severity(incident.severity).to_owned());
        }
        if incident.left.is_some() && incident.left != before.left {
            parts.push("left to people".to_owned());
        }
        if !parts.is_empty() {
            self.line("incident", &format!("#{number} now: {}", parts.join(", ")));
        }
    }

    fn ordered(&mut self, order: Order, by: &Actor, answer: &Result<Applied, Refusal>) {
        let by = match by {
            Actor::User { .. } => "the producer".to_owned(),
            Actor::Rule { rule } => rule.clone(),
            Actor::Host { .. } | Actor::System => "the house".to_owned(),
        };
        let (act, verb) = match order {
            Order::Stop(act) => (act, response(act.response).to_owned()),
            Order::Change(act) => (act, format!("{} changed", response(act.response))),
            Order::Undo(act) => (act, format!("{} undone", response(act.response))),
        };
        let what = match answer {
            Ok(applied) => {
                let span = applied.to.map_or("until resumed".to_owned(), |to| {
                    format!("{} of sound", seconds(to - applied.from))
                });
                let left = applied.time_to_air;
                let when = match left > Duration::ZERO {
                    true => format!("{} before it airs", seconds(left)),
                    false => "late".to_owned(),
                };
                format!("{verb}: {span} from {}, {when}", clock(applied.from.since_start()))
            }
            Err(refusal) => {
                format!("{verb} at {} refused: {refusal}", clock(act.from.since_start()))
            }
        };
        self.line("order", &format!("{what} ({by})"));
    }

    fn on_air(&mut self, change: OnAirChange) {
        let now = self.house.now;
        self.seen.on_air(change.video == OnVideo::Slate, now);
        let video = match change.video {
            OnVideo::Host => "the host",
            OnVideo::Standby => "the understudy",
            OnVideo::Slate => "the slate",
        };
        let audio = match change.audio {
            OnAudio::Host => "the host",
            OnAudio::Standby => "the understudy",
            OnAudio::Silence => "nothing",
        };
        self.line("air", &format!("viewers see {video} and hear {audio}"));
    }
}

/// LAW rule 7: what a machine stops in a row, or hands over, and that it does nothing else.
fn law_7(sentinel: &Sentinel) -> Checked {
    let open = |incident: &&Incident| incident.state == IncidentState::Open;
    let acts = sentinel.incidents.iter().filter(open).filter_map(|incident| incident.act);
    let mut stops: Vec<(MediaTime, MediaTime)> = Vec::new();
    for act in acts {
        let (from, to) = (act.from, act.to);
        let bounded = to.is_some_and(|to| match act.response {
            Response::HandOver => to - from <= MACHINE_HAND_OVER_MAX,
            Response::Mute | Response::Cover => to - from <= MACHINE_STOP_MAX,
            Response::Off | Response::Advise => false,
        });
        holds(Invariant::Law7, bounded, || format!("a machine does {act:?}"))?;
        stops.extend(to.filter(|_| act.response != Response::HandOver).map(|to| (from, to)));
    }
    stops.sort_unstable();
    let mut run: Option<(MediaTime, MediaTime)> = None;
    for (from, to) in stops {
        let (begins, ends) = match run {
            Some((begins, ends)) if from <= ends + RUN_GAP => (begins, ends.max(to)),
            _ => (from, to),
        };
        run = Some((begins, ends));
        holds(Invariant::Law7, ends - begins <= MACHINE_STOP_MAX, || {
            format!("a machine stops {:?} in a row from {begins:?}", ends - begins)
        })?;
    }
    Ok(())
}
