//! The functions behind distributions: normal and gamma.

/// e^x to 2 units in the last place; 0 below −708, infinite above 709. Made of additions and multiplications alone, so it has the same
/// bits everywhere, and is short enough to be inlined where scenarios are drawn.
#[inline]
#[must_use]
pub fn exp(x: f64) -> f64 {
    // Adding and subtracting this rounds to a whole number.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    if x < -708.0 {
        return 0.0;
    }
    if x > 709.0 {
        return f64::INFINITY;
    }
    let twos = x * std::f64::consts::LOG2_E + ROUND - ROUND;
    let r = x - twos * LN2_HIGH - twos * LN2_LOW;
    let (r2, r4) = (r * r, r * r * (r * r));
    let low = (1.0 + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0));
    let middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let high = (1.0 / 40_320.0 + r * (1.0 / 362_880.0))
        + r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0))
        + r4 * (1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0));
    let power = f64::from_bits(((twos as i64 + 1023) as u64) << 52);
    (low + r4 * (middle + r4 * high)) * power
}

/// The number that a standard normal falls below with probability `p` (Wichura, Applied Statistics 37, 1988, AS 241,
/// PPND16: relative accuracy 10⁻¹⁶). Infinite at 0 and 1, not a number beyond.
#[must_use]
#[expect(clippy::excessive_precision, reason = "coefficients stand as they were published")]
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        let above = poly(
            r,
            [
                2.509_080_928_730_122_672_7e3,
                3.343_057_558_358_812_810_5e4,
                6.726_577_092_700_870_085_3e4,
                4.592_195_393_154_987_145_7e4,
                1.373_169_376_550_946_112_5e4,
                1.971_590_950_306_551_442_7e3,
                1.331_416_678_917_843_774_5e2,
                3.387_132_872_796_366_608e0,
            ],
        );
        let below = poly(
            r,
            [
                5.226_495_278_852_854_561e3,
                2.872_908_573_572_194_267_4e4,
                3.930_789_580_009_271_061e4,
                2.121_379_430_158_659_586_7e4,
                5.394_196_021_424_751_107_7e3,
                6.871_870_074_920_579_083e2,
                4.231_333_070_160_091_125_2e1,
                1.0,
            ],
        );
        return q * above / below;
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return if tail == 0.0 { q.signum() * f64::INFINITY } else { f64::NAN };
    }
    let r = libm::sqrt(-libm::log(tail));
    let z = if r <= 5.0 {
        let r = r - 1.6;
        let above = poly(
            r,
            [
                7.745_450_142_783_414_076_4e-4,
                2.272_384_498_926_918_458_6e-2,
                2.417_807_251_774_506_117_7e-1,
                1.270_458_252_452_368_382_58e0,
                3.647_848_324_763_204_605_04e0,
                5.769_497_221_460_691_405_5e0,
                4.630_337_846_156_545_295_9e0,
                1.423_437_110_749_683_577_34e0,
            ],
        );
        let below = poly(
            r,
            [
                1.050_750_071_644_416_843_24e-9,
                5.475_938_084_995_344_946e-4,
                1.519_866_656_361_645_719_66e-2,
                1.481_039_764_274_800_745_9e-1,
                6.897_673_349_851_000_045_5e-1,
                1.676_384_830_183_803_849_4e0,
                2.053_191_626_637_758_821_87e0,
                1.0,
            ],
        );
        above / below
    } else {
        let r = r - 5.0;
        let above = poly(
            r,
            [
                2.010_334_399_292_288_132_65e-7,
                2.711_555_568_743_487_578_15e-5,
                1.242_660_947_388_078_438_6e-3,
                2.653_218_952_657_612_309_3e-2,
                2.965_605_718_285_048_912_3e-1,
                1.784_826_539_917_291_335_8e0,
                5.463_784_911_164_114_369_9e0,
                6.657_904_643_501_103_777_2e0,
            ],
        );
        let below = poly(
            r,
            [
                2.044_263_103_389_939_785_64e-15,
                1.421_511_758_316_445_888_7e-7,
                1.846_318_317_510_054_681_8e-5,
                7.868_691_311_456_132_591e-4,
                1.487_536_129_085_061_485_25e-2,
                1.369_298_809_227_358_053_1e-1,
                5.998_322_065_558_879_376_9e-1,
                1.0,
            ],
        );
        above / below
    };
    if q < 0.0 { -z } else { z }
}

