//! From an encoder to a player: the delay, and a mute that is silent exactly where it says.

use serde_json::json;
use units::Timestamp;

use crate::ffmpeg::{self, Host, Player};
use crate::pcm;
use crate::server::{ANNA_KEY, Server, Setup};
use crate::wait;

const DELAY_S: i64 = 3;
/// One AAC frame at 48 kHz, rounded up: what may fade on either side.
const FRAME_MS: i64 = 22;

fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis() as i64
}

pub(crate) fn ms_of(rfc3339: &serde_json::Value) -> i64 {
    Timestamp::parse_rfc3339(rfc3339.as_str().unwrap()).unwrap().0 / 1000
}

/// AirTime of the first recorded moment, from the recording's own playlist.
pub(crate) fn recording_begins_ms(server: &Server, epoch_ms: i64) -> i64 {
    let playlist = server.anonymous().get("/live/evening/recording.m3u8");
    assert!(playlist.text.contains("#EXT-X-ENDLIST"), "{}", playlist.text);
    let line = playlist.text.lines().find_map(|l| l.strip_prefix("#EXT-X-PROGRAM-DATE-TIME:"));
    ms_of(&json!(line.unwrap())) - epoch_ms
}

/// Waits until viewers who keep up have seen a moment.
pub(crate) fn wait_air(server: &Server, air_ms: i64) {
    let http = server.anonymous();
    wait::until(&format!("air {air_ms} ms"), 40, || {
        let now = http.get("/:shows/evening/watch").json()["air"]["now_ms"].as_i64().unwrap();
        (now >= air_ms).then_some(())
    });
}

pub(crate) fn epoch_ms(server: &Server) -> i64 {
    ms_of(&server.anonymous().get("/:shows/evening/watch").json()["air"]["epoch"])
}

#[test]
fn a_show_airs_after_its_delay_and_a_mute_is_silent_exactly_in_its_interval() {
    let server = Server::start(Setup::delay(DELAY_S as u32));
    let (pat, http) = (server.pat(), server.anonymous());
    http.get("/live/evening/index.m3u8").refused(404, "not_on_air");

    let began_ms = now_ms();
    let _host = Host::stream(&server, ANNA_KEY, 440);
    server.wait_on_air(25);
    let waited_ms = now_ms() - began_ms;
    assert!(waited_ms >= DELAY_S * 1000, "on air after {waited_ms} ms: the delay is not kept");
    let shows = http.get("/:front").json();
    assert_eq!(shows["live"][0]["slug"], "evening", "{shows}");
    assert_eq!(shows["live"][0]["on_air"], true, "{shows}");

    let index = http.get("/live/evening/index.m3u8").text;
    assert!(index.contains("#EXT-X-STREAM-INF") && index.contains("mp4a.40.2"), "{index}");
    let main = http.get("/live/evening/main.m3u8").text;
    for tag in ["#EXT-X-PART:", "#EXT-X-PRELOAD-HINT:", "CAN-BLOCK-RELOAD=YES", "#EXT-X-MAP:"] {
        assert!(main.contains(tag), "{tag} is missing:\n{main}");
    }
    let player = Player::watch(&server.playlist());

    // Two seconds from the middle of the delay on.
    let ask = json!({"kind": "mute", "reason": "a test", "from_ms": -1500, "to_ms": 500});
    let mute = pat.post("/:shows/evening/actions", &ask).expect(201);
    assert_eq!(mute["late"], false, "{mute}");
    let left_ms = mute["time_to_air_ms"].as_i64().unwrap();
    assert!((500..=DELAY_S * 1000).contains(&left_ms), "{mute}");
    let length_ms = mute["to_media_ms"].as_i64().unwrap() - mute["from_media_ms"].as_i64().unwrap();
    assert!((1990..=2010).contains(&length_ms), "{mute}");
    let epoch = epoch_ms(&server);
    let from_ms = mute["from_air_ms"].as_i64().unwrap();
    assert!((ms_of(&mute["airs_at"]) - epoch - from_ms).abs() < 500, "{mute} {epoch}");
    let to_ms = from_ms + length_ms;

    wait_air(&server, to_ms + 2500);
    let first = |playlist: &str| -> u64 {
        let line = playlist.lines().find_map(|l| l.strip_prefix("#EXT-X-MEDIA-SEQUENCE:"));
        line.unwrap().parse().unwrap()
    };
    let before = first(&http.get("/live/evening/main.m3u8").text);
    pat.post("/:shows/evening/end", &json!({})).expect(200);
    let last_window = http.get("/live/evening/main.m3u8").text;
    assert!(last_window.contains("#EXT-X-ENDLIST"), "{last_window}");
    assert!(first(&last_window) >= before, "the media sequence never goes back: {last_window}");
    ffmpeg::assert_clean("while it aired", &player.finish());

    let begins_ms = wait_for_recording(&server, epoch);
    ffmpeg::assert_clean("the recording", &ffmpeg::decode(&server.playlist()));
    let windows = pcm::loudness(&ffmpeg::sound(&server.playlist()));
    let end_ms = windows.last().unwrap().0;
    let (from_ms, to_ms) = (from_ms - begins_ms, to_ms - begins_ms);
    pcm::assert_silent(&windows, from_ms..to_ms);
    // The tone fades in where the host's encoder begins.
    pcm::assert_loud(&windows, 100..from_ms - 2 * FRAME_MS);
    pcm::assert_loud(&windows, to_ms + 2 * FRAME_MS..end_ms - 200);
}

/// Waits for the recording of the ended show and says at which AirTime it begins.
pub(crate) fn wait_for_recording(server: &Server, epoch_ms: i64) -> i64 {
    let http = server.anonymous();
    wait::until("the recording", 15, || {
        let playlist = http.get("/live/evening/recording.m3u8");
        (playlist.status == 200 && playlist.text.contains("#EXT-X-ENDLIST")).then_some(())
    });
    recording_begins_ms(server, epoch_ms)
}

#[test]
fn what_is_stopped_too_late_says_so_and_undo_works_while_it_waits() {
    let server = Server::start(Setup::delay(4));
    let pat = server.pat();
    pat.post("/:shows/evening/actions", &json!({"kind": "mute"})).refused(409, "no_program");
    let _host = Host::stream(&server, ANNA_KEY, 440);
    server.wait_on_air(25);
    let past = json!({"kind": "mute", "from_ms": -60_000, "to_ms": -50_000});
    pat.post("/:shows/evening/actions", &past).refused(409, "already_aired");
    let empty = json!({"kind": "mute", "from_ms": -500, "to_ms": -1000});
    pat.post("/:shows/evening/actions", &empty).refused(422, "empty_interval");
    let mute = pat.post("/:shows/evening/actions", &json!({"kind": "mute"})).expect(201);
    let id = mute["id"].as_str().unwrap();
    let undone = pat.delete(&format!("/:shows/evening/actions/{id}")).expect(200);
    assert_eq!(undone["state"], "undone", "{undone}");
    let nobody = server.anonymous();
    nobody.post("/:shows/evening/actions", &json!({"kind": "mute"})).refused(401, "not_signed_in");
    let log = wait::until("the log of actions", 5, || {
        let log = pat.get("/:shows/evening/actions").expect(200);
        (log[0]["state"] == "undone").then_some(log)
    });
    assert_eq!(log[0]["actor"], "pat", "{log}");
}
