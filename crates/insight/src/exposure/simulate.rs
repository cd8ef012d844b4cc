//! Many scenarios on several threads, with the same bits on any number of them: each scenario has its own stream and its own place in
//! the result, and sums are taken block by block in order.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::model::Levels;
use super::scenario::{Engine, Scratch};
use super::tail::Tail;
use crate::watch::{Stage, Stopped, Watch};

/// Scenarios of one run: three figures of 8 bytes each are kept for every one.
pub const SCENARIOS_MAX: u64 = 50_000_000;
/// Scenarios that a thread takes at once, and that are summed in one go.
const BLOCK: usize = 16_384;

/// Which scenarios, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Names the streams.
    pub seed: u64,
    /// How many scenarios, 1 to [`SCENARIOS_MAX`]; more are cut off.
    pub scenarios: u64,
    /// Threads; has no influence on the result.
    #[serde(skip)]
    pub threads: usize,
}

/// What each scenario costs, in units of the currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Losses {
    /// By scenario.
    pub by_level: Levels<Vec<f64>>,
}

impl Run {
    fn count(&self) -> usize {
        self.scenarios.clamp(1, SCENARIOS_MAX) as usize
    }
}

/// Draws every scenario once.
pub fn simulate(engine: &Engine, run: &Run, watch: &dyn Watch) -> Result<Losses, Stopped> {
    let count = run.count();
    let mut losses = [vec![0.0; count], vec![0.0; count], vec![0.0; count]];
    let [low, mid, high] = &mut losses;
    let blocks = low.chunks_mut(BLOCK).zip(mid.chunks_mut(BLOCK)).zip(high.chunks_mut(BLOCK));
    let work = blocks.enumerate().map(|(number, ((low, mid), high))| (number, [low, mid, high]));
    let done = Progress::new(Stage::Scenarios, count, watch);
    each(work, run.threads, &done, |scratch, number, block: [&mut [f64]; 3]| {
        let [low, mid, high] = block;
        let first = number * BLOCK;
        for (at, ((low, mid), high)) in low.iter_mut().zip(mid).zip(high).enumerate() {
            let lost = engine.scenario(run.seed, (first + at) as u64, scratch);
            [*low, *mid, *high] = engine.loss(lost);
        }
    })?;
    Ok(Losses { by_level: Levels::from_array(losses) })
}

/// Average days that are lost in the tail, by host.
#[derive(Clone, Debug, PartialEq)]
pub struct TailDays {
    /// Days of sales.
    pub days: Vec<f64>,
    /// Of these, days whose substitutes were on air.
    pub substituted_days: Vec<f64>,
}

/// Draws the scenarios of the tail once more. `losses` are those of one level, which `tail` is of.
pub fn tail_days(
    engine: &Engine,
    run: &Run,
    losses: &[f64],
    tail: &Tail,
    watch: &dyn Watch,
) -> Result<TailDays, Stopped> {
    let hosts = engine.model().hosts.len();
    let ranges =
        (0..losses.len()).step_by(BLOCK).map(|from| from..(from + BLOCK).min(losses.len()));
    let done = Progress::new(Stage::Scenarios, losses.len(), watch);
    let blocks =
        each(ranges.enumerate(), run.threads, &done, |scratch, _, range: Range<usize>| {
            let mut sums = vec![(0.0, 0.0); hosts];
            for index in range {
                let weight = tail.weight(losses[index]);
                // Scenarios in which nothing happens add nothing.
                if weight == 0.0 || losses[index] == 0.0 {
                    continue;
                }
                for lost in engine.scenario(run.seed, index as u64, scratch) {
                    let (days, substituted_days) = &mut sums[lost.host as usize];
                    *days += weight * lost.days;
                    *substituted_days += weight * lost.substituted_days;
                }
            }
            sums
        })?;
    let mut sum = TailDays { days: vec![0.0; hosts], substituted_days: vec![0.0; hosts] };
    for block in blocks {
        for (host, (days, substituted_days)) in block.into_iter().enumerate() {
            sum.days[host] += days;
            sum.substituted_days[host] += substituted_days;
        }
    }
    Ok(sum)
}

/// Says how many scenarios are done.
struct Progress<'w> {
    stage: Stage,
    all: u64,
    done: AtomicU64,
    watch: &'w dyn Watch,
}

impl<'w> Progress<'w> {
    fn new(stage: Stage, all: usize, watch: &'w dyn Watch) -> Self {
        Self { stage, all: all as u64, done: AtomicU64::new(0), watch }
    }

    fn block(&self) -> Result<(), Stopped> {
        let done = self.done.fetch_add(BLOCK as u64, Ordering::Relaxed);
        self.watch.at(self.stage, done.min(self.all), self.all)
    }
}

/// Does all pieces of work on some threads; answers in the order of the pieces.
fn each<W: Send, A: Send>(
    work: impl Iterator<Item = (usize, W)> + Send,
    threads: usize,
    progress: &Progress<'_>,
    act: impl Fn(&mut Scratch, usize, W) -> A + Sync,
) -> Result<Vec<A>, Stopped> {
    let queue = Mutex::new(work);
    let worker = || -> Result<Vec<(usize, A)>, Stopped> {
        let (mut scratch, mut answers) = (Scratch::default(), Vec::new());
        loop {
            let piece = queue.lock().ok().and_then(|mut queue| queue.next());
            let Some((number, piece)) = piece else { return Ok(answers) };
            progress.block()?;
            answers.push((number, act(&mut scratch, number, piece)));
        }
    };
    let threads = threads.clamp(1, 256);
    let done: Vec<Result<Vec<(usize, A)>, Stopped>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut done = vec![worker()];
        done.extend(others.into_iter().map(|other| other.join().unwrap_or(Err(Stopped))));
        done
    });
    let mut answers = Vec::new();
    for part in done {
        answers.extend(part?);
    }
    answers.sort_by_key(|(number, _)| *number);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}
