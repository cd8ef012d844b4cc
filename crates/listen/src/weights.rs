//! Files of trained weights: what they are, what they were made of, and the numbers.
//!
//! `RLWT`, the length of a header, the header as JSON (kind, version, name and sha256 of every input), named parts with their
//! lengths. No time and no machine is in it, so that the same inputs make the same file.

use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 4] = b"RLWT";
/// Longer files are refused: the shipped ones have a few megabytes.
pub const BYTES_MAX: usize = 64 << 20;
const PARTS_MAX: usize = 64;

/// One file that went into a training.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its path below the folder of sets.
    pub name: String,
    /// Of its bytes, in hex.
    pub sha256: String,
}

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// `chat` or `host`.
    pub kind: String,
    /// Version of the features: weights of another version do not fit.
    pub version: u32,
    /// Everything that the weights were made of.
    pub inputs: Vec<Input>,
}

/// Why weights could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The bytes are no such file.
    #[error("the weights are damaged or no weights at all")]
    Damaged,
    /// They were made for other features.
    #[error("the weights are {found}, wanted is {wanted}")]
    Other {
        /// Kind and version that were found.
        found: String,
        /// Kind and version that are wanted.
        wanted: String,
    },
}

/// A file of weights, in memory.
#[derive(Clone, Debug)]
pub struct Weights {
    /// What it says about itself.
    pub header: Header,
    parts: Vec<(String, Vec<u8>)>,
}

impl Weights {
    /// Begins a file.
    pub fn new(kind: &str, version: u32, inputs: Vec<Input>) -> Self {
        Self { header: Header { kind: kind.to_owned(), version, inputs }, parts: Vec::new() }
    }

    /// Adds a part.
    pub fn push(&mut self, name: &str, bytes: Vec<u8>) {
        self.parts.push((name.to_owned(), bytes));
    }

    /// Adds numbers.
    pub fn push_numbers(&mut self, name: &str, numbers: &[f32]) {
        self.push(name, numbers.iter().flat_map(|number| number.to_le_bytes()).collect());
    }

    /// A part's bytes.
    pub fn part(&self, name: &str) -> Option<&[u8]> {
        self.parts.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.as_slice())
    }

    /// A part's numbers, if there are `count` and all are finite.
    pub fn numbers(&self, name: &str, count: usize) -> Option<Vec<f32>> {
        let bytes = self.part(name)?;
        let (words, rest) = bytes.as_chunks::<4>();
        let numbers: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        let fits = rest.is_empty() && numbers.len() == count;
        (fits && numbers.iter().all(|number| number.is_finite())).then_some(numbers)
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let header = serde_json::to_vec(&self.header).unwrap_or_default();
        let mut bytes = MAGIC.to_vec();
        let block = |part: &[u8], bytes: &mut Vec<u8>| {
            bytes.extend((part.len() as u32).to_le_bytes());
            bytes.extend(part);
        };
        block(&header, &mut bytes);
        for (name, part) in &self.parts {
            block(name.as_bytes(), &mut bytes);
            block(part, &mut bytes);
        }
        bytes
    }

    /// Reads a file of this kind and version.
    pub fn from_bytes(bytes: &[u8], kind: &str, version: u32) -> Result<Self, WeightsError> {
        let weights = Self::read(bytes).ok_or(WeightsError::Damaged)?;
        let Header { kind: found, version: made, .. } = &weights.header;
        if found == kind && *made == version {
            return Ok(weights);
        }
        let (found, wanted) = (format!("{found} {made}"), format!("{kind} {version}"));
        Err(WeightsError::Other { found, wanted })
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut left = bytes.strip_prefix(MAGIC).filter(|_| bytes.len() <= BYTES_MAX)?;
        let mut block = || {
            let (length, rest) = left.split_first_chunk::<4>()?;
            let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            left = rest;
            Some(part)
        };
        let header = serde_json::from_slice(block()?).ok()?;
        let mut parts = Vec::new();
        while let Some(name) = block() {
            if parts.len() == PARTS_MAX {
                return None;
            }
            parts.push((String::from_utf8(name.to_vec()).ok()?, block()?.to_vec()));
        }
        left.is_empty().then_some(Self { header, parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written_and_no_other() {
        let input = Input { name: "chat/zh/a.tsv".to_owned(), sha256: "00".to_owned() };
        let mut weights = Weights::new("chat", 1, vec![input]);
        weights.push_numbers("bias", &[0.5, -2.0]);
        let bytes = weights.to_bytes();
        let read = Weights::from_bytes(&bytes, "chat", 1).unwrap();
        assert_eq!(read.header, weights.header);
        assert_eq!(read.numbers("bias", 2), Some(vec![0.5, -2.0]));
        assert_eq!(read.numbers("bias", 3), None);
        assert!(matches!(Weights::from_bytes(&bytes, "host", 1), Err(WeightsError::Other { .. })));
        let cut = &bytes[..bytes.len() - 1];
        assert!(matches!(Weights::from_bytes(cut, "chat", 1), Err(WeightsError::Damaged)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_weights_or_refused(mut bytes: Vec<u8>) {
            bytes.splice(..0, *MAGIC);
            let _ = Weights::from_bytes(&bytes, "chat", 1);
        }
    }
}
