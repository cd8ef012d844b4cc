//! Whose audience it is: overlap and exclusive audience, exact, with Roaring bitmaps. From buyers, and from follows where
//! they are given; a person's number is all that is known of them.

use roaring::RoaringBitmap;
use serde::Serialize;

use crate::import::{Dataset, NOBODY};
use crate::watch::{Stage, Stopped, Watch};

/// Hosts whose audiences are compared pair by pair; beyond it only those with the largest ones are.
pub const COMPARED_MAX: usize = 512;

/// Audiences by number of the host.
#[derive(Clone, Debug)]
pub struct Audiences {
    sets: Vec<RoaringBitmap>,
}

/// How an audience stands to all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// People.
    pub audience: u64,
    /// Of these, people who belong to no other host: |A \ ∪B|.
    pub exclusive: u64,
}

/// How much two audiences have in common.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// Numbers of both hosts, the smaller one first.
    pub hosts: [u32; 2],
    /// People in both.
    pub common: u64,
    /// Of the smaller audience: |A∩B| / min(|A|, |B|).
    pub overlap: f64,
}

impl Audiences {
    /// People who ever bought from a host. A return alone makes nobody an audience.
    pub fn of_buyers(data: &Dataset, watch: &dyn Watch) -> Result<Self, Stopped> {
        let mut sets = vec![RoaringBitmap::new(); data.hosts.len()];
        let all = data.orders.len() as u64;
        for (order, number) in data.orders.iter().zip(0u64..) {
            if number % (1 << 18) == 0 {
                watch.at(Stage::Audience, number, all)?;
            }
            if order.minor > 0 && order.buyer != NOBODY {
                sets[order.host as usize].insert(order.buyer);
            }
        }
        Ok(Self { sets })
    }

    /// Viewers who follow a host at a moment; `None` where no follows were given.
    #[must_use]
    pub fn of_follows(data: &Dataset, at: u32) -> Option<Self> {
        let mut sets = vec![RoaringBitmap::new(); data.hosts.len()];
        for follow in data.follows.as_ref()? {
            if follow.at <= at && follow.until.is_none_or(|until| until > at) {
                sets[follow.host as usize].insert(follow.viewer);
            }
        }
        Some(Self { sets })
    }

    /// Audience and exclusive audience of each host.
    #[must_use]
    pub fn reach(&self) -> Vec<Reach> {
        let (mut once, mut twice) = (RoaringBitmap::new(), RoaringBitmap::new());
        for set in &self.sets {
            twice |= &once & set;
            once |= set;
        }
        let of = |set: &RoaringBitmap| Reach {
            audience: set.len(),
            exclusive: set.difference_len(&twice),
        };
        self.sets.iter().map(of).collect()
    }

    /// People who belong to any host.
    #[must_use]
    pub fn people(&self) -> u64 {
        let mut all = RoaringBitmap::new();
        self.sets.iter().for_each(|set| all |= set);
        all.len()
    }

    /// The overlap of one host's audience with that of each other, by number; hosts of whom no audience is known are not there.
    pub fn overlaps_with(&self, host: u32) -> impl Iterator<Item = (u32, f64)> {
        let own = self.sets.get(host as usize).filter(|set| !set.is_empty());
        let others =
            (0u32..).zip(&self.sets).filter(move |(other, set)| *other != host && !set.is_empty());
        others.filter_map(move |(other, set)| {
            let own = own?;
            Some((other, own.intersection_len(set) as f64 / own.len().min(set.len()) as f64))
        })
    }

    /// The overlap of each pair among `hosts` that has anybody in common, by pair; the first [`COMPARED_MAX`] hosts at most.
    #[must_use]
    pub fn overlaps(&self, hosts: &[u32]) -> Vec<Overlap> {
        let mut hosts = hosts[..hosts.len().min(COMPARED_MAX)].to_vec();
        hosts.sort_unstable();
        hosts.dedup();
        let sets: Vec<_> =
            hosts.iter().filter_map(|host| Some((*host, self.sets.get(*host as usize)?))).collect();
        let mut pairs = Vec::new();
        for (place, (a, first)) in sets.iter().enumerate() {
            for (b, second) in &sets[place + 1..] {
                let common = first.intersection_len(second);
                if common > 0 {
                    let overlap = common as f64 / first.len().min(second.len()) as f64;
                    pairs.push(Overlap { hosts: [*a, *b], common, overlap });
                }
            }
        }
        pairs
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn figures_are_those_of_plain_sets(people in prop::collection::vec(prop::collection::btree_set(0u32..200, 0..60), 1..8)) {
            let audiences = Audiences { sets: people.iter().map(|set| set.iter().copied().collect()).collect() };
            for (host, reach) in audiences.reach().into_iter().enumerate() {
                let others: BTreeSet<u32> = people.iter().enumerate().filter(|(other, _)| *other != host).flat_map(|(_, set)| set).copied().collect();
                prop_assert_eq!(reach.audience, people[host].len() as u64);
                prop_assert_eq!(reach.exclusive, people[host].difference(&others).count() as u64);
            }
            let hosts: Vec<u32> = (0..people.len() as u32).collect();
            for pair in audiences.overlaps(&hosts) {
                let [a, b] = pair.hosts.map(|host| &people[host as usize]);
                let common = a.intersection(b).count();
                prop_assert!(pair.hosts[0] < pair.hosts[1]);
                prop_assert_eq!(pair.common, common as u64);
                prop_assert!((pair.overlap - common as f64 / a.len().min(b.len()) as f64).abs() < 1e-12);
                let same = audiences.overlaps_with(pair.hosts[0]).find(|(other, _)| *other == pair.hosts[1]);
                prop_assert_eq!(same, Some((pair.hosts[1], pair.overlap)));
            }
            let known = people.iter().filter(|set| !set.is_empty()).count();
            for (host, set) in people.iter().enumerate() {
                let others = if set.is_empty() { 0 } else { known - 1 };
                prop_assert_eq!(audiences.overlaps_with(host as u32).count(), others);
            }
            let all: BTreeSet<u32> = people.iter().flatten().copied().collect();
            prop_assert_eq!(audiences.people(), all.len() as u64);
        }
    }
}
