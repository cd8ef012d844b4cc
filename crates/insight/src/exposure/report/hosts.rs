//! What a report says of each host.

use serde::Serialize;

use super::Parts;
use crate::exposure::model::Levels;
use crate::exposure::spread::{Chance, Interval, MonthSpread};
use crate::exposure::tail::Z95;

/// One host.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HostReport {
    /// Its name.
    pub host: String,
    /// Net sales.
    pub gmv: f64,
    /// Part of the platform's net sales.
    pub share: f64,
    /// Its interval.
    pub share_interval: Option<Interval>,
    /// The share of each of the report's months.
    pub share_by_month: Vec<f64>,
    /// People who ever bought from it.
    pub audience: u64,
    /// Of these, people who bought from nobody else.
    pub exclusive_audience: u64,
    /// The latter as a part of the former.
    pub exclusive_part: f64,
    /// Viewers who follow it.
    pub followers: Option<u64>,
    /// Of these, viewers who follow nobody else.
    pub exclusive_followers: Option<u64>,

    /// Whether it still sells; who does not is in no scenario.
    pub active: bool,
    /// Whether it is dark on the last day; scenarios take it as back.
    pub dark_now: bool,
    /// Net sales a day while nothing was wrong, lately.
    pub gmv_per_day: f64,
    /// Its interval.
    pub gmv_per_day_interval: Interval,
    /// Hours on air in all.
    pub hours: f64,
    /// Hours on air a week, lately.
    pub hours_per_week: f64,
    /// Incidents in the data.
    pub incidents: u32,
    /// Incidents in a thousand hours on air, shrunk towards the platform's.
    pub incidents_per_1000h: f64,
    /// Its interval.
    pub incidents_per_1000h_interval: Interval,
    /// 3/H where there was none.
    pub incidents_per_1000h_upper_bound: Option<f64>,
    /// How much the host's own hours count in it against the platform's, 0 to 1.
    pub own_weight: f64,

    /// What its incidents add to expected shortfall, at middle substitution; all hosts sum to it.
    pub es_contribution: f64,
    /// Its interval.
    pub es_contribution_interval: Interval,
    /// The former as a part of expected shortfall.
    pub es_part: f64,
    /// The same at three levels of substitution.
    pub es_contribution_by_substitution: Levels<f64>,
}

impl Parts<'_> {
    pub(super) fn hosts(&self, chance: Option<&Chance>, months: &[MonthSpread]) -> Vec<HostReport> {
        let whole: f64 = self.by_host.iter().map(|gmv| gmv.max(0.0)).sum();
        let buyers = self.buyers.reach();
        let followers = self.followers.map(|followers| followers.reach());
        let by_month = self.share_by_month(months);
        let contributions = &self.risk.contributions;
        let es = self.risk.tails.mid.es;
        let mut hosts = Vec::with_capacity(self.estimates.hosts.len());
        for (place, host) in self.estimates.hosts.iter().enumerate() {
            let Some(hazard) = self.estimates.hazards.host(place) else { continue };
            let number = host.host as usize;
            let reach = buyers[number];
            let follow = followers.as_ref().map(|followers| followers[number]);
            let own = contributions.as_ref().map(|parts| parts.hosts[place]);
            let around = Z95 * host.gmv_error;
            hosts.push(HostReport {
                host: host.name.clone(),
                gmv: host.gmv,
                share: host.gmv.max(0.0) / whole,
                share_interval: chance.map(|chance| chance.shares[number]),
                share_by_month: by_month[place].clone(),
                audience: reach.audience,
                exclusive_audience: reach.exclusive,
                exclusive_part: reach.exclusive as f64 / reach.audience.max(1) as f64,
                followers: follow.map(|reach| reach.audience),
                exclusive_followers: follow.map(|reach| reach.exclusive),
                active: host.active,
                dark_now: host.dark_now,
                gmv_per_day: host.gmv_per_day,
                gmv_per_day_interval: [
                    host.gmv_per_day * (1.0 - around).max(0.0),
                    host.gmv_per_day * (1.0 + around),
                ],
                hours: host.hours,
                hours_per_week: host.hours_per_day * 7.0,
                incidents: host.incidents,
                incidents_per_1000h: 1000.0 * hazard.rate,
                incidents_per_1000h_interval: hazard.interval.map(|rate| 1000.0 * rate),
                incidents_per_1000h_upper_bound: hazard.upper_bound.map(|rate| 1000.0 * rate),
                own_weight: hazard.own_weight,
                es_contribution: own.mid,
                es_contribution_interval: self.risk.intervals.hosts[place],
                es_part: if es > 0.0 { own.mid / es } else { 0.0 },
                es_contribution_by_substitution: own,
            });
        }
        hosts
    }

    /// By place of the host and month.
    fn share_by_month(&self, months: &[MonthSpread]) -> Vec<Vec<f64>> {
        let mut shares = vec![vec![0.0; months.len()]; self.estimates.hosts.len()];
        let mut places = vec![None; self.data.hosts.len()];
        for (place, host) in self.estimates.hosts.iter().enumerate() {
            places[host.host as usize] = Some(place);
        }
        let cells = self.sales.platform.chunk_by(|a, b| a.month == b.month);
        for (month, cells) in cells.enumerate() {
            let whole: f64 = cells.iter().map(|cell| cell.gmv.max(0.0)).sum();
            for cell in cells {
                if let (Some(place), true) = (places[cell.host as usize], whole > 0.0) {
                    shares[place][month] = cell.gmv.max(0.0) / whole;
                }
            }
        }
        shares
    }
}
