//! What a platform's own dark episodes show: did the host's buyers buy from others instead, and did sales come back.
//!
//! For each episode, buyers are sorted by what they bought well before it: those who bought from the host are its *audience*, those
//! who bought from others only are the *comparison*. From the weeks before the episode to the episode itself, the
//! comparison tells what would have happened anyway; what the audience bought from others beyond that was
//! substituted (a difference in differences). Sorting uses an earlier time than measuring, so both groups drift alike.
//!
//! The same is done at dates when the host was not dark. What comes out there is chance, so it says how far the errors that
//! orders alone would give must be widened. It cannot see what the incident did to everybody at once.

use super::sales::Span;
use crate::calendar::{DAY_S, Day};
use crate::import::{Dataset, NOBODY};
use crate::watch::{Stage, Stopped, Watch};

/// Episodes that are measured: the longest ones of the largest hosts.
pub const EPISODES_MAX: usize = 64;
/// Dates without an episode that are measured for each episode.
const PLACEBOS_EACH: usize = 6;
/// Days after the return in which sales are taken as disturbed.
pub const DISTURBED_DAYS: u32 = 60;
/// The shortest dark episode that is measured.
const DARK_MIN_DAYS: f64 = 3.0;
/// Days of an episode that are measured; later on people and seasons change.
const DARK_MAX_DAYS: f64 = 90.0;
/// Weeks after the return that are measured.
const WEEKS_AFTER: usize = 12;
/// Audience below which nothing is said.
const AUDIENCE_MIN: u32 = 50;
/// Comparison below which nothing is said.
const COMPARISON_MIN: u32 = 200;
const WEEK_S: u32 = 7 * DAY_S;

/// When hosts are dark.
#[derive(Clone, Debug)]
pub struct DarkTimes {
    /// Host, from, until, and the place of the incident in its list; by host and time.
    spells: Vec<(u32, u32, u32, usize)>,
}

/// One dark episode and what it shows.
#[derive(Clone, Debug)]
pub struct Episode {
    /// Place of the incident in the list of incidents.
    pub incident: usize,
    /// Number of the host.
    pub host: u32,
    /// Days that were measured.
    pub days: f64,
    /// What came out.
    pub measured: Measured,
    /// Whether enough buyers are known to compare.
    pub compared: bool,
}

/// What a comparison gives. Amounts in units of the currency.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Buyers of the host before.
    pub audience: u32,
    /// Buyers of others alone.
    pub comparison: u32,
    /// The host's sales to its audience as the comparison would have it, less what there was.
    pub lost: f64,
    /// What the audience bought from others beyond what the comparison would have it.
    pub taken_over: f64,
    /// What it all is made of.
    pub purchases: Purchases,
    /// By chance: variance of [`Measured::taken_over`], its covariance with [`Measured::lost`], variance of the latter.
    pub moments: [f64; 3],
    /// All sales of the host as expected while it was dark, also to people who are not known.
    pub expected: f64,
    /// And what there was.
    pub seen: f64,
    /// The host's sales of each week before, against the comparison's, as a part of their average.
    pub before: Vec<f64>,
    /// The same of each week after the return.
    pub after: Vec<f64>,
}

/// Purchases before and during an episode; only from other hosts that were on air throughout.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Purchases {
    /// The audience from the host.
    pub own: [f64; 2],
    /// The audience from others.
    pub other: [f64; 2],
    /// The comparison from the host: some of it began to buy there later.
    pub comparison_own: [f64; 2],
    /// The comparison from others.
    pub comparison: [f64; 2],
    /// By how much what the audience bought from others that were on air throughout falls short of all that it bought from others.
    pub part: f64,
}

impl Purchases {
    /// What the audience bought beyond expectation if a part `ratio` of each lost purchase is made elsewhere. The comparison loses some
    /// purchases from the host as well, and so shows the drift only with the same part of them added.
    #[must_use]
    pub fn rest(&self, ratio: f64) -> f64 {
        let kept =
            |time: usize| self.comparison[time] + ratio / self.part * self.comparison_own[time];
        let drift = if kept(0) > 0.0 { kept(1) / kept(0) } else { 0.0 };
        let bought = |time: usize| self.part * self.other[time] + ratio * self.own[time];
        bought(1) - drift * bought(0)
    }
}

/// All that was measured.
#[derive(Clone, Debug, Default)]
pub struct Episodes {
    /// By time.
    pub episodes: Vec<Episode>,
    /// Episodes that could not be measured: too short, too early, or gaps around them.
    pub unmeasured: usize,
    /// Squared errors at dates without an episode, 1 on average if orders came at random.
    pub placebos: Vec<f64>,
    /// Squared relative errors of expected sales at dates without an episode.
    pub expected_errors: Vec<f64>,
}

