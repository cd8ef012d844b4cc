//! A problem from what an analysis of exposure wrote: curves, rates and who takes over.
//!
//! Hours are hours a week and amounts are over the horizon of the exposure: one more hour a week sells its weekly sales in every
//! week. Incidents come in proportion to hours on air. All hours meet the same random numbers: incidents are drawn at the rate of the
//! most hours a host can have, and kept at the rate of the hours it has.

use serde::Deserialize;
use units::Currency;

use super::Error;
use super::constraints::Constraints;
use super::problem::{Block, Brand, Host, Problem, Slot};
use super::replan::Simulate;
use super::scenarios::Scenarios;
use crate::exposure::model::{Levels, Model};
use crate::exposure::report::{CurvesFile, Report, Said, ScenariosFile, VERSION};
use crate::exposure::scenario::{Engine, Scratch};
use crate::exposure::spread::Interval;
use crate::watch::{Stage, Watch};

/// Scenarios of a plan: more narrow the errors of the simulation, and take time in proportion.
pub const SCENARIOS: u64 = 10_000;
/// The fewest that a plan is made of.
pub const SCENARIOS_MIN: u64 = 200;
/// The most.
pub const SCENARIOS_MAX: u64 = 1_000_000;
/// Scenarios drawn between two words to who watches.
const SAY_EVERY: u64 = 8192;

/// Hours become one block while a further one sells no less than this part under their mean. What a block sells within is then low by less than
/// a hundredth of it.
const ALIKE: f64 = 0.04;

/// The slot that stands for the hours of all hosts where the user names no slot.
pub(super) const ALL_HOURS: &str = "all hours";

/// What a plan takes over from `exposure.json`; whatever else stands there is left alone.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Measured {
    /// The version of the file's structure.
    pub version: u32,
    /// Of all amounts.
    pub currency: Currency,
    /// Days that scenarios look ahead.
    pub horizon_days: f64,
    /// Expected shortfall of the hours of today.
    pub es: f64,
    /// Its 95 % interval over what the data leave open.
    pub es_interval: Interval,
    /// Its standard error by simulation.
    pub es_standard_error: f64,
    /// What the exposure rests on, and the plan with it.
    pub assumptions: Vec<Said>,
}

impl From<&Report> for Measured {
    fn from(report: &Report) -> Self {
        Self {
            version: report.version,
            currency: report.currency,
            horizon_days: report.horizon_days,
            es: report.es,
            es_interval: report.es_interval,
            es_standard_error: report.es_standard_error,
            assumptions: report.assumptions.clone(),
        }
    }
}

/// The files of an analysis that a plan is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposed {
    /// `exposure.json`
    pub measured: Measured,
    /// `curves.json`
    pub curves: CurvesFile,
    /// `scenarios.json`
    pub scenarios: ScenariosFile,
}

impl Exposed {
    fn check(&self) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::Exposure(what));
        let (measured, curves, scenarios) = (&self.measured, &self.curves, &self.scenarios);
        let versions = [
            ("exposure.json", measured.version),
            ("curves.json", curves.version),
            ("scenarios.json", scenarios.version),
        ];
        if let Some((file, version)) = versions.iter().find(|(_, version)| *version != VERSION) {
            return refuse(format!("{file} has version {version}, version {VERSION} is known"));
        }
        if measured.currency != curves.currency || measured.currency != scenarios.currency {
            return refuse(format!(
                "exposure.json is in {}, curves.json in {}, scenarios.json in {}: they are not of one analysis",
                measured.currency, curves.currency, scenarios.currency
            ));
        }
        let model = &scenarios.model;
        if measured.horizon_days != model.horizon_days {
            return refuse(format!(
                "exposure.json looks {} days ahead, scenarios.json {}: they are not of one analysis",
                measured.horizon_days, model.horizon_days
            ));
        }
        let names = curves.curves.hosts.iter().map(|curve| &curve.host);
        if !names.eq(model.hosts.iter().map(|host| &host.host)) {
            return refuse(
                "curves.json and scenarios.json have different hosts: they are not of one analysis"
                    .to_owned(),
            );
        }
        model.check()?;
        let end = [curves.curves.elasticity, measured.es, measured.es_standard_error];
        let ends = curves.curves.elasticity_interval.iter().chain(&measured.es_interval);
        if end.iter().chain(ends).any(|figure| !figure.is_finite()) {
            return refuse("a figure is not a number".to_owned());
        }
        let wrong = |hours: f64| !(hours.is_finite() && hours >= 0.0);
        match curves.curves.hosts.iter().find(|curve| wrong(curve.hours_per_week)) {
            Some(curve) => refuse(format!(
                "{} is on air for {} hours a week",
                curve.host, curve.hours_per_week
            )),
            None => Ok(()),
        }
    }
}

