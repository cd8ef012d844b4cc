//! The words of a transcript. Whole numbers only, so that the same run is the same bytes.

use std::fmt::Write as _;

use show::sentinel::room::Channel;
use show::sentinel::{IncidentState, Response, RoomTurn, Severity, Shift};
use units::{Duration, Timestamp};

/// Characters of a text that are shown.
const SHOWN_MAX: usize = 90;

/// What was told so far.
#[derive(Default)]
pub(super) struct Transcript {
    text: String,
}

impl Transcript {
    pub(super) fn line(&mut self, at: Duration, who: &str, what: &str) {
        let who = format!("{who:<9}");
        // A line that does not fit into a String does not exist.
        let _ = writeln!(self.text, "{}  {who}{what}", clock(at));
    }

    pub(super) fn plain(&mut self, what: &str) {
        self.text.push_str(what);
        self.text.push('\n');
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// `00:03:21.4`.
pub(super) fn clock(at: Duration) -> String {
    let tenths = at.ms().max(0) / 100;
    let (seconds, tenth) = (tenths / 10, tenths % 10);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{h:02}:{m:02}:{s:02}.{tenth}")
}

/// `7.4 s`.
pub(super) fn seconds(span: Duration) -> String {
    let tenths = (span.ms() + 50).div_euclid(100);
    let sign = if tenths < 0 { "−" } else { "" };
    format!("{sign}{}.{} s", tenths.abs() / 10, tenths.abs() % 10)
}

/// `.93`.
pub(super) fn score(thousandths: u16) -> String {
    let hundredths = (u32::from(thousandths.min(1000)) + 5) / 10;
    if hundredths >= 100 { "1.00".to_owned() } else { format!(".{hundredths:02}") }
}

/// `31 %`, and with one digit below ten.
fn percent(millionths: u32) -> String {
    let tenths = (millionths + 500) / 1000;
    if tenths < 100 {
        format!("{}.{} %", tenths / 10, tenths % 10)
    } else {
        format!("{} %", (millionths + 5000) / 10_000)
    }
}

/// A text in quotes, shortened.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("“{shown}”")
}

fn named(channel: Channel) -> String {
    channel.name().replace('_', " ")
}

fn shift(shift: &Shift) -> String {
    let Shift { channel, before, now, hits, of } = *shift;
    if channel.is_chat() {
        let (now, before) = (percent(now), percent(before));
        return format!("{} {now} of {of} messages, usually {before}", named(channel));
    }
    let per_min = |millionths: u32| {
        let tenths = (u64::from(millionths) * 600 + 500_000) / 1_000_000;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    format!("{} {hits} in {of} s, usually {} a minute", named(channel), per_min(before))
}

/// How a room turned, without its messages.
pub(super) fn turned(turn: &RoomTurn, began: Timestamp) -> String {
    let how = if turn.sure { "turned" } else { "leans" };
    let since = clock(turn.since - began);
    let shifts: Vec<String> = turn.shifts.iter().map(shift).collect();
    format!("{how}, since {since}: {}", shifts.join("; "))
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Notice => "notice",
        Severity::Serious => "serious",
        Severity::Grave => "grave",
    }
}

pub(super) fn response(response: Response) -> &'static str {
    match response {
        Response::Off => "off",
        Response::Advise => "advise",
        Response::Mute => "mute",
        Response::Cover => "cover",
        Response::HandOver => "hand over",
    }
}

pub(super) fn state(state: IncidentState) -> &'static str {
    match state {
        IncidentState::Open => "open",
        IncidentState::Confirmed => "confirmed",
        IncidentState::Dismissed => "dismissed",
        IncidentState::Withdrawn => "withdrawn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_in_few_digits() {
        assert_eq!(clock(Duration::from_ms(201_449)), "00:03:21.4");
        assert_eq!(seconds(Duration::from_ms(7449)), "7.4 s");
        assert_eq!(seconds(Duration::from_ms(-1260)), "−1.3 s");
        assert_eq!([score(934), score(995), score(7)], [".93", "1.00", ".01"]);
        assert_eq!([percent(21_400), percent(312_000), percent(999)], ["2.1 %", "31 %", "0.1 %"]);
    }
}
