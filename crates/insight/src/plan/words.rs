//! Numbers and lists as messages say them.

/// A number with at most two decimals, and no more than it needs.
pub(super) fn figure(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", figure(share * 100.0))
}

/// How many names a message lists before it counts the rest.
const NAMES_MAX: usize = 6;

/// `a, b and c`, or the first few and how many more.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= NAMES_MAX => {
            format!("{} and {last}", first.join(", "))
        }
        _ => format!("{} and {} more", names[..NAMES_MAX].join(", "), names.len() - NAMES_MAX),
    }
}
