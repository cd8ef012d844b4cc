//! Scenario-years a CPU-second: 50 hosts × 200 brands, 5.4 incidents a year, three levels of substitution at once.
//! `cargo run --release -p insight --example bench_exposure [MILLIONS]`

#![expect(clippy::print_stdout, reason = "the figures are for people")]

use std::error::Error;

use insight::draws::{Domain, Stream};
use insight::exposure::model::{After, BrandShare, Dark, HostModel, Levels, Model, Spill};
use insight::exposure::scenario::Engine;
use insight::exposure::simulate::{Run, simulate, tail_days};
use insight::exposure::tail::{Tail, contributions};
use insight::watch::Unwatched;

const HOSTS: usize = 50;
const BRANDS: u32 = 200;
const INCIDENTS_A_YEAR: f64 = 5.4;
const BOUND: f64 = 1.0;

fn main() -> Result<(), Box<dyn Error>> {
    let millions: f64 = std::env::args().nth(1).map_or(Ok(3.0), |text| text.parse())?;
    let engine = Engine::new(&model())?;
    let run = Run { seed: 1, scenarios: (millions * 1e6) as u64, threads: 1 };
    let before = cpu_s()?;
    let losses = simulate(&engine, &run, &Unwatched)?.by_level;
    let drawn = cpu_s()?;
    let tail = Tail::of(&losses.mid, 0.95);
    let days = tail_days(&engine, &run, &losses.mid, &tail, &Unwatched)?;
    let parts = contributions(&engine, &days, 1);
    let all = cpu_s()?;
    let rate = |seconds: f64| millions / seconds;
    println!(
        "{HOSTS} hosts × {BRANDS} brands, {INCIDENTS_A_YEAR} incidents a year, {} scenario-years",
        run.scenarios
    );
    println!("drawn        {:.2} M a CPU-second (bound {BOUND:.2})", rate(drawn - before));
    println!(
        "with the tail's quantiles and contributions {:.2} M a CPU-second",
        rate(all - before)
    );
    println!(
        "ES 95 % {:.4} of a year's sales, the largest host's part {:.1} %",
        tail.es / 365.0,
        100.0 * parts.hosts[0] / tail.es
    );
    if rate(drawn - before) < BOUND {
        return Err("slower than the bound".into());
    }
    Ok(())
}

/// Sales 1 a day in all, spread by Zipf's law; each host sells eight brands.
fn model() -> Model {
    let mut stream = Stream::new(1, Domain::Sample, 0);
    let sizes: Vec<f64> = (1..=HOSTS).map(|rank| 1.0 / rank as f64).collect();
    let all: f64 = sizes.iter().sum();
    let brands = |stream: &mut Stream| {
        (0..8)
            .map(|_| BrandShare { brand: stream.below(u64::from(BRANDS)) as u32, share: 0.125 })
            .collect()
    };
    let host = |(number, size): (usize, &f64)| HostModel {
        host: format!("host {number}"),
        incidents_per_day: INCIDENTS_A_YEAR / 365.0 / HOSTS as f64,
        ceiling_per_day: None,
        gmv_per_day: size / all,
        substitution: Levels { low: 0.0, mid: 0.2, high: 0.4 },
        brands: brands(&mut stream),
    };
    let weights = |host: usize| {
        let weight = |other: usize| {
            if other == host { 0.0 } else { (sizes[other] / (all - sizes[host])) as f32 }
        };
        (0..HOSTS).map(weight).collect()
    };
    Model {
        horizon_days: 365.0,
        hosts: sizes.iter().enumerate().map(host).collect(),
        brands: (0..BRANDS).map(|brand| format!("brand {brand}")).collect(),
        dark: Dark::LogNormal { none: 0.1, median_days: 14.0, sigma: 1.0 },
        after: After { depth: 0.4, recovery_days: 45.0 },
        spill: Spill::default(),
        substitutes: (0..HOSTS).map(weights).collect(),
    }
}

/// CPU-seconds of this thread so far.
fn cpu_s() -> Result<f64, Box<dyn Error>> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = line.split(' ').next().ok_or("no figure")?.parse()?;
    Ok(nanoseconds / 1e9)
}
