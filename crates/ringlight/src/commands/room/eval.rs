//! `room eval`: what the reading of rooms is worth, in simulated rooms of real lines (`sim::turns`).
//!
//! Ordinary lines of a shop are half the project's training lines, which the model knows too well, and half held-out ones.
//! What turns a room is held out alone. A line stands for several spellings with its signs: two dozen of held-out lines,
//! eight of others, as people do not repeat each other to the letter. Raids paste held-out lines in five spellings.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use listen::Language;
use listen::chat::ChatJudge;
use listen::sets::{ChatRow, Sets};
use listen::text::labels::ChatLabel;
use server::hits;
use show::sentinel::room::{Channel, Hits};
use sim::turns::measure::{Measured, Plan, measure};
use sim::turns::{Line, Pool};

use crate::cli::RoomEvalArgs;
use crate::out;

/// Shares of ordinary lines in a shop's chat.
const TOPICS: [(ChatLabel, f64); 8] = [
    (ChatLabel::Other, 0.25),
    (ChatLabel::PurchaseIntent, 0.22),
    (ChatLabel::Praise, 0.2),
    (ChatLabel::Question, 0.2),
    (ChatLabel::Complaint, 0.07),
    (ChatLabel::Spam, 0.05),
    (ChatLabel::HostileToHost, 0.003),
    (ChatLabel::Boycott, 0.0005),
];
const SPELLINGS_HELD: u64 = 24;
const SPELLINGS: u64 = 8;
const SPELLINGS_RAID: u64 = 5;
/// Rates that delays are told apart by, messages a second.
const BANDS: [(f64, f64); 4] = [(0.2, 0.7), (0.7, 2.0), (2.0, 10.0), (10.0, 50.0)];

pub(crate) fn run(args: &RoomEvalArgs) -> anyhow::Result<bool> {
    let mut judge = ChatJudge::load()?;
    let chat = args.chat.as_deref().map(|file| log(file, &mut judge)).transpose()?;
    let own = super::super::text::sets(&args.texts)?;
    let mut pools = Vec::new();
    for language in Language::ALL {
        let held = held(&args.texts, language)?;
        let shop = shop(language, &own, &held, &mut judge);
        if let Some(chat) = chat.as_ref().filter(|_| language == Language::Zh) {
            for (name, part) in [("zh stream", 1.0), ("zh mixed", 0.5)] {
                let chat = (part, chat.clone());
                pools.push(Pool { name: name.to_owned(), chat, ..shop.clone() });
            }
        }
        pools.push(shop);
    }
    let (hours, turns) = (args.hours, args.turns);
    let plan = Plan { seed: args.seed, hours, turns, alarms_per_1000h: args.alarms_per_1000h };
    let report = measure(&pools, &plan);
    out::line(format_args!(
        "simulated rooms: {:.0} quiet hours, {} messages, {} false alarms, {:.1} in 1000 hours ({} wanted)",
        report.hours,
        report.messages,
        report.alarms,
        report.alarms as f64 * 1000.0 / report.hours,
        args.alarms_per_1000h,
    ));
    for (name, hours, alarms) in &report.by_pool {
        out::line(format_args!("  {name}: {alarms} in {hours:.0} hours"));
    }
    for (channel, alarms) in &report.by_channel {
        out::line(format_args!("  {}: {alarms}", channel.name()));
    }
    for measured in &report.turns {
        told(measured, &pools);
    }
    Ok(true)
}

