//! The incidents of one run: what became of each, and how long its words were to air when it was opened.

use std::collections::BTreeMap;

use show::State;
use show::sentinel::Incident;
use units::{Duration, IncidentId, Timestamp};

use super::clock::Clock;

/// One incident.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) incident: Incident,
    /// From when it was opened to when its words would have aired; negative: they had begun. Nothing without words.
    pub(super) time_to_air: Option<Duration>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<IncidentId, Kept>);

impl Seen {
    /// Looks at the incidents that a state remembers.
    pub(super) fn look(&mut self, state: &State, clock: &Clock, at: Timestamp) {
        for incident in &state.sentinel.incidents {
            let kept = self.0.entry(incident.id).or_insert_with(|| {
                let words = incident.has_words();
                let on_air = clock.on_air(at, delay(state)).filter(|_| words);
                let time_to_air = on_air.map(|on_air| incident.from - on_air);
                Kept { incident: incident.clone(), time_to_air }
            });
            if kept.incident != *incident {
                kept.incident.clone_from(incident);
            }
        }
    }

    /// In order of time.
    pub(super) fn all(self) -> Vec<Kept> {
        let mut all: Vec<Kept> = self.0.into_values().collect();
        all.sort_by_key(|kept| (kept.incident.at, kept.incident.id));
        all
    }
}

/// From when something arrives to when it airs.
pub(super) fn delay(state: &State) -> Duration {
    let planned = state.plan.as_ref().map_or(0, |plan| plan.delay_s);
    state.desk.delay.unwrap_or(Duration::from_s(planned.into()))
}
