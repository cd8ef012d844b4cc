//! Plan, simulate what the plan changes, plan again.
//!
//! Hours change hazards, so the scenarios that a plan was made from are not those that it makes. Each round plans against the
//! scenarios of the hours before and goes a part of the way there; the part is halved whenever the way turns back, since a linear
//! program leaps between corners, and grows again while it doesn't. What is reported was itself simulated.

use serde::Serialize;

use super::answer::Plan;
use super::conflict::numeric;
use super::cuts::{Goal, Optimum};
use super::model::Point;
use super::problem::Problem;
use super::scenarios::Scenarios;
use super::{Error, Planner};
use crate::watch::{Stage, Watch, Within};

/// What makes scenarios from hours.
pub trait Simulate {
    /// The scenarios when each host (in the order of the problem) is on air for `hours` in the period.
    ///
    /// Equal hours must give equal scenarios, and scenario s must use the same random numbers whatever the hours are (common
    /// random numbers): else rounds differ by chance and never settle.
    ///
    /// # Errors
    ///
    /// Why there are none, such as [`Error::Stopped`].
    fn losses(&mut self, hours: &[f64]) -> Result<Scenarios, Error>;
}

/// How rounds go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Damping {
    /// Which part of the way to a new plan a round goes, above 0 and up to 1. The first goes all of it.
    pub step: f64,
    /// Rounds at most, up to [`ROUNDS_MAX`].
    pub rounds_max: usize,
    /// What a new plan may gain, as a part of expected GMV, for rounds to end. Hours are no measure of it: plans of nearly equal
    /// worth can differ by hours.
    pub settled_gain: f64,
    /// How far expected shortfall may exceed its budget, as a part of it, and still count as within: the last rounds stand
    /// close to the budget on both sides.
    pub es_slack: f64,
}

/// Where no plan is within the budget, hours that move by less than this move nowhere.
const STUCK_HOURS: f64 = 0.01;

/// How the part of the way grows while it goes on in one direction.
const GROWTH: f64 = 1.5;

/// How much the budget aimed at may change in a round, as a part of it, …
const AIM_STEP: f64 = 0.01;

/// … and how far it may be below the budget.
const AIM_ROOM: f64 = 0.1;

/// No loop is longer; what has not settled by then leaps for good.
pub const ROUNDS_MAX: usize = 100;

impl Default for Damping {
    fn default() -> Self {
        Self { step: 0.5, rounds_max: 30, settled_gain: 1e-3, es_slack: 1e-3 }
    }
}

/// What one simulation said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Round {
    /// From 1.
    pub round: usize,
    /// Expected GMV of the hours simulated.
    pub expected_gmv: f64,
    /// Their expected shortfall.
    pub es: f64,
    /// Whether that is within the budget and its slack; true where there is no budget.
    pub within_budget: bool,
    /// By how much expected GMV of the plan for the same scenarios is more.
    pub gain_left: f64,
    /// The largest difference between the hours simulated and that plan.
    pub moved_hours: f64,
}

/// A plan whose figures come from a simulation of its own hours.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replanned {
    /// Hours, GMV and expected shortfall as simulated; prices are those of the plan for the same scenarios.
    #[serde(flatten)]
    pub plan: Plan,
    /// Whether a plan for its scenarios would sell no more. If not, it is the round with the most expected GMV
    /// within the budget, or else with the least expected shortfall.
    pub settled: bool,
    /// Every simulation of a plan.
    pub rounds: Vec<Round>,
}

/// Plans, simulates, and plans again until plans and hazards agree.
///
/// `today` are the hours simulated first (one for each host; brought between contract and maximum).
///
/// # Errors
///
/// Those of [`Planner::plan`], for any round's scenarios; [`Error::BudgetTooSmall`] with the least expected shortfall seen when
/// no round's scenarios leave a plan within the budget; [`Error::Stopped`]; [`Error::Row`] when `today` or `damping` makes no sense.
pub fn replan(
    problem: &Problem,
    today: &[f64],
    simulate: &mut impl Simulate,
    damping: Damping,
    watch: &dyn Watch,
) -> Result<Replanned, Error> {
    rounds(problem, today, simulate, damping, NextHours::Priced, watch)
}

/// Whether to work out what one more hour of each host costs; it takes a program for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextHours {
    Priced,
    LeftOut,
}

