//! One long piece of work beside the live server: on a thread of its own and of low priority, with progress, and a stop that works
//! between two steps. The last good answer stays until there is a newer one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use insight::watch::{Stage, Stopped, Watch};
use serde::{Deserialize, Serialize};
use units::Timestamp;
use utoipa::{IntoParams, ToSchema};

use super::aside::quietly;
use crate::clock;
use crate::errors::{ApiResult, Code};

/// Where a job stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobState {
    /// Nobody has asked since the server started.
    #[default]
    None,
    /// It is being computed.
    Running,
    /// The answer is there.
    Ready,
    /// It ended without an answer; `error` says why.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

/// A job as the API shows it.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(crate) struct JobView {
    pub(crate) state: JobState,
    /// What it is busy with.
    pub(crate) stage: Option<String>,
    /// Steps done.
    pub(crate) done: u64,
    /// Of so many; 0 where nobody knows.
    pub(crate) of: u64,
    pub(crate) asked_at: Option<String>,
    /// When the answer that is there was ready.
    pub(crate) done_at: Option<String>,
    pub(crate) error: Option<String>,
}

/// What a page has of the last answer already.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Have {
    /// The `done_at` of the answer that the caller has; it is not sent again then.
    have: Option<String>,
}

impl Have {
    /// The answer, unless the caller has it.
    pub(crate) fn else_send<T>(&self, job: &JobView, answer: Option<Arc<T>>) -> Option<Arc<T>> {
        answer.filter(|_| self.have.is_none() || self.have != job.done_at)
    }
}

/// One kind of long work, and its last answer.
pub(crate) struct Job<T> {
    inner: Arc<Mutex<Inner<T>>>,
}

struct Inner<T> {
    view: JobView,
    answer: Option<Arc<T>>,
    stop: Arc<AtomicBool>,
}

impl<T> Default for Job<T> {
    fn default() -> Self {
        let inner = Inner { view: JobView::default(), answer: None, stop: Arc::default() };
        Self { inner: Arc::new(Mutex::new(inner)) }
    }
}

impl<T: Send + Sync + 'static> Job<T> {
    /// Begins; 409 while it runs already.
    pub(crate) fn start(
        &self,
        name: &str,
        now: Timestamp,
        work: impl FnOnce(&dyn Watch) -> anyhow::Result<T> + Send + 'static,
    ) -> ApiResult<JobView> {
        let mut inner = lock(&self.inner);
        if inner.view.state == JobState::Running {
            return Err(Code::AnalysisRuns.into());
        }
        let stop = Arc::new(AtomicBool::new(false));
        let done_at = inner.view.done_at.take();
        inner.stop = Arc::clone(&stop);
        inner.view = JobView {
            state: JobState::Running,
            asked_at: Some(now.rfc3339()),
            done_at,
            ..JobView::default()
        };
        let view = inner.view.clone();
        let shared = Arc::clone(&self.inner);
        let run = move || {
            let watch = Watcher { inner: Arc::clone(&shared), stop };
            let answer = quietly(|| work(&watch));
            settle(&shared, answer);
        };
        if let Err(error) = std::thread::Builder::new().name(name.to_owned()).spawn(run) {
            tracing::error!(%error, name, "no thread");
            inner.view.state = JobState::Failed;
            return Err(Code::Internal.into());
        }
        Ok(view)
    }

    /// Asks it to stop, if it runs.
    pub(crate) fn stop(&self) {
        lock(&self.inner).stop.store(true, Ordering::Relaxed);
    }

    /// Where it stands, and the last answer.
    pub(crate) fn view(&self) -> (JobView, Option<Arc<T>>) {
        let inner = lock(&self.inner);
        (inner.view.clone(), inner.answer.clone())
    }
}

fn settle<T>(inner: &Mutex<Inner<T>>, answer: anyhow::Result<T>) {
    let mut inner = lock(inner);
    inner.view.stage = None;
    match answer {
        Ok(answer) => {
            inner.view.state = JobState::Ready;
            inner.view.done_at = Some(clock::now().rfc3339());
            inner.answer = Some(Arc::new(answer));
        }
        Err(error) if error.chain().any(|cause| cause.is::<Stopped>()) => {
            inner.view.state = JobState::Stopped;
        }
        Err(error) => {
            inner.view.state = JobState::Failed;
            inner.view.error = Some(format!("{error:#}"));
        }
    }
}

fn lock<T>(inner: &Mutex<Inner<T>>) -> MutexGuard<'_, Inner<T>> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Carries progress out and the wish to stop in.
struct Watcher<T> {
    inner: Arc<Mutex<Inner<T>>>,
    stop: Arc<AtomicBool>,
}

impl<T: Send + Sync> Watch for Watcher<T> {
    fn at(&self, stage: Stage, done: u64, all: u64) -> Result<(), Stopped> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Stopped);
        }
        let mut inner = lock(&self.inner);
        inner.view.stage = Some(stage.to_string());
        (inner.view.done, inner.view.of) = (done, all);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn until(job: &Job<u32>, state: JobState) -> JobView {
        let start = Instant::now();
        loop {
            let view = job.view().0;
            if view.state == state || start.elapsed() > Duration::from_secs(10) {
                assert_eq!(view.state, state, "{view:?}");
                return view;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn a_job_says_how_far_it_is_stops_and_keeps_the_last_answer() {
        let job = Job::default();
        assert_eq!(job.view().0.state, JobState::None);
        job.start("test", Timestamp(0), |_| Ok(7)).unwrap();
        until(&job, JobState::Ready);

        let endless = |watch: &dyn Watch| {
            loop {
                watch.at(Stage::Scenarios, 3, 10)?;
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        job.start("test", Timestamp(0), endless).unwrap();
        assert_eq!(
            job.start("test", Timestamp(0), |_| Ok(8)).unwrap_err().code,
            Code::AnalysisRuns
        );
        let running = until(&job, JobState::Running);
        assert_eq!(running.asked_at.as_deref(), Some("1970-01-01T00:00:00.000Z"));
        job.stop();
        until(&job, JobState::Stopped);
        assert_eq!(job.view().1.as_deref(), Some(&7), "the last answer stays");

        job.start("test", Timestamp(0), |_| anyhow::bail!("no orders")).unwrap();
        assert_eq!(until(&job, JobState::Failed).error.as_deref(), Some("no orders"));
        job.start("test", Timestamp(0), |_| panic!("a bug")).unwrap();
        assert!(until(&job, JobState::Failed).error.is_some());
    }
}
