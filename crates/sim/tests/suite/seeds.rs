//! Every seed is a show with everything that can go wrong in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sim::run;

/// Steps of a short run: about half a minute of show.
const STEPS: u64 = 900;

fn check(seed: u64, steps: u64) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(|| run(seed, steps))) {
        Ok(report) if report.failure.is_none() => Ok(()),
        Ok(report) => Err(report.to_string()),
        Err(_) => Err(format!("seed {seed} panics in {steps} steps")),
    }
}

/// Runs seeds on a few threads; each run is on one.
fn check_all(first: u64, count: u64, steps: u64) {
    let (next, failures) = (AtomicU64::new(first), Mutex::new(Vec::new()));
    let worker = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return;
            }
            if let Err(failure) = check(seed, steps) {
                failures.lock().expect("no panic under this lock").push(failure);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(worker);
        }
    });
    let failures = failures.into_inner().expect("no panic under this lock");
    assert!(
        failures.is_empty(),
        "{} of {count} seeds fail:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn every_seed_keeps_every_invariant() {
    check_all(1, 200, STEPS);
}

/// Longer runs of many more seeds: `RINGLIGHT_SOAK=5000 cargo nextest run -p sim soak`.
#[test]
fn soak_thousands_of_seeds() {
    let seeds = std::env::var("RINGLIGHT_SOAK").ok().and_then(|text| text.parse().ok());
    if let Some(seeds) = seeds {
        check_all(1_000, if seeds > 1 { seeds } else { 3000 }, 4 * STEPS);
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let counts = |seed| run(seed, 300).counts;
    assert_eq!(counts(17), counts(17));
    assert_ne!(counts(17), counts(18));
}

/// For reproducing: `SEED=17 STEPS=900 cargo test -p sim one_seed -- --ignored --nocapture`.
#[test]
#[ignore = "takes its seed from the environment"]
fn one_seed() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let report = run(number("SEED").unwrap_or(1), number("STEPS").unwrap_or(STEPS));
    println!("{report}");
    assert!(report.failure.is_none(), "{report}");
}
