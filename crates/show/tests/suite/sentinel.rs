//! Incidents as scripts: what was heard, what the sentinel ordered, and what people made of it.
//!
//! `window 0-5 contempt=2.0-4.5` is a window over 0 to 5 s with a hit; `!` behind the hit says that its sentence is finished,
//! and `~` that it is too unsure for an incident; `?` behind the window says that it was not understood. `at 70` lets time go on to
//! 70 s, `turn hostile` is a room that turned half a minute ago (`turn hostile 7`: at 7 s), `lean hostile` one that
//! leans. Answers give each change, with times in seconds.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use show::desk::{Action, ActionKind, Fact};
use show::sentinel::{
    Act, Change, Decide, Hearing, Hit, Mode, Order, Policy, Response, RoomTurn, Severity, Shift,
    Signal, Stake, Verdict, Window, room::Channel,
};
use show::*;
use units::*;

use crate::world::{T0, by};

struct Desk {
    state: State,
    minted: u128,
    now_s: i64,
}

fn s(at: MediaTime) -> String {
    format!("{:.1}", at.ms() as f64 / 1000.0)
}

fn media(text: &str) -> MediaTime {
    let seconds: f64 = text.parse().expect("seconds");
    MediaTime::from_ms((seconds * 1000.0) as i64)
}

fn span(text: &str) -> (MediaTime, MediaTime) {
    let (from, to) = text.split_once('-').expect("a span");
    (media(from), media(to))
}

impl Desk {
    fn new(mode: Mode) -> Self {
        let on = [
            ("core/contempt".to_owned(), Response::Mute),
            ("claims/*".to_owned(), Response::Advise),
            ("core/threat".to_owned(), Response::HandOver),
        ];
        let policy = Policy { mode, rules: vec!["core".to_owned()], on: on.into() };
        let plan = Plan {
            show: "evening".parse().expect("a slug"),
            host: "anna".parse().expect("a slug"),
            standby: None,
            language: "zh".to_owned(),
            delay_s: 12,
            starts_at: None,
            start: StartMode::Auto,
            policy: Some(policy),
        };
        let mut desk = Self { state: State::default(), minted: 0, now_s: 0 };
        desk.input(Input::Plan { plan, by: by() });
        desk.input(Input::Start { by: by(), host_busy: None });
        desk
    }

    fn mint(&mut self) -> u128 {
        self.minted += 1;
        self.minted
    }

    fn input(&mut self, input: Input) -> Vec<Event> {
        let events = match Show::decide(&self.state, &input, T0 + Duration::from_s(self.now_s)) {
            Ok(decision) => decision.events,
            Err(rejection) => panic!("refused: {}", rejection.code()),
        };
        events.iter().for_each(|event| Show::evolve(&mut self.state, event));
        events
    }

    fn hit(&mut self, text: &str) -> Hit {
        let (rule, at) = text.split_once('=').expect("a hit");
        let (from, to) = span(at.trim_end_matches(['!', '~']));
        let pack = if rule.starts_with("minors") { "claims" } else { "core" };
        Hit {
            rule: format!("{pack}/{rule}"),
            score: 910,
            severity: Severity::Serious,
            proposed: Response::Mute,
            from,
            to,
            last: at.ends_with(['!', '~']),
            weak: at.ends_with('~'),
            text: None,
            answers: None,
            stake: Stake::default(),
            incident: IncidentId::from_u128(self.mint()),
            action: ActionId::from_u128(self.mint()),
        }
    }

