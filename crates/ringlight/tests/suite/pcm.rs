//! What is heard: loudness in small windows.

use std::ops::Range;

pub(crate) const RATE: usize = 48_000;
const WINDOW_MS: i64 = 20;
/// Below this a window is silent: −90 dBFS, well under what a decoder leaves of encoded silence.
pub(crate) const SILENT: f32 = 3e-5;
/// Above this a window has the test tone, which has an RMS of 0.088.
pub(crate) const LOUD: f32 = 0.03;

/// RMS per window of 20 ms with the time at which it begins, in milliseconds.
pub(crate) fn loudness(samples: &[f32]) -> Vec<(i64, f32)> {
    let window = RATE * WINDOW_MS as usize / 1000;
    let rms = |part: &[f32]| (part.iter().map(|s| s * s).sum::<f32>() / part.len() as f32).sqrt();
    samples.chunks_exact(window).zip(0..).map(|(part, n)| (n * WINDOW_MS, rms(part))).collect()
}

/// Every window that lies in `span` is silent.
#[track_caller]
pub(crate) fn assert_silent(windows: &[(i64, f32)], span: Range<i64>) {
    let inside = windows.iter().filter(|(at, _)| *at >= span.start && at + WINDOW_MS <= span.end);
    let loud: Vec<_> = inside.clone().filter(|(_, rms)| *rms > SILENT).collect();
    assert!(inside.count() > 0, "{span:?} is not in the recording");
    assert!(loud.is_empty(), "sound in {span:?}: {loud:?}");
}

/// Every window that lies in `span` has the tone.
#[track_caller]
pub(crate) fn assert_loud(windows: &[(i64, f32)], span: Range<i64>) {
    let inside = windows.iter().filter(|(at, _)| *at >= span.start && at + WINDOW_MS <= span.end);
    let silent: Vec<_> = inside.clone().filter(|(_, rms)| *rms < LOUD).collect();
    assert!(inside.count() > 0, "{span:?} is not in the recording");
    assert!(silent.is_empty(), "no sound in {span:?}: {silent:?}");
}

/// How strong one frequency is among samples, by Goertzel's method: near 1 when there is nothing else.
pub(crate) fn share_of(samples: &[f32], hz: f32) -> f32 {
    let turn = 2.0 * (2.0 * std::f32::consts::PI * hz / RATE as f32).cos();
    let (mut a, mut b) = (0.0_f32, 0.0_f32);
    for sample in samples {
        (a, b) = (sample + turn * a - b, a);
    }
    let power = a * a + b * b - turn * a * b;
    let energy: f32 = samples.iter().map(|s| s * s).sum();
    2.0 * power / (samples.len() as f32 * energy.max(f32::MIN_POSITIVE))
}

/// Whether the tenth of a second from there is this tone.
pub(crate) fn tone_at(samples: &[f32], at_ms: i64, hz: f32) -> bool {
    let from = (at_ms.max(0) as usize) * RATE / 1000;
    let to = (from + RATE / 10).min(samples.len());
    from < to && share_of(&samples[from..to], hz) > 0.8
}
