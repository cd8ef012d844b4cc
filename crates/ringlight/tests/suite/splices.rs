//! Cut, cover, hand-over, a feed that is lost and comes back: players go on through all of it, without a hole.

use serde_json::json;

use crate::air::{epoch_ms, wait_air, wait_for_recording};
use crate::browser::Viewer;
use crate::ffmpeg::{self, Host, Player};
use crate::pcm;
use crate::server::{ANNA_KEY, BEA_KEY, Server, Setup};
use crate::wait;

const ANNA_HZ: u32 = 440;
const BEA_HZ: u32 = 1320;
/// A picture in Chromium may stand still for this long; a machine that is busy with other tests drops some frames.
const STILL_MAX_MS: i64 = 1500;
/// Two AAC frames at 48 kHz: a frame's own length and a hole of one more.
const STEP_MAX_S: f64 = 2.0 * 1024.0 / 48_000.0 + 0.001;

#[test]
fn players_go_on_through_cut_cover_hand_over_and_a_lost_feed() {
    let server = Server::start(Setup::delay(2));
    let pat = server.pat();
    let act = |ask: serde_json::Value| pat.post("/:shows/evening/actions", &ask).expect(201);
    let mut anna = Host::stream(&server, ANNA_KEY, ANNA_HZ);
    let _bea = Host::stream(&server, BEA_KEY, BEA_HZ);
    server.wait_on_air(30);
    let epoch = epoch_ms(&server);
    let player = Player::watch(&server.playlist());
    let viewer = Viewer::watch(&server);

    let cut = act(json!({"kind": "cut", "reason": "a test", "from_ms": -500, "to_ms": 500}));
    let cut_from = cut["from_air_ms"].as_i64().unwrap();
    wait_air(&server, cut_from + 3500);
    let cover = act(json!({"kind": "cover", "reason": "a test", "from_ms": -500, "to_ms": 500}));
    let cover_from = cover["from_air_ms"].as_i64().unwrap();
    wait_air(&server, cover_from + 3500);

    let bea_airs = wait::until("the standby to take over", 15, || {
        let ask = json!({"kind": "hand_over", "reason": "a test"});
        let answer = pat.post("/:shows/evening/actions", &ask);
        // Until both feeds have been there for a while, the answer says why not.
        match answer.status {
            201 => Some(answer.json()["from_air_ms"].as_i64().unwrap()),
            _ => {
                answer.refused(409, "standby_not_ready");
                None
            }
        }
    });
    wait_air(&server, bea_airs + 3500);
    let resume = act(json!({"kind": "resume", "reason": "a test"}));
    let back = resume["from_air_ms"].as_i64().unwrap_or(bea_airs + 5000);
    wait_air(&server, back + 4000);

    // The plug is pulled; viewers see the slate and stay.
    anna.kill();
    wait_for_source(&server, "slate");
    let _anna = Host::stream(&server, ANNA_KEY, ANNA_HZ);
    wait_for_source(&server, "host");
    let again = air_now(&server);
    wait_air(&server, again + 2500);

    if let Some(seen) = viewer.map(Viewer::finish) {
        assert!(seen["worst_ms"].as_i64().unwrap() < STILL_MAX_MS, "{seen}");
        assert!(seen["widths"].as_array().unwrap().len() > 1, "the slate was seen: {seen}");
    }
    pat.post("/:shows/evening/end", &json!({})).expect(200);
    ffmpeg::assert_clean("while it aired", &player.finish());
    let begins = wait_for_recording(&server, epoch);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("recording.mkv");
    ffmpeg::assert_clean("the recording", &ffmpeg::download(&server.playlist(), &file));
    let file = file.to_str().unwrap();
    ffmpeg::assert_clean("decoding the recording", &ffmpeg::decode(file));

    let times = ffmpeg::packet_times(file, "a");
    let holes: Vec<_> = times.windows(2).filter(|w| w[1] - w[0] > STEP_MAX_S).collect();
    assert!(holes.is_empty(), "holes in the sound: {holes:?}");
    let samples = ffmpeg::sound(file);
    let decoded_s = samples.len() as f64 / pcm::RATE as f64;
    let spanned_s = times.last().unwrap() - times[0] + STEP_MAX_S / 2.0;
    assert!((decoded_s - spanned_s).abs() < 0.1, "{decoded_s} s of sound in {spanned_s} s");

    let windows = pcm::loudness(&samples);
    let cut_to = cut_from + 900;
    pcm::assert_silent(&windows, cut_from - begins..cut_to - begins);
    // A cover takes the picture only.
    pcm::assert_loud(&windows, cover_from - begins - 300..cover_from - begins + 900);
    assert!(pcm::tone_at(&samples, cover_from - begins, ANNA_HZ as f32));
    assert!(pcm::tone_at(&samples, bea_airs - begins + 1500, BEA_HZ as f32), "the understudy airs");
    assert!(pcm::tone_at(&samples, again - begins + 1500, ANNA_HZ as f32), "the host is back");
}

fn air_now(server: &Server) -> i64 {
    let watch = server.anonymous().get("/:shows/evening/watch").json();
    watch["air"]["now_ms"].as_i64().unwrap()
}

/// Waits until the desk says that this is on air.
#[track_caller]
pub(crate) fn wait_for_source(server: &Server, source: &str) {
    crate::client::Desk::open(&server.http).wait(source, |desk| desk["on"] == source);
}

#[test]
fn players_go_on_through_a_new_delay_a_dump_and_a_panic() {
    let server = Server::start(Setup::delay(1));
    let pat = server.pat();
    let act = |kind: &str| {
        let ask = json!({"kind": kind, "reason": "a test"});
        pat.post("/:shows/evening/actions", &ask).expect(201);
    };
    let new_delay = |delay_s: u32| {
        pat.post("/:shows/evening/delay", &json!({"delay_s": delay_s})).expect(200)["how"].clone()
    };
    let _anna = Host::stream(&server, ANNA_KEY, ANNA_HZ);
    server.wait_on_air(30);
    let epoch = epoch_ms(&server);
    let player = Player::watch(&server.playlist());
    wait_air(&server, 2000);

    assert_eq!(new_delay(3), "slate", "nothing is lost while the delay grows");
    wait_for_source(&server, "slate");
    wait_for_source(&server, "host");
    pat.post("/:shows/evening/delay", &json!({"delay_s": 61})).refused(422, "bad_delay");
    act("dump");
    wait_for_source(&server, "slate");
    wait_for_source(&server, "host");
    act("panic");
    wait_for_source(&server, "slate");
    let in_panic = air_now(&server);
    // Longer than the delay: only a person ends it.
    wait_air(&server, in_panic + 4000);
    wait_for_source(&server, "slate");
    act("resume");
    wait_for_source(&server, "host");
    let again = air_now(&server);
    wait_air(&server, again + 1000);
    assert_eq!(new_delay(1), "dump", "what waits is thrown away when the delay shrinks");
    wait_for_source(&server, "host");
    let last = air_now(&server);
    wait_air(&server, last + 2000);

    pat.post("/:shows/evening/end", &json!({})).expect(200);
    ffmpeg::assert_clean("while it aired", &player.finish());
    let begins = wait_for_recording(&server, epoch);
    ffmpeg::assert_clean("the recording", &ffmpeg::decode(&server.playlist()));
    let samples = ffmpeg::sound(&server.playlist());
    let windows = pcm::loudness(&samples);
    pcm::assert_silent(&windows, in_panic - begins + 100..in_panic - begins + 3900);
    assert!(pcm::tone_at(&samples, again - begins + 700, ANNA_HZ as f32), "the host is back");
}
