//! Which part of a dark host's sales others take over, from all episodes together.
//!
//! Of an episode, what was taken over less ρ times what was lost has mean 0 at the true ρ, and a variance that orders
//! show (Fieller's argument: no ratio of two noisy numbers is averaged). Episodes differ from each other by a spread ω. ρ has
//! a normal prior around 0, because published evidence disagrees even about the sign (METHODS §1); ω a half-normal one. The posterior
//! is taken over a grid of both, so the interval holds what few episodes leave open.

use super::episodes::{Episodes, Measured};
use super::model::Levels;
use super::spread::Interval;
use super::tail::Z95;
use crate::draws::Stream;

/// Standard deviation of the prior of ρ, around 0.
pub const PRIOR_SD: f64 = 0.35;
/// Standard deviation of the half-normal prior of the spread between episodes.
pub const PRIOR_BETWEEN: f64 = 0.15;
/// Data that narrow the prior to no less than this part tell nothing worth the name.
const TELLS_BELOW: f64 = 0.7;
/// Quiet dates that are believed beforehand, so that two wild ones do not decide.
const QUIET_DATES: f64 = 5.0;
/// Points of the grid over ρ from −1 to 1, and over the spread between episodes.
const POINTS: usize = 201;
const BETWEEN_POINTS: usize = 13;
const BETWEEN_MAX: f64 = 0.6;

/// ρ with what is left open.
#[derive(Clone, Debug)]
pub struct Substitution {
    /// ρ and its probability.
    points: Vec<(f64, f64)>,
    /// Episodes that it rests on.
    pub episodes: usize,
    /// By how much the errors that orders give were widened, as a factor of the variance.
    pub widened: f64,
}

impl Substitution {
    /// Estimates from episodes.
    #[must_use]
    pub fn of(found: &Episodes) -> Self {
        let quiet = found.placebos.iter().sum::<f64>() + QUIET_DATES;
        let widened = (quiet / (found.placebos.len() as f64 + QUIET_DATES)).max(1.0);
        let usable = || {
            found
                .episodes
                .iter()
                .filter(|episode| episode.compared)
                .map(|episode| &episode.measured)
        };
        let first = first_guess(usable());
        let mut logs = Vec::with_capacity(POINTS * BETWEEN_POINTS);
        for point in 0..POINTS {
            let ratio = 2.0 * point as f64 / (POINTS - 1) as f64 - 1.0;
            for between in 0..BETWEEN_POINTS {
                let between = BETWEEN_MAX * between as f64 / (BETWEEN_POINTS - 1) as f64;
                let prior = (ratio / PRIOR_SD) * (ratio / PRIOR_SD)
                    + (between / PRIOR_BETWEEN) * (between / PRIOR_BETWEEN);
                let fit: f64 =
                    usable().map(|measured| misfit(measured, ratio, first, between, widened)).sum();
                logs.push((ratio, -(prior + fit) / 2.0));
            }
        }
        let best = logs.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
        let weigh = |logs: &[(f64, f64)]| {
            (logs[0].0, logs.iter().map(|(_, log)| libm::exp(log - best)).sum::<f64>())
        };
        let mut points: Vec<(f64, f64)> = logs.chunks(BETWEEN_POINTS).map(weigh).collect();
        let all: f64 = points.iter().map(|(_, weight)| weight).sum();
        points.iter_mut().for_each(|(_, weight)| *weight /= all);
        Self { points, episodes: usable().count(), widened }
    }

    /// Posterior mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.points.iter().map(|(ratio, weight)| ratio * weight).sum()
    }

    /// Posterior standard deviation.
    #[must_use]
    pub fn sd(&self) -> f64 {
        let mean = self.mean();
        let square = |(ratio, weight): &(f64, f64)| weight * (ratio - mean) * (ratio - mean);
        libm::sqrt(self.points.iter().map(square).sum::<f64>())
    }

    /// 95 % credible interval.
    #[must_use]
    pub fn interval(&self) -> Interval {
        [self.quantile(0.025), self.quantile(0.975)]
    }

    /// Lower end of the interval, mean, upper end.
    #[must_use]
    pub fn levels(&self) -> Levels<f64> {
        let [low, high] = self.interval();
        Levels { low, mid: self.mean(), high }
    }

    /// Whether the data say more than the prior did.
    #[must_use]
    pub fn told(&self) -> bool {
        self.episodes > 0 && self.sd() < TELLS_BELOW * PRIOR_SD
    }

    /// ρ drawn from what the data leave open.
    pub fn draw(&self, stream: &mut Stream) -> f64 {
        self.quantile(stream.uniform())
    }

    /// Linear within a step of the grid.
    fn quantile(&self, chance: f64) -> f64 {
        let step = 2.0 / (POINTS - 1) as f64;
        let mut below = 0.0;
        for (ratio, weight) in &self.points {
            if below + weight >= chance {
                let inside = if *weight > 0.0 { (chance - below) / weight } else { 0.5 };
                return (ratio + step * (inside - 0.5)).clamp(-1.0, 1.0);
            }
            below += weight;
        }
        1.0
    }
}

