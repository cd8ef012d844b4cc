//! Slow, silent, broken and hostile peers.

use std::sync::atomic::{AtomicBool, Ordering};

use room::{Cause, Counters, Event, HubConfig};
use serde_json::json;

use crate::harness::{CHANNEL, Client, Site, chat, clock, config, limits, seqs, texts, until};

/// Publishes large chat until a viewer who reads nothing loses some of it.
pub(crate) fn fill(site: &Site, author: u128) {
    let long = "x".repeat(10_000);
    let counters = site.hub.counters();
    until("a viewer falls behind", || {
        site.publish(&chat(author, &long));
        std::thread::yield_now();
        Counters::get(&counters.dropped_chat) > 0
    });
}

fn slow_viewers_lose_chat_first(site: &Site) {
    let (mut slow, _) = site.join(1, None);
    fill(site, 9);
    for left in (0..10).rev() {
        let body = json!({"type": "stock", "left": left}).to_string();
        site.publish(&Event::urgent(body).keyed("stock:a"));
    }
    site.publish(&Event::state(r#"{"type":"show"}"#));
    site.mark();
    let heard = slow.until_mark();
    let all = seqs(&heard);
    assert!(all.is_sorted(), "{all:?}");
    assert!(all.windows(2).any(|two| two[1] > two[0] + 1), "chat is missing");
    let stock: Vec<_> = heard.iter().filter_map(|m| m["left"].as_u64()).collect();
    assert_eq!(stock, [0], "only the latest value");
    assert!(heard.iter().any(|m| m["type"] == "show"));
    assert_eq!(site.hub.counters().closed(Cause::Overflow), 0);
}

#[test]
fn slow_viewers_lose_chat_first_over_tcp() {
    slow_viewers_lose_chat_first(&Site::plain());
}

#[test]
fn slow_viewers_lose_chat_first_over_tls() {
    slow_viewers_lose_chat_first(&Site::plain().with_tls());
}

#[test]
fn a_slow_viewer_does_not_hold_up_the_others() {
    let site = Site::plain();
    let (slow, _) = site.join(1, None);
    fill(&site, 9);
    let (mut quick, _) = site.join(2, None);
    site.publish(&chat(9, "now"));
    site.mark();
    assert!(texts(&quick.until_mark()).contains(&"now"));
    drop(slow);
}

#[test]
fn viewers_whom_state_overwhelms_are_disconnected() {
    let site = Site::plain();
    let (mut slow, _) = site.join(1, None);
    let long = Event::state(json!({"x": "x".repeat(10_000)}).to_string());
    until("the viewer is given up", || {
        site.publish(&long);
        site.hub.counters().closed(Cause::Overflow) == 1
    });
    assert_eq!(slow.close_code(), None);
    assert_eq!(site.hub.audience(CHANNEL), 0);
}

#[test]
fn viewers_who_take_nothing_are_disconnected() {
    let site = Site::new(HubConfig { stall_ms: 300, ..config() }, limits());
    let (_slow, _) = site.join(1, None);
    fill(&site, 9);
    until("the viewer is given up", || site.hub.counters().closed(Cause::Stalled) == 1);
}

#[test]
fn half_open_connections_are_closed() {
    let site = Site::new(HubConfig { hello_ms: 200, ..config() }, limits());
    assert_eq!(site.connect(1, 0).close_code(), Some(1008));
    assert_eq!(site.hub.counters().closed(Cause::HelloTimeout), 1);
    until("nothing is left", || Counters::get(&site.hub.counters().connections) == 0);
    let by_default = HubConfig::new(crate::harness::clock);
    assert!(by_default.hello_ms + 2_000 + 500 <= 10_000, "with lingering and the tick");
}

#[test]
fn silent_peers_are_pinged_and_then_dropped() {
    let site = Site::new(HubConfig { ping_ms: 100, silence_ms: 1_500, ..config() }, limits());
    let (mut alive, _) = site.join(1, None);
    let (_silent, _) = site.join(2, None);
    std::thread::scope(|scope| {
        // Reading answers pings; the mark comes once the other one is gone.
        let reader = scope.spawn(|| alive.until_mark());
        until("the silent one is dropped", || site.hub.counters().closed(Cause::PingTimeout) == 1);
        site.mark();
        reader.join().expect("the other one stays");
    });
}

#[test]
fn pings_are_answered() {
    let site = Site::plain();
    let mut client = site.connect(1, 0);
    client.raw(&[0x89, 0x81, 0, 0, 0, 0, b'p']);
    client.tell(&json!({"type": "hello"}));
    assert_eq!(client.next()["type"], "welcome");
}

fn refused(site: &Site, misbehave: impl FnOnce(&mut Client)) -> Option<u16> {
    let (mut client, _) = site.join(1, None);
    misbehave(&mut client);
    client.close_code()
}

#[test]
fn broken_framing_is_closed_with_its_code() {
    let site = Site::plain();
    assert_eq!(refused(&site, |client| client.raw(&[0x81, 0x02, b'h', b'i'])), Some(1002));
    assert_eq!(refused(&site, |client| client.raw(&[0x82, 0x80, 0, 0, 0, 0])), Some(1003));
    assert_eq!(refused(&site, |client| client.raw(&[0x81, 0x81, 0, 0, 0, 0, 0xFF])), Some(1007));
    assert_eq!(refused(&site, |client| client.say(&"x".repeat(5_000))), Some(1009));
    let endless = [0x81, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0];
    assert_eq!(refused(&site, |client| client.raw(&endless)), Some(1009));
    assert_eq!(site.hub.counters().closed(Cause::Protocol), 5);
}

#[test]
fn floods_from_one_peer_are_closed() {
    let site = Site::plain();
    let many = |client: &mut Client| (0..40).for_each(|n| client.say(&n.to_string()));
    assert_eq!(refused(&site, many), Some(1008));
    let fragments = |client: &mut Client| {
        client.raw(&[0x01, 0x80, 0, 0, 0, 0]);
        client.raw(&[0x00, 0x80, 0, 0, 0, 0].repeat(1_000));
    };
    assert_eq!(refused(&site, fragments), Some(1008));
    assert_eq!(site.hub.counters().closed(Cause::Flood), 2);
}

#[test]
fn a_panicking_handler_costs_one_connection() {
    let site = Site::plain();
    let (mut witness, _) = site.join(2, None);
    assert_eq!(refused(&site, |client| client.tell(&json!({"type": "nonsense"}))), Some(1011));
    site.mark();
    witness.until_mark();
}

#[test]
fn connections_beyond_the_limit_are_refused() {
    let site = Site::new(HubConfig { max_connections: 1, ..config() }, limits());
    let (anna, _) = site.join(1, None);
    assert_eq!(site.connect(2, 0).close_code(), None);
    assert_eq!(Counters::get(&site.hub.counters().refused), 1);
    drop(anna);
    until("the place is free", || Counters::get(&site.hub.counters().connections) == 0);
    site.join(3, None);
}

#[test]
fn viewers_are_disconnected_by_id() {
    let site = Site::plain();
    let (mut banned, _) = site.join(1, None);
    let (mut other, _) = site.join(2, None);
    site.hub.disconnect_viewer(CHANNEL, 1, room::ws::CloseCode::Policy, "banned");
    assert_eq!(banned.close_code(), Some(1008));
    site.mark();
    other.until_mark();
}

/// The clock, which panics once on a shard's thread when it is told to.
fn failing_clock() -> i64 {
    let shard = std::thread::current().name().is_some_and(|name| name.starts_with("room-"));
    assert!(!(shard && FAIL.swap(false, Ordering::SeqCst)), "the test says so");
    clock()
}
static FAIL: AtomicBool = AtomicBool::new(false);

#[test]
fn a_shard_that_panics_lets_its_viewers_go_and_serves_on() {
    let site =
        Site::new(HubConfig { shards: 1, clock: failing_clock, ..HubConfig::new(clock) }, limits());
    // Handed over first, so the shard has it once the other one is in the room.
    let _waiting = site.connect(2, 0);
    let (mut before, _) = site.join(1, None);
    assert_eq!(Counters::get(&site.hub.counters().connections), 2);
    FAIL.store(true, Ordering::SeqCst);
    while before.try_next().is_some() {}
    let counters = site.hub.counters();
    until("the shard is mended", || Counters::get(&counters.connections) == 0);
    assert_eq!(Counters::get(&counters.shard_panics), 1);
    until("both are told", || counters.closed(Cause::ShardFailed) == 2);
    assert_eq!(site.hub.audience(CHANNEL), 0);
    // Who comes back is served as before.
    let (mut after, _) = site.join(1, None);
    site.publish(&chat(9, "again"));
    site.mark();
    assert!(texts(&after.until_mark()).contains(&"again"));
    assert_eq!(Counters::get(&counters.shards_dead), 0);
}
