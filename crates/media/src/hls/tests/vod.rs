//! The index and the playlists of a recording.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use units::Duration;

use super::source::{Source, video_config};
use super::{packager, text};
use crate::hls::vod::{Entry, multivariant, parse, playlist};

/// The index of a show with a splice, twelve seconds long.
fn recorded() -> Vec<Entry> {
    let mut packager = packager();
    let mut source = Source::new();
    source.play(&mut packager, 4, 10, 20);
    source.video = video_config(640, 360);
    source.splice(&mut packager, 8, 10, 20);
    packager.finish();
    std::iter::from_fn(|| packager.finished().map(|finished| finished.entry())).collect()
}

fn lines(entries: &[Entry]) -> String {
    entries.iter().map(Entry::line).collect()
}

fn check(entries: &[Entry], expected: Expect) {
    expected.assert_eq(&text(playlist(entries)));
}

#[test]
fn an_index_is_one_line_per_segment() {
    let entries = recorded();
    expect![[r#"
        {"msn":0,"init":0,"air":0,"duration":1411200000,"at":1767225600000000,"bytes":2338,"stream":{"codecs":"avc1.64000d,mp4a.40.2","width":1280,"height":720}}
        {"msn":1,"init":0,"air":1411200000,"duration":1411200000,"at":1767225602000000,"bytes":2338,"stream":{"codecs":"avc1.64000d,mp4a.40.2","width":1280,"height":720}}
        {"msn":2,"init":1,"air":2822400000,"duration":1411200000,"discontinuity":true,"at":1767225604000000,"bytes":2338,"stream":{"codecs":"avc1.64000d,mp4a.40.2","width":640,"height":360}}
    "#]].assert_eq(&lines(&entries[..3]));
    let index = parse(lines(&entries).as_bytes());
    assert_eq!((index.entries, index.damaged), (entries, 0));
}

#[test]
fn a_recording_has_its_playlists() {
    let entries = recorded();
    check(
        &entries,
        expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:6
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-MAP:URI="init-0.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
        #EXTINF:2.000000,
        seg-0.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
        #EXTINF:2.000000,
        seg-1.m4s
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="init-1.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z
        #EXTINF:2.000000,
        seg-2.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06.000Z
        #EXTINF:2.000000,
        seg-3.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:08.000Z
        #EXTINF:2.000000,
        seg-4.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:10.000Z
        #EXTINF:2.000000,
        seg-5.m4s
        #EXT-X-ENDLIST
    "##]],
    );
    expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-STREAM-INF:BANDWIDTH=100000,AVERAGE-BANDWIDTH=10000,CODECS="avc1.64000d,mp4a.40.2",RESOLUTION=640x360
        recording.m3u8
    "##]].assert_eq(&text(multivariant(&entries)));
}

#[test]
fn a_segment_that_could_not_be_written_is_a_discontinuity() {
    let mut entries = recorded();
    entries[1] = entries[1].clone().missing();
    let index = parse(lines(&entries).as_bytes());
    check(
        &index.entries,
        expect![[r##"
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-TARGETDURATION:6
        #EXT-X-PLAYLIST-TYPE:VOD
        #EXT-X-MEDIA-SEQUENCE:0
        #EXT-X-MAP:URI="init-0.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
        #EXTINF:2.000000,
        seg-0.m4s
        #EXT-X-DISCONTINUITY
        #EXT-X-MAP:URI="init-1.mp4"
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z
        #EXTINF:2.000000,
        seg-2.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06.000Z
        #EXTINF:2.000000,
        seg-3.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:08.000Z
        #EXTINF:2.000000,
        seg-4.m4s
        #EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:10.000Z
        #EXTINF:2.000000,
        seg-5.m4s
        #EXT-X-ENDLIST
    "##]],
    );
    entries.remove(1);
    assert_eq!(
        text(playlist(&entries)),
        text(playlist(&index.entries)),
        "with or without its line"
    );
}

#[test]
fn a_line_cut_by_a_crash_is_ignored() {
    let entries = recorded();
    let whole = lines(&entries[..2]);
    for cut in 1..entries[2].line().len() {
        let text = format!("{whole}{}", &entries[2].line()[..cut]);
        let index = parse(text.as_bytes());
        assert_eq!(index.whole_len, whole.len());
        assert_eq!((index.entries.len(), index.damaged), (2, 0), "{cut}");
    }
}

#[test]
fn damage_in_the_middle_is_counted_and_breaks_the_timeline() {
    let entries = recorded();
    let text = format!("{}{{\"msn\":1,\"in{}", entries[0].line(), lines(&entries[2..]));
    let index = parse(text.as_bytes());
    assert_eq!((index.entries.len(), index.damaged), (entries.len() - 2, 1));
    assert!(index.entries[1].discontinuity);
}

#[test]
fn an_empty_recording_has_no_playlist() {
    assert!(playlist(&[]).is_none() && multivariant(&[]).is_none());
    let gone = [recorded()[0].clone().missing()];
    assert!(playlist(&gone).is_none() && multivariant(&gone).is_none());
}

#[test]
fn a_line_that_is_not_ours_is_damage() {
    let good = recorded()[0].clone();
    for bad in [
        Entry { duration: Duration::from_s(100_000), ..good.clone() },
        Entry { duration: Duration(-1), ..good.clone() },
    ] {
        assert_eq!(parse(bad.line().as_bytes()).damaged, 1);
    }
    assert_eq!(parse(b"\xff\xfe\n[]\nnull\n\n").damaged, 3);
}

proptest! {
    #[test]
    fn any_bytes_are_an_index(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let index = parse(&bytes);
        prop_assert!(index.whole_len <= bytes.len());
        let _ = playlist(&index.entries);
        let _ = multivariant(&index.entries);
    }
}
