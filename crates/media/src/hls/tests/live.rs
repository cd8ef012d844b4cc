//! Live playlists, written out.

use expect_test::{Expect, expect};
use units::{AirTime, Duration, Timestamp};

use super::source::{Source, audio_config, video_config};
use super::{EPOCH, packager, text};
use crate::hls::{Config, Lookup, Mark, Note, NoteKind, Packager, Readiness, parse_query};

fn check(packager: &Packager, expected: Expect) {
    expected.assert_eq(&text(packager.snapshot().playlist()));
}

#[test]
fn nothing_is_on_air_before_the_first_part() {
    let mut packager = packager();
    let snapshot = packager.snapshot();
    assert!(snapshot.playlist().is_none() && snapshot.multivariant().is_none());
    assert_eq!(snapshot.latest(), None);
    let mut source = Source::new();
    let picture = source.picture(Duration::from_ms(40), true);
    assert!(!packager.push_video(picture));
    assert!(packager.snapshot().playlist().is_none());
}

#[test]
fn parts_and_segments_of_an_even_source() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 5, 25, 50);
    check(
        &packager,
        expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:9
        #EXT-X-TARGETDURATION:6
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,HOLD-BACK=18
        #EXT-X-PART-INF:PART-TARGET=0.5
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-DISCONTINUITY-SEQUENCE:0
        #EXT-X-MAP:URI="init-0.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
        #EXT-X-PART:DURATION=0.480000,URI="part-0-0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.480000,URI="part-0-1.m4s"
        #EXT-X-PART:DURATION=0.480000,URI="part-0-2.m4s"
        #EXT-X-PART:DURATION=0.480000,URI="part-0-3.m4s"
        #EXT-X-PART:DURATION=0.080000,URI="part-0-4.m4s"
        #EXTINF:2.000000,
        seg-0.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
        #EXT-X-PART:DURATION=0.480000,URI="part-1-0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.480000,URI="part-1-1.m4s"
        #EXT-X-PART:DURATION=0.480000,URI="part-1-2.m4s"
        #EXT-X-PART:DURATION=0.480000,URI="part-1-3.m4s"
        #EXT-X-PART:DURATION=0.080000,URI="part-1-4.m4s"
        #EXTINF:2.000000,
        seg-1.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z
        #EXT-X-PART:DURATION=0.480000,URI="part-2-0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.480000,URI="part-2-1.m4s"
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-2-2.m4s"
    "##]],
    );
    expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-STREAM-INF:BANDWIDTH=100000,AVERAGE-BANDWIDTH=20000,CODECS="avc1.64000d,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000
        main.m3u8
    "##]].assert_eq(&text(packager.snapshot().multivariant()));
}

#[test]
fn a_splice_to_another_picture_size() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 1, 10, 20);
    source.video = video_config(640, 360);
    source.splice(&mut packager, 1, 10, 20);
    source.video = video_config(1280, 720);
    source.splice(&mut packager, 1, 10, 20);
    packager.finish();
    check(
        &packager,
        expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:9
        #EXT-X-TARGETDURATION:6
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,HOLD-BACK=18
        #EXT-X-PART-INF:PART-TARGET=0.5
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-DISCONTINUITY-SEQUENCE:0
        #EXT-X-MAP:URI="init-0.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
        #EXT-X-PART:DURATION=0.500000,URI="part-0-0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.500000,URI="part-0-1.m4s"
        #EXTINF:1.000000,
        seg-0.m4s
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="init-1.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:01.000Z
        #EXT-X-PART:DURATION=0.500000,URI="part-1-0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.500000,URI="part-1-1.m4s"
        #EXTINF:1.000000,
        seg-1.m4s
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="init-0.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
        #EXT-X-PART:DURATION=0.500000,URI="part-2-0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.500000,URI="part-2-1.m4s"
        #EXTINF:1.000000,
        seg-2.m4s
        #EXT-X-ENDLIST
    "##]],
    );
}

#[test]
fn another_rate_of_sound_begins_a_segment_with_its_own_init() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 1, 10, 20);
    source.audio = audio_config(44_100, 1);
    source.splice(&mut packager, 1, 10, 20);
    packager.finish();
    let snapshot = packager.snapshot();
    let inits: Vec<_> =
        snapshot.segments().iter().map(|s| (s.msn, s.init, s.discontinuity)).collect();
    assert_eq!(inits, [(0, 0, false), (1, 1, true)]);
    assert_eq!(packager.stats(), Default::default(), "no sound was lost");
}

