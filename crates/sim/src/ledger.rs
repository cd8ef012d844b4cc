//! The owner of one stream: the real [`Stage`] between those who ask and a store that may fail, as the server's owner drives it.

use std::collections::BTreeSet;

use show::decider::Decider;
use show::entry::{self, Entry, Rebuild};
use show::shop::{Event, OrderStatus, Reply, Shop};
use show::stage::{Answer, EffectKey, Released, Stage, Step};
use show::{Rejection, Show};
use store::{
    Append, EntryBytes, MemoryStore, OrderChange, OrderRow, OutboxChange, OutboxKey, OutboxRow,
    Reader, StockChange, StoreError, StreamId,
};
use units::{Duration, Timestamp};

use crate::check::{Checked, Invariant, holds};
use crate::store::{FaultyStore, Owner, Report};
use crate::world::Rng;

/// Batches of one stream that may be with the store at once.
const IN_FLIGHT_MAX: usize = 3;
/// After a failure what waits is offered again after this long.
const RETRY: Duration = Duration::from_ms(500);
/// Records read at once.
const PAGE: usize = 500;

/// What somebody who asked hears.
#[derive(Debug)]
pub(crate) enum Heard<D: Decider> {
    /// The answer; everything that it rests on is synced.
    Answer(D::Reply),
    /// It is refused.
    Refused(Rejection),
    /// The store is unavailable, or the queue is full: ask again.
    Lost,
}

/// The rows of a stream in the tables.
pub(crate) trait Rows: Decider {
    /// What commits together with these entries.
    fn rows(state: &Self::State, entries: &[Entry<Self>], batch: &mut store::Batch);
    /// How an effect is kept until it has run.
    fn outbox(effect: &Self::Effect) -> Option<serde_json::Value>;
}

impl Rows for Show {
    fn rows(_: &show::State, _: &[Entry<Self>], _: &mut store::Batch) {}
    fn outbox(_: &show::Effect) -> Option<serde_json::Value> {
        None
    }
}

impl Rows for Shop {
    fn rows(state: &show::shop::State, entries: &[Entry<Self>], batch: &mut store::Batch) {
        for event in entries.iter().flat_map(|entry| &entry.events) {
            match event {
                Event::Placed(placed) => {
                    batch.orders.push(OrderChange::Insert(Box::new(order_row(placed))));
                }
                Event::Paid { at, .. }
                | Event::Released { at, .. }
                | Event::Refunded { at, .. } => {
                    if let Some((id, status)) = event.order() {
                        let status = status.as_str().to_owned();
                        let change =
                            OrderChange::Status { id, status, updated_at: *at, expires_at: None };
                        batch.orders.push(change);
                    }
                }
                _ => {}
            }
            if let Event::StockOpened { sku, stock } = event {
                let stock = i64::try_from(*stock).unwrap_or(i64::MAX);
                batch.stock.push(StockChange::Open { sku: sku.to_string(), stock });
            } else if let Some((sku, change)) = state.stock_change(event) {
                let (stock, reserved, sold) = (change.stock, change.reserved, change.sold);
                batch.stock.push(StockChange::Add { sku: sku.to_string(), stock, reserved, sold });
            }
        }
    }

    fn outbox(effect: &show::shop::Effect) -> Option<serde_json::Value> {
        serde_json::to_value(effect).ok()
    }
}

fn order_row(placed: &show::shop::Placed) -> OrderRow {
    OrderRow {
        id: placed.order,
        show: placed.show.to_string(),
        host: placed.host.to_string(),
        brand: placed.brand.to_string(),
        sku: placed.sku.to_string(),
        title: String::new(),
        quantity: placed.quantity,
        unit_price: placed.price,
        status: OrderStatus::Reserved.as_str().to_owned(),
        buyer: format!("{:?}", placed.buyer),
        device: placed.device,
        contact: Some(placed.contact.id),
        air_ms: placed.air.ms(),
        key_hash: placed.key.0,
        created_at: placed.at,
        updated_at: placed.at,
        expires_at: Some(placed.expires_at),
    }
}

/// See the module.
pub(crate) struct Ledger<D: Decider> {
    pub(crate) owner: Owner,
    stream: StreamId,
    stage: Stage<D, u64>,
    retry_at: Option<Timestamp>,
    /// Who has asked and not heard.
    waiting: BTreeSet<u64>,
    heard: Vec<(u64, Heard<D>)>,
    effects: Vec<(EffectKey, D::Effect)>,
    /// The state as the log alone has it, as far as it was last checked.
    replica: Rebuild<D>,
    /// The log was found to be ahead: what it holds was never told to anybody.
    pub(crate) caught_up: bool,
    /// Batches that were not stored, or said not to be.
    pub(crate) failures: u64,
}

