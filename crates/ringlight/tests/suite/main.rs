//! End to end: the built binary, real clients (ffmpeg, tungstenite, curl, Chromium), real sockets on the loopback.
//!
//! Each test starts a server of its own in a folder of its own on free ports, waits for conditions and never for a
//! time, and ends what it started by its pid.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::print_stderr,
    reason = "what was skipped, and the logs of a failed test, are for people"
)]

mod air;
mod browser;
mod catches;
mod client;
mod commands;
mod crash;
mod exposure;
mod ffmpeg;
mod full_disk;
mod hears;
mod hostile;
mod keys;
mod lookback;
mod orders;
mod pcm;
mod plan;
mod report;
mod rooms;
mod server;
mod simulate;
mod sources;
mod splices;
mod tls;
mod turns;
mod wait;
mod weights;
