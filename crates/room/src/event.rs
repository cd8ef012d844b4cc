//! What goes through a room: events as the caller states them, and the frames that viewers share.
//!
//! A frame is encoded once and only its reference is handed around. It carries what the drop
//! policy and a purge need (kind, key, author, id), because nobody looks into the bytes again.

use std::sync::Arc;

use bytes::Bytes;

use crate::ws;

/// Longest body of one event in bytes.
pub const BODY_MAX_BYTES: usize = 16 * 1024;

/// How an event is treated when room is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Talk: sampled in a flood, dropped first for a slow viewer.
    Chat,
    /// State of the room: waits for the window, never dropped silently.
    State,
    /// Price, stock, sold-out: flushes the window at once, never dropped silently.
    Urgent,
}

/// One event as the caller states it.
#[derive(Clone, Debug)]
pub struct Event {
    /// How it is treated when room is short.
    pub kind: Kind,
    /// Whose words these are; [`crate::Hub::purge`] goes by it.
    pub author: Option<u128>,
    /// The message's id; [`crate::Hub::delete`] goes by it.
    pub id: Option<u128>,
    /// Only the latest event of a key matters: a newer one replaces it wherever it still waits.
    pub key: Option<Arc<str>>,
    /// A JSON object of at most [`BODY_MAX_BYTES`], without `seq` and `epoch`, which are put in
    /// front when the event is sequenced.
    pub body: String,
}

impl Event {
    /// A chat message of `author`.
    #[must_use]
    pub fn chat(author: u128, id: u128, body: impl Into<String>) -> Self {
        Self { kind: Kind::Chat, author: Some(author), id: Some(id), key: None, body: body.into() }
    }

    /// A change of the room's state.
    #[must_use]
    pub fn state(body: impl Into<String>) -> Self {
        Self { kind: Kind::State, author: None, id: None, key: None, body: body.into() }
    }

    /// A change that viewers must see at once.
    #[must_use]
    pub fn urgent(body: impl Into<String>) -> Self {
        Self { kind: Kind::Urgent, author: None, id: None, key: None, body: body.into() }
    }

    /// The same event, replaceable by a later one with the same key, such as `stock:LIP-01`.
    #[must_use]
    pub fn keyed(mut self, key: impl Into<Arc<str>>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// True when the body looks like a JSON object within the limit.
    #[must_use]
    pub(crate) fn well_formed(&self) -> bool {
        self.body.len() <= BODY_MAX_BYTES && self.body.starts_with('{') && self.body.ends_with('}')
    }
}

/// One encoded WebSocket frame, shared by all who get it.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The event's number, or the channel's last number when an unsequenced frame was made.
    pub(crate) seq: u64,
    pub(crate) kind: Kind,
    pub(crate) author: Option<u128>,
    pub(crate) id: Option<u128>,
    pub(crate) key: Option<Arc<str>>,
    pub(crate) bytes: Bytes,
}

impl Frame {
    /// Encodes `event` as number `seq` of `epoch`.
    pub(crate) fn sequenced(event: &Event, epoch: u64, seq: u64) -> Arc<Self> {
        let head = format!("{{\"seq\":{seq},\"epoch\":{epoch}");
        let rest = &event.body[1..];
        let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
        let bytes = ws::text(&[head.as_bytes(), comma.as_bytes(), rest.as_bytes()]);
        Arc::new(Self::with_bytes(event, seq, bytes))
    }

    /// Encodes `event` as it is; `as_of` orders it against purges.
    pub(crate) fn plain(event: &Event, as_of: u64) -> Arc<Self> {
        Arc::new(Self::with_bytes(event, as_of, ws::text(&[event.body.as_bytes()])))
    }

    /// A control frame. It has a key so that a viewer who reads nothing holds at most one.
    pub(crate) fn control(key: &'static str, bytes: Bytes) -> Arc<Self> {
        let key = Some(Arc::from(key));
        Arc::new(Self { seq: 0, kind: Kind::State, author: None, id: None, key, bytes })
    }

    fn with_bytes(event: &Event, seq: u64, bytes: Bytes) -> Self {
        let Event { kind, author, id, key, .. } = event;
        Self { seq, kind: *kind, author: *author, id: *id, key: key.clone(), bytes }
    }
}

/// Frames that leave together: one buffer, built once per channel, so that a viewer in step costs
/// one `send`.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) frames: Vec<Arc<Frame>>,
    pub(crate) bytes: Bytes,
}

impl Batch {
    pub(crate) fn new(frames: Vec<Arc<Frame>>) -> Arc<Self> {
        let bytes = match frames.as_slice() {
            [one] => one.bytes.clone(),
            many => {
                let len = many.iter().map(|frame| frame.bytes.len()).sum();
                let mut all = Vec::with_capacity(len);
                for frame in many {
                    all.extend_from_slice(&frame.bytes);
                }
                Bytes::from(all)
            }
        };
        Arc::new(Self { frames, bytes })
    }

    /// The batch without what the purge removes; itself when it removes nothing.
    pub(crate) fn without(self: Arc<Self>, purge: &Purge) -> Arc<Self> {
        if !self.frames.iter().any(|frame| purge.hits(frame)) {
            return self;
        }
        Self::new(self.frames.iter().filter(|frame| !purge.hits(frame)).cloned().collect())
    }
}

/// What must not be delivered any more.
#[derive(Clone, Debug)]
pub(crate) struct Purge {
    pub(crate) what: What,
    /// Only frames up to this number: what the author says after being let back in is delivered.
    pub(crate) upto_seq: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Author(u128),
    Ids(Arc<[u128]>),
}

impl Purge {
    pub(crate) fn hits(&self, frame: &Frame) -> bool {
        frame.seq <= self.upto_seq
            && match &self.what {
                What::Author(author) => frame.author == Some(*author),
                What::Ids(ids) => frame.id.is_some_and(|id| ids.contains(&id)),
            }
    }
}
