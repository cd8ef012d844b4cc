//! A few reading connections, opened when first needed and kept.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use super::Place;
use super::failure::store_error;
use crate::StoreError;

/// The most connections that read at the same time.
const MAX_READERS: usize = 4;
/// How long a read waits for one of them before it is refused as `Busy`.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Pool {
    place: Place,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    out: usize,
}

/// Gives the place back even when a read panics; the connection itself is dropped then.
struct Lease<'a> {
    pool: &'a Pool,
    conn: Option<Connection>,
}

impl Pool {
    pub(super) fn new(place: Place) -> Self {
        Self { place, state: Mutex::default(), returned: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a read. A connection that met an error is not used again: it may be the connection's fault.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, StoreError> {
        let mut lease = self.lease()?;
        let conn = match lease.conn.take() {
            Some(conn) => conn,
            None => self.place.reading()?,
        };
        let answer = read(&conn).map_err(|ReadError(error)| error)?;
        lease.conn = Some(conn);
        Ok(answer)
    }

    fn lease(&self) -> Result<Lease<'_>, StoreError> {
        let (mut state, _) = self
            .returned
            .wait_timeout_while(self.state(), PATIENCE, |state| state.out >= MAX_READERS)
            .unwrap_or_else(PoisonError::into_inner);
        if state.out >= MAX_READERS {
            return Err(StoreError::Busy);
        }
        state.out += 1;
        Ok(Lease { pool: self, conn: state.idle.pop() })
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.out -= 1;
        state.idle.extend(self.conn.take());
        drop(state);
        self.pool.returned.notify_one();
    }
}

/// A store error that `?` also makes from an SQLite error.
pub(super) struct ReadError(StoreError);

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self(store_error(&error))
    }
}
impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}