impl Measured {
    /// Variance by chance of what was taken over less `ratio` times what was lost.
    #[must_use]
    pub fn variance(&self, ratio: f64) -> f64 {
        let [own, both, lost] = self.moments;
        (own - 2.0 * ratio * both + ratio * ratio * lost).max(0.0)
    }
}

impl DarkTimes {
    /// From incidents; those without dark days do not count.
    #[must_use]
    pub fn of(data: &Dataset) -> Self {
        let mut spells: Vec<(u32, u32, u32, usize)> = Vec::new();
        for (place, incident) in data.incidents.iter().flatten().enumerate() {
            if incident.dark_days > 0.0 {
                let until = f64::from(incident.at) + incident.dark_days * f64::from(DAY_S);
                spells.push((
                    incident.host,
                    incident.at,
                    until.min(f64::from(u32::MAX)) as u32,
                    place,
                ));
            }
        }
        spells.sort_unstable();
        Self { spells }
    }

    /// Whether a host is dark within two moments, or was until `after` seconds before.
    #[must_use]
    pub fn within(&self, host: u32, from: u32, until: u32, after: u32) -> bool {
        let start = self.spells.partition_point(|spell| spell.0 < host);
        let spells = self.spells[start..].iter().take_while(|spell| spell.0 == host);
        spells.into_iter().any(|spell| spell.1 < until && spell.2.saturating_add(after) > from)
    }

    /// The first moment from `from` on when a host goes dark.
    fn next(&self, host: u32, from: u32) -> Option<u32> {
        self.spells
            .iter()
            .filter(|spell| spell.0 == host && spell.1 >= from)
            .map(|spell| spell.1)
            .min()
    }
}

/// Measures episodes, the largest first when there are too many; `gmv_per_day` is by host.
pub fn measure(
    data: &Dataset,
    span: &Span,
    dark: &DarkTimes,
    gmv_per_day: &[f64],
    watch: &dyn Watch,
) -> Result<Episodes, Stopped> {
    let size = |spell: &(u32, u32, u32, usize)| {
        gmv_per_day.get(spell.0 as usize).copied().unwrap_or(0.0) * f64::from(spell.2 - spell.1)
    };
    let mut spells = dark.spells.clone();
    spells.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
    let mut found =
        Episodes { unmeasured: spells.len().saturating_sub(EPISODES_MAX), ..Episodes::default() };
    spells.truncate(EPISODES_MAX);
    let mut bench = Bench::new(data, span, dark);
    let all = (spells.len() * (1 + PLACEBOS_EACH)) as u64;
    for (number, (host, from, until, incident)) in spells.into_iter().enumerate() {
        watch.at(Stage::Episodes, (number * (1 + PLACEBOS_EACH)) as u64, all)?;
        let days = (f64::from(until - from) / f64::from(DAY_S)).min(DARK_MAX_DAYS);
        let days = days.min(f64::from(span.end().saturating_sub(from)) / f64::from(DAY_S));
        let window = (days >= DARK_MIN_DAYS).then(|| bench.window(host, from, days)).flatten();
        let Some(window) = window else {
            found.unmeasured += 1;
            continue;
        };
        if dark.within(host, window.base.0, from, 0) {
            found.unmeasured += 1;
            continue;
        }
        let measured = bench.measure(&window, Some(until));
        let compared = enough(&measured) && measured.lost > 0.0;
        for start in bench.placebos(host, days) {
            watch.at(Stage::Episodes, (number * (1 + PLACEBOS_EACH)) as u64, all)?;
            let Some(window) = bench.window(host, start, days) else { continue };
            let placebo = bench.measure(&window, None);
            if enough(&placebo) {
                found.placebos.push(placebo.taken_over * placebo.taken_over / placebo.moments[0]);
            }
            if placebo.expected > 0.0 {
                found.expected_errors.push((placebo.seen / placebo.expected - 1.0).powi(2));
            }
        }
        found.episodes.push(Episode { incident, host, days, measured, compared });
    }
    found.episodes.sort_by_key(|episode| episode.incident);
    Ok(found)
}

/// Whether enough buyers are known on both sides.
fn enough(measured: &Measured) -> bool {
    measured.audience >= AUDIENCE_MIN
        && measured.comparison >= COMPARISON_MIN
        && measured.moments[0] > 0.0
}

/// Times of a comparison, in seconds.
#[derive(Clone, Copy, Debug)]
struct Window {
    host: u32,
    sort: (u32, u32),
    base: (u32, u32),
    during: (u32, u32),
}

