//! What a scenario is drawn from: hosts with their rates and sales, how long they are dark, how sales come back, who takes
//! over. Plain numbers that a file can hold; nothing is estimated here and nothing is drawn.

use serde::{Deserialize, Serialize};

/// Incidents that a horizon may bring on average; beyond it a scenario is no longer a few incidents.
pub const INCIDENTS_MAX: f64 = 1000.0;
/// Hosts for which it is known who takes over; the others' substitutes are taken as never dark.
pub const SHARED_MAX: usize = 512;

/// A figure at three levels of substitution. "Low" is low substitution, so the loss is highest there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Levels<T> {
    /// With low substitution.
    pub low: T,
    /// With substitution as estimated.
    pub mid: T,
    /// With high substitution.
    pub high: T,
}

impl<T> Levels<T> {
    /// The same made of each level.
    pub fn map<U>(self, mut make: impl FnMut(T) -> U) -> Levels<U> {
        Levels { low: make(self.low), mid: make(self.mid), high: make(self.high) }
    }

    /// References to each level.
    pub fn as_ref(&self) -> Levels<&T> {
        Levels { low: &self.low, mid: &self.mid, high: &self.high }
    }

    /// Low, mid, high.
    pub fn into_array(self) -> [T; 3] {
        [self.low, self.mid, self.high]
    }

    /// From low, mid, high.
    pub fn from_array([low, mid, high]: [T; 3]) -> Self {
        Self { low, mid, high }
    }
}

/// All that scenarios are drawn from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Days that a scenario looks ahead.
    pub horizon_days: f64,
    /// Hosts, the largest first.
    pub hosts: Vec<HostModel>,
    /// Names of the brands that [`BrandShare`]s count.
    pub brands: Vec<String>,
    /// How long a host is dark after an incident.
    pub dark: Dark,
    /// How sales come back.
    pub after: After,
    /// What an incident does to sales of others.
    pub spill: Spill,
    /// For each of the first hosts, which part of what is substituted goes to each of the same hosts: rows of equal
    /// length, no longer than [`SHARED_MAX`], each with a sum of at most 1. May be empty.
    pub substitutes: Vec<Vec<f32>>,
}

/// One host of a [`Model`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostModel {
    /// Its name.
    pub host: String,
    /// Incidents a day of the horizon.
    pub incidents_per_day: f64,
    /// Incidents are drawn at this rate and kept at [`HostModel::incidents_per_day`], which is not above it. Two models with
    /// the same ceilings meet the same incidents, more or fewer of them. Without it the rate itself is the ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceiling_per_day: Option<f64>,
    /// Net sales a day while nothing is wrong, in units of the currency.
    pub gmv_per_day: f64,
    /// Which part of the loss others take over; below zero when they lose too. From −1 to 1.
    pub substitution: Levels<f64>,
    /// The host's sales by brand; parts of 1.
    pub brands: Vec<BrandShare>,
}

/// A brand's part of a host's sales.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandShare {
    /// Its place in [`Model::brands`].
    pub brand: u32,
    /// Part of the host's sales.
    pub share: f64,
}

/// How many days a host is dark after an incident.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Dark {
    /// Log-normal, and with probability `none` not at all.
    LogNormal {
        /// Probability of no dark day.
        none: f64,
        /// Days that half of the dark episodes exceed.
        median_days: f64,
        /// Standard deviation of the logarithm of days.
        sigma: f64,
    },
    /// Exponential.
    Exponential {
        /// Days on average.
        mean_days: f64,
    },
}

/// How sales come back after the return: a part `depth` · e^(−t / `recovery_days`) is missing t days after it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// Part of the sales that is missing at the return, 0 to 1.
    pub depth: f64,
    /// Days until 63 % of it is back.
    pub recovery_days: f64,
}

/// What an incident does to sales of others for as long as it lasts. Zero unless a user says otherwise: single platforms have too few
/// incidents to estimate it, and what is measured as substitution already has it inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spill {
    /// Part of a brand's sales with other hosts that is lost, for a brand that hangs wholly on the host; a brand that
    /// hangs on it by a third loses a third of that.
    pub brand: f64,
    /// Part of everybody else's sales that is lost.
    pub platform: f64,
}

