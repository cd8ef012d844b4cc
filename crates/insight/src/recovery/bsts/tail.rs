//! Variances that must stay below a bound: draws of a gamma distribution above a floor.

use crate::draws::Stream;

/// Gamma with this `shape` (≥ 1) and scale 1, given that it is at least `floor`. In the tail, exponential draws under the
/// tangent of the log density at the floor are accepted or thrown away; the density is log-concave, so this is exact.
pub(super) fn gamma_above(stream: &mut Stream, shape: f64, floor: f64) -> f64 {
    let mode = shape - 1.0;
    if floor <= mode + shape.sqrt() {
        loop {
            let draw = stream.gamma(shape);
            if draw >= floor {
                return draw;
            }
        }
    }
    let slope = 1.0 - mode / floor;
    loop {
        let beyond = stream.exponential() / slope;
        let below_tangent = mode * (libm::log1p(beyond / floor) - beyond / floor);
        if libm::log(stream.uniform()) <= below_tangent {
            return floor + beyond;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Domain;

    fn mean_and_error(shape: f64, floor: f64) -> (f64, f64) {
        let mut stream = Stream::new(1, Domain::Other, 1);
        let draws: Vec<f64> =
            (0..200_000).map(|_| gamma_above(&mut stream, shape, floor)).collect();
        assert!(draws.iter().all(|draw| *draw >= floor));
        let count = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / count;
        let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / count;
        (mean, (variance / count).sqrt())
    }

    #[test]
    fn both_roads_agree() {
        // Gamma(2) above c has density x e^-x: mean (c² + 2c + 2) / (1 + c).
        for floor in [0.0, 0.5, 2.0, 2.5, 3.0, 8.0] {
            let expected = (floor * floor + 2.0 * floor + 2.0) / (1.0 + floor);
            let (mean, error) = mean_and_error(2.0, floor);
            assert!((mean - expected).abs() < 4.0 * error, "{floor}: {mean}");
        }
        // Of an exponential above a floor, what is above the floor is exponential again.
        let (mean, error) = mean_and_error(1.0, 9.0);
        assert!((mean - 10.0).abs() < 4.0 * error);
    }
}
