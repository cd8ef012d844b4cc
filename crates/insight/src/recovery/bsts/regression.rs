//! A regression whose coefficients may be exactly zero: spike and slab with Zellner's g-prior (George & McCulloch 1997), one
//! inclusion indicator after the other, residual variance and coefficients integrated out. Prior values are those that
//! CausalImpact hands to its engine (Brodersen et al. 2015, §2; Scott & Varian 2014).

use super::tail::gamma_above;
use crate::dense::{cholesky, dot, log_determinant, solve_lower, solve_upper};
use crate::draws::Stream;

/// How many regressors, the intercept among them, are expected to matter.
const EXPECTED_SIZE: f64 = 3.0;
/// The share of the response's variance that they are expected to explain, and as how many observations that counts.
const EXPECTED_R2: f64 = 0.8;
const EXPECTED_R2_WEIGHT: f64 = 50.0;
/// Without regressors the response's own variance is the guess, and counts as next to nothing.
const LONE_WEIGHT: f64 = 0.01;
/// As how many observations the prior of the coefficients counts, and how much of it is diagonal.
const SLAB_WEIGHT: f64 = 0.01;
const SLAB_DIAGONAL: f64 = 0.5;
/// The residual deviation is at most this many times the response's.
const SIGMA_MAX: f64 = 1.2;

/// Regressors over all times, the intercept first, and what the sampler needs of them. The response has variance 1.
pub(super) struct Regression {
    columns: Vec<Vec<f64>>,
    seen: usize,
    /// XᵀX over the times seen, row by row.
    gram: Vec<f64>,
    /// The slab's precision, in units of 1 / residual variance.
    slab: Vec<f64>,
    /// Prior probability that a regressor matters.
    chance: f64,
    prior_weight: f64,
    prior_squares: f64,
}

/// One draw.
#[derive(Clone, Debug)]
pub(super) struct Coefficients {
    /// Places of the regressors that are in the model, ascending.
    pub(super) included: Vec<usize>,
    /// Their coefficients.
    pub(super) beta: Vec<f64>,
    /// Residual standard deviation.
    pub(super) sigma: f64,
}

/// What a set of regressors makes of a response.
struct Model {
    factor: Vec<f64>,
    /// L⁻¹ Xᵀy
    reduced: Vec<f64>,
    /// Prior and residual squares together.
    squares: f64,
    log_probability: f64,
}

impl Regression {
    /// `donors` hold values for all times, standardised; the first `seen` times have a response. Without donors there is no
    /// regression, not even an intercept.
    pub(super) fn new(donors: Vec<Vec<f64>>, times: usize, seen: usize) -> Self {
        let mut columns = Vec::with_capacity(donors.len() + 1);
        if !donors.is_empty() {
            columns.push(vec![1.0; times]);
        }
        columns.extend(donors);
        let n = columns.len();
        let product =
            |until: usize, at: usize| dot(&columns[at / n][..until], &columns[at % n][..until]);
        let gram = (0..n * n).map(|at| product(seen, at)).collect();
        let slab = (0..n * n)
            .map(|at| {
                let share = if at / n == at % n { 1.0 } else { 1.0 - SLAB_DIAGONAL };
                SLAB_WEIGHT * share * product(times, at) / times as f64
            })
            .collect();
        let (prior_weight, guess) =
            if n == 0 { (LONE_WEIGHT, 1.0) } else { (EXPECTED_R2_WEIGHT, 1.0 - EXPECTED_R2) };
        let chance = (EXPECTED_SIZE / n.max(1) as f64).min(1.0);
        let prior_squares = prior_weight * guess;
        Self { columns, seen, gram, slab, chance, prior_weight, prior_squares }
    }

    /// A model to start from: everything where everything is certain to matter, else nothing.
    pub(super) fn start(&self) -> Coefficients {
        let all = if self.chance < 1.0 { 0 } else { self.columns.len() };
        Coefficients {
            included: (0..all).collect(),
            beta: vec![0.0; all],
            sigma: (1.0 - EXPECTED_R2).sqrt(),
        }
    }

    /// Overwrites `fitted` by Xβ for all times.
    pub(super) fn fit(&self, coefficients: &Coefficients, fitted: &mut [f64]) {
        fitted.fill(0.0);
        for (place, beta) in coefficients.included.iter().zip(&coefficients.beta) {
            fitted.iter_mut().zip(&self.columns[*place]).for_each(|(sum, x)| *sum += beta * x);
        }
    }

