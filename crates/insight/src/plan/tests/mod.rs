//! What the planner is held against: a full program of its own making, solved by another method, and a referee that knows
//! nothing of programs.

mod constraints;
mod limits;
mod optimum;
mod prices;
mod referee;
mod rounds;

use super::*;
use crate::watch::Unwatched;

/// SplitMix64: a test says its seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// Even between 0 and 1.
    pub(super) fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.roll()
    }
}

pub(super) fn block(hours: f64, gmv_per_hour: f64) -> Block {
    Block { hours, gmv_per_hour }
}

/// Hosts with curves and nothing else to keep to.
pub(super) fn plain(hosts: Vec<Host>) -> Problem {
    Problem { hosts, brands: Vec::new(), slots: Vec::new(), alpha: 0.9, es_budget: None }
}

/// Hosts with contracts, care, slots, caps and brands: every kind of limit, most of which can be kept.
pub(super) fn varied(dice: &mut Dice, hosts: usize) -> Problem {
    let brands: Vec<Brand> = (0..4)
        .map(|number| Brand {
            name: format!("b{number}"),
            share_max: (number == 0).then_some(0.16),
            host_share_max: (number == 1).then_some(0.75),
        })
        .collect();
    let rows = (0..hosts).map(|number| {
        let mut top = dice.between(500.0, 4000.0);
        let curve = (0..5)
            .map(|_| {
                let block = block(dice.between(4.0, 15.0), top);
                top *= dice.between(0.5, 0.98);
                block
            })
            .collect();
        let mut host = Host::new(format!("h{number}"), curve);
        host.hours_min = if dice.roll() < 0.6 { dice.between(0.5, 6.0) } else { 0.0 };
        host.hours_max = dice.between(12.0, 60.0);
        host.share_max =
            (dice.roll() < 0.4).then(|| f64::min(1.0, dice.between(1.3, 2.5) / hosts as f64));
        host.brands = (0..4).map(|brand| (brand, dice.between(0.05, 0.25))).collect();
        host
    });
    let hosts_of = |half: usize| Some((0..hosts).filter(|host| host % 2 == half).collect());
    let hosts: Vec<Host> = rows.collect();
    let count = hosts.len() as f64;
    let slots = vec![
        Slot { name: "evening".to_owned(), hours: 12.0 * count, hosts: hosts_of(0) },
        Slot { name: "day".to_owned(), hours: 15.0 * count, hosts: None },
    ];
    Problem { hosts, brands, slots, alpha: 0.9, es_budget: None }
}

/// A share `density` of the entries is a loss; some hosts lose much, some little.
pub(super) fn losses(dice: &mut Dice, hosts: usize, count: usize, density: f64) -> Scenarios {
    let mut scenarios = Scenarios::new(hosts);
    for _ in 0..count {
        let shared = 0.4 * dice.roll().powi(6);
        let mut row = Vec::new();
        for host in 0..hosts {
            if dice.roll() < density {
                let severity = 0.1 + 0.2 * (host * 7 % 10) as f64;
                row.push((host, severity * (shared + 0.5 * dice.roll().powi(2))));
            }
        }
        scenarios.push(row).unwrap();
    }
    scenarios
}

/// The plan for a budget that is `part` of the way from the least expected shortfall to that of the free plan, with the budget
/// put on the problem.
pub(super) fn plan_at(problem: &mut Problem, scenarios: &Scenarios, part: f64) -> Plan {
    problem.es_budget = None;
    let mut planner = Planner::new(problem, scenarios).unwrap();
    let most = planner.plan().unwrap().es;
    let least = planner.least_es().unwrap();
    problem.es_budget = Some(least + part * (most - least));
    Planner::new(problem, scenarios).unwrap().plan().unwrap()
}

pub(super) fn close(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs())
}
