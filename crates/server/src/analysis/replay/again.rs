//! The show decided again: recorded inputs go through the decider, with sentences judged anew and the room read anew.
//!
//! **Words.** Every finished sentence is a window of its own at the time of its entry. Of a sentence that was still growing the
//! log keeps the words only where they broke a rule then; those are judged anew as well, so the same rules find them as early
//! as they did. What other rules find, they find when the sentence is finished.
//!
//! **The room.** Its counts of each second go through a detector at the wanted rate.

use std::collections::VecDeque;

use listen::Language;
use listen::judge::{Context, Hit as Found};
use show::decider::Decider;
use show::desk::{Action, ActionKind, ActionState, Fact, Source};
use show::entry::Entry;
use show::lifecycle::Plan;
use show::sentinel::room::{Detector, Second};
use show::sentinel::{
    Act, Change, HITS_MAX, Hit, Order, Policy, Response, RoomTurn, Signal, Stake, Window,
};
use show::text::TextRef;
use show::{Actor, Event, Input, Show, State};
use store::{Reader, StoreError};
use units::{ActionId, Duration, IncidentId, MediaTime, Timestamp};

use super::chat::Chat;
use super::clock::Clock;
use super::judges::{self, Judges};
use super::recorded::{Recorded, moves_incidents, words};
use super::report::Sentences;
use super::seen::{Kept, Seen, delay};
use super::stops::Stopped;
use crate::hearing::{ANSWER_LASTS, BEFORE, UNFINISHED_MIN, answered, response, severity};

/// How far a sentence may begin before the one ahead of it has ended.
const OVERLAP: Duration = Duration::from_ms(500);
/// Clean sentences that are remembered; more than are looked back to, as some may not be over yet.
const CLEAN_KEPT: usize = 8;

/// A run.
pub(super) struct Again<'a> {
    reader: &'a dyn Reader,
    clock: &'a Clock,
    policy: Option<&'a Policy>,
    judge: &'a mut dyn Judges,
    language: Option<Language>,
    chat: Chat<'a>,
    state: State,
    detector: Detector,
    read_s: i64,
    seen: Seen,
    stopped: Stopped,
    /// Sentences that broke nothing, with their ends.
    clean: VecDeque<(MediaTime, String)>,
    /// The viewer's message that is being answered, and since when.
    answering: Option<(MediaTime, String)>,
    said: Sentences,
    /// Stretches whose words are erased.
    expired: Vec<(MediaTime, MediaTime)>,
    seconds: u64,
    minted: u128,
}

/// What a run led to.
pub(super) struct Done {
    pub(super) incidents: Vec<Kept>,
    pub(super) stopped: Stopped,
    pub(super) said: Sentences,
    pub(super) expired: Vec<(MediaTime, MediaTime)>,
    /// Seconds of the room that were read.
    pub(super) seconds: u64,
    pub(super) policy: Option<Policy>,
    pub(super) versions: Vec<String>,
}

impl<'a> Again<'a> {
    pub(super) fn new(
        reader: &'a dyn Reader,
        recorded: &'a Recorded,
        policy: Option<&'a Policy>,
        judge: &'a mut dyn Judges,
        detector: Detector,
    ) -> Self {
        Self {
            reader,
            clock: &recorded.clock,
            policy,
            judge,
            language: None,
            chat: Chat::new(reader, recorded.show().as_str()),
            state: State::default(),
            detector,
            read_s: i64::MIN,
            seen: Seen::default(),
            stopped: Stopped::default(),
            clean: VecDeque::new(),
            answering: None,
            said: Sentences::default(),
            expired: Vec::new(),
            seconds: 0,
            minted: 0,
        }
    }

    pub(super) fn done(self) -> Done {
        Done {
            incidents: self.seen.all(),
            stopped: self.stopped,
            said: self.said,
            expired: self.expired,
            seconds: self.seconds,
            policy: self.state.plan.and_then(|plan| plan.policy),
            versions: self.judge.versions().to_vec(),
        }
    }

