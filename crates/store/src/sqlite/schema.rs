//! The tables, as a list of migrations: number n of the list brings schema n to schema n + 1. A migration that has
//! shipped never changes; a change is a new one at the end.

use rusqlite::{Connection, TransactionBehavior};

use super::failure::open_error;
use crate::StoreError;

/// Marks the file as ours: "RngL".
const APPLICATION_ID: i64 = 0x526e_674c;

const MIGRATIONS: &[&str] = &[FIRST];

// Numbers of the log stay readable with the sqlite3 shell: one row per record, the body as JSON text.
// Ids are 16-byte blobs, times are microseconds since 1970 in UTC.
// `n` in orders and chat is the order of writing: lists page by it, because ids say nothing about order.
const FIRST: &str = "
CREATE TABLE streams (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE log (
    stream     INTEGER NOT NULL REFERENCES streams (id),
    first_seq  INTEGER NOT NULL CHECK (first_seq > 0),
    last_seq   INTEGER NOT NULL CHECK (last_seq >= first_seq),
    at         INTEGER NOT NULL,
    prev_hash  BLOB NOT NULL CHECK (length(prev_hash) = 32),
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    body       TEXT NOT NULL,
    UNIQUE (stream, last_seq)
) STRICT;

CREATE TABLE orders (
    n           INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    show        TEXT NOT NULL,
    host        TEXT NOT NULL,
    brand       TEXT NOT NULL,
    sku         TEXT NOT NULL,
    title       TEXT NOT NULL,
    quantity    INTEGER NOT NULL CHECK (quantity > 0),
    unit_minor  INTEGER NOT NULL,
    currency    TEXT NOT NULL,
    status      TEXT NOT NULL,
    buyer       TEXT NOT NULL,
    device      BLOB NOT NULL CHECK (length(device) = 16),
    contact     BLOB,
    air_ms      INTEGER NOT NULL,
    key_hash    BLOB NOT NULL CHECK (length(key_hash) = 16),
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    expires_at  INTEGER,
    UNIQUE (show, key_hash)
) STRICT;
CREATE INDEX orders_show ON orders (show);
CREATE INDEX orders_brand ON orders (brand);
CREATE INDEX orders_device ON orders (device);

CREATE TABLE stock (
    sku       TEXT NOT NULL PRIMARY KEY,
    stock     INTEGER NOT NULL,
    reserved  INTEGER NOT NULL DEFAULT 0,
    sold      INTEGER NOT NULL DEFAULT 0,
    CHECK (reserved >= 0 AND sold >= 0 AND reserved + sold <= stock)
) STRICT, WITHOUT ROWID;

CREATE TABLE texts (
    n     INTEGER PRIMARY KEY,
    id    BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    kind  TEXT NOT NULL,
    text  TEXT NOT NULL,
    salt  BLOB NOT NULL CHECK (length(salt) = 32),
    at    INTEGER NOT NULL
) STRICT;
CREATE INDEX texts_kind ON texts (kind, at);

CREATE TABLE chat (
    n       INTEGER PRIMARY KEY,
    show    TEXT NOT NULL,
    id      BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    at      INTEGER NOT NULL,
    viewer  BLOB NOT NULL CHECK (length(viewer) = 16),
    nick    TEXT NOT NULL,
    text    TEXT NOT NULL
) STRICT;
CREATE INDEX chat_show ON chat (show);
CREATE INDEX chat_viewer ON chat (viewer);
CREATE INDEX chat_at ON chat (at);

CREATE TABLE outbox (
    stream    TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    n         INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    body      TEXT NOT NULL,
    due_at    INTEGER,
    attempts  INTEGER NOT NULL,
    PRIMARY KEY (stream, seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (due_at);

CREATE TABLE docs (
    tbl      TEXT NOT NULL,
    key      TEXT NOT NULL,
    version  INTEGER NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (tbl, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE doc_index (
    tbl     TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    key     TEXT NOT NULL,
    single  INTEGER NOT NULL,
    PRIMARY KEY (tbl, name, value, key)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX doc_index_single ON doc_index (tbl, name, value) WHERE single = 1;
CREATE INDEX doc_index_key ON doc_index (tbl, key);

CREATE TABLE probe (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    n   INTEGER NOT NULL
) STRICT;
INSERT INTO probe VALUES (1, 0);
";

/// Brings a database to the newest schema, or says why it can't. All of it in one transaction: a crash leaves the
/// old schema whole.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|e| open_error(&e))?;
    let found = version(&tx)?;
    let pending = MIGRATIONS.get(found as usize..).unwrap_or_default();
    for sql in pending {
        tx.execute_batch(sql).map_err(|e| open_error(&e))?;
    }
    if !pending.is_empty() {
        tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(|e| open_error(&e))?;
        tx.pragma_update(None, "user_version", MIGRATIONS.len()).map_err(|e| open_error(&e))?;
    }
    tx.commit().map_err(|e| open_error(&e))
}

/// The schema on disk; `Newer` when it is not one that this program knows.
pub(super) fn version(conn: &Connection) -> Result<u32, StoreError> {
    let found: u32 = conn
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(|e| open_error(&e))?;
    let known = MIGRATIONS.len() as u32;
    if found > known { Err(StoreError::Newer { found, known }) } else { Ok(found) }
}
