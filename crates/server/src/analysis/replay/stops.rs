//! What the program would have done with a stop, modelled simply, and what stops took off the air.
//!
//! A stop whose moments had not begun to air is taken in full; one that had begun is taken from there on and is late; one that
//! was over is not taken. There is no reaction time, no waiting for a key frame, and a standby is ready when its feed is there.

use std::collections::BTreeMap;

use show::desk::Fact;
use show::sentinel::Act;
use units::{ActionId, Duration, MediaTime};

/// Intervals that are stopped.
#[derive(Debug, Clone, Default)]
pub(super) struct Stopped(BTreeMap<ActionId, Span>);

#[derive(Debug, Clone, Copy)]
struct Span {
    from: MediaTime,
    /// Absent: until a person resumes.
    to: Option<MediaTime>,
    /// Where it begins on air, as the log has it.
    air: Option<units::AirTime>,
}

impl Stopped {
    /// Takes a stop, if any of it has not aired yet. `aired`: everything before it has.
    pub(super) fn take(&mut self, act: &Act, aired: Option<MediaTime>) -> Option<Act> {
        let from = aired.map_or(act.from, |aired| act.from.max(aired));
        if act.to.is_some_and(|to| to <= from) {
            return None;
        }
        self.0.insert(act.id, Span { from, to: act.to, air: None });
        Some(Act { from, late: act.from < from, ..*act })
    }

    /// Gives a stop another interval; what has aired as it was stays so. False: all of it has.
    pub(super) fn change(&mut self, act: &Act, aired: Option<MediaTime>) -> bool {
        let Some(span) = self.0.get_mut(&act.id) else { return false };
        let over = |to: MediaTime| aired.is_some_and(|aired| to <= aired);
        if span.to.is_some_and(over) {
            return false;
        }
        let not_before = |at: MediaTime| aired.map_or(at, |aired| at.max(aired));
        span.from = span.from.min(not_before(act.from));
        span.to = act.to.map(|to| not_before(to).max(span.from));
        true
    }

    /// Takes a stop back: what has aired of it was stopped all the same.
    pub(super) fn undo(&mut self, id: ActionId, aired: Option<MediaTime>) {
        let Some(span) = self.0.get_mut(&id) else { return };
        match aired.filter(|aired| span.from < *aired) {
            Some(aired) => span.to = Some(span.to.map_or(aired, |to| to.min(aired))),
            None => drop(self.0.remove(&id)),
        }
    }

    /// What the log says that the program did, of the stops that the sentinel ordered.
    pub(super) fn recorded(&mut self, fact: &Fact) {
        match fact {
            Fact::ActionTaken(action) => {
                let (from, to, air) = (action.from_media, action.to_media, action.from_air);
                self.0.insert(action.id, Span { from, to, air });
            }
            Fact::ActionMoved { id, from_air, to_media, from_media, .. } => {
                if let Some(span) = self.0.get_mut(id) {
                    span.from = from_media.unwrap_or(span.from);
                    (span.to, span.air) = (*to_media, *from_air);
                }
            }
            Fact::ActionUndone { id, to_air: None, .. } => drop(self.0.remove(id)),
            Fact::ActionUndone { id, to_air: Some(air), .. } | Fact::ActionEnded { id, air } => {
                if let Some(span) = self.0.get_mut(id)
                    && let Some(began) = span.air
                {
                    let to = span.from + (*air - began).max(Duration::from_ms(0));
                    span.to = Some(span.to.map_or(to, |known| known.min(to)));
                }
            }
            _ => {}
        }
    }

    /// How much was stopped; what several stopped counts once, and what nobody ended not at all.
    pub(super) fn lost(&self) -> Duration {
        let mut spans: Vec<(MediaTime, MediaTime)> =
            self.0.values().filter_map(|span| Some((span.from, span.to?))).collect();
        spans.sort_unstable();
        let (mut lost, mut until) = (Duration::from_ms(0), MediaTime(i64::MIN));
        for (from, to) in spans {
            let from = from.max(until);
            if from < to {
                lost += to - from;
                until = to;
            }
        }
        lost
    }
}

#[cfg(test)]
mod tests {
    use show::sentinel::Response;

    use super::*;

    fn act(id: u128, from_ms: i64, to_ms: i64) -> Act {
        let at = MediaTime::from_ms;
        let (from, to) = (at(from_ms), Some(at(to_ms)));
        let id = ActionId::from_u128(id);
        Act { id, response: Response::Mute, from, to, late: false, time_to_air: None }
    }

    fn at(ms: i64) -> Option<MediaTime> {
        Some(MediaTime::from_ms(ms))
    }

    #[test]
    fn what_has_not_aired_is_stopped_in_full_and_what_has_begun_from_there_on() {
        let mut stopped = Stopped::default();
        let whole = stopped.take(&act(1, 5_000, 8_000), at(2_000)).expect("taken");
        assert!(!whole.late && whole.from == MediaTime::from_ms(5_000));
        let late = stopped.take(&act(2, 10_000, 14_000), at(11_000)).expect("taken");
        assert!(late.late && late.from == MediaTime::from_ms(11_000));
        assert!(stopped.take(&act(3, 20_000, 22_000), at(22_000)).is_none());
        assert_eq!(stopped.lost().ms(), 3_000 + 3_000);
    }

    #[test]
    fn what_is_taken_back_counts_as_far_as_it_aired() {
        let mut stopped = Stopped::default();
        for id in [1, 2] {
            stopped.take(&act(id, 5_000, 8_000), at(0));
        }
        stopped.undo(ActionId::from_u128(1), at(4_000));
        assert_eq!(stopped.lost().ms(), 3_000, "two stops of the same moments count once");
        stopped.undo(ActionId::from_u128(2), at(6_000));
        assert_eq!(stopped.lost().ms(), 1_000);
        assert!(!stopped.change(&act(2, 5_000, 9_000), at(7_000)), "all of it has aired");
    }

    #[test]
    fn a_stop_grows_and_shrinks_while_it_has_not_aired() {
        let mut stopped = Stopped::default();
        stopped.take(&act(1, 5_000, 11_000), at(0));
        assert!(stopped.change(&act(1, 4_000, 7_000), at(1_000)));
        assert_eq!(stopped.lost().ms(), 3_000);
    }
}
