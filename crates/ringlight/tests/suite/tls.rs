//! HTTPS: HTTP/2 for pages and API, and rooms through the same port.

use std::process::Command;

use crate::server::{Server, Setup};
use crate::wait;

fn curl(args: &[&str]) -> (bool, String) {
    let out = Command::new("curl").args(["-sk", "--max-time", "5"]).args(args).output().unwrap();
    (out.status.success(), String::from_utf8_lossy(&out.stdout).into_owned())
}

#[test]
fn a_certificate_turns_on_https_with_http_2_and_rooms_work_through_it() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("SKIPPED: curl is not installed, HTTPS was not tested");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let args = vec!["--tls-cert".into(), path(&cert), "--tls-key".into(), path(&key)];
    let server = Server::start(Setup { args, ..Setup::default() });
    assert!(server.base.starts_with("https://"), "{}", server.base);

    let url = format!("{}/readyz", server.base);
    wait::until("HTTPS", 10, || curl(&["-f", &url]).0.then_some(()));
    let (ok, version) = curl(&["--http2", "-o", "/dev/null", "-w", "%{http_version}", &url]);
    assert!(ok && version == "2", "HTTP/{version}");
    let url = format!("{}/api/v1/front", server.base);
    let (_, head) = curl(&["-D", "-", "-o", "/dev/null", &url]);
    assert!(head.to_lowercase().contains("strict-transport-security"), "{head}");
    // Cookies of an HTTPS site never travel over HTTP.
    let url = format!("{}/api/v1/shows/evening/watch", server.base);
    let (_, head) = curl(&["-D", "-", "-o", "/dev/null", &url]);
    let cookie = head.lines().find(|line| line.to_lowercase().starts_with("set-cookie")).unwrap();
    assert!(cookie.contains("Secure") && cookie.contains("HttpOnly"), "{cookie}");

    let room = format!("{}/api/v1/shows/evening/room", server.base);
    let (_, said) = curl(&[
        "--http1.1",
        "--no-buffer",
        "--max-time",
        "2",
        "-D",
        "-",
        "-H",
        "Connection: Upgrade",
        "-H",
        "Upgrade: websocket",
        "-H",
        "Sec-WebSocket-Version: 13",
        "-H",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        &room,
    ]);
    assert!(
        said.starts_with("HTTP/1.1 101") && said.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        "{said}"
    );
}

#[test]
fn half_a_certificate_is_refused() {
    let (code, _, err) = crate::server::ringlight(&["serve", "--tls-cert", "cert.pem"]);
    assert_eq!(code, 1);
    assert!(err.contains("tls_key") && err.contains("hint:"), "{err}");
}
