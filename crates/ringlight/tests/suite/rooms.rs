//! The room: talk, come back, and moderation that takes effect at once.

use serde_json::json;

use crate::client::Talker;
use crate::server::{Server, Setup, TOKEN};
use crate::wait;

fn moderate(server: &Server, ask: &serde_json::Value) {
    server.pat().post("/:shows/evening/moderation", ask).expect(200);
}

#[test]
fn two_viewers_talk_and_one_comes_back_where_they_left() {
    let server = Server::start(Setup::default());
    let mut li = Talker::enter(&server.http, "Li");
    let mut wu = Talker::enter(&server.http, "Wu");
    li.say("大家晚上好");
    let heard = wu.wait_chat("大家晚上好");
    assert_eq!(heard["nick"], "Li", "{heard}");
    assert_eq!(heard["viewer"], li.id.as_str(), "{heard}");
    li.wait_chat("大家晚上好");

    let cookie = wu.cookie.clone().unwrap();
    let resume = json!({"epoch": heard["epoch"], "seq": heard["seq"]});
    let before = wu.id.clone();
    drop(wu);
    for n in 0..5 {
        li.say(&format!("while away {n}"));
    }
    li.wait_chat("while away 4");
    let hello = json!({"type": "hello", "nick": "Wu", "resume": resume});
    let mut wu = Talker::enter_as(&server.http, hello, &[("cookie", &cookie)]);
    assert_eq!(wu.id, before, "the cookie keeps who they are");
    wu.wait_chat("while away 4");
    let texts: Vec<_> =
        wu.heard.iter().filter(|m| m["type"] == "chat").map(|m| m["text"].clone()).collect();
    assert_eq!(texts.len(), 5, "just what was missed, once and in order: {texts:?}");
    let welcome = wu.wait("welcome", |m| m["type"] == "welcome");
    assert_eq!(welcome["resumed"], true, "{welcome}");

    // Another run of the server has other numbers: history instead of a resume.
    let stale = json!({"type": "hello", "resume": {"epoch": 1, "seq": 3}});
    let mut late = Talker::enter_as(&server.http, stale, &[]);
    let welcome = late.wait("welcome", |m| m["type"] == "welcome");
    assert_eq!(welcome["resumed"], false, "{welcome}");
    late.wait_chat("大家晚上好");
}

#[test]
fn nothing_of_a_banned_viewer_appears_after_the_decision() {
    let server = Server::start(Setup::default());
    let mut wu = Talker::enter(&server.http, "Wu");
    let mut troll = Talker::enter(&server.http, "Troll");
    troll.say("before");
    wu.wait_chat("before");
    // They speak without a pause while the decision falls.
    let sent: Vec<String> = (0..6).map(|n| format!("during {n}")).collect();
    for text in &sent {
        troll.say(text);
    }
    moderate(&server, &json!({"kind": "ban", "viewer": troll.id}));
    // What comes after the answer never comes.
    let decided_with = {
        wu.say("mark");
        wu.wait_chat("mark");
        wu.heard.len()
    };
    for n in 0..3 {
        troll.say(&format!("after {n}"));
    }
    wu.say("second mark");
    wu.wait_chat("second mark");
    let later = &wu.heard[decided_with..];
    let leaked: Vec<_> =
        later.iter().filter(|m| m["type"] == "chat" && m["viewer"] == troll.id.as_str()).collect();
    assert!(leaked.is_empty(), "{leaked:?}");
    let mut fresh = Talker::enter(&server.http, "Fresh");
    fresh.wait_chat("second mark");
    assert!(!fresh.has_chat("after 0"), "not in the history either");
    let settings = server.pat().get("/:shows/evening/moderation").expect(200);
    assert_eq!(settings["bans"][0]["viewer"], troll.id.as_str(), "{settings}");
    moderate(&server, &json!({"kind": "unban", "viewer": troll.id}));
    let settings = server.pat().get("/:shows/evening/moderation").expect(200);
    assert_eq!(settings["bans"], json!([]), "{settings}");
}

