//! Whisper through whisper.cpp: one engine, one thread, one stretch at a time.
//!
//! The parameters were measured together. Below 512 frames of audio context Mandarin falls apart, so shorter stretches
//! are not cheaper; more than ten seconds do not fit, and the engine would end the process. Token times come from
//! dynamic time warping over the cross attention; they say when a token ends.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use units::Duration;
use whisper_rs::{
    DtwMode, DtwModelPreset, DtwParameters, FullParams, SamplingStrategy, WhisperContext,
    WhisperContextParameters, WhisperState,
};

use crate::asr::{RATE, Recognised, Recogniser, SAMPLES_MAX, Token};
use crate::text::normal::simplified;
use crate::{Language, ListenError};

/// Frames of the encoder, 20 ms each.
const AUDIO_CONTEXT: i32 = 512;
/// Tokens in one stretch; what goes on longer repeats itself.
const TOKENS_MAX: i32 = 60;
/// Shorter sound is padded with silence to this: the engine hears nothing in less.
const SAMPLES_MIN: usize = RATE as usize * 11 / 10;
/// Unit of the engine's times.
const CENTISECOND_MS: i64 = 10;
const MAGIC: u32 = 0x6767_6d6c;

/// How the engine runs.
#[derive(Clone, Debug)]
pub struct WhisperOptions {
    /// Threads of one recognition.
    pub threads: u8,
    /// Give token times, at 15 % more time. Without them sentences are not split.
    pub times: bool,
}

impl Default for WhisperOptions {
    fn default() -> Self {
        Self { threads: 1, times: true }
    }
}

/// A loaded model with the memory for one recognition at a time.
pub struct Whisper {
    state: WhisperState,
    end_of_text: i32,
    /// By language, made once: the engine's wrapper does not give back what they hold.
    params: Vec<(Language, FullParams<'static, 'static>)>,
    stop: Arc<AtomicBool>,
}

impl std::fmt::Debug for Whisper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whisper").finish_non_exhaustive()
    }
}

impl Whisper {
    /// Loads a ggml file of any Whisper model.
    ///
    /// # Errors
    /// [`ListenError::Malformed`] when it is not such a file, [`ListenError::Engine`] when the processor or the engine
    /// cannot do it.
    pub fn load(file: &Path, options: &WhisperOptions) -> Result<Self, ListenError> {
        static QUIET: Once = Once::new();
        // The engine prints to stderr otherwise.
        QUIET.call_once(whisper_rs::install_logging_hooks);
        fit_processor()?;
        let header = Header::read(file)?;
        let mut parameters = WhisperContextParameters::default();
        if options.times {
            let mode = header.alignment();
            parameters.dtw_parameters(DtwParameters { mode, ..DtwParameters::default() });
        }
        let refused =
            |error| ListenError::Engine { what: format!("could not load the model: {error}") };
        let context = WhisperContext::new_with_params(file, parameters).map_err(refused)?;
        let state = context.create_state().map_err(refused)?;
        let stop = Arc::new(AtomicBool::new(false));
        let params = Language::ALL
            .map(|language| (language, params(language, i32::from(options.threads.max(1)), &stop)));
        Ok(Self { state, end_of_text: context.token_eot(), params: params.into(), stop })
    }

    /// While it is set, recognitions end early with an error. It is how a watchdog ends one that takes too long.
    #[must_use]
    pub fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }
}

impl Recogniser for Whisper {
    fn recognise(
        &mut self,
        samples: &[f32],
        language: Language,
    ) -> Result<Recognised, ListenError> {
        if samples.len() > SAMPLES_MAX {
            return Err(ListenError::Engine { what: "takes ten seconds at most".into() });
        }
        let padded: Vec<f32>;
        let samples = if samples.len() < SAMPLES_MIN {
            padded =
                samples.iter().copied().chain(std::iter::repeat(0.0)).take(SAMPLES_MIN).collect();
            &padded
        } else {
            samples
        };
        let (_, params) = self
            .params
            .iter()
            .find(|(known, _)| *known == language)
            .ok_or_else(|| ListenError::Engine { what: "does not know the language".into() })?;
        self.state
            .full(params.clone(), samples)
            .map_err(|error| ListenError::Engine { what: format!("failed: {error}") })?;
        Ok(self.words(language))
    }
}

