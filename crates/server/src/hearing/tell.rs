//! From hits to signals: what a window said, with ids, references to its words, and what is at stake.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use listen::captions::cues;
use listen::judge::Hit as Found;
use listen::rules::{Action as Proposed, Severity as Grade};
use listen::{Hypothesis, Language};
use serde_json::json;
use show::Input;
use show::desk::{self, ActionKind, ActionState};
use show::sentinel::{HITS_MAX, Hearing, Hit, Response, Severity, Signal, Stake, Window};
use show::text::TextRef;
use store::TextRow;
use units::{ActionId, Duration, IncidentId, MediaTime};

use super::answered::answered;
use super::heard::Line;
use crate::mint;
use crate::onair::Caption;
use crate::rooms::Rooms;
use crate::shop::Shop;
use crate::shows::ShowHandle;
use crate::texts::text;
use crate::watch::Told;

/// A caption that would come on so close to its air comes by the room instead.
const LATE: Duration = Duration::from_ms(300);
/// How long after a message was taken up what is said still answers it.
pub(crate) const ANSWER_LASTS: Duration = Duration::from_s(15);
/// Host sentences that a judgement may look back to.
pub(crate) const BEFORE: usize = 2;

/// A sentence with what was found in it.
pub(super) struct Judged {
    pub(super) hypothesis: Hypothesis,
    pub(super) hits: Vec<Found>,
    /// A rule that it nearly breaks, when it breaks none.
    pub(super) unsure: Option<Found>,
    /// The viewer's message that it answers.
    pub(super) answers: Option<String>,
}

/// What the host answers, and what they said before.
pub(super) struct Said {
    pub(super) message: Option<String>,
    pub(super) before: Vec<String>,
}

/// Reports to one show.
pub(crate) struct Hearer {
    show: Weak<ShowHandle>,
    rooms: Arc<Rooms>,
    shop: Arc<Shop>,
    language: Language,
    captions: bool,
    state: Mutex<Option<Hearing>>,
    /// The viewer's message that is being answered, and since when.
    answering: Mutex<Option<(MediaTime, String)>>,
}

impl Hearer {
    pub(super) fn new(
        show: &Arc<ShowHandle>,
        rooms: &Arc<Rooms>,
        shop: &Arc<Shop>,
        language: Language,
        captions: bool,
    ) -> Self {
        Self {
            show: Arc::downgrade(show),
            rooms: Arc::clone(rooms),
            shop: Arc::clone(shop),
            language,
            captions,
            state: Mutex::default(),
            answering: Mutex::default(),
        }
    }

    /// Words for viewers who want to read them: with their picture, or by the room when that has aired. Words that break a
    /// rule never take the room's way, on which nothing can stop them any more.
    fn caption(&self, show: &ShowHandle, sentence: &Hypothesis, clean: bool) {
        let Some(onair) = show.onair() else { return };
        let view = onair.view();
        let Some(status) = view.status.as_ref() else { return };
        let (from, to) = (sentence.from, sentence.to);
        // Before the first air all words wait for theirs.
        let Some(newest_air) = view.newest_air.filter(|_| to <= status.air_point + LATE) else {
            let (sentence, language) = (sentence.clone(), self.language);
            return onair.caption(Caption { sentence, language });
        };
        let stopped = |action: &desk::Action| {
            action.state != ActionState::Undone
                && action.kind != ActionKind::Resume
                && action.from_media < to
                && action.to_media.is_none_or(|end| from < end)
        };
        if !self.captions || !clean || status.held || show.state().desk.actions.iter().any(stopped)
        {
            return;
        }
        for cue in cues(sentence, self.language, |at| newest_air + (at - status.newest)) {
            let (from, to, text) = (cue.from.ms(), cue.to.ms(), cue.lines.join("\n"));
            let caption =
                json!({"type": "caption", "from_air_ms": from, "to_air_ms": to, "text": text});
            self.rooms.tell(&show.slug, caption);
        }
    }
}

/// Tells a show's owner how hearing does.
pub(super) fn tell_state(show: &ShowHandle, hearing: Hearing) {
    let signal = Signal::Hearing { hearing, versions: Vec::new() };
    show.tell(Input::Signal { signal });
}

impl Told for Hearer {
    fn out(&self) {
        self.state(Hearing::Out, Vec::new());
    }

    fn never(&self) {
        self.state(Hearing::NoModel, Vec::new());
    }

    fn lost(&self, frames: u64) {
        if let Some(show) = self.show.upgrade() {
            show.heard.lost(frames);
        }
    }
}

impl Hearer {
    /// How hearing does.
    pub(super) fn state(&self, hearing: Hearing, versions: Vec<String>) {
        let mut known = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if known.replace(hearing) == Some(hearing) {
            return;
        }
        if let Some(show) = self.show.upgrade() {
            show.tell(Input::Signal { signal: Signal::Hearing { hearing, versions } });
        }
    }

