//! False alarms and delays of three readers in the same simulated rooms.
//!
//! First rooms in which nothing happens: the sentinel's reader runs with the wanted rate of alarms, the rivals with a row
//! of thresholds each. Of these the most sensitive one is taken that raises no more false alarms than wanted: it is
//! chosen on the very rooms that it is judged by, which favours it. A share needs a threshold for each channel, so that
//! rule reads only the channel that the turn is about, which favours it too. ADWIN reads every channel of chat, as the
//! sentinel does: nobody knows beforehand which will turn. Then rooms that turn: the time from the turn's begin to the first alarm.

use show::sentinel::room::{CHAT_CHANNELS, Channel, Message, Prior, Reader, Second};
use units::{MessageId, Timestamp, ViewerId};

use super::Pool;
use super::audience::{Audience, Turn, even, log_even};
use super::rivals::{Adwin, Once, ShareRule};
use crate::Rng;

/// Rates of rooms: messages a second.
pub const RATES: (f64, f64) = (0.2, 50.0);
/// A quiet show's length.
const SHOW_S: i64 = 7200;
/// A turn that is not seen by then is missed.
pub const GIVEN_UP_S: i64 = 900;
/// When turns begin, at the earliest.
const BEFORE_S: i64 = 1800;
/// Thresholds that are tried for a share.
const SHARES: [f64; 22] = [
    0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1, 0.12, 0.15, 0.18, 0.22,
    0.26, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8,
];
/// Messages in the window that are asked for.
const LEASTS: [u32; 3] = [5, 10, 20];
/// ln(1/δ) that are tried for ADWIN.
const CONFIDENCES: [f64; 10] = [4.0, 8.0, 12.0, 16.0, 20.0, 26.0, 34.0, 44.0, 60.0, 90.0];

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Names the dice.
    pub seed: u64,
    /// Quiet room-hours.
    pub hours: u64,
    /// Rooms per kind of turn.
    pub turns: u64,
    /// False alarms in 1000 room-hours that are wanted.
    pub alarms_per_1000h: f64,
}

/// A kind of turn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kind {
    /// The name in tables.
    pub name: &'static str,
    /// The channel that the rivals read.
    pub channel: Channel,
    /// The share of the lines.
    pub share: f64,
    /// The ramp; none is at once.
    pub ramp_s: i64,
    /// Messages a second; none is any of [`RATES`].
    pub rate: Option<f64>,
    /// Only lines with a word of boycott.
    pub words: bool,
}

const fn hostile(name: &'static str, share: f64, rate: Option<f64>) -> Kind {
    Kind { name, channel: Channel::Hostile, share, ramp_s: 60, rate, words: false }
}

const fn boycott(name: &'static str, words: bool) -> Kind {
    let (channel, rate) = (Channel::BoycottWords, Some(10.0));
    Kind { name, channel, share: 0.01, ramp_s: 0, rate, words }
}

/// The turns that are measured.
pub const KINDS: [Kind; 6] = [
    hostile("hostile 40 %", 0.4, None),
    hostile("hostile 20 %", 0.2, None),
    hostile("hostile 40 % at 10/s", 0.4, Some(10.0)),
    hostile("hostile 20 % at 10/s", 0.2, Some(10.0)),
    boycott("boycott words 1 % at 10/s", true),
    boycott("boycott lines 1 % at 10/s", false),
];

/// Delays of one reader on one kind of turn, sorted; a missed turn is infinite.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delays(pub Vec<f64>);

impl Delays {
    /// The delay that this part of turns stays below.
    pub fn quantile(&self, part: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        self.0.get((part * last as f64 + 0.5) as usize).copied().unwrap_or(f64::INFINITY)
    }

    /// The part that was missed.
    pub fn missed(&self) -> f64 {
        self.0.iter().filter(|s| s.is_infinite()).count() as f64 / self.0.len().max(1) as f64
    }
}

/// What was measured of one kind of turn: the sentinel's reader, the share rule, ADWIN.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Which kind.
    pub kind: Kind,
    /// Delays of the three.
    pub delays: [Delays; 3],
    /// False alarms in 1000 quiet hours of the three.
    pub false_alarms: [f64; 3],
    /// The thresholds that the rivals were given, as words.
    pub settings: [String; 2],
    /// Each room of the sentinel's reader: the number of its pool, its rate, its delay.
    pub rooms: Vec<(usize, f64, f64)>,
}

/// Everything that was measured.
#[derive(Debug, Clone)]
pub struct Report {
    /// Quiet hours.
    pub hours: f64,
    /// Messages in them.
    pub messages: u64,
    /// False alarms of the sentinel's reader.
    pub alarms: u64,
    /// The same by the pool's name, with its hours, and by channel.
    pub by_pool: Vec<(String, f64, u64)>,
    /// The same by channel.
    pub by_channel: Vec<(Channel, u64)>,
    /// Per kind of turn.
    pub turns: Vec<Measured>,
}

