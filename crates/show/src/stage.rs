//! The live loop, without its I/O: what the server and the simulation both drive.
//!
//! A stage holds two states of one stream: *committed* (what the store has synced) and *staged* (that, and everything
//! decided since). It decides on the staged state and goes on without waiting; the shell takes what was decided as
//! [`Batch`]es, submits them in order, and reports each ticket. Replies and effects come out only when the batch that
//! they rest on is committed (S-3). A failed batch takes everything after it along: the staged state falls
//! back to the committed one, callers get their question back, and facts, which have happened whatever the store says,
//! are decided again at once, so that a ban or a cut holds while the store is away.
//!
//! The shell acts on facts before it records them and may read [`Stage::state`] at any time to enforce what
//! they say; only answers and money wait.

mod batch;
mod recover;

use std::collections::VecDeque;
use std::sync::Arc;

use units::Timestamp;

use crate::decider::{Decider, Weight};
use crate::entry::{Entry, Rebuild};
use crate::names::Hash256;
use crate::rejection::Rejection;
use batch::Held;
pub use batch::{Answer, Batch, EffectKey, Lost, Released, Ticket};

/// Facts that may wait for the store. Further ones are counted, and the count is itself recorded.
pub const JOURNAL_MAX: usize = 4096;
/// Of these, how many may be counts; the rest is kept for facts that nothing makes up for.
pub const JOURNAL_COUNTS_MAX: usize = 3072;
/// Entries that may wait for the store in all; further questions are refused as `busy`.
pub const STAGED_MAX: usize = 16_384;
/// Entries in one batch at most.
pub const BATCH_MAX: usize = 1024;
/// Entries between two digests at most.
pub const DIGEST_EVERY: u64 = 1000;

/// What became of an input at once.
#[derive(Debug, PartialEq)]
pub enum Step<D: Decider, C> {
    /// It is decided; the answer comes with [`Stage::committed`].
    Staged {
        /// The entry that it became, or the last one that the answer rests on.
        seq: u64,
    },
    /// It changed nothing and rests on nothing that is not synced: here is the answer.
    Answered(Answer<D, C>),
    /// It is refused.
    Refused {
        /// Who asked.
        caller: C,
        /// Why.
        rejection: Rejection,
    },
    /// A fact for which the journal has no room. It is counted.
    Overflowed {
        /// Who reported it.
        caller: C,
    },
}

/// A decider at work on one stream. `C` is whatever the shell answers a caller through.
#[derive(Debug)]
pub struct Stage<D: Decider, C = ()> {
    stream: Arc<str>,
    committed: D::State,
    committed_seq: u64,
    staged: D::State,
    staged_seq: u64,
    /// Decided, and not yet in a batch.
    open: Open<D, C>,
    /// Submitted, and not yet reported; in order.
    flight: VecDeque<Flight<D, C>>,
    /// Given up with a failed batch before them, and not reported yet: the store may still take them.
    given_up: Vec<Ticket>,
    /// After a failure: the first ticket whose commit shows that the stage stands where the log ends. Until then batches go
    /// one at a time. A batch that was stored and reported as lost leaves the log ahead, and of several behind each other
    /// one could by chance expect just the entry that the log ends with, and fork it.
    careful: Option<Ticket>,
    next_ticket: u64,
    /// Facts and counts among everything that is not committed.
    facts: usize,
    counts: usize,
    /// Facts for which there was no room, not yet recorded.
    overflowed: u64,
    digested_seq: u64,
    /// The entry that the last input became, if it became one.
    last: Option<u64>,
    memory: D::Memory,
}

#[derive(Debug)]
struct Open<D: Decider, C> {
    entries: Vec<Entry<D>>,
    held: Vec<Held<D, C>>,
}

impl<D: Decider, C> Default for Open<D, C> {
    fn default() -> Self {
        Self { entries: Vec::new(), held: Vec::new() }
    }
}

#[derive(Debug)]
struct Flight<D: Decider, C> {
    ticket: Ticket,
    entries: Arc<[Entry<D>]>,
    held: Vec<Held<D, C>>,
    done: bool,
}

impl<D: Decider, C> Stage<D, C> {
    /// An empty stream.
    #[must_use]
    pub fn new(stream: &str) -> Self {
        Self::resume(stream, Rebuild::default())
    }

