//! The program under test: sources that can be told apart frame by frame, a stage that plays them against a program
//! on a wall clock, and a referee that checks every frame that airs.

mod acts;
mod losses;
mod props;
mod referee;
mod shows;
mod stage;
mod traps;

use std::sync::Arc;

use bytes::Bytes;
use expect_test::Expect;
use units::{ActionId, Duration, MediaTime, Timestamp};

use super::*;
use crate::frame::{AudioConfig, VideoConfig, VideoFrame};
use stage::{Source, Stage};

/// When every test's show starts: 2026-11-22T08:30:00Z.
const STARTED: Timestamp = Timestamp(1_795_336_200_000_000);

fn ms(ms: i64) -> Duration {
    Duration::from_ms(ms)
}

fn at(ms: i64) -> MediaTime {
    MediaTime::from_ms(ms)
}

fn id(n: u128) -> ActionId {
    ActionId::from_u128(n)
}

fn video_config(name: &str, width: u16, height: u16) -> Arc<VideoConfig> {
    Arc::new(VideoConfig {
        avcc: Bytes::copy_from_slice(name.as_bytes()),
        sps: vec![],
        pps: vec![],
        width,
        height,
        codec: "avc1.64001f".to_owned(),
    })
}

fn audio_config(sample_rate: u32, channels: u8) -> Arc<AudioConfig> {
    Arc::new(crate::codec::aac::from_parts(sample_rate, channels).expect("a rate of the table"))
}

/// A slate of one second: 25 pictures, the first an IDR.
fn slate(name: &str, width: u16, height: u16) -> Slate {
    let config = video_config(name, width, height);
    let frames = (0..25).map(|n| VideoFrame {
        time: at(n * 40),
        cts: Duration::ZERO,
        key: n == 0,
        data: Bytes::from(format!("{name} {n}")),
        config: config.clone(),
    });
    Slate::from_frames(frames.collect()).expect("a slate")
}

fn config(delay_ms: i64) -> ProgramConfig {
    let slates =
        Slates { landscape: slate("slate", 1280, 720), portrait: Some(slate("tall", 720, 1280)) };
    ProgramConfig { delay: ms(delay_ms), ..ProgramConfig::new(STARTED, slates) }
}

/// A show whose host streams from its start on.
fn on_air(delay_ms: i64) -> Stage {
    let mut stage = Stage::new(config(delay_ms));
    stage.connect(Channel::Host, &Source::new("anna"));
    stage
}

/// The same with a standby.
fn on_air_with_standby(delay_ms: i64) -> Stage {
    let mut stage = on_air(delay_ms);
    stage.connect(Channel::Standby, &Source::new("bea"));
    stage
}

/// Ends the show and compares what aired.
fn check(stage: Stage, story: Expect) {
    story.assert_eq(&stage.story());
}
