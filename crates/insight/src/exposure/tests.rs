//! The engine against exact numbers and against an independent referee.

use proptest::prelude::*;

use super::check::{check, compound_poisson};
use super::model::{After, BrandShare, Dark, HostModel, Levels, Model, ModelError, Spill};
use super::scenario::{Engine, Scratch};
use super::simulate::{Run, simulate, tail_days};
use super::tail::{Tail, contributions};
use crate::draws::{Domain, Stream};
use crate::watch::Unwatched;

fn run(scenarios: u64) -> Run {
    Run { seed: 11, scenarios, threads: 2 }
}

/// A platform of some hosts and brands with everything on.
fn platform(hosts: u32, brands: u32) -> Model {
    let mut stream = Stream::new(5, Domain::Other, 0);
    let host = |number: u32, stream: &mut Stream| {
        let parts: Vec<f64> = (0..brands).map(|_| stream.uniform()).collect();
        let all: f64 = parts.iter().sum();
        let share = |(brand, part): (u32, f64)| BrandShare { brand, share: part / all };
        HostModel {
            host: format!("host {number}"),
            incidents_per_day: 0.005 * stream.uniform(),
            ceiling_per_day: None,
            gmv_per_day: 1000.0 / f64::from(number + 1),
            substitution: Levels { low: -0.2, mid: 0.1, high: 0.4 },
            brands: (0..brands).zip(parts).map(share).collect(),
        }
    };
    Model {
        horizon_days: 365.0,
        hosts: (0..hosts).map(|number| host(number, &mut stream)).collect(),
        brands: (0..brands).map(|brand| format!("brand {brand}")).collect(),
        dark: Dark::LogNormal { none: 0.2, median_days: 10.0, sigma: 1.0 },
        after: After { depth: 0.4, recovery_days: 30.0 },
        spill: Spill { brand: 0.3, platform: 0.01 },
        substitutes: vec![vec![1.0 / hosts as f32; hosts as usize]; hosts as usize],
    }
}

#[test]
fn compound_poisson_within_three_standard_errors() {
    for line in check(&run(1_000_000), &Unwatched).unwrap() {
        assert!(line.fine(), "{:?} {line:?}", line.errors());
    }
}

#[test]
#[ignore = "ten million draws"]
fn soak_compound_poisson_at_ten_million_draws() {
    for line in check(&run(10_000_000), &Unwatched).unwrap() {
        assert!(line.fine(), "{:?} {line:?}", line.errors());
    }
}

