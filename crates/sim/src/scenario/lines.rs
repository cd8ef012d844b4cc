//! What people in a scenario's room write: the project's own lines by label, each in several spellings.

use std::collections::BTreeMap;

use crate::Rng;
use crate::turns::{Line, Pool};

/// Labels of lines, with their shares of what a shop's room writes when nothing happens.
pub const TOPICS: [(&str, f64); 8] = [
    ("other", 0.25),
    ("purchase_intent", 0.22),
    ("praise", 0.2),
    ("question", 0.2),
    ("complaint", 0.07),
    ("spam", 0.05),
    ("hostile_to_host", 0.003),
    ("boycott", 0.0005),
];
/// The names of [`TOPICS`].
pub const LABELS: [&str; 8] = [
    "other",
    "purchase_intent",
    "praise",
    "question",
    "complaint",
    "spam",
    "hostile_to_host",
    "boycott",
];
/// Spellings of a line: people do not repeat each other to the letter.
const SPELLINGS: usize = 24;

/// The lines of one language.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// What a room writes day by day, by label.
    usual: BTreeMap<String, Vec<String>>,
    /// What turns a room: lines that nothing was learnt from.
    held: BTreeMap<String, Vec<String>>,
}

impl Lines {
    /// Adds a line. `held`: no model has learnt from it.
    pub fn add(&mut self, held: bool, label: &str, text: &str) {
        let lines = if held { &mut self.held } else { &mut self.usual };
        lines.entry(label.to_owned()).or_default().push(text.to_owned());
    }

    /// Lines of a label that nothing was learnt from.
    pub(super) fn held(&self, label: &str) -> &[String] {
        self.held.get(label).map_or(&[], Vec::as_slice)
    }
}

/// Every text that may be written, by the number that stands for it in a [`Line`].
#[derive(Debug, Default)]
pub(super) struct Texts(Vec<String>);

impl Texts {
    /// Takes a text in.
    pub(super) fn line(&mut self, text: String) -> Line {
        self.0.push(text);
        Line { text: self.0.len() as u64 - 1, hits: Default::default() }
    }

    /// A text in its spellings.
    pub(super) fn spelt(&mut self, language: &str, text: &str) -> Vec<Line> {
        (0..SPELLINGS).map(|n| self.line(spelling(language, text, n))).collect()
    }

    /// The text of a line.
    pub(super) fn text(&self, line: Line) -> &str {
        usize::try_from(line.text).ok().and_then(|at| self.0.get(at)).map_or("", String::as_str)
    }

    /// The ordinary room of a language. Held-out lines of every other kind are in it as well; what turns a room is not.
    pub(super) fn pool(&mut self, language: &str, lines: &Lines) -> Pool {
        let mut pool = Pool { name: language.to_owned(), ..Pool::default() };
        for (label, share) in TOPICS {
            let turning = matches!(label, "hostile_to_host" | "boycott");
            let usual = lines.usual.get(label).into_iter();
            let held = lines.held.get(label).into_iter().filter(|_| !turning);
            let texts = usual.chain(held).flatten();
            pool.topics.push((share, texts.flat_map(|text| self.spelt(language, text)).collect()));
        }
        pool
    }

    /// `count` different lines of a label, chosen by the seed.
    pub(super) fn picks(&mut self, lines: &[String], count: u32, rng: &mut Rng) -> Vec<String> {
        let mut left: Vec<&String> = lines.iter().collect();
        let count = (count as usize).min(left.len());
        (0..count).map(|_| left.swap_remove(rng.below(left.len())).clone()).collect()
    }
}

/// One of [`SPELLINGS`] spellings of a text: with the small words that people put before and after.
pub(super) fn spelling(language: &str, text: &str, n: usize) -> String {
    let (before, after): ([&str; 6], [&str; 4]) = match language {
        "zh" => (["", "真的 ", "我说 ", "哈 ", "那个 ", "反正 "], ["", " 啊", " 哦", " 嗯嗯"]),
        "ru" => (["", "ну ", "слушайте ", "вот ", "ох ", "кстати "], ["", " да", " вот", " эх"]),
        _ => (["", "well ", "hey ", "ok ", "so ", "anyway "], ["", " tho", " hm", " folks"]),
    };
    format!("{}{text}{}", before[n % before.len()], after[n / before.len() % after.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_number_of_spellings() {
        let spelt: std::collections::BTreeSet<_> =
            (0..SPELLINGS).map(|n| spelling("en", "nice", n)).collect();
        assert_eq!(spelt.len(), SPELLINGS);
        assert!(spelt.contains("nice") && spelt.contains("well nice tho"));
    }

    #[test]
    fn labels_are_those_of_the_topics() {
        assert_eq!(TOPICS.map(|(label, _)| label), LABELS);
    }
}
