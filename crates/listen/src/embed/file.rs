//! The file of packed 4-bit weights, read as hostile bytes: every length is checked against what is left before
//! anything is held for it.
//!
//! Layout (little-endian): `E5S1`, version, seven sizes, epsilon, block length; the vocabulary (offsets, scores, bytes);
//! the table that maps one code point to several; the directory of tensors (name, type, count, offset, length).
//! A block of 4-bit weights is an f16 scale and 16 bytes: byte `j` holds weight `j` low and weight `j + 16` high, both
//! plus eight.

use std::collections::HashMap;

use super::EmbedError;
use crate::half;

/// Weights of a block, and what it takes in the file.
pub(super) const BLOCK: usize = 32;
pub(super) const BLOCK_BYTES: usize = 18;

/// What the encoder was made for. A file with other sizes is refused, so that no later index can leave its array.
pub(super) const WIDTH: usize = 384;
pub(super) const LAYERS: usize = 12;
pub(super) const HEADS: usize = 12;
pub(super) const INNER: usize = 1536;

/// Pieces of the vocabulary, and code points with a replacement, at most.
const PIECES_MAX: usize = 300_000;
const REPLACED_MAX: usize = 300_000;
/// Tensors in the directory, at most.
const TENSORS_MAX: usize = 1024;

/// A place in the file.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], EmbedError> {
        let end = self.at.checked_add(length).ok_or(EmbedError::Truncated)?;
        let part = self.bytes.get(self.at..end).ok_or(EmbedError::Truncated)?;
        self.at = end;
        Ok(part)
    }

    fn word(&mut self) -> Result<[u8; 4], EmbedError> {
        Ok(self.take(4)?.try_into().unwrap_or_default())
    }

    pub(super) fn u8(&mut self) -> Result<u8, EmbedError> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    fn u16(&mut self) -> Result<u16, EmbedError> {
        Ok(u16::from_le_bytes(self.take(2)?.try_into().unwrap_or_default()))
    }

    pub(super) fn u32(&mut self) -> Result<u32, EmbedError> {
        Ok(u32::from_le_bytes(self.word()?))
    }

    fn f32(&mut self) -> Result<f32, EmbedError> {
        Ok(f32::from_le_bytes(self.word()?))
    }

    fn u64(&mut self) -> Result<u64, EmbedError> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into().unwrap_or_default()))
    }

    fn size(&mut self, most: usize) -> Result<usize, EmbedError> {
        let size = usize::try_from(self.u32()?).map_err(|_| EmbedError::Truncated)?;
        if size > most { Err(EmbedError::Shape("a size is out of bounds")) } else { Ok(size) }
    }
}

/// The parts of a file, still as bytes.
pub(super) struct Parts<'a> {
    bytes: &'a [u8],
    pub(super) epsilon: f32,
    pub(super) positions: usize,
    pub(super) vocabulary: usize,
    pub(super) offsets: Vec<u32>,
    pub(super) scores: Vec<f32>,
    pub(super) pieces: &'a [u8],
    pub(super) specials: Specials,
    /// Sorted by code point; what replaces each.
    pub(super) replaced: Vec<(u32, Vec<u32>)>,
    tensors: HashMap<String, (usize, usize)>,
}

/// Ids of tokens that are no text.
#[derive(Clone, Copy)]
pub(super) struct Specials {
    pub(super) begin: u32,
    pub(super) end: u32,
    pub(super) unknown: u32,
}

