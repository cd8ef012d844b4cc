//! Which incident of one run is which of the other: those whose words share the most moments, and rooms that turned within a
//! minute of each other.

use show::sentinel::ONE_CASE;
use units::Duration;

use super::seen::Kept;

/// Places in the one and in the other run; each incident stands in one pair.
pub(super) fn pairs(was: &[Kept], now: &[Kept]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut alike: Vec<(Likeness, usize, usize)> = Vec::new();
    for (a, one) in was.iter().enumerate() {
        let other = |(b, other): (usize, &Kept)| Some((likeness(one, other)?, a, b));
        alike.extend(now.iter().enumerate().filter_map(other));
    }
    alike.sort_unstable_by(|a, b| b.cmp(a));
    let (mut of_was, mut of_now) = (vec![None; was.len()], vec![false; now.len()]);
    for (_, a, b) in alike {
        if of_was[a].is_none() && !of_now[b] {
            of_was[a] = Some(b);
            of_now[b] = true;
        }
    }
    let both = of_was.iter().enumerate().map(|(a, b)| (Some(a), *b));
    let new = of_now.iter().enumerate().filter(|(_, taken)| !**taken).map(|(b, _)| (None, Some(b)));
    both.chain(new).collect()
}

/// How alike two incidents are: words come before rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// How far apart the rooms turned, negated.
    Room(i64),
    /// How long both heard the same words.
    Words(Duration),
}

fn likeness(one: &Kept, other: &Kept) -> Option<Likeness> {
    let (a, b) = (&one.incident, &other.incident);
    if a.has_words() && b.has_words() {
        let both = a.to.min(b.to) - a.from.max(b.from);
        if both > Duration::from_ms(0) {
            return Some(Likeness::Words(both));
        }
    }
    let apart = (a.room.as_ref()?.at - b.room.as_ref()?.at).abs();
    (apart <= ONE_CASE).then(|| Likeness::Room(-apart.ms()))
}
