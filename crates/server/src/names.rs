//! Text that people type, made fit for pages and addresses.

const SLUG_MAX: usize = 64;

/// Turns any name into a slug; empty when nothing of it can be used.
pub(crate) fn slug_of(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() >= SLUG_MAX {
            break;
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// Text for a page: no control characters, trimmed, `max` characters at most; `None` when nothing is left or it is longer.
pub(crate) fn clean_text(text: &str, max: usize) -> Option<String> {
    // Bidirectional overrides and zero-width characters would let one name look like another.
    let unfit = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let clean: String = text.chars().filter(|c| !unfit(*c)).collect();
    let clean = clean.trim();
    (!clean.is_empty() && clean.chars().count() <= max).then(|| clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned() {
        assert_eq!(slug_of("L'Oréal  Paris!"), "l-or-al-paris");
        assert_eq!(clean_text("  a\u{202e}b\n ", 5).as_deref(), Some("ab"));
        assert_eq!(clean_text("abcdef", 5), None);
    }
}