    fn signal(&mut self, line: &str) -> Input {
        let mut words = line.split_whitespace();
        let verb = words.next().expect("a verb");
        let newest = self.state.sentinel.incidents.last();
        let act = newest.and_then(|incident| incident.act);
        let decide = match verb {
            "window" => {
                let at = words.next().expect("a span");
                let (from, to) = span(at.trim_end_matches(['?', '!']));
                let hits = words.map(|hit| self.hit(hit)).collect();
                let (heard, last) = (!at.ends_with('?'), at.ends_with('!'));
                let window = Window { from, to, heard, last, hits };
                return Input::Signal { signal: Signal::Window(window) };
            }
            "refused" => {
                let aired = words.next() == Some("aired");
                let (action, instead) = (act.expect("an act").id, ActionId::from_u128(self.mint()));
                return Input::Signal { signal: Signal::NotDone { action, aired, instead } };
            }
            "turn" | "lean" => {
                let channel = match words.next() {
                    Some("boycott") => Channel::Boycott,
                    _ => Channel::Hostile,
                };
                let since_s = words.next().map_or(self.now_s - 30, |s| s.parse().expect("seconds"));
                let at = T0 + Duration::from_s(self.now_s);
                let shift = Shift { channel, before: 20_000, now: 400_000, hits: 40, of: 100 };
                let turn = RoomTurn {
                    at,
                    since: T0 + Duration::from_s(since_s),
                    air: MediaTime::from_ms(self.now_s * 1000),
                    sure: verb == "turn",
                    shifts: vec![shift],
                    messages: vec![MessageId::from_u128(self.mint())],
                };
                let incident = IncidentId::from_u128(self.mint());
                let signal = Signal::Room { turn, stake: Stake::default(), incident };
                return Input::Signal { signal };
            }
            "hearing" => {
                let signal = Signal::Hearing { hearing: Hearing::Late, versions: Vec::new() };
                return Input::Signal { signal };
            }
            "undo" => {
                let id = act.expect("an act").id;
                return Input::Fact { fact: Fact::ActionUndone { id, by: by(), to_air: None } };
            }
            "confirm" => Decide::Confirm,
            "widen" => Decide::Widen { from: None, to: None },
            "dismiss" => Decide::Dismiss,
            "right" => Decide::Judge { verdict: Verdict::Right },
            other => panic!("no such command: {other}"),
        };
        let id = newest.expect("an incident").id;
        Input::Incident { id, decide, action: ActionId::from_u128(self.mint()), by: by() }
    }

    fn run(&mut self, script: &str) -> String {
        let mut out = String::new();
        for line in script.lines().map(str::trim) {
            if let Some(at) = line.strip_prefix("at ") {
                self.now_s = at.parse().expect("seconds");
                continue;
            }
            let input = self.signal(line);
            let _ = write!(out, "{line} ->");
            for event in self.input(input) {
                let Event::Sentinel { change } = event else { continue };
                let _ = write!(out, " {};", told(&change));
            }
            out.push('\n');
        }
        out
    }
}

fn told(change: &Change) -> String {
    let act = |act: &Act| {
        let to = act.to.map_or("…".to_owned(), s);
        format!("{:?} {}-{to}", act.response, s(act.from)).to_lowercase()
    };
    match change {
        Change::Opened(i) | Change::Moved(i) => {
            let word = if matches!(change, Change::Opened(_)) { "opened" } else { "now" };
            let left = i.left.map_or(String::new(), |left| format!(" left: {left:?}"));
            let of = i.of.map_or("", |_| " of a case");
            let room = i.room.as_ref().map_or(String::new(), |room| {
                let channels: Vec<_> = room.shifts.iter().map(|it| it.channel.name()).collect();
                let word = if room.sure { "turned" } else { "leans" };
                format!(" + room {word}: {} {:?}", channels.join(", "), i.severity)
            });
            format!("{word} {} {}-{} {:?}{left}{of}{room}", i.rule, s(i.from), s(i.to), i.state)
        }
        Change::Unsure(unsure) => format!("unsure {}", unsure.hit.rule),
        Change::Ordered { order: Order::Stop(it), .. } => format!("STOP {}", act(it)),
        Change::Ordered { order: Order::Change(it), .. } => format!("CHANGE {}", act(it)),
        Change::Ordered { order: Order::Undo(it), .. } => format!("UNDO {}", act(it)),
        Change::Hearing { hearing, .. } => format!("hearing {hearing:?}"),
        Change::Usual { counts } => format!("usual {}", counts.len()),
        Change::Sentence { .. } => "sentence".to_owned(),
    }
}

