//! Phrases as they sound: what recognition writes for a word is often another word that sounds like it.
//!
//! Chinese: pinyin without tones, with the pairs that speakers from the south do not tell apart made one (zh/z, ang/an, n/l).
//! Russian: letters by sound, unstressed vowels made one, voiced consonants made voiceless, doubles made one. A phrase
//! needs four syllables or six letters, for shorter ones sound like too much.

use std::ops::Range;

use pinyin::ToPinyin as _;

use crate::Language;
use crate::text::normal::normal;

/// Units that a phrase must have to be looked for.
const HAN_MIN: usize = 4;
const LETTERS_MIN: usize = 6;

/// A phrase, as it sounds.
#[derive(Debug)]
pub(super) struct Phrase {
    language: Language,
    units: Vec<String>,
}

impl Phrase {
    pub(super) fn new(language: Language, phrase: &str) -> Self {
        let units = units(language, &normal(phrase)).into_iter().map(|(unit, _)| unit).collect();
        Self { language, units }
    }

    /// Where the phrase sounds in a normalised text.
    pub(super) fn find(&self, text: &str) -> Option<Range<usize>> {
        let least = if self.language == Language::Zh { HAN_MIN } else { LETTERS_MIN };
        if self.units.len() < least {
            return None;
        }
        let heard = units(self.language, text);
        let window = heard.windows(self.units.len()).find(|window| {
            window.iter().zip(&self.units).all(|((heard, _), unit)| heard == unit)
        })?;
        let (first, last) = (window.first()?, window.last()?);
        Some(first.1.start..last.1.end)
    }
}

fn units(language: Language, text: &str) -> Vec<(String, Range<usize>)> {
    match language {
        Language::Zh => syllables(text),
        Language::Ru => sounds(text),
        Language::En => Vec::new(),
    }
}

/// The syllables of Han characters; everything else is left out, as recognition sets no marks.
fn syllables(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    for (at, c) in text.char_indices() {
        let Some(pinyin) = c.to_pinyin() else { continue };
        found.push((merged(pinyin.plain()), at..at + c.len_utf8()));
    }
    found
}

fn merged(syllable: &str) -> String {
    let mut merged = syllable.to_owned();
    for (from, to) in [("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l")] {
        if let Some(rest) = merged.strip_prefix(from) {
            merged = format!("{to}{rest}");
            break;
        }
    }
    for (from, to) in [("ang", "an"), ("eng", "en"), ("ing", "in")] {
        if let Some(rest) = merged.strip_suffix(from) {
            merged = format!("{rest}{to}");
            break;
        }
    }
    merged
}

fn sounds(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    for (at, c) in text.char_indices() {
        let sound = match c {
            'о' | 'а' | 'я' => "а",
            'е' | 'и' | 'э' | 'ы' | 'й' => "и",
            'у' | 'ю' => "у",
            'б' | 'п' => "п",
            'в' | 'ф' => "ф",
            'г' | 'к' | 'х' => "к",
            'д' | 'т' => "т",
            'ж' | 'ш' | 'щ' | 'ч' => "ш",
            'з' | 'с' | 'ц' => "с",
            'л' | 'м' | 'н' | 'р' => &text[at..at + c.len_utf8()],
            _ => continue,
        };
        if found.last().is_some_and(|(last, _)| last == sound) {
            continue;
        }
        found.push((sound.to_owned(), at..at + c.len_utf8()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sounds_alike_is_found_and_what_does_not_is_not() {
        for (language, phrase, text, expected) in [
            (Language::Zh, "国家级品质", "这是过家机品质的东西", true),
            (Language::Zh, "国家级品质", "这是国外来的品质", false),
            (Language::Zh, "找找自己原因", "你早早自己园因吧", true),
            (Language::Zh, "最好", "最好", false),
            (Language::Ru, "самый лучший в мире", "это самой лутший в мери крем", false),
            (Language::Ru, "работали как следует", "вы роботали каг следуит или нет", true),
            (Language::Ru, "зарплата выросла", "и что зорплата вырасла у вас", true),
        ] {
            let found = Phrase::new(language, phrase).find(&normal(text)).is_some();
            assert_eq!(found, expected, "{phrase} in {text}");
        }
    }
}
