//! What was beside what would have been: incident by incident, and in sum.

use serde::Serialize;
use show::sentinel::{Incident, IncidentState, Policy, Response, Severity};
use store::Reader;
use units::{Duration, MediaTime};

use super::ReplayError;
use super::again::Done;
use super::compare::pairs;
use super::recorded::{Recorded, words};
use super::seen::Kept;
use super::stops::Stopped;
use crate::analysis::precision::Judged;

/// Then and now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sides<T> {
    /// As it was recorded.
    pub was: T,
    /// As it would have been.
    pub would_be: T,
}

/// A policy and what judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rules {
    /// The policy; absent: nobody listened.
    pub policy: Option<Policy>,
    /// Models, weights and packs with their versions.
    pub versions: Vec<String>,
}

/// Finished sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sentences {
    /// All that the log has.
    pub finished: u64,
    /// Judged anew.
    pub judged: u64,
    /// Not understood then, so there is nothing to judge.
    pub not_understood: u64,
    /// Their words are erased, so nobody can say what other rules make of them.
    pub expired: u64,
}

/// The room, read anew.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Room {
    /// Seconds in which something was written or taken back.
    pub seconds: u64,
    /// Alarms that were put up with in 1000 hours.
    pub alarms_per_1000h: f64,
}

/// What became of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// It was stopped before any of it aired.
    Stopped,
    /// It was stopped when a part had aired.
    StoppedLate,
    /// The desk was told, and nothing was stopped.
    Flagged,
    /// A person let it air.
    Dismissed,
    /// Later words cleared it.
    Withdrawn,
}

/// An incident in one of the runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// When it was opened.
    pub at: String,
    /// The gravest rule.
    pub rule: String,
    /// Other rules.
    pub also: Vec<String>,
    /// How grave.
    pub severity: Severity,
    /// How sure, 0 to 1.
    pub score: f64,
    /// What the policy wanted done.
    pub response: Response,
    /// What became of it.
    pub did: Did,
    /// How long the words were to air when it was opened; negative: they had begun. Absent without words.
    pub time_to_air_ms: Option<i64>,
    /// The room turned in it.
    pub room: bool,
}

/// How the two runs compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was right, and would be stopped or flagged.
    Caught,
    /// It was right, and nothing would say so.
    Missed,
    /// It was wrong, and would be stopped.
    StoppedForNothing,
    /// It was wrong, and would be flagged.
    FlaggedForNothing,
    /// It was wrong, and would be left alone.
    LeftAlone,
    /// Nothing was said then; nobody has judged it.
    New,
    /// Said in both, and nobody has judged it.
    Unjudged,
    /// Said then and not now, and nobody has judged it.
    Gone,
    /// Opened on half a sentence and taken back, in all runs that have it.
    Withdrawn,
    /// Its words are erased: what other rules make of them cannot be said.
    Expired,
}

/// One incident of either run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// Where the words begin.
    pub from_media_ms: i64,
    /// Where they end.
    pub to_media_ms: i64,
    /// The words, while they are not erased.
    pub words: Option<String>,
    /// How they compare.
    pub outcome: Outcome,
    /// What people made of it: `right`, `wrong`, `late` or `undecided`.
    pub judged: Judged,
    /// A person gave a verdict; else what they did about it counts.
    pub verdict: bool,
    /// As recorded.
    pub was: Option<Side>,
    /// As it would have been.
    pub would_be: Option<Side>,
}

/// Counts of outcomes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is the count of the outcome of its name")]
pub struct Totals {
    pub caught: u64,
    /// Of these, stopped before any of it aired.
    pub caught_in_time: u64,
    pub missed: u64,
    pub stopped_for_nothing: u64,
    pub flagged_for_nothing: u64,
    pub left_alone: u64,
    pub new: u64,
    /// Of these, stopped.
    pub new_stopped: u64,
    pub unjudged: u64,
    pub gone: u64,
    pub withdrawn: u64,
    pub expired: u64,
}

/// Stops of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stops {
    /// Incidents that were stopped and stayed so.
    pub stopped: u64,
    /// Of these, when a part had aired.
    pub late: u64,
    /// What was taken off the air, in milliseconds.
    pub lost_ms: i64,
    /// The least time to air of an incident with words, in milliseconds.
    pub time_to_air_min_ms: Option<i64>,
    /// The median of it.
    pub time_to_air_median_ms: Option<i64>,
}

/// A show looked back on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Which show.
    pub show: String,
    /// Whose.
    pub host: String,
    /// Entries of its log.
    pub entries: u64,
    /// The digest that the log states last and the rebuilt state has too; absent: it states none.
    pub digest: Option<String>,
    /// By what was and would be judged.
    pub rules: Sides<Rules>,
    /// What was said.
    pub sentences: Sentences,
    /// What was written.
    pub room: Room,
    /// Incidents of either run, in order of time.
    pub incidents: Vec<Line>,
    /// In sum.
    pub totals: Totals,
    /// What was stopped.
    pub stops: Sides<Stops>,
}

