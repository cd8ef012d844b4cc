//! Plan, simulate, plan again.

use super::referee::{judge, shortfall};
use super::*;

/// Incidents come with hours on air, and take the more of a host's sales the earlier they come. Scenario s rolls the same dice
/// for host i whatever the hours are.
struct Toy {
    hosts: usize,
    scenarios: usize,
    hazard_per_hour: f64,
    asked: usize,
}

impl Simulate for Toy {
    fn losses(&mut self, hours: &[f64]) -> Result<Scenarios, Error> {
        self.asked += 1;
        let mut scenarios = Scenarios::new(self.hosts);
        for scenario in 0..self.scenarios {
            let mut row = Vec::new();
            for (host, hours) in hours.iter().enumerate() {
                let mut dice = Dice((scenario * 1000 + host) as u64 * 7919);
                // On-air hours until the first incident, and the part of the period that is left then.
                let first = -(1.0 - dice.roll()).ln() / self.hazard_per_hour;
                if first < *hours {
                    row.push((host, (1.0 - first / hours) * dice.between(0.3, 1.0)));
                }
            }
            scenarios.push(row)?;
        }
        Ok(scenarios)
    }
}

fn toy(hosts: usize, scenarios: usize) -> Toy {
    Toy { hosts, scenarios, hazard_per_hour: 0.004, asked: 0 }
}

/// A problem with a budget that is 60 % of what today's hours run.
fn tight(seed: u64, hosts: usize) -> (Problem, Vec<f64>) {
    let mut problem = varied(&mut Dice(seed), hosts);
    let today: Vec<f64> = problem.hosts.iter().map(|host| host.hours_end()).collect();
    let scenarios = toy(hosts, 1000).losses(&today).unwrap();
    let free = Planner::new(&problem, &scenarios).unwrap().plan().unwrap();
    problem.es_budget = Some(0.6 * free.es);
    (problem, today)
}

#[test]
fn rounds_settle_and_the_last_simulation_is_reported() {
    for seed in 1..=6 {
        let (problem, today) = tight(seed, 10);
        let mut simulate = toy(10, 1000);
        let replanned =
            replan(&problem, &today, &mut simulate, Damping::default(), &Unwatched).unwrap();
        let last = replanned.rounds.last().unwrap();
        assert_eq!(simulate.asked, replanned.rounds.len() + 1);
        assert!(replanned.settled, "seed {seed}: {:?}", replanned.rounds);
        assert!(last.gain_left <= 1e-3 * last.expected_gmv);
        assert_eq!(last.round, replanned.rounds.len());

        let plan = &replanned.plan;
        let hours: Vec<f64> = plan.hosts.iter().map(|host| host.hours).collect();
        let scenarios = toy(10, 1000).losses(&hours).unwrap();
        let gmv: Vec<f64> = plan.hosts.iter().map(|host| host.gmv).collect();
        let (es, _) = shortfall(&scenarios, &gmv, problem.alpha);
        assert!(close(plan.es, es, 1e-9), "{} {es}", plan.es);
        assert!(plan.es <= problem.es_budget.unwrap() * 1.001);
        let mut without_budget = problem.clone();
        without_budget.es_budget = None;
        judge(&without_budget, &scenarios, plan);
    }
}

#[test]
fn rounds_do_better_than_the_first_plan() {
    let (problem, today) = tight(4, 10);
    let budget = problem.es_budget.unwrap();
    let mut simulate = toy(10, 1000);
    let scenarios = simulate.losses(&today).unwrap();
    let once = Planner::new(&problem, &scenarios).unwrap().plan().unwrap();
    let hours: Vec<f64> = once.hosts.iter().map(|host| host.hours).collect();
    let really = simulate.losses(&hours).unwrap();
    let gmv: Vec<f64> = once.hosts.iter().map(|host| host.gmv).collect();
    let (es, _) = shortfall(&really, &gmv, problem.alpha);
    let again = replan(&problem, &today, &mut simulate, Damping::default(), &Unwatched).unwrap();
    let missed = |es: f64| (es / budget - 1.0).abs();
    assert!(missed(again.plan.es) < 0.1 * missed(es), "{es} {} of {budget}", again.plan.es);
}

#[test]
fn who_watches_may_stop_it() {
    /// Lets two rounds pass, or two budgets.
    struct Two;
    impl Watch for Two {
        fn at(&self, stage: Stage, done: u64, all: u64) -> Result<(), Stopped> {
            assert!(matches!(stage, Stage::Rounds | Stage::Budgets) && done < all);
            if done < 2 { Ok(()) } else { Err(Stopped) }
        }
    }
    let (problem, today) = tight(5, 8);
    let mut simulate = toy(8, 500);
    let stopped = replan(&problem, &today, &mut simulate, Damping::default(), &Two);
    assert_eq!(stopped, Err(Error::Stopped(Stopped)));
    assert_eq!(simulate.asked, 3);
    let scenarios = simulate.losses(&today).unwrap();
    let frontier = Planner::new(&problem, &scenarios).unwrap().frontier(9, &Two);
    assert_eq!(frontier, Err(Error::Stopped(Stopped)));
}

#[test]
fn a_simulation_that_does_not_change_settles_at_once() {
    struct Same(Scenarios);
    impl Simulate for Same {
        fn losses(&mut self, _: &[f64]) -> Result<Scenarios, Error> {
            Ok(self.0.clone())
        }
    }
    let mut dice = Dice(6);
    let mut problem = varied(&mut dice, 9);
    let scenarios = losses(&mut dice, 9, 400, 0.3);
    let plan = plan_at(&mut problem, &scenarios, 0.5);
    let mut same = Same(scenarios);
    let replanned = replan(&problem, &[0.0; 9], &mut same, Damping::default(), &Unwatched).unwrap();
    assert_eq!((replanned.rounds.len(), replanned.settled), (1, true));
    assert_eq!(replanned.plan.expected_gmv, plan.expected_gmv);
}

#[test]
fn a_budget_out_of_reach_is_said_with_the_least_seen() {
    let (mut problem, today) = tight(7, 8);
    problem.hosts.iter_mut().for_each(|host| host.hours_min = host.hours_min.max(4.0));
    problem.es_budget = Some(1.0);
    let mut simulate = toy(8, 500);
    let error =
        replan(&problem, &today, &mut simulate, Damping::default(), &Unwatched).unwrap_err();
    assert!(
        matches!(error, Error::BudgetTooSmall { budget: 1.0, least } if least > 1.0),
        "{error}"
    );
}

#[test]
fn rounds_that_make_no_sense_are_refused() {
    let (problem, today) = tight(8, 8);
    let check = |today: &[f64], damping: Damping, words: &str| {
        let error = replan(&problem, today, &mut toy(8, 500), damping, &Unwatched).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    };
    let damping = Damping::default();
    check(&today[1..], damping, "hours of today are of 7 hosts, the plan is of 8");
    check(&[-1.0; 8], damping, "a host is on air for -1 hours today");
    check(&today, Damping { step: 0.0, ..damping }, "a step of 0");
    check(&today, Damping { rounds_max: 0, ..damping }, "0 rounds are not 1 to 100");
}
