//! The one thread that writes: everything queued becomes one transaction, its sync is the window for the next.
//!
//! A group is applied without savepoints first. Only when a batch of it fails for its own fault is the transaction
//! rolled back and applied again with a savepoint around each batch: the common case pays nothing for the rare one.
//! An outage fails the whole group; the connection is rolled back or reopened, and the next group tries again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::apply::{self, Head};
use super::checkpoint::Checkpointer;
use super::failure::store_error;
use super::queue::{Job, Queue, Taken};
use super::{Place, schema};
use crate::batch::{ChatChange, StreamId, TextChange};
use crate::check::Checked;
use crate::{Committed, Health, Outage, Stats, StoreError};

/// While the store is down, how often it tries a write of its own to see whether it is up again.
const PROBE_EVERY: Duration = Duration::from_millis(500);
/// A commit that takes longer is worth telling.
const SLOW_COMMIT_US: u64 = 1_000_000;
/// A queue fuller than this is worth telling.
const LONG_QUEUE: f64 = 0.75;
/// Ends of streams kept in memory; past it they are read again.
const MAX_HEADS: usize = 10_000;

type Answers = Vec<Result<Committed, StoreError>>;

pub(super) struct Writer {
    place: Place,
    conn: Option<Connection>,
    queue: Arc<Queue>,
    status: Arc<Status>,
    checkpointer: Checkpointer,
    heads: HashMap<StreamId, Head>,
    /// Erased text may still be in the log file; the next quiet moment empties it.
    erased: bool,
}

impl Writer {
    pub(super) fn new(
        place: Place,
        conn: Connection,
        queue: Arc<Queue>,
        status: Arc<Status>,
        checkpointer: Checkpointer,
    ) -> Self {
        let heads = HashMap::new();
        Self { place, conn: Some(conn), queue, status, checkpointer, heads, erased: false }
    }

    /// The thread's whole life. However it ends, nobody is left to wait for a writer that is gone.
    pub(super) fn work(self) {
        struct Abandon(Arc<Queue>);
        impl Drop for Abandon {
            fn drop(&mut self) {
                self.0.abandon();
            }
        }
        let _abandon = Abandon(Arc::clone(&self.queue));
        self.run();
    }

    fn run(mut self) {
        loop {
            let watchful = self.status.is_down() || self.erased;
            match self.queue.take(watchful.then_some(PROBE_EVERY)) {
                Taken::Group(group) => self.group(group),
                Taken::Nothing if self.status.is_down() => self.probe(),
                Taken::Nothing => self.scrub(),
                Taken::Closed => break,
            }
        }
        self.scrub();
    }

    fn group(&mut self, group: Vec<Job>) {
        let started = Instant::now();
        let outcome = self.commit(&group);
        self.status.record(&outcome, group.len(), started.elapsed());
        match outcome {
            Ok(answers) => {
                for (job, answer) in group.into_iter().zip(answers) {
                    job.resolver.resolve(answer);
                }
                if let Some(conn) = &self.conn {
                    self.checkpointer.committed(conn);
                }
            }
            Err(error) => {
                self.recover(&error);
                for job in group {
                    job.resolver.resolve(Err(error.clone()));
                }
            }
        }
    }

    /// Applies and commits a group. An error means that nothing of it is kept.
    fn commit(&mut self, group: &[Job]) -> Result<Answers, StoreError> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.place.writing().map_err(|_| Outage::Io)?,
        };
        let conn = self.conn.insert(conn);
        let mut staged = HashMap::new();
        let mut round = Round { conn, heads: &self.heads, staged: &mut staged };
        let answers = round.together(group)?;
        if self.heads.len() + staged.len() > MAX_HEADS {
            self.heads.clear();
        }
        self.heads.extend(staged);
        self.erased |= group.iter().any(|job| erases(&job.checked));
        Ok(answers)
    }

    /// Leaves no transaction open and no doubtful connection in use.
    fn recover(&mut self, error: &StoreError) {
        self.heads.clear();
        let Some(conn) = &self.conn else { return };
        let stuck = !conn.is_autocommit() && conn.execute_batch("ROLLBACK").is_err();
        // After a failed read, write or sync nobody knows what the connection's cache is worth.
        let gentle =
            matches!(error, StoreError::Unavailable { why: Outage::DiskFull | Outage::Locked });
        if stuck || !gentle {
            self.conn = None;
        }
    }

    /// A write of our own, so that the store comes back without waiting for somebody's order.
    fn probe(&mut self) {
        let started = Instant::now();
        let outcome = self.try_probe();
        if let Err(error) = &outcome {
            self.recover(error);
        }
        self.status.record(&outcome.map(|()| Vec::new()), 0, started.elapsed());
    }

    fn try_probe(&mut self) -> Result<(), StoreError> {
        if self.conn.is_none() {
            let mut conn = self.place.writing().map_err(|_| Outage::Io)?;
            schema::migrate(&mut conn).map_err(|_| Outage::Io)?;
            self.conn = Some(conn);
        }
        let Some(conn) = &self.conn else { return Err(Outage::Io.into()) };
        conn.execute_batch("UPDATE probe SET n = n + 1").map_err(|e| store_error(&e))
    }

    /// Moves the log file into the database and empties it. A reader in the way means another try later.
    fn scrub(&mut self) {
        let Some(conn) = &self.conn else { return };
        self.erased &= !self.checkpointer.empty(conn);
    }
}

