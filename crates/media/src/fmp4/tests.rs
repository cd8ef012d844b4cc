use std::io::Cursor;

use bytes::Bytes;
use mp4_atom::{Any, Codec, Decode, DecodeMaybe, Ftyp, Moof, Moov};
use proptest::prelude::*;
use units::{AirTime, Duration};

use super::*;
use crate::frame::{AirAudio, AirVideo};
use crate::hls::tests::source::{audio_config, video_config};

/// A fragment read back: its `moof` and every sample's bytes, track by track.
pub(crate) fn read(bytes: &Bytes) -> (Moof, Vec<Vec<Bytes>>) {
    let mut cursor = Cursor::new(bytes.as_ref());
    let moof = Moof::decode(&mut cursor).expect("moof");
    let mdat = cursor.position() as usize;
    assert_eq!(&bytes[mdat + 4..mdat + 8], b"mdat");
    let len = u32::from_be_bytes(bytes[mdat..mdat + 4].try_into().expect("4 bytes")) as usize;
    assert_eq!(mdat + len, bytes.len(), "mdat ends with the fragment");
    let mut tracks = Vec::new();
    for traf in &moof.traf {
        assert!(traf.tfhd.default_base_is_moof);
        let run = &traf.trun[0];
        let mut at = run.data_offset.expect("offset") as usize;
        let mut samples = Vec::new();
        for sample in run.samples.iter() {
            let size = sample.size.expect("size") as usize;
            samples.push(bytes.slice(at..at + size));
            at += size;
        }
        tracks.push(samples);
    }
    (moof, tracks)
}

fn picture(air: Duration, duration: Duration, cts: Duration, key: bool, data: &[u8]) -> AirVideo {
    AirVideo {
        air: AirTime::from_start(air),
        duration,
        cts,
        key,
        data: Bytes::copy_from_slice(data),
        config: video_config(1280, 720),
        discontinuity: false,
    }
}

fn sound(air: Duration, duration: Duration, data: &[u8]) -> AirAudio {
    AirAudio {
        air: AirTime::from_start(air),
        duration,
        data: Bytes::copy_from_slice(data),
        config: audio_config(48_000, 2),
    }
}

#[test]
fn an_init_reads_back() {
    let (video, audio) = (video_config(1280, 720), audio_config(44_100, 1));
    let bytes = init(&video, Some(&audio), 48_000).expect("init");
    let mut cursor = Cursor::new(bytes.as_ref());
    assert_eq!(Ftyp::decode(&mut cursor).expect("ftyp").major_brand, b"iso6".into());
    let moov = Moov::decode(&mut cursor).expect("moov");
    assert!(Any::decode_maybe(&mut cursor).expect("end").is_none());
    let [pictures, sounds] = &moov.trak[..] else { panic!("two tracks") };
    assert_eq!((pictures.tkhd.track_id, sounds.tkhd.track_id), (VIDEO_TRACK, AUDIO_TRACK));
    assert_eq!(pictures.mdia.mdhd.timescale, VIDEO_TIMESCALE);
    assert_eq!(sounds.mdia.mdhd.timescale, 48_000, "the program's, not the sound's");
    let Codec::Avc1(avc1) = &pictures.mdia.minf.stbl.stsd.codecs[0] else { panic!("avc1") };
    assert_eq!((avc1.visual.width, avc1.visual.height, avc1.avcc.length_size), (1280, 720, 4));
    assert_eq!(avc1.avcc.sequence_parameter_sets, [video.sps[0].to_vec()]);
    let Codec::Mp4a(mp4a) = &sounds.mdia.minf.stbl.stsd.codecs[0] else { panic!("mp4a") };
    assert_eq!(mp4a.audio.sample_rate.integer(), 44_100);
    let specific = mp4a.esds.es_desc.dec_config.dec_specific.as_ref().expect("asc");
    assert_eq!(specific.raw, audio.asc.to_vec());
}

#[test]
fn an_unreadable_record_is_made_from_the_parameter_sets() {
    let mut config = (*video_config(640, 360)).clone();
    config.avcc = Bytes::from_static(b"\x02garbage");
    assert!(init(&config, None, 48_000).is_ok());
    config.sps.clear();
    assert!(matches!(init(&config, None, 48_000), Err(Error::ParameterSets)));
}