const OF_HOST: u8 = 1;
const OF_OTHERS: u8 = 2;

/// A place to measure at, used again and again.
struct Bench<'d> {
    data: &'d Dataset,
    span: &'d Span,
    dark: &'d DarkTimes,
    /// Group of each buyer.
    groups: Vec<u8>,
    unit: f64,
}

/// Sums of a comparison.
#[derive(Default)]
struct Sums {
    /// Own sales to the audience, base and during.
    own: [f64; 2],
    /// Own sales to all.
    own_all: [f64; 2],
    /// The audience's purchases from others that were on air throughout.
    other: [f64; 2],
    /// The audience's purchases from all others, in the base.
    other_all: f64,
    /// The comparison's purchases.
    comparison: [f64; 2],
    /// Own sales to the comparison.
    comparison_own: [f64; 2],
    /// Squared amounts in the base: the audience's from the host and from others, the comparison's.
    squares: [f64; 3],
    /// All purchases from others, of known and unknown buyers.
    others: [f64; 2],
}

impl<'d> Bench<'d> {
    fn new(data: &'d Dataset, span: &'d Span, dark: &'d DarkTimes) -> Self {
        let groups = vec![0; data.buyers as usize];
        let unit = 10f64.powi(data.currency.decimals() as i32);
        Self { data, span, dark, groups, unit }
    }

    /// The times for an episode; `None` with too little before it, or a gap in the data around it.
    fn window(&self, host: u32, start: u32, days: f64) -> Option<Window> {
        let first = self.span.first.0.max(0) as u32 * DAY_S;
        let history = start.checked_sub(first)? / DAY_S;
        let (sort, base) = match history {
            84.. => ((history - 56).min(120), 56),
            56.. => (history - 28, 28),
            _ => return None,
        };
        let base = start - base * DAY_S;
        let sort = base - sort * DAY_S;
        let end = start.saturating_add((days * f64::from(DAY_S)) as u32).min(self.span.end());
        let gap = self
            .span
            .gaps
            .iter()
            .any(|(from, until)| Day::of(sort) <= *until && Day::of(end) >= *from);
        (!gap && end > start).then_some(Window {
            host,
            sort: (sort, base),
            base: (base, start),
            during: (start, end),
        })
    }

    /// Dates at which the host was not dark, nor shortly before, spread evenly.
    fn placebos(&self, host: u32, days: f64) -> Vec<u32> {
        const EVERY_DAYS: u32 = 21;
        let first = self.span.first.0.max(0) as u32 * DAY_S;
        let length = (days * f64::from(DAY_S)) as u32;
        let mut clean = Vec::new();
        let mut start = first.saturating_add(84 * DAY_S);
        while start.saturating_add(length) <= self.span.end() {
            if !self.dark.within(host, start - 56 * DAY_S, start + length, DISTURBED_DAYS * DAY_S) {
                clean.push(start);
            }
            start = start.saturating_add(EVERY_DAYS * DAY_S);
        }
        let step = clean.len().div_ceil(PLACEBOS_EACH).max(1);
        clean.into_iter().step_by(step).collect()
    }

    fn measure(&mut self, window: &Window, back: Option<u32>) -> Measured {
        let excluded = self.excluded(window);
        let (audience, comparison) = self.sort(window);
        let sums = self.sum(window, &excluded);
        let known = comparison >= COMPARISON_MIN && sums.comparison[0] > 0.0;
        let steady = if known { sums.comparison } else { sums.others };
        let days = |(from, until): (u32, u32)| f64::from(until - from);
        // Without anybody to compare with, sales are taken to go on as they were.
        let drift = if steady[0] > 0.0 {
            steady[1] / steady[0]
        } else {
            days(window.during) / days(window.base)
        };
        let (before, after) = self.weeks(window, back, known, &excluded);
        let mut measured = Measured {
            audience,
            comparison,
            lost: drift * sums.own[0] - sums.own[1],
            expected: drift * sums.own_all[0],
            seen: sums.own_all[1],
            before,
            after,
            ..Measured::default()
        };
        if !known || sums.other[0] <= 0.0 {
            return measured;
        }
        // Those who were dark themselves would have taken their part.
        let part = sums.other_all / sums.other[0];
        measured.purchases = Purchases {
            own: sums.own,
            other: sums.other,
            comparison_own: sums.comparison_own,
            comparison: sums.comparison,
            part,
        };
        measured.taken_over = part * (sums.other[1] - drift * sums.other[0]);
        // An order's square, for each order of the base and each that is to be expected during: the variance of a sum of orders that come
        // at random. What else makes orders bunch, dates without an episode show.
        let [own, other, comparison] = sums.squares;
        let (noise, level) = (drift + drift * drift, drift * drift);
        let common = noise * comparison / (sums.comparison[0] * sums.comparison[0]);
        let (bought, lost) = (part * sums.other[0], sums.own[0]);
        measured.moments = [
            part * part * noise * other + bought * bought * common,
            -bought * lost * common,
            level * own + lost * lost * common,
        ];
        measured
    }

