//! Ten million orders imported and reported: seconds, CPU-seconds, memory.
//! `cargo run --release -p insight --example bench_import make DIR [MILLIONS]` writes made-up files once, `… run DIR` measures.

#![expect(clippy::print_stdout, reason = "the figures are for people")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads a clock")]

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use insight::exposure::report::{Options, report};
use insight::exposure::simulate::Run;
use insight::import::Import;
use insight::sample::{Sample, Setup};
use insight::watch::Unwatched;

/// What a report of ten million orders may take.
const BOUND_S: f64 = 60.0;
/// And the memory for it.
const BOUND_GB: f64 = 4.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (what, folder) = (args.next(), args.next());
    let folder = folder.as_deref().map(Path::new).ok_or("name `make` or `run`, and a folder")?;
    match what.as_deref() {
        Some("make") => make(folder, args.next().map_or(Ok(10.0), |text| text.parse())?),
        _ => run(folder),
    }
}

fn make(folder: &Path, millions: f64) -> Result<(), Box<dyn Error>> {
    let setup = Setup {
        hosts: 200,
        brands: 500,
        buyers: 3_000_000,
        orders_per_day: millions * 1e6 / 731.0,
        incidents_per_year: 12.0,
        ..Setup::new(1)
    };
    let sample = Sample::of(&setup);
    std::fs::create_dir_all(folder)?;
    let file = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let (mut orders, mut shows) = (file("orders.csv")?, file("shows.csv")?);
    let (mut follows, mut incidents) = (file("follows.csv")?, file("incidents.csv")?);
    sample.write_orders(&mut orders)?;
    sample.write_shows(&mut shows)?;
    sample.write_follows(&mut follows)?;
    sample.write_incidents(&mut incidents)?;
    [orders, shows, follows, incidents].iter_mut().try_for_each(Write::flush)?;
    Ok(())
}

fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    let file = |name: &str| File::open(folder.join(name)).map(BufReader::new);
    let begun = Instant::now();
    let mut import = Import::new();
    import.orders(file("orders.csv")?, &Unwatched)?;
    import.shows(file("shows.csv")?, &Unwatched)?;
    import.follows(file("follows.csv")?, &Unwatched)?;
    import.incidents(file("incidents.csv")?, &Unwatched)?;
    let data = import.finish()?;
    let imported = begun.elapsed().as_secs_f64();
    let imported_cpu = cpu_s()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let defaults = Options::default();
    let options = Options { run: Run { threads, ..defaults.run }, ..defaults };
    let report = report(&data, &options, &Unwatched)?.report;
    let (all, cpu, memory) = (begun.elapsed().as_secs_f64(), cpu_s()?, memory_gb()?);
    println!(
        "{} orders, {} buyers, {} hosts, {} dark episodes",
        report.orders,
        report.buyers,
        report.hosts.len(),
        report.episodes.len()
    );
    println!("imported     {imported:.1} s, {imported_cpu:.1} CPU-s");
    println!(
        "and reported {all:.1} s, {cpu:.1} CPU-s (bound {BOUND_S} s), {memory:.2} GB at most (bound {BOUND_GB} GB)"
    );
    if all > BOUND_S || memory > BOUND_GB {
        return Err("over the bound".into());
    }
    Ok(())
}

/// CPU-seconds of all threads so far.
fn cpu_s() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |at: usize| {
        fields.get(at).ok_or("no figure")?.parse::<f64>().map_err(Box::<dyn Error>::from)
    };
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

/// The most memory that the process had, in GB.
fn memory_gb() -> Result<f64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find(|line| line.starts_with("VmHWM")).ok_or("no figure")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kilobytes * 1024.0 / 1e9)
}
