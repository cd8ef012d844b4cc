//! What a model sees of a text: hashed n-grams of characters (1 to 3 from Han and kana, 1 to 5 else), hashed words and
//! pairs of words where words are written apart, classes of the lexicon with their pairs, and the shape.
//!
//! A feature is its bucket, 18 bits of a multiplicative hash. Buckets are shared by whatever falls into them; at 2¹⁸ that
//! costs less than a table of strings would.

use super::lexicon::{Found, Lexicon};
use super::normal::{Normal, is_han, is_letter};

/// Buckets of a model.
pub const BUCKETS: usize = 1 << 18;
/// Features of one text; what comes later is not looked at.
const FEATURES_MAX: usize = 6000;
/// Classes of one text that are paired.
const PAIRED_MAX: usize = 8;

const HAN_GRAM: usize = 3;
const LETTER_GRAM: usize = 5;

/// Keeps features of different kinds apart.
#[derive(Clone, Copy)]
enum Kind {
    Gram = 0x01,
    Word = 0x02,
    Words = 0x03,
    Class = 0x04,
    Classes = 0x05,
    Shape = 0x06,
    Before = 0x07,
}

fn mix(hash: u32, value: u32) -> u32 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x9E37_79B1)
}

fn seed(kind: Kind) -> u32 {
    mix(0x811C_9DC5, kind as u32)
}

fn bucket(hash: u32) -> u32 {
    hash >> 14
}

/// Buffers of one thread that are used again for every text.
#[derive(Default)]
pub struct Scratch {
    normal: Normal,
    bytes: String,
    found: Found,
    /// The features of the text last read.
    pub features: Vec<u32>,
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scratch")
    }
}

impl Scratch {
    /// Reads a text: afterwards `features` are its features.
    pub fn read(&mut self, lexicon: &Lexicon, text: &str) {
        self.features.clear();
        self.normal.fill(text);
        let features = &mut self.features;
        grams(&self.normal.chars, features);
        words(&self.normal.chars, features);
        self.bytes.clear();
        self.bytes.extend(&self.normal.chars);
        lexicon.find(&self.bytes, &mut self.found);
        classes(&self.found, seed(Kind::Class), features);
        shape(&self.normal, features);
    }

    /// Adds what is known of the text that was answered: its classes only, so that it colours the answer without
    /// drowning it.
    pub fn read_before(&mut self, lexicon: &Lexicon, before: &str) {
        self.normal.fill(before);
        self.bytes.clear();
        self.bytes.extend(&self.normal.chars);
        lexicon.find(&self.bytes, &mut self.found);
        classes(&self.found, seed(Kind::Before), &mut self.features);
    }

    /// The text last read, in its one spelling.
    pub fn text(&self) -> &str {
        &self.bytes
    }

    /// Classes of the lexicon in the text last read.
    pub fn classes(&self) -> &Found {
        &self.found
    }
}

fn grams(chars: &[char], features: &mut Vec<u32>) {
    let start = seed(Kind::Gram);
    for (at, first) in chars.iter().enumerate() {
        if features.len() > FEATURES_MAX {
            return;
        }
        let most = if is_han(*first) { HAN_GRAM } else { LETTER_GRAM };
        let mut hash = start;
        for (length, c) in chars[at..].iter().take(most).enumerate() {
            hash = mix(hash, u32::from(*c));
            if length > 0 || *first != ' ' {
                features.push(bucket(hash));
            }
        }
    }
}

