//! Random numbers from a seed. Each stream is named by seed, domain and index, and its blocks by a counter, so that any
//! thread can draw any part of any stream and all get the same bits; `libm` makes them the same on every machine.
//!
//! Nothing here takes randomness from the system, and nothing here is fit for secrets.

mod philox;
pub mod special;

pub use philox::block;

/// What a stream is for: streams of two domains never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
#[non_exhaustive]
pub enum Domain {
    /// Scenarios of what may happen.
    Scenario = 0,
    /// Parameters that the data leave open.
    Parameter = 1,
    /// Rows drawn again.
    Resample = 2,
    /// Made-up data.
    Sample = 3,
    /// Anything else that a caller needs.
    Other = 4,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u32; 2],
    domain: u32,
    index: [u32; 2],
    next_block: u32,
    words: [u32; 4],
    used: usize,
}

impl Stream {
    /// The stream of `index` in a domain, from its first number.
    #[must_use]
    pub fn new(seed: u64, domain: Domain, index: u64) -> Self {
        let halves = |value: u64| [value as u32, (value >> 32) as u32];
        Self {
            key: halves(seed),
            domain: domain as u32,
            index: halves(index),
            next_block: 0,
            words: [0; 4],
            used: 4,
        }
    }

    /// Block `number` of the stream, wherever the stream stands.
    #[inline]
    #[must_use]
    pub fn block(&self, number: u32) -> [u32; 4] {
        block([number, self.domain, self.index[0], self.index[1]], self.key)
    }

    /// The next 32 bits.
    #[inline]
    pub fn bits(&mut self) -> u32 {
        if self.used == 4 {
            self.words = self.block(self.next_block);
            self.next_block = self.next_block.wrapping_add(1);
            self.used = 0;
        }
        let word = self.words[self.used];
        self.used += 1;
        word
    }

    /// A number above 0 and below 1.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        let low = self.bits();
        unit(low, self.bits())
    }

    /// A whole number below `bound`; 0 where `bound` is 0. Its bias is `bound` / 2⁶⁴.
    pub fn below(&mut self, bound: u64) -> u64 {
        let bits = u64::from(self.bits()) << 32 | u64::from(self.bits());
        ((u128::from(bits) * u128::from(bound)) >> 64) as u64
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -libm::log(self.uniform())
    }

    /// Normal with mean 0 and standard deviation 1, by inversion.
    pub fn normal(&mut self) -> f64 {
        special::normal_quantile(self.uniform())
    }

    /// Gamma with the given shape and mean = shape (scale 1); 0 where shape is not above 0
    /// (Marsaglia & Tsang, ACM TOMS 26, 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if !(shape > 0.0 && shape.is_finite()) {
            return 0.0;
        }
        if shape < 1.0 {
            let boost = libm::pow(self.uniform(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let v = 1.0 + c * x;
            if v <= 0.0 {
                continue;
            }
            let v = v * v * v;
            if libm::log(self.uniform()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Beta with the given shapes, both above 0.
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let x = self.gamma(a);
        let y = self.gamma(b);
        if x + y > 0.0 { x / (x + y) } else { a / (a + b) }
    }

    /// Poisson with the given mean: by inversion below 30, by transformed rejection above (Hörmann, Insurance: Mathematics
    /// and Economics 12, 1993, PTRS); 0 where the mean is not above 0.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if !(mean > 0.0 && mean.is_finite()) {
            return 0;
        }
        if mean < 30.0 { self.poisson_small(mean) } else { self.poisson_large(mean) }
    }

    fn poisson_small(&mut self, mean: f64) -> u64 {
        let mut left = self.uniform();
        let mut probability = libm::exp(-mean);
        let mut count = 0;
        while left > probability && count < 1000 {
            left -= probability;
            count += 1;
            probability *= mean / count as f64;
        }
        count
    }

    fn poisson_large(&mut self, mean: f64) -> u64 {
        let b = 0.931 + 2.53 * libm::sqrt(mean);
        let a = -0.059 + 0.024_83 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        let log_mean = libm::log(mean);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = libm::floor((2.0 * a / us + b) * u + mean + 0.43);
            if us >= 0.07 && v <= v_r {
                return k as u64;
            }
            if k < 0.0 || us < 0.013 && v > us {
                continue;
            }
            let accept = libm::log(v * inverse_alpha / (a / (us * us) + b));
            if accept <= k * log_mean - mean - libm::lgamma(k + 1.0) {
                return k as u64;
            }
        }
    }
}

