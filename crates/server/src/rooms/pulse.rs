//! How many messages a second: one minute, in memory, without a word of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Serialize;
use show::moderation::Second;
use show::sentinel::room::Channel;
use units::Timestamp;
use utoipa::ToSchema;

const SECONDS: usize = 60;
const MINUTES: usize = 10;

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

/// What buyers and followers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trade {
    Ordered,
    Cancelled,
    Refunded,
    Unfollowed,
}

impl Trade {
    /// The channel of those who take something back.
    pub(crate) fn channel(self) -> Option<Channel> {
        match self {
            Self::Ordered => None,
            Self::Cancelled => Some(Channel::Cancellations),
            Self::Refunded => Some(Channel::Refunds),
            Self::Unfollowed => Some(Channel::Unfollows),
        }
    }
}

/// A minute of trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Minute {
    /// Whole minutes since 1970.
    pub(crate) at_min: i64,
    pub(crate) orders: u32,
    pub(crate) cancelled: u32,
    pub(crate) refunds: u32,
    pub(crate) unfollows: u32,
}

/// Counts by minute.
#[derive(Default)]
pub(super) struct Minutes(VecDeque<Minute>);

impl Minutes {
    pub(super) fn count(&mut self, now: Timestamp, what: Trade) {
        let at_min = now.ms().div_euclid(60_000);
        if self.0.back().is_none_or(|last| last.at_min < at_min) {
            self.0.push_back(Minute { at_min, ..Minute::default() });
        }
        if self.0.len() > MINUTES {
            self.0.pop_front();
        }
        let Some(minute) = self.0.back_mut() else { return };
        *match what {
            Trade::Ordered => &mut minute.orders,
            Trade::Cancelled => &mut minute.cancelled,
            Trade::Refunded => &mut minute.refunds,
            Trade::Unfollowed => &mut minute.unfollows,
        } += 1;
    }

    /// The last ten minutes, the oldest first, quiet ones too.
    pub(super) fn last(&self, now: Timestamp) -> Vec<Minute> {
        let first = now.ms().div_euclid(60_000) - MINUTES as i64 + 1;
        let minute = |at_min| {
            let known = self.0.iter().find(|minute| minute.at_min == at_min);
            known.copied().unwrap_or(Minute { at_min, ..Minute::default() })
        };
        (first..first + MINUTES as i64).map(minute).collect()
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

    #[test]
    fn ten_minutes_of_trade_are_kept() {
        let mut minutes = Minutes::default();
        let at = |min: i64| Timestamp::from_ms(min * 60_000 + 7);
        for min in 100..130 {
            minutes.count(at(min), Trade::Ordered);
            minutes.count(at(min), Trade::Refunded);
        }
        let last = minutes.last(at(131));
        assert_eq!((last.len(), last[0].at_min, last[9].at_min), (10, 122, 131));
        assert_eq!((last[7].orders, last[7].refunds, last[7].cancelled), (1, 1, 0));
        assert_eq!(last[8], Minute { at_min: 130, ..Minute::default() });
    }
}
