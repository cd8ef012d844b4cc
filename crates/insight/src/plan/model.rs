//! The master program: hours, GMV and limits as columns and rows.
//!
//! Units: hours as given; GMV in parts of which the most that all hosts can sell together makes [`WHOLE`], so that one
//! tolerance suits any currency. Contracts are constants rather than bounds: the blocks below a contract are sold, and only
//! what lies between contract and maximum is a column. That keeps the relaxation exact: no limit asks for more hours, so what a
//! plan sells can always be sold in the first of its hours.

use std::ops::Range;

use super::lp::{Lp, Row};
use super::problem::{Host, Problem};
use super::scenarios::Scenarios;

/// What the most that can be sold comes to in the program's units. It scales losses, too.
pub(super) const WHOLE: f64 = 1e4;

/// How much of a block may be missing by rounding.
const ROUNDING: f64 = 1e-9;

/// What a named row of the program limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// The hours of a slot.
    Slot(usize),
    /// A host's share of all GMV.
    Share(usize),
    /// A brand's share of all GMV.
    Brand(usize),
    /// A host's share of a brand's GMV.
    BrandHost(usize, usize),
}

/// One column of hours: a block, or the part of it between contract and maximum.
#[derive(Clone, Copy, Debug)]
struct Segment {
    hours: f64,
    gmv_per_hour: f64,
}

/// A problem as a program, without scenarios beyond their mean.
pub(super) struct Model {
    /// Maximises expected GMV; expected shortfall is free.
    pub(super) lp: Lp,
    /// Currency in one unit of the program's GMV.
    pub(super) unit: f64,
    /// The mean share that each host loses.
    pub(super) mean: Vec<f64>,
    /// The column of expected shortfall.
    pub(super) es: usize,
    /// Rows by what they limit.
    pub(super) limits: Vec<(usize, Limit)>,
    /// `(host, slot, column)` of hours in a slot.
    pub(super) places: Vec<(usize, usize, usize)>,
    hosts: Vec<HostColumns>,
    with_slots: bool,
}

struct HostColumns {
    contract_hours: f64,
    contract_gmv: f64,
    segments: Vec<Segment>,
    columns: Range<usize>,
    gmv: usize,
}

/// Hours and GMV of each host, in the program's units.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) hours: Vec<f64>,
    pub(super) gmv: Vec<f64>,
    /// Hours by entry of [`Model::places`].
    pub(super) places: Vec<f64>,
}

/// What is left of a host's curve between contract and maximum.
fn segments(host: &Host, unit: f64) -> Vec<Segment> {
    let (from, to) = (host.hours_min, host.hours_end());
    let mut start = 0.0;
    let mut segments = Vec::new();
    for block in &host.curve {
        let end = start + block.hours;
        let hours = end.min(to) - f64::max(start, from);
        // Slivers that rounding leaves are no hours, and nothing asks for hours that sell nothing.
        if hours > 1e-9 * block.hours && block.gmv_per_hour > 0.0 {
            segments.push(Segment { hours, gmv_per_hour: block.gmv_per_hour / unit });
        }
        start = end;
    }
    segments
}

impl Model {
    pub(super) fn new(problem: &Problem, scenarios: &Scenarios) -> Self {
        let most: f64 = problem.hosts.iter().map(|host| host.gmv(host.hours_end())).sum();
        let unit = if most > 0.0 { most / WHOLE } else { 1.0 };
        let mut lp = Lp::default();
        let mut hosts = Vec::new();
        let mean = scenarios.mean();
        for (host, mean) in problem.hosts.iter().zip(&mean) {
            let segments = segments(host, unit);
            let first = lp.gain.len();
            for segment in &segments {
                lp.column(0.0, (0.0, segment.hours));
            }
            let columns = first..lp.gain.len();
            let gmv = lp.column(1.0 - mean, (f64::NEG_INFINITY, f64::INFINITY));
            let (contract_hours, contract_gmv) = (host.hours_min, host.gmv(host.hours_min) / unit);
            hosts.push(HostColumns { contract_hours, contract_gmv, segments, columns, gmv });
        }
        let es = lp.column(0.0, (f64::NEG_INFINITY, f64::INFINITY));
        let (limits, places, with_slots) = (Vec::new(), Vec::new(), !problem.slots.is_empty());
        let mut model = Self { lp, unit, mean, es, limits, places, hosts, with_slots };
        model.add_gmv();
        model.add_slots(problem);
        model.add_shares(problem);
        model
    }

    /// What a host sells is the contract's hours and the columns' hours by their blocks.
    fn add_gmv(&mut self) {
        for host in &self.hosts {
            let sold = host.columns.clone().zip(&host.segments);
            let mut terms: Vec<(usize, f64)> =
                sold.map(|(column, segment)| (column, -segment.gmv_per_hour)).collect();
            terms.push((host.gmv, 1.0));
            self.lp.rows.push(Row::equal(terms, host.contract_gmv));
        }
    }