/// Lines of a log as the reader sees them.
fn log(file: &Path, judge: &mut ChatJudge) -> anyhow::Result<Vec<Line>> {
    let bytes = fs::read(file).with_context(|| format!("could not read {}", file.display()))?;
    let bytes = super::super::text::unpacked(&bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut rows = text.lines().map(|row| row.split('\t'));
    let column = rows.next().and_then(|mut header| header.position(|name| name == "text"));
    let column = column.with_context(|| format!("{} has no column text", file.display()))?;
    let texts = rows.filter_map(|mut row| row.nth(column));
    let lines: Vec<Line> = texts.map(|text| line(judge, Language::Zh, text)).collect();
    anyhow::ensure!(!lines.is_empty(), "{} has no rows", file.display());
    Ok(lines)
}

fn held(texts: &Path, language: Language) -> anyhow::Result<Sets> {
    let file = texts.join("held/chat").join(format!("{language}.tsv"));
    let bytes = fs::read(&file).with_context(|| format!("could not read {}", file.display()))?;
    let mut sets = Sets::default();
    sets.add(&format!("chat/{language}/held.tsv"), &bytes)?;
    Ok(sets)
}

fn line(judge: &mut ChatJudge, language: Language, text: &str) -> Line {
    let hits = hits(judge.signs(language, text));
    Line { text: judge.fingerprint(text), hits }
}

/// The same line in other spellings: other fingerprints, the same signs.
fn spellings(lines: &[Line], count: u64) -> Vec<Line> {
    let other = |line: &Line, at: u64| {
        let text = line.text.wrapping_add(at.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        Line { text, hits: line.hits }
    };
    lines.iter().flat_map(|line| (0..count).map(move |at| other(line, at))).collect()
}

fn shop(language: Language, own: &Sets, held: &Sets, judge: &mut ChatJudge) -> Pool {
    let mut of = |rows: &[ChatRow], label: ChatLabel| -> Vec<Line> {
        let rows = rows.iter().filter(|row| row.language == language && row.label == label);
        rows.map(|row| line(judge, language, &row.text)).collect()
    };
    let mut topics = Vec::new();
    for (label, share) in TOPICS {
        let known = spellings(&of(&own.chat, label), SPELLINGS);
        if matches!(label, ChatLabel::HostileToHost | ChatLabel::Boycott) {
            topics.push((share, known));
        } else {
            topics.push((share / 2.0, known));
            topics.push((share / 2.0, spellings(&of(&held.chat, label), SPELLINGS_HELD)));
        }
    }
    let hostile = of(&held.chat, ChatLabel::HostileToHost);
    let boycott = of(&held.chat, ChatLabel::Boycott);
    let harmless = of(&own.chat, ChatLabel::Other);
    let count = hostile.len() + boycott.len();
    let jokes = hostile.iter().chain(&boycott).chain(harmless.iter().take(count));
    let jokes = jokes.map(|joke| spellings(&[*joke], SPELLINGS_RAID)).collect();
    let storms = ["1", "扣1", "+", "666", "111", "+1", "8"];
    let storms = storms.map(|text| Line { text: judge.fingerprint(text), hits: Hits::NONE });
    let boycott = spellings(&boycott, SPELLINGS_HELD);
    let words = |line: &&Line| line.hits.has(Channel::BoycottWords);
    Pool {
        name: format!("{language} shop"),
        topics,
        chat: (0.0, Vec::new()),
        hostile: spellings(&hostile, SPELLINGS_HELD),
        boycott_words: boycott.iter().filter(words).copied().collect(),
        boycott,
        jokes,
        storms: storms.to_vec(),
    }
}

fn told(measured: &Measured, pools: &[Pool]) {
    out::line(measured.kind.name);
    let names = [
        "the sentinel".to_owned(),
        format!("30 s share ({})", measured.settings[0]),
        format!("ADWIN ({})", measured.settings[1]),
    ];
    for ((name, delays), alarms) in names.iter().zip(&measured.delays).zip(measured.false_alarms) {
        out::line(format_args!(
            "  {name}: median {} p90 {}, missed {:.0} %, {alarms:.1} false alarms in 1000 hours",
            seconds(delays.quantile(0.5)),
            seconds(delays.quantile(0.9)),
            delays.missed() * 100.0,
        ));
    }
    for (low, high) in BANDS.iter().filter(|_| measured.kind.rate.is_none()) {
        of(measured, &format!("at {low} to {high}/s"), |_, rate| (*low..*high).contains(&rate));
    }
    for (at, pool) in pools.iter().enumerate() {
        of(measured, &pool.name, |of, _| of == at);
    }
}

fn of(measured: &Measured, name: &str, is: impl Fn(usize, f64) -> bool) {
    let rooms = measured.rooms.iter().filter(|(pool, rate, _)| is(*pool, *rate));
    let mut delays: Vec<f64> = rooms.map(|(.., delay)| *delay).collect();
    delays.sort_by(f64::total_cmp);
    let delays = sim::turns::measure::Delays(delays);
    let (median, p90) = (delays.quantile(0.5), delays.quantile(0.9));
    let count = delays.0.len();
    out::line(format_args!(
        "    {name}: median {} p90 {} (n {count})",
        seconds(median),
        seconds(p90)
    ));
}

fn seconds(delay: f64) -> String {
    if delay.is_finite() { format!("{delay:.0} s") } else { "never".to_owned() }
}
