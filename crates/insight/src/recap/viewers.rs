//! How many watched: a count stands until the next one.

use std::collections::BTreeMap;

use units::Timestamp;

use super::{MINUTE_MS, MINUTES_MAX};

/// How many watched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ViewerFigures {
    /// The most at once.
    pub peak: u32,
    /// When that was first.
    pub peak_at: Option<Timestamp>,
    /// For half of the time there were fewer.
    pub median: u32,
}

/// Viewers over time.
#[derive(Debug, Clone, Default)]
pub(super) struct Viewers {
    now: Option<(u32, Timestamp)>,
    peak: u32,
    peak_at: Option<Timestamp>,
    /// For how many milliseconds there were so many.
    held: BTreeMap<u32, u64>,
}

impl Viewers {
    /// There are so many from now on.
    pub(super) fn now(&mut self, viewers: u32, at: Timestamp) {
        // A clock that was set back counts no time twice.
        let since = self.now.map_or(at, |(_, since)| since.max(at));
        self.now = Some((viewers, since));
        if self.peak_at.is_none() || viewers > self.peak {
            self.peak = viewers;
            self.peak_at = Some(at);
        }
    }

    /// Counts what stood until `at`. The answer is the same cut at full minutes: from when, how many, for how long.
    pub(super) fn until(&mut self, at: Timestamp) -> Vec<(i64, u32, u64)> {
        let Some((viewers, since)) = self.now else { return Vec::new() };
        let (mut from, to) = (since.ms(), at.ms());
        if to <= from {
            return Vec::new();
        }
        self.now = Some((viewers, at));
        *self.held.entry(viewers).or_default() += from.abs_diff(to);
        let mut parts = Vec::new();
        while from < to && parts.len() <= MINUTES_MAX {
            let end = (from.div_euclid(MINUTE_MS) + 1).saturating_mul(MINUTE_MS).min(to);
            parts.push((from, viewers, from.abs_diff(end)));
            from = end;
        }
        parts
    }

    pub(super) fn figures(&self) -> ViewerFigures {
        let half = self.held.values().sum::<u64>().div_ceil(2);
        let mut passed = 0;
        let median = self.held.iter().find(|(_, ms)| {
            passed += **ms;
            passed >= half
        });
        ViewerFigures {
            peak: self.peak,
            peak_at: self.peak_at,
            median: median.map_or(0, |(viewers, _)| *viewers),
        }
    }
}
