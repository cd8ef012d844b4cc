//! Has the room turned? One e-detector per channel, averaged; one alarm per turn.
//!
//! The threshold is the mean number of seconds between false alarms: 3600 · 1000 / (alarms in 1000 room-hours). The mean
//! over channels of e-detectors is one, so no correction for looking at many is needed. The bound holds for a room whose
//! shares stay below the baseline's; `docs/EVALUATION.md` says what rooms of real lines do.
//!
//! **One alarm per turn.** The channels that carry an alarm are held: they add no evidence until [`CALM_BLOCKS`] in a row
//! together lie nearer to what was usual than to the alarm, and learn nothing meanwhile. Channels that follow within
//! [`JOIN_S`] belong to the same turn and are held without an alarm. After [`HELD_S`] what is now is taken for usual.

use serde::{Deserialize, Serialize};
use units::MessageId;

use super::baseline::{BLOCK_S, Baseline, Counts, GUARD, Usual};
use super::channel::{CHANNELS, CHAT_CHANNELS, Channel, Hits};
use super::evidence::{Evidence, Sample, log_sum};
use super::tally::Second;

/// False alarms in 1000 room-hours that are asked for when nothing else is.
pub const ALARMS_PER_1000H: f64 = 10.0;
/// Alarms in 1000 room-hours that may be asked for.
pub const ALARMS_RANGE: std::ops::RangeInclusive<f64> = 0.001..=100_000.0;
/// Example messages of an alarm.
pub const EXAMPLES_MAX: usize = 5;
/// Channels that follow an alarm within this belong to its turn.
pub const JOIN_S: i64 = 120;
/// A turn that lasts longer is what is usual from then on.
pub const HELD_S: i64 = 1800;
/// A turn is over when the share of so many blocks is.
const CALM_BLOCKS: usize = 4;
/// A room leans at a threshold that false alarms cross so many times as often: not enough alone, enough beside words.
pub const LEANS_TIMES: f64 = 10.0;
/// How often a room that leans is said to.
pub const LEANS_EVERY_S: i64 = 15;
/// A silence after which evidence begins anew.
const SILENCE_S: i64 = 3600;
/// Examples that a channel remembers; the oldest goes first.
const REMEMBERED: usize = 24;
/// A channel carries an alarm when its own evidence is within this of the threshold (natural logarithm).
const CARRIES: f64 = 3.0;

/// What each channel is taken to be before anything is known of a room.
const USUAL: [Usual; CHANNELS] = [
    Usual { rate: 0.05, weight: 20.0, least: 0.02, spread: 1.2 },
    Usual { rate: 0.03, weight: 20.0, least: 0.01, spread: 1.2 },
    Usual { rate: 0.1, weight: 20.0, least: 0.05, spread: 2.0 },
    Usual { rate: 0.02, weight: 40.0, least: 0.005, spread: 1.3 },
    Usual { rate: 0.01, weight: 40.0, least: 0.0005, spread: 1.3 },
    Usual { rate: 0.01, weight: 40.0, least: 0.003, spread: 1.3 },
    Usual { rate: 0.02, weight: 40.0, least: 0.01, spread: 1.2 },
    Usual { rate: 0.02, weight: 300.0, least: 0.005, spread: 1.2 },
    Usual { rate: 0.02, weight: 300.0, least: 0.005, spread: 1.2 },
    Usual { rate: 0.02, weight: 300.0, least: 0.005, spread: 1.2 },
];

/// What is usual of a host at this hour, as counts of earlier shows; nothing where nothing is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// Hits of so many messages per channel; of events, so many in so many seconds.
    pub counts: [Counts; CHANNELS],
}

/// An alarm: the room has turned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// The second that raised it.
    pub at_s: i64,
    /// The channel with the most evidence.
    pub channel: Channel,
    /// All that carry it, the strongest first.
    pub channels: Vec<Moved>,
    /// Messages that show it, the earliest since the turn first.
    pub examples: Vec<MessageId>,
}

impl Alarm {
    /// When it is known: the end of its second, in milliseconds since 1970.
    #[must_use]
    pub fn known_ms(&self) -> i64 {
        self.at_s.saturating_add(1).saturating_mul(1000)
    }

    /// When the turn most likely began: the latest beginning of the channels that carry it, as a few chance hits of a rare
    /// channel date it minutes back.
    #[must_use]
    pub fn since_s(&self) -> i64 {
        self.channels.iter().map(|moved| moved.since_s).max().unwrap_or(self.at_s)
    }
}

