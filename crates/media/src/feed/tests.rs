use super::*;
use crate::flv::{self, Codec, ffmpeg};
use bytes::Bytes;
use proptest::prelude::*;

/// Constrained Baseline, 64×48, and 128×48.
const SPS: [&[u8]; 2] = [
    &[0x67, 0x42, 0xc0, 0x0a, 0xf4, 0x23, 0x64],
    &[0x67, 0x42, 0xc0, 0x0a, 0xf4, 0x10, 0x76, 0x40],
];
const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];

fn video(timestamp_ms: u32, body: Vec<u8>) -> Tag {
    Tag { kind: TagKind::Video, timestamp_ms, body: body.into() }
}

fn audio(timestamp_ms: u32, body: Vec<u8>) -> Tag {
    Tag { kind: TagKind::Audio, timestamp_ms, body: body.into() }
}

fn video_config(sps: &'static [u8]) -> Tag {
    let record =
        crate::codec::h264::build_record(&[Bytes::from_static(sps)], &[Bytes::from_static(PPS)])
            .expect("sets");
    video(0, [&[0x17, 0, 0, 0, 0][..], &record].concat())
}

fn picture(timestamp_ms: u32, offset_ms: i32, nal: u8) -> Tag {
    let offset = offset_ms.to_be_bytes();
    video(timestamp_ms, vec![0x27, 1, offset[1], offset[2], offset[3], 0, 0, 0, 2, nal, 0xaa])
}

fn audio_config(asc: [u8; 2]) -> Tag {
    audio(0, vec![0xaf, 0, asc[0], asc[1]])
}

fn sound(timestamp_ms: u32) -> Tag {
    audio(timestamp_ms, vec![0xaf, 1, 0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c])
}

const STEREO_48: [u8; 2] = [0x11, 0x90];

fn feed(tags: &[Tag]) -> (Feed, Vec<Frame>, Vec<Gap>) {
    let mut feed = Feed::new();
    let (mut frames, mut gaps) = (Vec::new(), Vec::new());
    for tag in tags {
        frames.extend(feed.push(tag).expect("taken"));
        gaps.extend(feed.gap());
    }
    (feed, frames, gaps)
}

fn times(frames: &[Frame], track: Track) -> Vec<MediaTime> {
    frames
        .iter()
        .filter_map(|frame| match frame {
            Frame::Video(video) if track == Track::Video => Some(video.time),
            Frame::Audio(audio) if track == Track::Audio => Some(audio.time),
            _ => None,
        })
        .collect()
}

fn ms(list: &[i64]) -> Vec<MediaTime> {
    list.iter().map(|ms| MediaTime::from_ms(*ms)).collect()
}

#[test]
fn stamps_wrap_at_two_to_the_32_without_a_jump() {
    let start = u32::MAX - 49;
    let mut tags = vec![video_config(SPS[0])];
    tags.extend((0..5).map(|i| picture(start.wrapping_add(i * 20), 0, 0x65)));
    let (_, frames, gaps) = feed(&tags);
    assert_eq!(times(&frames, Track::Video), ms(&[0, 20, 40, 60, 80]));
    assert!(gaps.is_empty());
}

#[test]
fn small_steps_back_keep_decode_time_rising() {
    let tags: Vec<_> = std::iter::once(video_config(SPS[0]))
        .chain([100, 140, 138, 138, 180].map(|t| picture(t, 0, 0x65)))
        .collect();
    assert_eq!(times(&feed(&tags).1, Track::Video), ms(&[0, 40, 41, 42, 80]));
}

#[test]
fn sound_is_counted_in_samples_not_in_milliseconds() {
    let mut tags = vec![audio_config(STEREO_48)];
    tags.extend((0..1000u32).map(|i| sound(i * 64 / 3 + i % 7)));
    let (_, frames, gaps) = feed(&tags);
    let times = times(&frames, Track::Audio);
    assert!(gaps.is_empty());
    for (i, time) in times.iter().enumerate() {
        assert_eq!(*time, MediaTime::from_start(Duration::from_ticks(1024 * i as i64, 48_000)));
    }
}

#[test]
fn a_hole_in_the_sound_moves_it_on_and_is_reported() {
    let tags = [audio_config(STEREO_48), sound(0), sound(21), sound(543), sound(564)];
    let (feed, frames, gaps) = feed(&tags);
    assert_eq!(times(&frames, Track::Audio)[2], MediaTime::from_ms(543));
    assert_eq!(gaps.len(), 1);
    assert_eq!(
        (gaps[0].track, gaps[0].at, gaps[0].length.ms()),
        (Track::Audio, MediaTime::from_ms(543), 500)
    );
    assert!(feed.stats().hints.iter().any(|hint| hint.code == HintCode::SoundGaps));
}

#[test]
fn sound_that_comes_too_fast_is_thinned_not_overlapped() {
    let mut tags = vec![audio_config(STEREO_48)];
    tags.extend((0..100).map(|i| sound(i * 10)));
    let (_, frames, gaps) = feed(&tags);
    let times = times(&frames, Track::Audio);
    assert!(times.windows(2).all(|pair| pair[1] > pair[0]));
    assert!(gaps.iter().all(|gap| gap.length < Duration::ZERO));
    assert!((times[times.len() - 1] - MediaTime::from_ms(990)).abs() < Duration::from_ms(90));
}