#[track_caller]
fn check(mode: Mode, script: &str, expected: Expect) {
    expected.assert_eq(&Desk::new(mode).run(script));
}

#[test]
fn the_first_hit_stops_the_sentence_and_later_windows_widen_it() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-4.8
         window 1.5-6.5 contempt=2.1-6.3
         window 3-8
         window 2-7 contempt=2.0-6.6!
         confirm
         right",
        expect![[r#"
            window 0-5 contempt=2.0-4.8 -> opened core/contempt 2.0-4.8 Open; STOP mute 2.0-8.0;
            window 1.5-6.5 contempt=2.1-6.3 -> now core/contempt 2.0-6.3 Open; CHANGE mute 2.0-9.5;
            window 3-8 ->
            window 2-7 contempt=2.0-6.6! -> now core/contempt 2.0-6.6 Open; CHANGE mute 2.0-6.6;
            confirm -> now core/contempt 2.0-6.6 Confirmed;
            right -> now core/contempt 2.0-6.6 Confirmed;
        "#]],
    );
}

#[test]
fn advice_leaves_the_stop_to_a_person() {
    check(
        Mode::Advise,
        "window 0-5 contempt=2.0-3.0
         confirm
         widen
         dismiss",
        expect![[r#"
            window 0-5 contempt=2.0-3.0 -> opened core/contempt 2.0-3.0 Open;
            confirm -> now core/contempt 2.0-3.0 Confirmed; STOP mute 2.0-3.0;
            widen -> now core/contempt 2.0-3.0 Confirmed; CHANGE mute 1.0-5.0;
            dismiss -> now core/contempt 2.0-3.0 Dismissed; UNDO mute 1.0-5.0;
        "#]],
    );
    check(
        Mode::Act,
        "window 0-5 minors=2.0-3.0
         dismiss
         window 1-6 minors=2.0-3.1",
        expect![[r#"
            window 0-5 minors=2.0-3.0 -> opened claims/minors 2.0-3.0 Open;
            dismiss -> now claims/minors 2.0-3.0 Dismissed;
            window 1-6 minors=2.0-3.1 ->
        "#]],
    );
}

#[test]
fn two_windows_that_hear_the_same_words_and_find_nothing_take_it_back() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-3.0
         window 1-6?
         window 1.5-6.5
         window 1.8-7
         window 2-7",
        expect![[r#"
            window 0-5 contempt=2.0-3.0 -> opened core/contempt 2.0-3.0 Open; STOP mute 2.0-3.0;
            window 1-6? ->
            window 1.5-6.5 -> now core/contempt 2.0-3.0 Open;
            window 1.8-7 -> now core/contempt 2.0-3.0 Withdrawn; UNDO mute 2.0-3.0;
            window 2-7 ->
        "#]],
    );
}

#[test]
fn the_last_window_of_a_sentence_takes_it_back_at_once() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-4.8
         window 2-7!",
        expect![[r#"
            window 0-5 contempt=2.0-4.8 -> opened core/contempt 2.0-4.8 Open; STOP mute 2.0-8.0;
            window 2-7! -> now core/contempt 2.0-4.8 Withdrawn; UNDO mute 2.0-8.0;
        "#]],
    );
}

#[test]
fn a_graver_rule_on_the_same_words_takes_the_stronger_stop_first() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-3.0
         window 1-6 threat=2.0-3.5
         window 2-7 contempt=2.0-3.5",
        expect![[r#"
            window 0-5 contempt=2.0-3.0 -> opened core/contempt 2.0-3.0 Open; STOP mute 2.0-3.0;
            window 1-6 threat=2.0-3.5 -> now core/contempt 2.0-3.5 Open; STOP handover 2.0-62.0; UNDO mute 2.0-3.0;
            window 2-7 contempt=2.0-3.5 ->
        "#]],
    );
}

#[test]
fn a_machine_stops_twenty_seconds_in_a_row_and_no_more() {
    check(
        Mode::Act,
        "window 0-12 contempt=0.0-11.0!
         window 11-25 contempt=11.2-24.0!
         window 24-28 contempt=24.1-27.0!
         window 40-45 contempt=41.0-43.0!",
        expect![[r#"
            window 0-12 contempt=0.0-11.0! -> opened core/contempt 0.0-11.0 Open; STOP mute 0.0-11.0;
            window 11-25 contempt=11.2-24.0! -> opened core/contempt 11.2-24.0 Open of a case; STOP mute 11.2-20.0;
            window 24-28 contempt=24.1-27.0! -> opened core/contempt 24.1-27.0 Open of a case; STOP mute 24.1-27.0;
            window 40-45 contempt=41.0-43.0! -> opened core/contempt 41.0-43.0 Open of a case; STOP mute 41.0-43.0;
        "#]],
    );
}

#[test]
fn what_the_program_refuses_is_left_to_people_or_done_by_less() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-3.0
         refused aired
         window 1-6 contempt=2.0-4.0",
        expect![[r#"
            window 0-5 contempt=2.0-3.0 -> opened core/contempt 2.0-3.0 Open; STOP mute 2.0-3.0;
            refused aired -> now core/contempt 2.0-3.0 Open left: Aired;
            window 1-6 contempt=2.0-4.0 -> now core/contempt 2.0-4.0 Open; STOP mute 2.0-4.0;
        "#]],
    );
    check(
        Mode::Act,
        "window 0-5 threat=2.0-3.0
         refused
         refused",
        expect![[r#"
            window 0-5 threat=2.0-3.0 -> opened core/threat 2.0-3.0 Open; STOP handover 2.0-62.0;
            refused -> now core/threat 2.0-3.0 Open; STOP mute 2.0-6.0;
            refused -> now core/threat 2.0-3.0 Open left: Refused;
        "#]],
    );
}

#[test]
fn a_person_makes_a_hand_over_last_and_an_undo_at_the_desk_dismisses() {
    check(
        Mode::Act,
        "window 0-5 threat=2.0-3.0
         confirm
         hearing
         hearing",
        expect![[r#"
            window 0-5 threat=2.0-3.0 -> opened core/threat 2.0-3.0 Open; STOP handover 2.0-62.0;
            confirm -> now core/threat 2.0-3.0 Confirmed; CHANGE handover 2.0-…;
            hearing -> hearing Late;
            hearing ->
        "#]],
    );
    let mut desk = Desk::new(Mode::Act);
    desk.run("window 0-5 contempt=2.0-3.0");
    let act = desk.state.sentinel.incidents[0].act.expect("an act");
    desk.input(Input::Fact {
        fact: Fact::ActionTaken(Action {
            id: act.id,
            kind: ActionKind::Mute,
            by: Actor::Rule { rule: "core/contempt".to_owned() },
            reason: None,
            from_media: act.from,
            to_media: act.to,
            from_air: None,
            to_air: None,
            time_to_air: Duration::from_ms(8100),
            late: true,
            forced: false,
            at: T0,
            state: Default::default(),
            undone_at: None,
        }),
    });
    let known = desk.state.sentinel.incidents[0].act.expect("an act");
    assert_eq!((known.late, known.time_to_air), (true, Some(Duration::from_ms(8100))));
    desk.run("undo");
    assert_eq!(desk.state.sentinel.incidents[0].state, sentinel::IncidentState::Dismissed);
}

#[test]
fn nobody_listens_to_a_show_that_is_not_live_or_has_no_policy() {
    let mut desk = Desk::new(Mode::Act);
    desk.input(Input::End { by: by() });
    assert_eq!(desk.run("window 0-5 contempt=2.0-3.0"), "window 0-5 contempt=2.0-3.0 ->\n");
    let mut desk = Desk::new(Mode::Act);
    if let Some(plan) = &mut desk.state.plan {
        plan.policy = None;
    }
    assert_eq!(desk.run("window 0-5 contempt=2.0-3.0"), "window 0-5 contempt=2.0-3.0 ->\n");
}

#[test]
fn words_and_the_room_that_turns_after_them_are_one_incident() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-4.5!
         at 60
         turn hostile
         at 100
         turn boycott
         at 300
         turn hostile",
        expect![[r#"
            window 0-5 contempt=2.0-4.5! -> opened core/contempt 2.0-4.5 Open; STOP mute 2.0-4.5;
            turn hostile -> now core/contempt 2.0-4.5 Open + room turned: hostile Serious;
            turn boycott -> now core/contempt 2.0-4.5 Open + room turned: boycott, hostile Serious;
            turn hostile -> opened room/turn 300.0-300.0 Open + room turned: hostile Serious;
        "#]],
    );
}

#[test]
fn unsure_words_and_a_leaning_room_are_an_incident_together_and_neither_is_alone() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-4.5~
         window 0-6! contempt=2.0-4.6~
         at 50
         lean hostile
         confirm",
        expect![[r#"
            window 0-5 contempt=2.0-4.5~ -> unsure core/contempt;
            window 0-6! contempt=2.0-4.6~ -> unsure core/contempt;
            lean hostile -> opened core/contempt 2.0-4.6 Open + room leans: hostile Serious;
            confirm -> now core/contempt 2.0-4.6 Confirmed + room leans: hostile Serious; STOP mute 2.0-4.6;
        "#]],
    );
    check(
        Mode::Act,
        "lean hostile
         window 0-5 contempt=2.0-4.5~
         at 200
         lean hostile",
        expect![[r#"
            lean hostile ->
            window 0-5 contempt=2.0-4.5~ -> unsure core/contempt;
            lean hostile ->
        "#]],
    );
}

#[test]
fn a_room_turns_at_what_has_aired_and_at_nothing_before_or_long_after() {
    // The delay is 12 s: what is said at 0 airs at 12.
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-4.5!
         at 10
         lean hostile 5
         turn hostile 5",
        expect![[r#"
            window 0-5 contempt=2.0-4.5! -> opened core/contempt 2.0-4.5 Open; STOP mute 2.0-4.5;
            lean hostile 5 ->
            turn hostile 5 -> opened room/turn 10.0-10.0 Open + room turned: hostile Serious;
        "#]],
    );
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-4.5!
         at 600
         turn hostile 30
         window 580-600 contempt=590.0-595.0!",
        expect![[r#"
            window 0-5 contempt=2.0-4.5! -> opened core/contempt 2.0-4.5 Open; STOP mute 2.0-4.5;
            turn hostile 30 -> now core/contempt 2.0-4.5 Open + room turned: hostile Serious;
            window 580-600 contempt=590.0-595.0! -> opened core/contempt 590.0-595.0 Open of a case; STOP mute 590.0-595.0;
        "#]],
    );
}

#[test]
fn what_an_alarm_said_stays_and_a_room_that_leans_on_says_nothing_new() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-4.5!
         at 40
         lean boycott
         lean boycott
         at 50
         turn hostile
         at 65
         lean boycott
         at 80
         lean boycott",
        expect![[r#"
            window 0-5 contempt=2.0-4.5! -> opened core/contempt 2.0-4.5 Open; STOP mute 2.0-4.5;
            lean boycott -> now core/contempt 2.0-4.5 Open + room leans: boycott Serious;
            lean boycott ->
            turn hostile -> now core/contempt 2.0-4.5 Open + room turned: hostile, boycott Serious;
            lean boycott ->
            lean boycott ->
        "#]],
    );
}

#[test]
fn a_case_whose_first_incident_was_dismissed_goes_on_with_the_next() {
    let mut desk = Desk::new(Mode::Act);
    desk.run("window 0-5 contempt=2.0-4.5!");
    let first = desk.state.sentinel.incidents[0].id;
    desk.run("at 8\nwindow 8-13 contempt=9.0-11.0!");
    let decide = Input::Incident {
        id: first,
        decide: Decide::Dismiss,
        action: ActionId::from_u128(9),
        by: by(),
    };
    desk.input(decide);
    desk.run("at 60\nturn hostile");
    let [dismissed, second] = &desk.state.sentinel.incidents[..] else { panic!("two incidents") };
    assert!(dismissed.room.is_none() && second.room.is_some(), "the alarm is where people look");
    desk.run("at 62\nwindow 62-67 contempt=63.0-65.0!");
    let third = desk.state.sentinel.incidents.last().expect("a third");
    assert_eq!(third.of, Some(desk.state.sentinel.incidents[1].id));
}

#[test]
fn words_never_join_a_turn_without_words() {
    check(
        Mode::Act,
        "at 30
         turn hostile
         window 28-33 contempt=29.0-32.0!",
        expect![[r#"
            turn hostile -> opened room/turn 30.0-30.0 Open + room turned: hostile Serious;
            window 28-33 contempt=29.0-32.0! -> opened core/contempt 29.0-32.0 Open of a case; STOP mute 29.0-32.0;
        "#]],
    );
}

#[test]
fn a_lean_keeps_no_mute_that_later_windows_take_back() {
    check(
        Mode::Act,
        "window 0-5 contempt=2.0-4.5
         at 14
         lean hostile 13
         window 1-7
         window 1-8!",
        expect![[r#"
            window 0-5 contempt=2.0-4.5 -> opened core/contempt 2.0-4.5 Open; STOP mute 2.0-8.0;
            lean hostile 13 -> now core/contempt 2.0-4.5 Open + room leans: hostile Serious;
            window 1-7 -> now core/contempt 2.0-4.5 Open + room leans: hostile Serious;
            window 1-8! -> now core/contempt 2.0-4.5 Withdrawn + room leans: hostile Serious; UNDO mute 2.0-8.0;
        "#]],
    );
}

#[test]
fn one_quarrel_is_one_case() {
    let mut desk = Desk::new(Mode::Act);
    let mut script = String::new();
    for sentence in 0..40_i64 {
        let from = 8 * sentence;
        let _ = writeln!(script, "at {}", from + 4);
        let _ = writeln!(script, "window {from}-{} contempt={}-{}!", from + 5, from + 1, from + 4);
        if sentence % 3 == 0 {
            script.push_str("confirm\n");
        }
    }
    script.push_str("turn hostile");
    desk.run(&script);
    let sentinel = &desk.state.sentinel;
    assert_eq!(sentinel.incidents.len(), 40);
    let leads: Vec<_> = sentinel.incidents.iter().filter(|i| i.of.is_none()).collect();
    assert_eq!(leads.len(), 1, "forty sentences of one quarrel have one lead");
    assert!(leads[0].room.is_some(), "what the room did stands where the case begins");
}

#[test]
fn a_room_that_turns_by_itself_is_for_people_and_no_window_takes_it_back() {
    check(
        Mode::Act,
        "turn boycott
         window 0-5
         window 0-6!
         window 0-7!
         confirm",
        expect![[r#"
            turn boycott -> opened room/turn 0.0-0.0 Open + room turned: boycott Serious;
            window 0-5 ->
            window 0-6! ->
            window 0-7! ->
            confirm -> now room/turn 0.0-0.0 Confirmed + room turned: boycott Serious;
        "#]],
    );
    let mut desk = Desk::new(Mode::Act);
    desk.run("turn boycott");
    let id = desk.state.sentinel.incidents[0].id;
    let decide = Decide::Widen { from: None, to: None };
    let widen = Input::Incident { id, decide, action: ActionId::from_u128(9), by: by() };
    let refused = Show::decide(&desk.state, &widen, T0).unwrap_err();
    assert_eq!(refused.code(), "bad_setting", "there are no words to widen");
}

#[test]
fn a_room_that_leans_at_unsure_words_and_then_turns_is_the_same_incident() {
    let mut desk = Desk::new(Mode::Advise);
    desk.run(
        "window 0-6! contempt=2.0-4.6~
         at 50
         lean hostile
         at 53
         turn hostile",
    );
    let [incident] = &desk.state.sentinel.incidents[..] else { panic!("one incident") };
    assert!(incident.has_words() && incident.room.as_ref().is_some_and(|room| room.sure));
}
