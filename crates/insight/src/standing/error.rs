//! Why rows of evidence cannot be judged.

use std::collections::BTreeMap;

use super::evidence::Reversal;
use crate::calendar::Day;

/// What is wrong with the entries, the norms or the policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StandingError {
    /// Two entries share an id, or one has none.
    #[error("the id {id:?} stands for two entries, or is empty")]
    Id {
        /// Which.
        id: String,
    },
    /// The counts of an entry cannot be.
    #[error("evidence {id:?}: {why}")]
    Flaw {
        /// Which.
        id: String,
        /// Why.
        why: &'static str,
    },
    /// An appeal reverses what is not there.
    #[error("appeal {id:?} reverses {of:?}, which is not among the entries")]
    NothingToReverse {
        /// The appeal.
        id: String,
        /// What it names.
        of: String,
    },
    /// An entry is reversed twice.
    #[error("{of:?} is reversed by both {first:?} and {id:?}")]
    ReversedTwice {
        /// The entry.
        of: String,
        /// One appeal.
        first: String,
        /// The other.
        id: String,
    },
    /// An appeal was won before the day of what it reverses.
    #[error("appeal {id:?} is dated {on}, before {of:?} of {entry}")]
    ReversedBefore {
        /// The appeal.
        id: String,
        /// Its day.
        on: Day,
        /// The entry.
        of: String,
        /// The entry's day.
        entry: Day,
    },
    /// A setting is out of bounds.
    #[error("{what} must be {bounds}")]
    Setting {
        /// Which.
        what: &'static str,
        /// What it may be.
        bounds: &'static str,
    },
}

/// The reversal of each entry. `days` holds the entries' ids with their days.
pub(super) fn match_reversals<'a>(
    days: &BTreeMap<&str, Day>,
    reversals: &'a [Reversal],
) -> Result<BTreeMap<&'a str, &'a Reversal>, StandingError> {
    let mut known: BTreeMap<&str, &Reversal> = BTreeMap::new();
    let mut ids: Vec<&str> = days.keys().copied().collect();
    for reversal in reversals {
        let Reversal { id, on, of } = reversal.clone();
        if id.is_empty() || ids.contains(&id.as_str()) {
            return Err(StandingError::Id { id });
        }
        let Some(entry) = days.get(of.as_str()) else {
            return Err(StandingError::NothingToReverse { id, of });
        };
        if on < *entry {
            return Err(StandingError::ReversedBefore { id, on, of, entry: *entry });
        }
        if let Some(first) = known.insert(&reversal.of, reversal) {
            return Err(StandingError::ReversedTwice { of, first: first.id.clone(), id });
        }
        ids.push(&reversal.id);
    }
    Ok(known)
}

/// The ids with their days; refuses an id that is empty or stands twice.
pub(super) fn index<'a>(
    entries: impl Iterator<Item = (&'a str, Day)>,
) -> Result<BTreeMap<&'a str, Day>, StandingError> {
    let mut days = BTreeMap::new();
    for (id, on) in entries {
        if id.is_empty() || days.insert(id, on).is_some() {
            return Err(StandingError::Id { id: id.to_owned() });
        }
    }
    Ok(days)
}

/// The value when it is within the bounds.
pub(super) fn setting(
    holds: bool,
    what: &'static str,
    bounds: &'static str,
) -> Result<(), StandingError> {
    if holds { Ok(()) } else { Err(StandingError::Setting { what, bounds }) }
}
