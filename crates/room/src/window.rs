//! How long a channel gathers events before it sends them, and how much chat it lets through.
//!
//! Both are pure: the time in microseconds comes in with every call and never decreases.

/// When the window is open and how far.
///
/// The measure is deliveries a second (events × viewers), because that is what costs: twenty
/// events a second are nothing in a room of ten and a fifth of a core in a room of a thousand.
#[derive(Clone, Copy, Debug)]
pub struct WindowPolicy {
    /// Widest window in microseconds; 0 turns coalescing off.
    pub max_us: i64,
    /// Up to this many deliveries a second in the channel the window is 0.
    pub quiet_per_s: u32,
    /// From this many on the window is `max_us`; linear in between.
    pub busy_per_s: u32,
    /// Flushes a second that urgent events may force beyond the window, with a burst of as many.
    /// Past that they wait for the window like anything else: a stock counter that ticks with every
    /// order of a rush must not undo the coalescing that carries the rush.
    pub urgent_per_s: u32,
}

impl Default for WindowPolicy {
    fn default() -> Self {
        Self { max_us: 100_000, quiet_per_s: 10_000, busy_per_s: 40_000, urgent_per_s: 20 }
    }
}

/// From this share of a shard's time spent working, in permille, windows open in all channels.
const PRESSURE_QUIET_PERMILLE: u32 = 500;
/// From this share on all windows are widest.
const PRESSURE_BUSY_PERMILLE: u32 = 800;
/// Time constant of the rate estimate.
const RATE_TAU_US: f64 = 1_000_000.0;

/// The window's state: an exponentially decaying count of deliveries and the last flush.
#[derive(Debug)]
pub(crate) struct Window {
    policy: WindowPolicy,
    level: f64,
    level_at_us: i64,
    last_flush_us: Option<i64>,
    urgent_tokens: f64,
    urgent_at_us: i64,
}

impl Window {
    pub(crate) fn new(policy: WindowPolicy) -> Self {
        Self {
            policy,
            level: 0.0,
            level_at_us: 0,
            last_flush_us: None,
            urgent_tokens: f64::from(policy.urgent_per_s),
            urgent_at_us: 0,
        }
    }

    /// Counts one event that goes to `audience` viewers.
    pub(crate) fn note(&mut self, audience: usize, now_us: i64) {
        let passed = (now_us - self.level_at_us).max(0) as f64;
        self.level = self.level * (-passed / RATE_TAU_US).exp() + audience as f64;
        self.level_at_us = now_us;
    }

    /// The width at present, in microseconds.
    pub(crate) fn width_us(&self, pressure_permille: u32) -> i64 {
        let policy = &self.policy;
        let per_s = self.level * 1e6 / RATE_TAU_US;
        let by_rate = share(per_s, policy.quiet_per_s.into(), policy.busy_per_s.into());
        let by_pressure = share(
            pressure_permille.into(),
            PRESSURE_QUIET_PERMILLE.into(),
            PRESSURE_BUSY_PERMILLE.into(),
        );
        (policy.max_us as f64 * by_rate.max(by_pressure)) as i64
    }

    /// When what is pending may leave: `now_us` when the last flush is long enough ago.
    pub(crate) fn due_us(&self, pressure_permille: u32, now_us: i64) -> i64 {
        let width = self.width_us(pressure_permille);
        self.last_flush_us.map_or(now_us, |last| (last + width).max(now_us))
    }

    /// The latest moment to which anything is put off.
    pub(crate) fn latest_us(&self, now_us: i64) -> i64 {
        now_us + self.policy.max_us.max(1_000)
    }

    /// True when an urgent event may flush now; takes one from the budget.
    pub(crate) fn take_urgent(&mut self, now_us: i64) -> bool {
        let rate = f64::from(self.policy.urgent_per_s);
        let passed = (now_us - self.urgent_at_us).max(0) as f64 / 1e6;
        self.urgent_tokens = (self.urgent_tokens + passed * rate).min(rate);
        self.urgent_at_us = now_us;
        let allowed = self.urgent_tokens >= 1.0;
        if allowed {
            self.urgent_tokens -= 1.0;
        }
        allowed
    }

    pub(crate) fn flushed(&mut self, now_us: i64) {
        self.last_flush_us = Some(now_us);
    }
}

/// 0 at `low`, 1 at `high`, linear in between.
fn share(value: f64, low: f64, high: f64) -> f64 {
    ((value - low) / (high - low).max(1.0)).clamp(0.0, 1.0)
}

/// Thins chat in a flood: every n-th message passes, where n grows with the rate over the budget.
///
/// Within one second the first `budget` messages pass whole, of the next `budget` every second, of
/// the next every third: at most budget × (1 + ln(rate / budget)) pass, and the last second's rate
/// sets the stride from the start of the next one.
#[derive(Debug)]
pub(crate) struct Sampler {
    budget_per_s: u32,
    second_started_us: i64,
    seen: u32,
    seen_before: u32,
    since_passed: u32,
}

impl Sampler {
    pub(crate) fn new(budget_per_s: u32) -> Self {
        Self { budget_per_s, second_started_us: 0, seen: 0, seen_before: 0, since_passed: 0 }
    }

    pub(crate) fn set_budget(&mut self, budget_per_s: u32) {
        self.budget_per_s = budget_per_s;
    }

    /// True when this message is delivered. A budget of 0 lets everything through.
    pub(crate) fn pass(&mut self, now_us: i64) -> bool {
        if self.budget_per_s == 0 {
            return true;
        }
        let passed_us = now_us - self.second_started_us;
        if passed_us >= 1_000_000 {
            self.seen_before = if passed_us < 2_000_000 { self.seen } else { 0 };
            self.seen = 0;
            self.second_started_us = now_us;
        }
        self.seen = self.seen.saturating_add(1);
        self.since_passed = self.since_passed.saturating_add(1);
        let stride = self.seen.max(self.seen_before).div_ceil(self.budget_per_s);
        let pass = self.since_passed >= stride;
        if pass {
            self.since_passed = 0;
        }
        pass
    }
}

#[cfg(test)]
mod tests;
