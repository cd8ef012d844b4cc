//! The words that the half which hears and the half which judges share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use units::{Duration, MediaTime};

/// A language that can be heard and judged. A show has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Mandarin Chinese, written in simplified characters.
    Zh,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Language {
    /// Every language, in the order of the documents.
    pub const ALL: [Self; 3] = [Self::Zh, Self::Ru, Self::En];

    /// The two letters of ISO 639-1.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A language code that is none of [`Language::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown language; zh, ru and en are known")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(code: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|language| language.code() == code).ok_or(UnknownLanguage)
    }
}

/// How far the bounds of a sentence were moved outward from where it probably begins and ends.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Slack {
    /// The sentence probably begins this long after `from`.
    pub from: Duration,
    /// The sentence probably ends this long before `to`.
    pub to: Duration,
}

/// One stretch of speech as recognised once. Several hypotheses cover the same speech while it grows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Hypothesis {
    /// Where the speech begins, padded and moved outward to a quiet place, never inward.
    pub from: MediaTime,
    /// Where the speech ends, padded and moved outward in the same way.
    pub to: MediaTime,
    /// How uncertain each bound is.
    pub slack: Slack,
    /// The sound that the recogniser was given.
    pub covered: (MediaTime, MediaTime),
    /// What was recognised; empty when nothing was.
    pub text: String,
    /// The mean of the tokens' natural log probabilities.
    pub logprob: f32,
    /// `false` is speech that was not understood. It is never the same as "nothing wrong was said".
    pub heard: bool,
    /// The sentence is finished: nothing later replaces it. It belongs in the transcript and the captions.
    pub last: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_its_code() {
        for language in Language::ALL {
            assert_eq!(language.code().parse(), Ok(language));
            assert_eq!(serde_json::to_string(&language).expect("JSON"), format!("\"{language}\""));
        }
        assert_eq!("EN".parse::<Language>(), Err(UnknownLanguage));
    }
}
