//! Trains the model of host sentences. Scores are calibrated on rows that were left out: of contempt those of one whole
//! writer, because a new host is a new writer; of claims every seventh row, because few people wrote them.

use super::tuned::Lesson;
use super::{Calibration, Grams, HostModel, LABELS, LANGUAGES, Tuned, Way, added, features, place};
use crate::Language;
use crate::embed::Embedder;
use crate::text::grams::Scratch;
use crate::text::linear::Table;
use crate::text::normal::normal;
use crate::text::train::{Options, Row, fit, logistic};

/// Which set a row is from: contempt and claims are trained on rows of their own set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// `texts/host`.
    Host,
    /// `texts/claims`.
    Claims,
}

/// One line of a set.
#[derive(Clone, Debug)]
pub struct HostRow {
    /// Its set.
    pub source: Source,
    /// Its language.
    pub language: Language,
    /// Who wrote it.
    pub writer: String,
    /// What was said.
    pub text: String,
    /// What it answers, or nothing.
    pub context: String,
    /// The labels that it has, by their place in [`LABELS`].
    pub labels: Vec<usize>,
}

/// Of lines that have not the label, how many may fire.
const FALSE_POSITIVES: f64 = 0.02;
/// How sure a claim is when it fires.
const PRECISION: f64 = 0.9;
/// One row of so many of the claims is left out.
const LEFT_OUT: usize = 7;
/// What a label weighs when it is there, and when it is not: contempt is a third of its set, a claim a fifteenth, and eight
/// claims are learnt from one row.
const CONTEMPT: (f32, f32) = (1.3, 1.0);
const CLAIM: (f32, f32) = (2.0, 0.7);

/// Trains on all rows but those that calibrate. Without an embedder only the n-gram way is worth anything. `report` is told
/// what each label reaches on rows that were left out.
pub fn fit_host(
    rows: &[HostRow],
    embedder: Option<&Embedder>,
    threads: usize,
    report: &mut dyn FnMut(&str),
) -> HostModel {
    let apart = apart(rows);
    let kept = || rows.iter().zip(&apart).filter(|(_, apart)| !**apart).map(|(row, _)| row);
    let tuned = match embedder {
        Some(embedder) => {
            let lessons = lessons(embedder, &kept().collect::<Vec<_>>(), threads);
            Tuned::teach(embedder, &lessons, threads, report)
        }
        None => Tuned::untaught(),
    };
    let grams = grams(&kept().collect::<Vec<_>>());
    let left: Vec<&HostRow> =
        rows.iter().zip(&apart).filter(|(_, apart)| **apart).map(|(row, _)| row).collect();
    calibrated(tuned, grams, &left, embedder, report)
}

/// Both models with what their scores mean on rows that they have not seen.
fn calibrated(
    tuned: Tuned,
    grams: Grams,
    left: &[&HostRow],
    embedder: Option<&Embedder>,
    report: &mut dyn FnMut(&str),
) -> HostModel {
    let mut scratch = Scratch::default();
    let by_grams: Vec<_> = left
        .iter()
        .map(|row| {
            features(&row.text, &row.context, &mut scratch);
            grams.raw(&scratch.features)
        })
        .collect();
    let by_tuned: Vec<_> = match embedder {
        Some(embedder) => left
            .iter()
            .map(|row| tuned.raw(embedder, &normal(&row.text), &normal(&row.context)))
            .collect(),
        None => by_grams.clone(),
    };
    let tuned = Way { calibrations: calibrations("tuned", left, &by_tuned, report), model: tuned };
    let grams = Way { calibrations: calibrations("grams", left, &by_grams, report), model: grams };
    let by_both: Vec<_> = left
        .iter()
        .zip(by_tuned.iter().zip(&by_grams))
        .map(|(row, (by_tuned, by_grams))| {
            let language = row.language;
            added(tuned.weighed(language, *by_tuned), grams.weighed(language, *by_grams))
        })
        .collect();
    let both = calibrations("both", left, &by_both, report);
    HostModel { tuned, grams, both }
}

/// Which rows calibrate: those of the last writer of contempt, and some of the claims.
fn apart(rows: &[HostRow]) -> Vec<bool> {
    let hosts = || rows.iter().filter(|row| row.source == Source::Host);
    let writer = hosts().map(|row| row.writer.as_str()).max();
    let mut claims = 0;
    let is_apart = |row: &HostRow| match row.source {
        Source::Host => Some(row.writer.as_str()) == writer,
        Source::Claims => {
            claims += 1;
            claims % LEFT_OUT == 0
        }
    };
    rows.iter().map(is_apart).collect()
}

