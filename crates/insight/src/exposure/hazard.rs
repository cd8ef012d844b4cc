//! Incidents an hour on air, by host: Gamma–Poisson shrinkage. λ_i ~ Gamma(a, b), n_i ~ Poisson(λ_i H_i), so λ_i has mean (a + n)/(b + H)
//! given a and b. Neither is fixed at its best value: they are averaged over a grid by how well they explain all hosts, so intervals
//! hold what a few incidents leave open. A host without incidents has an upper bound of 3/H, never zero.

use super::spread::Interval;
use crate::draws::Stream;
use crate::draws::special::gamma_below;

/// The prior of the platform's rate counts like this many incidents …
pub const PRIOR_INCIDENTS: f64 = 0.5;
/// … in this many hours on air, so that a few hours without any do not leave every rate open.
pub const PRIOR_HOURS: f64 = 1000.0;
/// Points of the grid: shapes, means.
const GRID: (usize, usize) = (12, 40);
/// Shapes of the prior from here, where hosts differ widely, …
const SHAPE_MIN: f64 = 0.25;
/// … to here, where they hardly do.
const SHAPE_MAX: f64 = 64.0;
/// The grid of means reaches this many times below and above the platform's rate.
const MEAN_REACH: f64 = 40.0;
/// Points of the grid that weigh less than this part of the heaviest are left out.
const WEIGHT_MIN: f64 = 1e-4;

/// What is known of one host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exposed {
    /// Incidents.
    pub incidents: u32,
    /// Hours on air in which they came about, weighted by what raises the hazard.
    pub hours: f64,
}

/// A host's rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hazard {
    /// Incidents an hour: the posterior mean.
    pub rate: f64,
    /// 95 % credible interval.
    pub interval: Interval,
    /// 3/H where there was no incident: rates above it would have shown one with 95 %.
    pub upper_bound: Option<f64>,
    /// How much the host's own hours count against the platform's prior: H/(b + H), 0 to 1.
    pub own_weight: f64,
}

/// Rates of all hosts.
#[derive(Clone, Debug)]
pub struct Hazards {
    exposed: Vec<Exposed>,
    points: Vec<Point>,
}

/// A prior, and how well it explains what was seen; weights sum to 1.
#[derive(Clone, Copy, Debug)]
struct Point {
    shape: f64,
    rate: f64,
    weight: f64,
}

impl Hazards {
    /// Estimates.
    #[must_use]
    pub fn of(exposed: &[Exposed]) -> Self {
        // A host with an incident was on air at least for that.
        let floor =
            |one: &Exposed| Exposed { hours: one.hours.max(f64::from(one.incidents)), ..*one };
        let exposed: Vec<Exposed> = exposed.iter().map(floor).collect();
        let incidents: f64 = exposed.iter().map(|one| f64::from(one.incidents)).sum();
        let hours: f64 = exposed.iter().map(|one| one.hours).sum();
        let centre = (incidents + PRIOR_INCIDENTS) / (hours + PRIOR_HOURS);
        let mut points = Vec::with_capacity(GRID.0 * GRID.1);
        for shape in 0..GRID.0 {
            let shape =
                SHAPE_MIN * libm::pow(SHAPE_MAX / SHAPE_MIN, shape as f64 / (GRID.0 - 1) as f64);
            for mean in 0..GRID.1 {
                let reach = 2.0 * mean as f64 / (GRID.1 - 1) as f64 - 1.0;
                let mean = centre * libm::pow(MEAN_REACH, reach);
                let rate = shape / mean;
                points.push(Point {
                    shape,
                    rate,
                    weight: log_prior(shape, mean) + log_likelihood(&exposed, shape, rate),
                });
            }
        }
        let best = points.iter().map(|point| point.weight).fold(f64::NEG_INFINITY, f64::max);
        points.iter_mut().for_each(|point| point.weight = libm::exp(point.weight - best));
        points.retain(|point| point.weight > WEIGHT_MIN);
        let all: f64 = points.iter().map(|point| point.weight).sum();
        points.iter_mut().for_each(|point| point.weight /= all);
        Self { exposed, points }
    }

    /// The rate of a host by its place in what was given; `None` beyond it.
    #[must_use]
    pub fn host(&self, place: usize) -> Option<Hazard> {
        let one = self.exposed.get(place)?;
        let upper_bound = (one.incidents == 0 && one.hours > 0.0).then(|| 3.0 / one.hours);
        let own = |point: &Point| point.weight * one.hours / (point.rate + one.hours);
        Some(Hazard {
            rate: self.mean(one),
            interval: [self.quantile(one, 0.025), self.quantile(one, 0.975)],
            upper_bound,
            own_weight: self.points.iter().map(own).sum(),
        })
    }

    /// Posterior means of all rates.
    #[must_use]
    pub fn rates(&self) -> Vec<f64> {
        self.exposed.iter().map(|one| self.mean(one)).collect()
    }

