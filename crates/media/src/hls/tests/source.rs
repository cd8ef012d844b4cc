//! Made-up programs: frames with the right times and made-up bytes.

use std::sync::Arc;

use bytes::Bytes;
use units::{AirTime, Duration};

use crate::frame::{AirAudio, AirVideo, AudioConfig, VideoConfig};
use crate::hls::Packager;

const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0d, 0xac, 0xd9, 0x41, 0x41, 0xfa, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
    0x00, 0x03, 0x03, 0x20, 0xf1, 0x42, 0x99, 0x60,
];
const PPS: &[u8] = &[0x68, 0xeb, 0xe3, 0xcb, 0x22, 0xc0];

pub(crate) fn video_config(width: u16, height: u16) -> Arc<VideoConfig> {
    let mut avcc = vec![1, 0x64, 0, 0x0d, 0xff, 0xe1, 0, SPS.len() as u8];
    avcc.extend_from_slice(SPS);
    avcc.extend_from_slice(&[1, 0, PPS.len() as u8]);
    avcc.extend_from_slice(PPS);
    avcc.extend_from_slice(&[0xfd, 0xf8, 0xf8, 0]);
    Arc::new(VideoConfig {
        avcc: avcc.into(),
        sps: vec![Bytes::from_static(SPS)],
        pps: vec![Bytes::from_static(PPS)],
        width,
        height,
        codec: "avc1.64000d".into(),
    })
}

pub(crate) fn audio_config(sample_rate: u32, channels: u8) -> Arc<AudioConfig> {
    let index = match sample_rate {
        48_000 => 3,
        44_100 => 4,
        _ => 7,
    };
    let asc: u16 = 2 << 11 | index << 7 | u16::from(channels) << 3;
    let asc = Bytes::copy_from_slice(&asc.to_be_bytes());
    Arc::new(AudioConfig { asc, sample_rate, channels })
}

/// A program that is written picture by picture, with sound beside it.
pub(crate) struct Source {
    pub(crate) at: AirTime,
    pub(crate) sound_at: AirTime,
    pub(crate) video: Arc<VideoConfig>,
    pub(crate) audio: Arc<AudioConfig>,
    count: u32,
}

impl Source {
    pub(crate) fn new() -> Self {
        let (video, audio) = (video_config(1280, 720), audio_config(48_000, 2));
        Self { at: AirTime::ZERO, sound_at: AirTime::ZERO, video, audio, count: 0 }
    }

    pub(crate) fn picture(&mut self, duration: Duration, key: bool) -> AirVideo {
        self.count += 1;
        let mut data = vec![0, 0, 0, 5, if key { 0x65 } else { 0x41 }];
        data.extend_from_slice(&self.count.to_be_bytes());
        let air = self.at;
        self.at += duration;
        AirVideo {
            air,
            duration,
            cts: Duration::ZERO,
            key,
            data: data.into(),
            config: Arc::clone(&self.video),
            discontinuity: false,
        }
    }

    /// The sound that starts before `until`.
    pub(crate) fn sounds(&mut self, until: AirTime) -> Vec<AirAudio> {
        let mut out = Vec::new();
        while self.sound_at < until {
            self.count += 1;
            let data = Bytes::copy_from_slice(&self.count.to_be_bytes());
            let (air, duration) = (self.sound_at, self.audio.frame_duration());
            self.sound_at += duration;
            out.push(AirAudio { air, duration, data, config: Arc::clone(&self.audio) });
        }
        out
    }

    /// Pushes `seconds` at `fps` with a key frame every `gop` pictures; sound comes with its picture.
    pub(crate) fn play(&mut self, packager: &mut Packager, seconds: u32, fps: u32, gop: u32) {
        self.play_from(packager, seconds, fps, gop, false);
    }

    /// The same as another source that is spliced in.
    pub(crate) fn splice(&mut self, packager: &mut Packager, seconds: u32, fps: u32, gop: u32) {
        self.play_from(packager, seconds, fps, gop, true);
    }

    fn play_from(&mut self, packager: &mut Packager, seconds: u32, fps: u32, gop: u32, new: bool) {
        for n in 0..seconds * fps {
            let mut picture = self.picture(Duration::from_ticks(1, fps), n % gop == 0);
            picture.discontinuity = new && n == 0;
            for sound in self.sounds(self.at) {
                packager.push_audio(sound);
            }
            packager.push_video(picture);
        }
    }
}
