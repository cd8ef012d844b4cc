//! The real judges behind a scenario: sentences by packs and models, messages by labels and words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use listen::Language;
use listen::chat::ChatJudge;
use listen::judge::{Context, Hit, Judge};
use listen::rules::{Action, SHIPPED, Severity as Grade};
use server::hits;
use show::sentinel::room::Hits;
use show::sentinel::{Response, Severity};
use sim::scenario::{Broken, Found, Judges};

use crate::failure::Advice;

/// A sentence, its language, the message that it answers, and what was said before it.
type Asked = (Language, String, Option<String>, Vec<String>);

/// The judge of sentences, for as many runs as want it. What it said of a sentence once it says again.
#[derive(Clone)]
pub(super) struct Bench {
    packs: Vec<String>,
    limits: Vec<String>,
    versions: Vec<String>,
    judge: Arc<Mutex<(Judge, BTreeMap<Asked, Found>)>>,
}

impl Bench {
    pub(super) fn load(models: Option<&Path>, packs: &[String]) -> anyhow::Result<Self> {
        if let Some(pack) = packs.iter().find(|pack| !SHIPPED.iter().any(|(name, _)| name == pack))
        {
            let known: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
            let hint = format!("packs that ship are {}", known.join(", "));
            return Err(Advice::new(format!("no rule pack is called {pack:?}"), hint).error());
        }
        let names: Vec<&str> = packs.iter().map(String::as_str).collect();
        let judge = Judge::load(models, &names)?;
        Ok(Self {
            packs: packs.to_vec(),
            limits: judge.limits().to_vec(),
            versions: judge.versions().to_vec(),
            judge: Arc::new(Mutex::new((judge, BTreeMap::new()))),
        })
    }

    pub(super) fn packs(&self) -> &[String] {
        &self.packs
    }

    /// What it cannot do, in words for people.
    pub(super) fn limits(&self) -> &[String] {
        &self.limits
    }
}

/// The judges of one run.
pub(super) struct Words {
    bench: Bench,
    language: Language,
    chat: ChatJudge,
}

impl Words {
    pub(super) fn new(bench: &Bench, language: &str) -> anyhow::Result<Self> {
        let language = language.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Self { bench: bench.clone(), language, chat: ChatJudge::load()? })
    }
}

impl Judges for Words {
    fn versions(&self) -> Vec<String> {
        self.bench.versions.clone()
    }

    fn sentence(&mut self, text: &str, message: Option<&str>, before: &[String]) -> Found {
        let asked: Asked =
            (self.language, text.to_owned(), message.map(str::to_owned), before.to_vec());
        let mut bench = self.bench.judge.lock().unwrap_or_else(PoisonError::into_inner);
        let (judge, known) = &mut *bench;
        if let Some(found) = known.get(&asked) {
            return found.clone();
        }
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        let context = Context { message, before: &before };
        let scores = judge.host_scores(self.language, text, &context);
        let hits = judge.hits(self.language, text, &scores);
        let none = hits.is_empty();
        let unsure = none.then(|| judge.unsure(self.language, text, &scores)).flatten();
        let found =
            Found { hits: hits.iter().map(broken).collect(), unsure: unsure.as_ref().map(broken) };
        known.insert(asked, found.clone());
        found
    }

    fn fingerprint(&mut self, text: &str) -> u64 {
        self.chat.fingerprint(text)
    }

    fn hits(&mut self, text: &str) -> Hits {
        hits(self.chat.signs(self.language, text))
    }
}

fn broken(hit: &Hit) -> Broken {
    Broken {
        rule: hit.rule.to_string(),
        score: (f64::from(hit.score.clamp(0.0, 1.0)) * 1000.0).round() as u16,
        severity: match hit.severity {
            Grade::Notice => Severity::Notice,
            Grade::Serious => Severity::Serious,
            Grade::Grave => Severity::Grave,
        },
        proposed: match hit.action {
            Action::Advise => Response::Advise,
            Action::Mute => Response::Mute,
            Action::Cover => Response::Cover,
        },
    }
}
