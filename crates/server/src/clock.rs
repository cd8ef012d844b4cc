//! The one place that reads a clock. UTC is taken once and carried on by the monotonic clock, so
//! the time that the cores see never goes back, whatever the machine's date does.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use units::Timestamp;

/// A clock that never goes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    anchor: Timestamp,
    started: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { anchor: Timestamp(i64::try_from(utc.as_micros()).unwrap_or(i64::MAX)), started: Instant::now() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.anchor.0 + i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX))
    }

    /// When the operating system's timers reach `at`.
    pub(crate) fn instant(&self, at: Timestamp) -> Instant {
        let ahead_us = at.0.saturating_sub(self.anchor.0).max(0);
        self.started + std::time::Duration::from_micros(ahead_us.unsigned_abs())
    }
}
