//! Teaching an adapter: the way back through the changed layers, from what is wrong with a sentence's features to what is
//! wrong with the adapter.
//!
//! Activations are rounded to eight bits on the way forward; the way back takes them as they were before (straight-through
//! estimation, Bengio et al. 2013, arXiv 1308.3432). All sums are made in one written order.

use wide::f32x8;

use super::Embedder;
use super::adapter::{Adapter, FROM, RANK, SHAPES, dot, place};
use super::encoder::{HEAD, Layer, Matrix, Norm, sum};
use super::file::{HEADS, WIDTH};

/// One layer's part of it.
#[derive(Default)]
pub(super) struct LayerTape {
    /// What went into each matrix, and between A and B of its change.
    pub(super) inputs: [Vec<f32>; 6],
    pub(super) between: [Vec<f32x8>; 6],
    /// Queries, keys and values.
    pub(super) attended: [Vec<f32>; 3],
    /// `[token][head][token]`.
    pub(super) shares: Vec<f32>,
    pub(super) joined: Normed,
    /// The inner layer before its bend.
    pub(super) inner: Vec<f32>,
    pub(super) outer: Normed,
}

/// What a normalisation made, before its weights, and the inverse deviation of every token.
#[derive(Default)]
pub(super) struct Normed {
    pub(super) values: Vec<f32>,
    pub(super) inverses: Vec<f32>,
}

/// Teaches adapters of one embedder. Holds the changed layers as numbers, 42 MB.
pub struct Teacher<'a> {
    embedder: &'a Embedder,
    layers: Vec<[Vec<f32>; 6]>,
}

impl std::fmt::Debug for Teacher<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Teacher")
    }
}

/// What a way back needs of its way forward.
#[derive(Default)]
pub struct Tape(Vec<LayerTape>);

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tape")
    }
}

impl<'a> Teacher<'a> {
    /// A teacher.
    #[must_use]
    pub fn new(embedder: &'a Embedder) -> Self {
        let layers = embedder.encoder.changed().iter();
        let layers = layers.map(|layer| layer.matrices().map(Matrix::dense)).collect();
        Self { embedder, layers }
    }

    /// The features of a sentence whose lower part is known ([`Embedder::lower`]), and the way that they came.
    #[must_use]
    pub fn features(&self, adapter: &Adapter, lower: &[f32]) -> (Vec<f32>, Tape) {
        let mut tape = Tape::default();
        let mut state = lower.to_vec();
        self.embedder.encoder.upper(&mut state, Some(adapter), Some(&mut tape.0));
        (features(&state), tape)
    }

    /// Adds to `gradient`, which is laid out as the adapter's numbers, what is wrong with them; `wrong` is what is wrong with
    /// the features.
    pub fn learn(&self, adapter: &Adapter, tape: &Tape, wrong: &[f32], gradient: &mut [f32]) {
        let Some(tokens) = tape.0.first().map(|layer| layer.joined.inverses.len()) else { return };
        let (mean, first) = wrong.split_at(WIDTH);
        let share = 1.0 / tokens as f32;
        let mut state: Vec<f32> =
            (0..tokens).flat_map(|_| mean.iter().map(|wrong| wrong * share)).collect();
        add(&mut state[..WIDTH], first);
        let layers = self.embedder.encoder.changed().iter().zip(&self.layers).zip(&tape.0);
        for (at, ((layer, dense), tape)) in layers.enumerate().rev() {
            state = Back { at: FROM + at, layer, dense, tape, adapter }.learn(&state, gradient);
        }
    }
}

/// The features of a sentence: the mean over its tokens, and the first of them.
pub(super) fn features(state: &[f32]) -> Vec<f32> {
    let mut mean = vec![0.0; WIDTH];
    for row in state.chunks_exact(WIDTH) {
        add(&mut mean, row);
    }
    let share = 1.0 / (state.len() / WIDTH).max(1) as f32;
    mean.iter().map(|sum| sum * share).chain(state.iter().copied().take(WIDTH)).collect()
}

/// One layer's way back.
struct Back<'a> {
    at: usize,
    layer: &'a Layer,
    dense: &'a [Vec<f32>; 6],
    tape: &'a LayerTape,
    adapter: &'a Adapter,
}

impl Back<'_> {
    /// Through a matrix with its change; answers what is wrong with its inputs.
    fn matrix(&self, matrix: usize, wrong: &[f32], gradient: &mut [f32]) -> Vec<f32> {
        let (outputs, inputs) = SHAPES[matrix];
        let mut back = vec![0.0; wrong.len() / outputs * inputs];
        through(&self.dense[matrix], wrong, &mut back, (outputs, inputs));
        let change = self.adapter.change(self.at, matrix).zip(place(self.at, matrix));
        if let Some((change, from)) = change {
            let gradient = &mut gradient[from..][..(outputs + inputs) * RANK];
            let (input, between) = (&self.tape.inputs[matrix], &self.tape.between[matrix]);
            change.learn(input, between, wrong, gradient, &mut back);
        }
        back
    }

    fn learn(&self, wrong: &[f32], gradient: &mut [f32]) -> Vec<f32> {
        let mut state = norm(&self.layer.outer_norm, &self.tape.outer, wrong);
        let mut inner = self.matrix(5, &state, gradient);
        inner.iter_mut().zip(&self.tape.inner).for_each(|(wrong, x)| *wrong *= bend(*x));
        add(&mut state, &self.matrix(4, &inner, gradient));
        let mut state = norm(&self.layer.joined_norm, &self.tape.joined, &state);
        let joined = self.matrix(3, &state, gradient);
        for (matrix, wrong) in self.attention(&joined).iter().enumerate() {
            add(&mut state, &self.matrix(matrix, wrong, gradient));
        }
        state
    }

    /// What is wrong with queries, keys and values.
    fn attention(&self, wrong: &[f32]) -> [Vec<f32>; 3] {
        let scale = 1.0 / (HEAD as f32).sqrt();
        let [query, key, value] = &self.tape.attended;
        let tokens = wrong.len() / WIDTH;
        let mut out = [(); 3].map(|()| vec![0.0; wrong.len()]);
        let [dq, dk, dv] = &mut out;
        for token in 0..tokens {
            for head in 0..HEADS {
                let part = |of: usize| of * WIDTH + head * HEAD..of * WIDTH + (head + 1) * HEAD;
                let shares = &self.tape.shares[(token * HEADS + head) * tokens..][..tokens];
                let wrong = &wrong[part(token)];
                let raised: Vec<f32> = (0..tokens).map(|at| dot(wrong, &value[part(at)])).collect();
                let level = sum(shares.iter().zip(&raised).map(|(share, raised)| share * raised));
                for at in 0..tokens {
                    let share = shares[at];
                    axpy(&mut dv[part(at)], share, wrong);
                    let moved = share * (raised[at] - level) * scale;
                    axpy(&mut dq[part(token)], moved, &key[part(at)]);
                    axpy(&mut dk[part(at)], moved, &query[part(token)]);
                }
            }
        }
        out
    }
}

