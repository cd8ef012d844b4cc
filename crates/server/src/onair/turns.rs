//! Where media is worked on: threads of its own, and the turns that everything on them takes together.
//!
//! A stream needs little work and would need it often. Whoever wakes up for each of its packets pays for the waking, so
//! feeds and programs wait for the next turn, and a thread that wakes up serves them all. The threads are apart from
//! those of HTTP, which would wake each other up to share what is not worth sharing.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use units::{Duration, Timestamp};

use crate::clock;

/// From one turn to the next: a frame waits for as long at most on its way in, and again until somebody looks whether it is
/// due. Twice as many turns cost a fifth more CPU.
const EVERY: Duration = Duration::from_ms(40);
/// Tasks that a thread takes on before another one is woken up as well; a stream is two.
const TASKS: usize = 64;

/// The turns of one thread. A task that is not waiting when a turn comes takes the next one.
#[derive(Default)]
pub(crate) struct Turns {
    feeds: Notify,
    programs: Notify,
    begun: Notify,
    tasks: AtomicUsize,
}

impl Turns {
    /// The next turn, for a feed.
    pub(crate) async fn feed(&self) {
        self.feeds.notified().await;
    }

    /// The next turn, for a program; behind the feeds, so that what they bring is taken in the same one.
    pub(crate) async fn program(&self) {
        self.programs.notified().await;
    }

    /// Gives the turns, while there is a task. One timer for all of them: each that is set costs a system call.
    async fn give(&self) {
        loop {
            while self.tasks.load(Ordering::Relaxed) == 0 {
                self.begun.notified().await;
            }
            clock::sleep_until(Some(after(clock::now()))).await;
            self.feeds.notify_waiters();
            self.programs.notify_waiters();
        }
    }
}

/// The first turn after a moment; the same on every thread.
fn after(at: Timestamp) -> Timestamp {
    let every_us = EVERY.micros();
    Timestamp((at.0.div_euclid(every_us) + 1).saturating_mul(every_us))
}

/// The threads.
pub(crate) struct Threads {
    threads: Vec<(Handle, Arc<Turns>)>,
    /// Dropped, they end the threads.
    running: Mutex<Vec<oneshot::Sender<()>>>,
}

/// Counts a task for as long as it runs.
struct Counted(Arc<Turns>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.tasks.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Threads {
    /// As many threads as the machine has cores; those without a task sleep.
    pub(crate) fn start() -> std::io::Result<Self> {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        let (mut threads, mut running) = (Vec::new(), Vec::new());
        for n in 0..count {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (keep, ended) = oneshot::channel::<()>();
            let turns = Arc::new(Turns::default());
            threads.push((runtime.handle().clone(), Arc::clone(&turns)));
            running.push(keep);
            std::thread::Builder::new().name(format!("media-{n}")).spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = ended => {}
                        () = turns.give() => {}
                    }
                });
            })?;
        }
        Ok(Self { threads, running: Mutex::new(running) })
    }

    /// Runs a task on the first thread that has room, or on the one with the fewest tasks.
    pub(crate) fn spawn<T>(&self, task: impl FnOnce(Arc<Turns>) -> T)
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let tasks = |(_, turns): &&(Handle, Arc<Turns>)| turns.tasks.load(Ordering::Relaxed);
        let roomy = self.threads.iter().find(|thread| tasks(thread) < TASKS);
        let fewest = || self.threads.iter().min_by_key(tasks);
        let Some((handle, turns)) = roomy.or_else(fewest) else { return };
        turns.tasks.fetch_add(1, Ordering::Relaxed);
        let (counted, task) = (Counted(Arc::clone(turns)), task(Arc::clone(turns)));
        handle.spawn(async move {
            let _counted = counted;
            task.await;
        });
        turns.begun.notify_one();
    }

    /// Ends the threads, with whatever still runs on them.
    pub(crate) fn stop(&self) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_takes_the_same_turns() {
        let at = Timestamp::from_ms;
        for (now, turn) in [(0, 40), (1, 40), (39, 40), (40, 80), (-1, 0)] {
            assert_eq!(after(at(now)), at(turn), "{now}");
        }
    }
}
