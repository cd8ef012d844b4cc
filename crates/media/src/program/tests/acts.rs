//! The action table, row by row: which of the host's moments do not air, and what is answered.

use Kind::{Cover, Cut, Dump, HandOver, Mute, Panic, Resume};
use Step::{At, Do, Now, Preview, Undo};
use expect_test::{Expect, expect};

use super::stage::{seconds, told};
use super::*;

/// What is done in a row of a table, in milliseconds; rows begin at 15.0.
#[derive(Clone, Copy)]
enum Step {
    /// On an interval of the host's time.
    Do(Kind, i64, i64),
    /// The same by the newest moment of the preview.
    Preview(Kind, i64, i64),
    Now(Kind),
    Undo(u128),
    At(i64),
}

/// A show that has aired for 7 s of 8 s delay: 7.0 is on air, 15.0 arrives; a standby stands ready.
fn ready() -> Stage {
    let mut stage = on_air_with_standby(8000);
    stage.until(15_000);
    stage
}

/// What of the host did not air on a track, between its first and last moments.
fn gaps(stage: &Stage, video: bool) -> String {
    let step = if video { 40 } else { 22 };
    let moments: Vec<i64> = stage.referee.moments(video).iter().map(|m| m.ms()).collect();
    let gaps = moments.windows(2).filter(|pair| pair[1] - pair[0] > step + 10);
    let gaps: Vec<String> =
        gaps.map(|pair| format!("{} – {}", seconds(pair[0] + step), seconds(pair[1]))).collect();
    if gaps.is_empty() { "all aired".to_owned() } else { gaps.join(", ") }
}

fn answer(answer: Result<Applied, Refusal>) -> String {
    match answer {
        Ok(applied) => format!("{:?} {}", applied.kind, told(&applied)),
        Err(refusal) => format!("refused: {refusal}"),
    }
}

/// A row: the answers, and what of the host's picture and sound does not air.
fn row(steps: &[Step]) -> String {
    let mut stage = ready();
    let mut lines = Vec::new();
    for step in steps {
        let preview = |at| Some(When::Preview(ms(at)));
        lines.push(answer(match *step {
            At(clock_ms) => {
                stage.until(clock_ms);
                continue;
            }
            Do(kind, from, to) => stage.act(Wish::between(kind, at(from), at(to))),
            Preview(kind, from, to) => {
                stage.act(Wish { kind, from: preview(from), to: preview(to), force: false })
            }
            Now(kind) => stage.act(Wish::now(kind)),
            Undo(n) => stage.undo(n),
        }));
    }
    stage.until(40_000);
    lines.push(format!("    picture: {}; sound: {}", gaps(&stage, true), gaps(&stage, false)));
    stage.story();
    lines.join("\n")
}

fn check(rows: &[&[Step]], expect: Expect) {
    let rows: Vec<String> = rows.iter().map(|steps| row(steps)).collect();
    expect.assert_eq(&rows.join("\n"));
}

/// A row for each kind that has an interval.
fn check_kinds(row: impl Fn(Kind) -> Vec<Step>, expect: Expect) {
    let rows = [Mute, Cover, Cut, HandOver].map(row);
    check(&rows.each_ref().map(Vec::as_slice), expect);
}

/// Acts on 10.0 – 14.5 and takes it back at a time.
fn undone(kind: Kind, clock_ms: i64) -> Vec<Step> {
    vec![Do(kind, 10_000, 14_500), At(clock_ms), Undo(1)]
}

