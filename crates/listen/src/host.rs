//! What a sentence of the host shows: contempt for the audience, or a claim that a rule forbids.
//!
//! Two models judge. Hashed n-grams know words; with the sentence weights an encoder with a taught adapter reads the sentence
//! and what it answers. Their log-odds are added. Without the sentence weights the n-grams judge alone: they hear less, and
//! whoever uses them says so. A score is calibrated on lines that the weights had not seen.

mod fit;
mod tuned;

pub use fit::{HostRow, Source, fit_host};
pub use tuned::Tuned;

use crate::Language;
use crate::embed::Embedder;
use crate::text::grams::Scratch;
use crate::text::lexicon::Lexicon;
use crate::text::linear::Table;
use crate::text::normal::normal;
use crate::text::train::logistic;
use crate::weights::{Input, Weights, WeightsError};

/// Version of the features that the weights of host sentences are for.
pub const VERSION: u32 = 2;

/// The label of contempt, then the claims in the order of the rules.
pub const LABELS: [&str; 9] = [
    "contempt",
    "absolute_superlative",
    "medical_efficacy",
    "guaranteed_result",
    "false_scarcity",
    "fake_reference_price",
    "guaranteed_income",
    "off_platform_deal",
    "minors",
];

const LANGUAGES: usize = 3;

/// Where a language's weights lie.
fn place(language: Language) -> usize {
    match language {
        Language::Zh => 0,
        Language::Ru => 1,
        Language::En => 2,
    }
}

/// From a raw score to a share, and the share from which a label is decided.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calibration {
    /// Factor of the raw score.
    pub slope: f32,
    /// What is added to it.
    pub shift: f32,
    /// The share from which on the label is said to be there.
    pub threshold: f32,
}

/// One label's answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// 0 to 1, calibrated.
    pub score: f32,
    /// Whether it is over the threshold of its language.
    pub fires: bool,
    /// Whether it is under the threshold, and near it: worth remembering beside other evidence, and nothing alone.
    pub unsure: bool,
}

/// How far under the threshold a score is still unsure, in log-odds.
const UNSURE: f32 = 1.5;

/// Raw scores of all labels, and what they mean in each language.
#[derive(Clone, Debug)]
struct Way<M> {
    model: M,
    /// `[language][label]`.
    calibrations: Vec<Calibration>,
}

/// Hashed n-grams.
#[derive(Clone, Debug)]
struct Grams {
    table: Table,
    bias: [f32; LABELS.len()],
}

/// The model of host sentences.
#[derive(Clone, Debug)]
pub struct HostModel {
    tuned: Way<Tuned>,
    grams: Way<Grams>,
    /// What the sum of both means, `[language][label]`.
    both: Vec<Calibration>,
}

fn features(text: &str, context: &str, scratch: &mut Scratch) {
    scratch.read(Lexicon::shared(), text);
    if !context.is_empty() {
        scratch.read_before(Lexicon::shared(), context);
    }
}

impl HostModel {
    /// Judges a sentence and what it answers, or nothing.
    pub fn judge(
        &self,
        language: Language,
        text: &str,
        context: &str,
        embedder: Option<&Embedder>,
        scratch: &mut Scratch,
    ) -> [Judged; LABELS.len()] {
        features(text, context, scratch);
        let by_grams = self.grams.model.raw(&scratch.features);
        let Some(embedder) = embedder else {
            return judged(&self.grams.calibrations, language, by_grams);
        };
        let by_tuned = self.tuned.model.raw(embedder, &normal(text), &normal(context));
        let by_grams = self.grams.weighed(language, by_grams);
        judged(&self.both, language, added(self.tuned.weighed(language, by_tuned), by_grams))
    }

    /// The file.
    pub fn pack(&self, inputs: Vec<Input>) -> Weights {
        let mut weights = Weights::new("host", VERSION, inputs);
        self.tuned.model.pack(&mut weights);
        weights.push("grams.table", self.grams.model.table.pack());
        weights.push_numbers("grams.bias", &self.grams.model.bias);
        for (name, calibrations) in [
            ("tuned", &self.tuned.calibrations),
            ("grams", &self.grams.calibrations),
            ("both", &self.both),
        ] {
            let numbers: Vec<f32> =
                calibrations.iter().flat_map(|c| [c.slope, c.shift, c.threshold]).collect();
            weights.push_numbers(&format!("{name}.calibrations"), &numbers);
        }
        weights
    }

    /// Reads the file.
    pub fn unpack(weights: &Weights) -> Result<Self, WeightsError> {
        Self::read(weights).ok_or(WeightsError::Damaged)
    }

    fn read(weights: &Weights) -> Option<Self> {
        let calibrations = |name: &str| -> Option<Vec<Calibration>> {
            let places = LANGUAGES * LABELS.len();
            let numbers = weights.numbers(&format!("{name}.calibrations"), places * 3)?;
            let (threes, _) = numbers.as_chunks::<3>();
            let one = |[slope, shift, threshold]: &[f32; 3]| Calibration {
                slope: *slope,
                shift: *shift,
                threshold: *threshold,
            };
            Some(threes.iter().map(one).collect())
        };
        let table = Table::unpack(weights.part("grams.table")?)?;
        let bias = weights.numbers("grams.bias", LABELS.len())?.try_into().ok()?;
        Some(Self {
            tuned: Way { model: Tuned::unpack(weights)?, calibrations: calibrations("tuned")? },
            grams: Way { model: Grams { table, bias }, calibrations: calibrations("grams")? },
            both: calibrations("both")?,
        })
    }
}

impl Grams {
    fn raw(&self, features: &[u32]) -> [f32; LABELS.len()] {
        let scores = self.table.score(features);
        std::array::from_fn(|label| scores[label] + self.bias[label])
    }
}

type Raw = [f32; LABELS.len()];

impl<M> Way<M> {
    /// Raw scores as log-odds.
    fn weighed(&self, language: Language, raw: Raw) -> Raw {
        let from = place(language) * LABELS.len();
        std::array::from_fn(|label| {
            let Calibration { slope, shift, .. } = self.calibrations[from + label];
            slope * raw[label] + shift
        })
    }
}

/// Two log-odds of each label as one.
fn added(a: Raw, b: Raw) -> Raw {
    std::array::from_fn(|label| a[label] + b[label])
}

fn log_odds(share: f32) -> f32 {
    libm::logf(share / (1.0 - share))
}

/// What raw scores mean.
fn judged(calibrations: &[Calibration], language: Language, raw: Raw) -> [Judged; LABELS.len()] {
    let from = place(language) * LABELS.len();
    std::array::from_fn(|label| {
        let Calibration { slope, shift, threshold } = calibrations[from + label];
        let score = logistic(slope * raw[label] + shift);
        let (odds, wanted) = (slope * raw[label] + shift, log_odds(threshold));
        let fires = score >= threshold;
        Judged { score, fires, unsure: !fires && odds >= wanted - UNSURE }
    })
}
