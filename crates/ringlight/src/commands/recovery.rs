//! `recovery`: what an incident cost, and whether the host is back.

use std::fs;
use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::Instant;

use anyhow::Context as _;
use insight::recovery::{DonorRules, Levels, Panel, Question, Recovery, recover};
use insight::watch::{Stage, Stopped, Watch};

use super::page::{self, Page};
use crate::cli::RecoveryArgs;
use crate::failure::Advice;
use crate::out;

pub(crate) fn run(args: &RecoveryArgs) -> anyhow::Result<bool> {
    let file = args.series.display();
    let text =
        fs::read_to_string(&args.series).with_context(|| format!("could not read {file}"))?;
    let panel = Panel::from_csv(&text).map_err(|error| {
        let hint =
            "a panel has the columns unit,time,value and one row for every unit at every time";
        Advice::new(format!("{file}: {error}"), hint).error()
    })?;
    let question = Question {
        panel: &panel,
        treated: &args.treated,
        start: args.start,
        method: args.method,
        levels: if args.indexed { Levels::Indexed } else { Levels::AsGiven },
        donors: &DonorRules::default(),
        seed: args.seed,
    };
    let recovery = recover(&question, &Progress::default())?;
    if let Some(path) = &args.html {
        let Some(page) = page::of(&Page::Recovery { recovery: &recovery })? else {
            return Err(Advice::new("there is no page to write", page::NOT_BUILT).error());
        };
        fs::write(path, page).with_context(|| format!("could not write {}", path.display()))?;
    }
    if args.json {
        out::line(serde_json::to_string_pretty(&recovery)?);
    } else {
        told(&recovery);
    }
    Ok(true)
}

fn told(recovery: &Recovery) {
    let Recovery { treated, start, method, estimate, interval: [low, high], .. } = recovery;
    out::line(format_args!("{treated}, struck from {start} on, by {}:", method.name()));
    out::line(format_args!("  mean effect  {estimate:.4}  (95 % interval {low:.4} to {high:.4})"));
    let total = &recovery.total;
    let [low, high] = total.interval;
    out::line(format_args!("  in all       {:.4}  ({low:.4} to {high:.4})", total.estimate));
    if let Some(relative) = &recovery.relative {
        let [low, high] = relative.interval.map(|end| end * 100.0);
        let share = relative.estimate * 100.0;
        out::line(format_args!("  as a share   {share:.1} %  ({low:.1} % to {high:.1} %)"));
    }
    out::line(format_args!("  {}", recovery.recovered.says));
    let mut weights: Vec<_> = recovery.weights.units.iter().collect();
    weights.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    for weight in weights.iter().take(10).filter(|weight| weight.weight != 0.0) {
        out::line(format_args!("  donor {:<24} {:.4}", weight.unit, weight.weight));
    }
    for assumption in &recovery.assumptions {
        out::line(format_args!("note: {assumption}"));
    }
}

/// How far long work is, on a terminal.
#[derive(Default)]
struct Progress(Mutex<Option<Instant>>);

impl Watch for Progress {
    fn at(&self, stage: Stage, done: u64, all: u64) -> Result<(), Stopped> {
        let mut err = std::io::stderr();
        let Ok(mut last) = self.0.lock() else { return Ok(()) };
        if err.is_terminal() && last.is_none_or(|last| last.elapsed().as_millis() > 500) {
            *last = Some(Instant::now());
            let _ = write!(err, "\r{stage}: {done} of {all}   ");
            let _ = err.flush();
        }
        Ok(())
    }
}
