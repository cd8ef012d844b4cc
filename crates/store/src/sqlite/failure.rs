//! SQLite's errors in the store's words.

use rusqlite::{Error, ErrorCode};

use crate::{Outage, StoreError};

/// What a failed statement means for the batch or the read.
pub(super) fn store_error(error: &Error) -> StoreError {
    let Error::SqliteFailure(failure, message) = error else {
        return StoreError::corrupt(error.to_string());
    };
    match failure.code {
        ErrorCode::ConstraintViolation => {
            StoreError::constraint(message.clone().unwrap_or_else(|| failure.to_string()))
        }
        ErrorCode::DiskFull => Outage::DiskFull.into(),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Outage::Locked.into(),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            StoreError::corrupt(error.to_string())
        }
        // Everything else (I/O, can't open, read-only file system, no memory) is the machine's state, not ours.
        _ => Outage::Io.into(),
    }
}

/// What a failed statement means while a database is being opened: the caller needs the system's own words.
pub(super) fn open_error(error: &Error) -> StoreError {
    StoreError::Open { what: format!("the database: {error}") }
}
