//! An era: a stretch of a line with one clock and one delay, and the measure of how late its source runs.

use units::{Duration, MediaTime, Timestamp};

/// Half the window over which the earliest arrival is looked for.
const HALF_WINDOW: Duration = Duration::from_s(15);
/// How fast an airing era follows its source's drift: 5 ms a second.
const SLEW_PER_S: i64 = 200;
/// The longest pause between two arrivals that counts as time to slew in.
const MAX_SLEW_STEP: Duration = Duration::from_s(1);

/// One stretch of a line. A new one begins when the source connects, after a stall that ate the delay, and where
/// the delay grows. A run on air never goes on from one era into the next.
#[derive(Clone, Debug)]
pub(crate) struct Era {
    /// When media time zero would have arrived.
    pub(crate) base: Timestamp,
    /// From arrival to air.
    pub(crate) delay: Duration,
    /// Nothing of this era is due before the end of the era before it.
    pub(crate) floor: Timestamp,
    /// Where it begins.
    pub(crate) start: MediaTime,
    /// Its newest frame.
    pub(crate) newest: MediaTime,
    /// Its newest picture.
    pub(crate) picture: Option<MediaTime>,
    /// Whether it has had sound.
    pub(crate) sound: bool,
    earliest: Earliest,
}

impl Era {
    /// An era whose first frame, of `start`, arrives `now`.
    pub(crate) fn new(now: Timestamp, start: MediaTime, delay: Duration, floor: Timestamp) -> Self {
        let base = now - start.since_start();
        let earliest = Earliest::new(base, now);
        Self { base, delay, floor, start, newest: start, picture: None, sound: false, earliest }
    }

    /// When the moment `at` leaves the delay.
    pub(crate) fn due(&self, at: MediaTime) -> Timestamp {
        (self.base + at.since_start() + self.delay).max(self.floor)
    }

    /// The moment that leaves the delay `now`, wherever this era begins and ends.
    pub(crate) fn leaving(&self, now: Timestamp) -> MediaTime {
        MediaTime::from_start(now - (self.base + self.delay))
    }

    /// Fixes the clock so that `at` is due at `wall`: a run that starts late stays that late, and slewing makes up for it.
    pub(crate) fn pin(&mut self, at: MediaTime, wall: Timestamp) {
        self.base = wall - self.delay - at.since_start();
    }

    /// Takes note of an arrival. While the era airs its clock is slewed; otherwise it follows at once.
    pub(crate) fn arrived(&mut self, time: MediaTime, now: Timestamp, airing: bool) {
        let passed = self.earliest.note(now - time.since_start(), now).min(MAX_SLEW_STEP);
        let target = self.earliest.value();
        if airing {
            let most = Duration(passed.0 / SLEW_PER_S);
            let error = target - self.base;
            self.base = self.base + error.clamp(Duration::ZERO - most, most);
        } else {
            self.base = target;
        }
    }
}

/// The smallest value of the last 15 to 30 seconds, in constant space.
#[derive(Clone, Debug)]
struct Earliest {
    older: Timestamp,
    newer: Timestamp,
    turned: Timestamp,
    last: Timestamp,
}

impl Earliest {
    fn new(value: Timestamp, now: Timestamp) -> Self {
        Self { older: value, newer: value, turned: now, last: now }
    }

    /// Takes a value and says how long ago the one before it came.
    fn note(&mut self, value: Timestamp, now: Timestamp) -> Duration {
        if now - self.turned >= HALF_WINDOW {
            self.older = self.newer;
            self.newer = value;
            self.turned = now;
        } else {
            self.newer = self.newer.min(value);
        }
        let passed = now - self.last;
        self.last = now;
        passed.max(Duration::ZERO)
    }

    fn value(&self) -> Timestamp {
        self.older.min(self.newer)
    }
}