#[test]
fn sound_between_two_changes_during_one_picture_has_a_segment_of_its_own() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 1, 10, 20);
    // The same happens during the last picture, after which no other begins a segment.
    for pictures in [5, 1] {
        for rate in [44_100, 48_000] {
            source.audio = audio_config(rate, 2);
            for sound in source.sounds(source.sound_at + Duration::from_ms(40)) {
                packager.push_audio(sound);
            }
        }
        for _ in 0..pictures {
            packager.push_video(source.picture(Duration::from_ms(100), false));
            for sound in source.sounds(source.at) {
                packager.push_audio(sound);
            }
        }
    }
    packager.finish();
    let snapshot = packager.snapshot();
    let segments: Vec<_> =
        snapshot.segments().iter().map(|s| (s.init, s.start.ms(), s.duration.ms())).collect();
    assert_eq!(
        segments,
        [(0, 0, 1000), (1, 1000, 100), (0, 1100, 450), (1, 1550, 25), (0, 1575, 25)]
    );
    assert_eq!(packager.stats(), Default::default(), "no sound was lost");
}

#[test]
fn a_long_group_of_pictures_is_cut_at_six_seconds() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 20, 25, 1000);
    packager.finish();
    let snapshot = packager.snapshot();
    let lengths: Vec<i64> = snapshot.segments().iter().map(|s| s.duration.ms()).collect();
    assert_eq!(lengths, [6000, 6000, 6000, 2000]);
    let independent: Vec<bool> =
        snapshot.segments().iter().map(|s| s.parts[0].independent).collect();
    assert_eq!(independent, [true, false, false, false]);
}

#[test]
fn a_picture_longer_than_a_part_is_shared_by_parts() {
    let mut packager = packager();
    let mut source = Source::new();
    for n in 0..4 {
        let picture = source.picture(Duration::from_ms(800), n == 0);
        for sound in source.sounds(source.at) {
            packager.push_audio(sound);
        }
        packager.push_video(picture);
    }
    packager.finish();
    let snapshot = packager.snapshot();
    let parts: Vec<i64> =
        snapshot.segments().iter().flat_map(|s| &s.parts).map(|part| part.duration.ms()).collect();
    assert_eq!(parts, [500, 300, 500, 300, 500, 300, 500, 300]);
    check(
        &packager,
        expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:9
        #EXT-X-TARGETDURATION:6
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,HOLD-BACK=18
        #EXT-X-PART-INF:PART-TARGET=0.5
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-DISCONTINUITY-SEQUENCE:0
        #EXT-X-MAP:URI="init-0.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
        #EXT-X-PART:DURATION=0.500000,URI="part-0-0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.300000,URI="part-0-1.m4s"
        #EXT-X-PART:DURATION=0.500000,URI="part-0-2.m4s"
        #EXT-X-PART:DURATION=0.300000,URI="part-0-3.m4s"
        #EXT-X-PART:DURATION=0.500000,URI="part-0-4.m4s"
        #EXT-X-PART:DURATION=0.300000,URI="part-0-5.m4s"
        #EXT-X-PART:DURATION=0.500000,URI="part-0-6.m4s"
        #EXT-X-PART:DURATION=0.300000,URI="part-0-7.m4s"
        #EXTINF:3.200000,
        seg-0.m4s
        #EXT-X-ENDLIST
    "##]],
    );
}

#[test]
fn a_restart_goes_on_where_the_last_run_stopped() {
    let mut first = packager();
    let mut source = Source::new();
    source.play(&mut first, 5, 10, 20);
    let mark = first.mark();
    assert_eq!(mark, Mark { next_msn: 3, discontinuities: 0, next_init: 1 });
    let mut second = Packager::new(Config { resume: Some(mark), ..Config::live(EPOCH, 48_000) });
    source.play(&mut second, 2, 10, 20);
    check(
        &second,
        expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:9
        #EXT-X-TARGETDURATION:6
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,HOLD-BACK=18
        #EXT-X-PART-INF:PART-TARGET=0.5
        #EXT-X-MEDIA-SEQUENCE:3
        #EXT-X-DISCONTINUITY-SEQUENCE:0
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="init-1.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:05.000Z
        #EXT-X-PART:DURATION=0.500000,URI="part-3-0.m4s",INDEPENDENT=YES
        #EXT-X-PART:DURATION=0.500000,URI="part-3-1.m4s"
        #EXT-X-PART:DURATION=0.500000,URI="part-3-2.m4s"
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-3-3.m4s"
    "##]],
    );
}

#[test]
fn a_discontinuity_that_left_is_counted() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 2, 10, 20);
    source.splice(&mut packager, 60, 10, 20);
    let playlist = text(packager.snapshot().playlist());
    assert!(playlist.contains("#EXT-X-DISCONTINUITY-SEQUENCE:1\n"), "{playlist}");
    assert!(!playlist.contains("#EXT-X-DISCONTINUITY\n"), "{playlist}");
}

