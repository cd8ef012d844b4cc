//! The queue before the writer: bounded in batches and bytes, refused at once when full.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::check::Checked;
use crate::{Outage, Resolver, StoreError};

/// The most batches that wait. At 25 000 a second that is a third of a second.
const MAX_QUEUED: usize = 8192;
/// The most bytes that wait.
const MAX_QUEUED_BYTES: usize = 64 << 20;
/// The most batches of one transaction; it bounds how long the first of them waits for the last.
const MAX_GROUP: usize = 2048;
/// The most bytes of one transaction.
const MAX_GROUP_BYTES: usize = 16 << 20;

/// A batch and who waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) checked: Checked,
    pub(super) resolver: Resolver,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    bytes: usize,
    closed: bool,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
}

/// What the writer gets.
#[derive(Debug)]
pub(super) enum Taken {
    Group(Vec<Job>),
    /// Nothing came for as long as the writer was ready to wait.
    Nothing,
    /// The store is closing and nothing is left.
    Closed,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(
        &self,
        checked: Checked,
        resolver: Resolver,
    ) -> Result<(), (Resolver, StoreError)> {
        let mut state = self.state();
        if state.closed {
            return Err((resolver, Outage::Stopped.into()));
        }
        if state.jobs.len() >= MAX_QUEUED || state.bytes + checked.bytes > MAX_QUEUED_BYTES {
            return Err((resolver, StoreError::Busy));
        }
        state.bytes += checked.bytes;
        state.jobs.push_back(Job { checked, resolver });
        let first = state.jobs.len() == 1;
        drop(state);
        if first {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Everything that waits, up to one transaction's limits.
    pub(super) fn take(&self, patience: Option<Duration>) -> Taken {
        let mut state = self.state();
        while state.jobs.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            state = match patience {
                None => self.filled.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(patience) => {
                    let (state, timeout) = self
                        .filled
                        .wait_timeout(state, patience)
                        .unwrap_or_else(PoisonError::into_inner);
                    if timeout.timed_out() && state.jobs.is_empty() && !state.closed {
                        return Taken::Nothing;
                    }
                    state
                }
            };
        }
        let mut bytes = 0;
        let count = state
            .jobs
            .iter()
            .take(MAX_GROUP)
            .take_while(|job| {
                let fits = bytes == 0 || bytes + job.checked.bytes <= MAX_GROUP_BYTES;
                bytes += job.checked.bytes;
                fits
            })
            .count();
        let group: Vec<Job> = state.jobs.drain(..count).collect();
        state.bytes -= group.iter().map(|job| job.checked.bytes).sum::<usize>();
        Taken::Group(group)
    }

    /// Takes nothing in any more; what waits is still to be taken out.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
    }

    /// Closes and throws away what waits, which answers its tickets.
    pub(super) fn abandon(&self) {
        self.close();
        let jobs = std::mem::take(&mut self.state().jobs);
        drop(jobs);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Batches and bytes that wait, and how full the fuller of both is, from 0 to 1.
    pub(super) fn depth(&self) -> (usize, usize, f64) {
        let state = self.state();
        let (jobs, bytes) = (state.jobs.len(), state.bytes);
        let fullness =
            (jobs as f64 / MAX_QUEUED as f64).max(bytes as f64 / MAX_QUEUED_BYTES as f64);
        (jobs, bytes, fullness)
    }
}