/// Highest power first.
#[inline]
fn poly(x: f64, coefficients: [f64; 8]) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

/// The probability that a standard normal falls below `x`.
#[must_use]
pub fn normal_below(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The probability that a gamma of the given shape and scale 1 falls below `x` (regularised incomplete gamma function: series
/// below shape + 1, Lentz's continued fraction above). 0 where `x` is not above 0.
#[must_use]
pub fn gamma_below(shape: f64, x: f64) -> f64 {
    if !(x > 0.0 && shape > 0.0) {
        return 0.0;
    }
    let log_front = shape * libm::log(x) - x - libm::lgamma(shape);
    if x < shape + 1.0 {
        let mut term = 1.0 / shape;
        let mut sum = term;
        for n in 1..2000 {
            term *= x / (shape + f64::from(n));
            sum += term;
            if term < sum * 1e-15 {
                break;
            }
        }
        return (sum * libm::exp(log_front)).min(1.0);
    }
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for n in 1..2000 {
        let n = f64::from(n);
        let a = -n * (n - shape);
        b += 2.0;
        d = a * d + b;
        c = b + a / c;
        d = 1.0 / if d.abs() < TINY { TINY } else { d };
        c = if c.abs() < TINY { TINY } else { c };
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (1.0 - fraction * libm::exp(log_front)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(seen: f64, expected: f64) {
        assert!(
            (seen - expected).abs() <= 1e-12 * expected.abs().max(1e-3),
            "{seen} is not {expected}"
        );
    }

    #[test]
    fn known_normal_quantiles() {
        // The check values that stand in the algorithm's publication.
        near(normal_quantile(0.25), -0.674_489_750_196_081_7);
        near(normal_quantile(0.001), -3.090_232_306_167_814);
        near(normal_quantile(1e-20), -9.262_340_089_798_408);
        near(normal_quantile(0.975), 1.959_963_984_540_054);
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(1.5).is_nan());
        for p in [1e-12, 0.01, 0.3, 0.7, 0.999_999] {
            near(normal_below(normal_quantile(p)) / p, 1.0);
        }
    }

    #[test]
    fn exp_is_exp() {
        for step in -7080..=7090 {
            let x = f64::from(step) * 0.1;
            let (seen, exact) = (exp(x), libm::exp(x));
            assert!((seen / exact - 1.0).abs() < 5e-16, "{x}: {seen} is not {exact}");
        }
        assert_eq!((exp(0.0), exp(-1e9), exp(1e9)), (1.0, 0.0, f64::INFINITY));
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn known_gamma_probabilities() {
        // Shape 1 is exponential; shape 1/2 is half a squared normal; whole shapes are sums of Poisson probabilities.
        for x in [0.01, 0.5, 1.0, 3.0, 20.0] {
            near(gamma_below(1.0, x), 1.0 - libm::exp(-x));
            near(gamma_below(0.5, x), libm::erf(libm::sqrt(x)));
            let poisson: f64 = (0..7)
                .map(|k| {
                    libm::exp(-x + f64::from(k) * libm::log(x) - libm::lgamma(f64::from(k) + 1.0))
                })
                .sum();
            near(gamma_below(7.0, x) + poisson, 1.0);
        }
        assert_eq!(gamma_below(2.0, 0.0), 0.0);
        assert_eq!(gamma_below(2.0, -1.0), 0.0);
    }
}
