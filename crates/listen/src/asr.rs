//! What turns sound into words: the trait, and the engine behind it.

mod whisper;

pub use whisper::{Whisper, WhisperOptions};

use units::Duration;

use crate::{Language, ListenError};

/// Samples a second of everything that is heard.
pub const RATE: u32 = 16_000;
/// The longest stretch that is recognised at once: ten seconds.
pub const SAMPLES_MAX: usize = 10 * RATE as usize;

/// A piece of text with its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Token {
    /// A whole number of characters; words begin with a space in languages that have them.
    pub text: String,
    /// When it ends, from the first sample, if the engine can tell.
    pub ends: Option<Duration>,
    /// Natural logarithm of its probability.
    pub logprob: f32,
}

/// What was recognised in one stretch of sound.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Recognised {
    /// In order; empty when there was nothing.
    pub tokens: Vec<Token>,
}

/// Turns at most [`SAMPLES_MAX`] samples into words.
pub trait Recogniser {
    /// Recognises mono samples of −1 to 1 at [`RATE`].
    ///
    /// # Errors
    /// [`ListenError::Engine`] when the engine fails; the next call may succeed.
    fn recognise(&mut self, samples: &[f32], language: Language)
    -> Result<Recognised, ListenError>;
}
