//! The thread of one show's detector, and who watches it: what panics or hangs is replaced, and said to be out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as Wait;

use media::frame::AudioFrame;
use show::sentinel::Hearing as State;
use units::Duration;

use super::tell::Told;
use crate::clock;

/// Sound that waits for its detector: half a minute and more. What finds no room is not heard, and counted.
const QUEUE_MAX: usize = 2048;
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
pub(super) struct Patience {
    /// How long a detector may work without a sign of life.
    hangs_after: Duration,
    /// How long after a failure the next detector is started.
    rests: Duration,
}

/// What hears and judges. It is used by one thread.
pub(super) trait Senses: Send + 'static {
    /// Takes sound.
    fn push(&mut self, sound: &AudioFrame);
    /// Recognises and judges one window, if one is due.
    fn work(&mut self, told: &dyn Told) -> bool;
    /// How it does.
    fn state(&self) -> State;
    /// Versions of its models and packs.
    fn versions(&self) -> Vec<String>;
}

/// A detector's thread and its watchman.
pub(super) struct Watch {
    sound: SyncSender<AudioFrame>,
    shared: Arc<Shared>,
}

struct Shared {
    /// Which thread is the detector's; an older one that wakes up after all stops.
    generation: AtomicU64,
    /// When the thread last began something, in milliseconds of UTC.
    alive: AtomicI64,
    over: AtomicBool,
    /// Frames of sound that found no room.
    lost: AtomicU64,
}

impl Watch {
    /// Starts a detector made by `start` on a thread of its own, and again when it fails. An error of `start` is final: the
    /// weights are not there.
    pub(super) fn start<S: Senses>(
        start: impl Fn() -> Result<S, String> + Send + Sync + 'static,
        told: Arc<impl Told>,
    ) -> Self {
        Self::patient(PATIENCE, start, told)
    }

    fn patient<S: Senses>(
        patience: Patience,
        start: impl Fn() -> Result<S, String> + Send + Sync + 'static,
        told: Arc<impl Told>,
    ) -> Self {
        let (sound, heard) = sync_channel(QUEUE_MAX);
        let shared = Arc::new(Shared {
            generation: AtomicU64::new(0),
            alive: AtomicI64::new(clock::now().ms()),
            over: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        });
        let (watched, heard) = (Arc::clone(&shared), Arc::new(Mutex::new(heard)));
        tokio::spawn(watch(patience, watched, heard, Arc::new(start), told));
        Self { sound, shared }
    }

    pub(super) fn push(&self, sound: &AudioFrame) {
        if let Err(TrySendError::Full(_)) = self.sound.try_send(sound.clone()) {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
    }
}

type Sound = Arc<Mutex<Receiver<AudioFrame>>>;

async fn watch<S: Senses>(
    patience: Patience,
    shared: Arc<Shared>,
    sound: Sound,
    start: Arc<impl Fn() -> Result<S, String> + Send + Sync + 'static>,
    told: Arc<impl Told>,
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
                thread = spawn(&shared, &sound, &start, &told);
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
            Some(End::NoWeights(why)) => {
                tracing::warn!(%why, "this show is not heard");
                return told.state(State::NoModel, Vec::new());
            }
            Some(End::Over) => return,
            Some(End::Panicked) => tracing::error!("a detector panicked"),
            None => tracing::error!("a detector hangs"),
        }
        shared.generation.fetch_add(1, Ordering::Relaxed);
        told.state(State::Out, Vec::new());
        // Only failures in a row are held against it.
        if now - started > LASTED {
            failures = 0;
        }
        failures += 1;
        if failures >= FAILURES_MAX {
            return tracing::error!("hearing of this show is given up");
        }
        again_at = now + patience.rests;
    }
}

/// Why a thread ended.
enum End {
    Over,
    NoWeights(String),
    Panicked,
}

fn spawn<S: Senses>(
    shared: &Arc<Shared>,
    sound: &Sound,
    start: &Arc<impl Fn() -> Result<S, String> + Send + Sync + 'static>,
    told: &Arc<impl Told>,
) -> Option<std::thread::JoinHandle<End>> {
    let (shared, sound) = (Arc::clone(shared), Arc::clone(sound));
    let (start, told) = (Arc::clone(start), Arc::clone(told));
    let run = move || {
        let work = AssertUnwindSafe(|| hear(&shared, &sound, &*start, &*told));
        catch_unwind(work).unwrap_or(End::Panicked)
    };
    let thread = std::thread::Builder::new().name("hearing".to_owned()).spawn(run);
    thread.inspect_err(|error| tracing::error!(%error, "hearing did not start")).ok()
}