#[test]
fn an_interval_in_the_delay() {
    check_kinds(
        |kind| vec![Do(kind, 12_000, 14_000)],
        expect![[r#"
        Mute 12.000 – 14.000, 5000 ms before air, Planned
            picture: all aired; sound: 11.969 – 14.016
        Cover 12.000 – 14.000, 5000 ms before air, Planned
            picture: 12.000 – 14.000; sound: all aired
        Cut 12.000 – 14.000, 5000 ms before air, Planned
            picture: 12.000 – 14.000; sound: 11.969 – 14.016
        HandOver 12.000 – 14.000, 5000 ms before air, Planned
            picture: 12.000 – 14.000; sound: 11.969 – 14.016"#]],
    );
}

#[test]
fn entering_waits_for_a_key_frame_and_says_so() {
    check_kinds(
        |kind| vec![Do(kind, 12_100, 13_300)],
        expect![[r#"
        Mute 12.100 – 13.300, 5100 ms before air, Planned
            picture: all aired; sound: 12.075 – 13.312
        Cover 12.100 – 14.000, 5100 ms before air, Planned
            picture: 12.120 – 14.000; sound: all aired
        Cut 12.100 – 14.000, 5100 ms before air, Planned
            picture: 12.120 – 14.000; sound: 12.075 – 14.016
        HandOver 12.100 – 14.000, 5100 ms before air, Planned
            picture: 12.120 – 14.000; sound: 12.075 – 14.016"#]],
    );
}

#[test]
fn an_interval_that_ends_in_the_future() {
    check_kinds(
        |kind| vec![Do(kind, 14_000, 18_500)],
        expect![[r#"
        Mute 14.000 – 18.500, 7000 ms before air, Planned
            picture: all aired; sound: 13.974 – 18.517
        Cover 14.000 – 18.500, 7000 ms before air, Planned
            picture: 14.000 – 19.000; sound: all aired
        Cut 14.000 – 18.500, 7000 ms before air, Planned
            picture: 14.000 – 19.000; sound: 13.974 – 19.008
        HandOver 14.000 – 18.500, 7000 ms before air, Planned
            picture: 14.000 – 19.000; sound: 13.974 – 19.008"#]],
    );
    check(
        &[&[Do(Cut, 16_000, 18_000)]],
        expect![[r#"
        Cut 16.000 – 18.000, 9000 ms before air, Planned
            picture: 16.000 – 18.000; sound: 15.979 – 18.005"#]],
    );
}

#[test]
fn until_resumed() {
    check_kinds(
        |kind| vec![Now(kind), At(20_000), Now(Resume)],
        expect![[r#"
        Mute 14.019 – until resumed, 7019 ms before air, Planned
        Resume 20.011 – until resumed, 8011 ms before air, Planned
            picture: all aired; sound: 13.995 – 20.011
        Cover 14.019 – until resumed, 7019 ms before air, Planned
        Resume 20.011 – until resumed, 8011 ms before air, Planned
            picture: 14.040 – 21.000; sound: all aired
        Cut 14.019 – until resumed, 7019 ms before air, Planned
        Resume 20.011 – until resumed, 8011 ms before air, Planned
            picture: 14.040 – 21.000; sound: 13.995 – 21.013
        HandOver 14.019 – until resumed, 7019 ms before air, Planned
        Resume 20.011 – until resumed, 8011 ms before air, Planned
            picture: 14.040 – 21.000; sound: 13.995 – 21.013"#]],
    );
    check(
        &[&[Now(Panic), At(20_000), Now(Resume)]],
        expect![[r#"
        Panic 7.040 – until resumed, 0 ms before air, Active
        Resume 20.011 – until resumed, 8011 ms before air, Planned
            picture: 7.040 – 21.000; sound: 7.019 – 21.013"#]],
    );
}

#[test]
fn a_dump_throws_away_what_waits() {
    check(
        &[&[Now(Dump)], &[Now(Dump), At(17_000), Undo(1)]],
        expect![[r#"
        Dump 7.040 – 15.019, 40 ms before air, Planned
            picture: 7.040 – 16.000; sound: 7.019 – 16.000
        Dump 7.040 – 15.019, 40 ms before air, Planned
        Dump 7.040 – 10.000, -1960 ms before air, Shortened
            picture: 7.040 – 10.000; sound: 7.019 – 10.005"#]],
    );
}

#[test]
fn undone_before_anything_aired() {
    check_kinds(
        |kind| undone(kind, 16_000),
        expect![[r#"
        Mute 10.000 – 14.500, 3000 ms before air, Planned
        Mute 10.000 – 10.000, 2000 ms before air, Undone
            picture: all aired; sound: all aired
        Cover 10.000 – 15.000, 3000 ms before air, Planned
        Cover 10.000 – 10.000, 2000 ms before air, Undone
            picture: all aired; sound: all aired
        Cut 10.000 – 15.000, 3000 ms before air, Planned
        Cut 10.000 – 10.000, 2000 ms before air, Undone
            picture: all aired; sound: all aired
        HandOver 10.000 – 15.000, 3000 ms before air, Planned
        HandOver 10.000 – 10.000, 2000 ms before air, Undone
            picture: all aired; sound: all aired"#]],
    );
}

#[test]
fn undone_while_on_air() {
    check_kinds(
        |kind| undone(kind, 20_100),
        expect![[r#"
        Mute 10.000 – 14.500, 3000 ms before air, Planned
        Mute 10.000 – 12.100, -2100 ms before air, Shortened
            picture: all aired; sound: 9.963 – 12.117
        Cover 10.000 – 15.000, 3000 ms before air, Planned
        Cover 10.000 – 13.000, -2100 ms before air, Shortened
            picture: 10.000 – 13.000; sound: all aired
        Cut 10.000 – 15.000, 3000 ms before air, Planned
        Cut 10.000 – 13.000, -2100 ms before air, Shortened
            picture: 10.000 – 13.000; sound: 9.963 – 13.013
        HandOver 10.000 – 15.000, 3000 ms before air, Planned
        HandOver 10.000 – 13.000, -2100 ms before air, Shortened
            picture: 10.000 – 13.000; sound: 9.963 – 13.013"#]],
    );
}

#[test]
fn undone_too_late() {
    check(
        &[&undone(Mute, 24_000), &undone(Cut, 24_000)],
        expect![[r#"
        Mute 10.000 – 14.500, 3000 ms before air, Planned
        refused: it ended 1500 ms ago on air and cannot be undone
            picture: all aired; sound: 9.963 – 14.507
        Cut 10.000 – 15.000, 3000 ms before air, Planned
        refused: it ended 1500 ms ago on air and cannot be undone
            picture: 10.000 – 15.000; sound: 9.963 – 15.019"#]],
    );
}

#[test]
fn asked_for_too_late() {
    check(
        &[&[Do(Mute, 6000, 9000)], &[Do(Cut, 6000, 9000)], &[Do(Cut, 5000, 6900)]],
        expect![[r#"
        Mute 7.040 – 9.000, 40 ms before air, late, Planned
            picture: all aired; sound: 7.019 – 9.003
        Cut 7.040 – 9.000, 40 ms before air, late, Planned
            picture: 7.040 – 9.000; sound: 7.019 – 9.003
        refused: this aired 100 ms ago
            picture: all aired; sound: all aired"#]],
    );
}

#[test]
fn refused() {
    check(
        &[
            &[Do(Cut, 9000, 9000)],
            &[Do(Cut, 90_000, 99_000)],
            &[Now(Resume)],
            &[Undo(7)],
            &[Now(Panic), Now(Panic), Undo(1)],
        ],
        expect![[r#"
            refused: the interval is empty: its end lies 0 ms before its beginning
                picture: all aired; sound: all aired
            refused: the interval begins 74981 ms from now; the limit is 60000 ms
                picture: all aired; sound: all aired
            refused: nothing is in force
                picture: all aired; sound: all aired
            refused: no such action
                picture: all aired; sound: all aired
            Panic 7.040 – until resumed, 0 ms before air, Active
            refused: a panic is on already
            refused: Panic cannot be undone
                picture: all aired; sound: all aired"#]],
    );
}

#[test]
fn times_relative_to_the_preview() {
    check(
        &[&[Preview(Mute, -3000, -1000)], &[Preview(Mute, -3000, 2000)]],
        expect![[r#"
            Mute 12.019 – 14.019, 5019 ms before air, Planned
                picture: all aired; sound: 11.990 – 14.037
            Mute 12.019 – 17.019, 5019 ms before air, Planned
                picture: all aired; sound: 11.990 – 17.024"#]],
    );
}

#[test]
fn overlapping_intervals_and_undoing_one() {
    let all = [Do(Mute, 10_000, 13_000), Do(Cut, 11_000, 12_000), Do(Cover, 11_500, 14_000)];
    let but = |n| [all.as_slice(), &[Undo(n)]].concat();
    check(
        &[&all, &but(1), &but(2), &but(3)],
        expect![[r#"
        Mute 10.000 – 13.000, 3000 ms before air, Planned
        Cut 11.000 – 12.000, 4000 ms before air, Planned
        Cover 11.500 – 14.000, 4500 ms before air, Planned
            picture: 11.000 – 14.000; sound: 9.963 – 13.013
        Mute 10.000 – 13.000, 3000 ms before air, Planned
        Cut 11.000 – 12.000, 4000 ms before air, Planned
        Cover 11.500 – 14.000, 4500 ms before air, Planned
        Mute 10.000 – 10.000, 3000 ms before air, Undone
            picture: 11.000 – 14.000; sound: 10.966 – 12.011
        Mute 10.000 – 13.000, 3000 ms before air, Planned
        Cut 11.000 – 12.000, 4000 ms before air, Planned
        Cover 11.500 – 14.000, 4500 ms before air, Planned
        Cut 11.000 – 11.000, 4000 ms before air, Undone
            picture: 11.520 – 14.000; sound: 9.963 – 13.013
        Mute 10.000 – 13.000, 3000 ms before air, Planned
        Cut 11.000 – 12.000, 4000 ms before air, Planned
        Cover 11.500 – 14.000, 4500 ms before air, Planned
        Cover 11.500 – 11.500, 4500 ms before air, Undone
            picture: 11.000 – 12.000; sound: 9.963 – 13.013"#]],
    );
}

#[test]
fn a_standby_that_is_not_ready_is_refused_unless_forced() {
    let row = |(source, force): (Option<Source>, bool)| {
        let mut stage = on_air(8000);
        if let Some(source) = source {
            stage.connect(Channel::Standby, &source);
        }
        stage.until(25_000);
        let wish = Wish { force, ..Wish::between(HandOver, at(22_000), at(24_000)) };
        let told = answer(stage.act(wish));
        stage.until(40_000);
        let bea = stage.referee.names().iter().any(|name| name.starts_with("bea"));
        let gaps = gaps(&stage, true);
        stage.story();
        format!("{told}\n    bea aired: {bea}; picture: {gaps}")
    };
    let mono = Source { audio: Some(audio_config(44_100, 1)), ..Source::new("bea") };
    let mute = Source { audio: None, ..Source::new("bea") };
    let keyless = Source { gop: 10_000, ..Source::new("bea") };
    let rows = [
        (None, false),
        (None, true),
        (Some(mono.clone()), false),
        (Some(mono), true),
        (Some(mute), false),
        (Some(keyless), false),
    ];
    expect![[r#"
        refused: the standby has no feed
            bea aired: false; picture: all aired
        HandOver 22.000 – 24.000, 5000 ms before air, Planned
            bea aired: false; picture: 22.000 – 24.000
        refused: the standby's sound is 44100 hz with 1 channels, the program's is 48000 hz with 2
            bea aired: false; picture: all aired
        HandOver 22.000 – 24.000, 5000 ms before air, Planned
            bea aired: true; picture: 22.000 – 24.000
        HandOver 22.000 – 24.000, 5000 ms before air, Planned
            bea aired: true; picture: 22.000 – 24.000
        refused: the standby's feed has sent no key frame lately
            bea aired: false; picture: all aired"#]]
    .assert_eq(&rows.map(row).join("\n"));
}

/// What the desk shows: what is on and why, the strip, the actions, the standby.
#[test]
fn the_desk_sees_it_all() {
    fn check(stage: &Stage, expect: Expect) {
        let Status { video, audio, why, in_delay, newest, air_point, actions, standby, .. } =
            stage.program.status(stage.now);
        let strip = format!("{} – {}", seconds(air_point.ms()), seconds(newest.ms()));
        let actions: Vec<String> = actions.iter().map(told).collect();
        expect.assert_eq(&format!(
            "{video:?}, {audio:?}, {why:?}\n{strip}, {} ms in the delay\n{actions:?}\n{:?}",
            in_delay.ms(),
            standby.not_ready
        ));
    }
    let mut stage = Stage::new(config(8000));
    check(
        &stage,
        expect![[r#"
            Slate, Silence, Some(NotOnAir)
            -8.000 – 0.000, 0 ms in the delay
            []
            Some(NoFeed)"#]],
    );
    stage.connect(Channel::Host, &Source::new("anna"));
    stage.until(3000);
    check(
        &stage,
        expect![[r#"
        Slate, Silence, Some(NotOnAir)
        -5.000 – 3.008, 8000 ms in the delay
        []
        Some(NoFeed)"#]],
    );
    stage.connect(Channel::Standby, &Source::new("bea"));
    stage.until(15_000);
    check(
        &stage,
        expect![[r#"
        Host, Host, None
        7.000 – 15.019, 8000 ms in the delay
        []
        None"#]],
    );
    stage.act(Wish::between(Cut, at(8000), at(9000))).expect("in the delay");
    stage.act(Wish::now(Mute)).expect("in the delay");
    check(
        &stage,
        expect![[r#"
        Host, Host, None
        7.000 – 15.019, 8000 ms in the delay
        ["8.000 – 9.000, 1000 ms before air, Planned", "14.019 – until resumed, 7019 ms before air, Planned"]
        None"#]],
    );
    stage.until(16_500);
    check(
        &stage,
        expect![[r#"
        Slate, Silence, Some(Action { id: ActionId(00000000-0000-0000-0000-000000000001), kind: Cut })
        8.500 – 16.512, 7991 ms in the delay
        ["8.000 – 9.000, -500 ms before air, Active", "14.019 – until resumed, 5519 ms before air, Planned"]
        None"#]],
    );
    stage.disconnect(Channel::Standby);
    stage.disconnect(Channel::Host);
    stage.until(30_000);
    check(
        &stage,
        expect![[r#"
            Slate, Silence, Some(FeedLost)
            22.000 – 22.000, 0 ms in the delay
            ["14.019 – until resumed, -7981 ms before air, Active"]
            Some(NoFeed)"#]],
    );
}
