use super::*;
use bytes::Bytes;
use proptest::prelude::*;

fn tag(kind: TagKind, timestamp_ms: u32, body: &[u8]) -> Tag {
    Tag { kind, timestamp_ms, body: Bytes::copy_from_slice(body) }
}

fn sample() -> Vec<Tag> {
    vec![
        tag(TagKind::Script, 0, b"onMetaData"),
        tag(TagKind::Video, 0xff12_3456, &[0x17, 0, 0, 0, 0, 1]),
        tag(TagKind::Audio, 16_777_216, &[0xaf, 1, 7]),
    ]
}

#[test]
fn a_file_is_read_back_whole_and_piece_by_piece() {
    let mut writer = Writer::new();
    sample().iter().for_each(|tag| writer.tag(tag));
    let file = writer.take();
    assert_eq!(read(&file), Ok(sample()));
    let mut reader = Reader::new();
    let mut tags = Vec::new();
    for byte in &file {
        reader.push(&[*byte]);
        while let Some(tag) = reader.tag().expect("FLV") {
            tags.push(tag);
        }
    }
    assert_eq!((tags, reader.buffered_bytes()), (sample(), 0));
    assert_eq!(read(&file.slice(..file.len() - 6)), Err(FlvError::Truncated));
    assert_eq!(read(&Bytes::from_static(b"RIFF")), Err(FlvError::NotFlv));
}

#[test]
fn a_tag_that_claims_too_much_is_refused_before_it_is_held() {
    let mut reader = Reader::new();
    reader.push(b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
    reader.push(&[9, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(reader.tag(), Err(FlvError::TagTooLong(0xff_ffff)));
}

fn video(body: &[u8]) -> Option<VideoBody> {
    video_body(&Bytes::copy_from_slice(body))
}

fn audio(body: &[u8]) -> Option<AudioBody> {
    audio_body(&Bytes::copy_from_slice(body))
}

#[test]
fn composition_offsets_are_signed() {
    let data = Bytes::from_static(&[9]);
    for (offset, offset_ms) in
        [([0, 0, 66], 66), ([0xff, 0xff, 0xbe], -66), ([0x80, 0, 0], -8_388_608)]
    {
        let body = [&[0x27, 1][..], &offset, &[9]].concat();
        assert_eq!(video(&body), Some(VideoBody::Picture { offset_ms, data: data.clone() }));
        let body = [&[0x90 | 1][..], b"avc1", &offset, &[9]].concat();
        assert_eq!(video(&body), Some(VideoBody::Picture { offset_ms, data: data.clone() }));
    }
}

#[test]
fn enhanced_tags_name_their_codec() {
    for (code, codec) in [
        (b"hvc1", Codec::Hevc),
        (b"av01", Codec::Av1),
        (b"vp09", Codec::Vp9),
        (b"abcd", Codec::Other(*b"abcd")),
    ] {
        for packet in 0..6 {
            let body = [&[0x90 | packet][..], code, &[0; 8]].concat();
            assert_eq!(video(&body), Some(VideoBody::Other(codec)));
        }
    }
    for (code, codec) in [
        (b"Opus", Codec::Opus),
        (b"fLaC", Codec::Flac),
        (b"ac-3", Codec::Ac3),
        (b".mp3", Codec::Mp3),
    ] {
        assert_eq!(audio(&[&[0x90][..], code, &[1]].concat()), Some(AudioBody::Other(codec)));
    }
    assert_eq!(
        audio(&[&[0x90][..], b"mp4a", &[0x12, 0x10]].concat()),
        Some(AudioBody::Header(Bytes::from_static(&[0x12, 0x10])))
    );
    assert_eq!(
        audio(&[&[0x91][..], b"mp4a", &[7]].concat()),
        Some(AudioBody::Sound(Bytes::from_static(&[7])))
    );
    assert_eq!(video(&[0x96, 0, b'a']), Some(VideoBody::Multitrack));
    assert_eq!(audio(&[0x95, 0, b'a']), Some(AudioBody::Multitrack));
    // A timestamp modifier of three bytes stands before the packet type.
    let body = [&[0x97, 2, 0, 0, 9, 0x00][..], b"hvc1"].concat();
    assert_eq!(video(&body), Some(VideoBody::Other(Codec::Hevc)));
}

#[test]
fn classic_tags_name_their_codec() {
    assert_eq!(video(&[0x22, 0]), Some(VideoBody::Other(Codec::Number(2))));
    assert_eq!(video(&[0x1c, 0]), Some(VideoBody::Other(Codec::Hevc)));
    assert_eq!(video(&[0x57, 0]), Some(VideoBody::Nothing));
    assert_eq!(video(&[0x17, 2, 0, 0, 0]), Some(VideoBody::Nothing));
    assert_eq!(audio(&[0x2f, 0]), Some(AudioBody::Other(Codec::Mp3)));
    assert_eq!(audio(&[0xaf]), None);
    assert_eq!(video(&[0x17, 1, 0]), None);
}

#[test]
fn an_aggregate_is_taken_apart_with_its_own_time() {
    let mut writer = Writer::new();
    sample().iter().for_each(|tag| writer.tag(tag));
    let body = writer.take().slice(13..);
    let times: Vec<_> = reader::aggregate(&body, 1000).iter().map(|tag| tag.timestamp_ms).collect();
    assert_eq!(times, [1000, 0xff12_3456 + 1000, 16_777_216 + 1000]);
    assert_eq!(reader::aggregate(&body.slice(..body.len() - 5), 0).len(), 2);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), flv in any::<bool>()) {
        let mut reader = Reader::new();
        if flv {
            reader.push(b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
        }
        reader.push(&bytes);
        while let Ok(Some(tag)) = reader.tag() {
            drop((video_body(&tag.body), audio_body(&tag.body)));
        }
        let bytes = Bytes::from(bytes);
        drop((read(&bytes), reader::aggregate(&bytes, 7), video_body(&bytes), audio_body(&bytes)));
    }
}