#[test]
fn contributions_sum_to_the_shortfall_at_every_level() {
    let engine = Engine::new(&platform(12, 7)).unwrap();
    let run = run(50_000);
    let losses = simulate(&engine, &run, &Unwatched).unwrap();
    for alpha in [0.5, 0.95, 0.999] {
        let tails = losses.by_level.as_ref().map(|losses| Tail::of(losses, alpha));
        let by_level = losses.by_level.as_ref().into_array().into_iter().zip(tails.into_array());
        for (level, (losses, tail)) in by_level.enumerate() {
            let days = tail_days(&engine, &run, losses, &tail, &Unwatched).unwrap();
            let parts = contributions(&engine, &days, level);
            for sum in [parts.hosts.iter().sum::<f64>(), parts.brands.iter().sum()] {
                assert!((sum / tail.es - 1.0).abs() < 1e-9, "{sum} is not {}", tail.es);
            }
        }
        assert!(tails.low.es > tails.mid.es && tails.mid.es > tails.high.es);
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let engine = Engine::new(&platform(12, 7)).unwrap();
    let mut seen = Vec::new();
    for threads in [1, 2, 7] {
        let run = Run { threads, ..run(40_001) };
        let losses = simulate(&engine, &run, &Unwatched).unwrap();
        let tail = Tail::of(&losses.by_level.mid, 0.95);
        let days = tail_days(&engine, &run, &losses.by_level.mid, &tail, &Unwatched).unwrap();
        seen.push((losses, tail, days));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn more_scenarios_begin_with_the_same_ones() {
    let engine = Engine::new(&platform(3, 2)).unwrap();
    let few = simulate(&engine, &run(1000), &Unwatched).unwrap().by_level.mid;
    let many = simulate(&engine, &run(40_000), &Unwatched).unwrap().by_level.mid;
    assert_eq!(few, many[..1000]);
}

#[test]
fn under_one_ceiling_a_lower_rate_meets_some_of_the_same_incidents() {
    let mut model = platform(6, 3);
    for host in &mut model.hosts {
        host.ceiling_per_day = Some(2.0 * host.incidents_per_day);
    }
    let more = Engine::new(&model).unwrap();
    model.hosts[0].incidents_per_day = 0.0;
    let fewer = Engine::new(&model).unwrap();
    let (mut one, mut other, mut differs) = (Scratch::default(), Scratch::default(), 0);
    for index in 0..500 {
        let all = more.scenario(3, index, &mut one);
        let rest = fewer.scenario(3, index, &mut other);
        let days = |lost: &[super::scenario::Lost]| {
            lost.iter()
                .filter(|lost| lost.host != 0)
                .map(|lost| (lost.host, lost.days))
                .collect::<Vec<_>>()
        };
        assert_eq!(days(all), days(rest));
        assert!(rest.iter().all(|lost| lost.host != 0));
        differs += usize::from(all.len() != rest.len());
    }
    assert!(differs > 100);
}

/// The loss of a scenario by summing over small steps of time, from the same incidents.
fn slowly(model: &Model, strikes: &[(usize, f64, f64)], level: usize) -> f64 {
    let steps = 100_000;
    let step = model.horizon_days / f64::from(steps);
    let mut states = vec![(f64::NEG_INFINITY, f64::NEG_INFINITY); model.hosts.len()];
    let (mut next, mut loss) = (0, 0.0);
    let value = super::scenario::Engine::new(model).unwrap().value;
    for number in 0..steps {
        let now = (f64::from(number) + 0.5) * step;
        while next < strikes.len() && strikes[next].1 <= now {
            let (host, at, dark) = strikes[next];
            states[host].0 =
                if at <= states[host].1 { states[host].1.max(at + dark) } else { at + dark };
            states[host].1 = states[host].0;
            next += 1;
        }
        let missing = |host: usize| match states[host].1 {
            f64::NEG_INFINITY => 0.0,
            back if now < back => 1.0,
            back => model.after.depth * libm::exp(-(now - back) / model.after.recovery_days),
        };
        for host in 0..model.hosts.len() {
            let missing = missing(host);
            let dark: f64 = (0..model.hosts.len())
                .filter(|other| *other != host && now < states[*other].1)
                .map(|other| f64::from(model.substitutes[host][other]))
                .sum();
            let back = value.substituted[level][host] * (1.0 - dark);
            loss += step * missing * (value.lost[host] - back);
        }
    }
    loss
}

#[test]
fn a_scenario_is_what_a_referee_makes_of_its_incidents() {
    let mut model = platform(4, 3);
    for host in &mut model.hosts {
        host.incidents_per_day = 0.01;
    }
    let engine = Engine::new(&model).unwrap();
    let mut scratch = Scratch::default();
    for index in 0..6 {
        let seen = {
            let lost = engine.scenario(21, index, &mut scratch);
            engine.loss(lost)
        };
        let mut strikes = scratch.incidents();
        strikes.sort_by(|a, b| a.1.total_cmp(&b.1));
        for (level, seen) in seen.into_iter().enumerate() {
            let slow = slowly(&model, &strikes, level);
            let scale = seen.abs().max(1000.0);
            assert!((seen - slow).abs() < 2e-4 * scale, "{index} {level}: {seen} is not {slow}");
        }
    }
}

#[test]
fn bad_models_are_refused() {
    let good = compound_poisson();
    type Break = fn(&mut Model);
    let breaks: [(Break, &str); 9] = [
        (|model| model.horizon_days = 0.0, "horizon_days"),
        (|model| model.horizon_days = f64::NAN, "horizon_days"),
        (|model| model.after.depth = 1.5, "depth"),
        (|model| model.hosts[0].incidents_per_day = -1.0, "incidents_per_day"),
        (|model| model.hosts[0].incidents_per_day = f64::NAN, "incidents_per_day"),
        (|model| model.hosts[0].ceiling_per_day = Some(0.0), "ceiling_per_day"),
        (|model| model.hosts[0].substitution.low = -2.0, "substitution"),
        (
            |model| model.hosts[0].brands = vec![BrandShare { brand: 3, share: 1.0 }],
            "brand number 3",
        ),
        (|model| model.substitutes = vec![vec![0.5, 0.7]; 2], "square"),
    ];
    for (spoil, expected) in breaks {
        let mut model = good.clone();
        spoil(&mut model);
        let refusal = Engine::new(&model).map(|_| ()).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
    let mut model = good;
    model.hosts[0].incidents_per_day = 1.0;
    assert!(matches!(Engine::new(&model), Err(ModelError::TooMany { .. })));
}

#[test]
fn a_platform_without_hosts_or_incidents_loses_nothing() {
    let mut model = platform(2, 1);
    model.hosts.iter_mut().for_each(|host| host.incidents_per_day = 0.0);
    let quiet = simulate(&Engine::new(&model).unwrap(), &run(100), &Unwatched).unwrap();
    assert!(quiet.by_level.mid.iter().all(|loss| *loss == 0.0));
    model.hosts.clear();
    model.substitutes.clear();
    let empty = simulate(&Engine::new(&model).unwrap(), &run(100), &Unwatched).unwrap();
    assert!(empty.by_level.mid.iter().all(|loss| *loss == 0.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn no_host_loses_more_than_its_sales(rate in 0.0..0.2f64, median_days in 0.1..400.0f64, depth in 0.0..=1.0f64, recovery_days in 0.01..500.0f64) {
        let mut model = platform(5, 2);
        model.hosts.iter_mut().for_each(|host| host.incidents_per_day = rate);
        model.dark = Dark::LogNormal { none: 0.1, median_days, sigma: 1.5 };
        model.after = After { depth, recovery_days };
        let engine = Engine::new(&model).unwrap();
        let mut scratch = Scratch::default();
        for index in 0..200 {
            for lost in engine.scenario(1, index, &mut scratch) {
                prop_assert!(lost.days >= 0.0 && lost.days <= model.horizon_days * (1.0 + 1e-9));
                prop_assert!(lost.substituted_days >= -1e-6 && lost.substituted_days <= lost.days + 1e-9);
            }
        }
    }
}