impl Whisper {
    /// Tokens end in the middle of characters: those that do are one with what follows. The model writes Mandarin in both
    /// scripts; people here read the simplified one.
    fn words(&self, language: Language) -> Recognised {
        let (mut tokens, mut bytes, mut logprob) = (Vec::new(), Vec::new(), 0.0f32);
        for segment in self.state.as_iter() {
            for token in (0..segment.n_tokens()).filter_map(|n| segment.get_token(n)) {
                let data = token.token_data();
                if data.id >= self.end_of_text {
                    continue;
                }
                bytes.extend_from_slice(token.to_bytes().unwrap_or_default());
                logprob = logprob.min(data.plog);
                let Ok(text) = std::str::from_utf8(&bytes) else {
                    if bytes.len() > 4 {
                        bytes.clear();
                    }
                    continue;
                };
                let ends =
                    (data.t_dtw >= 0).then(|| Duration::from_ms(data.t_dtw * CENTISECOND_MS));
                let text = match language {
                    Language::Zh => text.chars().map(simplified).collect(),
                    _ => text.to_owned(),
                };
                if !text.is_empty() {
                    tokens.push(Token { text, ends, logprob });
                }
                bytes.clear();
                logprob = 0.0;
            }
        }
        Recognised { tokens }
    }
}

fn params(
    language: Language,
    threads: i32,
    stop: &Arc<AtomicBool>,
) -> FullParams<'static, 'static> {
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    params.set_n_threads(threads);
    params.set_language(Some(language.code()));
    params.set_audio_ctx(AUDIO_CONTEXT);
    params.set_no_context(true);
    params.set_single_segment(true);
    params.set_no_timestamps(true);
    params.set_temperature(0.0);
    params.set_temperature_inc(0.0);
    params.set_suppress_nst(true);
    params.set_max_tokens(TOKENS_MAX);
    params.set_print_special(false);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    let stop = Arc::clone(stop);
    // The wrapper calls back through the type that it was given, so it is given the very type that it stores.
    let asked: Box<dyn FnMut() -> bool> = Box::new(move || stop.load(Ordering::Relaxed));
    params.set_abort_callback_safe(asked);
    params
}

/// The engine is built for processors with AVX2; on another one it would end the process.
fn fit_processor() -> Result<(), ListenError> {
    #[cfg(target_arch = "x86_64")]
    {
        let lacks = [
            ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
            ("FMA", std::arch::is_x86_feature_detected!("fma")),
            ("F16C", std::arch::is_x86_feature_detected!("f16c")),
            ("BMI2", std::arch::is_x86_feature_detected!("bmi2")),
        ];
        if let Some((name, _)) = lacks.iter().find(|(_, has)| !has) {
            return Err(ListenError::Engine { what: format!("needs a processor with {name}") });
        }
    }
    Ok(())
}

/// What a ggml file says about its model.
#[derive(Clone, Copy, Debug)]
struct Header {
    tokens: u32,
    encoders: u32,
    decoders: u32,
}

impl Header {
    fn read(path: &Path) -> Result<Self, ListenError> {
        let mut file = File::open(path).map_err(ListenError::io("open", path))?;
        let mut bytes = [0u8; 48];
        file.read_exact(&mut bytes).map_err(ListenError::io("read", path))?;
        let mut words = [0u32; 12];
        for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = bytes.try_into().map_or(0, u32::from_le_bytes);
        }
        let [magic, tokens, audio, width, heads, encoders, text, _, _, decoders, mels, _] = words;
        let malformed = |why| ListenError::Malformed { what: "the speech model", why };
        if magic != MAGIC {
            return Err(malformed("it is not a ggml file of Whisper"));
        }
        // The engine trusts these numbers.
        let fits = (51_864..=51_866).contains(&tokens)
            && audio == 1500
            && text == 448
            && (64..=1280).contains(&width)
            && width == 64 * heads
            && matches!(encoders, 4 | 6 | 12 | 24 | 32)
            && (1..=32).contains(&decoders)
            && matches!(mels, 80 | 128);
        if !fits {
            return Err(malformed("its size is not one that Whisper has"));
        }
        if tokens == 51_864 {
            return Err(malformed("it knows English only; a multilingual model is needed"));
        }
        Ok(Self { tokens, encoders, decoders })
    }

    /// The attention heads that follow the sound.
    fn alignment(self) -> DtwMode<'static> {
        let model_preset = match (self.encoders, self.decoders) {
            (4, 4) => DtwModelPreset::Tiny,
            (6, 6) => DtwModelPreset::Base,
            (12, 12) => DtwModelPreset::Small,
            (24, 24) => DtwModelPreset::Medium,
            (32, 32) if self.tokens == 51_866 => DtwModelPreset::LargeV3,
            (32, 32) => DtwModelPreset::LargeV2,
            (32, 4) => DtwModelPreset::LargeV3Turbo,
            (_, decoders) => return DtwMode::TopMost { n_top: decoders.div_ceil(2) as i32 },
        };
        DtwMode::ModelPreset { model_preset }
    }
}
