//! From rows to a model: what each host sells and how long it is on air, how often something happens, how long it stays dark, who
//! takes over. Every estimate keeps what the data leave open, so that models can be drawn from it as well.

use serde::{Deserialize, Serialize};

use super::audience::{Audiences, COMPARED_MAX, Overlap};
use super::darkness::{DarkDays, Recovery};
use super::episodes::{self, DISTURBED_DAYS, DarkTimes, Episodes};
use super::hazard::{Exposed, Hazards};
use super::model::{After, BrandShare, Dark, HostModel, INCIDENTS_MAX, Levels, Model, Spill};
use super::sales::{Sales, Span, hours_between, shows_of};
use super::substitution::Substitution;
use crate::calendar::{DAY_S, Day};
use crate::draws::Stream;
use crate::import::{Dataset, Incident, Show};
use crate::watch::{Stopped, Watch};

/// Hosts whose incidents are simulated: the largest ones.
pub const RISK_HOSTS_MAX: usize = 2000;
/// Days without anything wrong, the latest ones, that say what a host sells in a day.
pub const BASE_DAYS: u32 = 180;
/// Days below which those with something wrong are taken as well.
const BASE_DAYS_MIN: u32 = 28;
/// Days from which on weekdays are told apart.
const WEEKDAYS_FROM_DAYS: usize = 56;
/// Days without show or order after which a host counts as gone, unless it is dark.
pub const GONE_DAYS: i32 = 60;

/// What raises the hazard of an hour on air: λ · exp(β·x). All zero unless a user says otherwise, because no evidence was found that
/// long hours cause incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoursEffect {
    /// For each hour of a show beyond the fourth.
    pub beyond_4h: f64,
    /// For hours between 22 and 6 o'clock, by the clock of the files.
    pub night: f64,
    /// For each hour of rest before the show that lacks to eleven.
    pub rest_deficit: f64,
}

/// What a user may set instead of what the data say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Days that a scenario looks ahead.
    pub horizon_days: f64,
    /// What raises the hazard.
    pub hours_effect: HoursEffect,
    /// What an incident does to sales of others.
    pub spill: Spill,
}

impl Default for Settings {
    fn default() -> Self {
        Self { horizon_days: 365.0, hours_effect: HoursEffect::default(), spill: Spill::default() }
    }
}

/// One host as the model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct HostEstimate {
    /// Its number.
    pub host: u32,
    /// Its name.
    pub name: String,
    /// Net sales in all.
    pub gmv: f64,
    /// Net sales a day while nothing was wrong.
    pub gmv_per_day: f64,
    /// Standard error of [`HostEstimate::gmv_per_day`] as a part of it, over weeks.
    pub gmv_error: f64,
    /// Days that it was measured over.
    pub base_days: u32,
    /// How each weekday, Monday first, compares with the average day; all 1 with less than eight weeks of days.
    pub weekdays: [f64; 7],
    /// Hours on air in all.
    pub hours: f64,
    /// Hours on air a day, lately.
    pub hours_per_day: f64,
    /// The same weighted by what raises the hazard.
    pub weighted_per_day: f64,
    /// No show was given: hours are those of the clock with an order.
    pub hours_from_orders: bool,
    /// Incidents within the data.
    pub incidents: u32,
    /// Whether it still sells.
    pub active: bool,
    /// Whether it is dark on the last day.
    pub dark_now: bool,
    /// Its sales by brand.
    pub brands: Vec<BrandShare>,
}

/// One set of what is estimated, in the order of [`Estimates::hosts`].
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Incidents an hour on air.
    pub rates: Vec<f64>,
    /// Net sales a day.
    pub gmv_per_day: Vec<f64>,
    /// Who takes over.
    pub substitution: Levels<f64>,
    /// Dark days.
    pub dark: Dark,
    /// How sales come back.
    pub after: After,
}

