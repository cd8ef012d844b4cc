//! The real detector of one show: decoder, ear, recogniser and judge.

use std::collections::VecDeque;
use std::path::PathBuf;

use listen::asr::{Recogniser, Whisper, WhisperOptions};
use listen::ear::{Ear, EarOptions, Mode};
use listen::judge::{Context, Hit, Judge};
use listen::models::{WHISPER_BASE, folder};
use listen::pcm::{Pcm, Stretch};
use listen::{Language, ListenError};
use media::frame::AudioFrame;
use show::sentinel::Hearing as State;

use super::tell::{Hearer, Judged};
use crate::config::{self, ListenMode};
use crate::watch::Senses;

/// Judgements remembered: the same words come again with the next window.
const JUDGED_MAX: usize = 64;

/// What a model alone says of a sentence that is not finished counts from here on: half a sentence is easily misread, and
/// the whole one comes within seconds.
pub(crate) const UNFINISHED_MIN: f32 = 0.85;

/// A sentence, the message that it answers, and what was said before it.
type Asked = (String, Option<String>, Vec<String>);

/// What a sentence breaks, or nearly.
#[derive(Clone, Default)]
struct Found {
    hits: Vec<Hit>,
    unsure: Option<Hit>,
}

/// One show's detector.
pub(super) struct Detector {
    language: Language,
    recogniser: Whisper,
    judge: Judge,
    ear: Ear,
    pcm: Pcm,
    judged: VecDeque<(Asked, Found)>,
    /// Sound that is decoded and not yet told.
    decoded: Vec<Stretch>,
    versions: Vec<String>,
}

impl Detector {
    /// Loads weights and packs; blocks for a second or two.
    pub(super) fn open(
        settings: &config::Listen,
        language: Language,
        packs: &[String],
    ) -> Result<Self, String> {
        let models = models(settings).ok_or("no folder for weights: set listen.models")?;
        let whisper = settings.whisper.clone().unwrap_or_else(|| models.join(WHISPER_BASE.file));
        let recogniser = Whisper::load(&whisper, &WhisperOptions::default()).map_err(said)?;
        let packs: Vec<String> = packs.iter().map(|pack| place(settings, pack)).collect();
        let packs: Vec<&str> = packs.iter().map(String::as_str).collect();
        let judge = Judge::load(Some(&models), &packs).map_err(|error| {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            format!("{error}: {}", source.unwrap_or_default())
        })?;
        let mode = match settings.mode {
            ListenMode::Rolling => Mode::Rolling,
            ListenMode::Segments => Mode::Segments,
        };
        let name = whisper.file_stem().unwrap_or_default().to_string_lossy();
        let versions = [name.into_owned()].into_iter().chain(judge.versions().to_vec());
        for limit in judge.limits() {
            tracing::warn!(%limit, "what is said is judged less well");
        }
        Ok(Self {
            language,
            recogniser,
            versions: versions.collect(),
            judge,
            ear: Ear::new(EarOptions { mode, language }),
            pcm: Pcm::new(),
            judged: VecDeque::new(),
            decoded: Vec::new(),
        })
    }

    fn judge(&mut self, text: &str, message: Option<&str>, before: &[String]) -> Found {
        let asked = (text.to_owned(), message.map(str::to_owned), before.to_vec());
        if let Some((_, found)) = self.judged.iter().find(|(known, _)| *known == asked) {
            return found.clone();
        }
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let context = Context { message, before: &before };
        let scores = self.judge.host_scores(self.language, text, &context);
        let hits = self.judge.hits(self.language, text, &scores);
        let none = hits.is_empty();
        let unsure = none.then(|| self.judge.unsure(self.language, text, &scores)).flatten();
        let found = Found { hits, unsure };
        if self.judged.len() >= JUDGED_MAX {
            self.judged.pop_front();
        }
        self.judged.push_back((asked, found.clone()));
        found
    }
}

/// Where the weights are.
fn models(settings: &config::Listen) -> Option<PathBuf> {
    settings.models.clone().or_else(|| folder(|name| std::env::var_os(name)))
}

/// A pack that ships is known by its name; one of the user's lies in a folder of theirs.
pub(super) fn place(settings: &config::Listen, pack: &str) -> String {
    let own = settings.packs.iter().map(|folder| folder.join(format!("{pack}.toml")));
    own.into_iter()
        .find(|path| path.exists())
        .map_or_else(|| pack.to_owned(), |path| path.to_string_lossy().into_owned())
}

fn said(error: ListenError) -> String {
    let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

impl Senses for Detector {
    type Input = AudioFrame;
    type Told = Hearer;
    /// Half a minute of sound and more.
    const QUEUE_MAX: usize = 2048;

    fn push(&mut self, sound: &AudioFrame) {
        // What cannot be decoded has no sound to judge; the decoder counts it.
        let Ok(stretch) = self.pcm.push(&sound.config.asc, sound.time, &sound.data) else { return };
        if !stretch.pcm.is_empty() {
            self.ear.push(stretch.at, &stretch.pcm);
            self.decoded.push(stretch);
        }
    }

    fn work(&mut self, told: &Hearer) -> bool {
        for Stretch { at, pcm } in self.decoded.drain(..) {
            told.sound(at, &pcm);
        }
        let Some(job) = self.ear.next_job() else { return false };
        let covered = job.covered;
        let recognised = self.recogniser.recognise(&job.samples, self.language);
        let hypotheses = self.ear.take(job, recognised);
        let mut judged = Vec::with_capacity(hypotheses.len());
        for hypothesis in hypotheses {
            let said = told.said(&hypothesis.text, hypothesis.from);
            let Found { mut hits, mut unsure } = if hypothesis.heard {
                self.judge(&hypothesis.text, said.message.as_deref(), &said.before)
            } else {
                Found::default()
            };
            if !hypothesis.last {
                hits.retain(|hit| hit.span.is_some() || hit.score >= UNFINISHED_MIN);
                // What half a sentence may be is not asked: it goes on.
                unsure = None;
            }
            judged.push(Judged { hypothesis, hits, unsure, answers: said.message });
        }
        told.window(covered, judged);
        let state = self.ear.state();
        told.behind(state.behind, state.dropped_windows);
        true
    }

    fn tell(&mut self, told: &Hearer) {
        let state = if self.ear.state().late { State::Late } else { State::Ok };
        told.state(state, self.versions.clone());
    }
}
