//! A disk that is really full: a small file system of its own, filled to the last byte.

use std::io::Write as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::air;
use crate::ffmpeg::Host;
use crate::server::{ANNA_KEY, Server, Setup};
use crate::wait;

/// Whether this machine lets a test mount a file system of its own.
fn may_mount() -> bool {
    let tried =
        Command::new("unshare").args(["-Urm", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    tried.is_ok_and(|out| out.status.success())
}

#[test]
fn a_full_disk_stops_no_picture_and_no_action_and_orders_go_on_when_there_is_room() {
    if !may_mount() {
        eprintln!(
            "skipped: this machine lets nobody mount a file system of their own (unshare -Urm)"
        );
        return;
    }
    let config = "[record]\nmin_free_mib = 1\n".to_owned();
    let setup = Setup { delay_s: 3, config, disk_mib: Some(64), ..Setup::default() };
    let server = Server::start(setup);
    let (http, pat) = (server.anonymous(), server.pat());
    let _anna = Host::stream(&server, ANNA_KEY, 440);
    server.wait_on_air(20);
    http.order("before", "LIP-01", 1, Value::Null).expect(201);

    let ballast = server.mounted_data().join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    let (large, small) = (vec![7; 1 << 20], vec![7; 512]);
    while file.write_all(&large).is_ok() {}
    while file.write_all(&small).is_ok() {}
    wait::until("a refused order", 20, || {
        // What the write-ahead log still has room for is stored, and may be.
        while file.write_all(&small).is_ok() {}
        let answer =
            http.order(&format!("during-{}", air::epoch_ms(&server)), "LIP-01", 1, Value::Null);
        (answer.status == 503).then(|| answer.refused(503, "store_unavailable"))
    });
    // The program goes on, and so does the hand on the switch.
    let newest = || {
        let main = http.get("/live/evening/main.m3u8").text;
        let parts = main.lines().filter_map(|line| line.strip_prefix("seg-"));
        parts.filter_map(|name| name.strip_suffix(".m4s")?.parse::<u64>().ok()).max().unwrap()
    };
    let before = newest();
    let ask = json!({"kind": "mute", "from_ms": -1000, "to_ms": 0});
    let mute = pat.post("/:shows/evening/actions", &ask).expect(201);
    wait::until("more of the program", 20, || (newest() > before + 1).then_some(()));
    assert!(!http.get("/live/evening/main.m3u8").text.contains("#EXT-X-DISCONTINUITY\n"));
    assert_ne!(http.get("/readyz").json()["store"], "ok");

    drop(file);
    std::fs::remove_file(&ballast).unwrap();
    wait::until("the store", 20, || (http.get("/readyz").json()["store"] == "ok").then_some(()));
    wait::until("an order", 20, || {
        (http.order("after", "LIP-01", 1, Value::Null).status == 201).then_some(())
    });
    wait::until("the mute in the log", 20, || {
        let actions = pat.get("/:shows/evening/actions").json();
        actions.as_array().unwrap().iter().any(|action| action["id"] == mute["id"]).then_some(())
    });
}
