//! Reads from memory.

use units::{MessageId, OrderId, TextId, Timestamp};

use super::{MemoryStore, State};
use crate::batch::{OrderRow, OutboxRow, StockRow, StreamId, TextRow};
use crate::traits::{ChatLine, Doc, OrderPage, OrderQuery, Reader, StoredOrder, page_size};
use crate::{Record, StoreError};

fn matches(query: &OrderQuery, row: &OrderRow) -> bool {
    let same = |filter: &Option<String>, value: &str| filter.as_deref().is_none_or(|f| f == value);
    same(&query.show, &row.show)
        && same(&query.status, &row.status)
        && same(&query.brand, &row.brand)
        && query.device.is_none_or(|device| device == row.device)
}

impl State {
    fn found(&self, n: u64) -> Option<StoredOrder> {
        self.orders.get(&n).map(|row| StoredOrder { n, row: row.clone() })
    }

    fn page(&self, query: &OrderQuery) -> OrderPage {
        let size = page_size(query.limit);
        let behind = |n: u64| match query.after {
            None => true,
            Some(after) if query.newest_first => n < after,
            Some(after) => n > after,
        };
        let mut all: Vec<u64> = self.orders.keys().copied().filter(|n| behind(*n)).collect();
        if query.newest_first {
            all.reverse();
        }
        let mut rows: Vec<StoredOrder> = all
            .into_iter()
            .filter_map(|n| self.found(n))
            .filter(|order| matches(query, &order.row))
            .take(size + 1)
            .collect();
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(|order| order.n) } else { None };
        OrderPage { rows, next }
    }

    fn doc_at(&self, table: &str, key: &str) -> Option<Doc> {
        let doc = self.docs.get(&(table.to_owned(), key.to_owned()))?;
        Some(Doc { key: key.to_owned(), version: doc.version, body: doc.body.clone() })
    }
}

/// Whether a key comes behind the one before the page.
fn behind(key: &str, after: Option<&str>) -> bool {
    after.is_none_or(|after| key > after)
}

impl Reader for MemoryStore {
    fn read_log(
        &self,
        stream: &StreamId,
        from_seq: u64,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let inner = self.inner();
        let records = inner.state.streams.get(stream).map(Vec::as_slice).unwrap_or_default();
        let start = records.partition_point(|record| record.last_seq < from_seq);
        Ok(records.iter().skip(start).take(page_size(limit)).cloned().collect())
    }

    fn head(&self, stream: &StreamId) -> Result<Option<(u64, [u8; 32])>, StoreError> {
        let inner = self.inner();
        let last = inner.state.streams.get(stream).and_then(|records| records.last());
        Ok(last.map(|record| (record.last_seq, record.hash)))
    }

    fn streams(&self) -> Result<Vec<StreamId>, StoreError> {
        Ok(self.inner().state.streams.keys().cloned().collect())
    }

    fn doc(&self, table: &str, key: &str) -> Result<Option<Doc>, StoreError> {
        Ok(self.inner().state.doc_at(table, key))
    }

    fn docs(
        &self,
        table: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Doc>, StoreError> {
        let inner = self.inner();
        let docs = inner.state.docs.range((table.to_owned(), prefix.to_owned())..);
        Ok(docs
            .take_while(|((t, key), _)| t == table && key.starts_with(prefix))
            .filter(|((_, key), _)| behind(key, after))
            .filter_map(|((_, key), _)| inner.state.doc_at(table, key))
            .take(page_size(limit))
            .collect())
    }

    fn docs_by(
        &self,
        table: &str,
        index: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Doc>, StoreError> {
        let inner = self.inner();
        let from = (table.to_owned(), index.to_owned(), value.to_owned(), String::new());
        let entries = inner.state.index.range(from..);
        Ok(entries
            .take_while(|(k, _)| {
                (k.0.as_str(), k.1.as_str(), k.2.as_str()) == (table, index, value)
            })
            .filter(|(k, _)| behind(&k.3, after))
            .filter_map(|(k, _)| inner.state.doc_at(table, &k.3))
            .take(page_size(limit))
            .collect())
    }

    fn order(&self, id: OrderId) -> Result<Option<StoredOrder>, StoreError> {
        let inner = self.inner();
        Ok(inner.state.order_ids.get(&id).and_then(|n| inner.state.found(*n)))
    }

    fn order_by_key(&self, show: &str, key_hash: u128) -> Result<Option<StoredOrder>, StoreError> {
        let inner = self.inner();
        let n = inner.state.order_keys.get(&(show.to_owned(), key_hash));
        Ok(n.and_then(|n| inner.state.found(*n)))
    }

    fn orders(&self, query: &OrderQuery) -> Result<OrderPage, StoreError> {
        Ok(self.inner().state.page(query))
    }

    fn stock(&self, sku: &str) -> Result<Option<StockRow>, StoreError> {
        Ok(self.inner().state.stock.get(sku).cloned())
    }

    fn stocks(&self, after: Option<&str>, limit: usize) -> Result<Vec<StockRow>, StoreError> {
        let inner = self.inner();
        let rows = inner.state.stock.values().filter(|row| behind(&row.sku, after));
        Ok(rows.take(page_size(limit)).cloned().collect())
    }

    fn text(&self, id: TextId) -> Result<Option<TextRow>, StoreError> {
        Ok(self.inner().state.texts.get(&id).cloned())
    }

    fn chat(&self, show: &str, after: u64, limit: usize) -> Result<Vec<ChatLine>, StoreError> {
        let inner = self.inner();
        let lines = inner.state.chat.range(after.saturating_add(1)..);
        Ok(lines
            .filter(|(_, row)| row.show == show)
            .map(|(n, row)| ChatLine { n: *n, row: row.clone() })
            .take(page_size(limit))
            .collect())
    }

    fn chat_line(&self, id: MessageId) -> Result<Option<ChatLine>, StoreError> {
        let inner = self.inner();
        let n = inner.state.chat_ids.get(&id).copied();
        let line = n.and_then(|n| Some((n, inner.state.chat.get(&n)?)));
        Ok(line.map(|(n, row)| ChatLine { n, row: row.clone() }))
    }

    fn outbox_due(&self, now: Timestamp, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let inner = self.inner();
        let due = inner.state.outbox.values().filter(|row| row.due_at.is_some_and(|at| at <= now));
        let mut due: Vec<OutboxRow> = due.cloned().collect();
        due.sort_by(|a, b| (a.due_at, &a.key).cmp(&(b.due_at, &b.key)));
        due.truncate(page_size(limit));
        Ok(due)
    }

    fn outbox_next(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.inner().state.outbox.values().filter_map(|row| row.due_at).min())
    }

    fn outbox_parked(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let inner = self.inner();
        let parked = inner.state.outbox.values().filter(|row| row.due_at.is_none());
        Ok(parked.take(page_size(limit)).cloned().collect())
    }
}
