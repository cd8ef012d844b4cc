//! Shows from beginning to end, told by what aired.

use expect_test::expect;

use super::*;

#[test]
fn a_show_airs_after_its_delay() {
    let mut stage = on_air(8000);
    stage.until(20_000);
    check(
        stage,
        expect![[r#"
        00:08.000 on air 0.000: Host, Host
        00:08.000   sound   0.000 – 12.011  anna a0
        00:08.040   picture 0.000 – 12.040  anna v0
    "#]],
    );
}

#[test]
fn a_mute_silences_its_interval_and_nothing_else() {
    let mut stage = on_air(8000);
    stage.until(15_000);
    stage.act(Wish::between(Kind::Mute, at(12_000), at(14_000))).expect("in the delay");
    stage.until(25_000);
    check(
        stage,
        expect![[r#"
        00:08.000 on air 0.000: Host, Host
        00:08.000   sound   0.000 – 11.968  anna a0
        00:08.040   picture 0.000 – 17.040  anna v0
        00:15.000 Mute 12.000 – 14.000, 5000 ms before air, Planned
        00:19.970 on air 11.968: Host, Silence
        00:19.970   sound   11.968 – 14.016  silence
        00:20.000 action 1 aired at 12.000
        00:22.000 action 1 over at 14.000
        00:22.020 on air 14.016: Host, Host
        00:22.020   sound   14.016 – 17.003  anna a0
    "#]],
    );
}

#[test]
fn a_cut_shows_the_slate_until_the_next_key_frame() {
    let mut stage = on_air(8000);
    stage.until(15_000);
    stage.act(Wish::between(Kind::Cut, at(12_010), at(13_500))).expect("in the delay");
    stage.until(25_000);
    check(
        stage,
        expect![[r#"
            00:08.000 on air 0.000: Host, Host
            00:08.000   sound   0.000 – 11.968  anna a0
            00:08.040   picture 0.000 – 12.040  anna v0
            00:15.000 Cut 12.010 – 14.000, 5010 ms before air, Planned
            00:19.970 on air 11.968: Host, Silence
            00:19.970   sound   11.968 – 14.016  silence
            00:20.010 on air 12.040: Slate, Silence
            00:20.010 action 1 aired at 12.010
            00:20.090   picture 12.040 – 14.000  slate
            00:22.000 on air 14.000: Host, Host
            00:22.000 action 1 over at 14.000
            00:22.020   sound   14.016 – 17.003  anna a0
            00:22.040   picture 14.000 – 17.040  anna v0
        "#]],
    );
}

#[test]
fn a_cover_hides_the_picture_and_keeps_the_sound_in_step() {
    let mut stage = on_air(8000);
    stage.until(15_000);
    stage.act(Wish::between(Kind::Cover, at(12_000), at(14_001))).expect("in the delay");
    stage.until(25_000);
    check(
        stage,
        expect![[r#"
        00:08.000 on air 0.000: Host, Host
        00:08.000   sound   0.000 – 17.003  anna a0
        00:08.040   picture 0.000 – 12.000  anna v0
        00:15.000 Cover 12.000 – 15.000, 5000 ms before air, Planned
        00:20.000 on air 12.000: Slate, Host
        00:20.000 action 1 aired at 12.000
        00:20.050   picture 12.000 – 15.000  slate
        00:23.000 on air 15.000: Host, Host
        00:23.000 action 1 over at 15.000
        00:23.040   picture 15.000 – 17.040  anna v0
    "#]],
    );
}

#[test]
fn a_hand_over_goes_to_the_standby_and_back() {
    let mut stage = on_air(8000);
    stage.until(300);
    stage.connect(Channel::Standby, &Source::new("bea"));
    stage.until(15_000);
    stage.act(Wish::between(Kind::HandOver, at(12_000), at(16_500))).expect("ready");
    stage.until(28_000);
    check(
        stage,
        expect![[r#"
        00:08.000 on air 0.000: Host, Host
        00:08.000   sound   0.000 – 11.968  anna a0
        00:08.040   picture 0.000 – 12.000  anna v0
        00:15.000 HandOver 12.000 – 16.500, 5000 ms before air, Planned
        00:19.970 on air 11.968: Host, Silence
        00:19.970   sound   11.968 – 12.309  silence
        00:20.000 on air 12.000: Slate, Silence
        00:20.000 action 1 aired at 12.000
        00:20.050   picture 12.000 – 12.300  slate
        00:20.300 on air 12.300: Standby, Standby
        00:20.320   sound   12.309 – 17.003  bea a1
        00:20.340   picture 12.300 – 17.000  bea v1
        00:25.000 on air 17.000: Host, Host
        00:25.000 action 1 over at 17.000
        00:25.010   sound   17.003 – 20.011  anna a0
        00:25.040   picture 17.000 – 20.040  anna v0
    "#]],
    );
}

#[test]
fn a_source_with_b_frames_is_left_early_and_entered_in_step() {
    let mut stage = Stage::new(config(8000));
    stage.connect(Channel::Host, &Source { b_frames: true, ..Source::new("anna") });
    stage.until(15_000);
    stage.act(Wish::between(Kind::Cut, at(12_300), at(13_500))).expect("in the delay");
    stage.until(25_000);
    check(
        stage,
        expect![[r#"
        00:08.080 on air 0.000: Host, Host
        00:08.090   sound   0.000 – 12.160  anna a0
        00:08.120   picture 0.000 – 12.220  anna v0
        00:15.000 Cut 12.300 – 14.080, 5300 ms before air, Planned
        00:20.240 on air 12.220: Slate, Host
        00:20.250 on air 12.220: Slate, Silence
        00:20.250   sound   12.160 – 13.995  silence
        00:20.300 action 1 aired at 12.220
        00:20.350   picture 12.220 – 14.000  slate
        00:22.080 on air 14.000: Host, Host
        00:22.080 action 1 over at 14.000
        00:22.080   sound   13.995 – 16.917  anna a0
        00:22.120   picture 14.000 – 16.960  anna v0
    "#]],
    );
}

#[test]
fn a_cover_shorter_than_a_group_of_b_frames_leaves_no_picture_behind_it() {
    let mut stage = Stage::new(config(8000));
    stage.connect(Channel::Host, &Source { b_frames: true, ..Source::new("anna") });
    stage.until(15_000);
    // The reference that is shown at 12.320 is sent before the pictures of 12.240 and 12.280.
    stage.act(Wish::between(Kind::Cover, at(12_270), at(12_290))).expect("in the delay");
    stage.until(24_000);
    check(
        stage,
        expect![[r#"
        00:08.080 on air 0.000: Host, Host
        00:08.090   sound   0.000 – 15.936  anna a0
        00:08.120   picture 0.000 – 12.190  anna v0
        00:15.000 Cover 12.270 – 13.080, 5270 ms before air, Planned
        00:20.240 on air 12.190: Slate, Host
        00:20.270 action 1 aired at 12.190
        00:20.320   picture 12.190 – 13.000  slate
        00:21.080 on air 13.000: Host, Host
        00:21.080 action 1 over at 13.000
        00:21.120   picture 13.000 – 15.960  anna v0
    "#]],
    );
}

#[test]
fn the_delay_grows_behind_the_slate_and_nothing_is_lost() {
    let mut stage = on_air(4000);
    stage.until(10_500);
    stage.set_delay(ms(7000));
    stage.until(25_000);
    let moments = stage.referee.moments(true);
    assert_eq!(moments.len() as i64, moments[moments.len() - 1].ms() / 40 + 1, "a picture is lost");
    check(
        stage,
        expect![[r#"
        00:04.000 on air 0.000: Host, Host
        00:04.000   sound   0.000 – 7.019  anna a0
        00:04.040   picture 0.000 – 7.000  anna v0
        00:10.500 delay 7000 ms by Slate from air 7.000
        00:11.000 on air 7.000: Slate, Host
        00:11.020 on air 7.040: Slate, Silence
        00:11.020   sound   7.019 – 10.027  silence
        00:11.050   picture 7.000 – 10.000  slate
        00:14.000 on air 10.000: Host, Host
        00:14.020   sound   10.027 – 21.013  anna a0
        00:14.040   picture 10.000 – 21.040  anna v0
    "#]],
    );
}

#[test]
fn the_delay_grows_at_a_key_frame_that_is_still_to_come() {
    let mut stage = on_air(500);
    stage.until(10_510);
    stage.set_delay(ms(2000));
    stage.until(20_000);
    check(
        stage,
        expect![[r#"
        00:00.500 on air 0.000: Host, Host
        00:00.500   sound   0.000 – 11.008  anna a0
        00:00.540   picture 0.000 – 11.000  anna v0
        00:10.510 delay 2000 ms by Slate from air 10.517
        00:11.500 on air 11.000: Slate, Host
        00:11.510 on air 11.000: Slate, Silence
        00:11.510   sound   11.008 – 12.501  silence
        00:11.550   picture 11.000 – 12.500  slate
        00:13.000 on air 12.500: Host, Host
        00:13.010   sound   12.501 – 19.499  anna a0
        00:13.040   picture 12.500 – 19.540  anna v0
    "#]],
    );
}

#[test]
fn the_delay_shrinks_by_a_dump() {
    let mut stage = on_air(8000);
    stage.until(15_000);
    stage.set_delay(ms(2000));
    stage.until(25_000);
    check(
        stage,
        expect![[r#"
            00:08.000 on air 0.000: Host, Host
            00:08.000   sound   0.000 – 7.019  anna a0
            00:08.040   picture 0.000 – 7.040  anna v0
            00:15.000 on air 7.040: Slate, Silence
            00:15.000 delay 2000 ms by Dump from air 7.000
            00:15.020   sound   7.019 – 10.005  silence
            00:15.090   picture 7.040 – 10.000  slate
            00:18.000 on air 10.000: Host, Host
            00:18.000   sound   10.005 – 17.024  anna a0
            00:18.040   picture 10.000 – 17.040  anna v0
        "#]],
    );
}

#[test]
fn panic_and_resume() {
    let mut stage = on_air(4000);
    stage.until(10_000);
    stage.act(Wish::now(Kind::Panic)).expect("panic is always granted");
    stage.until(13_000);
    stage.act(Wish::now(Kind::Resume)).expect("a panic is on");
    stage.until(22_000);
    check(
        stage,
        expect![[r#"
            00:04.000 on air 0.000: Host, Host
            00:04.000   sound   0.000 – 6.016  anna a0
            00:04.040   picture 0.000 – 6.040  anna v0
            00:10.000 on air 6.040: Slate, Silence
            00:10.000 action 1 aired at 6.000
            00:10.000 Panic 6.037 – until resumed, 0 ms before air, Active
            00:10.020   sound   6.016 – 14.016  silence
            00:10.090   picture 6.040 – 14.000  slate
            00:13.000 Resume 13.013 – until resumed, 4013 ms before air, Planned
            00:18.000 on air 14.000: Host, Host
            00:18.000 action 1 over at 14.000
            00:18.020   sound   14.016 – 18.005  anna a0
            00:18.040   picture 14.000 – 18.040  anna v0
        "#]],
    );
}

#[test]
fn panic_during_a_hand_over() {
    let mut stage = on_air_with_standby(4000);
    stage.until(8000);
    stage.act(Wish::now(Kind::HandOver)).expect("ready");
    stage.until(15_000);
    stage.act(Wish::now(Kind::Panic)).expect("panic is always granted");
    stage.until(18_000);
    stage.act(Wish::now(Kind::Resume)).expect("both are in force");
    stage.until(26_000);
    check(
        stage,
        expect![[r#"
            00:04.000 on air 0.000: Host, Host
            00:04.000   sound   0.000 – 6.997  anna a0
            00:04.040   picture 0.000 – 7.040  anna v0
            00:08.000 HandOver 7.021 – until resumed, 3021 ms before air, Planned
            00:11.000 on air 6.997: Host, Silence
            00:11.000   sound   6.997 – 8.021  silence
            00:11.030 on air 7.040: Slate, Silence
            00:11.030 action 1 aired at 7.021
            00:11.090   picture 7.040 – 8.000  slate
            00:12.000 on air 8.000: Standby, Standby
            00:12.030   sound   8.021 – 11.008  bea a1
            00:12.040   picture 8.000 – 11.040  bea v1
            00:15.000 on air 11.040: Slate, Silence
            00:15.000 action 2 aired at 11.000
            00:15.000 Panic 11.029 – until resumed, 0 ms before air, Active
            00:15.010   sound   11.008 – 19.008  silence
            00:15.090   picture 11.040 – 19.000  slate
            00:18.000 Resume 18.005 – until resumed, 4005 ms before air, Planned
            00:23.000 on air 19.000: Host, Host
            00:23.000 action 1 over at 19.000
            00:23.000 action 2 over at 19.000
            00:23.010   sound   19.008 – 22.016  anna a0
            00:23.040   picture 19.000 – 22.040  anna v0
        "#]],
    );
}

#[test]
fn a_cut_stops_the_standby_too() {
    let stage = over_the_standby(Kind::Cut, 10_500, 11_500);
    check(
        stage,
        expect![[r#"
            00:04.000 on air 0.000: Host, Host
            00:04.000   sound   0.000 – 6.976  anna a0
            00:04.040   picture 0.000 – 7.000  anna v0
            00:08.000 HandOver 7.000 – 15.000, 3000 ms before air, Planned
            00:10.980 on air 6.976: Host, Silence
            00:10.980   sound   6.976 – 7.019  silence
            00:11.000 on air 7.000: Slate, Silence
            00:11.000 action 1 aired at 7.000
            00:11.000 on air 7.000: Standby, Standby
            00:11.020   sound   7.019 – 10.475  bea a1
            00:11.040   picture 7.000 – 10.520  bea v1
            00:12.000 Cut 10.500 – 12.000, 2500 ms before air, Planned
            00:14.480 on air 10.475: Standby, Silence
            00:14.480   sound   10.475 – 12.011  silence
            00:14.500 on air 10.520: Slate, Silence
            00:14.500 action 2 aired at 10.500
            00:14.570   picture 10.520 – 12.000  slate
            00:15.500 action 2 over at 11.500
            00:16.000 on air 12.000: Standby, Standby
            00:16.020   sound   12.011 – 15.019  bea a1
            00:16.040   picture 12.000 – 15.000  bea v1
            00:19.000 on air 15.000: Host, Host
            00:19.000 action 1 over at 15.000
            00:19.020   sound   15.019 – 18.005  anna a0
            00:19.040   picture 15.000 – 18.040  anna v0
        "#]],
    );
}

/// The standby is on air from 7.0 to 15.0; the act is pressed at 12.0, when 8.0 airs.
fn over_the_standby(kind: Kind, from_ms: i64, to_ms: i64) -> Stage {
    let mut stage = on_air_with_standby(4000);
    stage.until(8000);
    stage.act(Wish::between(Kind::HandOver, at(7000), at(15_000))).expect("ready");
    stage.until(12_000);
    stage.act(Wish::between(kind, at(from_ms), at(to_ms))).expect("in the delay");
    stage.until(22_000);
    stage
}

#[test]
fn a_mute_silences_the_standby_too() {
    check(
        over_the_standby(Kind::Mute, 10_500, 11_500),
        expect![[r#"
        00:04.000 on air 0.000: Host, Host
        00:04.000   sound   0.000 – 6.976  anna a0
        00:04.040   picture 0.000 – 7.000  anna v0
        00:08.000 HandOver 7.000 – 15.000, 3000 ms before air, Planned
        00:10.980 on air 6.976: Host, Silence
        00:10.980   sound   6.976 – 7.019  silence
        00:11.000 on air 7.000: Slate, Silence
        00:11.000 action 1 aired at 7.000
        00:11.000 on air 7.000: Standby, Standby
        00:11.020   sound   7.019 – 10.475  bea a1
        00:11.040   picture 7.000 – 15.000  bea v1
        00:12.000 Mute 10.500 – 11.500, 2500 ms before air, Planned
        00:14.480 on air 10.475: Standby, Silence
        00:14.480   sound   10.475 – 11.520  silence
        00:14.500 action 2 aired at 10.500
        00:15.500 action 2 over at 11.500
        00:15.520 on air 11.520: Standby, Standby
        00:15.520   sound   11.520 – 15.019  bea a1
        00:19.000 on air 15.000: Host, Host
        00:19.000 action 1 over at 15.000
        00:19.020   sound   15.019 – 18.005  anna a0
        00:19.040   picture 15.000 – 18.040  anna v0
    "#]],
    );
}

#[test]
fn a_cover_hides_the_standby_too_and_its_sound_goes_on() {
    check(
        over_the_standby(Kind::Cover, 10_500, 11_500),
        expect![[r#"
        00:04.000 on air 0.000: Host, Host
        00:04.000   sound   0.000 – 6.976  anna a0
        00:04.040   picture 0.000 – 7.000  anna v0
        00:08.000 HandOver 7.000 – 15.000, 3000 ms before air, Planned
        00:10.980 on air 6.976: Host, Silence
        00:10.980   sound   6.976 – 7.019  silence
        00:11.000 on air 7.000: Slate, Silence
        00:11.000 action 1 aired at 7.000
        00:11.000 on air 7.000: Standby, Standby
        00:11.020   sound   7.019 – 15.019  bea a1
        00:11.040   picture 7.000 – 10.520  bea v1
        00:12.000 Cover 10.500 – 12.000, 2500 ms before air, Planned
        00:14.500 on air 10.520: Slate, Standby
        00:14.500 action 2 aired at 10.500
        00:14.570   picture 10.520 – 12.000  slate
        00:15.500 action 2 over at 11.500
        00:16.000 on air 12.000: Standby, Standby
        00:16.040   picture 12.000 – 15.000  bea v1
        00:19.000 on air 15.000: Host, Host
        00:19.000 action 1 over at 15.000
        00:19.020   sound   15.019 – 18.005  anna a0
        00:19.040   picture 15.000 – 18.040  anna v0
    "#]],
    );
}

#[test]
fn a_hand_over_under_a_cover_and_back_keeps_the_sound() {
    let mut stage = on_air_with_standby(4000);
    stage.until(8000);
    stage.act(Wish::between(Kind::Cover, at(6000), at(12_500))).expect("in the delay");
    stage.act(Wish::between(Kind::HandOver, at(7000), at(10_000))).expect("ready");
    stage.until(20_000);
    check(
        stage,
        expect![[r#"
        00:04.000 on air 0.000: Host, Host
        00:04.000   sound   0.000 – 6.976  anna a0
        00:04.040   picture 0.000 – 6.000  anna v0
        00:08.000 Cover 6.000 – 12.500, 2000 ms before air, Planned
        00:08.000 HandOver 7.000 – 10.000, 3000 ms before air, Planned
        00:10.000 on air 6.000: Slate, Host
        00:10.000 action 1 aired at 6.000
        00:10.050   picture 6.000 – 13.000  slate
        00:10.980 on air 6.976: Slate, Silence
        00:10.980   sound   6.976 – 7.019  silence
        00:11.000 action 2 aired at 7.000
        00:11.020 on air 7.019: Slate, Standby
        00:11.020   sound   7.019 – 10.005  bea a1
        00:14.000 action 2 over at 10.000
        00:14.010 on air 10.005: Slate, Host
        00:14.010   sound   10.005 – 16.021  anna a0
        00:17.000 on air 13.000: Host, Host
        00:17.000 action 1 over at 13.000
        00:17.040   picture 13.000 – 16.040  anna v0
    "#]],
    );
}

#[test]
fn a_mute_that_is_pressed_too_late_begins_behind_what_has_aired_of_the_standby() {
    let mut stage = on_air_with_standby(4000);
    stage.until(8000);
    stage.act(Wish::between(Kind::HandOver, at(7000), at(15_000))).expect("ready");
    stage.until(13_000);
    stage.act(Wish::between(Kind::Mute, at(8000), at(10_000))).expect("some of it is in the delay");
    stage.until(16_000);
    check(
        stage,
        expect![[r#"
        00:04.000 on air 0.000: Host, Host
        00:04.000   sound   0.000 – 6.976  anna a0
        00:04.040   picture 0.000 – 7.000  anna v0
        00:08.000 HandOver 7.000 – 15.000, 3000 ms before air, Planned
        00:10.980 on air 6.976: Host, Silence
        00:10.980   sound   6.976 – 7.019  silence
        00:11.000 on air 7.000: Slate, Silence
        00:11.000 action 1 aired at 7.000
        00:11.000 on air 7.000: Standby, Standby
        00:11.020   sound   7.019 – 9.003  bea a1
        00:11.040   picture 7.000 – 12.040  bea v1
        00:13.000 Mute 9.024 – 10.000, 24 ms before air, late, Planned
        00:13.010 on air 9.003: Standby, Silence
        00:13.010   sound   9.003 – 10.005  silence
        00:13.030 action 2 aired at 9.024
        00:14.000 action 2 over at 10.000
        00:14.010 on air 10.005: Standby, Standby
        00:14.010   sound   10.005 – 12.011  bea a1
    "#]],
    );
}

#[test]
fn without_any_delay() {
    let mut stage = on_air_with_standby(0);
    stage.until(5000);
    stage.act(Wish::now(Kind::Cover)).expect("in force at once");
    stage.until(7000);
    stage.act(Wish::now(Kind::Resume)).expect("a cover is in force");
    stage.until(10_000);
    stage.act(Wish::now(Kind::HandOver)).expect("ready");
    stage.until(12_000);
    stage.act(Wish::now(Kind::Resume)).expect("handed over");
    stage.until(15_000);
    check(
        stage,
        expect![[r#"
            00:00.010 on air 0.000: Host, Host
            00:00.010   sound   0.000 – 10.005  anna a0
            00:00.040   picture 0.000 – 5.040  anna v0
            00:05.000 Cover 5.035 – until resumed, 35 ms before air, Planned
            00:05.040 on air 5.040: Slate, Host
            00:05.040 action 1 aired at 5.035
            00:05.340   picture 5.040 – 8.000  slate
            00:07.000 Resume 7.040 – until resumed, 40 ms before air, Planned
            00:08.000 on air 8.000: Host, Host
            00:08.000 action 1 over at 8.000
            00:08.040   picture 8.000 – 10.040  anna v0
            00:10.000 HandOver 10.027 – until resumed, 27 ms before air, Planned
            00:10.010 on air 10.005: Host, Silence
            00:10.010   sound   10.005 – 11.008  silence
            00:10.030 on air 10.040: Slate, Silence
            00:10.030 action 3 aired at 10.027
            00:10.340   picture 10.040 – 11.000  slate
            00:11.000 on air 11.000: Standby, Silence
            00:11.010 on air 11.008: Standby, Standby
            00:11.010   sound   11.008 – 13.013  bea a1
            00:11.040   picture 11.000 – 13.000  bea v1
            00:12.000 Resume 12.032 – until resumed, 32 ms before air, Planned
            00:13.000 on air 13.000: Host, Standby
            00:13.000 action 3 over at 13.000
            00:13.020 on air 13.013: Host, Host
            00:13.020   sound   13.013 – 15.019  anna a0
            00:13.040   picture 13.000 – 15.040  anna v0
        "#]],
    );
}

#[test]
fn with_a_minute_of_delay() {
    let mut stage = on_air(60_000);
    stage.until(70_000);
    stage.act(Wish::between(Kind::Cut, at(11_000), at(65_000))).expect("in the delay");
    stage.until(140_000);
    check(
        stage,
        expect![[r#"
        01:00.000 on air 0.000: Host, Host
        01:00.000   sound   0.000 – 10.965  anna a0
        01:00.040   picture 0.000 – 11.000  anna v0
        01:10.000 Cut 11.000 – 65.000, 1000 ms before air, Planned
        01:10.970 on air 10.965: Host, Silence
        01:10.970   sound   10.965 – 65.003  silence
        01:11.000 on air 11.000: Slate, Silence
        01:11.000 action 1 aired at 11.000
        01:11.050   picture 11.000 – 65.000  slate
        02:05.000 on air 65.000: Host, Host
        02:05.000 action 1 over at 65.000
        02:05.010   sound   65.003 – 80.021  anna a0
        02:05.040   picture 65.000 – 80.040  anna v0
    "#]],
    );
}
