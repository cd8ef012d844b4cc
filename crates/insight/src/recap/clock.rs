//! When a moment of the host's feed, or of the day, was on air.
//!
//! The program says once a segment where its clock stands and how far the feed has come ([`Mark`]). Between two such marks
//! both run with the day; where they do not, because the feed stalled or the server was down, a new run begins. A moment
//! of the feed airs one delay after it arrived. That is exact to about a second, which is what a link to a second needs.

use show::desk::Mark;
use units::{AirTime, Duration, MediaTime, Timestamp};

/// Runs that are kept; past it the last one is stretched.
pub(super) const RUNS_MAX: usize = 20_000;
/// Marks this close to the line of their run belong to it.
const AIR_SLACK: Duration = Duration::from_ms(100);
/// Media comes in bursts.
const MEDIA_SLACK: Duration = Duration::from_ms(400);
/// What follows the last mark of a run still counts to it for so long.
const BEYOND: Duration = Duration::from_s(10);

/// Where three clocks stood together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stand {
    at: Timestamp,
    air: AirTime,
    newest: MediaTime,
}

#[derive(Debug, Clone, Copy)]
struct Run {
    first: Stand,
    last: Stand,
    delay: Duration,
}

/// The clocks of a show.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    delay: Duration,
    runs: Vec<Run>,
    stretched: bool,
}

fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_micros(to.0.saturating_sub(from.0))
}

impl Clock {
    pub(super) fn set_delay(&mut self, delay: Duration) {
        self.delay = delay;
    }

    pub(super) fn mark(&mut self, mark: &Mark) {
        let stand = Stand { at: mark.at, air: mark.air, newest: mark.newest };
        let full = self.runs.len() >= RUNS_MAX;
        if let Some(run) = self.runs.last_mut() {
            let passed = between(run.first.at, stand.at);
            let air = (stand.air - run.first.air) - passed;
            let media = (stand.newest - run.first.newest) - passed;
            let same = run.delay == self.delay && air.abs() <= AIR_SLACK;
            let goes_on = same && media.abs() <= MEDIA_SLACK;
            if full || goes_on {
                self.stretched |= !goes_on;
                run.last = stand;
                return;
            }
        }
        self.runs.push(Run { first: stand, last: stand, delay: self.delay });
    }

    /// There were more than [`RUNS_MAX`] runs: moments of the last one are not exact.
    pub(super) fn is_stretched(&self) -> bool {
        self.stretched
    }

    /// What was on air at a moment of the day; `None` before the first air and while nothing was.
    #[must_use]
    pub fn air_at(&self, at: Timestamp) -> Option<AirTime> {
        let next = self.runs.partition_point(|run| run.first.at <= at);
        match next.checked_sub(1).and_then(|place| self.runs.get(place)) {
            Some(run) => {
                let passed = between(run.first.at, at);
                let most = between(run.first.at, run.last.at) + BEYOND;
                (passed <= most).then(|| run.first.air + passed)
            }
            // The first mark comes with the first segment, a moment after the first air.
            None => {
                let first = self.runs.first()?.first;
                let air = first.air - between(at, first.at);
                (air >= AirTime::ZERO).then_some(air)
            }
        }
    }

    /// When a moment of the host's feed aired, or would have; `None` when it never came.
    #[must_use]
    pub fn air_of(&self, moment: MediaTime) -> Option<AirTime> {
        let place = self.runs.partition_point(|run| run.last.newest < moment);
        let (stand, delay) = match self.runs.get(place) {
            Some(run) => (run.first, run.delay),
            None => {
                let run = self.runs.last().filter(|run| moment - run.last.newest <= BEYOND)?;
                (run.last, run.delay)
            }
        };
        let due = between(Timestamp(0), stand.at) + (moment - stand.newest) + delay;
        let due = Timestamp(due.micros());
        // A feed that ended leaves the clock running: what waited aired after the last mark that saw it grow.
        self.air_at(due)
            .or_else(|| Some(stand.air + between(stand.at, due)))
            .map(|air| air.max(AirTime::ZERO))
    }

    /// How far the program has come.
    #[must_use]
    pub fn end(&self) -> Option<AirTime> {
        self.runs.last().map(|run| run.last.air)
    }
}
