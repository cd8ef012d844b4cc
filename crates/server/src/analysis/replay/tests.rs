//! Hand-made logs, decided again.

use listen::Language;
use listen::judge::{Context, Hit as Found};
use listen::rules::{Action, RuleId, Severity as Grade};
use show::decider::Decider;
use show::desk::{self, ActionKind, ActionState, Fact, Mark};
use show::entry::{Entry, encode_one};
use show::lifecycle::{Plan, StartMode};
use show::sentinel::room::{CHANNELS, CHAT_CHANNELS, Second};
use show::sentinel::{
    Change, Decide, Hit, Mode, Order, Policy, Response, Severity, Signal, Stake, Verdict, Window,
};
use show::text::TextRef;
use show::{Actor, Event, Input, Show, Slug, State};
use store::{Batch, EntryBytes, MemoryStore, Store, TextChange, TextRow};
use units::{ActionId, AirTime, Duration, IncidentId, MediaTime, TextId, Timestamp, UserId};

use super::*;
use crate::analysis::precision::Judged;

/// The feed's clock is 100 s behind the log's, and the delay is 12 s.
const BEGAN_MS: i64 = 100_000;

/// Finds contempt where a sentence has the word "reason", and a claim where it has "cure".
struct Words;

impl Judges for Words {
    fn judge(&mut self, _: Language, text: &str, _: &Context<'_>) -> judges::Found {
        let rule = |word: &str, rule: &str, severity, action| {
            text.contains(word).then(|| Found {
                rule: RuleId(rule.to_owned()),
                score: 0.95,
                severity,
                action,
                span: None,
            })
        };
        let contempt = rule("reason", "core/contempt", Grade::Grave, Action::Mute);
        let claim = rule("cure", "claims/medical", Grade::Serious, Action::Mute);
        judges::Found { hits: contempt.into_iter().chain(claim).collect(), unsure: None }
    }

    fn versions(&self) -> &[String] {
        &[]
    }
}

/// A show that is recorded as the server records one.
struct Log {
    store: MemoryStore,
    state: State,
    entries: Vec<Entry<Show>>,
    minted: u128,
}

fn person() -> Actor {
    Actor::User { id: UserId::from_u128(9) }
}

fn at(ms: i64) -> MediaTime {
    MediaTime::from_ms(ms)
}

fn policy(mode: Mode) -> Policy {
    Policy { mode, ..Policy::default() }
}

fn evening() -> Slug {
    Slug::new("evening").unwrap()
}

impl Log {
    fn new(policy: Option<Policy>) -> Self {
        let state = State::default();
        let mut log =
            Self { store: MemoryStore::new(), state, entries: Vec::new(), minted: 1 << 64 };
        let plan = Plan {
            show: evening(),
            host: Slug::new("anna").unwrap(),
            standby: None,
            language: "en".to_owned(),
            delay_s: 12,
            starts_at: None,
            start: StartMode::Auto,
            policy,
        };
        log.input(0, Input::Plan { plan, by: person() });
        log.input(0, Input::Start { by: person(), host_busy: None });
        let mark = Mark {
            next_segment: 1,
            air: AirTime::from_ms(0),
            at: Timestamp::from_ms(BEGAN_MS + 4_000),
            inits: 1,
            discontinuities: 0,
            newest: at(4_000),
            audio: None,
        };
        log.input(4_000, Input::Fact { fact: Fact::ProgramMark(mark) });
        log
    }

    fn mint(&mut self) -> u128 {
        self.minted += 1;
        self.minted
    }

