//! The sound of the last seconds: samples, frames, and where it is quiet.

use units::{Duration, MediaTime};

use crate::asr::RATE;
use crate::ear::sentence::Pause;
use crate::vad::{Detect, FRAME, FRAMES_PER_S, Frame, level_db};

/// Seconds of sound that are kept; older sound is forgotten.
const KEEP: usize = 30;
const KEEP_SAMPLES: usize = KEEP * FRAMES_PER_S * FRAME;
/// A quiet place is at least this many frames long: 80 ms.
pub(super) const QUIET_FRAMES: usize = 5;

/// Samples of one uninterrupted stretch, counted from its beginning.
pub(super) struct Sound {
    origin: MediaTime,
    /// Position of the first sample that is kept; a whole number of frames.
    base: usize,
    samples: Vec<f32>,
    frames: Vec<Frame>,
    detector: Box<dyn Detect + Send>,
}

impl Sound {
    pub(super) fn new(detector: Box<dyn Detect + Send>) -> Self {
        Self { origin: MediaTime::ZERO, base: 0, samples: Vec::new(), frames: Vec::new(), detector }
    }

    pub(super) fn begin(&mut self, at: MediaTime) {
        self.origin = at;
        self.base = 0;
        self.samples.clear();
        self.frames.clear();
        self.detector.reset();
    }

    /// Takes samples, which become frames as they fill up.
    pub(super) fn push(&mut self, pcm: impl Iterator<Item = f32>) {
        self.samples.extend(
            pcm.map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }),
        );
        let framed = self.frames.len() * FRAME;
        let fresh = self.samples.get(framed..).unwrap_or_default();
        for chunk in fresh.as_chunks::<FRAME>().0 {
            let speech = self.detector.speech(chunk);
            self.frames.push(Frame { speech, level_db: level_db(chunk) });
        }
        if self.samples.len() > KEEP_SAMPLES + KEEP_SAMPLES / 8 {
            let frames = (self.samples.len() - KEEP_SAMPLES) / FRAME;
            self.samples.drain(..frames * FRAME);
            self.frames.drain(..frames);
            self.base += frames * FRAME;
        }
    }

    /// Position behind the newest sample.
    pub(super) fn end(&self) -> usize {
        self.base + self.samples.len()
    }
    /// Position behind the newest whole frame.
    pub(super) fn framed(&self) -> usize {
        self.base + self.frames.len() * FRAME
    }
    pub(super) fn base(&self) -> usize {
        self.base
    }
    pub(super) fn time(&self, position: usize) -> MediaTime {
        self.origin + Duration::from_ticks(position as i64, RATE)
    }
    pub(super) fn frame(&self, position: usize) -> Option<Frame> {
        self.frames.get(position.checked_sub(self.base)? / FRAME).copied()
    }
    pub(super) fn cut(&self, from: usize, to: usize) -> Vec<f32> {
        let (from, to) =
            (from.max(self.base) - self.base, to.min(self.end()).saturating_sub(self.base));
        self.samples.get(from..to).unwrap_or_default().to_vec()
    }

    fn range(&self, from: usize, to: usize) -> &[Frame] {
        let first = from.saturating_sub(self.base) / FRAME;
        let last = (to.saturating_sub(self.base) / FRAME).min(self.frames.len());
        self.frames.get(first..last).unwrap_or_default()
    }

    /// Where somebody first speaks between two positions.
    pub(super) fn onset(&self, from: usize, to: usize) -> Option<usize> {
        let n = self.range(from, to).iter().position(|frame| frame.speech)?;
        Some(from.max(self.base) / FRAME * FRAME + n * FRAME)
    }

    pub(super) fn speech_frames(&self, from: usize, to: usize) -> usize {
        self.range(from, to).iter().filter(|frame| frame.speech).count()
    }

    /// Whether nobody speaks for at least `frames` in a row between two positions, and if so, whether more is spoken
    /// before that pause than after it.
    pub(super) fn pause(&self, from: usize, to: usize, frames: usize) -> Option<Pause> {
        let (mut run, mut before, mut found, mut after) = (0, 0, false, 0);
        for frame in self.range(from, to) {
            run = if frame.speech { 0 } else { run + 1 };
            found |= run == frames;
            if frame.speech {
                *(if found { &mut after } else { &mut before }) += 1;
            }
        }
        found.then_some(if before >= after { Pause::Behind } else { Pause::Before })
    }

    /// The level below which a frame is quiet: near the noise floor, and far below speech.
    pub(super) fn quiet_db(&self) -> f32 {
        let mut levels: Vec<f32> = self.frames.iter().map(|frame| frame.level_db).collect();
        if levels.is_empty() {
            return f32::NEG_INFINITY;
        }
        levels.sort_by(f32::total_cmp);
        let at = |share: usize| {
            levels.get((levels.len() - 1) * share / 100).copied().unwrap_or_default()
        };
        (at(10) + 6.0).max(at(90) - 35.0)
    }

    /// The quietest place for a cut between two positions.
    pub(super) fn quietest(&self, from: usize, to: usize) -> usize {
        let frames = self.range(from, to);
        let around = |n: usize| -> f32 {
            let near =
                frames.get(n.saturating_sub(1)..(n + 2).min(frames.len())).unwrap_or_default();
            near.iter().map(|frame| frame.level_db).sum::<f32>() / near.len().max(1) as f32
        };
        let best = (0..frames.len()).min_by(|a, b| around(*a).total_cmp(&around(*b)));
        let first = from.max(self.base) / FRAME * FRAME;
        best.map_or(to, |n| first + n * FRAME + FRAME / 2)
    }

    /// Moves a position outward to a quiet place, at most `most` samples; where there is none it stays.
    pub(super) fn outward(&self, position: usize, most: usize, back: bool, quiet_db: f32) -> usize {
        let mut run = 0;
        for step in 0..=most / FRAME {
            let shift = step * FRAME;
            let place = if back { position.checked_sub(shift) } else { Some(position + shift) };
            let Some(frame) = place.and_then(|place| self.frame(place)) else {
                // Before the beginning and behind the end there is nothing to be heard.
                return place.unwrap_or(0).clamp(self.base, self.end().max(position));
            };
            run = if frame.level_db < quiet_db { run + 1 } else { 0 };
            if run == QUIET_FRAMES {
                return if back { position - shift } else { position + shift };
            }
        }
        position
    }
}
