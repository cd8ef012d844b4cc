//! What must hold of the reader whatever is sent.

use proptest::prelude::*;
use units::{MessageId, Timestamp, ViewerId};

use super::evidence::{Evidence, Sample};
use super::tally::{MEMORY_S, SECOND_MAX, SWEEP_S, mixed};
use super::*;

/// A room that is fed by hand.
struct Room {
    reader: Reader,
    next: u64,
}

impl Room {
    fn new() -> Self {
        Self { reader: Reader::new(7, ALARMS_PER_1000H, &Prior::default(), false), next: 0 }
    }

    fn say(&mut self, at_s: i64, viewer: u64, text: u64, hits: Hits) -> bool {
        self.next += 1;
        let id = MessageId::from_u128(u128::from(self.next));
        self.say_as(at_s, id, viewer, text, hits)
    }

    fn say_as(&mut self, at_s: i64, id: MessageId, viewer: u64, text: u64, hits: Hits) -> bool {
        let wanted = self.reader.admit(Timestamp::from_ms(at_s * 1000), id, text);
        if wanted {
            let viewer = ViewerId::from_u128(u128::from(viewer));
            self.reader.count(&Message { id, viewer, text, hits });
        }
        wanted
    }

    fn close(&mut self, at_s: i64) -> Closed {
        self.reader.close(Timestamp::from_ms((at_s + 1) * 1000)).expect("a second at hand")
    }

    /// A second of different texts by different viewers, one in `permille` of them hostile.
    fn talk(&mut self, at_s: i64, messages: u64, permille: u64) -> Option<Alarm> {
        for _ in 0..messages {
            let dice = mixed(self.next + 0x5EED);
            let hits = if dice % 1000 < permille { hostile() } else { Hits::NONE };
            self.say(at_s, dice, mixed(dice), hits);
        }
        self.close(at_s).alarm
    }
}

fn hostile() -> Hits {
    Hits::NONE.with(Channel::Hostile)
}

/// Alarms of a room whose share of hostile messages is a function of time.
fn alarms(seconds: i64, messages: u64, permille: impl Fn(i64) -> u64) -> Vec<Alarm> {
    let mut room = Room::new();
    (0..seconds).filter_map(|at_s| room.talk(at_s, messages, permille(at_s))).collect()
}

#[test]
fn a_turn_is_one_alarm_with_its_evidence() {
    let found = alarms(3600, 10, |at_s| if (1800..2400).contains(&at_s) { 200 } else { 20 });
    assert_eq!(found.len(), 1, "{found:?}");
    let alarm = &found[0];
    assert_eq!(alarm.channel, Channel::Hostile);
    assert!((1800..1860).contains(&alarm.at_s), "{}", alarm.at_s);
    let moved = alarm.channels[0];
    assert!((1790..1815).contains(&moved.since_s), "{moved:?}");
    assert!(moved.before < 0.03 && (0.12..0.3).contains(&moved.now), "{moved:?}");
    assert!((1..=5).contains(&alarm.examples.len()));
}

#[test]
fn a_room_leans_before_it_turns_and_says_so_now_and_then() {
    let mut room = Room::new();
    let (mut leans, mut alarms) = (Vec::new(), Vec::new());
    for at_s in 0..2000 {
        let share = if at_s < 1800 { 20 } else { 120 };
        for _ in 0..10 {
            let dice = mixed(room.next + 0x5EED);
            let hits = if dice % 1000 < share { hostile() } else { Hits::NONE };
            room.say(at_s, dice, mixed(dice), hits);
        }
        let closed = room.close(at_s);
        alarms.extend(closed.alarm.map(|alarm| alarm.at_s));
        leans.extend(closed.leans.map(|lean| (lean.at_s, lean.channel)));
    }
    let (first, channel) = *leans.first().expect("it leans");
    assert_eq!(channel, Channel::Hostile);
    assert!(first >= 1800 && alarms.len() == 1 && first < alarms[0], "{leans:?} {alarms:?}");
    assert!(leans.windows(2).all(|pair| pair[1].0 - pair[0].0 >= detector::LEANS_EVERY_S));
}

