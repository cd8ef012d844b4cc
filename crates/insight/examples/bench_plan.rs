//! Prints how much CPU a plan takes: 100 hosts, 10,000 or 100,000 scenarios, losses in few or in all entries, loose and tight
//! budgets of expected shortfall; each beside its bound. Then a frontier of 21 budgets.
//!
//! `cargo run --release -p insight --example bench_plan`

#![expect(clippy::print_stdout, reason = "a benchmark is a program of its own")]

use insight::plan::{Block, Brand, Error, Host, Planner, Problem, Scenarios, Slot};
use insight::watch::Unwatched;

const HOSTS: usize = 100;

fn cpu_s() -> Result<f64, Box<dyn std::error::Error>> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = line.split(' ').next().ok_or("no figure")?.parse()?;
    Ok(nanoseconds / 1e9)
}

/// SplitMix64: the same figures on every run.
struct Dice(u64);

impl Dice {
    /// Even between 0 and 1.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Hosts whose sales fall off by a power law, ten blocks each, with contracts, care, caps, brands and two slots.
fn problem(dice: &mut Dice) -> Problem {
    let brand = |number: usize| Brand {
        name: format!("brand {number}"),
        share_max: None,
        host_share_max: (number < 10).then_some(0.6),
    };
    let mut host = |number: usize| {
        let top = 5e4 / (number as f64 + 1.0).powf(0.8);
        let block = |step: i32| Block { hours: 10.0, gmv_per_hour: top * 0.85_f64.powi(step) };
        let mut host = Host::new(format!("host {number}"), (0..10).map(block).collect());
        host.hours_min = (dice.roll() * 10.0).floor();
        host.hours_max = 60.0 + (dice.roll() * 40.0).floor();
        host.share_max = (number < 20).then_some(0.12);
        host.brands = (0..4).map(|step| ((number * 7 + step * 11) % 40, 0.2)).collect();
        host
    };
    let slot = |name: &str, hours, hosts| Slot { name: name.to_owned(), hours, hosts };
    Problem {
        hosts: (0..HOSTS).map(&mut host).collect(),
        brands: (0..40).map(brand).collect(),
        slots: vec![slot("prime", 1500.0, Some((0..50).collect())), slot("day", 3500.0, None)],
        alpha: 0.95,
        es_budget: None,
    }
}

/// A share `density` of the entries is a loss; what is lost has a part that all hosts have in common.
fn scenarios(dice: &mut Dice, count: usize, density: f64) -> Result<Scenarios, Error> {
    let mut scenarios = Scenarios::new(HOSTS);
    for _ in 0..count {
        let shared = dice.roll().powi(8);
        let mut row = Vec::new();
        for host in 0..HOSTS {
            if dice.roll() < density {
                row.push((host, 0.5 * dice.roll().powi(3) + 0.3 * shared));
            }
        }
        scenarios.push(row)?;
    }
    Ok(scenarios)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("scenarios losses  budget   CPU s  bound  rows  method       expected GMV");
    for (count, density, bound_s) in
        [(10_000, 0.05, 0.5), (10_000, 1.0, 0.5), (100_000, 0.05, 3.0), (100_000, 1.0, 3.0)]
    {
        let mut dice = Dice(7);
        let mut problem = problem(&mut dice);
        let scenarios = scenarios(&mut dice, count, density)?;
        let free = Planner::new(&problem, &scenarios)?.plan()?;
        for part in [0.8, 0.5, 0.3] {
            problem.es_budget = Some(part * free.es);
            let start = cpu_s()?;
            let plan = Planner::new(&problem, &scenarios)?.plan()?;
            let took_s = cpu_s()? - start;
            let (losses, part) = (density * 100.0, part * 100.0);
            let method = format!("{:?}", plan.method);
            println!(
                "{count:>9} {losses:>5.0}% {part:>6.0}% {took_s:>7.3} {bound_s:>6.1} {:>5}  {method:<12} {:>12.0}",
                plan.rows, plan.expected_gmv,
            );
        }
        if count <= 10_000 {
            problem.es_budget = None;
            let start = cpu_s()?;
            let frontier = Planner::new(&problem, &scenarios)?.frontier(21, &Unwatched)?;
            let (points, took_s) = (frontier.points.len(), cpu_s()? - start);
            println!("{count:>9} {:>5.0}% frontier of {points}: {took_s:.2} s", density * 100.0);
        }
    }
    Ok(())
}
