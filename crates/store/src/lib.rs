//! What must survive a crash: the log, orders and stock, documents, erasable texts, the outbox and objects.
//!
//! One way in: [`Store::submit`] takes a [`Batch`] and hands back a [`Ticket`] that resolves when everything in the
//! batch is synced, or nothing of it is. It never blocks: a full queue answers [`StoreError::Busy`] at once. Reads go
//! through [`Reader`] and never wait for a writer.
//!
//! Two implementations, one suite (`conformance`, behind the feature of that name): [`MemoryStore`] for tests and
//! simulation, [`SqliteStore`] for everything else. Recordings and sealed clips are [`Objects`] on disk.
//!
//! The crate never decides anything about a show or an order, never mints an id, a salt or a `Timestamp`, and
//! knows no async runtime: entries of the log are opaque JSON, states of an order are words of the domain. It stands
//! guard a second time where the domain may be wrong: stock can't be oversold, an order's key is unique in its show,
//! and a stream's sequence has no gap and no fork.
//!
//! Personal text lives in `texts` and `chat` only, both erasable; `Debug` of their rows redacts.
//!
//! Follows: SQLite's WAL format and its durability rules for `synchronous = FULL`; FIPS 180-4 (SHA-256).

mod batch;
mod check;
#[cfg(feature = "conformance")]
pub mod conformance;
mod dir;
mod error;
mod log;
mod memory;
mod objects;
mod sqlite;
mod table;
mod ticket;
mod traits;

pub use batch::{
    Append, Batch, ChatChange, ChatRow, DocChange, DocWrite, EntryBytes, Expect, IndexEntry,
    MAX_BATCH_BYTES, MAX_KEY_BYTES, OUTBOX_MAX_ATTEMPTS, OrderChange, OrderRow, OutboxChange,
    OutboxKey, OutboxRow, StockChange, StockRow, StreamId, TextChange, TextRow, outbox_backoff,
};
pub use dir::DirLock;
pub use error::{Health, Outage, StoreError};
pub use log::{Broken, Record, Verified, VerifyError, verify};
pub use memory::MemoryStore;
pub use objects::{DiskObjects, MAX_OBJECT_KEY_BYTES, MemoryObjects, Objects, Space};
pub use sqlite::{Options, SqliteReader, SqliteStore};
pub use table::{Table, Versioned};
pub use ticket::{Committed, Resolver, Ticket};
pub use traits::{
    ChatLine, Doc, MAX_PAGE, OrderPage, OrderQuery, Reader, Stats, Store, StoredOrder, each_order,
};
