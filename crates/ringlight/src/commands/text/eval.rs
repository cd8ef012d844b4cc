//! `text eval`: what the shipped weights are worth on sets by people whose lines they never saw.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use listen::Language;
use listen::host::{LABELS, Source};
use listen::judge::{Context, Judge};
use listen::sets::{Kinded, Sets};
use listen::text::labels::ChatLabel;

use crate::cli::EvalArgs;
use crate::out;

/// Right, missed and wrong answers of one label.
#[derive(Clone, Copy, Default)]
struct Count {
    hits: usize,
    missed: usize,
    wrong: usize,
}

impl Count {
    fn add(&mut self, is: bool, said: bool) {
        self.hits += usize::from(is && said);
        self.missed += usize::from(is && !said);
        self.wrong += usize::from(!is && said);
    }

    fn recall(self) -> f64 {
        self.hits as f64 / (self.hits + self.missed).max(1) as f64
    }

    fn precision(self) -> f64 {
        self.hits as f64 / (self.hits + self.wrong).max(1) as f64
    }

    fn f1(self) -> f64 {
        2.0 * self.hits as f64 / (2 * self.hits + self.missed + self.wrong).max(1) as f64
    }
}

pub(crate) fn run(args: &EvalArgs) -> anyhow::Result<bool> {
    let models = super::models(args.models.as_deref());
    let mut judge = Judge::load(models.as_deref(), &["core", "claims"])?;
    for limit in judge.limits() {
        out::line(format_args!("note: {limit}"));
    }
    let held = args.texts.join("held");
    let mut sets = Sets::default();
    for kind in ["host", "chat", "claims"] {
        for language in Language::ALL {
            let file = held.join(kind).join(format!("{language}.tsv"));
            if let Ok(bytes) = fs::read(&file) {
                sets.add(&format!("{kind}/{language}/held.tsv"), &bytes)?;
            }
        }
    }
    if sets.chat.is_empty() && sets.host.is_empty() {
        out::line("note: there are no held-out sets: nothing to say about host, chat and claims");
    }
    for language in Language::ALL {
        host(&mut judge, &sets, language);
        claims(&mut judge, &sets, language);
        chat(&mut judge, &sets, language);
    }
    if let Some(file) = &args.offensive {
        offensive(&mut judge, file, args.lang)?;
    }
    Ok(true)
}

fn host(judge: &mut Judge, sets: &Sets, language: Language) {
    let rows: Vec<_> = sets
        .host
        .iter()
        .filter(|line| line.row.source == Source::Host && line.row.language == language)
        .collect();
    let (mut count, mut scored, mut kinds) = (Count::default(), Vec::new(), Vec::new());
    for line in &rows {
        let context = Some(line.row.context.as_str()).filter(|context| !context.is_empty());
        let context = Context { message: context, before: &[] };
        let scores = judge.host_scores(language, &line.row.text, &context);
        let hits = judge.hits(language, &line.row.text, &scores);
        let hit = hits.iter().find(|hit| hit.rule.name() == LABELS[0]);
        let (is, said) = (!line.row.labels.is_empty(), hit.is_some());
        count.add(is, said);
        scored.push((hit.map_or(scores[0].score, |hit| hit.score), is));
        kinds.push((line.kind.clone(), is == said));
    }
    if rows.is_empty() {
        return;
    }
    let negatives = scored.iter().filter(|(_, is)| !is).count().max(1);
    out::line(format_args!(
        "host {language}: n {} auc {:.3} recall at 2 % false positives {:.3}; at the shipped threshold recall {:.3} precision {:.3} false positives {:.3}",
        rows.len(),
        area(&scored),
        recall_at(&scored, 0.02),
        count.recall(),
        count.precision(),
        count.wrong as f64 / negatives as f64,
    ));
    let (recall, wrong) = in_a_show(judge, &rows, language);
    out::line(format_args!(
        "  behind two harmless sentences: recall {recall:.3} false positives {wrong:.3}"
    ));
    let mut names: Vec<&str> = kinds.iter().map(|(kind, _)| kind.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of = || kinds.iter().filter(|(kind, _)| kind == name);
        let right = of().filter(|(_, right)| *right).count();
        out::line(format_args!("  {name}: {right} of {} right", of().count()));
    }
}

