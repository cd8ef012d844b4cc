//! A user's limits, read from a small TOML file and put on a [`Problem`].
//!
//! Night work and breaks are not among them: a plan counts hours of a period and knows no day.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::problem::{Host, Problem, Slot};
use super::{Error, words};

/// Days of the period that hours are counted in: a week.
const PERIOD_DAYS: f64 = 7.0;

/// A constraints file; [`Constraints::EXAMPLE`] is one with every key.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Constraints {
    /// The budget of expected shortfall.
    pub es: EsLimit,
    /// Hours of all hosts.
    pub hours: TotalHours,
    /// Rest between hours of work.
    pub rest: Rest,
    /// For hosts that [`Constraints::host`] says nothing else of.
    pub default: HostLimits,
    /// By name.
    pub host: BTreeMap<String, HostLimits>,
    /// By name.
    pub slot: BTreeMap<String, SlotLimits>,
    /// By name.
    pub brand: BTreeMap<String, BrandLimits>,
}

/// `[es]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EsLimit {
    /// The most that expected shortfall may be over the horizon, in currency.
    pub budget: Option<f64>,
    /// The same as a part of what the hours of today run, with the same random numbers. Instead of `budget`.
    pub part_of_now: Option<f64>,
}

/// `[hours]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TotalHours {
    /// The most hours of all hosts together, a week; those of today when absent. Instead of slots.
    pub total: Option<f64>,
}

/// `[rest]`: what is off work, by default as in Directive 2003/88/EC, Art. 3 and 5.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rest {
    /// Hours off in each 24.
    pub daily_hours: f64,
    /// Hours off in each 7 days, besides the daily rest.
    pub weekly_hours: f64,
    /// Hours on air in a day of work.
    pub on_air_hours_per_day: Option<f64>,
}

impl Default for Rest {
    fn default() -> Self {
        Self { daily_hours: 11.0, weekly_hours: 24.0, on_air_hours_per_day: None }
    }
}

/// `[default]` and `[host.NAME]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostLimits {
    /// The least hours a week (contract).
    pub hours_min: Option<f64>,
    /// The most hours a week (care).
    pub hours_max: Option<f64>,
    /// The largest share of all GMV.
    pub share_max: Option<f64>,
}

/// `[slot.NAME]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotLimits {
    /// The hours that it holds, a week.
    pub hours: f64,
    /// Who may use it; everyone when absent.
    #[serde(default)]
    pub hosts: Option<Vec<String>>,
}

/// `[brand.NAME]`
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrandLimits {
    /// The largest share of all GMV that the brand may be.
    pub share_max: Option<f64>,
    /// The largest share of the brand's GMV that one host may sell.
    pub host_share_max: Option<f64>,
}

impl Rest {
    /// The most hours on air that rest leaves in a week.
    #[must_use]
    pub fn hours_per_week_max(&self) -> f64 {
        let day = 24.0 - self.daily_hours;
        let day = self.on_air_hours_per_day.map_or(day, |most| day.min(most));
        (PERIOD_DAYS * 24.0 - self.weekly_hours) / 24.0 * day
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::Constraints(format!("rest: {what}")));
        if !(0.0..=24.0).contains(&self.daily_hours) {
            return refuse(format!("daily_hours is {}, not 0 to 24", self.daily_hours));
        }
        if !(0.0..=168.0).contains(&self.weekly_hours) {
            return refuse(format!("weekly_hours is {}, not 0 to 168", self.weekly_hours));
        }
        match self.on_air_hours_per_day {
            Some(hours) if !(0.0..=24.0).contains(&hours) => {
                refuse(format!("on_air_hours_per_day is {hours}, not 0 to 24"))
            }
            _ => Ok(()),
        }
    }
}

impl Constraints {
    /// A file with every key, what it means and a value for it.
    pub const EXAMPLE: &str = include_str!("constraints.example.toml");

