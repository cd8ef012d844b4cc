//! Chromium as the viewer and as the producer.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::air::{epoch_ms, wait_for_recording};
use crate::ffmpeg::{self, Host};
use crate::pcm;
use crate::server::{ANNA_KEY, PASSWORD, Server, Setup};

pub(crate) const CHROMIUM: &str = "/usr/bin/chromium";

pub(crate) fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web")
}

/// Whether this machine can run a browser; says loudly when not.
pub(crate) fn can_browse() -> bool {
    let needed = [
        PathBuf::from(CHROMIUM),
        web().join("node_modules/playwright-core"),
        web().join("dist/index.html"),
    ];
    let missing: Vec<_> = needed.iter().filter(|path| !path.exists()).collect();
    if !missing.is_empty() {
        eprintln!(
            "SKIPPED: the browser was not tested, missing: {missing:?}; `make test` installs it"
        );
    }
    missing.is_empty()
}

/// A viewer in Chromium who only watches.
pub(crate) struct Viewer {
    node: Child,
    said: BufReader<ChildStdout>,
}

impl Viewer {
    /// Returns once the picture moves; `None` where there is no browser.
    pub(crate) fn watch(server: &Server) -> Option<Self> {
        if !can_browse() {
            return None;
        }
        let mut node = Command::new("node")
            .arg(web().join("e2e/splices.mjs"))
            .env("RINGLIGHT_BASE", &server.base)
            .env("RINGLIGHT_CHROMIUM", CHROMIUM)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(node.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "playing");
        Some(Self { node, said })
    }

    /// How far it played and how long it stood still at most.
    pub(crate) fn finish(mut self) -> serde_json::Value {
        drop(self.node.stdin.take());
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        assert!(self.node.wait().unwrap().success());
        serde_json::from_str(&line).unwrap()
    }
}

#[test]
fn a_viewer_plays_chats_and_buys_while_a_producer_mutes_with_a_key() {
    if !can_browse() {
        return;
    }
    let server = Server::start(Setup::delay(5));
    let _host = Host::stream(&server, ANNA_KEY, 440);
    server.wait_on_air(30);
    let out = Command::new("node")
        .arg(web().join("e2e/show.mjs"))
        .env("RINGLIGHT_BASE", &server.base)
        .env("RINGLIGHT_NAME", "pat")
        .env("RINGLIGHT_PASSWORD", PASSWORD)
        .env("RINGLIGHT_CHROMIUM", CHROMIUM)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (said, errors) = (text(&out.stdout), text(&out.stderr));
    assert!(out.status.success(), "{said}\n{errors}");
    let mute: serde_json::Value = serde_json::from_str(&said).unwrap();

    // The same in the recording, where it can be measured to the frame.
    let epoch = epoch_ms(&server);
    server.pat().post("/:shows/evening/end", &serde_json::json!({})).expect(200);
    let begins = wait_for_recording(&server, epoch);
    let windows = pcm::loudness(&ffmpeg::sound(&server.playlist()));
    let at = |field: &str| mute[field].as_i64().unwrap() - begins;
    pcm::assert_silent(&windows, at("from_air_ms")..at("to_air_ms"));
    pcm::assert_loud(&windows, 100..at("from_air_ms") - 44);
    pcm::assert_loud(&windows, at("to_air_ms") + 44..at("to_air_ms") + 1000);
}