    /// How far behind it is, and how many windows it dropped so far.
    pub(super) fn behind(&self, behind: Duration, dropped: u64) {
        if let Some(show) = self.show.upgrade() {
            show.heard.does(behind, dropped);
        }
    }

    /// Sound of the feed, 16 kHz mono.
    pub(super) fn sound(&self, from: MediaTime, samples: &[f32]) {
        if let Some(show) = self.show.upgrade() {
            show.heard.sound(from, samples);
        }
    }

    /// What goes before a sentence that begins at `from`.
    pub(super) fn said(&self, sentence: &str, from: MediaTime) -> Said {
        let Some(show) = self.show.upgrade() else {
            return Said { message: None, before: Vec::new() };
        };
        let before = show.heard.before(from + Duration::from_ms(500), BEFORE);
        let messages = show.room.said();
        let found = answered(sentence, &before, &messages).map(str::to_owned);
        // An answer takes more than the sentence that takes up the question.
        let mut answering = self.answering.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(message) = found {
            *answering = Some((from, message));
        }
        let lately = |(at, _): &&(MediaTime, String)| (from - *at).abs() <= ANSWER_LASTS;
        let message = answering.as_ref().filter(lately).map(|(_, message)| message.clone());
        Said { message, before }
    }

    /// A window was recognised and judged.
    pub(super) fn window(&self, (from, to): (MediaTime, MediaTime), judged: Vec<Judged>) {
        let Some(show) = self.show.upgrade() else { return };
        // What was not understood, even in part, clears nobody.
        let heard = !judged.is_empty() && judged.iter().all(|one| one.hypothesis.heard);
        let last = judged.iter().all(|one| one.hypothesis.last);
        show.heard.window(judged.iter().map(line));
        let (mut hits, mut texts) = (Vec::new(), Vec::new());
        for one in &judged {
            let (sentence, broken) = (&one.hypothesis, !one.hits.is_empty());
            let words = (sentence.last || broken) && !sentence.text.is_empty();
            let words = words.then(|| kept(&show, "sentence", &sentence.text));
            let reference = words.as_ref().map(|(reference, _)| *reference);
            let row = words.map(|(_, row)| row);
            if sentence.last {
                let (from, to, heard) = (sentence.from, sentence.to, sentence.heard);
                if heard && reference.is_some() {
                    self.caption(&show, sentence, !broken);
                }
                let signal = Signal::Sentence { from, to, heard, text: reference };
                show.tell_with(Input::Signal { signal }, row.into_iter().collect());
            } else {
                texts.extend(row);
            }
            let answers = one.answers.as_deref().filter(|_| broken || one.unsure.is_some());
            let answers = answers.map(|message| {
                let (reference, row) = kept(&show, "message", message);
                texts.push(row);
                reference
            });
            let stake = if broken { show.stake(&self.rooms, &self.shop) } else { Stake::default() };
            let sure = one.hits.iter().map(|hit| (hit, false));
            let all = sure.chain(one.unsure.iter().map(|hit| (hit, true)));
            hits.extend(all.map(|(hit, weak)| Hit {
                rule: hit.rule.to_string(),
                score: (f64::from(hit.score.clamp(0.0, 1.0)) * 1000.0).round() as u16,
                severity: severity(hit.severity),
                proposed: response(hit.action),
                from: sentence.from,
                to: sentence.to,
                last: sentence.last,
                weak,
                text: reference,
                answers,
                stake: stake.clone(),
                incident: IncidentId(mint::uuid()),
                action: ActionId(mint::uuid()),
            }));
        }
        hits.sort_by_key(|hit| (hit.weak, std::cmp::Reverse(hit.severity)));
        hits.truncate(HITS_MAX);
        let signal = Signal::Window(Window { from, to, heard, last, hits });
        show.tell_with(Input::Signal { signal }, texts);
    }
}

/// Words on their way to the erasable table, and in memory for the desk.
fn kept(show: &ShowHandle, kind: &str, words: &str) -> (TextRef, TextRow) {
    let (reference, row) = text(kind, words);
    show.heard.keep_text(reference.id, words);
    (reference, row)
}

fn line(one: &Judged) -> Line {
    let sentence = &one.hypothesis;
    Line {
        from: sentence.from,
        to: sentence.to,
        text: sentence.text.clone(),
        heard: sentence.heard,
        last: sentence.last,
        broken: !one.hits.is_empty(),
    }
}

pub(crate) fn severity(grade: Grade) -> Severity {
    match grade {
        Grade::Notice => Severity::Notice,
        Grade::Serious => Severity::Serious,
        Grade::Grave => Severity::Grave,
    }
}

pub(crate) fn response(proposed: Proposed) -> Response {
    match proposed {
        Proposed::Advise => Response::Advise,
        Proposed::Mute => Response::Mute,
        Proposed::Cover => Response::Cover,
    }
}
