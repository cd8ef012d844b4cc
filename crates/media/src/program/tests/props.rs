//! Properties over random shows: whatever sources do and people press, the referee finds nothing (D-1, D-2, contiguous
//! tracks, a decodable picture, sound in step), nothing stopped is lost track of, and a restart goes on (H-1).

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Something that happens in a show.
#[derive(Clone, Debug)]
enum Turn {
    Wait(i64),
    Act { kind: Kind, from_ms: Option<i64>, to_ms: Option<i64> },
    Resume,
    Undo(u128),
    Delay(i64),
    Stall { channel: Channel, ms: i64 },
    Skip { channel: Channel, ms: i64, video: bool, audio: bool },
    Latency { channel: Channel, ms: i64 },
    Reconnect { channel: Channel, clock_ms: i64 },
    Disconnect(Channel),
    Drop(Channel),
    Step(i64),
    Restart,
}

fn channel() -> impl Strategy<Value = Channel> {
    prop_oneof![3 => Just(Channel::Host), 1 => Just(Channel::Standby)]
}

fn turn() -> impl Strategy<Value = Turn> {
    let kind = prop_oneof![
        Just(Kind::Mute),
        Just(Kind::Cover),
        Just(Kind::Cut),
        Just(Kind::HandOver),
        Just(Kind::Dump),
        Just(Kind::Panic)
    ];
    let span = || proptest::option::of(-9000..4000i64);
    prop_oneof![
        12 => (1..6000i64).prop_map(Turn::Wait),
        8 => (kind, span(), span())
            .prop_map(|(kind, from_ms, to_ms)| Turn::Act { kind, from_ms, to_ms }),
        4 => Just(Turn::Resume),
        3 => (1..12u128).prop_map(Turn::Undo),
        1 => (0..9000i64).prop_map(Turn::Delay),
        2 => (channel(), 100..9000i64).prop_map(|(channel, ms)| Turn::Stall { channel, ms }),
        2 => (channel(), 40..7000i64, any::<(bool, bool)>())
            .prop_map(|(channel, ms, (video, audio))| Turn::Skip { channel, ms, video, audio }),
        1 => (channel(), 0..700i64).prop_map(|(channel, ms)| Turn::Latency { channel, ms }),
        2 => (channel(), -90_000..90_000i64)
            .prop_map(|(channel, clock_ms)| Turn::Reconnect { channel, clock_ms }),
        1 => channel().prop_map(Turn::Disconnect),
        1 => channel().prop_map(Turn::Drop),
        1 => (1..300i64).prop_map(Turn::Step),
        1 => Just(Turn::Restart),
    ]
}

/// How a show begins.
#[derive(Clone, Debug)]
struct Cast {
    delay_ms: i64,
    host: Look,
    standby: Look,
    /// It is handed over to the standby before anything else happens.
    handed_over: bool,
}

#[derive(Clone, Debug)]
struct Look {
    gop: i64,
    frame_ms: i64,
    b_frames: bool,
    video: bool,
    rate: Option<u32>,
}

impl Look {
    fn source(&self, name: &'static str, clock_ms: i64) -> Source {
        Source {
            name,
            gop: self.gop,
            frame_ms: self.frame_ms,
            b_frames: self.b_frames,
            video: self.video.then(|| video_config(name, 1280, 720)),
            audio: self.rate.map(|rate| audio_config(rate, 2)),
            clock_ms,
        }
    }
}

fn look() -> impl Strategy<Value = Look> {
    let rate = prop_oneof![
        8 => Just(Some(48_000)),
        3 => Just(Some(44_100)),
        1 => Just(Some(22_050)),
        1 => Just(None)
    ];
    // Three pictures follow a key frame for each pair of B-frames, so a group is 1 + 3n pictures long.
    let gop = (1..20i64).prop_map(|n| 3 * n + 1);
    let video = prop_oneof![9 => Just(true), 1 => Just(false)];
    (gop, 16..60i64, any::<bool>(), video, rate).prop_map(
        |(gop, frame_ms, b_frames, video, rate)| Look { gop, frame_ms, b_frames, video, rate },
    )
}

fn cast() -> impl Strategy<Value = Cast> {
    let delay = prop_oneof![1 => Just(0i64), 2 => 0..1500i64, 6 => 1500..9000i64];
    (delay, look(), look(), any::<bool>()).prop_map(|(delay_ms, host, standby, handed_over)| Cast {
        delay_ms,
        host,
        standby,
        handed_over,
    })
}

