use super::*;
use crate::flv::{Tag, TagKind, Writer, audio_data, audio_header, ffmpeg};
use proptest::prelude::*;

fn check(asc: &[u8], expected: Result<(u32, u8), AacError>) {
    assert_eq!(config(asc).map(|c| (c.sample_rate, c.channels)), expected, "{asc:02x?}");
}

#[test]
fn configurations_of_real_encoders_are_read() {
    check(&[0x12, 0x10], Ok((44_100, 2)));
    check(&[0x11, 0x90], Ok((48_000, 2)));
    check(&[0x11, 0x88], Ok((48_000, 1)));
    check(&[0x11, 0x90, 0x56, 0xe5, 0x00], Ok((48_000, 2)));
    check(&[0x12, 0x10, 0x00, 0x00], Ok((44_100, 2)));
    assert_eq!(config(&[0x11, 0x90, 0x56, 0xe5, 0x00]), config(&[0x11, 0x90]));
    assert_eq!(from_parts(48_000, 2), config(&[0x11, 0x90]));
}

#[test]
fn high_efficiency_is_refused_in_all_three_signals() {
    check(&[0x2b, 0x92, 0x08, 0x00], Err(AacError::HighEfficiency));
    check(&[0xeb, 0x8a, 0x08, 0x00], Err(AacError::HighEfficiency));
    check(&[0x13, 0x90, 0x56, 0xe5, 0xa0], Err(AacError::HighEfficiency));
}

#[test]
fn what_the_splice_cannot_carry_is_refused_by_reason() {
    check(&[0x11, 0xb0], Err(AacError::Channels(6)));
    check(&[0x11, 0x80], Err(AacError::Channels(0)));
    check(&[0x11, 0x94], Err(AacError::ShortFrames));
    check(&[0x0a, 0x10], Err(AacError::ObjectType(1)));
    check(&[0x17, 0x80, 0x00, 0x00, 0x90], Err(AacError::Rate(1)));
    check(&[0x16, 0x90], Err(AacError::Rate(0)));
    check(&[0x12], Err(AacError::Truncated));
    check(&[], Err(AacError::Truncated));
}

#[test]
fn silence_decodes_to_zero_samples() {
    for (rate, channels) in [(44_100, 1), (44_100, 2), (48_000, 1), (48_000, 2)] {
        let track = from_parts(rate, channels).expect("a standard rate");
        let mut writer = Writer::new();
        let mut put =
            |timestamp_ms, body| writer.tag(&Tag { kind: TagKind::Audio, timestamp_ms, body });
        put(0, audio_header(&track));
        for i in 0..20 {
            put(i * 1024 * 1000 / rate, audio_data(&silence(channels)));
        }
        let args =
            ["-xerror", "-err_detect", "explode", "-f", "flv", "-i", "pipe:0", "-f", "s16le"];
        let Some(pcm) = ffmpeg::run(&args, &writer.take()) else { return };
        // ffmpeg keeps back no frame of a plain AAC stream: 20 units are 20 × 1024 samples.
        assert_eq!(pcm.len(), 20 * 1024 * 2 * usize::from(channels), "{rate} Hz, {channels}");
        assert!(pcm.iter().all(|byte| *byte == 0), "{rate} Hz, {channels}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(asc in proptest::collection::vec(any::<u8>(), 0..40)) {
        drop(config(&asc));
    }
}
