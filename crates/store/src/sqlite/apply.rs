//! One batch as statements, inside a transaction that the writer opened.

use rusqlite::{CachedStatement, Connection, OptionalExtension, ToSql, params};

use super::failure::store_error;
use super::rows::{Id, Utf8, signed};
use crate::batch::{
    Batch, ChatChange, DocChange, DocWrite, Expect, OUTBOX_MAX_ATTEMPTS, OrderChange, OrderRow,
    OutboxChange, OutboxKey, StockChange, TextChange, outbox_backoff,
};
use crate::check::Checked;
use crate::log::{Draft, GENESIS};
use crate::traits::MAX_PAGE;
use crate::{Committed, StoreError};

/// Where a stream ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) id: i64,
    pub(super) last_seq: u64,
    pub(super) hash: [u8; 32],
}

type Done = Result<(), StoreError>;

/// Applies everything but the log. On an error the caller rolls back what was written.
pub(super) fn rows(conn: &Connection, checked: &Checked) -> Done {
    let Batch { log: _, orders, stock, texts, chat, outbox, docs } = &checked.batch;
    // Stock goes first: when it is out, nothing else was written in vain.
    moved(conn, stock)?;
    orders.iter().try_for_each(|change| order(conn, change))?;
    texts.iter().try_for_each(|change| text(conn, change))?;
    chat.iter().try_for_each(|change| chat_line(conn, change))?;
    outbox.iter().try_for_each(|change| effect(conn, change))?;
    docs.iter().try_for_each(|change| doc(conn, change))
}

/// Where a stream ends in the database, creating it when it is new.
pub(super) fn head(conn: &Connection, name: &str) -> Result<Head, StoreError> {
    let known: Option<i64> = sql(conn, "SELECT id FROM streams WHERE name = ?1")?
        .query_row(params![name], |row| row.get(0))
        .optional()
        .map_err(|e| store_error(&e))?;
    let Some(id) = known else {
        run(conn, "INSERT INTO streams (name) VALUES (?1)", params![name])?;
        return Ok(Head { id: conn.last_insert_rowid(), last_seq: 0, hash: GENESIS });
    };
    let last: Option<(i64, [u8; 32])> = sql(
        conn,
        "SELECT last_seq, hash FROM log WHERE stream = ?1 ORDER BY last_seq DESC LIMIT 1",
    )?
    .query_row(params![id], |row| Ok((row.get(0)?, row.get(1)?)))
    .optional()
    .map_err(|e| store_error(&e))?;
    let (last_seq, hash) = last.unwrap_or((0, GENESIS));
    Ok(Head { id, last_seq: last_seq.unsigned_abs(), hash })
}

/// Writes a record behind `head`. The caller has checked that it belongs there.
pub(super) fn record(conn: &Connection, draft: &Draft, head: &Head) -> Result<Head, StoreError> {
    let hash = draft.hash(&head.hash);
    run(
        conn,
        "INSERT INTO log (stream, first_seq, last_seq, at, prev_hash, hash, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            head.id,
            signed(draft.expected_seq + 1),
            signed(draft.last_seq),
            draft.at.0,
            head.hash,
            hash,
            Utf8(&draft.body)
        ],
    )?;
    Ok(Head { id: head.id, last_seq: draft.last_seq, hash })
}

impl From<Head> for Committed {
    fn from(head: Head) -> Self {
        Self { last_seq: head.last_seq, hash: head.hash }
    }
}

fn moved(conn: &Connection, changes: &[StockChange]) -> Done {
    let mut sums: Vec<(&str, [i64; 3])> = Vec::new();
    for change in changes {
        match change {
            StockChange::Open { sku, stock } => {
                run(conn, "INSERT INTO stock (sku, stock) VALUES (?1, ?2)", params![sku, stock])?;
            }
            StockChange::Add { sku, stock, reserved, sold } => {
                let add = [*stock, *reserved, *sold];
                match sums.iter_mut().find(|(known, _)| known == sku) {
                    Some((_, sum)) => sum.iter_mut().zip(add).for_each(|(s, a)| *s += a),
                    None => sums.push((sku, add)),
                }
            }
        }
    }
    for (sku, [stock, reserved, sold]) in sums {
        let found = run(
            conn,
            "UPDATE stock SET stock = stock + ?2, reserved = reserved + ?3, sold = sold + ?4
             WHERE sku = ?1",
            params![sku, stock, reserved, sold],
        )?;
        if found != 1 {
            return Err(StoreError::constraint(format!("no stock of {sku}")));
        }
    }
    Ok(())
}

fn order(conn: &Connection, change: &OrderChange) -> Done {
    match change {
        OrderChange::Insert(row) => insert_order(conn, row),
        OrderChange::Status { id, status, updated_at, expires_at } => {
            let found = run(
                conn,
                "UPDATE orders SET status = ?2, updated_at = ?3, expires_at = ?4 WHERE id = ?1",
                params![Id::of(id.as_u128()), status, updated_at.0, expires_at.map(|at| at.0)],
            )?;
            if found == 1 { Ok(()) } else { Err(StoreError::constraint(format!("no order {id}"))) }
        }
    }
}

fn insert_order(conn: &Connection, row: &OrderRow) -> Done {
    run(
        conn,
        "INSERT INTO orders (id, show, host, brand, sku, title, quantity, unit_minor, currency,
             status, buyer, device, contact, air_ms, key_hash, created_at, updated_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params![
            Id::of(row.id.as_u128()),
            row.show,
            row.host,
            row.brand,
            row.sku,
            row.title,
            row.quantity,
            row.unit_price.minor,
            row.unit_price.currency.as_str(),
            row.status,
            row.buyer,
            Id::of(row.device.as_u128()),
            row.contact.map(|id| Id::of(id.as_u128())),
            row.air_ms,
            Id::of(row.key_hash),
            row.created_at.0,
            row.updated_at.0,
            row.expires_at.map(|at| at.0)
        ],
    )?;
    Ok(())
}

