//! One run of a scenario: everybody takes a turn at each step of virtual time, and what happens is told.

use std::collections::{BTreeMap, VecDeque};

use show::desk::Fact;
use show::sentinel::Learnt;
use show::sentinel::room::{Alarm, CHANNELS, Channel, Closed, Counts};
use show::sentinel::{Decide, Hearing, Hit, Incident, RoomTurn, Signal, Stake, Window};
use show::shop::Input as Sell;
use show::text::TextRef;
use show::{Input, OfferChange};
use units::{ActionId, Duration, IncidentId, MediaTime, TextId, Timestamp};

use super::expect::{Seen, judge};
use super::form::{Begins, Does, FeedIs, Say, Scenario};
use super::house::House;
use super::lines::Lines;
use super::talk::{Script, Talk};
use super::tell::{Transcript, quoted, score, seconds, severity, turned};
use super::trade::{CONTACT, Trade};
use super::{Found, Judges};
use crate::Violation;
use crate::check::Checked;
use crate::onair::producer;

/// How long after a message was taken up what is said still answers it.
const ANSWER_LASTS: Duration = Duration::from_s(15);
/// How long before the answer a message is written.
const ASKED_BEFORE_MS: i64 = 6000;
/// Host sentences that a judgement may look back to.
const BEFORE: usize = 2;
/// Messages of a turn that are told.
const TOLD_MAX: usize = 3;
/// Packets at the ends of a sentence may belong to what is before or after it.
const EDGE: Duration = Duration::from_ms(150);

/// How a run went.
#[derive(Debug, Clone)]
pub struct Played {
    /// What happened, for people.
    pub transcript: String,
    /// What was expected and did not come.
    pub unmet: Vec<String>,
    /// An invariant that broke; the run ended there.
    pub violation: Option<Violation>,
    /// How long after a room began to turn its turn was known, in milliseconds.
    pub turn_after_ms: Option<i64>,
}

impl Played {
    /// Whether everything came as expected and every invariant held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.unmet.is_empty() && self.violation.is_none()
    }
}

/// How far a sentence has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Waits,
    Said,
    Ended,
    Judged,
    Over,
}

/// A sentence on its way.
struct Sentence<'a> {
    say: &'a Say,
    stage: Stage,
    /// The feed was there from its beginning to its end.
    sent: bool,
    broken: bool,
}

impl Sentence<'_> {
    fn from(&self) -> MediaTime {
        MediaTime::from_start(self.say.at_s.span())
    }

    fn to(&self) -> MediaTime {
        self.from() + self.say.lasts_s.span()
    }
}

pub(super) struct Run<'a> {
    file: &'a Scenario,
    judge: &'a mut dyn Judges,
    pub(super) house: House,
    pub(super) talk: Talk<'a>,
    trade: Trade,
    pub(super) told: Transcript,
    sentences: Vec<Sentence<'a>>,
    /// Finished sentences that broke no rule, the newest last.
    before: VecDeque<String>,
    answering: Option<(MediaTime, String)>,
    /// Words that were referred to.
    pub(super) texts: BTreeMap<TextId, String>,
    /// Turns of the room and changes of buyers that have begun.
    begun: Vec<bool>,
    /// When sentences with a name have aired.
    aired: BTreeMap<String, Duration>,
    events_done: Vec<bool>,
    /// Whom the producer will decide about, and when.
    decides: VecDeque<(Timestamp, IncidentId)>,
    pub(super) numbers: BTreeMap<IncidentId, usize>,
    pub(super) known: BTreeMap<IncidentId, Incident>,
    pub(super) seen: Seen,
    /// Of the minute at hand: messages, and by channel what counts and of how many.
    messages: u64,
    counted: [(u32, u32); CHANNELS],
}

