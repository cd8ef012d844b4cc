//! What a line of chat is, and whether it is offensive: one linear model over hashed n-grams for all labels and languages.
//!
//! Owns the spelling, the features, the lexicon, the model and its trainer. Never decides what to do about a line.

pub mod grams;
pub mod labels;
pub mod lexicon;
pub mod linear;
pub mod normal;
pub mod prior;
pub mod signs;
pub mod train;

use crate::Language;
use crate::weights::{Input, Weights, WeightsError};
use grams::Scratch;
use labels::ChatLabel;
use lexicon::Lexicon;
use linear::{COLUMNS, Table};
use train::{Fitted, logistic, softmax};

/// Version of the features that the weights of chat are for.
pub const VERSION: u32 = 1;
/// Columns of the chat labels, then one of "offensive" per language.
const CHAT: usize = ChatLabel::ALL.len();

fn offensive_column(language: Language) -> usize {
    CHAT + match language {
        Language::Zh => 0,
        Language::Ru => 1,
        Language::En => 2,
    }
}

/// Scores of one line.
#[derive(Clone, Copy, Debug)]
pub struct ChatScores {
    /// One share per label, in the order of [`ChatLabel::ALL`]; they add up to one.
    pub labels: [f32; CHAT],
    /// The most likely label.
    pub label: ChatLabel,
    offensive: [f32; 3],
}

impl ChatScores {
    /// How likely the line is offensive, read as a line of this language.
    pub fn offensive(&self, language: Language) -> f32 {
        logistic(self.offensive[offensive_column(language) - CHAT])
    }
}

/// The model of chat.
#[derive(Clone, Debug, Default)]
pub struct ChatModel {
    table: Table,
}

impl ChatModel {
    /// A model of trained weights.
    pub fn new(table: Table) -> Self {
        Self { table }
    }

    /// The weights.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The file.
    pub fn pack(&self, inputs: Vec<Input>) -> Weights {
        let mut weights = Weights::new("chat", VERSION, inputs);
        weights.push("table", self.table.pack());
        weights
    }

    /// Reads the file.
    pub fn unpack(weights: &Weights) -> Result<Self, WeightsError> {
        let table = weights.part("table").and_then(Table::unpack).ok_or(WeightsError::Damaged)?;
        Ok(Self { table })
    }

    /// Takes trained chat labels.
    pub fn set_labels(&mut self, fitted: &Fitted) {
        for (column, (weights, bias)) in
            fitted.weights.iter().zip(&fitted.bias).enumerate().take(CHAT)
        {
            self.table.set_column(column, weights, *bias);
        }
    }

    /// Takes a trained "offensive" of one language.
    pub fn set_offensive(&mut self, language: Language, fitted: &Fitted) {
        if let (Some(weights), Some(bias)) = (fitted.weights.first(), fitted.bias.first()) {
            self.table.set_column(offensive_column(language), weights, *bias);
        }
    }

    /// Scores of a line. The buffers are the caller's, so that nothing is held per line.
    pub fn score(&self, text: &str, scratch: &mut Scratch) -> ChatScores {
        scratch.read(Lexicon::shared(), text);
        let all: [f32; COLUMNS] = self.table.score(&scratch.features);
        let mut labels: [f32; CHAT] = std::array::from_fn(|column| all[column]);
        softmax(&mut labels);
        let mut best = 0;
        for (column, share) in labels.iter().enumerate() {
            if *share > labels[best] {
                best = column;
            }
        }
        let offensive = std::array::from_fn(|language| all[CHAT + language]);
        ChatScores { labels, label: ChatLabel::ALL[best], offensive }
    }
}
