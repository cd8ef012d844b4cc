//! Which viewer's message a sentence answers: hosts read out, or take up the words of, what they answer.

use std::collections::HashSet;

/// Messages that are looked at.
pub(crate) const LOOKED_AT: usize = 80;
/// The share of a message's words that the host must have taken up.
const TAKEN_UP: f64 = 0.6;
/// Messages with fewer words say too little to be recognised.
const WORDS_MIN: usize = 2;

/// The message whose words the sentence, or the ones before it, takes up most; the newest of equals.
pub(crate) fn answered<'a>(
    sentence: &str,
    before: &[String],
    messages: &'a [String],
) -> Option<&'a str> {
    let mut said = words(sentence);
    before.iter().for_each(|sentence| said.extend(words(sentence)));
    let share = |message: &String| {
        let words = words(message);
        let taken = words.intersection(&said).count();
        (words.len() >= WORDS_MIN).then(|| taken as f64 / words.len() as f64)
    };
    let shares = messages.iter().rev().take(LOOKED_AT).filter_map(|m| Some((m, share(m)?)));
    let best = shares.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.filter(|(_, share)| *share >= TAKEN_UP).map(|(message, _)| message.as_str())
}

/// Words without regard to case; where a script has none, pairs of neighbouring characters.
fn words(text: &str) -> HashSet<String> {
    let lower = text.to_lowercase();
    let mut words = HashSet::new();
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let chars: Vec<char> = word.chars().collect();
        if chars.iter().any(|c| ('\u{2e80}'..='\u{9fff}').contains(c)) {
            words.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            words.insert(word.to_owned());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_answers_what_they_read_out() {
        let messages: Vec<String> =
            ["hello from Kazan", "79 is getting expensive", "眉笔越来越贵了", "1"]
                .map(str::to_owned)
                .into();
        let answers = |sentence, before: &[&str]| {
            let before: Vec<String> = before.iter().map(|s| (*s).to_owned()).collect();
            answered(sentence, &before, &messages).map(str::to_owned)
        };
        let expensive = Some("79 is getting expensive".to_owned());
        assert_eq!(
            answers("How is it expensive?", &["79 is getting expensive, somebody writes."]),
            expensive
        );
        assert_eq!(
            answers("哪里贵了", &["有人说眉笔越来越贵了"]).as_deref(),
            Some("眉笔越来越贵了")
        );
        assert_eq!(answers("Let us look at the pencil, it is in the basket.", &[]), None);
    }
}
