//! The encoder: twelve layers of attention, whose 4-bit weights meet activations of 8 bits.
//!
//! Arithmetic is the same everywhere: products of a block are integers, sums of numbers with a point are made in one
//! written order, nothing is fused, and `exp` and `erf` come from a library written in Rust. So a score is the same on every
//! machine, and what is trained on these numbers can be rebuilt bit for bit.

use wide::{f32x8, i16x8, i32x8};

use super::EmbedError;
use super::adapter::{Adapter, FROM};
use super::file::{BLOCK, BLOCK_BYTES, HEADS, INNER, LAYERS, Parts, WIDTH, unpack};
use super::teach::{LayerTape, Normed};

/// Rows of weights that are worked on together: they are the lanes of two vector registers. A compiler left alone puts the
/// lanes along the wrong axis, at five times the cost.
const LANES: usize = 2 * HALF;
const HALF: usize = 8;
/// Tokens that share one load of weights.
const TILE: usize = 4;
pub(super) const HEAD: usize = WIDTH / HEADS;
/// Weights are −8 to 7 and activations −127 to 127, so the 32 products of a block add up to at most 32 512: they fit.
const ACTIVATION_MAX: f32 = 127.0;

/// Weights turned so that the rows of a group lie side by side.
pub(super) struct Matrix {
    rows: usize,
    columns: usize,
    /// `[row group][column][lane]`, in 16 bits so that they multiply without a conversion.
    weights: Vec<[i16x8; 2]>,
    /// `[row group][block][lane]`.
    scales: Vec<[f32x8; 2]>,
    bias: Vec<f32>,
}

impl Matrix {
    fn read(
        parts: &Parts<'_>,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<Self, EmbedError> {
        let packed = parts.packed(&format!("{name}.w"), rows, columns)?;
        let blocks = columns / BLOCK;
        let mut weights = vec![[0_i16; LANES]; rows / LANES * columns];
        let mut scales = vec![[0.0; LANES]; rows / LANES * blocks];
        for (index, block) in packed.chunks_exact(BLOCK_BYTES).enumerate() {
            let (row, at) = (index / blocks, index % blocks);
            let (group, lane) = (row / LANES, row % LANES);
            let (scale, values) = unpack(block);
            scales[group * blocks + at][lane] = scale;
            for (j, value) in values.iter().enumerate() {
                weights[group * columns + at * BLOCK + j][lane] = i16::from(*value);
            }
        }
        let weights = weights.into_iter().map(|row| halves(row).map(i16x8::new)).collect();
        let scales = scales.into_iter().map(|row| halves(row).map(f32x8::new)).collect();
        let bias = parts.floats(&format!("{name}.b"), rows)?;
        Ok(Self { rows, columns, weights, scales, bias })
    }

    /// `out[token][row]` of every token.
    fn apply(&self, input: &Quantised, out: &mut Vec<f32>) {
        let (tokens, blocks) = (input.tokens, self.columns / BLOCK);
        out.clear();
        out.resize(tokens * self.rows, 0.0);
        for group in 0..self.rows / LANES {
            let weights = &self.weights[group * self.columns..][..self.columns];
            let scales = &self.scales[group * blocks..][..blocks];
            let bias = &self.bias[group * LANES..][..LANES];
            for (tile, (values, factors)) in input
                .values
                .chunks_exact(self.columns)
                .zip(input.scales.chunks_exact(blocks))
                .enumerate()
            {
                let mut sums = [[f32x8::ZERO; 2]; TILE];
                for (((weights, values), scales), factors) in weights
                    .chunks_exact(BLOCK)
                    .zip(values.chunks_exact(BLOCK))
                    .zip(scales)
                    .zip(factors)
                {
                    let products = multiply(weights, values);
                    for t in 0..TILE {
                        let factor = f32x8::splat(factors[t]);
                        for half in 0..2 {
                            let products = i32x8::from_i16x8(products[t][half]);
                            sums[t][half] += scales[half] * factor * f32x8::from_i32x8(products);
                        }
                    }
                }
                for (token, sum) in (tile * TILE..tokens).zip(sums) {
                    let out = &mut out[token * self.rows + group * LANES..][..LANES];
                    let sum = sum.into_iter().flat_map(f32x8::to_array);
                    for ((out, sum), bias) in out.iter_mut().zip(sum).zip(bias) {
                        *out = bias + sum;
                    }
                }
            }
        }
    }
}

