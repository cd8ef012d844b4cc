//! Prices are what limits really cost: each is held against plans with the limit moved a little.

use super::*;

/// A part of a bound to move it by.
const STEP: f64 = 1e-4;

fn value(problem: &Problem, scenarios: &Scenarios) -> Option<f64> {
    Some(Planner::new(problem, scenarios).ok()?.plan().ok()?.expected_gmv)
}

/// Moves the limit of a dual by `by`.
fn move_limit(problem: &Problem, dual: &Dual, by: f64) -> Problem {
    let mut problem = problem.clone();
    let (kind, name) = dual.name.split_once(':').unwrap_or((&dual.name, ""));
    let host = problem.hosts.iter().position(|host| host.name == name).unwrap_or(0);
    match kind {
        "es" => problem.es_budget = problem.es_budget.map(|budget| budget + by),
        "contract" => problem.hosts[host].hours_min += by,
        "care" => problem.hosts[host].hours_max += by,
        "share" => problem.hosts[host].share_max = Some(dual.bound + by),
        "slot" => problem.slots.iter_mut().find(|slot| slot.name == name).unwrap().hours += by,
        "brand" => {
            let brand = problem.brands.iter_mut().find(|brand| brand.name == name);
            brand.unwrap().share_max = Some(dual.bound + by);
        }
        other => panic!("no limit is called {other}"),
    }
    problem
}

#[test]
fn prices_are_the_slopes_of_the_optimum() {
    let mut binding = std::collections::BTreeSet::new();
    for seed in 0..10 {
        let mut dice = Dice(100 + seed);
        let mut problem = varied(&mut dice, 10);
        // Its rows share one bound, so that moving it moves several limits.
        problem.brands[1].host_share_max = None;
        problem.slots[0].hours *= 0.4;
        let scenarios = losses(&mut dice, 10, 400, 0.3);
        let part = dice.between(0.2, 0.9);
        let plan = plan_at(&mut problem, &scenarios, part);
        let at = value(&problem, &scenarios).unwrap();
        for dual in &plan.duals {
            let step = STEP * dual.bound;
            let up = value(&move_limit(&problem, dual, step), &scenarios);
            let down = value(&move_limit(&problem, dual, -step), &scenarios);
            let ahead = up.map(|up| (up - at) / step);
            let behind = down.map(|down| (at - down) / step);
            // At a kink a price is any slope between those on either side; a limit at its edge has one side only.
            let low = ahead.unwrap_or(f64::NEG_INFINITY).min(behind.unwrap_or(f64::NEG_INFINITY));
            let high = ahead.unwrap_or(f64::INFINITY).max(behind.unwrap_or(f64::INFINITY));
            // Plans are exact to 1e-8 of their value.
            let room = 1e-3 * dual.price.abs() + 4e-8 * at / step;
            assert!(
                dual.price >= low - room && dual.price <= high + room,
                "seed {seed}: {dual:?}, slopes {low} and {high}"
            );
            if dual.price.abs() > room {
                binding.insert(dual.name.split(':').next().unwrap().to_owned());
            }
        }
    }
    let kinds: Vec<&str> = binding.iter().map(String::as_str).collect();
    assert_eq!(
        kinds,
        ["brand", "care", "contract", "es", "share", "slot"],
        "every kind binds once"
    );
}

#[test]
fn one_hosts_share_of_a_brand_has_a_price() {
    let mut hosts =
        vec![Host::new("a", vec![block(10.0, 100.0)]), Host::new("b", vec![block(10.0, 20.0)])];
    hosts.iter_mut().for_each(|host| host.brands = vec![(0, 1.0)]);
    let mut problem = plain(hosts);
    problem.brands =
        vec![Brand { name: "x".to_owned(), share_max: None, host_share_max: Some(0.75) }];
    let scenarios = losses(&mut Dice(4), 2, 50, 0.3);
    let plan = Planner::new(&problem, &scenarios).unwrap().plan().unwrap();
    // b sells 200, so a may sell 600.
    assert!(close(plan.hosts[0].gmv, 600.0, 1e-9), "{:?}", plan.hosts);
    let dual = plan.duals.iter().find(|dual| dual.name == "brand-host:x/a").unwrap();
    let before = plan.expected_gmv;
    problem.brands[0].host_share_max = Some(0.7501);
    let after = value(&problem, &scenarios).unwrap();
    let slope = (after - before) / 1e-4;
    assert!(close(dual.price, slope, 1e-3), "{} {slope}", dual.price);
}

#[test]
fn the_price_of_one_more_hour_is_what_it_does_to_the_plan() {
    let (mut below, mut above) = (0, 0);
    for seed in 0..6 {
        let mut dice = Dice(200 + seed);
        let mut problem = varied(&mut dice, 8);
        let scenarios = losses(&mut dice, 8, 400, 0.3);
        let part = dice.between(0.3, 0.8);
        let plan = plan_at(&mut problem, &scenarios, part);
        for (number, host) in plan.hosts.iter().enumerate() {
            let Some(next) = host.next_hour else { continue };
            let step = 1e-3;
            let mut forced = problem.clone();
            let row = &mut forced.hosts[number];
            row.hours_min = host.hours + step;
            row.hours_max = row.hours_max.max(row.hours_min);
            let Some(after) = value(&forced, &scenarios) else { continue };
            let slope = (after - plan.expected_gmv) / step;
            let room = 1e-4 * next.gmv + 4e-8 * plan.expected_gmv / step;
            // Scenarios that aren't in the tail yet can make a forced hour dearer, never cheaper.
            assert!(slope <= next.price + room, "seed {seed} host {number}: {slope}, {next:?}");
            assert!(
                slope >= next.price - 0.02 * next.gmv,
                "seed {seed} host {number}: {slope}, {next:?}"
            );
            let at_max = host.hours >= host.hours_max - 1e-6;
            assert!(next.price <= room || at_max, "{next:?}");
            if (slope - next.price).abs() <= room {
                below += usize::from(next.price < -room);
                above += usize::from(next.price > room);
            }
        }
    }
    assert!(below >= 3 && above >= 3, "{below} cost, {above} bring");
}