/// The rows as lessons, in their order.
fn lessons(embedder: &Embedder, rows: &[&HostRow], threads: usize) -> Vec<Lesson> {
    let some = |rows: &[&HostRow]| -> Vec<Lesson> {
        rows.iter().map(|row| lesson(embedder, row)).collect()
    };
    std::thread::scope(|scope| {
        let parts = rows.chunks(rows.len().div_ceil(threads.max(1)).max(1));
        let parts: Vec<_> = parts.map(|part| scope.spawn(move || some(part))).collect();
        parts.into_iter().filter_map(|part| part.join().ok()).flatten().collect()
    })
}

fn lesson(embedder: &Embedder, row: &HostRow) -> Lesson {
    let known = |label: usize| (label == 0) == (row.source == Source::Host);
    let labels = std::array::from_fn(|label| known(label).then(|| row.labels.contains(&label)));
    let lower = embedder.lower(&normal(&row.text), &normal(&row.context));
    let weights = std::array::from_fn(|label| if label == 0 { CONTEMPT } else { CLAIM });
    Lesson { lower, labels, weights }
}

/// One linear model per label over hashed n-grams.
fn grams(rows: &[&HostRow]) -> Grams {
    let mut made = Grams { table: Table::default(), bias: [0.0; LABELS.len()] };
    let mut scratch = Scratch::default();
    for label in 0..LABELS.len() {
        let source = if label == 0 { Source::Host } else { Source::Claims };
        let of_label: Vec<&&HostRow> = rows.iter().filter(|row| row.source == source).collect();
        let positive = of_label.iter().filter(|row| row.labels.contains(&label)).count().max(1);
        // A rare label weighs up to four times as much, so that it is not bought off by the many others.
        let weight = (of_label.len() as f32 / positive as f32 / 2.0).clamp(1.0, 4.0);
        let rows: Vec<Row> = of_label
            .iter()
            .map(|row| {
                features(&row.text, &row.context, &mut scratch);
                let is = row.labels.contains(&label);
                let weight = if is { weight } else { 1.0 };
                let features = scratch.features.clone();
                Row { features, dense: Vec::new(), class: usize::from(is), weight }
            })
            .collect();
        let options = Options { epochs: 12, rate: 0.1, decay: 1e-4, seed: 7, ..Options::default() };
        let fitted = fit(&rows.iter().collect::<Vec<_>>(), 1, options);
        made.table.set_column(label, &fitted.weights[0], 0.0);
        made.bias[label] = fitted.bias[0];
    }
    made
}

/// What raw scores mean, `[language][label]`.
fn calibrations(
    way: &str,
    rows: &[&HostRow],
    raw: &[[f32; LABELS.len()]],
    report: &mut dyn FnMut(&str),
) -> Vec<Calibration> {
    let mut made = vec![Calibration::default(); LANGUAGES * LABELS.len()];
    for (label, name) in LABELS.iter().enumerate() {
        let source = if label == 0 { Source::Host } else { Source::Claims };
        let scored = |wanted: Option<Language>| -> Vec<(f32, bool)> {
            let pairs = rows.iter().zip(raw).filter(|(row, _)| row.source == source);
            let pairs = pairs.filter(|(row, _)| wanted.is_none_or(|one| one == row.language));
            pairs.map(|(row, raw)| (raw[label], row.labels.contains(&label))).collect()
        };
        for language in Language::ALL {
            // A claim has few lines in a language: too few for a threshold of its own.
            let calibration = match source {
                Source::Host => calibrate(&scored(Some(language)), true),
                Source::Claims => calibrate(&scored(None), false),
            };
            made[place(language) * LABELS.len() + label] = calibration;
            let quality = quality(&scored(Some(language)), calibration);
            report(&format!("{name} {language} {way}: {quality}"));
        }
    }
    made
}

/// Platt's two numbers by Newton's method, then the threshold: contempt by false positives, claims by precision.
fn calibrate(scored: &[(f32, bool)], by_false_positives: bool) -> Calibration {
    let (slope, shift) = platt(scored);
    let chance = |score: f32| logistic(slope * score + shift);
    let threshold = if by_false_positives {
        chance(by_rate(scored))
    } else {
        by_precision(scored.iter().map(|(score, _)| chance(*score)).collect())
    };
    Calibration { slope, shift, threshold: threshold.clamp(0.02, 0.98) }
}

