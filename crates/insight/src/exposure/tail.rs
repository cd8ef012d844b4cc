//! What the bad scenarios cost: value at risk and expected shortfall of a list of losses, their simulation errors, and who they come
//! from.
//!
//! VaR_α is the smallest loss that at least a part α of scenarios does not exceed; ES_α the average of the worst part 1 − α,
//! the scenarios at VaR_α counting in the part that fills it. ES_i = E[L_i | L ≥ VaR_α] (Tasche, arXiv 0708.2542), so contributions
//! sum to ES_α whatever the ties.

use serde::Serialize;

use super::scenario::{Engine, brand_gmv, brand_spill};
use super::simulate::TailDays;

/// Standard errors of an interval that holds 95 of 100.
pub(super) const Z95: f64 = 1.959_963_984_540_054;

/// The tail of a list of losses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tail {
    /// The level that VaR and ES are of, such as 0.95.
    pub alpha: f64,
    /// Value at risk.
    pub var: f64,
    /// Expected shortfall.
    pub es: f64,
    /// Standard error of [`Tail::var`] by simulation, from the order statistics around it.
    #[serde(rename = "var_standard_error")]
    pub var_error: f64,
    /// Standard error of [`Tail::es`] by simulation.
    #[serde(rename = "es_standard_error")]
    pub es_error: f64,
    /// Average loss of all scenarios.
    pub mean: f64,
    /// Standard error of [`Tail::mean`] by simulation.
    #[serde(rename = "mean_standard_error")]
    pub mean_error: f64,
    #[serde(skip)]
    above: f64,
    #[serde(skip)]
    at_var: f64,
}

impl Tail {
    /// The tail of `losses` at `alpha`, which is between 0 and 1; zeros for an empty list.
    #[must_use]
    pub fn of(losses: &[f64], alpha: f64) -> Self {
        let alpha = if alpha.is_finite() { alpha.clamp(0.0, 1.0 - 1e-9) } else { 0.95 };
        let count = losses.len();
        if count == 0 {
            return Self {
                alpha,
                var: 0.0,
                es: 0.0,
                var_error: 0.0,
                es_error: 0.0,
                mean: 0.0,
                mean_error: 0.0,
                above: 0.0,
                at_var: 0.0,
            };
        }
        let (n, rank) = (count as f64, rank(alpha, count));
        let width = (Z95 * libm::sqrt(n * alpha * (1.0 - alpha))) as usize;
        let from = rank.saturating_sub(width);
        let mut sorted = losses.to_vec();
        sorted.select_nth_unstable_by(from, f64::total_cmp);
        let upper = &mut sorted[from..];
        upper.sort_unstable_by(f64::total_cmp);
        let var = upper[rank - from];
        let beside = (upper[0], upper[(rank - from + width).min(upper.len() - 1)]);

        let (worst, mut excess, mut squares) = ((1.0 - alpha) * n, 0.0, 0.0);
        let above = upper.iter().filter(|loss| **loss > var).count() as f64;
        for loss in upper.iter().rev().take(above as usize) {
            excess += loss - var;
            squares += (loss - var) * (loss - var);
        }
        let at = losses.iter().filter(|loss| **loss == var).count() as f64;
        let variance = (squares / n - (excess / n) * (excess / n)).max(0.0);
        let mean = block_sum(losses.iter().copied()) / n;
        let spread = block_sum(losses.iter().map(|loss| (loss - mean) * (loss - mean))) / n;
        Self {
            alpha,
            var,
            es: var + excess / worst,
            var_error: (beside.1 - beside.0) / (2.0 * Z95),
            es_error: libm::sqrt(variance / n) / (1.0 - alpha),
            mean,
            mean_error: libm::sqrt(spread / n),
            above: 1.0 / worst,
            at_var: ((worst - above) / at).max(0.0) / worst,
        }
    }

    /// What a scenario with this loss counts in the average over the tail: 0 below VaR; all sum to 1.
    #[must_use]
    pub fn weight(&self, loss: f64) -> f64 {
        if loss > self.var {
            self.above
        } else if loss == self.var {
            self.at_var
        } else {
            0.0
        }
    }
}

/// Place of VaR in the sorted list; a product such as 0.95 · 10⁷ that misses a whole number by rounding counts as that number.
fn rank(alpha: f64, count: usize) -> usize {
    let place = libm::ceil(alpha * count as f64 * (1.0 - 1e-12)) as usize;
    place.saturating_sub(1).min(count - 1)
}