#[test]
fn parameter_sets_stand_before_a_key_frame_but_behind_a_delimiter() {
    let config = video_config(1280, 720);
    let mut sets = Vec::new();
    for set in config.sps.iter().chain(&config.pps) {
        sets.extend_from_slice(&(set.len() as u32).to_be_bytes());
        sets.extend_from_slice(set);
    }
    let check = |key: bool, data: &[u8], expected: &[&[u8]]| {
        let video = [picture(Duration::ZERO, Duration::from_ms(40), Duration::ZERO, key, data)];
        let bytes = fragment(Fragment {
            sequence: 1,
            audio_timescale: 48_000,
            start: AirTime::ZERO,
            video: &video,
            audio: &[],
        });
        assert_eq!(read(&bytes).1, [[Bytes::from(expected.concat())]], "{data:?}");
    };
    let (delimiter, slice) = (b"\0\0\0\x02\x09\xf0", b"\0\0\0\x02\x65\x88");
    check(true, slice, &[&sets, slice]);
    check(true, &[&delimiter[..], slice].concat(), &[delimiter, &sets, slice]);
    check(false, slice, &[slice]);
    // Lengths that lie, and pictures without a byte.
    check(true, b"\0\0\xff\xff\x09\xf0", &[&sets, b"\0\0\xff\xff\x09\xf0"]);
    check(true, b"\xff\xff\xff\xff\x09", &[&sets, b"\xff\xff\xff\xff\x09"]);
    check(true, b"", &[&sets]);
}

#[test]
fn times_of_64_bits_and_signed_offsets_read_back() {
    let start = Duration::from_s(3600 * 24 * 30);
    let cts = -Duration::from_ms(40);
    let video = [picture(start, Duration::from_ms(40), cts, false, b"\0\0\0\x01\x41")];
    let audio = [sound(start, Duration::from_ticks(1024, 48_000), b"aac")];
    let at = AirTime::from_start(start);
    let bytes = fragment(Fragment {
        sequence: 7,
        audio_timescale: 48_000,
        start: at,
        video: &video,
        audio: &audio,
    });
    let (moof, tracks) = read(&bytes);
    assert_eq!(moof.mfhd.sequence_number, 7);
    let decode_time = |i: usize| moof.traf[i].tfdt.as_ref().expect("tfdt").base_media_decode_time;
    assert_eq!(decode_time(0), 3600 * 24 * 30 * 90_000);
    assert_eq!(decode_time(1), 3600 * 24 * 30 * 48_000);
    let sample = moof.traf[0].trun[0].samples.get(0).expect("sample");
    assert_eq!((sample.cts, sample.duration), (Some(-3600), Some(3600)));
    assert_eq!(moof.traf[1].trun[0].samples.get(0).expect("sample").duration, Some(1024));
    assert_eq!(tracks[1], [Bytes::from_static(b"aac")]);
}

#[test]
fn a_fragment_without_frames_still_says_when_it_is() {
    let start = AirTime::from_ms(1500);
    let bytes =
        fragment(Fragment { sequence: 1, audio_timescale: 48_000, start, video: &[], audio: &[] });
    let (moof, _) = read(&bytes);
    assert_eq!(moof.traf[0].tfdt.as_ref().expect("tfdt").base_media_decode_time, 135_000);
}

proptest! {
    /// Rounding never adds up: the decode time of every fragment is that of the one before plus its durations, for
    /// any lengths and for a rate of sound that is not the track's timescale.
    #[test]
    fn decode_times_go_on_exactly(
        lengths in prop::collection::vec(prop::collection::vec(1_i64..200_000_000, 1..8), 1..12),
        rate in prop::sample::select(vec![22_050_u32, 44_100, 48_000]),
        timescale in prop::sample::select(vec![44_100_u32, 48_000]),
    ) {
        let (mut video_at, mut audio_at) = (Duration(123), Duration(77));
        let mut expected: Option<(u64, u64)> = None;
        for part in lengths {
            let (mut video, mut audio) = (Vec::new(), Vec::new());
            for length in part {
                video.push(picture(video_at, Duration(length), Duration::ZERO, false, b"v"));
                video_at += Duration(length);
                audio.push(sound(audio_at, Duration::from_ticks(1024, rate), b"a"));
                audio_at += Duration::from_ticks(1024, rate);
            }
            let start = video[0].air;
            let bytes = fragment(Fragment {
                sequence: 1,
                audio_timescale: timescale,
                start,
                video: &video,
                audio: &audio,
            });
            let (moof, _) = read(&bytes);
            let time = |i: usize| moof.traf[i].tfdt.as_ref().map(|t| t.base_media_decode_time);
            let (at_video, at_audio) = (time(0).expect("tfdt"), time(1).expect("tfdt"));
            if let Some(expected) = expected {
                prop_assert_eq!(expected, (at_video, at_audio));
            }
            let sum = |i: usize| -> u64 {
                moof.traf[i].trun[0].samples.iter().map(|s| u64::from(s.duration.unwrap_or(0))).sum()
            };
            expected = Some((at_video + sum(0), at_audio + sum(1)));
        }
    }
}
