//! How unevenly sales are spread over hosts, over time, and how much of that is chance.
//!
//! Intervals treat weeks as drawn at random: a figure's influence function is summed over weeks (the delta method for ratios).
//! They say how much the figure moves from one stretch of weeks to another; the past itself is known exactly.

use serde::Serialize;

use super::sales::{Cell, HostDay};
use super::tail::Z95;
use crate::calendar::Month;
use crate::concentration::{Concentration, HIGHLY_CONCENTRATED, concentration, shares};

/// Weeks below which nothing is said about chance.
pub const WEEKS_MIN: usize = 8;

/// A lower and an upper end.
pub type Interval = [f64; 2];

/// How a whole is spread over hosts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Net sales, units of the currency.
    pub gmv: f64,
    /// Herfindahl–Hirschman index, effective hosts, Gini coefficient.
    #[serde(flatten)]
    pub concentration: Concentration,
    /// Whether the index is above what competition law calls highly concentrated.
    pub highly_concentrated: bool,
    /// The host with the largest share.
    pub top_host: String,
    /// Its share.
    pub top_share: f64,
}

/// One month of a spread.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MonthSpread {
    /// Which month.
    pub month: Month,
    /// How its sales were spread.
    #[serde(flatten)]
    pub spread: Spread,
}

/// 95 % intervals over weeks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chance {
    /// Of each host's share.
    pub shares: Vec<Interval>,
    /// Of the Herfindahl–Hirschman index.
    pub hhi: Interval,
    /// Of effective hosts.
    pub effective: Interval,
    /// Of the Gini coefficient.
    pub gini: Interval,
}

/// The spread of amounts by host; `names` gives a host's name.
pub(super) fn spread<'n>(amounts: &[(u32, f64)], names: impl Fn(u32) -> &'n str) -> Spread {
    let gmv: Vec<f64> = amounts.iter().map(|(_, gmv)| *gmv).collect();
    let concentration = concentration(&gmv);
    let parts = shares(&gmv);
    let top = amounts.iter().zip(&parts).max_by(|a, b| a.1.total_cmp(b.1).then(b.0.0.cmp(&a.0.0)));
    let (top_host, top_share) = match top {
        Some(((host, _), share)) if *share > 0.0 => (names(*host).to_owned(), *share),
        _ => (String::new(), 0.0),
    };
    let highly_concentrated = concentration.hhi > HIGHLY_CONCENTRATED;
    Spread { gmv: gmv.iter().sum(), concentration, highly_concentrated, top_host, top_share }
}

/// All months of one group's cells, which are by month and host.
pub(super) fn by_month<'n>(
    cells: &[Cell],
    names: impl Fn(u32) -> &'n str + Copy,
) -> Vec<MonthSpread> {
    let month = |cells: &[Cell]| {
        let amounts: Vec<(u32, f64)> = cells.iter().map(|cell| (cell.host, cell.gmv)).collect();
        MonthSpread { month: cells[0].month, spread: spread(&amounts, names) }
    };
    cells.chunk_by(|a, b| a.month == b.month).map(month).collect()
}

/// Sums of one group's cells over all months, by host.
pub(super) fn totals(cells: &[Cell]) -> Vec<(u32, f64)> {
    let mut amounts: Vec<(u32, f64)> = cells.iter().map(|cell| (cell.host, cell.gmv)).collect();
    amounts.sort_by_key(|(host, _)| *host);
    amounts.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1 += later.1;
        }
        same
    });
    amounts
}

/// How much of the spread over hosts is chance; `None` with too few weeks to say. `days` are by host and day; only hosts that
/// were on air or sold anything count, which `counts` says by host.
pub(super) fn chance(days: &[Vec<HostDay>], counts: &[bool]) -> Option<Chance> {
    let amounts: Vec<f64> = days.iter().map(|days| days.iter().map(|day| day.gmv).sum()).collect();
    let (whole, parts) = (amounts.iter().map(|gmv| gmv.max(0.0)).sum::<f64>(), shares(&amounts));
    let all = || days.iter().flatten().map(|day| day.day.week());
    let (first, last) = (all().min()?, all().max()?);
    let weeks = (last - first + 1) as usize;
    if weeks < WEEKS_MIN || whole <= 0.0 {
        return None;
    }
    let week = |day: &HostDay| (day.day.week() - first) as usize;
    let mut by_week = vec![0.0; weeks];
    for (days, part) in days.iter().zip(&parts) {
        if *part > 0.0 {
            days.iter().for_each(|day| by_week[week(day)] += day.gmv);
        }
    }
    let gini_slopes = gini_slopes(&parts, counts);
    let (mut hhi, mut gini) = (vec![0.0; weeks], vec![0.0; weeks]);
    let mut intervals = Vec::with_capacity(days.len());
    let scale = libm::sqrt(weeks as f64 / (weeks - 1) as f64) / whole;
    for ((days, part), slope) in days.iter().zip(&parts).zip(&gini_slopes) {
        // What a week adds to the host's share: its sales less its part of the week's sales.
        let mut moved: Vec<f64> = by_week.iter().map(|gmv| -part * gmv).collect();
        days.iter().for_each(|day| moved[week(day)] += day.gmv);
        let mut squares = 0.0;
        for (week, moved) in moved.iter().enumerate() {
            squares += moved * moved;
            hhi[week] += 2.0 * part * moved;
            gini[week] += slope * moved;
        }
        intervals.push(around(*part, scale * libm::sqrt(squares), 0.0, 1.0));
    }
    let error =
        |moved: &[f64]| scale * libm::sqrt(moved.iter().map(|moved| moved * moved).sum::<f64>());
    let counted: Vec<f64> =
        amounts.iter().zip(counts).filter(|(_, counts)| **counts).map(|(gmv, _)| *gmv).collect();
    let (spread, count) = (concentration(&counted), counted.len() as f64);
    let hhi = around(spread.hhi, error(&hhi), 1.0 / count, 1.0);
    let gini = around(spread.gini, error(&gini), 0.0, 1.0 - 1.0 / count);
    Some(Chance { shares: intervals, hhi, effective: [1.0 / hhi[1], 1.0 / hhi[0]], gini })
}

/// How the Gini coefficient moves with each share while ranks stay.
fn gini_slopes(parts: &[f64], counts: &[bool]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..parts.len()).filter(|host| counts[*host]).collect();
    let count = order.len() as f64;
    order.sort_by(|a, b| parts[*a].total_cmp(&parts[*b]));
    let mut slopes = vec![0.0; parts.len()];
    for (rank, host) in order.into_iter().enumerate() {
        slopes[host] = 2.0 * (rank as f64 + 1.0) / count;
    }
    slopes
}

fn around(value: f64, error: f64, low: f64, high: f64) -> Interval {
    [
        (value - Z95 * error).clamp(low.min(value), value),
        (value + Z95 * error).clamp(value, high.max(value)),
    ]
}
