//! The owner of a stream: one task that decides for it, submits what was decided, and answers once it is synced.
//!
//! The deciding is [`show::stage::Stage`], the same that the simulation drives; here are its queue, its store and its
//! timer. Questions wait in a bounded queue; facts have a queue of their own and never wait behind questions.

mod log;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use show::decider::Decider;
use show::entry::{self, Entry, Rebuild};
use show::stage::{Batch, EffectKey, Lost, Released, Stage, Step, Ticket};
use show::{Rejection, Weight};
use store::{
    Append, Committed, DocChange, EntryBytes, OutboxChange, OutboxKey, OutboxRow, Store,
    StoreError, StreamId, TextChange, TextRow,
};
use tokio::sync::{mpsc, oneshot};
use units::{Duration, Timestamp};

pub(crate) use self::log::{each_entry, rebuild};
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code};
use crate::tasks::Tasks;

/// What kind of task an owner is.
const KIND: &str = "owner";
/// Batches of one stream that may be with the store at once. The previous sync is the window in which the next one fills.
const IN_FLIGHT_MAX: usize = 3;
/// Questions taken from the queue in one turn.
const TURN_MAX: usize = 1024;
/// Facts that wait for their turn; the stage's journal comes behind it.
const FACTS_MAX: usize = 4096;
/// While the store is away, facts are offered to it again after this long.
const RETRY: Duration = Duration::from_ms(500);
/// How long after a change the log states a digest at the latest.
const DIGEST_AFTER: Duration = Duration::from_s(30);

/// What a stream means to the rest of the server.
pub(crate) trait Ledger<D: Decider>: Send + 'static {
    /// The rows that commit together with these entries.
    fn rows(&mut self, state: &D::State, entries: &[Entry<D>], batch: &mut store::Batch);
    /// Something was decided and is not synced yet: what is enforced takes effect now.
    fn staged(&mut self, state: &D::State, events: &[D::Event]);
    /// The staged state fell back after a failure.
    fn reverted(&mut self, state: &D::State) {
        self.staged(state, &[]);
    }
    /// Entries are synced: what is promised may be told.
    fn committed(&mut self, state: &D::State, entries: &[Entry<D>]);
    /// How an effect is kept until it has run.
    fn outbox(&self, effect: &D::Effect) -> Option<(&'static str, serde_json::Value)>;
    /// Effects whose entry is synced.
    fn effects(&mut self, effects: Vec<(EffectKey, D::Effect)>);
}

type Reply<D> = Result<<D as Decider>::Reply, ApiError>;
type Caller<D> = Option<oneshot::Sender<Reply<D>>>;

/// What is written in one batch with the entry that an input becomes.
#[derive(Default)]
pub(crate) struct Rows {
    /// Personal texts that it refers to.
    pub(crate) texts: Vec<TextRow>,
    /// Rows of small tables.
    pub(crate) docs: Vec<DocChange>,
}

/// An input on its way to its owner, with what is written along with it.
struct Ask<D: Decider> {
    input: D::Input,
    rows: Rows,
    caller: Caller<D>,
    /// Told as soon as it is in force, before it is synced.
    decided: Option<oneshot::Sender<()>>,
}

/// The way to an owner.
pub(crate) struct Owner<D: Decider> {
    questions: mpsc::Sender<Ask<D>>,
    facts: mpsc::Sender<Ask<D>>,
    stop: mpsc::Sender<oneshot::Sender<()>>,
    /// Facts that found no room on their way here.
    lost: Arc<AtomicU64>,
}

impl<D: Decider> Clone for Owner<D> {
    fn clone(&self) -> Self {
        Self {
            questions: self.questions.clone(),
            facts: self.facts.clone(),
            stop: self.stop.clone(),
            lost: Arc::clone(&self.lost),
        }
    }
}

