//! C-1: nothing is delivered after its mute.

use std::sync::atomic::{AtomicBool, Ordering};

use room::{Cause, Counters, Event, Published};

use crate::harness::{CHANNEL, Site, chat, config, seqs, texts, until, window};
use crate::limits::fill;

fn waiting_words_are_taken_back(site: &Site) {
    let (mut slow, _) = site.join(1, None);
    fill(site, 9);
    site.publish(&chat(5, "contempt"));
    let counters = site.hub.counters();
    let dropped = Counters::get(&counters.dropped_chat);
    // Another drop shows that the shard has queued what came before.
    until("the queue holds it", || {
        site.publish(&chat(9, &"y".repeat(10_000)));
        Counters::get(&counters.dropped_chat) > dropped
    });
    let purged = site.hub.mute(CHANNEL, 5);
    assert_eq!(purged.ids, [5]);
    assert_eq!(site.hub.publish(CHANNEL, &chat(5, "contempt")), Published::Muted);
    site.mark();
    let heard = slow.until_mark();
    assert!(!texts(&heard).contains(&"contempt"));
    assert_eq!(Counters::get(&counters.purged), 1, "it did wait in the queue");
    assert_eq!(Counters::get(&counters.c1_violations), 0);
    let (mut late, _) = site.join(2, None);
    site.hub.unmute(CHANNEL, 5);
    site.publish(&chat(5, "sorry"));
    site.mark();
    let heard = [late.until_mark(), late.until_mark()].concat();
    assert_eq!(texts(&heard).last(), Some(&"sorry"));
    assert!(!texts(&heard).contains(&"contempt"), "nor does history tell");
}

#[test]
fn waiting_words_are_taken_back_over_tcp() {
    waiting_words_are_taken_back(&Site::plain());
}

#[test]
fn waiting_words_are_taken_back_over_tls() {
    waiting_words_are_taken_back(&Site::plain().with_tls());
}

/// Ciphertext cannot be taken back one message at a time, so the whole connection is.
#[test]
fn words_already_encrypted_are_taken_back_with_the_connection() {
    let site = Site::plain().with_tls();
    let (mut slow, _) = site.join(1, None);
    fill(&site, 5);
    site.hub.purge(CHANNEL, 5);
    until("the connection is dropped", || site.hub.counters().closed(Cause::Purge) == 1);
    assert_eq!(slow.close_code(), None);
}

#[test]
fn deleted_messages_are_taken_out_of_the_window() {
    let site = Site::new(config(), window(60_000_000));
    let (mut anna, _) = site.join(1, None);
    for id in 1..=3 {
        site.publish(&chat(id, &id.to_string()));
    }
    assert_eq!(anna.next()["text"], "1");
    assert_eq!(site.hub.delete(CHANNEL, &[1, 2]).ids, [1, 2]);
    site.publish(&Event::urgent(r#"{"type":"mark"}"#));
    assert_eq!(texts(&anna.until_mark()), ["3"]);
}

/// Stops the publishers also when the test fails.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Several threads publish, mute and let back in while some viewers read and some do not.
#[test]
fn nothing_is_delivered_after_its_mute_whatever_the_threads_do() {
    for site in [Site::new(config(), window(2_000)), Site::plain().with_tls()] {
        let silent: Vec<_> = (0..2).map(|viewer| site.join(viewer, None)).collect();
        let slow: Vec<_> = (2..5).map(|viewer| site.join(viewer, None)).collect();
        let quick: Vec<_> = (10..13).map(|viewer| site.join(viewer, None)).collect();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let readers: Vec<_> = quick
                .into_iter()
                .map(|(mut client, _)| {
                    scope.spawn(move || {
                        // Over TLS a purge may cost even a quick viewer the connection.
                        let next = || client.try_next().filter(|next| next["type"] != "mark");
                        std::iter::from_fn(next).collect::<Vec<_>>()
                    })
                })
                .collect();
            for (mut client, _) in slow {
                // One message in a while, so that its queue drains between purges.
                scope.spawn(move || {
                    while client.try_next().is_some_and(|next| next["type"] != "mark") {
                        std::thread::park_timeout(std::time::Duration::from_millis(3));
                    }
                });
            }
            // The third is never muted and keeps the buffers full.
            for author in [1, 2, 3] {
                let (site, over) = (&site, &over);
                scope.spawn(move || {
                    let long = "x".repeat(12_000);
                    while !over.load(Ordering::Relaxed) {
                        site.hub.publish(CHANNEL, &chat(author, &long));
                        std::thread::yield_now();
                    }
                });
            }
            let _stop = StopAtEnd(&over);
            let (counters, mut rounds) = (site.hub.counters(), 0);
            let published = || Counters::get(&counters.published);
            // Words must have waited: socket buffers swallow the first megabytes.
            until("purges meet waiting words", || {
                let (author, before) = (1 + rounds % 2, published());
                rounds += 1;
                until("somebody speaks", || published() > before + 3);
                site.hub.mute(CHANNEL, author);
                std::thread::yield_now();
                site.hub.unmute(CHANNEL, author);
                let met = Counters::get(&counters.purged) + counters.closed(Cause::Purge);
                rounds >= 300 && met >= 4
            });
            over.store(true, Ordering::Relaxed);
            site.publish(&Event::urgent(r#"{"type":"mark"}"#).keyed("mark"));
            for reader in readers {
                let heard = reader.join().expect("reads to the end");
                assert!(seqs(&heard).is_sorted());
            }
        });
        let counters = site.hub.counters();
        assert_eq!(Counters::get(&counters.c1_violations), 0);
        drop(silent);
    }
}
