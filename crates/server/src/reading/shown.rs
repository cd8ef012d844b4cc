//! What a desk sees of a room that is read, in memory: counts by second for a while, what is usual, and how much evidence
//! there is. No text and no viewer.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use show::sentinel::room::{CHANNELS, Channel, Second};

/// Seconds that a desk can look back on.
const SECONDS_MAX: usize = 600;

/// How reading does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The room is read, or will be in a moment.
    #[default]
    Ok,
    /// The reader failed, and another one takes its place.
    Out,
    /// No label knows this language.
    Language,
}

/// What one channel says now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Now {
    pub(crate) channel: Channel,
    /// The usual share of messages, or events a second.
    pub(crate) usual: f64,
    /// Evidence that it moved, as a logarithm; 1 is an alarm.
    pub(crate) evidence: f64,
}

/// What is shown.
#[derive(Default)]
pub(crate) struct Shown {
    inner: Mutex<Inner>,
    lost: AtomicU64,
}

#[derive(Default)]
struct Inner {
    state: State,
    seconds: VecDeque<Second>,
    now: Vec<Now>,
}

impl Shown {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is(&self, state: State) {
        self.inner().state = state;
    }

    pub(super) fn lost(&self, messages: u64) {
        self.lost.store(messages, Ordering::Relaxed);
    }

    pub(super) fn closed(&self, second: &Second, now: Vec<Now>) {
        let mut inner = self.inner();
        inner.now = now;
        if quiet(second) {
            return;
        }
        if inner.seconds.len() >= SECONDS_MAX {
            inner.seconds.pop_front();
        }
        // The examples are in the log; a curve needs none.
        inner.seconds.push_back(Second { examples: Vec::new(), ..second.clone() });
    }

    pub(crate) fn state(&self) -> State {
        self.inner().state
    }

    /// Messages that found no room before the reader.
    pub(crate) fn unread(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Seconds later than `since_s` and within ten minutes of the last one, the oldest first.
    pub(crate) fn seconds(&self, since_s: i64) -> Vec<Second> {
        let inner = self.inner();
        let last = inner.seconds.back().map_or(0, |second| second.at_s);
        let since_s = since_s.max(last - SECONDS_MAX as i64);
        inner.seconds.iter().filter(|second| second.at_s > since_s).cloned().collect()
    }

    /// What each channel says now.
    pub(crate) fn now(&self) -> Vec<Now> {
        self.inner().now.clone()
    }
}

/// Whether a second says nothing.
pub(super) fn quiet(second: &Second) -> bool {
    second.messages == 0 && second.hits == [0; CHANNELS]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(at_s: i64, messages: u64) -> Second {
        let (of, hits, examples) = ([1; CHANNELS], [0; CHANNELS], Vec::new());
        Second { at_s, messages, copies: 0, thinned: 0, of, hits, examples }
    }

    #[test]
    fn ten_minutes_of_seconds_that_say_something_are_kept() {
        let shown = Shown::default();
        for at_s in 0..2000 {
            shown.closed(&second(at_s, u64::from(at_s % 3 == 0)), Vec::new());
        }
        let kept = shown.seconds(0);
        assert!(kept.iter().all(|second| second.messages > 0 && second.at_s > 1398));
        assert_eq!(kept.last().map(|second| second.at_s), Some(1998));
        assert_eq!(shown.seconds(1990).len(), 3);
    }
}