/// [`replan`]
pub(super) fn rounds(
    problem: &Problem,
    today: &[f64],
    simulate: &mut impl Simulate,
    damping: Damping,
    next: NextHours,
    watch: &dyn Watch,
) -> Result<Replanned, Error> {
    problem.check()?;
    check(problem, today, damping)?;
    let hosts = problem.hosts.iter().zip(today);
    let today: Vec<f64> =
        hosts.map(|(host, &hours)| hours.max(host.hours_min).min(host.hours_end())).collect();
    let rounds_max = damping.rounds_max as u64;
    let within =
        |done: usize| Within { watch, stage: Stage::Rounds, done: done as u64, all: rounds_max };
    let mut at = Target::new(problem, &simulate.losses(&today)?, &within(0))?.optimum.point;
    let mut rounds: Vec<Round> = Vec::new();
    let mut best: Option<(Round, Point, Scenarios, Problem)> = None;
    let mut aimed = problem.clone();
    let mut step = damping.step;
    let mut way_before: Vec<f64> = Vec::new();
    for number in 1..=damping.rounds_max {
        let watch = within(number - 1);
        watch.here()?;
        let scenarios = simulate.losses(&at.hours)?;
        let aim = aimed.clone();
        let mut target = Target::new(&aim, &scenarios, &watch)?;
        let round = target.round(number, &at, problem.es_budget, damping);
        rounds.push(round);
        let settled = round.gain_left <= damping.settled_gain * round.expected_gmv.abs();
        if settled && target.reached && round.within_budget {
            let plan = target.describe(&at, problem.es_budget, next)?;
            return Ok(Replanned { plan, settled, rounds });
        }
        let reached = target.reached;
        aimed.es_budget = next_aim(problem.es_budget, aim.es_budget, round.es);
        let to = &target.optimum.point;
        let way: Vec<f64> = at.gmv.iter().zip(&to.gmv).map(|(from, to)| to - from).collect();
        let turn: f64 = way.iter().zip(&way_before).map(|(now, before)| now * before).sum();
        step = if turn < 0.0 { step / 2.0 } else { f64::min(step * GROWTH, damping.step) };
        way_before = way;
        let further = target.planner.solver.model.between(&at, &target.optimum.point, step);
        if reached && best.as_ref().is_none_or(|(old, ..)| better(&round, old)) {
            best = Some((round, at, scenarios, aim));
        }
        if round.moved_hours <= STUCK_HOURS && !reached {
            break;
        }
        at = further;
    }
    let Some((_, at, scenarios, aim)) = best else {
        let least = rounds.iter().map(|round| round.es).fold(f64::INFINITY, f64::min);
        return Err(Error::BudgetTooSmall { budget: problem.es_budget.unwrap_or(least), least });
    };
    let watch = within(rounds.len() - 1);
    let mut target = Target::new(&aim, &scenarios, &watch)?;
    let plan = target.describe(&at, problem.es_budget, next)?;
    Ok(Replanned { plan, settled: false, rounds })
}

fn check(problem: &Problem, today: &[f64], damping: Damping) -> Result<(), Error> {
    let (hosts, told) = (problem.hosts.len(), today.len());
    if hosts != told {
        return Err(Error::Row(format!(
            "hours of today are of {told} hosts, the plan is of {hosts}"
        )));
    }
    if let Some(hours) = today.iter().find(|hours| !(hours.is_finite() && **hours >= 0.0)) {
        return Err(Error::Row(format!("a host is on air for {hours} hours today")));
    }
    if !(damping.step > 0.0 && damping.step <= 1.0) {
        return Err(Error::Row(format!("a step of {} is not a part of the way", damping.step)));
    }
    if !(1..=ROUNDS_MAX).contains(&damping.rounds_max) {
        return Err(Error::Row(format!("{} rounds are not 1 to {ROUNDS_MAX}", damping.rounds_max)));
    }
    Ok(())
}

/// The plan for some scenarios. Where they leave none within the budget, the one with the least expected shortfall:
/// its hours may have scenarios that do.
struct Target<'a> {
    planner: Planner<'a>,
    optimum: Optimum,
    reached: bool,
}

impl<'a> Target<'a> {
    fn new(
        problem: &'a Problem,
        scenarios: &'a Scenarios,
        watch: &'a dyn Watch,
    ) -> Result<Self, Error> {
        let mut planner = Planner::new(problem, scenarios)?.watched(watch);
        match planner.optimum(problem.es_budget) {
            Ok(optimum) => Ok(Self { planner, optimum, reached: true }),
            Err(Error::BudgetTooSmall { .. }) => {
                let optimum = planner.solver.solve(Goal::LeastEs).map_err(numeric)?;
                Ok(Self { planner, optimum, reached: false })
            }
            Err(error) => Err(error),
        }
    }

    /// What a point does under these scenarios, and how far it is from their plan.
    fn round(&mut self, round: usize, at: &Point, budget: Option<f64>, damping: Damping) -> Round {
        let tail = self.planner.solver.tails.tail(&at.gmv);
        let es = tail.es * self.planner.solver.model.unit;
        let expected_gmv = self.planner.expected(at);
        let over = |most: f64| es > most * (1.0 + damping.es_slack);
        let hours = at.hours.iter().zip(&self.optimum.point.hours);
        Round {
            round,
            expected_gmv,
            es,
            within_budget: !budget.is_some_and(over),
            gain_left: self.planner.expected(&self.optimum.point) - expected_gmv,
            moved_hours: hours.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max),
        }
    }

    /// The plan of a point, with the budget that was asked for rather than aimed at.
    fn describe(
        &mut self,
        at: &Point,
        budget: Option<f64>,
        next: NextHours,
    ) -> Result<Plan, Error> {
        let tail = self.planner.solver.tails.tail(&at.gmv);
        let mut plan = self.planner.describe(at, &tail, &self.optimum, next)?;
        plan.es_budget = budget;
        if let Some(budget) = budget {
            plan.duals
                .iter_mut()
                .filter(|dual| dual.name == "es")
                .for_each(|dual| dual.bound = budget);
        }
        Ok(plan)
    }
}

/// The budget that the next round plans for. A plan is fitted to the scenarios before it, so that its own often run a little over: what
/// they ran over is taken off, and given back when they run below.
fn next_aim(budget: Option<f64>, aim: Option<f64>, es: f64) -> Option<f64> {
    let (budget, aim) = (budget?, aim?);
    if !(es > 0.0 && budget > 0.0) {
        return Some(budget);
    }
    let step = (budget / es).clamp(1.0 - AIM_STEP, 1.0 + AIM_STEP);
    Some((aim * step).clamp((1.0 - AIM_ROOM) * budget, budget))
}

/// Within the budget goes before GMV; outside it, less expected shortfall is better.
fn better(new: &Round, old: &Round) -> bool {
    match (new.within_budget, old.within_budget) {
        (true, true) => new.expected_gmv > old.expected_gmv,
        (false, false) => new.es < old.es,
        (within, _) => within,
    }
}
