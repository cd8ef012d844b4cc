//! The store as its users meet it: one suite for every implementation, then what only a disk can do to it.

mod chain;
mod conformance;
mod crash;
mod dir;
mod objects;
mod outage;