impl<D> Owner<D>
where
    D: Decider + Send + Sync + 'static,
    D::State: Send + Sync,
    D::Input: Send + Sync,
    D::Event: Send + Sync,
    D::Effect: Send + Sync,
    D::Reply: Send,
    D::Memory: Send,
{
    /// Starts the owner of a stream that goes on from `log`. What it knows dies with it, so after a panic nobody decides
    /// for the stream until the next start; `fell` is called then.
    pub(crate) fn start(
        stream: &str,
        log: Rebuild<D>,
        store: Arc<dyn Store>,
        queue_max: usize,
        ledger: impl Ledger<D>,
        tasks: &Arc<Tasks>,
        fell: impl FnOnce() + Send + 'static,
    ) -> Self {
        let (questions, questions_rx) = mpsc::channel(queue_max);
        let (facts, facts_rx) = mpsc::channel(FACTS_MAX);
        let (stop, stop_rx) = mpsc::channel(1);
        // Holds one answer for each batch in flight, so `IN_FLIGHT_MAX` bounds it; the store's thread must not wait here.
        let (done_tx, done) = mpsc::unbounded_channel();
        let stage = Stage::resume(stream, log);
        let lost = Arc::new(AtomicU64::new(0));
        let task = Task {
            stream: StreamId::new(stream),
            stage,
            store,
            ledger,
            questions: questions_rx,
            facts: facts_rx,
            stop: stop_rx,
            done_tx,
            done,
            texts: VecDeque::new(),
            texts_in_flight: VecDeque::new(),
            docs: VecDeque::new(),
            retry_at: None,
            digest_at: None,
            lost: Arc::clone(&lost),
        };
        tasks.run(KIND, stream, task.run(), fell);
        Self { questions, facts, stop, lost }
    }

    /// Asks, and waits until the answer is synced. A full queue is refused at once.
    pub(crate) async fn ask(&self, input: D::Input, texts: Vec<TextRow>) -> ApiResult<D::Reply> {
        self.ask_with(input, Rows { texts, ..Rows::default() }).await
    }

    /// The same with rows. They are not written when the answer needs no entry: then nothing is.
    pub(crate) async fn ask_with(&self, input: D::Input, rows: Rows) -> ApiResult<D::Reply> {
        let (caller, answer) = oneshot::channel();
        let ask = Ask { input, rows, caller: Some(caller), decided: None };
        self.questions
            .try_send(ask)
            .map_err(|_| ApiError::from(Code::QueueFull).retry_after_ms(1000))?;
        answer.await.unwrap_or_else(|_| Err(Code::StoreUnavailable.into()))
    }

    /// Reports a fact. It has happened already, so nobody waits; a full queue loses it, and the loss is recorded.
    pub(crate) fn tell(&self, input: D::Input, texts: Vec<TextRow>) {
        let rows = Rows { texts, ..Rows::default() };
        if self.facts.try_send(Ask { input, rows, caller: None, decided: None }).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reports what takes effect before it is recorded, and waits until it has.
    pub(crate) async fn decide(&self, input: D::Input) -> ApiResult<()> {
        let (decided, wait) = oneshot::channel();
        let ask = Ask { input, rows: Rows::default(), caller: None, decided: Some(decided) };
        self.facts.send(ask).await.map_err(|_| Code::ShowEnded)?;
        wait.await.map_err(|_| Code::Busy.into())
    }

    /// Stages a digest, waits until everything is synced (or the store refuses it), and ends the owner.
    pub(crate) async fn stop(&self) {
        let (done, wait) = oneshot::channel();
        if self.stop.send(done).await.is_ok() {
            let _ = wait.await;
        }
    }
}

/// A personal text that waits for the entry that refers to it.
struct Text {
    row: TextRow,
    /// The entry is a fact, which is decided again after a failure.
    fact: bool,
}

struct Task<D: Decider, L> {
    stream: StreamId,
    stage: Stage<D, Caller<D>>,
    store: Arc<dyn Store>,
    ledger: L,
    questions: mpsc::Receiver<Ask<D>>,
    facts: mpsc::Receiver<Ask<D>>,
    stop: mpsc::Receiver<oneshot::Sender<()>>,
    done_tx: mpsc::UnboundedSender<(Ticket, Result<Committed, StoreError>)>,
    done: mpsc::UnboundedReceiver<(Ticket, Result<Committed, StoreError>)>,
    /// Texts by the entry that refers to them, until that entry is submitted.
    texts: VecDeque<(u64, Text)>,
    /// Texts of facts that are submitted and not synced: a fact that is decided again takes its text along.
    texts_in_flight: VecDeque<(Ticket, Vec<TextRow>)>,
    /// Rows of tables by the entry that they are written with, until it is submitted. Only questions bring some, so a
    /// failure takes them along.
    docs: VecDeque<(u64, DocChange)>,
    retry_at: Option<Timestamp>,
    /// When the state is fingerprinted next: a while after something changed.
    digest_at: Option<Timestamp>,
    lost: Arc<AtomicU64>,
}

impl<D, L> Task<D, L>
where
    D: Decider + Send + Sync + 'static,
    D::State: Send + Sync,
    D::Input: Send + Sync,
    D::Event: Send + Sync,
    D::Effect: Send + Sync,
    D::Reply: Send,
    D::Memory: Send,
    L: Ledger<D>,
{
    async fn run(mut self) {
        self.ledger.staged(self.stage.state(), &[]);
        let (mut facts, mut turn) = (Vec::new(), Vec::with_capacity(TURN_MAX));
        let mut stopping: Option<oneshot::Sender<()>> = None;
        loop {
            let room = self.stage.in_flight() < IN_FLIGHT_MAX && stopping.is_none();
            tokio::select! {
                biased;
                Some((ticket, result)) = self.done.recv() => self.report(ticket, result).await,
                n = self.facts.recv_many(&mut facts, TURN_MAX), if stopping.is_none() => {
                    if n == 0 { return }
                }
                n = self.questions.recv_many(&mut turn, TURN_MAX), if room => {
                    if n == 0 { return }
                }
                Some(done) = self.stop.recv(), if stopping.is_none() => {
                    self.stage.digest(clock::now());
                    stopping = Some(done);
                }
                () = clock::sleep_until(self.stage.deadline()), if room => {
                    if !self.stage.wake(clock::now()) {
                        // The deadline stands while there is no room to act on it.
                        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    } else {
                        self.ledger.staged(self.stage.state(), self.stage.last_events());
                    }
                }
                () = clock::sleep_until(self.digest_at), if stopping.is_none() => {
                    self.digest_at = None;
                    self.stage.digest(clock::now());
                }
                () = clock::sleep_until(self.retry_at), if self.retry_at.is_some() => self.retry_at = None,
            }
            for ask in facts.drain(..).chain(turn.drain(..)) {
                self.decide(ask);
            }
            self.record_lost();
            self.submit();
            if stopping.is_some()
                && self.stage.in_flight() == 0
                && (self.stage.waiting() == 0 || self.retry_at.is_some())
            {
                if let Some(done) = stopping.take() {
                    let _ = done.send(());
                }
                return;
            }
        }
    }

    fn decide(&mut self, ask: Ask<D>) {
        let decided = ask.decided;
        let fact = D::weight(&ask.input) != Weight::Ask;
        match self.stage.handle(ask.input, clock::now(), ask.caller) {
            Step::Staged { seq } => {
                self.digest_at.get_or_insert_with(|| clock::now() + DIGEST_AFTER);
                let text = |row| (seq, Text { row, fact });
                self.texts.extend(ask.rows.texts.into_iter().map(text));
                self.docs.extend(ask.rows.docs.into_iter().map(|row| (seq, row)));
                self.ledger.staged(self.stage.state(), self.stage.last_events());
                // A question that comes while the store rests is its probe.
                if !fact {
                    self.retry_at = None;
                }
            }
            // Somebody else has done it meanwhile, without the rows that belong to it here.
            Step::Answered(answer) if !ask.rows.docs.is_empty() => {
                send(answer.caller, Err(Code::Changed.into()));
            }
            Step::Answered(answer) => send(answer.caller, Ok(answer.reply)),
            Step::Refused { caller, rejection } => send(caller, Err(rejection.into())),
            // Dropping `decided` says that it is not in force.
            Step::Overflowed { caller } => return send(caller, Err(Code::Busy.into())),
        }
        if let Some(decided) = decided {
            let _ = decided.send(());
        }
    }

    /// Facts that found no room in the queue are a fact themselves.
    fn record_lost(&mut self) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if let Some(input) = D::overflow(lost).filter(|_| lost > 0) {
            self.decide(Ask { input, rows: Rows::default(), caller: None, decided: None });
        }
    }

    fn submit(&mut self) {
        while self.retry_at.is_none() && self.stage.in_flight() < IN_FLIGHT_MAX {
            let Some(batch) = self.stage.take_batch() else { return };
            let (ticket, done) = (batch.ticket, self.done_tx.clone());
            let rows = self.rows(&batch);
            self.store.submit(rows).on_done(move |result| {
                let _ = done.send((ticket, result));
            });
        }
    }

    fn rows(&mut self, batch: &Batch<D>) -> store::Batch {
        let entry = |entry: &Entry<D>| {
            let body = entry::encode_one(entry);
            EntryBytes { seq: entry.seq, at: entry.at, body }
        };
        let entries = batch.entries.iter().map(entry).collect();
        let mut rows = store::Batch {
            log: Some(Append {
                stream: self.stream.clone(),
                expected_seq: batch.expected_seq,
                entries,
            }),
            ..store::Batch::default()
        };
        let mut kept = Vec::new();
        while self.texts.front().is_some_and(|(seq, _)| *seq <= batch.last_seq) {
            let Some((_, text)) = self.texts.pop_front() else { break };
            if text.fact {
                kept.push(text.row.clone());
            }
            rows.texts.push(TextChange::Put(text.row));
        }
        self.texts_in_flight.push_back((batch.ticket, kept));
        while self.docs.front().is_some_and(|(seq, _)| *seq <= batch.last_seq) {
            rows.docs.extend(self.docs.pop_front().map(|(_, row)| row));
        }
        for (key, effect) in &batch.outbox {
            if let Some((kind, body)) = self.ledger.outbox(effect) {
                let key = OutboxKey { stream: self.stream.clone(), seq: key.seq, n: key.n };
                let body = body.to_string().into_bytes();
                rows.outbox.push(OutboxChange::Put(OutboxRow {
                    key,
                    kind: kind.to_owned(),
                    body,
                    due_at: Some(batch.at),
                    attempts: 0,
                }));
            }
        }
        self.ledger.rows(self.stage.state(), &batch.entries, &mut rows);
        rows
    }

    async fn report(&mut self, ticket: Ticket, result: Result<Committed, StoreError>) {
        match result {
            Ok(_) => {
                self.texts_in_flight.retain(|(known, _)| *known != ticket);
                let Released { answers, effects, entries } = self.stage.committed(ticket);
                for entries in &entries {
                    self.ledger.committed(self.stage.committed_state(), entries);
                }
                for answer in answers {
                    send(answer.caller, Ok(answer.reply));
                }
                if !effects.is_empty() {
                    self.ledger.effects(effects);
                }
            }
            Err(error) => {
                tracing::warn!(stream = D::NAME, %error, "a batch was not stored");
                self.keep_texts(ticket);
                let lost = self.stage.failed(ticket);
                self.answer_lost(lost, &error);
                if self.stage.in_flight() == 0 {
                    self.catch_up().await;
                }
                self.ledger.reverted(self.stage.state());
                self.retry_at = (self.stage.waiting() > 0).then(|| clock::now() + RETRY);
            }
        }
    }

    /// Texts of facts in a failed batch, and behind it, go with the facts once more; texts of questions go with them.
    fn keep_texts(&mut self, failed: Ticket) {
        self.docs.clear();
        let place = self.texts_in_flight.iter().position(|(ticket, _)| *ticket == failed);
        let undone = place.map(|place| self.texts_in_flight.split_off(place));
        let undone = undone.into_iter().flatten().flat_map(|(_, rows)| rows);
        let undone = undone.map(|row| Text { row, fact: true });
        let waiting = std::mem::take(&mut self.texts).into_iter().map(|(_, text)| text);
        let kept = undone.chain(waiting.filter(|text| text.fact));
        self.texts = kept.map(|text| (0, text)).collect();
    }

    /// After a failure whose batch was stored all the same, the log is ahead of the stage.
    async fn catch_up(&mut self) {
        let (store, stream, known) =
            (Arc::clone(&self.store), self.stream.clone(), self.stage.committed_seq());
        let read = tokio::task::spawn_blocking(move || {
            log::read_entries::<D>(&*store, &stream, known + 1)
        })
        .await;
        let Ok(Ok(log)) = read else { return };
        match self.stage.catch_up(&log) {
            Ok(lost) => self.answer_lost(lost, &StoreError::Unavailable { why: store::Outage::Io }),
            Err(error) => {
                tracing::error!(stream = D::NAME, %error, "the log does not continue the state")
            }
        }
    }

    fn answer_lost(&mut self, lost: Lost<D, Caller<D>>, error: &StoreError) {
        for (caller, _) in lost.callers {
            let refusal = match error {
                StoreError::Unavailable { .. } | StoreError::Busy => error.clone().into(),
                _ => ApiError::from(Code::StoreUnavailable),
            };
            send(caller, Err(refusal));
        }
    }
}

fn send<R>(caller: Option<oneshot::Sender<Result<R, ApiError>>>, reply: Result<R, ApiError>) {
    if let Some(caller) = caller {
        let _ = caller.send(reply);
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        let code = Code::named(rejection.code()).unwrap_or(Code::InvalidField);
        let mut error = match Code::named(rejection.code()) {
            Some(_) => Self::from(code),
            None => Self::about(code, rejection.code()),
        };
        if let Some(ms) = rejection.retry_after_ms() {
            error = error.retry_after_ms(i64::try_from(ms).unwrap_or(i64::MAX));
        }
        match serde_json::to_value(&rejection) {
            Ok(detail) => error.with(detail),
            Err(_) => error,
        }
    }
}

#[cfg(test)]
mod tests;