impl Ledger<Shop> {
    /// What `ask` has heard, in words; nobody else hears it.
    pub(crate) fn overheard(&mut self, ask: u64) -> Option<String> {
        let place = self.heard.iter().position(|(heard, _)| *heard == ask)?;
        Some(match self.heard.remove(place).1 {
            Heard::Answer(Reply::Order(order)) => {
                format!("{}, {}", order.status.as_str(), order.total())
            }
            Heard::Answer(Reply::Again(order)) => {
                format!("the first order again, {}", order.status.as_str())
            }
            Heard::Answer(Reply::Done) => "done".to_owned(),
            Heard::Refused(rejection) => rejection.code().to_owned(),
            Heard::Lost => "the store is unavailable".to_owned(),
        })
    }
}

impl<D: Rows> Ledger<D> {
    /// A stream that goes on from its log.
    pub(crate) fn open(
        owner: Owner,
        stream: &str,
        disk: &MemoryStore,
    ) -> Result<Self, crate::Violation> {
        let stream_id = StreamId::new(stream);
        let log = rebuild::<D>(disk, &stream_id, u64::MAX)?;
        Ok(Self {
            owner,
            replica: log.clone(),
            stage: Stage::resume(stream, log),
            stream: stream_id,
            retry_at: None,
            waiting: BTreeSet::new(),
            heard: Vec::new(),
            effects: Vec::new(),
            caught_up: false,
            failures: 0,
        })
    }

    /// Everything decided, synced or not.
    pub(crate) fn state(&self) -> &D::State {
        self.stage.state()
    }
    /// What is synced, as far as has been reported.
    pub(crate) fn committed(&self) -> &D::State {
        self.stage.committed_state()
    }
    /// Entries so far.
    pub(crate) fn seq(&self) -> u64 {
        self.stage.staged_seq()
    }
    /// What the last question led to, before it is recorded.
    pub(crate) fn last_events(&self) -> &[D::Event] {
        self.stage.last_events()
    }
    /// Whether nothing is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.stage.waiting() == 0 && self.stage.in_flight() == 0 && self.heard.is_empty()
    }

    /// Asks, as `ask`, which nobody has been before.
    pub(crate) fn ask(&mut self, input: D::Input, ask: u64, now: Timestamp) -> Checked {
        self.waiting.insert(ask);
        match self.stage.handle(input, now, ask) {
            Step::Staged { .. } => Ok(()),
            // Nothing that it rests on is unsynced, or the stage would not answer at once.
            Step::Answered(Answer { caller, reply, .. }) => self.tell(caller, Heard::Answer(reply)),
            Step::Refused { caller, rejection: Rejection::Busy } => self.tell(caller, Heard::Lost),
            Step::Refused { caller, rejection } => self.tell(caller, Heard::Refused(rejection)),
            Step::Overflowed { caller } => self.tell(caller, Heard::Lost),
        }
    }

    fn tell(&mut self, ask: u64, heard: Heard<D>) -> Checked {
        let waited = self.waiting.remove(&ask);
        holds(Invariant::Answer, waited, || format!("{} is answered twice: {heard:?}", ask))?;
        self.heard.push((ask, heard));
        Ok(())
    }

    /// Stages what is due and submits what is staged, sometimes.
    pub(crate) fn step(&mut self, store: &mut FaultyStore, rng: &mut Rng, now: Timestamp) {
        while self.stage.wake(now) {}
        if self.retry_at.is_some_and(|at| at <= now) {
            self.retry_at = None;
        }
        while self.retry_at.is_none() && self.stage.in_flight() < IN_FLIGHT_MAX && rng.chance(800) {
            let Some(batch) = self.stage.take_batch() else { return };
            let entry = |entry: &Entry<D>| EntryBytes {
                seq: entry.seq,
                at: entry.at,
                body: entry::encode_one(entry),
            };
            let entries = batch.entries.iter().map(entry).collect();
            let append =
                Append { stream: self.stream.clone(), expected_seq: batch.expected_seq, entries };
            let mut rows = store::Batch { log: Some(append), ..store::Batch::default() };
            for (key, effect) in &batch.outbox {
                let Some(body) = D::outbox(effect) else { continue };
                let key = OutboxKey { stream: self.stream.clone(), seq: key.seq, n: key.n };
                let body = body.to_string().into_bytes();
                let row = OutboxRow {
                    key,
                    kind: "shop".to_owned(),
                    body,
                    due_at: Some(batch.at),
                    attempts: 0,
                };
                rows.outbox.push(OutboxChange::Put(row));
            }
            D::rows(self.stage.state(), &batch.entries, &mut rows);
            store.submit(self.owner, batch.ticket, rows, now);
        }
    }

    /// The store reports.
    pub(crate) fn report(
        &mut self,
        report: Report,
        store: &FaultyStore,
        now: Timestamp,
    ) -> Checked {
        match report.result {
            Ok(()) => {
                let Released { answers, effects, .. } = self.stage.committed(report.ticket);
                let synced = head(&store.disk, &self.stream)?;
                for Answer { caller, reply, seq } in answers {
                    holds(Invariant::S3, seq <= synced, || {
                        format!(
                            "an answer rests on entry {seq} of {}, {synced} are synced",
                            self.stream
                        )
                    })?;
                    self.tell(caller, Heard::Answer(reply))?;
                }
                self.effects.extend(effects);
                Ok(())
            }
            Err(error) => {
                let at_fault =
                    matches!(error, StoreError::Constraint { .. } | StoreError::Invalid { .. });
                holds(Invariant::S1, !at_fault, || {
                    format!("the store refuses a batch of {}: {error}", self.stream)
                })?;
                self.failures += 1;
                let mut lost = self.stage.failed(report.ticket).callers;
                if self.stage.in_flight() == 0 {
                    let log =
                        entries::<D>(&store.disk, &self.stream, self.stage.committed_seq() + 1)?;
                    self.caught_up |= !log.is_empty();
                    let ahead = self
                        .stage
                        .catch_up(&log)
                        .map_err(|broken| violation(&self.stream, &broken))?;
                    lost.extend(ahead.callers);
                }
                self.retry_at = (self.stage.waiting() > 0).then(|| now + RETRY);
                lost.into_iter().try_for_each(|(ask, _)| self.tell(ask, Heard::Lost))
            }
        }
    }

    /// What has been said since the last time.
    pub(crate) fn heard(&mut self) -> Vec<(u64, Heard<D>)> {
        std::mem::take(&mut self.heard)
    }
    /// The effects to run since the last time.
    pub(crate) fn effects(&mut self) -> Vec<(EffectKey, D::Effect)> {
        std::mem::take(&mut self.effects)
    }

    /// Stages a digest, as on shutdown.
    pub(crate) fn digest(&mut self, now: Timestamp) {
        self.stage.digest(now);
    }

    /// Everybody who asked has heard.
    pub(crate) fn check_answered(&self) -> Checked {
        holds(Invariant::Answer, self.waiting.is_empty(), || {
            format!("never answered by {}: {:?}", self.stream, self.waiting)
        })
    }

    /// what was logged since the last time brings the rebuilt state to where the live one is.
    pub(crate) fn check_rebuild(&mut self, disk: &MemoryStore) -> Checked {
        let last = self.stage.committed_seq();
        for entry in entries::<D>(disk, &self.stream, self.replica.seq() + 1)?
            .iter()
            .filter(|entry| entry.seq <= last)
        {
            self.replica.push(entry).map_err(|broken| violation(&self.stream, &broken))?;
        }
        let same =
            self.replica.seq() == last && self.replica.state() == self.stage.committed_state();
        holds(Invariant::R1, same, || format!("the log of {} rebuilds another state", self.stream))
    }

    /// R-1 from the first entry on, and that the log's chain is whole.
    pub(crate) fn check_log(&mut self, disk: &MemoryStore) -> Checked {
        self.replica = Rebuild::default();
        self.check_rebuild(disk)?;
        match store::verify(disk, &self.stream) {
            Ok(_) => Ok(()),
            Err(error) => holds(Invariant::R1, false, || error.to_string()),
        }
    }
}

