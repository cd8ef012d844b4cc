//! `plan.json` and `frontier.json`: a plan from an analysis of exposure, with what it changes, what it costs, how sure that is, and
//! what it rests on.

use serde::Serialize;
use units::Currency;

use super::answer::{FrontierPoint, Plan};
use super::constraints::Constraints;
use super::exposed::{ALL_HOURS, Exposed, Platform, Simulated};
use super::problem::Problem;
use super::replan::{Damping, NextHours, Replanned, replan, rounds};
use super::scenarios::{Scenarios, Tail, Tails};
use super::{Error, FRONTIER_POINTS_MAX, words};
use crate::concentration::concentration;
use crate::exposure::model::Levels;
use crate::exposure::report::{Said, VERSION};
use crate::exposure::spread::Interval;
use crate::watch::{Stage, Watch, Within};

/// The tight end of a frontier, as a part of the shortfall without a budget; less only where the plan has less.
const LOW_END: f64 = 0.25;

/// Rounds of a point of the frontier.
const POINT_ROUNDS_MAX: usize = 12;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Names the random numbers; that of the exposure when absent.
    pub seed: Option<u64>,
    /// Scenarios of each simulation, brought between [`super::SCENARIOS_MIN`] and [`super::SCENARIOS_MAX`].
    pub scenarios: u64,
    /// Points of the frontier, 2 to [`FRONTIER_POINTS_MAX`].
    pub points: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: None, scenarios: super::SCENARIOS, points: 11 }
    }
}

/// Sales and losses of some hours over the horizon, as simulated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// GMV before losses.
    pub gmv: f64,
    /// GMV less the mean loss.
    pub expected_gmv: f64,
    /// Its standard error.
    pub expected_gmv_se: f64,
    /// The loss that is exceeded with probability 1 − α at most.
    pub var: f64,
    /// Expected shortfall.
    pub es: f64,
    /// Its standard error.
    pub es_se: f64,
    /// 1 / Σ share².
    pub effective_hosts: f64,
}

/// The hours of the plan if a further hour sells more or less than the curves say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtElasticity {
    /// Weekly sales ~ hours^elasticity.
    pub elasticity: f64,
    /// What the hours of the plan do then.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The ends of the elasticity's 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ends<T> {
    /// The lower.
    pub low: T,
    /// The upper.
    pub high: T,
}

/// What the exposure says of today, with more scenarios and over all that the data leave open.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MeasuredToday {
    /// Expected shortfall.
    pub es: f64,
    /// Its 95 % interval.
    pub es_interval: Interval,
    /// Its standard error by simulation.
    pub es_se: f64,
}

/// `plan.json`. Hours are a week; amounts are over the horizon, in units of the currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlanFile {
    /// [`VERSION`].
    pub version: u32,
    /// Of all amounts.
    pub currency: Currency,
    /// Days that scenarios look ahead.
    pub horizon_days: f64,
    /// Names the random numbers.
    pub seed: u64,
    /// The plan as last simulated, its prices, and the way there.
    #[serde(flatten)]
    pub planned: Replanned,
    /// The hours of today under the same random numbers, so that differences to the plan have little error.
    pub now: Outcome,
    /// 1 / Σ share² of the plan.
    pub effective_hosts: f64,
    /// The plan at three levels of substitution; `mid` is the plan.
    pub by_substitution: Levels<Outcome>,
    /// The plan at the ends of what the data leave open about a further hour.
    pub by_elasticity: Ends<AtElasticity>,
    /// Expected GMV that one more unit of the budget would bring, by the slope of the frontier around the plan: hazards follow hours
    /// there. The `es` of `duals` takes what a host loses of its sales as given, and is higher.
    pub es_price: f64,
    /// The plan in as many scenarios that it was not fitted to.
    pub held_out: Outcome,
    /// The exposure's own figures of today.
    pub exposure: MeasuredToday,
}

/// `frontier.json`: what less risk costs. Each point is planned and simulated by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrontierFile {
    /// [`VERSION`].
    pub version: u32,
    /// Of all amounts.
    pub currency: Currency,
    /// Days that scenarios look ahead.
    pub horizon_days: f64,
    /// Names the random numbers.
    pub seed: u64,
    /// Of each simulation.
    pub scenarios: usize,
    /// Level of expected shortfall.
    pub alpha: f64,
    /// The names for [`FrontierPoint::hours`].
    pub hosts: Vec<String>,
    /// The hours of today.
    pub now: Outcome,
    /// Their hours, by host.
    pub hours_now: Vec<f64>,
    /// Expected GMV without a budget.
    pub expected_gmv_free: f64,
    /// Expected shortfall of the hours that contracts ask for; caps may leave no plan with so little.
    pub es_least: f64,
    /// From a quarter of the expected shortfall without a budget (less where the plan has less, more where contracts ask for more) to all
    /// of it. `es_price` is the slope there.
    pub points: Vec<SettledPoint>,
    /// What the figures rest on.
    pub assumptions: Vec<Said>,
}