#[test]
fn a_source_that_starts_over_goes_on_in_our_time() {
    let mut tags = vec![video_config(SPS[0]), audio_config(STEREO_48)];
    for base in [7_000_000, 0] {
        for i in 0..10 {
            tags.extend([picture(base + i * 40, 0, 0x65), sound(base + i * 40)]);
        }
    }
    let (_, frames, gaps) = feed(&tags);
    let video = times(&frames, Track::Video);
    assert!(
        video
            .windows(2)
            .all(|pair| pair[1] > pair[0] && pair[1] - pair[0] <= Duration::from_ms(40))
    );
    assert!(gaps.iter().any(|gap| gap.track == Track::Video && gap.length == Duration::ZERO));
}

#[test]
fn b_frames_carry_signed_composition_offsets() {
    let tags = [
        video_config(SPS[0]),
        picture(0, 80, 0x65),
        picture(40, 120, 0x41),
        picture(80, -40, 0x01),
    ];
    let (feed, frames, _) = feed(&tags);
    let offsets: Vec<i64> = frames
        .iter()
        .map(|frame| match frame {
            Frame::Video(video) => video.cts.ms(),
            Frame::Audio(_) => 0,
        })
        .collect();
    assert_eq!(offsets, [80, 120, -40]);
    assert!(feed.stats().video.expect("pictures").b_frames);
}

#[test]
fn video_only_and_audio_only_are_states_with_a_hint() {
    let mut pictures = vec![video_config(SPS[0])];
    pictures.extend((0..100).map(|i| picture(i * 40, 0, 0x65)));
    let stats = feed(&pictures).0.stats();
    assert_eq!(stats.hints.iter().map(|hint| hint.code).collect::<Vec<_>>(), [HintCode::NoAudio]);
    assert_eq!(stats.video.expect("pictures").fps, 25.0);
    let mut sounds = vec![audio_config(STEREO_48)];
    sounds.extend((0..200u32).map(|i| sound(i * 64 / 3)));
    let stats = feed(&sounds).0.stats();
    assert_eq!(stats.hints.iter().map(|hint| hint.code).collect::<Vec<_>>(), [HintCode::NoVideo]);
}

#[test]
fn a_new_configuration_rides_on_the_frames_behind_it() {
    let tags = [
        video_config(SPS[0]),
        picture(0, 0, 0x65),
        video_config(SPS[0]),
        picture(40, 0, 0x41),
        video_config(SPS[1]),
        picture(80, 0, 0x41),
        picture(120, 0, 0x65),
    ];
    let (_, frames, _) = feed(&tags);
    let configs: Vec<_> = frames
        .iter()
        .filter_map(|frame| match frame {
            Frame::Video(video) => Some(Arc::clone(&video.config)),
            Frame::Audio(_) => None,
        })
        .collect();
    assert_eq!(configs.iter().map(|config| config.width).collect::<Vec<_>>(), [64, 64, 128]);
    assert!(Arc::ptr_eq(&configs[0], &configs[1]));
}

#[test]
fn parameter_sets_in_the_pictures_make_a_new_configuration() {
    let mut body = vec![0x17, 1, 0, 0, 0];
    for nal in [SPS[1], PPS, &[0x65, 1]] {
        body.extend_from_slice(&(nal.len() as u32).to_be_bytes());
        body.extend_from_slice(nal);
    }
    let (_, frames, _) = feed(&[video_config(SPS[0]), picture(0, 0, 0x65), video(40, body)]);
    let Some(Frame::Video(last)) = frames.last() else { panic!("a picture") };
    assert_eq!((last.config.width, &last.data[..]), (128, &[0, 0, 0, 2, 0x65, 1][..]));
}

#[test]
fn pictures_before_the_first_key_frame_are_left_out() {
    let (_, frames, _) = feed(&[
        picture(0, 0, 0x65),
        video_config(SPS[0]),
        picture(40, 0, 0x41),
        picture(80, 0, 0x65),
    ]);
    assert_eq!(frames.len(), 1);
}

fn refusal(tags: &[Tag]) -> Refused {
    let mut feed = Feed::new();
    tags.iter().find_map(|tag| feed.push(tag).err()).expect("refused")
}

#[test]
fn a_codec_change_mid_stream_is_refused() {
    let hevc = video(40, [&[0x90][..], b"hvc1", &[0; 30]].concat());
    assert_eq!(
        refusal(&[video_config(SPS[0]), picture(0, 0, 0x65), hevc]),
        Refused::VideoCodec(Codec::Hevc)
    );
    let mp3 = audio(40, vec![0x2f, 0xff, 0xfb]);
    assert_eq!(refusal(&[audio_config(STEREO_48), sound(0), mp3]), Refused::AudioCodec(Codec::Mp3));
}

