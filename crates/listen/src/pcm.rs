//! Compressed sound becomes what is heard: mono at 16 kHz, with media times.
//!
//! AAC-LC (ISO/IEC 14496-3) only. HE-AAC is refused by name: its core alone would be heard at half the band.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration as Ticks, Timestamp as Place};
use symphonia::default::codecs::AacDecoder;
use units::{Duration, MediaTime};

use crate::ListenError;
use crate::asr::RATE;

/// Samples of an AAC access unit.
const UNIT: usize = 1024;
/// A source whose units are further from where the last one ended begins anew.
const JUMP: Duration = Duration::from_ms(20);
/// The slowest and the fastest rate that is resampled.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// A stretch of what is heard.
#[derive(Clone, PartialEq, Debug)]
pub struct Stretch {
    /// When the first sample sounds.
    pub at: MediaTime,
    /// Mono samples at [`RATE`], −1 to 1.
    pub pcm: Vec<f32>,
}

/// Mono samples of one rate become samples of [`RATE`].
pub struct Resampled {
    rate: u32,
    inner: Option<Fft<f32>>,
    waiting: Vec<f32>,
    out: Vec<f32>,
    /// When the sample that next leaves the resampler sounds, and where the next one to come in belongs.
    clock: Option<Clock>,
}

#[derive(Clone, Copy)]
struct Clock {
    begin: MediaTime,
    came: u64,
    left: i64,
}

impl std::fmt::Debug for Resampled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampled").field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl Resampled {
    /// For sound at `rate` samples a second.
    ///
    /// # Errors
    /// [`ListenError::Sound`] on a rate that no sound has.
    pub fn new(rate: u32) -> Result<Self, ListenError> {
        let refused = |why: String| ListenError::Sound { why };
        if !RATES.contains(&rate) {
            return Err(refused(format!("{rate} samples a second are not supported")));
        }
        let inner = if rate == RATE {
            None
        } else {
            let made = Fft::new(rate as usize, RATE as usize, UNIT, 1, FixedSync::Both);
            Some(made.map_err(|error| refused(error.to_string()))?)
        };
        let most = inner.as_ref().map_or(0, rubato::Resampler::output_frames_max);
        Ok(Self { rate, inner, waiting: Vec::new(), out: vec![0.0; most], clock: None })
    }

    /// Takes samples whose first sounds at `at`. Some wait inside for the next call.
    pub fn push(&mut self, at: MediaTime, samples: &[f32]) -> Stretch {
        let expected = self
            .clock
            .map(|clock| clock.begin + Duration::from_ticks(clock.came as i64, self.rate));
        if expected.is_none_or(|expected| (at - expected).abs() > JUMP) {
            self.waiting.clear();
            if let Some(inner) = &mut self.inner {
                inner.reset();
            }
            let delay = self.inner.as_ref().map_or(0, rubato::Resampler::output_delay) as i64;
            self.clock = Some(Clock { begin: at, came: 0, left: -delay });
        }
        let Some(clock) = &mut self.clock else { return Stretch { at, pcm: Vec::new() } };
        clock.came += samples.len() as u64;
        let from = clock.begin + Duration::from_ticks(clock.left, RATE);
        let mut pcm = Vec::new();
        match &mut self.inner {
            None => pcm.extend_from_slice(samples),
            Some(inner) => {
                self.waiting.extend_from_slice(samples);
                let n = inner.input_frames_next().max(1);
                let whole = self.waiting.len() / n * n;
                for chunk in self.waiting.get(..whole).unwrap_or_default().chunks_exact(n) {
                    let room = self.out.len();
                    let done = InterleavedSlice::new(chunk, 1, n)
                        .ok()
                        .zip(InterleavedSlice::new_mut(&mut self.out, 1, room).ok())
                        .and_then(|(from, mut to)| {
                            inner.process_into_buffer(&from, &mut to, None).ok()
                        });
                    // It refuses buffers of wrong sizes only; silence then keeps the clock right.
                    let made =
                        done.map_or(n * RATE as usize / self.rate as usize, |(_, made)| made);
                    if done.is_none() {
                        self.out.fill(0.0);
                    }
                    pcm.extend(self.out.iter().take(made));
                }
                self.waiting.drain(..whole);
            }
        }
        clock.left += pcm.len() as i64;
        Stretch { at: from, pcm }
    }
}

/// AAC access units become what is heard. One source; a change of its configuration is followed.
#[derive(Default)]
pub struct Pcm {
    asc: Vec<u8>,
    decoder: Option<(AacDecoder, Resampled, u32)>,
    broken: u64,
}

impl std::fmt::Debug for Pcm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pcm").field("broken", &self.broken).finish_non_exhaustive()
    }
}

impl Pcm {
    /// Nothing heard yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Units that could not be decoded; each was heard as silence.
    #[must_use]
    pub fn broken(&self) -> u64 {
        self.broken
    }

