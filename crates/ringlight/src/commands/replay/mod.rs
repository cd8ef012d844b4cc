//! `replay`: a show's log is folded and held against its digests, and then decided again under other rules, another policy or
//! another rate of alarms.

mod policy;
mod rebuild;
mod told;

use std::path::Path;

use anyhow::Context;
use listen::judge::{Judge, JudgeError};
use listen::rules::{PackError, SHIPPED};
use serde::Serialize;
use server::replay::{Ask, Recorded, ReplayError, Report, look_back, recorded};
use show::Slug;
use show::sentinel::{PACKS_MAX, Policy};
use store::{Reader, SqliteReader, VerifyError};

use crate::cli::ReplayArgs;
use crate::failure::Advice;
use crate::{models, out};

/// What `--json` prints.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// What the judge cannot do here.
    limits: &'a [String],
}

/// False when a rebuilt state is not the one that was live.
pub(crate) fn run(args: &ReplayArgs) -> anyhow::Result<bool> {
    let show = Slug::new(&args.show).with_context(|| {
        Advice::new(
            "not a show's name",
            "it is the last part of the show's address, such as evening",
        )
    })?;
    // What a person got wrong is said before a long log is read.
    let policy = args.policy.as_deref().map(|path| policy::read(path, &show)).transpose()?;
    let reader = SqliteReader::open(&args.data)?;
    let known = reader.streams()?;
    let shows = known.iter().filter_map(|stream| stream.as_str().strip_prefix("show/"));
    let shows: Vec<&str> = shows.collect();
    if !shows.contains(&show.as_str()) {
        let hint = format!("shows with a log: {}", shows.join(", "));
        let what = format!("{} has no show {show}", args.data.display());
        return Err(Advice::new(what, hint).error());
    }
    if !args.json && !rebuild::run(&reader, &show)? {
        return Ok(false);
    }
    let was = recorded(&reader, &show).map_err(said)?;
    let asked = !args.rules.is_empty() || policy.is_some() || args.alarms_per_1000h.is_some();
    if was.policy().is_none() && !asked && !args.json {
        out::line(
            "nobody listened in this show: there is nothing to decide again without --policy",
        );
        return Ok(true);
    }
    again(args, &reader, &was, policy)?;
    Ok(true)
}

fn again(
    args: &ReplayArgs,
    reader: &dyn Reader,
    was: &Recorded,
    policy: Option<Policy>,
) -> anyhow::Result<()> {
    let Some(by) = policy.clone().or_else(|| was.policy().cloned()) else {
        return Err(nobody_listened(was.show()));
    };
    let packs = if args.rules.is_empty() { &by.rules } else { &args.rules };
    let mut judge = judge(args, packs)?;
    let policy = if args.rules.is_empty() {
        policy
    } else {
        let rules = judge.packs().iter().map(|pack| pack.id.clone()).collect();
        Some(Policy { rules, ..by })
    };
    let limits = judge.limits().to_vec();
    let ask = Ask { policy, alarms_per_1000h: args.alarms_per_1000h };
    let report = look_back(reader, was, &ask, &mut judge).map_err(said)?;
    if args.json {
        out::line(serde_json::to_string(&Answer { report: &report, limits: &limits })?);
    } else {
        limits.iter().for_each(out::note);
        told::report(&report);
    }
    Ok(())
}

/// An error with what to do about it.
fn said(error: ReplayError) -> anyhow::Error {
    match error {
        ReplayError::Store(error) | ReplayError::Chain(VerifyError::Store(error)) => error.into(),
        ReplayError::Chain(VerifyError::Broken(broken)) => Advice::new(
            broken.to_string(),
            "the record was changed or lost after it was written; `ringlight log verify` looks at every stream",
        )
        .error(),
        error => error.into(),
    }
}

fn nobody_listened(show: &Slug) -> anyhow::Error {
    Advice::new(
        format!("nobody listened in {show}: the log has no policy"),
        "name one with --policy FILE",
    )
    .error()
}

fn judge(args: &ReplayArgs, packs: &[String]) -> anyhow::Result<Judge> {
    if packs.len() > PACKS_MAX {
        let hint = format!("at most {PACKS_MAX} packs judge a show");
        return Err(Advice::new("too many rule packs", hint).error());
    }
    let names: Vec<&str> = packs.iter().map(String::as_str).collect();
    let folder = models::folder(args.folder.models.as_ref()).ok();
    Judge::load(folder.as_deref(), &names).map_err(|error| match error {
        JudgeError::Pack { name, source: PackError::Read(_) } if !Path::new(&name).exists() => {
            let known: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
            Advice::new(
                format!("there is no rule pack {name}"),
                format!(
                    "packs that ship: {}; or name a pack's file with --rules",
                    known.join(", ")
                ),
            )
            .error()
        }
        error => error.into(),
    })
}