/// Hosts that can be planned, and what their scenarios are drawn from.
pub(super) struct Platform {
    pub(super) problem: Problem,
    /// Hours a week, by host of the problem.
    pub(super) today: Vec<f64>,
    /// What the hours of today sell over the horizon.
    pub(super) sold: Vec<f64>,
    /// Hosts that are in the exposure and have no hours to plan with.
    pub(super) left_out: Vec<String>,
    /// Whether hours stay what they are in all.
    pub(super) total_kept: bool,
    pub(super) horizon_days: f64,
    pub(super) seed: u64,
    model: Model,
    /// By host of the problem: its place in the model.
    places: Vec<usize>,
    /// The reverse.
    host_of: Vec<Option<usize>>,
    /// Incidents a day of each hour a week.
    rates: Vec<f64>,
}

impl Platform {
    pub(super) fn new(
        exposed: &Exposed,
        constraints: &Constraints,
        seed: u64,
    ) -> Result<Self, Error> {
        exposed.check()?;
        let model = &exposed.scenarios.model;
        let mut platform = Self {
            problem: Problem {
                hosts: Vec::new(),
                brands: model
                    .brands
                    .iter()
                    .map(|name| Brand { name: name.clone(), ..Brand::default() })
                    .collect(),
                slots: Vec::new(),
                alpha: exposed.scenarios.alpha,
                es_budget: None,
            },
            today: Vec::new(),
            sold: Vec::new(),
            left_out: Vec::new(),
            total_kept: false,
            horizon_days: model.horizon_days,
            seed,
            model: model.clone(),
            places: Vec::new(),
            host_of: Vec::new(),
            rates: Vec::new(),
        };
        for (place, curve) in exposed.curves.curves.hosts.iter().enumerate() {
            let hours = curve.hours_per_week;
            let weekly = 7.0 * model.hosts[place].gmv_per_day;
            let blocks = blocks(&curve.gmv_per_hour, hours, weekly, model.horizon_days / 7.0);
            if blocks.is_empty() || hours == 0.0 {
                platform.left_out.push(curve.host.clone());
                platform.host_of.push(None);
                continue;
            }
            let mut host = Host::new(curve.host.clone(), blocks);
            host.hours_min = curve.contract_minimum_hours.unwrap_or(0.0);
            host.brands = brands(&model.hosts[place]);
            platform.host_of.push(Some(platform.places.len()));
            platform.places.push(place);
            platform.rates.push(model.hosts[place].incidents_per_day / hours);
            platform.sold.push(host.gmv(hours));
            platform.today.push(hours);
            platform.problem.hosts.push(host);
        }
        if platform.problem.hosts.is_empty() {
            return Err(Error::Exposure("no host was on air lately".to_owned()));
        }
        platform.limit(constraints)?;
        Ok(platform)
    }

    fn limit(&mut self, constraints: &Constraints) -> Result<(), Error> {
        self.problem = constraints.apply(std::mem::replace(&mut self.problem, empty()))?;
        if self.problem.slots.is_empty() {
            let today: f64 = self.today.iter().sum();
            self.total_kept = constraints.hours.total.is_none();
            let hours = constraints.hours.total.unwrap_or(today);
            self.problem.slots.push(Slot { name: ALL_HOURS.to_owned(), hours, hosts: None });
        }
        for (number, &place) in self.places.iter().enumerate() {
            let most = self.problem.hosts[number].hours_end().max(self.today[number]);
            self.model.hosts[place].ceiling_per_day = Some(self.rates[number] * most);
        }
        Ok(self.model.check()?)
    }

