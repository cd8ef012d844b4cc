//! The seam: what any store can do, and the shapes of what it gives back.

use std::ops::ControlFlow;

use units::{DeviceId, MessageId, OrderId, TextId, Timestamp};

use crate::batch::{Batch, ChatRow, OrderRow, OutboxRow, StockRow, StreamId, TextRow};
use crate::{Health, Record, StoreError, Ticket};

/// The most rows that one read gives; a larger limit is lowered to it.
pub const MAX_PAGE: usize = 1000;

/// A document with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// Its key in the table.
    pub key: String,
    /// 1 for a new document, one more with each change.
    pub version: u64,
    /// One JSON value.
    pub body: Vec<u8>,
}

/// An order and its place in the order of placing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrder {
    /// Grows with every order placed in this store; a cursor for paging.
    pub n: u64,
    /// The order.
    pub row: OrderRow,
}

/// Which orders. All filters that are set must match.
#[derive(Debug, Clone, Default)]
pub struct OrderQuery {
    /// Orders of one show.
    pub show: Option<String>,
    /// Orders in one state.
    pub status: Option<String>,
    /// Orders of one brand.
    pub brand: Option<String>,
    /// Orders placed by one device.
    pub device: Option<DeviceId>,
    /// Goes on after this cursor, which is [`OrderPage::next`] of the page before.
    pub after: Option<u64>,
    /// The latest first, else the earliest.
    pub newest_first: bool,
    /// Rows on a page; 0 and anything above [`MAX_PAGE`] mean [`MAX_PAGE`].
    pub limit: usize,
}

/// One page of orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderPage {
    /// The orders.
    pub rows: Vec<StoredOrder>,
    /// Where the next page goes on; `None` on the last one.
    pub next: Option<u64>,
}

/// A chat line and its place in the order of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatLine {
    /// Grows with every line in this store; a cursor for paging.
    pub n: u64,
    /// The line.
    pub row: ChatRow,
}

/// What the store has done so far, for `/metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Batches that wait.
    pub queued: u64,
    /// Their bytes.
    pub queued_bytes: u64,
    /// Batches refused because the queue was full.
    pub busy: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Batches committed.
    pub batches: u64,
    /// Batches refused for their own fault.
    pub refused: u64,
    /// Batches lost to an outage.
    pub lost: u64,
    /// How long the last commit took, from the first statement to the sync, in microseconds.
    pub last_commit_us: u64,
}

/// Reads. Each sees all that was committed when it began. None waits for the writer; all may block on the disk.
pub trait Reader: Send + Sync {
    /// Records of a stream from the one that holds `from_seq`, at most `limit` of them and [`MAX_PAGE`]. Empty past
    /// the end.
    fn read_log(
        &self,
        stream: &StreamId,
        from_seq: u64,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError>;
    /// The last sequence number and hash of a stream; `None` when it does not exist.
    fn head(&self, stream: &StreamId) -> Result<Option<(u64, [u8; 32])>, StoreError>;
    /// All streams by name.
    fn streams(&self) -> Result<Vec<StreamId>, StoreError>;

    /// One document.
    fn doc(&self, table: &str, key: &str) -> Result<Option<Doc>, StoreError>;
    /// Documents whose key starts with `prefix`, by key, after the key `after`, at most `limit`.
    fn docs(
        &self,
        table: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Doc>, StoreError>;
    /// Documents that carry an index entry, by key, after the key `after`, at most `limit`.
    fn docs_by(
        &self,
        table: &str,
        index: &str,
        value: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Doc>, StoreError>;

    /// One order.
    fn order(&self, id: OrderId) -> Result<Option<StoredOrder>, StoreError>;
    /// The order that used an idempotency key in a show.
    fn order_by_key(&self, show: &str, key_hash: u128) -> Result<Option<StoredOrder>, StoreError>;
    /// A page of orders in the order they were placed.
    fn orders(&self, query: &OrderQuery) -> Result<OrderPage, StoreError>;
    /// The stock of one product.
    fn stock(&self, sku: &str) -> Result<Option<StockRow>, StoreError>;
    /// Stock by product, after the product `after`, at most `limit`.
    fn stocks(&self, after: Option<&str>, limit: usize) -> Result<Vec<StockRow>, StoreError>;

    /// One text; `None` when it was erased.
    fn text(&self, id: TextId) -> Result<Option<TextRow>, StoreError>;
    /// Lines of a show's chat in the order they were written, after the cursor, at most `limit`.
    fn chat(&self, show: &str, after: u64, limit: usize) -> Result<Vec<ChatLine>, StoreError>;

    /// One line of chat; none once it is deleted, erased or pruned.
    fn chat_line(&self, id: MessageId) -> Result<Option<ChatLine>, StoreError>;

    /// Effects that are due, the longest due first, at most `limit`.
    fn outbox_due(&self, now: Timestamp, limit: usize) -> Result<Vec<OutboxRow>, StoreError>;
    /// When the next effect is due.
    fn outbox_next(&self) -> Result<Option<Timestamp>, StoreError>;
    /// Effects that failed too often, by key, at most `limit`.
    fn outbox_parked(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreError>;
}

/// A store that takes writes.
pub trait Store: Reader {
    /// Queues a batch and answers at once. Batches commit in the order they were submitted; a batch that fails for its
    /// own fault takes no other with it, except those of its stream that expected it to commit.
    fn submit(&self, batch: Batch) -> Ticket;
    /// How the store feels.
    fn health(&self) -> Health;
    /// Counters.
    fn stats(&self) -> Stats;
}

/// Gives every order that matches to `each`, page by page, so that no long read holds up the writer's checkpoints.
/// Orders placed meanwhile may or may not be seen; none is seen twice.
pub fn each_order(
    store: &dyn Reader,
    query: &OrderQuery,
    each: &mut dyn FnMut(&StoredOrder) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let mut query = query.clone();
    loop {
        let page = store.orders(&query)?;
        for order in &page.rows {
            if each(order).is_break() {
                return Ok(());
            }
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(()),
        }
    }
}

/// A page's size within the limits.
pub(crate) fn page_size(limit: usize) -> usize {
    if limit == 0 { MAX_PAGE } else { limit.min(MAX_PAGE) }
}