    /// Decides an input when the feed has come to `ms`, and acts as the program would that has all the time.
    fn input(&mut self, ms: i64, input: Input) {
        let now = Timestamp::from_ms(BEGAN_MS + ms);
        let events = Show::decide(&self.state, &input, now).unwrap().events;
        if events.is_empty() {
            return;
        }
        events.iter().for_each(|event| Show::evolve(&mut self.state, event));
        let seq = self.entries.len() as u64 + 1;
        let orders: Vec<(Order, Actor)> = events.iter().filter_map(ordered).collect();
        self.entries.push(Entry { seq, at: now, input: Some(input), events, digest: None });
        for (order, by) in orders {
            let fact = match order {
                Order::Stop(act) => Fact::ActionTaken(desk::Action {
                    id: act.id,
                    kind: ActionKind::Mute,
                    by,
                    reason: None,
                    from_media: act.from,
                    to_media: act.to,
                    from_air: None,
                    to_air: None,
                    time_to_air: Duration::from_ms(1),
                    late: false,
                    forced: false,
                    at: now,
                    state: ActionState::Active,
                    undone_at: None,
                }),
                Order::Change(act) => Fact::ActionMoved {
                    id: act.id,
                    from_air: None,
                    to_air: None,
                    to_media: act.to,
                    from_media: Some(act.from),
                },
                Order::Undo(act) => Fact::ActionUndone { id: act.id, by, to_air: None },
            };
            self.input(ms, Input::Fact { fact });
        }
    }

    fn text(&mut self, words: &str) -> TextRef {
        let (id, salt) = (TextId::from_u128(self.mint()), [7; 32]);
        let row = TextRow {
            id,
            kind: "sentence".to_owned(),
            text: words.to_owned(),
            salt,
            at: Timestamp::from_ms(0),
        };
        let batch = Batch { texts: vec![TextChange::Put(row)], ..Batch::default() };
        self.store.submit(batch).wait().unwrap();
        TextRef::new(id, &salt, words)
    }

    /// A finished sentence, heard when the feed has come to `ms`; with the rule that it broke then.
    fn says(&mut self, ms: i64, from: i64, to: i64, words: &str, rule: Option<&str>) -> TextRef {
        let text = self.text(words);
        let (from, to) = (at(from), at(to));
        let signal = Signal::Sentence { from, to, heard: true, text: Some(text) };
        self.input(ms, Input::Signal { signal });
        let hits: Vec<Hit> =
            rule.map(|rule| self.hit(rule, (from, to), true, text)).into_iter().collect();
        let window = Window { from, to, heard: true, last: true, hits };
        self.input(ms, Input::Signal { signal: Signal::Window(window) });
        text
    }

    fn hit(
        &mut self,
        rule: &str,
        (from, to): (MediaTime, MediaTime),
        last: bool,
        text: TextRef,
    ) -> Hit {
        Hit {
            rule: rule.to_owned(),
            score: 900,
            severity: Severity::Grave,
            proposed: Response::Mute,
            from,
            to,
            last,
            weak: false,
            text: Some(text),
            answers: None,
            stake: Stake::default(),
            incident: IncidentId::from_u128(self.mint()),
            action: ActionId::from_u128(self.mint()),
        }
    }

    fn verdict(&mut self, verdict: Verdict) {
        let id = self.state.sentinel.incidents.last().unwrap().id;
        let action = ActionId::from_u128(self.mint());
        let decide = Decide::Judge { verdict };
        self.input(110_000, Input::Incident { id, decide, action, by: person() });
    }

    /// Stores the log and looks back.
    fn look(&mut self, ask: &Ask) -> Report {
        self.write();
        let recorded = recorded(&self.store, &evening()).unwrap();
        look_back(&self.store, &recorded, ask, &mut Words).unwrap()
    }

    fn write(&mut self) {
        let seq = self.entries.len() as u64 + 1;
        let (now, digest) =
            (Timestamp::from_ms(BEGAN_MS + 200_000), Some(Show::digest(&self.state)));
        self.entries.push(Entry { seq, at: now, input: None, events: Vec::new(), digest });
        let bytes = |entry: &Entry<Show>| EntryBytes {
            seq: entry.seq,
            at: entry.at,
            body: encode_one(entry),
        };
        let entries = self.entries.iter().map(bytes).collect();
        self.store.submit(Batch::append("show/evening", 0, entries)).wait().unwrap();
    }
}

fn ordered(event: &Event) -> Option<(Order, Actor)> {
    match event {
        Event::Sentinel { change: Change::Ordered { order, by, .. } } => Some((*order, by.clone())),
        _ => None,
    }
}

fn only(report: &Report) -> &Line {
    let [line] = &report.incidents[..] else { panic!("{report:#?}") };
    line
}