/// What [`platt`] makes small: how badly log-odds fit, and how far the slope is from one.
fn surprise(scored: &[(f32, bool)], slope: f64, shift: f64) -> f64 {
    let row = |(score, is): &(f32, bool)| {
        let odds = (slope * f64::from(*score) + shift).clamp(-40.0, 40.0);
        libm::log1p(libm::exp(if *is { -odds } else { odds }))
    };
    scored.iter().map(row).fold(0.0, |sum, part| sum + part) + 0.25 * (slope - 1.0) * (slope - 1.0)
}

fn platt(scored: &[(f32, bool)]) -> (f32, f32) {
    let (mut slope, mut shift) = (1.0_f64, 0.0_f64);
    for _ in 0..50 {
        let (mut g, mut h) = ([0.0_f64; 2], [[1e-6_f64, 0.0], [0.0, 1e-6]]);
        // A slope that runs away is held back as if it had been seen near one.
        g[0] += 0.5 * (slope - 1.0);
        h[0][0] += 0.5;
        for (score, is) in scored {
            let x = f64::from(*score);
            let p = 1.0 / (1.0 + libm::exp(-(slope * x + shift).clamp(-40.0, 40.0)));
            let (error, spread) = (p - if *is { 1.0 } else { 0.0 }, p * (1.0 - p));
            g[0] += error * x;
            g[1] += error;
            h[0][0] += spread * x * x;
            h[0][1] += spread * x;
            h[1][1] += spread;
        }
        let determinant = h[0][0] * h[1][1] - h[0][1] * h[0][1];
        let mut step = (
            (h[1][1] * g[0] - h[0][1] * g[1]) / determinant,
            (h[0][0] * g[1] - h[0][1] * g[0]) / determinant,
        );
        // A full step may overshoot where labels are rare; a part of it does not.
        let before = surprise(scored, slope, shift);
        while surprise(scored, slope - step.0, shift - step.1) > before && step.0.abs() > 1e-9 {
            step = (step.0 / 2.0, step.1 / 2.0);
        }
        slope -= step.0;
        shift -= step.1;
    }
    (slope.clamp(0.05, 20.0) as f32, shift.clamp(-20.0, 20.0) as f32)
}

/// Scores in falling order, with how many rows without and with the label are at or above each.
fn ladder(scored: &[(f32, bool)]) -> Vec<(f32, usize, usize)> {
    let mut sorted = scored.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut without, mut with) = (0, 0);
    let step = |(score, is): (f32, bool)| {
        if is {
            with += 1
        } else {
            without += 1
        }
        (score, without, with)
    };
    sorted.into_iter().map(step).collect()
}

fn by_rate(scored: &[(f32, bool)]) -> f32 {
    let negatives = scored.iter().filter(|(_, is)| !is).count();
    let most = (negatives as f64 * FALSE_POSITIVES) as usize;
    let ladder = ladder(scored);
    ladder
        .iter()
        .take_while(|(_, without, _)| *without <= most)
        .last()
        .map_or(f32::MAX, |step| step.0)
}

/// The least chance from which on rows that fire are right as often as [`PRECISION`] by their own chances. Counting the right ones
/// would hang on one or two rows of a rare label.
fn by_precision(mut chances: Vec<f32>) -> f32 {
    chances.sort_by(|a, b| b.total_cmp(a));
    let mut sum = 0.0;
    let right = |(place, chance): (usize, &f32)| {
        sum += f64::from(*chance);
        (sum / (place + 1) as f64 >= PRECISION).then_some(*chance)
    };
    chances.iter().enumerate().map_while(right).last().unwrap_or(1.0)
}

/// Area under the curve, recall at 2 % false positives, recall and precision at the threshold.
pub(super) fn quality(scored: &[(f32, bool)], calibration: Calibration) -> String {
    let ladder = ladder(scored);
    let (negatives, positives) =
        ladder.last().map_or((0, 0), |(_, without, with)| (*without, *with));
    let mut area = 0_usize;
    let mut before = 0;
    for (_, without, with) in &ladder {
        if *without > before {
            area += with;
            before = *without;
        }
    }
    let fires = |score: f32| {
        logistic(calibration.slope * score + calibration.shift) >= calibration.threshold
    };
    let hits = scored.iter().filter(|(score, is)| *is && fires(*score)).count();
    let wrong = scored.iter().filter(|(score, is)| !*is && fires(*score)).count();
    let share = |a: usize, b: usize| a as f64 / b.max(1) as f64;
    format!(
        "n {} positive {positives} auc {:.3} recall {:.3} precision {:.3} false positives {:.3}",
        scored.len(),
        share(area, negatives * positives),
        share(hits, positives),
        share(hits, hits + wrong),
        share(wrong, negatives)
    )
}
