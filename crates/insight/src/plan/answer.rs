//! What a plan says: hours, what they sell, what hangs on whom, and what each limit costs.
//!
//! These types are `plan.json` and `frontier.json`. All amounts are in the currency of the curves, per period of the plan.

use serde::Serialize;

use super::cuts::{Method, Optimum};
use super::lp::Failure;
use super::model::{Limit, Model, Point};
use super::problem::{Host, Problem};
use super::scenarios::{HostErrors, Tail};
use crate::exposure::report::Said;

/// A diversified plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// In the order of the problem.
    pub hosts: Vec<PlannedHost>,
    /// GMV before losses.
    pub gmv: f64,
    /// GMV less the mean loss of the scenarios.
    pub expected_gmv: f64,
    /// Its standard error: how far another set of as many scenarios would be, for these hours.
    pub expected_gmv_se: f64,
    /// Level of `var` and `es`.
    pub alpha: f64,
    /// The loss that is exceeded with probability 1 − α at most.
    pub var: f64,
    /// Expected shortfall: the mean loss of the worst 1 − α of the scenarios.
    pub es: f64,
    /// Its standard error, for these hours. A plan is fitted to its scenarios, so that others will tend to show a little more.
    pub es_se: f64,
    /// The budget of expected shortfall, where there is one.
    pub es_budget: Option<f64>,
    /// How many scenarios there were.
    pub scenarios: usize,
    /// What each limit costs, by name.
    pub duals: Vec<Dual>,
    /// How the optimum was found.
    pub method: Method,
    /// Rows of expected shortfall that it took.
    pub rows: usize,
    /// What the figures rest on.
    pub assumptions: Vec<Said>,
}

/// A host's part of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlannedHost {
    /// The name.
    pub host: String,
    /// Hours on air now, where somebody said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_now: Option<f64>,
    /// Hours on air.
    pub hours: f64,
    /// Hours of the contract.
    pub hours_min: f64,
    /// The most hours: the care maximum or the curve's end.
    pub hours_max: f64,
    /// GMV before losses.
    pub gmv: f64,
    /// GMV less the mean loss.
    pub expected_gmv: f64,
    /// Its standard error.
    pub expected_gmv_se: f64,
    /// Share of the plan's GMV.
    pub share: f64,
    /// E[L_i | L ≥ VaR] (Euler; Tasche, arXiv 0708.2542). They sum to `es`.
    pub es_contribution: f64,
    /// Its standard error, taking scenarios at VaR to be made up as the tail is.
    pub es_contribution_se: f64,
    /// Where the hours stand, when the problem has slots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<SlotHours>,
    /// What one more hour does; absent where the curve has ended, since nothing says what it would sell, and where the limits
    /// leave no more hours to the host.
    pub next_hour: Option<NextHour>,
}

/// Hours in one slot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlotHours {
    /// The slot.
    pub slot: String,
    /// Hours in it.
    pub hours: f64,
}

/// One more hour of one host.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct NextHour {
    /// GMV of that hour before losses.
    pub gmv: f64,
    /// Expected shortfall of that hour.
    pub es: f64,
    /// The marginal price: by how much the plan's expected GMV changes, per hour, when this host takes a little more and all
    /// others are planned again. Below 0 where the hour takes more from others than it sells, or more expected shortfall than
    /// it is worth; above 0 only at the care maximum.
    pub price: f64,
}

/// What one limit costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dual {
    /// `es`, `contract:HOST`, `care:HOST`, `share:HOST`, `slot:SLOT`, `brand:BRAND` or `brand-host:BRAND/HOST`.
    pub name: String,
    /// What `bound` and `used` count.
    pub unit: Unit,
    /// The limit.
    pub bound: f64,
    /// What the plan makes of it.
    pub used: f64,
    /// By how much expected GMV rises, per unit, when `bound` rises: at least 0 for a maximum, at most 0 for a contract, 0
    /// where it does not bind.
    pub price: f64,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The currency of the curves.
    Currency,
    /// Hours on air.
    Hours,
    /// A share, 0 to 1.
    Share,
}

/// What less risk costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Frontier {
    /// Level of expected shortfall.
    pub alpha: f64,
    /// The names for [`FrontierPoint::hours`].
    pub hosts: Vec<String>,
    /// Expected GMV without a budget.
    pub expected_gmv_free: f64,
    /// The least expected shortfall that the other limits allow.
    pub es_least: f64,
    /// From the least expected shortfall to that of the plan without a budget.
    pub points: Vec<FrontierPoint>,
}