const REMARK: &str = "look for the reason in yourself";

#[test]
fn the_same_rules_do_what_they_did() {
    let mut log = Log::new(Some(policy(Mode::Act)));
    log.says(24_000, 21_000, 23_000, "this shade lasts all day", None);
    log.says(34_000, 30_000, 33_000, REMARK, Some("core/contempt"));
    log.verdict(Verdict::Right);
    let report = log.look(&Ask::default());
    let line = only(&report);
    assert_eq!((line.outcome, line.judged), (Outcome::Caught, Judged::Right));
    assert_eq!(line.words.as_deref(), Some(REMARK));
    assert_eq!(line.was.as_ref().map(|side| side.did), Some(Did::Stopped));
    assert_eq!(line.was, line.would_be.clone().map(|now| Side { score: 0.9, ..now }));
    // Heard 4 s after it began, with 12 s of delay.
    assert_eq!(line.would_be.as_ref().and_then(|side| side.time_to_air_ms), Some(8_000));
    assert_eq!(report.stops.was, report.stops.would_be);
    assert_eq!((report.stops.would_be.lost_ms, report.stops.would_be.stopped), (3_000, 1));
    assert_eq!((report.totals.caught, report.totals.caught_in_time), (1, 1));
    let said = Sentences { finished: 2, judged: 2, not_understood: 0, expired: 0 };
    assert_eq!(report.sentences, said);
    assert!(report.digest.is_some());
}

#[test]
fn a_growing_sentence_is_judged_as_early_as_it_was() {
    let mut log = Log::new(Some(policy(Mode::Act)));
    let text = log.text("look for the reason");
    let (from, to) = (at(30_000), at(31_500));
    let hits = vec![log.hit("core/contempt", (from, to), false, text)];
    let window = Window { from: at(25_000), to: at(32_000), heard: true, last: false, hits };
    log.input(32_500, Input::Signal { signal: Signal::Window(window) });
    log.says(35_000, 30_000, 33_000, REMARK, Some("core/contempt"));
    let report = log.look(&Ask::default());
    let line = only(&report);
    assert_eq!(line.outcome, Outcome::Unjudged);
    assert_eq!(line.would_be.as_ref().and_then(|side| side.time_to_air_ms), Some(9_500));
    assert_eq!(report.stops.would_be.lost_ms, 3_000, "the stop shrank to the words");
}

#[test]
fn other_rules_miss_what_was_right_and_find_what_nobody_judged() {
    let mut log = Log::new(Some(policy(Mode::Act)));
    log.says(34_000, 30_000, 33_000, "you are all so stupid", Some("core/insult"));
    log.verdict(Verdict::Late);
    log.says(54_000, 50_000, 53_000, "and it will cure you", None);
    let report = log.look(&Ask::default());
    let outcomes: Vec<Outcome> = report.incidents.iter().map(|line| line.outcome).collect();
    assert_eq!(outcomes, [Outcome::Missed, Outcome::New]);
    let new = report.incidents[1].would_be.as_ref().unwrap();
    assert_eq!((new.rule.as_str(), new.did), ("claims/medical", Did::Stopped));
    let totals = Totals { missed: 1, new: 1, new_stopped: 1, ..Totals::default() };
    assert_eq!(report.totals, totals);
}

#[test]
fn another_policy_stops_less_for_nothing() {
    let mut log = Log::new(Some(policy(Mode::Act)));
    log.says(34_000, 30_000, 33_000, "for that reason we ship today", Some("core/contempt"));
    log.verdict(Verdict::Wrong);
    let same = log.look(&Ask::default());
    assert_eq!(only(&same).outcome, Outcome::StoppedForNothing);
    assert_eq!(same.stops.would_be.lost_ms, 3_000);
    let recorded = recorded(&log.store, &evening()).unwrap();
    let again = |policy: Policy| {
        let ask = Ask { policy: Some(policy), alarms_per_1000h: None };
        look_back(&log.store, &recorded, &ask, &mut Words).unwrap()
    };
    let advised = again(policy(Mode::Advise));
    assert_eq!(only(&advised).outcome, Outcome::FlaggedForNothing);
    assert_eq!(advised.stops.would_be.lost_ms, 0);
    assert_eq!(advised.stops.was.lost_ms, 3_000);
    let on = [("core/contempt".to_owned(), Response::Off)].into();
    let off = again(Policy { on, ..policy(Mode::Act) });
    assert_eq!(only(&off).outcome, Outcome::LeftAlone);
}

