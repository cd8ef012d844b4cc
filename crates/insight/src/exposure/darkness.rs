//! How long hosts are dark and how sales come back, from a platform's own incidents, with priors where there are few.

use super::episodes::Episodes;
use super::model::{After, Dark};
use super::spread::Interval;
use crate::draws::Stream;
use crate::draws::special::normal_quantile;
use crate::import::Incident;

/// The prior of dark days: half of all episodes are longer than this, …
pub const PRIOR_MEDIAN_DAYS: f64 = 10.0;
/// … their logarithms spread by this, …
pub const PRIOR_SIGMA: f64 = 1.0;
/// … and it counts as many episodes as this for the median, …
const PRIOR_EPISODES: f64 = 0.5;
/// … and as twice this for the spread: the shape of an inverse gamma.
const PRIOR_SHAPE: f64 = 2.0;
/// Shapes of the beta prior of the part of sales that is missing at the return.
pub const PRIOR_DEPTH: (f64, f64) = (2.0, 2.0);
/// The log-normal prior of recovery: median days, …
pub const PRIOR_RECOVERY_DAYS: f64 = 40.0;
/// … and spread of the logarithm.
pub const PRIOR_RECOVERY_SIGMA: f64 = 0.8;

/// Dark days with what is left open: log-normal with a normal-inverse-gamma posterior, and a beta posterior for none at all.
#[derive(Clone, Copy, Debug)]
pub struct DarkDays {
    none: (f64, f64),
    mean: f64,
    episodes: f64,
    shape: f64,
    scale: f64,
    /// Incidents with dark days.
    pub seen: usize,
}

impl DarkDays {
    /// Estimates from incidents.
    #[must_use]
    pub fn of<'i>(incidents: impl Iterator<Item = &'i Incident>) -> Self {
        let (mut none, mut logs) = (0.0, Vec::new());
        for incident in incidents {
            if incident.dark_days > 0.0 {
                // Hours off air are counted as a tenth of a day at least.
                logs.push(libm::log(incident.dark_days.max(0.1)));
            } else {
                none += 1.0;
            }
        }
        let count = logs.len() as f64;
        let average = if logs.is_empty() { 0.0 } else { logs.iter().sum::<f64>() / count };
        let squares: f64 = logs.iter().map(|log| (log - average) * (log - average)).sum();
        let prior = libm::log(PRIOR_MEDIAN_DAYS);
        let episodes = PRIOR_EPISODES + count;
        let apart = PRIOR_EPISODES * count * (average - prior) * (average - prior) / episodes;
        Self {
            none: (0.25 + none, 0.75 + count),
            mean: (PRIOR_EPISODES * prior + count * average) / episodes,
            episodes,
            shape: PRIOR_SHAPE + count / 2.0,
            scale: PRIOR_SHAPE * PRIOR_SIGMA * PRIOR_SIGMA + (squares + apart) / 2.0,
            seen: logs.len(),
        }
    }

    /// As scenarios draw it: medians and means of the posterior.
    #[must_use]
    pub fn plain(&self) -> Dark {
        Dark::LogNormal {
            none: self.none.0 / (self.none.0 + self.none.1),
            median_days: libm::exp(self.mean),
            sigma: libm::sqrt(self.scale / self.shape),
        }
    }

    /// Drawn from what the data leave open.
    pub fn draw(&self, stream: &mut Stream) -> Dark {
        let none = stream.beta(self.none.0, self.none.1);
        let variance = self.scale / stream.gamma(self.shape).max(1e-9);
        let log = self.mean + stream.normal() * libm::sqrt(variance / self.episodes);
        let median_days = libm::exp(log.clamp(-4.0, 9.0));
        Dark::LogNormal { none, median_days, sigma: libm::sqrt(variance).clamp(0.01, 5.0) }
    }
}

/// The recovery with what is left open: weights over a grid of depth and recovery days.
#[derive(Clone, Debug)]
pub struct Recovery {
    points: Vec<(f64, After)>,
    /// Episodes that it rests on.
    pub episodes: usize,
    /// Weeks that it rests on.
    pub weeks: usize,
}

const DEPTHS: usize = 31;
const RECOVERIES: usize = 25;
const RECOVERY_DAYS: (f64, f64) = (3.0, 400.0);

