//! Runs by seed.

mod seeds;