#[test]
fn what_has_begun_to_air_is_stopped_late_and_what_is_over_is_not() {
    let mut log = Log::new(Some(policy(Mode::Act)));
    // 12 s of delay: 30 s has aired when the feed has come to 42 s.
    log.says(43_000, 30_000, 33_000, REMARK, None);
    log.says(80_000, 60_000, 62_000, REMARK, None);
    let report = log.look(&Ask::default());
    let did: Vec<Option<Did>> =
        report.incidents.iter().map(|line| Some(line.would_be.as_ref()?.did)).collect();
    assert_eq!(did, [Some(Did::StoppedLate), Some(Did::Flagged)]);
    let stops = &report.stops.would_be;
    assert_eq!((stops.stopped, stops.late, stops.lost_ms), (1, 1, 2_000));
    assert_eq!(stops.time_to_air_min_ms, Some(-8_000));
}

#[test]
fn erased_words_are_counted_and_nothing_is_claimed_of_them() {
    let mut log = Log::new(Some(policy(Mode::Act)));
    let text = log.says(34_000, 30_000, 33_000, REMARK, Some("core/contempt"));
    log.verdict(Verdict::Right);
    let batch = Batch { texts: vec![TextChange::Erase(text.id)], ..Batch::default() };
    log.store.submit(batch).wait().unwrap();
    let report = log.look(&Ask::default());
    let line = only(&report);
    assert_eq!((line.outcome, line.words.as_deref()), (Outcome::Expired, None));
    assert_eq!((report.sentences.expired, report.sentences.judged), (1, 0));
    assert_eq!((report.totals.missed, report.totals.expired), (0, 1));
}

#[test]
fn the_room_is_read_again_at_the_wanted_rate() {
    let mut log = Log::new(Some(policy(Mode::Act)));
    for s in 0..180 {
        let hostile = if s < 120 { 0 } else { 8 };
        let mut of = [1; CHANNELS];
        of[..CHAT_CHANNELS].fill(20);
        let mut hits = [0; CHANNELS];
        hits[0] = hostile;
        let at_s = BEGAN_MS / 1000 + s;
        let (messages, copies, thinned, examples) = (20, 0, 0, Vec::new());
        let second = Second { at_s, messages, copies, thinned, of, hits, examples };
        log.input(s * 1000 + 1300, Input::Fact { fact: Fact::RoomRead(second) });
    }
    let report = log.look(&Ask::default());
    let line = only(&report);
    let side = line.would_be.as_ref().unwrap();
    assert_eq!((line.outcome, side.rule.as_str()), (Outcome::New, "room/turn"));
    assert!(side.room && side.time_to_air_ms.is_none());
    assert_eq!(report.room.seconds, 180);
    let recorded = recorded(&log.store, &evening()).unwrap();
    let on = [("room/turn".to_owned(), Response::Off)].into();
    let ask = Ask { policy: Some(Policy { on, ..Policy::default() }), ..Ask::default() };
    let off = look_back(&log.store, &recorded, &ask, &mut Words).unwrap();
    assert!(off.incidents.is_empty());
}

#[test]
fn what_cannot_be_looked_back_on_says_why() {
    let log = Log::new(None);
    let none = recorded(&log.store, &evening()).unwrap_err();
    assert_eq!(none.to_string(), "no show evening in the log");

    let mut log = Log::new(None);
    log.write();
    let silent = recorded(&log.store, &evening()).unwrap();
    let refused = look_back(&log.store, &silent, &Ask::default(), &mut Words).unwrap_err();
    assert!(matches!(refused, ReplayError::NoPolicy), "{refused}");

    let mut log = Log::new(None);
    log.state.desk.overflowed = 7;
    log.write();
    let broken = recorded(&log.store, &evening()).unwrap_err().to_string();
    assert!(broken.contains("show/evening: state after entry 3"), "{broken}");
}
