//! CPU seconds of packaging per stream-minute: 720p30 at 2.5 Mbit/s with AAC at 128 kbit/s, LL-HLS on, and a
//! reader that takes every playlist.
//!
//! Frames are made of noise beforehand; only the packager is measured. `cargo run --release --example pack_cost`.

use std::sync::Arc;

use bytes::Bytes;
use media::frame::{AirAudio, AirVideo, AudioConfig, VideoConfig};
use media::hls::{Config, Packager};
use units::{AirTime, Duration, Timestamp};

const MINUTES: u32 = 60;
const FPS: u32 = 30;
const GOP: u32 = 60;
/// A key frame is eight times as large as the others.
const PICTURE_BYTES: usize = 2_500_000 / 8 / FPS as usize * GOP as usize / (GOP as usize + 7);
const SOUND_BYTES: usize = 128_000 / 8 * 1024 / 48_000;

/// CPU time of this process, in nanoseconds (Linux).
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

fn video_config() -> Arc<VideoConfig> {
    let sps = Bytes::from_static(&[0x67, 0x64, 0x00, 0x1f, 0xac, 0xd9, 0x40, 0x50, 0x05, 0xbb]);
    let pps = Bytes::from_static(&[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0]);
    Arc::new(VideoConfig {
        avcc: Bytes::new(),
        sps: vec![sps],
        pps: vec![pps],
        width: 1280,
        height: 720,
        codec: "avc1.64001f".into(),
    })
}

fn main() {
    let video = video_config();
    let asc = Bytes::from_static(&[0x11, 0x90]);
    let audio = Arc::new(AudioConfig { asc, sample_rate: 48_000, channels: 2 });
    let key = Bytes::from(vec![0x65; PICTURE_BYTES * 8]);
    let delta = Bytes::from(vec![0x41; PICTURE_BYTES]);
    let sound = Bytes::from(vec![0x21; SOUND_BYTES]);

    let mut packager = Packager::new(Config::live(Timestamp::from_ms(0), 48_000));
    let (mut sound_at, mut parts, mut bytes, mut text) = (AirTime::ZERO, 0_u64, 0_usize, 0_usize);
    let before = cpu_ns();
    for n in 0..MINUTES * 60 * FPS {
        let air = AirTime::from_start(Duration::from_ticks(i64::from(n), FPS));
        while sound_at <= air {
            let duration = audio.frame_duration();
            let (data, config) = (sound.clone(), Arc::clone(&audio));
            packager.push_audio(AirAudio { air: sound_at, duration, data, config });
            sound_at += duration;
        }
        let is_key = n % GOP == 0;
        let changed = packager.push_video(AirVideo {
            air,
            duration: Duration::from_ticks(1, FPS),
            cts: Duration::ZERO,
            key: is_key,
            data: if is_key { key.clone() } else { delta.clone() },
            config: Arc::clone(&video),
            discontinuity: false,
        });
        if changed {
            parts += 1;
            text += packager.snapshot().playlist().map_or(0, |playlist| playlist.len());
        }
        while let Some(finished) = packager.finished() {
            bytes += finished.bytes.iter().map(Bytes::len).sum::<usize>();
        }
    }
    let spent = (cpu_ns() - before) as f64 / 1e9;
    #[expect(clippy::print_stdout, reason = "the result of the benchmark")]
    {
        println!(
            "{:.4} CPU seconds per stream-minute ({MINUTES} minutes, {parts} parts, {:.2} Mbit/s, playlist {} bytes)",
            spent / f64::from(MINUTES),
            bytes as f64 * 8.0 / f64::from(MINUTES * 60) / 1e6,
            text as u64 / parts.max(1),
        );
    }
}
