//! The rows that a plan is made from, and what is wrong with them when something is.

use super::{Error, Scenarios, words};

/// A stretch of a host's curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// How many hours it is wide; more than 0.
    pub hours: f64,
    /// GMV of each of its hours before losses, in the currency of the plan; not more than that of the block before it.
    pub gmv_per_hour: f64,
}

/// A host and what may be asked of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// The name, unlike all others.
    pub name: String,
    /// GMV by hours on air in the period: each further hour sells no more than the one before. Nothing is planned beyond
    /// its end.
    pub curve: Vec<Block>,
    /// The least hours (contract).
    pub hours_min: f64,
    /// The most hours (care); infinite when nothing but the curve's end bounds them.
    pub hours_max: f64,
    /// The largest share of all GMV that this host may sell, 0 to 1.
    pub share_max: Option<f64>,
    /// `(brand, share)`: how the host's GMV divides among [`Problem::brands`]. The shares sum to 1 at most; the rest is
    /// GMV of no brand that is listed.
    pub brands: Vec<(usize, f64)>,
}

impl Host {
    /// A host with a curve, bound by nothing.
    #[must_use]
    pub fn new(name: impl Into<String>, curve: Vec<Block>) -> Self {
        let name = name.into();
        let (hours_min, hours_max) = (0.0, f64::INFINITY);
        Self { name, curve, hours_min, hours_max, share_max: None, brands: Vec::new() }
    }

    /// The most hours that can be planned: the care maximum, or the curve's end if that comes first.
    #[must_use]
    pub fn hours_end(&self) -> f64 {
        let end = self.curve.iter().map(|block| block.hours).sum::<f64>();
        self.hours_max.min(end)
    }

    /// GMV of `hours` on air, before losses.
    #[must_use]
    pub fn gmv(&self, hours: f64) -> f64 {
        let mut left = hours.max(0.0);
        let mut gmv = 0.0;
        for block in &self.curve {
            let part = left.min(block.hours);
            gmv += part * block.gmv_per_hour;
            left -= part;
        }
        gmv
    }

    /// What one more hour sells after `hours`; none where the curve has ended.
    #[must_use]
    pub fn next_gmv_per_hour(&self, hours: f64) -> Option<f64> {
        let mut end = 0.0;
        let block = self.curve.iter().find(|block| {
            end += block.hours;
            // A plan that fills a block to its end stands there but for rounding.
            hours < end - 1e-9 * end
        });
        block.map(|block| block.gmv_per_hour)
    }
}

/// A brand and what may hang on whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Brand {
    /// The name, unlike all others.
    pub name: String,
    /// The largest share of all GMV that this brand may be, 0 to 1.
    pub share_max: Option<f64>,
    /// The largest share of this brand's GMV that one host may sell, 0 to 1.
    pub host_share_max: Option<f64>,
}

/// Hours on air that hosts share: a studio, an evening, a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The name, unlike all others.
    pub name: String,
    /// The hours it holds in the period.
    pub hours: f64,
    /// Who may use it, as indices of [`Problem::hosts`]; everyone when absent.
    pub hosts: Option<Vec<usize>>,
}

/// All that a plan keeps to, apart from the scenarios.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Who can be planned.
    pub hosts: Vec<Host>,
    /// The brands that [`Host::brands`] speaks of.
    pub brands: Vec<Brand>,
    /// Where hours on air can be had; when there is any slot, every hour takes an hour of one.
    pub slots: Vec<Slot>,
    /// The level of VaR and expected shortfall, between 0 and 1.
    pub alpha: f64,
    /// The most that expected shortfall may be, in the currency of the curves; no bound when absent.
    pub es_budget: Option<f64>,
}

impl Problem {
    /// Refuses rows that make no sense by themselves, whatever the scenarios are.
    ///
    /// # Errors
    ///
    /// [`Error::Row`] with the row and what is wrong with it.
    pub fn check(&self) -> Result<(), Error> {
        if self.hosts.is_empty() {
            return Err(Error::Row("there is no host to plan".to_owned()));
        }
        if !(self.alpha > 0.0 && self.alpha < 1.0) {
            return Err(Error::Row(format!("alpha is {}, not between 0 and 1", self.alpha)));
        }
        if let Some(budget) = self.es_budget
            && !(budget.is_finite() && budget >= 0.0)
        {
            return Err(Error::Row(format!("the budget of ES is {budget}, not an amount")));
        }
        unlike(self.hosts.iter().map(|host| &host.name), "hosts")?;
        unlike(self.brands.iter().map(|brand| &brand.name), "brands")?;
        unlike(self.slots.iter().map(|slot| &slot.name), "slots")?;
        self.hosts.iter().try_for_each(|host| self.check_host(host))?;
        for brand in &self.brands {
            let name = &brand.name;
            share(brand.share_max, || format!("the share of brand {name}"))?;
            share(brand.host_share_max, || format!("one host's share of brand {name}"))?;
        }
        self.slots.iter().try_for_each(|slot| self.check_slot(slot))
    }

