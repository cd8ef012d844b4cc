//! From rows as they came to rows in order.

use super::{Dataset, File, Import, ImportError, Incident, Note, Reason, shows};

impl Import {
    /// Sorts what was read. An error where there are no orders, or orders of several currencies.
    pub fn finish(mut self) -> Result<Dataset, ImportError> {
        let currency = self.one_currency()?;
        let incidents = self.resolve_incidents()?;
        let overlapping = shows::join(&mut self.shows);
        let out_of_order = self.counts.out_of_order;
        if out_of_order[File::Orders as usize] > 0 {
            self.orders.sort();
        }
        if let Some(follows) = &mut self.follows {
            follows.sort_by_key(|follow| follow.at);
        }
        self.say(overlapping);
        self.rejected.sort();
        Ok(Dataset {
            hosts: self.hosts,
            brands: self.brands,
            categories: self.categories,
            currency,
            orders: self.orders,
            buyers: self.buyers.len(),
            shows: self.shows,
            follows: self.follows,
            viewers: self.viewers.len(),
            incidents,
            rejected: self.rejected,
            notes: self.notes,
        })
    }

    fn one_currency(&self) -> Result<units::Currency, ImportError> {
        match &self.currencies[..] {
            [] => Err(ImportError::NoOrders),
            [one] => Ok(one.currency),
            several => {
                let each = |seen: &super::orders::CurrencySeen| {
                    format!(
                        "{} ({} orders, the first on line {})",
                        seen.currency, seen.rows, seen.line
                    )
                };
                let found = several.iter().map(each).collect::<Vec<_>>().join(", ");
                Err(ImportError::Currencies { found })
            }
        }
    }

    fn resolve_incidents(&mut self) -> Result<Option<Vec<Incident>>, ImportError> {
        let Some(unresolved) = self.incidents.take() else { return Ok(None) };
        let all = unresolved.len() as u64;
        let mut incidents = Vec::with_capacity(unresolved.len());
        for one in unresolved {
            match self.hosts.number(&one.host) {
                Some(host) => incidents.push(Incident { host, ..one.incident }),
                None => {
                    self.rejected.add(File::Incidents, one.line, Reason::UnknownHost(one.host));
                }
            }
        }
        if let (true, Some(first)) =
            (incidents.is_empty() && all > 0, self.rejected.first(File::Incidents))
        {
            return Err(ImportError::AllRejected {
                file: File::Incidents,
                rows: self.rejected.bad(File::Incidents),
                line: first.line,
                reason: first.reason.clone(),
            });
        }
        incidents.sort_by_key(|incident| incident.at);
        Ok(Some(incidents))
    }

    /// Turns counts into notes.
    fn say(&mut self, overlapping: u64) {
        let counts = &self.counts;
        let notes = &mut self.notes;
        for ((sold, status), rows) in std::mem::take(&mut self.statuses) {
            notes.push(if sold {
                Note::UnknownStatus { status, rows }
            } else {
                Note::NotSold { status, rows }
            });
        }
        if counts.rounded > 0 {
            notes.push(Note::Rounded { rows: counts.rounded });
        }
        if counts.returns > 0 {
            notes.push(Note::Returns { rows: counts.returns });
        }
        for (column, rows) in ["brand", "category", "buyer"].into_iter().zip(counts.not_given) {
            if rows > 0 {
                notes.push(Note::NotGiven { column, rows });
            }
        }
        for file in File::ALL {
            let (rows, differing) = (self.rejected.repeated(file), counts.differing[file as usize]);
            if rows > 0 {
                notes.push(Note::Repeated { file, rows, differing });
            }
            let rows = counts.out_of_order[file as usize];
            if rows > 0 {
                notes.push(Note::OutOfOrder { file, rows });
            }
        }
        if overlapping > 0 {
            notes.push(Note::ShowsOverlap { rows: overlapping });
        }
    }
}
