//! The thread of one show's detector, of sound or of the room, and who watches it: what panics or hangs is replaced, and said
//! to be out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as Wait;

use units::Duration;

use crate::clock;

/// A window takes well under a second to recognise; loading the weights takes a few.
const PATIENCE: Patience =
    Patience { hangs_after: Duration::from_s(15), rests: Duration::from_s(5) };
/// Failures in a row until hearing of this show is given up: each may have left a thread behind.
const FAILURES_MAX: u64 = 8;
/// A detector that worked this long has begun well.
const LASTED: Duration = Duration::from_s(300);
/// How often a thread is looked after.
const WATCHED_EVERY: Wait = Wait::from_millis(250);
/// How often the thread looks up while nothing comes.
const IDLE: Wait = Wait::from_millis(100);

/// How a watchman waits.
#[derive(Clone, Copy)]
struct Patience {
    /// How long a detector may work without a sign of life.
    hangs_after: Duration,
    /// How long after a failure the next detector is started.
    rests: Duration,
}

/// What takes in and judges. It is used by one thread.
pub(crate) trait Senses: Send + 'static {
    /// What it takes.
    type Input: Send + 'static;
    /// Who it reports to.
    type Told: Told + ?Sized;
    /// Inputs that wait for it; what finds no room is lost, and counted.
    const QUEUE_MAX: usize;

    /// Takes one input.
    fn push(&mut self, input: &Self::Input);
    /// Judges what is due; whether something was.
    fn work(&mut self, told: &Self::Told) -> bool;
    /// Says how it does.
    fn tell(&mut self, told: &Self::Told);
}

/// Who hears of a detector that does not work.
pub(crate) trait Told: Send + Sync + 'static {
    /// It panicked or hangs; another will take its place.
    fn out(&self);
    /// There is none and there will be none.
    fn never(&self);
    /// Inputs that found no room in its queue so far.
    fn lost(&self, inputs: u64);
}

/// A detector's thread and its watchman.
pub(crate) struct Watch<I> {
    inputs: SyncSender<I>,
    shared: Arc<Shared>,
}

struct Shared {
    /// Which thread is the detector's; an older one that wakes up after all stops.
    generation: AtomicU64,
    /// When the thread last began something, in milliseconds of UTC.
    alive: AtomicI64,
    over: AtomicBool,
    /// Nobody looks after it any more: it was given up.
    given_up: AtomicBool,
    /// Inputs that found no room.
    lost: AtomicU64,
}

