//! From recognised tokens to sentences, and what must not be believed.

use crate::asr::Token;
use units::Duration;

/// Loops of up to this many tokens are looked for.
const LOOP_MAX: usize = 12;
/// A loop covers at least this many tokens.
const LOOP_TOKENS: usize = 8;

/// Where a pause lies in the time that a token is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pause {
    /// The token is spoken after it.
    Before,
    /// The token is spoken before it.
    Behind,
}

/// A sentence within what was recognised at once.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Sentence {
    pub(super) text: String,
    /// When the token before it ended; `None` at the beginning.
    pub(super) from: Option<Duration>,
    /// When its last token ended, if the engine can tell.
    pub(super) to: Option<Duration>,
    pub(super) logprob: f32,
    pub(super) tokens: usize,
    /// It ends with a full stop or the like.
    pub(super) complete: bool,
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '\'', '”', '»', '」', '』', ')'])
        .ends_with(['.', '!', '?', '…', '。', '！', '？'])
}

/// Tokens become sentences. Where the text has no full stop at all, `pause` may find one between the ends of two tokens.
pub(super) fn split(
    tokens: &[Token],
    pause: impl Fn(Duration, Duration) -> Option<Pause>,
) -> Vec<Sentence> {
    let stops = tokens.iter().rev().skip(1).any(|token| ends_sentence(&token.text));
    let (mut sentences, mut begin, mut before) = (Vec::new(), 0, None);
    for (n, token) in tokens.iter().enumerate() {
        let next = tokens.get(n + 1);
        // 79.50 and No.1 go on behind the point.
        let goes_on = next
            .is_some_and(|next| next.text.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
        let stop = ends_sentence(&token.text) && !goes_on;
        let within = |from: Option<&Token>, to: Option<&Token>| -> Option<Pause> {
            if stops { None } else { pause(from?.ends?, to?.ends?) }
        };
        let previous = n.checked_sub(1).and_then(|n| tokens.get(n));
        let silent = next.is_some()
            && (within(previous, Some(token)) == Some(Pause::Behind)
                || within(Some(token), next) == Some(Pause::Before));
        if stop || silent || next.is_none() {
            let part = tokens.get(begin..=n).unwrap_or_default();
            let text: String = part.iter().map(|token| token.text.as_str()).collect();
            let text = text.trim();
            if text.chars().any(char::is_alphanumeric) {
                sentences.push(Sentence {
                    text: text.to_owned(),
                    from: before,
                    to: token.ends,
                    logprob: mean(part),
                    tokens: part.len(),
                    complete: stop || silent,
                });
            }
            begin = n + 1;
            before = token.ends;
        }
    }
    sentences
}

/// The mean of the tokens' log probabilities; 0 of none.
pub(super) fn mean(tokens: &[Token]) -> f32 {
    tokens.iter().map(|token| token.logprob).sum::<f32>() / tokens.len().max(1) as f32
}

/// Where the recogniser began to repeat itself: behind the first round of the loop.
pub(super) fn looped(tokens: &[Token]) -> Option<usize> {
    let text = |n: usize| tokens.get(n).map(|token| token.text.trim());
    for length in 1..=LOOP_MAX {
        let rounds = match length {
            1 => 8,
            2 => 5,
            _ => 3,
        };
        let (mut same, needed) =
            (0, (length * (rounds - 1)).max(LOOP_TOKENS - length.min(LOOP_TOKENS)));
        for n in length..tokens.len() {
            same = if text(n) == text(n - length) { same + 1 } else { 0 };
            if same >= needed {
                return Some(n + 1 - same);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        let spelled = text.split_inclusive('|').enumerate();
        spelled
            .map(|(n, text)| Token {
                text: text.trim_end_matches('|').to_owned(),
                ends: Some(Duration::from_ms(300 * (n as i64 + 1))),
                logprob: -0.2,
            })
            .collect()
    }

    #[test]
    fn sentences_end_where_they_end() {
        let check = |text: &str, expected: &[&str]| {
            let found = split(&tokens(text), |_, _| None);
            let found: Vec<&str> = found.iter().map(|sentence| sentence.text.as_str()).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("", &[]);
        check(" How| is| it| dear|?| Look| at| it|.", &["How is it dear?", "Look at it."]);
        check(" It| is| 79|.|50| yuan| today", &["It is 79.50 yuan today"]);
        check("怎么|贵|了|？|你|说", &["怎么贵了？", "你说"]);
        check(" Wait|.|.|.| Now|.", &["Wait...", "Now."]);
        check(" He| said| \"|no|!\"| So| what", &["He said \"no!\"", "So what"]);
        check(".", &[]);
    }

    #[test]
    fn a_pause_ends_a_sentence_where_nothing_else_does() {
        // The pause may lie in the time of the token before it or of the token after it.
        let after =
            |from: Duration, _: Duration| (from == Duration::from_ms(600)).then_some(Pause::Before);
        let before =
            |_: Duration, to: Duration| (to == Duration::from_ms(600)).then_some(Pause::Behind);
        let found = split(&tokens("你|好|我|是"), after);
        assert_eq!(found, split(&tokens("你|好|我|是"), before));
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].from, Some(Duration::from_ms(600)));
        assert!(found[0].complete && !found[1].complete);
        assert_eq!(
            split(&tokens("你|好|。|我|是"), after).len(),
            2,
            "full stops are believed first"
        );
    }

    #[test]
    fn loops_are_found_and_emphasis_is_not() {
        let check = |text: &str, expected: Option<usize>| {
            assert_eq!(looped(&tokens(text)), expected, "{text}");
        };
        check(" no| no| no| no", None);
        check(" buy| it| buy| it| buy| it", None);
        check(
            " ask| what| you| can| do| ask| what| you| can| do| ask| what| you| can| do",
            Some(5),
        );
        check(&" la|".repeat(12), Some(1));
        check("哈|哈|哈|哈|哈", None);
        check("", None);
    }

    proptest! {
        #[test]
        fn splitting_loses_no_word(text in "([ a-z]{1,4}[.?!]?\\|){0,40}") {
            let all = tokens(&text);
            let whole: String = all.iter().flat_map(|token| token.text.chars()).filter(|c| c.is_alphanumeric()).collect();
            let split = split(&all, |_, _| None);
            let parts: String = split.iter().flat_map(|s| s.text.chars()).filter(|c| c.is_alphanumeric()).collect();
            prop_assert_eq!(whole, parts);
            let _ = looped(&all);
        }
    }
}
