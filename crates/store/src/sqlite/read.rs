//! Reads, each on a connection of its own.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use units::{MessageId, OrderId, TextId, Timestamp};

use super::pool::ReadError;
use super::rows::{self, Id, signed};
use super::{SqliteReader, SqliteStore};
use crate::batch::{OutboxRow, StockRow, StreamId, TextRow};
use crate::traits::{ChatLine, Doc, OrderPage, OrderQuery, Reader, StoredOrder, page_size};
use crate::{Record, StoreError};

type Read<T> = Result<T, ReadError>;

fn many<T>(
    conn: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    row: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> Read<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map(values, row)?.collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

fn one<T>(
    conn: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    row: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Read<Option<T>> {
    Ok(conn.prepare_cached(sql)?.query_row(values, row).optional()?)
}

/// A page's size as SQLite wants it.
fn limit(asked: usize) -> i64 {
    signed(page_size(asked) as u64)
}

/// The least key above `after`, so that one comparison both starts a list and goes on with it.
fn from(after: Option<&str>) -> String {
    after.map(|after| format!("{after}\0")).unwrap_or_default()
}

impl Reader for SqliteReader {
    fn read_log(
        &self,
        stream: &StreamId,
        from_seq: u64,
        count: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let sql = format!(
            "SELECT {} FROM log JOIN streams ON streams.id = stream
             WHERE name = ?1 AND last_seq >= ?2 ORDER BY last_seq LIMIT ?3",
            rows::RECORD_COLUMNS
        );
        let values = params![stream.as_str(), signed(from_seq), limit(count)];
        self.pool.read(|conn| many(conn, &sql, values, |row| rows::record(stream, row)))
    }

    fn head(&self, stream: &StreamId) -> Result<Option<(u64, [u8; 32])>, StoreError> {
        let sql = "SELECT last_seq, hash FROM log JOIN streams ON streams.id = stream
                   WHERE name = ?1 ORDER BY last_seq DESC LIMIT 1";
        let head = |row: &Row<'_>| Ok((rows::number(row, 0)?, row.get(1)?));
        self.pool.read(|conn| one(conn, sql, params![stream.as_str()], head))
    }

    fn streams(&self) -> Result<Vec<StreamId>, StoreError> {
        let sql = "SELECT name FROM streams ORDER BY name";
        let name = |row: &Row<'_>| Ok(StreamId::new(row.get_ref(0)?.as_str()?));
        self.pool.read(|conn| many(conn, sql, [], name))
    }

    fn doc(&self, table: &str, key: &str) -> Result<Option<Doc>, StoreError> {
        let sql = "SELECT key, version, body FROM docs WHERE tbl = ?1 AND key = ?2";
        self.pool.read(|conn| one(conn, sql, params![table, key], rows::doc))
    }

    fn docs(
        &self,
        table: &str,
        prefix: &str,
        after: Option<&str>,
        count: usize,
    ) -> Result<Vec<Doc>, StoreError> {
        // The range ends at the last character there is, appended to the prefix.
        let sql = "SELECT key, version, body FROM docs
                   WHERE tbl = ?1 AND key >= ?2 AND key < ?3 || char(1114111)
                   ORDER BY key LIMIT ?4";
        let from = from(after).max(prefix.into());
        let values = params![table, from, prefix, limit(count)];
        self.pool.read(|conn| many(conn, sql, values, rows::doc))
    }

    fn docs_by(
        &self,
        table: &str,
        index: &str,
        value: &str,
        after: Option<&str>,
        count: usize,
    ) -> Result<Vec<Doc>, StoreError> {
        let sql = "SELECT docs.key, version, body
                   FROM doc_index JOIN docs ON docs.tbl = doc_index.tbl AND docs.key = doc_index.key
                   WHERE doc_index.tbl = ?1 AND name = ?2 AND value = ?3
                     AND doc_index.key >= ?4
                   ORDER BY doc_index.key LIMIT ?5";
        let values = params![table, index, value, from(after), limit(count)];
        self.pool.read(|conn| many(conn, sql, values, rows::doc))
    }

    fn order(&self, id: OrderId) -> Result<Option<StoredOrder>, StoreError> {
        let sql = format!("SELECT {} FROM orders WHERE id = ?1", rows::ORDER_COLUMNS);
        self.pool.read(|conn| one(conn, &sql, params![Id::of(id.as_u128())], rows::order))
    }

    fn order_by_key(&self, show: &str, key_hash: u128) -> Result<Option<StoredOrder>, StoreError> {
        let sql =
            format!("SELECT {} FROM orders WHERE show = ?1 AND key_hash = ?2", rows::ORDER_COLUMNS);
        self.pool.read(|conn| one(conn, &sql, params![show, Id::of(key_hash)], rows::order))
    }

    fn orders(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        let size = page_size(query.limit);
        let (sql, values) = order_query(query, size);
        let mut found = self
            .pool
            .read(|conn| many(conn, &sql, params_from_iter(values.iter()), rows::order))?;
        let more = found.len() > size;
        found.truncate(size);
        let next = if more { found.last().map(|order| order.n) } else { None };
        Ok(OrderPage { rows: found, next })
    }

    fn stock(&self, sku: &str) -> Result<Option<StockRow>, StoreError> {
        let sql = "SELECT sku, stock, reserved, sold FROM stock WHERE sku = ?1";
        self.pool.read(|conn| one(conn, sql, params![sku], rows::stock))
    }

    fn stocks(&self, after: Option<&str>, count: usize) -> Result<Vec<StockRow>, StoreError> {
        let sql = "SELECT sku, stock, reserved, sold FROM stock
                   WHERE sku >= ?1 ORDER BY sku LIMIT ?2";
        self.pool.read(|conn| many(conn, sql, params![from(after), limit(count)], rows::stock))
    }

    fn text(&self, id: TextId) -> Result<Option<TextRow>, StoreError> {
        let sql = "SELECT id, kind, text, salt, at FROM texts WHERE id = ?1";
        self.pool.read(|conn| one(conn, sql, params![Id::of(id.as_u128())], rows::text))
    }

    fn chat(&self, show: &str, after: u64, count: usize) -> Result<Vec<ChatLine>, StoreError> {
        let sql = "SELECT n, show, id, at, viewer, nick, text FROM chat
                   WHERE show = ?1 AND n > ?2 ORDER BY n LIMIT ?3";
        let values = params![show, signed(after), limit(count)];
        self.pool.read(|conn| many(conn, sql, values, rows::chat))
    }

    fn chat_line(&self, id: MessageId) -> Result<Option<ChatLine>, StoreError> {
        let sql = "SELECT n, show, id, at, viewer, nick, text FROM chat WHERE id = ?1";
        self.pool.read(|conn| one(conn, sql, params![Id::of(id.as_u128())], rows::chat))
    }

    fn outbox_due(&self, now: Timestamp, count: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = "SELECT stream, seq, n, kind, body, due_at, attempts FROM outbox
                   WHERE due_at <= ?1 ORDER BY due_at, stream, seq, n LIMIT ?2";
        self.pool.read(|conn| many(conn, sql, params![now.0, limit(count)], rows::outbox))
    }

    fn outbox_next(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT due_at FROM outbox WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";
        self.pool.read(|conn| one(conn, sql, [], |row| row.get(0).map(Timestamp)))
    }

    fn outbox_parked(&self, count: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = "SELECT stream, seq, n, kind, body, due_at, attempts FROM outbox
                   WHERE due_at IS NULL ORDER BY stream, seq, n LIMIT ?1";
        self.pool.read(|conn| many(conn, sql, params![limit(count)], rows::outbox))
    }
}

/// The statement for a query, one row longer than the page so that the last page is known as such. There are few
/// enough forms of it for the statement cache.
fn order_query(query: &OrderQuery, size: usize) -> (String, Vec<Value>) {
    let mut sql = format!("SELECT {} FROM orders WHERE TRUE", rows::ORDER_COLUMNS);
    let mut values = Vec::new();
    let mut and = |column: &str, value: Value| {
        values.push(value);
        sql.push_str(&format!(" AND {column} ?{}", values.len()));
    };
    // A unary plus keeps an index out: the narrowest filter has it to itself, in the order of `n`.
    let narrow = query.device.is_some();
    if let Some(device) = query.device {
        and("device =", Value::Blob(device.as_u128().to_be_bytes().to_vec()));
    }
    if let Some(show) = &query.show {
        and(if narrow { "+show =" } else { "show =" }, Value::Text(show.clone()));
    }
    let narrow = narrow || query.show.is_some();
    if let Some(brand) = &query.brand {
        and(if narrow { "+brand =" } else { "brand =" }, Value::Text(brand.clone()));
    }
    if let Some(status) = &query.status {
        and("status =", Value::Text(status.clone()));
    }
    if let Some(after) = query.after {
        and(if query.newest_first { "n <" } else { "n >" }, Value::Integer(signed(after)));
    }
    values.push(Value::Integer(signed(size as u64 + 1)));
    let direction = if query.newest_first { "DESC" } else { "ASC" };
    sql.push_str(&format!(" ORDER BY n {direction} LIMIT ?{}", values.len()));
    (sql, values)
}

/// A store reads as its reader does.
macro_rules! forward {
    ($($name:ident($($arg:ident: $of:ty),*) -> $to:ty;)+) => {
        impl Reader for SqliteStore {
            $(fn $name(&self, $($arg: $of),*) -> Result<$to, StoreError> {
                self.reader.$name($($arg),*)
            })+
        }
    };
}

forward! {
    read_log(stream: &StreamId, from_seq: u64, limit: usize) -> Vec<Record>;
    head(stream: &StreamId) -> Option<(u64, [u8; 32])>;
    streams() -> Vec<StreamId>;
    doc(table: &str, key: &str) -> Option<Doc>;
    docs(table: &str, prefix: &str, after: Option<&str>, limit: usize) -> Vec<Doc>;
    docs_by(table: &str, index: &str, value: &str, after: Option<&str>, limit: usize) -> Vec<Doc>;
    order(id: OrderId) -> Option<StoredOrder>;
    order_by_key(show: &str, key_hash: u128) -> Option<StoredOrder>;
    orders(query: &OrderQuery) -> OrderPage;
    stock(sku: &str) -> Option<StockRow>;
    stocks(after: Option<&str>, limit: usize) -> Vec<StockRow>;
    text(id: TextId) -> Option<TextRow>;
    chat(show: &str, after: u64, limit: usize) -> Vec<ChatLine>;
    chat_line(id: MessageId) -> Option<ChatLine>;
    outbox_due(now: Timestamp, limit: usize) -> Vec<OutboxRow>;
    outbox_next() -> Option<Timestamp>;
    outbox_parked(limit: usize) -> Vec<OutboxRow>;
}