    /// Scenarios `first` to `first + count` when each host is on air for `hours` a week, at each level of substitution.
    pub(super) fn scenarios(
        &self,
        hours: &[f64],
        first: u64,
        count: u64,
        watch: &dyn Watch,
    ) -> Result<Levels<Scenarios>, Error> {
        let engine = Engine::new(&self.model_of(hours))?;
        let sold: Vec<f64> =
            self.problem.hosts.iter().zip(hours).map(|(host, hours)| host.gmv(*hours)).collect();
        let mut all = [(); 3].map(|()| Scenarios::new(self.places.len()));
        let mut scratch = Scratch::default();
        for index in 0..count {
            if index > 0 && index.is_multiple_of(SAY_EVERY) {
                watch.at(Stage::Scenarios, index, count)?;
            }
            let mut rows = [(); 3].map(|()| Vec::new());
            for lost in engine.scenario(self.seed, first + index, &mut scratch) {
                let Some(host) = self.host_of[lost.host as usize] else { continue };
                // Nothing sold has no share; its host is on air for no hour, or for hours that sell nothing.
                if sold[host] > 0.0 {
                    let shares = engine.loss_of(lost).map(|loss| loss / sold[host]);
                    rows.iter_mut().zip(shares).for_each(|(row, share)| row.push((host, share)));
                }
            }
            for (scenarios, row) in all.iter_mut().zip(rows) {
                scenarios.push(row)?;
            }
        }
        Ok(Levels::from_array(all))
    }

    fn model_of(&self, hours: &[f64]) -> Model {
        let mut model = self.model.clone();
        for (number, hours) in hours.iter().enumerate() {
            let host = &mut model.hosts[self.places[number]];
            let ceiling = host.ceiling();
            host.incidents_per_day = (self.rates[number] * hours).min(ceiling);
            host.gmv_per_day = self.problem.hosts[number].gmv(*hours) / self.horizon_days;
        }
        model
    }
}

/// A problem of nobody.
fn empty() -> Problem {
    Problem {
        hosts: Vec::new(),
        brands: Vec::new(),
        slots: Vec::new(),
        alpha: 0.95,
        es_budget: None,
    }
}

/// The curve of weekly sales, over `weeks`, with a corner where today stands: the figures of a curve are of whole hours, and sales of
/// today are those of the exposure.
fn blocks(gmv_per_hour: &[f64], today: f64, weekly: f64, weeks: f64) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::with_capacity(gmv_per_hour.len() + 1);
    let (mut sold, mut least, mut at) = (0.0, f64::INFINITY, 0.0_f64);
    for (start, gmv) in gmv_per_hour.iter().enumerate() {
        let (start, within) = (start as f64, today - start as f64);
        let parts = if start < today && within < 1.0 && sold < weekly && weekly < sold + gmv {
            vec![
                (within, (weekly - sold) / within),
                (1.0 - within, (sold + gmv - weekly) / (1.0 - within)),
            ]
        } else {
            vec![(1.0, *gmv)]
        };
        for (hours, gmv_per_hour) in parts {
            // Rounding must not let a further hour sell more.
            least = f64::min(least, gmv_per_hour);
            blocks.push(Block { hours, gmv_per_hour: least * weeks });
            // Today stays a corner.
            if (at - today).abs() > 1e-9 {
                merge(&mut blocks);
            }
            at += hours;
        }
        sold += gmv;
    }
    blocks
}

/// Makes one of the last two blocks if they hardly differ: a program has a column for each.
fn merge(blocks: &mut Vec<Block>) {
    if let [.., before, last] = &mut blocks[..]
        && last.gmv_per_hour >= (1.0 - ALIKE) * before.gmv_per_hour
    {
        let hours = before.hours + last.hours;
        let sold = before.hours * before.gmv_per_hour + last.hours * last.gmv_per_hour;
        *before = Block { hours, gmv_per_hour: sold / hours };
        blocks.pop();
    }
}

/// Brands of a host; shares that returns leave a breath above the whole are brought back to it.
fn brands(host: &crate::exposure::model::HostModel) -> Vec<(usize, f64)> {
    let whole = host.brands.iter().map(|part| part.share).sum::<f64>().max(1.0);
    host.brands.iter().map(|part| (part.brand as usize, part.share / whole)).collect()
}

/// Simulates hours at middle substitution.
pub(super) struct Simulated<'a> {
    pub(super) platform: &'a Platform,
    pub(super) scenarios: u64,
    pub(super) watch: &'a dyn Watch,
}

impl Simulate for Simulated<'_> {
    fn losses(&mut self, hours: &[f64]) -> Result<Scenarios, Error> {
        Ok(self.platform.scenarios(hours, 0, self.scenarios, self.watch)?.mid)
    }
}
