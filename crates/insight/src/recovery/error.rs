//! Why there is no answer: always something about the rows or the question, never a crash.

use super::time::Time;
use crate::watch::Stopped;

/// A question that these rows cannot answer.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoveryError {
    /// The treated unit is not in the panel.
    #[error("the series has no unit {unit:?}")]
    NoUnit {
        /// Which was asked for.
        unit: String,
    },
    /// The start is not among the times.
    #[error("the start {start} is not among the times of the series, {first} to {last}")]
    NoStart {
        /// Which was asked for.
        start: Time,
        /// The first time.
        first: Time,
        /// The last time.
        last: Time,
    },
    /// There is too little before the start to learn from.
    #[error("only {found} times lie before the start; {least} are needed")]
    ShortBefore {
        /// How many there are.
        found: usize,
        /// How many there must be.
        least: usize,
    },
    /// There are too few donors for a placebo interval.
    #[error(
        "{method} needs {least} donors for its placebo interval, and {found} are left (bsts needs none)"
    )]
    FewDonors {
        /// The method's name.
        method: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        least: usize,
    },
    /// The treated unit never changes before the start.
    #[error(
        "{unit:?} has the same value at every time before the start, so there is nothing to learn from"
    )]
    Constant {
        /// Which.
        unit: String,
    },
    /// The treated unit has no level to index by.
    #[error(
        "the mean of {unit:?} before the start is not well above zero, so its values cannot be indexed by it"
    )]
    NoLevel {
        /// Which.
        unit: String,
    },
    /// An overlap is no share.
    #[error("the audience overlap of {unit:?} is {overlap}, not a share between 0 and 1")]
    BadOverlap {
        /// Whose.
        unit: String,
        /// What was given.
        overlap: f64,
    },
    /// The flag was set.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}
