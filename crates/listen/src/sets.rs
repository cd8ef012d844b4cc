//! The project's own lines and the public ones, as rows. Bytes come in; who reads files is elsewhere.

use sha2::{Digest as _, Sha256};

use crate::Language;
use crate::host::{HostRow, LABELS, Source};
use crate::text::labels::ChatLabel;
use crate::weights::Input;

/// A set that does not fit its form.
#[derive(Debug, thiserror::Error)]
#[error("{name}, line {line}: {what}")]
pub struct SetError {
    /// The file.
    pub name: String,
    /// From one.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// A line of chat.
#[derive(Clone, Debug)]
pub struct ChatRow {
    /// Its language.
    pub language: Language,
    /// Who wrote it: the file's name.
    pub writer: String,
    /// What it is.
    pub label: ChatLabel,
    /// The line.
    pub text: String,
}

/// A public line.
#[derive(Clone, Debug)]
pub struct OffensiveRow {
    /// Its language.
    pub language: Language,
    /// Whether it is offensive.
    pub offensive: bool,
    /// The line.
    pub text: String,
}

/// A host line's kind, for the evaluation's tables.
#[derive(Clone, Debug)]
pub struct Kinded {
    /// The row.
    pub row: HostRow,
    /// Its kind, or nothing.
    pub kind: String,
}

/// All sets that were given.
#[derive(Clone, Debug, Default)]
pub struct Sets {
    /// `chat/*/*.tsv`.
    pub chat: Vec<ChatRow>,
    /// `host/*/*.tsv` and `claims/*/*.tsv`.
    pub host: Vec<Kinded>,
    /// Public lines.
    pub offensive: Vec<OffensiveRow>,
    /// The files, for the header of the weights.
    pub inputs: Vec<Input>,
}

/// Of these bytes, in hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Sets {
    /// Adds a file of ours by its path below the folder of sets (`chat/zh/a.tsv`). Other paths are left out.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), SetError> {
        let mut path = name.split('/');
        let (Some(kind), Some(language), Some(file), None) =
            (path.next(), path.next(), path.next(), path.next())
        else {
            return Ok(());
        };
        let (Ok(language), Some(writer)) =
            (language.parse::<Language>(), file.strip_suffix(".tsv"))
        else {
            return Ok(());
        };
        let text = String::from_utf8_lossy(bytes);
        for (at, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.is_empty()) {
            let wrong = |what| SetError { name: name.to_owned(), line: at + 1, what };
            let fields: Vec<&str> = line.split('\t').collect();
            let field = |at: usize| fields.get(at).copied().unwrap_or_default();
            match kind {
                "chat" => {
                    let label = ChatLabel::named(field(0)).ok_or_else(|| wrong("unknown label"))?;
                    let (writer, text) = (writer.to_owned(), field(1).to_owned());
                    self.chat.push(ChatRow { language, writer, label, text });
                }
                "host" => {
                    let labels = match field(0) {
                        "contempt" => vec![0],
                        "clear" => vec![],
                        _ => return Err(wrong("neither contempt nor clear")),
                    };
                    self.host.push(Kinded {
                        kind: field(1).to_owned(),
                        row: HostRow {
                            source: Source::Host,
                            language,
                            writer: writer.to_owned(),
                            text: field(2).to_owned(),
                            context: field(3).to_owned(),
                            labels,
                        },
                    });
                }
                "claims" => {
                    let names = field(0).split(',').filter(|name| *name != "none");
                    let place = |name: &str| LABELS.iter().position(|label| *label == name.trim());
                    let labels = names.map(place).collect::<Option<Vec<_>>>();
                    self.host.push(Kinded {
                        kind: field(0).to_owned(),
                        row: HostRow {
                            source: Source::Claims,
                            language,
                            writer: writer.to_owned(),
                            text: field(1).to_owned(),
                            context: String::new(),
                            labels: labels.ok_or_else(|| wrong("unknown rule"))?,
                        },
                    });
                }
                _ => return Ok(()),
            }
        }
        self.inputs.push(Input { name: name.to_owned(), sha256: sha256(bytes) });
        Ok(())
    }

    /// Adds a public file: a header line that names `text` and `offensive`.
    pub fn add_public(
        &mut self,
        name: &str,
        language: Language,
        bytes: &[u8],
    ) -> Result<(), SetError> {
        let wrong = |line, what| SetError { name: name.to_owned(), line, what };
        let text = String::from_utf8_lossy(bytes);
        let header: Vec<&str> = text.lines().next().unwrap_or_default().split('\t').collect();
        let column = |name: &str| header.iter().position(|known| *known == name);
        let (Some(line), Some(label)) = (column("text"), column("offensive")) else {
            return Err(wrong(1, "no column text or offensive"));
        };
        for (at, row) in text.lines().enumerate().skip(1) {
            let fields: Vec<&str> = row.split('\t').collect();
            let (Some(text), Some(label)) = (fields.get(line), fields.get(label)) else {
                return Err(wrong(at + 1, "too few fields"));
            };
            let (text, offensive) = ((*text).to_owned(), *label == "1");
            self.offensive.push(OffensiveRow { language, offensive, text });
        }
        self.inputs.push(Input { name: name.to_owned(), sha256: sha256(bytes) });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_does_not_fit_is_named() {
        let mut sets = Sets::default();
        sets.add("chat/en/a.tsv", b"label\ttext\npraise\tlovely\n").unwrap();
        sets.add(
            "claims/en/a.tsv",
            b"rules\ttext\nminors,false_scarcity\tkids, last one\nnone\thi\n",
        )
        .unwrap();
        assert_eq!((sets.chat.len(), sets.host.len()), (1, 2));
        assert_eq!(sets.host[0].row.labels, [8, 4]);
        let error = sets.add("chat/en/b.tsv", b"label\ttext\nrage\tx\n").unwrap_err();
        assert_eq!(error.to_string(), "chat/en/b.tsv, line 2: unknown label");
        let error = sets.add_public("x", Language::Zh, b"a\tb\n").unwrap_err();
        assert_eq!(error.to_string(), "x, line 1: no column text or offensive");
    }
}
