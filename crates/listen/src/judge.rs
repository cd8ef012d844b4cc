//! Everything that judges text behind a few calls: host sentences against rule packs, chat lines against labels.
//!
//! It decides nothing: a hit cites words and a rule, and what is done is the policy's.

use std::ops::Range;
use std::path::Path;

use crate::Language;
use crate::chat::{CHAT, ChatJudge};
use crate::embed::{EmbedError, Embedder};
use crate::host::{self, HostModel, LABELS};
use crate::rules::{Action, Pack, PackError, Rule, RuleId, Severity};
use crate::text::grams::Scratch;
use crate::text::normal::normal;
use crate::text::{self, ChatScores};
use crate::weights::{Weights, WeightsError};

/// The file of the sentence weights below the folder of models.
pub const EMBEDDER_FILE: &str = "e5-small-q4.bin";
/// Weights that ship.
const HOST: &[u8] = include_bytes!("../../../models/host.weights");
/// Host sentences before the one at hand that are looked at.
const BEFORE_MAX: usize = 2;
/// What a pattern alone is worth.
const PATTERN_SCORE: f32 = 0.9;

/// Where a sentence tells what a viewer asks, a model alone is believed from this share on.
const RELAYED_MIN: f32 = 0.98;

/// Why there is no judge.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JudgeError {
    /// The weights that ship are not usable: the build is broken.
    #[error("the weights that ship are not usable")]
    Weights(#[from] WeightsError),
    /// A pack is not usable.
    #[error("rule pack {name} is not usable")]
    Pack {
        /// Its name or path.
        name: String,
        /// Why.
        source: PackError,
    },
}

/// What stands around a sentence.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// The viewer's message that is being answered.
    pub message: Option<&'a str>,
    /// Sentences of the host before it, the last one last; two are looked at.
    pub before: &'a [&'a str],
}

impl Context<'_> {
    /// The message and the sentences before as one text; none when nothing was said before.
    fn joined(&self) -> Option<String> {
        let before = &self.before[self.before.len().saturating_sub(BEFORE_MAX)..];
        let parts = self.message.into_iter().chain(before.iter().copied());
        (!before.is_empty()).then(|| parts.collect::<Vec<_>>().join(" "))
    }
}

/// A rule that a sentence breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The rule.
    pub rule: RuleId,
    /// How sure, 0 to 1.
    pub score: f32,
    /// How bad.
    pub severity: Severity,
    /// What is proposed.
    pub action: Action,
    /// Bytes of the sentence in its one spelling ([`normal`]) where a pattern stands.
    pub span: Option<Range<usize>>,
}

/// Scores of all labels of a host sentence, by their names, before any pattern.
pub type HostScores = [host::Judged; LABELS.len()];

/// The judge. It holds no state between sentences but its buffers.
pub struct Judge {
    packs: Vec<Pack>,
    chat: ChatJudge,
    host: HostModel,
    embedder: Option<Embedder>,
    limits: Vec<String>,
    versions: Vec<String>,
    scratch: Scratch,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").field("versions", &self.versions).finish_non_exhaustive()
    }
}

impl Judge {
    /// A judge of these packs (names of those that ship, or paths). Without the sentence weights in `models` it works less
    /// well, and [`Judge::limits`] says so.
    pub fn load(models: Option<&Path>, packs: &[&str]) -> Result<Self, JudgeError> {
        let mut limits = Vec::new();
        let opened = match models.map(|models| Embedder::open(&models.join(EMBEDDER_FILE))) {
            Some(Ok(embedder)) => Some(embedder),
            Some(Err(EmbedError::Read(error))) if error.kind() == std::io::ErrorKind::NotFound => {
                None
            }
            Some(Err(error)) => {
                limits.push(format!("the sentence weights were refused: {error}"));
                None
            }
            None => None,
        };
        if opened.is_none() {
            limits.push(
                "without the sentence weights contempt and claims are judged by words alone: much is missed"
                    .to_owned(),
            );
        }
        let chat = Weights::from_bytes(CHAT, "chat", text::VERSION)?;
        let host = Weights::from_bytes(HOST, "host", host::VERSION)?;
        let mut versions = vec![version(&chat, CHAT), version(&host, HOST)];
        if opened.is_some() {
            versions.push("multilingual-e5-small q4".to_owned());
        }
        let mut loaded: Vec<Pack> = Vec::new();
        for name in packs {
            let failed = |source| JudgeError::Pack { name: (*name).to_owned(), source };
            let pack = Pack::open(name).map_err(failed)?;
            versions.push(format!("{} {}", pack.id, pack.version));
            loaded.push(pack);
        }
        Ok(Self {
            packs: loaded,
            chat: ChatJudge::load()?,
            host: HostModel::unpack(&host)?,
            embedder: opened,
            limits,
            versions,
            scratch: Scratch::default(),
        })
    }

