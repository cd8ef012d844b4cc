//! What the caller brings: ids, who is behind a connection, the handler, limits, the clock.

use std::any::Any;

use crate::hub::Hub;
use crate::queue::QueueLimits;

/// Microseconds that never decrease, from the shell; this crate reads no clock.
pub type Clock = fn() -> i64;

/// A channel's id, such as a show's UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChannelId(pub u128);

/// One connection; never reused within a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnId {
    /// The channel that it was adopted for.
    pub channel: ChannelId,
    pub(crate) shard: u16,
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

/// Who is behind a connection, as the HTTP server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The viewer's id: what moderation goes by.
    pub id: u128,
    /// The device behind it; not looked at here.
    pub device: u128,
    /// Bits that [`Hub::send_role`] matches.
    pub role: u32,
    /// A number of the caller's own, by which it knows the connection again; not looked at here.
    pub ticket: u64,
}

/// Something of the caller's that lives as long as a connection, such as a place that it takes. It is dropped when the
/// connection is gone or was not taken.
pub type Kept = Box<dyn Any + Send>;

/// What the caller does with what viewers say. Runs on the shard threads: it must not block.
///
/// A panic closes the connection that caused it and is counted.
pub trait Handler: Send + Sync + 'static {
    /// A connection was adopted. Live events begin at [`Hub::subscribe`].
    fn opened(&self, hub: &Hub, conn: ConnId, viewer: &Viewer) {
        let _ = (hub, conn, viewer);
    }
    /// A text message of at most [`crate::ws::MESSAGE_MAX_BYTES`].
    fn message(&self, hub: &Hub, conn: ConnId, viewer: &Viewer, text: &str);
    /// The connection is gone; exactly once for every `opened`.
    fn closed(&self, hub: &Hub, conn: ConnId, viewer: &Viewer) {
        let _ = (hub, conn, viewer);
    }
}

/// How a hub runs.
#[derive(Clone, Debug)]
pub struct HubConfig {
    /// Shard threads; 0: one for every two cores, at least one.
    pub shards: usize,
    /// The shell's clock.
    pub clock: Clock,
    /// Most connections; more are refused.
    pub max_connections: usize,
    /// Most channels; more are refused.
    pub max_channels: usize,
    /// Bounds of a viewer's queue.
    pub queue: QueueLimits,
    /// How long a connection may take until [`Hub::subscribe`]. With the time to say goodbye
    /// (2 s) and the tick (0.5 s) a half-open connection is gone within 10 s.
    pub hello_ms: i64,
    /// Silence after which a ping is sent.
    pub ping_ms: i64,
    /// Silence after which a connection is dropped.
    pub silence_ms: i64,
    /// How long a viewer may take nothing while something waits.
    pub stall_ms: i64,
    /// Text messages a second per connection.
    pub inbound_per_s: u32,
}

impl HubConfig {
    /// The defaults, with the shell's clock.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            shards: 0,
            clock,
            max_connections: 20_000,
            max_channels: 1_000,
            queue: QueueLimits::default(),
            hello_ms: 7_000,
            ping_ms: 30_000,
            silence_ms: 60_000,
            stall_ms: 15_000,
            inbound_per_s: 20,
        }
    }
}

/// Why a connection or channel is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// [`Hub::open_channel`] was not called for it, or it is closed.
    #[error("no such channel")]
    NoChannel,
    /// A limit of [`HubConfig`] is reached.
    #[error("too many connections or channels")]
    Full,
    /// [`Hub::shutdown`] was called.
    #[error("the room is shutting down")]
    Stopping,
}
