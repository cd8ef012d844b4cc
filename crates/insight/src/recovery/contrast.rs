//! Synthetic difference-in-differences and its two relatives (Arkhangelsky, Athey, Hirshberg, Imbens & Wager 2021, arXiv
//! 1812.09970): weights of donors and of times before the start, the gap they leave, and the placebo variance of their
//! algorithm 4. With one treated unit every donor can be the placebo once, so nothing is drawn at random. A placebo's weights
//! are solved from even ones: started from the estimate's, which were fitted to the placebo too, they would find it fitted
//! already, and where times outnumber donors the variance would come out near zero.

use super::Method;
use super::error::RecoveryError;
use super::simplex::{Fit, Rule, frank_wolfe, gram, mix, nearest_point};
use crate::watch::{Stage, Watch};

/// More donors than this are not all used as placebos; then every k-th is.
pub(super) const PLACEBOS_MAX: usize = 200;

const STEPS_BEFORE_SPARSE: usize = 100;
const STEPS_MAX: usize = 10_000;

/// Donors' and the treated unit's values over all times, of which the first `pre` lie before the start.
pub(super) struct Setup<'a> {
    pub(super) donors: Vec<Vec<f64>>,
    pub(super) treated: &'a [f64],
    pub(super) pre: usize,
}

/// What one method makes of a setup.
pub(super) struct Contrast {
    /// One weight for each donor.
    pub(super) omega: Vec<f64>,
    /// One weight for each time before the start; all 0 where the method has none.
    pub(super) lambda: Vec<f64>,
    /// Treated minus counterfactual at every time.
    pub(super) gaps: Vec<f64>,
    pub(super) estimate: f64,
}

/// A contrast and those of its placebos.
pub(super) struct Answer {
    pub(super) contrast: Contrast,
    pub(super) placebos: Vec<Contrast>,
}

struct Weigher<'a> {
    setup: &'a Setup<'a>,
    method: Method,
    /// Standard deviation of the donors' first differences before the start.
    noise: f64,
    /// Donors before the start, each centred over time where the method has an intercept.
    columns: Vec<Vec<f64>>,
    gram: Vec<f64>,
}

/// Estimates, and repeats the estimate with donors in the treated unit's place.
pub(super) fn estimate(
    setup: &Setup<'_>,
    method: Method,
    watch: &dyn Watch,
) -> Result<Answer, RecoveryError> {
    let weigher = Weigher::new(setup, method);
    let contrast = weigher.contrast(setup.treated, None);
    let every = setup.donors.len().div_ceil(PLACEBOS_MAX);
    let chosen: Vec<usize> = (0..setup.donors.len()).step_by(every).collect();
    let mut placebos = Vec::with_capacity(chosen.len());
    for (done, donor) in chosen.iter().enumerate() {
        watch.at(Stage::Placebos, done as u64, chosen.len() as u64)?;
        placebos.push(weigher.contrast(&setup.donors[*donor], Some(*donor)));
    }
    Ok(Answer { contrast, placebos })
}

impl<'a> Weigher<'a> {
    fn new(setup: &'a Setup<'a>, method: Method) -> Self {
        let pre = setup.pre;
        let differences: Vec<f64> = setup
            .donors
            .iter()
            .flat_map(|donor| donor[..pre].windows(2).map(|pair| pair[1] - pair[0]))
            .collect();
        let columns: Vec<Vec<f64>> = setup
            .donors
            .iter()
            .map(|donor| {
                if method == Method::Sdid { centred(&donor[..pre]) } else { donor[..pre].to_vec() }
            })
            .collect();
        let gram =
            if matches!(method, Method::Sdid | Method::Sc) { gram(&columns) } else { Vec::new() };
        Self { setup, method, noise: deviation(&differences), columns, gram }
    }

    /// The contrast of `treated`, which is donor `skip` when it is a placebo.
    fn contrast(&self, treated: &[f64], skip: Option<usize>) -> Contrast {
        let omega = self.unit_weights(treated, skip);
        let lambda = self.time_weights(skip);
        let synthetic = mix(&self.setup.donors, &omega, treated.len());
        let mut gaps: Vec<f64> = treated.iter().zip(&synthetic).map(|(a, b)| a - b).collect();
        let offset: f64 = gaps.iter().zip(&lambda).map(|(gap, weight)| gap * weight).sum();
        gaps.iter_mut().for_each(|gap| *gap -= offset);
        let estimate = mean(&gaps[self.setup.pre..]);
        Contrast { omega, lambda, gaps, estimate }
    }

    fn unit_weights(&self, treated: &[f64], skip: Option<usize>) -> Vec<f64> {
        let before = &treated[..self.setup.pre];
        let start = uniform(self.columns.len(), skip);
        let zeta = match self.method {
            Method::Did | Method::Bsts => return start,
            Method::ScExact => return nearest_point(&self.columns, before, skip),
            Method::Sc => 1e-6 * self.noise,
            Method::Sdid => {
                let after = (treated.len() - self.setup.pre) as f64;
                after.sqrt().sqrt() * self.noise
            }
        };
        let target = if self.method == Method::Sdid { centred(before) } else { before.to_vec() };
        let fit = Fit { columns: &self.columns, target: &target, gram: &self.gram, skip };
        self.solve(&fit, start, zeta)
    }

    /// Weights of the times before the start: how to mix them so that, over donors, the mix is as the mean after it.
    fn time_weights(&self, skip: Option<usize>) -> Vec<f64> {
        let pre = self.setup.pre;
        match self.method {
            Method::Sc | Method::ScExact | Method::Bsts => return vec![0.0; pre],
            Method::Did => return uniform(pre, None),
            Method::Sdid => {}
        }
        let places = (0..self.setup.donors.len()).filter(|place| Some(*place) != skip);
        let others: Vec<&[f64]> = places.map(|place| self.setup.donors[place].as_slice()).collect();
        let columns: Vec<Vec<f64>> = (0..pre)
            .map(|time| centred(&others.iter().map(|donor| donor[time]).collect::<Vec<_>>()))
            .collect();
        let target = centred(&others.iter().map(|donor| mean(&donor[pre..])).collect::<Vec<_>>());
        let gram = gram(&columns);
        let fit = Fit { columns: &columns, target: &target, gram: &gram, skip: None };
        self.solve(&fit, uniform(pre, None), 1e-6 * self.noise)
    }

    /// A short run, small weights set to zero, then a long run from there.
    fn solve(&self, fit: &Fit<'_>, start: Vec<f64>, zeta: f64) -> Vec<f64> {
        let rule = |steps_max| Rule { zeta, min_decrease: 1e-5 * self.noise, steps_max };
        let mut weights = frank_wolfe(fit, start, rule(STEPS_BEFORE_SPARSE));
        let largest = weights.iter().copied().fold(0.0, f64::max);
        weights
            .iter_mut()
            .filter(|weight| **weight <= largest / 4.0)
            .for_each(|weight| *weight = 0.0);
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
        frank_wolfe(fit, weights, rule(STEPS_MAX))
    }
}

fn uniform(length: usize, skip: Option<usize>) -> Vec<f64> {
    let used = length - usize::from(skip.is_some());
    (0..length).map(|place| if Some(place) == skip { 0.0 } else { 1.0 / used as f64 }).collect()
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation with n − 1; 0 for fewer than two values.
pub(super) fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    (squares / (values.len().max(2) - 1) as f64).sqrt()
}

fn centred(values: &[f64]) -> Vec<f64> {
    let centre = mean(values);
    values.iter().map(|value| value - centre).collect()
}