impl<I: Send + 'static> Watch<I> {
    /// Starts a detector made by `start` on a thread of its own, and again when it fails. An error of `start` is final: the
    /// weights are not there.
    pub(crate) fn start<S: Senses<Input = I>>(
        start: impl Fn() -> Result<S, String> + Send + Sync + 'static,
        told: Arc<S::Told>,
    ) -> Self {
        Self::patient(PATIENCE, start, told)
    }

    fn patient<S: Senses<Input = I>>(
        patience: Patience,
        start: impl Fn() -> Result<S, String> + Send + Sync + 'static,
        told: Arc<S::Told>,
    ) -> Self {
        let (inputs, taken) = sync_channel(S::QUEUE_MAX);
        let shared = Arc::new(Shared {
            generation: AtomicU64::new(0),
            alive: AtomicI64::new(clock::now().ms()),
            over: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        });
        let (watched, taken) = (Arc::clone(&shared), Arc::new(Mutex::new(taken)));
        tokio::spawn(watch(patience, watched, taken, Arc::new(start), told));
        Self { inputs, shared }
    }

    /// Hands over one input. Never waits.
    pub(crate) fn push(&self, input: I) {
        if self.inputs.try_send(input).is_err() {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<I> Watch<I> {
    /// Whether it failed too often in a row and nothing takes its place.
    pub(crate) fn given_up(&self) -> bool {
        self.shared.given_up.load(Ordering::Relaxed)
    }
}

impl<I> Drop for Watch<I> {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
    }
}

type Inputs<I> = Arc<Mutex<Receiver<I>>>;

async fn watch<S: Senses>(
    patience: Patience,
    shared: Arc<Shared>,
    inputs: Inputs<S::Input>,
    start: Arc<impl Fn() -> Result<S, String> + Send + Sync + 'static>,
    told: Arc<S::Told>,
) {
    let mut every = tokio::time::interval(WATCHED_EVERY);
    let mut failures = 0;
    let mut thread: Option<std::thread::JoinHandle<End>> = None;
    let (mut again_at, mut started) = (clock::now(), clock::now());
    while !shared.over.load(Ordering::Relaxed) {
        every.tick().await;
        let now = clock::now();
        let Some(running) = &thread else {
            if now >= again_at {
                shared.alive.store(now.ms(), Ordering::Relaxed);
                started = now;
                thread = spawn(&shared, &inputs, &start, &told);
                again_at = now + patience.rests;
            }
            continue;
        };
        let hangs = now.ms() - shared.alive.load(Ordering::Relaxed) > patience.hangs_after.ms();
        if !running.is_finished() && !hangs {
            continue;
        }
        let end = thread.take().filter(|thread| thread.is_finished());
        let end = end.and_then(|thread| thread.join().ok());
        match end {
            Some(End::Never(why)) => {
                tracing::warn!(%why, "a show has no detector");
                return told.never();
            }
            Some(End::Over) => return,
            Some(End::Panicked) => tracing::error!("a detector panicked"),
            None => tracing::error!("a detector hangs"),
        }
        shared.generation.fetch_add(1, Ordering::Relaxed);
        told.out();
        // Only failures in a row are held against it.
        if now - started > LASTED {
            failures = 0;
        }
        failures += 1;
        if failures >= FAILURES_MAX {
            shared.given_up.store(true, Ordering::Relaxed);
            return tracing::error!("a show's detector is given up");
        }
        again_at = now + patience.rests;
    }
}

/// Why a thread ended.
enum End {
    Over,
    Never(String),
    Panicked,
}

fn spawn<S: Senses>(
    shared: &Arc<Shared>,
    inputs: &Inputs<S::Input>,
    start: &Arc<impl Fn() -> Result<S, String> + Send + Sync + 'static>,
    told: &Arc<S::Told>,
) -> Option<std::thread::JoinHandle<End>> {
    let (shared, inputs) = (Arc::clone(shared), Arc::clone(inputs));
    let (start, told) = (Arc::clone(start), Arc::clone(told));
    let run = move || {
        let work = AssertUnwindSafe(|| sense(&shared, &inputs, &*start, &*told));
        catch_unwind(work).unwrap_or(End::Panicked)
    };
    let thread = std::thread::Builder::new().name("detector".to_owned()).spawn(run);
    thread.inspect_err(|error| tracing::error!(%error, "a detector did not start")).ok()
}

fn sense<S: Senses>(
    shared: &Shared,
    inputs: &Inputs<S::Input>,
    start: &dyn Fn() -> Result<S, String>,
    told: &S::Told,
) -> End {
    let generation = shared.generation.load(Ordering::Relaxed);
    let mut senses = match start() {
        Ok(senses) => senses,
        Err(why) => return End::Never(why),
    };
    senses.tell(told);
    loop {
        told.lost(shared.lost.load(Ordering::Relaxed));
        shared.alive.store(clock::now().ms(), Ordering::Relaxed);
        if shared.over.load(Ordering::Relaxed) {
            return End::Over;
        }
        let taken = {
            let inputs = inputs.lock().unwrap_or_else(PoisonError::into_inner);
            let first = match inputs.recv_timeout(IDLE) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return End::Over,
            };
            let more: Vec<S::Input> = inputs.try_iter().take(S::QUEUE_MAX).collect();
            first.into_iter().chain(more).collect::<Vec<_>>()
        };
        taken.iter().for_each(|input| senses.push(input));
        if shared.generation.load(Ordering::Relaxed) != generation {
            return End::Over;
        }
        while senses.work(told) {
            shared.alive.store(clock::now().ms(), Ordering::Relaxed);
            if shared.generation.load(Ordering::Relaxed) != generation {
                return End::Over;
            }
            // The newest input decides what is judged next.
            let waiting = inputs.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.try_iter().take(S::QUEUE_MAX).for_each(|input| senses.push(&input));
        }
        if shared.generation.load(Ordering::Relaxed) != generation {
            return End::Over;
        }
        senses.tell(told);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Fails at the number that it is told to, and otherwise notes each.
    struct Fake {
        taken: i64,
        waiting: bool,
        how: How,
    }

    #[derive(Clone, Copy)]
    enum How {
        Panics,
        Hangs,
    }

    const BAD: i64 = 3;

    impl Senses for Fake {
        type Input = i64;
        type Told = Notes;
        const QUEUE_MAX: usize = 16;

        fn push(&mut self, number: &i64) {
            (self.taken, self.waiting) = (*number, true);
        }
        fn work(&mut self, told: &Notes) -> bool {
            if self.taken == BAD {
                match self.how {
                    How::Panics => panic!("a detector that panics"),
                    How::Hangs => std::thread::sleep(Wait::from_secs(3)),
                }
            }
            if !std::mem::take(&mut self.waiting) {
                return false;
            }
            told.worked.lock().expect("unpoisoned").push(self.taken);
            true
        }
        fn tell(&mut self, told: &Notes) {
            told.is("ok");
        }
    }

    #[derive(Default)]
    struct Notes {
        states: Mutex<Vec<&'static str>>,
        worked: Mutex<Vec<i64>>,
        lost: AtomicU64,
    }

    impl Notes {
        fn is(&self, state: &'static str) {
            let mut states = self.states.lock().expect("unpoisoned");
            if states.last() != Some(&state) {
                states.push(state);
            }
        }
    }

    impl Told for Notes {
        fn out(&self) {
            self.is("out");
        }
        fn never(&self) {
            self.is("never");
        }
        fn lost(&self, inputs: u64) {
            self.lost.store(inputs, Ordering::Relaxed);
        }
    }

    async fn until(mut done: impl FnMut() -> bool) {
        let patience = Wait::from_secs(20);
        let wait = async {
            while !done() {
                tokio::time::sleep(Wait::from_millis(20)).await;
            }
        };
        tokio::time::timeout(patience, wait).await.expect("it comes to that");
    }

    async fn check(how: How) {
        let (notes, started) = (Arc::new(Notes::default()), Arc::new(AtomicUsize::new(0)));
        let starts = Arc::clone(&started);
        let start = move || {
            starts.fetch_add(1, Ordering::Relaxed);
            Ok(Fake { taken: 0, waiting: false, how })
        };
        let patience =
            Patience { hangs_after: Duration::from_ms(600), rests: Duration::from_ms(100) };
        let watch = Watch::patient(patience, start, Arc::clone(&notes));
        let worked = || notes.worked.lock().expect("unpoisoned").clone();
        watch.push(1);
        until(|| worked() == [1]).await;
        watch.push(BAD);
        let states = || notes.states.lock().expect("unpoisoned").clone();
        until(|| states().contains(&"out")).await;
        until(|| started.load(Ordering::Relaxed) == 2).await;
        watch.push(7);
        until(|| worked().contains(&7)).await;
        assert_eq!(states(), ["ok", "out", "ok"]);
        drop(watch);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_detector_that_panics_is_said_to_be_out_and_replaced() {
        check(How::Panics).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_detector_that_hangs_is_said_to_be_out_and_replaced() {
        check(How::Hangs).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn without_weights_it_says_so_and_leaves_it_at_that() {
        let notes = Arc::new(Notes::default());
        let start = || Err::<Fake, _>("no weights".to_owned());
        let watch = Watch::start(start, Arc::clone(&notes));
        until(|| *notes.states.lock().expect("unpoisoned") == ["never"]).await;
        (0..32).for_each(|number| watch.push(number));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_finds_no_room_is_counted() {
        let notes = Arc::new(Notes::default());
        let how = How::Hangs;
        let patience =
            Patience { hangs_after: Duration::from_s(20), rests: Duration::from_ms(100) };
        let start = move || Ok(Fake { taken: 0, waiting: false, how });
        let watch = Watch::patient(patience, start, Arc::clone(&notes));
        until(|| !notes.states.lock().expect("unpoisoned").is_empty()).await;
        watch.push(BAD);
        (0..200).for_each(|number| watch.push(number));
        until(|| notes.lost.load(Ordering::Relaxed) > 0).await;
    }
}
