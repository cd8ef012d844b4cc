//! One batch, rule by rule, in the order in which every store checks them.

use super::{State, StoredDoc};
use crate::batch::{
    Batch, ChatChange, DocChange, Expect, IndexEntry, OUTBOX_MAX_ATTEMPTS, OrderChange, OrderRow,
    OutboxChange, StockChange, StockRow, TextChange, outbox_backoff,
};
use crate::check::Checked;
use crate::log::{Draft, GENESIS};
use crate::traits::MAX_PAGE;
use crate::{Committed, Record, StoreError};

type Done = Result<(), StoreError>;

fn taken(what: impl std::fmt::Display) -> StoreError {
    StoreError::constraint(format!("{what} is taken"))
}

impl State {
    pub(super) fn apply(&mut self, checked: Checked) -> Result<Committed, StoreError> {
        let Checked { batch, record, bytes: _ } = checked;
        if let Some(draft) = &record {
            let found = self.streams.get(&draft.stream).and_then(|r| r.last());
            let found = found.map_or(0, |record| record.last_seq);
            if found != draft.expected_seq {
                let (stream, expected) = (draft.stream.to_string(), draft.expected_seq);
                return Err(StoreError::WrongSeq { stream, expected, found });
            }
        }
        let Batch { log: _, orders, stock, texts, chat, outbox, docs } = batch;
        self.moved(stock)?;
        orders.into_iter().try_for_each(|change| self.order_change(change))?;
        texts.into_iter().try_for_each(|change| self.text_change(change))?;
        chat.into_iter().try_for_each(|change| self.chat_change(change))?;
        outbox.into_iter().try_for_each(|change| self.effect(change))?;
        docs.into_iter().try_for_each(|change| self.doc_change(change))?;
        Ok(record.map(|draft| self.append(draft)).unwrap_or_default())
    }

    /// The last step of a batch, which can't fail, so nothing has to be remembered.
    fn append(&mut self, draft: Draft) -> Committed {
        let records = self.streams.entry(draft.stream.clone()).or_default();
        let prev_hash = records.last().map_or(GENESIS, |record| record.hash);
        let hash = draft.hash(&prev_hash);
        let Draft { stream, expected_seq, last_seq, at, body } = draft;
        let first_seq = expected_seq + 1;
        records.push(Record { stream, first_seq, last_seq, at, prev_hash, hash, body });
        Committed { last_seq, hash }
    }

    fn moved(&mut self, changes: Vec<StockChange>) -> Done {
        let mut touched = Vec::new();
        for change in changes {
            match change {
                StockChange::Open { sku, stock } => {
                    if self.stock.contains_key(&sku) {
                        return Err(taken(&sku));
                    }
                    let row = StockRow { sku: sku.clone(), stock, reserved: 0, sold: 0 };
                    touched.push(sku.clone());
                    self.set(|s| &mut s.stock, sku, Some(row));
                }
                StockChange::Add { sku, stock, reserved, sold } => {
                    let Some(mut row) = self.stock.get(&sku).cloned() else {
                        return Err(StoreError::constraint(format!("no stock of {sku}")));
                    };
                    row.stock += stock;
                    row.reserved += reserved;
                    row.sold += sold;
                    touched.push(sku.clone());
                    self.set(|s| &mut s.stock, sku, Some(row));
                }
            }
        }
        // The rule holds for the sum of a batch, so it is checked behind all of it.
        for sku in touched {
            let sound = self.stock.get(&sku).is_some_and(|row| {
                row.reserved >= 0 && row.sold >= 0 && row.reserved + row.sold <= row.stock
            });
            if !sound {
                return Err(StoreError::constraint(format!("stock of {sku}")));
            }
        }
        Ok(())
    }

    fn order_change(&mut self, change: OrderChange) -> Done {
        match change {
            OrderChange::Insert(row) => self.insert_order(*row),
            OrderChange::Status { id, status, updated_at, expires_at } => {
                let n = self.order_ids.get(&id).copied();
                let Some((n, row)) = n.and_then(|n| Some((n, self.orders.get(&n)?))) else {
                    return Err(StoreError::constraint(format!("no order {id}")));
                };
                let row = OrderRow { status, updated_at, expires_at, ..row.clone() };
                self.set(|s| &mut s.orders, n, Some(row));
                Ok(())
            }
        }
    }

    fn insert_order(&mut self, row: OrderRow) -> Done {
        let key = (row.show.clone(), row.key_hash);
        if self.order_ids.contains_key(&row.id) {
            return Err(taken(row.id));
        }
        if self.order_keys.contains_key(&key) {
            return Err(taken("the key"));
        }
        let n = self.orders.last_key_value().map_or(1, |(n, _)| n + 1);
        self.set(|s| &mut s.order_ids, row.id, Some(n));
        self.set(|s| &mut s.order_keys, key, Some(n));
        self.set(|s| &mut s.orders, n, Some(row));
        Ok(())
    }

