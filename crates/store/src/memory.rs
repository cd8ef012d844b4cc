//! The store in memory: the same rules, no disk. For tests and simulation, where the caller may also hold commits
//! back, let them through one at a time, and switch outages on and off.

mod apply;
mod read;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use units::{MessageId, OrderId, TextId};

use crate::batch::{Batch, ChatRow, OrderRow, OutboxKey, OutboxRow, StockRow, StreamId, TextRow};
use crate::check::{Checked, check};
use crate::{Committed, Health, Outage, Record, Resolver, Stats, Store, StoreError, Ticket};

/// The most batches that wait while commits are held back.
const MAX_HELD: usize = 8192;

/// See the module.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    state: State,
    held: VecDeque<(Checked, Resolver)>,
    holding: bool,
    outage: Option<Outage>,
    stats: Stats,
}

type IndexKey = (String, String, String, String);

/// The tables. Every change that may have to be taken back goes through [`State::set`].
#[derive(Default)]
pub(super) struct State {
    streams: BTreeMap<StreamId, Vec<Record>>,
    docs: BTreeMap<(String, String), StoredDoc>,
    /// (table, index, value, key) → unique.
    index: BTreeMap<IndexKey, bool>,
    orders: BTreeMap<u64, OrderRow>,
    order_ids: BTreeMap<OrderId, u64>,
    order_keys: BTreeMap<(String, u128), u64>,
    stock: BTreeMap<String, StockRow>,
    texts: BTreeMap<TextId, TextRow>,
    chat: BTreeMap<u64, ChatRow>,
    chat_ids: BTreeMap<MessageId, u64>,
    outbox: BTreeMap<OutboxKey, OutboxRow>,
    undo: Vec<Undo>,
}

#[derive(Clone)]
struct StoredDoc {
    version: u64,
    body: Vec<u8>,
    index: Vec<IndexKey>,
}

type Undo = Box<dyn FnOnce(&mut State) + Send>;

impl State {
    /// Sets or removes a value and remembers how to take that back.
    fn set<K, V>(&mut self, of: fn(&mut Self) -> &mut BTreeMap<K, V>, key: K, value: Option<V>)
    where
        K: Ord + Clone + Send + 'static,
        V: Send + 'static,
    {
        let put = move |state: &mut Self, key: K, value: Option<V>| match value {
            Some(value) => of(state).insert(key, value),
            None => of(state).remove(&key),
        };
        let old = put(self, key.clone(), value);
        self.undo.push(Box::new(move |state| {
            put(state, key, old);
        }));
    }

    fn commit(&mut self, checked: Checked) -> Result<Committed, StoreError> {
        let answer = self.apply(checked);
        let undo = std::mem::take(&mut self.undo);
        if answer.is_err() {
            undo.into_iter().rev().for_each(|step| step(self));
        }
        answer
    }
}

impl MemoryStore {
    /// A store that commits each batch as it is submitted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds commits back from now on, until [`MemoryStore::release`].
    pub fn hold(&self) {
        self.inner().holding = true;
    }

    /// Commits the batch that has waited longest, if one waits. Whether one did.
    pub fn commit_one(&self) -> bool {
        let mut inner = self.inner();
        let Some((checked, resolver)) = inner.held.pop_front() else { return false };
        let answer = inner.commit(checked);
        // A callback may submit again.
        drop(inner);
        resolver.resolve(answer);
        true
    }

    /// Commits all that waits, and every batch at once from now on.
    pub fn release(&self) {
        self.inner().holding = false;
        while self.commit_one() {}
    }

    /// From now on every commit fails for this reason, or none does.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.inner().outage = outage;
    }
}

impl Inner {
    fn commit(&mut self, checked: Checked) -> Result<Committed, StoreError> {
        let answer = match self.outage {
            Some(why) => Err(why.into()),
            None => self.state.commit(checked),
        };
        match &answer {
            Ok(_) => {
                self.stats.commits += 1;
                self.stats.batches += 1;
            }
            Err(StoreError::Unavailable { .. }) => self.stats.lost += 1,
            Err(_) => self.stats.refused += 1,
        }
        answer
    }
}

impl Store for MemoryStore {
    fn submit(&self, batch: Batch) -> Ticket {
        let checked = match check(batch) {
            Ok(checked) => checked,
            Err(error) => return Ticket::resolved(Err(error)),
        };
        let mut inner = self.inner();
        if !inner.holding {
            return Ticket::resolved(inner.commit(checked));
        }
        if inner.held.len() >= MAX_HELD {
            inner.stats.busy += 1;
            return Ticket::resolved(Err(StoreError::Busy));
        }
        let (ticket, resolver) = Ticket::new();
        inner.held.push_back((checked, resolver));
        ticket
    }

    fn health(&self) -> Health {
        self.inner().outage.map_or(Health::Ok, |why| Health::Down(why.to_string()))
    }

    fn stats(&self) -> Stats {
        let inner = self.inner();
        let queued_bytes = inner.held.iter().map(|(checked, _)| checked.bytes as u64).sum();
        Stats { queued: inner.held.len() as u64, queued_bytes, ..inner.stats }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore")
    }
}
