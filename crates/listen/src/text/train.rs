//! The trainer of linear models: AdaGrad over rows in an order that a seed decides, in one written order of arithmetic, so
//! that the same rows make the same weights to the last bit on every machine.
//!
//! Duchi, Hazan and Singer 2011; the decay is applied to the features of the row at hand.

use super::grams::BUCKETS;

/// One row: its features, its class, and how much it counts.
#[derive(Clone, Debug)]
pub struct Row {
    /// Buckets.
    pub features: Vec<u32>,
    /// Numbers beside the buckets; of one length in all rows, and most often none.
    pub dense: Vec<f32>,
    /// The right column.
    pub class: usize,
    /// What it weighs: 1 for an ordinary row.
    pub weight: f32,
}

/// How a model is trained.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Walks over all rows.
    pub epochs: usize,
    /// Step of the first update.
    pub rate: f32,
    /// Decay of the weights that a row touches.
    pub decay: f32,
    /// Step of the first update of a weight of a number.
    pub dense_rate: f32,
    /// Decay of the weights of numbers.
    pub dense_decay: f32,
    /// Decides the order of the rows.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { epochs: 12, rate: 0.15, decay: 1e-4, dense_rate: 0.02, dense_decay: 1e-3, seed: 1 }
    }
}

/// Weights and biases, `[class][bucket]`. With one class the model is binary: its rows have class 0 or 1.
#[derive(Debug)]
pub struct Fitted {
    /// `[class][bucket]`.
    pub weights: Vec<Vec<f32>>,
    /// `[class][number]`.
    pub dense: Vec<Vec<f32>>,
    /// `[class]`.
    pub bias: Vec<f32>,
}

/// xorshift64*: the order of the rows, and nothing that must be secret.
#[derive(Clone, Debug)]
pub struct Shuffle(u64);

impl Shuffle {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A seed for another order.
    pub fn seed(&mut self) -> u64 {
        self.next()
    }

    /// A number from 0 to 1, 1 itself excluded.
    pub fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Fisher and Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = (self.next() >> 11) as usize % (last + 1);
            items.swap(last, other);
        }
    }
}

/// `1 / (1 + e^-x)`, the same everywhere.
pub fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-x.clamp(-40.0, 40.0)))
}

/// The shares of scores that exclude each other.
pub fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for score in scores.iter_mut() {
        *score = libm::expf(*score - most);
        total += *score;
    }
    for score in scores {
        *score /= total;
    }
}

/// A weight, and the squares of what it was moved by.
#[derive(Clone, Copy, Default)]
struct Weight {
    value: f32,
    squares: f32,
}

impl Weight {
    fn step(&mut self, gradient: f32, rate: f32, decay: f32) {
        let gradient = gradient + decay * self.value;
        self.squares += gradient * gradient;
        self.value -= rate * gradient / (self.squares.sqrt() + 1e-3);
    }
}

struct Trainer {
    classes: usize,
    /// `[bucket][class]`, so that a row touches one line of memory per feature.
    sparse: Vec<Weight>,
    /// `[class][number]`.
    dense: Vec<Vec<Weight>>,
    bias: Vec<Weight>,
    scores: Vec<f32>,
}

impl Trainer {
    fn score(&mut self, row: &Row, norm: f32) {
        self.scores.fill(0.0);
        for feature in &row.features {
            let start = *feature as usize * self.classes;
            for (score, weight) in self.scores.iter_mut().zip(&self.sparse[start..]) {
                *score += weight.value;
            }
        }
        for ((score, bias), dense) in self.scores.iter_mut().zip(&self.bias).zip(&self.dense) {
            let numbers =
                dense.iter().zip(&row.dense).map(|(weight, number)| weight.value * number);
            *score = *score * norm + bias.value + numbers.fold(0.0, |total, part| total + part);
        }
    }

    /// Turns scores into what is wrong with them.
    fn compare(&mut self, row: &Row) {
        if self.classes == 1 {
            self.scores[0] = logistic(self.scores[0]) - if row.class == 1 { 1.0 } else { 0.0 };
        } else {
            softmax(&mut self.scores);
            if let Some(right) = self.scores.get_mut(row.class) {
                *right -= 1.0;
            }
        }
    }

    fn learn(&mut self, row: &Row, norm: f32, options: &Options) {
        for (class, dense) in self.dense.iter_mut().enumerate() {
            let gradient = self.scores[class] * row.weight;
            self.bias[class].step(gradient, options.rate, 0.0);
            for (weight, number) in dense.iter_mut().zip(&row.dense) {
                weight.step(gradient * number, options.dense_rate, options.dense_decay);
            }
            self.scores[class] = gradient * norm;
        }
        for feature in &row.features {
            let start = *feature as usize * self.classes;
            for (gradient, weight) in self.scores.iter().zip(&mut self.sparse[start..]) {
                weight.step(*gradient, options.rate, options.decay);
            }
        }
    }
}

/// Trains `classes` columns that exclude each other, or one binary column.
pub fn fit(rows: &[&Row], classes: usize, options: Options) -> Fitted {
    let numbers = rows.first().map_or(0, |row| row.dense.len());
    let mut trainer = Trainer {
        classes,
        sparse: vec![Weight::default(); BUCKETS * classes],
        dense: vec![vec![Weight::default(); numbers]; classes],
        bias: vec![Weight::default(); classes],
        scores: vec![0.0; classes],
    };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut shuffle = Shuffle::new(options.seed);
    for _ in 0..options.epochs {
        shuffle.shuffle(&mut order);
        for row in order.iter().map(|at| rows[*at]) {
            let norm = 1.0 / (row.features.len().max(1) as f32).sqrt();
            trainer.score(row, norm);
            trainer.compare(row);
            trainer.learn(row, norm, &options);
        }
    }
    let values = |weights: &[Weight]| weights.iter().map(|weight| weight.value).collect();
    let column = |class: usize| {
        trainer.sparse.iter().skip(class).step_by(classes).map(|weight| weight.value).collect()
    };
    Fitted {
        weights: (0..classes).map(column).collect(),
        dense: trainer.dense.iter().map(|dense| values(dense)).collect(),
        bias: values(&trainer.bias),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let row = |features: &[u32], class| Row {
            features: features.to_vec(),
            dense: Vec::new(),
            class,
            weight: 1.0,
        };
        vec![row(&[1, 2, 3], 0), row(&[1, 4], 1), row(&[2, 3, 9], 0), row(&[4, 9], 1)]
    }

    #[test]
    fn what_separates_is_learnt_and_learnt_alike_every_time() {
        let rows = rows();
        let rows: Vec<&Row> = rows.iter().collect();
        let (first, again) = (fit(&rows, 2, Options::default()), fit(&rows, 2, Options::default()));
        assert!(first.weights[0][2] > 0.1 && first.weights[1][4] > 0.1);
        let bits = |fitted: &Fitted| -> Vec<u32> {
            fitted.weights.iter().flatten().chain(&fitted.bias).map(|w| w.to_bits()).collect()
        };
        assert_eq!(bits(&first), bits(&again));
        let binary = fit(&rows, 1, Options::default());
        assert!(binary.weights[0][4] > 0.1 && binary.weights[0][3] < -0.1);
    }
}
