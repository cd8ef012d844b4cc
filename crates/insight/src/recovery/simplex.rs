//! Least squares over the unit simplex: weights ≥ 0 that sum to 1. Two solvers, because the reference does not solve its
//! problem to the end: Frank–Wolfe with exact line search stops early, and that early stop is part of the published numbers;
//! Wolfe's nearest point algorithm goes to the optimum.

use crate::dense::{cholesky, dot, solve_lower, solve_upper};

/// Columns A and target b of ‖Ax − b‖², with what Frank–Wolfe needs of them so that one step costs rows + columns.
pub(super) struct Fit<'a> {
    pub(super) columns: &'a [Vec<f64>],
    pub(super) target: &'a [f64],
    /// AᵀA, row by row, of all columns.
    pub(super) gram: &'a [f64],
    /// A column that must keep weight 0.
    pub(super) skip: Option<usize>,
}

/// When Frank–Wolfe stops: after a step that lowers the mean squared error, with its penalty, by no more than
/// `min_decrease`², or after `steps_max`.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// The penalty is `zeta`² ‖x‖² beside the mean squared error.
    pub(super) zeta: f64,
    pub(super) min_decrease: f64,
    pub(super) steps_max: usize,
}

/// AᵀA of columns, row by row.
pub(super) fn gram(columns: &[Vec<f64>]) -> Vec<f64> {
    let n = columns.len();
    let mut gram = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let product = dot(&columns[i], &columns[j]);
            gram[i * n + j] = product;
            gram[j * n + i] = product;
        }
    }
    gram
}

/// Ax.
pub(super) fn mix(columns: &[impl AsRef<[f64]>], weights: &[f64], rows: usize) -> Vec<f64> {
    let mut sum = vec![0.0; rows];
    for (column, weight) in columns.iter().zip(weights).filter(|(_, weight)| **weight != 0.0) {
        sum.iter_mut().zip(column.as_ref()).for_each(|(sum, value)| *sum += weight * value);
    }
    sum
}

/// Minimises ‖Ax − b‖² / rows + zeta² ‖x‖² over the simplex from `x` on, as the reference implementation of Arkhangelsky et
/// al. (2021) does (Frank & Wolfe 1956, exact line search).
pub(super) fn frank_wolfe(fit: &Fit<'_>, mut x: Vec<f64>, rule: Rule) -> Vec<f64> {
    let (n, rows) = (fit.columns.len(), fit.target.len());
    let eta = rows as f64 * rule.zeta * rule.zeta;
    let allowed = |place: usize| fit.skip != Some(place);
    let cross: Vec<f64> = fit.columns.iter().map(|column| dot(column, fit.target)).collect();
    let mut residual = mix(fit.columns, &x, rows);
    residual.iter_mut().zip(fit.target).for_each(|(left, target)| *left -= target);
    let mut slope: Vec<f64> = fit.columns.iter().map(|column| dot(column, &residual)).collect();
    let mut last = [f64::INFINITY; 2];
    for step in 0..rule.steps_max {
        if step >= 2 && last[0] - last[1] <= rule.min_decrease * rule.min_decrease {
            break;
        }
        let gradient = |place: usize| slope[place] + eta * x[place];
        let descent = (0..n).filter(|place| allowed(*place));
        let Some(best) = descent.min_by(|a, b| gradient(*a).total_cmp(&gradient(*b))) else {
            return x;
        };
        let along: f64 =
            (0..n).map(|place| gradient(place) * x[place]).sum::<f64>() - gradient(best);
        let corner = fit.columns[best].iter().zip(fit.target).map(|(value, target)| value - target);
        let pull: Vec<f64> = corner.zip(&residual).map(|(corner, left)| corner - left).collect();
        let squares = dot(&pull, &pull);
        let moved = 1.0 - 2.0 * x[best] + dot(&x, &x);
        let curvature = squares + eta * moved;
        let share = if curvature > 0.0 { (along / curvature).clamp(0.0, 1.0) } else { 0.0 };
        residual.iter_mut().zip(&pull).for_each(|(left, pull)| *left += share * pull);
        for place in 0..n {
            let vertex = fit.gram[best * n + place] - cross[place];
            slope[place] += share * (vertex - slope[place]);
            x[place] -= share * x[place];
        }
        x[best] += share;
        let value = rule.zeta * rule.zeta * dot(&x, &x) + dot(&residual, &residual) / rows as f64;
        last = [last[1], value];
    }
    x
}