    /// The next draw, given the response without its level.
    pub(super) fn draw(&self, response: &[f64], last: &mut Coefficients, stream: &mut Stream) {
        let cross: Vec<f64> =
            self.columns.iter().map(|column| dot(&column[..self.seen], response)).collect();
        let squares = self.prior_squares + dot(response, response);
        let mut included = std::mem::take(&mut last.included);
        let mut model = self.model(&included, &cross, squares);
        if self.chance < 1.0 {
            for place in 0..self.columns.len() {
                let mut other = included.clone();
                match other.binary_search(&place) {
                    Ok(at) => drop(other.remove(at)),
                    Err(at) => other.insert(at, place),
                }
                let rival = self.model(&other, &cross, squares);
                let odds = rival.log_probability - model.log_probability;
                if stream.uniform() < 1.0 / (1.0 + libm::exp(-odds)) {
                    (included, model) = (other, rival);
                }
            }
        }
        if model.log_probability == f64::NEG_INFINITY {
            // Only a model that starts with everything can be here, when its regressors are the same to rounding.
            included.truncate(1);
            model = self.model(&included, &cross, squares);
        }
        let shape = 0.5 * (self.seen as f64 + self.prior_weight);
        let rate = 0.5 * model.squares;
        let precision = gamma_above(stream, shape, rate / (SIGMA_MAX * SIGMA_MAX)) / rate;
        last.sigma = precision.sqrt().recip();
        last.beta = model.reduced.iter().map(|z| z + last.sigma * stream.normal()).collect();
        solve_upper(&model.factor, &mut last.beta);
        last.included = included;
    }

    /// Integrates coefficients and residual variance out. Regressors that are the same to rounding have probability 0.
    fn model(&self, included: &[usize], cross: &[f64], squares: f64) -> Model {
        let (n, p) = (included.len(), self.columns.len());
        let take = |matrix: &[f64]| -> Vec<f64> {
            included.iter().flat_map(|i| included.iter().map(move |j| matrix[i * p + j])).collect()
        };
        let mut slab = take(&self.slab);
        let mut factor: Vec<f64> = take(&self.gram).iter().zip(&slab).map(|(a, b)| a + b).collect();
        let mut reduced: Vec<f64> = included.iter().map(|place| cross[*place]).collect();
        if !cholesky(&mut slab, n) || !cholesky(&mut factor, n) {
            let log_probability = f64::NEG_INFINITY;
            return Model { factor, reduced, squares, log_probability };
        }
        solve_lower(&factor, &mut reduced);
        // Rounding must not bring the residual below what the prior alone holds.
        let squares = (squares - dot(&reduced, &reduced)).max(self.prior_squares);
        let mut log_probability = 0.5 * (log_determinant(&slab, n) - log_determinant(&factor, n))
            - 0.5 * (self.seen as f64 + self.prior_weight) * libm::log(squares);
        if self.chance < 1.0 {
            log_probability +=
                n as f64 * libm::log(self.chance) + (p - n) as f64 * libm::log1p(-self.chance);
        }
        Model { factor, reduced, squares, log_probability }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Domain;

    fn noise(length: usize, number: u64) -> Vec<f64> {
        let mut stream = Stream::new(5, Domain::Other, number);
        (0..length).map(|_| stream.normal()).collect()
    }

    #[test]
    fn what_matters_is_found_among_what_does_not() {
        let donors: Vec<Vec<f64>> = (0..20).map(|number| noise(80, number)).collect();
        let response: Vec<f64> = (0..60)
            .map(|time| 0.8 * donors[4][time] - 0.5 * donors[11][time])
            .zip(noise(60, 99))
            .map(|(fitted, noise)| fitted + 0.2 * noise)
            .collect();
        let regression = Regression::new(donors, 80, 60);
        let (mut last, mut stream) = (regression.start(), Stream::new(1, Domain::Other, 0));
        let (mut counts, mut beta) = (vec![0; 21], vec![0.0; 21]);
        for _ in 0..2_000 {
            regression.draw(&response, &mut last, &mut stream);
            for (place, value) in last.included.iter().zip(&last.beta) {
                counts[*place] += 1;
                beta[*place] += value / 2_000.0;
            }
        }
        assert!((beta[5] - 0.8).abs() < 0.08 && (beta[12] + 0.5).abs() < 0.08, "{beta:?}");
        for (place, count) in counts.iter().enumerate() {
            assert_eq!(*count > 1_000, [5, 12].contains(&place), "{counts:?}");
        }
        assert!(last.sigma > 0.15 && last.sigma < 0.5);
    }

    #[test]
    fn twins_among_the_regressors_do_no_harm() {
        let twin = noise(30, 1);
        let regression = Regression::new(vec![twin.clone(), twin.clone()], 30, 20);
        let (mut last, mut stream) = (regression.start(), Stream::new(1, Domain::Other, 0));
        let mut fitted = vec![0.0; 30];
        for _ in 0..50 {
            regression.draw(&twin[..20], &mut last, &mut stream);
            regression.fit(&last, &mut fitted);
            assert!(fitted.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn without_regressors_only_the_noise_is_drawn() {
        let regression = Regression::new(Vec::new(), 30, 20);
        let (mut last, mut stream) = (regression.start(), Stream::new(1, Domain::Other, 0));
        regression.draw(&noise(20, 2), &mut last, &mut stream);
        assert!(last.included.is_empty() && last.sigma > 0.0 && last.sigma <= SIGMA_MAX);
    }
}