    /// Takes the next entry of the log.
    pub(super) fn take(&mut self, entry: &Entry<Show>) -> Result<(), StoreError> {
        let at = entry.at;
        match &entry.input {
            None | Some(Input::Incident { .. }) => {}
            Some(Input::Plan { plan, by }) => {
                let policy = self.policy.cloned().or_else(|| plan.policy.clone());
                let code = plan.language.split('-').next().unwrap_or_default();
                self.language = code.to_lowercase().parse().ok();
                let plan = Plan { policy, ..plan.clone() };
                self.decide(Input::Plan { plan, by: by.clone() }, at);
            }
            Some(Input::Signal { signal }) => self.signal(signal, at)?,
            Some(Input::Fact {
                fact: Fact::ActionTaken(Action { by: Actor::Rule { .. }, .. }),
            }) => {}
            Some(input @ Input::Fact { fact: Fact::RoomRead(second) }) => {
                self.decide(input.clone(), at);
                self.room(second, at);
            }
            Some(input) => self.decide(input.clone(), at),
        }
        Ok(())
    }

    /// Decides an input, and what comes back from the program for it.
    fn decide(&mut self, input: Input, at: Timestamp) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            // What was accepted then is accepted again; a refusal changes nothing.
            let Ok(decision) = Show::decide(&self.state, &input, at) else { continue };
            for event in &decision.events {
                Show::evolve(&mut self.state, event);
                if let Event::Sentinel { change: Change::Ordered { order, by, .. } } = event {
                    inputs.extend(self.carry_out(order, by, at));
                }
            }
            if decision.events.iter().any(moves_incidents) {
                self.seen.look(&self.state, self.clock, at);
            }
        }
    }

    /// What the program answers to an order.
    fn carry_out(&mut self, order: &Order, by: &Actor, at: Timestamp) -> Option<Input> {
        let aired = self.clock.on_air(at, delay(&self.state));
        match order {
            Order::Stop(act) => {
                let standby = self.state.desk.feeds.contains_key(&Source::Standby);
                if act.response == Response::HandOver && !standby {
                    return Some(self.not_done(act.id, false));
                }
                let Some(taken) = self.stopped.take(act, aired) else {
                    return Some(self.not_done(act.id, true));
                };
                let fact = Fact::ActionTaken(action(&taken, act, aired, by, at));
                Some(Input::Fact { fact })
            }
            Order::Change(act) => {
                let changed = self.stopped.change(act, aired);
                (!changed).then(|| self.not_done(act.id, true))
            }
            Order::Undo(act) => {
                self.stopped.undo(act.id, aired);
                None
            }
        }
    }

    fn not_done(&mut self, action: ActionId, aired: bool) -> Input {
        let instead = ActionId::from_u128(self.mint());
        Input::Signal { signal: Signal::NotDone { action, aired, instead } }
    }

    /// Ids of this run, which no log knows.
    fn mint(&mut self) -> u128 {
        self.minted += 1;
        self.minted
    }

    fn signal(&mut self, signal: &Signal, at: Timestamp) -> Result<(), StoreError> {
        let same = || Input::Signal { signal: signal.clone() };
        match signal {
            Signal::Sentence { from, to, heard, text } => {
                self.decide(same(), at);
                self.sentence((*from, *to), *heard, *text, at)?;
            }
            Signal::Window(window) => self.growing(window, at)?,
            Signal::Hearing { .. } | Signal::Usual { .. } => self.decide(same(), at),
            // The room is read again, and the program is modelled.
            Signal::Room { .. } | Signal::NotDone { .. } => {}
        }
        Ok(())
    }

    /// A finished sentence.
    fn sentence(
        &mut self,
        (from, to): (MediaTime, MediaTime),
        heard: bool,
        text: Option<TextRef>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.said.finished += 1;
        if !heard {
            self.said.not_understood += 1;
            return Ok(());
        }
        let (Some(language), Some(text)) = (self.language, text) else { return Ok(()) };
        let Some(said) = words(self.reader, text)? else {
            self.said.expired += 1;
            self.expired.push((from, to));
            return Ok(());
        };
        self.said.judged += 1;
        let found = self.judged(language, &said, from, None, at)?;
        let broken = !found.hits.is_empty();
        let hits = self.hits(&found, (from, to), true, Some(text));
        self.decide_window(Window { from, to, heard: true, last: true, hits }, at);
        if !broken {
            if self.clean.len() >= CLEAN_KEPT {
                self.clean.pop_front();
            }
            self.clean.push_back((to, said));
        }
        Ok(())
    }

    /// Words of a sentence that goes on, as far as the log kept them.
    fn growing(&mut self, window: &Window, at: Timestamp) -> Result<(), StoreError> {
        let Some(language) = self.language else { return Ok(()) };
        let (mut asked, mut hits): (Vec<TextRef>, Vec<Hit>) = (Vec::new(), Vec::new());
        for hit in window.hits.iter().filter(|hit| !hit.last) {
            let Some(text) = hit.text.filter(|text| !asked.contains(text)) else { continue };
            asked.push(text);
            let Some(said) = words(self.reader, text)? else { continue };
            let answers = match hit.answers {
                Some(answers) => words(self.reader, answers)?,
                None => None,
            };
            let mut found = self.judged(language, &said, hit.from, answers, at)?;
            found.hits.retain(|hit| hit.span.is_some() || hit.score >= UNFINISHED_MIN);
            hits.extend(self.hits(&found, (hit.from, hit.to), false, Some(text)));
        }
        if !hits.is_empty() {
            // What else was said in the window is not known, so it clears nobody.
            let (from, to, heard) = (window.from, window.to, false);
            self.decide_window(Window { from, to, heard, last: false, hits }, at);
        }
        Ok(())
    }

    fn decide_window(&mut self, mut window: Window, at: Timestamp) {
        window.hits.sort_by_key(|hit| (hit.weak, std::cmp::Reverse(hit.severity)));
        window.hits.truncate(HITS_MAX);
        self.decide(Input::Signal { signal: Signal::Window(window) }, at);
    }

    /// Judges words with what stood around them: the sentences before, and the message that they answer.
    fn judged(
        &mut self,
        language: Language,
        words: &str,
        from: MediaTime,
        message: Option<String>,
        at: Timestamp,
    ) -> Result<judges::Found, StoreError> {
        let over = |(to, _): &&(MediaTime, String)| *to <= from + OVERLAP;
        let mut before: Vec<String> =
            self.clean.iter().rev().filter(over).take(BEFORE).map(|(_, it)| it.clone()).collect();
        before.reverse();
        let messages = self.chat.until(at)?;
        let taken_up = message.or_else(|| answered(words, &before, &messages).map(str::to_owned));
        if let Some(message) = taken_up {
            self.answering = Some((from, message));
        }
        let lately = |(since, _): &&(MediaTime, String)| (from - *since).abs() <= ANSWER_LASTS;
        let message = self.answering.as_ref().filter(lately).map(|(_, message)| message.as_str());
        let before: Vec<&str> = before.iter().map(String::as_str).collect();
        Ok(self.judge.judge(language, words, &Context { message, before: &before }))
    }

    fn hits(
        &mut self,
        found: &judges::Found,
        (from, to): (MediaTime, MediaTime),
        last: bool,
        text: Option<TextRef>,
    ) -> Vec<Hit> {
        let unsure = found.unsure.iter().filter(|_| last).map(|hit| (hit, true));
        let all: Vec<(&Found, bool)> =
            found.hits.iter().map(|hit| (hit, false)).chain(unsure).collect();
        let hit = |(hit, weak): (&Found, bool)| Hit {
            rule: hit.rule.to_string(),
            score: (f64::from(hit.score.clamp(0.0, 1.0)) * 1000.0).round() as u16,
            severity: severity(hit.severity),
            proposed: response(hit.action),
            from,
            to,
            last,
            weak,
            text,
            answers: None,
            stake: Stake::default(),
            incident: IncidentId::from_u128(self.mint()),
            action: ActionId::from_u128(self.mint()),
        };
        all.into_iter().map(hit).collect()
    }

    /// A second of the room.
    fn room(&mut self, second: &Second, at: Timestamp) {
        if second.at_s <= self.read_s {
            return;
        }
        self.read_s = second.at_s;
        self.seconds += 1;
        let alarm = self.detector.add(second);
        let sure = alarm.is_some();
        let Some(alarm) = alarm.or_else(|| self.detector.leans()) else { return };
        let since = Timestamp::from_ms(alarm.since_s().saturating_mul(1000));
        let air = self.clock.on_air(since, delay(&self.state)).unwrap_or_default();
        let turn = RoomTurn::of(&alarm, sure, air);
        let incident = IncidentId::from_u128(self.mint());
        let signal = Signal::Room { turn, stake: Stake::default(), incident };
        self.decide(Input::Signal { signal }, at);
    }
}

/// The action that the program reports.
fn action(taken: &Act, asked: &Act, aired: Option<MediaTime>, by: &Actor, at: Timestamp) -> Action {
    Action {
        id: taken.id,
        kind: taken.response.action().unwrap_or(ActionKind::Mute),
        by: by.clone(),
        reason: None,
        from_media: taken.from,
        to_media: taken.to,
        from_air: None,
        to_air: None,
        time_to_air: aired.map_or(Duration::from_ms(0), |aired| asked.from - aired),
        late: taken.late,
        forced: false,
        at,
        state: ActionState::Active,
        undone_at: None,
    }
}
