//! The beta distribution: its distribution function, quantiles, and Student's t through it. Continued fraction by Lentz's
//! method (Press et al., Numerical Recipes, §6.4). Right to about ten digits while both shapes are below 1e7.

/// The fraction converges in a few times the root of the larger shape; this many terms reach shapes of 1e9.
const TERMS_MAX: u32 = 200_000;

/// P(X ≤ x) for X ~ Beta(`a`, `b`), both shapes above 0.
pub(crate) fn cdf(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = libm::exp(a * libm::log(x) + b * libm::log1p(-x) - log_beta(a, b));
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// The x with P(X ≤ x) = `share`: Newton's steps, halving where they leave the bracket.
pub(crate) fn quantile(a: f64, b: f64, share: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    for _ in 0..200 {
        let miss = cdf(a, b, x) - share;
        if miss > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let log_density = (a - 1.0) * libm::log(x) + (b - 1.0) * libm::log1p(-x) - log_beta(a, b);
        let step = x - miss / libm::exp(log_density);
        let next = if step > low && step < high { step } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-15 + 1e-13 * x || high - low <= 1e-15 {
            return next;
        }
        x = next;
    }
    x
}

/// The t with P(|T| ≤ t) = 0.95 for Student's T with `freedom` ≥ 1 degrees.
pub(crate) fn student_95(freedom: f64) -> f64 {
    let x = quantile(0.5 * freedom, 0.5, 0.05);
    (freedom * (1.0 / x - 1.0)).sqrt()
}

fn log_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let guard = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = d;
    for term in 1..=TERMS_MAX {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for part in [even, odd] {
            d = 1.0 / guard(1.0 + part * d);
            c = guard(1.0 + part / c);
            factor = d * c;
            value *= factor;
        }
        if (factor - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shapes_with_a_closed_form_come_out() {
        for x in [0.001_f64, 0.1, 0.5, 0.77, 0.9] {
            for (a, b, expected) in [
                (1.0, 1.0, x),
                (3.0, 1.0, x.powi(3)),
                (1.0, 4.0, 1.0 - (1.0 - x).powi(4)),
                (2.0, 2.0, x * x * (3.0 - 2.0 * x)),
                (0.5, 0.5, x.sqrt().asin() * std::f64::consts::FRAC_2_PI),
            ] {
                assert!((cdf(a, b, x) - expected).abs() < 1e-12, "{a} {b} {x}");
                assert!((quantile(a, b, expected) - x).abs() < 1e-9, "{a} {b} {x}");
            }
        }
        assert_eq!((cdf(2.0, 3.0, -1.0), cdf(2.0, 3.0, 2.0)), (0.0, 1.0));
    }

    #[test]
    fn exact_binomial_limits_come_out() {
        // Clopper & Pearson for 7 of 20 at 95 %.
        assert!((quantile(7.0, 14.0, 0.025) - 0.153_909).abs() < 1e-6);
        assert!((quantile(8.0, 13.0, 0.975) - 0.592_189).abs() < 1e-6);
    }

    #[test]
    fn students_table_comes_out() {
        for (freedom, expected) in
            [(1.0, 12.7062), (2.0, 4.3027), (10.0, 2.2281), (37.0, 2.0262), (1e6, 1.9600)]
        {
            assert!(
                (student_95(freedom) - expected).abs() < 1e-4,
                "{freedom}: {}",
                student_95(freedom)
            );
        }
    }

    proptest! {
        #[test]
        fn quantile_and_distribution_undo_each_other(a in 0.05..5_000.0_f64, b in 0.05..5_000.0_f64, share in 0.001..0.999_f64) {
            let x = quantile(a, b, share);
            prop_assert!((0.0..=1.0).contains(&x));
            // Near an end the density may be so high that the last bit of x is a share of its own.
            if x > 1e-6 && x < 1.0 - 1e-6 {
                prop_assert!((cdf(a, b, x) - share).abs() < 1e-8, "{x} {}", cdf(a, b, x));
            }
        }

        #[test]
        fn large_shapes_stay_near_the_normal(mean in 0.1..0.9_f64, size in 1e6..1e8_f64) {
            let deviation = (mean * (1.0 - mean) / size).sqrt();
            let low = quantile(mean * size, (1.0 - mean) * size, 0.05);
            prop_assert!((low - (mean - 1.644_854 * deviation)).abs() < 0.02 * deviation);
        }
    }
}