#[test]
fn refusals_tell_the_host_what_to_choose() {
    let hevc = refusal(&[video(0, [&[0x90][..], b"hvc1"].concat())]);
    assert_eq!(hevc.code(), "video_hevc");
    assert_eq!(
        hevc.to_string(),
        "this server takes H.264; the stream is HEVC. In OBS choose the x264 or H.264 encoder"
    );
    let av1 = refusal(&[video(0, [&[0x90][..], b"av01"].concat())]);
    assert_eq!(av1.code(), "video_av1");
    let surround = refusal(&[audio_config([0x11, 0xb0])]);
    assert_eq!(
        surround.to_string(),
        "this server takes mono or stereo; the sound has 6 channels. In OBS choose Stereo under Settings, Audio"
    );
    assert_eq!(refusal(&[audio_config([0x2b, 0x92])]).code(), "audio_he_aac");
}

#[test]
fn rare_key_frames_and_uneven_steps_are_hinted() {
    let mut tags = vec![video_config(SPS[0]), audio_config(STEREO_48)];
    for i in 0..300 {
        let nal = if i % 150 == 0 { 0x65 } else { 0x41 };
        tags.extend([picture(i * 40 + i % 2 * 25, 0, nal), sound(i * 40)]);
    }
    let stats = feed(&tags).0.stats();
    let codes: Vec<_> = stats.hints.iter().map(|hint| hint.code).collect();
    assert!(
        codes.contains(&HintCode::KeyInterval) && codes.contains(&HintCode::VariableFrameRate),
        "{codes:?}"
    );
    assert_eq!(stats.video.expect("pictures").key_interval_s, Some(6.0));
}

#[test]
fn a_real_stream_with_b_frames_comes_through_whole() {
    let Some(file) = ffmpeg::flv(&[
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=30",
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=440:sample_rate=44100",
        "-t",
        "6",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-bf",
        "2",
        "-g",
        "60",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
    ]) else {
        return;
    };
    let tags = flv::read(&file).expect("FLV");
    let (feed, frames, gaps) = feed(&tags);
    assert!(gaps.is_empty(), "{gaps:?}");
    let stats = feed.stats();
    let video = stats.video.expect("pictures");
    assert_eq!(
        (video.width, video.height, video.key_interval_s, video.b_frames),
        (320, 180, Some(2.0), true)
    );
    assert!((video.fps - 30.0).abs() < 0.3, "{}", video.fps);
    assert!(video.codec.starts_with("H.264 High"));
    let sound = stats.audio.expect("sound");
    assert_eq!((sound.sample_rate, sound.channels), (44_100, 1));
    assert!(stats.hints.is_empty(), "{:?}", stats.hints);
    assert_eq!(times(&frames, Track::Video).len(), 180);

    // What the writer makes of the frames decodes to the same number of pictures.
    let mut writer = flv::Writer::new();
    frames.iter().for_each(|frame| writer.frame(frame));
    let args = [
        "-xerror",
        "-f",
        "flv",
        "-i",
        "pipe:0",
        "-map",
        "0:v",
        "-fps_mode",
        "passthrough",
        "-f",
        "framemd5",
    ];
    let Some(list) = ffmpeg::run(&args, &writer.take()) else { return };
    let decoded =
        String::from_utf8_lossy(&list).lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(decoded, 180);
}

#[test]
fn a_real_444_stream_is_refused_with_the_setting_to_change() {
    let args = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=64x64:rate=5",
        "-t",
        "1",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv444p",
    ];
    let Some(file) = ffmpeg::flv(&args) else { return };
    let refused = refusal(&flv::read(&file).expect("FLV"));
    assert_eq!(refused.code(), "video_format");
    assert!(refused.to_string().contains("NV12"));
}

fn any_tag() -> impl Strategy<Value = Tag> {
    let noise = (any::<u32>(), any::<bool>(), proptest::collection::vec(any::<u8>(), 0..60))
        .prop_map(|(t, is_video, body)| if is_video { video(t, body) } else { audio(t, body) });
    prop_oneof![
        noise,
        any::<u32>().prop_map(sound),
        (any::<u32>(), any::<i32>()).prop_map(|(t, offset)| picture(t, offset, 0x65)),
        (0u32..5000).prop_map(|t| picture(t, 0, 0x41)),
        Just(video_config(SPS[0])),
        Just(video_config(SPS[1])),
        Just(audio_config(STEREO_48)),
    ]
}

proptest! {
    #[test]
    fn any_tags_give_rising_times(tags in proptest::collection::vec(any_tag(), 0..60)) {
        let mut feed = Feed::new();
        let mut frames = Vec::new();
        for tag in &tags {
            match feed.push(tag) {
                Ok(frame) => frames.extend(frame),
                Err(refused) => prop_assert!(!refused.to_string().is_empty() && !refused.code().is_empty()),
            }
        }
        for track in [Track::Video, Track::Audio] {
            prop_assert!(times(&frames, track).windows(2).all(|pair| pair[1] > pair[0]));
        }
        drop(feed.stats());
    }
}