/// Everything that was estimated.
#[derive(Clone, Debug)]
pub struct Estimates {
    /// What the user set.
    pub settings: Settings,
    /// Hosts by net sales, the largest first.
    pub hosts: Vec<HostEstimate>,
    /// Hosts beyond [`RISK_HOSTS_MAX`], and what they sell of all.
    pub left_out: (usize, f64),
    /// Incident rates, in the order of [`Estimates::hosts`].
    pub hazards: Hazards,
    /// Dark days.
    pub dark_days: DarkDays,
    /// How sales come back.
    pub recovery: Recovery,
    /// Who takes over.
    pub substitution: Substitution,
    /// Dark episodes one by one.
    pub episodes: Episodes,
    /// When hosts were dark.
    pub dark: DarkTimes,
    /// Overlap of audiences among the largest hosts, from buyers.
    pub overlaps: Vec<Overlap>,
    /// Incidents that are outside of the data, and do not count.
    pub incidents_outside: usize,
    substitutes: Vec<Vec<f32>>,
    brands: Vec<String>,
}

impl Estimates {
    /// Estimates.
    pub fn of(
        data: &Dataset,
        sales: &Sales,
        buyers: &Audiences,
        settings: &Settings,
        watch: &dyn Watch,
    ) -> Result<Self, Stopped> {
        let dark = DarkTimes::of(data);
        let gmv = sales.by_host();
        let inside = |incident: &&Incident| {
            let day = Day::of(incident.at);
            day >= sales.span.first && day <= sales.span.last
        };
        let mut counts = vec![0; data.hosts.len()];
        let incidents = || data.incidents.iter().flatten();
        incidents().filter(inside).for_each(|incident| counts[incident.host as usize] += 1);
        let mut order: Vec<u32> = (0..data.hosts.len() as u32)
            .filter(|host| gmv[*host as usize] > 0.0 || counts[*host as usize] > 0)
            .collect();
        order.sort_by(|a, b| gmv[*b as usize].total_cmp(&gmv[*a as usize]).then(a.cmp(b)));
        let rest = order.split_off(order.len().min(RISK_HOSTS_MAX));
        let whole: f64 = gmv.iter().map(|gmv| gmv.max(0.0)).sum();
        let rest_gmv: f64 = rest.iter().map(|host| gmv[*host as usize].max(0.0)).sum();

        let maker = Maker { data, sales, dark: &dark, settings, brands: brands_of_hosts(sales) };
        let hosts: Vec<HostEstimate> = order
            .iter()
            .map(|host| maker.host(*host, gmv[*host as usize], counts[*host as usize]))
            .collect();
        let per_day: Vec<f64> = {
            let mut per_day = vec![0.0; data.hosts.len()];
            hosts.iter().for_each(|host| per_day[host.host as usize] = host.gmv_per_day);
            per_day
        };
        let episodes = episodes::measure(data, &sales.span, &dark, &per_day, watch)?;
        let exposed: Vec<Exposed> = hosts
            .iter()
            .map(|host| Exposed { incidents: host.incidents, hours: maker.weighted(host.host) })
            .collect();
        let overlaps = buyers.overlaps(&order);
        Ok(Self {
            settings: *settings,
            left_out: (rest.len(), if whole > 0.0 { rest_gmv / whole } else { 0.0 }),
            hazards: Hazards::of(&exposed),
            dark_days: DarkDays::of(incidents().filter(inside)),
            recovery: Recovery::of(&episodes),
            substitution: Substitution::of(&episodes),
            substitutes: substitutes(&hosts, &overlaps),
            episodes,
            overlaps,
            incidents_outside: incidents().filter(|incident| !inside(incident)).count(),
            brands: data.brands.iter().map(str::to_owned).collect(),
            hosts,
            dark,
        })
    }

    /// The model at what is most likely.
    #[must_use]
    pub fn model(&self) -> Model {
        self.with(&Parameters {
            rates: self.hazards.rates(),
            gmv_per_day: self.hosts.iter().map(|host| host.gmv_per_day).collect(),
            substitution: self.substitution.levels(),
            dark: self.dark_days.plain(),
            after: self.recovery.plain(),
        })
    }