    /// Every hour stands in a slot that its host may use, and no slot holds more than it has.
    fn add_slots(&mut self, problem: &Problem) {
        if !self.with_slots {
            return;
        }
        for (slot, row) in problem.slots.iter().enumerate() {
            let users = row.hosts.clone().unwrap_or_else(|| (0..self.hosts.len()).collect());
            for host in users {
                let column = self.lp.column(0.0, (0.0, f64::INFINITY));
                self.places.push((host, slot, column));
            }
        }
        for (number, host) in self.hosts.iter().enumerate() {
            let mut terms: Vec<(usize, f64)> =
                host.columns.clone().map(|column| (column, 1.0)).collect();
            let places = self.places.iter().filter(|place| place.0 == number);
            terms.extend(places.map(|place| (place.2, -1.0)));
            self.lp.rows.push(Row::at_most(terms, -host.contract_hours));
        }
        for (slot, row) in problem.slots.iter().enumerate() {
            let places = self.places.iter().filter(|place| place.1 == slot);
            let terms = places.map(|place| (place.2, 1.0)).collect();
            self.limit(Limit::Slot(slot), Row::at_most(terms, row.hours));
        }
    }

    fn add_shares(&mut self, problem: &Problem) {
        let hosts = problem.hosts.iter().enumerate();
        let caps: Vec<(usize, f64)> =
            hosts.filter_map(|(host, row)| row.share_max.map(|cap| (host, cap))).collect();
        let of_all = problem.brands.iter().any(|brand| brand.share_max.is_some());
        if !caps.is_empty() || of_all {
            let sold = self.hosts.iter().map(|host| (host.gmv, 1.0)).collect();
            let total = self.sum(sold);
            for (host, cap) in caps {
                let terms = vec![(self.hosts[host].gmv, 1.0), (total, -cap)];
                self.limit(Limit::Share(host), Row::at_most(terms, 0.0));
            }
            for (brand, row) in problem.brands.iter().enumerate() {
                if let Some(cap) = row.share_max {
                    let mut terms = self.brand_terms(problem, brand);
                    terms.push((total, -cap));
                    self.limit(Limit::Brand(brand), Row::at_most(terms, 0.0));
                }
            }
        }
        for (brand, row) in problem.brands.iter().enumerate() {
            if let Some(cap) = row.host_share_max {
                let terms = self.brand_terms(problem, brand);
                let total = self.sum(terms);
                for (host, part) in sellers(problem, brand) {
                    let terms = vec![(self.hosts[host].gmv, part), (total, -cap)];
                    self.limit(Limit::BrandHost(brand, host), Row::at_most(terms, 0.0));
                }
            }
        }
    }

    fn brand_terms(&self, problem: &Problem, brand: usize) -> Vec<(usize, f64)> {
        sellers(problem, brand).map(|(host, part)| (self.hosts[host].gmv, part)).collect()
    }

    /// A column that equals the sum of `terms`.
    fn sum(&mut self, mut terms: Vec<(usize, f64)>) -> usize {
        let column = self.lp.column(0.0, (f64::NEG_INFINITY, f64::INFINITY));
        terms.iter_mut().for_each(|term| term.1 = -term.1);
        terms.push((column, 1.0));
        self.lp.rows.push(Row::equal(terms, 0.0));
        column
    }

    fn limit(&mut self, limit: Limit, row: Row) {
        self.limits.push((self.lp.rows.len(), limit));
        self.lp.rows.push(row);
    }
}

impl Model {
    /// The row that says: expected shortfall is at least what these mean shares of a tail lose (Künzi-Bay & Mayer, Comput.
    /// Manag. Sci. 3, 2006). It holds for every plan, since expected shortfall is the largest such mean.
    pub(super) fn cut(&self, gradient: &[f64]) -> Row {
        let shares = gradient.iter().zip(&self.hosts).filter(|(share, _)| **share != 0.0);
        let mut terms: Vec<(usize, f64)> = shares.map(|(&share, host)| (host.gmv, share)).collect();
        terms.push((self.es, -1.0));
        Row::at_most(terms, 0.0)
    }

    /// What each host sells in the hours of the contract.
    pub(super) fn contract_gmv(&self) -> Vec<f64> {
        self.hosts.iter().map(|host| host.contract_gmv).collect()
    }

    /// The columns of GMV, by host.
    pub(super) fn gmv_column(&self, host: usize) -> usize {
        self.hosts[host].gmv
    }

