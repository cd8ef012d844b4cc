//! `simulate`: a scenario through the real core, told as a transcript; or many seeds of it, counted.

mod judges;
mod shipped;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use sim::scenario::file::FILE_MAX;
use sim::scenario::{Lines, Played, Scenario, parse, play};

use self::judges::{Bench, Words};
use self::shipped::{SHIPPED, lines};
use crate::cli::{Seeds, SimulateArgs};
use crate::failure::Advice;
use crate::out;

/// Failures of one scenario that are told; the rest is counted.
const TOLD_MAX: usize = 10;

/// A scenario that is ready to run.
struct Ready {
    name: String,
    file: Scenario,
    lines: Lines,
    bench: Bench,
}

/// False when something that a file expects did not come, or an invariant broke.
pub(crate) fn run(args: &SimulateArgs) -> anyhow::Result<bool> {
    let scenarios = named(&args.scenario)?;
    let models = super::text::models(args.models.as_deref());
    let mut ready: Vec<Ready> = Vec::new();
    for (name, file) in scenarios {
        let packs = &file.policy.get_ref().rules;
        // Loading weights takes a second, and most scenarios are judged by the same packs.
        let known = ready.iter().find(|other| other.bench.packs() == packs);
        let bench = match known {
            Some(known) => known.bench.clone(),
            None => Bench::load(models.as_deref(), packs)?,
        };
        ready.push(Ready { lines: lines(&file.language.get_ref().0)?, name, file, bench });
    }
    if let Some(limit) = ready.iter().flat_map(|ready| ready.bench.limits()).next() {
        out::note(format_args!("note: {limit}"));
    }
    match args.seeds {
        Some(seeds) => many(&ready, seeds),
        None => one(&ready, args.seed),
    }
}

/// The scenarios of a name, a path, or all that ship.
fn named(name: &str) -> anyhow::Result<Vec<(String, Scenario)>> {
    if name == "all" {
        return SHIPPED.iter().map(|(name, text)| read(name, text.as_bytes())).collect();
    }
    if let Some((name, text)) = SHIPPED.iter().find(|(known, _)| *known == name) {
        return Ok(vec![read(name, text.as_bytes())?]);
    }
    let path = Path::new(name);
    if path.extension().is_none() && !path.exists() {
        let known: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
        let hint = format!("there are {}, all, and files such as ./mine.toml", known.join(", "));
        return Err(Advice::new(format!("no scenario is called {name:?}"), hint).error());
    }
    let file = File::open(path).with_context(|| format!("could not read {name}"))?;
    let mut bytes = Vec::new();
    let read_all = file.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes);
    read_all.with_context(|| format!("could not read {name}"))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let (_, scenario) = read(name, &bytes)?;
    Ok(vec![(stem, scenario)])
}

fn read(name: &str, bytes: &[u8]) -> anyhow::Result<(String, Scenario)> {
    let hint = "docs/scenarios.md says what a scenario file holds";
    let bad = |bad| Advice::new(format!("{name}: {bad}"), hint).error();
    Ok((name.to_owned(), parse(bytes).map_err(bad)?))
}

fn one(ready: &[Ready], seed: u64) -> anyhow::Result<bool> {
    let mut all = true;
    for (n, ready) in ready.iter().enumerate() {
        if n > 0 {
            out::line("");
        }
        let played = ready.play(seed)?;
        out::line(played.transcript.trim_end());
        all &= played.holds();
    }
    Ok(all)
}

impl Ready {
    fn play(&self, seed: u64) -> anyhow::Result<Played> {
        let mut words = Words::new(&self.bench, &self.file.language.get_ref().0)?;
        Ok(play(&self.name, &self.file, seed, &self.lines, &mut words))
    }
}

/// What many seeds of one scenario came to.
#[derive(Default)]
struct Tally {
    held: usize,
    failures: Vec<(u64, String)>,
    turns_ms: Vec<i64>,
}

fn many(ready: &[Ready], seeds: Seeds) -> anyhow::Result<bool> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = true;
    for ready in ready {
        let tally = Mutex::new(Tally::default());
        let next = AtomicUsize::new(0);
        let count = seeds.count();
        let work = || -> anyhow::Result<()> {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    return Ok(());
                }
                let seed = seeds.first + at as u64;
                let played = ready.play(seed)?;
                let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
                tally.turns_ms.extend(played.turn_after_ms);
                if played.holds() {
                    tally.held += 1;
                } else {
                    tally.failures.push((seed, why(&played)));
                }
            }
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..workers.min(count)).map(|_| scope.spawn(work)).collect();
            threads.into_iter().try_for_each(|thread| match thread.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })?;
        let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        all &= tally.held == count;
        told(&ready.name, count, tally);
    }
    Ok(all)
}

fn why(played: &Played) -> String {
    let broken = played.violation.iter().map(|violation| format!("BROKEN {violation}"));
    broken.chain(played.unmet.iter().cloned()).collect::<Vec<_>>().join("; ")
}

fn told(name: &str, count: usize, mut tally: Tally) {
    let turns = &mut tally.turns_ms;
    turns.sort_unstable();
    let at = |part: usize| turns[(turns.len() - 1) * part / 100] / 1000;
    let known = match turns.len() {
        0 => String::new(),
        n => format!(
            "; the room's turn is known after {} s median, {} s p90, {} s at most (n {n})",
            at(50),
            at(90),
            at(100)
        ),
    };
    out::line(format_args!("{name}: {} of {count} seeds hold{known}", tally.held));
    tally.failures.sort();
    for (seed, why) in tally.failures.iter().take(TOLD_MAX) {
        out::line(format_args!("  seed {seed}: {why}"));
    }
    let rest = tally.failures.len().saturating_sub(TOLD_MAX);
    if rest > 0 {
        out::line(format_args!("  and {rest} more"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_that_ships_is_one() {
        for (name, file) in named("all").expect("all of them") {
            let language = &file.language.get_ref().0;
            assert!(lines(language).is_ok(), "{name}");
            for part in file.sources.iter().map(|source| source.get_ref()) {
                assert!(!part.by.0.is_empty(), "{name} names who says so");
            }
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = named("remark").expect_err("it is not there");
        let hint = crate::failure::hint(&error).expect("a hint");
        assert!(hint.contains("remark-zh") && hint.contains("raid"), "{hint}");
    }
}