    /// Reads the file's text.
    ///
    /// # Errors
    ///
    /// [`Error::Constraints`] with the line when the text is no TOML, a key is unknown or a value is of the wrong kind.
    pub fn parse(text: &str) -> Result<Self, Error> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().and_then(|span| text.get(..span.start));
            let place = line.map(|before| format!("line {}: ", before.matches('\n').count() + 1));
            let what = error.message().replace('\n', ", ");
            Error::Constraints(format!("{}{what}", place.unwrap_or_default()))
        })
    }

    /// Puts the limits on a problem whose curves are by hours a week. What the file doesn't say stays as it was; care is
    /// the smallest of what the problem, the file and rest say. What is measured by today ([`EsLimit::part_of_now`],
    /// [`TotalHours`]) is left to who knows today.
    ///
    /// # Errors
    ///
    /// [`Error::Constraints`] when the file names a host or a brand that the problem doesn't have, or rest is no rest;
    /// [`Error::Contradiction`] when rest leaves less than a contract asks for. Whether limits fit each other otherwise is told by
    /// [`super::Planner::new`].
    pub fn apply(&self, mut problem: Problem) -> Result<Problem, Error> {
        self.check()?;
        if self.es.budget.is_some() {
            problem.es_budget = self.es.budget;
        }
        let names: Vec<String> = problem.hosts.iter().map(|host| host.name.clone()).collect();
        let of_file: Vec<(&String, usize)> = self
            .host
            .keys()
            .map(|name| Ok((name, find(&names, name, "host", &format!("host.{name}"))?)))
            .collect::<Result<_, Error>>()?;
        let rested = self.rest.hours_per_week_max();
        for (number, host) in problem.hosts.iter_mut().enumerate() {
            let own = of_file.iter().find(|(_, found)| *found == number);
            let own = own.and_then(|(name, _)| self.host.get(*name)).copied().unwrap_or_default();
            self.limit(host, own, rested)?;
        }
        for (name, slot) in &self.slot {
            let users = slot.hosts.iter().flatten();
            let users = users.map(|user| find(&names, user, "host", &format!("slot.{name}")));
            let users = users.collect::<Result<Vec<usize>, Error>>()?;
            let hosts = slot.hosts.as_ref().map(|_| users);
            problem.slots.push(Slot { name: name.clone(), hours: slot.hours, hosts });
        }
        let brands: Vec<String> = problem.brands.iter().map(|brand| brand.name.clone()).collect();
        for (name, limits) in &self.brand {
            let brand = find(&brands, name, "brand", &format!("brand.{name}"))?;
            let brand = &mut problem.brands[brand];
            brand.share_max = limits.share_max.or(brand.share_max);
            brand.host_share_max = limits.host_share_max.or(brand.host_share_max);
        }
        problem.check()?;
        Ok(problem)
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |what: &str| Err(Error::Constraints(what.to_owned()));
        self.rest.check()?;
        if self.es.budget.is_some() && self.es.part_of_now.is_some() {
            return refuse("es: budget and part_of_now are two budgets; keep one");
        }
        match self.es.part_of_now {
            Some(part) if !(part.is_finite() && part >= 0.0) => {
                return refuse(&format!("es: part_of_now is {part}, not a part"));
            }
            _ => {}
        }
        match self.hours.total {
            Some(_) if !self.slot.is_empty() => {
                refuse("hours: total and slots both bound the hours of all hosts; keep one")
            }
            Some(total) if !(total.is_finite() && total >= 0.0) => {
                refuse(&format!("hours: total is {total}, not hours"))
            }
            _ => Ok(()),
        }
    }

    fn limit(&self, host: &mut Host, own: HostLimits, rested: f64) -> Result<(), Error> {
        host.hours_min = own.hours_min.or(self.default.hours_min).unwrap_or(host.hours_min);
        host.share_max = own.share_max.or(self.default.share_max).or(host.share_max);
        if host.hours_min > rested {
            return Err(Error::Contradiction(format!(
                "the contract of {} asks for {} hours, rest leaves {} in a week",
                host.name,
                words::figure(host.hours_min),
                words::figure(rested)
            )));
        }
        // A maximum that is no number is refused by the check of rows, so it must get there.
        match own.hours_max.or(self.default.hours_max) {
            Some(most) if most.is_nan() || most < 0.0 => host.hours_max = most,
            Some(most) => host.hours_max = host.hours_max.min(most).min(rested),
            None => host.hours_max = host.hours_max.min(rested),
        }
        Ok(())
    }
}

fn find(names: &[String], name: &str, kind: &str, key: &str) -> Result<usize, Error> {
    names.iter().position(|known| known == name).ok_or_else(|| {
        let known = if names.is_empty() { "there are none".to_owned() } else { words::list(names) };
        Error::Constraints(format!("{key}: there is no {kind} {name} ({kind}s: {known})"))
    })
}
