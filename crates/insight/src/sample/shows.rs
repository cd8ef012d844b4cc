//! When hosts are on air, and when something happens to them.

use super::market::Market;
use super::{ELASTICITY, Setup};
use crate::calendar::DAY_S;
use crate::draws::{Domain, Stream};
use crate::import::Incident;

/// Streams of shows begin here.
const STREAMS: u64 = 3 << 40;
/// Spread of the logarithm of one show's sales.
const SHOW_SIGMA: f64 = 0.25;
/// Spread of the logarithm of a week on the whole platform.
const WEEK_SIGMA: f64 = 0.06;

/// One stretch of dark days.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dark {
    pub(super) at: u32,
    pub(super) back: u32,
    pub(super) days: f64,
}

/// One show as it was planned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Orders that it would bring.
    pub(super) orders: f64,
}

/// One host's time.
#[derive(Clone, Debug, Default)]
pub(super) struct Time {
    pub(super) planned: Vec<Planned>,
    pub(super) dark: Vec<Dark>,
    /// What took place: start and end.
    pub(super) aired: Vec<(u32, u32)>,
    pub(super) hours_planned: f64,
}

/// All hosts' time.
#[derive(Clone, Debug)]
pub(super) struct Air(Vec<Time>);

impl Air {
    pub(super) fn of(setup: &Setup, market: &Market) -> Self {
        let weeks = setup.days.div_ceil(7);
        let mut stream = Stream::new(setup.seed, Domain::Sample, STREAMS);
        let trend: Vec<f64> = (0..weeks)
            .map(|week| {
                let season = 1.0 + 0.1 * libm::sin(f64::from(week) / 52.18 * std::f64::consts::TAU);
                season * libm::exp(WEEK_SIGMA * stream.normal() - WEEK_SIGMA * WEEK_SIGMA / 2.0)
            })
            .collect();
        let hosts = market.hosts.iter().zip(1..).map(|(host, number)| {
            let mut stream = Stream::new(setup.seed, Domain::Sample, STREAMS + number);
            let mut time = Time::default();
            let per_week = setup.orders_per_day * 7.0 * host.size;
            for (week, trend) in trend.iter().enumerate() {
                plan_week(
                    setup,
                    week as u32,
                    per_week * trend,
                    host.hours_per_week,
                    &mut time,
                    &mut stream,
                );
            }
            time.happen(setup, host.hazard, &mut stream);
            time
        });
        Self(hosts.collect())
    }

    pub(super) fn host(&self, host: u32) -> &Time {
        &self.0[host as usize]
    }

    /// Host, start and end of what took place.
    pub(super) fn shows(&self) -> Vec<(u32, u32, u32)> {
        let hosts = self.0.iter().zip(0..);
        let mut shows: Vec<(u32, u32, u32)> = hosts
            .flat_map(|(time, host)| {
                time.aired.iter().map(move |(start, end)| (host, *start, *end))
            })
            .collect();
        shows.sort_by_key(|show| (show.1, show.0));
        shows
    }

    pub(super) fn incidents(&self) -> Vec<Incident> {
        let hosts = self.0.iter().zip(0..);
        let mut all: Vec<(u32, Dark)> = hosts
            .flat_map(|(time, host)| time.dark.iter().map(move |dark| (host, *dark)))
            .collect();
        all.sort_by_key(|(host, dark)| (dark.at, *host));
        let one = |((host, dark), number): ((u32, Dark), u32)| Incident {
            id: format!("synthetic-{number}"),
            host,
            at: dark.at,
            dark_days: dark.days,
            severity: if dark.days > 14.0 { "grave" } else { "serious" }.to_owned(),
            kind: "synthetic".to_owned(),
        };
        all.into_iter().zip(1..).map(one).collect()
    }
}

impl Time {
    /// Goes through the plan; each hour on air may be the one.
    fn happen(&mut self, setup: &Setup, hazard: f64, stream: &mut Stream) {
        let mut budget = stream.exponential();
        let mut back = 0;
        for show in &self.planned {
            if show.start < back {
                continue;
            }
            let hours = f64::from(show.end - show.start) / 3600.0;
            if budget > hazard * hours {
                budget -= hazard * hours;
                self.aired.push((show.start, show.end));
                continue;
            }
            let at = show.start + (budget / hazard * 3600.0) as u32;
            let days = setup.dark_median_days * libm::exp(setup.dark_sigma * stream.normal());
            // Files hold a hundredth of a day.
            let days = libm::round(days * 100.0).max(1.0) / 100.0;
            back = at.saturating_add((days * f64::from(DAY_S)) as u32);
            if at > show.start {
                self.aired.push((show.start, at));
            }
            self.dark.push(Dark { at, back, days });
            budget = stream.exponential();
        }
    }

    /// Which part of the sales of a moment is lost, and by which dark spell.
    pub(super) fn missing(&self, setup: &Setup, at: u32) -> Option<(usize, f64)> {
        let place = self.dark.partition_point(|dark| dark.at <= at).checked_sub(1)?;
        let dark = self.dark[place];
        if at < dark.back {
            return Some((place, 1.0));
        }
        let days = f64::from(at - dark.back) / f64::from(DAY_S);
        Some((place, setup.after.depth * libm::exp(-days / setup.after.recovery_days)))
    }

    pub(super) fn is_dark(&self, at: u32) -> bool {
        self.dark.iter().any(|dark| (dark.at..dark.back).contains(&at))
    }

    /// A moment in the show that is nearest, within ten days.
    pub(super) fn nearest(&self, at: u32, stream: &mut Stream) -> Option<u32> {
        let place = self.aired.partition_point(|(start, _)| *start <= at);
        let away = |(start, end): &(u32, u32)| {
            if *start > at { start - at } else { at.saturating_sub(*end) }
        };
        let (start, end) = self.aired[place.saturating_sub(1)..self.aired.len().min(place + 1)]
            .iter()
            .min_by_key(|show| away(show))
            .filter(|show| away(show) < 10 * DAY_S)?;
        Some(start + (stream.uniform() * f64::from(end - start)) as u32)
    }
}

/// Shows on some evenings; more hours sell more, each further hour less.
fn plan_week(
    setup: &Setup,
    week: u32,
    orders: f64,
    usual: f64,
    time: &mut Time,
    stream: &mut Stream,
) {
    let hours = usual * libm::exp(0.25 * stream.normal());
    let count = (libm::round(hours / 4.0) as u32).clamp(1, 7);
    let mut days: Vec<u32> = (0..7).collect();
    (0..7).for_each(|place| days.swap(place, stream.below(7) as usize));
    days.truncate(count as usize);
    days.sort_unstable();
    // A show ends on its own day, so that no two of a host meet.
    let each = (hours / f64::from(count)).min(9.0);
    time.hours_planned += each * f64::from(count);
    let orders = orders * libm::pow(each * f64::from(count) / usual, ELASTICITY) / f64::from(count);
    for day in days {
        let start =
            setup.start() + (week * 7 + day) * DAY_S + 9 * 3600 + stream.below(6 * 3600) as u32;
        let end = start + (each * 3600.0) as u32;
        let luck = libm::exp(SHOW_SIGMA * stream.normal() - SHOW_SIGMA * SHOW_SIGMA / 2.0);
        let weekend = if day >= 5 { 1.2 } else { 0.92 };
        if end < setup.end() {
            time.planned.push(Planned { start, end, orders: orders * luck * weekend });
        }
    }
}
