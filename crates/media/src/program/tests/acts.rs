//! The action table, row by row: which of the host's moments do not air, and what is answered.

use expect_test::{Expect, expect};

use super::stage::{seconds, told};
use super::*;

/// A show that has aired for 7 s of 8 s delay: 7.0 is on air, 15.0 arrives; a standby stands ready.
fn on_air() -> Stage {
    let mut stage = Stage::new(config(8000));
    stage.connect(Channel::Host, &Source::new("anna"));
    stage.connect(Channel::Standby, &Source::new("bea"));
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

fn check(play: impl FnOnce(&mut Stage) -> String, expect: Expect) {
    let mut stage = on_air();
    let answer = play(&mut stage);
    stage.until(40_000);
    let gaps = format!("picture: {}\nsound: {}", gaps(&stage, true), gaps(&stage, false));
    stage.story();
    expect.assert_eq(&format!("{answer}\n{gaps}"));
}

fn answer(answer: Result<Applied, Refusal>) -> String {
    match answer {
        Ok(applied) => told(&applied),
        Err(refusal) => format!("refused: {refusal}"),
    }
}

fn between(kind: Kind, from_ms: i64, to_ms: i64) -> impl FnOnce(&mut Stage) -> String {
    move |stage| answer(stage.act(Wish::between(kind, at(from_ms), at(to_ms))))
}

/// Acts at 15.0, resumes at 20.0.
fn resumed(kind: Kind) -> impl FnOnce(&mut Stage) -> String {
    move |stage| {
        let first = answer(stage.act(Wish::now(kind)));
        stage.until(20_000);
        let then = answer(stage.act(Wish::now(Kind::Resume)));
        format!("{first}\n{then}")
    }
}

/// Acts at 15.0 on 10.0 – 14.5 and takes it back at a time.
fn undone(kind: Kind, clock_ms: i64) -> impl FnOnce(&mut Stage) -> String {
    move |stage| {
        let first = answer(stage.act(Wish::between(kind, at(10_000), at(14_500))));
        stage.until(clock_ms);
        format!("{first}\n{}", answer(stage.undo(1)))
    }
}

#[test]
fn an_interval_in_the_delay() {
    check(
        between(Kind::Mute, 12_000, 14_000),
        expect![[r#"
        12.000 – 14.000, 5000 ms before air, Planned
        picture: all aired
        sound: 11.969 – 14.016"#]],
    );
    check(
        between(Kind::Cover, 12_000, 14_000),
        expect![[r#"
        12.000 – 14.000, 5000 ms before air, Planned
        picture: 12.000 – 14.000
        sound: all aired"#]],
    );
    check(
        between(Kind::Cut, 12_000, 14_000),
        expect![[r#"
        12.000 – 14.000, 5000 ms before air, Planned
        picture: 12.000 – 14.000
        sound: 11.969 – 14.016"#]],
    );
    check(
        between(Kind::HandOver, 12_000, 14_000),
        expect![[r#"
        12.000 – 14.000, 5000 ms before air, Planned
        picture: 12.000 – 14.000
        sound: 11.969 – 14.016"#]],
    );
}

#[test]
fn entering_waits_for_a_key_frame_and_says_so() {
    check(
        between(Kind::Mute, 12_100, 13_300),
        expect![[r#"
        12.100 – 13.300, 5100 ms before air, Planned
        picture: all aired
        sound: 12.075 – 13.312"#]],
    );
    check(
        between(Kind::Cover, 12_100, 13_300),
        expect![[r#"
        12.100 – 14.000, 5100 ms before air, Planned
        picture: 12.120 – 14.000
        sound: all aired"#]],
    );
    check(
        between(Kind::Cut, 12_100, 13_300),
        expect![[r#"
        12.100 – 14.000, 5100 ms before air, Planned
        picture: 12.120 – 14.000
        sound: 12.075 – 14.016"#]],
    );
    check(
        between(Kind::HandOver, 12_100, 13_300),
        expect![[r#"
        12.100 – 14.000, 5100 ms before air, Planned
        picture: 12.120 – 14.000
        sound: 12.075 – 14.016"#]],
    );
}

#[test]
fn an_interval_that_ends_in_the_future() {
    check(
        between(Kind::Mute, 14_000, 18_500),
        expect![[r#"
        14.000 – 18.500, 7000 ms before air, Planned
        picture: all aired
        sound: 13.974 – 18.517"#]],
    );
    check(
        between(Kind::Cover, 14_000, 18_500),
        expect![[r#"
        14.000 – 18.500, 7000 ms before air, Planned
        picture: 14.000 – 19.000
        sound: all aired"#]],
    );
    check(
        between(Kind::Cut, 14_000, 18_500),
        expect![[r#"
        14.000 – 18.500, 7000 ms before air, Planned
        picture: 14.000 – 19.000
        sound: 13.974 – 19.008"#]],
    );
    check(
        between(Kind::HandOver, 14_000, 18_500),
        expect![[r#"
        14.000 – 18.500, 7000 ms before air, Planned
        picture: 14.000 – 19.000
        sound: 13.974 – 19.008"#]],
    );
    check(
        between(Kind::Cut, 16_000, 18_000),
        expect![[r#"
        16.000 – 18.000, 9000 ms before air, Planned
        picture: 16.000 – 18.000
        sound: 15.979 – 18.005"#]],
    );
}

#[test]
fn until_resumed() {
    check(
        resumed(Kind::Mute),
        expect![[r#"
        14.019 – until resumed, 7019 ms before air, Planned
        20.011 – until resumed, 8011 ms before air, Planned
        picture: all aired
        sound: 13.995 – 20.011"#]],
    );
    check(
        resumed(Kind::Cover),
        expect![[r#"
        14.019 – until resumed, 7019 ms before air, Planned
        20.011 – until resumed, 8011 ms before air, Planned
        picture: 14.040 – 21.000
        sound: all aired"#]],
    );
    check(
        resumed(Kind::Cut),
        expect![[r#"
        14.019 – until resumed, 7019 ms before air, Planned
        20.011 – until resumed, 8011 ms before air, Planned
        picture: 14.040 – 21.000
        sound: 13.995 – 21.013"#]],
    );
    check(
        resumed(Kind::HandOver),
        expect![[r#"
        14.019 – until resumed, 7019 ms before air, Planned
        20.011 – until resumed, 8011 ms before air, Planned
        picture: 14.040 – 21.000
        sound: 13.995 – 21.013"#]],
    );
    check(
        resumed(Kind::Panic),
        expect![[r#"
        7.040 – until resumed, 0 ms before air, Active
        20.011 – until resumed, 8011 ms before air, Planned
        picture: 7.040 – 21.000
        sound: 7.019 – 21.013"#]],
    );
}

#[test]
fn a_dump_throws_away_what_waits() {
    check(
        |stage| answer(stage.act(Wish::now(Kind::Dump))),
        expect![[r#"
        7.040 – 15.019, 40 ms before air, Planned
        picture: 7.040 – 16.000
        sound: 7.019 – 16.000"#]],
    );
    let undo = |stage: &mut Stage| {
        let first = answer(stage.act(Wish::now(Kind::Dump)));
        stage.until(17_000);
        format!("{first}\n{}", answer(stage.undo(1)))
    };
    check(
        undo,
        expect![[r#"
        7.040 – 15.019, 40 ms before air, Planned
        7.040 – 10.000, -1960 ms before air, Shortened
        picture: 7.040 – 10.000
        sound: 7.019 – 10.005"#]],
    );
}

#[test]
fn undone_before_anything_aired() {
    check(
        undone(Kind::Mute, 16_000),
        expect![[r#"
        10.000 – 14.500, 3000 ms before air, Planned
        10.000 – 10.000, 2000 ms before air, Undone
        picture: all aired
        sound: all aired"#]],
    );
    check(
        undone(Kind::Cover, 16_000),
        expect![[r#"
        10.000 – 15.000, 3000 ms before air, Planned
        10.000 – 10.000, 2000 ms before air, Undone
        picture: all aired
        sound: all aired"#]],
    );
    check(
        undone(Kind::Cut, 16_000),
        expect![[r#"
        10.000 – 15.000, 3000 ms before air, Planned
        10.000 – 10.000, 2000 ms before air, Undone
        picture: all aired
        sound: all aired"#]],
    );
    check(
        undone(Kind::HandOver, 16_000),
        expect![[r#"
        10.000 – 15.000, 3000 ms before air, Planned
        10.000 – 10.000, 2000 ms before air, Undone
        picture: all aired
        sound: all aired"#]],
    );
}

#[test]
fn undone_while_on_air() {
    check(
        undone(Kind::Mute, 20_100),
        expect![[r#"
        10.000 – 14.500, 3000 ms before air, Planned
        10.000 – 12.100, -2100 ms before air, Shortened
        picture: all aired
        sound: 9.963 – 12.117"#]],
    );
    check(
        undone(Kind::Cover, 20_100),
        expect![[r#"
        10.000 – 15.000, 3000 ms before air, Planned
        10.000 – 13.000, -2100 ms before air, Shortened
        picture: 10.000 – 13.000
        sound: all aired"#]],
    );
    check(
        undone(Kind::Cut, 20_100),
        expect![[r#"
        10.000 – 15.000, 3000 ms before air, Planned
        10.000 – 13.000, -2100 ms before air, Shortened
        picture: 10.000 – 13.000
        sound: 9.963 – 13.013"#]],
    );
    check(
        undone(Kind::HandOver, 20_100),
        expect![[r#"
        10.000 – 15.000, 3000 ms before air, Planned
        10.000 – 13.000, -2100 ms before air, Shortened
        picture: 10.000 – 13.000
        sound: 9.963 – 13.013"#]],
    );
}

#[test]
fn undone_too_late() {
    check(
        undone(Kind::Mute, 24_000),
        expect![[r#"
        10.000 – 14.500, 3000 ms before air, Planned
        refused: it ended 1500 ms ago on air and cannot be undone
        picture: all aired
        sound: 9.963 – 14.507"#]],
    );
    check(
        undone(Kind::Cut, 24_000),
        expect![[r#"
        10.000 – 15.000, 3000 ms before air, Planned
        refused: it ended 1500 ms ago on air and cannot be undone
        picture: 10.000 – 15.000
        sound: 9.963 – 15.019"#]],
    );
}

#[test]
fn asked_for_too_late() {
    check(
        between(Kind::Mute, 6000, 9000),
        expect![[r#"
        7.040 – 9.000, 40 ms before air, late, Planned
        picture: all aired
        sound: 7.019 – 9.003"#]],
    );
    check(
        between(Kind::Cut, 6000, 9000),
        expect![[r#"
        7.040 – 9.000, 40 ms before air, late, Planned
        picture: 7.040 – 9.000
        sound: 7.019 – 9.003"#]],
    );
    check(
        between(Kind::Cut, 5000, 6900),
        expect![[r#"
        refused: this aired 100 ms ago
        picture: all aired
        sound: all aired"#]],
    );
}

#[test]
fn refused() {
    check(
        between(Kind::Cut, 9000, 9000),
        expect![[r#"
        refused: the interval is empty: its end lies 0 ms before its beginning
        picture: all aired
        sound: all aired"#]],
    );
    check(
        between(Kind::Cut, 90_000, 99_000),
        expect![[r#"
        refused: the interval begins 74981 ms from now; the limit is 60000 ms
        picture: all aired
        sound: all aired"#]],
    );
    check(
        |stage| answer(stage.act(Wish::now(Kind::Resume))),
        expect![[r#"
        refused: nothing is in force
        picture: all aired
        sound: all aired"#]],
    );
    check(
        |stage| answer(stage.undo(7)),
        expect![[r#"
        refused: no such action
        picture: all aired
        sound: all aired"#]],
    );
    let twice = |stage: &mut Stage| {
        let _ = stage.act(Wish::now(Kind::Panic));
        let panic = answer(stage.act(Wish::now(Kind::Panic)));
        format!("{panic}\n{}", answer(stage.undo(1)))
    };
    check(
        twice,
        expect![[r#"
        refused: a panic is on already
        refused: Panic cannot be undone
        picture: all aired
        sound: all aired"#]],
    );
}

#[test]
fn times_relative_to_the_preview() {
    let wish = |from, to| Wish {
        kind: Kind::Mute,
        from: Some(When::Preview(ms(from))),
        to: Some(When::Preview(ms(to))),
        force: false,
    };
    check(
        move |stage| answer(stage.act(wish(-3000, -1000))),
        expect![[r#"
        12.019 – 14.019, 5019 ms before air, Planned
        picture: all aired
        sound: 11.990 – 14.037"#]],
    );
    check(
        move |stage| answer(stage.act(wish(-3000, 2000))),
        expect![[r#"
        12.019 – 17.019, 5019 ms before air, Planned
        picture: all aired
        sound: 11.990 – 17.024"#]],
    );
}

#[test]
fn overlapping_intervals_and_undoing_one() {
    let overlapping = |undo: Option<u128>| {
        move |stage: &mut Stage| {
            let mute = answer(stage.act(Wish::between(Kind::Mute, at(10_000), at(13_000))));
            let cut = answer(stage.act(Wish::between(Kind::Cut, at(11_000), at(12_000))));
            let cover = answer(stage.act(Wish::between(Kind::Cover, at(11_500), at(14_000))));
            let undone = undo.map_or(String::new(), |n| format!("\n{}", answer(stage.undo(n))));
            format!("{mute}\n{cut}\n{cover}{undone}")
        }
    };
    check(
        overlapping(None),
        expect![[r#"
        10.000 – 13.000, 3000 ms before air, Planned
        11.000 – 12.000, 4000 ms before air, Planned
        11.500 – 14.000, 4500 ms before air, Planned
        picture: 11.000 – 14.000
        sound: 9.963 – 13.013"#]],
    );
    check(
        overlapping(Some(1)),
        expect![[r#"
        10.000 – 13.000, 3000 ms before air, Planned
        11.000 – 12.000, 4000 ms before air, Planned
        11.500 – 14.000, 4500 ms before air, Planned
        10.000 – 10.000, 3000 ms before air, Undone
        picture: 11.000 – 14.000
        sound: 10.966 – 12.011"#]],
    );
    check(
        overlapping(Some(2)),
        expect![[r#"
        10.000 – 13.000, 3000 ms before air, Planned
        11.000 – 12.000, 4000 ms before air, Planned
        11.500 – 14.000, 4500 ms before air, Planned
        11.000 – 11.000, 4000 ms before air, Undone
        picture: 11.520 – 14.000
        sound: 9.963 – 13.013"#]],
    );
    check(
        overlapping(Some(3)),
        expect![[r#"
        10.000 – 13.000, 3000 ms before air, Planned
        11.000 – 12.000, 4000 ms before air, Planned
        11.500 – 14.000, 4500 ms before air, Planned
        11.500 – 11.500, 4500 ms before air, Undone
        picture: 11.000 – 12.000
        sound: 9.963 – 13.013"#]],
    );
}

#[test]
fn a_standby_that_is_not_ready_is_refused_unless_forced() {
    fn check(source: Option<Source>, force: bool, expect: Expect) {
        let mut stage = Stage::new(config(8000));
        stage.connect(Channel::Host, &Source::new("anna"));
        if let Some(source) = source {
            stage.connect(Channel::Standby, &source);
        }
        stage.until(25_000);
        let wish = Wish { force, ..Wish::between(Kind::HandOver, at(22_000), at(24_000)) };
        let told = answer(stage.act(wish));
        stage.until(40_000);
        let bea = stage.referee.names().iter().any(|name| name.starts_with("bea"));
        let gaps = gaps(&stage, true);
        stage.story();
        expect.assert_eq(&format!("{told}\nbea aired: {bea}\npicture: {gaps}"));
    }
    let mono = Source { audio: Some(audio_config(44_100, 1)), ..Source::new("bea") };
    let mute = Source { audio: None, ..Source::new("bea") };
    let keyless = Source { gop: 10_000, ..Source::new("bea") };
    check(
        None,
        false,
        expect![[r#"
        refused: the standby has no feed
        bea aired: false
        picture: all aired"#]],
    );
    check(
        None,
        true,
        expect![[r#"
        22.000 – 24.000, 5000 ms before air, Planned
        bea aired: false
        picture: 22.000 – 24.000"#]],
    );
    check(
        Some(mono.clone()),
        false,
        expect![[r#"
        refused: the standby's sound is 44100 hz with 1 channels, the program's is 48000 hz with 2
        bea aired: false
        picture: all aired"#]],
    );
    check(
        Some(mono),
        true,
        expect![[r#"
        22.000 – 24.000, 5000 ms before air, Planned
        bea aired: true
        picture: 22.000 – 24.000"#]],
    );
    check(
        Some(mute),
        false,
        expect![[r#"
        22.000 – 24.000, 5000 ms before air, Planned
        bea aired: true
        picture: 22.000 – 24.000"#]],
    );
    check(
        Some(keyless),
        false,
        expect![[r#"
        refused: the standby's feed has sent no key frame lately
        bea aired: false
        picture: all aired"#]],
    );
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
    stage.act(Wish::between(Kind::Cut, at(8000), at(9000))).expect("in the delay");
    stage.act(Wish::now(Kind::Mute)).expect("in the delay");
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
