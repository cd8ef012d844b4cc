//! Moving the write-ahead log into the database while commits go on.
//!
//! SQLite does that inside a commit by default: one commit in some dozens then takes ten times as long. Here a thread of
//! its own moves what it can and the writer goes on appending. The log file starts from its beginning again only when
//! everything in it was moved, so once it is long the writer moves the little that is left by itself.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::Place;
use crate::StoreError;

/// The least time between two rounds of the thread: each costs a sync of its own, and moves the pages that most commits
/// write once more.
const PACE: Duration = Duration::from_millis(250);
/// From this many pages on the log should start again.
const LONG_PAGES: u32 = 8_000;
/// The most pages that the writer moves by itself for that.
const REST_PAGES: u32 = 1_000;
/// From this many pages on it moves whatever there is: the thread can't keep up.
const TOO_LONG_PAGES: u32 = 64_000;

/// Pages in the log file, and how many of them were moved, when somebody last looked.
#[derive(Debug, Clone, Copy)]
struct Progress {
    busy: bool,
    log: u32,
    moved: u32,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    log: AtomicU32,
    moved: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    dirty: bool,
    closed: bool,
}

/// The thread, seen from the writer.
#[derive(Debug)]
pub(super) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(place: Place) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || theirs.run(&place))
            .map_err(|e| StoreError::Open { what: format!("the checkpoint thread: {e}") })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Called by the writer behind each commit.
    pub(super) fn committed(&self, conn: &Connection) {
        let log = self.shared.log.load(Ordering::Relaxed);
        let rest = log.saturating_sub(self.shared.moved.load(Ordering::Relaxed));
        if log > TOO_LONG_PAGES || (log > LONG_PAGES && rest < REST_PAGES) {
            // When it fails or the thread is at it, a later commit tries again.
            if progress(conn, "PASSIVE").is_ok_and(|progress| !progress.busy) {
                self.shared.log.store(0, Ordering::Relaxed);
            }
        }
        // While the thread knows of a commit, it need not hear of another: being woken up costs both of them.
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut state.dirty, true) {
            drop(state);
            self.shared.changed.notify_one();
        }
    }

    /// Empties the log file to its last byte. Whether that was possible.
    pub(super) fn empty(&self, conn: &Connection) -> bool {
        progress(conn, "TRUNCATE").is_ok_and(|progress| !progress.busy)
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.change(|state| state.closed = true);
        if let Some(thread) = self.thread.take() {
            // A panic there leaves a long log file and nothing worse.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    fn run(&self, place: &Place) {
        let mut conn = None;
        loop {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let mut state = self
                .changed
                .wait_while(state, |state| !state.dirty && !state.closed)
                .unwrap_or_else(PoisonError::into_inner);
            state.dirty = false;
            // Only the end of the store cuts the pause short.
            let (state, _) = self
                .changed
                .wait_timeout_while(state, PACE, |state| !state.closed)
                .unwrap_or_else(PoisonError::into_inner);
            if state.closed {
                return;
            }
            drop(state);
            conn = self.round(conn.take().or_else(|| place.writing().ok()));
        }
    }

    /// One round; the connection back, unless it met an error.
    fn round(&self, conn: Option<Connection>) -> Option<Connection> {
        let conn = conn?;
        let Progress { log, moved, busy } = progress(&conn, "PASSIVE").ok()?;
        if !busy {
            self.log.store(log, Ordering::Relaxed);
            self.moved.store(moved, Ordering::Relaxed);
        }
        Some(conn)
    }
}

fn progress(conn: &Connection, how: &str) -> rusqlite::Result<Progress> {
    conn.query_row(&format!("PRAGMA wal_checkpoint({how})"), [], |row| {
        // Both numbers are -1 where there is no log file yet.
        let pages = |column| row.get(column).map(|n: i64| u32::try_from(n).unwrap_or(0));
        Ok(Progress { busy: row.get::<_, i64>(0)? != 0, log: pages(1)?, moved: pages(2)? })
    })
}
