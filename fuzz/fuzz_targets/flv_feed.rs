//! An FLV file from anywhere, through the reader and the feed: decode times rise, and the writer takes every frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::feed::Feed;
use media::flv::{Reader, Writer};
use media::frame::Frame;
use units::MediaTime;

fuzz_target!(|data: &[u8]| {
    let (mut reader, mut feed, mut writer) = (Reader::new(), Feed::new(), Writer::new());
    let (mut video, mut audio): (Option<MediaTime>, Option<MediaTime>) = (None, None);
    reader.push(b"FLV\x01\x05\0\0\0\x09\0\0\0\0");
    reader.push(data);
    while let Ok(Some(tag)) = reader.tag() {
        let Ok(frame) = feed.push(&tag) else { continue };
        let Some(frame) = frame else { continue };
        let (last, time) = match &frame {
            Frame::Video(frame) => (&mut video, frame.time),
            Frame::Audio(frame) => (&mut audio, frame.time),
        };
        assert!(last.is_none_or(|last| last < time));
        *last = Some(time);
        writer.frame(&frame);
    }
    let _ = feed.stats();
});