/// `back += wrong · weights`, four rows of weights at a time.
fn through(weights: &[f32], wrong: &[f32], back: &mut [f32], (outputs, inputs): (usize, usize)) {
    for (at, rows) in weights.chunks_exact(4 * inputs).enumerate() {
        let (first, rest) = rows.split_at(inputs);
        let (second, rest) = rest.split_at(inputs);
        let (third, fourth) = rest.split_at(inputs);
        for (wrong, back) in wrong.chunks_exact(outputs).zip(back.chunks_exact_mut(inputs)) {
            let [a, b, c, d] = [0, 1, 2, 3].map(|row| wrong[at * 4 + row]);
            let rows = first.iter().zip(second).zip(third.iter().zip(fourth));
            for (back, ((first, second), (third, fourth))) in back.iter_mut().zip(rows) {
                *back = *back + a * first + b * second + c * third + d * fourth;
            }
        }
    }
}

fn axpy(to: &mut [f32], factor: f32, of: &[f32]) {
    to.iter_mut().zip(of).for_each(|(to, of)| *to += factor * of);
}

fn add(to: &mut [f32], of: &[f32]) {
    to.iter_mut().zip(of).for_each(|(to, of)| *to += of);
}

/// Back through a normalisation.
fn norm(norm: &Norm, tape: &Normed, wrong: &[f32]) -> Vec<f32> {
    let mut back = Vec::with_capacity(wrong.len());
    let rows = wrong.chunks_exact(WIDTH).zip(tape.values.chunks_exact(WIDTH)).zip(&tape.inverses);
    for ((wrong, values), inverse) in rows {
        let weighed: Vec<f32> = wrong.iter().zip(&norm.weight).map(|(a, b)| a * b).collect();
        let mean = sum(weighed.iter().copied()) / WIDTH as f32;
        let along = dot(&weighed, values) / WIDTH as f32;
        let parts = weighed.iter().zip(values);
        back.extend(parts.map(|(weighed, value)| inverse * (weighed - mean - value * along)));
    }
    back
}

/// The slope of the bend: Φ(x) + x·φ(x).
fn bend(x: f32) -> f32 {
    let below = 0.5 * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2));
    below + x * 0.398_942_3 * libm::expf(-0.5 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::train::Shuffle;

    /// What is wrong with a number is how the result moves when it moves.
    #[test]
    fn the_way_back_agrees_with_small_steps() {
        let Some(embedder) = crate::embed::tests::embedder() else { return };
        let teacher = Teacher::new(&embedder);
        let mut shuffle = Shuffle::new(3);
        let mut draw = || shuffle.share() * 2.0 - 1.0;
        let mut adapter = Adapter::untaught(&mut draw);
        adapter.numbers_mut().iter_mut().for_each(|number| *number += 0.02 * draw());
        let lower = embedder.lower("have you worked hard all these years", "it got dearer");
        let weights: Vec<f32> = (0..2 * WIDTH).map(|_| draw()).collect();
        let (features, tape) = teacher.features(&adapter, &lower);
        assert_eq!(features.len(), weights.len());
        let mut gradient = vec![0.0; adapter.numbers().len()];
        teacher.learn(&adapter, &tape, &weights, &mut gradient);
        let value = |adapter: &Adapter| -> f64 {
            let (features, _) = teacher.features(adapter, &lower);
            features.iter().zip(&weights).map(|(a, b)| f64::from(a * b)).sum()
        };
        // Rounding to eight bits makes single numbers rough, so whole directions are compared, one through each layer.
        let length = gradient.len() / 6;
        for layer in 0..6 {
            let part = layer * length..(layer + 1) * length;
            let norm = gradient[part.clone()].iter().map(|g| f64::from(g * g)).sum::<f64>().sqrt();
            let step = 0.2 / norm as f32;
            let moved = |factor: f32| {
                let mut moved = adapter.clone();
                let numbers = moved.numbers_mut()[part.clone()].iter_mut();
                numbers.zip(&gradient[part.clone()]).for_each(|(n, g)| *n += factor * step * g);
                value(&moved)
            };
            let slope = (moved(1.0) - moved(-1.0)) / (2.0 * f64::from(step));
            let wanted = norm * norm;
            assert!((slope / wanted - 1.0).abs() < 0.05, "layer {layer}: {slope} {wanted}");
        }
    }
}
