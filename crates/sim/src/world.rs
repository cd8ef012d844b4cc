//! Virtual time, dice and ids: all that a run takes from outside, and all of it comes from the seed.

use units::{Duration, Timestamp};

/// When every run begins.
pub const STARTED: Timestamp = Timestamp::from_ms(1_764_000_000_000);

/// PCG-XSH-RR 64/32 (O'Neill 2014). Its own few lines rather than a crate, because a seed must name the same run in every
/// later version, and the crates of dice change theirs.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
    stream: u64,
}

impl Rng {
    /// Dice for a seed. Two with different `stream`s have nothing in common, so that what one actor does more or less of
    /// leaves the dice of the others alone.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = Self { state: 0, stream: stream << 1 | 1 };
        rng.next_u32();
        rng.state = rng.state.wrapping_add(seed);
        rng.next_u32();
        rng
    }

    /// 32 even bits.
    pub fn next_u32(&mut self) -> u32 {
        let old = self.state;
        self.state = old.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(self.stream);
        let xorshifted = ((old >> 18 ^ old) >> 27) as u32;
        xorshifted.rotate_right((old >> 59) as u32)
    }

    /// A number from `low` to below `high`; `low` when there is none.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(1) as u64;
        low + (u64::from(self.next_u32()) << 32 | u64::from(self.next_u32())).wrapping_rem(span)
            as i64
    }

    /// One of `n` places.
    pub fn below(&mut self, n: usize) -> usize {
        self.range(0, n as i64) as usize
    }

    /// True so many times in a thousand.
    pub fn chance(&mut self, permille: u32) -> bool {
        self.next_u32() % 1000 < permille
    }

    /// One of these, which are not none.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A span from `low` to below `high` milliseconds.
    pub fn ms(&mut self, low: i64, high: i64) -> Duration {
        Duration::from_ms(self.range(low, high))
    }
}

/// Mints ids that never repeat in a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids(u128);

impl Ids {
    pub(crate) fn next(&mut self) -> u128 {
        self.0 += 1;
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_sequence() {
        let roll = |seed, stream| {
            let mut rng = Rng::new(seed, stream);
            [rng.next_u32(), rng.next_u32(), rng.next_u32()]
        };
        assert_eq!(roll(42, 54), roll(42, 54));
        // The reference implementation's first numbers for `pcg32_srandom(42, 54)`.
        assert_eq!(roll(42, 54), [0xa15c_02b7, 0x7b47_f409, 0xba1d_3330]);
        assert_ne!(roll(42, 54), roll(42, 55));
    }
}
