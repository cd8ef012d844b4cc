//! Runs by seed.

mod seeds;
mod story;
mod turns;
