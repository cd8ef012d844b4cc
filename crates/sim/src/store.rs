//! A store that is slow, fails, goes away, reports a stored batch as lost, and forgets at a crash what it had not synced.
//!
//! The tables and the rules are [`MemoryStore`]'s; here is only the time between a submit and its sync, and between
//! that and the report. Batches sync in the order in which they were submitted; reports of one stream may overtake
//! each other, which a stage allows.

use std::collections::VecDeque;

use show::stage::Ticket;
use store::{Batch, MemoryStore, Outage, Store, StoreError};
use units::{Duration, Timestamp};

use crate::world::Rng;

/// How bad a store can be, in cases of a thousand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// Milliseconds from submit to sync at most.
    pub(crate) sync_ms: i64,
    /// Milliseconds from sync to report at most.
    pub(crate) report_ms: i64,
    /// A batch fails by itself.
    pub(crate) fail: u32,
    /// A batch is stored and reported as lost.
    pub(crate) unheard: u32,
    /// A batch finds the queue full.
    pub(crate) busy: u32,
    /// The store goes away for a while, per step.
    pub(crate) away: u32,
}

impl Weather {
    /// Nothing goes wrong, and everything is quick.
    pub(crate) const FAIR: Self =
        Self { sync_ms: 5, report_ms: 1, fail: 0, unheard: 0, busy: 0, away: 0 };

    /// One of a few.
    pub(crate) fn roll(rng: &mut Rng) -> Self {
        let slow = Self { sync_ms: 900, report_ms: 300, ..Self::FAIR };
        let rough = Self { sync_ms: 120, report_ms: 60, fail: 30, busy: 10, away: 1, unheard: 0 };
        rng.pick(&[
            Self::FAIR,
            slow,
            rough,
            Self { unheard: 25, ..rough },
            Self { away: 4, unheard: 10, ..slow },
        ])
    }
}

/// Whose batch it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Owner {
    /// A show's stage.
    Show(usize),
    /// The shop's stage.
    Shop,
    /// The outbox, which has no stage.
    Outbox,
}

struct Queued {
    owner: Owner,
    ticket: Ticket,
    sync: store::Ticket,
    due: Timestamp,
}

/// The outcome of one batch.
pub(crate) struct Report {
    pub(crate) owner: Owner,
    pub(crate) ticket: Ticket,
    pub(crate) result: Result<(), StoreError>,
    at: Timestamp,
}

/// The store.
pub(crate) struct FaultyStore {
    /// What is synced.
    pub(crate) disk: MemoryStore,
    pub(crate) weather: Weather,
    rng: Rng,
    queue: VecDeque<Queued>,
    reports: Vec<Report>,
    away_until: Option<(Timestamp, Outage)>,
}

impl FaultyStore {
    pub(crate) fn new(weather: Weather, rng: Rng) -> Self {
        let disk = MemoryStore::new();
        disk.hold();
        let (queue, reports, away_until) = (VecDeque::new(), Vec::new(), None);
        Self { disk, weather, rng, queue, reports, away_until }
    }

    pub(crate) fn submit(&mut self, owner: Owner, ticket: Ticket, batch: Batch, now: Timestamp) {
        if self.rng.chance(self.weather.busy) {
            return self.report(owner, ticket, Err(StoreError::Busy), now);
        }
        let sync = match self.disk.submit(batch).try_take() {
            Ok(refused) => return self.report(owner, ticket, refused.map(drop), now),
            Err(sync) => sync,
        };
        let due = now + self.rng.ms(0, self.weather.sync_ms + 1);
        let due = self.queue.back().map_or(due, |last| last.due.max(due));
        self.queue.push_back(Queued { owner, ticket, sync, due });
    }

    /// Goes on to `now`; gives the reports that have arrived.
    pub(crate) fn step(&mut self, now: Timestamp) -> Vec<Report> {
        if self.rng.chance(self.weather.away) && self.away_until.is_none() {
            let why = self.rng.pick(&[Outage::DiskFull, Outage::Io, Outage::Locked]);
            self.away_until = Some((now + self.rng.ms(200, 12_000), why));
        }
        if self.away_until.is_some_and(|(until, _)| until <= now) {
            self.away_until = None;
        }
        while self.queue.front().is_some_and(|first| first.due <= now) {
            let Some(Queued { owner, ticket, sync, .. }) = self.queue.pop_front() else { break };
            let fails = self.rng.chance(self.weather.fail).then_some(Outage::Io);
            self.disk.set_outage(self.away_until.map(|(_, why)| why).or(fails));
            self.disk.commit_one();
            self.disk.set_outage(None);
            let result = match sync.try_take() {
                Ok(Ok(_)) if self.rng.chance(self.weather.unheard) => Err(Outage::Io.into()),
                Ok(result) => result.map(drop),
                // Each batch here is held by the disk, in the same order.
                Err(_) => Err(Outage::Stopped.into()),
            };
            self.report(owner, ticket, result, now);
        }
        let (arrived, waiting) =
            std::mem::take(&mut self.reports).into_iter().partition(|report| report.at <= now);
        self.reports = waiting;
        arrived
    }

    fn report(
        &mut self,
        owner: Owner,
        ticket: Ticket,
        result: Result<(), StoreError>,
        now: Timestamp,
    ) {
        let at = now + self.rng.ms(0, self.weather.report_ms);
        self.reports.push(Report { owner, ticket, result, at });
    }

    /// Whether nothing waits and nothing is on its way.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.reports.is_empty()
    }

    /// The process dies. What is at the disk already may still be synced; the rest was never there.
    pub(crate) fn crash(&mut self) {
        let reached = self.rng.below(self.queue.len() + 1);
        for _ in 0..reached {
            self.disk.commit_one();
        }
        self.disk.set_outage(Some(Outage::Stopped));
        self.disk.release();
        self.disk.set_outage(None);
        self.disk.hold();
        self.queue.clear();
        self.reports.clear();
        self.away_until = None;
    }

    /// The store recovers for good.
    pub(crate) fn clear_up(&mut self) {
        self.weather = Weather::FAIR;
        self.away_until = None;
    }

    /// How many milliseconds a crash lasts.
    pub(crate) fn downtime(&mut self) -> Duration {
        self.rng.ms(200, 9000)
    }
}