/// Recall and false positives at the shipped threshold when each line comes behind two harmless ones of the same set.
fn in_a_show(judge: &mut Judge, rows: &[&Kinded], language: Language) -> (f64, f64) {
    let harmless: Vec<&str> = rows
        .iter()
        .filter(|line| line.row.labels.is_empty())
        .map(|line| line.row.text.as_str())
        .collect();
    let (mut count, mut negatives) = (Count::default(), 0);
    for (at, line) in rows.iter().enumerate() {
        let others = harmless.iter().cycle().skip(at * 2).filter(|text| **text != line.row.text);
        let before: Vec<&str> = others.take(2.min(harmless.len() / 2)).copied().collect();
        let message = Some(line.row.context.as_str()).filter(|context| !context.is_empty());
        let hits = judge.host(language, &line.row.text, &Context { message, before: &before });
        let (is, said) =
            (!line.row.labels.is_empty(), hits.iter().any(|hit| hit.rule.name() == LABELS[0]));
        count.add(is, said);
        negatives += usize::from(!is);
    }
    (count.recall(), count.wrong as f64 / negatives.max(1) as f64)
}

fn claims(judge: &mut Judge, sets: &Sets, language: Language) {
    let mut counts = [Count::default(); LABELS.len()];
    let mut total = Count::default();
    let of = |line: &&Kinded| line.row.source == Source::Claims && line.row.language == language;
    for line in sets.host.iter().filter(of) {
        let hits = judge.host(language, &line.row.text, &Context::default());
        for (label, name) in LABELS.iter().enumerate().skip(1) {
            let said = hits.iter().any(|hit| hit.rule.name() == *name);
            let is = line.row.labels.contains(&label);
            counts[label].add(is, said);
            total.add(is, said);
        }
    }
    if total.hits + total.missed == 0 {
        return;
    }
    out::line(format_args!(
        "claims {language}: recall {:.3} precision {:.3}",
        total.recall(),
        total.precision()
    ));
    for (name, count) in LABELS.iter().zip(counts).skip(1) {
        let (recall, precision) = (count.recall(), count.precision());
        out::line(format_args!("  {name}: recall {recall:.3} precision {precision:.3}"));
    }
}

fn chat(judge: &mut Judge, sets: &Sets, language: Language) {
    let mut counts = [Count::default(); ChatLabel::ALL.len()];
    let rows: Vec<_> = sets.chat.iter().filter(|row| row.language == language).collect();
    for row in &rows {
        let said = judge.chat(&row.text).label;
        for (count, label) in counts.iter_mut().zip(ChatLabel::ALL) {
            count.add(row.label == label, said == label);
        }
    }
    if rows.is_empty() {
        return;
    }
    let mean = counts.iter().map(|count| count.f1()).sum::<f64>() / counts.len() as f64;
    out::line(format_args!("chat {language}: n {} macro-F1 {mean:.3}", rows.len()));
    for (label, count) in ChatLabel::ALL.iter().zip(counts) {
        out::line(format_args!("  {}: F1 {:.3}", label.name(), count.f1()));
    }
}

fn offensive(judge: &mut Judge, file: &Path, language: Language) -> anyhow::Result<()> {
    let bytes = fs::read(file).context("could not read the public set")?;
    let mut sets = Sets::default();
    sets.add_public(&file.display().to_string(), language, &super::train::unpacked(&bytes)?)?;
    let (mut with, mut without) = (Count::default(), Count::default());
    for row in &sets.offensive {
        let said = judge.offensive(language, &row.text) >= 0.5;
        with.add(row.offensive, said);
        without.add(!row.offensive, !said);
    }
    let right = with.hits + without.hits;
    out::line(format_args!(
        "offensive {language}: n {} accuracy {:.4} macro-F1 {:.4}",
        sets.offensive.len(),
        right as f64 / sets.offensive.len().max(1) as f64,
        f64::midpoint(with.f1(), without.f1())
    ));
    Ok(())
}

fn area(scored: &[(f32, bool)]) -> f64 {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut with, mut without, mut area) = (0_usize, 0_usize, 0_usize);
    for (_, is) in sorted {
        if is {
            with += 1
        } else {
            without += 1;
            area += with
        }
    }
    area as f64 / (with * without).max(1) as f64
}

fn recall_at(scored: &[(f32, bool)], rate: f64) -> f64 {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let positives = scored.iter().filter(|(_, is)| *is).count();
    let most = ((scored.len() - positives) as f64 * rate) as usize;
    let (mut with, mut without) = (0_usize, 0_usize);
    for (_, is) in sorted {
        without += usize::from(!is);
        if without > most {
            break;
        }
        with += usize::from(is);
    }
    with as f64 / positives.max(1) as f64
}
