//! What a message of chat adds to the reading of a room: its fingerprint, the labels that stand out, and words of
//! `rules/room.toml`. A sign says what a message does; what many of them mean is decided elsewhere.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use super::ChatScores;
use super::labels::ChatLabel;
use super::normal::{Normal, is_han, is_letter, normal};
use crate::Language;

/// From which share a label stands out.
pub const LABEL_SHARE: f32 = 0.5;
/// Letters that make a text tell itself apart without its digits; of Han and kana, half as many.
const LETTERS: usize = 4;

/// One sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// The label of hostility to the host.
    Hostile,
    /// The label of boycott.
    Boycott,
    /// The label of a complaint.
    Complaint,
    /// A word that insults the host.
    InsultWords,
    /// A word of boycott.
    BoycottWords,
    /// A word of unfollowing.
    UnfollowWords,
    /// A word of refunds.
    RefundWords,
}

impl Sign {
    /// All signs.
    pub const ALL: [Self; 7] = [
        Self::Hostile,
        Self::Boycott,
        Self::Complaint,
        Self::InsultWords,
        Self::BoycottWords,
        Self::UnfollowWords,
        Self::RefundWords,
    ];
}

/// The signs of one message.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Signs(u8);

impl Signs {
    const fn with(self, sign: Sign) -> Self {
        Self(self.0 | 1 << sign as u8)
    }

    /// Whether there is this one.
    pub const fn has(self, sign: Sign) -> bool {
        self.0 >> sign as u8 & 1 == 1
    }

    /// The signs, in the order of [`Sign::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Sign> {
        Sign::ALL.into_iter().filter(move |sign| self.has(*sign))
    }

    /// Of labels and words.
    pub fn of(scores: &ChatScores, words: Self) -> Self {
        let share = |label: ChatLabel| scores.labels[label as usize];
        let labels = [
            (ChatLabel::HostileToHost, Sign::Hostile),
            (ChatLabel::Boycott, Sign::Boycott),
            (ChatLabel::Complaint, Sign::Complaint),
        ];
        let stands_out = |(label, _): &(ChatLabel, Sign)| share(*label) >= LABEL_SHARE;
        labels.into_iter().filter(stands_out).fold(words, |signs, (_, sign)| signs.with(sign))
    }
}

/// The fingerprint of a text in its one spelling: equal for texts that differ only in marks, blanks, emoji, repeated
/// characters or numbers, as pasted texts do. A text of little else is told apart by those.
pub fn fingerprint(text: &Normal) -> u64 {
    let letters = text.chars.iter().filter(|c| is_letter(**c));
    let weight: usize = letters.map(|c| if is_han(*c) { 2 } else { 1 }).sum();
    let told = |keep: fn(char) -> bool| {
        let (mut hash, mut last, mut any) = (0xCBF2_9CE4_8422_2325_u64, '\0', false);
        for c in text.chars.iter().copied().filter(|c| keep(*c)) {
            if c != last {
                hash = (hash.rotate_left(5) ^ u64::from(u32::from(c)))
                    .wrapping_mul(0x517C_C1B7_2722_0A95);
                any = true;
            }
            last = c;
        }
        any.then_some(hash ^ (hash >> 29))
    };
    let short = || told(|c| c.is_alphanumeric()).or_else(|| told(|c| c != ' '));
    if weight >= LETTERS { told(is_letter) } else { short() }.unwrap_or(0)
}

/// The words of one language, as they stand in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(not(test), expect(dead_code, reason = "the examples of the file are its tests"))]
struct Words {
    unfollow: Vec<String>,
    boycott: Vec<String>,
    refund: Vec<String>,
    insult: Vec<String>,
    except: Vec<String>,
    /// Texts that must have just these signs.
    hit: Vec<(String, String)>,
    /// Texts that must have none.
    clear: Vec<String>,
}

/// The words of one language, compiled.
struct Machine {
    find: Option<AhoCorasick>,
    signs: Vec<Signs>,
}

const FILE: &str = include_str!("../../../../rules/room.toml");

static MACHINES: LazyLock<[Machine; 3]> = LazyLock::new(|| {
    let words = file();
    Language::ALL.map(|language| Machine::new(words.get(language.code())))
});

fn file() -> BTreeMap<String, Words> {
    toml::from_str(FILE).unwrap_or_default()
}