/// A point of the frontier, and whether rounds came to an end there.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettledPoint {
    /// The point.
    #[serde(flatten)]
    pub point: FrontierPoint,
    /// Whether a plan for its scenarios would sell no more.
    pub settled: bool,
}

/// Plans, simulates and plans again within a user's limits; and does the same along the frontier.
///
/// # Errors
///
/// [`Error::Exposure`] when the files don't fit each other, [`Error::Model`] when no scenario can be drawn,
/// [`Error::Constraints`], [`Error::Row`] and [`Error::Contradiction`] when limits make no sense, [`Error::BudgetTooSmall`] with the
/// least that can be had, [`Error::Stopped`], [`Error::Numeric`].
pub fn report(
    exposed: &Exposed,
    constraints: &Constraints,
    options: &Options,
    watch: &dyn Watch,
) -> Result<(PlanFile, FrontierFile), Error> {
    let seed = options.seed.unwrap_or(exposed.scenarios.run.seed);
    let scenarios = options.scenarios.clamp(super::SCENARIOS_MIN, super::SCENARIOS_MAX);
    let mut platform = Platform::new(exposed, constraints, seed)?;
    let today = platform.scenarios(&platform.today, 0, scenarios, watch)?.mid;
    let now = outcome(&platform.problem, &today, &platform.sold);
    drop(today);
    if let Some(part) = constraints.es.part_of_now {
        platform.problem.es_budget = Some(part * now.es);
    }
    let reporter = Reporter { exposed, constraints, platform: &platform, scenarios, now };
    let mut planned = reporter.replan(&platform.problem, &platform.today, watch)?;
    for (host, hours) in planned.plan.hosts.iter_mut().zip(&platform.today) {
        host.hours_now = Some(*hours);
    }
    let frontier = reporter.frontier(&planned, options.points, watch)?;
    Ok((reporter.plan(planned, &frontier.points, watch)?, frontier))
}

struct Reporter<'a> {
    exposed: &'a Exposed,
    constraints: &'a Constraints,
    platform: &'a Platform,
    scenarios: u64,
    now: Outcome,
}

