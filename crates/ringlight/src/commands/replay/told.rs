//! A look back in words for people.

use server::replay::{Did, Judged, Line, Outcome, Report, Side, Stops};
use show::sentinel::{Mode, Policy, Response};

use crate::out;

/// Characters of a sentence that are printed.
const WORDS_MAX: usize = 100;

pub(super) fn report(report: &Report) {
    out::line("");
    out::line("decided again");
    policies(report);
    let said = &report.sentences;
    out::line(format_args!(
        "  said    {} sentences, {} judged anew, {} not understood then, {} sentences expired",
        said.finished, said.judged, said.not_understood, said.expired
    ));
    out::line(format_args!(
        "  room    {} seconds read, at {} alarms in 1000 hours",
        report.room.seconds, report.room.alarms_per_1000h
    ));
    if !report.incidents.is_empty() {
        out::line("");
    }
    report.incidents.iter().for_each(incident);
    out::line("");
    totals(report);
}

fn policies(report: &Report) {
    let (was, now) = (&report.rules.was, &report.rules.would_be);
    out::line(format_args!("  policy  was       {}", policy(was.policy.as_ref())));
    out::line(format_args!("          would be  {}", policy(now.policy.as_ref())));
    let versions = |all: &[String]| {
        if all.is_empty() { "not recorded".to_owned() } else { all.join(", ") }
    };
    out::line(format_args!("  by      was       {}", versions(&was.versions)));
    out::line(format_args!("          would be  {}", versions(&now.versions)));
}

fn policy(policy: Option<&Policy>) -> String {
    let Some(policy) = policy else { return "none: nobody listened".to_owned() };
    let mode = match policy.mode {
        Mode::Advise => "advise",
        Mode::Act => "act",
    };
    let on = policy.on.iter().map(|(rule, to)| format!(", {rule} = {}", response(*to)));
    format!("{mode}, {}{}", policy.rules.join(" + "), on.collect::<String>())
}

fn response(response: Response) -> &'static str {
    match response {
        Response::Off => "off",
        Response::Advise => "advise",
        Response::Mute => "mute",
        Response::Cover => "cover",
        Response::HandOver => "hand_over",
    }
}

fn incident(line: &Line) {
    let side = line.was.as_ref().or(line.would_be.as_ref());
    let (rule, at) = side.map_or(("", ""), |side| (side.rule.as_str(), side.at.as_str()));
    let so = match line.outcome {
        Outcome::Caught => "caught",
        Outcome::Missed => "missed",
        Outcome::StoppedForNothing => "stopped for nothing",
        Outcome::FlaggedForNothing => "flagged for nothing",
        Outcome::LeftAlone => "rightly left alone",
        Outcome::New => "new, not judged",
        Outcome::Unjudged => "not judged",
        Outcome::Gone => "gone, not judged",
        Outcome::Withdrawn => "withdrawn",
        Outcome::Expired => "cannot be said: the words are erased",
    };
    out::line(format_args!("{at}  {rule}  {so}"));
    match &line.words {
        Some(words) => out::line(format_args!("    \"{}\"", short(words))),
        None if line.from_media_ms < line.to_media_ms => out::line("    (words erased)"),
        None => {}
    }
    let judged = match (line.judged, line.verdict) {
        (Judged::Right, true) => ", verdict: right",
        (Judged::Wrong, true) => ", verdict: wrong",
        (Judged::Late, _) => ", verdict: right, too late",
        (Judged::Right, false) => ", confirmed by a person",
        (Judged::Wrong, false) => ", let air by a person",
        (Judged::Undecided, _) => "",
    };
    out::line(format_args!("    was       {}{judged}", did(line.was.as_ref())));
    out::line(format_args!("    would be  {}", did(line.would_be.as_ref())));
}

fn short(words: &str) -> String {
    // A terminal obeys control characters, and these are words from outside.
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut chars = words.chars().map(clean);
    let shown: String = chars.by_ref().take(WORDS_MAX).collect();
    if chars.next().is_some() { format!("{shown}…") } else { shown }
}

fn did(side: Option<&Side>) -> String {
    let Some(side) = side else { return "nothing".to_owned() };
    let word = match (side.did, side.response) {
        (Did::Stopped, Response::Cover) => "covered",
        (Did::StoppedLate, Response::Cover) => "covered late",
        (Did::Stopped, Response::HandOver) => "handed over",
        (Did::StoppedLate, Response::HandOver) => "handed over late",
        (Did::Stopped, _) => "muted",
        (Did::StoppedLate, _) => "muted late",
        (Did::Flagged, _) => "flagged",
        (Did::Dismissed, _) => "taken back by a person",
        (Did::Withdrawn, _) => "withdrawn",
    };
    let room = if side.room { ", the room turned" } else { "" };
    let left = match side.time_to_air_ms {
        Some(ms) if ms < 0 => format!(", {} after it began to air", seconds(-ms)),
        Some(ms) => format!(", {} to air", seconds(ms)),
        None => String::new(),
    };
    format!("{word} ({}){left}{room}", side.rule)
}

fn seconds(ms: i64) -> String {
    format!("{:.1} s", ms as f64 / 1000.0)
}

fn totals(report: &Report) {
    let sum = &report.totals;
    out::line(format_args!(
        "caught {} ({} before any of it aired), missed {}, stopped for nothing {}, flagged for nothing {}, rightly left alone {}",
        sum.caught,
        sum.caught_in_time,
        sum.missed,
        sum.stopped_for_nothing,
        sum.flagged_for_nothing,
        sum.left_alone
    ));
    out::line(format_args!(
        "new and not judged {} ({} stopped), in both and not judged {}, gone and not judged {}, withdrawn {}",
        sum.new, sum.new_stopped, sum.unjudged, sum.gone, sum.withdrawn
    ));
    out::line(format_args!(
        "{} sentences expired, and {} incidents with them",
        report.sentences.expired, sum.expired
    ));
    stops("was     ", &report.stops.was);
    stops("would be", &report.stops.would_be);
}

fn stops(name: &str, stops: &Stops) {
    let left = match (stops.time_to_air_min_ms, stops.time_to_air_median_ms) {
        (Some(min), Some(median)) => {
            format!("{} at least, {} in the median", seconds(min), seconds(median))
        }
        _ => "nothing to tell".to_owned(),
    };
    out::line(format_args!(
        "{name}  {} stopped, {} of them late, {} lost; time to air {left}",
        stops.stopped,
        stops.late,
        seconds(stops.lost_ms)
    ));
}
