//! Two simpler readers to compare with. Both see what the sentinel's detector sees: counts after the de-duplication.

use std::collections::VecDeque;

/// A share over so many seconds against a threshold.
#[derive(Debug, Clone)]
pub struct ShareRule {
    window: VecDeque<(u32, u32)>,
    hits: u32,
    of: u32,
    /// From which share it alarms.
    pub threshold: f64,
    /// Messages that the window must hold.
    pub least: u32,
}

/// Length of the window.
const WINDOW_S: usize = 30;

impl ShareRule {
    /// An empty window.
    pub fn new(threshold: f64, least: u32) -> Self {
        Self { window: VecDeque::new(), hits: 0, of: 0, threshold, least }
    }

    /// Adds a second; whether the share is over the threshold.
    pub fn add(&mut self, hits: u32, of: u32) -> bool {
        self.window.push_back((hits, of));
        self.hits += hits;
        self.of += of;
        if self.window.len() > WINDOW_S
            && let Some((hits, of)) = self.window.pop_front()
        {
            self.hits -= hits;
            self.of -= of;
        }
        self.of >= self.least && f64::from(self.hits) >= self.threshold * f64::from(self.of)
    }
}

/// Buckets of one size before two become one: M of the paper.
const SAME_MAX: usize = 5;
/// Messages between two looks for a cut.
const CLOCK: u32 = 32;
/// Messages on both sides of a cut, at least.
const SIDE_MIN: f64 = 5.0;

/// ADWIN2 (Bifet and Gavaldà, SDM 2007): a window that drops its older part when the means of two parts differ by more
/// than the bound for its confidence allows. Buckets grow exponentially. Alarms when the newer mean is the higher.
#[derive(Debug, Clone)]
pub struct Adwin {
    /// ln(1/δ).
    confidence: f64,
    /// Rows of buckets of 2^row messages: sums, the oldest first.
    rows: Vec<VecDeque<f64>>,
    width: f64,
    total: f64,
    since: u32,
}

impl Adwin {
    /// With ln(1/δ).
    pub fn new(confidence: f64) -> Self {
        Self { confidence, rows: vec![VecDeque::new()], width: 0.0, total: 0.0, since: 0 }
    }

    /// Adds a second's messages, hits spread evenly among them; whether the mean has risen.
    pub fn add(&mut self, hits: u32, of: u32) -> bool {
        let (mut left, mut risen) = (0, false);
        for _ in 0..of {
            left += hits;
            let hit = left >= of;
            left -= if hit { of } else { 0 };
            risen |= self.one(f64::from(u8::from(hit)));
        }
        risen
    }

    fn one(&mut self, value: f64) -> bool {
        self.width += 1.0;
        self.total += value;
        self.rows[0].push_back(value);
        let mut row = 0;
        while self.rows[row].len() > SAME_MAX {
            let two = self.rows[row].pop_front().zip(self.rows[row].pop_front());
            if row + 1 == self.rows.len() {
                self.rows.push(VecDeque::new());
            }
            row += 1;
            if let Some((a, b)) = two {
                self.rows[row].push_back(a + b);
            }
        }
        self.since += 1;
        if self.since < CLOCK {
            return false;
        }
        self.since = 0;
        let mut risen = false;
        while let Some(up) = self.cut() {
            risen |= up;
            self.drop_oldest();
        }
        risen
    }

    fn drop_oldest(&mut self) {
        while self.rows.len() > 1 && self.rows.last().is_some_and(VecDeque::is_empty) {
            self.rows.pop();
        }
        let size = libm::exp2((self.rows.len() - 1) as f64);
        if let Some(sum) = self.rows.last_mut().and_then(VecDeque::pop_front) {
            self.width -= size;
            self.total -= sum;
        }
    }

    /// Whether some cut separates two means, and whether the newer is the higher.
    fn cut(&self) -> Option<bool> {
        let (mut old, mut old_sum) = (0.0, 0.0);
        let mean = self.total / self.width.max(1.0);
        let variance = mean * (1.0 - mean);
        let log = libm::log(2.0 * libm::log(self.width.max(3.0))) + self.confidence;
        for (row, sums) in self.rows.iter().enumerate().rev() {
            let size = libm::exp2(row as f64);
            for sum in sums {
                old += size;
                old_sum += sum;
                let new = self.width - old;
                if old < SIDE_MIN || new < SIDE_MIN {
                    continue;
                }
                let harmonic = 1.0 / (1.0 / old + 1.0 / new);
                let bound =
                    libm::sqrt(2.0 / harmonic * variance * log) + 2.0 / (3.0 * harmonic) * log;
                let rise = (self.total - old_sum) / new - old_sum / old;
                if rise.abs() > bound {
                    return Some(rise > 0.0);
                }
            }
        }
        None
    }
}

/// One alarm per turn for a reader that only says yes or no: the next needs two quiet minutes before it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Once {
    last_s: Option<i64>,
}

/// See [`Once`].
const QUIET_S: i64 = 120;

impl Once {
    /// Whether this yes is a new alarm.
    pub fn alarm(&mut self, at_s: i64, yes: bool) -> bool {
        let new = yes && self.last_s.is_none_or(|last| at_s - last > QUIET_S);
        if yes {
            self.last_s = Some(at_s);
        }
        new
    }
}