#[test]
fn pins_and_cuts_are_date_ranges() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 1, 10, 20);
    let note = |id: &str, ms: i64, kind| Note {
        id: id.into(),
        start: AirTime::from_ms(ms),
        end: None,
        kind,
    };
    packager.note(note("pin-1", 100, NoteKind::Pin { sku: "LIP-01".into() }));
    packager.note(note("cut-1", 200, NoteKind::Cut { how: "mute".into() }));
    packager.note(note("pin-2", 300, NoteKind::Pin { sku: "x\"\n#EXT-X-ENDLIST\n".into() }));
    packager.end_note("cut-1", AirTime::from_ms(900));
    check(
        &packager,
        expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:9
        #EXT-X-TARGETDURATION:6
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,HOLD-BACK=18
        #EXT-X-PART-INF:PART-TARGET=0.5
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-DISCONTINUITY-SEQUENCE:0
        #EXT-X-DATERANGE:ID="pin-1",CLASS="ringlight.pin",START-DATE="2026-01-01T00:00:00.100Z",END-DATE="2026-01-01T00:00:00.300Z",X-RINGLIGHT-SKU="LIP-01"
        #EXT-X-DATERANGE:ID="cut-1",CLASS="ringlight.cut",START-DATE="2026-01-01T00:00:00.200Z",END-DATE="2026-01-01T00:00:00.900Z",X-RINGLIGHT-CUT="mute"
        #EXT-X-DATERANGE:ID="pin-2",CLASS="ringlight.pin",START-DATE="2026-01-01T00:00:00.300Z",X-RINGLIGHT-SKU="x%22%0A#EXT-X-ENDLIST%0A"
        #EXT-X-MAP:URI="init-0.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
        #EXT-X-PART:DURATION=0.500000,URI="part-0-0.m4s",INDEPENDENT=YES
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-0-1.m4s"
    "##]],
    );
    packager.unpin(AirTime::from_ms(950));
    source.play(&mut packager, 60, 10, 20);
    let playlist = text(packager.snapshot().playlist());
    assert!(!playlist.contains("DATERANGE"), "what ended before the window is forgotten");
}

#[test]
fn the_epoch_moves_only_at_a_discontinuity() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 2, 10, 20);
    packager.set_epoch(Timestamp(EPOCH.0 + 1_000_000));
    source.play(&mut packager, 2, 10, 20);
    assert_eq!(packager.epoch(), EPOCH);
    source.splice(&mut packager, 2, 10, 20);
    assert_eq!(packager.epoch(), Timestamp(EPOCH.0 + 1_000_000));
    let dates: Vec<i64> =
        packager.snapshot().segments().iter().map(|s| s.date.ms() - EPOCH.ms()).collect();
    assert_eq!(dates, [0, 2000]);
    packager.finish();
    let snapshot = packager.snapshot();
    assert_eq!(snapshot.segments()[2].date.ms() - EPOCH.ms(), 5000);
}

#[test]
fn the_window_keeps_more_than_it_lists() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 120, 10, 20);
    let snapshot = packager.snapshot();
    let playlist = text(snapshot.playlist());
    let listed = playlist.matches("#EXTINF").count();
    assert_eq!(listed, 15, "30 s in segments of 2 s");
    assert_eq!(snapshot.segments().len(), 25, "20 s more");
    assert_eq!(playlist.matches("#EXT-X-PART:").count(), 9 * 4 + 3, "three target durations");
    let oldest = snapshot.segments()[0].msn;
    assert!(matches!(snapshot.segment(oldest), Lookup::Found(_)));
    assert!(matches!(snapshot.segment(oldest - 1), Lookup::Gone));
    assert!(matches!(snapshot.part(oldest - 1, 0), Lookup::Gone));
    assert!(snapshot.init(0).is_some() && snapshot.init(1).is_none());
}

#[test]
fn a_heavy_program_keeps_less() {
    let mut packager = Packager::new(Config { max_bytes: 1, ..Config::live(EPOCH, 48_000) });
    let mut source = Source::new();
    source.play(&mut packager, 60, 10, 20);
    assert_eq!(packager.snapshot().segments().len(), 3);
}

#[test]
fn the_hinted_part_waits_and_the_next_but_one_is_gone() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 3, 10, 20);
    let snapshot = packager.snapshot();
    let (msn, part) = snapshot.latest().expect("on air");
    assert!(matches!(snapshot.part(msn, part), Lookup::Found(_)));
    assert!(matches!(snapshot.part(msn, part + 1), Lookup::Wait));
    assert!(matches!(snapshot.part(msn, part + 2), Lookup::Gone));
    assert!(matches!(snapshot.segment(msn), Lookup::Wait));
    assert!(text(snapshot.playlist()).ends_with(&format!("URI=\"part-{msn}-{}.m4s\"\n", part + 1)));
    let query = format!("_HLS_msn={msn}&_HLS_part={}", part + 1);
    let reload = parse_query(&query).expect("a good query");
    assert_eq!(snapshot.ready(&reload), Readiness::Wait);
    source.play(&mut packager, 1, 10, 20);
    assert_eq!(packager.snapshot().ready(&reload), Readiness::Now);
    packager.finish();
    let snapshot = packager.snapshot();
    assert!(matches!(snapshot.part(msn + 9, 0), Lookup::Gone));
    assert!(text(snapshot.playlist()).ends_with("#EXT-X-ENDLIST\n"));
}

