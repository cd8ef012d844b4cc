//! Rows of incidents: what went wrong, and how long a host was dark for it.

use std::io::Read;

use super::columns::INCIDENTS;
use super::names::Fingerprint;
use super::rejected::cite;
use super::{Bad, File, Import, ImportError, Reason, content, id, name, optional_name, values};
use crate::watch::Watch;

/// Incidents of one import.
const INCIDENTS_MAX: u32 = 1_000_000;

/// One incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its id, as the file has it.
    pub id: String,
    /// Number of the host.
    pub host: u32,
    /// Seconds since 1970.
    pub at: u32,
    /// Days without a show that followed from it; 0 for none.
    pub dark_days: f64,
    /// How bad it was, in the file's own words.
    pub severity: String,
    /// What kind it was, in the file's own words; may be empty.
    pub kind: String,
}

/// An incident whose host has no number yet: the files that name hosts may come later.
pub(super) struct Unresolved {
    pub(super) line: u64,
    pub(super) host: String,
    pub(super) incident: Incident,
}

impl Import {
    /// Reads incidents.
    pub fn incidents(&mut self, input: impl Read, watch: &dyn Watch) -> Result<(), ImportError> {
        self.incidents.get_or_insert_default();
        self.read(File::Incidents, input, &INCIDENTS, watch, |import, row, places| {
            let field = |index| places.field(row, index);
            let id = String::from_utf8_lossy(id(field(0), "incident")?).into_owned();
            let host = name(field(1), "host")?.to_owned();
            let at = import.moment(field(2), "at")?;
            let dark_days = match field(3) {
                [] => return Err(Reason::Missing("dark_days").into()),
                text => values::days(text).ok_or_else(|| Reason::NotDays(cite(text)))?,
            };
            let severity = name(field(4), "severity")?.to_owned();
            let kind = optional_name(field(5), "kind")?.to_owned();
            import.take_incident(
                row.line,
                host,
                Incident { id, host: 0, at, dark_days, severity, kind },
            )
        })
    }

    fn take_incident(&mut self, line: u64, host: String, incident: Incident) -> Result<(), Bad> {
        let key = Fingerprint::of(incident.id.as_bytes(), b'i');
        let bits =
            content(&[u64::from(incident.at), incident.dark_days.to_bits(), host.len() as u64]);
        self.once(File::Incidents, "incident", key, bits)?;
        self.in_order(File::Incidents, incident.at);
        let list = self.incidents.get_or_insert_default();
        if list.len() as u32 == INCIDENTS_MAX {
            return Err(Bad::TooManyRows(INCIDENTS_MAX));
        }
        list.push(Unresolved { line, host, incident });
        Ok(())
    }

    /// Takes one incident that no file names; `incident.host` is not read. One without finite, non-negative dark days
    /// counts as one without any.
    pub fn incident(&mut self, host: &str, mut incident: Incident) {
        if !(incident.dark_days.is_finite() && incident.dark_days >= 0.0) {
            incident.dark_days = 0.0;
        }
        self.incidents.get_or_insert_default().push(Unresolved {
            line: 0,
            host: host.to_owned(),
            incident,
        });
    }
}
