//! Estimates against the truth, and files against rows.

use super::*;
use crate::draws::{Domain, Stream};
use crate::exposure::audience::Audiences;
use crate::exposure::estimate::{Estimates, Settings};
use crate::exposure::model::Model;
use crate::exposure::sales::Sales;
use crate::exposure::scenario::Engine;
use crate::exposure::simulate::{Run, simulate};
use crate::watch::Unwatched;

fn estimates(data: &Dataset) -> Estimates {
    let sales = Sales::of(data, &Unwatched).unwrap();
    let buyers = Audiences::of_buyers(data, &Unwatched).unwrap();
    Estimates::of(data, &sales, &buyers, &Settings::default(), &Unwatched).unwrap()
}

fn small(seed: u64) -> Setup {
    Setup {
        hosts: 8,
        brands: 12,
        buyers: 3000,
        days: 300,
        orders_per_day: 60.0,
        ..Setup::new(seed)
    }
}

#[test]
fn the_same_seed_makes_the_same_platform() {
    let (one, same, other) = (Sample::of(&small(1)), Sample::of(&small(1)), Sample::of(&small(2)));
    assert_eq!(one.truth, same.truth);
    assert_ne!(one.truth, other.truth);
    assert_eq!(one.truth.hosts.len(), 8);
}

#[test]
fn files_read_as_rows_do() {
    let sample = Sample::of(&Setup { incidents_per_year: 20.0, ..small(3) });
    let file = |write: &dyn Fn(&mut dyn std::io::Write) -> std::io::Result<()>| {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        bytes
    };
    let mut import = Import::new();
    import.orders(&file(&|out| sample.write_orders(out))[..], &Unwatched).unwrap();
    import.shows(&file(&|out| sample.write_shows(out))[..], &Unwatched).unwrap();
    import.follows(&file(&|out| sample.write_follows(out))[..], &Unwatched).unwrap();
    import.incidents(&file(&|out| sample.write_incidents(out))[..], &Unwatched).unwrap();
    let (read, rows) = (import.finish().unwrap(), sample.data().unwrap());
    assert!(read.orders.iter().eq(rows.orders.iter()));
    assert_eq!((read.shows, read.buyers), (rows.shows, rows.buyers));
    assert_eq!(read.incidents, rows.incidents);
    assert!(
        read.rejected.listed().is_empty()
            && read.follows.is_some_and(|follows| follows.len() > 1000)
    );
}

#[test]
fn the_truth_adds_up() {
    let sample = Sample::of(&Setup { incidents_per_year: 20.0, ..small(4) });
    let without = Sample::of(&Setup { incidents_per_year: 0.0, ..small(4) });
    let gmv = |sample: &Sample| {
        sample.orders.iter().filter(|order| order.minor > 0).map(|order| order.minor).sum::<i64>()
            as f64
            / 100.0
    };
    let truth = sample.truth.incidents.iter();
    let net: f64 = truth.map(|one| one.lost_dark + one.lost_after - one.taken_over).sum();
    let missing = gmv(&without) - gmv(&sample);
    assert!(net > 0.0 && (missing * (1.0 - RETURNED) / net - 1.0).abs() < 1e-6, "{missing} {net}");
    assert!(without.truth.incidents.is_empty());
}

#[test]
fn an_audience_that_leaves_is_found_as_well() {
    let sample =
        Sample::of(&Setup { substitution: -0.4, incidents_per_year: 20.0, ..Setup::new(5) });
    let found = estimates(&sample.data().unwrap()).substitution;
    let [low, high] = found.interval();
    assert!(found.told() && high < 0.0 && (low..high).contains(&-0.4), "{low} {high}");
}

/// Average loss of a year.
fn expected_loss(model: &Model, scenarios: u64) -> f64 {
    let run = Run { seed: 1, scenarios, threads: 1 };
    let losses = simulate(&Engine::new(model).unwrap(), &run, &Unwatched).unwrap().by_level.mid;
    losses.iter().sum::<f64>() / scenarios as f64
}

/// Whether 95 % intervals hold the truth: hazards of all hosts (how many of how many), substitution, expected loss.
fn holds(setup: &Setup) -> ((u32, u32), bool, bool) {
    let sample = Sample::of(setup);
    let found = estimates(&sample.data().unwrap());
    let mut hazards = (0, 0);
    for (place, host) in found.hosts.iter().enumerate() {
        let truth = sample.truth.hosts.iter().find(|truth| truth.host == host.name).unwrap();
        let [low, high] = found.hazards.host(place).unwrap().interval.map(|rate| 1000.0 * rate);
        hazards.0 += u32::from((low..=high).contains(&truth.incidents_per_1000h));
        hazards.1 += 1;
    }
    let [low, high] = found.substitution.interval();
    let mut draws: Vec<f64> = (0..200)
        .map(|number| {
            let mut stream = Stream::new(1, Domain::Parameter, number);
            expected_loss(&found.with(&found.draw(&mut stream)), 4000)
        })
        .collect();
    draws.sort_by(f64::total_cmp);
    let truth = expected_loss(&sample.truth.model, 40_000);
    (hazards, (low..=high).contains(&setup.substitution), (draws[4]..=draws[195]).contains(&truth))
}

/// A platform that could be any: substitution, dark days and recovery drawn as well.
fn any(seed: u64) -> Setup {
    let mut stream = Stream::new(seed, Domain::Other, 0);
    let mut between = |low: f64, high: f64| low + (high - low) * stream.uniform();
    Setup {
        substitution: between(-0.3, 0.6),
        dark_median_days: between(6.0, 25.0),
        dark_sigma: between(0.4, 1.1),
        after: After { depth: between(0.2, 0.7), recovery_days: between(15.0, 60.0) },
        incidents_per_year: between(5.0, 12.0),
        ..Setup::new(seed)
    }
}

#[test]
#[ignore = "hundreds of platforms, some minutes"]
fn soak_intervals_hold_the_truth_in_95_of_100() {
    let (mut hazards, mut substitution, mut loss) = ((0, 0), 0, 0);
    let repetitions = 240;
    for seed in 0..repetitions {
        let setup = if seed % 2 == 0 { Setup::new(seed) } else { any(seed) };
        let (of_hazards, of_substitution, of_loss) = holds(&setup);
        hazards = (hazards.0 + of_hazards.0, hazards.1 + of_hazards.1);
        substitution += u32::from(of_substitution);
        loss += u32::from(of_loss);
    }
    let of = |held: u32, all: u32| f64::from(held) / f64::from(all);
    let all = repetitions as u32;
    let held = [of(hazards.0, hazards.1), of(substitution, all), of(loss, all)];
    println!(
        "coverage of 95 % intervals over {repetitions} platforms: hazards {:.3}, substitution {:.3}, loss {:.3}",
        held[0], held[1], held[2]
    );
    assert!(held.iter().all(|held| (0.90..=0.98).contains(held)), "{held:?}");
}

#[test]
fn what_a_further_hour_sells_is_found() {
    let data = Sample::of(&Setup::new(6)).data().unwrap();
    let sales = Sales::of(&data, &Unwatched).unwrap();
    let found = crate::exposure::curves::curves(&data, &sales, &estimates(&data));
    let [low, high] = found.elasticity_interval;
    assert!(found.told && (low..high).contains(&ELASTICITY), "{} {low} {high}", found.elasticity);
}
