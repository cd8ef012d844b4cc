//! The real client: ffmpeg over a loopback socket. Without ffmpeg these tests say so and pass.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener};
use std::process::{Child, Command, Stdio};

use super::*;
use crate::feed::Feed;
use crate::frame::Frame;

fn push(port: u16, args: &[&str]) -> Option<Child> {
    let url = format!("rtmp://127.0.0.1:{port}/live/secret");
    let spawned = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin"])
        .args(args)
        .args(["-f", "flv", &url])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    match spawned {
        Ok(child) => Some(child),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: ffmpeg is not installed");
            None
        }
        Err(error) => panic!("ffmpeg does not start: {error}"),
    }
}

/// Serves one connection until the peer closes it, answering its publish request with `answer`. Gives every event
/// and what ffmpeg wrote to its standard error.
fn serve(args: &[&str], answer: impl Fn(&mut Session)) -> Option<(Vec<Event>, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let child = push(listener.local_addr().expect("bound").port(), args)?;
    let (mut socket, _) = listener.accept().expect("ffmpeg connects");
    let mut session = Session::new(START);
    let mut heard = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let size = socket.read(&mut buffer).unwrap_or(0);
        if size == 0 {
            break;
        }
        session.receive(&buffer[..size], START).expect("ffmpeg speaks RTMP");
        while let Some(event) = session.event() {
            let asked = matches!(event, Event::Publish(_));
            heard.push(event);
            if asked {
                answer(&mut session);
            }
        }
        // ffmpeg may have closed its end already.
        drop(socket.write_all(&session.output()));
    }
    drop(socket.shutdown(Shutdown::Both));
    let output = child.wait_with_output().expect("ffmpeg ends");
    Some((heard, String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
fn ffmpeg_publishes_pictures_with_b_frames_and_sound() {
    let args = [
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=320x180:rate=30",
        "-f",
        "lavfi",
        "-i",
        "sine=sample_rate=48000",
        "-t",
        "4",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-bf",
        "2",
        "-g",
        "30",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
    ];
    let Some((heard, errors)) = serve(&args, |session| assert!(session.accept_publish(START)))
    else {
        return;
    };
    assert_eq!(errors, "");
    assert!(
        matches!(&heard[0], Event::Publish(request) if request.app == "live" && request.key.expose() == "secret")
    );
    assert!(
        heard.iter().any(|event| matches!(event, Event::Metadata(fields) if !fields.is_empty()))
    );
    assert!(heard.contains(&Event::Unpublish));
    let mut feed = Feed::new();
    let (mut pictures, mut sounds) = (0, 0);
    for event in heard {
        let Event::Media(tag) = event else { continue };
        match feed.push(&tag).expect("H.264 and AAC-LC") {
            Some(Frame::Video(_)) => pictures += 1,
            Some(Frame::Audio(_)) => sounds += 1,
            None => {}
        }
        assert_eq!(feed.gap(), None);
    }
    assert_eq!(pictures, 120);
    assert!((187..192).contains(&sounds), "{sounds}");
}

#[test]
fn ffmpeg_shows_why_it_was_refused() {
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
        "yuv420p",
    ];
    let refuse = |session: &mut Session| {
        session.refuse_publish(status::BAD_NAME, "this stream key is not known", START);
    };
    let Some((heard, errors)) = serve(&args, refuse) else { return };
    assert_eq!(heard.len(), 1);
    assert!(errors.contains("this stream key is not known"), "{errors}");
}

#[test]
fn ffmpeg_crosses_extended_timestamps_and_its_wraps() {
    // 2^24, 2^31 and 2^32 ms. ffmpeg sends 31 bits only.
    for offset_s in ["16776", "2147482", "4294966"] {
        let args = [
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=320x180:rate=25",
            "-f",
            "lavfi",
            "-i",
            "sine=sample_rate=44100",
            "-t",
            "3",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-g",
            "25",
            "-pix_fmt",
            "yuv420p",
            "-c:a",
            "aac",
            "-output_ts_offset",
            offset_s,
        ];
        let Some((heard, _)) = serve(&args, |session| assert!(session.accept_publish(START)))
        else {
            return;
        };
        let mut feed = Feed::new();
        let mut times = Vec::new();
        for event in heard {
            let Event::Media(tag) = event else { continue };
            if let Some(Frame::Video(frame)) = feed.push(&tag).expect("H.264 and AAC-LC") {
                times.push(frame.time);
            }
            assert_eq!(feed.gap(), None, "{offset_s}");
        }
        assert_eq!(times.len(), 75, "{offset_s}");
        assert!(
            times.windows(2).all(|pair| (pair[1] - pair[0]).ms() == 40),
            "{offset_s}: {times:?}"
        );
    }
}