/// Runs a scenario from a seed.
#[must_use]
pub fn play(
    name: &str,
    file: &Scenario,
    seed: u64,
    lines: &Lines,
    judge_words: &mut dyn Judges,
) -> Played {
    let script = Script::new(file, lines, seed);
    let mut house = match House::open(file, seed) {
        Ok(house) => house,
        Err(violation) => return broken(format!("{name}, seed {seed}\n"), violation),
    };
    house.happened.clear();
    let viewers = file.room.get_ref().viewers;
    let sentence = |say| Sentence { say, stage: Stage::Waits, sent: true, broken: false };
    let room = file.room.get_ref();
    let buyers = file.buyers.as_ref().map(|buyers| buyers.get_ref());
    let changes = buyers.map_or(0, |buyers| buyers.changes.len());
    let terms: usize = file.offers.iter().map(|offer| offer.get_ref().changes.len()).sum();
    let mut run = Run {
        file,
        judge: judge_words,
        house,
        talk: Talk::new(file, &script, seed),
        trade: Trade::new(buyers, viewers, seed),
        told: Transcript::default(),
        sentences: file.say.iter().map(|say| sentence(say.get_ref())).collect(),
        before: VecDeque::new(),
        answering: None,
        texts: BTreeMap::new(),
        begun: vec![false; room.turns.len() + changes],
        aired: BTreeMap::new(),
        events_done: vec![false; file.feed.len() + file.offers.len() + terms],
        decides: VecDeque::new(),
        numbers: BTreeMap::new(),
        known: BTreeMap::new(),
        seen: Seen::default(),
        messages: 0,
        counted: [(0, 0); CHANNELS],
    };
    run.head(name, seed);
    match run.run() {
        Ok(unmet) => Played {
            turn_after_ms: run.seen.turn_after().map(Duration::ms),
            transcript: run.told.into_text(),
            unmet,
            violation: None,
        },
        Err(violation) => broken(run.told.into_text(), violation),
    }
}

fn broken(mut transcript: String, violation: Violation) -> Played {
    transcript.push_str(&format!("BROKEN    {violation}\n"));
    Played { transcript, unmet: Vec::new(), violation: Some(violation), turn_after_ms: None }
}

