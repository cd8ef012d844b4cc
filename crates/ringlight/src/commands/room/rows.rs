//! Rows `at_ms<TAB>viewer<TAB>text`, streamed. A row that cannot be used has a line and a reason; the next one is read.

use std::io::BufRead;

/// Bytes of a row; a longer one is not used.
pub(super) const ROW_BYTES_MAX: usize = 64 << 10;
/// The last moment of the year 9999.
const AT_MS_MAX: i64 = 253_402_300_799_999;
/// The header that a file may have.
const HEADER: &[u8] = b"at_ms\tviewer\ttext";

/// One row.
#[derive(Debug, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) at_ms: i64,
    pub(super) viewer: &'a str,
    pub(super) text: &'a str,
}

/// Why a row is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Bad {
    #[error("longer than {ROW_BYTES_MAX} bytes")]
    TooLong,
    #[error("not UTF-8")]
    NotUtf8,
    #[error("not three fields: at_ms, viewer and text with tabs between")]
    Fields,
    #[error("at_ms is not a whole number of milliseconds since 1970")]
    Time,
    #[error("time goes back: at_ms is less than in the row before")]
    Back,
    #[error("no viewer")]
    NoViewer,
}

/// Reads rows; holds one at a time.
pub(super) struct Rows<R> {
    input: R,
    line: Vec<u8>,
    too_long: bool,
    /// From one.
    pub(super) number: u64,
    last_ms: i64,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, line: Vec::new(), too_long: false, number: 0, last_ms: 0 }
    }

    /// The next row, or why it is not used; none at the end.
    pub(super) fn next(&mut self) -> std::io::Result<Option<Result<Row<'_>, Bad>>> {
        loop {
            if !self.fill()? {
                return Ok(None);
            }
            self.number += 1;
            if self.number > 1 || self.line != HEADER {
                break;
            }
        }
        if self.too_long {
            return Ok(Some(Err(Bad::TooLong)));
        }
        let row = row(&self.line, self.last_ms);
        if let Ok(row) = &row {
            self.last_ms = row.at_ms;
        }
        Ok(Some(row))
    }

    /// Reads a line without its end, of a long one only the beginning. False at the end of the input.
    fn fill(&mut self) -> std::io::Result<bool> {
        self.line.clear();
        self.too_long = false;
        let mut any = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if chunk.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let room = ROW_BYTES_MAX.saturating_sub(self.line.len()).min(part.len());
            self.line.extend_from_slice(&part[..room]);
            self.too_long |= room < part.len();
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                if self.line.last() == Some(&b'\r') {
                    self.line.pop();
                }
                return Ok(true);
            }
        }
    }
}

fn row(line: &[u8], last_ms: i64) -> Result<Row<'_>, Bad> {
    let line = std::str::from_utf8(line).map_err(|_| Bad::NotUtf8)?;
    let mut fields = line.splitn(3, '\t');
    let (Some(at_ms), Some(viewer), Some(text)) = (fields.next(), fields.next(), fields.next())
    else {
        return Err(Bad::Fields);
    };
    let at_ms = at_ms.parse().ok().filter(|at| (0..=AT_MS_MAX).contains(at)).ok_or(Bad::Time)?;
    if at_ms < last_ms {
        return Err(Bad::Back);
    }
    if viewer.is_empty() {
        return Err(Bad::NoViewer);
    }
    Ok(Row { at_ms, viewer, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = Result<(i64, String, String), Bad>;

    fn read(bytes: &[u8]) -> Vec<(u64, Read)> {
        let (mut rows, mut all) = (Rows::new(bytes), Vec::new());
        while let Some(row) = rows.next().expect("bytes in memory can be read") {
            let row = row.map(|row| (row.at_ms, row.viewer.to_owned(), row.text.to_owned()));
            all.push((rows.number, row));
        }
        all
    }

    #[test]
    fn rows_are_read_and_bad_ones_named() {
        let mut bytes = b"at_ms\tviewer\ttext\n5\tann\thi\tthere\r\n4\tbob\tx\nx\tbob\tx\n7\tbob\n8\t\tx\n9\tb\t\xff\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'1', ROW_BYTES_MAX + 1));
        bytes.extend(b"\n-1\tb\tx\n\n10\tb\t");
        let bad = |number, bad| (number, Err(bad));
        let ok = |number, at, viewer: &str, text: &str| {
            (number, Ok((at, viewer.to_owned(), text.to_owned())))
        };
        let expected = [
            ok(2, 5, "ann", "hi\tthere"),
            bad(3, Bad::Back),
            bad(4, Bad::Time),
            bad(5, Bad::Fields),
            bad(6, Bad::NoViewer),
            bad(7, Bad::NotUtf8),
            bad(8, Bad::TooLong),
            bad(9, Bad::Time),
            bad(10, Bad::Fields),
            ok(11, 10, "b", ""),
        ];
        assert_eq!(read(&bytes), expected);
        assert_eq!(read(b""), []);
    }
}