fn hear<S: Senses>(
    shared: &Shared,
    sound: &Sound,
    start: &dyn Fn() -> Result<S, String>,
    told: &dyn Told,
) -> End {
    let generation = shared.generation.load(Ordering::Relaxed);
    let mut senses = match start() {
        Ok(senses) => senses,
        Err(why) => return End::NoWeights(why),
    };
    let versions = senses.versions();
    told.state(senses.state(), versions.clone());
    loop {
        told.lost(shared.lost.load(Ordering::Relaxed));
        shared.alive.store(clock::now().ms(), Ordering::Relaxed);
        if shared.over.load(Ordering::Relaxed) {
            return End::Over;
        }
        let first = {
            let sound = sound.lock().unwrap_or_else(PoisonError::into_inner);
            let first = match sound.recv_timeout(IDLE) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return End::Over,
            };
            let more: Vec<AudioFrame> = sound.try_iter().take(QUEUE_MAX).collect();
            first.into_iter().chain(more).collect::<Vec<_>>()
        };
        first.iter().for_each(|sound| senses.push(sound));
        while senses.work(told) {
            shared.alive.store(clock::now().ms(), Ordering::Relaxed);
            if shared.generation.load(Ordering::Relaxed) != generation {
                return End::Over;
            }
            // The newest sound decides what is recognised next.
            let waiting = sound.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.try_iter().take(QUEUE_MAX).for_each(|sound| senses.push(&sound));
        }
        if shared.generation.load(Ordering::Relaxed) != generation {
            return End::Over;
        }
        told.state(senses.state(), versions.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use units::MediaTime;

    use super::super::tell::{Judged, Said};
    use super::*;

    /// Fails at the sound that it is told to, and otherwise finds a window in each.
    struct Fake {
        heard: i64,
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
        fn push(&mut self, sound: &AudioFrame) {
            (self.heard, self.waiting) = (sound.time.ms(), true);
        }
        fn work(&mut self, told: &dyn Told) -> bool {
            if self.heard == BAD {
                match self.how {
                    How::Panics => panic!("a detector that panics"),
                    How::Hangs => std::thread::sleep(Wait::from_secs(3)),
                }
            }
            if !std::mem::take(&mut self.waiting) {
                return false;
            }
            let at = MediaTime::from_ms(self.heard);
            told.window((at, at), Vec::new());
            true
        }
        fn state(&self) -> State {
            State::Ok
        }
        fn versions(&self) -> Vec<String> {
            Vec::new()
        }
    }

    #[derive(Default)]
    struct Notes {
        states: Mutex<Vec<State>>,
        windows: Mutex<Vec<i64>>,
    }

    impl Told for Notes {
        fn state(&self, hearing: State, _: Vec<String>) {
            let mut states = self.states.lock().expect("unpoisoned");
            if states.last() != Some(&hearing) {
                states.push(hearing);
            }
        }
        fn behind(&self, _: Duration, _: u64) {}
        fn lost(&self, _: u64) {}
        fn sound(&self, _: MediaTime, _: &[f32]) {}
        fn said(&self, _: &str, _: MediaTime) -> Said {
            Said { message: None, before: Vec::new() }
        }
        fn window(&self, (from, _): (MediaTime, MediaTime), _: Vec<Judged>) {
            self.windows.lock().expect("unpoisoned").push(from.ms());
        }
    }

    fn sound(ms: i64) -> AudioFrame {
        let config = media::frame::AudioConfig {
            asc: bytes::Bytes::from_static(&[0x11, 0x90]),
            sample_rate: 48_000,
            channels: 2,
        };
        let (time, data) = (MediaTime::from_ms(ms), bytes::Bytes::new());
        AudioFrame { time, data, config: Arc::new(config) }
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
            Ok(Fake { heard: 0, waiting: false, how })
        };
        let patience =
            Patience { hangs_after: Duration::from_ms(600), rests: Duration::from_ms(100) };
        let watch = Watch::patient(patience, start, Arc::clone(&notes));
        let windows = || notes.windows.lock().expect("unpoisoned").clone();
        watch.push(&sound(1));
        until(|| windows() == [1]).await;
        watch.push(&sound(BAD));
        let states = || notes.states.lock().expect("unpoisoned").clone();
        until(|| states().contains(&State::Out)).await;
        until(|| started.load(Ordering::Relaxed) == 2).await;
        watch.push(&sound(7));
        until(|| windows().contains(&7)).await;
        assert_eq!(states(), [State::Ok, State::Out, State::Ok]);
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
        until(|| *notes.states.lock().expect("unpoisoned") == [State::NoModel]).await;
        (0..2 * QUEUE_MAX as i64).for_each(|ms| watch.push(&sound(ms)));
    }
}