fn erases(checked: &Checked) -> bool {
    let batch = &checked.batch;
    batch.texts.iter().any(|change| !matches!(change, TextChange::Put(_)))
        || batch.chat.iter().any(|change| !matches!(change, ChatChange::Insert(_)))
}

/// One transaction's view: ends of streams as they were committed, and as this transaction moves them.
struct Round<'a> {
    conn: &'a Connection,
    heads: &'a HashMap<StreamId, Head>,
    staged: &'a mut HashMap<StreamId, Head>,
}

impl Round<'_> {
    fn together(&mut self, group: &[Job]) -> Result<Answers, StoreError> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut answers = Vec::with_capacity(group.len());
        for job in group {
            match self.apply(&job.checked) {
                Err(error) if error.is_of_the_batch() => {
                    self.execute("ROLLBACK")?;
                    return self.one_by_one(group);
                }
                answer => answers.push(Ok(answer?)),
            }
        }
        self.execute("COMMIT")?;
        Ok(answers)
    }

    fn one_by_one(&mut self, group: &[Job]) -> Result<Answers, StoreError> {
        self.staged.clear();
        self.execute("BEGIN IMMEDIATE")?;
        let mut answers = Vec::with_capacity(group.len());
        for job in group {
            self.execute("SAVEPOINT batch")?;
            match self.apply(&job.checked) {
                Err(error) if error.is_of_the_batch() => {
                    self.execute("ROLLBACK TO batch")?;
                    answers.push(Err(error));
                }
                answer => answers.push(Ok(answer?)),
            }
            self.execute("RELEASE batch")?;
        }
        self.execute("COMMIT")?;
        Ok(answers)
    }

    fn apply(&mut self, checked: &Checked) -> Result<Committed, StoreError> {
        let Some(draft) = &checked.record else {
            apply::rows(self.conn, checked)?;
            return Ok(Committed::default());
        };
        let head = match self.staged.get(&draft.stream).or_else(|| self.heads.get(&draft.stream)) {
            Some(head) => *head,
            None => apply::head(self.conn, draft.stream.as_str())?,
        };
        if head.last_seq != draft.expected_seq {
            return Err(StoreError::WrongSeq {
                stream: draft.stream.as_str().into(),
                expected: draft.expected_seq,
                found: head.last_seq,
            });
        }
        apply::rows(self.conn, checked)?;
        let head = apply::record(self.conn, draft, &head)?;
        // Only now, when nothing of the batch can fail any more: a savepoint does not roll this back.
        self.staged.insert(draft.stream.clone(), head);
        Ok(head.into())
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        let run = || self.conn.prepare_cached(sql)?.execute([]);
        run().map(|_| ()).map_err(|e| store_error(&e))
    }
}

/// What the writer tells everybody else.
#[derive(Debug, Default)]
pub(super) struct Status {
    down: Mutex<Option<String>>,
    busy: AtomicU64,
    commits: AtomicU64,
    batches: AtomicU64,
    refused: AtomicU64,
    lost: AtomicU64,
    last_commit_us: AtomicU64,
}

impl Status {
    fn is_down(&self) -> bool {
        self.down.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn record(&self, outcome: &Result<Answers, StoreError>, count: usize, took: Duration) {
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(answers) => {
                let refused = answers.iter().filter(|answer| answer.is_err()).count();
                self.refused.fetch_add(refused as u64, Ordering::Relaxed);
                self.batches.fetch_add((count - refused) as u64, Ordering::Relaxed);
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.last_commit_us.store(took.as_micros() as u64, Ordering::Relaxed);
                *down = None;
            }
            Err(error) => {
                self.lost.fetch_add(count as u64, Ordering::Relaxed);
                *down = Some(error.to_string());
            }
        }
    }

    pub(super) fn count_busy(&self) {
        self.busy.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn health(&self, queue: &Queue) -> Health {
        if let Some(why) = &*self.down.lock().unwrap_or_else(PoisonError::into_inner) {
            return Health::Down(why.clone());
        }
        if queue.is_closed() {
            return Health::Down(Outage::Stopped.to_string());
        }
        let took_us = self.last_commit_us.load(Ordering::Relaxed);
        if took_us > SLOW_COMMIT_US {
            return Health::Degraded(format!("the last commit took {} ms", took_us / 1000));
        }
        let (jobs, _, fullness) = queue.depth();
        if fullness > LONG_QUEUE {
            return Health::Degraded(format!("{jobs} batches wait"));
        }
        Health::Ok
    }

    pub(super) fn stats(&self, queue: &Queue) -> Stats {
        let (jobs, bytes, _) = queue.depth();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            queued: jobs as u64,
            queued_bytes: bytes as u64,
            busy: read(&self.busy),
            commits: read(&self.commits),
            batches: read(&self.batches),
            refused: read(&self.refused),
            lost: read(&self.lost),
            last_commit_us: read(&self.last_commit_us),
        }
    }
}
