//! GMV at risk with both kinds of uncertainty: what more scenarios would narrow (standard errors), and what only more data would
//! (intervals over models drawn from what the data leave open, all meeting the same random numbers).

use std::num::NonZeroU32;

use super::estimate::Estimates;
use super::model::{Levels, Model, ModelError};
use super::scenario::Engine;
use super::simulate::{Losses, Run, TailDays, simulate, tail_days};
use super::spread::Interval;
use super::tail::{Contributions, Tail, contributions};
use crate::draws::{Domain, Stream};
use crate::watch::{Stage, Stopped, Unwatched, Watch};

/// Models that are drawn for the intervals.
pub const PARAMETER_DRAWS: u32 = 200;
/// Scenarios of each of them, unless alpha asks for more.
const SCENARIOS_EACH: u64 = 20_000;
/// Scenarios beyond alpha that there must be at least.
pub const TAIL_LEAST: f64 = 10.0;

/// What is at risk.
#[derive(Clone, Debug)]
pub struct Risk {
    /// What it was drawn from.
    pub model: Model,
    /// VaR, ES and mean.
    pub tails: Levels<Tail>,
    /// Who ES comes from, in the order of [`Model::hosts`] and [`Model::brands`].
    pub contributions: Levels<Contributions>,
    /// 95 % intervals.
    pub intervals: Intervals,
    /// Models behind the intervals.
    pub parameter_draws: u32,
    /// Scenarios of each of them.
    pub scenarios_each: u64,
}

/// 95 % intervals over models that fit the data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intervals {
    /// Of value at risk.
    pub var: Interval,
    /// Of expected shortfall.
    pub es: Interval,
    /// Of the mean.
    pub mean: Interval,
    /// Of each host's contribution.
    pub hosts: Vec<Interval>,
    /// Of each brand's contribution.
    pub brands: Vec<Interval>,
}

/// Why nothing was simulated.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RiskError {
    /// The data make a model that no scenario can be drawn from.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Somebody stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Simulates. `draws` models are drawn for the intervals.
pub fn risk(
    estimates: &Estimates,
    run: &Run,
    alpha: f64,
    draws: NonZeroU32,
    watch: &dyn Watch,
) -> Result<Risk, RiskError> {
    let model = estimates.model();
    let engine = Engine::new(&model)?;
    let losses = simulate(&engine, run, watch)?;
    let tails = losses.by_level.as_ref().map(|losses| Tail::of(losses, alpha));
    let days = all_days(&engine, run, &losses, &tails, watch)?;
    let contributions = Levels {
        low: contributions(&engine, &days.low, 0),
        mid: contributions(&engine, &days.mid, 1),
        high: contributions(&engine, &days.high, 2),
    };
    let least = libm::ceil(TAIL_LEAST / (1.0 - alpha)) as u64;
    let each = Run { scenarios: run.scenarios.min(SCENARIOS_EACH.max(least)), ..*run };
    let intervals = intervals(estimates, &each, alpha, draws.get(), watch)?;
    let (parameter_draws, scenarios_each) = (draws.get(), each.scenarios);
    Ok(Risk { model, tails, contributions, intervals, parameter_draws, scenarios_each })
}

fn all_days(
    engine: &Engine,
    run: &Run,
    losses: &Losses,
    tails: &Levels<Tail>,
    watch: &dyn Watch,
) -> Result<Levels<TailDays>, Stopped> {
    let days = |losses: &[f64], tail: &Tail| tail_days(engine, run, losses, tail, watch);
    let by_level = &losses.by_level;
    Ok(Levels {
        low: days(&by_level.low, &tails.low)?,
        mid: days(&by_level.mid, &tails.mid)?,
        high: days(&by_level.high, &tails.high)?,
    })
}

fn intervals(
    estimates: &Estimates,
    run: &Run,
    alpha: f64,
    draws: u32,
    watch: &dyn Watch,
) -> Result<Intervals, RiskError> {
    let (mut var, mut es, mut mean) = (Vec::new(), Vec::new(), Vec::new());
    let (mut hosts, mut brands) = (Vec::new(), Vec::new());
    for number in 0..draws {
        watch.at(Stage::Parameters, u64::from(number), u64::from(draws))?;
        let mut stream = Stream::new(run.seed, Domain::Parameter, u64::from(number));
        let engine = Engine::new(&estimates.with(&estimates.draw(&mut stream)))?;
        let losses = simulate(&engine, run, &Unwatched)?.by_level.mid;
        let tail = Tail::of(&losses, alpha);
        let days = tail_days(&engine, run, &losses, &tail, &Unwatched)?;
        let parts = contributions(&engine, &days, 1);
        var.push(tail.var);
        es.push(tail.es);
        mean.push(tail.mean);
        hosts.push(parts.hosts);
        brands.push(parts.brands);
    }
    Ok(Intervals {
        var: middle(var),
        es: middle(es),
        mean: middle(mean),
        hosts: by_place(&hosts),
        brands: by_place(&brands),
    })
}

/// The interval of each place of several lists of one length.
fn by_place(lists: &[Vec<f64>]) -> Vec<Interval> {
    let places = lists.first().map_or(0, Vec::len);
    (0..places).map(|place| middle(lists.iter().map(|list| list[place]).collect())).collect()
}

/// What 95 of 100 values are within.
pub(super) fn middle(mut values: Vec<f64>) -> Interval {
    if values.is_empty() {
        return [0.0, 0.0];
    }
    values.sort_by(f64::total_cmp);
    let last = (values.len() - 1) as f64;
    [0.025, 0.975].map(|chance| {
        let place = chance * last;
        let (below, inside) = (libm::floor(place), place - libm::floor(place));
        let (low, high) = (values[below as usize], values[libm::ceil(place) as usize]);
        low + inside * (high - low)
    })
}
