//! What the log holds. A stored record's body is a JSON array of consecutive entries of one stream:
//!
//! ```json
//! [{"s":7,"t":1764000000000000,"i":{"type":"end","by":{…}},"e":[{"type":"ended",…}]},
//!  {"s":8,"t":1764000000000000,"d":"9f86d081…"}]
//! ```
//!
//! `s` is the sequence number in the stream from 1 without gaps, `t` the time in microseconds of UTC, `i` the input, `e` what
//! was decided. An entry with `d` has neither: it states the digest of the state at this place.

use serde::{Deserialize, Serialize};
use units::Timestamp;

use crate::decider::Decider;
use crate::names::Hash256;

/// One entry of a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Entry<D: Decider> {
    /// Place in the stream, from 1.
    #[serde(rename = "s")]
    pub seq: u64,
    /// When it was decided.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// What was asked or had happened.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub input: Option<D::Input>,
    /// What was decided.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<D::Event>,
    /// The digest of the state after the entry before this one.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Hash256>,
}

/// A record's body that is not one.
#[derive(Debug, thiserror::Error)]
#[error("not a record of {stream}")]
pub struct DecodeError {
    stream: &'static str,
    source: serde_json::Error,
}

/// The bytes of a record with these entries.
///
/// The types of this crate serialise without failing; an empty body stands for the defect if one does not, and no
/// rebuild accepts it.
#[must_use]
pub fn encode<D: Decider>(entries: &[Entry<D>]) -> Vec<u8> {
    serde_json::to_vec(entries).unwrap_or_default()
}

/// The bytes of one entry, for a store that frames entries itself.
#[must_use]
pub fn encode_one<D: Decider>(entry: &Entry<D>) -> Vec<u8> {
    serde_json::to_vec(entry).unwrap_or_default()
}

/// The entries of a record.
pub fn decode<D: Decider>(body: &[u8]) -> Result<Vec<Entry<D>>, DecodeError> {
    serde_json::from_slice(body).map_err(|source| DecodeError { stream: D::NAME, source })
}

/// Why a log does not rebuild.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// An entry is missing or out of order.
    #[error("entry {found} where {expected} belongs")]
    Gap {
        /// The entry that belongs here.
        expected: u64,
        /// The entry that is here.
        found: u64,
    },
    /// The rebuilt state is not the one that was live (R-1).
    #[error("state after entry {seq} has digest {found}, the log says {expected}")]
    Digest {
        /// The last entry before the digest.
        seq: u64,
        /// What the log says.
        expected: Hash256,
        /// What the rebuild has.
        found: Hash256,
    },
}

/// A state that is being rebuilt from its log by folding `evolve`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rebuild<D: Decider> {
    state: D::State,
    seq: u64,
    /// The last digest that matched, with the entry it stands behind.
    checked: Option<(u64, Hash256)>,
}

impl<D: Decider> Default for Rebuild<D> {
    fn default() -> Self {
        Self { state: D::State::default(), seq: 0, checked: None }
    }
}

impl<D: Decider> Rebuild<D> {
    /// Applies the next entry, or says why it cannot be the next one.
    pub fn push(&mut self, entry: &Entry<D>) -> Result<(), Broken> {
        let expected = self.seq + 1;
        if entry.seq != expected {
            return Err(Broken::Gap { expected, found: entry.seq });
        }
        if let Some(expected) = entry.digest {
            let found = D::digest(&self.state);
            if found != expected {
                return Err(Broken::Digest { seq: self.seq, expected, found });
            }
            self.checked = Some((self.seq, found));
        }
        for event in &entry.events {
            D::evolve(&mut self.state, event);
        }
        self.seq = entry.seq;
        Ok(())
    }
    /// The state so far.
    #[must_use]
    pub fn state(&self) -> &D::State {
        &self.state
    }
    /// The last entry applied; 0 before the first.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }
    /// The last digest that matched and the entry it stands behind.
    #[must_use]
    pub fn checked(&self) -> Option<(u64, Hash256)> {
        self.checked
    }
    /// The state and the last entry applied.
    #[must_use]
    pub fn finish(self) -> (D::State, u64) {
        (self.state, self.seq)
    }
}
