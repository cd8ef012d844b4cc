//! What the playlist tells beside media: pins and cuts, as `EXT-X-DATERANGE`.

use std::collections::VecDeque;
use std::fmt::Write as _;

use units::{AirTime, Timestamp};

/// Notes in a playlist; above it the oldest that has ended goes first, else the oldest.
const MAX_NOTES: usize = 64;
/// Characters of an id or a value that are written.
const MAX_TEXT: usize = 128;

/// Something that happened in the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Names the note within the program; a second note with it only adds an end.
    pub id: String,
    /// Where it starts.
    pub start: AirTime,
    /// Where it ends, when that is known.
    pub end: Option<AirTime>,
    /// What it is.
    pub kind: NoteKind,
}

/// Kinds of notes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoteKind {
    /// The offer on screen: `X-RINGLIGHT-SKU`. A new pin ends the one before.
    Pin {
        /// The product.
        sku: String,
    },
    /// A part of the program was stopped: `X-RINGLIGHT-CUT`.
    Cut {
        /// How: `mute`, `cut`, `cover`.
        how: String,
    },
}

#[derive(Debug)]
struct Written {
    note: Note,
    /// Dates are fixed when the note is made: attributes of a date range never change.
    start: Timestamp,
    end: Option<Timestamp>,
}

#[derive(Debug, Default)]
pub(crate) struct Notes(VecDeque<Written>);

impl Notes {
    /// Adds a note or the end of one. `date` is the UTC of an air time.
    pub(crate) fn add(&mut self, note: Note, date: impl Fn(AirTime) -> Timestamp) {
        if self.0.iter().any(|known| known.note.id == note.id) {
            if let Some(end) = note.end {
                self.end(&note.id, end, date);
            }
            return;
        }
        if matches!(note.kind, NoteKind::Pin { .. }) {
            self.end_pins(note.start, &date);
        }
        if self.0.len() >= MAX_NOTES {
            let oldest = self.0.iter().position(|known| known.end.is_some()).unwrap_or(0);
            self.0.remove(oldest);
        }
        let (start, end) = (date(note.start), note.end.map(date));
        self.0.push_back(Written { note, start, end });
    }

    /// Ends the note with this id; an end once written stays.
    pub(crate) fn end(&mut self, id: &str, at: AirTime, date: impl Fn(AirTime) -> Timestamp) {
        for known in &mut self.0 {
            if known.note.id == id && known.end.is_none() {
                known.end_at(at, &date);
            }
        }
    }

    /// Ends the pin on screen.
    pub(crate) fn end_pins(&mut self, at: AirTime, date: impl Fn(AirTime) -> Timestamp) {
        for known in &mut self.0 {
            if matches!(known.note.kind, NoteKind::Pin { .. }) && known.end.is_none() {
                known.end_at(at, &date);
            }
        }
    }

    /// Forgets what ended before the playlist begins.
    pub(crate) fn forget_before(&mut self, oldest: AirTime) {
        self.0.retain(|known| known.note.end.is_none_or(|end| end >= oldest));
    }

    pub(crate) fn write(&self, out: &mut String) {
        for Written { note, start, end } in &self.0 {
            let class = match note.kind {
                NoteKind::Pin { .. } => "ringlight.pin",
                NoteKind::Cut { .. } => "ringlight.cut",
            };
            let _ = write!(
                out,
                "#EXT-X-DATERANGE:ID=\"{}\",CLASS=\"{class}\",START-DATE=\"{}\"",
                quoted(&note.id),
                start.rfc3339()
            );
            if let Some(end) = end {
                let _ = write!(out, ",END-DATE=\"{}\"", end.rfc3339());
            }
            let _ = match &note.kind {
                NoteKind::Pin { sku } => writeln!(out, ",X-RINGLIGHT-SKU=\"{}\"", quoted(sku)),
                NoteKind::Cut { how } => writeln!(out, ",X-RINGLIGHT-CUT=\"{}\"", quoted(how)),
            };
        }
    }
}

impl Written {
    fn end_at(&mut self, at: AirTime, date: impl Fn(AirTime) -> Timestamp) {
        let at = at.max(self.note.start);
        self.note.end = Some(at);
        self.end = Some(date(at));
    }
}

/// Text inside quotes: what would end the quotes or the line is percent-encoded, as is `%`, so that
/// a reader can undo it; text that is too long is cut.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(MAX_TEXT) {
        if c == '"' || c == '%' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_in_its_quotes() {
        let check = |text: &str, expected: &str| assert_eq!(quoted(text), expected);
        check("LIP-01", "LIP-01");
        check("口红 №1", "口红 №1");
        check("a\"\n#EXT-X-ENDLIST\r\n", "a%22%0A#EXT-X-ENDLIST%0D%0A");
        check("100%", "100%25");
        check("\u{85}\u{2028}", "%C2%85%E2%80%A8");
        assert_eq!(quoted(&"x".repeat(1000)).len(), MAX_TEXT);
    }

    #[test]
    fn notes_are_bounded() {
        let mut notes = Notes::default();
        for n in 0..1000 {
            let kind = NoteKind::Cut { how: "mute".into() };
            let note = Note { id: format!("{n}"), start: AirTime::from_ms(n), end: None, kind };
            notes.add(note, |air| Timestamp::from_ms(air.ms()));
        }
        assert_eq!(notes.0.len(), MAX_NOTES);
    }
}
