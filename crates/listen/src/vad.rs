//! Whether somebody speaks, and how loud it is, frame by frame.

use earshot::Detector;

use crate::asr::RATE;

/// Samples in a frame: 16 ms.
pub const FRAME: usize = 256;
/// Frames in a second, rounded down.
pub(crate) const FRAMES_PER_S: usize = RATE as usize / FRAME;
/// Scores from here on are speech.
const SPEECH: f32 = 0.5;
/// What digital silence counts as.
const SILENCE_DB: f32 = -90.0;

/// One frame of sound.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Frame {
    /// Somebody speaks.
    pub speech: bool,
    /// Decibels below full scale.
    pub level_db: f32,
}

/// Tells speech from other sound.
pub trait Detect {
    /// Whether these samples, which follow those of the last call, are speech.
    fn speech(&mut self, frame: &[f32; FRAME]) -> bool;
    /// What comes next does not follow.
    fn reset(&mut self);
}

/// The detector that ships.
#[derive(Default)]
pub struct Vad {
    detector: Detector,
}

impl std::fmt::Debug for Vad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vad")
    }
}

impl Detect for Vad {
    fn speech(&mut self, frame: &[f32; FRAME]) -> bool {
        self.detector.predict_f32(frame) >= SPEECH
    }
    fn reset(&mut self) {
        self.detector.reset();
    }
}

/// The level of some samples in decibels below full scale.
pub(crate) fn level_db(samples: &[f32]) -> f32 {
    let power =
        samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32;
    (10.0 * power.max(1e-12).log10()).max(SILENCE_DB)
}