/// One budget of expected shortfall.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrontierPoint {
    /// The budget.
    pub es_budget: f64,
    /// What the plan makes of it.
    pub es: f64,
    /// Its standard error.
    pub es_se: f64,
    /// Expected GMV.
    pub expected_gmv: f64,
    /// Its standard error.
    pub expected_gmv_se: f64,
    /// Expected GMV less than without a budget.
    pub gmv_given_up: f64,
    /// Expected GMV that one more unit of the budget would bring.
    pub es_price: f64,
    /// 1 / Σ share² of the plan's GMV.
    pub effective_hosts: f64,
    /// Hours by host.
    pub hours: Vec<f64>,
}

/// The multipliers of an optimum.
pub(super) struct Prices {
    rows: Vec<f64>,
    pub(super) es: f64,
}

impl Prices {
    pub(super) fn new(model: &Model, optimum: &Optimum) -> Result<Self, Failure> {
        let (rows, es) = optimum.multipliers(model)?;
        Ok(Self { rows, es: clean(es, 1.0) })
    }

    /// What `gmv_per_hour` more of a host is worth, net of slots and of all that limits GMV. Currency.
    fn of_hour(&self, model: &Model, host: usize, gmv_per_hour: f64) -> f64 {
        let worth = gmv_per_hour * model.worth(host, &self.rows);
        let cost = model.hour_cost(host, &self.rows) * model.unit;
        clean(worth - cost, gmv_per_hour.max(cost))
    }

    /// [`NextHour::price`] of each host where the optimum stands.
    pub(super) fn of_next_hours(
        &self,
        problem: &Problem,
        model: &Model,
        optimum: &Optimum,
    ) -> Vec<Option<f64>> {
        let price = |(number, host): (usize, &Host)| {
            let hours = optimum.point.hours[number];
            let price = self.of_hour(model, number, host.next_gmv_per_hour(hours)?);
            if price != 0.0 || same(hours, host.hours_end()) {
                return Some(price);
            }
            // Within a block the multiplier is 0, since less is as good as more; a little more by force tells what it costs.
            let more = (hours + STEP_HOURS).min(host.hours_end());
            let loss = optimum.loss_if(model, number, host.gmv(more) / model.unit)?;
            Some(-clean(loss * model.unit / (more - hours), host.gmv(more)))
        };
        problem.hosts.iter().enumerate().map(price).collect()
    }
}

/// How little is a little more.
const STEP_HOURS: f64 = 0.01;

/// Rounding is not a price.
fn clean(price: f64, scale: f64) -> f64 {
    if price.abs() <= 1e-7 * scale { 0.0 } else { price }
}

/// A problem, its model and its scenarios, seen from one point.
pub(super) struct View<'a> {
    pub(super) problem: &'a Problem,
    pub(super) model: &'a Model,
    pub(super) scenarios: usize,
    pub(super) point: &'a Point,
    pub(super) tail: &'a Tail,
    pub(super) errors: HostErrors,
    pub(super) prices: Prices,
    /// [`Prices::of_next_hours`].
    pub(super) next: Vec<Option<f64>>,
}