    /// Parameters drawn from what the data leave open; their three levels of substitution are one.
    pub fn draw(&self, stream: &mut Stream) -> Parameters {
        let mut rates = self.hazards.draw(stream);
        let hours =
            self.hosts.iter().map(|host| host.weighted_per_day * self.settings.horizon_days);
        let incidents: f64 = rates.iter().zip(hours).map(|(rate, hours)| rate * hours).sum();
        // A wild draw must not be one that no scenario can be made of.
        if incidents > INCIDENTS_MAX {
            rates.iter_mut().for_each(|rate| *rate *= 0.999 * INCIDENTS_MAX / incidents);
        }
        let mut gmv = |host: &HostEstimate| {
            (host.gmv_per_day * (1.0 + host.gmv_error * stream.normal())).max(0.0)
        };
        let gmv_per_day = self.hosts.iter().map(&mut gmv).collect();
        let one = self.substitution.draw(stream);
        let (dark, after) = (self.dark_days.draw(stream), self.recovery.draw(stream));
        Parameters {
            rates,
            gmv_per_day,
            substitution: Levels { low: one, mid: one, high: one },
            dark,
            after,
        }
    }

    /// The model of some parameters, which are of these hosts.
    #[must_use]
    pub fn with(&self, parameters: &Parameters) -> Model {
        let rates = self.hosts.iter().zip(&parameters.rates);
        let hosts =
            rates.zip(&parameters.gmv_per_day).map(|((host, rate), gmv_per_day)| HostModel {
                host: host.name.clone(),
                incidents_per_day: rate * host.weighted_per_day,
                ceiling_per_day: None,
                gmv_per_day: *gmv_per_day,
                substitution: parameters.substitution,
                brands: host.brands.clone(),
            });
        Model {
            horizon_days: self.settings.horizon_days,
            hosts: hosts.collect(),
            brands: self.brands.clone(),
            dark: parameters.dark,
            after: parameters.after,
            spill: self.settings.spill,
            substitutes: self.substitutes.clone(),
        }
    }
}

/// What makes estimates of single hosts.
struct Maker<'d> {
    data: &'d Dataset,
    sales: &'d Sales,
    dark: &'d DarkTimes,
    settings: &'d Settings,
    brands: Vec<Vec<BrandShare>>,
}