fn play(cast: &Cast, turns: &[Turn]) -> Stage {
    let mut stage = Stage::new(config(cast.delay_ms));
    let look = |channel| match channel {
        Channel::Host => (&cast.host, "anna"),
        Channel::Standby => (&cast.standby, "bea"),
    };
    for channel in [Channel::Host, Channel::Standby] {
        let (look, name) = look(channel);
        stage.connect(channel, &look.source(name, 0));
    }
    if cast.handed_over {
        let _ = stage.act(Wish { force: true, ..Wish::now(Kind::HandOver) });
        stage.until(cast.delay_ms + 3000);
    }
    for turn in turns {
        match *turn {
            Turn::Wait(ms) => stage.until(stage.clock_ms() + ms),
            Turn::Act { kind, from_ms, to_ms } => {
                let when = |at: Option<i64>| at.map(|at| When::Preview(ms(at)));
                let (from, to) = (when(from_ms), when(to_ms));
                let _ = stage.act(Wish { kind, from, to, force: true });
            }
            Turn::Resume => drop(stage.act(Wish::now(Kind::Resume))),
            Turn::Undo(n) => drop(stage.undo(n)),
            Turn::Delay(delay) => stage.set_delay(ms(delay)),
            Turn::Stall { channel, ms: length } => stage.stall(channel, ms(length)),
            Turn::Skip { channel, ms: length, video, audio } => {
                stage.skip(channel, ms(length), video, audio);
            }
            Turn::Latency { channel, ms: latency } => stage.latency(channel, ms(latency)),
            Turn::Reconnect { channel, clock_ms } => {
                let (look, name) = look(channel);
                stage.connect(channel, &look.source(name, clock_ms));
            }
            Turn::Disconnect(channel) => stage.disconnect(channel),
            Turn::Drop(channel) => stage.drop_feed(channel),
            Turn::Step(step) => stage.step = ms(step),
            Turn::Restart => stage.restart(ms(700)),
        }
        let status = stage.program.status(stage.now);
        assert!(status.in_delay >= Duration::ZERO && status.newest >= status.air_point);
    }
    stage
}

/// A few shows in every run; as many as `PROPTEST_CASES` says in a long one.
fn cases() -> ProptestConfig {
    let config = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { 40 };
    ProptestConfig { cases, ..config }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_show_keeps_the_rules(cast in cast(), turns in vec(turn(), 1..24)) {
        play(&cast, &turns).story();
    }

    #[test]
    fn in_the_end_the_host_is_back(cast in cast(), turns in vec(turn(), 1..12)) {
        let cast = Cast { host: Look { video: true, rate: Some(48_000), ..cast.host }, ..cast };
        let mut stage = play(&cast, &turns);
        stage.step = ms(10);
        stage.connect(Channel::Host, &cast.host.source("anna", 5000));
        stage.until(stage.clock_ms() + 6000);
        let _ = stage.act(Wish::now(Kind::Resume));
        stage.until(stage.clock_ms() + 20_000);
        let status = stage.program.status(stage.now);
        prop_assert_eq!((status.video, status.audio), (OnVideo::Host, OnAudio::Host));
        prop_assert_eq!(status.why, None);
        prop_assert!(status.actions.is_empty(), "{:?}", status.actions);
        stage.story();
    }

    #[test]
    fn what_is_undone_before_it_airs_leaves_no_trace(
        cast in cast(),
        kind in prop_oneof![Just(Kind::Mute), Just(Kind::Cover), Just(Kind::Cut), Just(Kind::HandOver)],
        span in (1..5000i64, 1..5000i64),
    ) {
        let host = Look { video: true, ..cast.host };
        let cast = Cast { delay_ms: 8000, host, handed_over: false, ..cast };
        let play = |acts: bool| {
            let mut stage = play(&cast, &[Turn::Wait(15_000)]);
            if acts {
                let from = When::Preview(ms(-span.0));
                let to = Some(When::Preview(ms(span.1 - span.0)));
                stage.act(Wish { kind, from: Some(from), to, force: true }).expect("in the delay");
                stage.until(17_000);
                stage.undo(1).expect("nothing of it has aired");
            }
            stage.until(30_000);
            stage.referee.names()
        };
        prop_assert_eq!(play(true), play(false));
    }
}