/// A rival with its settings.
#[derive(Debug, Clone)]
enum Rival {
    Share(ShareRule),
    Adwin(Vec<Adwin>, f64),
}

impl Rival {
    /// All settings. ADWIN reads the same whatever the turn is about.
    fn all() -> Vec<Self> {
        let shares = LEASTS.iter().flat_map(|least| {
            SHARES.iter().map(|share| Self::Share(ShareRule::new(*share, *least)))
        });
        shares
            .chain(CONFIDENCES.iter().map(|c| {
                let each = (0..CHAT_CHANNELS).map(|_| Adwin::new(*c)).collect();
                Self::Adwin(each, *c)
            }))
            .collect()
    }

    fn add(&mut self, second: &Second, channel: Channel) -> bool {
        let at = channel.index();
        match self {
            Self::Share(rule) => rule.add(second.hits[at], second.of[at]),
            Self::Adwin(each, _) => {
                let each = each.iter_mut().zip(second.hits.iter().zip(&second.of));
                each.fold(false, |yes, (adwin, (hits, of))| adwin.add(*hits, *of) | yes)
            }
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Share(rule) => {
                format!("{} % of {} or more", rule.threshold * 100.0, rule.least)
            }
            Self::Adwin(_, confidence) => format!("ln(1/delta) {confidence}"),
        }
    }
}

/// A room with its reader.
struct Room<'a> {
    audience: Audience<'a>,
    reader: Reader,
    next: u128,
    messages: u64,
}

impl<'a> Room<'a> {
    fn new(pool: &'a Pool, seed: u64, rate: f64, turn: Turn, alarms: f64) -> Self {
        let audience = Audience::new(pool, seed, rate, turn);
        let reader = Reader::new(seed, alarms, &Prior::default(), false);
        Self { audience, reader, next: 0, messages: 0 }
    }

    /// Runs a second and closes it.
    fn second(&mut self, at_s: i64) -> Option<show::sentinel::room::Closed> {
        let at = Timestamp::from_ms(at_s * 1000);
        self.audience.second(at_s);
        self.messages += self.audience.arrived.len() as u64;
        for (viewer, line) in &self.audience.arrived {
            let id = MessageId::from_u128(self.next);
            self.next += 1;
            if self.reader.admit(at, id, line.text) {
                let viewer = ViewerId::from_u128(u128::from(*viewer));
                self.reader.count(&Message { id, viewer, text: line.text, hits: line.hits });
            }
        }
        self.reader.close(Timestamp::from_ms(at_s * 1000 + 1000))
    }
}

/// Measures it all.
pub fn measure(pools: &[Pool], plan: &Plan) -> Report {
    let channels = [Channel::Hostile, Channel::BoycottWords];
    let mut report = Report {
        hours: 0.0,
        messages: 0,
        alarms: 0,
        by_pool: pools.iter().map(|pool| (pool.name.clone(), 0.0, 0)).collect(),
        by_channel: Vec::new(),
        turns: Vec::new(),
    };
    let mut counts = channels.map(|_| vec![0_u64; Rival::all().len()]);
    let shows = (plan.hours * 3600).div_ceil(SHOW_S as u64);
    for show in 0..shows {
        let at = show as usize % pools.len();
        quiet(&pools[at], show, plan, &channels, &mut counts, (&mut report, at));
    }
    for kind in KINDS {
        let at = channels.iter().position(|channel| *channel == kind.channel).unwrap_or(0);
        report.turns.push(turned(pools, plan, kind, &counts[at], &report));
    }
    report
}

fn quiet(
    pool: &Pool,
    show: u64,
    plan: &Plan,
    channels: &[Channel; 2],
    counts: &mut [Vec<u64>; 2],
    (report, at): (&mut Report, usize),
) {
    let seed = plan.seed.wrapping_mul(1_000_003).wrapping_add(show);
    let rate = log_even(&mut Rng::new(seed, 3), RATES.0, RATES.1);
    let mut room = Room::new(pool, seed, rate, Turn::Never, plan.alarms_per_1000h);
    let mut rivals = channels.map(|_| {
        Rival::all().into_iter().map(|rival| (rival, Once::default())).collect::<Vec<_>>()
    });
    for at_s in 0..SHOW_S {
        let Some(closed) = room.second(at_s) else { continue };
        if let Some(alarm) = closed.alarm {
            report.alarms += 1;
            report.by_pool[at].2 += 1;
            let known = report.by_channel.iter_mut().find(|(c, _)| *c == alarm.channel);
            match known {
                Some((_, count)) => *count += 1,
                None => report.by_channel.push((alarm.channel, 1)),
            }
        }
        for ((channel, rivals), counts) in channels.iter().zip(&mut rivals).zip(counts.iter_mut()) {
            for ((rival, once), count) in rivals.iter_mut().zip(counts.iter_mut()) {
                let yes = rival.add(&closed.second, *channel);
                *count += u64::from(once.alarm(at_s, yes));
            }
        }
    }
    report.hours += SHOW_S as f64 / 3600.0;
    report.by_pool[at].1 += SHOW_S as f64 / 3600.0;
    report.messages += room.messages;
}

