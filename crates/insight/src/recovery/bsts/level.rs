//! A local level: a random walk seen through noise. Drawn by forward filtering and backward sampling (Carter & Kohn 1994;
//! Frühwirth-Schnatter 1994), then carried on past the last seen value.

use crate::draws::Stream;

/// Where the level starts and how it moves.
pub(super) struct Walk {
    pub(super) first_mean: f64,
    pub(super) first_variance: f64,
    /// Variance of one step of the level.
    pub(super) step_variance: f64,
    /// Variance of the noise that hides it.
    pub(super) noise_variance: f64,
}

/// Overwrites `level` by a draw given `seen`, which is as long or shorter: later levels follow the walk alone.
pub(super) fn draw(walk: &Walk, seen: &[f64], level: &mut [f64], stream: &mut Stream) {
    let mut filtered = Vec::with_capacity(seen.len());
    let (mut mean, mut variance) = (walk.first_mean, walk.first_variance);
    for value in seen {
        let gain = variance / (variance + walk.noise_variance);
        mean += gain * (value - mean);
        variance *= 1.0 - gain;
        filtered.push((mean, variance));
        variance += walk.step_variance;
    }
    let mut next: Option<f64> = None;
    for (place, (mean, variance)) in filtered.iter().enumerate().rev() {
        let (mut centre, mut spread) = (*mean, *variance);
        if let Some(next) = next {
            let pull = variance / (variance + walk.step_variance);
            centre += pull * (next - mean);
            spread *= 1.0 - pull;
        }
        level[place] = centre + spread.sqrt() * stream.normal();
        next = Some(level[place]);
    }
    for place in seen.len()..level.len() {
        let before = if place == 0 { walk.first_mean } else { level[place - 1] };
        level[place] = before + walk.step_variance.sqrt() * stream.normal();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Domain;

    /// Two values seen: the posterior of the two levels is a Gaussian that can be written down.
    #[test]
    fn draws_have_the_posterior_of_a_small_case() {
        let walk =
            Walk { first_mean: 1.0, first_variance: 2.0, step_variance: 0.5, noise_variance: 1.0 };
        let seen = [3.0, 0.0];
        // Prior covariance [[2, 2], [2, 2.5]]; posterior mean = m + C (C + I)⁻¹ (y − m).
        let determinant = 3.0 * 3.5 - 4.0;
        let (a, b) = ((3.5 * 2.0 + 2.0) / determinant, (-2.0 * 2.0 - 3.0) / determinant);
        let expected = [1.0 + 2.0 * a + 2.0 * b, 1.0 + 2.0 * a + 2.5 * b];
        let mut stream = Stream::new(3, Domain::Other, 0);
        let draws = 100_000;
        let (mut sum, mut squares) = ([0.0; 3], [0.0; 3]);
        let mut level = [0.0; 3];
        for _ in 0..draws {
            super::draw(&walk, &seen, &mut level, &mut stream);
            for (at, value) in level.iter().enumerate() {
                sum[at] += value / f64::from(draws);
                squares[at] += value * value / f64::from(draws);
            }
        }
        let variance = |at: usize| squares[at] - sum[at] * sum[at];
        let last =
            2.5 - (2.0 * (3.5 * 2.0 - 2.0 * 2.5) + 2.5 * (3.0 * 2.5 - 2.0 * 2.0)) / determinant;
        assert!(
            (sum[0] - expected[0]).abs() < 0.01 && (sum[1] - expected[1]).abs() < 0.01,
            "{sum:?} {expected:?}"
        );
        assert!((sum[2] - expected[1]).abs() < 0.02, "{sum:?}");
        assert!((variance(1) - last).abs() < 0.02, "{} {last}", variance(1));
        assert!((variance(2) - last - 0.5).abs() < 0.03);
    }
}