impl Matrix {
    /// The weights as numbers, `[row][column]`.
    pub(super) fn dense(&self) -> Vec<f32> {
        let blocks = self.columns / BLOCK;
        let mut dense = vec![0.0; self.rows * self.columns];
        for (row, out) in dense.chunks_exact_mut(self.columns).enumerate() {
            let (group, lane) = (row / LANES, row % LANES);
            let (half, lane) = (lane / HALF, lane % HALF);
            for (column, out) in out.iter_mut().enumerate() {
                let weight = self.weights[group * self.columns + column][half].as_array_ref()[lane];
                let scale = self.scales[group * blocks + column / BLOCK][half].as_array_ref()[lane];
                *out = f32::from(weight) * scale;
            }
        }
        dense
    }
}

/// One block of a group of rows times one block of each token of a tile.
#[inline(always)]
fn multiply(weights: &[[i16x8; 2]], values: &[[i16; TILE]]) -> [[i16x8; 2]; TILE] {
    let mut products = [[i16x8::ZERO; 2]; TILE];
    for (row, values) in weights.iter().zip(values) {
        for t in 0..TILE {
            let value = i16x8::splat(values[t]);
            products[t][0] += row[0] * value;
            products[t][1] += row[1] * value;
        }
    }
    products
}

fn halves<T: Copy>(row: [T; LANES]) -> [[T; HALF]; 2] {
    [0, HALF].map(|from| std::array::from_fn(|lane| row[from + lane]))
}

/// Activations in 8 bits, kept in 16; those of the tokens of a tile lie side by side. A last tile that is not full is
/// filled with zeros.
#[derive(Default)]
struct Quantised {
    tokens: usize,
    /// `[tile][column][token]`.
    values: Vec<[i16; TILE]>,
    /// `[tile][block][token]`.
    scales: Vec<[f32; TILE]>,
}

impl Quantised {
    fn fill(&mut self, input: &[f32], columns: usize) {
        self.tokens = input.len() / columns;
        let tiles = self.tokens.div_ceil(TILE);
        self.values.clear();
        self.values.resize(tiles * columns, [0; TILE]);
        self.scales.clear();
        self.scales.resize(tiles * columns / BLOCK, [0.0; TILE]);
        for (token, row) in input.chunks_exact(columns).enumerate() {
            let (tile, t) = (token / TILE, token % TILE);
            let values = &mut self.values[tile * columns..][..columns];
            let scales = &mut self.scales[tile * columns / BLOCK..][..columns / BLOCK];
            for ((block, values), scale) in
                row.chunks_exact(BLOCK).zip(values.chunks_exact_mut(BLOCK)).zip(scales)
            {
                let most = block.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
                let inverse = if most > 0.0 { ACTIVATION_MAX / most } else { 0.0 };
                scale[t] = most / ACTIVATION_MAX;
                for (value, place) in block.iter().zip(values) {
                    // Adding and taking away 1.5 · 2²³ rounds to even, in one order on every machine.
                    let rounded = (value * inverse + 12_582_912.0) - 12_582_912.0;
                    place[t] = rounded.clamp(-ACTIVATION_MAX, ACTIVATION_MAX) as i16;
                }
            }
        }
    }
}

pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Norm {
    fn read(parts: &Parts<'_>, name: &str) -> Result<Self, EmbedError> {
        let weight = parts.floats(&format!("{name}.w"), WIDTH)?;
        Ok(Self { weight, bias: parts.floats(&format!("{name}.b"), WIDTH)? })
    }

    fn apply(&self, rows: &mut [f32], epsilon: f32, mut tape: Option<&mut Normed>) {
        for row in rows.chunks_exact_mut(WIDTH) {
            let mean = sum(row.iter().copied()) / WIDTH as f32;
            let spread = sum(row.iter().map(|value| (value - mean) * (value - mean)));
            let inverse = 1.0 / (spread / WIDTH as f32 + epsilon).sqrt();
            if let Some(tape) = &mut tape {
                tape.values.extend(row.iter().map(|value| (value - mean) * inverse));
                tape.inverses.push(inverse);
            }
            for ((value, weight), bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
                *value = (*value - mean) * inverse * weight + bias;
            }
        }
    }
}

