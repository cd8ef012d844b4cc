//! Rows of shows: who was on air when.

use std::io::Read;

use super::columns::SHOWS;
use super::names::Fingerprint;
use super::{File, Import, ImportError, Reason, content, id, name};
use crate::watch::Watch;

/// Hours of one show; a longer one is a bad row, because its end is of another show.
pub const SHOW_MAX_HOURS: u32 = 168;

/// Time on air of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Show {
    /// Number of the host.
    pub host: u32,
    /// Seconds since 1970.
    pub start: u32,
    /// Seconds since 1970, after `start`.
    pub end: u32,
}

impl Show {
    /// How long it was.
    #[must_use]
    pub fn hours(&self) -> f64 {
        f64::from(self.end - self.start) / 3600.0
    }
}

impl Import {
    /// Reads shows.
    pub fn shows(&mut self, input: impl Read, watch: &dyn Watch) -> Result<(), ImportError> {
        self.read(File::Shows, input, &SHOWS, watch, |import, row, places| {
            let show = id(places.field(row, 0), "show")?;
            let host = name(places.field(row, 1), "host")?;
            let start = import.moment(places.field(row, 2), "start")?;
            let end = import.moment(places.field(row, 3), "end")?;
            if end <= start {
                return Err(Reason::Backwards.into());
            }
            if end - start > SHOW_MAX_HOURS * 3600 {
                return Err(Reason::TooLong(SHOW_MAX_HOURS).into());
            }
            let host = import.host(host)?;
            let content = content(&[u64::from(host), u64::from(start), u64::from(end)]);
            import.once(File::Shows, "show", Fingerprint::of(show, b'l'), content)?;
            import.in_order(File::Shows, start);
            import.shows.push(Show { host, start, end });
            Ok(())
        })
    }

    /// Takes one show that no file names. One that does not end after it starts is not taken.
    pub fn show(&mut self, host: &str, start: u32, end: u32) -> Result<(), ImportError> {
        let host = self.hosts.intern(host).ok_or(ImportError::TooManyNames {
            file: File::Shows,
            line: 0,
            column: "host",
        })?;
        if start < end {
            self.shows.push(Show { host, start, end });
        }
        Ok(())
    }
}

/// Joins shows of one host that overlap; says how many were joined to another.
pub(super) fn join(shows: &mut Vec<Show>) -> u64 {
    shows.sort_unstable();
    let before = shows.len();
    shows.dedup_by(|later, earlier| {
        let overlap = later.host == earlier.host && later.start < earlier.end;
        if overlap {
            earlier.end = earlier.end.max(later.end);
        }
        overlap
    });
    (before - shows.len()) as u64
}
