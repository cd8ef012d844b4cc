//! Orders, shows, follows and incidents from CSV files: UTF-8, columns separated by commas, one row of headers.
//!
//! Columns (further names of each: [`columns`]); what is in brackets may be missing:
//!
//! | file | columns |
//! |---|---|
//! | orders | `order_id, at, host, amount, currency, [brand, category, buyer, status]` |
//! | shows | `show, host, start, end` |
//! | follows | `viewer, host, at, [until]` |
//! | incidents | `incident, host, at, dark_days, severity, [kind]` |
//!
//! - Times are `2026-03-01`, `2026-03-01 20:15[:30]` or RFC 3339; without a zone they are taken as UTC.
//! - Amounts are decimal, in units of the currency (`79.00`), after discounts. Below zero they are returns. All orders are of
//!   one currency; several are an error that names them.
//! - An order id counts once as a sale and once as a return: the first row of each. Repeated ids are listed.
//! - A status may say that nothing was sold ([`orders::NOT_SOLD`]): such orders are counted apart. A `show` or `product` column
//!   of orders is not needed: orders belong to a show by host and time.
//! - Bad rows are listed with line and reason, up to [`LISTED_MAX`] for each file, and counted exactly.
//! - Buyers and viewers become numbers; their ids are not kept. Names count as they are written: `Ann` is not `ann`.
//!
//! Nothing here opens a file, and nothing decides what the rows mean: see [`crate::exposure`].

pub mod columns;
mod finish;
mod follows;
mod incidents;
mod names;
pub mod orders;
mod rejected;
mod rows;
mod shows;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use serde::Serialize;
use units::Currency;

pub use follows::Follow;
pub use incidents::Incident;
pub use names::{NAME_MAX_BYTES, NAMES_MAX, Names};
pub use orders::{NOBODY, Order, OrderRow, Orders};
pub use rejected::{LISTED_MAX, Note, Reason, Rejected, RejectedRow};
pub use rows::{COLUMNS_MAX, ROW_MAX_BYTES};
pub use shows::{SHOW_MAX_HOURS, Show};
pub use values::AMOUNT_MAX_MINOR;

use crate::watch::{Stage, Stopped, Watch};
use names::{ByFingerprint, Fingerprint, People};
use rejected::cite;
use rows::{Row, Rows};

/// Rows between two words to whoever watches.
const WATCH_ROWS: u64 = 1 << 16;

/// What kind of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum File {
    /// Who bought what from whom.
    Orders,
    /// Who was on air when.
    Shows,
    /// Who follows whom.
    Follows,
    /// What went wrong, and how long a host was dark for it.
    Incidents,
}

impl File {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Orders, Self::Shows, Self::Follows, Self::Incidents];

    fn stage(self) -> Stage {
        match self {
            Self::Orders => Stage::Orders,
            Self::Shows => Stage::Shows,
            Self::Follows => Stage::Follows,
            Self::Incidents => Stage::Incidents,
        }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stage())
    }
}

