//! What a feed looks like: rates over a window, and hints for the host.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;
use units::{Duration, MediaTime};

use crate::codec::h264;
use crate::frame::{AudioConfig, AudioFrame, VideoConfig, VideoFrame};

/// What rates are counted over.
const WINDOW: Duration = Duration::from_s(5);
/// Frames that a window remembers; with more, it is shorter.
const MAX_SAMPLES: usize = 2048;
/// Nothing is said about a track that is younger than this.
const SETTLE: Duration = Duration::from_s(3);
/// Switching sources and joining late wait for a key frame, so a longer interval is felt.
const MAX_KEY_INTERVAL: Duration = Duration::from_s(4);
/// Above this a phone on a mobile network stalls.
const MAX_VIDEO_KBPS: u32 = 12_000;
/// A step is uneven when it differs from the median by more than a quarter and these milliseconds of rounding.
const ROUNDING_MS: i64 = 3;

/// What is known about the pictures.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct VideoStats {
    /// For people, such as `H.264 High 3.1`.
    pub codec: String,
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// Pictures a second.
    pub fps: f64,
    /// Kilobits a second.
    pub bitrate_kbps: u32,
    /// Seconds between the last two key frames, or since the last one when that is longer.
    pub key_interval_s: Option<f64>,
    /// Pictures are shown in another order than decoded. Fine: they are kept as they are.
    pub b_frames: bool,
}

/// What is known about the sound.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct AudioStats {
    /// For people: `AAC-LC`.
    pub codec: String,
    /// Samples a second.
    pub sample_rate: u32,
    /// One or two.
    pub channels: u8,
    /// Kilobits a second.
    pub bitrate_kbps: u32,
}

/// A hint's stable name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HintCode {
    /// More than four seconds between key frames.
    KeyInterval,
    /// Pictures come at uneven steps.
    VariableFrameRate,
    /// Pictures only, so far.
    NoAudio,
    /// Sound only, so far.
    NoVideo,
    /// More bits than phones can be expected to follow.
    HighBitrate,
    /// The sound's stamps jumped lately.
    SoundGaps,
    /// Some frames could not be read.
    Damaged,
}

/// Something that the host could do better.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Hint {
    /// What it is.
    pub code: HintCode,
    /// A sentence in English.
    pub message: String,
}

/// A feed's figures. A track is absent until its configuration is known.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct FeedStats {
    /// The pictures.
    pub video: Option<VideoStats>,
    /// The sound.
    pub audio: Option<AudioStats>,
    /// What the host could do better.
    pub hints: Vec<Hint>,
}

#[derive(Default)]
struct Window {
    samples: VecDeque<(MediaTime, u32)>,
    bytes: u64,
    first: Option<MediaTime>,
}

impl Window {
    fn push(&mut self, time: MediaTime, bytes: usize) {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.first.get_or_insert(time);
        self.samples.push_back((time, bytes));
        self.bytes += u64::from(bytes);
        while let Some(&(oldest, size)) = self.samples.front() {
            if time - oldest <= WINDOW && self.samples.len() <= MAX_SAMPLES {
                break;
            }
            self.samples.pop_front();
            self.bytes -= u64::from(size);
        }
    }

    fn span(&self) -> Option<Duration> {
        let (first, last) = (self.samples.front()?.0, self.samples.back()?.0);
        (last > first).then(|| last - first)
    }

    /// The newest sample has no length yet, so neither its bytes nor itself count.
    fn kbps(&self) -> u32 {
        let (Some(span), Some(last)) = (self.span(), self.samples.back()) else { return 0 };
        let bytes = self.bytes - u64::from(last.1);
        (bytes as f64 * 8.0 / 1000.0 / span.secs_f64()).round() as u32
    }

    fn per_s(&self) -> f64 {
        let Some(span) = self.span() else { return 0.0 };
        let rate = (self.samples.len() - 1) as f64 / span.secs_f64();
        (rate * 100.0).round() / 100.0
    }

    fn age(&self) -> Duration {
        match (self.first, self.samples.back()) {
            (Some(first), Some(last)) => last.0 - first,
            _ => Duration::ZERO,
        }
    }

    fn is_uneven(&self) -> bool {
        let times = self.samples.iter().map(|sample| sample.0.ms());
        let mut steps: Vec<i64> = times.clone().zip(times.skip(1)).map(|(a, b)| b - a).collect();
        if steps.len() < 20 {
            return false;
        }
        steps.sort_unstable();
        let median = steps[steps.len() / 2];
        let uneven =
            steps.iter().filter(|step| (*step - median).abs() > median / 4 + ROUNDING_MS).count();
        uneven * 10 > steps.len()
    }
}

