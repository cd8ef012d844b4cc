//! RTMP without sockets: a server session that takes one stream in, and a publisher that sends one out.
//!
//! Bytes and the time come in; events, bytes and a deadline come out. Follows Adobe RTMP 1.0 with the simple
//! handshake, AMF0, and of enhanced RTMP what is needed to refuse a codec by its name. Never plays a stream out.
//! Everything a peer can make the session hold has a limit here.

pub mod amf;
mod handshake;
mod message;
mod publisher;
mod reader;
mod session;
mod writer;

use std::fmt;

pub use publisher::{Publisher, PublisherEvent};
pub use session::{
    Closed, Event, FAREWELL, HANDSHAKE_TIME_OUT, IDLE_TIME_OUT, PUBLISH_TIME_OUT, PublishRequest,
    Session,
};

/// The longest message; a picture of 50 Mbit/s at one a second fits.
pub const MAX_MESSAGE_BYTES: usize = 8 << 20;
/// What all half-filled messages of a connection may claim together.
pub const MAX_HALF_FILLED_BYTES: usize = 16 << 20;
/// Chunk streams of one connection; encoders use fewer than ten.
pub const MAX_CHUNK_STREAMS: usize = 64;
/// The longest command or data message.
pub const MAX_COMMAND_BYTES: usize = 64 << 10;
/// Answers that a peer may leave unread.
pub const MAX_OUTPUT_BYTES: usize = 64 << 10;
/// Media that may come before the shell has answered a publish request.
pub const MAX_HELD_BYTES: usize = 2 << 20;
/// Messages that may come before the shell has answered a publish request.
pub const MAX_HELD_EVENTS: usize = 4096;

/// Streams that one connection may publish after each other.
pub const MAX_PUBLISHES: u32 = 16;

/// The server's answers to a publish request, as `onStatus` codes. Encoders know these and stop.
pub mod status {
    /// The stream is taken.
    pub const START: &str = "NetStream.Publish.Start";
    /// The stream key is not known, or somebody uses it.
    pub const BAD_NAME: &str = "NetStream.Publish.BadName";
    /// The stream itself is not taken.
    pub const REJECTED: &str = "NetStream.Publish.Rejected";
    /// The stream was taken and is not any longer.
    pub const FAILED: &str = "NetStream.Failed";
}

/// What a host authenticates with. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamKey(String);

impl StreamKey {
    /// Wraps a key.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// The key itself. Never log it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamKey(…)")
    }
}

/// A peer that does not speak RTMP, or wants more than its share. The connection ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The first byte is not version 3.
    #[error("not RTMP: the handshake asks for version {0}")]
    Version(u8),
    /// A message claims more than [`MAX_MESSAGE_BYTES`].
    #[error("a message of {0} bytes is too long")]
    MessageTooLong(usize),
    /// A command claims more than [`MAX_COMMAND_BYTES`].
    #[error("a command of {0} bytes is too long")]
    CommandTooLong(usize),
    /// Half-filled messages claim more than [`MAX_HALF_FILLED_BYTES`].
    #[error("half-filled messages hold too many bytes")]
    HalfFilled,
    /// More than [`MAX_CHUNK_STREAMS`].
    #[error("too many chunk streams")]
    TooManyChunkStreams,
    /// A chunk refers to a header that was never sent.
    #[error("chunk stream {0} begins without a header")]
    NoHeader(u32),
    /// A chunk size of zero.
    #[error("a chunk size of zero")]
    ChunkSize,
    /// A protocol control message of the wrong length.
    #[error("a control message of type {0} is malformed")]
    Control(u8),
    /// A command that is not readable.
    #[error("a command is malformed")]
    Amf(#[from] amf::AmfError),
    /// A command that is not allowed at this point.
    #[error("a command came out of order")]
    Order,
    /// More than [`MAX_OUTPUT_BYTES`] of answers wait for the peer.
    #[error("the peer does not read its answers")]
    OutputFull,
    /// More than [`MAX_HELD_BYTES`] or [`MAX_HELD_EVENTS`] came before the publish request was answered.
    #[error("too much came before the stream was accepted")]
    Early,
}

#[cfg(test)]
mod tests;