/// A sum in one written order: eight partial sums, then those from left to right.
pub(super) fn sum(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let mut partial = [0.0_f32; 8];
    for (index, value) in values.enumerate() {
        partial[index % 8] += value;
    }
    partial.iter().fold(0.0, |total, value| total + value)
}

pub(super) struct Layer {
    query: Matrix,
    key: Matrix,
    value: Matrix,
    joined: Matrix,
    pub(super) joined_norm: Norm,
    inner: Matrix,
    outer: Matrix,
    pub(super) outer_norm: Norm,
}

impl Layer {
    fn read(parts: &Parts<'_>, at: usize) -> Result<Self, EmbedError> {
        let name = |suffix: &str| format!("l{at}.{suffix}");
        Ok(Self {
            query: Matrix::read(parts, &name("q"), WIDTH, WIDTH)?,
            key: Matrix::read(parts, &name("k"), WIDTH, WIDTH)?,
            value: Matrix::read(parts, &name("v"), WIDTH, WIDTH)?,
            joined: Matrix::read(parts, &name("ao"), WIDTH, WIDTH)?,
            joined_norm: Norm::read(parts, &name("aln"))?,
            inner: Matrix::read(parts, &name("fi"), INNER, WIDTH)?,
            outer: Matrix::read(parts, &name("fo"), WIDTH, INNER)?,
            outer_norm: Norm::read(parts, &name("oln"))?,
        })
    }
}

/// The whole encoder, about 70 MB.
pub(super) struct Encoder {
    epsilon: f32,
    words: Vec<u8>,
    rows: usize,
    positions: Vec<f32>,
    kind: Vec<f32>,
    first_norm: Norm,
    layers: Vec<Layer>,
}

