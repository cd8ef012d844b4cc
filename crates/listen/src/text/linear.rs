//! A linear model over buckets: one row of small integers per bucket, one column per label, so that one walk over the
//! features of a text scores all labels.

use super::grams::BUCKETS;

/// Columns of a row: sixteen bytes are one register.
pub const COLUMNS: usize = 16;
/// Rows that are added up in 16 bits: 256 · 127 fits.
const SAFE_ROWS: usize = 256;

/// The weights of up to sixteen labels.
#[derive(Clone)]
pub struct Table {
    rows: Vec<[i8; COLUMNS]>,
    /// What one step of a weight is worth, per column.
    pub scale: [f32; COLUMNS],
    /// What a text without features scores, per column.
    pub bias: [f32; COLUMNS],
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Table")
    }
}

impl Default for Table {
    fn default() -> Self {
        Self { rows: vec![[0; COLUMNS]; BUCKETS], scale: [0.0; COLUMNS], bias: [0.0; COLUMNS] }
    }
}

impl Table {
    /// Scores of all columns. Divided by the root of the number of features, so that long and short texts compare.
    pub fn score(&self, features: &[u32]) -> [f32; COLUMNS] {
        let mut total = [0_i32; COLUMNS];
        for part in features.chunks(SAFE_ROWS) {
            let mut sum = [0_i16; COLUMNS];
            for feature in part {
                let row = &self.rows[*feature as usize & (BUCKETS - 1)];
                for (sum, weight) in sum.iter_mut().zip(row) {
                    *sum += i16::from(*weight);
                }
            }
            for (total, sum) in total.iter_mut().zip(sum) {
                *total += i32::from(sum);
            }
        }
        let norm = 1.0 / (features.len().max(1) as f32).sqrt();
        std::array::from_fn(|column| {
            total[column] as f32 * self.scale[column] * norm + self.bias[column]
        })
    }

    /// Takes the weights of one column from numbers with a point.
    pub fn set_column(&mut self, column: usize, weights: &[f32], bias: f32) {
        let most = weights.iter().fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let inverse = if most > 0.0 { 127.0 / most } else { 0.0 };
        self.scale[column] = most / 127.0;
        self.bias[column] = bias;
        for (row, weight) in self.rows.iter_mut().zip(weights) {
            let rounded = (weight * inverse + 12_582_912.0) - 12_582_912.0;
            row[column] = rounded.clamp(-127.0, 127.0) as i8;
        }
    }

    /// The sparse form: per row that is not empty how many rows are left out before it, which columns it has, and those.
    pub fn pack(&self) -> Vec<u8> {
        let mut packed = Vec::new();
        for number in self.scale.iter().chain(&self.bias) {
            packed.extend(number.to_le_bytes());
        }
        let mut left_out = 0_u32;
        for row in &self.rows {
            let columns = (0..COLUMNS)
                .filter(|column| row[*column] != 0)
                .fold(0_u16, |mask, column| mask | 1 << column);
            if columns == 0 {
                left_out += 1;
                continue;
            }
            while left_out >= 0x80 {
                packed.push(left_out as u8 | 0x80);
                left_out >>= 7;
            }
            packed.push(left_out as u8);
            left_out = 0;
            packed.extend(columns.to_le_bytes());
            packed.extend(row.iter().filter(|weight| **weight != 0).map(|weight| *weight as u8));
        }
        packed
    }

    /// Reads the sparse form; `None` where it lies.
    pub fn unpack(mut packed: &[u8]) -> Option<Self> {
        let mut table = Self::default();
        for at in 0..2 * COLUMNS {
            let number = f32::from_le_bytes(*take(&mut packed)?);
            let place =
                if at < COLUMNS { &mut table.scale[at] } else { &mut table.bias[at - COLUMNS] };
            *place = if number.is_finite() { number } else { return None };
        }
        let mut at = 0_usize;
        while !packed.is_empty() {
            let (mut left_out, mut shift) = (0_usize, 0);
            loop {
                let byte = take::<1>(&mut packed)?[0];
                left_out |= usize::from(byte & 0x7F) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
                if shift > 21 {
                    return None;
                }
            }
            at += left_out;
            let row = table.rows.get_mut(at)?;
            let columns = u16::from_le_bytes(*take(&mut packed)?);
            for (column, weight) in row.iter_mut().enumerate() {
                if columns >> column & 1 == 1 {
                    *weight = take::<1>(&mut packed)?[0] as i8;
                }
            }
            at += 1;
        }
        Some(table)
    }
}

fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_its_sparse_form() {
        let mut table = Table::default();
        let weights: Vec<f32> =
            (0..BUCKETS).map(|at| if at % 997 == 0 { at as f32 - 1e5 } else { 0.0 }).collect();
        table.set_column(3, &weights, -0.25);
        table.set_column(15, &weights, 1.5);
        let read = Table::unpack(&table.pack()).unwrap();
        assert_eq!(read.rows, table.rows);
        assert_eq!((read.scale, read.bias), (table.scale, table.bias));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_table_or_none(bytes: Vec<u8>) {
            let _ = Table::unpack(&bytes);
        }
    }
}
