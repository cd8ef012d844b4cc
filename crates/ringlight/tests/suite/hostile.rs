//! What strangers send: garbage, half of something, too much of everything. The server answers, closes and goes on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Talker;
use crate::server::{Server, Setup, ringlight};

const CLOSED_WITHIN: Duration = Duration::from_secs(10);
/// Time for the machine itself to be late.
const SLACK: Duration = Duration::from_millis(1500);

/// Sends bytes, then nothing. Gives how long the peer kept the connection, and what it said.
fn linger(address: &str, bytes: &[u8]) -> (Duration, Vec<u8>) {
    let mut socket = TcpStream::connect(address).unwrap();
    let begin = Instant::now();
    let _ = socket.write_all(bytes);
    socket.set_read_timeout(Some(CLOSED_WITHIN * 2)).unwrap();
    let (mut said, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => said.extend_from_slice(&buffer[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                return (CLOSED_WITHIN * 2, said);
            }
            Err(_) => break,
        }
    }
    (begin.elapsed(), said)
}

#[test]
fn half_open_and_garbage_connections_are_closed_on_both_ports() {
    let server = Server::start(Setup::default());
    let garbage: Vec<u8> =
        (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut c0c1 = vec![0_u8; 1537];
    c0c1[0] = 3;
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("rtmp, silent", &server.rtmp, Vec::new()),
        ("rtmp, one byte", &server.rtmp, vec![3]),
        ("rtmp, half a handshake", &server.rtmp, c0c1[..800].to_vec()),
        ("rtmp, a handshake without its end", &server.rtmp, c0c1.clone()),
        ("rtmp, a handshake and silence", &server.rtmp, [c0c1.clone(), vec![0; 1536]].concat()),
        ("rtmp, garbage", &server.rtmp, garbage.clone()),
        ("rtmp, http", &server.rtmp, b"GET / HTTP/1.1\r\n\r\n".to_vec()),
        ("http, silent", &server.http, Vec::new()),
        ("http, half a head", &server.http, b"GET /api/v1/front HTTP/1.1\r\nHost: a".to_vec()),
        ("http, garbage", &server.http, garbage),
        (
            "http, half a body",
            &server.http,
            b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{".to_vec(),
        ),
        ("http, half a websocket", &server.http, websocket_head(&server.http)),
    ];
    let late: Vec<String> = std::thread::scope(|scope| {
        let started: Vec<_> = cases
            .iter()
            .map(|(name, address, bytes)| (name, scope.spawn(move || linger(address, bytes).0)))
            .collect();
        let judged = started.into_iter().map(|(name, thread)| (name, thread.join().unwrap()));
        judged
            .filter(|(_, kept)| *kept > CLOSED_WITHIN + SLACK)
            .map(|(name, kept)| format!("{name}: kept for {:.1} s or more", kept.as_secs_f64()))
            .collect()
    });
    assert!(late.is_empty(), "{late:#?}");
    assert_eq!(server.anonymous().get("/healthz").status, 200);
}

/// A room's handshake after which the client says nothing: not even hello.
fn websocket_head(host: &str) -> Vec<u8> {
    format!(
        "GET /api/v1/shows/evening/room HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

#[test]
fn oversize_and_malformed_requests_get_a_clear_refusal_and_memory_stays() {
    let server = Server::start(Setup::default());
    let (http, pat) = (server.anonymous(), server.pat());
    let before_kib = server.memory_kib();

    // Three gigabytes are claimed; not one of them is waited for.
    for path in ["/api/v1/session", "/api/v1/products/import", "/nothing"] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3221225472\r\n\r\n");
        let mut socket = TcpStream::connect(&server.http).unwrap();
        socket.write_all(head.as_bytes()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut said = [0; 64];
        let read = socket.read(&mut said).unwrap();
        let said = String::from_utf8_lossy(&said[..read]).into_owned();
        assert!(said.starts_with("HTTP/1.1 413"), "{path}: {said}");
    }
    let session =
        |body: &[u8]| http.send("POST", "/:session", &[("content-type", "application/json")], body);
    for body in ["{", "[]", "null", "{\"name\":1}", "{\"name\":\"\\ud800\"}", &"[".repeat(10_000)] {
        let answer = session(body.as_bytes());
        assert!(matches!(answer.status, 400 | 422), "{body:.20}: {answer:?}");
        assert!(!answer.code().is_empty(), "{answer:?}");
    }
    session(&vec![b' '; 200_000]).refused(413, "too_large");
    http.order("key", "LIP-01", 1, json!({"more": 1})).refused(400, "bad_json");
    http.send("POST", "/:session", &[("content-type", "text/plain")], b"x")
        .refused(415, "unsupported_type");
    http.send("DELETE", "/:front", &[], b"").refused(405, "method_not_allowed");
    http.get("/:shows/nothing/watch").refused(404, "unknown_show");
    http.get("/:nothing").refused(404, "not_found");
    pat.get("/:orders?limit=many").refused(400, "bad_query");
    for query in
        ["_HLS_msn=-1", "_HLS_msn=99999999999999999999", "_HLS_part=x", "_HLS_msn=1&_HLS_part=-2"]
    {
        let answer = http.get(&format!("/live/evening/main.m3u8?{query}"));
        assert!(matches!(answer.status, 400 | 404), "{query}: {answer:?}");
    }
    // EVIDENCE: half-filled chunk streams that claim 16 MiB each.
    let mut sockets: Vec<_> = (0..8).map(|_| claim_much(&server.rtmp)).collect();
    let mut buffer = [0; 4096];
    for socket in &mut sockets {
        while matches!(socket.read(&mut buffer), Ok(1..)) {}
    }
    let grown_kib = server.memory_kib().saturating_sub(before_kib);
    assert!(grown_kib < 150 << 10, "memory grew by {} MiB", grown_kib >> 10);
    assert_eq!(http.get("/readyz").status, 200);
}

/// A handshake, then the beginnings of a thousand messages of 16 MiB.
fn claim_much(rtmp: &str) -> TcpStream {
    let mut socket = TcpStream::connect(rtmp).unwrap();
    socket.set_read_timeout(Some(CLOSED_WITHIN)).unwrap();
    let mut hello = vec![0_u8; 1537];
    hello[0] = 3;
    socket.write_all(&hello).unwrap();
    let mut answer = vec![0; 1 + 2 * 1536];
    socket.read_exact(&mut answer).unwrap();
    socket.write_all(&answer[1..1537]).unwrap();
    for id in 64..1064_u32 {
        let id = id - 64;
        // Type 0 on a chunk stream of two id bytes: time 0, length 0xffffff, video, stream 1; then 128 bytes of it.
        let mut chunk = vec![
            0x01,
            (id & 0xff) as u8,
            (id >> 8) as u8,
            0,
            0,
            0,
            0xff,
            0xff,
            0xff,
            9,
            1,
            0,
            0,
            0,
        ];
        chunk.extend([0; 128]);
        if socket.write_all(&chunk).is_err() {
            break;
        }
    }
    socket
}

#[test]
fn chat_that_is_too_long_or_not_chat_is_refused() {
    let server = Server::start(Setup::default());
    let mut talker = Talker::enter(&server.http, "Li");
    talker.say(&"长".repeat(301));
    talker.refused("message_too_long");
    talker.say(" \u{200b}\n ");
    talker.refused("message_empty");
    for bad in [
        json!([]),
        json!({"type": "shout"}),
        json!({"type": "say"}),
        json!({"type": "say", "text": 1}),
    ] {
        talker.send(&bad);
        talker.refused("bad_json");
    }
    talker.say("still here");
    talker.wait_chat("still here");
    // A frame of a megabyte is no chat: the connection ends, the server does not.
    talker.say(&"x".repeat(1 << 20));
    crate::wait::until("the end of the connection", 10, || (!talker.listen()).then_some(()));
    let mut next = Talker::enter(&server.http, "Wu");
    next.say("good evening");
    next.wait_chat("good evening");
}

#[test]
fn unknown_keys_in_files_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (config, bootstrap) = (path("r.toml"), path("b.toml"));
    std::fs::write(&config, "[server]\nhtpp = '127.0.0.1:0'\n").unwrap();
    std::fs::write(&bootstrap, "[[host]]\nslug = 'a'\nname = 'A'\nstream_kye = 'x'\n").unwrap();
    let data = path("data");
    for (args, says) in [
        (vec!["serve", "--data", &data, "--config", &config], "htpp"),
        (vec!["config", "check", "--config", &config], "htpp"),
        (vec!["serve", "--data", &data, "--bootstrap", &bootstrap], "stream_kye"),
        (vec!["config", "check", "--bootstrap", &bootstrap], "stream_kye"),
    ] {
        let (code, _, err) = ringlight(&args);
        assert_eq!(code, 1, "{args:?}");
        assert!(
            err.starts_with("error: ") && err.contains(says) && err.contains("\nhint:"),
            "{err}"
        );
    }
}
