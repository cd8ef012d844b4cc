//! `exposure`: CSV files in, figures out; a made-up platform; and the engine held against exact numbers.

pub(super) mod progress;
mod tables;
mod told;

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use insight::exposure::check::check;
use insight::exposure::report::{Exposure, Options, report};
use insight::exposure::simulate::Run;
use insight::import::{Dataset, Import, ImportError};
use insight::sample::{Sample, Setup};
use insight::watch::Watch;
use serde::Serialize;
use server::DatasetError;
use store::SqliteReader;
use units::Timestamp;

use super::page::{self, Page};
use crate::cli::{
    ExposureArgs, ExposureCheckArgs, ExposureCommand, ExposureReportArgs, ExposureSampleArgs,
};
use crate::failure::Advice;
use crate::out;
use progress::Progress;

pub(crate) fn run(args: &ExposureArgs) -> anyhow::Result<bool> {
    match (&args.command, &args.report) {
        (Some(ExposureCommand::Sample(args)), _) => sample(args),
        (Some(ExposureCommand::Check(args)), _) => exact(args),
        (None, Some(args)) => analyse(args),
        (None, None) => Err(Advice::new(
            "there is nothing to analyse",
            "name a data folder with --data, or files with --orders and --shows; and a folder with --out. `ringlight exposure sample` makes files",
        )
        .error()),
    }
}

fn analyse(args: &ExposureReportArgs) -> anyhow::Result<bool> {
    let progress = Progress::start()?;
    let data = import(args, &progress)?;
    let defaults = Options::default();
    let mut options = Options {
        run: Run { seed: args.seed, scenarios: args.scenarios, threads: threads(args.threads) },
        alpha: args.alpha,
        questions: args.what_if.iter().map(|arg| arg.0.clone()).collect(),
        ..defaults
    };
    options.settings.horizon_days = args.horizon_days;
    if let Some(beta) = args.beta {
        options.settings.hours_effect = beta.0;
    }
    let exposure = report(&data, &options, &progress)?;
    progress.done();
    let page = write(&exposure, &args.out)?;
    told::exposure(&exposure);
    out::line(format_args!(
        "written to {}: exposure.json, curves.json, scenarios.json, hosts.csv, brands.csv, months.csv{}",
        args.out.display(),
        if page { ", report.html" } else { "" }
    ));
    if !page {
        out::line(page::NOT_BUILT);
    }
    Ok(true)
}

fn import(args: &ExposureReportArgs, progress: &Progress) -> anyhow::Result<Dataset> {
    if let Some(folder) = &args.data {
        let reader = SqliteReader::open(folder)?;
        return server::dataset(&reader, now(), progress).map_err(|error| match error {
            DatasetError::NoOrders => Advice::new(
                format!("{}: {error}", folder.display()),
                "run some shows first, or name files with --orders and --shows",
            )
            .error(),
            error => anyhow::Error::new(error).context(folder.display().to_string()),
        });
    }
    // A day more, for clocks of other zones.
    let tomorrow = now().ms() / 1000 + 86_400;
    let mut import = Import::until(u32::try_from(tomorrow).unwrap_or(u32::MAX));
    if let Some(path) = &args.orders {
        read(path, |file| import.orders(file, progress))?;
    }
    if let Some(path) = &args.shows {
        read(path, |file| import.shows(file, progress))?;
    }
    if let Some(path) = &args.follows {
        read(path, |file| import.follows(file, progress))?;
    }
    if let Some(path) = &args.incidents {
        read(path, |file| import.incidents(file, progress))?;
    }
    Ok(import.finish()?)
}

fn read(
    path: &Path,
    take: impl FnOnce(BufReader<File>) -> Result<(), ImportError>,
) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| format!("could not open {}", path.display()))?;
    take(BufReader::new(file)).map_err(|error| match error {
        ImportError::MissingColumn { .. } => Advice::new(
            format!("{}: {error}", path.display()),
            "rename a column, or see the guide for the names that are known",
        )
        .error(),
        ImportError::Stopped(stopped) => stopped.into(),
        error => anyhow::Error::new(error).context(path.display().to_string()),
    })
}