#[test]
fn a_hint_is_never_broken_by_a_key_frame() {
    let mut packager = packager();
    let mut source = Source::new();
    let mut hinted = None;
    for n in 0..1000 {
        let picture = source.picture(Duration::from_ms(33 + i64::from(n % 3 == 0)), n % 67 == 0);
        for sound in source.sounds(source.at) {
            packager.push_audio(sound);
        }
        let before = packager.snapshot();
        if packager.push_video(picture) {
            let snapshot = packager.snapshot();
            if let Some((msn, part)) = hinted {
                assert!(matches!(snapshot.part(msn, part), Lookup::Found(_)), "{msn} {part}");
            }
            hinted = snapshot.hinted();
        } else {
            assert_eq!(before.version, packager.snapshot().version);
        }
    }
}

#[test]
fn parts_go_on_without_sound_and_take_it_late() {
    let mut packager = packager();
    let mut source = Source::new();
    let mut sounds = Vec::new();
    for n in 0..40 {
        let picture = source.picture(Duration::from_ms(100), n % 20 == 0);
        sounds.extend(source.sounds(source.at));
        packager.push_video(picture);
    }
    assert!(packager.snapshot().latest().is_some(), "the sound is waited for, but not forever");
    let count = sounds.len();
    for sound in sounds {
        packager.push_audio(sound);
    }
    packager.finish();
    let snapshot = packager.snapshot();
    let heard: usize = snapshot
        .segments()
        .iter()
        .flat_map(|segment| &segment.parts)
        .map(|part| crate::fmp4::tests::read(&part.bytes).0)
        .flat_map(|moof| moof.traf)
        .filter(|traf| traf.tfhd.track_id == crate::fmp4::AUDIO_TRACK)
        .map(|traf| traf.trun[0].samples.len())
        .sum();
    assert_eq!(heard, count, "late sound is not lost");
}

#[test]
fn finished_segments_are_handed_out_once() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 5, 10, 20);
    let first = packager.finished().expect("one is finished");
    let whole: usize = first.bytes.iter().map(|part| part.len()).sum();
    assert_eq!((first.msn, first.entry().bytes), (0, whole as u64));
    assert_eq!(first.init.bytes, packager.snapshot().init(0).expect("init"));
    assert_eq!(packager.finished().map(|f| f.msn), Some(1));
    assert!(packager.finished().is_none());
    packager.finish();
    assert_eq!(packager.finished().map(|f| f.msn), Some(2));
}

#[test]
fn a_long_picture_does_not_run_ahead_of_its_sound() {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 1, 10, 20);
    let long = source.picture(Duration::from_s(4), false);
    packager.push_video(long);
    let end = packager.snapshot().end();
    assert_eq!(end, Some(AirTime::from_ms(1000)), "the sound of the picture is still to come");
    for sound in source.sounds(AirTime::from_ms(2600)) {
        packager.push_audio(sound);
    }
    assert_eq!(packager.snapshot().end(), Some(AirTime::from_ms(2500)));
    assert_eq!(packager.stats().late_sound_parts, 0);
}

#[test]
fn a_picture_that_starts_too_early_is_moved_not_lost() {
    let mut packager = packager();
    let mut source = Source::new();
    for n in 0..40 {
        let mut picture = source.picture(Duration::from_ms(100), n % 20 == 0);
        if n == 7 {
            picture.air = picture.air - Duration::from_ms(30);
        }
        if n == 9 {
            picture.air = picture.air - Duration::from_s(60);
        }
        for sound in source.sounds(source.at) {
            packager.push_audio(sound);
        }
        packager.push_video(picture);
    }
    packager.finish();
    assert_eq!(packager.stats().backward_pictures, 1, "only what went back by a minute");
    let snapshot = packager.snapshot();
    let pictures: u32 = snapshot.segments().iter().map(|segment| segment.pictures).sum();
    assert_eq!((pictures, snapshot.end()), (39, Some(source.at)));
}

#[test]
fn sound_that_no_picture_takes_is_bounded() {
    let mut packager = packager();
    let mut source = Source::new();
    for sound in source.sounds(AirTime::from_ms(3_600_000)) {
        packager.push_audio(sound);
    }
    assert!(packager.stats().crowded_sounds > 100_000);
    assert!(packager.snapshot().latest().is_none());
}
