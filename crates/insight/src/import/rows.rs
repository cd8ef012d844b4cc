//! Rows of a CSV file (RFC 4180), one at a time, in bounded memory. It knows no columns.

use std::io::Read;

use csv_core::ReadRecordResult;

use super::{File, ImportError};

/// Bytes of one row; a longer one ends the import, because what follows it cannot be trusted.
pub const ROW_MAX_BYTES: usize = 256 * 1024;
/// Columns of one row; a row with more ends the import likewise.
pub const COLUMNS_MAX: usize = 1024;
/// Bytes that are read at once.
const READ_BYTES: usize = 256 * 1024;

/// A reader of rows.
pub(super) struct Rows<R> {
    file: File,
    input: R,
    parser: csv_core::Reader,
    chunk: Box<[u8]>,
    at: usize,
    filled: usize,
    row: Box<[u8]>,
    ends: Box<[usize]>,
    line: u64,
}

/// One row.
pub(super) struct Row<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
    /// The line that it begins on, from 1.
    pub(super) line: u64,
}

impl<'a> Row<'a> {
    pub(super) fn columns(&self) -> usize {
        self.ends.len()
    }

    /// A field without the spaces around it; empty where the row is too short.
    pub(super) fn field(&self, column: usize) -> &'a [u8] {
        let Some(end) = self.ends.get(column) else { return &[] };
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        self.bytes[start..*end].trim_ascii()
    }
}

impl<R: Read> Rows<R> {
    pub(super) fn new(file: File, input: R) -> Self {
        Self {
            file,
            input,
            parser: csv_core::Reader::new(),
            chunk: vec![0; READ_BYTES].into_boxed_slice(),
            at: 0,
            filled: 0,
            row: vec![0; ROW_MAX_BYTES].into_boxed_slice(),
            ends: vec![0; COLUMNS_MAX].into_boxed_slice(),
            line: 1,
        }
    }

    /// The next row that is not blank, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Row<'_>>, ImportError> {
        if self.only_blank_lines_left()? {
            return Ok(None);
        }
        let begins = self.line;
        let (mut bytes, mut columns) = (0, 0);
        loop {
            if self.at == self.filled {
                self.fill()?;
            }
            let input = &self.chunk[self.at..self.filled];
            let (result, read, wrote, ended) =
                self.parser.read_record(input, &mut self.row[bytes..], &mut self.ends[columns..]);
            self.line += input[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
            self.at += read;
            bytes += wrote;
            columns += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return Err(ImportError::RowTooLong { file: self.file, line: begins });
                }
            }
        }
        Ok(Some(Row { bytes: &self.row[..bytes], ends: &self.ends[..columns], line: begins }))
    }

    fn only_blank_lines_left(&mut self) -> Result<bool, ImportError> {
        loop {
            if self.at == self.filled {
                self.fill()?;
                if self.filled == 0 {
                    return Ok(true);
                }
            }
            match self.chunk[self.at] {
                b'\n' => self.line += 1,
                b'\r' => {}
                _ => return Ok(false),
            }
            self.at += 1;
        }
    }

    fn fill(&mut self) -> Result<(), ImportError> {
        self.at = 0;
        self.filled = 0;
        // The mark of byte order counts only when it comes in one piece.
        let wanted = if self.line == 1 { 4 } else { 1 };
        while self.filled < wanted {
            match self.input.read(&mut self.chunk[self.filled..]) {
                Ok(0) => break,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(ImportError::Read { file: self.file, source }),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a row reads as: `line: field|field`.
    fn check(text: &str, expected: &[&str]) {
        for step in [1, 3, text.len().max(1)] {
            let mut rows = Rows::new(File::Orders, Slow { text: text.as_bytes(), step });
            let mut seen = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                let fields: Vec<_> = (0..row.columns())
                    .map(|column| String::from_utf8_lossy(row.field(column)).into_owned())
                    .collect();
                seen.push(format!("{}: {}", row.line, fields.join("|")));
            }
            assert_eq!(seen, expected, "{step} bytes at a time");
        }
    }

    struct Slow<'a> {
        text: &'a [u8],
        step: usize,
    }

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.step.min(buffer.len()).min(self.text.len());
            buffer[..count].copy_from_slice(&self.text[..count]);
            self.text = &self.text[count..];
            Ok(count)
        }
    }

    #[test]
    fn rows_and_their_lines() {
        check("", &[]);
        check("\n\r\n", &[]);
        check("a,b\n1, 2 \n", &["1: a|b", "2: 1|2"]);
        check("a,b\r\n\r\n1,2\r\n3,", &["1: a|b", "3: 1|2", "4: 3|"]);
        check("\u{feff}a\n1", &["1: a", "2: 1"]);
        check("a\n\"x\ny\"\n\"q\"\"q\"\n", &["1: a", "2: x\ny", "4: q\"q"]);
        check("a\n\"open,\n1\n", &["1: a", "2: open,\n1"]);
    }

    #[test]
    fn a_row_without_end_is_an_error() {
        let text = format!("a,b\n\"{}", "x,\n".repeat(ROW_MAX_BYTES));
        let mut rows = Rows::new(File::Shows, text.as_bytes());
        assert!(rows.next().unwrap().is_some());
        assert!(matches!(rows.next(), Err(ImportError::RowTooLong { file: File::Shows, line: 2 })));
        let wide = ",".repeat(COLUMNS_MAX + 1);
        assert!(Rows::new(File::Shows, wide.as_bytes()).next().is_err());
    }
}
