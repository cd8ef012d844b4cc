//! A simulated room, second by second.
//!
//! **Arrivals**: a self-exciting process in steps of a second. The expected number is base · (1 − η) + η · excitation, where
//! the excitation is the mean of past arrivals fading over [`FADE_S`], η = [`ETA`]; the base wanders between half and
//! double over minutes. Given that number, arrivals are Poisson.
//! **Viewers**: a quarter to two minutes' worth of messages; the busiest write most (the square of an even number).
//! **Lines**: of a real chat, in stretches of 5 to 60 lines that follow each other, from any place; or lines by topic. Topics
//! come and go: every two to ten minutes one of them is up to two and a half times as frequent.
//! **Raids**: about one an hour, half a minute to two minutes, up to four times the room's rate: one joke pasted by
//! everybody, one in ten in another spelling (of four). Half of the jokes are lines that are taken for hostile or boycott.
//! **Giveaways**: about one an hour, five times the room's rate, of a few short texts.
//!
//! A scripted room ([`Audience::scripted`]) has neither raids nor giveaways by chance: its script says when it turns
//! ([`Wave`]) and what is pasted when ([`Storm`]).

use crate::Rng;

use super::{Line, Pool};

/// The part of arrivals that earlier ones call forth.
const ETA: f64 = 0.5;
/// How fast a room calms down.
const FADE_S: f64 = 8.0;

/// What happens to a room on purpose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Turn {
    /// Nothing.
    Never,
    /// Lines against the host reach this share in a ramp.
    Hostile {
        /// When it begins.
        at_s: i64,
        /// The share.
        share: f64,
        /// How long the share grows.
        ramp_s: i64,
    },
    /// Lines of boycott have this share at once.
    Boycott {
        /// When it begins.
        at_s: i64,
        /// The share.
        share: f64,
        /// Only lines with a word of boycott.
        words: bool,
    },
}

/// Lines of one kind come to have a share, and later perhaps lose it.
#[derive(Debug, Clone)]
pub struct Wave {
    /// When it begins.
    pub at_s: i64,
    /// When it is over.
    pub until_s: i64,
    /// How long the share grows.
    pub ramp_s: i64,
    /// The share.
    pub share: f64,
    /// The lines.
    pub lines: Vec<Line>,
}

/// Many write the same.
#[derive(Debug, Clone)]
pub struct Storm {
    /// When it begins.
    pub at_s: i64,
    /// When it is over.
    pub until_s: i64,
    /// Messages a second beside the room's own.
    pub rate: f64,
    /// The texts, each with its other spellings behind it.
    pub texts: Vec<Vec<Line>>,
}

/// A burst of one kind of text.
#[derive(Debug, Clone, Copy)]
struct Burst {
    until_s: i64,
    rate: f64,
    /// Which joke; none is a giveaway.
    joke: Option<usize>,
}

/// A room.
#[derive(Debug)]
pub struct Audience<'a> {
    pool: &'a Pool,
    rng: Rng,
    rate: f64,
    viewers: f64,
    drift: f64,
    excited: f64,
    chat_at: usize,
    chat_left: i64,
    topic: (usize, f64, i64),
    burst: Option<Burst>,
    turn: Turn,
    /// What happens is in the script, and nothing else.
    scripted: bool,
    waves: Vec<Wave>,
    storms: Vec<Storm>,
    /// What the second brought: who, and which line.
    pub arrived: Vec<(u64, Line)>,
}

/// An even number from 0 to below 1.
pub fn even(rng: &mut Rng) -> f64 {
    f64::from(rng.next_u32()) / 4_294_967_296.0
}

/// Between two numbers, evenly in the logarithm.
pub fn log_even(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low * libm::exp(even(rng) * libm::log(high / low))
}

fn normal(rng: &mut Rng) -> f64 {
    // Twelve even numbers have variance one.
    (0..12).map(|_| even(rng)).sum::<f64>() - 6.0
}

/// How often something happens that happens so often in the mean.
pub fn poisson(rng: &mut Rng, mean: f64) -> usize {
    if mean > 30.0 {
        return (mean + libm::sqrt(mean) * normal(rng) + 0.5).max(0.0) as usize;
    }
    let (floor, mut product, mut count) = (libm::exp(-mean), 1.0, 0);
    loop {
        product *= even(rng);
        if product <= floor || count > 200 {
            return count;
        }
        count += 1;
    }
}

impl<'a> Audience<'a> {
    /// A room of these people with a mean rate a second.
    pub fn new(pool: &'a Pool, seed: u64, rate: f64, turn: Turn) -> Self {
        let mut rng = Rng::new(seed, 5);
        let viewers = (rate * log_even(&mut rng, 15.0, 120.0)).max(6.0);
        Self {
            pool,
            rng,
            rate,
            viewers,
            drift: 0.0,
            excited: rate,
            chat_at: 0,
            chat_left: 0,
            topic: (0, 1.0, 0),
            burst: None,
            turn,
            scripted: false,
            waves: Vec::new(),
            storms: Vec::new(),
            arrived: Vec::new(),
        }
    }

    /// A room of which so many talk, and in which only what is scripted happens.
    pub fn scripted(pool: &'a Pool, seed: u64, rate: f64, talkers: u32) -> Self {
        let viewers = f64::from(talkers);
        Self { viewers, scripted: true, ..Self::new(pool, seed, rate, Turn::Never) }
    }

    /// The room turns.
    pub fn wave(&mut self, wave: Wave) {
        self.waves.push(wave);
    }