impl Encoder {
    pub(super) fn new(parts: &Parts<'_>) -> Result<Self, EmbedError> {
        Ok(Self {
            epsilon: parts.epsilon,
            words: parts.packed("emb.word", parts.vocabulary, WIDTH)?.to_vec(),
            rows: parts.vocabulary,
            positions: parts.floats("emb.pos", parts.positions * WIDTH)?,
            kind: parts.floats("emb.type", WIDTH)?,
            first_norm: Norm::read(parts, "emb.ln")?,
            layers: (0..LAYERS).map(|at| Layer::read(parts, at)).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn word(&self, token: u32) -> impl Iterator<Item = f32> + '_ {
        let length = WIDTH / BLOCK * BLOCK_BYTES;
        let row = (token as usize).min(self.rows.saturating_sub(1));
        self.words[row * length..][..length].chunks_exact(BLOCK_BYTES).flat_map(|block| {
            let (scale, values) = unpack(block);
            values.map(|value| f32::from(value) * scale)
        })
    }

    /// Tokens on their way into the first layer, `[token][number]`.
    fn begin(&self, tokens: &[u32]) -> Vec<f32> {
        let mut state = Vec::with_capacity(tokens.len() * WIDTH);
        let places = self.positions.chunks_exact(WIDTH);
        for (token, place) in tokens.iter().zip(places) {
            let word = self.word(*token).zip(place).zip(&self.kind);
            state.extend(word.map(|((word, place), kind)| word + (place + kind)));
        }
        self.first_norm.apply(&mut state, self.epsilon, None);
        state
    }

    /// What the layers below every change make of tokens.
    pub(super) fn lower(&self, tokens: &[u32]) -> Vec<f32> {
        let (mut state, mut held) = (self.begin(tokens), Held::default());
        for layer in &self.layers[..FROM] {
            layer.run(&mut state, &mut held, self.epsilon, None, None);
        }
        state
    }

    /// What the upper layers make of that, changed or as they came. A tape keeps what the way back needs.
    pub(super) fn upper(
        &self,
        state: &mut [f32],
        adapter: Option<&Adapter>,
        mut tape: Option<&mut Vec<LayerTape>>,
    ) {
        let mut held = Held::default();
        for (at, layer) in self.layers.iter().enumerate().skip(FROM) {
            let mut kept = LayerTape::default();
            let keep = tape.is_some().then_some(&mut kept);
            layer.run(state, &mut held, self.epsilon, adapter.map(|adapter| (adapter, at)), keep);
            if let Some(tape) = &mut tape {
                tape.push(kept);
            }
        }
    }

    /// The layers that an adapter changes.
    pub(super) fn changed(&self) -> &[Layer] {
        &self.layers[FROM..]
    }
}

/// Buffers that the layers share.
#[derive(Default)]
struct Held {
    quantised: Quantised,
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    joined: Vec<f32>,
    inner: Vec<f32>,
    out: Vec<f32>,
}

impl Layer {
    /// The matrices in the order of [`super::adapter::SHAPES`].
    pub(super) fn matrices(&self) -> [&Matrix; 6] {
        [&self.query, &self.key, &self.value, &self.joined, &self.inner, &self.outer]
    }

    fn run(
        &self,
        state: &mut [f32],
        held: &mut Held,
        epsilon: f32,
        adapter: Option<(&Adapter, usize)>,
        mut tape: Option<&mut LayerTape>,
    ) {
        let matrices = self.matrices();
        let change =
            |matrix: usize, input: &[f32], out: &mut [f32], tape: &mut Option<&mut LayerTape>| {
                let Some(change) = adapter.and_then(|(adapter, at)| adapter.change(at, matrix))
                else {
                    return;
                };
                let between = change.between(input);
                change.add(&between, out);
                if let Some(tape) = tape {
                    tape.inputs[matrix] = input.to_vec();
                    tape.between[matrix] = between;
                }
            };
        held.quantised.fill(state, WIDTH);
        for (matrix, out) in
            [&mut held.query, &mut held.key, &mut held.value].into_iter().enumerate()
        {
            matrices[matrix].apply(&held.quantised, out);
            change(matrix, state, out, &mut tape);
        }
        attend(held, tape.as_deref_mut().map(|tape| &mut tape.shares));
        if let Some(tape) = &mut tape {
            tape.attended = [&held.query, &held.key, &held.value].map(Vec::clone);
        }
        held.quantised.fill(&held.joined, WIDTH);
        self.joined.apply(&held.quantised, &mut held.out);
        change(3, &held.joined, &mut held.out, &mut tape);
        add(state, &held.out);
        self.joined_norm.apply(state, epsilon, tape.as_deref_mut().map(|tape| &mut tape.joined));
        held.quantised.fill(state, WIDTH);
        self.inner.apply(&held.quantised, &mut held.inner);
        change(4, state, &mut held.inner, &mut tape);
        if let Some(tape) = &mut tape {
            tape.inner = held.inner.clone();
        }
        for value in &mut held.inner {
            *value = gelu(*value);
        }
        held.quantised.fill(&held.inner, INNER);
        self.outer.apply(&held.quantised, &mut held.out);
        change(5, &held.inner, &mut held.out, &mut tape);
        add(state, &held.out);
        self.outer_norm.apply(state, epsilon, tape.map(|tape| &mut tape.outer));
    }
}

/// `kept` takes the shares, `[token][head][token]`.
fn attend(held: &mut Held, mut kept: Option<&mut Vec<f32>>) {
    let scale = 1.0 / (HEAD as f32).sqrt();
    held.joined.clear();
    held.joined.resize(held.query.len(), 0.0);
    let mut shares = Vec::new();
    for (query, joined) in held.query.chunks_exact(WIDTH).zip(held.joined.chunks_exact_mut(WIDTH)) {
        for head in 0..HEADS {
            let part = head * HEAD..(head + 1) * HEAD;
            let query = &query[part.clone()];
            shares.clear();
            shares.extend(
                held.key.chunks_exact(WIDTH).map(|key| {
                    sum(query.iter().zip(&key[part.clone()]).map(|(a, b)| a * b)) * scale
                }),
            );
            let most = shares.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for share in &mut shares {
                *share = libm::expf(*share - most);
            }
            let inverse = 1.0 / sum(shares.iter().copied());
            shares.iter_mut().for_each(|share| *share *= inverse);
            if let Some(kept) = &mut kept {
                kept.extend(&shares);
            }
            let joined = &mut joined[part.clone()];
            for (share, value) in shares.iter().zip(held.value.chunks_exact(WIDTH)) {
                for (joined, value) in joined.iter_mut().zip(&value[part.clone()]) {
                    *joined += share * value;
                }
            }
        }
    }
}

fn add(state: &mut [f32], more: &[f32]) {
    for (value, more) in state.iter_mut().zip(more) {
        *value += more;
    }
}

fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2))
}
