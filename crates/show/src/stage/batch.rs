//! What passes between a stage and its shell.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use units::Timestamp;

use crate::decider::Decider;
use crate::entry::{self, Entry};

/// Names one submitted batch of one stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Names one effect for good: doing it twice can be told from doing two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectKey {
    /// The stream.
    pub stream: Arc<str>,
    /// The entry that decided it.
    pub seq: u64,
    /// Which of that entry's effects, from 0.
    pub n: u32,
}

/// Consecutive entries to store together, in one transaction with their outbox rows.
#[derive(Debug, Clone)]
pub struct Batch<D: Decider> {
    /// What the outcome is reported with.
    pub ticket: Ticket,
    /// The stream.
    pub stream: Arc<str>,
    /// The last entry that the store has if it may take this batch.
    pub expected_seq: u64,
    /// The first entry in it.
    pub first_seq: u64,
    /// The last entry in it.
    pub last_seq: u64,
    /// When the last entry was decided.
    pub at: Timestamp,
    /// The entries, at most [`super::BATCH_MAX`].
    pub entries: Arc<[Entry<D>]>,
    /// Effects that must survive a crash between commit and deed.
    pub outbox: Vec<(EffectKey, D::Effect)>,
}

impl<D: Decider> Batch<D> {
    /// The record's body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        entry::encode(&self.entries)
    }
}

/// An answer and whom it is for.
#[derive(Debug, PartialEq)]
pub struct Answer<D: Decider, C> {
    /// Who asked.
    pub caller: C,
    /// The answer.
    pub reply: D::Reply,
    /// The last entry that it rests on.
    pub seq: u64,
}

/// What a commit sets free, in order.
#[derive(Debug, PartialEq)]
pub struct Released<D: Decider, C> {
    /// Answers to give.
    pub answers: Vec<Answer<D, C>>,
    /// Effects to run; they are in the outbox until they are acknowledged there.
    pub effects: Vec<(EffectKey, D::Effect)>,
    /// The entries that are now synced, for whoever publishes what happened.
    pub entries: Vec<Arc<[Entry<D>]>>,
}

impl<D: Decider, C> Default for Released<D, C> {
    fn default() -> Self {
        Self { answers: Vec::new(), effects: Vec::new(), entries: Vec::new() }
    }
}

/// What a failure undid.
#[derive(Debug, PartialEq)]
pub struct Lost<D: Decider, C> {
    /// Who must be told that the store is unavailable, with what they asked; `None` where the
    /// question had changed nothing and only its answer rested on something lost.
    pub callers: Vec<(C, Option<D::Input>)>,
}

impl<D: Decider, C> Default for Lost<D, C> {
    fn default() -> Self {
        Self { callers: Vec::new() }
    }
}

impl<D: Decider, C> Lost<D, C> {
    pub(super) fn take(&mut self, held: Held<D, C>, input: Option<D::Input>) {
        self.callers.extend(held.caller.map(|(caller, _)| (caller, input)));
    }
}

/// What is kept back until an entry is committed.
#[derive(Debug)]
pub(super) struct Held<D: Decider, C> {
    pub(super) seq: u64,
    pub(super) caller: Option<(C, D::Reply)>,
    /// Whether the entry is this caller's, rather than one that their answer rests on.
    pub(super) own: bool,
    pub(super) effects: Vec<D::Effect>,
}

impl<D: Decider, C> Held<D, C> {
    pub(super) fn keyed(&self, stream: &Arc<str>) -> Vec<(EffectKey, D::Effect)> {
        let key = |n| EffectKey { stream: stream.clone(), seq: self.seq, n };
        self.effects.iter().zip(0..).map(|(effect, n)| (key(n), effect.clone())).collect()
    }
}
