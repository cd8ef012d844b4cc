//! Scenario files: what is refused and why; and small shows with a judge that is made up.

use show::sentinel::room::{Channel, Hits};
use show::sentinel::{Response, Severity};
use sim::scenario::{Broken, Found, Judges, Lines, parse, play};

/// A judge that knows one rule by one word.
struct Fake;

impl Judges for Fake {
    fn versions(&self) -> Vec<String> {
        vec!["fake 1".to_owned()]
    }

    fn sentence(&mut self, text: &str, _: Option<&str>, _: &[String]) -> Found {
        let broken = |rule: &str| Broken {
            rule: rule.to_owned(),
            score: 900,
            severity: Severity::Serious,
            proposed: Response::Mute,
        };
        let hits = text.contains("yourself").then(|| broken("core/contempt"));
        Found { hits: hits.into_iter().collect(), unsure: None }
    }

    fn fingerprint(&mut self, text: &str) -> u64 {
        text.bytes().fold(7, |hash: u64, byte| hash.wrapping_mul(131) + u64::from(byte))
    }

    fn hits(&mut self, text: &str) -> Hits {
        let hostile = text.contains("shame");
        if hostile { Hits::NONE.with(Channel::Hostile) } else { Hits::NONE }
    }
}

fn lines() -> Lines {
    let mut lines = Lines::default();
    for n in 0..400 {
        lines.add(false, "other", &format!("is there a size {n} of this one"));
        lines.add(true, "hostile_to_host", &format!("shame on you, host number {n}"));
    }
    lines
}

const SHOW: &str = r#"version = 1
title = "a test"
language = "en"
length_s = 240
delay_s = 8
invented = ["say", "room", "buyers", "offer", "feed", "producer"]

[[source]]
id = "paper"
facts = "something happened"
by = "somebody"

[policy]
mode = "advise"
rules = ["core"]

[[say]]
id = "remark"
at_s = 120
lasts_s = 3
text = "Look for the reason in yourself."
answers = "this is expensive"
source = "paper"

[[offer]]
sku = "PEN"
price = "9.00 EUR"
stock = 20
pinned_at_s = 5

[room]
viewers = 500
talkers = 400
messages_per_s = 10

[[room.turn]]
lines = "hostile_to_host"
after = "remark"
share = 0.5
ramp_s = 20

[buyers]
orders_per_min = 12
cancellations_per_min = 1

[expect]
incidents = 1
evidence = ["words", "room"]
aired = ["remark"]
refused = ["sold_out"]
"#;

#[test]
fn words_air_the_room_turns_and_both_are_one_incident() {
    let file = parse(SHOW.as_bytes()).expect("a scenario");
    let told = |seed| play("test", &file, seed, &lines(), &mut Fake);
    let played = told(3);
    assert!(played.holds(), "{}", played.transcript);
    assert_eq!(played.transcript, told(3).transcript);
    assert_ne!(played.transcript, told(4).transcript);
}

#[test]
fn what_is_muted_never_airs_and_the_room_has_nothing_to_turn_at() {
    let acts =
        SHOW.replace("\"advise\"", "\"act\"").replace("[\"words\", \"room\"]", "[\"words\"]");
    let acts = acts.replace("aired =", "never_aired =");
    let file = parse(acts.as_bytes()).expect("a scenario");
    let played = play("test", &file, 3, &lines(), &mut Fake);
    assert!(played.holds(), "{}", played.transcript);
}

#[test]
fn what_was_expected_and_did_not_come_is_named() {
    let other = SHOW.replace("aired = [\"remark\"]", "never_aired = [\"remark\"]\nslate_s = 9");
    let file = parse(other.as_bytes()).expect("a scenario");
    let played = play("test", &file, 3, &lines(), &mut Fake);
    assert_eq!(played.unmet.len(), 2, "{:?}", played.unmet);
    assert!(played.transcript.contains("NOT MET    slate_s"), "{}", played.transcript);
}

#[test]
fn bad_files_are_refused_with_line_and_reason() {
    for (from, to, line, reason) in [
        ("version = 1", "version = 2", 1, "version"),
        ("language = \"en\"", "language = \"de\"", 3, "zh, ru or en"),
        ("length_s = 240", "length_s = -1", 4, "0 to 7200"),
        ("length_s = 240", "length_s = nan", 4, "0 to 7200"),
        ("delay_s = 8", "delay_s = 8.5", 5, "whole number"),
        ("invented = [", "invented = [\"all\", ", 6, "unknown variant"),
        ("\"room\", ", "", 31, "source = "),
        ("rules = [\"core\"]", "rules = [\"../core\"]", 13, "no name of a pack"),
        ("lasts_s = 3", "lasts_s = 0", 17, "0.1 to 60"),
        ("at_s = 120", "at_s = 239", 17, "after the end"),
        ("in yourself.", "in\\u0007yourself.", 21, "control character"),
        ("source = \"paper\"", "source = \"book\"", 17, "no source"),
        ("price = \"9.00 EUR\"", "price = \"9.00\"", 27, "an amount and a currency"),
        ("stock = 20", "stock = -20", 28, "invalid value"),
        ("talkers = 400", "talkers = 501", 31, "1 of them talks"),
        ("messages_per_s = 10", "messages_per_s = 201", 31, "at most 200"),
        ("lines = \"hostile_to_host\"", "lines = \"hostile\"", 36, "labelled"),
        ("after = \"remark\"", "after = \"remarks\"", 36, "no sentence"),
        ("after = \"remark\"", "after = \"remark\"\nat_s = 3", 36, "when it begins"),
        ("share = 0.5", "share = 1.5", 39, "0 to 1"),
        ("orders_per_min = 12", "orders = 12", 43, "unknown field"),
        ("evidence = [", "never_fires = true\nevidence = [", 46, "contradict"),
        ("aired = [\"remark\"]", "aired = [\"x\"]", 46, "no sentence"),
    ] {
        assert!(SHOW.contains(from), "{from}");
        let bad = parse(SHOW.replacen(from, to, 1).as_bytes()).expect_err(to);
        assert!(bad.what.contains(reason), "{to}: {bad}");
        assert_eq!(bad.line, Some(line), "{to}: {bad}");
    }
    assert!(parse(&vec![b' '; 300 << 10]).expect_err("too long").what.contains("KiB"));
    assert_eq!(parse(b"a = 1\n\xff").expect_err("not text").line, Some(2));
}

#[test]
fn no_bytes_make_it_panic() {
    let mut rng = sim::Rng::new(5, 1);
    for _ in 0..400 {
        let mut bytes = SHOW.as_bytes().to_vec();
        for _ in 0..rng.range(1, 6) {
            let at = rng.below(bytes.len());
            match rng.below(3) {
                0 => bytes[at] = rng.next_u32() as u8,
                1 => drop(bytes.drain(at..(at + rng.below(40)).min(bytes.len()))),
                _ => bytes.insert(at, b"[]=\"\n9-."[rng.below(8)]),
            }
            bytes.push(b'\n');
        }
        let _ = parse(&bytes);
    }
}
