//! What a further hour on air a week sells: each sells less than the one before. Weekly sales are taken as hours to the power of an
//! elasticity that all hosts share, estimated from how a host's calendar weeks differ when its hours do, with weeks
//! compared to the platform's. What a schedule follows from (big sales get more hours) is inside; a curve is no promise.

use serde::{Deserialize, Serialize};

use super::episodes::{DISTURBED_DAYS, DarkTimes};
use super::estimate::{Estimates, HostEstimate};
use super::sales::{Sales, hours_between, shows_of};
use super::spread::Interval;
use super::tail::Z95;
use crate::calendar::{DAY_S, Day};
use crate::import::Dataset;

/// The prior of the elasticity: mean and standard deviation.
pub const PRIOR: (f64, f64) = (0.7, 0.15);
/// Its bounds: more hours never sell less in all, nor more than in proportion.
const BOUNDS: Interval = [0.05, 1.0];
/// Hours a week of a curve, at most.
pub const HOURS_MAX: usize = 100;
/// Weeks with sales and hours that a host needs to be compared with itself.
const WEEKS_MIN: usize = 6;

/// Curves of all hosts that still sell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// Weekly sales ~ hours^elasticity.
    pub elasticity: f64,
    /// 95 % interval.
    pub elasticity_interval: Interval,
    /// Whether the data say more than the prior did.
    pub told: bool,
    /// Weeks of hosts that it rests on.
    pub weeks: usize,
    /// By host, in the order of the model.
    pub hosts: Vec<Curve>,
}

/// The curve of one host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Its name.
    pub host: String,
    /// Hours on air a week, lately.
    pub hours_per_week: f64,
    /// Hours a week that a contract asks for at least: no file says.
    pub contract_minimum_hours: Option<f64>,
    /// Net sales a week that the first, second, third … hour of a week adds; never more than the one before. Units of the currency.
    pub gmv_per_hour: Vec<f64>,
    /// Incidents in a thousand hours on air, so that a plan knows what an hour risks.
    pub incidents_per_1000h: f64,
}

/// Estimates curves.
#[must_use]
pub fn curves(data: &Dataset, sales: &Sales, estimates: &Estimates) -> Curves {
    let weeks = weeks(data, sales, &estimates.dark, &estimates.hosts);
    let count = weeks.iter().map(Vec::len).sum();
    let (seen, variance) = slope(&weeks);
    let precision = 1.0 / (PRIOR.1 * PRIOR.1) + 1.0 / variance;
    let mean = (PRIOR.0 / (PRIOR.1 * PRIOR.1) + seen / variance) / precision;
    let sd = libm::sqrt(1.0 / precision);
    let bound = |value: f64| value.clamp(BOUNDS[0], BOUNDS[1]);
    let elasticity = bound(mean);
    let rates = estimates.hazards.rates();
    let hosts = estimates.hosts.iter().zip(rates).map(|(host, rate)| curve(host, elasticity, rate));
    Curves {
        elasticity,
        elasticity_interval: [bound(mean - Z95 * sd), bound(mean + Z95 * sd)],
        told: sd < 0.7 * PRIOR.1,
        weeks: count,
        hosts: hosts.collect(),
    }
}

fn curve(host: &HostEstimate, elasticity: f64, rate: f64) -> Curve {
    let (hours, gmv) = (host.hours_per_day * 7.0, host.gmv_per_day * 7.0);
    let steps = if hours > 0.0 { libm::ceil((2.0 * hours).max(hours + 10.0)) as usize } else { 0 };
    let sold = |step: usize| gmv * libm::pow(step as f64 / hours, elasticity);
    let mut before = f64::INFINITY;
    let mut adds = |step: usize| {
        before = (sold(step) - sold(step - 1)).clamp(0.0, before);
        before
    };
    Curve {
        host: host.name.clone(),
        hours_per_week: hours,
        contract_minimum_hours: None,
        gmv_per_hour: (1..=steps.min(HOURS_MAX)).map(&mut adds).collect(),
        incidents_per_1000h: 1000.0 * rate,
    }
}