/// The bucket of a word or a part of one, spelt as in texts, with a space in front where a word begins: the same bucket
/// that [`Scratch::read`] gives it. A whole word is one that `whole` says so of.
pub fn piece_bucket(piece: &str, whole: bool) -> Option<u32> {
    let chars: Vec<char> = piece.chars().collect();
    let start = if chars.first() == Some(&' ') { 1 } else { 0 };
    let most = if is_han(*chars.get(start)?) { HAN_GRAM } else { LETTER_GRAM };
    if whole && start == 1 && !is_han(chars[start]) {
        let word = chars[1..].iter().fold(seed(Kind::Word), |hash, c| mix(hash, u32::from(*c)));
        return Some(bucket(word));
    }
    let gram = if is_han(chars[start]) { &chars[start..] } else { &chars[..] };
    if gram.len() > most {
        return None;
    }
    Some(bucket(gram.iter().fold(seed(Kind::Gram), |hash, c| mix(hash, u32::from(*c)))))
}

fn words(chars: &[char], features: &mut Vec<u32>) {
    let mut previous = None;
    let mut hash = None;
    for c in chars {
        if (is_letter(*c) || c.is_ascii_digit()) && !is_han(*c) {
            hash = Some(mix(hash.unwrap_or(seed(Kind::Word)), u32::from(*c)));
            continue;
        }
        let Some(word) = hash.take() else { continue };
        features.push(bucket(word));
        if let Some(previous) = previous {
            features.push(bucket(mix(mix(seed(Kind::Words), previous), word)));
        }
        previous = Some(word);
    }
}

fn classes(found: &Found, start: u32, features: &mut Vec<u32>) {
    let pair = mix(start, Kind::Classes as u32);
    for (at, class) in found.classes().enumerate() {
        features.push(bucket(mix(start, u32::from(class))));
        if at < PAIRED_MAX {
            for later in found.classes().take(PAIRED_MAX).skip(at + 1) {
                features.push(bucket(mix(mix(pair, u32::from(class)), u32::from(later))));
            }
        }
    }
}

/// Length, marks and repeats: what a person sees before reading.
fn shape(normal: &Normal, features: &mut Vec<u32>) {
    let (mut letters, mut digits, mut marks, mut other) = (0_u32, 0_u32, 0_u32, 0_u32);
    let (mut asks, mut calls) = (0_u32, 0_u32);
    for c in &normal.chars {
        match *c {
            ' ' => {}
            '0'..='9' => digits += 1,
            '?' => asks += 1,
            '!' => calls += 1,
            c if is_letter(c) => letters += 1,
            c if c.is_ascii() => marks += 1,
            _ => other += 1,
        }
    }
    let size = |count: u32| 32 - count.leading_zeros();
    let seen = [
        size(letters),
        8 + size(digits).min(4),
        16 + size(marks).min(4),
        24 + size(other).min(4),
        32 + asks.min(2),
        40 + calls.min(2),
        48 + u32::from(normal.run >= 4) + u32::from(normal.run >= 8),
        56 + u32::from(letters == 0) + 2 * u32::from(digits > 0),
    ];
    for value in seen {
        features.push(bucket(mix(seed(Kind::Shape), value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(text: &str) -> Vec<u32> {
        let mut scratch = Scratch::default();
        scratch.read(Lexicon::shared(), text);
        scratch.features
    }

    #[test]
    fn han_has_grams_of_three_and_letters_of_five() {
        let mut found = Vec::new();
        grams(&['好', '好', '看', '的'], &mut found);
        assert_eq!(found.len(), 3 + 3 + 2 + 1);
        found.clear();
        grams(&['a', 'b', 'c', 'd', 'e', 'f'], &mut found);
        assert_eq!(found.len(), 5 + 5 + 4 + 3 + 2 + 1);
    }

    #[test]
    fn the_same_text_has_the_same_features_however_it_is_spelt() {
        assert_eq!(features("這個好嗎？"), features("这个好吗?"));
        assert_ne!(features("这个好吗?"), features("这个不好"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_bounded_number_of_features(text in "\\PC{0,3000}") {
            let found = features(&text);
            proptest::prop_assert!(found.len() < 12_000);
            proptest::prop_assert!(found.iter().all(|bucket| (*bucket as usize) < BUCKETS));
        }
    }
}
