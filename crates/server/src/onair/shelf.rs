//! Where a packager's newest snapshot lies for any number of readers, and where they wait for the next one.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use media::hls::Snapshot;
use tokio::sync::watch;
use units::Timestamp;

use crate::clock;

/// A preview is packaged for this long after somebody last asked for it.
const WANTED_MS: i64 = 15_000;

/// The newest snapshot.
pub(crate) struct Shelf {
    snapshot: RwLock<Option<Arc<Snapshot>>>,
    version: watch::Sender<u64>,
    wanted_at_us: AtomicI64,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            snapshot: RwLock::default(),
            version: watch::Sender::new(0),
            wanted_at_us: AtomicI64::new(i64::MIN / 2),
        }
    }
}

impl Shelf {
    /// Lays out a new snapshot and wakes who waits.
    pub(super) fn publish(&self, snapshot: Option<Arc<Snapshot>>) {
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        self.version.send_modify(|version| *version += 1);
    }

    /// The newest snapshot.
    pub(crate) fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest snapshot once it holds a whole segment, without which players that know no parts have nothing to begin with.
    pub(crate) fn playable(&self) -> Option<Arc<Snapshot>> {
        self.snapshot().filter(|snapshot| !snapshot.segments().is_empty())
    }

    /// Waits until `look` finds what it looks for, `patience` at most.
    pub(crate) async fn until<T>(
        &self,
        patience: Duration,
        mut look: impl FnMut(Option<Arc<Snapshot>>) -> Option<T>,
    ) -> Option<T> {
        if let Some(found) = look(self.snapshot()) {
            return Some(found);
        }
        let mut version = self.version.subscribe();
        let found = async {
            loop {
                version.mark_unchanged();
                if let Some(found) = look(self.snapshot()) {
                    return Some(found);
                }
                if version.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(patience, found).await.ok().flatten()
    }

    /// Says that somebody watches.
    pub(crate) fn want(&self) {
        self.wanted_at_us.store(clock::now().0, Ordering::Relaxed);
    }

    /// Whether somebody watched lately.
    pub(super) fn wanted(&self, now: Timestamp) -> bool {
        (now - Timestamp(self.wanted_at_us.load(Ordering::Relaxed))).ms() < WANTED_MS
    }
}
