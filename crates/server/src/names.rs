//! Which names are allowed in addresses and tables.

const SLUG_MAX: usize = 64;
const SKU_MAX: usize = 64;

/// Lower-case letters, digits and inner hyphens, 64 characters at most.
pub(crate) fn is_slug(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=SLUG_MAX).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Printable ASCII without spaces, quotes, slashes and formula signs, 64 characters at most.
pub(crate) fn is_sku(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'#' | b'+');
    (1..=SKU_MAX).contains(&text.len())
        && text.bytes().all(fits)
        && !text.starts_with(['-', '+', '.', ':', '#'])
}

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
    let unfit = |c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let clean: String = text.chars().filter(|c| !unfit(*c)).collect();
    let clean = clean.trim();
    (!clean.is_empty() && clean.chars().count() <= max).then(|| clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_and_skus() {
        assert!(is_slug("evening-2") && !is_slug("-a") && !is_slug("a/b") && !is_slug("") && !is_slug("Ä"));
        assert!(is_sku("LIP-01") && !is_sku("=1+1") && !is_sku("a b") && !is_sku("../x"));
        assert_eq!(slug_of("L'Oréal  Paris!"), "l-or-al-paris");
        assert_eq!(clean_text("  a\u{202e}b\n ", 5).as_deref(), Some("ab"));
        assert_eq!(clean_text("abcdef", 5), None);
    }
}
