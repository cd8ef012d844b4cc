//! The limits on a batch, checked once and on the caller's thread, so that the writer meets only what it can apply.

use crate::batch::{
    Append, Batch, ChatChange, DocChange, MAX_BATCH_BYTES, MAX_KEY_BYTES, OrderChange,
    OutboxChange, StockChange, TextChange,
};
use crate::{StoreError, log};

/// What every row costs beyond its texts, roughly.
const ROW_BYTES: usize = 128;
/// The largest number of pieces in stock, so that no sum of checked numbers overflows.
const MAX_PIECES: i64 = 1 << 40;

/// A batch that keeps the limits, with its record's body written and its size known.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) batch: Batch,
    pub(crate) record: Option<log::Draft>,
    pub(crate) bytes: usize,
}

/// Checks all limits of a batch.
pub(crate) fn check(mut batch: Batch) -> Result<Checked, StoreError> {
    let mut bytes = ROW_BYTES;
    batch.orders.iter().try_for_each(|c| order(c, &mut bytes))?;
    batch.stock.iter().try_for_each(|c| stock(c, &mut bytes))?;
    batch.texts.iter().try_for_each(|c| text(c, &mut bytes))?;
    batch.chat.iter().try_for_each(|c| chat(c, &mut bytes))?;
    batch.outbox.iter().try_for_each(|c| outbox(c, &mut bytes))?;
    batch.docs.iter().try_for_each(|c| doc(c, &mut bytes))?;
    if let Some(append) = &batch.log {
        appended(append, &mut bytes)?;
    }
    if bytes > MAX_BATCH_BYTES {
        return Err(StoreError::invalid(format!("{bytes} bytes; a batch has {MAX_BATCH_BYTES}")));
    }
    let record = batch.log.take().map(log::Draft::new);
    Ok(Checked { batch, record, bytes })
}

fn appended(append: &Append, bytes: &mut usize) -> Result<(), StoreError> {
    key("stream", append.stream.as_str())?;
    if append.entries.is_empty() {
        return Err(StoreError::invalid("an append without entries"));
    }
    let end = append.expected_seq.checked_add(append.entries.len() as u64);
    if end.is_none_or(|end| i64::try_from(end).is_err()) {
        return Err(StoreError::invalid("sequence number out of range"));
    }
    for (entry, seq) in append.entries.iter().zip(append.expected_seq + 1..) {
        if entry.seq != seq {
            return Err(StoreError::invalid(format!("entry {} where {seq} belongs", entry.seq)));
        }
        json("entry", &entry.body)?;
        *bytes += ROW_BYTES + entry.body.len();
    }
    Ok(())
}

fn order(change: &OrderChange, bytes: &mut usize) -> Result<(), StoreError> {
    *bytes += ROW_BYTES;
    match change {
        OrderChange::Insert(row) => {
            for (what, value) in [("show", &row.show), ("brand", &row.brand), ("sku", &row.sku)] {
                key(what, value)?;
            }
            if row.quantity == 0 {
                return Err(StoreError::invalid("an order of nothing"));
            }
            *bytes += ROW_BYTES + row.title.len() + row.status.len() + row.buyer.len();
            *bytes += row.show.len() + row.host.len() + row.brand.len() + row.sku.len();
            Ok(())
        }
        OrderChange::Status { status, .. } => key("status", status),
    }
}

fn stock(change: &StockChange, bytes: &mut usize) -> Result<(), StoreError> {
    *bytes += ROW_BYTES;
    let (sku, numbers) = match change {
        StockChange::Open { sku, stock } => (sku, [*stock, 0, 0]),
        StockChange::Add { sku, stock, reserved, sold } => (sku, [*stock, *reserved, *sold]),
    };
    if numbers.iter().any(|n| n.unsigned_abs() > MAX_PIECES as u64) {
        return Err(StoreError::invalid(format!("stock of {sku} out of range")));
    }
    key("sku", sku)
}

fn text(change: &TextChange, bytes: &mut usize) -> Result<(), StoreError> {
    *bytes += ROW_BYTES;
    match change {
        TextChange::Put(row) => {
            *bytes += row.text.len();
            key("kind", &row.kind)
        }
        TextChange::Prune { kind, .. } => key("kind", kind),
        TextChange::Erase(_) => Ok(()),
    }
}

fn chat(change: &ChatChange, bytes: &mut usize) -> Result<(), StoreError> {
    *bytes += ROW_BYTES;
    if let ChatChange::Insert(row) = change {
        *bytes += row.text.len() + row.nick.len();
        key("show", &row.show)?;
    }
    Ok(())
}

fn outbox(change: &OutboxChange, bytes: &mut usize) -> Result<(), StoreError> {
    *bytes += ROW_BYTES;
    let at = match change {
        OutboxChange::Put(row) => {
            *bytes += row.body.len();
            key("kind", &row.kind)?;
            json("outbox row", &row.body)?;
            &row.key
        }
        OutboxChange::Ack(at) | OutboxChange::Fail { key: at, .. } => at,
    };
    if i64::try_from(at.seq).is_err() {
        return Err(StoreError::invalid("sequence number out of range"));
    }
    key("stream", at.stream.as_str())
}

fn doc(change: &DocChange, bytes: &mut usize) -> Result<(), StoreError> {
    *bytes += ROW_BYTES;
    key("table", &change.table)?;
    key("key", &change.key)?;
    if let Some(write) = &change.write {
        *bytes += write.body.len();
        json("document", &write.body)?;
        for entry in &write.index {
            key("index", &entry.name)?;
            key("index value", &entry.value)?;
            *bytes += ROW_BYTES + entry.value.len();
        }
    }
    Ok(())
}

/// A name that fits: neither empty nor longer than [`MAX_KEY_BYTES`].
pub(crate) fn key(what: &str, value: &str) -> Result<(), StoreError> {
    if value.is_empty() || value.len() > MAX_KEY_BYTES {
        return Err(StoreError::invalid(format!("{what} of {} bytes", value.len())));
    }
    Ok(())
}

fn json(what: &str, body: &[u8]) -> Result<(), StoreError> {
    // The parser below skips over strings without looking whether they are UTF-8.
    if std::str::from_utf8(body).is_err() {
        return Err(StoreError::invalid(format!("{what} is not UTF-8")));
    }
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => Ok(()),
        Err(e) => Err(StoreError::invalid(format!("{what} is not JSON: {e}"))),
    }
}
