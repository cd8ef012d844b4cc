//! Who gets what, and in which order.

use room::{Counters, Event, Published, Resume};
use serde_json::json;

use crate::harness::{CHANNEL, Site, chat, config, limits, seqs, texts, until, window};

fn talk_reaches_everyone(site: &Site) {
    let (mut anna, welcome) = site.join(1, None);
    assert_eq!(
        welcome,
        json!({"seq": 0, "epoch": 1000, "type": "welcome", "resumed": false, "missed": 0})
    );
    let (mut ben, _) = site.join(2, None);
    anna.say("hello");
    assert_eq!(ben.next()["text"], "hello");
    ben.say("hi");
    site.mark();
    let heard = anna.until_mark();
    assert!(texts(&heard).starts_with(&["hello"]), "{heard:?}");
    assert!(seqs(&heard).is_sorted());
}

#[test]
fn talk_reaches_everyone_over_tcp() {
    talk_reaches_everyone(&Site::plain());
}

#[test]
fn talk_reaches_everyone_over_tls() {
    talk_reaches_everyone(&Site::plain().with_tls());
}

#[test]
fn many_large_messages_arrive_whole_over_tls() {
    let site = Site::plain().with_tls();
    let mut clients: Vec<_> = (0..4).map(|viewer| site.join(viewer, None).0).collect();
    let long = "x".repeat(10_000);
    // Keyless state: nothing of it may be dropped, so it comes in portions that a queue holds.
    for _ in 0..20 {
        for _ in 0..10 {
            site.publish(&Event::state(json!({"text": long}).to_string()));
        }
        site.mark();
        for client in &mut clients {
            assert_eq!(texts(&client.until_mark()), vec![long.as_str(); 10]);
        }
    }
}

#[test]
fn resuming_has_no_gap_and_no_duplicate() {
    let site = Site::plain();
    let (mut anna, _) = site.join(1, None);
    site.publish(&chat(9, "one"));
    let last = anna.next()["seq"].as_u64().expect("a number");
    drop(anna);
    site.publish(&chat(9, "two"));
    site.publish(&chat(9, "three"));
    let (mut anna, welcome) = site.join(1, Some(Resume { epoch: 1_000, seq: last }));
    assert_eq!((&welcome["resumed"], &welcome["missed"]), (&json!(true), &json!(2)));
    site.mark();
    assert_eq!(texts(&anna.until_mark()), ["two", "three"]);
    let (mut anna, welcome) = site.join(1, Some(Resume { epoch: 999, seq: last }));
    assert_eq!(welcome["resumed"], false);
    assert_eq!(
        [anna.next(), anna.next(), anna.next()].map(|m| m["text"].clone()),
        ["one", "two", "three"]
    );
}

#[test]
fn joining_during_a_stream_has_no_gap_and_no_duplicate() {
    let site = Site::new(config(), window(5_000));
    std::thread::scope(|scope| {
        let publisher = scope.spawn(|| {
            for n in 0..2_000 {
                site.publish(&chat(9, &n.to_string()));
                if n % 10 == 0 {
                    std::thread::yield_now();
                }
            }
        });
        let mut joined = Vec::new();
        while !publisher.is_finished() && joined.len() < 50 {
            joined.push(site.join(1, None));
        }
        publisher.join().expect("published");
        site.mark();
        for (mut client, welcome) in joined {
            let first = welcome["seq"].as_u64().expect("a number") + 1;
            assert_eq!(seqs(&client.until_mark()), (first..=2_000).collect::<Vec<_>>());
        }
    });
}

#[test]
fn the_window_gathers_and_closes_by_itself() {
    let site = Site::new(config(), window(50_000));
    let (mut anna, _) = site.join(1, None);
    let before = Counters::get(&site.hub.counters().batches);
    for text in ["one", "two", "three"] {
        site.publish(&chat(9, text));
    }
    assert_eq!(
        [anna.next(), anna.next(), anna.next()].map(|m| m["text"].clone()),
        ["one", "two", "three"]
    );
    let batches = Counters::get(&site.hub.counters().batches) - before;
    assert!(batches <= 2, "the first leaves at once, the others together: {batches}");
}

#[test]
fn urgent_events_do_not_wait() {
    let minute = window(60_000_000);
    let site = Site::new(config(), minute);
    let (mut anna, _) = site.join(1, None);
    site.publish(&chat(9, "at once"));
    site.publish(&chat(9, "waits"));
    site.publish(&Event::urgent(r#"{"type":"sold_out","text":"gone"}"#));
    assert_eq!(
        [anna.next(), anna.next(), anna.next()].map(|m| m["text"].clone()),
        ["at once", "waits", "gone"]
    );
}

#[test]
fn a_flood_is_sampled_and_echoed_to_its_author() {
    let site = Site::new(config(), limits());
    site.hub.set_chat_budget_per_s(CHANNEL, 1);
    let (mut anna, _) = site.join(1, None);
    let (mut ben, _) = site.join(2, None);
    for n in 0..10 {
        anna.say(&n.to_string());
    }
    let heard: Vec<_> = (0..10).map(|_| anna.next()).collect();
    assert_eq!(texts(&heard), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    assert!(Counters::get(&site.hub.counters().sampled) >= 5);
    site.mark();
    assert!(ben.until_mark().len() <= 5);
}

#[test]
fn only_the_addressed_get_unsequenced_events() {
    let site = Site::plain();
    let mut moderator = site.connect(1, 0b10);
    moderator.tell(&json!({"type": "hello"}));
    moderator.next();
    let (mut viewer, _) = site.join(2, None);
    site.hub.send_role(CHANNEL, 0b110, &Event::state(r#"{"type":"pending","text":"?"}"#));
    site.mark();
    let heard = moderator.until_mark();
    assert_eq!(heard, [json!({"type": "pending", "text": "?"})]);
    assert_eq!(viewer.until_mark(), Vec::<serde_json::Value>::new());
}

#[test]
fn counts_and_channels() {
    let site = Site::plain();
    let (anna, _) = site.join(1, None);
    let (_ben, _) = site.join(2, None);
    assert_eq!(site.hub.channels(), [(CHANNEL, 2)]);
    drop(anna);
    until("one viewer is left", || site.hub.audience(CHANNEL) == 1);
    let gone = room::ChannelId(404);
    assert_eq!(site.hub.publish(gone, &Event::state("{}")), Published::NoChannel);
    let (mut carl, _) = site.join(3, None);
    site.hub.close_channel(CHANNEL, "the show is over");
    assert_eq!(carl.close_code(), Some(1001));
    until("nobody is left", || Counters::get(&site.hub.counters().connections) == 0);
}
