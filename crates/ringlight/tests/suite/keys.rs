//! Who may stream: keys that do not fit, codecs that are not taken, keys that change during a show.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::flv::{Tag, TagKind};
use media::rtmp::{Publisher, PublisherEvent, StreamKey};
use serde_json::json;

use crate::air::{epoch_ms, wait_for_recording};
use crate::ffmpeg::{self, Host};
use crate::server::{ANNA_KEY, Server, Setup};
use crate::wait;

/// Publishes tags and gives the refusal that comes back.
fn refusal(server: &Server, key: &str, tags: &[Tag]) -> (String, String) {
    let mut socket = TcpStream::connect(&server.rtmp).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let url = format!("rtmp://{}/live", server.rtmp);
    let mut publisher = Publisher::new("live", StreamKey::new(key), &url);
    let begin = Instant::now();
    let mut buffer = [0; 4096];
    while begin.elapsed() < Duration::from_secs(10) {
        // The server may close while this writes; what it said before is still to be read.
        let _ = socket.write_all(&publisher.output());
        if let Ok(read @ 1..) = socket.read(&mut buffer) {
            publisher.receive(&buffer[..read]).unwrap();
        }
        match publisher.event() {
            Some(PublisherEvent::Ready) => {
                for tag in tags {
                    assert!(publisher.send(tag));
                }
            }
            Some(PublisherEvent::Refused { code, description }) => return (code, description),
            None => {}
        }
    }
    panic!("no refusal came");
}

fn video(body: &[u8]) -> Tag {
    Tag { kind: TagKind::Video, timestamp_ms: 0, body: Bytes::copy_from_slice(body) }
}

#[test]
fn wrong_keys_and_codecs_are_refused_with_a_reason() {
    let server = Server::start(Setup::delay(0));
    let (code, _) = refusal(&server, "not-a-key", &[]);
    assert_eq!(code, "NetStream.Publish.BadName");

    // Enhanced RTMP (Veovera): a sequence start with the four-character code; and the unofficial HEVC of FLV.
    for (body, codec) in [
        (b"\x90hvc1\x01\x01".as_slice(), "HEVC"),
        (b"\x90av01\x81\x05", "AV1"),
        (b"\x1c\x00\x00\x00\x00\x01", "HEVC"),
    ] {
        let (code, says) = refusal(&server, ANNA_KEY, &[video(body)]);
        assert!(code.starts_with("NetStream.Publish"), "{code}");
        assert!(says.contains(codec) && says.contains("H.264"), "{codec}: {says}");
        let studio = server.pat().get("/:studio?host=anna").expect(200);
        let refused = &studio["feed"]["refused"];
        assert!(refused["message"].as_str().is_some_and(|m| m.contains(codec)), "{studio}");
    }
}

#[test]
fn a_rotated_key_drops_the_feed_and_what_waits_in_the_delay_does_not_air() {
    let server = Server::start(Setup::delay(4));
    let pat = server.pat();
    let mut host = Host::stream(&server, ANNA_KEY, 440);
    server.wait_on_air(30);
    let air = crate::air::wait_air;
    air(&server, 1500);
    let epoch = epoch_ms(&server);
    let now = || {
        server.anonymous().get("/:shows/evening/watch").json()["air"]["now_ms"].as_i64().unwrap()
    };
    let key = pat.post("/:hosts/anna/key", &json!({})).expect(200)["stream_key"].clone();
    let dropped_air = now();
    assert_ne!(key, ANNA_KEY);
    wait::until("ffmpeg to notice", 15, || host.ended().then_some(()));
    let (code, _) = refusal(&server, ANNA_KEY, &[]);
    assert_eq!(code, "NetStream.Publish.BadName");
    // Longer than the delay: what waited would have aired by now.
    air(&server, dropped_air + 6000);
    pat.post("/:shows/evening/end", &json!({})).expect(200);
    let begins = wait_for_recording(&server, epoch);
    let windows = crate::pcm::loudness(&ffmpeg::sound(&server.playlist()));
    let end = windows.last().unwrap().0;
    assert!(end > dropped_air - begins + 4000, "the slate airs on");
    // `now_ms` is read after the drop; one packet and one picture may have left before it.
    crate::pcm::assert_silent(&windows, dropped_air - begins + 100..end);
    crate::pcm::assert_loud(&windows, 200..dropped_air - begins - 700);
}
