//! Runs the examples of a pack, which are its tests.

use super::{Pack, RuleId};
use crate::Language;

/// One example that did not do what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: RuleId,
    /// The language.
    pub language: Language,
    /// The sentence.
    pub text: String,
    /// Whether it should have hit.
    pub wanted: bool,
}

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tested {
    /// Examples that did what they say.
    pub passed: usize,
    /// Those that did not.
    pub failed: Vec<Failure>,
}

/// Runs all examples of a pack's rules; `hits` says whether a rule hits a sentence.
pub fn check(pack: &Pack, mut hits: impl FnMut(&RuleId, Language, &str) -> bool) -> Tested {
    let mut tested = Tested::default();
    for rule in &pack.rules {
        for (examples, wanted) in [(&rule.hits, true), (&rule.clear, false)] {
            for (language, texts) in examples {
                for text in texts {
                    if hits(&rule.id, *language, text) == wanted {
                        tested.passed += 1;
                        continue;
                    }
                    let (rule, text) = (rule.id.clone(), text.clone());
                    tested.failed.push(Failure { rule, language: *language, text, wanted });
                }
            }
        }
    }
    tested
}
