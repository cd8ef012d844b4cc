//! Chromium as the viewer and as the producer.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ffmpeg::Host;
use crate::server::{ANNA_KEY, PASSWORD, Server, Setup};

const CHROMIUM: &str = "/usr/bin/chromium";

fn web() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web")
}

/// Whether this machine can run a browser; says loudly when not.
fn can_browse() -> bool {
    let needed = [PathBuf::from(CHROMIUM), web().join("node_modules/playwright-core"), web().join("dist/index.html")];
    let missing: Vec<_> = needed.iter().filter(|path| !path.exists()).collect();
    if !missing.is_empty() {
        eprintln!("SKIPPED: the browser was not tested, missing: {missing:?}; `make test` installs it");
    }
    missing.is_empty()
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
    assert!(out.status.success(), "{}\n{}", text(&out.stdout), text(&out.stderr));
    println!("{}", text(&out.stdout));
}