impl<'a> Parts<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, EmbedError> {
        let mut reader = Reader::new(bytes);
        if reader.take(4)? != b"E5S1" {
            return Err(EmbedError::Shape("this is no file of packed sentence weights"));
        }
        if reader.u32()? != 1 {
            return Err(EmbedError::Shape("the file has a version that is not known"));
        }
        let sizes: Vec<u32> = (0..4).map(|_| reader.u32()).collect::<Result<_, _>>()?;
        let expected = [WIDTH, LAYERS, HEADS, INNER];
        if sizes.iter().zip(expected).any(|(size, wanted)| usize::try_from(*size) != Ok(wanted)) {
            return Err(EmbedError::Shape("the sizes are not those of multilingual-e5-small"));
        }
        let vocabulary = reader.size(PIECES_MAX)?;
        let positions = reader.size(512)?;
        reader.u32()?;
        let epsilon = reader.f32()?;
        if reader.u32()? as usize != BLOCK {
            return Err(EmbedError::Shape("blocks are not 32 weights long"));
        }
        let count = reader.size(PIECES_MAX)?;
        let (begin, end, _pad, unknown) =
            (reader.u32()?, reader.u32()?, reader.u32()?, reader.u32()?);
        let blob = usize::try_from(reader.u64()?).map_err(|_| EmbedError::Truncated)?;
        let offsets = words(reader.take((count + 1) * 4)?).map(u32::from_le_bytes).collect();
        let scores = words(reader.take(count * 4)?).map(f32::from_le_bytes).collect();
        let pieces = reader.take(blob)?;
        let replaced_count = reader.size(REPLACED_MAX)?;
        let replaced_bytes = reader.u32()?;
        let mut table = Reader::new(reader.take(replaced_bytes as usize)?);
        let mut replaced = Vec::with_capacity(replaced_count);
        for _ in 0..replaced_count {
            let (point, length) = (table.u32()?, usize::from(table.u8()?));
            replaced
                .push((point, words(table.take(length * 4)?).map(u32::from_le_bytes).collect()));
        }
        let mut tensors = HashMap::new();
        for _ in 0..reader.size(TENSORS_MAX)? {
            let length = usize::from(reader.u16()?);
            let name = String::from_utf8_lossy(reader.take(length)?).into_owned();
            reader.u8()?;
            reader.u32()?;
            let (at, size) = (reader.u64()?, reader.u64()?);
            let at = usize::try_from(at).map_err(|_| EmbedError::Truncated)?;
            let size = usize::try_from(size).map_err(|_| EmbedError::Truncated)?;
            tensors.insert(name, (at, size));
        }
        let specials = Specials { begin, end, unknown };
        Ok(Self {
            bytes,
            epsilon,
            positions,
            vocabulary,
            offsets,
            scores,
            pieces,
            specials,
            replaced,
            tensors,
        })
    }

    fn tensor(&self, name: &str, length: usize) -> Result<&'a [u8], EmbedError> {
        let (at, _) = self.tensors.get(name).ok_or(EmbedError::Shape("a tensor is missing"))?;
        let end = at.checked_add(length).ok_or(EmbedError::Truncated)?;
        self.bytes.get(*at..end).ok_or(EmbedError::Truncated)
    }

    /// A tensor of `count` numbers.
    pub(super) fn floats(&self, name: &str, count: usize) -> Result<Vec<f32>, EmbedError> {
        Ok(words(self.tensor(name, count * 4)?).map(f32::from_le_bytes).collect())
    }

    /// A tensor of `rows` × `columns` 4-bit weights, as it lies in the file.
    pub(super) fn packed(
        &self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<&'a [u8], EmbedError> {
        self.tensor(name, rows * (columns / BLOCK) * BLOCK_BYTES)
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = [u8; 4]> + '_ {
    bytes.chunks_exact(4).map(|word| word.try_into().unwrap_or_default())
}

/// The scale and the 32 weights of one block.
pub(super) fn unpack(block: &[u8]) -> (f32, [i8; BLOCK]) {
    let mut weights = [0_i8; BLOCK];
    let scale = half::to_f32(u16::from_le_bytes([block[0], block[1]]));
    // An infinite scale would spread through every sum, so it counts as none.
    let scale = if scale.is_finite() { scale } else { 0.0 };
    for (j, byte) in block[2..BLOCK_BYTES].iter().enumerate() {
        weights[j] = (byte & 0x0F) as i8 - 8;
        weights[j + 16] = (byte >> 4) as i8 - 8;
    }
    (scale, weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_ends_early_or_lies_about_its_sizes_is_refused() {
        assert!(matches!(Parts::read(b"E5S1"), Err(EmbedError::Truncated)));
        assert!(matches!(Parts::read(b"nonsense"), Err(EmbedError::Shape(_))));
        let mut bytes = b"E5S1\x01\0\0\0".to_vec();
        for size in [384_u32, 12, 12, 1536, u32::MAX] {
            bytes.extend(size.to_le_bytes());
        }
        assert!(matches!(Parts::read(&bytes), Err(EmbedError::Shape(_))));
    }
}