impl Reporter<'_> {
    /// As many rounds as a point of the frontier has; a point that they don't settle is marked.
    fn replan_point(
        &self,
        problem: &Problem,
        from: &[f64],
        watch: &dyn Watch,
    ) -> Result<Replanned, Error> {
        let mut simulate = Simulated { platform: self.platform, scenarios: self.scenarios, watch };
        let damping = Damping { rounds_max: POINT_ROUNDS_MAX, ..Damping::default() };
        rounds(problem, from, &mut simulate, damping, NextHours::LeftOut, watch)
    }

    fn replan(
        &self,
        problem: &Problem,
        from: &[f64],
        watch: &dyn Watch,
    ) -> Result<Replanned, Error> {
        let mut simulate = Simulated { platform: self.platform, scenarios: self.scenarios, watch };
        replan(problem, from, &mut simulate, Damping::default(), watch)
    }

    fn plan(
        &self,
        mut planned: Replanned,
        frontier: &[SettledPoint],
        watch: &dyn Watch,
    ) -> Result<PlanFile, Error> {
        let (platform, problem) = (self.platform, &self.platform.problem);
        let plan = &mut planned.plan;
        let hours: Vec<f64> = plan.hosts.iter().map(|host| host.hours).collect();
        let gmv: Vec<f64> = plan.hosts.iter().map(|host| host.gmv).collect();
        let scenarios = platform.scenarios(&hours, 0, self.scenarios, watch)?;
        let others = platform.scenarios(&hours, self.scenarios, self.scenarios, watch)?.mid;
        plan.assumptions.extend(self.said());
        let at = |elasticity: f64| AtElasticity {
            elasticity,
            outcome: outcome(problem, &scenarios.mid, &self.sold_at(elasticity, &hours)),
        };
        let [low, high] = self.exposed.curves.curves.elasticity_interval;
        let measured = &self.exposed.measured;
        Ok(PlanFile {
            version: VERSION,
            currency: measured.currency,
            horizon_days: platform.horizon_days,
            seed: platform.seed,
            now: self.now,
            effective_hosts: concentration(&gmv).effective,
            es_price: price_at(frontier, planned.plan.es),
            by_elasticity: Ends { low: at(low), high: at(high) },
            held_out: outcome(problem, &others, &gmv),
            exposure: MeasuredToday {
                es: measured.es,
                es_interval: measured.es_interval,
                es_se: measured.es_standard_error,
            },
            by_substitution: scenarios.map(|scenarios| outcome(problem, &scenarios, &gmv)),
            planned,
        })
    }

    /// What each host sells in `hours` if weekly sales go with this power of them.
    fn sold_at(&self, elasticity: f64, hours: &[f64]) -> Vec<f64> {
        let platform = self.platform;
        let hosts = platform.sold.iter().zip(&platform.today).zip(hours);
        hosts.map(|((sold, today), hours)| sold * libm::pow(hours / today, elasticity)).collect()
    }

    fn frontier(
        &self,
        planned: &Replanned,
        points: usize,
        watch: &dyn Watch,
    ) -> Result<FrontierFile, Error> {
        let (platform, steps) = (self.platform, points.clamp(2, FRONTIER_POINTS_MAX) - 1);
        let within = |step: usize| Within {
            watch,
            stage: Stage::Budgets,
            done: step as u64,
            all: steps as u64 + 1,
        };
        let mut problem = platform.problem.clone();
        problem.es_budget = None;
        let mut from = hours(&planned.plan);
        let free = self.replan_point(&problem, &from, &within(0))?;
        let (most, gained) = (free.plan.es, free.plan.expected_gmv);
        let least = self.contracts(watch)?;
        let low = f64::max(least, f64::min(LOW_END * most, planned.plan.es)).min(most);
        from = hours(&free.plan);
        let mut found = vec![point(free, most, gained)];
        // From the loose end: the hours of one budget are near those of the next.
        for step in (0..steps).rev() {
            let watch = within(steps - step);
            watch.here()?;
            let budget = low + (most - low) * (step as f64 / steps as f64);
            problem.es_budget = Some(budget);
            match self.replan_point(&problem, &from, &watch) {
                Ok(planned) => {
                    from = hours(&planned.plan);
                    found.push(point(planned, budget, gained));
                }
                // Caps can ask for more than contracts do.
                Err(Error::BudgetTooSmall { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        found.reverse();
        slopes(&mut found);
        Ok(FrontierFile {
            version: VERSION,
            currency: self.exposed.measured.currency,
            horizon_days: platform.horizon_days,
            seed: platform.seed,
            scenarios: planned.plan.scenarios,
            alpha: platform.problem.alpha,
            hosts: platform.problem.hosts.iter().map(|host| host.name.clone()).collect(),
            now: self.now,
            hours_now: platform.today.clone(),
            expected_gmv_free: gained,
            es_least: least,
            points: found,
            assumptions: planned.plan.assumptions.iter().cloned().chain(self.said()).collect(),
        })
    }

    /// Expected shortfall of the hours that contracts ask for: no plan has fewer.
    fn contracts(&self, watch: &dyn Watch) -> Result<f64, Error> {
        let problem = &self.platform.problem;
        let hours: Vec<f64> = problem.hosts.iter().map(|host| host.hours_min).collect();
        let sold: Vec<f64> = problem.hosts.iter().map(|host| host.gmv(host.hours_min)).collect();
        let scenarios = self.platform.scenarios(&hours, 0, self.scenarios, watch)?.mid;
        Ok(outcome(problem, &scenarios, &sold).es)
    }

    fn said(&self) -> Vec<Said> {
        let mut said = Vec::new();
        let mut say =
            |code: &'static str, text: String| said.push(Said { code: code.into(), text });
        let platform = self.platform;
        say("plan_hours", "hours are on air a week, in every week of the horizon".to_owned());
        say(
            "plan_hazard",
            "incidents come in proportion to hours on air, and a dark host loses what the planned hours would have sold".to_owned(),
        );
        say(
            "plan_rounds",
            "each round takes the share that a host loses as given while it plans, and simulates it anew afterwards: where rounds settle, plan and simulation agree; a plan that foresees its own hazards could sell a little more".to_owned(),
        );
        say(
            "plan_extrapolates",
            "what a further hour sells comes from how weeks of hosts differed; for more hours than a host ever had, or far fewer, nobody has seen it".to_owned(),
        );
        say(
            "plan_substitutes",
            "others take over the same part of a dark host's sales as today, however many hours they are on air".to_owned(),
        );
        say(
            "plan_errors",
            "standard errors are those of the simulation for fixed hours; prices of limits have none, hold for these scenarios, and take what hosts lose of their sales as given; es_price is the frontier's slope, where hazards follow hours; what the data leave open is in the exposure's interval, in by_substitution and in by_elasticity".to_owned(),
        );
        if platform.total_kept {
            let total = words::figure(platform.today.iter().sum());
            say(
                "plan_total",
                format!(
                    "no slots and no total were given: all hosts together keep to the {total} hours a week of today, as slot {ALL_HOURS}"
                ),
            );
        }
        if self.constraints.es.budget.is_none() && self.constraints.es.part_of_now.is_none() {
            say(
                "plan_no_budget",
                "no budget of expected shortfall was given: only the other limits bound the risk"
                    .to_owned(),
            );
        }
        if !platform.left_out.is_empty() {
            let names = words::list(&platform.left_out);
            say(
                "plan_left_out",
                format!(
                    "not planned, since they were not on air lately and nothing says what an hour of theirs sells: {names}"
                ),
            );
        }
        let beyond: Vec<String> = (platform.problem.hosts.iter().zip(&platform.today))
            .filter(|(host, today)| **today > host.hours_end() + 1e-9)
            .map(|(host, _)| host.name.clone())
            .collect();
        if !beyond.is_empty() {
            say(
                "plan_beyond",
                format!(
                    "on air today for more hours than care, rest or the end of the curve allow: {}",
                    words::list(&beyond)
                ),
            );
        }
        said.extend(self.exposed.measured.assumptions.iter().cloned());
        said
    }
}

fn hours(plan: &Plan) -> Vec<f64> {
    plan.hosts.iter().map(|host| host.hours).collect()
}

/// The price of expected shortfall at each point is the frontier's slope there: hazards follow hours along it, as the multipliers of a
/// single program don't know.
fn slopes(points: &mut [SettledPoint]) {
    let at: Vec<(f64, f64)> =
        points.iter().map(|at| (at.point.es, at.point.expected_gmv)).collect();
    for (number, settled) in points.iter_mut().enumerate() {
        let (before, after) = (at[number.saturating_sub(1)], at[(number + 1).min(at.len() - 1)]);
        settled.point.es_price = slope(before, after);
    }
}

/// The slope of the piece of the frontier that `es` is in; none beyond its loose end.
fn price_at(points: &[SettledPoint], es: f64) -> f64 {
    let ends =
        |pair: &[SettledPoint]| [&pair[0].point, &pair[1].point].map(|at| (at.es, at.expected_gmv));
    let piece = points.windows(2).map(ends).find(|[_, after]| es < after.0);
    piece.map_or(0.0, |[before, after]| slope(before, after))
}

fn slope(before: (f64, f64), after: (f64, f64)) -> f64 {
    let es = after.0 - before.0;
    if es > 0.0 { ((after.1 - before.1) / es).max(0.0) } else { 0.0 }
}

fn point(planned: Replanned, budget: f64, gained: f64) -> SettledPoint {
    let plan = planned.plan;
    let gmv: Vec<f64> = plan.hosts.iter().map(|host| host.gmv).collect();
    SettledPoint {
        point: FrontierPoint {
            es_budget: budget,
            es: plan.es,
            es_se: plan.es_se,
            expected_gmv: plan.expected_gmv,
            expected_gmv_se: plan.expected_gmv_se,
            gmv_given_up: (gained - plan.expected_gmv).max(0.0),
            es_price: 0.0,
            effective_hosts: concentration(&gmv).effective,
            hours: hours(&plan),
        },
        settled: planned.settled,
    }
}

/// What happens to hosts that sell `gmv`, in currency.
fn outcome(problem: &Problem, scenarios: &Scenarios, gmv: &[f64]) -> Outcome {
    let Tail { var, es, es_se, mean_se, .. } = Tails::new(scenarios, problem.alpha).tail(gmv);
    let sold: f64 = gmv.iter().sum();
    let lost: f64 = scenarios.mean().iter().zip(gmv).map(|(share, gmv)| share * gmv).sum();
    Outcome {
        gmv: sold,
        expected_gmv: sold - lost,
        expected_gmv_se: mean_se,
        var,
        es,
        es_se,
        effective_hosts: concentration(gmv).effective,
    }
}