impl Maker<'_> {
    fn host(&self, host: u32, gmv: f64, incidents: u32) -> HostEstimate {
        let span = &self.sales.span;
        let shows = shows_of(&self.data.shows, host);
        let days = &self.sales.days[host as usize];
        let seen =
            days.iter().map(|day| day.day).chain(shows.iter().map(|show| Day::of(show.start)));
        let (first, last) = seen
            .fold((span.last, span.first), |(first, last), day| (first.min(day), last.max(day)));
        let end = span.end();
        let dark_now = self.dark.within(host, end - 1, end, 0);
        let active = last.0 > span.last.0 - GONE_DAYS || dark_now;
        let base = self.base_days(host, first);
        let (gmv_per_day, gmv_error) = if active { self.rate(host, &base) } else { (0.0, 0.0) };
        let from_orders = shows.is_empty();
        let mut latest = (0.0, 0.0);
        if active {
            for day in &base {
                let (hours, weighted) = self.hours_of_day(host, *day);
                latest = (latest.0 + hours, latest.1 + weighted);
            }
        }
        let count = base.len().max(1) as f64;
        HostEstimate {
            host,
            name: self.data.hosts.name(host).to_owned(),
            gmv,
            gmv_per_day,
            gmv_error,
            base_days: base.len() as u32,
            weekdays: self.weekdays(host, &base),
            hours: self.hours(host),
            hours_per_day: latest.0 / count,
            weighted_per_day: latest.1 / count,
            hours_from_orders: from_orders,
            incidents,
            active,
            dark_now,
            brands: self.brands[host as usize].clone(),
        }
    }

    /// The latest days with data on which the host was there and nothing was wrong with it.
    fn base_days(&self, host: u32, first: Day) -> Vec<Day> {
        let span: &Span = &self.sales.span;
        let clean = |day: &Day| {
            let start = day.0.max(0) as u32 * DAY_S;
            !self.dark.within(host, start, start.saturating_add(DAY_S), DISTURBED_DAYS * DAY_S)
        };
        let known = || (first.0..=span.last.0).rev().map(Day).filter(|day| span.knows(*day));
        let days: Vec<Day> = known().filter(clean).take(BASE_DAYS as usize).collect();
        if days.len() as u32 >= BASE_DAYS_MIN {
            days
        } else {
            known().take(BASE_DAYS as usize).collect()
        }
    }

    /// Sales a day over some days, and their standard error over weeks as a part of it.
    fn rate(&self, host: u32, base: &[Day]) -> (f64, f64) {
        let (mut sum, mut weeks) = (0.0, Vec::<(i32, f64, f64)>::new());
        for day in base {
            let next = Day(day.0 + 1);
            let gmv: f64 = self.sales.between(host, *day, next).iter().map(|day| day.gmv).sum();
            sum += gmv;
            let week = day.week();
            match weeks.last_mut() {
                Some((last, gmvs, days)) if *last == week => {
                    (*gmvs, *days) = (*gmvs + gmv, *days + 1.0)
                }
                _ => weeks.push((week, gmv, 1.0)),
            }
        }
        let count = base.len() as f64;
        if count == 0.0 || sum <= 0.0 {
            return (0.0, 0.0);
        }
        let rate = sum / count;
        let squares: f64 =
            weeks.iter().map(|(_, gmv, days)| (gmv - rate * days) * (gmv - rate * days)).sum();
        let several = weeks.len() as f64;
        let error =
            if several > 1.0 { libm::sqrt(squares * several / (several - 1.0)) / sum } else { 1.0 };
        (rate, error.min(1.0))
    }

    fn weekdays(&self, host: u32, base: &[Day]) -> [f64; 7] {
        let mut sums = [(0.0, 0.0); 7];
        for day in base {
            let gmv = self.sales.between(host, *day, Day(day.0 + 1)).iter().map(|day| day.gmv);
            let (sum, days) = &mut sums[day.weekday()];
            (*sum, *days) = (*sum + gmv.sum::<f64>(), *days + 1.0);
        }
        let average = sums.iter().map(|(sum, _)| sum).sum::<f64>() / base.len().max(1) as f64;
        if base.len() < WEEKDAYS_FROM_DAYS || average <= 0.0 {
            return [1.0; 7];
        }
        sums.map(|(sum, days)| if days > 0.0 { (sum / days / average).max(0.0) } else { 1.0 })
    }

    fn hours(&self, host: u32) -> f64 {
        match shows_of(&self.data.shows, host) {
            [] => self.sales.days[host as usize]
                .iter()
                .map(|day| f64::from(day.hours_with_orders))
                .sum(),
            shows => shows.iter().map(Show::hours).sum(),
        }
    }

    /// All hours on air, weighted by what raises the hazard.
    fn weighted(&self, host: u32) -> f64 {
        match shows_of(&self.data.shows, host) {
            [] => self.hours(host),
            shows => {
                let rests = std::iter::once(None).chain(shows.iter().map(|show| Some(show.end)));
                shows
                    .iter()
                    .zip(rests)
                    .map(|(show, before)| {
                        self.settings.hours_effect.weighted(show, before, 0, u32::MAX)
                    })
                    .sum()
            }
        }
    }

    fn hours_of_day(&self, host: u32, day: Day) -> (f64, f64) {
        let shows = shows_of(&self.data.shows, host);
        if shows.is_empty() {
            let days = self.sales.between(host, day, Day(day.0 + 1));
            let hours = days.iter().map(|day| f64::from(day.hours_with_orders)).sum();
            return (hours, hours);
        }
        let from = day.0.max(0) as u32 * DAY_S;
        let until = from.saturating_add(DAY_S);
        let start = shows.partition_point(|show| show.end <= from);
        let end = shows.partition_point(|show| show.start < until).max(start);
        let weighted = (start..end)
            .map(|place| {
                let before = place.checked_sub(1).map(|before| shows[before].end);
                self.settings.hours_effect.weighted(&shows[place], before, from, until)
            })
            .sum();
        (hours_between(&shows[start..end], from, until), weighted)
    }
}

