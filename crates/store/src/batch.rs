//! What goes in: batches and their rows. Pure data; the limits on it are checked once, when it is submitted.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use units::{DeviceId, Duration, MessageId, Money, OrderId, TextId, Timestamp, ViewerId};

use crate::StoreError;

/// The most bytes of one batch, bodies and texts counted. A larger one is refused as `Invalid`.
pub const MAX_BATCH_BYTES: usize = 4 << 20;
/// The most bytes of a stream's name, a table's name, a key or an index value.
pub const MAX_KEY_BYTES: usize = 512;
/// After so many failures an outbox row is parked: kept, never due again.
pub const OUTBOX_MAX_ATTEMPTS: u32 = 20;
const OUTBOX_FIRST_RETRY_S: i64 = 1;
const OUTBOX_LAST_RETRY_S: i64 = 3600;

/// The name of one stream of the log, such as `shop` or `show/evening`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(Arc<str>);

impl StreamId {
    /// A stream by its name: 1 to [`MAX_KEY_BYTES`] bytes, checked at submit.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl From<&str> for StreamId {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}
impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Everything that commits together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Entries for one stream of the log; they become one record of its chain.
    pub log: Option<Append>,
    /// Orders placed and changed.
    pub orders: Vec<OrderChange>,
    /// Stock opened and moved.
    pub stock: Vec<StockChange>,
    /// Erasable personal texts, put and erased.
    pub texts: Vec<TextChange>,
    /// Chat lines, said, deleted, erased, pruned.
    pub chat: Vec<ChatChange>,
    /// Effects to run after the commit, and their outcome.
    pub outbox: Vec<OutboxChange>,
    /// JSON documents: catalogue, accounts, settings.
    pub docs: Vec<DocChange>,
}

/// Entries for the end of one stream.
#[derive(Debug, Clone)]
pub struct Append {
    /// The stream; created by its first batch.
    pub stream: StreamId,
    /// The stream's last sequence number before this batch; 0 when it is new.
    pub expected_seq: u64,
    /// At least one entry; numbers go on from `expected_seq` without a gap.
    pub entries: Vec<EntryBytes>,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryBytes {
    /// Its number in the stream, from 1.
    pub seq: u64,
    /// When the shell stamped it.
    pub at: Timestamp,
    /// One JSON value. It holds no personal text (P-1); that is the caller's promise.
    pub body: Vec<u8>,
}

impl EntryBytes {
    /// An entry whose body is `value` as JSON.
    pub fn json(seq: u64, at: Timestamp, value: &impl Serialize) -> Result<Self, StoreError> {
        let body = serde_json::to_vec(value)
            .map_err(|e| StoreError::invalid(format!("entry {seq}: {e}")))?;
        Ok(Self { seq, at, body })
    }
}

/// An order as the table holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// Its id; unique.
    pub id: OrderId,
    /// The show's slug.
    pub show: String,
    /// The host's slug.
    pub host: String,
    /// The brand's slug.
    pub brand: String,
    /// The product.
    pub sku: String,
    /// The product's title when it was bought.
    pub title: String,
    /// At least 1.
    pub quantity: u32,
    /// The price that the buyer saw, for one.
    pub unit_price: Money,
    /// The domain's word: `reserved`, `paid`, ….
    pub status: String,
    /// The buyer's hash, in hex.
    pub buyer: String,
    /// The device that placed it.
    pub device: DeviceId,
    /// Where name and contact are, in the texts table.
    pub contact: Option<TextId>,
    /// The AirTime that the buyer was watching, in milliseconds.
    pub air_ms: i64,
    /// Hash of the idempotency key; unique in the show.
    pub key_hash: u128,
    /// When it was placed.
    pub created_at: Timestamp,
    /// When its status last changed.
    pub updated_at: Timestamp,
    /// When an unpaid reservation ends.
    pub expires_at: Option<Timestamp>,
}

/// What happens to an order.
#[derive(Debug, Clone)]
pub enum OrderChange {
    /// A new one. `Constraint` when its id, or its key in the show, is taken.
    Insert(Box<OrderRow>),
    /// Another status. `Constraint` when there is no such order.
    Status {
        /// Which.
        id: OrderId,
        /// The new status.
        status: String,
        /// When.
        updated_at: Timestamp,
        /// When it now expires, if it does.
        expires_at: Option<Timestamp>,
    },
}

/// The stock of one product. Always `reserved >= 0`, `sold >= 0`, `reserved + sold <= stock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockRow {
    /// The product.
    pub sku: String,
    /// Pieces there ever were to sell.
    pub stock: i64,
    /// Pieces held by unpaid orders.
    pub reserved: i64,
    /// Pieces paid for.
    pub sold: i64,
}

/// What happens to the stock of one product. Changes of one product in one batch are summed before the rule is checked.
#[derive(Debug, Clone)]
pub enum StockChange {
    /// The opening stock. `Constraint` when the product has one already.
    Open {
        /// The product.
        sku: String,
        /// Pieces.
        stock: i64,
    },
    /// Adds to each number. `Constraint` when the product has no stock row or the rule would break.
    Add {
        /// The product.
        sku: String,
        /// Delivered (or lost, when negative).
        stock: i64,
        /// Reserved (or released).
        reserved: i64,
        /// Sold (or returned).
        sold: i64,
    },
}