fn text(conn: &Connection, change: &TextChange) -> Done {
    match change {
        TextChange::Put(row) => run(
            conn,
            "INSERT INTO texts (id, kind, text, salt, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![Id::of(row.id.as_u128()), row.kind, row.text, row.salt, row.at.0],
        )?,
        TextChange::Erase(id) => {
            run(conn, "DELETE FROM texts WHERE id = ?1", params![Id::of(id.as_u128())])?
        }
        TextChange::Prune { kind, before } => run(
            conn,
            "DELETE FROM texts WHERE n IN
                 (SELECT n FROM texts WHERE kind = ?1 AND at < ?2 ORDER BY at, n LIMIT ?3)",
            params![kind, before.0, MAX_PAGE],
        )?,
    };
    Ok(())
}

fn chat_line(conn: &Connection, change: &ChatChange) -> Done {
    match change {
        ChatChange::Insert(row) => run(
            conn,
            "INSERT INTO chat (show, id, at, viewer, nick, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                row.show,
                Id::of(row.id.as_u128()),
                row.at.0,
                Id::of(row.viewer.as_u128()),
                row.nick,
                row.text
            ],
        )?,
        ChatChange::Delete(id) => {
            run(conn, "DELETE FROM chat WHERE id = ?1", params![Id::of(id.as_u128())])?
        }
        ChatChange::EraseViewer(viewer) => {
            run(conn, "DELETE FROM chat WHERE viewer = ?1", params![Id::of(viewer.as_u128())])?
        }
        ChatChange::Prune { before } => run(
            conn,
            "DELETE FROM chat WHERE n IN
                 (SELECT n FROM chat WHERE at < ?1 ORDER BY at, n LIMIT ?2)",
            params![before.0, MAX_PAGE],
        )?,
    };
    Ok(())
}

fn effect(conn: &Connection, change: &OutboxChange) -> Done {
    match change {
        OutboxChange::Put(row) => {
            let OutboxKey { stream, seq, n } = &row.key;
            run(
                conn,
                "INSERT INTO outbox (stream, seq, n, kind, body, due_at, attempts)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    stream.as_str(),
                    signed(*seq),
                    n,
                    row.kind,
                    Utf8(&row.body),
                    row.due_at.map(|at| at.0),
                    row.attempts
                ],
            )?;
        }
        OutboxChange::Ack(OutboxKey { stream, seq, n }) => {
            run(
                conn,
                "DELETE FROM outbox WHERE stream = ?1 AND seq = ?2 AND n = ?3",
                params![stream.as_str(), signed(*seq), n],
            )?;
        }
        OutboxChange::Fail { key: OutboxKey { stream, seq, n }, at } => {
            let attempts: Option<u32> =
                sql(conn, "SELECT attempts FROM outbox WHERE stream = ?1 AND seq = ?2 AND n = ?3")?
                    .query_row(params![stream.as_str(), signed(*seq), n], |row| row.get(0))
                    .optional()
                    .map_err(|e| store_error(&e))?;
            let Some(attempts) = attempts else { return Ok(()) };
            let attempts = attempts.saturating_add(1);
            let due_at =
                (attempts < OUTBOX_MAX_ATTEMPTS).then(|| (*at + outbox_backoff(attempts)).0);
            run(
                conn,
                "UPDATE outbox SET attempts = ?4, due_at = ?5
                 WHERE stream = ?1 AND seq = ?2 AND n = ?3",
                params![stream.as_str(), signed(*seq), n, attempts, due_at],
            )?;
        }
    }
    Ok(())
}

fn doc(conn: &Connection, change: &DocChange) -> Done {
    let DocChange { table, key, expect, write } = change;
    let found: Option<i64> = sql(conn, "SELECT version FROM docs WHERE tbl = ?1 AND key = ?2")?
        .query_row(params![table, key], |row| row.get(0))
        .optional()
        .map_err(|e| store_error(&e))?;
    let found = found.map(i64::unsigned_abs);
    let fits = match expect {
        Expect::Any => true,
        Expect::Absent => found.is_none(),
        Expect::Version(version) => found == Some(*version),
    };
    if !fits {
        return Err(StoreError::Conflict { table: table.to_string(), key: key.clone(), found });
    }
    if found.is_some() {
        run(conn, "DELETE FROM doc_index WHERE tbl = ?1 AND key = ?2", params![table, key])?;
    }
    let Some(DocWrite { body, index }) = write else {
        run(conn, "DELETE FROM docs WHERE tbl = ?1 AND key = ?2", params![table, key])?;
        return Ok(());
    };
    run(
        conn,
        "INSERT INTO docs (tbl, key, version, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body",
        params![table, key, signed(found.unwrap_or(0) + 1), Utf8(body)],
    )?;
    for entry in index {
        run(
            conn,
            "INSERT INTO doc_index (tbl, name, value, key, single) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![table, entry.name, entry.value, key, entry.unique],
        )?;
    }
    Ok(())
}

fn sql<'c>(conn: &'c Connection, text: &str) -> Result<CachedStatement<'c>, StoreError> {
    conn.prepare_cached(text).map_err(|e| store_error(&e))
}

/// Runs a statement; the number of rows that it changed.
fn run(conn: &Connection, text: &str, values: &[&dyn ToSql]) -> Result<usize, StoreError> {
    sql(conn, text)?.execute(values).map_err(|e| store_error(&e))
}