impl Run<'_> {
    fn head(&mut self, name: &str, seed: u64) {
        let file = self.file;
        self.told.plain(&format!("{name}, seed {seed}: {}", file.title.0));
        let (language, delay) = (&file.language.get_ref().0, file.delay_s.get_ref().span());
        let mode = format!("{:?}", file.policy.get_ref().mode).to_lowercase();
        self.told.plain(&format!("language {language}, delay {}, policy {mode}", seconds(delay)));
        for source in &file.sources {
            let source = source.get_ref();
            self.told
                .plain(&format!("source {}: {} ({})", source.id.0, source.facts.0, source.by.0));
        }
        self.told.plain("what no source is named for is invented");
        self.told.plain("");
    }

    pub(super) fn at(&self) -> Duration {
        self.house.now - self.house.began
    }

    pub(super) fn line(&mut self, who: &str, what: &str) {
        let at = self.at();
        self.told.line(at, who, what);
    }

    fn run(&mut self) -> Result<Vec<String>, Violation> {
        self.line("show", "live");
        let signal = Signal::Hearing { hearing: Hearing::Ok, versions: self.judge.versions() };
        self.house.ask(Input::Signal { signal })?;
        let length = self.file.length_s.get_ref().span();
        while self.at() < length {
            self.house.step()?;
            self.step()?;
        }
        self.finish()
    }

    fn step(&mut self) -> Checked {
        self.feed()?;
        self.offers()?;
        for n in 0..self.sentences.len() {
            self.sentence(n)?;
        }
        self.decide()?;
        let whole = self.at().ms() % 1000 == 0;
        if whole {
            self.begin_parts();
            self.second()?;
        }
        self.happened()?;
        if whole && self.at().ms() % 60_000 == 0 {
            self.minute();
        }
        Ok(())
    }

    fn feed(&mut self) -> Checked {
        let file = self.file;
        for (n, part) in file.feed.iter().enumerate() {
            let feed = part.get_ref();
            if self.events_done[n] || self.at() < feed.at_s.span() {
                continue;
            }
            self.events_done[n] = true;
            match feed.is {
                FeedIs::Lost => {
                    self.line("feed", "lost");
                    self.house.lose_feed()?;
                }
                FeedIs::Back => {
                    self.line("feed", "back");
                    self.house.feed_returns();
                }
            }
        }
        Ok(())
    }

    fn offers(&mut self) -> Checked {
        let file = self.file;
        let mut n = file.feed.len();
        for offer in file.offers.iter().map(|offer| offer.get_ref()) {
            let air = self.house.newest_air();
            let sku = offer.sku.clone();
            if !self.events_done[n] && offer.pinned_at_s.is_some_and(|at| self.at() >= at.span()) {
                self.events_done[n] = true;
                let (price, left) = (offer.price, offer.stock);
                self.line("offer", &format!("{sku} at {price}, {left} left"));
                self.house.ask(Input::Pin { sku: Some(sku.clone()), air, by: producer() })?;
            }
            n += 1;
            for change in offer.changes.iter().map(|change| change.get_ref()) {
                if !self.events_done[n] && self.at() >= change.at_s.span() {
                    self.events_done[n] = true;
                    if let Some(price) = change.price {
                        self.line("offer", &format!("{sku} now costs {price}"));
                        let change = OfferChange { price: Some(price), ..OfferChange::default() };
                        let (sku, by) = (sku.clone(), producer());
                        self.house.ask(Input::OfferChange { sku, change, air, by })?;
                    }
                    if let Some(left) = change.left {
                        let had = self.house.left().get(&sku).copied().unwrap_or_default();
                        self.line("offer", &format!("{sku}: {left} are left, not {had}"));
                        let delta = i64::from(left) - i64::try_from(had).unwrap_or(i64::MAX);
                        let sku = sku.clone();
                        self.house.sell(Sell::StockAdjusted { sku, delta, by: producer() })?;
                    }
                }
                n += 1;
            }
        }
        Ok(())
    }

    fn sentence(&mut self, n: usize) -> Checked {
        let (at, fed) = (self.at(), self.house.is_fed());
        let sentence = &mut self.sentences[n];
        let begins = sentence.say.at_s.span();
        let ends = begins + sentence.say.lasts_s.span();
        match sentence.stage {
            Stage::Waits if at >= begins => {
                (sentence.stage, sentence.sent) = (Stage::Said, fed);
                let text = quoted(&sentence.say.text.0);
                self.line("host", &text);
            }
            Stage::Said if at >= ends => {
                sentence.stage = Stage::Ended;
                sentence.sent &= fed;
            }
            Stage::Ended if at >= ends + sentence.say.hears_s.span() => {
                sentence.stage = Stage::Judged;
                self.judge(n)?;
            }
            Stage::Judged if self.house.air_point() >= sentence.to() + EDGE => {
                sentence.stage = Stage::Over;
                self.has_aired(n);
            }
            _ => {}
        }
        Ok(())
    }

    /// A sentence has been heard.
    fn judge(&mut self, n: usize) -> Checked {
        let (say, sent) = (self.sentences[n].say, self.sentences[n].sent);
        if !sent {
            self.line("heard", "nothing: the feed is gone");
            return Ok(());
        }
        let (from, to, heard) = (self.sentences[n].from(), self.sentences[n].to(), say.understood);
        if let Some(message) = &say.answers {
            self.answering = Some((from, message.0.clone()));
        }
        let lately = |(at, _): &&(MediaTime, String)| from - *at <= ANSWER_LASTS;
        let message = self.answering.as_ref().filter(lately).map(|(_, message)| message.clone());
        let before: Vec<String> = self.before.iter().cloned().collect();
        let found = match heard {
            true => self.judge.sentence(&say.text.0, message.as_deref(), &before),
            false => Found::default(),
        };
        let reference = heard.then(|| self.refer(&say.text.0));
        let signal = Signal::Sentence { from, to, heard, text: reference };
        self.house.ask(Input::Signal { signal })?;
        let broken = !found.hits.is_empty();
        self.sentences[n].broken = broken;
        if heard && !broken {
            self.before.push_back(say.text.0.clone());
            if self.before.len() > BEFORE {
                self.before.pop_front();
            }
        }
        self.tell_heard(heard, &found, from);
        let answers = message.filter(|_| broken).map(|message| self.refer(&message));
        let stake = if broken { self.stake() } else { Stake::default() };
        let all = found.hits.iter().map(|hit| (hit, false));
        let all: Vec<_> = all.chain(found.unsure.iter().map(|hit| (hit, true))).collect();
        let hits = all.into_iter().map(|(hit, weak)| Hit {
            rule: hit.rule.clone(),
            score: hit.score,
            severity: hit.severity,
            proposed: hit.proposed,
            from,
            to,
            last: true,
            weak,
            text: reference,
            answers,
            stake: stake.clone(),
            incident: IncidentId::from_u128(self.house.ids.next()),
            action: ActionId::from_u128(self.house.ids.next()),
        });
        let window = Window { from, to, heard, last: true, hits: hits.collect() };
        self.house.ask(Input::Signal { signal: Signal::Window(window) })
    }

    fn tell_heard(&mut self, heard: bool, found: &Found, from: MediaTime) {
        let left = from - self.house.air_point();
        let airs = if left > Duration::ZERO {
            format!("airs in {}", seconds(left))
        } else {
            format!("aired {} ago", seconds(Duration::ZERO - left))
        };
        let what = match (&found.hits[..], &found.unsure) {
            _ if !heard => "not understood".to_owned(),
            ([], None) => "no rule is broken".to_owned(),
            ([], Some(near)) => format!("nearly {} {}", near.rule, score(near.score)),
            (hits, _) => {
                let named = |hit: &super::Broken| format!("{} {}", hit.rule, score(hit.score));
                hits.iter().map(named).collect::<Vec<_>>().join(", ")
            }
        };
        self.line("heard", &format!("{what}; {airs}"));
    }

    /// A reference to words, which stay here.
    fn refer(&mut self, words: &str) -> TextRef {
        let id = TextId::from_u128(self.house.ids.next());
        let mut salt = [0; 32];
        salt[..16].copy_from_slice(&id.as_u128().to_be_bytes());
        self.texts.insert(id, words.to_owned());
        TextRef::new(id, &salt, words)
    }

    fn stake(&self) -> Stake {
        let viewers = self.file.room.get_ref().viewers;
        Stake { viewers, sku: self.house.pinned(), orders: self.trade.per_min() }
    }

    /// The moments of a sentence have aired, or what was put in their place.
    fn has_aired(&mut self, n: usize) {
        let sentence = &self.sentences[n];
        let (say, broken) = (sentence.say, sentence.broken);
        let (aired, sent) = self.house.aired(sentence.from(), sentence.to());
        let permille = (aired * 1000).checked_div(sent).unwrap_or_default();
        if let Some(id) = &say.id {
            self.seen.aired.insert(id.0.clone(), permille);
            if permille >= 500 {
                self.aired.insert(id.0.clone(), self.at());
            }
        }
        if broken || say.id.is_some() || permille < 990 {
            let text = quoted(&say.text.0);
            let what = match permille {
                _ if sent == 0 => format!("{text} never reached the server"),
                990.. => format!("{text} aired"),
                0 => format!("{text} never airs"),
                _ => format!("{} % of {text} aired", permille / 10),
            };
            self.line("air", &what);
        }
    }

    /// The producer decides about what has been open for long enough.
    fn decide(&mut self) -> Checked {
        while self.decides.front().is_some_and(|(due, _)| *due <= self.house.now) {
            let Some((_, id)) = self.decides.pop_front() else { break };
            let Some(producer_) = &self.file.producer else { break };
            let decide = match producer_.get_ref().does {
                Does::Confirm => Decide::Confirm,
                Does::Dismiss => Decide::Dismiss,
            };
            let action = ActionId::from_u128(self.house.ids.next());
            self.house.ask(Input::Incident { id, decide, action, by: producer() })?;
        }
        Ok(())
    }

    /// An incident opened; somebody may look at it.
    pub(super) fn opened(&mut self, id: IncidentId) {
        if let Some(producer) = &self.file.producer {
            let due = self.house.now + producer.get_ref().after_s.span();
            self.decides.push_back((due, id));
        }
    }

    /// Turns of the room, and buyers who change their mind.
    fn begin_parts(&mut self) {
        let (file, at) = (self.file, self.at());
        let due = |begins: Option<Begins>, aired: &BTreeMap<String, Duration>| match begins {
            Some(Begins::At(begins)) => at >= begins.span(),
            Some(Begins::After(id, wait)) => {
                aired.get(&id).is_some_and(|aired| at >= *aired + wait.span())
            }
            None => false,
        };
        let turns = &file.room.get_ref().turns;
        for (n, turn) in turns.iter().map(|turn| turn.get_ref()).enumerate() {
            if !self.begun[n] && due(turn.begins(), &self.aired) {
                self.begun[n] = true;
                self.talk.turn(n, turn, at.ms() / 1000);
                self.seen.turns_began.push(self.house.now);
                let (lines, share) = (turn.lines.0.replace('_', " "), turn.share.0 * 100.0);
                let ramp = seconds(turn.ramp_s.span());
                self.line("script", &format!("lines of {lines} grow to {share:.0} % in {ramp}"));
            }
        }
        let Some(buyers) = &file.buyers else { return };
        let changes = buyers.get_ref().changes.iter().map(|change| change.get_ref());
        for (n, change) in changes.enumerate() {
            let n = turns.len() + n;
            if !self.begun[n] && due(change.begins(), &self.aired) {
                self.begun[n] = true;
                self.trade.change(change);
                self.line("script", "buyers change their mind");
            }
        }
    }

    /// A second of chat and trade.
    fn second(&mut self) -> Checked {
        let (now, at_s) = (self.house.now, self.at().ms() / 1000 - 1);
        for (channel, who) in self.trade.hear(&mut self.house) {
            self.talk.reader.event(now - Duration::from_ms(1), channel, who);
        }
        for (channel, who) in self.trade.second(&mut self.house)? {
            self.talk.reader.event(now - Duration::from_ms(1), channel, who);
        }
        let asks = |say: &&Say| {
            say.answers.is_some() && (say.at_s.0 - ASKED_BEFORE_MS).max(0) / 1000 == at_s
        };
        let asked = self.file.say.iter().map(|say| say.get_ref()).find(asks);
        let asked = asked.and_then(|say| say.answers.as_ref()).map(|text| text.0.as_str());
        let second = self.talk.second(self.judge, (at_s, now), asked, &mut self.house.ids);
        if let Some(asked) = asked {
            self.line("viewer", &quoted(asked));
        }
        self.messages += second.messages;
        self.seen.messages += second.messages;
        second.closed.iter().try_for_each(|closed| self.closed(closed))
    }

    fn closed(&mut self, closed: &Closed) -> Checked {
        let second = &closed.second;
        for (counted, (hits, of)) in self.counted.iter_mut().zip(second.hits.iter().zip(&second.of))
        {
            *counted = (counted.0 + hits, counted.1 + of);
        }
        if second.messages > 0 || second.hits != [0; CHANNELS] {
            self.house.ask(Input::Fact { fact: Fact::RoomRead(second.clone()) })?;
        }
        if let Some(alarm) = &closed.alarm {
            self.seen.alarms += 1;
            self.turned(alarm, true)?;
        } else if let Some(leans) = &closed.leans {
            self.turned(leans, false)?;
        }
        Ok(())
    }

    fn turned(&mut self, alarm: &Alarm, sure: bool) -> Checked {
        let ago = self.house.now - Timestamp::from_ms(alarm.since_s() * 1000);
        let turn = RoomTurn::of(alarm, sure, self.house.air_point() - ago);
        let what = turned(&turn, self.house.began);
        self.line("room", &what);
        let shown = turn.messages.iter().filter_map(|id| self.talk.shown(*id));
        let shown: Vec<String> = shown.take(TOLD_MAX).map(quoted).collect();
        if !shown.is_empty() {
            self.line("", &shown.join(" "));
        }
        let (stake, incident) = (self.stake(), IncidentId::from_u128(self.house.ids.next()));
        self.house.ask(Input::Signal { signal: Signal::Room { turn, stake, incident } })
    }

    fn minute(&mut self) {
        let done = self.trade.end_minute();
        let messages = std::mem::take(&mut self.messages);
        let counted = std::mem::replace(&mut self.counted, [(0, 0); CHANNELS]);
        let of = |channel: Channel| {
            let (hits, of) = counted[channel.index()];
            format!("{} {hits} of {of}", channel.name())
        };
        let shares = [Channel::Hostile, Channel::Boycott, Channel::Complaint].map(of).join(", ");
        let mut what = format!("{messages} messages ({shares})");
        if self.file.buyers.is_some() {
            what += &format!(
                "; {} orders, {} refused, {} cancelled, {} refunded, {} unfollowed",
                done.orders, done.refused, done.cancelled, done.refunded, done.unfollowed
            );
        }
        self.line("minute", &what);
    }

    fn finish(&mut self) -> Result<Vec<String>, Violation> {
        let count = |count: f64| count.round() as u32;
        let learnt = |it: &Counts| Learnt { hits: count(it.hits), of: count(it.of) };
        let counts = self.talk.reader.detector().learnt().counts.iter().map(learnt).collect();
        self.house.ask(Input::Signal { signal: Signal::Usual { counts } })?;
        self.line("show", "ended");
        self.house.end()?;
        self.happened()?;
        self.trade.end_minute();
        let mut texts: Vec<&str> = self.texts.values().map(String::as_str).collect();
        texts.extend(self.talk.private());
        texts.extend(CONTACT.split(' ').next());
        self.house.check_end(&texts)?;
        self.seen.end(self.house.now);
        self.seen.refused = self.trade.refused.clone();
        let incidents = self.house.show.state().sentinel.incidents.clone();
        let unmet = judge(self.file.expect.get_ref(), &self.seen, &incidents, self.house.began);
        self.summary(&incidents, &unmet);
        Ok(unmet)
    }

    fn summary(&mut self, incidents: &[Incident], unmet: &[String]) {
        self.told.plain("");
        let cases = super::expect::cases(incidents, &self.seen, self.house.began);
        if cases.is_empty() {
            self.told.plain("incidents  none");
        }
        for case in &cases {
            let number = self.numbers.get(&case.lead.id).copied().unwrap_or_default();
            let (rule, grade) = (&case.lead.rule, severity(case.lead.severity));
            let state = super::tell::state(case.lead.state);
            let evidence: Vec<String> = case
                .evidence
                .iter()
                .map(|(at, what)| format!("{} {}", super::tell::clock(*at), what.name()))
                .collect();
            let sentences = case.sentences;
            self.told.plain(&format!(
                "incident   #{number} {rule}, {grade}, {state}, sentences {sentences}; evidence: {}",
                evidence.join(", ")
            ));
        }
        let (messages, alarms) = (self.seen.messages, self.seen.alarms);
        self.told.plain(&format!("room       {messages} messages, {alarms} alarms"));
        if self.file.buyers.is_some() {
            let all = self.trade.all;
            self.told.plain(&format!(
                "sales      {} orders, {} refused, {} cancelled, {} refunded, {} unfollowed",
                all.orders, all.refused, all.cancelled, all.refunded, all.unfollowed
            ));
        }
        self.told.plain(&format!("slate      {}", seconds(self.seen.slate)));
        let [(show, shows), (shop, shops)] = self.house.digests();
        self.told.plain(&format!("log        show {shows} entries, shop {shops}"));
        self.told.plain(&format!("state      show {}, shop {}", &show[..16], &shop[..16]));
        self.told.plain("invariants D-1 D-2 H-1 H-2 S-1 S-3 R-1 P-1 LAW-7 AIR ANSWER TERMS hold");
        if unmet.is_empty() {
            self.told.plain("expected   all of it came");
        }
        for unmet in unmet {
            self.told.plain(&format!("NOT MET    {unmet}"));
        }
    }
}