/// Minus twice the logarithm of the likelihood of an episode, up to a constant. The variance in the logarithm is that at the common `first`
/// ratio: were it to move along, small ratios would be preferred for being less noisy, not for fitting.
fn misfit(measured: &Measured, ratio: f64, first: f64, between: f64, widened: f64) -> f64 {
    let rest = measured.purchases.rest(ratio);
    let spread = between * measured.lost;
    let variance = |ratio: f64| widened * measured.variance(ratio) + spread * spread;
    rest * rest / variance(ratio) + libm::log(variance(first))
}

/// Both sums over all episodes, put in relation.
fn first_guess<'m>(measured: impl Iterator<Item = &'m Measured>) -> f64 {
    let (taken_over, lost) =
        measured.fold((0.0, 0.0), |sum, one| (sum.0 + one.taken_over, sum.1 + one.lost));
    if lost > 0.0 { (taken_over / lost).clamp(-1.0, 1.0) } else { 0.0 }
}

/// 95 % interval of one episode's own ρ.
pub(super) fn episode_interval(measured: &Measured, widened: f64) -> Interval {
    let ratio = measured.taken_over / measured.lost;
    let reach = Z95 * libm::sqrt(measured.variance(ratio) * widened) / measured.lost;
    [ratio - reach, ratio + reach]
}

#[cfg(test)]
mod tests {
    use super::super::episodes::{Episode, Purchases};
    use super::*;
    use crate::draws::Domain;

    fn found(episodes: &[(f64, f64)], placebos: &[f64]) -> Episodes {
        let episode = |(ratio, sd): &(f64, f64)| Episode {
            incident: 0,
            host: 0,
            days: 10.0,
            compared: true,
            measured: Measured {
                lost: 1.0,
                taken_over: *ratio,
                moments: [sd * sd, 0.0, 0.0],
                purchases: Purchases {
                    own: [1.0, 0.0],
                    other: [1.0, 1.0 + ratio],
                    comparison_own: [0.0; 2],
                    comparison: [1.0, 1.0],
                    part: 1.0,
                },
                ..Measured::default()
            },
        };
        Episodes {
            episodes: episodes.iter().map(episode).collect(),
            placebos: placebos.to_vec(),
            ..Episodes::default()
        }
    }

    #[test]
    fn without_episodes_the_prior_stands() {
        let none = Substitution::of(&found(&[], &[]));
        assert!(!none.told() && none.mean().abs() < 1e-9 && (none.sd() - PRIOR_SD).abs() < 0.01);
        let [low, high] = none.interval();
        assert!((low + high).abs() < 1e-9 && (high - Z95 * PRIOR_SD).abs() < 0.02, "{low} {high}");
    }

    #[test]
    fn good_episodes_are_believed_and_wild_dates_widen() {
        let sure = Substitution::of(&found(&[(0.3, 0.05), (0.2, 0.05), (0.28, 0.05)], &[1.0; 20]));
        assert!(sure.told() && (sure.mean() - 0.25).abs() < 0.03, "{}", sure.mean());
        let wild = Substitution::of(&found(&[(0.3, 0.05), (0.2, 0.05), (0.28, 0.05)], &[9.0; 20]));
        assert!(
            wild.sd() > 1.4 * sure.sd() && (wild.widened - 7.4).abs() < 1e-9,
            "{} {}",
            wild.sd(),
            sure.sd()
        );
        let apart = Substitution::of(&found(&[(0.8, 0.05), (-0.4, 0.05)], &[]));
        assert!(apart.sd() > 2.0 * sure.sd());
    }

    #[test]
    fn draws_have_the_posterior_that_is_said() {
        let one = Substitution::of(&found(&[(-0.3, 0.1), (0.0, 0.2)], &[]));
        let mut stream = Stream::new(1, Domain::Other, 4);
        let draws: Vec<f64> = (0..40_000).map(|_| one.draw(&mut stream)).collect();
        let [low, high] = one.interval();
        let inside =
            draws.iter().filter(|draw| (low..high).contains(*draw)).count() as f64 / 40_000.0;
        assert!((inside - 0.95).abs() < 0.01, "{inside}");
        assert!((draws.iter().sum::<f64>() / 40_000.0 - one.mean()).abs() < 0.01);
    }
}