/// Minimises ‖Ax − b‖² over the simplex to rounding (Wolfe, "Finding the nearest point in a polytope", Math. Program. 11,
/// 1976). Where several mixes fit equally well it gives one that uses few columns.
pub(super) fn nearest_point(columns: &[Vec<f64>], target: &[f64], skip: Option<usize>) -> Vec<f64> {
    let points: Vec<Vec<f64>> = columns
        .iter()
        .map(|column| column.iter().zip(target).map(|(value, target)| value - target).collect())
        .collect();
    let allowed = || (0..points.len()).filter(|place| skip != Some(*place));
    let size = |place: usize| dot(&points[place], &points[place]);
    let scale = allowed().map(size).fold(0.0, f64::max);
    let mut weights = vec![0.0; points.len()];
    let Some(nearest) = allowed().min_by(|a, b| size(*a).total_cmp(&size(*b))) else {
        return weights;
    };
    weights[nearest] = 1.0;
    let mut corral = vec![nearest];
    // Each round adds one point and the norm falls strictly, so no corral comes back; the bound is for rounding alone.
    for _ in 0..10 * (points.len() + target.len()) + 100 {
        let at = mix(&points, &weights, target.len());
        let height: Vec<f64> = points.iter().map(|point| dot(point, &at)).collect();
        let Some(best) = allowed().min_by(|a, b| height[*a].total_cmp(&height[*b])) else { break };
        if dot(&at, &at) - height[best] <= 1e-13 * scale || corral.contains(&best) {
            break;
        }
        corral.push(best);
        if !shrink(&points, &mut weights, &mut corral, scale) {
            break;
        }
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    weights
}

/// Moves to the point of least norm of the corral's affine hull, dropping points whose weight would go below zero. `false`
/// when the corral is affinely dependent to rounding; then the weights are as good as they get.
fn shrink(points: &[Vec<f64>], weights: &mut [f64], corral: &mut Vec<usize>, scale: f64) -> bool {
    loop {
        let Some(affine) = affine_weights(points, corral, scale) else {
            return false;
        };
        if affine.iter().all(|weight| *weight > 1e-13) {
            corral.iter().zip(&affine).for_each(|(place, weight)| weights[*place] = *weight);
            return true;
        }
        let mut share = 1.0_f64;
        for (place, goal) in corral.iter().zip(&affine).filter(|(_, goal)| **goal <= 1e-13) {
            let room = weights[*place] - goal;
            share = share.min(if room > 0.0 { weights[*place] / room } else { 0.0 });
        }
        for (place, goal) in corral.iter().zip(&affine) {
            weights[*place] += share * (goal - weights[*place]);
        }
        let before = corral.len();
        corral.retain(|place| {
            let stays = weights[*place] > 1e-13;
            if !stays {
                weights[*place] = 0.0;
            }
            stays
        });
        if corral.len() == before || corral.is_empty() {
            return false;
        }
    }
}

/// The weights, summing to 1, of the point of least norm in the affine hull: (11ᵀ + G)u = 1, normalised.
fn affine_weights(points: &[Vec<f64>], corral: &[usize], scale: f64) -> Option<Vec<f64>> {
    let n = corral.len();
    let entry = |i: usize, j: usize| scale + dot(&points[corral[i]], &points[corral[j]]);
    let mut factor: Vec<f64> = (0..n * n).map(|at| entry(at / n, at % n)).collect();
    let mut weights = vec![1.0; n];
    if !cholesky(&mut factor, n) {
        return None;
    }
    solve_lower(&factor, &mut weights);
    solve_upper(&factor, &mut weights);
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    Some(weights)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(columns: &[Vec<f64>], target: &[f64], x: &[f64]) -> f64 {
        let fitted = mix(columns, x, target.len());
        fitted.iter().zip(target).map(|(a, b)| (a - b).powi(2)).sum()
    }

    #[test]
    fn a_target_between_two_columns_is_met() {
        let columns = [vec![0.0, 0.0], vec![4.0, 0.0], vec![0.0, 9.0]];
        let x = nearest_point(&columns, &[1.0, 0.0], None);
        assert!(x.iter().zip([0.75, 0.25, 0.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{x:?}");
        let x = nearest_point(&columns, &[1.0, 0.0], Some(0));
        assert!(x[0] == 0.0 && (x[1] - 85.0 / 97.0).abs() < 1e-12, "{x:?}");
        assert_eq!(nearest_point(&columns, &[9.0, -9.0], None), [0.0, 1.0, 0.0]);
        assert_eq!(nearest_point(&[vec![1.0], vec![1.0]], &[1.0], None)[0], 1.0);
    }

    proptest! {
        #[test]
        fn both_solvers_find_the_least_value(
            columns in prop::collection::vec(prop::collection::vec(-5.0..5.0_f64, 6), 1..9),
            target in prop::collection::vec(-5.0..5.0_f64, 6),
        ) {
            let exact = nearest_point(&columns, &target, None);
            prop_assert!((exact.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(exact.iter().all(|weight| *weight >= 0.0));
            let least = value(&columns, &target, &exact);
            // Optimality: no column lies below the plane through the point of least norm.
            let at: Vec<f64> = mix(&columns, &exact, 6).iter().zip(&target).map(|(a, b)| a - b).collect();
            for column in &columns {
                let point: Vec<f64> = column.iter().zip(&target).map(|(a, b)| a - b).collect();
                prop_assert!(dot(&point, &at) >= least - 1e-9);
            }
            let gram = gram(&columns);
            let fit = Fit { columns: &columns, target: &target, gram: &gram, skip: None };
            let rule = Rule { zeta: 0.0, min_decrease: 0.0, steps_max: 20_000 };
            let start = vec![1.0 / columns.len() as f64; columns.len()];
            let near = value(&columns, &target, &frank_wolfe(&fit, start, rule));
            prop_assert!(near >= least - 1e-9 && near <= least + 0.02, "{near} {least}");
        }
    }
}