    fn check_host(&self, host: &Host) -> Result<(), Error> {
        let name = &host.name;
        let refuse = |what: String| Err(Error::Row(format!("host {name}: {what}")));
        if host.curve.is_empty() {
            return refuse("there is no curve of GMV".to_owned());
        }
        let mut before = f64::INFINITY;
        for (block, number) in host.curve.iter().zip(1..) {
            let (hours, gmv) = (block.hours, block.gmv_per_hour);
            if !(hours.is_finite() && hours > 0.0) {
                return refuse(format!("block {number} of the curve is {hours} hours wide"));
            }
            if !(gmv.is_finite() && gmv >= 0.0) {
                return refuse(format!("block {number} of the curve sells {gmv} an hour"));
            }
            if gmv > before {
                return refuse(format!(
                    "block {number} of the curve sells {gmv} an hour, more than the {before} before \
                     it; further hours may not sell better"
                ));
            }
            before = gmv;
        }
        let (min, max) = (host.hours_min, host.hours_max);
        if !(min.is_finite() && min >= 0.0) {
            return refuse(format!("the contract asks for {min} hours"));
        }
        if max.is_nan() || max < 0.0 {
            return refuse(format!("care allows {max} hours"));
        }
        let (asked, end) = (words::figure(min), words::figure(host.hours_end()));
        if min > max {
            return refuse(format!("the contract asks for {asked} hours, care allows {end}"));
        }
        if min > host.hours_end() {
            return refuse(format!("the contract asks for {asked} hours, the curve ends at {end}"));
        }
        share(host.share_max, || format!("the share of host {name}"))?;
        let mut sold: Vec<usize> = host.brands.iter().map(|&(brand, _)| brand).collect();
        sold.sort_unstable();
        if let Some(pair) = sold.windows(2).find(|pair| pair[0] == pair[1]) {
            return refuse(format!("brand {} stands twice", pair[0]));
        }
        if let Some(brand) = sold.last().filter(|&&brand| brand >= self.brands.len()) {
            return refuse(format!("there is no brand {brand} of {}", self.brands.len()));
        }
        for &(brand, part) in &host.brands {
            share(Some(part), || format!("host {name}: the share of {}", self.brands[brand].name))?;
        }
        let whole: f64 = host.brands.iter().map(|&(_, share)| share).sum();
        if whole > 1.0 + 1e-9 {
            return refuse(format!("the shares of its brands sum to {whole}"));
        }
        Ok(())
    }

    fn check_slot(&self, slot: &Slot) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::Row(format!("slot {}: {what}", slot.name)));
        if !(slot.hours.is_finite() && slot.hours >= 0.0) {
            return refuse(format!("it holds {} hours", slot.hours));
        }
        let mut users = slot.hosts.clone().unwrap_or_default();
        users.sort_unstable();
        if users.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse("a host stands twice".to_owned());
        }
        match users.last() {
            Some(&host) if host >= self.hosts.len() => {
                refuse(format!("there is no host {host} of {}", self.hosts.len()))
            }
            _ => Ok(()),
        }
    }

    /// Refuses scenarios that don't fit the hosts, or too few of them for a tail.
    pub(super) fn check_scenarios(&self, scenarios: &Scenarios) -> Result<(), Error> {
        let (told, hosts) = (scenarios.hosts(), self.hosts.len());
        if told != hosts {
            let what = format!("the scenarios are of {told} hosts, the plan is of {hosts}");
            return Err(Error::Scenarios(what));
        }
        let (mass, count) = (scenarios.tail_mass(self.alpha), scenarios.len());
        if mass < 1.0 {
            let least = (1.0 / (1.0 - self.alpha) - 1e-9).ceil();
            return Err(Error::Scenarios(format!(
                "expected shortfall at {} wants at least {least} scenarios, there are {count}",
                self.alpha
            )));
        }
        Ok(())
    }
}

fn share(value: Option<f64>, what: impl FnOnce() -> String) -> Result<(), Error> {
    match value {
        Some(value) if !(0.0..=1.0).contains(&value) => {
            Err(Error::Row(format!("{} is {value}, not between 0 and 1", what())))
        }
        _ => Ok(()),
    }
}

fn unlike<'a>(names: impl Iterator<Item = &'a String>, what: &str) -> Result<(), Error> {
    let mut names: Vec<&String> = names.collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Error::Row(format!("two {what} are called {}", pair[0]))),
        None => Ok(()),
    }
}