/// Logarithm of hours, and sales against those of all others, of each host's undisturbed weeks.
fn weeks(
    data: &Dataset,
    sales: &Sales,
    dark: &DarkTimes,
    hosts: &[HostEstimate],
) -> Vec<Vec<(f64, f64)>> {
    let (first, last) = (sales.span.first.week(), sales.span.last.week() + 1);
    let week = |number: i32| (Day::monday(number), Day::monday(number + 1));
    let whole: Vec<f64> = (first..last)
        .map(|number| {
            let (from, until) = week(number);
            let known = (from.0..until.0).all(|day| sales.span.knows(Day(day)));
            let gmv =
                |host: u32| sales.between(host, from, until).iter().map(|day| day.gmv).sum::<f64>();
            if known { hosts.iter().map(|host| gmv(host.host)).sum() } else { 0.0 }
        })
        .collect();
    let of_host = |host: &HostEstimate| {
        let shows = shows_of(&data.shows, host.host);
        let mut weeks = Vec::new();
        for (number, whole) in (first..last).zip(&whole) {
            let (from, until) = week(number);
            let seconds = |day: Day| day.0.max(0) as u32 * DAY_S;
            if dark.within(host.host, seconds(from), seconds(until), DISTURBED_DAYS * DAY_S) {
                continue;
            }
            let days = sales.between(host.host, from, until);
            let own: f64 = days.iter().map(|day| day.gmv).sum();
            let hours = match shows {
                [] => days.iter().map(|day| f64::from(day.hours_with_orders)).sum(),
                shows => {
                    let start = shows.partition_point(|show| show.end <= seconds(from));
                    let end = shows.partition_point(|show| show.start < seconds(until)).max(start);
                    hours_between(&shows[start..end], seconds(from), seconds(until))
                }
            };
            if own > 0.0 && *whole > own && hours > 0.1 {
                weeks.push((libm::log(hours), own / (whole - own)));
            }
        }
        weeks
    };
    hosts.iter().map(of_host).filter(|weeks: &Vec<_>| weeks.len() >= WEEKS_MIN).collect()
}

/// The elasticity within hosts, by Poisson pseudo-maximum likelihood with a level for each host (Santos Silva & Tenreyro 2006; a regression of
/// logarithms would take rare weeks of few sales for an effect of few hours), and its variance with errors that may hang together
/// within a host; infinite where nothing differs.
fn slope(hosts: &[Vec<(f64, f64)>]) -> (f64, f64) {
    let mut slope = PRIOR.0;
    for _ in 0..50 {
        let (score, information, _) = scores(hosts, slope);
        if information < 1e-9 {
            return (0.0, f64::INFINITY);
        }
        let step = (score / information).clamp(-0.5, 0.5);
        slope += step;
        if step.abs() < 1e-10 {
            break;
        }
    }
    let (_, information, squares) = scores(hosts, slope);
    let clusters = hosts.len() as f64;
    // One host has no other to hang together less with: twice the prior's variance is as much as it may say.
    let widened = if hosts.len() > 1 { clusters / (clusters - 1.0) } else { 1.0 };
    let least = if hosts.len() > 1 { 1e-9 } else { 2.0 * PRIOR.1 * PRIOR.1 };
    let variance = (squares * widened / (information * information)).max(least);
    if slope.is_finite() { (slope, variance) } else { (0.0, f64::INFINITY) }
}

/// The likelihood's slope and curvature, and the sum of squares of the former over hosts. Each host counts alike.
fn scores(hosts: &[Vec<(f64, f64)>], slope: f64) -> (f64, f64, f64) {
    let (mut score, mut information, mut squares) = (0.0, 0.0, 0.0);
    for weeks in hosts {
        let expected = |log_hours: f64| libm::exp(slope * log_hours);
        let all: f64 = weeks.iter().map(|(_, sold)| sold).sum();
        let raw: f64 = weeks.iter().map(|(log_hours, _)| expected(*log_hours)).sum();
        // Sales in units of the host's average week.
        let (unit, level) = (all / weeks.len() as f64, weeks.len() as f64 / raw);
        let mean =
            weeks.iter().map(|(x, _)| level * expected(*x) * x).sum::<f64>() / weeks.len() as f64;
        let mut own = 0.0;
        for (x, sold) in weeks {
            let fitted = level * expected(*x);
            own += (sold / unit - fitted) * (x - mean);
            information += fitted * (x - mean) * (x - mean);
        }
        score += own;
        squares += own * own;
    }
    (score, information, squares)
}