    /// A raid or a giveaway.
    pub fn storm(&mut self, storm: Storm) {
        self.storms.push(storm);
    }

    /// Fills [`Audience::arrived`] for a second, counted from the beginning of the show.
    pub fn second(&mut self, at_s: i64) {
        self.arrived.clear();
        // The drift comes back within about ten minutes.
        self.drift += -self.drift / 600.0 + 0.02 * normal(&mut self.rng);
        let base = self.rate * libm::exp(self.drift.clamp(-0.7, 0.7));
        let mean = base * (1.0 - ETA) + ETA * self.excited;
        let ordinary = poisson(&mut self.rng, mean.min(4.0 * self.rate));
        self.excited += (ordinary as f64 - self.excited) / FADE_S;
        if at_s >= self.topic.2 {
            let topics = self.pool.topics.len().max(1);
            let until = at_s + self.rng.range(120, 600);
            self.topic = (self.rng.below(topics), log_even(&mut self.rng, 1.0, 2.5), until);
        }
        for _ in 0..ordinary {
            let line = self.line(at_s);
            self.say(line);
        }
        if self.scripted { self.stormed(at_s) } else { self.bursts(at_s) }
    }

    fn say(&mut self, line: Line) {
        let even = even(&mut self.rng);
        let viewer = (even * even * self.viewers) as u64;
        self.arrived.push((viewer, line));
    }

    fn line(&mut self, at_s: i64) -> Line {
        let (lines, share) = match self.turn {
            Turn::Hostile { at_s: from, share, ramp_s } if at_s >= from => {
                let grown = (at_s - from + 1) as f64 / ramp_s.max(1) as f64;
                (&self.pool.hostile, share * grown.min(1.0))
            }
            Turn::Boycott { at_s: from, share, words } if at_s >= from => {
                (if words { &self.pool.boycott_words } else { &self.pool.boycott }, share)
            }
            _ => (&self.pool.hostile, 0.0),
        };
        if !lines.is_empty() && even(&mut self.rng) < share {
            return lines[self.rng.below(lines.len())];
        }
        if let Some(line) = self.waved(at_s) {
            return line;
        }
        let (part, chat) = &self.pool.chat;
        if !chat.is_empty() && even(&mut self.rng) < *part {
            if self.chat_left == 0 {
                self.chat_at = self.rng.below(chat.len());
                self.chat_left = self.rng.range(5, 60);
            }
            self.chat_left -= 1;
            self.chat_at = (self.chat_at + 1) % chat.len();
            return chat[self.chat_at];
        }
        let weight = |(at, (share, _)): (usize, &(f64, Vec<Line>))| {
            if at == self.topic.0 { share * self.topic.1 } else { *share }
        };
        let topics = &self.pool.topics;
        let all: f64 = topics.iter().enumerate().map(weight).sum();
        let mut left = even(&mut self.rng) * all;
        for topic in topics.iter().enumerate() {
            left -= weight(topic);
            if left <= 0.0 && !topic.1.1.is_empty() {
                return topic.1.1[self.rng.below(topic.1.1.len())];
            }
        }
        chat.first().copied().unwrap_or(Line { text: 0, hits: Default::default() })
    }

    fn waved(&mut self, at_s: i64) -> Option<Line> {
        for wave in self.waves.iter().filter(|wave| (wave.at_s..wave.until_s).contains(&at_s)) {
            let grown = (at_s - wave.at_s + 1) as f64 / wave.ramp_s.max(1) as f64;
            if !wave.lines.is_empty() && even(&mut self.rng) < wave.share * grown.min(1.0) {
                return Some(wave.lines[self.rng.below(wave.lines.len())]);
            }
        }
        None
    }

    fn stormed(&mut self, at_s: i64) {
        for at in 0..self.storms.len() {
            let storm = &self.storms[at];
            if storm.texts.is_empty() || !(storm.at_s..storm.until_s).contains(&at_s) {
                continue;
            }
            for _ in 0..poisson(&mut self.rng, storm.rate) {
                let texts = &self.storms[at].texts;
                let spellings = &texts[self.rng.below(texts.len())];
                let copied = spellings.len() < 2 || even(&mut self.rng) >= 0.1;
                let line = if copied { spellings.first() } else { None };
                let line = line.unwrap_or(&spellings[self.rng.below(spellings.len())]);
                self.say(*line);
            }
        }
    }

    fn bursts(&mut self, at_s: i64) {
        if self.burst.is_none() && even(&mut self.rng) < 2.0 / 3600.0 {
            let raid = !self.pool.jokes.is_empty() && even(&mut self.rng) < 0.5;
            let joke = raid.then(|| self.rng.below(self.pool.jokes.len()));
            let rate = self.rate * if raid { log_even(&mut self.rng, 1.0, 4.0) } else { 5.0 };
            let until_s = at_s + self.rng.range(30, 120);
            self.burst = Some(Burst { until_s, rate, joke });
        }
        let Some(burst) = self.burst else { return };
        for _ in 0..poisson(&mut self.rng, burst.rate) {
            let line = match burst.joke.map(|joke| &self.pool.jokes[joke]) {
                Some(spellings) if even(&mut self.rng) < 0.1 => {
                    spellings[self.rng.below(spellings.len())]
                }
                Some(spellings) => spellings[0],
                None => self.pool.storms[self.rng.below(self.pool.storms.len())],
            };
            self.say(line);
        }
        if at_s >= burst.until_s {
            self.burst = None;
        }
    }
}