    /// Other hosts that were dark at some time of the window; by number.
    fn excluded(&self, window: &Window) -> Vec<bool> {
        let dark = |host: u32| {
            host != window.host
                && self.dark.within(host, window.base.0, window.during.1, DAY_S * 14)
        };
        (0..self.data.hosts.len() as u32).map(dark).collect()
    }

    /// Sorts buyers; says how many are of the host and of others alone.
    fn sort(&mut self, window: &Window) -> (u32, u32) {
        self.groups.fill(0);
        for order in self.data.orders.between(window.sort.0, window.sort.1) {
            if order.minor > 0 && order.buyer != NOBODY {
                let group = if order.host == window.host { OF_HOST } else { OF_OTHERS };
                self.groups[order.buyer as usize] |= group;
            }
        }
        let audience = self.groups.iter().filter(|group| *group & OF_HOST != 0).count();
        let comparison = self.groups.iter().filter(|group| **group == OF_OTHERS).count();
        (audience as u32, comparison as u32)
    }

    fn sum(&self, window: &Window, excluded: &[bool]) -> Sums {
        let mut sums = Sums::default();
        for (part, (from, until)) in [window.base, window.during].into_iter().enumerate() {
            for order in self.data.orders.between(from, until) {
                let amount = order.minor as f64 / self.unit;
                let own = order.host == window.host;
                let counts = !excluded[order.host as usize];
                if own {
                    sums.own_all[part] += amount;
                } else if counts {
                    sums.others[part] += amount;
                }
                let square = if part == 0 { amount * amount } else { 0.0 };
                let group = self.groups.get(order.buyer as usize).copied().unwrap_or(0);
                match (group, own) {
                    (0, _) => {}
                    (OF_OTHERS, true) => sums.comparison_own[part] += amount,
                    (OF_OTHERS, false) if counts => {
                        sums.comparison[part] += amount;
                        sums.squares[2] += square;
                    }
                    (OF_OTHERS, false) => {}
                    (_, true) => {
                        sums.own[part] += amount;
                        sums.squares[0] += square;
                    }
                    (_, false) => {
                        sums.other_all += if part == 0 { amount } else { 0.0 };
                        if counts {
                            sums.other[part] += amount;
                            sums.squares[1] += square;
                        }
                    }
                }
            }
        }
        sums
    }

    /// The host's sales week by week against the comparison's, before the episode and after the return.
    fn weeks(
        &self,
        window: &Window,
        back: Option<u32>,
        known: bool,
        excluded: &[bool],
    ) -> (Vec<f64>, Vec<f64>) {
        let before = ((window.base.1 - window.base.0) / WEEK_S) as usize;
        let sums = |from: u32, count: usize| {
            let mut sums = vec![(0.0, 0.0); count];
            for order in self.data.orders.between(from, from.saturating_add(count as u32 * WEEK_S))
            {
                let (own, steady) = &mut sums[((order.at - from) / WEEK_S) as usize];
                let amount = order.minor as f64 / self.unit;
                if order.host == window.host {
                    *own += amount;
                } else if !excluded[order.host as usize] {
                    let group = self.groups.get(order.buyer as usize).copied().unwrap_or(0);
                    if !known || group == OF_OTHERS {
                        *steady += amount;
                    }
                }
            }
            sums
        };
        let base = sums(window.base.0, before);
        let (own, steady) =
            base.iter().fold((0.0, 0.0), |sum, week| (sum.0 + week.0, sum.1 + week.1));
        if own <= 0.0 || steady <= 0.0 {
            return (Vec::new(), Vec::new());
        }
        let level = own / steady;
        let parts = |weeks: Vec<(f64, f64)>| {
            let part =
                |(own, steady): (f64, f64)| if steady > 0.0 { own / steady / level } else { 0.0 };
            weeks.into_iter().map(part).collect::<Vec<f64>>()
        };
        let after = back.map_or(0, |back| {
            let until = self.dark.next(window.host, back).unwrap_or(u32::MAX).min(self.span.end());
            (until.saturating_sub(back) / WEEK_S) as usize
        });
        (parts(base), parts(sums(back.unwrap_or(0), after.min(WEEKS_AFTER))))
    }
}
