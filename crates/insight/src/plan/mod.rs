//! A diversified plan: how many hours each host is on air, what that sells, and what each limit costs.
//!
//! Maximises expected GMV `Σ y_i (1 − ξ̄_i)`, where `y_i` is what host i sells in the hours planned (each further hour no more
//! than the one before) and `ξ_si` the share of it that scenario s takes, subject to
//!
//! - expected shortfall `ES_α(Σ ξ_si y_i)` up to a budget,
//! - hours between contract and care maximum,
//! - hours in slots, a host's share of all GMV, a brand's share of all GMV, a host's share of a brand's GMV.
//!
//! Expected shortfall is that of Rockafellar & Uryasev (J. Risk 2(3), 2000), and the program is solved by cutting planes (Künzi-Bay
//! & Mayer, Comput. Manag. Sci. 3, 2006). [`Planner`] plans for scenarios that are given; [`replan`] plans, has the plan
//! simulated, since hours change hazards, and plans again. [`Constraints`] reads a user's limits from a file.
//!
//! It rosters nobody: it knows hours in a period, not days and nights, so that breaks and night work are left to who makes the
//! roster. It makes no scenarios. Nothing here reads a clock or a random source, and one thread does all.

mod answer;
mod conflict;
mod constraints;
mod cuts;
mod exposed;
mod full;
mod lp;
mod model;
mod problem;
mod replan;
mod report;
mod scenarios;
#[cfg(test)]
mod tests;
mod words;

pub use answer::{Dual, Frontier, FrontierPoint, NextHour, Plan, PlannedHost, SlotHours, Unit};
pub use constraints::{
    BrandLimits, Constraints, EsLimit, HostLimits, Rest, SlotLimits, TotalHours,
};
pub use cuts::Method;
pub use exposed::{Exposed, Measured, SCENARIOS, SCENARIOS_MAX, SCENARIOS_MIN};
pub use problem::{Block, Brand, Host, Problem, Slot};
pub use replan::{Damping, ROUNDS_MAX, Replanned, Round, Simulate, replan};
pub use report::{
    AtElasticity, Ends, FrontierFile, MeasuredToday, Options, Outcome, PlanFile, SettledPoint,
    report,
};
pub use scenarios::Scenarios;

use crate::concentration::concentration;
use crate::exposure::model::ModelError;
use crate::watch::{Stage, Stopped, Watch};
use answer::{Prices, View, limit_name};
use conflict::numeric;
use cuts::{Goal, Optimum, Solver};
use lp::Failure;
use model::{Model, Point};
use replan::NextHours;
use scenarios::{Tail, Tails};

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A row of the problem makes no sense by itself.
    #[error("{0}")]
    Row(String),
    /// The scenarios don't fit the hosts, or are too few.
    #[error("{0}")]
    Scenarios(String),
    /// The file of constraints can't be read, or speaks of who isn't there.
    #[error("constraints: {0}")]
    Constraints(String),
    /// The files of an analysis that a plan is made from don't fit each other, or leave nothing to plan.
    #[error("{0}")]
    Exposure(String),
    /// No scenario can be drawn for the hours that hosts may have.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Limits that cannot be kept together.
    #[error("{0}")]
    Contradiction(String),
    /// No plan that keeps the other limits has so little expected shortfall. Currency.
    #[error(
        "the budget of ES is {}, the least that the other limits allow is {}",
        words::figure(*budget),
        words::figure(*least)
    )]
    BudgetTooSmall {
        /// The budget asked for.
        budget: f64,
        /// The least that can be had.
        least: f64,
    },
    /// Who watches asked to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The solver could not reach an answer that it can vouch for.
    #[error("the plan could not be computed: {0}")]
    Numeric(String),
}

/// How many points a frontier may have; more are asked for in vain.
pub const FRONTIER_POINTS_MAX: usize = 200;

/// Room above the least expected shortfall at the frontier's tight end, in parts of which the whole GMV makes 10⁴: the
/// program there must not be empty by rounding.
const LEAST_ROOM: f64 = 1e-6;

/// Plans for one problem and one set of scenarios. Cuts found for one budget serve all others.
pub struct Planner<'a> {
    problem: &'a Problem,
    scenarios: &'a Scenarios,
    solver: Solver<'a>,
}

impl<'a> Planner<'a> {
    /// Checks the rows and their limits against each other.
    ///
    /// # Errors
    ///
    /// [`Error::Row`], [`Error::Scenarios`] or [`Error::Contradiction`], each with what is wrong; [`Error::Numeric`] when the
    /// limits cannot be judged.
    pub fn new(problem: &'a Problem, scenarios: &'a Scenarios) -> Result<Self, Error> {
        problem.check()?;
        problem.check_scenarios(scenarios)?;
        conflict::check_caps(problem)?;
        conflict::check_slots(problem)?;
        let model = Model::new(problem, scenarios);
        let solver = Solver::new(model, Tails::new(scenarios, problem.alpha));
        Ok(Self { problem, scenarios, solver })
    }

