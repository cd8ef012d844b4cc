//! The form of a pack, and its compiled rules.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::SHIPPED;
use super::fuzzy::Phrase;
use crate::Language;
use crate::host::LABELS;

/// Bytes of a pack, at most.
const PACK_BYTES_MAX: usize = 512 << 10;
/// Rules of a pack, patterns and phrases of a rule and a language, examples of either kind.
const RULES_MAX: usize = 64;
const PATTERNS_MAX: usize = 64;
const EXAMPLES_MAX: usize = 200;
/// Characters of one pattern, and bytes of its compiled form.
const PATTERN_CHARS_MAX: usize = 1000;
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// Packs that one pack may extend, and how deep.
const EXTENDS_MAX: usize = 4;

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The file is longer than 512 KiB.
    #[error("the pack is longer than {PACK_BYTES_MAX} bytes")]
    TooLong,
    /// It is no pack.
    #[error("the pack does not parse")]
    Form(#[from] toml::de::Error),
    /// A number is over its bound.
    #[error("{rule} has too many {what}")]
    TooMany {
        /// The rule, or the pack.
        rule: String,
        /// Of what.
        what: &'static str,
    },
    /// A pattern does not compile, or its compiled form is too large.
    #[error("a pattern of {rule} does not compile")]
    Pattern {
        /// The rule.
        rule: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// A name that nothing has.
    #[error("{rule} names {name}, which is not known")]
    Unknown {
        /// The rule, or the pack.
        rule: String,
        /// The name.
        name: String,
    },
    /// A file could not be read.
    #[error("could not read the pack")]
    Read(#[from] std::io::Error),
}

/// A rule's name with its pack: `core/contempt`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleId(pub String);

impl RuleId {
    /// The name without the pack.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or(self.0.as_str(), |(_, name)| name)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How bad it is that the sentence airs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody should know.
    Notice,
    /// A rule is broken and somebody may be harmed or fined.
    Serious,
    /// It must not air.
    Grave,
}

/// What is proposed; what is done is the policy's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Tell the crew.
    Advise,
    /// Silence the sentence.
    Mute,
    /// Silence it and cover the picture.
    Cover,
}

/// Sentences per language.
pub type Examples = BTreeMap<Language, Vec<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackForm {
    id: String,
    version: u32,
    title: String,
    lawyer: String,
    #[serde(default)]
    extends: Vec<String>,
    #[serde(default)]
    rule: Vec<RuleForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleForm {
    id: String,
    basis: String,
    languages: Vec<Language>,
    severity: Severity,
    action: Action,
    model: Option<String>,
    /// With a model: below this share a pattern alone is not believed.
    #[serde(default)]
    floor: f32,
    /// With a model: whether an exception silences it too.
    #[serde(default)]
    veto: bool,
    #[serde(default)]
    patterns: Examples,
    #[serde(default)]
    except: Examples,
    #[serde(default)]
    relays: Examples,
    #[serde(default)]
    addresses: Examples,
    #[serde(default)]
    sounds: Examples,
    #[serde(default)]
    hits: Examples,
    #[serde(default)]
    clear: Examples,
}

/// One rule, compiled.
#[derive(Debug)]
pub struct Rule {
    /// Its name with the pack.
    pub id: RuleId,
    /// The law or the house rule it stands for.
    pub basis: String,
    /// Languages that it knows.
    pub languages: Vec<Language>,
    /// How bad.
    pub severity: Severity,
    /// What is proposed.
    pub action: Action,
    /// The label of the model of host sentences, by its place.
    pub model: Option<usize>,
    /// With a model: below this share a pattern alone is not believed.
    pub floor: f32,
    /// With a model: whether an exception silences it too.
    pub veto: bool,
    /// Sentences that must hit.
    pub hits: Examples,
    /// Sentences that must not.
    pub clear: Examples,
    patterns: BTreeMap<Language, Vec<Regex>>,
    except: BTreeMap<Language, Vec<Regex>>,
    relays: BTreeMap<Language, Vec<Regex>>,
    addresses: BTreeMap<Language, Vec<Regex>>,
    sounds: BTreeMap<Language, Vec<Phrase>>,
}

/// A pack, compiled, with the rules of those that it extends.
#[derive(Debug)]
pub struct Pack {
    /// Its name.
    pub id: String,
    /// Goes up with each change.
    pub version: u32,
    /// What it is about.
    pub title: String,
    /// What a lawyer has yet to check.
    pub lawyer: String,
    /// Its own rules, then those of the packs that it extends.
    pub rules: Vec<Rule>,
}

impl Pack {
    /// A pack that ships.
    pub fn shipped(name: &str) -> Option<Result<Self, PackError>> {
        SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| Self::parse(text))
    }

    /// A pack by name, or from the file at that path.
    pub fn open(name: &str) -> Result<Self, PackError> {
        if let Some(pack) = Self::shipped(name) {
            return pack;
        }
        if std::fs::metadata(name)?.len() > PACK_BYTES_MAX as u64 {
            return Err(PackError::TooLong);
        }
        Self::parse(&String::from_utf8_lossy(&std::fs::read(name)?))
    }

    /// Reads a pack. One that extends others may name those that ship.
    pub fn parse(text: &str) -> Result<Self, PackError> {
        Self::parse_at(text, 0)
    }

    fn parse_at(text: &str, depth: usize) -> Result<Self, PackError> {
        if text.len() > PACK_BYTES_MAX {
            return Err(PackError::TooLong);
        }
        let form: PackForm = toml::from_str(text)?;
        let too_many = |what| PackError::TooMany { rule: form.id.clone(), what };
        if form.rule.len() > RULES_MAX {
            return Err(too_many("rules"));
        }
        if form.extends.len() > EXTENDS_MAX || depth > EXTENDS_MAX {
            return Err(too_many("packs that it extends"));
        }
        let mut rules = Vec::new();
        for rule in form.rule {
            rules.push(Rule::new(&form.id, rule)?);
        }
        for name in &form.extends {
            let unknown = || PackError::Unknown { rule: form.id.clone(), name: name.clone() };
            let (_, text) = SHIPPED.iter().find(|(known, _)| known == name).ok_or_else(unknown)?;
            rules.extend(Self::parse_at(text, depth + 1)?.rules);
        }
        Ok(Self {
            id: form.id,
            version: form.version,
            title: form.title,
            lawyer: form.lawyer,
            rules,
        })
    }
}

impl Rule {
    fn new(pack: &str, form: RuleForm) -> Result<Self, PackError> {
        let id = RuleId(format!("{pack}/{}", form.id));
        let too_many = |what| PackError::TooMany { rule: id.0.clone(), what };
        let within = |lists: &Examples, most| lists.values().all(|list| list.len() <= most);
        let lists = [&form.patterns, &form.except, &form.relays, &form.addresses, &form.sounds];
        if !lists.iter().all(|l| within(l, PATTERNS_MAX)) {
            return Err(too_many("patterns"));
        }
        if !within(&form.hits, EXAMPLES_MAX) || !within(&form.clear, EXAMPLES_MAX) {
            return Err(too_many("examples"));
        }
        let model = match form.model {
            Some(name) => Some(
                LABELS
                    .iter()
                    .position(|label| *label == name)
                    .ok_or_else(|| PackError::Unknown { rule: id.0.clone(), name })?,
            ),
            None => None,
        };
        let sounds = form.sounds.iter().map(|(language, phrases)| {
            (*language, phrases.iter().map(|phrase| Phrase::new(*language, phrase)).collect())
        });
        Ok(Self {
            sounds: sounds.collect(),
            patterns: compile(&id, &form.patterns)?,
            except: compile(&id, &form.except)?,
            relays: compile(&id, &form.relays)?,
            addresses: compile(&id, &form.addresses)?,
            basis: form.basis,
            languages: form.languages,
            severity: form.severity,
            action: form.action,
            model,
            floor: form.floor,
            veto: form.veto,
            hits: form.hits,
            clear: form.clear,
            id,
        })
    }

    /// Where a pattern or a phrase that sounds alike stands in a normalised sentence.
    pub fn find(&self, language: Language, text: &str) -> Option<Range<usize>> {
        let sounds = || {
            let mut phrases = self.sounds.get(&language).into_iter().flatten();
            phrases.find_map(|phrase| phrase.find(text))
        };
        first(&self.patterns, language, text).or_else(sounds)
    }

    /// Whether an exception stands in it, which takes a pattern's word back.
    pub fn excepts(&self, language: Language, text: &str) -> bool {
        first(&self.except, language, text).is_some()
    }

    /// Whether it tells what a viewer asks or writes, which a model easily takes for the host's own words, and speaks to nobody.
    pub fn relays(&self, language: Language, text: &str) -> bool {
        first(&self.relays, language, text).is_some()
            && first(&self.addresses, language, text).is_none()
    }
}

fn first(
    patterns: &BTreeMap<Language, Vec<Regex>>,
    language: Language,
    text: &str,
) -> Option<Range<usize>> {
    let mut patterns = patterns.get(&language).into_iter().flatten();
    patterns.find_map(|pattern| pattern.find(text)).map(|found| found.range())
}

fn compile(id: &RuleId, patterns: &Examples) -> Result<BTreeMap<Language, Vec<Regex>>, PackError> {
    let mut compiled = BTreeMap::new();
    for (language, patterns) in patterns {
        let list: &mut Vec<Regex> = compiled.entry(*language).or_default();
        for pattern in patterns {
            if pattern.chars().count() > PATTERN_CHARS_MAX {
                return Err(PackError::TooMany {
                    rule: id.0.clone(),
                    what: "characters in a pattern",
                });
            }
            let built = RegexBuilder::new(pattern)
                .size_limit(PATTERN_BYTES_MAX)
                .dfa_size_limit(PATTERN_BYTES_MAX)
                .nest_limit(50)
                .build();
            let failed =
                |source| PackError::Pattern { rule: id.0.clone(), source: Box::new(source) };
            list.push(built.map_err(failed)?);
        }
    }
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(rule: &str) -> Result<Pack, PackError> {
        Pack::parse(&format!(
            "id = 'x'\nversion = 1\ntitle = ''\nlawyer = ''\n[[rule]]\nid = 'r'\nbasis = ''\n\
             languages = ['en']\nseverity = 'notice'\naction = 'advise'\n{rule}"
        ))
    }

    #[test]
    fn a_pattern_hits_unless_an_exception_does() {
        let pack =
            pack("patterns.en = ['number one']\nexcept.en = ['number one on the list']").unwrap();
        let rule = &pack.rules[0];
        assert_eq!(rule.id.0, "x/r");
        assert_eq!(rule.find(Language::En, "we are number one"), Some(7..17));
        assert!(!rule.excepts(Language::En, "we are number one"));
        assert!(rule.excepts(Language::En, "number one on the list"));
        assert_eq!(rule.find(Language::Ru, "number one"), None);
    }

    #[test]
    fn packs_that_are_wrong_or_too_much_are_refused_with_the_rule() {
        for (rule, expected) in [
            ("patterns.en = ['(']", "a pattern of x/r does not compile"),
            ("patterns.en = ['(?:a{1000}){1000}']", "a pattern of x/r does not compile"),
            ("model = 'price_of_tea'", "x/r names price_of_tea, which is not known"),
            ("colour = 'red'", "the pack does not parse"),
        ] {
            assert_eq!(pack(rule).unwrap_err().to_string(), expected);
        }
        let many = format!("patterns.en = [{}]", "'a',".repeat(PATTERNS_MAX + 1));
        assert_eq!(pack(&many).unwrap_err().to_string(), "x/r has too many patterns");
        let long = " ".repeat(PACK_BYTES_MAX + 1);
        assert!(matches!(Pack::parse(&long), Err(PackError::TooLong)));
    }

    #[test]
    fn the_packs_that_ship_compile_and_carry_six_examples_of_each_kind_per_language() {
        for (name, text) in SHIPPED {
            let pack = Pack::parse(text).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_eq!(pack.id, name);
            assert!(!pack.lawyer.is_empty());
            for rule in &pack.rules {
                for language in &rule.languages {
                    for (kind, examples) in [("hits", &rule.hits), ("clear", &rule.clear)] {
                        let count = examples.get(language).map_or(0, Vec::len);
                        assert!(count >= 6, "{} has {count} {kind} in {language}", rule.id);
                    }
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_pack_or_refused(text in "\\PC{0,400}") {
            let _ = Pack::parse(&text);
        }
    }
}
