//! One spelling for what is the same to a reader: NFKC, lower case, simplified characters, runs of a character cut to two,
//! blanks to one, marks that nobody sees left out.
//!
//! Most characters of chat are in three blocks, which are mapped by tables; the rest takes the way of Unicode's annex 15.
//! The pairs of `simplified.txt` are those of simplet2s 0.2 (MIT, its notice lies beside them) and a few more.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

/// Characters of a text that are looked at. Chat is cut at 500 by the server, a sentence of speech is shorter.
pub const CHARS_MAX: usize = 1000;
/// Equal characters that stay in a row: two, so that a long run still differs from one.
const RUN_MAX: usize = 2;

const HAN: std::ops::Range<u32> = 0x4E00..0xA000;

/// What each character from U+4E00 to U+9FFF becomes.
static SIMPLIFIED: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut table: Vec<u16> = HAN.map(|point| point as u16).collect();
    for line in include_str!("simplified.txt").lines() {
        let mut points = line.chars().map(u32::from);
        while let (Some(from), Some(to)) = (points.next(), points.next()) {
            if let Some(place) = table.get_mut(from.wrapping_sub(HAN.start) as usize) {
                *place = to as u16;
            }
        }
    }
    table
});

/// A traditional character in its simplified form; every other as it is.
pub fn simplified(c: char) -> char {
    let place = u32::from(c).checked_sub(HAN.start).map(|place| place as usize);
    let simple = place.and_then(|place| SIMPLIFIED.get(place));
    simple.and_then(|simple| char::from_u32(u32::from(*simple))).unwrap_or(c)
}

/// A text in its one spelling, with a space at both ends so that the ends of words look alike everywhere.
#[derive(Debug, Default, Clone)]
pub struct Normal {
    /// The characters.
    pub chars: Vec<char>,
    /// The longest run of one character (no blank) before it was cut.
    pub run: usize,
}

impl Normal {
    /// Normalises a text into this, whose memory is kept.
    pub fn fill(&mut self, text: &str) {
        self.chars.clear();
        self.run = 0;
        self.chars.push(' ');
        let mut run = 0;
        for c in text.chars().take(CHARS_MAX) {
            let point = u32::from(c);
            match point {
                0x41..=0x5A => self.push(char::from(point as u8 + 32), &mut run),
                0x21..=0x7E => self.push(c, &mut run),
                0..=0x20 | 0x7F..=0xA0 | 0x3000 => self.push(' ', &mut run),
                0x410..=0x42F => self.push(char::from_u32(point + 32).unwrap_or(c), &mut run),
                0x401 | 0x451 => self.push('е', &mut run),
                0x430..=0x44F | 0x3040..=0x30FF => self.push(c, &mut run),
                0x4E00..=0x9FFF => self.push(simplified(c), &mut run),
                0xFF01..=0xFF5E => {
                    let narrow = char::from(((point - 0xFF01) as u8) + 0x21);
                    self.push(narrow.to_ascii_lowercase(), &mut run);
                }
                0x3001 => self.push(',', &mut run),
                0x3002 => self.push('.', &mut run),
                0x2018 | 0x2019 | 0x2BC => self.push('\'', &mut run),
                0x201C | 0x201D | 0xAB | 0xBB | 0x300C..=0x300F => self.push('"', &mut run),
                0x2010..=0x2015 => self.push('-', &mut run),
                // Joiners, direction marks, variation selectors and skin tones change the look, not the word.
                0x200B..=0x200F
                | 0x202A..=0x202E
                | 0x2060..=0x2064
                | 0xFE00..=0xFE0F
                | 0xFEFF
                | 0xAD
                | 0x1F3FB..=0x1F3FF => {}
                _ => self.slow(c, &mut run),
            }
        }
        if self.chars.last() != Some(&' ') {
            self.chars.push(' ');
        }
    }

    #[cold]
    fn slow(&mut self, c: char, run: &mut usize) {
        // A code point has at most 18 characters in its compatibility form.
        for plain in std::iter::once(c).nfkc().flat_map(char::to_lowercase) {
            // A mark that could not be composed hides nothing by staying out.
            if plain.is_whitespace() || plain.is_control() {
                self.push(' ', run);
            } else if !unicode_normalization::char::is_combining_mark(plain) {
                self.push(plain, run);
            }
        }
    }

    fn push(&mut self, c: char, run: &mut usize) {
        if self.chars.last() == Some(&c) {
            *run += 1;
            if c == ' ' {
                return;
            }
        } else {
            *run = 1;
        }
        self.run = self.run.max(*run);
        // 1000 is not 100.
        if *run <= RUN_MAX || c.is_ascii_digit() {
            self.chars.push(c);
        }
    }

    /// The text between its two outer spaces.
    pub fn text(&self) -> String {
        self.chars.iter().collect::<String>().trim().to_owned()
    }
}

/// The one spelling of a text.
pub fn normal(text: &str) -> String {
    let mut normal = Normal::default();
    normal.fill(text);
    normal.text()
}

/// Whether a character is written without spaces between words.
pub fn is_han(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0x20000..=0x3FFFF)
}

/// Whether a character is a letter. The three scripts that are ours need no look into Unicode's tables.
pub fn is_letter(c: char) -> bool {
    match u32::from(c) {
        0..0x80 => c.is_ascii_alphabetic(),
        0x400..=0x481 | 0x4E00..=0x9FFF => true,
        _ => c.is_alphabetic(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_the_same_is_spelt_the_same() {
        for (text, expected) in [
            ("  Hello   WORLD ", "hello world"),
            ("ＦＵＬＬ１２３！", "full123!"),
            ("妳們覺得貴嗎？", "你们觉得贵吗?"),
            ("哈哈哈哈哈哈", "哈哈"),
            ("10000!!!!", "10000!!"),
            ("Ёлка ЩЁТКА", "елка щетка"),
            ("so\u{200B}ld ❤️ out", "sold ❤ out"),
            ("𝓢𝓬𝓪𝓶", "scam"),
            ("½ ﬁ", "1⁄2 fi"),
            ("«это»", "\"это\""),
            ("", ""),
        ] {
            assert_eq!(normal(text), expected, "{text}");
        }
    }

    #[test]
    fn the_longest_run_is_remembered() {
        let mut normal = Normal::default();
        normal.fill("aaa bbbbbb");
        assert_eq!((normal.run, normal.text().as_str()), (6, "aa bb"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_spelling_that_stays(text in "\\PC{0,200}") {
            let once = normal(&text);
            proptest::prop_assert!(once.chars().count() <= CHARS_MAX * 18);
            proptest::prop_assert_eq!(once.matches("  ").count(), 0);
        }
    }
}
