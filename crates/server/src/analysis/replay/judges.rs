//! What says which rules a sentence breaks.

use listen::Language;
use listen::judge::{Context, Hit, Judge};

/// What a sentence breaks, or nearly.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The rules that it breaks, the worst first.
    pub hits: Vec<Hit>,
    /// The rule that it nearly breaks, when it breaks none.
    pub unsure: Option<Hit>,
}

/// A judge of sentences.
pub trait Judges {
    /// Judges one.
    fn judge(&mut self, language: Language, text: &str, context: &Context<'_>) -> Found;
    /// Packs and weights with their versions.
    fn versions(&self) -> &[String];
}

impl Judges for Judge {
    fn judge(&mut self, language: Language, text: &str, context: &Context<'_>) -> Found {
        let scores = self.host_scores(language, text, context);
        let hits = self.hits(language, text, &scores);
        let unsure = if hits.is_empty() { self.unsure(language, text, &scores) } else { None };
        Found { hits, unsure }
    }

    fn versions(&self) -> &[String] {
        Judge::versions(self)
    }
}
