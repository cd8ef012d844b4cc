//! What the fan-out counts: plain atomics, read by whoever renders `/metrics`.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The peer closed, or its connection broke.
    Peer,
    /// The peer broke RFC 6455, sent binary, bad UTF-8 or too long a message.
    Protocol,
    /// No hello in time.
    HelloTimeout,
    /// No answer to pings.
    PingTimeout,
    /// Nothing could be written for too long.
    Stalled,
    /// So far behind that not even state fitted in its queue.
    Overflow,
    /// More messages or frames a second than allowed.
    Flood,
    /// Purged words sat in its TLS buffer, where nothing can be taken back.
    Purge,
    /// The caller asked for it.
    Kicked,
    /// The handler panicked.
    HandlerFailed,
    /// The thread that served it panicked.
    ShardFailed,
    /// The channel closed or the hub stopped.
    Shutdown,
}

impl Cause {
    /// Every cause, in the order of [`Counters::closed`].
    pub const ALL: [Self; 12] = [
        Self::Peer,
        Self::Protocol,
        Self::HelloTimeout,
        Self::PingTimeout,
        Self::Stalled,
        Self::Overflow,
        Self::Flood,
        Self::Purge,
        Self::Kicked,
        Self::HandlerFailed,
        Self::ShardFailed,
        Self::Shutdown,
    ];

    /// A label for metrics.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Protocol => "protocol",
            Self::HelloTimeout => "hello_timeout",
            Self::PingTimeout => "ping_timeout",
            Self::Stalled => "stalled",
            Self::Overflow => "overflow",
            Self::Flood => "flood",
            Self::Purge => "purge",
            Self::Kicked => "kicked",
            Self::HandlerFailed => "handler_failed",
            Self::ShardFailed => "shard_failed",
            Self::Shutdown => "shutdown",
        }
    }
}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counters since start; `connections` is a gauge. Read with [`Counters::get`].
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: AtomicU64,)*
            /// Connections ended, by [`Cause`] in the order of [`Cause::ALL`].
            pub closed: [AtomicU64; Cause::ALL.len()],
        }

        /// What one shard counted since it last told.
        #[derive(Debug, Default)]
        pub(crate) struct Tally { $(pub(crate) $name: u64,)* }

        impl Tally {
            /// Adds everything to `counters` and starts again at zero.
            pub(crate) fn tell(&mut self, counters: &Counters) {
                $(if self.$name > 0 {
                    counters.$name.fetch_add(self.$name, Ordering::Relaxed);
                })*
                *self = Self::default();
            }
        }
    };
}

counters! {
    /// Connections open now.
    connections,
    /// Connections taken over from the HTTP server.
    adopted,
    /// Connections refused because a limit was reached.
    refused,
    /// Events given a number.
    published,
    /// Chat left out of a flood before it was encoded.
    sampled,
    /// Events refused because their author is muted.
    muted,
    /// Batches sealed: one per window and channel.
    batches,
    /// Frames handed whole to the kernel or the TLS session, summed over viewers.
    delivered,
    /// Writes to sockets.
    sends,
    /// Payload bytes written (before TLS).
    bytes,
    /// Chat dropped for viewers who are behind.
    dropped_chat,
    /// Values replaced by a newer one of their key before a viewer who is behind got them.
    superseded,
    /// Frames taken out of viewers' queues by a purge.
    purged,
    /// Events lost in a channel because shards could not keep up.
    shed,
    /// Frames to single viewers lost because a shard's inbox was full.
    inbox_full,
    /// Frames about to be written although a purge had promised otherwise: C-1 is broken unless 0.
    c1_violations,
    /// Text messages received.
    received,
    /// Panics of the threads that own the sockets.
    shard_panics,
    /// Such threads that could not go on: their share of the viewers is not served.
    shards_dead,
}

impl Counters {
    /// One counter's value.
    #[must_use]
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }

    /// How many connections ended for `cause`.
    #[must_use]
    pub fn closed(&self, cause: Cause) -> u64 {
        Self::get(&self.closed[cause as usize])
    }

    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}