#[test]
fn slow_mode_hold_lock_and_delete() {
    let server = Server::start(Setup::default());
    let mut li = Talker::enter(&server.http, "Li");
    let mut wu = Talker::enter(&server.http, "Wu");

    moderate(&server, &json!({"kind": "slow", "seconds": 30}));
    wu.wait("slow mode", |m| m["type"] == "room" && m["slow_s"] == 30);
    li.say("first");
    wu.wait_chat("first");
    li.say("too soon");
    li.refused("slow_mode");
    moderate(&server, &json!({"kind": "slow", "seconds": 0}));

    moderate(&server, &json!({"kind": "lock", "on": true}));
    li.say("in a locked room");
    li.refused("locked_down");
    moderate(&server, &json!({"kind": "lock", "on": false}));

    moderate(&server, &json!({"kind": "hold", "on": true}));
    let bearer = format!("Bearer {TOKEN}");
    let mut pat =
        Talker::enter_as(&server.http, json!({"type": "hello"}), &[("authorization", &bearer)]);
    for text in ["please", "never"] {
        li.say(text);
        let pending = pat.wait(text, |m| m["type"] == "pending" && m["text"] == text);
        li.wait("held", |m| m["type"] == "held" && m["id"] == pending["id"]);
        let kind = if text == "please" { "approve" } else { "reject" };
        moderate(&server, &json!({"kind": kind, "id": pending["id"]}));
    }
    let chat = wu.wait_chat("please");
    moderate(&server, &json!({"kind": "hold", "on": false}));
    li.say("open again");
    wu.wait_chat("open again");
    assert!(!wu.has_chat("never") && !wu.has_chat("in a locked room") && !wu.has_chat("too soon"));

    moderate(&server, &json!({"kind": "delete", "id": chat["id"]}));
    let id = chat["id"].clone();
    wu.wait("deleted", |m| {
        m["type"] == "deleted" && m["ids"].as_array().is_some_and(|ids| ids.contains(&id))
    });
    let mut late = Talker::enter(&server.http, "Late");
    late.wait_chat("open again");
    assert!(!late.has_chat("please"), "what was deleted is not in the history");
    moderate(&server, &json!({"kind": "time_out", "viewer": li.id, "seconds": 60}));
    li.say("timed out");
    li.refused("timed_out");
    wait::until("everything to be logged", 5, || {
        let names = server.pat().get("/:shows/evening/moderation").expect(200);
        (names["locked"] == false).then_some(())
    });
}

#[test]
fn what_the_show_and_its_buyers_change_reaches_the_room() {
    let server = Server::start(Setup::default());
    let (pat, http) = (server.pat(), server.anonymous());
    let mut wu = Talker::enter(&server.http, "Wu");
    let price = json!({"price": {"minor": 6900, "currency": "CNY"}});
    pat.patch("/:shows/evening/offers/FEW-02", &price).expect(200);
    let is_new = |m: &serde_json::Value| m["sku"] == "FEW-02" && m["price"]["minor"] == 6900;
    let offer = wu.wait("the offer", |m| m["type"] == "offer" && is_new(m));
    assert_eq!(offer["was"]["minor"], 7900, "{offer}");
    assert_eq!(offer["left"], 2, "an offer in the room has the shape of one on the page: {offer}");
    pat.post("/:shows/evening/pin", &json!({"sku": "FEW-02"})).expect(200);
    wu.wait("the pin", |m| m["type"] == "pin" && m["sku"] == "FEW-02");
    http.order("one", "FEW-02", 1, json!({})).expect(201);
    wu.wait("the stock", |m| m["type"] == "stock" && m["sku"] == "FEW-02" && m["left"] == 1);
    http.order("two", "FEW-02", 1, json!({})).expect(201);
    wu.wait("sold out", |m| m["type"] == "sold_out" && m["sku"] == "FEW-02");
}
