//! Judging chat: labels of a line, what it adds to the reading of its room, and a fingerprint that tells copies apart.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Language;
use crate::text::grams::Scratch;
use crate::text::normal::Normal;
use crate::text::signs::{self, Signs};
use crate::text::{self, ChatModel, ChatScores};
use crate::weights::{Weights, WeightsError};

/// Weights that ship.
pub(crate) const CHAT: &[u8] = include_bytes!("../../../models/chat.weights");

/// Unpacked once, for all who judge.
static MODEL: Mutex<Option<Arc<ChatModel>>> = Mutex::new(None);

/// A judge of chat. It holds no state between lines but its buffers.
pub struct ChatJudge {
    model: Arc<ChatModel>,
    scratch: Scratch,
    spelt: Normal,
    plain: String,
}

impl std::fmt::Debug for ChatJudge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChatJudge").finish_non_exhaustive()
    }
}

impl ChatJudge {
    /// A judge with the weights that ship; they are shared.
    pub fn load() -> Result<Self, WeightsError> {
        let mut shared = MODEL.lock().unwrap_or_else(PoisonError::into_inner);
        let model = match &*shared {
            Some(model) => Arc::clone(model),
            None => {
                let weights = Weights::from_bytes(CHAT, "chat", text::VERSION)?;
                Arc::clone(shared.insert(Arc::new(ChatModel::unpack(&weights)?)))
            }
        };
        let (scratch, spelt) = (Scratch::default(), Normal::default());
        Ok(Self { model, scratch, spelt, plain: String::new() })
    }

    /// What a line is.
    pub fn score(&mut self, text: &str) -> ChatScores {
        self.model.score(text, &mut self.scratch)
    }

    /// How likely a line is offensive.
    pub fn offensive(&mut self, language: Language, text: &str) -> f32 {
        self.score(text).offensive(language)
    }

    /// The fingerprint of a line, for telling copies apart before anything is labelled.
    pub fn fingerprint(&mut self, text: &str) -> u64 {
        self.spelt.fill(text);
        signs::fingerprint(&self.spelt)
    }

    /// What a line adds to the reading of its room.
    pub fn signs(&mut self, language: Language, text: &str) -> Signs {
        self.spelt.fill(text);
        let words = signs::words(language, &self.spelt, &mut self.plain);
        Signs::of(&self.score(text), words)
    }
}