    /// What the columns say, each host's GMV sold in the first of its hours.
    pub(super) fn point(&self, value: impl Fn(usize) -> f64) -> Point {
        let mut point = Point { hours: Vec::new(), gmv: Vec::new(), places: Vec::new() };
        for host in &self.hosts {
            let sold = host.columns.clone().zip(&host.segments);
            let gmv: f64 = sold
                .map(|(column, segment)| {
                    value(column).clamp(0.0, segment.hours) * segment.gmv_per_hour
                })
                .sum();
            point.gmv.push(host.contract_gmv + gmv);
            point.hours.push(host.hours_for(gmv));
        }
        point.places = self.places.iter().map(|place| value(place.2).max(0.0)).collect();
        self.trim(&mut point);
        point
    }

    /// Puts the columns of each host into the order of the curve, as [`Model::point`] reads them.
    pub(super) fn fill_in_order(&self, values: &mut [f64]) {
        for host in &self.hosts {
            let sold = host.columns.clone().zip(&host.segments);
            let mut left: f64 = sold
                .map(|(column, segment)| {
                    values[column].clamp(0.0, segment.hours) * segment.gmv_per_hour
                })
                .sum();
            for (column, segment) in host.columns.clone().zip(&host.segments) {
                let full = segment.hours * segment.gmv_per_hour;
                let whole = left >= full * (1.0 - ROUNDING);
                let hours =
                    if whole { segment.hours } else { left.max(0.0) / segment.gmv_per_hour };
                values[column] = hours;
                left -= full;
            }
        }
    }

    /// Fixes the columns that say nothing about prices that a neighbour doesn't say: blocks before the last one in use, and after
    /// the next. The curve falls, so what an hour is worth there is bounded by what it is worth at the neighbour.
    pub(super) fn fix_far_blocks(&self, lp: &mut Lp, values: &[f64]) {
        for host in &self.hosts {
            for (column, segment) in host.columns.clone().zip(&host.segments) {
                let next = (column + 1 < host.columns.end).then(|| values[column + 1]);
                let before = (column > host.columns.start).then(|| values[column - 1]);
                let passed = next.is_some_and(|next| next > 0.0);
                let full_before = &host.segments[(column - host.columns.start).saturating_sub(1)];
                let unreached = before.is_some_and(|before| before < full_before.hours);
                if passed || unreached {
                    let value = if passed { segment.hours } else { 0.0 };
                    lp.bounds[column] = (value, value);
                }
            }
        }
    }

    /// A part of the way from one point to another, in GMV: every limit is convex in it, so that it holds there, too.
    pub(super) fn between(&self, from: &Point, to: &Point, part: f64) -> Point {
        let mix = |a: &[f64], b: &[f64]| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| a + part * (b - a)).collect()
        };
        let gmv = mix(&from.gmv, &to.gmv);
        let extra = gmv.iter().zip(&self.hosts).map(|(gmv, host)| gmv - host.contract_gmv);
        let hours = extra.zip(&self.hosts).map(|(gmv, host)| host.hours_for(gmv)).collect();
        let mut point = Point { hours, gmv, places: mix(&from.places, &to.places) };
        self.trim(&mut point);
        point
    }

    /// Gives back hours of slots that no host uses.
    fn trim(&self, point: &mut Point) {
        let mut left = point.hours.clone();
        for (place, hours) in self.places.iter().zip(&mut point.places) {
            *hours = hours.min(left[place.0]);
            left[place.0] -= *hours;
        }
    }

    /// What one more unit of a host's GMV is worth, given the multipliers of the rows.
    pub(super) fn worth(&self, host: usize, multipliers: &[f64]) -> f64 {
        multipliers[host]
    }

    /// What an hour of a host costs in slots, in the program's GMV, given the multipliers of the rows.
    pub(super) fn hour_cost(&self, host: usize, multipliers: &[f64]) -> f64 {
        if self.with_slots { multipliers[self.hosts.len() + host] } else { 0.0 }
    }
}

impl HostColumns {
    /// The least hours in which a host sells `gmv` beyond the contract, in all.
    fn hours_for(&self, gmv: f64) -> f64 {
        let mut left = gmv;
        let mut hours = self.contract_hours;
        for segment in &self.segments {
            let full = segment.hours * segment.gmv_per_hour;
            // Rounding must not leave a plan a breath before a block's end.
            if left < full * (1.0 - ROUNDING) {
                return hours + left.max(0.0) / segment.gmv_per_hour;
            }
            hours += segment.hours;
            left -= full;
        }
        hours
    }
}

/// Who sells a brand, with the share of their GMV that it is.
pub(super) fn sellers(problem: &Problem, brand: usize) -> impl Iterator<Item = (usize, f64)> {
    problem.hosts.iter().enumerate().filter_map(move |(number, host)| {
        let mut sold = host.brands.iter();
        sold.find(|sold| sold.0 == brand && sold.1 > 0.0).map(|sold| (number, sold.1))
    })
}