impl Machine {
    fn new(words: Option<&Words>) -> Self {
        let mut signs = BTreeMap::<String, Signs>::new();
        let lists = words.map(|words| {
            [
                (
                    &words.unfollow,
                    Signs::default().with(Sign::UnfollowWords).with(Sign::BoycottWords),
                ),
                (&words.boycott, Signs::default().with(Sign::BoycottWords)),
                (&words.refund, Signs::default().with(Sign::RefundWords)),
                (&words.insult, Signs::default().with(Sign::InsultWords)),
                (&words.except, Signs::default()),
            ]
        });
        for (entries, of) in lists.into_iter().flatten() {
            for entry in entries {
                let known = signs.entry(pattern(entry)).or_default();
                *known = if of == Signs::default() { of } else { Signs(known.0 | of.0) };
            }
        }
        let find =
            AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(signs.keys()).ok();
        Self { find, signs: signs.into_values().collect() }
    }

    fn signs(&self, plain: &str) -> Signs {
        let mut signs = Signs::default();
        let Some(find) = &self.find else { return signs };
        let mut from = 0;
        while let Some(hit) = plain.get(from..).and_then(|rest| find.find(rest)) {
            signs.0 |= self.signs[hit.pattern().as_usize()].0;
            let end = from + hit.end();
            // The blank that ends a word begins the next one.
            let blank = hit.len() > 1 && plain[..end].ends_with(' ');
            from = end - usize::from(blank);
        }
        signs
    }
}

/// Letters, digits and apostrophes between single blanks.
fn plain(text: &Normal, into: &mut String) {
    into.clear();
    into.push(' ');
    for c in text.chars.iter().copied() {
        let stays = is_letter(c) || c.is_ascii_digit() || c == '\'';
        if stays || !into.ends_with(' ') {
            into.push(if stays { c } else { ' ' });
        }
    }
    if !into.ends_with(' ') {
        into.push(' ');
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
    let mut spelt = Normal::default();
    spelt.fill(&normal(entry));
    let mut pattern = String::new();
    plain(&spelt, &mut pattern);
    let free = inside || pattern.trim().chars().next().is_some_and(is_han);
    let from = usize::from(free);
    let to = pattern.len() - usize::from(!whole);
    pattern.get(from..to).unwrap_or_default().to_owned()
}

/// The words of `rules/room.toml` in a text in its one spelling; the buffer is the caller's.
pub fn words(language: Language, text: &Normal, buffer: &mut String) -> Signs {
    plain(text, buffer);
    MACHINES[language as usize].signs(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(text: &str) -> Normal {
        let mut normal = Normal::default();
        normal.fill(text);
        normal
    }

    fn named(name: &str) -> Sign {
        match name {
            "unfollow" => Sign::UnfollowWords,
            "boycott" => Sign::BoycottWords,
            "refund" => Sign::RefundWords,
            "insult" => Sign::InsultWords,
            _ => panic!("no sign {name}"),
        }
    }

    #[test]
    fn the_examples_of_the_file_have_their_signs_and_no_others() {
        let file: BTreeMap<String, Words> = toml::from_str(FILE).unwrap();
        for language in Language::ALL {
            let list = &file[language.code()];
            let signs = |text: &str| words(language, &spelt(text), &mut String::new());
            for (text, wanted) in &list.hit {
                let wanted = wanted.split(' ').map(named).fold(Signs::default(), Signs::with);
                assert_eq!(signs(text), wanted, "{text}");
            }
            for text in &list.clear {
                assert_eq!(signs(text), Signs::default(), "{text}");
            }
        }
    }

    #[test]
    fn a_pasted_text_keeps_its_fingerprint_when_marks_and_numbers_change() {
        let of = |text: &str| fingerprint(&spelt(text));
        for (a, b) in [
            ("主播你脸呢", "主播你脸呢！！！😂"),
            ("Refund  now", "refund now 17"),
            ("哈哈哈哈", "哈哈"),
            ("扣1", "扣1111"),
            ("+1", "1"),
            ("😂😂😂", "😂"),
        ] {
            assert_eq!(of(a), of(b), "{a} {b}");
        }
        for (a, b) in [("扣1", "扣2"), ("1", "2"), ("😂", "🤡"), ("refund", "return"), ("好", "坏")]
        {
            assert_ne!(of(a), of(b), "{a} {b}");
        }
    }
}
