//! What a decider is: plain functions over a state, an input and a time.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use units::Timestamp;

use crate::names::Hash256;
use crate::rejection::Rejection;

/// What a decision consists of.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<D: Decider> {
    /// What happened. Empty when the input changes nothing; then nothing is logged.
    pub events: Vec<D::Event>,
    /// What the shell does once the events are synced.
    pub effects: Vec<D::Effect>,
    /// What the caller is told once everything that the answer rests on is synced.
    pub reply: D::Reply,
}

impl<D: Decider> Decision<D> {
    /// A decision without effects.
    pub fn events(events: Vec<D::Event>, reply: D::Reply) -> Self {
        Self { events, effects: Vec::new(), reply }
    }
    /// An answer that changes nothing.
    pub fn nothing(reply: D::Reply) -> Self {
        Self::events(Vec::new(), reply)
    }
}

/// How much an input weighs while the store is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Someone asks and waits for the answer: it is lost with a failed commit and they are told so.
    Ask,
    /// Something has happened already: `decide` may not refuse it, and it is kept until it is synced.
    Fact,
    /// A fact that the next one of its kind makes up for: the first to go when the journal fills.
    Count,
}

/// A pure state machine with two halves. `decide` judges an input and changes nothing; `evolve` applies what
/// was decided and judges nothing, so that folding it over a log gives the same state forever.
pub trait Decider: Sized + Debug + Clone + PartialEq {
    /// The kind of stream, for messages.
    const NAME: &'static str;
    /// What is known. `default()` is the state before the first event.
    type State: Clone + Default + PartialEq + Debug + Serialize + DeserializeOwned;
    /// What someone asks, or what has happened outside.
    type Input: Clone + PartialEq + Debug + Serialize + DeserializeOwned;
    /// What happened here.
    type Event: Clone + PartialEq + Debug + Serialize + DeserializeOwned;
    /// What the shell has to do after the commit.
    type Effect: Clone + PartialEq + Debug + Serialize + DeserializeOwned;
    /// What the caller is told.
    type Reply: Clone + PartialEq + Debug;
    /// Answers worth remembering that may be forgotten: no part of the state, the log or the digest.
    type Memory: Debug + Default;

    /// Says what `input` leads to at time `at`, or why it is refused.
    fn decide(
        state: &Self::State,
        input: &Self::Input,
        at: Timestamp,
    ) -> Result<Decision<Self>, Rejection>;

    /// Applies one event. Total: it never fails, whatever the log holds.
    fn evolve(state: &mut Self::State, event: &Self::Event);

    /// A fingerprint of the state; equal states have equal ones.
    fn digest(state: &Self::State) -> Hash256;

    /// How much the input weighs while the store is away.
    fn weight(input: &Self::Input) -> Weight;

    /// When the decider wants [`Decider::wake`] given to it, if no input comes first.
    fn deadline(_state: &Self::State) -> Option<Timestamp> {
        None
    }
    /// The input that a passed deadline stands for.
    fn wake() -> Option<Self::Input> {
        None
    }
    /// Whether a digest of the state belongs behind this event.
    fn is_milestone(_event: &Self::Event) -> bool {
        false
    }
    /// The fact that `lost` facts did not fit into the journal.
    fn overflow(_lost: u64) -> Option<Self::Input> {
        None
    }
    /// The answer that this input got before, if it is remembered.
    fn recall(_memory: &Self::Memory, _input: &Self::Input) -> Option<Rejection> {
        None
    }
    /// Takes note of a refusal.
    fn remember(_memory: &mut Self::Memory, _input: &Self::Input, _rejection: &Rejection) {}
}
