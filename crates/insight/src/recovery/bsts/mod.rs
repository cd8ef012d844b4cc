//! Bayesian structural time series (Brodersen, Gallusser, Koehler, Remy & Scott 2015): what the treated unit would have
//! done, learnt before the start from a local level and a regression on the donors, drawn by Gibbs sampling with the priors
//! of CausalImpact. It has no seasons of its own; a season that donors share comes in through them.

mod level;
mod regression;
mod tail;

use self::level::Walk;
use self::regression::Regression;
use self::tail::gamma_above;
use super::contrast::{deviation, mean};
use crate::draws::{Domain, Stream};
use crate::watch::{Stage, Stopped, Watch};

/// Sweeps of the sampler that are thrown away, and those that count.
const BURN_IN: usize = 1_000;
pub(super) const DRAWS: usize = 10_000;
/// Whole paths are kept from every so many draws, for bands and dates.
const KEEP_EVERY: usize = 5;
/// Means over this many runs of draws tell the Monte Carlo error.
const BATCHES: usize = 50;

/// The level's steps are guessed at this share of the response's deviation, as sure as from so many observations.
const STEP_GUESS: f64 = 0.01;
const STEP_WEIGHT: f64 = 32.0;

/// Draws of what the treated unit would have done, in its own units.
pub(super) struct Posterior {
    /// For each draw, the mean after the start, noise included.
    pub(super) means: Vec<f64>,
    /// The expected path over all times.
    pub(super) path: Vec<f64>,
    /// Kept draws of the path, noise included.
    pub(super) kept: Vec<Vec<f64>>,
    /// For each donor, its mean coefficient (0 where it is not in the model) in the units of the series.
    pub(super) coefficients: Vec<f64>,
    /// For each donor, the share of draws that have it in the model.
    pub(super) inclusion: Vec<f64>,
    /// Monte Carlo standard error of the mean after the start.
    pub(super) monte_carlo_error: f64,
}

/// Centre and scale of a series before the start.
#[derive(Clone, Copy)]
struct Scale {
    centre: f64,
    deviation: f64,
}

impl Scale {
    /// `None` for a constant series.
    fn of(values: &[f64]) -> Option<Self> {
        let (centre, deviation) = (mean(values), deviation(values));
        (deviation > 1e-12 * centre.abs()).then_some(Self { centre, deviation })
    }

    fn apply(self, values: &[f64]) -> Vec<f64> {
        values.iter().map(|value| (value - self.centre) / self.deviation).collect()
    }
}

/// Whether a donor can tell anything: a series that is constant before the start cannot.
pub(super) fn varies(values: &[f64]) -> bool {
    Scale::of(values).is_some()
}

/// Draws the posterior. `None` when the treated unit is constant over the first `pre` times; every donor must [vary](varies).
///
/// # Errors
/// [`Stopped`] by the flag.
pub(super) fn sample(
    treated: &[f64],
    donors: &[&[f64]],
    pre: usize,
    seed: u64,
    watch: &dyn Watch,
) -> Result<Option<Posterior>, Stopped> {
    let Some(scale) = Scale::of(&treated[..pre]) else {
        return Ok(None);
    };
    let response = scale.apply(&treated[..pre]);
    let scales: Vec<Option<Scale>> = donors.iter().map(|donor| Scale::of(&donor[..pre])).collect();
    let standard =
        |(donor, scale): (&&[f64], &Option<Scale>)| scale.map(|scale| scale.apply(donor));
    let columns: Vec<Vec<f64>> = donors.iter().zip(&scales).filter_map(standard).collect();
    let regression = Regression::new(columns, treated.len(), pre);
    let mut chain =
        Chain::new(&response, treated.len(), regression, Stream::new(seed, Domain::Other, 0));
    let mut tally = Tally::new(treated.len(), pre, donors.len());
    for sweep in 0..BURN_IN + DRAWS {
        if sweep % 100 == 0 {
            watch.at(Stage::Posterior, sweep as u64, (BURN_IN + DRAWS) as u64)?;
        }
        chain.sweep(&response);
        if sweep >= BURN_IN {
            tally.add(&mut chain, scale, sweep % KEEP_EVERY == 0);
        }
    }
    Ok(Some(tally.posterior(scale, &scales)))
}

/// The sampler's state. The response has mean 0 and variance 1.
struct Chain {
    regression: Regression,
    coefficients: regression::Coefficients,
    level: Vec<f64>,
    fitted: Vec<f64>,
    step_variance: f64,
    stream: Stream,
}