    /// What this judge cannot do, in words for people.
    pub fn limits(&self) -> &[String] {
        &self.limits
    }

    /// Packs and weights with their versions, for the log.
    pub fn versions(&self) -> &[String] {
        &self.versions
    }

    /// The packs.
    pub fn packs(&self) -> &[Pack] {
        &self.packs
    }

    /// What the model says of a host sentence. The message belongs to it; what the host said before can tip a sentence that
    /// is unsure, and clears none: a sentence is not made better by the harmless one before it.
    pub fn host_scores(
        &mut self,
        language: Language,
        text: &str,
        context: &Context<'_>,
    ) -> HostScores {
        let mut alone = self.scores(language, text, context.message.unwrap_or_default());
        let unsure = alone.iter().any(|judged| judged.unsure);
        if let Some(joined) = context.joined().filter(|_| unsure) {
            let tipped = self.scores(language, text, &joined);
            for (judged, tipped) in alone.iter_mut().zip(tipped) {
                if judged.unsure && tipped.fires {
                    *judged = tipped;
                }
            }
        }
        alone
    }

    fn scores(&mut self, language: Language, text: &str, context: &str) -> HostScores {
        self.host.judge(language, text, context, self.embedder.as_ref(), &mut self.scratch)
    }

    /// The rules that a host sentence breaks, each once, the worst first.
    pub fn host(&mut self, language: Language, text: &str, context: &Context<'_>) -> Vec<Hit> {
        let scores = self.host_scores(language, text, context);
        self.hits(language, text, &scores)
    }

    /// The rules that a host sentence with these scores breaks.
    pub fn hits(&self, language: Language, text: &str, scores: &HostScores) -> Vec<Hit> {
        let spelt = normal(text);
        let mut hits: Vec<Hit> = Vec::new();
        for rule in self.packs.iter().flat_map(|pack| &pack.rules) {
            let known = hits.iter().any(|hit| hit.rule == rule.id);
            if let Some(hit) = judged(rule, language, &spelt, scores).filter(|_| !known) {
                hits.push(hit);
            }
        }
        hits.sort_by(|a, b| b.severity.cmp(&a.severity).then(b.score.total_cmp(&a.score)));
        hits
    }

    /// The rule that a host sentence nearly breaks by the judgement of its model, when it breaks none.
    pub fn unsure(&self, language: Language, text: &str, scores: &HostScores) -> Option<Hit> {
        let spelt = normal(text);
        let nearly = |rule: &&Rule| {
            rule.languages.contains(&language)
                && rule.model.is_some_and(|label| scores.get(label).is_some_and(|it| it.unsure))
                && !(rule.veto && rule.excepts(language, &spelt))
                && !rule.relays(language, &spelt)
        };
        let rules = self.packs.iter().flat_map(|pack| &pack.rules).filter(nearly);
        let rule = rules.max_by_key(|rule| rule.severity)?;
        let score = rule.model.and_then(|label| scores.get(label))?.score;
        let (severity, action) = (rule.severity, rule.action);
        Some(Hit { rule: rule.id.clone(), score, severity, action, span: None })
    }

    /// What a chat line is.
    pub fn chat(&mut self, text: &str) -> ChatScores {
        self.chat.score(text)
    }

    /// How likely a chat line is offensive.
    pub fn offensive(&mut self, language: Language, text: &str) -> f32 {
        self.chat.offensive(language, text)
    }
}

/// A rule hits by its model, or by a pattern that the model does not plainly contradict.
fn judged(rule: &Rule, language: Language, spelt: &str, scores: &HostScores) -> Option<Hit> {
    if !rule.languages.contains(&language) {
        return None;
    }
    let excepted = rule.excepts(language, spelt);
    if excepted && (rule.veto || rule.model.is_none()) {
        return None;
    }
    let span = rule.find(language, spelt).filter(|_| !excepted);
    let model = rule.model.and_then(|label| scores.get(label));
    let believed = span.is_some() && model.is_none_or(|judged| judged.score >= rule.floor);
    let relayed = || rule.relays(language, spelt);
    let fires = |judged: &host::Judged| judged.fires && (judged.score >= RELAYED_MIN || !relayed());
    if !believed && !model.is_some_and(fires) {
        return None;
    }
    let by_model = model.map_or(0.0, |judged| judged.score);
    let score = if believed { by_model.max(PATTERN_SCORE) } else { by_model };
    Some(Hit { rule: rule.id.clone(), score, severity: rule.severity, action: rule.action, span })
}

fn version(weights: &Weights, bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(bytes);
    let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    format!("{} {} {short}", weights.header.kind, weights.header.version)
}