    /// Has somebody asked before each cut whether to go on.
    #[must_use]
    pub fn watched(mut self, watch: &'a dyn Watch) -> Self {
        self.solver.watch = watch;
        self
    }

    /// The plan for the problem's budget.
    ///
    /// # Errors
    ///
    /// [`Error::BudgetTooSmall`], [`Error::Contradiction`] or [`Error::Numeric`].
    pub fn plan(&mut self) -> Result<Plan, Error> {
        let optimum = self.optimum(self.problem.es_budget)?;
        self.describe(&optimum.point, &optimum.tail, &optimum, NextHours::Priced)
    }

    /// The least expected shortfall that the other limits allow. Currency.
    ///
    /// # Errors
    ///
    /// [`Error::Contradiction`] when the other limits allow nothing, or [`Error::Numeric`].
    pub fn least_es(&mut self) -> Result<f64, Error> {
        match self.solver.solve(Goal::LeastEs) {
            Ok(optimum) => Ok(optimum.tail.es * self.solver.model.unit),
            Err(Failure::Infeasible) => Err(conflict::explain(self.problem, &self.solver.model)),
            Err(failure) => Err(numeric(failure)),
        }
    }

    /// What less risk costs: `points` budgets (2 to [`FRONTIER_POINTS_MAX`]) at even distances between the least expected
    /// shortfall and that of the plan without a budget.
    ///
    /// # Errors
    ///
    /// [`Error::Contradiction`], [`Error::Numeric`] or [`Error::Stopped`].
    pub fn frontier(&mut self, points: usize, watch: &dyn Watch) -> Result<Frontier, Error> {
        let free = self.optimum(None)?;
        let unit = self.solver.model.unit;
        let (most, gained) = (free.tail.es * unit, self.expected(&free.point));
        let least = self.least_es()?.min(most);
        let steps = points.clamp(2, FRONTIER_POINTS_MAX) - 1;
        let mut frontier = Frontier {
            alpha: self.problem.alpha,
            hosts: self.problem.hosts.iter().map(|host| host.name.clone()).collect(),
            expected_gmv_free: gained,
            es_least: least,
            points: Vec::with_capacity(steps + 1),
        };
        // From the loose end: cuts of one budget are mostly near those of the next.
        for step in (0..=steps).rev() {
            watch.at(Stage::Budgets, (steps - step) as u64, steps as u64 + 1)?;
            let budget = least + (most - least) * (step as f64 / steps as f64);
            let optimum = self.optimum(Some(budget + LEAST_ROOM * unit))?;
            let prices = Prices::new(&self.solver.model, &optimum).map_err(numeric)?;
            let expected_gmv = self.expected(&optimum.point);
            frontier.points.push(FrontierPoint {
                es_budget: budget,
                es: optimum.tail.es * unit,
                es_se: optimum.tail.es_se * unit,
                expected_gmv,
                expected_gmv_se: optimum.tail.mean_se * unit,
                gmv_given_up: (gained - expected_gmv).max(0.0),
                es_price: prices.es,
                effective_hosts: concentration(&optimum.point.gmv).effective,
                hours: optimum.point.hours,
            });
        }
        frontier.points.reverse();
        Ok(frontier)
    }

    /// The optimum for a budget in currency, or why there is none.
    fn optimum(&mut self, budget: Option<f64>) -> Result<Optimum, Error> {
        let es_max = budget.map_or(f64::INFINITY, |budget| budget / self.solver.model.unit);
        match self.solver.solve(Goal::Gmv { es_max }) {
            Ok(optimum) => Ok(optimum),
            Err(Failure::Infeasible) => {
                let least = self.least_es()?;
                match budget {
                    Some(budget) if budget < least => Err(Error::BudgetTooSmall { budget, least }),
                    _ => Err(numeric(Failure::Infeasible)),
                }
            }
            Err(failure) => Err(numeric(failure)),
        }
    }

    fn expected(&self, point: &Point) -> f64 {
        let model = &self.solver.model;
        let sold = point.gmv.iter().zip(&model.mean);
        sold.map(|(gmv, mean)| gmv * (1.0 - mean)).sum::<f64>() * model.unit
    }

    /// What a point does under these scenarios, with the prices of an optimum under them.
    fn describe(
        &self,
        point: &Point,
        tail: &Tail,
        optimum: &Optimum,
        next: NextHours,
    ) -> Result<Plan, Error> {
        let model = &self.solver.model;
        let prices = Prices::new(model, optimum).map_err(numeric)?;
        let (problem, scenarios) = (self.problem, self.scenarios.len());
        let next = match next {
            NextHours::Priced => prices.of_next_hours(problem, model, optimum),
            NextHours::LeftOut => vec![None; problem.hosts.len()],
        };
        let errors = self.solver.tails.errors(&point.gmv, tail);
        Ok(View { problem, model, scenarios, point, tail, errors, prices, next }.plan(optimum))
    }
}