/// 52 of 64 random bits as a number above 0 and below 1.
#[inline]
#[must_use]
pub fn unit(low: u32, high: u32) -> f64 {
    const STEP: f64 = 1.0 / (1u64 << 52) as f64;
    let bits = (u64::from(high) << 32 | u64::from(low)) >> 12;
    (bits as f64 + 0.5) * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(index: u64) -> Stream {
        Stream::new(7, Domain::Other, index)
    }

    /// Mean and variance of many draws, within five standard errors of what they should be.
    fn check(name: &str, mean: f64, variance: f64, mut draw: impl FnMut(&mut Stream) -> f64) {
        let mut stream = stream(1);
        let draws: Vec<f64> = (0..200_000).map(|_| draw(&mut stream)).collect();
        let count = draws.len() as f64;
        let seen = draws.iter().sum::<f64>() / count;
        let squares: Vec<f64> = draws.iter().map(|x| (x - mean) * (x - mean)).collect();
        let spread = squares.iter().sum::<f64>() / count;
        let fourth = squares.iter().map(|x| (x - variance) * (x - variance)).sum::<f64>() / count;
        assert!((seen - mean).abs() < 5.0 * (variance / count).sqrt(), "{name}: mean {seen}");
        let error = 5.0 * (fourth / count).sqrt();
        assert!((spread - variance).abs() < error, "{name}: variance {spread}");
    }

    #[test]
    fn draws_have_their_moments() {
        check("uniform", 0.5, 1.0 / 12.0, Stream::uniform);
        check("exponential", 1.0, 1.0, Stream::exponential);
        check("normal", 0.0, 1.0, Stream::normal);
        for shape in [0.3, 1.0, 2.5, 40.0] {
            check("gamma", shape, shape, |stream| stream.gamma(shape));
        }
        for mean in [0.2, 5.4, 29.9, 30.1, 1000.0] {
            check("poisson", mean, mean, |stream| stream.poisson(mean) as f64);
        }
        check("beta", 0.25, 0.25 * 0.75 / 9.0, |stream| stream.beta(2.0, 6.0));
        check("below", 4.5, 8.25, |stream| stream.below(10) as f64);
    }

    #[test]
    fn poisson_has_its_probabilities() {
        for mean in [5.0, 40.0] {
            let mut stream = stream(2);
            let (draws, mut seen) = (400_000, [0u32; 120]);
            for _ in 0..draws {
                seen[(stream.poisson(mean) as usize).min(119)] += 1;
            }
            let mut chi = 0.0;
            let mut cells = 0.0;
            for (k, count) in seen.iter().enumerate() {
                let k = k as f64;
                let log = k * libm::log(mean) - mean - libm::lgamma(k + 1.0);
                let expected = libm::exp(log) * f64::from(draws);
                if expected > 20.0 {
                    chi += (f64::from(*count) - expected).powi(2) / expected;
                    cells += 1.0;
                }
            }
            assert!(
                (chi - cells).abs() < 5.0 * (2.0 * cells).sqrt(),
                "mean {mean}: {chi} of {cells}"
            );
        }
    }

    #[test]
    fn streams_are_apart_and_blocks_are_anywhere() {
        let mut one = stream(1);
        let first: Vec<u32> = (0..12).map(|_| one.bits()).collect();
        let other: Vec<u32> = (0..12).map(|_| stream(2).bits()).collect();
        assert_ne!(first, other);
        assert_eq!(first[4..8], stream(1).block(1));
        assert_ne!(first[..4], Stream::new(7, Domain::Scenario, 1).block(0));
        assert_ne!(first[..4], Stream::new(8, Domain::Other, 1).block(0));
    }

    #[test]
    fn degenerate_parameters_are_zero() {
        let mut stream = stream(3);
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!((stream.gamma(bad), stream.poisson(bad)), (0.0, 0));
        }
        assert_eq!(stream.below(0), 0);
    }

    #[test]
    fn a_unit_is_never_0_or_1() {
        assert!(unit(0, 0) > 0.0 && unit(u32::MAX, u32::MAX) < 1.0);
    }
}