    /// All rates, drawn from what the data leave open.
    pub fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        let mut left = stream.uniform();
        let mut chosen = self.points.last();
        for point in &self.points {
            if left < point.weight {
                chosen = Some(point);
                break;
            }
            left -= point.weight;
        }
        let Some(point) = chosen else { return vec![0.0; self.exposed.len()] };
        let draw = |one: &Exposed| {
            stream.gamma(point.shape + f64::from(one.incidents)) / (point.rate + one.hours)
        };
        self.exposed.iter().map(draw).collect()
    }

    fn mean(&self, one: &Exposed) -> f64 {
        let at = |point: &Point| {
            point.weight * (point.shape + f64::from(one.incidents)) / (point.rate + one.hours)
        };
        self.points.iter().map(at).sum()
    }

    /// By regula falsi (Illinois) on the logarithm of the rate.
    fn quantile(&self, one: &Exposed, chance: f64) -> f64 {
        let miss = |log_rate: f64| {
            let rate = libm::exp(log_rate);
            let below = |point: &Point| {
                point.weight
                    * gamma_below(
                        point.shape + f64::from(one.incidents),
                        rate * (point.rate + one.hours),
                    )
            };
            self.points.iter().map(below).sum::<f64>() - chance
        };
        let middle = libm::log(self.mean(one));
        let (mut low, mut high) = (middle - 1.0, middle + 1.0);
        let (mut at_low, mut at_high) = (miss(low), miss(high));
        while at_low > 0.0 && low > middle - 80.0 {
            (low, high, at_high) = (low - 3.0, low, at_low);
            at_low = miss(low);
        }
        while at_high < 0.0 && high < middle + 20.0 {
            (low, high, at_low) = (high, high + 1.0, at_high);
            at_high = miss(high);
        }
        for _ in 0..60 {
            if high - low < 1e-7 || at_high == at_low {
                break;
            }
            let next = (low * at_high - high * at_low) / (at_high - at_low);
            let found = miss(next);
            if found == 0.0 {
                return libm::exp(next);
            }
            if (found > 0.0) == (at_high > 0.0) {
                (high, at_high, at_low) = (next, found, at_low / 2.0);
            } else {
                (low, at_low, at_high) = (next, found, at_high / 2.0);
            }
            if found.abs() < 1e-9 {
                return libm::exp(next);
            }
        }
        libm::exp((low + high) / 2.0)
    }
}

/// Means: gamma, of half an incident in a thousand hours. Shapes: the coefficient of variation between hosts, 1/√a, is half-normal with
/// scale 1. Both as densities over the logarithms that the grid is even in.
fn log_prior(shape: f64, mean: f64) -> f64 {
    let variation = 1.0 / libm::sqrt(shape);
    PRIOR_INCIDENTS * libm::log(mean) - PRIOR_HOURS * mean - variation * variation / 2.0
        + libm::log(variation)
}

/// Negative binomial: what is left when λ is averaged out, without what does not hang on shape and rate.
fn log_likelihood(exposed: &[Exposed], shape: f64, rate: f64) -> f64 {
    let log_gamma = libm::lgamma(shape);
    let one = |one: &Exposed| {
        let quiet = shape * libm::log(rate / (rate + one.hours));
        if one.incidents == 0 {
            return quiet;
        }
        let count = f64::from(one.incidents);
        quiet + libm::lgamma(shape + count) - log_gamma
            + count * libm::log(1.0 / (rate + one.hours))
    };
    exposed.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Domain;

    fn exposed(hosts: &[(u32, f64)]) -> Vec<Exposed> {
        hosts
            .iter()
            .map(|(incidents, hours)| Exposed { incidents: *incidents, hours: *hours })
            .collect()
    }

    #[test]
    fn no_incident_is_never_no_hazard() {
        let hazards = Hazards::of(&exposed(&[(0, 1000.0), (0, 500.0)]));
        let one = hazards.host(0).unwrap();
        assert_eq!(one.upper_bound, Some(0.003));
        assert!(one.rate > 0.0 && one.interval[0] >= 0.0 && one.interval[1] > one.rate);
        assert!(one.interval[1] < 0.003, "{one:?}");
        assert_eq!(hazards.host(2), None);
    }

    #[test]
    fn many_hours_speak_for_themselves_and_few_for_the_platform() {
        let mut hosts = vec![(20, 1000.0); 10];
        hosts.extend([(400, 10_000.0), (2, 10.0), (0, 0.0)]);
        let hazards = Hazards::of(&exposed(&hosts));
        let (sure, short, never) =
            (hazards.host(10).unwrap(), hazards.host(11).unwrap(), hazards.host(12).unwrap());
        // The prior of half an incident in a thousand hours hardly counts here.
        assert!((sure.rate - 0.04).abs() < 0.001 && sure.own_weight > 0.9, "{sure:?}");
        assert!(short.rate > 0.02 && short.rate < 0.06 && short.own_weight < 0.2, "{short:?}");
        assert!((never.rate - 0.022).abs() < 0.006 && never.upper_bound.is_none(), "{never:?}");
    }

    #[test]
    fn draws_have_the_posterior_that_is_said() {
        let hazards = Hazards::of(&exposed(&[(3, 900.0), (0, 1200.0), (1, 300.0), (0, 700.0)]));
        let mut stream = Stream::new(1, Domain::Other, 1);
        let draws: Vec<Vec<f64>> = (0..20_000).map(|_| hazards.draw(&mut stream)).collect();
        for place in 0..4 {
            let host = hazards.host(place).unwrap();
            let below = |bound: f64| {
                draws.iter().filter(|draw| draw[place] < bound).count() as f64 / 20_000.0
            };
            assert!((below(host.interval[0]) - 0.025).abs() < 0.005);
            assert!((below(host.interval[1]) - 0.975).abs() < 0.005);
            let mean = draws.iter().map(|draw| draw[place]).sum::<f64>() / 20_000.0;
            assert!((mean / host.rate - 1.0).abs() < 0.03);
        }
    }

    #[test]
    fn nothing_known_is_no_panic() {
        assert_eq!(Hazards::of(&[]).rates(), [0.0; 0]);
        let idle = Hazards::of(&exposed(&[(0, 0.0)]));
        assert!(idle.host(0).unwrap().rate.is_finite());
        let odd = Hazards::of(&exposed(&[(5, 0.0), (0, 1e12)]));
        assert!(
            odd.host(0).unwrap().rate.is_finite() && odd.host(1).unwrap().interval[1].is_finite()
        );
    }
}