    /// Takes one access unit that sounds at `at`, and the AudioSpecificConfig that it needs.
    ///
    /// # Errors
    /// [`ListenError::Sound`] when the configuration is not one that can be heard; says why in words for the host.
    pub fn push(&mut self, asc: &[u8], at: MediaTime, unit: &[u8]) -> Result<Stretch, ListenError> {
        if self.decoder.is_none() || self.asc != asc {
            self.decoder = None;
            self.decoder = Some(open(asc)?);
            self.asc = asc.to_vec();
        }
        let Some((decoder, resampled, _)) = &mut self.decoder else {
            return Ok(Stretch { at, pcm: Vec::new() });
        };
        let mut interleaved: Vec<f32> = Vec::new();
        let packet = PacketRef::new(0, Place::new(0), Ticks::new(UNIT as u64), unit);
        let mut channels = 1;
        match decoder.decode_ref(&packet) {
            Ok(sound) => {
                channels = sound.spec().channels().count().max(1);
                sound.copy_to_vec_interleaved(&mut interleaved);
            }
            Err(_) => self.broken += 1,
        }
        let mut mono: Vec<f32> = interleaved
            .chunks_exact(channels)
            .map(|all| all.iter().sum::<f32>() / channels as f32)
            .map(|sample| if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 })
            .collect();
        mono.resize(UNIT, 0.0);
        Ok(resampled.push(at, &mono))
    }
}

fn open(asc: &[u8]) -> Result<(AacDecoder, Resampled, u32), ListenError> {
    let refused = |why: &str| ListenError::Sound { why: why.to_owned() };
    match asc.first().map(|byte| byte >> 3) {
        Some(2) => {}
        Some(5 | 29) => return Err(refused("it is HE-AAC; set the encoder to AAC-LC")),
        _ => return Err(refused("it is not AAC-LC")),
    }
    let mut params = AudioCodecParameters::new();
    params.for_codec(CODEC_ID_AAC).with_extra_data(asc.into());
    let decoder = AacDecoder::try_new(&params, &AudioDecoderOptions::default())
        .map_err(|error| refused(&error.to_string()))?;
    let rate =
        decoder.codec_params().sample_rate.ok_or_else(|| refused("it has no sample rate"))?;
    Ok((decoder, Resampled::new(rate)?, rate))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tone(rate: u32, hz: f64, n: usize) -> Vec<f32> {
        (0..n)
            .map(|i| (std::f64::consts::TAU * hz * i as f64 / f64::from(rate)).sin() as f32 * 0.5)
            .collect()
    }

    #[test]
    fn resampling_keeps_pitch_and_place() {
        for rate in [8_000, 16_000, 22_050, 44_100, 48_000] {
            let mut resampled = Resampled::new(rate).expect("a rate");
            // A click after exactly one second, in pieces of odd sizes.
            let mut sound = vec![0.0f32; rate as usize * 2];
            sound[rate as usize] = 1.0;
            let (mut heard, mut at, begin) = (Vec::new(), 0usize, MediaTime::from_ms(5_000));
            let mut first = None;
            for piece in sound.chunks(777) {
                let stretch = resampled.push(begin + Duration::from_ticks(at as i64, rate), piece);
                at += piece.len();
                if first.is_none() && !stretch.pcm.is_empty() {
                    first = Some(stretch.at);
                }
                heard.extend(stretch.pcm);
            }
            let loudest =
                (0..heard.len()).max_by(|a, b| heard[*a].total_cmp(&heard[*b])).expect("sound");
            let place = first.expect("sound") + Duration::from_ticks(loudest as i64, RATE);
            assert!(
                (place - MediaTime::from_ms(6_000)).abs() < Duration::from_ms(1),
                "{rate}: {place:?}"
            );
        }
        let mut resampled = Resampled::new(48_000).expect("a rate");
        let heard = resampled.push(MediaTime::ZERO, &tone(48_000, 440.0, 48_000)).pcm;
        let crossings =
            heard[800..].windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((410..=420).contains(&crossings), "{crossings}");
        assert!(Resampled::new(0).is_err());
    }

    #[test]
    fn a_jump_in_time_begins_anew() {
        let mut resampled = Resampled::new(48_000).expect("a rate");
        resampled.push(MediaTime::ZERO, &[0.1; 4800]);
        let after = resampled.push(MediaTime::from_ms(60_000), &[0.1; 4800]);
        assert!((after.at - MediaTime::from_ms(60_000)).abs() < Duration::from_ms(20));
    }

    #[test]
    fn what_cannot_be_heard_is_said_in_words() {
        let check = |asc: &[u8], words: &str| {
            let error = Pcm::new().push(asc, MediaTime::ZERO, &[]).expect_err("refused");
            assert!(error.to_string().contains(words), "{error}");
        };
        check(&[], "not AAC-LC");
        check(&[0x2b, 0x11, 0x88, 0], "HE-AAC");
        check(&[0x12, 0x00], "program config");
    }

    proptest! {
        #[test]
        fn any_bytes_are_heard_or_refused(asc in prop::collection::vec(any::<u8>(), 0..8), units in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8)) {
            let mut pcm = Pcm::new();
            for asc in [&asc[..], &[0x12, 0x10], &[0x11, 0x88]] {
                for (n, unit) in units.iter().enumerate() {
                    let at = MediaTime::from_start(Duration::from_ticks(1024 * n as i64, 44_100));
                    if let Ok(stretch) = pcm.push(asc, at, unit) {
                        prop_assert!(stretch.pcm.iter().all(|sample| sample.abs() <= 2.0));
                    }
                }
            }
        }
    }
}
