//! A shard's letterbox: the inbox that others push into, the gate that purges pass, the waker.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use mio::{Poll, Token, Waker};

use crate::cell::{Cell, lock};
use crate::config::{ChannelId, ConnId, Kept, Viewer};
use crate::conn::Socket;
use crate::event::{Batch, Frame, Purge};
use crate::ws::CloseCode;

/// The waker's token; no connection has it.
pub(crate) const WAKE: Token = Token(usize::MAX);
/// Commands waiting at a shard above which channels hold their windows open.
const CONGESTED_AT: usize = 256;
/// Commands waiting at a shard above which frames to single viewers are dropped. Everything else
/// that is pushed is bounded by connections, channels or [`CONGESTED_AT`].
const INBOX_MAX: usize = 65_536;

#[derive(Debug)]
pub(crate) enum Cmd {
    Adopt {
        socket: Socket,
        already_read: Bytes,
        cell: Arc<Cell>,
        viewer: Viewer,
        kept: Kept,
    },
    /// `first` is the welcome and what was missed.
    Subscribe {
        conn: ConnId,
        cell: Arc<Cell>,
        first: Arc<Batch>,
    },
    Batch {
        channel: ChannelId,
        batch: Arc<Batch>,
    },
    Send {
        conn: ConnId,
        frame: Arc<Frame>,
    },
    SendRole {
        channel: ChannelId,
        role_mask: u32,
        frame: Arc<Frame>,
    },
    SetRole {
        conn: ConnId,
        role: u32,
    },
    Disconnect {
        conn: ConnId,
        code: CloseCode,
        reason: String,
    },
    DisconnectViewer {
        channel: ChannelId,
        viewer: u128,
        code: CloseCode,
        reason: String,
    },
    CloseChannel {
        channel: ChannelId,
        code: CloseCode,
        reason: String,
    },
    Timer {
        at_us: i64,
        cell: Arc<Cell>,
    },
    Stop,
}

impl Cmd {
    /// Takes purged frames out of a command that waits; false when nothing of it is left.
    pub(crate) fn purge(&mut self, channel: ChannelId, purge: &Purge) -> bool {
        match self {
            Self::Batch { channel: own, batch } if *own == channel => {
                *batch = Arc::clone(batch).without(purge);
                !batch.frames.is_empty()
            }
            Self::Subscribe { conn, first, .. } if conn.channel == channel => {
                *first = Arc::clone(first).without(purge);
                true
            }
            Self::Send { conn, frame } => conn.channel != channel || !purge.hits(frame),
            Self::SendRole { channel: own, frame, .. } => *own != channel || !purge.hits(frame),
            _ => true,
        }
    }
}

/// Purges that the shard has not applied, by channel.
pub(crate) type Purges = Vec<(ChannelId, Purge)>;

#[derive(Debug)]
pub(crate) struct Port {
    inbox: Mutex<Vec<Cmd>>,
    /// Commands pushed and not yet carried out.
    backlog: AtomicUsize,
    asleep: AtomicBool,
    waker: Waker,
    /// Held by the shard while it writes frames; see [`Port::purge_writes`].
    gate: Mutex<Purges>,
    gate_waiting: AtomicUsize,
    busy_permille: AtomicU32,
}

impl Port {
    pub(crate) fn new() -> io::Result<(Self, Poll)> {
        let poll = Poll::new()?;
        let port = Self {
            inbox: Mutex::default(),
            backlog: AtomicUsize::new(0),
            asleep: AtomicBool::new(false),
            waker: Waker::new(poll.registry(), WAKE)?,
            gate: Mutex::default(),
            gate_waiting: AtomicUsize::new(0),
            busy_permille: AtomicU32::new(0),
        };
        Ok((port, poll))
    }

    pub(crate) fn push(&self, cmd: Cmd) {
        self.backlog.fetch_add(1, Ordering::Relaxed);
        lock(&self.inbox).push(cmd);
        if self.asleep.swap(false, Ordering::SeqCst) {
            // Fails only when the shard is gone, and then nobody is left to hear.
            let _ = self.waker.wake();
        }
    }

    /// [`Self::push`] unless the inbox is full.
    pub(crate) fn push_bounded(&self, cmd: Cmd) -> bool {
        let room = self.backlog.load(Ordering::Relaxed) < INBOX_MAX;
        if room {
            self.push(cmd);
        }
        room
    }

    /// Moves what has come in to the back of `taken`.
    pub(crate) fn take(&self, taken: &mut std::collections::VecDeque<Cmd>) {
        taken.extend(lock(&self.inbox).drain(..));
    }

    /// A taken command is carried out.
    pub(crate) fn done(&self) {
        self.backlog.fetch_sub(1, Ordering::Relaxed);
    }

    /// Announces sleep; false when something has come in meanwhile.
    pub(crate) fn may_sleep(&self) -> bool {
        self.asleep.store(true, Ordering::SeqCst);
        let empty = lock(&self.inbox).is_empty();
        if !empty {
            self.awake();
        }
        empty
    }

    pub(crate) fn awake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_congested(&self) -> bool {
        self.backlog.load(Ordering::Relaxed) >= CONGESTED_AT
    }

    pub(crate) fn busy_permille(&self) -> u32 {
        self.busy_permille.load(Ordering::Relaxed)
    }

    pub(crate) fn set_busy_permille(&self, permille: u32) {
        self.busy_permille.store(permille, Ordering::Relaxed);
    }

    /// First half of a purge, under the channel's lock: what the shard has not taken yet.
    pub(crate) fn purge_inbox(&self, channel: ChannelId, purge: &Purge) {
        let mut inbox = lock(&self.inbox);
        let before = inbox.len();
        inbox.retain_mut(|cmd| cmd.purge(channel, purge));
        self.backlog.fetch_sub(before - inbox.len(), Ordering::Relaxed);
    }

    /// Second half: waits for writes that are under way; the shard applies the purge to all that
    /// it holds before it writes again. So once this returns, nothing purged begins to leave.
    pub(crate) fn purge_writes(&self, channel: ChannelId, purge: &Purge) {
        self.gate_waiting.fetch_add(1, Ordering::SeqCst);
        let mut gate = lock(&self.gate);
        self.gate_waiting.fetch_sub(1, Ordering::SeqCst);
        gate.push((channel, purge.clone()));
    }

    /// For the shard, around a few writes. Lets waiting purges go first: a mutex alone would let a
    /// busy shard take the gate again and again before them.
    pub(crate) fn gate(&self) -> MutexGuard<'_, Purges> {
        while self.gate_waiting.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
        lock(&self.gate)
    }
}

#[cfg(test)]
mod tests;
