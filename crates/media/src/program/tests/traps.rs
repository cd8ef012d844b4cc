//! Sources and shells that behave badly.

use expect_test::expect;

use super::*;
use crate::frame::{AudioFrame, Frame};

#[test]
fn new_parameter_sets_in_the_middle_of_a_run() {
    let mut stage = on_air(2000);
    let portrait = video_config("portrait", 720, 1280);
    stage.edit(Channel::Host, |sent, frame| {
        if let Frame::Video(video) = frame
            && sent >= ms(5000)
        {
            video.config = portrait.clone();
        }
    });
    stage.until(9000);
    stage.act(Wish::between(Kind::Cut, at(8000), at(9000))).expect("in the delay");
    stage.until(13_000);
    check(
        stage,
        expect![[r#"
        00:02.000 on air 0.000: Host, Host
        00:02.000   sound   0.000 – 7.979  anna a0
        00:02.040   picture 0.000 – 5.000  anna v0
        00:07.040   picture 5.000 – 8.000  anna v0
        00:09.000 Cut 8.000 – 9.000, 1000 ms before air, Planned
        00:09.980 on air 7.979: Host, Silence
        00:09.980   sound   7.979 – 9.003  silence
        00:10.000 on air 8.000: Slate, Silence
        00:10.000 action 1 aired at 8.000
        00:10.050   picture 8.000 – 9.000  tall
        00:11.000 on air 9.000: Host, Host
        00:11.000 action 1 over at 9.000
        00:11.010   sound   9.003 – 11.008  anna a0
        00:11.040   picture 9.000 – 11.040  anna v0
    "#]],
    );
}

#[test]
fn parameter_sets_that_change_without_a_key_frame() {
    let mut stage = on_air(2000);
    let other = video_config("other", 1280, 720);
    stage.edit(Channel::Host, |sent, frame| {
        if let Frame::Video(video) = frame
            && sent >= ms(5400)
        {
            video.config = other.clone();
        }
    });
    stage.until(9000);
    check(
        stage,
        expect![[r#"
        00:02.000 on air 0.000: Host, Host
        00:02.000   sound   0.000 – 7.019  anna a0
        00:02.040   picture 0.000 – 5.400  anna v0
        00:07.400 on air 5.400: Slate, Host
        00:07.450   picture 5.400 – 6.000  slate
        00:08.000 on air 6.000: Host, Host
        00:08.040   picture 6.000 – 7.040  anna v0
    "#]],
    );
}

#[test]
fn a_poll_that_comes_ten_seconds_late_makes_the_same_program() {
    let play = |gap: bool| {
        let mut stage = on_air(8000);
        stage.until(14_000);
        stage.act(Wish::between(Kind::Cut, at(8100), at(9500))).expect("in the delay");
        if gap {
            stage.step = ms(10_000);
        }
        stage.until(24_000);
        stage.step = ms(10);
        stage.until(26_000);
        let ends = (stage.referee.picture_end(), stage.referee.sound_end());
        (stage.referee.names(), ends)
    };
    assert_eq!(play(true), play(false));
}

#[test]
fn a_poll_that_comes_an_hour_late_works_in_bounded_steps() {
    let mut stage = on_air(1000);
    stage.until(5000);
    let mut now = stage.now;
    let late = now + Duration::from_s(3600);
    let mut polls = 0;
    while now < late {
        stage.program.poll(late);
        let made = std::iter::from_fn(|| stage.program.output()).count();
        assert!(made < 1100, "{made} at once");
        polls += 1;
        assert!(polls < 400, "it does not get on");
        now = stage.program.now;
        assert!(stage.program.deadline().is_some_and(|at| at <= now + ms(200)));
    }
}

#[test]
fn the_same_moment_again_and_again() {
    let mut stage = on_air(0);
    stage.until(2000);
    for _ in 0..1000 {
        stage.program.poll(stage.now);
        stage.program.poll(Timestamp(0));
    }
    assert!(stage.program.output().is_none(), "no time passes, nothing airs");
    let _ = stage.act(Wish::now(Kind::Cut));
    let _ = stage.undo(1);
    stage.until(4000);
    check(
        stage,
        expect![[r#"
        00:00.010 on air 0.000: Host, Host
        00:00.010   sound   0.000 – 4.011  anna a0
        00:00.040   picture 0.000 – 4.040  anna v0
        00:02.000 Cut 2.027 – until resumed, 27 ms before air, Planned
        00:02.000 undo: Cut 2.027 – 2.027, 27 ms before air, Undone
    "#]],
    );
}

#[test]
fn a_source_clock_that_jumps_is_placed_anew() {
    let mut stage = on_air(2000);
    stage.edit(Channel::Host, |sent, frame| {
        let jump = match sent.ms() {
            5000..7000 => Duration::from_s(36_000),
            7000..9000 => Duration::from_s(-7200),
            _ => Duration::ZERO,
        };
        match frame {
            Frame::Video(video) => video.time += jump,
            Frame::Audio(audio) => audio.time += jump,
        }
    });
    stage.until(15_000);
    check(
        stage,
        expect![[r#"
        00:02.000 on air 0.000: Host, Host
        00:02.000   sound   0.000 – 13.013  anna a0
        00:02.040   picture 0.000 – 5.000  anna v0
        00:07.040   picture 5.000 – 7.000  anna v0
        00:09.000 on air 7.000: Slate, Host
        00:09.000 on air 7.000: Host, Host
        00:09.040   picture 7.000 – 9.000  anna v0
        00:11.040   picture 9.000 – 13.040  anna v0
    "#]],
    );
}

#[test]
fn a_pause_of_the_picture_alone() {
    let mut stage = on_air(3000);
    stage.until(5000);
    stage.skip(Channel::Host, ms(1990), true, false);
    stage.until(9000);
    stage.skip(Channel::Host, ms(5000), true, false);
    stage.until(20_000);
    check(
        stage,
        expect![[r#"
        00:03.000 on air 0.000: Host, Host
        00:03.000   sound   0.000 – 17.003  anna a0
        00:03.040   picture 0.000 – 9.040  anna v0
        00:12.290 on air 9.040: Slate, Host
        00:12.290   picture 9.040 – 14.000  slate
        00:17.000 on air 14.000: Host, Host
        00:17.040   picture 14.000 – 17.040  anna v0
    "#]],
    );
}

#[test]
fn a_pause_of_the_sound_alone() {
    let mut stage = on_air(3000);
    stage.until(5000);
    stage.skip(Channel::Host, ms(2000), false, true);
    stage.until(13_000);
    check(
        stage,
        expect![[r#"
        00:03.000 on air 0.000: Host, Host
        00:03.000   sound   0.000 – 5.013  anna a0
        00:03.040   picture 0.000 – 10.040  anna v0
        00:08.270 on air 5.013: Host, Silence
        00:08.270   sound   5.013 – 7.040  silence
        00:10.040 on air 7.040: Host, Host
        00:10.040   sound   7.040 – 10.005  anna a0
    "#]],
    );
}

#[test]
fn a_feed_that_sends_faster_than_it_airs_is_closed() {
    let mut stage = on_air(1000);
    stage.until(3000);
    stage.edit(Channel::Host, |sent, frame| {
        if let Frame::Video(video) = frame
            && sent.ms() == 4000
        {
            video.data = vec![0; 100 << 20].into();
        }
    });
    stage.until(9000);
    check(
        stage,
        expect![[r#"
        00:01.000 on air 0.000: Host, Host
        00:01.000   sound   0.000 – 4.011  anna a0
        00:01.040   picture 0.000 – 4.000  anna v0
        00:04.000 Host closed: more than 100663296 bytes wait in the delay
        00:05.000 on air 4.000: Slate, Host
        00:05.020 on air 4.040: Slate, Silence
        00:05.020   sound   4.011 – 8.021  silence
        00:05.050   picture 4.000 – 8.000  slate
    "#]],
    );
    let mut program = Program::new(config(1000), STARTED);
    program.feed_opened(Channel::Host, STARTED);
    let unit = |n: i64| {
        Frame::Audio(AudioFrame {
            time: at(n * 20),
            data: Bytes::new(),
            config: audio_config(48_000, 2),
        })
    };
    let full = (0..10_000).find_map(|n| program.push(Channel::Host, unit(n), STARTED).err());
    assert_eq!(full, Some(Overflow::Time { limit: ms(11_000) }));
}

#[test]
fn frames_without_sense_do_no_harm() {
    let mut stage = on_air(500);
    stage.referee.lenient();
    stage.until(2000);
    let config = video_config("anna", 1280, 720);
    for (n, time) in [i64::MIN, i64::MAX, -1, 0, i64::MAX / 2, 7].into_iter().enumerate() {
        let video = VideoFrame {
            time: MediaTime(time),
            cts: Duration(time),
            key: n % 2 == 0,
            data: Bytes::from(format!("anna x.{n}")),
            config: config.clone(),
        };
        let _ = stage.program.push(Channel::Host, Frame::Video(video), stage.now);
        let audio = AudioConfig {
            sample_rate: [0, 1, 48_000][n % 3],
            ..(*audio_config(48_000, 1)).clone()
        };
        let audio =
            AudioFrame { time: MediaTime(time), data: Bytes::new(), config: Arc::new(audio) };
        let _ = stage.program.push(Channel::Host, Frame::Audio(audio), stage.now);
        let far = Wish::between(Kind::Cut, MediaTime(time), MediaTime(i64::MAX));
        let _ = stage.program.act(id(100 + n as u128), far, stage.now);
        let _ = stage.program.undo(id(100 + n as u128), stage.now);
        stage.drain();
    }
    stage.until(9000);
    let status = stage.program.status(stage.now);
    let on = (status.video, status.audio);
    let story = stage.story();
    assert_eq!(on, (OnVideo::Host, OnAudio::Host), "{story}");
}

#[test]
fn a_clock_that_drifts_is_followed_slowly() {
    let mut stage = on_air(2000);
    stage.edit(Channel::Host, |sent, frame| {
        let drift = sent.scale(-1, 1000);
        match frame {
            Frame::Video(video) => video.time += drift,
            Frame::Audio(audio) => audio.time += drift,
        }
    });
    stage.until(80_000);
    let left = stage.program.status(stage.now).in_delay.ms();
    assert!((1930..2050).contains(&left), "{left} ms in the delay");
    check(
        stage,
        expect![[r#"
        00:02.000 on air 0.000: Host, Host
        00:02.000   sound   0.000 – 77.952  anna a0
        00:02.040   picture 0.000 – 77.962  anna v0
    "#]],
    );
}

#[test]
fn too_many_actions_are_refused() {
    let mut program = Program::new(config(1000), STARTED);
    for n in 0..MAX_ACTIONS {
        let wish = Wish::between(Kind::Mute, at(1000), at(2000));
        program.act(id(n as u128), wish, STARTED).expect("room");
    }
    let more = program.act(id(999), Wish::now(Kind::Cut), STARTED);
    assert_eq!(more.err(), Some(Refusal::TooMany { limit: MAX_ACTIONS }));
    program.act(id(7), Wish::now(Kind::Resume), STARTED).expect_err("nothing is open");
}

#[test]
fn late_keys_after_a_hand_over_with_a_slow_source() {
    let mut stage = on_air_with_standby(300);
    stage.until(4000);
    stage.latency(Channel::Standby, ms(200));
    stage.until(5000);
    stage.act(Wish::now(Kind::HandOver)).expect("ready");
    stage.until(9000);
    stage.act(Wish::now(Kind::Resume)).expect("handed over");
    stage.until(13_000);
    check(
        stage,
        expect![[r#"
            00:00.300 on air 0.000: Host, Host
            00:00.300   sound   0.000 – 4.715  anna a0
            00:00.340   picture 0.000 – 4.760  anna v0
            00:05.000 HandOver 4.736 – until resumed, 36 ms before air, Planned
            00:05.020 on air 4.715: Host, Silence
            00:05.020   sound   4.715 – 5.013  silence
            00:05.040 on air 4.760: Slate, Silence
            00:05.040 action 1 aired at 4.736
            00:05.300 on air 5.000: Standby, Standby
            00:05.300   picture 4.760 – 5.000  slate
            00:05.320   sound   5.013 – 10.005  bea a1
            00:05.340   picture 5.000 – 10.000  bea v1
            00:09.000 Resume 9.003 – until resumed, 303 ms before air, Planned
            00:10.300 on air 10.000: Host, Host
            00:10.300 action 1 over at 10.000
            00:10.310   sound   10.005 – 12.715  anna a0
            00:10.340   picture 10.000 – 12.720  anna v0
        "#]],
    );
}

#[test]
fn a_portrait_host_gets_the_portrait_slate() {
    let mut stage = Stage::new(config(1000));
    let source =
        Source { video: Some(video_config("tall host", 720, 1280)), ..Source::new("anna") };
    stage.connect(Channel::Host, &source);
    stage.until(4000);
    stage.act(Wish::now(Kind::Cover)).expect("in force");
    stage.until(7000);
    check(
        stage,
        expect![[r#"
            00:01.000 on air 0.000: Host, Host
            00:01.000   sound   0.000 – 6.016  anna a0
            00:01.040   picture 0.000 – 3.040  anna v0
            00:04.000 Cover 3.029 – until resumed, 29 ms before air, Planned
            00:04.030 on air 3.040: Slate, Host
            00:04.030 action 1 aired at 3.029
            00:04.090   picture 3.040 – 6.000  tall
        "#]],
    );
}

#[test]
fn polls_at_deadlines_are_enough() {
    let mut stage = on_air(2000);
    stage.until_by_deadline(6000);
    stage.act(Wish::between(Kind::Cut, at(5000), at(7000))).expect("in the delay");
    stage.until_by_deadline(12_000);
    stage.disconnect(Channel::Host);
    let polls = stage.until_by_deadline(22_000);
    assert!(polls < 1000, "{polls} polls in 10 s");
    stage.story();
}
