//! Shows whose sources go away, come back, or have one track only, told by what aired; and restarts.

use expect_test::expect;

use super::*;

#[test]
fn a_lost_feed_airs_to_its_end_then_the_slate_until_it_is_back() {
    let mut stage = on_air(8000);
    stage.until(15_000);
    stage.disconnect(Channel::Host);
    stage.until(26_300);
    stage.connect(Channel::Host, &Source { clock_ms: 77_000, ..Source::new("anna") });
    stage.until(40_000);
    check(
        stage,
        expect![[r#"
        00:08.000 on air 0.000: Host, Host
        00:08.000   sound   0.000 – 15.019  anna a0
        00:08.040   picture 0.000 – 15.040  anna v0
        00:23.020 on air 15.019: Host, Silence
        00:23.020   sound   15.019 – 26.304  silence
        00:23.040 on air 15.040: Slate, Silence
        00:23.090   picture 15.040 – 26.300  slate
        00:34.300 on air 26.300: Host, Host
        00:34.300   sound   26.304 – 32.021  anna a1
        00:34.340   picture 26.300 – 32.020  anna v1
    "#]],
    );
}

#[test]
fn a_feed_that_is_back_within_the_delay_leaves_a_gap_of_its_absence() {
    let mut stage = on_air(8000);
    stage.until(15_000);
    stage.disconnect(Channel::Host);
    stage.until(18_000);
    stage.connect(Channel::Host, &Source::new("anna"));
    stage.until(30_000);
    check(
        stage,
        expect![[r#"
        00:08.000 on air 0.000: Host, Host
        00:08.000   sound   0.000 – 15.019  anna a0
        00:08.040   picture 0.000 – 15.040  anna v0
        00:23.020 on air 15.019: Host, Silence
        00:23.020   sound   15.019 – 18.005  silence
        00:23.040 on air 15.040: Slate, Silence
        00:23.090   picture 15.040 – 18.000  slate
        00:26.000 on air 18.000: Host, Host
        00:26.000   sound   18.005 – 22.016  anna a1
        00:26.040   picture 18.000 – 22.040  anna v1
    "#]],
    );
}

#[test]
fn a_stall_shorter_than_the_delay_is_not_seen() {
    let mut stage = on_air(8000);
    stage.until(15_000);
    stage.stall(Channel::Host, ms(7000));
    stage.until(30_000);
    check(
        stage,
        expect![[r#"
        00:08.000 on air 0.000: Host, Host
        00:08.000   sound   0.000 – 22.016  anna a0
        00:08.040   picture 0.000 – 22.040  anna v0
    "#]],
    );
}

#[test]
fn what_a_stall_has_eaten_comes_back_slowly_and_the_gauge_shows_what_is_left() {
    let mut stage = on_air(8000);
    let left = |stage: &Stage| stage.program.status(stage.now).in_delay.ms();
    stage.until(15_000);
    assert_eq!(left(&stage), 8000);
    stage.latency(Channel::Host, ms(3000));
    stage.until(20_000);
    assert_eq!(left(&stage), 5000, "the source stays three seconds late");
    stage.until(80_000);
    let slewed = left(&stage) - 5000;
    assert!(
        (100..300).contains(&slewed),
        "5 ms a second once its lateness is believed: {slewed} ms"
    );
    check(
        stage,
        expect![[r#"
        00:08.000 on air 0.000: Host, Host
        00:08.000   sound   0.000 – 71.829  anna a0
        00:08.040   picture 0.000 – 71.840  anna v0
    "#]],
    );
}

#[test]
fn a_stall_longer_than_the_delay_shows_the_slate_and_gives_the_full_delay_back() {
    let mut stage = on_air(3000);
    stage.until(15_000);
    stage.stall(Channel::Host, ms(9000));
    stage.until(30_000);
    stage.tell(&format!("{} ms in the delay", stage.program.status(stage.now).in_delay.ms()));
    check(
        stage,
        expect![[r#"
        00:03.000 on air 0.000: Host, Host
        00:03.000   sound   0.000 – 15.019  anna a0
        00:03.040   picture 0.000 – 15.040  anna v0
        00:18.270 on air 15.019: Host, Silence
        00:18.270   sound   15.019 – 21.013  silence
        00:18.290 on air 15.040: Slate, Silence
        00:18.290   picture 15.040 – 21.000  slate
        00:24.000 on air 21.000: Host, Host
        00:24.020   sound   21.013 – 27.008  anna a0
        00:24.040   picture 21.000 – 27.040  anna v0
        00:30.000 3000 ms in the delay
    "#]],
    );
}

#[test]
fn a_standby_that_dies_gives_way_to_the_slate_and_may_come_back() {
    let mut stage = on_air_with_standby(4000);
    stage.until(8000);
    stage.act(Wish::between(Kind::HandOver, at(7000), at(24_000))).expect("ready");
    stage.until(12_000);
    stage.disconnect(Channel::Standby);
    stage.until(17_000);
    stage.connect(Channel::Standby, &Source::new("bea"));
    stage.until(32_000);
    check(
        stage,
        expect![[r#"
        00:04.000 on air 0.000: Host, Host
        00:04.000   sound   0.000 – 6.976  anna a0
        00:04.040   picture 0.000 – 7.000  anna v0
        00:08.000 HandOver 7.000 – 24.000, 3000 ms before air, Planned
        00:10.980 on air 6.976: Host, Silence
        00:10.980   sound   6.976 – 7.019  silence
        00:11.000 on air 7.000: Slate, Silence
        00:11.000 action 1 aired at 7.000
        00:11.000 on air 7.000: Standby, Standby
        00:11.020   sound   7.019 – 12.011  bea a1
        00:11.040   picture 7.000 – 12.040  bea v1
        00:16.020 on air 12.011: Standby, Silence
        00:16.020   sound   12.011 – 17.003  silence
        00:16.040 on air 12.040: Slate, Silence
        00:16.090   picture 12.040 – 17.000  slate
        00:21.000 on air 17.000: Standby, Standby
        00:21.000   sound   17.003 – 24.021  bea a2
        00:21.040   picture 17.000 – 24.000  bea v2
        00:28.000 on air 24.000: Host, Host
        00:28.000 action 1 over at 24.000
        00:28.030   sound   24.021 – 28.011  anna a0
        00:28.040   picture 24.000 – 28.040  anna v0
    "#]],
    );
}

#[test]
fn a_host_that_is_thrown_out_while_handed_over() {
    let mut stage = on_air_with_standby(4000);
    stage.until(8000);
    stage.act(Wish::between(Kind::HandOver, at(7000), at(12_000))).expect("ready");
    stage.until(13_000);
    stage.drop_feed(Channel::Host);
    stage.until(20_000);
    stage.connect(Channel::Host, &Source::new("anna"));
    stage.until(27_000);
    check(
        stage,
        expect![[r#"
        00:04.000 on air 0.000: Host, Host
        00:04.000   sound   0.000 – 6.976  anna a0
        00:04.040   picture 0.000 – 7.000  anna v0
        00:08.000 HandOver 7.000 – 12.000, 3000 ms before air, Planned
        00:10.980 on air 6.976: Host, Silence
        00:10.980   sound   6.976 – 7.019  silence
        00:11.000 on air 7.000: Slate, Silence
        00:11.000 action 1 aired at 7.000
        00:11.000 on air 7.000: Standby, Standby
        00:11.020   sound   7.019 – 20.011  bea a1
        00:11.040   picture 7.000 – 20.000  bea v1
        00:24.000 on air 20.000: Host, Host
        00:24.000 action 1 over at 20.000
        00:24.000   sound   20.011 – 23.019  anna a2
        00:24.040   picture 20.000 – 23.040  anna v2
    "#]],
    );
}

#[test]
fn a_host_that_is_thrown_out_leaves_the_air_at_once() {
    let mut stage = on_air(4000);
    stage.until(10_000);
    stage.drop_feed(Channel::Host);
    stage.until(13_000);
    check(
        stage,
        expect![[r#"
            00:04.000 on air 0.000: Host, Host
            00:04.000   sound   0.000 – 6.016  anna a0
            00:04.040   picture 0.000 – 6.040  anna v0
            00:10.000 on air 6.040: Slate, Silence
            00:10.020   sound   6.016 – 9.003  silence
            00:10.090   picture 6.040 – 9.000  slate
        "#]],
    );
}

#[test]
fn a_feed_without_sound_airs_in_silence() {
    let mut stage = Stage::new(config(4000));
    stage.connect(Channel::Host, &Source { audio: None, ..Source::new("anna") });
    stage.until(8000);
    stage.act(Wish::between(Kind::Cut, at(6000), at(7000))).expect("in the delay");
    stage.until(15_000);
    check(
        stage,
        expect![[r#"
        00:04.000 on air 0.000: Host, Silence
        00:04.000   sound   0.000 – 11.008  silence
        00:04.040   picture 0.000 – 6.000  anna v0
        00:08.000 Cut 6.000 – 7.000, 2000 ms before air, Planned
        00:10.000 on air 6.000: Slate, Silence
        00:10.000 action 1 aired at 6.000
        00:10.050   picture 6.000 – 7.000  slate
        00:11.000 on air 7.000: Host, Silence
        00:11.000 action 1 over at 7.000
        00:11.040   picture 7.000 – 11.040  anna v0
    "#]],
    );
}

#[test]
fn a_feed_without_pictures_airs_over_the_slate() {
    let mut stage = Stage::new(config(4000));
    stage.connect(Channel::Host, &Source { video: None, ..Source::new("anna") });
    stage.until(8000);
    stage.act(Wish::between(Kind::Cut, at(6000), at(7000))).expect("in the delay");
    stage.until(15_000);
    check(
        stage,
        expect![[r#"
        00:04.000 on air 0.000: Slate, Host
        00:04.000   sound   0.000 – 5.973  anna a0
        00:04.050   picture 0.000 – 11.000  slate
        00:08.000 Cut 6.000 – 7.019, 2000 ms before air, Planned
        00:09.980 on air 5.973: Slate, Silence
        00:09.980   sound   5.973 – 7.019  silence
        00:10.000 action 1 aired at 6.000
        00:11.000 action 1 over at 7.000
        00:11.020 on air 7.019: Slate, Host
        00:11.020   sound   7.019 – 11.008  anna a0
    "#]],
    );
}

#[test]
fn a_restart_goes_on_with_the_slate_and_the_cut_that_was_in_force() {
    let mut stage = on_air(4000);
    stage.until(10_000);
    stage.act(Wish::now(Kind::Cut)).expect("in the delay");
    stage.until(14_000);
    let mut mark = stage.program.mark().expect("on air");
    mark.air += ms(2000);
    let resume = ProgramConfig { resume: Some(mark), ..config(4000) };
    let mut stage = Stage::at(resume, STARTED + ms(16_000));
    stage.until(17_000);
    stage.connect(Channel::Host, &Source::new("anna"));
    stage.until(23_000);
    stage.act(Wish::now(Kind::Resume)).expect("the cut is in force");
    stage.until(32_000);
    check(
        stage,
        expect![[r#"
        00:16.010 action 1 aired at 9.011
        00:16.010   sound   12.005 – 24.016  silence
        00:16.060   picture 12.005 – 24.005  slate
        00:23.000 Resume 23.016 – until resumed, 4016 ms before air, Planned
        00:28.000 on air 24.005: Host, Host
        00:28.000 action 1 over at 24.005
        00:28.020   sound   24.016 – 28.005  anna a0
        00:28.040   picture 24.005 – 28.045  anna v0
    "#]],
    );
}

#[test]
fn a_restart_that_lost_its_journal_waits_for_a_person() {
    let mark = Mark {
        air: AirTime::from_ms(50_000),
        newest: at(59_000),
        sound: audio_config(44_100, 1),
        actions: vec![],
    };
    let held = ProgramConfig { resume: Some(mark), held: true, ..config(1000) };
    let mut stage = Stage::at(held, STARTED + ms(60_000));
    stage.connect(
        Channel::Host,
        &Source { audio: Some(audio_config(44_100, 1)), ..Source::new("anna") },
    );
    stage.until(65_000);
    assert_eq!(stage.program.status(stage.now).why, Some(Why::Held));
    stage.act(Wish::now(Kind::Resume)).expect("it is held");
    stage.until(68_000);
    check(
        stage,
        expect![[r#"
        01:00.000   sound   50.000 – 56.014  silence
        01:00.050   picture 50.000 – 56.000  slate
        01:05.000 Resume 65.016 – until resumed, 1016 ms before air, Planned
        01:06.000 on air 56.000: Host, Host
        01:06.020   sound   56.014 – 58.011  anna a0
        01:06.040   picture 56.000 – 58.040  anna v0
    "#]],
    );
}
