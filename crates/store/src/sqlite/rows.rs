//! Rows to structs and back.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Error, Row};
use units::{Currency, DeviceId, MessageId, Money, OrderId, TextId, Timestamp, ViewerId};

use crate::batch::{ChatRow, OrderRow, OutboxKey, OutboxRow, StockRow, StreamId, TextRow};
use crate::log::Record;
use crate::traits::{ChatLine, Doc, StoredOrder};

/// Sixteen bytes in the order that sorts as the number does.
pub(super) struct Id([u8; 16]);

impl Id {
    pub(super) fn of(number: u128) -> Self {
        Self(number.to_be_bytes())
    }
    fn number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}
impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}
impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(Self)
    }
}

/// UTF-8 that was checked at submit, bound without being checked again.
pub(super) struct Utf8<'a>(pub(super) &'a [u8]);

impl ToSql for Utf8<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

/// Text as its bytes: whether it is what it should be is for the reader of the bytes to say.
struct Text(Vec<u8>);

impl FromSql for Text {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_bytes().map(|bytes| Self(bytes.to_vec()))
    }
}

pub(super) const ORDER_COLUMNS: &str = "n, id, show, host, brand, sku, title, quantity, unit_minor, \
     currency, status, buyer, device, contact, air_ms, key_hash, created_at, updated_at, expires_at";

pub(super) fn order(row: &Row<'_>) -> rusqlite::Result<StoredOrder> {
    let currency: Currency = row.get_ref(9)?.as_str()?.parse().map_err(|e| {
        Error::FromSqlConversionFailure(9, rusqlite::types::Type::Text, Box::new(e))
    })?;
    Ok(StoredOrder {
        n: number(row, 0)?,
        row: OrderRow {
            id: OrderId::from_u128(row.get::<_, Id>(1)?.number()),
            show: row.get(2)?,
            host: row.get(3)?,
            brand: row.get(4)?,
            sku: row.get(5)?,
            title: row.get(6)?,
            quantity: row.get(7)?,
            unit_price: Money { minor: row.get(8)?, currency },
            status: row.get(10)?,
            buyer: row.get(11)?,
            device: DeviceId::from_u128(row.get::<_, Id>(12)?.number()),
            contact: row.get::<_, Option<Id>>(13)?.map(|id| TextId::from_u128(id.number())),
            air_ms: row.get(14)?,
            key_hash: row.get::<_, Id>(15)?.number(),
            created_at: Timestamp(row.get(16)?),
            updated_at: Timestamp(row.get(17)?),
            expires_at: row.get::<_, Option<i64>>(18)?.map(Timestamp),
        },
    })
}

pub(super) const RECORD_COLUMNS: &str = "first_seq, last_seq, at, prev_hash, hash, body";

pub(super) fn record(stream: &StreamId, row: &Row<'_>) -> rusqlite::Result<Record> {
    Ok(Record {
        stream: stream.clone(),
        first_seq: number(row, 0)?,
        last_seq: number(row, 1)?,
        at: Timestamp(row.get(2)?),
        prev_hash: row.get(3)?,
        hash: row.get(4)?,
        body: row.get::<_, Text>(5)?.0,
    })
}

/// `sku, stock, reserved, sold`.
pub(super) fn stock(row: &Row<'_>) -> rusqlite::Result<StockRow> {
    Ok(StockRow { sku: row.get(0)?, stock: row.get(1)?, reserved: row.get(2)?, sold: row.get(3)? })
}

/// `id, kind, text, salt, at`.
pub(super) fn text(row: &Row<'_>) -> rusqlite::Result<TextRow> {
    Ok(TextRow {
        id: TextId::from_u128(row.get::<_, Id>(0)?.number()),
        kind: row.get(1)?,
        text: row.get(2)?,
        salt: row.get(3)?,
        at: Timestamp(row.get(4)?),
    })
}

/// `n, show, id, at, viewer, nick, text`.
pub(super) fn chat(row: &Row<'_>) -> rusqlite::Result<ChatLine> {
    Ok(ChatLine {
        n: number(row, 0)?,
        row: ChatRow {
            show: row.get(1)?,
            id: MessageId::from_u128(row.get::<_, Id>(2)?.number()),
            at: Timestamp(row.get(3)?),
            viewer: ViewerId::from_u128(row.get::<_, Id>(4)?.number()),
            nick: row.get(5)?,
            text: row.get(6)?,
        },
    })
}

/// `stream, seq, n, kind, body, due_at, attempts`.
pub(super) fn outbox(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    Ok(OutboxRow {
        key: OutboxKey {
            stream: StreamId::new(row.get_ref(0)?.as_str()?),
            seq: number(row, 1)?,
            n: row.get(2)?,
        },
        kind: row.get(3)?,
        body: row.get::<_, Text>(4)?.0,
        due_at: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        attempts: row.get(6)?,
    })
}

/// `key, version, body`.
pub(super) fn doc(row: &Row<'_>) -> rusqlite::Result<Doc> {
    Ok(Doc { key: row.get(0)?, version: number(row, 1)?, body: row.get::<_, Text>(2)?.0 })
}

/// A number that is never negative.
pub(super) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| Error::IntegralValueOutOfRange(column, value))
}

/// A number for SQLite, which has no unsigned ones. Everything stored was checked to fit.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl From<FromSqlError> for super::pool::ReadError {
    fn from(error: FromSqlError) -> Self {
        rusqlite::Error::from(error).into()
    }
}
