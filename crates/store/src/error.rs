//! What can go wrong, and how the store feels.

use std::fmt;

/// Why the store can't take a write at the moment. Each of them may pass by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outage {
    /// No space is left, or a quota is reached.
    DiskFull,
    /// Another process holds the database.
    Locked,
    /// The disk refused a read, a write or a sync.
    Io,
    /// The store is shutting down.
    Stopped,
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DiskFull => "the disk is full",
            Self::Locked => "another process holds the database",
            Self::Io => "the disk refused an operation",
            Self::Stopped => "the store is shutting down",
        })
    }
}

/// Why a batch did not commit or a read gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The queue is at its limit; nothing was queued. The caller answers 429 and the client tries again.
    #[error("the store's queue is full")]
    Busy,
    /// The stream has moved on, or is not there yet: another owner wrote, or an earlier batch failed.
    #[error("stream {stream} ends at {found}, the batch expected {expected}")]
    WrongSeq {
        /// The stream.
        stream: String,
        /// What the batch said the last sequence number is.
        expected: u64,
        /// What it is.
        found: u64,
    },
    /// A document is not at the version that the change expected.
    #[error("document {table}/{key} has another version than expected")]
    Conflict {
        /// The table.
        table: String,
        /// The key.
        key: String,
        /// The version that is there, if the document is.
        found: Option<u64>,
    },
    /// The batch breaks a rule of the tables: stock, a unique key, a row that is not there.
    #[error("the batch breaks a rule of the store: {what}")]
    Constraint {
        /// Which rule.
        what: String,
    },
    /// The store can't write now. Nothing of the batch is kept.
    #[error("the store is unavailable: {why}")]
    Unavailable {
        /// Why.
        why: Outage,
    },
    /// The batch or the key is not one: too large, empty, malformed.
    #[error("not a valid request to the store: {what}")]
    Invalid {
        /// What is wrong with it.
        what: String,
    },
    /// What is on disk is not what was written.
    #[error("the store's data is damaged: {what}")]
    Corrupt {
        /// Where and how.
        what: String,
    },
    /// A directory or a database could not be opened.
    #[error("could not open {what}")]
    Open {
        /// Which, and what the system said.
        what: String,
    },
    /// Another process uses the data directory.
    #[error("{dir} is in use by another server")]
    InUse {
        /// The directory.
        dir: String,
    },
    /// A later version of the program wrote this data directory.
    #[error("the data directory has schema {found}, this program knows up to {known}")]
    Newer {
        /// The schema on disk.
        found: u32,
        /// The newest schema that this program can read.
        known: u32,
    },
}

impl StoreError {
    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::Invalid { what: what.into() }
    }
    pub(crate) fn constraint(what: impl Into<String>) -> Self {
        Self::Constraint { what: what.into() }
    }
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }
    /// Whether the same batch may succeed later without change.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable { .. })
    }
    /// Whether one batch is at fault, and others of its transaction are not.
    pub(crate) fn is_of_the_batch(&self) -> bool {
        matches!(
            self,
            Self::WrongSeq { .. }
                | Self::Conflict { .. }
                | Self::Constraint { .. }
                | Self::Invalid { .. }
        )
    }
}

impl From<Outage> for StoreError {
    fn from(why: Outage) -> Self {
        Self::Unavailable { why }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull
            | std::io::ErrorKind::QuotaExceeded
            | std::io::ErrorKind::FileTooLarge => Outage::DiskFull.into(),
            _ => Outage::Io.into(),
        }
    }
}

/// How the store feels, for the desk and `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It commits.
    Ok,
    /// It commits, but slowly or with a long queue.
    Degraded(String),
    /// The last try to commit failed; it tries again by itself.
    Down(String),
}
