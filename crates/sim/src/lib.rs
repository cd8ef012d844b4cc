//! Simulation: the real core, driven on one thread from a seed.
//!
//! Owns everything around the core that a run needs and a test must control: virtual time, dice, made-up encoders and
//! networks, a store with faults, a producer, moderators, buyers and a payment provider who do whatever they can do. What
//! is driven is what runs in production: `media::program`, `media::hls`, `media::feed`, `show::stage` with both deciders,
//! and the tables of `store`. After each step the named invariants are checked ([`Invariant`]).
//!
//! Never reads a clock, a socket or a random source, starts no thread and writes no file. A failure prints its seed and
//! step; [`run`] with the same seed reproduces it. The shape follows TigerBeetle's VOPR: one process, faults by chance,
//! checks all the time.
//!
//! [`crowd`] is the other half: a crowd that behaves, for the demo. [`turns`] measures the reader of rooms in simulated rooms.

mod buyers;
mod check;
pub mod crowd;
mod desk;
mod host;
mod ledger;
mod onair;
mod report;
mod run;
pub mod scenario;
mod store;
mod story;
pub mod turns;
mod world;

pub use check::{Invariant, Violation};
pub use report::{Failure, Report};
pub use run::run;
pub use story::story;
pub use world::{Rng, STARTED};