/// A personal text that can be erased. The log holds only a salted commitment to it.
#[derive(Clone, PartialEq, Eq)]
pub struct TextRow {
    /// Its id.
    pub id: TextId,
    /// What it is: `contact`, `reason`, `sentence`, ….
    pub kind: String,
    /// The text itself.
    pub text: String,
    /// Random bytes, minted by the shell; erased with the text.
    pub salt: [u8; 32],
    /// When it was written.
    pub at: Timestamp,
}

impl fmt::Debug for TextRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextRow({:?}, {}, redacted)", self.id, self.kind)
    }
}

/// What happens to a personal text.
#[derive(Debug, Clone)]
pub enum TextChange {
    /// A new one. `Constraint` when the id is taken.
    Put(TextRow),
    /// Removes text and salt; nothing happens when it is gone already.
    Erase(TextId),
    /// Removes at most [`crate::MAX_PAGE`] texts of one kind written before a moment, the oldest first.
    Prune {
        /// The kind.
        kind: String,
        /// Texts at or after this moment stay.
        before: Timestamp,
    },
}

/// One chat line.
#[derive(Clone, PartialEq, Eq)]
pub struct ChatRow {
    /// The show's slug.
    pub show: String,
    /// Its id; unique.
    pub id: MessageId,
    /// When it was said.
    pub at: Timestamp,
    /// Who said it, as the room names them.
    pub viewer: ViewerId,
    /// Their nickname then.
    pub nick: String,
    /// What they said.
    pub text: String,
}

impl fmt::Debug for ChatRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChatRow({:?}, redacted)", self.id)
    }
}

/// What happens to chat lines.
#[derive(Debug, Clone)]
pub enum ChatChange {
    /// A new line. `Constraint` when the id is taken.
    Insert(ChatRow),
    /// Removes one line; nothing happens when it is gone already.
    Delete(MessageId),
    /// Removes all lines of one viewer.
    EraseViewer(ViewerId),
    /// Removes at most [`crate::MAX_PAGE`] lines said before a moment, the oldest first.
    Prune {
        /// Lines at or after this moment stay.
        before: Timestamp,
    },
}

/// The key of an effect: the entry that decided it, and its place there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutboxKey {
    /// The stream.
    pub stream: StreamId,
    /// The entry.
    pub seq: u64,
    /// The effect's number within the entry.
    pub n: u32,
}

/// An effect that waits to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its key; unique.
    pub key: OutboxKey,
    /// What runs it.
    pub kind: String,
    /// One JSON value, without personal text.
    pub body: Vec<u8>,
    /// Not before this; `None` when it is parked.
    pub due_at: Option<Timestamp>,
    /// How often it has failed.
    pub attempts: u32,
}

/// What happens to an effect.
#[derive(Debug, Clone)]
pub enum OutboxChange {
    /// A new one. `Constraint` when the key is taken.
    Put(OutboxRow),
    /// It ran; nothing happens when it is gone already.
    Ack(OutboxKey),
    /// It failed: due again after [`outbox_backoff`], or parked after [`OUTBOX_MAX_ATTEMPTS`].
    Fail {
        /// Which.
        key: OutboxKey,
        /// When it failed.
        at: Timestamp,
    },
}

/// How long an effect waits after its `attempts`-th failure: doubling from one second to one hour.
#[must_use]
pub fn outbox_backoff(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(30);
    Duration::from_s((OUTBOX_FIRST_RETRY_S << doublings).min(OUTBOX_LAST_RETRY_S))
}

/// What a document change expects to find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Anything: the last writer wins.
    Any,
    /// No document.
    Absent,
    /// Exactly this version.
    Version(u64),
}

/// A new or changed or removed document.
#[derive(Debug, Clone)]
pub struct DocChange {
    /// The table.
    pub table: Cow<'static, str>,
    /// The key in the table.
    pub key: String,
    /// What must be there; else `Conflict`.
    pub expect: Expect,
    /// The new document, or `None` to remove it.
    pub write: Option<DocWrite>,
}

/// What a document becomes.
#[derive(Debug, Clone)]
pub struct DocWrite {
    /// One JSON value.
    pub body: Vec<u8>,
    /// By what else it can be found; replaces what was there.
    pub index: Vec<IndexEntry>,
}

/// A second way to find a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexEntry {
    /// The index's name within the table.
    pub name: Cow<'static, str>,
    /// The value.
    pub value: String,
    /// Whether no other document of the table may have this value; else `Constraint`.
    pub unique: bool,
}

impl Batch {
    /// A batch that only appends to the log.
    #[must_use]
    pub fn append(
        stream: impl Into<StreamId>,
        expected_seq: u64,
        entries: Vec<EntryBytes>,
    ) -> Self {
        let log = Some(Append { stream: stream.into(), expected_seq, entries });
        Self { log, ..Self::default() }
    }
}

impl From<DocChange> for Batch {
    fn from(change: DocChange) -> Self {
        Self { docs: vec![change], ..Self::default() }
    }
}
