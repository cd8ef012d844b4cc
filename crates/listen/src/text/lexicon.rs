//! Classes of words: what a model of a few thousand lines cannot learn word by word. A class says what a word is about
//! (refunds, sizes, pay, thanks), never what a line means: that is left to the weights.
//!
//! `lexicon.txt` has a line per class and language: the name, a tab, entries joined by `|`. Latin and Cyrillic entries
//! match at the start of a word and go on freely, so a stem stands for its forms; a `.` at the end asks for the end of the
//! word as well; a `*` in front lets the entry stand inside of a word.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::normal::{is_han, normal};

/// Classes, at most: they are bits of a word.
const CLASSES_MAX: usize = 128;

/// The compiled lexicon.
pub struct Lexicon {
    machine: Option<AhoCorasick>,
    class_of: Vec<u8>,
    names: Vec<String>,
}

impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lexicon").field("classes", &self.names.len()).finish()
    }
}

/// The classes of a text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Found(u128);

impl Found {
    /// The classes in the order of the file.
    pub fn classes(self) -> impl Iterator<Item = u8> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let class = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            u8::try_from(class).ok().filter(|class| usize::from(*class) < CLASSES_MAX)
        })
    }

    /// Whether a class was found.
    pub fn has(self, class: usize) -> bool {
        class < CLASSES_MAX && self.0 >> class & 1 == 1
    }
}

static SHARED: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::parse(include_str!("lexicon.txt")));

impl Lexicon {
    /// The lexicon that ships.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    fn parse(text: &str) -> Self {
        let (mut names, mut patterns, mut class_of) =
            (Vec::<String>::new(), Vec::new(), Vec::new());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, entries)) = line.split_once('\t') else { continue };
            let class = names.iter().position(|known| known == name).unwrap_or_else(|| {
                names.push(name.to_owned());
                names.len() - 1
            });
            for entry in entries.split('|').filter(|entry| !entry.trim().is_empty()) {
                patterns.push(pattern(entry));
                class_of.push(u8::try_from(class).unwrap_or(u8::MAX));
            }
        }
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::DFA));
        let machine = builder.build(patterns).ok();
        Self { machine, class_of, names }
    }

    /// The classes of a normalised text with a space at both ends.
    pub fn find(&self, text: &str, found: &mut Found) {
        found.0 = 0;
        let Some(machine) = &self.machine else { return };
        for hit in machine.find_overlapping_iter(text) {
            let class = self.class_of[hit.pattern().as_usize()];
            found.0 |= 1_u128.checked_shl(u32::from(class)).unwrap_or(0);
        }
    }

    /// The number of a class.
    pub fn class(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Number of classes.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no class.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

fn pattern(entry: &str) -> String {
    let (inside, entry) = match entry.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, entry),
    };
    let (whole, entry) = match entry.strip_suffix('.') {
        Some(rest) => (true, rest),
        None => (false, entry),
    };
    let spelt = normal(entry);
    let free = inside || spelt.chars().next().is_none_or(|c| is_han(c) || !c.is_alphanumeric());
    let mut pattern = String::new();
    if !free {
        pattern.push(' ');
    }
    pattern.push_str(&spelt);
    if whole {
        pattern.push(' ');
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_stand_for_their_forms_and_whole_words_for_themselves() {
        let lexicon = Lexicon::parse("refund\trefund|退款\nhi\thi.\nrefund\tвозврат|*back.");
        let found = |text: &str| {
            let mut found = Found::default();
            lexicon.find(&format!(" {} ", normal(text)), &mut found);
            found.classes().collect::<Vec<_>>()
        };
        assert_eq!(found("refunded, hi"), [0, 1]);
        assert_eq!(found("我要退款"), [0]);
        assert_eq!(found("оформил возвраты"), [0]);
        assert!(found("history").is_empty());
        assert_eq!(found("cashback"), [0]);
    }

    #[test]
    fn the_lexicon_that_ships_compiles_and_fits() {
        assert!(Lexicon::shared().machine.is_some());
        assert!(Lexicon::shared().len() <= CLASSES_MAX);
    }
}
