//! The taught part: an adapter of the encoder and one linear model per label on its features.
//!
//! Taught with AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) on batches of rows in an order that a seed decides.
//! Each row's gradient is computed by itself and all are summed in their order, so any number of threads makes the same
//! weights to the last bit.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::LABELS;
use crate::embed::{ADAPTER_NUMBERS, Adapter, Embedder, FEATURES, Teacher};
use crate::half;
use crate::text::train::{Shuffle, logistic};
use crate::weights::Weights;

/// Walks over all rows, and rows of a batch.
const EPOCHS: usize = 5;
const BATCH: usize = 16;
/// Highest steps of the adapter and of the linear models; they rise over the first tenth and fall along a cosine.
const RATE: f32 = 1e-3;
const HEAD_RATE: f32 = 2e-3;
const DECAY: f32 = 0.01;
/// A batch that pulls harder is held back to this.
const PULL_MAX: f32 = 1.0;
/// A label is taken to be right in so many of a hundred.
const SURE: f32 = 0.95;
/// Of the tokens of a sentence so many are left out while it is taught, never the first ones.
const LEFT_OUT: f32 = 0.1;
const KEPT_TOKENS: usize = 4;
const SEED: u64 = 11;
/// How often the progress is told, in steps.
const REPORTED: usize = 100;

const LABEL_COUNT: usize = LABELS.len();
const HEAD_NUMBERS: usize = LABEL_COUNT * (FEATURES + 1);

/// Adapter and linear models.
#[derive(Clone, Debug)]
pub struct Tuned {
    adapter: Adapter,
    /// For each label the weights of the features, then a bias.
    head: Vec<f32>,
}

/// A row to learn from.
pub(super) struct Lesson {
    /// What the lower layers make of it.
    pub(super) lower: Vec<f32>,
    /// What is known of each label.
    pub(super) labels: [Option<bool>; LABEL_COUNT],
    /// What each label weighs when it is there, and when it is not.
    pub(super) weights: [(f32, f32); LABEL_COUNT],
}

impl Tuned {
    /// Raw scores of a sentence and what it answers, both in their one spelling.
    pub(super) fn raw(&self, embedder: &Embedder, text: &str, context: &str) -> [f32; LABEL_COUNT] {
        self.scores(&embedder.features(&self.adapter, text, context))
    }

    /// Raw scores of features.
    fn scores(&self, features: &[f32]) -> [f32; LABEL_COUNT] {
        std::array::from_fn(|label| {
            let weights = &self.head[label * (FEATURES + 1)..][..=FEATURES];
            let parts = weights.iter().zip(features).map(|(a, b)| a * b);
            weights[FEATURES] + parts.fold(0.0, |total, part| total + part)
        })
    }

    pub(super) fn pack(&self, weights: &mut Weights) {
        let halves = self.adapter.numbers().iter().map(|number| half::from_f32(*number));
        weights.push("tuned.adapter", halves.flat_map(u16::to_le_bytes).collect());
        weights.push_numbers("tuned.head", &self.head);
    }

    pub(super) fn unpack(weights: &Weights) -> Option<Self> {
        let (halves, rest) = weights.part("tuned.adapter")?.as_chunks::<2>();
        let numbers: Vec<f32> =
            halves.iter().map(|bytes| half::to_f32(u16::from_le_bytes(*bytes))).collect();
        let fits = rest.is_empty() && numbers.iter().all(|number| number.is_finite());
        let adapter = Adapter::new(numbers).filter(|_| fits)?;
        Some(Self { adapter, head: weights.numbers("tuned.head", HEAD_NUMBERS)? })
    }

    /// One that has been taught nothing.
    pub(super) fn untaught() -> Self {
        let mut shuffle = Shuffle::new(SEED);
        let adapter = Adapter::untaught(|| shuffle.share() * 2.0 - 1.0);
        Self { adapter, head: vec![0.0; HEAD_NUMBERS] }
    }

    /// Teaches all lessons. `report` is told how far it is.
    pub(super) fn teach(
        embedder: &Embedder,
        lessons: &[Lesson],
        threads: usize,
        report: &mut dyn FnMut(&str),
    ) -> Self {
        let teacher = Teacher::new(embedder);
        let mut tuned = Self::untaught();
        let mut moments = Moments::default();
        let mut shuffle = Shuffle::new(SEED + 1);
        let mut order: Vec<usize> = (0..lessons.len()).collect();
        let steps = EPOCHS * lessons.len().div_ceil(BATCH);
        let mut step = 0;
        let mut loss = 0.0;
        for _ in 0..EPOCHS {
            shuffle.shuffle(&mut order);
            for batch in order.chunks(BATCH) {
                let drawn: Vec<(usize, u64)> =
                    batch.iter().map(|at| (*at, shuffle.seed())).collect();
                let (gradient, lost) = tuned.batch(&teacher, lessons, &drawn, threads);
                loss += lost;
                step += 1;
                moments.step(&mut tuned, &gradient, step, pace(step, steps));
                if step % REPORTED == 0 {
                    let mean = std::mem::take(&mut loss) / (REPORTED * BATCH) as f32;
                    report(&format!("taught {step} of {steps} steps, loss {mean:.4}"));
                }
            }
        }
        // What ships is rounded; so is what is calibrated.
        for number in tuned.adapter.numbers_mut() {
            *number = half::to_f32(half::from_f32(*number));
        }
        tuned
    }

