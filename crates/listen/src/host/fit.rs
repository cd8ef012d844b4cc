//! Trains the model of host sentences: once on everything for the weights, and once without each writer, to see what scores
//! mean on lines of somebody else.

use super::{
    Calibration, HostModel, LABELS, LANGUAGES, NUMBERS, Way, features, numbers as numbers_of, place,
};
use crate::Language;
use crate::text::grams::Scratch;
use crate::text::linear::{COLUMNS, Table};
use crate::text::train::{Fitted, Options, Row, fit, logistic};

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

/// Gives the layers of a normalised text.
pub type Vectors<'a> = &'a mut dyn FnMut(&str) -> Vec<f32>;

/// Of lines that have not the label, how many may fire.
const FALSE_POSITIVES: f64 = 0.02;
/// How sure a claim is when it fires.
const PRECISION: f64 = 0.9;

/// Parts of a set that only one person wrote.
const PARTS: usize = 5;

struct Prepared<'a> {
    row: &'a HostRow,
    features: Vec<u32>,
    numbers: Vec<f32>,
}

/// Mean and inverse deviation of each number per language, so that a language's own place in the space does not count.
struct Scaling {
    means: Vec<f32>,
    inverses: Vec<f32>,
}

impl Scaling {
    fn of(rows: &[Prepared<'_>]) -> Self {
        let (mut means, mut inverses) =
            (vec![0.0; LANGUAGES * NUMBERS], vec![0.0; LANGUAGES * NUMBERS]);
        for language in 0..LANGUAGES {
            let rows: Vec<_> =
                rows.iter().filter(|row| place(row.row.language) == language).collect();
            let count = rows.len().max(1) as f64;
            for number in 0..NUMBERS {
                let values = || rows.iter().map(|row| f64::from(row.numbers[number]));
                let mean = values().fold(0.0, |total, value| total + value) / count;
                let spread =
                    values().fold(0.0, |total, value| total + (value - mean) * (value - mean));
                means[language * NUMBERS + number] = mean as f32;
                // Numbers are scaled so that all together weigh like the hashed features.
                let deviation = (spread / count).sqrt().max(1e-6) * (NUMBERS as f64).sqrt() / SHARE;
                inverses[language * NUMBERS + number] = (1.0 / deviation) as f32;
            }
        }
        Self { means, inverses }
    }

    fn apply(&self, language: Language, numbers: &[f32]) -> Vec<f32> {
        let from = place(language) * NUMBERS;
        let scale = self.means[from..].iter().zip(&self.inverses[from..]);
        numbers
            .iter()
            .zip(scale)
            .map(|(number, (mean, inverse))| (number - mean) * inverse)
            .collect()
    }
}

/// How much all numbers together weigh against the hashed features, whose vector has length one.
const SHARE: f64 = 4.0;

/// How the labels are trained.
fn options(embedded: bool) -> Options {
    let epochs = if embedded { 16 } else { 12 };
    let rate = if embedded { 0.05 } else { 0.1 };
    Options { epochs, rate, decay: 1e-4, dense_rate: 0.03, dense_decay: 3e-3, seed: 7 }
}

/// Trains on all rows. `vectors` gives the layers of a normalised text; without it only the n-gram way is worth anything.
/// `report` is told what each label reaches on writers that were left out.
pub fn fit_host(
    rows: &[HostRow],
    mut vectors: Option<Vectors<'_>>,
    report: &mut dyn FnMut(&str),
) -> HostModel {
    let mut scratch = Scratch::default();
    let mut prepared = Vec::new();
    for row in rows {
        features(&row.text, &row.context, &mut scratch);
        let numbers = match vectors.as_mut() {
            Some(of) => numbers_of(of, &row.text, &row.context),
            None => Vec::new(),
        };
        prepared.push(Prepared { row, features: scratch.features.clone(), numbers });
    }
    let alone = way(&prepared, None, report);
    let embedded = match vectors {
        Some(_) => {
            let scaling = Scaling::of(&prepared);
            way(&prepared, Some(&scaling), report)
        }
        None => Way { dense: vec![0.0; LANGUAGES * LABELS.len() * NUMBERS], ..alone.clone() },
    };
    HostModel { embedded, alone }
}

fn way(prepared: &[Prepared<'_>], scaling: Option<&Scaling>, report: &mut dyn FnMut(&str)) -> Way {
    let width = if scaling.is_some() { NUMBERS } else { 0 };
    let mut made = Way {
        table: Table::default(),
        bias: vec![0.0; LANGUAGES * LABELS.len()],
        dense: vec![0.0; LANGUAGES * LABELS.len() * width],
        calibrations: vec![Calibration::default(); LANGUAGES * LABELS.len()],
    };
    for (label, name) in LABELS.iter().enumerate() {
        let source = if label == 0 { Source::Host } else { Source::Claims };
        let of_label: Vec<&Prepared<'_>> =
            prepared.iter().filter(|row| row.row.source == source).collect();
        let mut writers: Vec<&str> = of_label.iter().map(|row| row.row.writer.as_str()).collect();
        writers.sort_unstable();
        writers.dedup();
        let folds = if writers.len() == 1 { PARTS } else { writers.len() };
        let with = |row: &HostRow| row.labels.contains(&label);
        let positive = of_label.iter().filter(|row| with(row.row)).count().max(1);
        // A rare label weighs up to four times as much, so that it is not bought off by the many others.
        let weight = (of_label.len() as f32 / positive as f32 / 2.0).clamp(1.0, 4.0);
        let rows: Vec<Row> = of_label
            .iter()
            .map(|row| Row {
                features: row.features.clone(),
                dense: scaling.map_or(Vec::new(), |s| s.apply(row.row.language, &row.numbers)),
                class: usize::from(with(row.row)),
                weight: if with(row.row) { weight } else { 1.0 },
            })
            .collect();
        let mut unseen = vec![0.0; rows.len()];
        for fold in 0..folds {
            // A set by one writer alone is cut into parts instead, which flatters the figures: the report says how many wrote.
            let is_left_out = |at: usize| match writers.as_slice() {
                [_] => at % folds == fold,
                _ => of_label[at].row.writer == writers[fold],
            };
            let train: Vec<&Row> = rows
                .iter()
                .enumerate()
                .filter(|(at, _)| !is_left_out(*at))
                .map(|(_, row)| row)
                .collect();
            if train.len() == rows.len() || train.is_empty() {
                continue;
            }
            let fitted = fit(&train, 1, options(scaling.is_some()));
            for (at, row) in rows.iter().enumerate().filter(|(at, _)| is_left_out(*at)) {
                unseen[at] = raw(&fitted, row);
            }
        }
        let all: Vec<&Row> = rows.iter().collect();
        let fitted = fit(&all, 1, options(scaling.is_some()));
        put(&mut made, label, &fitted, scaling);
        let scored = |wanted: Option<Language>| -> Vec<(f32, bool)> {
            let pairs = of_label.iter().zip(&unseen);
            let pairs = pairs.filter(|(row, _)| wanted.is_none_or(|one| one == row.row.language));
            pairs.map(|(row, score)| (*score, with(row.row))).collect()
        };
        for language in Language::ALL {
            // A claim has some forty lines in a language: too few for a threshold of its own.
            let calibration = match source {
                Source::Host => calibrate(&scored(Some(language)), true),
                Source::Claims => calibrate(&scored(None), false),
            };
            made.calibrations[place(language) * LABELS.len() + label] = calibration;
            let way = if width > 0 { "embedded" } else { "alone" };
            let quality = quality(&scored(Some(language)), calibration);
            report(&format!("{name} {language} {way}: writers {}, {quality}", writers.len()));
        }
    }
    made
}

fn raw(fitted: &Fitted, row: &Row) -> f32 {
    let norm = 1.0 / (row.features.len().max(1) as f32).sqrt();
    let weights = &fitted.weights[0];
    let sparse = row.features.iter().fold(0.0, |total, feature| total + weights[*feature as usize]);
    let dense = fitted.dense[0].iter().zip(&row.dense);
    sparse * norm
        + fitted.bias[0]
        + dense.fold(0.0, |total, (weight, number)| total + weight * number)
}

/// Puts one label's weights into place, the scaling of numbers folded into them.
fn put(made: &mut Way, label: usize, fitted: &Fitted, scaling: Option<&Scaling>) {
    debug_assert!(label < COLUMNS);
    made.table.set_column(label, &fitted.weights[0], 0.0);
    for language in 0..LANGUAGES {
        let at = language * LABELS.len() + label;
        made.bias[at] = fitted.bias[0];
        let Some(scaling) = scaling else { continue };
        for (number, weight) in fitted.dense[0].iter().enumerate() {
            let inverse = scaling.inverses[language * NUMBERS + number];
            made.dense[at * NUMBERS + number] = weight * inverse;
            made.bias[at] -= weight * inverse * scaling.means[language * NUMBERS + number];
        }
    }
}

/// Platt's two numbers by Newton's method, then the threshold: contempt by false positives, claims by precision.
fn calibrate(scored: &[(f32, bool)], by_false_positives: bool) -> Calibration {
    let (slope, shift) = platt(scored);
    let threshold = if by_false_positives { by_rate(scored) } else { by_precision(scored) };
    let threshold = logistic(slope * threshold + shift).clamp(0.02, 0.98);
    Calibration { slope, shift, threshold }
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
        slope -= (h[1][1] * g[0] - h[0][1] * g[1]) / determinant;
        shift -= (h[0][0] * g[1] - h[0][1] * g[0]) / determinant;
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

fn by_precision(scored: &[(f32, bool)]) -> f32 {
    let ladder = ladder(scored);
    let enough = |step: &&(f32, usize, usize)| {
        step.2 as f64 / (step.1 + step.2) as f64 >= PRECISION && step.2 >= 5
    };
    ladder.iter().rev().find(enough).map_or(f32::MAX, |step| step.0)
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