/// How a channel moved.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Which.
    pub channel: Channel,
    /// When it most likely began.
    pub since_s: i64,
    /// The usual share of messages, or events a second.
    pub before: f64,
    /// The same since it began.
    pub now: f64,
    /// Hits since it began.
    pub hits: u64,
    /// Messages, or seconds, since it began.
    pub of: u64,
    /// The natural logarithm of its evidence.
    pub evidence: f64,
}

/// A channel that was alarmed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Held {
    at_s: i64,
    /// When the turn began.
    since_s: i64,
    /// Below it the turn is over.
    calm: f64,
}

/// One channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Track {
    baseline: Baseline,
    evidence: Evidence,
    held: Option<Held>,
    examples: std::collections::VecDeque<(i64, MessageId)>,
    /// Hits and messages of the last minutes by second, for the dating of an alarm.
    recent: std::collections::VecDeque<(i64, u32, u32)>,
}

/// Seconds that an alarm can look back on.
const RECENT_MAX: usize = 900;

/// The detector of a room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    /// ln of the threshold.
    threshold: f64,
    tracks: Vec<Track>,
    last_s: i64,
    alarmed_s: i64,
    leant_s: i64,
    /// Whether events are reported at all; a room without them is read by its chat alone.
    events: bool,
}

impl Detector {
    /// For a wanted rate of false alarms, which is kept within [`ALARMS_RANGE`].
    #[must_use]
    pub fn new(alarms_per_1000h: f64, prior: &Prior, events: bool) -> Self {
        let (least, most) = (*ALARMS_RANGE.start(), *ALARMS_RANGE.end());
        let wanted = if alarms_per_1000h.is_finite() {
            alarms_per_1000h.clamp(least, most)
        } else {
            ALARMS_PER_1000H
        };
        let track = |(usual, given): (&Usual, &Counts)| Track {
            baseline: Baseline::new(usual, *given),
            evidence: Evidence::default(),
            held: None,
            examples: std::collections::VecDeque::new(),
            recent: std::collections::VecDeque::new(),
        };
        let channels = if events { CHANNELS } else { CHAT_CHANNELS };
        Self {
            threshold: libm::log(3600.0 * 1000.0 / wanted),
            tracks: USUAL.iter().zip(&prior.counts).take(channels).map(track).collect(),
            last_s: i64::MIN,
            alarmed_s: i64::MIN,
            leant_s: i64::MIN,
            events,
        }
    }

    /// Adds a second, later than all before it. Seconds in which nothing was counted may be left out.
    pub fn add(&mut self, second: &Second) -> Option<Alarm> {
        if second.at_s.saturating_sub(self.last_s) > SILENCE_S {
            for track in &mut self.tracks {
                track.evidence = Evidence::default();
                track.recent.clear();
            }
        }
        self.last_s = second.at_s;
        for (channel, track) in Channel::ALL.iter().zip(&mut self.tracks) {
            track.add(*channel, second);
        }
        let (logs, mean) = self.logs();
        (mean >= self.threshold).then(|| self.raise(second.at_s, &logs)).flatten()
    }

    /// The logarithms of the channels' evidence, and that of their mean.
    fn logs(&self) -> (Vec<f64>, f64) {
        let logs: Vec<f64> = self.tracks.iter().map(Track::log_mean).collect();
        let mean = log_sum(&logs) - libm::log(self.tracks.len() as f64);
        (logs, mean)
    }

    /// Holds the channels that carry the evidence; an alarm unless they follow one.
    fn raise(&mut self, at_s: i64, logs: &[f64]) -> Option<Alarm> {
        let alarm = self.evidence(at_s, logs)?;
        for moved in &alarm.channels {
            self.tracks[moved.channel.index()].hold(at_s, moved);
        }
        let follows = at_s.saturating_sub(self.alarmed_s) <= JOIN_S && self.alarmed_s != i64::MIN;
        if follows {
            return None;
        }
        self.alarmed_s = at_s;
        Some(alarm)
    }

    /// What an alarm would say in the second that was added last, when there is too little evidence for one and enough
    /// beside words that are unsure themselves. Said every [`LEANS_EVERY_S`] while it lasts.
    pub fn leans(&mut self) -> Option<Alarm> {
        let at_s = self.last_s;
        let (logs, mean) = self.logs();
        let said = at_s.saturating_sub(self.leant_s) < LEANS_EVERY_S && self.leant_s != i64::MIN;
        if said || mean < self.threshold - libm::log(LEANS_TIMES) {
            return None;
        }
        self.leant_s = at_s;
        self.evidence(at_s, &logs)
    }