/// What is wrong with a model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A number that is not one, or out of its range.
    #[error("{what} must be {range}, and is {value}")]
    Range {
        /// Which number.
        what: &'static str,
        /// What it may be.
        range: &'static str,
        /// What it is.
        value: f64,
    },
    /// More incidents than a scenario holds.
    #[error("{found:.0} incidents are expected over the horizon; {INCIDENTS_MAX} at most")]
    TooMany {
        /// How many.
        found: f64,
    },
    /// A brand's place that no brand has.
    #[error("host {host} sells brand number {brand}, and there are {brands}")]
    Brand {
        /// The host.
        host: String,
        /// The number.
        brand: u32,
        /// How many brands there are.
        brands: usize,
    },
    /// Rows of substitutes that do not fit.
    #[error(
        "substitutes must be a square of at most {SHARED_MAX} rows, no more than hosts, each with parts of at most 1 in all"
    )]
    Substitutes,
}

impl Model {
    /// Whether scenarios can be drawn from it.
    pub fn check(&self) -> Result<(), ModelError> {
        let within = |what, range, value: f64, from: f64, to: f64| {
            let fine = value >= from && value <= to;
            if fine { Ok(()) } else { Err(ModelError::Range { what, range, value }) }
        };
        within(
            "horizon_days",
            "above 0 and at most 10⁹",
            self.horizon_days,
            f64::MIN_POSITIVE,
            1e9,
        )?;
        within("depth", "0 to 1", self.after.depth, 0.0, 1.0)?;
        within("recovery_days", "above 0", self.after.recovery_days, f64::MIN_POSITIVE, 1e9)?;
        within("spill to brands", "0 to 1", self.spill.brand, 0.0, 1.0)?;
        within("spill to the platform", "0 to 1", self.spill.platform, 0.0, 1.0)?;
        match self.dark {
            Dark::LogNormal { none, median_days, sigma } => {
                within("none", "0 to 1", none, 0.0, 1.0)?;
                within("median_days", "above 0", median_days, f64::MIN_POSITIVE, 1e6)?;
                within("sigma", "0 to 10", sigma, 0.0, 10.0)?;
            }
            Dark::Exponential { mean_days } => {
                within("mean_days", "above 0", mean_days, f64::MIN_POSITIVE, 1e6)?
            }
        }
        for host in &self.hosts {
            within("incidents_per_day", "0 or more", host.incidents_per_day, 0.0, f64::MAX)?;
            within(
                "ceiling_per_day",
                "no less than incidents_per_day",
                host.ceiling(),
                host.incidents_per_day,
                f64::MAX,
            )?;
            within("gmv_per_day", "0 or more", host.gmv_per_day, 0.0, 1e15)?;
            for level in host.substitution.into_array() {
                within("substitution", "−1 to 1", level, -1.0, 1.0)?;
            }
            for brand in &host.brands {
                within("a brand's share", "0 to 1", brand.share, 0.0, 1.0 + 1e-9)?;
                if brand.brand as usize >= self.brands.len() {
                    let (host, brands) = (host.host.clone(), self.brands.len());
                    return Err(ModelError::Brand { host, brand: brand.brand, brands });
                }
            }
        }
        let found = self.incidents();
        if found > INCIDENTS_MAX {
            return Err(ModelError::TooMany { found });
        }
        let rows = self.substitutes.len();
        let fits = |row: &Vec<f32>| {
            row.len() == rows
                && row.iter().all(|part| *part >= 0.0)
                && row.iter().sum::<f32>() <= 1.0 + 1e-4
        };
        if rows > self.hosts.len().min(SHARED_MAX) || !self.substitutes.iter().all(fits) {
            return Err(ModelError::Substitutes);
        }
        Ok(())
    }

    /// Incidents that are drawn over the horizon on average, before any is left out by a ceiling.
    #[must_use]
    pub fn incidents(&self) -> f64 {
        self.hosts.iter().map(HostModel::ceiling).sum::<f64>() * self.horizon_days
    }
}

impl HostModel {
    /// The rate at which incidents are drawn.
    #[must_use]
    pub fn ceiling(&self) -> f64 {
        self.ceiling_per_day.unwrap_or(self.incidents_per_day)
    }
}