/// Every file is there whole or not at all. Answers whether there is a page.
fn write(exposure: &Exposure, folder: &Path) -> anyhow::Result<bool> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    let report = &exposure.report;
    json(folder, "exposure.json", report)?;
    json(folder, "curves.json", &exposure.curves)?;
    json(folder, "scenarios.json", &exposure.scenarios)?;
    file(folder, "hosts.csv", |out| tables::hosts(report, out))?;
    file(folder, "brands.csv", |out| tables::brands(report, out))?;
    file(folder, "months.csv", |out| tables::months(report, out))?;
    let page = page::of(&Page::Exposure { report })?;
    let Some(page) = page else { return Ok(false) };
    file(folder, "report.html", |out| out.write_all(page.as_bytes()))?;
    Ok(true)
}

pub(super) fn json(folder: &Path, name: &str, value: &impl Serialize) -> anyhow::Result<()> {
    file(folder, name, |out| {
        serde_json::to_writer_pretty(&mut *out, value)?;
        writeln!(out)
    })
}

pub(super) fn file(
    folder: &Path,
    name: &str,
    fill: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let (whole, part) = (folder.join(name), folder.join(format!("{name}.part")));
    let filled = || -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(&part)?);
        fill(&mut out)?;
        out.into_inner()?.sync_all()?;
        fs::rename(&part, &whole)
    };
    filled().with_context(|| format!("could not write {}", whole.display()))
}

fn sample(args: &ExposureSampleArgs) -> anyhow::Result<bool> {
    let sample = Sample::of(&Setup::new(args.seed));
    let folder = &args.out;
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    file(folder, "orders.csv", |out| sample.write_orders(out))?;
    file(folder, "shows.csv", |out| sample.write_shows(out))?;
    file(folder, "follows.csv", |out| sample.write_follows(out))?;
    file(folder, "incidents.csv", |out| sample.write_incidents(out))?;
    json(folder, "truth.json", &sample.truth)?;
    let truth = &sample.truth;
    out::line(format_args!(
        "a made-up platform of {} hosts, {} brands, {} days, {} incidents: none of it happened",
        truth.hosts.len(),
        truth.model.brands.len(),
        truth.days,
        truth.incidents.len()
    ));
    let at = folder.display();
    out::line(format_args!(
        "written to {at}: orders.csv, shows.csv, follows.csv, incidents.csv, truth.json"
    ));
    out::line(format_args!(
        "try     ringlight exposure --orders {at}/orders.csv --shows {at}/shows.csv --follows {at}/follows.csv --incidents {at}/incidents.csv --out {at}/exposure"
    ));
    Ok(true)
}

fn exact(args: &ExposureCheckArgs) -> anyhow::Result<bool> {
    let progress = Progress::start()?;
    let run = Run { seed: args.seed, scenarios: args.scenarios, threads: threads(args.threads) };
    let lines = check(&run, &progress as &dyn Watch)?;
    progress.done();
    out::line(format_args!(
        "the sum of Poisson(5) many Exp(1) losses, {} scenarios, seed {}",
        run.scenarios, run.seed
    ));
    out::line(
        "alpha    VaR exact    VaR seen    error   off by    ES exact     ES seen    error   off by",
    );
    for line in &lines {
        let (var, es) = line.errors();
        let seen = &line.seen;
        out::line(format_args!(
            "{:<6} {:>11.7} {:>11.5} {:>8.5} {var:>+6.2} se {:>11.7} {:>11.5} {:>8.5} {es:>+6.2} se",
            seen.alpha,
            line.exact_var,
            seen.var,
            seen.var_error,
            line.exact_es,
            seen.es,
            seen.es_error
        ));
    }
    let fine = lines.iter().all(|line| line.fine());
    out::line(if fine {
        "ok      all within three standard errors"
    } else {
        "FAILED  not all within three standard errors"
    });
    Ok(fine)
}

fn now() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
}