/// Why nothing could be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The bytes did not come.
    #[error("could not read {file}")]
    Read {
        /// Which file.
        file: File,
        /// What the reader said.
        source: io::Error,
    },
    /// Not even headers.
    #[error("{file} are empty: not even a row of headers")]
    Empty {
        /// Which file.
        file: File,
    },
    /// Headers alone.
    #[error("orders have headers and no rows")]
    NoOrders,
    /// A column that is needed is not there.
    #[error("{file} have no column {column} (also read as: {aliases}); there are: {found}")]
    MissingColumn {
        /// Which file.
        file: File,
        /// The column.
        column: &'static str,
        /// Other names that would do.
        aliases: String,
        /// The headers that are there.
        found: String,
    },
    /// Two columns of one name.
    #[error("{file} have two columns {column}: rename one")]
    TwiceInHeader {
        /// Which file.
        file: File,
        /// The column.
        column: String,
    },
    /// More than one currency.
    #[error(
        "orders are in several currencies: {found}; import one at a time, or convert the amounts first"
    )]
    Currencies {
        /// Each with its number of orders and the line of the first.
        found: String,
    },
    /// Not one row was good.
    #[error("none of {rows} rows of {file} can be used; line {line}: {reason}")]
    AllRejected {
        /// Which file.
        file: File,
        /// How many rows.
        rows: u64,
        /// Line of the first.
        line: u64,
        /// What is wrong with the first.
        reason: Reason,
    },
    /// A row without an end.
    #[error(
        "{file}, line {line}: a row is longer than {ROW_MAX_BYTES} bytes or {COLUMNS_MAX} columns; perhaps a quotation mark is not closed"
    )]
    RowTooLong {
        /// Which file.
        file: File,
        /// The line that it begins on.
        line: u64,
    },
    /// More different names than a platform has.
    #[error(
        "{file}, line {line}: more than {NAMES_MAX} different values of {column}; is it the right column?"
    )]
    TooManyNames {
        /// Which file.
        file: File,
        /// The line of the one too many.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// More rows than numbers for them.
    #[error("{file} have more than {max} rows")]
    TooManyRows {
        /// Which file.
        file: File,
        /// How many there may be.
        max: u32,
    },
    /// Somebody stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// What was imported: rows sorted by time, names as numbers.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Hosts of orders, shows and follows.
    pub hosts: Names,
    /// Brands of orders.
    pub brands: Names,
    /// Categories of orders.
    pub categories: Names,
    /// The currency of all amounts.
    pub currency: Currency,
    /// Sales and returns.
    pub orders: Orders,
    /// How many buyers there are; their numbers are 0 to this.
    pub buyers: u32,
    /// Time on air by host and start; no two of a host overlap.
    pub shows: Vec<Show>,
    /// Follows by time; `None` where no file was given.
    pub follows: Option<Vec<Follow>>,
    /// How many viewers follow somebody; their numbers are 0 to this, and have nothing to do with those of buyers.
    pub viewers: u32,
    /// Incidents by time; `None` where no file was given.
    pub incidents: Option<Vec<Incident>>,
    /// What was not used.
    pub rejected: Rejected,
    /// What was done with the rest.
    pub notes: Vec<Note>,
}

/// An import under way: give it files in any order, orders at least, then [`Import::finish`].
#[derive(Default)]
pub struct Import {
    hosts: Names,
    brands: Names,
    categories: Names,
    buyers: People,
    viewers: People,
    orders: Orders,
    orders_seen: ByFingerprint<u32>,
    currencies: Vec<orders::CurrencySeen>,
    statuses: BTreeMap<(bool, String), u64>,
    shows: Vec<Show>,
    shows_seen: ByFingerprint<u32>,
    follows: Option<Vec<Follow>>,
    incidents: Option<Vec<incidents::Unresolved>>,
    incidents_seen: ByFingerprint<u32>,
    rejected: Rejected,
    notes: Vec<Note>,
    counts: Counts,
    until: Option<u32>,
}

/// Counts behind the notes.
#[derive(Default)]
struct Counts {
    rounded: u64,
    returns: u64,
    not_given: [u64; 3],
    differing: [u64; File::ALL.len()],
    out_of_order: [u64; File::ALL.len()],
    last_at: [u32; File::ALL.len()],
}

impl Import {
    /// An import of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An import that takes rows of files from `until` on, in seconds since 1970, for mistyped: they lie in the future.
    #[must_use]
    pub fn until(until: u32) -> Self {
        Self { until: Some(until), ..Self::default() }
    }

    /// When a row of a file happened.
    fn moment(&self, field: &[u8], column: &'static str) -> Result<u32, Reason> {
        let at = moment(field, column)?;
        if self.until.is_some_and(|until| at >= until) {
            return Err(Reason::Future(column, cite(field)));
        }
        Ok(at)
    }

    /// Says that rows of this kind are known, even if there is none.
    pub fn given(&mut self, file: File) {
        match file {
            File::Follows => drop(self.follows.get_or_insert_default()),
            File::Incidents => drop(self.incidents.get_or_insert_default()),
            File::Orders | File::Shows => {}
        }
    }

