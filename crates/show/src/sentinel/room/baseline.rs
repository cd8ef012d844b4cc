//! What is usual in a room: counts of its past, late on purpose.
//!
//! A prior of counts (the same host at the same hour) and the show's own past in blocks of [`BLOCK_S`]. A block is learnt
//! [`LAG`] blocks later, and not while the evidence for a turn that began before its end stands above [`GUARD`]: so a
//! slow turn is not learnt away. At most [`HELD_MAX`] blocks wait; then the oldest is learnt all the same.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Length of a block.
pub const BLOCK_S: i64 = 30;
/// Blocks between what happens and what is usual; half of the show's age while that is less.
pub const LAG: usize = 4;
/// Blocks that wait at most.
pub const HELD_MAX: usize = 70;
/// From which evidence (natural logarithm) learning waits.
pub const GUARD: f64 = 3.0;
/// Messages, or seconds, that must be known before learning waits for anything: who knows nothing cannot tell a turn.
const KNOWN: f64 = 500.0;
/// The bound lies this many standard deviations above what is usual.
const DEVIATIONS: f64 = 1.2;
/// And so many hits more than were seen: of what is rare a few are no sign yet.
const MORE: f64 = 2.0;
/// The past of a show fades by half in so many blocks: an hour.
const HALF_LIFE_BLOCKS: f64 = 120.0;
/// Messages, or seconds, that a prior counts for at most.
pub const PRIOR_MAX: f64 = 20_000.0;
/// Hits' worth of belief in the spread that is expected.
const SPREAD_WEIGHT: f64 = 4.0;
/// Spread beyond this is cut: a room that wild would never be read.
const SPREAD_MAX: f64 = 8.0;

/// What a channel is taken to be before anything is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usual {
    /// The share, or the rate a second.
    pub rate: f64,
    /// For how many messages or seconds that counts.
    pub weight: f64,
    /// The bound is never lower.
    pub least: f64,
    /// The spread that is expected.
    pub spread: f64,
}

/// Hits of so many: counts, or what is left of them after fading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// Messages that hit, or events.
    pub hits: f64,
    /// Messages, or seconds.
    pub of: f64,
}

impl Counts {
    /// The share or rate; zero of nothing.
    #[must_use]
    pub fn rate(&self) -> f64 {
        if self.of > 0.0 { self.hits / self.of } else { 0.0 }
    }
}

/// One block of a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Block {
    hits: u32,
    of: u32,
}

/// The baseline of one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    prior: Counts,
    past: Counts,
    /// Squared deviations of blocks, and what they would be of independent messages; both fade.
    deviation: Counts,
    /// Blocks that wait, the oldest first; the last one is open.
    held: VecDeque<Block>,
    /// Number of the open block.
    open: i64,
    /// Blocks so far.
    age: u32,
    bound: f64,
    spread: f64,
}

impl Baseline {
    /// From a prior, or from what is usual anywhere.
    #[must_use]
    pub fn new(usual: &Usual, given: Counts) -> Self {
        let weight = given.of.clamp(0.0, PRIOR_MAX);
        let rate = given.rate().clamp(0.0, 1.0);
        let prior =
            Counts { hits: usual.rate * usual.weight + rate * weight, of: usual.weight + weight };
        let mut new = Self {
            prior,
            past: Counts::default(),
            deviation: Counts::default(),
            held: VecDeque::new(),
            open: i64::MIN,
            age: 0,
            bound: 0.0,
            spread: 1.0,
        };
        new.settle(usual);
        new
    }

    /// The bound that evidence is measured against.
    #[must_use]
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// See [`super::evidence::Sample::spread`].
    #[must_use]
    pub fn spread(&self) -> f64 {
        self.spread
    }

    /// What is usual.
    #[must_use]
    pub fn rate(&self) -> f64 {
        (self.prior.hits + self.past.hits) / (self.prior.of + self.past.of)
    }

    /// Of the newest blocks, the open one included.
    #[must_use]
    pub fn newest(&self, blocks: usize) -> Counts {
        let mut counts = Counts::default();
        for block in self.held.iter().rev().take(blocks) {
            counts.hits += f64::from(block.hits);
            counts.of += f64::from(block.of);
        }
        counts
    }

    /// Adds a second; `turning` is the start of a turn that stands above [`GUARD`], or of one that was alarmed.
    pub fn add(&mut self, at_s: i64, hits: u32, of: u32, turning: Option<i64>, usual: &Usual) {
        let number = at_s.div_euclid(BLOCK_S);
        if number > self.open {
            self.open = number;
            self.age = self.age.saturating_add(1);
            self.held.push_back(Block::default());
            self.learn(turning, usual);
        }
        if let Some(block) = self.held.back_mut() {
            block.hits = block.hits.saturating_add(hits);
            block.of = block.of.saturating_add(of);
        }
    }

    /// Learns every block that is late enough and not part of a turn.
    fn learn(&mut self, turning: Option<i64>, usual: &Usual) {
        let lag = LAG.min(1 + self.age as usize / 2);
        while self.held.len() > lag + 1 {
            // The end of the oldest block, as if no block between had been empty: later than it was, so it waits longer.
            let end_s = (self.open - self.held.len() as i64 + 2) * BLOCK_S;
            let known = self.prior.of + self.past.of >= KNOWN;
            if known && turning.is_some_and(|since| since < end_s) && self.held.len() <= HELD_MAX {
                return;
            }
            if let Some(block) = self.held.pop_front() {
                self.take(block, usual);
            }
        }
    }

    fn take(&mut self, block: Block, usual: &Usual) {
        let fade = libm::exp2(-1.0 / HALF_LIFE_BLOCKS);
        let (hits, of, rate) = (f64::from(block.hits), f64::from(block.of), self.rate());
        for counts in [&mut self.past, &mut self.deviation] {
            counts.hits *= fade;
            counts.of *= fade;
        }
        let off = hits - of * rate;
        self.deviation.hits += off * off;
        self.deviation.of += of * rate * (1.0 - rate).max(0.0);
        self.past.hits += hits;
        self.past.of += of;
        self.settle(usual);
    }

    fn settle(&mut self, usual: &Usual) {
        let expected = self.deviation.of + SPREAD_WEIGHT;
        let seen = self.deviation.hits + SPREAD_WEIGHT * usual.spread;
        self.spread = (seen / expected).clamp(1.0, SPREAD_MAX);
        let rate = self.rate();
        let of = self.prior.of + self.past.of;
        let deviation = libm::sqrt(self.spread * rate * (1.0 - rate).max(0.0) / of);
        self.bound = (rate + DEVIATIONS * deviation + MORE / of).clamp(usual.least, 0.9);
    }

    /// Forgets the blocks that wait: they belong to a turn that is over.
    pub fn forget(&mut self) {
        self.held.clear();
    }

    /// Takes the blocks that wait for what is usual now, with the past counting for little.
    pub fn accept(&mut self, usual: &Usual) {
        for counts in [&mut self.past, &mut self.prior, &mut self.deviation] {
            counts.hits /= 16.0;
            counts.of /= 16.0;
        }
        while let Some(block) = self.held.pop_front() {
            self.take(block, usual);
        }
    }

    /// What was learnt in this show.
    #[must_use]
    pub fn learnt(&self) -> Counts {
        self.past
    }
}
