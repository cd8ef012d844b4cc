//! What a sentence of the host shows: contempt for the audience, or a claim that a rule forbids.
//!
//! One linear model per label over the embedding of the sentence, that of the sentence behind what it answers, and the
//! hashed features of `text`. Without the embedder another set of weights, trained without it, takes over: it hears less, and
//! whoever uses it says so. A score is calibrated on lines of writers that the weights had not seen.

mod fit;

pub use fit::{HostRow, Source, Vectors, fit_host};

use crate::Language;
use crate::embed::{DIMENSIONS, Embedder};
use crate::text::grams::Scratch;
use crate::text::lexicon::Lexicon;
use crate::text::linear::Table;
use crate::text::normal::normal;
use crate::text::train::logistic;
use crate::weights::{Input, Weights, WeightsError};

/// Version of the features that the weights of host sentences are for.
pub const VERSION: u32 = 1;

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

/// Layers whose means are features.
const LAYERS: [usize; 4] = [6, 8, 9, 12];
/// Of the sentence alone 6, 9 and 12; of the sentence behind its context 8 and 12.
const NUMBERS: usize = 5 * DIMENSIONS;
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
}

/// One way to judge: hashed features with or without an embedding.
#[derive(Clone, Debug)]
struct Way {
    table: Table,
    /// `[language][label]`: a bias that the table does not have.
    bias: Vec<f32>,
    /// `[language][label][number]`; empty without an embedding.
    dense: Vec<f32>,
    /// `[language][label]`.
    calibrations: Vec<Calibration>,
}

/// The model of host sentences.
#[derive(Clone, Debug)]
pub struct HostModel {
    embedded: Way,
    alone: Way,
}

/// The numbers of a sentence: what [`Embedder::layers`] says of it alone and behind its context.
pub fn numbers(of: &mut dyn FnMut(&str) -> Vec<f32>, text: &str, context: &str) -> Vec<f32> {
    let alone = of(&normal(text));
    let behind = if context.is_empty() {
        alone.clone()
    } else {
        of(&format!("{} {}", normal(context), normal(text)))
    };
    let layer = |all: &[f32], at: usize| all[at * DIMENSIONS..(at + 1) * DIMENSIONS].to_vec();
    [layer(&alone, 0), layer(&alone, 2), layer(&alone, 3), layer(&behind, 1), layer(&behind, 3)]
        .concat()
}

/// What [`numbers`] asks for.
pub fn layers(embedder: &Embedder, text: &str) -> Vec<f32> {
    embedder.layers(text, &LAYERS)
}

fn features(text: &str, context: &str, scratch: &mut Scratch) {
    scratch.read(Lexicon::shared(), text);
    if !context.is_empty() {
        scratch.read_before(Lexicon::shared(), context);
    }
}

impl HostModel {
    /// Judges a sentence. `numbers` are those of [`numbers`], or nothing.
    pub fn judge(
        &self,
        language: Language,
        text: &str,
        context: &str,
        numbers: Option<&[f32]>,
        scratch: &mut Scratch,
    ) -> [Judged; LABELS.len()] {
        features(text, context, scratch);
        let way = if numbers.is_some() { &self.embedded } else { &self.alone };
        way.judge(language, &scratch.features, numbers.unwrap_or_default())
    }

    /// The file.
    pub fn pack(&self, inputs: Vec<Input>) -> Weights {
        let mut weights = Weights::new("host", VERSION, inputs);
        for (name, way) in [("embedded", &self.embedded), ("alone", &self.alone)] {
            weights.push(&format!("{name}.table"), way.table.pack());
            weights.push_numbers(&format!("{name}.bias"), &way.bias);
            weights.push_numbers(&format!("{name}.dense"), &way.dense);
            let numbers: Vec<f32> =
                way.calibrations.iter().flat_map(|c| [c.slope, c.shift, c.threshold]).collect();
            weights.push_numbers(&format!("{name}.calibrations"), &numbers);
        }
        weights
    }

    /// Reads the file.
    pub fn unpack(weights: &Weights) -> Result<Self, WeightsError> {
        let way = |name: &str, numbers: usize| -> Option<Way> {
            let places = LANGUAGES * LABELS.len();
            let calibrations = weights.numbers(&format!("{name}.calibrations"), places * 3)?;
            let (calibrations, _) = calibrations.as_chunks::<3>();
            Some(Way {
                table: Table::unpack(weights.part(&format!("{name}.table"))?)?,
                bias: weights.numbers(&format!("{name}.bias"), places)?,
                dense: weights.numbers(&format!("{name}.dense"), places * numbers)?,
                calibrations: calibrations
                    .iter()
                    .map(|[slope, shift, threshold]| Calibration {
                        slope: *slope,
                        shift: *shift,
                        threshold: *threshold,
                    })
                    .collect(),
            })
        };
        let damaged = || WeightsError::Damaged;
        Ok(Self {
            embedded: way("embedded", NUMBERS).ok_or_else(damaged)?,
            alone: way("alone", 0).ok_or_else(damaged)?,
        })
    }
}

impl Way {
    fn raw(&self, language: Language, features: &[u32], numbers: &[f32]) -> [f32; LABELS.len()] {
        let sparse = self.table.score(features);
        let from = place(language) * LABELS.len();
        std::array::from_fn(|label| {
            let at = from + label;
            let dense = self.dense[at * numbers.len()..].iter().zip(numbers);
            let dense = dense.fold(0.0, |total, (weight, number)| total + weight * number);
            sparse[label] + self.bias[at] + dense
        })
    }

    fn judge(
        &self,
        language: Language,
        features: &[u32],
        numbers: &[f32],
    ) -> [Judged; LABELS.len()] {
        let raw = self.raw(language, features, numbers);
        let from = place(language) * LABELS.len();
        std::array::from_fn(|label| {
            let Calibration { slope, shift, threshold } = self.calibrations[from + label];
            let score = logistic(slope * raw[label] + shift);
            Judged { score, fires: score >= threshold }
        })
    }
}
