//! Captions: finished sentences become cues of a line or two.
//!
//! Times are whatever clock the caller has mapped the sentences to; in HLS that is AirTime. Which sentences aired the
//! caller knows: a muted one is not given to this module.

use units::{AirTime, Duration};

use crate::{Hypothesis, Language};

/// Characters in a line, and lines in a cue.
const LINE_MAX: usize = 40;
const LINE_MAX_CJK: usize = 18;
const LINES: usize = 2;
/// A cue is on screen at least this long, so that it can be read.
const SHOWN_MIN: Duration = Duration::from_ms(1_000);
/// Characters of one sentence that are captioned; what follows them is left out.
const SENTENCE_MAX: usize = 600;

/// Text on screen for a while.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cue {
    /// When it appears.
    pub from: AirTime,
    /// When it goes.
    pub to: AirTime,
    /// Lines of plain text; never markup.
    pub lines: Vec<String>,
}

/// The cues of one finished sentence. `air` maps where it was said to when it airs. A sentence that was not heard has
/// none.
#[must_use]
pub fn cues(
    sentence: &Hypothesis,
    language: Language,
    air: impl Fn(units::MediaTime) -> AirTime,
) -> Vec<Cue> {
    if !sentence.heard || !sentence.last {
        return Vec::new();
    }
    // The bounds are padded for muting; captions want the words' own time.
    let from = air(sentence.from + sentence.slack.from);
    let to = air(sentence.to - sentence.slack.to);
    let lines = lines(&sentence.text, language);
    let weight = |line: &String| line.chars().count() as i64;
    let whole: i64 = lines.iter().map(weight).sum::<i64>().max(1);
    let span = (to - from).max(SHOWN_MIN);
    let (mut cues, mut shown) = (Vec::new(), 0);
    for pair in lines.chunks(LINES) {
        let begin = from + span.scale(shown, whole);
        shown += pair.iter().map(weight).sum::<i64>();
        cues.push(Cue { from: begin, to: from + span.scale(shown, whole), lines: pair.to_vec() });
    }
    cues
}

/// A sentence in lines that fit the screen. Words are not torn where there are words.
fn lines(text: &str, language: Language) -> Vec<String> {
    let text: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SENTENCE_MAX).collect();
    let most = match language {
        Language::Zh => LINE_MAX_CJK,
        Language::Ru | Language::En => LINE_MAX,
    };
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        for piece in pieces(word, most) {
            let Some(line) = lines.last_mut() else { continue };
            let space = usize::from(!line.is_empty() && !joins(line, piece));
            if line.chars().count() + space + piece.chars().count() > most && !line.is_empty() {
                lines.push(piece.to_owned());
            } else {
                line.push_str(if space == 1 { " " } else { "" });
                line.push_str(piece);
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Where the text does without spaces, a line may end between any two characters, but not before a full stop.
fn pieces(word: &str, most: usize) -> Vec<&str> {
    let (mut pieces, mut begin, mut n) = (Vec::new(), 0, 0);
    let mut before = None;
    for (at, c) in word.char_indices() {
        let breaks = before.is_some_and(|before| cjk(before) || cjk(c))
            && !closes(c)
            && !before.is_some_and(opens);
        if n > 0 && (breaks || n >= most) {
            pieces.push(word.get(begin..at).unwrap_or_default());
            (begin, n) = (at, 0);
        }
        n += 1;
        before = Some(c);
    }
    pieces.push(word.get(begin..).unwrap_or_default());
    pieces
}

fn joins(line: &str, piece: &str) -> bool {
    line.chars().next_back().is_some_and(cjk) || piece.chars().next().is_some_and(cjk)
}

fn cjk(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

fn closes(c: char) -> bool {
    "，。！？、：；）》”’…,.!?:;)".contains(c)
}

fn opens(c: char) -> bool {
    "（《“‘(".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use units::MediaTime;

    use super::*;
    use crate::Slack;

    fn sentence(text: &str) -> Hypothesis {
        Hypothesis {
            from: MediaTime::from_ms(9_500),
            to: MediaTime::from_ms(14_800),
            slack: Slack { from: Duration::from_ms(500), to: Duration::from_ms(800) },
            covered: (MediaTime::from_ms(9_000), MediaTime::from_ms(15_000)),
            text: text.into(),
            logprob: -0.1,
            heard: true,
            last: true,
        }
    }

    fn on_air(at: MediaTime) -> AirTime {
        AirTime::from_start(at.since_start())
    }

    #[test]
    fn a_sentence_becomes_cues_over_the_time_of_its_words() {
        let check = |text: &str, language, expected: &[&[&str]]| {
            let made = cues(&sentence(text), language, on_air);
            let lines: Vec<Vec<&str>> =
                made.iter().map(|cue| cue.lines.iter().map(String::as_str).collect()).collect();
            assert_eq!(lines, expected);
            assert_eq!(made.first().map(|cue| cue.from.ms()), Some(10_000));
            assert_eq!(made.last().map(|cue| cue.to.ms()), Some(14_000));
            assert!(made.windows(2).all(|pair| pair[0].to == pair[1].from));
        };
        check("How is it expensive?", Language::En, &[&["How is it expensive?"]]);
        check(
            "It has a very fine tip, a little brush at the other end, and it is waterproof and made to last a day.",
            Language::En,
            &[
                &[
                    "It has a very fine tip, a little brush",
                    "at the other end, and it is waterproof",
                ],
                &["and made to last a day."],
            ],
        );
        check(
            "哪里贵了，这么多年都是这个价格，不要睁着眼睛乱说，国货品牌很难的。",
            Language::Zh,
            &[&["哪里贵了，这么多年都是这个价格，不要", "睁着眼睛乱说，国货品牌很难的。"]],
        );
    }

    #[test]
    fn what_was_not_heard_has_no_caption() {
        let unheard = Hypothesis { heard: false, ..sentence("mumble") };
        assert_eq!(cues(&unheard, Language::En, on_air), []);
        let growing = Hypothesis { last: false, ..sentence("and then") };
        assert_eq!(cues(&growing, Language::En, on_air), []);
    }

    proptest! {
        #[test]
        fn any_text_is_shown_whole_in_lines_that_fit(text in "\\PC{0,200}|[a-z<>&\\-\n ]{0,80}|[一-龥，。a-z ]{0,120}", zh in any::<bool>()) {
            let language = if zh { Language::Zh } else { Language::En };
            let made = cues(&sentence(&text), language, on_air);
            let most = if zh { LINE_MAX_CJK } else { LINE_MAX };
            for cue in &made {
                prop_assert!(!cue.lines.is_empty() && cue.lines.len() <= LINES);
                // A closing mark may hang over the end of a line.
                prop_assert!(cue.lines.iter().all(|line| line.chars().count() <= most + 8), "{:?}", cue.lines);
            }
            let spoken: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
            let shown: String = made.iter().flat_map(|cue| &cue.lines).flat_map(|line| line.chars()).filter(|c| !c.is_whitespace()).collect();
            prop_assert_eq!(spoken, shown);
        }
    }
}
