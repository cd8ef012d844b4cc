//! Incidents beside the log: what became of each, so that whoever asks afterwards need not read every log. A row is written with
//! the entries that change it, and holds references to words, never words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use show::desk::Fact;
use show::entry::Entry;
use show::sentinel::{Change, Incident, IncidentState, Verdict};
use show::{Event, Show, State};
use store::{DocChange, Expect, IndexEntry, StoreError, Table};
use units::IncidentId;

/// An incident with the show and the host that it belongs to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Case {
    pub(crate) show: String,
    pub(crate) host: String,
    pub(crate) incident: Incident,
}

impl Case {
    /// Whether a person stands behind it. What nobody has decided counts for and against nobody.
    pub(crate) fn confirmed(&self) -> bool {
        match self.incident.verdict {
            Some(Verdict::Right | Verdict::Late) => true,
            Some(Verdict::Wrong) => false,
            None => self.incident.state == IncidentState::Confirmed,
        }
    }
}

/// All of them, by id; `host` and `show` find those of one.
pub(crate) const CASES: Table<Case> = Table::indexed("incident", |case| {
    let entry = |name, value: &str| IndexEntry {
        name: Cow::Borrowed(name),
        value: value.to_owned(),
        unique: false,
    };
    vec![entry("host", &case.host), entry("show", &case.show)]
});

/// The rows that these entries change. `state` is that after them, or a later one.
pub(super) fn rows(
    show: &str,
    host: &str,
    state: &State,
    entries: &[Entry<Show>],
) -> Result<Vec<DocChange>, StoreError> {
    let mut touched: BTreeMap<IncidentId, &Incident> = BTreeMap::new();
    let by_action = |id| {
        let of = |incident: &&Incident| incident.act.is_some_and(|act| act.id == id);
        state.sentinel.incidents.iter().find(of)
    };
    for event in entries.iter().flat_map(|entry| &entry.events) {
        let incident = match event {
            Event::Sentinel { change: Change::Opened(it) | Change::Moved(it), .. } => Some(it),
            Event::Noted { fact: Fact::ActionTaken(action), .. } => by_action(action.id),
            Event::Noted { fact: Fact::ActionUndone { id, .. }, .. } => by_action(*id),
            _ => None,
        };
        touched.extend(incident.map(|incident| (incident.id, incident)));
    }
    let row = |(id, incident): (IncidentId, &Incident)| {
        let incident = state.sentinel.incident(id).unwrap_or(incident).clone();
        let case = Case { show: show.to_owned(), host: host.to_owned(), incident };
        CASES.change(&id.to_string(), &case, Expect::Any)
    };
    touched.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use show::sentinel::{Response, Severity, Stake};
    use units::{MediaTime, Timestamp};

    use super::*;

    fn incident(id: u128) -> Incident {
        Incident {
            id: IncidentId::from_u128(id),
            at: Timestamp::from_ms(1000),
            rule: "core/contempt".into(),
            also: Vec::new(),
            severity: Severity::Grave,
            score: 910,
            from: MediaTime::from_ms(0),
            to: MediaTime::from_ms(2000),
            text: None,
            answers: None,
            stake: Stake::default(),
            response: Response::Mute,
            act: None,
            left: None,
            room: None,
            of: None,
            misses: 0,
            state: IncidentState::Open,
            by: None,
            verdict: None,
        }
    }

    #[test]
    fn only_what_a_person_stands_behind_counts() {
        for (state, verdict, counts) in [
            (IncidentState::Open, None, false),
            (IncidentState::Withdrawn, None, false),
            (IncidentState::Dismissed, None, false),
            (IncidentState::Confirmed, None, true),
            (IncidentState::Confirmed, Some(Verdict::Wrong), false),
            (IncidentState::Open, Some(Verdict::Right), true),
            (IncidentState::Open, Some(Verdict::Late), true),
        ] {
            let incident = Incident { state, verdict, ..incident(1) };
            let case = Case { show: "evening".into(), host: "anna".into(), incident };
            assert_eq!(case.confirmed(), counts, "{state:?} {verdict:?}");
        }
    }

    #[test]
    fn a_row_is_written_for_each_incident_that_changed_as_it_stands_now() {
        let mut state = State::default();
        let now = Incident { state: IncidentState::Confirmed, ..incident(1) };
        state.sentinel.incidents.push(now);
        let opened = |id| Event::Sentinel { change: Change::Opened(incident(id)) };
        let entry = Entry::<Show> {
            seq: 1,
            at: Timestamp::from_ms(1000),
            input: None,
            events: vec![opened(1), opened(2), opened(1)],
            digest: None,
        };
        let rows = rows("evening", "anna", &state, &[entry]).unwrap();
        assert_eq!(rows.len(), 2);
        let read = |row: &DocChange| -> Case {
            serde_json::from_slice(&row.write.as_ref().unwrap().body).unwrap()
        };
        assert!(read(&rows[0]).confirmed(), "it was decided in the same batch");
        assert!(!read(&rows[1]).confirmed(), "forgotten by the state, not by the table");
        assert_eq!(read(&rows[1]).host, "anna");
    }
}
