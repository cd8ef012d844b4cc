//! What hosts stream that is not a picture with a tone: B-frames, pictures alone, sound alone.

use serde_json::json;

use crate::air::{epoch_ms, wait_air, wait_for_recording};
use crate::ffmpeg::{self, B_FRAMES, Host, PICTURE, PLAIN, Player, tone};
use crate::pcm;
use crate::server::{ANNA_KEY, Server, Setup};
use crate::wait;

const TONE_HZ: u32 = 440;
/// One picture of the source and, where a part of the recording begins, a rounding.
const PICTURE_MAX_S: f64 = 0.042;

/// Airs a source for some seconds, decodes it while it airs and as a recording, and gives the recording's file and
/// what the studio said about the feed.
fn air(inputs: &[&str], encoder: &[&str], hint: Option<&str>) -> (Recording, serde_json::Value) {
    let server = Server::start(Setup::delay(1));
    let pat = server.pat();
    let host = Host::publish(&server, ANNA_KEY, inputs, encoder);
    server.wait_on_air(25);
    let player = Player::watch(&server.playlist());
    let feed = wait::until("the studio to tell", 15, || {
        let feed = pat.get("/:studio?host=anna").expect(200)["feed"].clone();
        let hints = feed["hints"].as_array()?;
        let told = hints.iter().any(|told| Some(told["code"].as_str().unwrap()) == hint);
        let settled = feed["receiving"] == true && (told || hint.is_none());
        settled.then_some(feed)
    });
    let epoch = epoch_ms(&server);
    wait_air(&server, 6000);
    pat.post("/:shows/evening/end", &json!({})).expect(200);
    ffmpeg::assert_clean("while it aired", &player.finish());
    drop(host);
    wait_for_recording(&server, epoch);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("recording.mkv");
    ffmpeg::assert_clean("the recording", &ffmpeg::download(&server.playlist(), &file));
    let path = file.to_str().unwrap().to_owned();
    ffmpeg::assert_clean("decoding the recording", &ffmpeg::decode(&path));
    (Recording { path, _dir: dir }, feed)
}

struct Recording {
    path: String,
    _dir: tempfile::TempDir,
}

impl Recording {
    /// Pictures follow each other without a hole, for some seconds.
    #[track_caller]
    fn assert_pictures(&self, longest_s: f64) {
        let mut times = ffmpeg::packet_times(&self.path, "v");
        // The show may end behind a picture whose B-frames were still to come.
        times.truncate(times.len() - 3);
        assert!(times.last().unwrap() - times[0] > 4.0, "{times:?}");
        let holes: Vec<_> = times.windows(2).filter(|w| w[1] - w[0] > longest_s).collect();
        assert!(holes.is_empty(), "holes between pictures: {holes:?}");
    }
}

#[test]
fn b_frames_air_in_their_order() {
    let (recording, feed) = air(&[PICTURE, &tone(TONE_HZ)], &B_FRAMES, None);
    assert_eq!(feed["video"]["b_frames"], true, "{feed}");
    recording.assert_pictures(PICTURE_MAX_S);
    let sent = ffmpeg::sent_times(&recording.path, "v");
    assert!(sent.windows(2).any(|w| w[1] < w[0]), "no picture is shown before one sent earlier");
    let sound = ffmpeg::sound(&recording.path);
    pcm::assert_loud(&pcm::loudness(&sound), 200..4000);
}

#[test]
fn pictures_alone_air_in_silence_and_the_studio_says_so() {
    let (recording, feed) = air(&[PICTURE], &PLAIN, Some("no_audio"));
    assert!(feed["audio"].is_null(), "{feed}");
    assert_hint(&feed, "silence");
    recording.assert_pictures(PICTURE_MAX_S);
    let sound = ffmpeg::sound(&recording.path);
    pcm::assert_silent(&pcm::loudness(&sound), 0..4000);
}

#[test]
fn sound_alone_airs_over_the_slate_and_the_studio_says_so() {
    let (recording, feed) = air(&[&tone(TONE_HZ)], &[], Some("no_video"));
    assert!(feed["video"].is_null(), "{feed}");
    assert_hint(&feed, "slate");
    recording.assert_pictures(1.0);
    let sound = ffmpeg::sound(&recording.path);
    pcm::assert_loud(&pcm::loudness(&sound), 200..4000);
    assert!(pcm::tone_at(&sound, 2000, TONE_HZ as f32));
}

/// The hint says what viewers get.
#[track_caller]
fn assert_hint(feed: &serde_json::Value, what: &str) {
    let hints = feed["hints"].as_array().unwrap();
    let said = hints.iter().any(|hint| hint["message"].as_str().unwrap().contains(what));
    assert!(said, "{feed}");
}