impl Chain {
    fn new(response: &[f64], times: usize, regression: Regression, stream: Stream) -> Self {
        let coefficients = regression.start();
        let mut level = vec![0.0; times];
        level[..response.len()].copy_from_slice(response);
        let step_variance = STEP_GUESS * STEP_GUESS;
        Self { regression, coefficients, level, fitted: vec![0.0; times], step_variance, stream }
    }

    fn sweep(&mut self, response: &[f64]) {
        let seen = response.len();
        let walk = Walk {
            first_mean: response[0],
            first_variance: 1.0,
            step_variance: self.step_variance,
            noise_variance: self.coefficients.sigma.powi(2),
        };
        let left: Vec<f64> =
            response.iter().zip(&self.fitted).map(|(y, fitted)| y - fitted).collect();
        level::draw(&walk, &left, &mut self.level, &mut self.stream);
        // Levels after the start hang on the step variance and say nothing about it.
        let steps: f64 =
            self.level[..seen].windows(2).map(|pair| (pair[1] - pair[0]).powi(2)).sum();
        let shape = 0.5 * (STEP_WEIGHT + (seen - 1) as f64);
        let rate = 0.5 * (STEP_WEIGHT * STEP_GUESS * STEP_GUESS + steps);
        self.step_variance = rate / gamma_above(&mut self.stream, shape, rate);
        let left: Vec<f64> = response.iter().zip(&self.level).map(|(y, level)| y - level).collect();
        self.regression.draw(&left, &mut self.coefficients, &mut self.stream);
        self.regression.fit(&self.coefficients, &mut self.fitted);
    }
}

/// Sums over draws.
struct Tally {
    pre: usize,
    means: Vec<f64>,
    /// Means after the start without noise, whose average is the point estimate.
    states: Vec<f64>,
    path: Vec<f64>,
    kept: Vec<Vec<f64>>,
    coefficients: Vec<f64>,
    inclusion: Vec<f64>,
}

impl Tally {
    fn new(times: usize, pre: usize, donors: usize) -> Self {
        Self {
            pre,
            means: Vec::with_capacity(DRAWS),
            states: Vec::with_capacity(DRAWS),
            path: vec![0.0; times],
            kept: Vec::with_capacity(DRAWS / KEEP_EVERY),
            coefficients: vec![0.0; donors],
            inclusion: vec![0.0; donors],
        }
    }

    fn add(&mut self, chain: &mut Chain, scale: Scale, keep: bool) {
        let state: Vec<f64> = chain.level.iter().zip(&chain.fitted).map(|(a, b)| a + b).collect();
        let sigma = chain.coefficients.sigma;
        let seen: Vec<f64> = state
            .iter()
            .map(|state| scale.centre + scale.deviation * (state + sigma * chain.stream.normal()))
            .collect();
        self.means.push(mean(&seen[self.pre..]));
        self.states.push(mean(&state[self.pre..]));
        self.path.iter_mut().zip(&state).for_each(|(sum, state)| *sum += state);
        if keep {
            self.kept.push(seen);
        }
        for (place, beta) in chain.coefficients.included.iter().zip(&chain.coefficients.beta) {
            // Place 0 is the intercept.
            if let Some(donor) = place.checked_sub(1) {
                self.coefficients[donor] += beta;
                self.inclusion[donor] += 1.0;
            }
        }
    }

    fn posterior(mut self, scale: Scale, donors: &[Option<Scale>]) -> Posterior {
        let draws = self.means.len() as f64;
        self.path.iter_mut().for_each(|sum| *sum = scale.centre + scale.deviation * *sum / draws);
        self.inclusion.iter_mut().for_each(|count| *count /= draws);
        for (sum, donor) in self.coefficients.iter_mut().zip(donors) {
            *sum *= donor.map_or(0.0, |donor| scale.deviation / donor.deviation) / draws;
        }
        let batches: Vec<f64> = self.states.chunks_exact(DRAWS / BATCHES).map(mean).collect();
        let monte_carlo_error = scale.deviation * deviation(&batches) / (BATCHES as f64).sqrt();
        Posterior {
            means: self.means,
            path: self.path,
            kept: self.kept,
            coefficients: self.coefficients,
            inclusion: self.inclusion,
            monte_carlo_error,
        }
    }
}
