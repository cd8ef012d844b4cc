//! Rows to test with. Numbers make them distinct, everything else is the same.

use serde_json::json;
use units::{Currency, DeviceId, MessageId, Money, OrderId, TextId, Timestamp, ViewerId};

use crate::{
    Batch, ChatRow, EntryBytes, OrderChange, OrderRow, OutboxKey, OutboxRow, StockChange, TextRow,
};

/// The one product.
pub const SKU: &str = "LIP-01";
/// The one show.
pub const SHOW: &str = "evening";

/// `n` milliseconds into the test.
#[must_use]
pub fn at(n: u64) -> Timestamp {
    Timestamp::from_ms(1_790_000_000_000 + n as i64)
}

/// Entries that follow `after`.
#[must_use]
pub fn entries(after: u64, count: u64) -> Vec<EntryBytes> {
    let entry = |seq| EntryBytes::json(seq, at(seq), &json!({"input": {"n": seq}, "events": []}));
    (after + 1..=after + count).map(|seq| entry(seq).expect("JSON")).collect()
}

/// An order.
#[must_use]
pub fn order(n: u64) -> OrderRow {
    let currency: Currency = "CNY".parse().expect("a currency");
    OrderRow {
        id: OrderId::from_u128(1 << 100 | u128::from(n)),
        show: SHOW.into(),
        host: "anna".into(),
        brand: "rouge".into(),
        sku: SKU.into(),
        title: "Lipstick No. 1".into(),
        quantity: 1,
        unit_price: Money { minor: 7900, currency },
        status: "reserved".into(),
        buyer: format!("{n:032x}"),
        device: DeviceId::from_u128(u128::from(n % 3)),
        contact: Some(TextId::from_u128(u128::from(n))),
        air_ms: n as i64,
        key_hash: u128::from(n),
        created_at: at(n),
        updated_at: at(n),
        expires_at: Some(at(n + 1_800_000)),
    }
}

/// A new order as a change.
#[must_use]
pub fn insert(row: OrderRow) -> OrderChange {
    OrderChange::Insert(Box::new(row))
}

/// So many pieces more in orders.
#[must_use]
pub fn reserve(pieces: i64) -> StockChange {
    StockChange::Add { sku: SKU.into(), stock: 0, reserved: pieces, sold: 0 }
}

/// The opening stock.
#[must_use]
pub fn open(pieces: i64) -> Batch {
    let stock = vec![StockChange::Open { sku: SKU.into(), stock: pieces }];
    Batch { stock, ..Batch::default() }
}

/// All that one order of one piece commits: entry, order, stock, contact, effect.
#[must_use]
pub fn purchase(stream: &str, after: u64, n: u64) -> Batch {
    Batch {
        orders: vec![insert(order(n))],
        stock: vec![reserve(1)],
        texts: vec![crate::TextChange::Put(text(n))],
        outbox: vec![crate::OutboxChange::Put(effect(stream, after + 1, at(n)))],
        ..Batch::append(stream, after, entries(after, 1))
    }
}

/// A contact.
#[must_use]
pub fn text(n: u64) -> TextRow {
    TextRow {
        id: TextId::from_u128(u128::from(n)),
        kind: "contact".into(),
        text: format!("Buyer number {n}"),
        salt: [n as u8; 32],
        at: at(n),
    }
}

/// A chat line of viewer `viewer`.
#[must_use]
pub fn line(n: u64, viewer: u128) -> ChatRow {
    ChatRow {
        show: SHOW.into(),
        id: MessageId::from_u128(u128::from(n)),
        at: at(n),
        viewer: ViewerId::from_u128(viewer),
        nick: format!("nick {viewer}"),
        text: format!("line {n}"),
    }
}

/// An effect.
#[must_use]
pub fn effect(stream: &str, seq: u64, due: Timestamp) -> OutboxRow {
    OutboxRow {
        key: OutboxKey { stream: stream.into(), seq, n: 0 },
        kind: "payment".into(),
        body: b"{\"order\":1}".to_vec(),
        due_at: Some(due),
        attempts: 0,
    }
}
