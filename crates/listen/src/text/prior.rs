//! What a language model knows of words before any line of ours was read: the vector of each common word or part of a word
//! stands beside its bucket while a model is trained, and is folded into that bucket's weight afterwards. So words that the
//! training lines lack score like their neighbours, and scoring costs nothing more.

use super::grams::{BUCKETS, piece_bucket};
use super::normal::{is_han, normal};
use super::train::Fitted;
use crate::embed::{DIMENSIONS, Embedder};

/// Bucket to vector. Where several pieces share a bucket the most frequent one has it.
pub struct Prior {
    /// `[bucket]`: the place of its vector plus one, or zero.
    places: Vec<u32>,
    vectors: Vec<f32>,
}

impl std::fmt::Debug for Prior {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prior").field("vectors", &(self.vectors.len() / DIMENSIONS)).finish()
    }
}

impl Prior {
    /// Takes the pieces that are written in one of our three scripts.
    pub fn new(embedder: &Embedder) -> Self {
        let mut best = vec![(f32::NEG_INFINITY, 0_u32); BUCKETS];
        for (piece, score, number) in embedder.pieces() {
            let begins = piece.starts_with(' ');
            let word = normal(&piece);
            if word.is_empty() || !word.chars().all(ours) {
                continue;
            }
            let spelt = if begins { format!(" {word}") } else { word };
            for whole in [false, true] {
                let Some(bucket) = piece_bucket(&spelt, whole) else { continue };
                let place = &mut best[bucket as usize];
                if score > place.0 {
                    *place = (score, number);
                }
            }
        }
        let (mut places, mut vectors) = (vec![0; BUCKETS], Vec::new());
        let mut kept = 0;
        for (bucket, (score, number)) in best.into_iter().enumerate() {
            if score > f32::NEG_INFINITY {
                kept += 1;
                places[bucket] = kept;
                vectors.extend(embedder.piece_vector(number));
            }
        }
        standardise(&mut vectors, DIMENSIONS);
        Self { places, vectors }
    }

    fn vector(&self, bucket: usize) -> Option<&[f32]> {
        let place = (*self.places.get(bucket)? as usize).checked_sub(1)?;
        self.vectors.get(place * DIMENSIONS..(place + 1) * DIMENSIONS)
    }

    /// The numbers of a row of these buckets.
    pub fn numbers(&self, features: &[u32]) -> Vec<f32> {
        let mut numbers = vec![0.0; DIMENSIONS];
        for vector in features.iter().filter_map(|feature| self.vector(*feature as usize)) {
            for (number, part) in numbers.iter_mut().zip(vector) {
                *number += part;
            }
        }
        let norm = 1.0 / (features.len().max(1) as f32).sqrt();
        for number in &mut numbers {
            *number *= norm;
        }
        numbers
    }

    /// Moves what was learnt about vectors into the weights of their buckets.
    pub fn fold(&self, fitted: &mut Fitted) {
        for (weights, dense) in fitted.weights.iter_mut().zip(&fitted.dense) {
            for (bucket, weight) in weights.iter_mut().enumerate() {
                let Some(vector) = self.vector(bucket) else { continue };
                *weight += vector.iter().zip(dense).fold(0.0, |total, (a, b)| total + a * b);
            }
        }
    }
}

fn ours(c: char) -> bool {
    is_han(c) || c.is_ascii_alphanumeric() || matches!(u32::from(c), 0x430..=0x44F)
}

/// Every column to mean 0 and deviation 1, summed in one written order.
pub fn standardise(rows: &mut [f32], width: usize) {
    let count = (rows.len() / width).max(1) as f64;
    for column in 0..width {
        let values = || rows.iter().skip(column).step_by(width).map(|value| f64::from(*value));
        let mean = values().fold(0.0, |total, value| total + value) / count;
        let spread = values().fold(0.0, |total, value| total + (value - mean) * (value - mean));
        let inverse = 1.0 / (spread / count).sqrt().max(1e-9);
        for value in rows.iter_mut().skip(column).step_by(width) {
            *value = ((f64::from(*value) - mean) * inverse) as f32;
        }
    }
}