pub(super) fn report(
    reader: &dyn Reader,
    recorded: &Recorded,
    done: Done,
    alarms_per_1000h: f64,
) -> Result<Report, ReplayError> {
    let (was, now) = (&recorded.incidents, &done.incidents);
    let mut lines: Vec<(units::Timestamp, Line)> = Vec::new();
    for (a, b) in pairs(was, now) {
        let (a, b) = (a.map(|at| &was[at]), b.map(|at| &now[at]));
        let Some(first) = a.or(b) else { continue };
        let mut line = line(a, b, first, &done.expired);
        let text = a.and_then(|it| it.incident.text).or_else(|| b?.incident.text);
        line.words = text.map(|text| words(reader, text)).transpose()?.flatten();
        lines.push((first.incident.at, line));
    }
    lines.sort_by_key(|(at, line)| (*at, line.from_media_ms));
    let incidents: Vec<Line> = lines.into_iter().map(|(_, line)| line).collect();
    Ok(Report {
        show: recorded.show().to_string(),
        host: recorded.host().to_owned(),
        entries: recorded.entries(),
        digest: recorded.checked().map(|(_, digest)| digest.to_string()),
        rules: Sides {
            was: Rules { policy: recorded.policy().cloned(), versions: recorded.versions.clone() },
            would_be: Rules { policy: done.policy, versions: done.versions },
        },
        sentences: done.said,
        room: Room { seconds: done.seconds, alarms_per_1000h },
        totals: totals(&incidents),
        incidents,
        stops: Sides { was: stops(was, &recorded.stopped), would_be: stops(now, &done.stopped) },
    })
}

fn line(
    was: Option<&Kept>,
    now: Option<&Kept>,
    first: &Kept,
    expired: &[(MediaTime, MediaTime)],
) -> Line {
    let judged = was.map_or(Judged::Undecided, |it| Judged::of(&it.incident));
    let (was_side, now_side) = (was.map(side), now.map(side));
    let standing = |side: &Option<Side>| {
        side.as_ref().map(|side| side.did).filter(|did| *did != Did::Withdrawn)
    };
    let erased = |it: &Kept| {
        it.incident.has_words() && expired.iter().any(|(from, to)| it.incident.touches(*from, *to))
    };
    let outcome = match (judged.there(), standing(&was_side), standing(&now_side)) {
        (_, _, None) if was.is_some_and(erased) => Outcome::Expired,
        (Some(true), _, Some(_)) => Outcome::Caught,
        (Some(true), _, None) => Outcome::Missed,
        (Some(false), _, Some(Did::Stopped | Did::StoppedLate)) => Outcome::StoppedForNothing,
        (Some(false), _, Some(_)) => Outcome::FlaggedForNothing,
        (Some(false), _, None) => Outcome::LeftAlone,
        (None, None, Some(_)) => Outcome::New,
        (None, Some(_), Some(_)) => Outcome::Unjudged,
        (None, Some(_), None) => Outcome::Gone,
        (None, None, None) => Outcome::Withdrawn,
    };
    let incident = &first.incident;
    Line {
        from_media_ms: incident.from.ms(),
        to_media_ms: incident.to.ms(),
        words: None,
        outcome,
        judged,
        verdict: was.is_some_and(|it| it.incident.verdict.is_some()),
        was: was_side,
        would_be: now_side,
    }
}

fn side(kept: &Kept) -> Side {
    let incident = &kept.incident;
    Side {
        at: incident.at.rfc3339(),
        rule: incident.rule.clone(),
        also: incident.also.clone(),
        severity: incident.severity,
        score: f64::from(incident.score) / 1000.0,
        response: incident.response,
        did: did(incident),
        time_to_air_ms: kept.time_to_air.map(Duration::ms),
        room: incident.room.is_some(),
    }
}

fn did(incident: &Incident) -> Did {
    match (incident.state, incident.act) {
        (IncidentState::Withdrawn, _) => Did::Withdrawn,
        (IncidentState::Dismissed, _) => Did::Dismissed,
        (_, Some(act)) if act.late => Did::StoppedLate,
        (_, Some(_)) => Did::Stopped,
        (_, None) => Did::Flagged,
    }
}

fn totals(lines: &[Line]) -> Totals {
    let mut totals = Totals::default();
    for line in lines {
        let did = line.would_be.as_ref().map(|side| side.did);
        let stopped = matches!(did, Some(Did::Stopped | Did::StoppedLate));
        let count = match line.outcome {
            Outcome::Caught => {
                totals.caught_in_time += u64::from(did == Some(Did::Stopped));
                &mut totals.caught
            }
            Outcome::New => {
                totals.new_stopped += u64::from(stopped);
                &mut totals.new
            }
            Outcome::Missed => &mut totals.missed,
            Outcome::StoppedForNothing => &mut totals.stopped_for_nothing,
            Outcome::FlaggedForNothing => &mut totals.flagged_for_nothing,
            Outcome::LeftAlone => &mut totals.left_alone,
            Outcome::Unjudged => &mut totals.unjudged,
            Outcome::Gone => &mut totals.gone,
            Outcome::Withdrawn => &mut totals.withdrawn,
            Outcome::Expired => &mut totals.expired,
        };
        *count += 1;
    }
    totals
}

fn stops(run: &[Kept], stopped: &Stopped) -> Stops {
    let count = |is: Did| run.iter().filter(|kept| did(&kept.incident) == is).count() as u64;
    let mut left: Vec<i64> = run.iter().filter_map(|kept| Some(kept.time_to_air?.ms())).collect();
    left.sort_unstable();
    Stops {
        stopped: count(Did::Stopped) + count(Did::StoppedLate),
        late: count(Did::StoppedLate),
        lost_ms: stopped.lost().ms(),
        time_to_air_min_ms: left.first().copied(),
        time_to_air_median_ms: left.get(left.len() / 2).copied(),
    }
}
