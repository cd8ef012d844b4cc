//! What estimates should find.

use serde::Serialize;

use super::market::Market;
use super::orders::Made;
use super::shows::Air;
use super::{ELASTICITY, RETURNED, Setup};
use crate::calendar::Day;
use crate::exposure::model::{BrandShare, Dark, HostModel, Levels, Model, Spill};

/// The truth of a made-up platform. Amounts in units of the currency, net of returns.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// Always: none of it happened.
    pub synthetic: bool,
    /// Names all streams.
    pub seed: u64,
    /// The first day.
    pub first: Day,
    /// How many days.
    pub days: u32,
    /// Which part of a loss others take over.
    pub substitution: f64,
    /// By how much weekly sales grow with weekly hours: sales ~ hours^this.
    pub elasticity: f64,
    /// Hosts.
    pub hosts: Vec<HostTruth>,
    /// Incidents by time, with what they cost.
    pub incidents: Vec<IncidentTruth>,
    /// What scenarios of the year to come are drawn from.
    pub model: Model,
}

/// The truth of one host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostTruth {
    /// Its name.
    pub host: String,
    /// Incidents in a thousand hours on air.
    pub incidents_per_1000h: f64,
    /// Hours on air in a week without incidents.
    pub hours_per_week: f64,
    /// Sales a day without incidents.
    pub gmv_per_day: f64,
}

/// The truth of one incident.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentTruth {
    /// Its id.
    pub incident: String,
    /// The host's name.
    pub host: String,
    /// Dark days.
    pub dark_days: f64,
    /// Sales that the host lost while dark, within the data.
    pub lost_dark: f64,
    /// Sales that it lost while they came back, within the data.
    pub lost_after: f64,
    /// What others took over of both.
    pub taken_over: f64,
    /// What others took over of [`IncidentTruth::lost_dark`].
    pub taken_over_dark: f64,
}

impl Truth {
    pub(super) fn of(setup: &Setup, market: &Market, air: &Air, made: &Made) -> Self {
        let unit = |minor: f64| minor / 100.0 * (1.0 - RETURNED);
        let per_day = |host: usize| unit(made.undisturbed[host]) / f64::from(setup.days);
        let weeks = f64::from(setup.days.div_ceil(7));
        let hours = |host: u32| air.host(host).hours_planned / weeks;
        let hosts = market.hosts.iter().zip(0..).map(|(host, number)| HostTruth {
            host: host.name.clone(),
            incidents_per_1000h: 1000.0 * host.hazard,
            hours_per_week: hours(number),
            gmv_per_day: per_day(number as usize),
        });
        let mut spells = vec![0; market.hosts.len()];
        let incidents = air.incidents().into_iter().map(|incident| {
            let host = incident.host as usize;
            let loss = made.losses[host][spells[host]];
            spells[host] += 1;
            IncidentTruth {
                incident: incident.id,
                host: market.hosts[host].name.clone(),
                dark_days: incident.dark_days,
                lost_dark: unit(loss.dark),
                lost_after: unit(loss.after),
                taken_over: unit(loss.taken_over),
                taken_over_dark: unit(loss.taken_over_dark),
            }
        });
        let models = market.hosts.iter().zip(0..).map(|(host, number)| HostModel {
            host: host.name.clone(),
            incidents_per_day: host.hazard * hours(number) / 7.0,
            ceiling_per_day: None,
            gmv_per_day: per_day(number as usize),
            substitution: Levels {
                low: setup.substitution,
                mid: setup.substitution,
                high: setup.substitution,
            },
            brands: brands(&host.brands),
        });
        Self {
            synthetic: true,
            seed: setup.seed,
            first: setup.first,
            days: setup.days,
            substitution: setup.substitution,
            elasticity: ELASTICITY,
            incidents: incidents.collect(),
            hosts: hosts.collect(),
            model: Model {
                horizon_days: 365.0,
                hosts: models.collect(),
                brands: market.brands.iter().map(|brand| brand.name.clone()).collect(),
                dark: Dark::LogNormal {
                    none: 0.0,
                    median_days: setup.dark_median_days,
                    sigma: setup.dark_sigma,
                },
                after: setup.after,
                spill: Spill::default(),
                substitutes: substitutes(market),
            },
        }
    }
}

/// From running sums to parts of 1.
fn brands(running: &[(f64, u32)]) -> Vec<BrandShare> {
    let all = running.last().map_or(1.0, |(sum, _)| *sum);
    let mut before = 0.0;
    let share = |(sum, brand): &(f64, u32)| {
        let share = (sum - before) / all;
        before = *sum;
        BrandShare { brand: *brand, share }
    };
    running.iter().map(share).collect()
}

/// Buyers in common; a buyer of one host alone may go to any.
fn substitutes(market: &Market) -> Vec<Vec<f32>> {
    let hosts = market.hosts.len();
    if hosts > crate::exposure::model::SHARED_MAX {
        return Vec::new();
    }
    let mut weights = vec![vec![0.0f64; hosts]; hosts];
    for taste in &market.tastes {
        for host in taste {
            let others = taste.iter().filter(|other| *other != host);
            let count = (taste.len() - 1) as f64;
            if count == 0.0 {
                let sizes = market.hosts.iter().map(|host| host.size);
                weights[*host as usize]
                    .iter_mut()
                    .zip(sizes)
                    .for_each(|(weight, size)| *weight += size);
            }
            others.for_each(|other| weights[*host as usize][*other as usize] += 1.0 / count);
        }
    }
    let row = |row: Vec<f64>| {
        let all: f64 = row.iter().sum();
        row.into_iter().map(|weight| if all > 0.0 { (weight / all) as f32 } else { 0.0 }).collect()
    };
    weights.into_iter().map(row).collect()
}