impl Recovery {
    /// Estimates from what episodes show after the return: weeks of sales as a part of those before, with the same error in
    /// all weeks of an episode because all are measured against the same weeks before.
    #[must_use]
    pub fn of(found: &Episodes) -> Self {
        let series: Vec<Series<'_>> = found
            .episodes
            .iter()
            .filter(|episode| {
                episode.measured.after.len() >= 2 && episode.measured.before.len() >= 4
            })
            .map(|episode| Series {
                after: &episode.measured.after,
                before: episode.measured.before.len() as f64,
                variance: variance(&episode.measured.before),
            })
            .collect();
        let pooled =
            series.iter().map(|one| one.variance).sum::<f64>() / (series.len() as f64).max(1.0);
        let noise: Vec<f64> = series
            .iter()
            .map(|one| ((one.before - 1.0) * one.variance + 4.0 * pooled) / (one.before + 3.0))
            .map(|variance| variance.max(1e-6))
            .collect();
        let weeks: usize = series.iter().map(|one| one.after.len()).sum();
        let mut points = Vec::with_capacity(DEPTHS * RECOVERIES);
        let mut best = f64::INFINITY;
        for depth in 0..DEPTHS {
            let depth = (depth as f64 + 0.5) / DEPTHS as f64;
            for recovery in 0..RECOVERIES {
                let reach = recovery as f64 / (RECOVERIES - 1) as f64;
                let recovery_days =
                    RECOVERY_DAYS.0 * libm::pow(RECOVERY_DAYS.1 / RECOVERY_DAYS.0, reach);
                let after = After { depth, recovery_days };
                let misfit: f64 =
                    series.iter().zip(&noise).map(|(one, noise)| one.misfit(&after, *noise)).sum();
                best = best.min(misfit);
                points.push((misfit, after));
            }
        }
        // Where even the best curve leaves more than the noise, the noise is larger than the weeks before show.
        let widened = if weeks > 0 { (best / weeks as f64).max(1.0) } else { 1.0 };
        let log =
            |(misfit, after): &(f64, After)| log_prior(after) - (misfit - best) / (2.0 * widened);
        let top = points.iter().map(log).fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = points.iter().map(|point| libm::exp(log(point) - top)).collect();
        let all: f64 = weights.iter().sum();
        let points =
            weights.into_iter().zip(points).map(|(weight, (_, after))| (weight / all, after));
        Self { points: points.collect(), episodes: series.len(), weeks }
    }

    /// As scenarios draw it: the average missing part at the return, and the recovery that loses as many days on average.
    #[must_use]
    pub fn plain(&self) -> After {
        let depth: f64 = self.points.iter().map(|(weight, after)| weight * after.depth).sum();
        let days: f64 = self
            .points
            .iter()
            .map(|(weight, after)| weight * after.depth * after.recovery_days)
            .sum();
        After { depth, recovery_days: days / depth }
    }

    /// Drawn from what the data leave open.
    pub fn draw(&self, stream: &mut Stream) -> After {
        let mut left = stream.uniform();
        for (weight, after) in &self.points {
            if left < *weight {
                return *after;
            }
            left -= weight;
        }
        self.plain()
    }

    /// 95 % credible interval of the part missing at the return.
    #[must_use]
    pub fn depth_interval(&self) -> Interval {
        self.interval(|after| after.depth)
    }

    /// 95 % credible interval of recovery days.
    #[must_use]
    pub fn recovery_interval(&self) -> Interval {
        self.interval(|after| after.recovery_days)
    }

    fn interval(&self, figure: impl Fn(&After) -> f64) -> Interval {
        let mut figures: Vec<(f64, f64)> =
            self.points.iter().map(|(weight, after)| (figure(after), *weight)).collect();
        figures.sort_by(|a, b| a.0.total_cmp(&b.0));
        [0.025, 0.975].map(|chance| {
            let mut sum = 0.0;
            let found = figures.iter().find(|(_, weight)| {
                sum += weight;
                sum >= chance
            });
            found.map_or(0.0, |(figure, _)| *figure)
        })
    }
}

/// Weeks after one return.
struct Series<'e> {
    after: &'e [f64],
    before: f64,
    variance: f64,
}

impl Series<'_> {
    /// Minus twice the logarithm of the likelihood, up to a constant: independent noise in each week, and one error of the level before that
    /// scales them all (Sherman & Morrison).
    fn misfit(&self, after: &After, noise: f64) -> f64 {
        let level = noise / self.before;
        let (mut squares, mut cross, mut own) = (0.0, 0.0, 0.0);
        for (week, seen) in self.after.iter().enumerate() {
            let expected = week_mean(after, week);
            squares += (seen - expected) * (seen - expected);
            cross += expected * (seen - expected);
            own += expected * expected;
        }
        let joint = noise + level * own;
        (squares - level * cross * cross / joint) / noise + libm::log(joint / noise)
    }
}

