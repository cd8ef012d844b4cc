//! Evidence that a rate has risen: e-SR e-detectors (Shin, Ramdas, Rinaldo, arXiv 2203.03532, section 3).
//!
//! A bet is a rate that could be. Each second multiplies its evidence by a factor whose mean is at most one while the
//! rate is at most the baseline's bound. M ← L·(M + 1) sums the evidence of all starts; its mean grows by at most one a
//! second, so a threshold of c is passed less than once in c seconds on average, whatever the bets and however they are
//! averaged. All is kept as logarithms: nothing can over- or underflow.

use serde::{Deserialize, Serialize};

/// Bets of a channel.
pub const BETS: usize = 6;
/// The odds of a bet against those of the bound. Less than the first is no turn: a share that only doubles loses by it.
pub const ODDS: [f64; BETS] = [3.0, 6.0, 12.0, 24.0, 48.0, 96.0];
/// What can be added at once to the logarithm of a bet's evidence: a turn is more than a few seconds of many different
/// messages. Capping a factor only lowers its mean.
pub const GAIN_MAX: f64 = 5.0;
/// How much of [`GAIN_MAX`] comes back in a second.
pub const GAIN_PER_S: f64 = 0.5;

/// What one second says of one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// How many hit.
    pub hits: f64,
    /// Of how many messages; of one second for events.
    pub of: f64,
    /// The bound of the baseline: a share, or a rate a second for events.
    pub bound: f64,
    /// How much more than independent messages the room's own past varies, one or more. Evidence is taken to the power
    /// of its inverse, which keeps its mean at most one (Jensen).
    pub spread: f64,
}

impl Sample {
    /// The logarithm of a bet's factor on a share.
    fn gain_of_share(&self, odds: f64) -> f64 {
        let bet = odds * self.bound / (1.0 - self.bound + odds * self.bound);
        let per_hit = libm::log(bet / self.bound);
        let per_miss = libm::log((1.0 - bet) / (1.0 - self.bound));
        (self.hits * per_hit + (self.of - self.hits) * per_miss) / self.spread
    }

    /// The logarithm of a bet's factor on a rate of events.
    fn gain_of_rate(&self, ratio: f64) -> f64 {
        let gain = self.hits * libm::log(ratio) - (ratio - 1.0) * self.bound * self.of;
        gain / self.spread
    }
}

/// The evidence of one bet.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Bet {
    /// ln(1 + M): the sum over all starts.
    sum: f64,
    /// The best single start's evidence, for the dating.
    best: f64,
    /// That start.
    since_s: i64,
    /// What is left of [`GAIN_MAX`].
    left: f64,
}

/// The evidence of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    bets: [Bet; BETS],
    /// The last second that was added.
    last_s: i64,
}

impl Default for Evidence {
    fn default() -> Self {
        let bet = Bet { sum: 0.0, best: 0.0, since_s: i64::MIN, left: GAIN_MAX };
        Self { bets: [bet; BETS], last_s: i64::MIN }
    }
}

impl Evidence {
    /// Adds a second. `chat` chooses between shares and rates.
    pub fn add(&mut self, at_s: i64, sample: &Sample, chat: bool) {
        let back = at_s.saturating_sub(self.last_s) as f64 * GAIN_PER_S;
        self.last_s = at_s;
        for (bet, odds) in self.bets.iter_mut().zip(ODDS) {
            let gain = if chat { sample.gain_of_share(odds) } else { sample.gain_of_rate(odds) };
            bet.left = (bet.left + back).min(GAIN_MAX);
            let gain = gain.min(bet.left);
            bet.left -= gain.max(0.0);
            // M + 1 ≥ 1, so its logarithm never falls below zero.
            let grown = bet.sum + gain;
            bet.sum = grown.max(0.0) + libm::log1p(libm::exp(-grown.abs()));
            if bet.best <= 0.0 {
                (bet.best, bet.since_s) = (0.0, at_s);
            }
            bet.best += gain;
        }
    }

    /// ln of the mean of M over the bets; minus infinity when nothing was added.
    #[must_use]
    pub fn log_mean(&self) -> f64 {
        // M = e^sum − 1.
        let logs = self.bets.map(|bet| bet.sum + libm::log(-libm::expm1(-bet.sum)));
        log_sum(&logs) - libm::log(BETS as f64)
    }

    /// The best single start of all bets: its evidence and when it was.
    #[must_use]
    pub fn best(&self) -> (f64, i64) {
        let first = (f64::NEG_INFINITY, i64::MIN);
        let best = self.bets.iter().map(|bet| (bet.best, bet.since_s));
        best.fold(first, |best, bet| if bet.0 > best.0 { bet } else { best })
    }
}

/// ln Σ exp.
#[must_use]
pub fn log_sum(logs: &[f64]) -> f64 {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    most + libm::log(logs.iter().map(|log| libm::exp(log - most)).sum())
}
