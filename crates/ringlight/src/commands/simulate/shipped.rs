//! The scenarios that ship, and the lines that their rooms write.

use sim::scenario::{LABELS, Lines};

macro_rules! scenarios {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../../scenarios/", $name, ".toml")))),+]
    };
}

/// By name.
pub(super) const SHIPPED: &[(&str, &str)] = scenarios![
    "remark-zh",
    "remark-ru",
    "remark-en",
    "remark-caught",
    "weak-words",
    "pressed",
    "false-claim",
    "stock-fault",
    "feed-dies",
    "raid",
    "giveaway",
];

macro_rules! chat {
    ($language:literal) => {
        [
            include_str!(concat!("../../../../../texts/chat/", $language, "/a.tsv")),
            include_str!(concat!("../../../../../texts/chat/", $language, "/b.tsv")),
            include_str!(concat!("../../../../../texts/held/chat/", $language, ".tsv")),
        ]
    };
}

/// The lines of a language.
pub(super) fn lines(language: &str) -> anyhow::Result<Lines> {
    let files = match language {
        "zh" => chat!("zh"),
        "ru" => chat!("ru"),
        "en" => chat!("en"),
        other => anyhow::bail!("there are no lines in {other}"),
    };
    let mut lines = Lines::default();
    for (n, file) in files.iter().enumerate() {
        let rows = file.lines().skip(1).filter_map(|row| row.split_once('\t'));
        for (label, text) in rows.filter(|(label, _)| LABELS.contains(label)) {
            lines.add(n == 2, label, text);
        }
    }
    Ok(lines)
}