    /// The mean gradient of a batch, adapter first, and its summed loss.
    fn batch(
        &self,
        teacher: &Teacher<'_>,
        lessons: &[Lesson],
        drawn: &[(usize, u64)],
        threads: usize,
    ) -> (Vec<f32>, f32) {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let Some((at, seed)) = drawn.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push((*at, *seed, self.lesson(teacher, &lessons[*at], *seed)));
            }
            done
        };
        let mut done = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            done.extend(others.into_iter().filter_map(|other| other.join().ok()).flatten());
            done
        });
        done.sort_by_key(|(at, seed, _)| drawn.iter().position(|one| one == &(*at, *seed)));
        let mut sum = vec![0.0; ADAPTER_NUMBERS + HEAD_NUMBERS];
        let mut lost = 0.0;
        let share = 1.0 / drawn.len() as f32;
        for (_, _, (gradient, loss)) in &done {
            sum.iter_mut().zip(gradient).for_each(|(sum, part)| *sum += share * part);
            lost += loss;
        }
        (sum, lost)
    }

    /// The gradient and the loss of one row.
    fn lesson(&self, teacher: &Teacher<'_>, lesson: &Lesson, seed: u64) -> (Vec<f32>, f32) {
        let lower = thinned(&lesson.lower, seed);
        let (features, tape) = teacher.features(&self.adapter, &lower);
        let scores = self.scores(&features);
        let mut gradient = vec![0.0; ADAPTER_NUMBERS + HEAD_NUMBERS];
        let (adapter, head) = gradient.split_at_mut(ADAPTER_NUMBERS);
        let (mut wrong, mut loss) = (vec![0.0; FEATURES], 0.0);
        for (label, score) in scores.into_iter().enumerate() {
            let Some(is) = lesson.labels[label] else { continue };
            let (there, not) = lesson.weights[label];
            let weight = if is { there } else { not };
            let wanted = if is { SURE } else { 1.0 - SURE };
            let share = logistic(score);
            let off = weight * (share - wanted);
            loss -=
                weight * (wanted * libm::logf(share) + (1.0 - wanted) * libm::logf(1.0 - share));
            let from = label * (FEATURES + 1);
            for (at, feature) in features.iter().enumerate() {
                head[from + at] += off * feature;
                wrong[at] += off * self.head[from + at];
            }
            head[from + FEATURES] += off;
        }
        teacher.learn(&self.adapter, &tape, &wrong, adapter);
        (gradient, loss)
    }
}

/// A sentence without some of its tokens.
fn thinned(lower: &[f32], seed: u64) -> Vec<f32> {
    let mut shuffle = Shuffle::new(seed);
    let width = FEATURES / 2;
    let tokens = lower.chunks_exact(width).enumerate();
    let kept = tokens.filter(|(at, _)| *at < KEPT_TOKENS || shuffle.share() >= LEFT_OUT);
    kept.flat_map(|(_, token)| token.iter().copied()).collect()
}

/// The share of the highest step at a step.
fn pace(step: usize, steps: usize) -> f32 {
    let warm = (steps / 10).max(1);
    if step <= warm {
        return step as f32 / warm as f32;
    }
    let along = (step - warm) as f32 / (steps - warm).max(1) as f32;
    0.5 * (1.0 + libm::cosf(std::f32::consts::PI * along))
}

/// Running means of gradients and of their squares.
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Default for Moments {
    fn default() -> Self {
        let zero = || vec![0.0; ADAPTER_NUMBERS + HEAD_NUMBERS];
        Self { first: zero(), second: zero() }
    }
}

impl Moments {
    fn step(&mut self, tuned: &mut Tuned, gradient: &[f32], step: usize, pace: f32) {
        const KEEP: f32 = 0.9;
        const KEEP_SQUARES: f32 = 0.999;
        let squares = gradient.iter().fold(0.0_f64, |sum, g| sum + f64::from(g * g));
        let held_back = (PULL_MAX / (squares.sqrt() as f32).max(1e-12)).min(1.0);
        let unbias = |keep: f32| 1.0 / (1.0 - libm::powf(keep, step as f32));
        let (first_unbias, second_unbias) = (unbias(KEEP), unbias(KEEP_SQUARES));
        let (adapter, head) = (tuned.adapter.numbers_mut(), &mut tuned.head);
        let numbers = adapter.iter_mut().map(|number| (number, RATE));
        let numbers = numbers.chain(head.iter_mut().map(|number| (number, HEAD_RATE)));
        let moments = self.first.iter_mut().zip(&mut self.second).zip(gradient);
        for ((number, rate), ((first, second), gradient)) in numbers.zip(moments) {
            let gradient = gradient * held_back;
            *first = KEEP * *first + (1.0 - KEEP) * gradient;
            *second = KEEP_SQUARES * *second + (1.0 - KEEP_SQUARES) * gradient * gradient;
            let moved = *first * first_unbias / ((*second * second_unbias).sqrt() + 1e-8);
            *number -= pace * rate * (moved + DECAY * *number);
        }
    }
}