#[derive(Default)]
pub(super) struct Meter {
    video: Window,
    audio: Window,
    last_key: Option<MediaTime>,
    key_interval: Option<Duration>,
    offset: Option<Duration>,
    b_frames: bool,
    last_sound_gap: Option<MediaTime>,
    damaged: u64,
}

impl Meter {
    pub(super) fn video(&mut self, frame: &VideoFrame, bytes: usize) {
        self.video.push(frame.time, bytes);
        self.b_frames |= *self.offset.get_or_insert(frame.cts) != frame.cts;
        if frame.key {
            self.key_interval = self.last_key.map(|last| frame.time - last);
            self.last_key = Some(frame.time);
        }
    }

    pub(super) fn audio(&mut self, frame: &AudioFrame, bytes: usize) {
        self.audio.push(frame.time, bytes);
    }

    pub(super) fn sound_gap(&mut self, at: MediaTime) {
        self.last_sound_gap = Some(at);
    }

    pub(super) fn damaged(&mut self) {
        self.damaged += 1;
    }

    fn key_interval(&self) -> Option<Duration> {
        let running = self.last_key.zip(self.video.samples.back()).map(|(key, last)| last.0 - key);
        match self.key_interval {
            Some(interval) => Some(running.map_or(interval, |running| running.max(interval))),
            None => running.filter(|running| *running > MAX_KEY_INTERVAL),
        }
    }

    pub(super) fn stats(
        &self,
        video: Option<&Arc<VideoConfig>>,
        audio: Option<&Arc<AudioConfig>>,
    ) -> FeedStats {
        let video = video.map(|config| VideoStats {
            codec: h264::title(config),
            width: config.width,
            height: config.height,
            fps: self.video.per_s(),
            bitrate_kbps: self.video.kbps(),
            key_interval_s: self
                .key_interval()
                .map(|span| (span.secs_f64() * 1000.0).round() / 1000.0),
            b_frames: self.b_frames,
        });
        let audio = audio.map(|config| AudioStats {
            codec: "AAC-LC".into(),
            sample_rate: config.sample_rate,
            channels: config.channels,
            bitrate_kbps: self.audio.kbps(),
        });
        FeedStats { hints: self.hints(), video, audio }
    }

    fn hints(&self) -> Vec<Hint> {
        let mut hints = Vec::new();
        let mut hint = |code, message: String| hints.push(Hint { code, message });
        if let Some(span) = self.key_interval().filter(|span| *span > MAX_KEY_INTERVAL) {
            let s = span.secs_f64();
            hint(
                HintCode::KeyInterval,
                format!(
                    "key frames come every {s:.1} s. Choose a keyframe interval of 2 s in the encoder's settings"
                ),
            );
        }
        if self.video.is_uneven() {
            hint(
                HintCode::VariableFrameRate,
                "the frame rate varies. Choose a fixed frame rate, and check whether the encoder is overloaded".into(),
            );
        }
        if self.video.age() >= SETTLE && self.audio.samples.is_empty() {
            hint(
                HintCode::NoAudio,
                "no sound has arrived yet: the pictures air in silence. Check the audio track of the output".into(),
            );
        }
        if self.audio.age() >= SETTLE && self.video.samples.is_empty() {
            hint(
                HintCode::NoVideo,
                "only sound arrives: it airs over the slate. Check the video track of the output"
                    .into(),
            );
        }
        let kbps = self.video.kbps();
        if self.video.age() >= SETTLE && kbps > MAX_VIDEO_KBPS {
            hint(
                HintCode::HighBitrate,
                format!("{kbps} kbit/s is more than many phones can follow. 2500 to 6000 is usual"),
            );
        }
        let newest = self.audio.samples.back().map(|sample| sample.0);
        if let Some((newest, gap)) =
            newest.zip(self.last_sound_gap).filter(|(newest, gap)| *newest - *gap < WINDOW)
        {
            let ago = (newest - gap).secs_f64().max(0.0);
            hint(
                HintCode::SoundGaps,
                format!(
                    "the sound had a gap {ago:.0} s ago. Check the network and the audio device"
                ),
            );
        }
        if self.damaged > 0 {
            hint(
                HintCode::Damaged,
                format!("{} frames could not be read and were left out", self.damaged),
            );
        }
        hints
    }
}
