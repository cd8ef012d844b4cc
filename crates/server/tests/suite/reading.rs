//! What viewers write and take back, as the crew reads it.

use serde_json::{Value, json};

use crate::client::order_of;
use crate::server::{PAT, Server, crew};
use crate::sockets::Listener;
use crate::wait;

/// A count of a channel over all seconds.
fn hits(room: &Value, channel: &str) -> u64 {
    let channels = room["channels"].as_array().unwrap();
    let Some(at) = channels.iter().position(|it| it["channel"] == channel) else { return 0 };
    let seconds = room["seconds"].as_array().unwrap();
    seconds.iter().filter_map(|second| second["hits"][at].as_u64()).sum()
}

#[test]
fn what_viewers_write_and_take_back_is_read_while_the_show_is_live() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let reading = || pat.get("shows/evening/reading").json();
    assert_eq!(reading()["reading"], Value::Null, "nobody reads a show that is planned");
    pat.post("shows/evening/start", &Value::Null).expect(200);
    wait::until("a reader", || (reading()["reading"] == "ok").then_some(()));

    let mut viewer = Listener::open(server.ready.http, "shows/evening/room", &[]).unwrap().hello();
    for text in ["骗子主播", "骗子主播！！", "这支口红有别的颜色吗"] {
        viewer.send(&json!({"type": "say", "text": text}));
    }
    // Who moderates is no viewer.
    let mut crew = Listener::bearer(&server, "shows/evening/room", PAT).hello();
    crew.send(&json!({"type": "say", "text": "闭嘴 垃圾主播"}));
    let fan = server.anonymous();
    let device = fan.get("shows/evening/watch").cookie("rl_device").unwrap();
    let fan = fan.with("cookie", &device);
    let placed = fan.order("evening", "key-1", &order_of("LIP-01", 1, "li@example.invalid"));
    let id = placed.expect(201)["id"].as_str().unwrap().to_owned();
    fan.post(&format!("shows/evening/orders/{id}/cancel"), &Value::Null).expect(200);
    fan.send("PUT", "hosts/anna/follow", &[], b"").expect(204);
    fan.send("DELETE", "hosts/anna/follow", &[], b"").expect(204);
    fan.send("DELETE", "hosts/anna/follow", &[], b"").expect(204);

    let said = |room: &Value| -> u64 {
        let seconds = room["seconds"].as_array().unwrap().iter();
        seconds.filter_map(|second| second["messages"].as_u64()).sum()
    };
    let room = wait::until("the messages", || {
        Some(reading()).filter(|room| said(room) == 3 && hits(room, "unfollows") == 1)
    });
    assert_eq!(hits(&room, "insult_words"), 1, "a copy is no second one: {room}");
    let copies = |second: &Value| second["copies"].as_u64();
    assert_eq!(room["seconds"].as_array().unwrap().iter().filter_map(copies).sum::<u64>(), 1);
    let minutes = room["minutes"].as_array().unwrap();
    let sum = |key: &str| minutes.iter().filter_map(|it| it[key].as_u64()).sum::<u64>();
    assert_eq!((minutes.len(), sum("unfollows"), sum("orders"), sum("cancelled")), (10, 1, 1, 1));
    assert_eq!(hits(&room, "cancellations"), 1);
    let last = room["seconds"].as_array().unwrap().last().unwrap()["at_s"].as_i64().unwrap();
    let now_ms = room["now_ms"].as_i64().unwrap();
    assert!(
        ((last - 1) * 1000..(last + 60) * 1000).contains(&now_ms),
        "{now_ms} is not near {last}"
    );
    let later = pat.get(&format!("shows/evening/reading?since={last}")).json();
    assert_eq!(said(&later), 0, "what was seen is not sent again");
    pat.get("shows/evening/reading?since=x").refused("bad_query");

    pat.post("shows/evening/end", &Value::Null).expect(200);
    wait::until("the end", || (reading()["reading"] == Value::Null).then_some(()));
}
