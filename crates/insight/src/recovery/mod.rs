//! After an incident: what did it cost, and are we back?
//!
//! A [`Panel`] of units over time, one of them treated from a start on, becomes a [`Recovery`]: the mean effect with its
//! interval, the counterfactual with its band, the donors with their weights, and the date of recovery or "not yet". Four
//! methods after Arkhangelsky et al. (2021, arXiv 1812.09970) compare with other units: synthetic difference-in-differences
//! (`sdid`), synthetic control with the stopping rule of the reference implementation (`sc`) and at its exact optimum
//! (`sc-exact`), difference-in-differences (`did`). One learns from the unit's own past too: Bayesian structural time series
//! (`bsts`; Brodersen et al. 2015). [`kaplan_meier`] sums recovery times up over many incidents.
//!
//! It says what went with an incident, under assumptions that every answer names; it does not prove a cause.

mod answer;
mod back;
mod bsts;
mod contrast;
mod donors;
mod error;
mod panel;
mod simplex;
mod survival;
mod time;

use std::str::FromStr;

use serde::Serialize;

pub use self::answer::{Effect, Point, Recovered, Recovery, TimeWeight, UnitWeight, Weights};
pub use self::back::{GAP_LEAST, PROBABILITY_LEAST};
pub use self::donors::{DONORS_WANTED, Donor, DonorRules};
pub use self::error::RecoveryError;
pub use self::panel::{Panel, PanelError, TIMES_MAX, UNITS_MAX, VALUE_MAX};
pub use self::survival::{Spell, SurvivalCurve, SurvivalStep, kaplan_meier};
pub use self::time::{NotATime, Time};

use self::contrast::{Setup, mean};
use crate::watch::Watch;

/// Times before the start that there must be.
pub const BEFORE_LEAST: usize = 3;
/// Donors that a placebo interval needs.
pub const DONORS_LEAST: usize = 3;

/// How the counterfactual is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Synthetic difference-in-differences: donors and times are weighted, levels may differ.
    #[default]
    Sdid,
    /// Synthetic control: donors are weighted, levels must match; stops where the reference implementation stops.
    Sc,
    /// Synthetic control at the optimum.
    ScExact,
    /// Difference-in-differences: all donors and times count alike.
    Did,
    /// Bayesian structural time series.
    Bsts,
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sdid, Self::Sc, Self::ScExact, Self::Did, Self::Bsts];

    /// Its name on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sdid => "sdid",
            Self::Sc => "sc",
            Self::ScExact => "sc-exact",
            Self::Did => "did",
            Self::Bsts => "bsts",
        }
    }
}

/// The text names no method.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of sdid, sc, sc-exact, did, bsts")]
pub struct NoMethod(String);

impl FromStr for Method {
    type Err = NoMethod;

    fn from_str(text: &str) -> Result<Self, NoMethod> {
        let named = Self::ALL.into_iter().find(|method| method.name() == text);
        named.ok_or_else(|| NoMethod(text.chars().take(40).collect()))
    }
}

/// In which terms units are compared; [`Method::Bsts`] finds its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Levels {
    /// As the values are given: a star and a beginner would move by the same amounts.
    #[default]
    AsGiven,
    /// As shares of each unit's own mean before the start: they would move by the same percentages. The answer comes back in
    /// the treated unit's own values.
    Indexed,
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The measured values.
    pub panel: &'a Panel,
    /// The unit that the incident struck.
    pub treated: &'a str,
    /// The first time that counts as struck.
    pub start: Time,
    /// How to find the counterfactual.
    pub method: Method,
    /// In which terms units are compared.
    pub levels: Levels,
    /// Who may be a donor.
    pub donors: &'a DonorRules,
    /// Seed of the sampler; only [`Method::Bsts`] draws anything.
    pub seed: u64,
}

/// Answers a question. The same question has the same answer, bit for bit.
///
/// # Errors
/// [`RecoveryError`] when the rows cannot answer it, or the work was stopped.
pub fn recover(question: &Question<'_>, watch: &dyn Watch) -> Result<Recovery, RecoveryError> {
    let Question { panel, treated, start, method, .. } = *question;
    let series = panel.series(treated);
    if series.is_empty() {
        return Err(RecoveryError::NoUnit { unit: treated.to_owned() });
    }
    let times = panel.times();
    let Ok(pre) = times.binary_search(&start) else {
        let (first, last) = (times[0], times[times.len() - 1]);
        return Err(RecoveryError::NoStart { start, first, last });
    };
    if pre < BEFORE_LEAST {
        return Err(RecoveryError::ShortBefore { found: pre, least: BEFORE_LEAST });
    }
    let mut donors = donors::choose(panel, treated, question.donors)?;
    if method == Method::Bsts {
        let varies = |values: &[f64]| bsts::varies(&values[..pre]);
        donors::leave_out(&mut donors, panel, varies, "it never changes before the start");
        let posterior = bsts::sample(series, &used(panel, &donors), pre, question.seed, watch)?;
        let posterior =
            posterior.ok_or_else(|| RecoveryError::Constant { unit: treated.to_owned() })?;
        return Ok(answer::from_posterior(question, pre, donors, posterior));
    }
    let used: Vec<Vec<f64>> = match question.levels {
        Levels::AsGiven => used(panel, &donors).into_iter().map(<[f64]>::to_vec).collect(),
        Levels::Indexed => indexed(panel, series, pre, treated, &mut donors)?,
    };
    if used.len() < DONORS_LEAST {
        let (method, found) = (method.name(), used.len());
        return Err(RecoveryError::FewDonors { method, found, least: DONORS_LEAST });
    }
    let setup = Setup { donors: used, treated: series, pre };
    let answer = contrast::estimate(&setup, method, watch)?;
    Ok(answer::from_contrast(question, &setup, donors, &answer))
}

/// The donors' values, each as if its mean before the start were the treated unit's.
fn indexed(
    panel: &Panel,
    series: &[f64],
    pre: usize,
    treated: &str,
    donors: &mut [Donor],
) -> Result<Vec<Vec<f64>>, RecoveryError> {
    if !has_level(series, pre) {
        return Err(RecoveryError::NoLevel { unit: treated.to_owned() });
    }
    let passes = |values: &[f64]| has_level(values, pre);
    donors::leave_out(donors, panel, passes, "its mean before the start is not well above zero");
    let own = mean(&series[..pre]);
    let index = |values: &[f64]| {
        let level = mean(&values[..pre]);
        values.iter().map(|value| value / level * own).collect()
    };
    Ok(used(panel, donors).into_iter().map(index).collect())
}

/// Whether shares of the mean before the start make sense: it is above zero, and no value is a million times as large.
fn has_level(values: &[f64], pre: usize) -> bool {
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    mean(&values[..pre]) > 1e-6 * largest
}

fn used<'a>(panel: &'a Panel, donors: &[Donor]) -> Vec<&'a [f64]> {
    donors.iter().filter(|donor| donor.used).map(|donor| panel.series(&donor.unit)).collect()
}
