//! What came of a run, and whether that is what the file expects.

use std::collections::BTreeMap;

use show::sentinel::Incident;
use units::{Duration, IncidentId, Timestamp};

use super::form::{Evidence, Expect};
use super::tell::seconds;

/// What a run has seen.
#[derive(Default)]
pub(super) struct Seen {
    /// How much of each named sentence aired, in thousandths.
    pub(super) aired: BTreeMap<String, u64>,
    /// When parts of the script began to turn the room.
    pub(super) turns_began: Vec<Timestamp>,
    /// When each incident first had a room that turned.
    pub(super) room_first: BTreeMap<IncidentId, Timestamp>,
    pub(super) alarms: u32,
    pub(super) messages: u64,
    pub(super) refused: BTreeMap<&'static str, u32>,
    /// How long viewers saw the slate.
    pub(super) slate: Duration,
    slate_since: Option<Timestamp>,
}

impl Seen {
    pub(super) fn on_air(&mut self, slate: bool, now: Timestamp) {
        self.end(now);
        self.slate_since = slate.then_some(now);
    }

    pub(super) fn end(&mut self, now: Timestamp) {
        if let Some(since) = self.slate_since.take() {
            self.slate += now - since;
        }
    }

    /// How long after the script began to turn the room that was known.
    pub(super) fn turn_after(&self) -> Option<Duration> {
        Some(*self.room_first.values().min()? - *self.turns_began.first()?)
    }
}

/// Incidents of one quarrel.
pub(super) struct Case<'a> {
    pub(super) lead: &'a Incident,
    /// Sentences in it.
    pub(super) sentences: usize,
    /// When in the show what happened, each kind once.
    pub(super) evidence: Vec<(Duration, Evidence)>,
}

impl Evidence {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Room => "room",
        }
    }
}

/// The cases of these incidents, in the order in which they were opened.
pub(super) fn cases<'a>(incidents: &'a [Incident], seen: &Seen, began: Timestamp) -> Vec<Case<'a>> {
    let leads = incidents.iter().filter(|incident| incident.of.is_none());
    leads
        .map(|lead| {
            let mine = |it: &&Incident| it.id == lead.id || it.of == Some(lead.id);
            let all: Vec<&Incident> = incidents.iter().filter(mine).collect();
            let words = all.iter().filter(|it| it.has_words());
            let said = words.clone().map(|it| (it.from.since_start(), Evidence::Words)).min();
            let rooms = all.iter().filter_map(|it| seen.room_first.get(&it.id));
            let turned = rooms.map(|at| (*at - began, Evidence::Room)).min();
            let mut evidence: Vec<_> = said.into_iter().chain(turned).collect();
            evidence.sort_unstable();
            Case { lead, sentences: words.count(), evidence }
        })
        .collect()
}

/// What was expected and did not come.
pub(super) fn judge(
    expect: &Expect,
    seen: &Seen,
    incidents: &[Incident],
    began: Timestamp,
) -> Vec<String> {
    let cases = cases(incidents, seen, began);
    let mut unmet = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            unmet.push(what);
        }
    };
    let count = cases.len();
    if expect.never_fires {
        let alarms = seen.alarms;
        must(
            count == 0 && alarms == 0,
            format!("never_fires: there are {count} incidents and {alarms} alarms"),
        );
    }
    if let Some(wanted) = expect.incidents {
        must(count == wanted as usize, format!("incidents = {wanted}: there are {count}"));
    }
    let first = cases.first();
    if let Some(wanted) = &expect.rule {
        let rule = first.map_or("none", |case| case.lead.rule.as_str());
        must(rule == wanted.0, format!("rule = {:?}: it is {rule}", wanted.0));
    }
    if !expect.evidence.is_empty() {
        let all = first.map(|case| case.evidence.iter().map(|(_, what)| *what).collect());
        let all: Vec<Evidence> = all.unwrap_or_default();
        let named =
            |list: &[Evidence]| list.iter().map(|what| what.name()).collect::<Vec<_>>().join(", ");
        must(
            all == expect.evidence,
            format!("evidence = {}: it is {}", named(&expect.evidence), named(&all)),
        );
    }
    if !expect.channels.is_empty() {
        let rooms = incidents.iter().filter_map(|incident| incident.room.as_ref());
        let moved: Vec<&str> =
            rooms.flat_map(|room| room.shifts.iter().map(|it| it.channel.name())).collect();
        let any = expect.channels.iter().any(|wanted| moved.contains(&wanted.0.as_str()));
        must(any, format!("channels: the room moved {}", moved.join(", ")));
    }
    if let Some(within) = expect.turn_within_s {
        let after = seen.turn_after();
        let words = after.map_or_else(|| "never".to_owned(), seconds);
        let holds = after.is_some_and(|after| after <= within.span());
        must(holds, format!("turn_within_s = {}: it was known after {words}", within.0 / 1000));
    }
    let aired = |name: &str| seen.aired.get(name).copied();
    for name in &expect.aired {
        let permille = aired(&name.0);
        must(permille >= Some(990), format!("aired: of {} only {permille:?} ‰ did", name.0));
    }
    for name in &expect.never_aired {
        let permille = aired(&name.0);
        must(permille == Some(0), format!("never_aired: of {} {permille:?} ‰ aired", name.0));
    }
    for code in &expect.refused {
        let known = seen.refused.contains_key(code.0.as_str());
        must(known, format!("refused: no order was refused as {}", code.0));
    }
    if let Some(wanted) = expect.slate_s {
        let slate = seconds(seen.slate);
        must(seen.slate >= wanted.span(), format!("slate_s: the slate aired for {slate}"));
    }
    unmet
}