    /// A stream that goes on where its log ends.
    #[must_use]
    pub fn resume(stream: &str, log: Rebuild<D>) -> Self {
        let digested_seq = log.checked().map_or(0, |(seq, _)| seq + 1);
        let (state, seq) = log.finish();
        Self {
            stream: stream.into(),
            staged: state.clone(),
            committed: state,
            committed_seq: seq,
            staged_seq: seq,
            open: Open::default(),
            flight: VecDeque::new(),
            given_up: Vec::new(),
            careful: None,
            next_ticket: 1,
            facts: 0,
            counts: 0,
            overflowed: 0,
            digested_seq,
            last: None,
            memory: D::Memory::default(),
        }
    }

    /// The stream's name, such as `show/evening`.
    #[must_use]
    pub fn stream(&self) -> &str {
        &self.stream
    }
    /// The staged state: everything decided, synced or not. What is enforced follows it; what is
    /// promised follows [`Stage::committed_state`].
    #[must_use]
    pub fn state(&self) -> &D::State {
        &self.staged
    }
    /// The state that the store has synced.
    #[must_use]
    pub fn committed_state(&self) -> &D::State {
        &self.committed
    }
    /// The last entry that the store has synced.
    #[must_use]
    pub fn committed_seq(&self) -> u64 {
        self.committed_seq
    }
    /// The last entry decided.
    #[must_use]
    pub fn staged_seq(&self) -> u64 {
        self.staged_seq
    }
    /// Entries that are decided and not in a batch yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.open.entries.len()
    }
    /// Batches that are submitted and not reported yet.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flight.len() + self.given_up.len()
    }
    /// What the last [`Stage::handle`] or [`Stage::wake`] decided, for a shell that acts on a fact before it is
    /// recorded. Empty when that changed nothing, and once it is in a batch.
    #[must_use]
    pub fn last_events(&self) -> &[D::Event] {
        let mut newest = self.open.entries.iter().rev();
        let last = newest.find(|entry| Some(entry.seq) == self.last);
        last.map_or(&[], |entry| &entry.events)
    }
    /// When [`Stage::wake`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        D::deadline(&self.staged)
    }

    /// Decides `input` and stages what follows.
    pub fn handle(&mut self, input: D::Input, at: Timestamp, caller: C) -> Step<D, C> {
        self.last = None;
        let weight = D::weight(&input);
        if !self.has_room(weight) {
            if weight == Weight::Ask {
                return Step::Refused { caller, rejection: Rejection::Busy };
            }
            self.overflowed += 1;
            return Step::Overflowed { caller };
        }
        self.record_overflow(at);
        if let Some(rejection) = D::recall(&self.memory, &input) {
            return Step::Refused { caller, rejection };
        }
        let decision = match D::decide(&self.staged, &input, at) {
            Ok(decision) => decision,
            Err(rejection) => {
                D::remember(&mut self.memory, &input, &rejection);
                return Step::Refused { caller, rejection };
            }
        };
        if decision.events.is_empty() && decision.effects.is_empty() {
            return self.answer(caller, decision.reply);
        }
        let seq = self.stage(input, decision.events, at, weight);
        self.last = Some(seq);
        let (caller, effects) = (Some((caller, decision.reply)), decision.effects);
        self.open.held.push(Held { seq, caller, own: true, effects });
        Step::Staged { seq }
    }

    /// Gives the decider its wake-up input when its deadline has passed. Says whether that changed anything.
    pub fn wake(&mut self, at: Timestamp) -> bool {
        self.last = None;
        if self.deadline().is_none_or(|due| due > at) || !self.has_room(Weight::Ask) {
            return false;
        }
        let Some(input) = D::wake() else { return false };
        let Ok(decision) = D::decide(&self.staged, &input, at) else { return false };
        if decision.events.is_empty() {
            return false;
        }
        let seq = self.stage(input, decision.events, at, Weight::Ask);
        self.last = Some(seq);
        let effects = decision.effects;
        self.open.held.push(Held { seq, caller: None, own: true, effects });
        true
    }

    /// Takes up to [`BATCH_MAX`] entries to submit. The store must be given batches in this order. After a failure there is
    /// none until every batch before it is reported.
    pub fn take_batch(&mut self) -> Option<Batch<D>> {
        let alone = self.careful.is_some() || !self.given_up.is_empty();
        if self.open.entries.is_empty() || (alone && self.in_flight() > 0) {
            return None;
        }
        let take = self.open.entries.len().min(BATCH_MAX);
        let rest = self.open.entries.split_off(take);
        let entries: Arc<[Entry<D>]> = std::mem::replace(&mut self.open.entries, rest).into();
        let (first_seq, last_seq) = (entries[0].seq, entries[entries.len() - 1].seq);
        let cut = self.open.held.partition_point(|held| held.seq <= last_seq);
        let rest = self.open.held.split_off(cut);
        let held = std::mem::replace(&mut self.open.held, rest);
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let outbox = held.iter().flat_map(|held| held.keyed(&self.stream)).collect();
        let batch = Batch {
            ticket,
            stream: self.stream.clone(),
            expected_seq: first_seq - 1,
            first_seq,
            last_seq,
            at: entries[entries.len() - 1].at,
            entries: entries.clone(),
            outbox,
        };
        self.flight.push_back(Flight { ticket, entries, held, done: false });
        Some(batch)
    }

    /// The store has synced a batch. Releases what rested on it. Tickets may be reported out of order; what
    /// they release comes in order all the same. An unknown ticket releases nothing.
    pub fn committed(&mut self, ticket: Ticket) -> Released<D, C> {
        self.given_up.retain(|given_up| *given_up != ticket);
        if self.careful.is_some_and(|first| ticket >= first) {
            self.careful = None;
        }
        if let Some(flight) = self.flight.iter_mut().find(|flight| flight.ticket == ticket) {
            flight.done = true;
        }
        let mut out = Released::default();
        while self.flight.front().is_some_and(|flight| flight.done) {
            let Some(flight) = self.flight.pop_front() else { break };
            for entry in flight.entries.iter() {
                self.commit(entry);
            }
            for held in flight.held {
                out.effects.extend(held.keyed(&self.stream));
                let seq = held.seq;
                let answer = |(caller, reply)| Answer { caller, reply, seq };
                out.answers.extend(held.caller.map(answer));
            }
            out.entries.push(flight.entries);
        }
        out
    }

    /// Stages the digest of the staged state: on shutdown, and whenever one is wanted.
    pub fn digest(&mut self, at: Timestamp) -> Hash256 {
        let digest = D::digest(&self.staged);
        if self.staged_seq > 0 && self.digested_seq != self.staged_seq {
            self.staged_seq += 1;
            let seq = self.staged_seq;
            let digest = Some(digest);
            self.open.entries.push(Entry { seq, at, input: None, events: Vec::new(), digest });
            self.digested_seq = seq;
        }
        digest
    }

    fn has_room(&self, weight: Weight) -> bool {
        match weight {
            Weight::Ask => self.staged_seq - self.committed_seq < STAGED_MAX as u64,
            Weight::Fact => self.facts + self.counts < JOURNAL_MAX,
            Weight::Count => self.facts + self.counts < JOURNAL_COUNTS_MAX,
        }
    }

    fn record_overflow(&mut self, at: Timestamp) {
        if self.overflowed == 0 || !self.has_room(Weight::Count) {
            return;
        }
        let lost = std::mem::take(&mut self.overflowed);
        if let Some(input) = D::overflow(lost)
            && let Ok(decision) = D::decide(&self.staged, &input, at)
        {
            self.stage(input, decision.events, at, Weight::Fact);
        }
    }

    /// An answer that changes nothing still waits for what it was read from.
    fn answer(&mut self, caller: C, reply: D::Reply) -> Step<D, C> {
        let seq = self.staged_seq;
        if seq == self.committed_seq {
            return Step::Answered(Answer { caller, reply, seq });
        }
        let caller = Some((caller, reply));
        let held = Held { seq, caller, own: false, effects: Vec::new() };
        match self.flight.back_mut() {
            Some(flight) if self.open.entries.is_empty() => flight.held.push(held),
            _ => self.open.held.push(held),
        }
        Step::Staged { seq }
    }

    fn stage(&mut self, input: D::Input, events: Vec<D::Event>, at: Timestamp, w: Weight) -> u64 {
        for event in &events {
            D::evolve(&mut self.staged, event);
        }
        self.count(w, 1);
        self.staged_seq += 1;
        let seq = self.staged_seq;
        let milestone = events.iter().any(D::is_milestone);
        self.open.entries.push(Entry { seq, at, input: Some(input), events, digest: None });
        if milestone || seq - self.digested_seq >= DIGEST_EVERY {
            self.digest(at);
        }
        seq
    }

    fn count(&mut self, weight: Weight, by: isize) {
        let slot = match weight {
            Weight::Ask => return,
            Weight::Fact => &mut self.facts,
            Weight::Count => &mut self.counts,
        };
        *slot = slot.saturating_add_signed(by);
    }

    fn commit(&mut self, entry: &Entry<D>) {
        for event in &entry.events {
            D::evolve(&mut self.committed, event);
        }
        self.committed_seq = entry.seq;
        if let Some(input) = &entry.input {
            self.count(D::weight(input), -1);
        }
    }
}
