//! The store is away: orders are refused, safety goes on, and it comes back by itself.

use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::client::order_of;
use crate::server::{Server, crew};
use crate::wait;

/// Holds the database's write lock.
fn lock(data: &Path) -> Connection {
    let connection = Connection::open(data.join("ringlight.db")).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    connection
}

#[test]
fn a_locked_database_refuses_orders_and_stops_no_action() {
    let server = Server::start(&crew(), |_| {});
    let (pat, http) = (server.pat(), server.anonymous());
    pat.post("shows/evening/start", &Value::Null).expect(200);
    wait::until("the program", || {
        (pat.post("shows/evening/delay", &json!({"delay_s": 9})).status == 200).then_some(())
    });
    http.order("evening", "before", &order_of("LIP-01", 1, "li")).expect(201);

    let lock = lock(server.data());
    let ask = order_of("LIP-01", 1, "jo");
    let refused = http.order("evening", "during", &ask);
    refused.refused("store_unavailable");
    pat.patch("brands/rouge", &json!({"name": "Red"})).refused("store_unavailable");
    assert!(!http.get("brands").text.contains("Red"), "what was refused has not happened");
    // Safety first: acted on at once, recorded when that is possible.
    let cut = pat.post("shows/evening/actions", &json!({"kind": "panic"})).expect(201);
    let locked =
        pat.post("shows/evening/moderation", &json!({"kind": "lock", "on": true})).expect(200);
    assert_eq!(locked["locked"], true);
    let ready = http.get("/readyz").expect(200);
    assert_ne!(ready["store"], "ok");
    assert!(http.get("/metrics").text.contains("ringlight_store_up 0\n"));
    http.get("shows/evening/watch").expect(200);
    pat.post("shows/evening/actions", &json!({"kind": "resume"})).expect(201);
    pat.post("shows/evening/moderation", &json!({"kind": "lock", "on": false})).expect(200);
    lock.execute_batch("ROLLBACK").unwrap();

    // Sales are frozen by the panic until its end is known; then the same key places the order that was refused.
    wait::until("the store", || (http.get("/readyz").json()["store"] == "ok").then_some(()));
    wait::until("the log of actions", || {
        let actions = pat.get("shows/evening/actions").json();
        actions.as_array().unwrap().iter().any(|action| action["id"] == cut["id"]).then_some(())
    });
    let placed = wait::until("an order", || {
        let answer = http.order("evening", "during", &ask);
        (answer.status == 201).then(|| answer.json())
    });
    assert_eq!(placed["quantity"], 1);
    assert_eq!(pat.get("orders").json()["orders"].as_array().unwrap().len(), 2);
    pat.patch("brands/rouge", &json!({"name": "Red"})).expect(200);
}

/// A client that leaves in the middle of a change does not leave half of it: what is in the store is in memory too.
#[test]
fn a_client_that_leaves_does_not_tear_a_change() {
    use std::io::Write;
    let server = Server::start(&crew(), |_| {});
    let (pat, http) = (server.pat(), server.anonymous());
    let lock = lock(server.data());
    let body = r#"{"name":"Red"}"#;
    let request = format!(
        "PATCH /api/v1/brands/rouge HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        crate::server::PAT,
        body.len()
    );
    let before = requests(&server);
    let mut socket = std::net::TcpStream::connect(server.ready.http).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    wait::until("the request", || (requests(&server) > before + 1).then_some(()));
    drop(socket);
    lock.execute_batch("ROLLBACK").unwrap();
    wait::until("the store", || (http.get("/readyz").json()["store"] == "ok").then_some(()));
    // Done or refused, the next change of the same row is judged on what is there.
    wait::until("the next change", || {
        let answer = pat.patch("brands/rouge", &json!({"name": "Rosso"}));
        assert_ne!(answer.status, 409, "{}", answer.text);
        (answer.status == 200).then_some(())
    });
    let data = server.stop();
    let server = Server::try_start(data, "", |_| {}).unwrap();
    assert!(server.anonymous().get("brands").text.contains("Rosso"));
}

fn requests(server: &Server) -> u64 {
    let metrics = server.anonymous().get("/metrics").text;
    let line =
        metrics.lines().find(|line| line.starts_with("ringlight_http_requests_total")).unwrap();
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}
