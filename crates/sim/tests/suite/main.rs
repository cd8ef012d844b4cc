//! Runs by seed.

mod scenario;
mod seeds;
mod story;
mod turns;
