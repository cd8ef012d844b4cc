//! Rows that could not be used, and what was done with those that could be read in more than one way.

use std::fmt;

use serde::{Serialize, Serializer};

use super::File;

/// Rows that are listed for each file and each of "bad" and "repeated"; further ones are counted only.
pub const LISTED_MAX: usize = 1000;
/// Bytes of a bad field that its reason cites.
const CITED_MAX_CHARS: usize = 40;

/// One row that was not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RejectedRow {
    /// Which file.
    pub file: File,
    /// The line that the row begins on, from 1; the header counts.
    pub line: u64,
    /// Why it was not used.
    #[serde(serialize_with = "text")]
    pub reason: Reason,
}

/// Why a row was not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Fewer fields than the header promises.
    #[error("the row has {found} columns; {needed} are needed")]
    Short {
        /// Columns of the row.
        found: usize,
        /// Columns up to the last one that is read.
        needed: usize,
    },
    /// A field that must not be empty is.
    #[error("{0} is empty")]
    Missing(&'static str),
    /// Not UTF-8.
    #[error("{0} is not UTF-8 text; save the file as UTF-8")]
    NotText(&'static str),
    /// Longer than a name may be, or with control characters in it.
    #[error(
        "{0} is not a name: {1:?} is too long or has line breaks; perhaps a quotation mark is not closed"
    )]
    NotAName(&'static str, String),
    /// Not a moment in one of the known forms.
    #[error("{0} is not a time: {1:?}; write 2026-03-01, 2026-03-01 20:15, or RFC 3339")]
    NotATime(&'static str, String),
    /// A moment that is still to come; a mistyped year would make everybody look gone.
    #[error("{0} lies in the future: {1:?}")]
    Future(&'static str, String),
    /// Not a decimal number.
    #[error("amount is not a decimal number such as 79.00, or too large: {0:?}")]
    NotAnAmount(String),
    /// Not a currency.
    #[error("currency is not three letters such as CNY: {0:?}")]
    NotACurrency(String),
    /// Not a number of days.
    #[error("dark_days is not a number of days between 0 and 3650: {0:?}")]
    NotDays(String),
    /// A show that is over before it begins, or never lasts.
    #[error("end is not after start")]
    Backwards,
    /// A show of a week or more.
    #[error("the show lasts longer than {0} hours")]
    TooLong(u32),
    /// An unfollow before the follow.
    #[error("until is before at")]
    UntilBefore,
    /// A host of an incident that nothing else names.
    #[error("host {0:?} is in no order, show or follow")]
    UnknownHost(String),
    /// An id that came before, with the same content.
    #[error("{0} was there before, with the same content; counted once")]
    Repeated(&'static str),
    /// An id that came before, with other content.
    #[error(
        "{0} was there before, with other content; the first row counts (one row per item needs an id of its own each)"
    )]
    Differs(&'static str),
}

fn text<S: Serializer>(reason: &Reason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reason)
}

/// A bad field as a reason cites it.
pub(super) fn cite(field: &[u8]) -> String {
    String::from_utf8_lossy(field).chars().take(CITED_MAX_CHARS).collect()
}

/// All rows that were not used: the first of them, and how many there are.
#[derive(Clone, Debug, Default)]
pub struct Rejected {
    listed: Vec<RejectedRow>,
    bad: [u64; File::ALL.len()],
    repeated: [u64; File::ALL.len()],
}

impl Rejected {
    /// Up to [`LISTED_MAX`] bad and as many repeated rows of each file, by file and line.
    #[must_use]
    pub fn listed(&self) -> &[RejectedRow] {
        &self.listed
    }

    /// How many rows of a file were bad.
    #[must_use]
    pub fn bad(&self, file: File) -> u64 {
        self.bad[file as usize]
    }

    /// How many rows of a file had an id that came before.
    #[must_use]
    pub fn repeated(&self, file: File) -> u64 {
        self.repeated[file as usize]
    }

    pub(super) fn add(&mut self, file: File, line: u64, reason: Reason) {
        let repeated = matches!(reason, Reason::Repeated(_) | Reason::Differs(_));
        let counts = if repeated { &mut self.repeated } else { &mut self.bad };
        counts[file as usize] += 1;
        if counts[file as usize] <= LISTED_MAX as u64 {
            self.listed.push(RejectedRow { file, line, reason });
        }
    }

    pub(super) fn first(&self, file: File) -> Option<&RejectedRow> {
        self.listed.iter().filter(|row| row.file == file).min_by_key(|row| row.line)
    }

    pub(super) fn sort(&mut self) {
        self.listed.sort_by_key(|row| (row.file, row.line));
    }
}

/// What was done with rows that are fine and still need a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Note {
    /// A column that is not needed is not there.
    NoColumn {
        /// Which file.
        file: File,
        /// Which column.
        column: &'static str,
    },
    /// A file has headers only.
    NoRows {
        /// Which file.
        file: File,
    },
    /// Amounts had more decimals than the currency has, and were rounded half away from zero.
    Rounded {
        /// How many.
        rows: u64,
    },
    /// Amounts below zero are returns: they count against their host and brand on the day of the return, and nobody
    /// joins an audience by one.
    Returns {
        /// How many.
        rows: u64,
    },
    /// Orders whose status says that nothing was sold do not count.
    NotSold {
        /// The status.
        status: String,
        /// How many.
        rows: u64,
    },
    /// Orders with a status that is not known count as sold.
    UnknownStatus {
        /// The status.
        status: String,
        /// How many.
        rows: u64,
    },
    /// A field is empty: the order counts, under no name.
    NotGiven {
        /// Which column.
        column: &'static str,
        /// How many.
        rows: u64,
    },
    /// Ids that came before: counted once.
    Repeated {
        /// Which file.
        file: File,
        /// How many rows.
        rows: u64,
        /// How many of them with other content than the first.
        differing: u64,
    },
    /// Rows that begin before the row above them; all were sorted.
    OutOfOrder {
        /// Which file.
        file: File,
        /// How many.
        rows: u64,
    },
    /// Shows of one host overlap: the time counts once.
    ShowsOverlap {
        /// How many shows.
        rows: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoColumn { file, column } => write!(f, "{file} have no column {column}"),
            Self::NoRows { file } => write!(f, "{file} have headers and no rows"),
            Self::Rounded { rows } => write!(
                f,
                "{rows} amounts had more decimals than the currency has and were rounded half away from zero"
            ),
            Self::Returns { rows } => write!(
                f,
                "{rows} amounts are below zero: returns, taken from host and brand on their own day"
            ),
            Self::NotSold { status, rows } => {
                write!(f, "{rows} orders with status {status:?} were not sold and do not count")
            }
            Self::UnknownStatus { status, rows } => {
                write!(
                    f,
                    "{rows} orders have the status {status:?}, which is not known: they count"
                )
            }
            Self::NotGiven { column, rows } => write!(f, "{rows} orders have no {column}"),
            Self::Repeated { file, rows, differing } => write!(
                f,
                "{rows} rows of {file} repeat an id, {differing} of them with other content: the first row counts"
            ),
            Self::OutOfOrder { file, rows } => {
                write!(f, "{rows} rows of {file} are out of order in time: sorted")
            }
            Self::ShowsOverlap { rows } => {
                write!(f, "{rows} shows overlap with another of their host: the time counts once")
            }
        }
    }
}
