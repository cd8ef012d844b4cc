//! The store in one SQLite file: one connection that writes, on its own thread, and a few that read.
//!
//! WAL with `synchronous = FULL`: a commit returns after the log file's sync, and only then do tickets resolve (S-3).

mod apply;
mod checkpoint;
mod failure;
mod pool;
mod queue;
mod read;
mod rows;
mod schema;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

use crate::batch::Batch;
use crate::check::check;
use crate::{DirLock, Health, Stats, Store, StoreError, Ticket};
use checkpoint::Checkpointer;
use failure::open_error;
use pool::Pool;
use queue::Queue;
use writer::{Status, Writer};

const FILE: &str = "ringlight.db";
/// How long a statement waits for another process's lock before it counts as an outage.
const BUSY_TIMEOUT_MS: u64 = 250;
/// What a full checkpoint leaves of the log file, so that erased text does not linger in its tail.
const WAL_KEEP_BYTES: u64 = 64 << 20;
const CACHED_STATEMENTS: usize = 64;
const CACHE_KIB: i64 = 32 << 10;

/// How to open a store; the defaults are right for a server.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// A virtual file system registered with SQLite, for fault injection.
    pub vfs: Option<String>,
    /// The most pages of the database file, as a quota.
    pub max_pages: Option<u32>,
}

/// A store that reads and writes. Dropping it commits what is queued and closes the file.
#[derive(Debug)]
pub struct SqliteStore {
    queue: Arc<Queue>,
    status: Arc<Status>,
    reader: SqliteReader,
    writer: Option<JoinHandle<()>>,
    _lock: DirLock,
}

/// Reads alone: for a second process that replays or verifies while a server runs.
#[derive(Debug)]
pub struct SqliteReader {
    pool: Pool,
}

/// Where the database is and how to open it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    path: PathBuf,
    options: Options,
}

impl SqliteStore {
    /// Opens or creates the store in a directory, locks the directory and brings the schema up to date.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(dir, Options::default())
    }

    /// As [`SqliteStore::open`], with options.
    pub fn open_with(dir: &Path, options: Options) -> Result<Self, StoreError> {
        let lock = DirLock::take(dir)?;
        let place = Place { path: dir.join(FILE), options };
        let mut conn = place.writing()?;
        schema::migrate(&mut conn)?;
        let queue = Arc::new(Queue::default());
        let status = Arc::new(Status::default());
        let checkpointer = Checkpointer::start(place.clone())?;
        let (theirs, told) = (Arc::clone(&queue), Arc::clone(&status));
        let writer = Writer::new(place.clone(), conn, theirs, told, checkpointer);
        let writer = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.work())
            .map_err(|e| StoreError::Open { what: format!("the writer thread: {e}") })?;
        let reader = SqliteReader { pool: Pool::new(place) };
        Ok(Self { queue, status, reader, writer: Some(writer), _lock: lock })
    }

    /// The reading side.
    #[must_use]
    pub fn reader(&self) -> &SqliteReader {
        &self.reader
    }
}

impl Store for SqliteStore {
    fn submit(&self, batch: Batch) -> Ticket {
        let checked = match check(batch) {
            Ok(checked) => checked,
            Err(error) => return Ticket::resolved(Err(error)),
        };
        let (ticket, resolver) = Ticket::new();
        if let Err((resolver, error)) = self.queue.push(checked, resolver) {
            if error == StoreError::Busy {
                self.status.count_busy();
            }
            resolver.resolve(Err(error));
        }
        ticket
    }

    fn health(&self) -> Health {
        self.status.health(&self.queue)
    }

    fn stats(&self) -> Stats {
        self.status.stats(&self.queue)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has dropped its jobs, which answered their tickets.
            let _ = writer.join();
        }
    }
}

impl SqliteReader {
    /// Opens an existing store for reading, without its lock. A server may be running on it.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        if !path.exists() {
            return Err(StoreError::Open { what: format!("{}: no such store", path.display()) });
        }
        let place = Place { path, options: Options::default() };
        schema::version(&place.reading()?)?;
        Ok(Self { pool: Pool::new(place) })
    }
}

impl Place {
    fn connect(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let conn = match &self.options.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&self.path, flags, vfs.as_str())?,
            None => Connection::open_with_flags(&self.path, flags)?,
        };
        conn.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
        conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
        conn.pragma_update(None, "trusted_schema", false)?;
        Ok(conn)
    }

    fn writing(&self) -> Result<Connection, StoreError> {
        self.writing_raw().map_err(|e| open_error(&e))
    }

    fn writing_raw(&self) -> rusqlite::Result<Connection> {
        let conn = self.connect(
            OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_CREATE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "foreign_keys", false)?;
        // Erased text is overwritten in the file, not only unlinked.
        conn.pragma_update(None, "secure_delete", true)?;
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        conn.pragma_update(None, "journal_size_limit", WAL_KEEP_BYTES as i64)?;
        if let Some(pages) = self.options.max_pages {
            conn.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(conn)
    }

    /// A connection that can't write, however it is asked. It may create the shared-memory file, so it is not opened
    /// read-only: a store whose server is gone could not be read then.
    fn reading(&self) -> Result<Connection, StoreError> {
        let open = || {
            let conn =
                self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            conn.pragma_update(None, "query_only", true)?;
            Ok(conn)
        };
        open().map_err(|e| open_error(&e))
    }
}
