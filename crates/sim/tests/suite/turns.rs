//! Simulated rooms: the reader finds turns and is not fooled by raids and giveaways. The large measurement, on real lines, is
//! `ringlight room eval`.

use show::sentinel::room::{Channel, Hits, Message, Prior, Reader};
use sim::turns::audience::{Audience, Turn};
use sim::turns::rivals::{Adwin, ShareRule};
use sim::turns::{Line, Pool};
use units::{MessageId, Timestamp, ViewerId};

fn lines(from: u64, count: u64, hits: Hits) -> Vec<Line> {
    (from..from + count).map(|text| Line { text, hits }).collect()
}

fn pool() -> Pool {
    let hostile = Hits::NONE.with(Channel::Hostile);
    Pool {
        name: "test".to_owned(),
        topics: vec![(1.0, [lines(0, 5000, Hits::NONE), lines(10_000, 150, hostile)].concat())],
        hostile: lines(20_000, 800, hostile),
        jokes: (0..20).map(|joke| lines(30_000 + joke * 10, 5, hostile)).collect(),
        storms: lines(40_000, 5, Hits::NONE),
        ..Pool::default()
    }
}

/// Seconds of the alarms.
fn alarms(seed: u64, rate: f64, turn: Turn, seconds: i64) -> Vec<i64> {
    let pool = pool();
    let mut audience = Audience::new(&pool, seed, rate, turn);
    let mut reader = Reader::new(seed, 10.0, &Prior::default(), false);
    let (mut next, mut found) = (0, Vec::new());
    for at_s in 0..seconds {
        audience.second(at_s);
        for (viewer, line) in &audience.arrived {
            next += 1;
            let (id, viewer) = (MessageId::from_u128(next), ViewerId::from_u128((*viewer).into()));
            if reader.admit(Timestamp::from_ms(at_s * 1000), id, line.text) {
                reader.count(&Message { id, viewer, text: line.text, hits: line.hits });
            }
        }
        let closed = reader.close(Timestamp::from_ms(at_s * 1000 + 1000));
        found.extend(closed.and_then(|closed| closed.alarm).map(|alarm| alarm.at_s));
    }
    found
}

#[test]
fn rooms_that_turn_are_noticed_and_raids_and_giveaways_are_not() {
    for seed in 1..=4 {
        let quiet = alarms(seed, 1.0, Turn::Never, 2 * 3600);
        assert!(quiet.is_empty(), "seed {seed}: {quiet:?}");
        let turn = Turn::Hostile { at_s: 1200, share: 0.4, ramp_s: 60 };
        let found = alarms(seed, 5.0, turn, 1400);
        assert!(matches!(found[..], [1210..1290]), "seed {seed}: {found:?}");
    }
}

#[test]
fn the_rivals_notice_a_rise_and_nothing_else() {
    let (mut share, mut adwin) = (ShareRule::new(0.2, 20), Adwin::new(12.0));
    let mut found = (None, None);
    for at_s in 0..400 {
        let hits = if at_s < 300 { u32::from(at_s % 5 == 0) } else { 4 };
        let yes = (share.add(hits, 10), adwin.add(hits, 10));
        found.0 = found.0.or(yes.0.then_some(at_s));
        found.1 = found.1.or(yes.1.then_some(at_s));
    }
    assert!(matches!(found, (Some(300..330), Some(300..330))), "{found:?}");
    let mut falling = Adwin::new(12.0);
    let risen = (0..600).any(|at_s| falling.add(if at_s < 300 { 4 } else { 0 }, 10));
    assert!(!risen);
}
