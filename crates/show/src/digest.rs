//! Digests of state: what a rebuild is compared with.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::names::Hash256;

/// SHA-256 of a state's JSON. Every map of a state is ordered and every struct writes its fields in
/// the order of declaration, so equal states have equal bytes. A state always serialises; should one
/// not, the digest is that of the error and no rebuild matches it.
#[must_use]
pub fn of_json(label: &str, state: &impl Serialize) -> Hash256 {
    let mut hash = Sha256::new();
    hash.update(label.as_bytes());
    hash.update([0]);
    if let Err(error) = serde_json::to_writer(&mut hash, state) {
        hash.update(error.to_string().as_bytes());
    }
    Hash256(hash.finalize().into())
}

/// A digest of a set that is cheap to keep up to date: the lane-wise wrapping sum of the SHA-256 of
/// each member. It tells two states apart that a defect made differ; it does not resist someone who
/// chooses members to collide, which is the job of the log's hash chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeafSum([u64; 4]);

impl LeafSum {
    /// Takes a member in.
    pub fn add(&mut self, leaf: &[u8]) {
        for (lane, part) in self.0.iter_mut().zip(lanes(leaf)) {
            *lane = lane.wrapping_add(part);
        }
    }
    /// Takes a member out that was taken in before.
    pub fn remove(&mut self, leaf: &[u8]) {
        for (lane, part) in self.0.iter_mut().zip(lanes(leaf)) {
            *lane = lane.wrapping_sub(part);
        }
    }
    /// The sum as bytes.
    #[must_use]
    pub fn value(&self) -> Hash256 {
        let mut bytes = [0; 32];
        for (to, lane) in bytes.chunks_exact_mut(8).zip(self.0) {
            to.copy_from_slice(&lane.to_be_bytes());
        }
        Hash256(bytes)
    }
}

fn lanes(leaf: &[u8]) -> [u64; 4] {
    let hash: [u8; 32] = Sha256::digest(leaf).into();
    let mut lanes = [0; 4];
    for (lane, part) in lanes.iter_mut().zip(hash.chunks_exact(8)) {
        *lane = part.iter().fold(0, |n, byte| n << 8 | u64::from(*byte));
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_does_not_depend_on_the_order_and_can_be_taken_back() {
        let mut one = LeafSum::default();
        one.add(b"a");
        one.add(b"b");
        let mut two = LeafSum::default();
        two.add(b"b");
        two.add(b"c");
        two.add(b"a");
        assert_ne!(one, two);
        two.remove(b"c");
        assert_eq!(one, two);
    }
}
