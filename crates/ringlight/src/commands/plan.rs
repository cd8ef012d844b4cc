//! `plan`: how to diversify, and what it costs. From the files of `exposure` and a user's limits.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use insight::plan::{
    Constraints, Error, Exposed, FrontierFile, Options, Outcome, PlanFile, report,
};
use serde::de::DeserializeOwned;

use super::exposure::{file, json, progress::Progress};
use super::page::{self, Page};
use crate::cli::PlanArgs;
use crate::failure::Advice;
use crate::out;

/// Hosts and limits that are listed.
const LISTED: usize = 10;

pub(crate) fn run(args: &PlanArgs) -> anyhow::Result<bool> {
    let exposed = Exposed {
        measured: read(&args.exposure, "exposure.json")?,
        curves: read(&args.exposure, "curves.json")?,
        scenarios: read(&args.exposure, "scenarios.json")?,
    };
    let file = args.constraints.display();
    let text =
        fs::read_to_string(&args.constraints).with_context(|| format!("could not read {file}"))?;
    let constraints = Constraints::parse(&text).map_err(|error| refused(&error, args))?;
    let options =
        Options { seed: args.seed, scenarios: args.scenarios, points: usize::from(args.points) };
    let progress = Progress::start()?;
    let done = report(&exposed, &constraints, &options, &progress);
    progress.done();
    let (plan, frontier) = done.map_err(|error| refused(&error, args))?;
    let page = write(&args.out, &plan, &frontier)?;
    told(&plan, &frontier);
    let more = if page { ", report.html" } else { "" };
    out::line(format_args!("written to {}: plan.json, frontier.json{more}", args.out.display()));
    if !page {
        out::line(page::NOT_BUILT);
    }
    Ok(true)
}

fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> anyhow::Result<T> {
    let path = folder.join(name);
    let text = fs::read(&path).map_err(|error| {
        let what = format!("could not read {}", path.display());
        let hint = "name the folder that `ringlight exposure --out` wrote; a plan needs exposure.json, curves.json and scenarios.json of it";
        anyhow::Error::new(error).context(Advice::new(what, hint))
    })?;
    serde_json::from_slice(&text).map_err(|error| {
        let what = format!("{}: {error}", path.display());
        Advice::new(what, "write it again with `ringlight exposure`").error()
    })
}

/// Limits are wrong in the file of limits, and figures in the folder.
fn refused(error: &Error, args: &PlanArgs) -> anyhow::Error {
    let (file, hint) = match error {
        Error::Stopped(stopped) => return (*stopped).into(),
        Error::Exposure(_) | Error::Model(_) => {
            (&args.exposure, "write the folder again with `ringlight exposure --out`")
        }
        Error::BudgetTooSmall { .. } => (
            &args.constraints,
            "raise the budget, ask for fewer hours by contract, or let more hosts share them",
        ),
        Error::Contradiction(_) => (&args.constraints, "loosen one of them"),
        Error::Constraints(_) | Error::Row(_) => {
            (&args.constraints, "the guide has every key with what it means: docs/plan.md")
        }
        _ => (&args.constraints, "try other scenarios with --seed, or more with --scenarios"),
    };
    Advice::new(format!("{}: {error}", file.display()), hint).error()
}

/// Both files are there whole, or the one that is missing is said. Answers whether there is a page.
fn write(folder: &Path, plan: &PlanFile, frontier: &FrontierFile) -> anyhow::Result<bool> {
    fs::create_dir_all(folder).with_context(|| format!("could not make {}", folder.display()))?;
    json(folder, "plan.json", plan)?;
    json(folder, "frontier.json", frontier)?;
    let Some(page) = page::of(&Page::Plan { plan, frontier })? else { return Ok(false) };
    file(folder, "report.html", |out| out.write_all(page.as_bytes()))?;
    Ok(true)
}

fn told(file: &PlanFile, frontier: &FrontierFile) {
    let plan = &file.planned.plan;
    out::line(format_args!(
        "a plan for {} hosts over {} days, in {}, from {} scenarios (seed {}; errors of the simulation behind ±)",
        plan.hosts.len(),
        file.horizon_days,
        file.currency,
        plan.scenarios,
        file.seed
    ));
    let percent = 100.0 * plan.alpha;
    let planned = file.by_substitution.mid;
    out::line(format_args!(
        "               expected sales          shortfall at {percent} %      effective hosts"
    ));
    let line = |name: &str, at: &Outcome| {
        out::line(format_args!(
            "  {name:<11} {:>13.0} ± {:<8.0} {:>11.0} ± {:<8.0} {:>11.1}",
            at.expected_gmv, at.expected_gmv_se, at.es, at.es_se, at.effective_hosts
        ));
    };
    line("now", &file.now);
    line("planned", &planned);
    line("held out", &file.held_out);
    line("substitution low", &file.by_substitution.low);
    line("substitution high", &file.by_substitution.high);
    line("further hours sell less", &file.by_elasticity.low.outcome);
    line("further hours sell more", &file.by_elasticity.high.outcome);
    let rounds = file.planned.rounds.len();
    out::line(if file.planned.settled {
        format!("plan and simulation agree after {rounds} rounds")
    } else {
        format!("plan and simulation do not agree after {rounds} rounds: this is the best of them")
    });
    hosts(file);
    limits(file);
    if let (Some(first), Some(last)) = (frontier.points.first(), frontier.points.last()) {
        out::line(format_args!(
            "frontier: {} plans with a shortfall from {:.0} to {:.0}",
            frontier.points.len(),
            first.point.es,
            last.point.es
        ));
    }
    for said in &plan.assumptions {
        out::line(format_args!("note: {}", said.text));
    }
}

fn hosts(file: &PlanFile) {
    let mut hosts: Vec<_> = file.planned.plan.hosts.iter().collect();
    let moved =
        |host: &insight::plan::PlannedHost| host.hours - host.hours_now.unwrap_or(host.hours);
    hosts.sort_by(|a, b| moved(b).abs().total_cmp(&moved(a).abs()));
    out::line("host                     hours a week: now  planned    share  of the shortfall");
    for host in hosts.iter().take(LISTED) {
        out::line(format_args!(
            "{:<24} {:>17.1} {:>8.1} {:>6.1} % {:>11.0} ± {:.0}",
            host.host,
            host.hours_now.unwrap_or_default(),
            host.hours,
            100.0 * host.share,
            host.es_contribution,
            host.es_contribution_se
        ));
    }
}

fn limits(file: &PlanFile) {
    let binding = file.planned.plan.duals.iter().filter(|dual| dual.price != 0.0);
    for dual in binding.take(LISTED) {
        out::line(format_args!(
            "limit {:<24} at {:.2} of {:.2}: one more is worth {:.2}",
            dual.name, dual.used, dual.bound, dual.price
        ));
    }
}