impl HoursEffect {
    /// Whether nothing raises the hazard.
    #[must_use]
    pub fn none(&self) -> bool {
        *self == Self::default()
    }

    /// Hours of a show within two moments, each times exp(β·x); `before` is when the host's last show ended.
    fn weighted(&self, show: &Show, before: Option<u32>, from: u32, until: u32) -> f64 {
        const STEP_S: u32 = 900;
        if self.none() {
            return hours_between(std::slice::from_ref(show), from, until);
        }
        let rest = before.map_or(11.0, |end| f64::from(show.start.saturating_sub(end)) / 3600.0);
        let deficit = (11.0 - rest).max(0.0);
        let mut hours = 0.0;
        let mut at = show.start.max(from);
        while at < show.end.min(until) {
            let next = (at + STEP_S).min(show.end).min(until);
            let middle = at + (next - at) / 2;
            let beyond = (f64::from(middle - show.start) / 3600.0 - 4.0).max(0.0);
            let night = !(6..22).contains(&(middle / 3600 % 24));
            let x = self.beyond_4h * beyond
                + self.night * f64::from(u8::from(night))
                + self.rest_deficit * deficit;
            hours += f64::from(next - at) / 3600.0 * libm::exp(x.clamp(-10.0, 10.0));
            at = next;
        }
        hours
    }
}

/// Net sales by brand of each host, as parts of 1; brands with more returns than sales hold none.
fn brands_of_hosts(sales: &Sales) -> Vec<Vec<BrandShare>> {
    let mut hosts: Vec<Vec<BrandShare>> = vec![Vec::new(); sales.days.len()];
    for cell in &sales.brands {
        let brands = &mut hosts[cell.host as usize];
        match brands.last_mut() {
            Some(last) if last.brand == cell.group => last.share += cell.gmv,
            _ => brands.push(BrandShare { brand: cell.group, share: cell.gmv }),
        }
    }
    for brands in &mut hosts {
        brands.retain(|brand| brand.share > 0.0);
        let all: f64 = brands.iter().map(|brand| brand.share).sum();
        brands.iter_mut().for_each(|brand| brand.share /= all);
    }
    hosts
}

/// Who takes over for whom: by people in common, or by sales where no buyers are known.
fn substitutes(hosts: &[HostEstimate], overlaps: &[Overlap]) -> Vec<Vec<f32>> {
    let count = hosts.len().min(COMPARED_MAX);
    let mut weights = vec![vec![0.0f64; count]; count];
    if overlaps.is_empty() {
        for (row, host) in weights.iter_mut().zip(hosts) {
            for (weight, other) in row.iter_mut().zip(hosts) {
                *weight = if host.host == other.host { 0.0 } else { other.gmv_per_day };
            }
        }
    } else {
        let mut places = std::collections::HashMap::new();
        for (place, host) in hosts.iter().take(count).enumerate() {
            places.insert(host.host, place);
        }
        for pair in overlaps {
            let [a, b] = pair.hosts.map(|host| places.get(&host).copied());
            let (Some(a), Some(b)) = (a, b) else { continue };
            weights[a][b] = if hosts[b].active { pair.common as f64 } else { 0.0 };
            weights[b][a] = if hosts[a].active { pair.common as f64 } else { 0.0 };
        }
    }
    let row = |row: Vec<f64>| {
        let all: f64 = row.iter().sum();
        row.into_iter().map(|weight| if all > 0.0 { (weight / all) as f32 } else { 0.0 }).collect()
    };
    weights.into_iter().map(row).collect()
}
