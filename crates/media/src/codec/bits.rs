//! A bit reader that answers `None` at the end instead of panicking.

/// Reads bits from the most significant down.
pub(crate) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    pub(crate) fn bit(&mut self) -> Option<bool> {
        let byte = *self.data.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// The next `n` bits, at most 32.
    pub(crate) fn take(&mut self, n: u32) -> Option<u32> {
        let mut value = 0u32;
        for _ in 0..n.min(32) {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    /// How many bits are left.
    pub(crate) fn left(&self) -> usize {
        self.data.len() * 8 - self.at
    }

    /// An unsigned Exp-Golomb number (ISO/IEC 14496-10 §9.1), `None` above 2^32 − 2.
    pub(crate) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.take(zeros)?;
        Some((1u32 << zeros) - 1 + rest)
    }

    /// A signed Exp-Golomb number.
    pub(crate) fn se(&mut self) -> Option<i64> {
        let n = i64::from(self.ue()?);
        Some(if n % 2 == 0 { -(n / 2) } else { n / 2 + 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_golomb_reads_the_table_of_the_standard() {
        // 1, 010, 011, 00100, 00101
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let read: Vec<_> = (0..5).map(|_| bits.ue()).collect();
        assert_eq!(read, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        let mut bits = Bits::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let read: Vec<_> = (0..5).map(|_| bits.se()).collect();
        assert_eq!(read, [Some(0), Some(1), Some(-1), Some(2), Some(-2)]);
        assert_eq!(Bits::new(&[0; 16]).ue(), None);
        assert_eq!(Bits::new(&[]).bit(), None);
    }
}