/// A sum whose error does not grow with the length of the list.
fn block_sum(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut block, mut inside) = (0.0, 0.0, 0);
    for value in values {
        block += value;
        inside += 1;
        if inside == 4096 {
            sum += block;
            (block, inside) = (0.0, 0);
        }
    }
    sum + block
}

/// Who an expected shortfall comes from, in units of the currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// By host: the loss that its incidents cause. Sums to ES.
    pub hosts: Vec<f64>,
    /// By brand: the loss that falls on its sales. Sums to ES.
    pub brands: Vec<f64>,
}

/// Contributions from average days lost in the tail; `level` is 0 for low, 1 for mid, 2 for high substitution, and the tail is of that
/// level.
#[must_use]
pub fn contributions(engine: &Engine, days: &TailDays, level: usize) -> Contributions {
    let level = level.min(2);
    Contributions { hosts: of_hosts(engine, days, level), brands: of_brands(engine, days, level) }
}

fn of_hosts(engine: &Engine, days: &TailDays, level: usize) -> Vec<f64> {
    let back = &engine.value.substituted[level];
    let lost = engine.value.lost.iter().zip(&days.days);
    let back = back.iter().zip(&days.substituted_days);
    lost.zip(back)
        .map(|((value, days), (back, substituted))| value * days - back * substituted)
        .collect()
}

fn of_brands(engine: &Engine, days: &TailDays, level: usize) -> Vec<f64> {
    let model = engine.model();
    let all = brand_gmv(model);
    let mut brands = vec![0.0; all.len()];
    let (mut dark, mut own) = (0.0, vec![0.0; all.len()]);
    for (number, host) in model.hosts.iter().enumerate() {
        let kept = days.days[number]
            - host.substitution.into_array()[level] * days.substituted_days[number];
        dark += days.days[number];
        for part in &host.brands {
            let (brand, sales) = (part.brand as usize, part.share * host.gmv_per_day);
            brands[brand] += sales * kept;
            brands[brand] += model.spill.brand * brand_spill(sales, all[brand]) * days.days[number];
            own[brand] += sales * days.days[number];
        }
    }
    for (brand, sum) in brands.iter_mut().enumerate() {
        *sum += model.spill.platform * (all[brand] * dark - own[brand]);
    }
    brands
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_tails() {
        let losses: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let tail = Tail::of(&losses, 0.95);
        assert_eq!((tail.var, tail.mean), (95.0, 50.5));
        assert!((tail.es - 98.0).abs() < 1e-9);
        let none = Tail::of(&[0.0; 10], 0.95);
        assert_eq!((none.var, none.es, none.es_error), (0.0, 0.0, 0.0));
        let rare = Tail::of(&[vec![0.0; 98], vec![10.0, 20.0]].concat(), 0.95);
        assert_eq!(rare.var, 0.0);
        assert!((rare.es - 6.0).abs() < 1e-9);
        assert_eq!(Tail::of(&[], 0.95).es, 0.0);
        assert_eq!(Tail::of(&[7.0], 0.99).es, 7.0);
    }

    #[test]
    fn the_rank_does_not_hang_on_rounding() {
        for (alpha, count, place) in
            [(0.95, 10_000_000, 9_499_999), (0.999, 1000, 998), (0.9, 10, 8), (0.0, 5, 0)]
        {
            assert_eq!(rank(alpha, count), place, "{alpha} of {count}");
        }
    }

    proptest! {
        #[test]
        fn weights_give_the_shortfall(losses in prop::collection::vec((0..20u32).prop_map(f64::from), 1..300), alpha in 0.01..0.999f64) {
            let tail = Tail::of(&losses, alpha);
            let weights: f64 = losses.iter().map(|loss| tail.weight(*loss)).sum();
            let average: f64 = losses.iter().map(|loss| tail.weight(*loss) * loss).sum();
            prop_assert!((weights - 1.0).abs() < 1e-9, "{weights}");
            prop_assert!((average - tail.es).abs() < 1e-9 * (1.0 + tail.es), "{average} {}", tail.es);
            prop_assert!(tail.es >= tail.var);
            let not_above = losses.iter().filter(|loss| **loss <= tail.var).count() as f64;
            prop_assert!(not_above >= alpha * losses.len() as f64 - 1e-6);
        }
    }
}