fn violation(stream: &StreamId, error: &dyn std::fmt::Display) -> crate::Violation {
    crate::Violation { invariant: Invariant::R1, what: format!("{stream}: {error}") }
}

fn head(disk: &MemoryStore, stream: &StreamId) -> Result<u64, crate::Violation> {
    let head = disk.head(stream).map_err(|error| violation(stream, &error))?;
    Ok(head.map_or(0, |(seq, _)| seq))
}

/// The synced entries of a stream from `from_seq` on.
fn entries<D: Decider>(
    disk: &MemoryStore,
    stream: &StreamId,
    from_seq: u64,
) -> Result<Vec<Entry<D>>, crate::Violation> {
    let mut all: Vec<Entry<D>> = Vec::new();
    let mut next = from_seq;
    loop {
        let records =
            disk.read_log(stream, next, PAGE).map_err(|error| violation(stream, &error))?;
        let Some(last) = records.last() else { return Ok(all) };
        next = last.last_seq + 1;
        for record in &records {
            let bytes = record.entries().map_err(|error| violation(stream, &error))?;
            for entry in bytes.iter().filter(|entry| entry.seq >= from_seq) {
                all.push(
                    serde_json::from_slice(&entry.body)
                        .map_err(|error| violation(stream, &error))?,
                );
            }
        }
    }
}

/// Folds a stream's log up to `last`.
pub(crate) fn rebuild<D: Decider>(
    disk: &MemoryStore,
    stream: &StreamId,
    last: u64,
) -> Result<Rebuild<D>, crate::Violation> {
    let mut rebuild = Rebuild::default();
    for entry in entries::<D>(disk, stream, 1)?.iter().filter(|entry| entry.seq <= last) {
        rebuild.push(entry).map_err(|broken| violation(stream, &broken))?;
    }
    Ok(rebuild)
}