#[test]
fn a_second_turn_is_a_second_alarm() {
    let turns = |at_s: i64| (1800..2100).contains(&at_s) || (3000..3300).contains(&at_s);
    let found = alarms(4000, 10, |at_s| if turns(at_s) { 300 } else { 20 });
    let seconds: Vec<i64> = found.iter().map(|alarm| alarm.at_s).collect();
    assert!(matches!(seconds[..], [1800..1900, 3000..3100]), "{seconds:?}");
}

#[test]
fn a_slow_turn_is_not_learnt_away() {
    // From 2 to 20 % within forty minutes.
    let found = alarms(5000, 8, |at_s| 20 + (at_s - 1500).clamp(0, 2400) as u64 * 180 / 2400);
    assert!(found.first().is_some_and(|alarm| alarm.at_s < 1500 + 2400), "{found:?}");
}

#[test]
fn what_lasts_becomes_usual() {
    let found = alarms(4 * 3600, 8, |at_s| if at_s > 1200 { 250 } else { 20 });
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_room_that_never_turns_is_silent() {
    assert_eq!(alarms(2 * 3600, 6, |_| 30), []);
}

#[test]
fn a_prior_of_the_host_spares_the_learning() {
    let mut prior = Prior::default();
    for counts in &mut prior.counts {
        *counts = Counts { hits: 40.0, of: 4000.0 };
    }
    let mut room = Room::new();
    room.reader = Reader::new(7, ALARMS_PER_1000H, &prior, false);
    let found: Vec<i64> = (0..200)
        .filter_map(|at_s| room.talk(at_s, 10, if at_s < 30 { 10 } else { 250 }))
        .map(|alarm| alarm.at_s)
        .collect();
    assert!(found.first().is_some_and(|at_s| *at_s < 90), "{found:?}");
}

#[test]
fn unfollows_turn_a_room_too() {
    let mut room = Room::new();
    room.reader = Reader::new(7, ALARMS_PER_1000H, &Prior::default(), true);
    let mut found = Vec::new();
    for at_s in 0..3600_i64 {
        let at = Timestamp::from_ms(at_s * 1000);
        let many = if at_s >= 3000 { 2 } else { u64::from(at_s % 50 == 0) };
        for _ in 0..many {
            room.next += 1;
            room.reader.event(at, Channel::Unfollows, u128::from(room.next));
        }
        room.talk(at_s, 3, 20);
        found.extend(room.reader.detector().reading(Channel::Unfollows));
    }
    let (_, evidence) = found[2990];
    assert!(evidence < 0.8, "{evidence}");
    assert!(found[3000..].iter().any(|(_, evidence)| *evidence > 0.9));
}

#[test]
fn a_viewer_counts_once_a_minute() {
    let mut room = Room::new();
    let mut hits = 0;
    for at_s in 0..120 {
        for _ in 0..5 {
            let text = room.next + 1000;
            room.say(at_s, 1, text, hostile());
        }
        hits += room.close(at_s).second.hits[Channel::Hostile.index()];
    }
    assert_eq!(hits, 2);
}

#[test]
fn a_flood_keeps_shares_and_memory() {
    let mut room = Room::new();
    let (mut hits, mut of, mut thinned) = (0_u64, 0_u64, 0_u64);
    for at_s in 0..100 {
        for _ in 0..2000 {
            let dice = mixed(room.next + 99);
            let is = if dice % 100 < 7 { hostile() } else { Hits::NONE };
            room.say(at_s, dice, mixed(dice ^ 5), is);
        }
        let second = room.close(at_s).second;
        assert_eq!(second.messages, 2000);
        hits += u64::from(second.hits[0]);
        of += u64::from(second.of[0]);
        thinned += second.thinned;
        let seconds = (MEMORY_S + SWEEP_S + 1) as usize;
        assert!(room.reader.remembered() <= seconds * SECOND_MAX * 2, "texts and one mark each");
    }
    assert_eq!(of, 100 * SECOND_MAX as u64);
    assert_eq!(of + thinned, 200_000);
    // Four standard deviations of 40 000 messages.
    let share = hits as f64 / of as f64;
    assert!((share - 0.07).abs() < 4.0 * (0.07 * 0.93 / of as f64).sqrt(), "{share}");
}

#[test]
fn a_state_goes_through_json_and_on() {
    let mut room = Room::new();
    for at_s in 0..200 {
        room.talk(at_s, 5, 30);
    }
    let json = serde_json::to_string(&room.reader).unwrap();
    let mut back = Room { reader: serde_json::from_str(&json).unwrap(), next: room.next };
    for at_s in 200..400 {
        let (here, there) = (room.talk(at_s, 5, 400), back.talk(at_s, 5, 400));
        let when = |alarm: Option<Alarm>| alarm.map(|alarm| (alarm.at_s, alarm.channel));
        assert_eq!(when(here), when(there));
    }
    assert!(json.len() < 200_000, "{}", json.len());
}

fn binomial(of: u32, share: f64) -> Vec<f64> {
    let mut all = vec![(1.0 - share).powi(of as i32)];
    for k in 0..of {
        let last = all[k as usize];
        all.push(last * f64::from(of - k) / f64::from(k + 1) * share / (1.0 - share));
    }
    all
}

proptest! {
    #[test]
    fn evidence_has_a_mean_of_at_most_one(
        of in 1_u32..60, bound in 0.0003_f64..0.5, below in 0.1_f64..1.0, spread in 1.0_f64..4.0,
    ) {
        // All outcomes of two seconds, so nothing is left to chance: the mean of M after n seconds is at most n.
        let chances = binomial(of, bound * below);
        let mut mean = 0.0;
        for (first, chance) in chances.iter().enumerate() {
            for (second, then) in chances.iter().enumerate() {
                let mut evidence = Evidence::default();
                for (at_s, hits) in [first, second].into_iter().enumerate() {
                    let sample = Sample { hits: hits as f64, of: f64::from(of), bound, spread };
                    evidence.add(at_s as i64, &sample, true);
                }
                mean += chance * then * evidence.log_mean().exp();
            }
        }
        prop_assert!(mean <= 2.0 + 1e-9, "{mean}");
    }

    #[test]
    fn evidence_is_always_a_number(
        samples in prop::collection::vec((0.0_f64..1e5, 0.0_f64..1e5), 1..200), bound in 1e-6_f64..0.9,
    ) {
        let mut evidence = Evidence::default();
        for (at_s, (hits, misses)) in samples.iter().enumerate() {
            let sample = Sample { hits: *hits, of: hits + misses, bound, spread: 1.0 };
            evidence.add(at_s as i64, &sample, at_s % 2 == 0);
            prop_assert!(!evidence.log_mean().is_nan() && evidence.best().0.is_finite());
        }
    }

    #[test]
    fn pasted_copies_move_nothing(copies in prop::collection::vec((0_i64..59, 0_u64..1000), 0..300)) {
        let run = |copies: &[(i64, u64)]| {
            let mut room = Room::new();
            for at_s in 0..300 {
                room.talk(at_s, 6, 20);
            }
            let (mut at, mut sorted) = (0, copies.to_vec());
            sorted.sort_unstable();
            for at_s in 300..400 {
                if at_s == 301 {
                    room.say_as(at_s, MessageId::from_u128(1), 5000, 42, hostile());
                }
                while let Some((later, viewer)) = sorted.get(at).filter(|c| 302 + c.0 <= at_s) {
                    let id = MessageId::from_u128(1 << 90 | u128::from(*viewer));
                    room.say_as(302 + later, id, *viewer, 42, hostile());
                    at += 1;
                }
                room.talk(at_s, 6, 20);
            }
            room.reader.detector().clone()
        };
        prop_assert!(run(&copies) == run(&[]));
    }

    #[test]
    fn the_order_within_a_second_does_not_matter(
        messages in prop::collection::vec((0_u64..6, 0_u64..12), 1..40), turn in 0_usize..40,
    ) {
        let run = |order: &[(usize, (u64, u64))]| {
            let mut room = Room::new();
            for (id, (viewer, text)) in order {
                let hits = if text % 2 == 0 { hostile() } else { Hits::NONE };
                let id = MessageId::from_u128(*id as u128 + 1);
                room.say_as(5, id, *viewer, *text, hits);
            }
            (room.close(5).second, room.reader.detector().clone())
        };
        let straight: Vec<_> = messages.into_iter().enumerate().collect();
        let mut turned = straight.clone();
        turned.rotate_left(turn % straight.len());
        turned.reverse();
        prop_assert!(run(&straight) == run(&turned));
    }
}
