//! What strangers send: too much, too deep, too slow, not text, not known.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::raw;
use crate::server::{Server, crew};

#[test]
fn what_is_too_large_is_refused_before_it_comes() {
    let server = Server::example();
    for path in
        ["/api/v1/session", "/api/v1/products/import", "/api/v1/shows/evening/orders", "/nothing"]
    {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 3221225472\r\n\r\n{{"
        );
        let begin = Instant::now();
        let said = raw(server.ready.http, head.as_bytes());
        assert!(said.starts_with("HTTP/1.1 413"), "{path}: {said}");
        assert!(
            said.contains("\"too_large\"") && said.contains("content-security-policy"),
            "{said}"
        );
        assert!(begin.elapsed() < Duration::from_secs(2), "{path}: {:?}", begin.elapsed());
    }
    let http = server.anonymous();
    let big = format!("{{\"name\":\"{}\",\"password\":\"x\"}}", "x".repeat(70_000));
    http.send("POST", "session", &[("content-type", "application/json")], big.as_bytes())
        .refused("too_large");
    // Without a length it is counted while it comes.
    let chunk = format!("{:x}\r\n{}\r\n", 70_000, "x".repeat(70_000));
    let head = "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let said = raw(server.ready.http, format!("{head}{chunk}").as_bytes());
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
}

#[test]
fn heads_that_are_no_heads_are_refused() {
    let server = Server::example();
    let addr = server.ready.http;
    let many = (0..2000).map(|n| format!("x-{n}: y\r\n")).collect::<String>();
    for (what, bytes) in [
        ("many headers", format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{many}\r\n")),
        ("a long header", format!("GET /healthz HTTP/1.1\r\nHost: a\r\nx: {}\r\n\r\n", "y".repeat(200_000))),
        ("a long address", format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "y".repeat(200_000))),
        ("no HTTP", "hello\r\n\r\n".to_owned()),
        ("two lengths", "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}".to_owned()),
        ("HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
    ] {
        let said = raw(addr, bytes.as_bytes());
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{what}: {said}");
    }
    assert_eq!(server.anonymous().get("/healthz").text, "ok\n");
}

#[test]
fn bodies_that_are_not_what_they_should_be() {
    let server = Server::start(&crew(), |_| {});
    let http = server.pat();
    let json = [("content-type", "application/json")];
    let deep = format!("{{\"name\":{}1{}}}", "[".repeat(30_000), "]".repeat(30_000));
    for (body, code) in [
        (&b"{"[..], "bad_json"),
        (b"", "bad_json"),
        (b"null", "bad_json"),
        (b"[]", "bad_json"),
        (b"\xff\xfe{}", "bad_json"),
        (b"{\"name\":\"\xff\",\"password\":\"x\"}", "bad_json"),
        (b"{\"name\":\"a\",\"name\":\"b\",\"password\":\"x\"}", "bad_json"),
        (b"{\"name\":\"a\",\"password\":\"x\",\"admin\":true}", "bad_json"),
        (deep.as_bytes(), "bad_json"),
    ] {
        http.send("POST", "session", &json, body).refused(code);
    }
    http.send("POST", "session", &[("content-type", "text/plain")], b"{}")
        .refused("unsupported_type");
    for (method, path, body) in [
        ("POST", "users", json!({"name": "x", "password": "x", "roles": [], "root": true})),
        ("POST", "users/pat/tokens", json!({"label": "x", "scope": "all"})),
        ("POST", "hosts", json!({"slug": "x", "name": "x", "stream_key": "mine"})),
        ("PATCH", "products/LIP-01", json!({"stock": 9})),
        ("POST", "shows/evening/actions", json!({"kind": "mute", "from": 1})),
        ("POST", "shows/evening/actions", json!({"kind": "delete"})),
        (
            "POST",
            "shows/evening/orders",
            json!({"sku": "LIP-01", "quantity": 1, "buyer": {"name": "a", "contact": "b"}, "price": 1}),
        ),
        ("POST", "shows/evening/moderation", json!({"kind": "ban", "viewer": "nobody"})),
        ("POST", "shows/evening/pin", json!({"sku": 5})),
    ] {
        let answer = http.with("idempotency-key", "k").json(method, path, &body);
        assert_eq!(answer.json()["error"]["code"], "bad_json", "{method} {path}: {}", answer.text);
    }
}

/// Numbers at the edges: refused or taken, never a panic, and the server goes on.
#[test]
fn numbers_at_the_edges() {
    let server = Server::start(&crew(), |_| {});
    let http = server.pat().with("idempotency-key", "edge");
    http.post("shows/evening/start", &Value::Null).expect(200);
    let edges = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    for n in edges {
        for (method, path, body) in [
            ("POST", "products/LIP-01/stock", json!({"delta": n})),
            ("PATCH", "products/LIP-01", json!({"price": {"minor": n, "currency": "CNY"}})),
            (
                "PATCH",
                "shows/evening/offers/LIP-01",
                json!({"price": {"minor": n, "currency": "CNY"}}),
            ),
            ("PATCH", "shows/evening/offers/LIP-01", json!({"opens_in_s": n, "closes_in_s": n})),
            ("PATCH", "shows/evening/offers/LIP-01", json!({"limit": n})),
            ("PATCH", "shows/evening", json!({"delay_s": n})),
            ("POST", "shows/evening/delay", json!({"delay_s": n})),
            ("POST", "shows/evening/actions", json!({"kind": "mute", "from_ms": n})),
            ("POST", "shows/evening/actions", json!({"kind": "cut", "from_ms": n, "to_ms": n})),
            (
                "POST",
                "shows/evening/actions",
                json!({"kind": "cover", "from_media_ms": n, "to_media_ms": n}),
            ),
            ("POST", "shows/evening/moderation", json!({"kind": "slow", "seconds": n})),
            (
                "POST",
                "shows/evening/moderation",
                json!({"kind": "time_out", "viewer": "01890000-0000-7000-8000-000000000000", "seconds": n}),
            ),
            (
                "POST",
                "shows/evening/orders",
                json!({"sku": "LIP-01", "quantity": 1, "buyer": {"name": "a", "contact": n.to_string()}, "air_ms": n, "price_seen": {"minor": n, "currency": "CNY"}}),
            ),
        ] {
            let answer = http.json(method, path, &body);
            assert!(
                answer.status < 500,
                "{method} {path} {body}: {} {}",
                answer.status,
                answer.text
            );
        }
    }
    for query in [
        "after=18446744073709551615",
        "after=-1",
        "limit=0",
        "limit=99999999999",
        "status=%ff",
        "show=%00",
    ] {
        let answer = http.get(&format!("orders?{query}"));
        assert!(answer.status < 500, "{query}: {}", answer.text);
    }
    for query in [
        "_HLS_msn=18446744073709551615",
        "_HLS_msn=-1",
        "_HLS_part=1",
        "_HLS_msn=1&_HLS_msn=2",
        "%ff",
    ] {
        let answer = http.get(&format!("/live/evening/main.m3u8?{query}"));
        assert!(answer.status < 500, "{query}: {}", answer.text);
    }
    http.get("front").expect(200);
    http.post("shows/evening/end", &Value::Null).expect(200);
}

/// Half a body, then nothing: the server gives up on it within ten seconds.
#[test]
fn a_body_that_stalls_is_given_up() {
    let server = Server::example();
    let begin = Instant::now();
    let said = std::thread::scope(|scope| {
        let preface = scope.spawn(|| wait_closed(server.ready.http, b"PRI * HTTP/2.0\r\n"));
        let silent = scope.spawn(|| wait_closed(server.ready.http, b""));
        let head = b"GET /healthz HTTP/1.1\r\nHo";
        let half_a_head = scope.spawn(|| wait_closed(server.ready.http, head));
        let body = b"POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
        let said = wait_closed(server.ready.http, body);
        preface.join().unwrap();
        silent.join().unwrap();
        half_a_head.join().unwrap();
        said
    });
    assert!(begin.elapsed() < Duration::from_secs(12), "{:?}", begin.elapsed());
    assert!(said.starts_with("HTTP/1.1 408") && said.contains("\"timeout\""), "{said}");
}

fn wait_closed(addr: std::net::SocketAddr, bytes: &[u8]) -> String {
    use std::io::{Read, Write};
    let mut socket = std::net::TcpStream::connect(addr).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    socket.write_all(bytes).unwrap();
    let mut said = Vec::new();
    let closed = socket.read_to_end(&mut said);
    assert!(closed.is_ok_and(|_| true), "the connection stays open");
    String::from_utf8_lossy(&said).into_owned()
}