impl View<'_> {
    pub(super) fn plan(&self, optimum: &Optimum) -> Plan {
        let (unit, mean) = (self.model.unit, &self.model.mean);
        let gmv: f64 = self.point.gmv.iter().sum::<f64>() * unit;
        let hosts: Vec<PlannedHost> = (self.problem.hosts.iter().enumerate())
            .map(|(number, host)| self.host(number, host, mean[number], gmv))
            .collect();
        Plan {
            expected_gmv: hosts.iter().map(|host| host.expected_gmv).sum(),
            hosts,
            gmv,
            expected_gmv_se: self.tail.mean_se * unit,
            alpha: self.problem.alpha,
            var: self.tail.var * unit,
            es: self.tail.es * unit,
            es_se: self.tail.es_se * unit,
            es_budget: self.problem.es_budget,
            scenarios: self.scenarios,
            duals: self.duals(),
            method: optimum.method,
            rows: optimum.rows,
            assumptions: assumptions(),
        }
    }

    fn host(&self, number: usize, host: &Host, mean: f64, whole: f64) -> PlannedHost {
        let (unit, hours) = (self.model.unit, self.point.hours[number]);
        let (gmv, tail) = (self.point.gmv[number] * unit, self.tail.gradient[number]);
        let places = self.model.places.iter().zip(&self.point.places);
        let slots = places
            .filter(|(place, hours)| place.0 == number && **hours > 0.0)
            .map(|(place, &hours)| SlotHours {
                slot: self.problem.slots[place.1].name.clone(),
                hours,
            })
            .collect();
        let next_hour = host.next_gmv_per_hour(hours).zip(self.next[number]);
        let next_hour = next_hour.map(|(gmv, price)| NextHour { gmv, es: gmv * tail, price });
        PlannedHost {
            host: host.name.clone(),
            hours_now: None,
            hours,
            hours_min: host.hours_min,
            hours_max: host.hours_end(),
            gmv,
            expected_gmv: gmv * (1.0 - mean),
            expected_gmv_se: self.errors.mean[number] * unit,
            share: if whole > 0.0 { gmv / whole } else { 0.0 },
            es_contribution: gmv * tail,
            es_contribution_se: self.errors.es[number] * unit,
            slots,
            next_hour,
        }
    }

    fn duals(&self) -> Vec<Dual> {
        let mut duals = Vec::new();
        if let Some(bound) = self.problem.es_budget {
            let (used, price) = (self.tail.es * self.model.unit, self.prices.es);
            duals.push(Dual { name: "es".to_owned(), unit: Unit::Currency, bound, used, price });
        }
        for (number, host) in self.problem.hosts.iter().enumerate() {
            duals.extend(self.contract(number, host));
            duals.extend(self.care(number, host));
        }
        duals.extend(self.model.limits.iter().map(|&(row, limit)| self.limit(row, limit)));
        duals
    }

    fn contract(&self, number: usize, host: &Host) -> Option<Dual> {
        let (bound, used) = (host.hours_min, self.point.hours[number]);
        let price = self.price_at(number, host, bound).unwrap_or(0.0).min(0.0);
        let name = format!("contract:{}", host.name);
        (bound > 0.0).then_some(Dual { name, unit: Unit::Hours, bound, used, price })
    }

    fn care(&self, number: usize, host: &Host) -> Option<Dual> {
        let (bound, used) = (host.hours_max, self.point.hours[number]);
        let price = self.price_at(number, host, bound).unwrap_or(0.0).max(0.0);
        let name = format!("care:{}", host.name);
        bound.is_finite().then_some(Dual { name, unit: Unit::Hours, bound, used, price })
    }

    /// What an hour beyond `bound` is worth, if that is where the host stands.
    fn price_at(&self, number: usize, host: &Host, bound: f64) -> Option<f64> {
        let next =
            host.next_gmv_per_hour(bound).filter(|_| same(self.point.hours[number], bound))?;
        Some(self.prices.of_hour(self.model, number, next))
    }

    fn limit(&self, row: usize, limit: Limit) -> Dual {
        let price = self.prices.rows[row].max(0.0);
        let sold = &self.point.gmv;
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        let brand_of = |host: usize, brand: usize| {
            let parts = self.problem.hosts[host].brands.iter();
            let part: f64 = parts.filter(|part| part.0 == brand).map(|part| part.1).sum();
            part * sold[host]
        };
        let of_brand =
            |brand: usize| (0..sold.len()).map(|host| brand_of(host, brand)).sum::<f64>();
        let whole: f64 = sold.iter().sum();
        let (bound, used, scale) = match limit {
            Limit::Slot(slot) => {
                let places = self.model.places.iter().zip(&self.point.places);
                let used =
                    places.filter(|(place, _)| place.1 == slot).map(|(_, hours)| hours).sum();
                (Some(self.problem.slots[slot].hours), used, 1.0)
            }
            Limit::Share(host) => {
                (self.problem.hosts[host].share_max, ratio(sold[host], whole), whole)
            }
            Limit::Brand(brand) => {
                (self.problem.brands[brand].share_max, ratio(of_brand(brand), whole), whole)
            }
            Limit::BrandHost(brand, host) => {
                let of_all = of_brand(brand);
                let used = ratio(brand_of(host, brand), of_all);
                (self.problem.brands[brand].host_share_max, used, of_all)
            }
        };
        let unit = if matches!(limit, Limit::Slot(_)) { Unit::Hours } else { Unit::Share };
        Dual {
            name: limit_name(self.problem, limit),
            unit,
            bound: bound.unwrap_or(f64::INFINITY),
            used,
            price: clean(price, 1.0) * scale * self.model.unit,
        }
    }
}

/// Whether hours stand at a bound but for rounding.
fn same(hours: f64, bound: f64) -> bool {
    (hours - bound).abs() <= 1e-6 * bound.max(1.0)
}

/// The name of a limit in [`Dual::name`] and in messages.
pub(super) fn limit_name(problem: &Problem, limit: Limit) -> String {
    let host = |host: usize| &problem.hosts[host].name;
    let brand = |brand: usize| &problem.brands[brand].name;
    match limit {
        Limit::Slot(slot) => format!("slot:{}", problem.slots[slot].name),
        Limit::Share(number) => format!("share:{}", host(number)),
        Limit::Brand(number) => format!("brand:{}", brand(number)),
        Limit::BrandHost(of, by) => format!("brand-host:{}/{}", brand(of), host(by)),
    }
}

fn assumptions() -> Vec<Said> {
    [
        (
            "plan_curve",
            "each further hour of a host sells what the curve says, whoever else is on air",
        ),
        ("plan_loss", "an incident takes a share of what its host sells, as the scenarios say"),
        ("plan_prices", "prices of limits hold for small changes, and one of several at a kink"),
    ]
    .map(|(code, text)| Said { code: code.into(), text: text.to_owned() })
    .to_vec()
}
