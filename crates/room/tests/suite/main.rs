//! The fan-out over real sockets: a WebSocket client of its own, with and without TLS.

mod harness;

mod delivery;
mod limits;
mod muting;
