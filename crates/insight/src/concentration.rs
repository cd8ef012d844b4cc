//! How unevenly a whole is spread over its parts.

use serde::Serialize;

/// From this Herfindahl–Hirschman index on (as a share, 0 to 1) a whole is called highly concentrated.
pub const HIGHLY_CONCENTRATED: f64 = 0.18;

/// The spread of one whole. Every figure is 0 for a whole of nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Concentration {
    /// Herfindahl–Hirschman index: the sum of squared shares, 1/n to 1. Some multiply it by 10,000.
    pub hhi: f64,
    /// 1 / HHI: as many equal parts would be as concentrated.
    pub effective: f64,
    /// Gini coefficient: 0 when all parts are equal, towards 1 when one part has all.
    pub gini: f64,
}

/// The share of each part, in the order given; all zero for a whole of nothing. Amounts below zero count as zero: who
/// returned more than was sold holds no share.
#[must_use]
pub fn shares(amounts: &[f64]) -> Vec<f64> {
    let total: f64 = amounts.iter().map(|amount| amount.max(0.0)).sum();
    let share = |amount: &f64| if total > 0.0 { amount.max(0.0) / total } else { 0.0 };
    amounts.iter().map(share).collect()
}

/// The spread of a whole over `amounts`.
#[must_use]
pub fn concentration(amounts: &[f64]) -> Concentration {
    let mut shares = shares(amounts);
    let hhi: f64 = shares.iter().map(|share| share * share).sum();
    if hhi == 0.0 {
        return Concentration::default();
    }
    shares.sort_by(f64::total_cmp);
    let count = shares.len() as f64;
    let ranked: f64 = shares.iter().zip(1..).map(|(share, rank)| f64::from(rank) * share).sum();
    let gini = (2.0 * ranked / count - (count + 1.0) / count).max(0.0);
    Concentration { hhi, effective: 1.0 / hhi, gini }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_spreads() {
        let even = concentration(&[2.0; 4]);
        assert_eq!((even.hhi, even.effective, even.gini), (0.25, 4.0, 0.0));
        let one = concentration(&[0.0, 0.0, 0.0, 9.0]);
        assert_eq!((one.hhi, one.effective, one.gini), (1.0, 1.0, 0.75));
        assert_eq!(concentration(&[]), Concentration::default());
        assert_eq!(concentration(&[0.0, -3.0]), Concentration::default());
        assert_eq!(shares(&[1.0, -1.0, 3.0]), [0.25, 0.0, 0.75]);
    }

    proptest! {
        #[test]
        fn figures_keep_their_bounds(amounts in prop::collection::vec(0.0..1e9_f64, 1..50)) {
            let spread = concentration(&amounts);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&spread.hhi));
            prop_assert!((0.0..1.0).contains(&spread.gini));
            prop_assert!(spread.effective <= amounts.len() as f64 + 1e-9);
        }

        #[test]
        fn scale_and_order_do_not_count(mut amounts in prop::collection::vec(1.0..1e6_f64, 2..30)) {
            let before = concentration(&amounts);
            amounts.reverse();
            amounts.iter_mut().for_each(|amount| *amount *= 7.0);
            let after = concentration(&amounts);
            prop_assert!((before.hhi - after.hhi).abs() < 1e-12);
            prop_assert!((before.gini - after.gini).abs() < 1e-9);
        }
    }
}
