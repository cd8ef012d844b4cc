//! Fan-out of real-time rooms: one event to thousands of WebSockets.
//!
//! Owns: the sockets after the HTTP server's `101` answer, RFC 6455 framing, numbering and history
//! of channels, the coalescing window, viewers' queues and what is dropped when they fill, and
//! invariant **C-1**: nothing is delivered after its mute.
//!
//! Never: knows what a show, an order or a nickname is; parses a message's JSON; reads a clock
//! (it comes in as [`Clock`]); spawns a task or a channel per viewer. The core ([`ws`], `channel`,
//! `window`, `queue`) is pure; `shard` and `hub` hold threads and sockets.
//!
//! How an event travels: [`Hub::publish`] locks its channel, gives it a number, encodes one frame.
//! Now or when the window closes, pending frames are sealed into a batch (one buffer) and its
//! reference goes to each shard with members, with one wake per sleeping shard. The shard writes
//! the buffer to each member in step, one `send` each; whoever cannot take all of it keeps
//! references to the frames in a bounded queue.

pub mod ws;

mod cell;
mod channel;
mod config;
mod conn;
mod counters;
mod event;
mod hub;
mod port;
mod queue;
mod shard;
mod slots;
mod window;

pub use channel::{ChannelLimits, Joined, Published, Purged, Resume};
pub use config::{ChannelId, Clock, ConnId, Handler, HubConfig, Kept, Refused, Viewer};
pub use conn::Socket;
pub use counters::{Cause, Counters};
pub use event::{BODY_MAX_BYTES, Event, Kind};
pub use hub::Hub;
pub use queue::QueueLimits;
pub use window::WindowPolicy;
