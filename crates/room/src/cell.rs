//! A channel as threads share it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::channel::Channel;
use crate::config::ChannelId;
use crate::event::{Frame, Purge};

/// A channel with its place in the hub.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) id: ChannelId,
    /// The shard that keeps its window's timer.
    pub(crate) home: usize,
    pub(crate) core: Mutex<Core>,
    pub(crate) audience: AtomicUsize,
    pub(crate) promises: Promises,
}

/// The last purges that were promised to be over, kept only to check C-1 where frames are written.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    any: AtomicBool,
    last: Mutex<VecDeque<Purge>>,
}

/// Purges remembered for the check.
const PROMISES_MAX: usize = 32;

impl Promises {
    pub(crate) fn add(&self, purge: Purge) {
        let mut last = lock(&self.last);
        if last.len() == PROMISES_MAX {
            last.pop_front();
        }
        last.push_back(purge);
        self.any.store(true, Ordering::Release);
    }

    /// How many of `frames` must not be written any more: 0, or C-1 is broken.
    pub(crate) fn broken_by<'a>(&self, frames: impl Iterator<Item = &'a Arc<Frame>>) -> u64 {
        if !self.any.load(Ordering::Acquire) {
            return 0;
        }
        let last = lock(&self.last);
        frames.filter(|frame| last.iter().any(|purge| purge.hits(frame))).count() as u64
    }
}

#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) channel: Channel,
    /// Members on each shard: where batches must go.
    pub(crate) members: Vec<usize>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves counts at worst one off; serving on beats stopping everyone.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
