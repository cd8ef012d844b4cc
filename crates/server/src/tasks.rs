//! Tasks that run for as long as the server does, or a show. A panic in one is noticed and counted, never swallowed: a
//! task that can begin anew does so; of one that cannot, `/readyz` says the name.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A task that panicked rests so long before it begins anew.
const REST: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 1000 });
/// So many panics within [`PANICS_WITHIN`] are not mended by beginning anew.
const PANICS_MAX: usize = 5;
const PANICS_WITHIN: Duration = Duration::from_secs(60);

/// What is known of all of them.
#[derive(Default)]
pub(crate) struct Tasks {
    /// Panics by kind of task; the kinds are few and known.
    panics: Mutex<BTreeMap<&'static str, u64>>,
    /// Those that do not run any more and should, by name.
    down: Mutex<BTreeSet<String>>,
}

impl Tasks {
    /// Runs a task and begins it anew when it panics; when that does not help, it is down.
    pub(crate) fn keep<F>(
        self: &Arc<Self>,
        kind: &'static str,
        begin: impl Fn() -> F + Send + Sync + 'static,
    ) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send,
    {
        let tasks = Arc::clone(self);
        tokio::spawn(async move {
            let mut often = Often::default();
            while caught(begin()).await.is_err() {
                tasks.count(kind);
                if often.too_often() {
                    return tasks.set_down(kind);
                }
                tokio::time::sleep(REST).await;
            }
        })
    }

    /// Runs a task whose state is lost with it. When it panics it is down, and `fell` is called.
    pub(crate) fn run(
        self: &Arc<Self>,
        kind: &'static str,
        of: &str,
        task: impl Future<Output = ()> + Send + 'static,
        fell: impl FnOnce() + Send + 'static,
    ) {
        tokio::spawn(self.watched(kind, of, task, fell));
    }

    /// The same for who has a place to run it.
    pub(crate) fn watched<F, T>(
        self: &Arc<Self>,
        kind: &'static str,
        of: &str,
        task: F,
        fell: T,
    ) -> impl Future<Output = ()> + Send + use<F, T>
    where
        F: Future<Output = ()> + Send,
        T: FnOnce() + Send,
    {
        let (tasks, name) = (Arc::clone(self), format!("{kind} of {of}"));
        async move {
            if caught(task).await.is_err() {
                tasks.count(kind);
                tasks.set_down(&name);
                fell();
            }
        }
    }

    /// Counts a panic.
    pub(crate) fn count(&self, kind: &'static str) {
        tracing::error!(task = kind, "a task panicked");
        *self.panics.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
    }

    fn set_down(&self, name: &str) {
        tracing::error!(task = name, "a task is down");
        self.down.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }

    /// Something else does the work of a task that was down.
    pub(crate) fn set_up(&self, kind: &'static str, of: &str) {
        self.down.lock().unwrap_or_else(PoisonError::into_inner).remove(&format!("{kind} of {of}"));
    }

    /// Panics by kind.
    pub(crate) fn panics(&self) -> Vec<(&'static str, u64)> {
        let panics = self.panics.lock().unwrap_or_else(PoisonError::into_inner);
        panics.iter().map(|(kind, count)| (*kind, *count)).collect()
    }

    /// What should run and does not.
    pub(crate) fn down(&self) -> Vec<String> {
        self.down.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Whether something happens more often than beginning anew can help.
#[derive(Default)]
pub(crate) struct Often(Vec<Instant>);

impl Often {
    /// It has happened once more.
    pub(crate) fn too_often(&mut self) -> bool {
        let now = Instant::now();
        self.0.retain(|at| now - *at < PANICS_WITHIN);
        self.0.push(now);
        self.0.len() >= PANICS_MAX
    }
}

/// It panicked. What it said went to the panic hook.
#[derive(Debug)]
pub(crate) struct Panicked;

/// Runs a future to its end or its panic.
pub(crate) async fn caught<F: Future>(task: F) -> Result<F::Output, Panicked> {
    let mut task = pin!(task);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| task.as_mut().poll(cx)));
        polled.map_or(Poll::Ready(Err(Panicked)), |polled| polled.map(Ok))
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_begins_anew_and_is_counted() {
        let (tasks, begun) = (Arc::new(Tasks::default()), Arc::new(AtomicU32::new(0)));
        let counted = Arc::clone(&begun);
        let task = tasks.keep("keeper", move || {
            let nth = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert!(nth >= 2, "the test says so") }
        });
        task.await.unwrap();
        assert_eq!(begun.load(Ordering::SeqCst), 3);
        assert_eq!(tasks.panics(), [("keeper", 2)]);
        assert!(tasks.down().is_empty());
    }

    #[tokio::test]
    async fn a_task_that_always_panics_is_down() {
        let tasks = Arc::new(Tasks::default());
        tasks.keep("outbox", || async { panic!("the test says so") }).await.unwrap();
        assert_eq!(
            (tasks.panics(), tasks.down()),
            (vec![("outbox", 5)], vec!["outbox".to_owned()])
        );
    }

    #[tokio::test]
    async fn a_task_without_a_second_life_is_down_until_another_does_its_work() {
        let tasks = Arc::new(Tasks::default());
        let (told, tell) = tokio::sync::oneshot::channel();
        let task = async { panic!("the test says so") };
        tasks.run("owner", "shop", task, move || told.send(()).unwrap());
        tell.await.unwrap();
        assert_eq!(tasks.down(), ["owner of shop"]);
        tasks.set_up("owner", "shop");
        assert!(tasks.down().is_empty());
    }
}
