//! `text score`: lines in, one answer a line out, in order.

use std::io::{BufRead, BufReader, Write};

use listen::Language;
use listen::host::LABELS;
use listen::judge::{Context, Judge};
use listen::text::labels::ChatLabel;
use serde_json::{Map, Value, json};

use crate::cli::{ScoreArgs, Task};

/// Bytes of a line that are read; the rest of it is skipped.
const LINE_BYTES_MAX: usize = 64 << 10;
/// From which score a line counts as offensive.
const OFFENSIVE: f32 = 0.5;
/// The pack whose rules are asked for.
const CLAIMS: &str = "claims";

pub(crate) fn run(args: &ScoreArgs) -> anyhow::Result<bool> {
    let packs: &[&str] = match args.task {
        Task::Host => &["core"],
        Task::Claims => &[CLAIMS],
        Task::Chat | Task::Offensive => &[],
    };
    let models = super::models(args.models.as_deref());
    let mut judge = Judge::load(models.as_deref(), packs)?;
    if matches!(args.task, Task::Host | Task::Claims) {
        for limit in judge.limits() {
            eprint_note(limit);
        }
    }
    let mut input = BufReader::new(std::io::stdin().lock());
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let mut line = Vec::new();
    while next_line(&mut input, &mut line)? {
        let text = String::from_utf8_lossy(&line);
        let (text, context) = text.split_once('\t').unwrap_or((&text, ""));
        let answer = answer(&mut judge, args.task, args.lang, text, context);
        // A reader that went away is the end, not a failure.
        if writeln!(output, "{answer}").is_err() {
            return Ok(true);
        }
        // Whoever waits for an answer before the next line gets it; a file is answered in blocks.
        if input.buffer().is_empty() && output.flush().is_err() {
            return Ok(true);
        }
    }
    let _ = output.flush();
    Ok(true)
}

fn eprint_note(limit: &str) {
    let _ = writeln!(std::io::stderr(), "note: {limit}");
}

/// The next line without its end, cut at a bound. False at the end of the input.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let mut any = false;
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            return Ok(any);
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = &chunk[..end.unwrap_or(chunk.len())];
        let room = LINE_BYTES_MAX.saturating_sub(line.len()).min(part.len());
        line.extend_from_slice(&part[..room]);
        let used = end.map_or(chunk.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(true);
        }
    }
}

/// `{"scores":{…},"decision":[…]}`.
fn answer(judge: &mut Judge, task: Task, language: Language, text: &str, context: &str) -> Value {
    let message = Some(context.trim()).filter(|context| !context.is_empty());
    let context = Context { message, before: &[] };
    let (mut scores, mut decision) = (Map::new(), Vec::new());
    match task {
        Task::Chat => {
            let chat = judge.chat(text);
            for (label, share) in ChatLabel::ALL.iter().zip(chat.labels) {
                scores.insert(label.name().to_owned(), rounded(share));
            }
            decision.push(chat.label.name().to_owned());
        }
        Task::Offensive => {
            let score = judge.offensive(language, text);
            scores.insert("offensive".to_owned(), rounded(score));
            if score >= OFFENSIVE {
                decision.push("offensive".to_owned());
            }
        }
        Task::Host => {
            let judged = judge.host_scores(language, text, &context);
            let hits = judge.hits(language, text, &judged);
            let hit = hits.iter().find(|hit| hit.rule.name() == LABELS[0]);
            let score = hit.map_or(judged[0].score, |hit| hit.score);
            scores.insert(LABELS[0].to_owned(), rounded(score));
            decision.extend(hit.map(|hit| hit.rule.name().to_owned()));
        }
        Task::Claims => {
            let judged = judge.host_scores(language, text, &context);
            let hits = judge.hits(language, text, &judged);
            for (label, judged) in LABELS.iter().zip(judged).skip(1) {
                scores.insert((*label).to_owned(), rounded(judged.score));
            }
            for hit in hits {
                scores.insert(hit.rule.name().to_owned(), rounded(hit.score));
                decision.push(hit.rule.name().to_owned());
            }
        }
    }
    json!({ "scores": scores, "decision": decision })
}

fn rounded(score: f32) -> Value {
    json!((f64::from(score) * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_never_joined() {
        let long = [vec![b'a'; LINE_BYTES_MAX + 5], b"\nb\r\n\n\xff".to_vec()].concat();
        let mut input = std::io::BufReader::with_capacity(7, long.as_slice());
        let (mut line, mut lengths) = (Vec::new(), Vec::new());
        while next_line(&mut input, &mut line).unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [LINE_BYTES_MAX, 1, 0, 1]);
    }
}
