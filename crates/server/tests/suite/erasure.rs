//! What somebody is called and has said can be erased; the rest stays.

use rusqlite::Connection;
use serde_json::json;

use crate::client::order_of;
use crate::server::{Server, crew};
use crate::sockets::Listener;
use crate::wait;

const ROOM: &str = "shows/evening/room";

#[test]
fn a_buyers_name_and_contact_are_erased_in_all_their_orders() {
    let server = Server::start(&crew(), |_| {});
    let (pat, http) = (server.pat(), server.anonymous());
    let first = http.order("evening", "one", &order_of("LIP-01", 1, "li@example.org")).expect(201);
    http.order("evening", "two", &order_of("LIP-01", 1, "LI@example.org")).expect(201);
    http.order("evening", "three", &order_of("LIP-01", 1, "wu@example.org")).expect(201);
    let path = format!("orders/{}/contact", first["id"].as_str().unwrap());
    server.bearer("rl_pia_0123456789abcdef").delete(&path).refused("forbidden");
    assert_eq!(pat.delete(&path).expect(200)["orders"], 2);
    assert_eq!(pat.delete(&path).expect(200)["orders"], 0, "there is nothing left of it");

    let listed = pat.get("orders").expect(200);
    let with_buyer: Vec<_> = listed["orders"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|order| !order["buyer"].is_null())
        .collect();
    assert_eq!(listed["orders"].as_array().unwrap().len(), 3, "the orders stay");
    assert_eq!(with_buyer.len(), 1);
    assert_eq!(with_buyer[0]["buyer"]["contact"], "wu@example.org");
    let csv = pat.get("orders.csv").text;
    assert!(
        !csv.to_lowercase().contains("li@example.org") && csv.contains("wu@example.org"),
        "{csv}"
    );
    // The order goes on as before, and its key still finds it.
    pat.post(&format!("orders/{}/status", first["id"].as_str().unwrap()), &json!({"to": "paid"}))
        .expect(200);
    let again = http.order("evening", "one", &order_of("LIP-01", 1, "li@example.org")).expect(201);
    assert_eq!(again["id"], first["id"]);
    pat.delete("orders/01890000-0000-7000-8000-000000000000/contact").refused("unknown_order");
}

#[test]
fn all_that_a_viewer_said_is_erased_everywhere() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let enter = |path| Listener::open(server.ready.http, path, &[]).unwrap().hello();
    let (mut li, mut wu) = (enter(ROOM), enter(ROOM));
    for text in ["one", "two"] {
        li.send(&json!({"type": "say", "text": text}));
        wu.wait("the chat", |message| message["text"] == text);
    }
    wu.send(&json!({"type": "say", "text": "mine"}));
    let kept = wu.wait("the chat", |message| message["text"] == "mine");
    pat.post("shows/evening/moderation", &json!({"kind": "hold", "on": true})).expect(200);
    li.send(&json!({"type": "say", "text": "waits"}));
    li.wait("to be held", |message| message["type"] == "held");

    let id = li.heard[0]["viewer"]["id"].as_str().unwrap().to_owned();
    pat.delete(&format!("viewers/{id}/chat")).expect(204);
    let deleted = wu.wait("the end of it", |message| message["type"] == "deleted");
    assert_eq!(deleted["ids"].as_array().unwrap().len(), 2, "{deleted}");
    assert_eq!(pat.get("shows/evening/moderation").expect(200)["pending"], json!([]));
    let mut late = enter(ROOM);
    late.wait("the history", |message| message["id"] == kept["id"]);
    assert!(
        !late
            .heard
            .iter()
            .any(|message| message["type"] == "chat" && message["viewer"] == id.as_str())
    );

    // It is gone from the disk with the answer, also what was on its way there.
    let database = Connection::open(server.data().join("ringlight.db")).unwrap();
    let lines = |viewer: &str| -> u32 {
        let count = "SELECT count(*) FROM chat WHERE lower(hex(viewer)) = ?1";
        database.query_row(count, [viewer.replace('-', "")], |row| row.get(0)).unwrap()
    };
    assert_eq!(lines(&id), 0);
    wait::until("the other's line", || {
        (lines(kept["viewer"].as_str().unwrap()) == 1).then_some(())
    });
    pat.delete("viewers/nobody/chat").refused("not_found");
}
