//! `room score`: a recorded chat through the sentinel's reader, one object a line per alarm, last a summary.

use std::collections::VecDeque;
use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use anyhow::Context as _;
use listen::chat::ChatJudge;
use serde_json::{Value, json};
use server::hits;
use show::sentinel::room::{Alarm, Message, Moved, Prior, Reader};
use units::{MessageId, Timestamp, ViewerId};

use super::rows::Rows;
use crate::cli::RoomScoreArgs;
use crate::out;

/// Bad rows that are named; the rest is counted.
const NAMED_MAX: u64 = 20;
/// Messages with a sign whose text is kept for evidence; the oldest goes first.
const TEXTS_MAX: usize = 4096;
/// Characters of an example.
const EXAMPLE_CHARS: usize = 200;
/// Which texts are kept in a flood. A file is not live: nobody can write for the key.
const KEY: u64 = 0x5EA7;

/// What was read.
#[derive(Default)]
struct Summary {
    messages: u64,
    first_ms: Option<i64>,
    last_ms: i64,
    alarms: u64,
    bad: u64,
}

impl Summary {
    fn hours(&self) -> f64 {
        (self.last_ms - self.first_ms.unwrap_or(self.last_ms)) as f64 / 3_600_000.0
    }
}

/// False when a row could not be used.
pub(crate) fn run(args: &RoomScoreArgs) -> anyhow::Result<bool> {
    let input: Box<dyn BufRead> = if args.file == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin().lock()))
    } else {
        let opened = File::open(&args.file);
        let file = opened.with_context(|| format!("could not read {}", args.file.display()))?;
        Box::new(BufReader::with_capacity(1 << 20, file))
    };
    let mut judge = ChatJudge::load()?;
    let mut room = Room {
        reader: Reader::new(KEY, args.alarms_per_1000h, &Prior::default(), false),
        texts: VecDeque::new(),
        summary: Summary::default(),
        json: args.json,
    };
    let mut rows = Rows::new(input);
    let mut number = 0;
    loop {
        number += 1;
        let row = match rows.next().context("could not read on")? {
            None => break,
            Some(Ok(row)) => row,
            Some(Err(bad)) => {
                room.summary.bad += 1;
                if room.summary.bad <= NAMED_MAX {
                    out::note(format_args!("line {}: {bad}", rows.number));
                }
                continue;
            }
        };
        let at = Timestamp::from_ms(row.at_ms);
        if !room.close(at) {
            return Ok(true);
        }
        room.summary.messages += 1;
        room.summary.first_ms.get_or_insert(row.at_ms);
        room.summary.last_ms = row.at_ms;
        let (id, text) = (MessageId::from_u128(number), judge.fingerprint(row.text));
        if room.reader.admit(at, id, text) {
            let mut viewer = DefaultHasher::new();
            row.viewer.hash(&mut viewer);
            let viewer = ViewerId::from_u128(u128::from(viewer.finish()));
            let hits = hits(judge.signs(args.lang, row.text));
            room.reader.count(&Message { id, viewer, text, hits });
            if !hits.is_empty() {
                room.keep(id, row.text);
            }
        }
    }
    let end = Timestamp::from_ms(room.summary.last_ms + 1000);
    Ok(!room.close(end) || room.end())
}

struct Room {
    reader: Reader,
    texts: VecDeque<(MessageId, String)>,
    summary: Summary,
    json: bool,
}

impl Room {
    fn keep(&mut self, id: MessageId, text: &str) {
        if self.texts.len() == TEXTS_MAX {
            self.texts.pop_front();
        }
        self.texts.push_back((id, text.chars().take(EXAMPLE_CHARS).collect()));
    }

    /// Ends the second at hand when a later one has begun. False when nobody reads the answers any more.
    fn close(&mut self, now: Timestamp) -> bool {
        match self.reader.close(now).and_then(|closed| closed.alarm) {
            Some(alarm) => {
                self.summary.alarms += 1;
                if self.json { print(&self.object(&alarm)) } else { print(&self.words(&alarm)) }
            }
            None => true,
        }
    }

    fn examples<'a>(&'a self, alarm: &'a Alarm) -> impl Iterator<Item = &'a str> {
        alarm.examples.iter().filter_map(|id| {
            let known = self.texts.iter().find(|(known, _)| known == id);
            known.map(|(_, text)| text.as_str())
        })
    }

    fn object(&self, alarm: &Alarm) -> Value {
        let moved = |moved: &Moved| {
            json!({
                "channel": moved.channel,
                "since_ms": moved.since_s * 1000,
                "share_before": rounded(moved.before),
                "share_now": rounded(moved.now),
                "hits": moved.hits,
                "messages": moved.of,
                "log_evidence": rounded(moved.evidence),
            })
        };
        json!({
            "at_ms": alarm.known_ms(),
            "channel": alarm.channel,
            "evidence": {
                "channels": alarm.channels.iter().map(moved).collect::<Vec<_>>(),
                "examples": self.examples(alarm).collect::<Vec<_>>(),
            },
        })
    }

    fn words(&self, alarm: &Alarm) -> String {
        let mut words = format!("{}  {}", clock(alarm.known_ms()), alarm.channel.name());
        for moved in &alarm.channels {
            words += &format!(
                "\n    {}: {:.1} % of {} messages since {}, usually {:.1} %",
                moved.channel.name(),
                moved.now * 100.0,
                moved.of,
                clock(moved.since_s * 1000),
                moved.before * 100.0,
            );
        }
        for example in self.examples(alarm) {
            words += &format!("\n    > {example}");
        }
        words
    }

    fn end(&self) -> bool {
        let Summary { messages, alarms, bad, .. } = self.summary;
        let hours = self.summary.hours();
        if self.json {
            print(&json!({"messages": messages, "hours": rounded(hours), "alarms": alarms}));
        } else {
            print(&format_args!("{messages} messages in {hours:.2} hours, {alarms} alarms"));
        }
        if bad > 0 {
            out::note(format_args!("{bad} rows were not used"));
        }
        bad == 0
    }
}

fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// As in the file if it counts from zero, else a date.
fn clock(at_ms: i64) -> String {
    const YEAR_MS: i64 = 365 * 86_400_000;
    if at_ms > YEAR_MS {
        return Timestamp::from_ms(at_ms).rfc3339();
    }
    let at_s = at_ms / 1000;
    format!("{:02}:{:02}:{:02}", at_s / 3600, at_s / 60 % 60, at_s % 60)
}

/// False when the reader went away, which is the end and not a failure.
fn print(line: &impl std::fmt::Display) -> bool {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}
