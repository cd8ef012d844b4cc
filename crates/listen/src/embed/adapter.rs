//! What the encoder is taught beyond what it came with: low-rank changes to the matrices of its upper layers.
//!
//! Hu et al. 2021 (LoRA, arXiv 2106.09685): a matrix W acts as W + s·A·B with few columns in A. W stays in its four bits, and a
//! whole adapter has a third of a million numbers. Sums are made in one written order, as in the encoder.

use wide::f32x8;

use super::file::{INNER, LAYERS, WIDTH};

/// Columns of A: the lanes of one vector register.
pub(super) const RANK: usize = 8;
/// The first layer that is changed, from 0. Those below are the same for everybody.
pub(super) const FROM: usize = 6;
/// How much the change weighs.
const SCALE: f32 = 2.0;
/// Outputs and inputs of a layer's matrices: query, key, value, joined, inner, outer.
pub(super) const SHAPES: [(usize, usize); 6] = [
    (WIDTH, WIDTH),
    (WIDTH, WIDTH),
    (WIDTH, WIDTH),
    (WIDTH, WIDTH),
    (INNER, WIDTH),
    (WIDTH, INNER),
];

/// Numbers of a pair A, B.
const fn length(shape: (usize, usize)) -> usize {
    (shape.0 + shape.1) * RANK
}

const fn layer_length() -> usize {
    let (mut total, mut at) = (0, 0);
    while at < SHAPES.len() {
        total += length(SHAPES[at]);
        at += 1;
    }
    total
}

/// Numbers of an adapter.
pub const ADAPTER_NUMBERS: usize = (LAYERS - FROM) * layer_length();

/// Changes to the upper layers: for each matrix of each layer A as `[input][rank]`, then B as `[rank][output]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    numbers: Vec<f32>,
}

impl Adapter {
    /// An adapter of these numbers, if there are [`ADAPTER_NUMBERS`].
    #[must_use]
    pub fn new(numbers: Vec<f32>) -> Option<Self> {
        (numbers.len() == ADAPTER_NUMBERS).then_some(Self { numbers })
    }

    /// One that changes nothing yet: `draw` gives numbers from −1 to 1 for A, and B is zero.
    #[must_use]
    pub fn untaught(mut draw: impl FnMut() -> f32) -> Self {
        let mut numbers = Vec::with_capacity(ADAPTER_NUMBERS);
        for _ in FROM..LAYERS {
            for (outputs, inputs) in SHAPES {
                let spread = (3.0 / inputs as f32).sqrt();
                numbers.extend((0..inputs * RANK).map(|_| draw() * spread));
                numbers.extend(std::iter::repeat_n(0.0, outputs * RANK));
            }
        }
        Self { numbers }
    }

    /// All numbers.
    #[must_use]
    pub fn numbers(&self) -> &[f32] {
        &self.numbers
    }

    /// All numbers, to be taught.
    pub fn numbers_mut(&mut self) -> &mut [f32] {
        &mut self.numbers
    }

    /// The change of a matrix of a layer; none below [`FROM`].
    pub(super) fn change(&self, layer: usize, matrix: usize) -> Option<Change<'_>> {
        let from = place(layer, matrix)?;
        let (outputs, inputs) = SHAPES[matrix];
        let (a, b) = self.numbers[from..][..(outputs + inputs) * RANK].split_at(inputs * RANK);
        Some(Change { a, b })
    }
}

/// Where the numbers of a matrix begin.
pub(super) fn place(layer: usize, matrix: usize) -> Option<usize> {
    let layers = layer.checked_sub(FROM)?;
    let before: usize = SHAPES[..matrix].iter().map(|shape| length(*shape)).sum();
    Some(layers * layer_length() + before)
}

/// The change of one matrix.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

fn lanes(numbers: &[f32]) -> f32x8 {
    f32x8::new(numbers.try_into().unwrap_or_default())
}

impl Change<'_> {
    /// `input · A` of every token: what lies between A and B.
    pub(super) fn between(self, input: &[f32]) -> Vec<f32x8> {
        let inputs = self.a.len() / RANK;
        let token = |row: &[f32]| {
            let parts = row.iter().zip(self.a.chunks_exact(RANK));
            parts.fold(f32x8::ZERO, |sum, (x, a)| sum + f32x8::splat(*x) * lanes(a))
        };
        input.chunks_exact(inputs).map(token).collect()
    }

    /// Adds the change to what the matrix made of every token.
    pub(super) fn add(self, between: &[f32x8], out: &mut [f32]) {
        let outputs = self.b.len() / RANK;
        for (u, row) in between.iter().zip(out.chunks_exact_mut(outputs)) {
            for (u, b) in u.to_array().iter().zip(self.b.chunks_exact(outputs)) {
                let u = SCALE * u;
                row.iter_mut().zip(b).for_each(|(out, b)| *out += u * b);
            }
        }
    }

    /// From what is wrong with the outputs to what is wrong with A and B (added to `gradient`) and, added to `back`, with the
    /// inputs.
    pub(super) fn learn(
        self,
        input: &[f32],
        between: &[f32x8],
        wrong: &[f32],
        gradient: &mut [f32],
        back: &mut [f32],
    ) {
        let (inputs, outputs) = (self.a.len() / RANK, self.b.len() / RANK);
        let (da, db) = gradient.split_at_mut(self.a.len());
        let tokens = input.chunks_exact(inputs).zip(back.chunks_exact_mut(inputs));
        let tokens = tokens.zip(wrong.chunks_exact(outputs)).zip(between);
        for (((x, back), wrong), u) in tokens {
            let mut du = [0.0; RANK];
            for (rank, u) in u.to_array().iter().enumerate() {
                let b = &self.b[rank * outputs..][..outputs];
                du[rank] = SCALE * dot(wrong, b);
                let u = SCALE * u;
                let db = &mut db[rank * outputs..][..outputs];
                db.iter_mut().zip(wrong).for_each(|(db, wrong)| *db += u * wrong);
            }
            let du = f32x8::new(du);
            let parts = self.a.chunks_exact(RANK).zip(da.chunks_exact_mut(RANK));
            for (((a, da), x), back) in parts.zip(x).zip(back) {
                let sum = lanes(da) + f32x8::splat(*x) * du;
                da.copy_from_slice(sum.as_array_ref());
                *back += (lanes(a) * du).to_array().iter().fold(0.0, |total, part| total + part);
            }
        }
    }
}

/// A sum of products in one written order: eight lanes, then those from left to right.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let parts = a.chunks_exact(RANK).zip(b.chunks_exact(RANK));
    let sum = parts.fold(f32x8::ZERO, |sum, (a, b)| sum + lanes(a) * lanes(b));
    sum.to_array().iter().fold(0.0, |total, part| total + part)
}