/// The most sensitive settings that keep to the wanted rate: the most alarms that are not too many.
fn chosen(counts: &[u64], most: f64, share: bool) -> Vec<usize> {
    let of_kind = |at: &usize| matches!(Rival::all()[*at], Rival::Share(_)) == share;
    let mut fit: Vec<usize> =
        (0..counts.len()).filter(of_kind).filter(|at| counts[*at] as f64 <= most).collect();
    fit.sort_by_key(|at| std::cmp::Reverse(counts[*at]));
    if share {
        // The lowest threshold that fits, for each number of messages asked for.
        let lowest = |least: u32| {
            let of =
                |at: &&usize| matches!(&Rival::all()[**at], Rival::Share(r) if r.least == least);
            fit.iter().filter(of).copied().min()
        };
        return LEASTS.iter().filter_map(|least| lowest(*least)).collect();
    }
    fit.iter().copied().min().into_iter().collect()
}

fn turned(pools: &[Pool], plan: &Plan, kind: Kind, counts: &[u64], report: &Report) -> Measured {
    let most = plan.alarms_per_1000h * report.hours / 1000.0;
    let mut candidates = chosen(counts, most, true);
    candidates.extend(chosen(counts, most, false));
    let mut delays = vec![Vec::new(); candidates.len() + 1];
    let mut rooms = Vec::new();
    for turn in 0..plan.turns {
        let seed = (plan.seed ^ 0xBAD).wrapping_mul(1_000_033).wrapping_add(turn);
        let mut rng = Rng::new(seed, 4);
        let rate = kind.rate.unwrap_or_else(|| log_even(&mut rng, RATES.0, RATES.1));
        let from = BEFORE_S + (even(&mut rng) * 1800.0) as i64;
        let what = match kind.channel {
            Channel::Hostile => {
                Turn::Hostile { at_s: from, share: kind.share, ramp_s: kind.ramp_s }
            }
            _ => Turn::Boycott { at_s: from, share: kind.share, words: kind.words },
        };
        let at = turn as usize % pools.len();
        let mut room = Room::new(&pools[at], seed, rate, what, plan.alarms_per_1000h);
        let mut rivals: Vec<Rival> =
            candidates.iter().map(|at| Rival::all()[*at].clone()).collect();
        let mut found = vec![f64::INFINITY; delays.len()];
        for at_s in 0..from + GIVEN_UP_S {
            let Some(closed) = room.second(at_s) else { continue };
            let ours = closed.alarm.is_some();
            let yes = std::iter::once(ours)
                .chain(rivals.iter_mut().map(|r| r.add(&closed.second, kind.channel)));
            for (found, yes) in found.iter_mut().zip(yes) {
                if yes && at_s >= from && found.is_infinite() {
                    *found = (at_s - from + 1) as f64;
                }
            }
            if found.iter().all(|s| s.is_finite()) {
                break;
            }
        }
        rooms.push((at, rate, found[0]));
        for (delays, found) in delays.iter_mut().zip(found) {
            delays.push(found);
        }
    }
    for delays in &mut delays {
        delays.sort_by(f64::total_cmp);
    }
    let mut sorted = delays.into_iter().map(Delays);
    let ours = sorted.next().unwrap_or_default();
    let rest: Vec<(usize, Delays)> = candidates.into_iter().zip(sorted).collect();
    let best = |share: bool| {
        let of_kind = |at: usize| matches!(Rival::all()[at], Rival::Share(_)) == share;
        let mean = |delays: &Delays| delays.0.iter().map(|s| s.min(GIVEN_UP_S as f64)).sum::<f64>();
        let best = rest.iter().filter(|(at, _)| of_kind(*at));
        best.min_by(|a, b| mean(&a.1).total_cmp(&mean(&b.1))).cloned()
    };
    let per_1000h = |alarms: u64| alarms as f64 * 1000.0 / report.hours.max(1e-9);
    let of = |rival: Option<(usize, Delays)>| match rival {
        Some((at, delays)) => (delays, per_1000h(counts[at]), Rival::all()[at].words()),
        None => (Delays::default(), 0.0, "no setting keeps to it".to_owned()),
    };
    let (share, adwin) = (of(best(true)), of(best(false)));
    Measured {
        kind,
        delays: [ours, share.0, adwin.0],
        false_alarms: [per_1000h(report.alarms), share.1, adwin.1],
        settings: [share.2, adwin.2],
        rooms,
    }
}
