//! How many messages a second: one minute, in memory, without a word of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};

use show::moderation::Second;
use units::Timestamp;

const SECONDS: usize = 60;

/// What happened in a room since it was last asked.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) said: AtomicU32,
    pub(super) held: AtomicU32,
    pub(super) refused: AtomicU32,
}

impl Tally {
    pub(super) fn take(&self) -> Second {
        let take = |count: &AtomicU32| count.swap(0, Ordering::Relaxed);
        Second {
            viewers: 0,
            said: take(&self.said),
            held: take(&self.held),
            refused: take(&self.refused),
        }
    }
}

/// Adds one.
pub(super) fn bump(count: &AtomicU32) {
    count.fetch_add(1, Ordering::Relaxed);
}

/// Counts by second.
#[derive(Default)]
pub(super) struct Pulse(VecDeque<(i64, u32)>);

impl Pulse {
    pub(super) fn count(&mut self, now: Timestamp) {
        let second = now.ms() / 1000;
        match self.0.back_mut() {
            Some((last, count)) if *last == second => *count += 1,
            _ => self.0.push_back((second, 1)),
        }
        if self.0.len() > SECONDS {
            self.0.pop_front();
        }
    }

    /// The last minute, oldest second first.
    pub(super) fn curve(&self, now: Timestamp) -> Vec<u32> {
        let first = now.ms() / 1000 - SECONDS as i64 + 1;
        let mut curve = vec![0; SECONDS];
        for (second, count) in &self.0 {
            if let Some(slot) = usize::try_from(second - first).ok().and_then(|i| curve.get_mut(i))
            {
                *slot = *count;
            }
        }
        curve
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_minute_is_kept() {
        let mut pulse = Pulse::default();
        for ms in [1_000, 1_500, 2_000, 61_999] {
            pulse.count(Timestamp::from_ms(ms));
        }
        let curve = pulse.curve(Timestamp::from_ms(61_999));
        assert_eq!((curve.len(), curve[0], curve[59], curve.iter().sum::<u32>()), (60, 1, 1, 2));
    }
}