    /// Reads a file row by row: places of the columns, then `row` for each. True when there was a row.
    fn read<const N: usize>(
        &mut self,
        file: File,
        input: impl io::Read,
        wanted: &[columns::Column; N],
        watch: &dyn Watch,
        mut take: impl FnMut(&mut Self, &Row<'_>, &columns::Places<N>) -> Result<(), Bad>,
    ) -> Result<(), ImportError> {
        let mut rows = Rows::new(file, input);
        let header = rows.next()?.ok_or(ImportError::Empty { file })?;
        let places = columns::Places::of(file, &header, wanted)?;
        for (index, column) in wanted.iter().enumerate() {
            if column.need == columns::Need::Should && !places.has(index) {
                self.notes.push(Note::NoColumn { file, column: column.name });
            }
        }
        let mut count = 0;
        while let Some(row) = rows.next()? {
            if count % WATCH_ROWS == 0 {
                watch.at(file.stage(), count, 0)?;
            }
            count += 1;
            let line = row.line;
            let taken = if row.columns() < places.width() {
                Err(Bad::Row(Reason::Short { found: row.columns(), needed: places.width() }))
            } else {
                take(self, &row, &places)
            };
            match taken {
                Ok(()) => {}
                Err(Bad::Row(reason)) => self.rejected.add(file, line, reason),
                Err(Bad::TooManyNames(column)) => {
                    return Err(ImportError::TooManyNames { file, line, column });
                }
                Err(Bad::TooManyRows(max)) => return Err(ImportError::TooManyRows { file, max }),
            }
        }
        watch.at(file.stage(), count, count)?;
        if count == 0 {
            self.notes.push(Note::NoRows { file });
        }
        match self.rejected.first(file) {
            Some(first) if self.rejected.bad(file) == count => Err(ImportError::AllRejected {
                file,
                rows: count,
                line: first.line,
                reason: first.reason.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Whether the id of a row came before: then the row does not count.
    fn once(
        &mut self,
        file: File,
        column: &'static str,
        id: Fingerprint,
        content: u32,
    ) -> Result<(), Bad> {
        let seen = match file {
            File::Orders => &mut self.orders_seen,
            File::Shows => &mut self.shows_seen,
            File::Follows | File::Incidents => &mut self.incidents_seen,
        };
        match seen.entry(id) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(content);
                Ok(())
            }
            std::collections::hash_map::Entry::Occupied(entry) if *entry.get() == content => {
                Err(Bad::Row(Reason::Repeated(column)))
            }
            std::collections::hash_map::Entry::Occupied(_) => {
                self.counts.differing[file as usize] += 1;
                Err(Bad::Row(Reason::Differs(column)))
            }
        }
    }

    fn in_order(&mut self, file: File, at: u32) {
        let last = &mut self.counts.last_at[file as usize];
        if at < *last {
            self.counts.out_of_order[file as usize] += 1;
        }
        *last = at;
    }

    fn host(&mut self, name: &str) -> Result<u32, Bad> {
        self.hosts.intern(name).ok_or(Bad::TooManyNames("host"))
    }
}

/// Why a row was not taken.
enum Bad {
    Row(Reason),
    TooManyNames(&'static str),
    TooManyRows(u32),
}

impl From<Reason> for Bad {
    fn from(reason: Reason) -> Self {
        Self::Row(reason)
    }
}

/// A name that must be there.
fn name<'a>(field: &'a [u8], column: &'static str) -> Result<&'a str, Reason> {
    match optional_name(field, column)? {
        "" => Err(Reason::Missing(column)),
        name => Ok(name),
    }
}

fn optional_name<'a>(field: &'a [u8], column: &'static str) -> Result<&'a str, Reason> {
    let text = std::str::from_utf8(field).map_err(|_| Reason::NotText(column))?.trim();
    if text.len() > NAME_MAX_BYTES || text.chars().any(char::is_control) {
        return Err(Reason::NotAName(column, cite(field)));
    }
    Ok(text)
}

/// An id: any bytes that are not too many.
fn id<'a>(field: &'a [u8], column: &'static str) -> Result<&'a [u8], Reason> {
    match field {
        [] => Err(Reason::Missing(column)),
        _ if field.len() > NAME_MAX_BYTES || field.contains(&b'\n') => {
            Err(Reason::NotAName(column, cite(field)))
        }
        _ => Ok(field),
    }
}

fn moment(field: &[u8], column: &'static str) -> Result<u32, Reason> {
    if field.is_empty() {
        return Err(Reason::Missing(column));
    }
    values::moment(field).ok_or_else(|| Reason::NotATime(column, cite(field)))
}

/// Bits that tell rows of one id apart.
fn content(parts: &[u64]) -> u32 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    hasher.finish() as u32
}