    /// The channels that carry the evidence, with examples.
    fn evidence(&self, at_s: i64, logs: &[f64]) -> Option<Alarm> {
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut carrying: Vec<usize> =
            (0..logs.len()).filter(|at| logs[*at] >= most - CARRIES).collect();
        carrying.sort_by(|a, b| logs[*b].total_cmp(&logs[*a]).then(a.cmp(b)));
        let mut channels = Vec::new();
        let mut examples = Vec::new();
        for at in carrying {
            let (channel, track) = (Channel::ALL[at], &self.tracks[at]);
            let moved = track.moved(channel, at_s, logs[at]);
            for (_, id) in track.examples.iter().filter(|(s, _)| *s >= moved.since_s) {
                if examples.len() < EXAMPLES_MAX && !examples.contains(id) {
                    examples.push(*id);
                }
            }
            channels.push(moved);
        }
        let channel = channels.first()?.channel;
        Some(Alarm { at_s, channel, channels, examples })
    }

    /// What was learnt in this show, for the prior of the next one.
    #[must_use]
    pub fn learnt(&self) -> Prior {
        let mut prior = Prior::default();
        for (counts, track) in prior.counts.iter_mut().zip(&self.tracks) {
            *counts = track.baseline.learnt();
        }
        prior
    }

    /// The usual share of a channel, and its evidence now as a natural logarithm over the threshold's (1 is an alarm).
    #[must_use]
    pub fn reading(&self, channel: Channel) -> Option<(f64, f64)> {
        let track = self.tracks.get(channel.index())?;
        Some((track.baseline.rate(), (track.log_mean() / self.threshold).max(0.0)))
    }
}

impl Track {
    fn add(&mut self, channel: Channel, second: &Second) {
        let (at_s, at) = (second.at_s, channel.index());
        let (hits, of) = (second.hits[at], second.of[at]);
        let usual = &USUAL[at];
        let turning = match self.held {
            Some(held) => Some(held.since_s),
            None => {
                let (best, since_s) = self.evidence.best();
                (best > GUARD).then_some(since_s)
            }
        };
        self.baseline.add(at_s, hits, of, turning, usual);
        if self.held.is_some() {
            self.release(at_s, usual);
            return;
        }
        if of > 0 {
            let (hits, of) = (f64::from(hits), f64::from(of));
            let (bound, spread) = (self.baseline.bound(), self.baseline.spread());
            let sample = Sample { hits, of, bound, spread };
            self.evidence.add(at_s, &sample, channel.is_chat());
            if self.recent.len() == RECENT_MAX {
                self.recent.pop_front();
            }
            self.recent.push_back((at_s, second.hits[at], second.of[at]));
        }
        let is = |(_, counted): &&(MessageId, Hits)| counted.has(channel);
        for (id, _) in second.examples.iter().filter(is) {
            if self.examples.len() == REMEMBERED {
                self.examples.pop_front();
            }
            self.examples.push_back((at_s, *id));
        }
    }

    fn log_mean(&self) -> f64 {
        if self.held.is_some() { f64::NEG_INFINITY } else { self.evidence.log_mean() }
    }

    fn moved(&self, channel: Channel, at_s: i64, evidence: f64) -> Moved {
        let (_, since_s) = self.evidence.best();
        let (mut hits, mut of) = (0_u64, 0_u64);
        for (_, hit, all) in self.recent.iter().filter(|(s, ..)| *s >= since_s) {
            hits += u64::from(*hit);
            of += u64::from(*all);
        }
        if !channel.is_chat() {
            of = u64::try_from(at_s - since_s + 1).unwrap_or(1).max(1);
        }
        let now = hits as f64 / of.max(1) as f64;
        let before = self.baseline.rate();
        Moved { channel, since_s, before, now, hits, of, evidence }
    }

    fn hold(&mut self, at_s: i64, moved: &Moved) {
        let calm = f64::midpoint(self.baseline.bound(), moved.now.max(self.baseline.bound()));
        self.held = Some(Held { at_s, since_s: moved.since_s, calm });
        self.evidence = Evidence::default();
        self.recent.clear();
    }

    /// Ends the turn when it is over, or when it has become usual.
    fn release(&mut self, at_s: i64, usual: &Usual) {
        let Some(held) = self.held else { return };
        let passed = at_s.saturating_sub(held.at_s);
        if passed >= HELD_S {
            self.baseline.accept(usual);
            self.held = None;
        } else if passed >= CALM_BLOCKS as i64 * BLOCK_S
            && self.baseline.newest(CALM_BLOCKS).rate() < held.calm
        {
            self.baseline.forget();
            self.held = None;
        }
        if self.held.is_none() {
            self.examples.clear();
        }
    }
}