    fn text_change(&mut self, change: TextChange) -> Done {
        match change {
            TextChange::Put(row) => {
                if self.texts.contains_key(&row.id) {
                    return Err(taken(row.id));
                }
                self.set(|s| &mut s.texts, row.id, Some(row));
            }
            TextChange::Erase(id) => self.set(|s| &mut s.texts, id, None),
            TextChange::Prune { kind, before } => {
                let old = self.texts.values().filter(|t| t.kind == kind && t.at < before);
                let mut old: Vec<_> = old.map(|t| (t.at, t.id)).collect();
                old.sort_unstable();
                for (_, id) in old.into_iter().take(MAX_PAGE) {
                    self.set(|s| &mut s.texts, id, None);
                }
            }
        }
        Ok(())
    }

    fn chat_change(&mut self, change: ChatChange) -> Done {
        match change {
            ChatChange::Insert(row) => {
                if self.chat_ids.contains_key(&row.id) {
                    return Err(taken(row.id));
                }
                let n = self.chat.last_key_value().map_or(1, |(n, _)| n + 1);
                self.set(|s| &mut s.chat_ids, row.id, Some(n));
                self.set(|s| &mut s.chat, n, Some(row));
            }
            ChatChange::Delete(id) => {
                if let Some(n) = self.chat_ids.get(&id).copied() {
                    self.remove_line(n);
                }
            }
            ChatChange::EraseViewer(viewer) => {
                let theirs = self.chat.iter().filter(|(_, row)| row.viewer == viewer);
                let theirs: Vec<u64> = theirs.map(|(n, _)| *n).collect();
                theirs.into_iter().for_each(|n| self.remove_line(n));
            }
            ChatChange::Prune { before } => {
                let old = self.chat.iter().filter(|(_, row)| row.at < before);
                let mut old: Vec<_> = old.map(|(n, row)| (row.at, *n)).collect();
                old.sort_unstable();
                old.into_iter().take(MAX_PAGE).for_each(|(_, n)| self.remove_line(n));
            }
        }
        Ok(())
    }

    fn remove_line(&mut self, n: u64) {
        if let Some(id) = self.chat.get(&n).map(|row| row.id) {
            self.set(|s| &mut s.chat_ids, id, None);
            self.set(|s| &mut s.chat, n, None);
        }
    }

    fn effect(&mut self, change: OutboxChange) -> Done {
        match change {
            OutboxChange::Put(row) => {
                if self.outbox.contains_key(&row.key) {
                    return Err(taken("the effect's key"));
                }
                self.set(|s| &mut s.outbox, row.key.clone(), Some(row));
            }
            OutboxChange::Ack(key) => self.set(|s| &mut s.outbox, key, None),
            OutboxChange::Fail { key, at } => {
                let Some(mut row) = self.outbox.get(&key).cloned() else { return Ok(()) };
                row.attempts = row.attempts.saturating_add(1);
                row.due_at =
                    (row.attempts < OUTBOX_MAX_ATTEMPTS).then(|| at + outbox_backoff(row.attempts));
                self.set(|s| &mut s.outbox, key, Some(row));
            }
        }
        Ok(())
    }

    fn doc_change(&mut self, change: DocChange) -> Done {
        let DocChange { table, key, expect, write } = change;
        let at = (table.into_owned(), key);
        let old = self.docs.get(&at).cloned();
        let found = old.as_ref().map(|doc| doc.version);
        let fits = match expect {
            Expect::Any => true,
            Expect::Absent => found.is_none(),
            Expect::Version(version) => found == Some(version),
        };
        if !fits {
            let (table, key) = at;
            return Err(StoreError::Conflict { table, key, found });
        }
        for entry in old.into_iter().flat_map(|doc| doc.index) {
            self.set(|s| &mut s.index, entry, None);
        }
        let Some(write) = write else {
            self.set(|s| &mut s.docs, at, None);
            return Ok(());
        };
        let mut index = Vec::new();
        for entry in write.index {
            index.push(self.index_entry(&at, entry)?);
        }
        let doc = StoredDoc { version: found.unwrap_or(0) + 1, body: write.body, index };
        self.set(|s| &mut s.docs, at, Some(doc));
        Ok(())
    }

    fn index_entry(
        &mut self,
        (table, key): &(String, String),
        entry: IndexEntry,
    ) -> Result<super::IndexKey, StoreError> {
        let at = (table.clone(), entry.name.into_owned(), entry.value, key.clone());
        let first = (at.0.clone(), at.1.clone(), at.2.clone(), String::new());
        let same = self
            .index
            .range(first..)
            .take_while(|(k, _)| (&k.0, &k.1, &k.2) == (&at.0, &at.1, &at.2));
        let mut same = same.peekable();
        let twice = same.clone().any(|(k, _)| k.3 == at.3);
        let claimed = entry.unique && same.any(|(_, unique)| *unique);
        if twice || claimed {
            return Err(taken(format!("{} of {table}", at.1)));
        }
        self.set(|s| &mut s.index, at.clone(), Some(entry.unique));
        Ok(at)
    }
}