/// Average part of sales that is back in a week after the return.
fn week_mean(after: &After, week: usize) -> f64 {
    let decay = |days: f64| libm::exp(-days / after.recovery_days);
    let (from, until) = (7.0 * week as f64, 7.0 * (week as f64 + 1.0));
    1.0 - after.depth * after.recovery_days / 7.0 * (decay(from) - decay(until))
}

fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (count - 1.0)
}

/// Over depth, and over the logarithm of recovery days that the grid is even in.
fn log_prior(after: &After) -> f64 {
    let (a, b) = PRIOR_DEPTH;
    let away = libm::log(after.recovery_days / PRIOR_RECOVERY_DAYS) / PRIOR_RECOVERY_SIGMA;
    (a - 1.0) * libm::log(after.depth) + (b - 1.0) * libm::log(1.0 - after.depth)
        - away * away / 2.0
}

/// Dark days that a part of episodes stays below.
#[must_use]
pub fn dark_quantile(dark: &Dark, chance: f64) -> f64 {
    match dark {
        Dark::LogNormal { none, .. } if chance <= *none => 0.0,
        Dark::LogNormal { none, median_days, sigma } => {
            median_days * libm::exp(sigma * normal_quantile((chance - none) / (1.0 - none)))
        }
        Dark::Exponential { mean_days } => -mean_days * libm::log(1.0 - chance),
    }
}

#[cfg(test)]
mod tests {
    use super::super::episodes::{Episode, Measured};
    use super::*;
    use crate::draws::Domain;

    fn incident(dark_days: f64) -> Incident {
        Incident {
            id: String::new(),
            host: 0,
            at: 0,
            dark_days,
            severity: String::new(),
            kind: String::new(),
        }
    }

    #[test]
    fn dark_days_go_from_the_prior_to_the_data() {
        let Dark::LogNormal { median_days, sigma, .. } = DarkDays::of([].iter()).plain() else {
            panic!()
        };
        assert!(
            (median_days - PRIOR_MEDIAN_DAYS).abs() < 1e-9 && (sigma - PRIOR_SIGMA).abs() < 1e-9
        );
        let mut stream = Stream::new(1, Domain::Other, 9);
        let many: Vec<Incident> = (0..4000)
            .map(|n| {
                incident(if n % 4 == 0 { 0.0 } else { 30.0 * libm::exp(0.5 * stream.normal()) })
            })
            .collect();
        let days = DarkDays::of(many.iter());
        let Dark::LogNormal { none, median_days, sigma } = days.plain() else { panic!() };
        assert!(
            (none - 0.25).abs() < 0.01
                && (median_days / 30.0 - 1.0).abs() < 0.05
                && (sigma - 0.5).abs() < 0.03
        );
        let Dark::LogNormal { median_days: drawn, .. } = days.draw(&mut stream) else { panic!() };
        assert!((drawn / 30.0 - 1.0).abs() < 0.1);
        assert!((dark_quantile(&days.plain(), 0.625) / median_days - 1.0).abs() < 0.02);
        assert_eq!(dark_quantile(&days.plain(), 0.1), 0.0);
    }

    #[test]
    fn recovery_is_found_in_its_curve() {
        let truth = After { depth: 0.6, recovery_days: 30.0 };
        let mut stream = Stream::new(1, Domain::Other, 10);
        let mut noisy = |mean: f64| mean + 0.05 * stream.normal();
        let mut episode = || Episode {
            incident: 0,
            host: 0,
            days: 10.0,
            compared: true,
            measured: Measured {
                before: (0..8).map(|_| noisy(1.0)).collect(),
                after: (0..12).map(|week| noisy(week_mean(&truth, week))).collect(),
                ..Measured::default()
            },
        };
        let found =
            Episodes { episodes: (0..6).map(|_| episode()).collect(), ..Episodes::default() };
        let recovery = Recovery::of(&found);
        let (depth, days) = (recovery.depth_interval(), recovery.recovery_interval());
        assert!((0.5..0.7).contains(&recovery.plain().depth), "{:?}", recovery.plain());
        assert!(depth[0] < 0.6 && depth[1] > 0.6 && depth[1] - depth[0] < 0.25, "{depth:?}");
        assert!(days[0] < 30.0 && days[1] > 30.0 && days[1] - days[0] < 30.0, "{days:?}");
        let none = Recovery::of(&Episodes::default());
        assert!((none.plain().depth - 0.5).abs() < 0.01 && none.episodes == 0);
    }
}
