//! Sold-out answers that are remembered, so that a retry hears what the first attempt heard.

use std::collections::{BTreeMap, VecDeque};

use crate::names::{BodyHash, KeyHash, Slug};
use crate::rejection::Rejection;

/// Answers kept; the oldest is forgotten first, and a retry of it is judged anew.
pub const REFUSALS_MAX: usize = 100_000;

/// The last sold-out answers by show and key. It is no part of the state: a rush on a sold-out product leaves
/// nothing in the log. A failed commit clears it, because what was sold out may not be any more.
#[derive(Debug, Default)]
pub struct Refusals {
    by_key: BTreeMap<(Slug, KeyHash), (BodyHash, u64)>,
    order: VecDeque<(Slug, KeyHash)>,
}

impl Refusals {
    /// Takes note that an order was refused with `left` units left.
    pub fn remember(&mut self, show: &Slug, key: KeyHash, body: BodyHash, left: u64) {
        let id = (show.clone(), key);
        if self.by_key.insert(id.clone(), (body, left)).is_some() {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > REFUSALS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_key.remove(&oldest);
        }
    }
    /// The answer to an earlier attempt with this key.
    #[must_use]
    pub fn recall(&self, show: &Slug, key: KeyHash, body: BodyHash) -> Option<Rejection> {
        if self.by_key.is_empty() {
            return None;
        }
        let &(first, left) = self.by_key.get(&(show.clone(), key))?;
        Some(if first == body { Rejection::SoldOut { left } } else { Rejection::KeyReused })
    }
    /// How many answers are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }
    /// Whether none is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_bounded() {
        let show: Slug = "evening".parse().expect("a slug");
        let mut memory = Refusals::default();
        for i in 0..REFUSALS_MAX as u128 + 10 {
            memory.remember(&show, KeyHash(i), BodyHash(1), 0);
            memory.remember(&show, KeyHash(i), BodyHash(1), 0);
        }
        assert_eq!((memory.len(), memory.order.len()), (REFUSALS_MAX, REFUSALS_MAX));
        assert_eq!(memory.recall(&show, KeyHash(9), BodyHash(1)), None);
        let sold_out = Some(Rejection::SoldOut { left: 0 });
        assert_eq!(memory.recall(&show, KeyHash(10), BodyHash(1)), sold_out);
        assert_eq!(memory.recall(&show, KeyHash(10), BodyHash(2)), Some(Rejection::KeyReused));
    }
}
