//! Batches, the log and its chain.

use std::sync::mpsc;

use super::sample::{self, SHOW, SKU, entries};
use crate::{
    Batch, EntryBytes, Expect, OutboxChange, Store, StoreError, StreamId, Table, Verified, verify,
};

pub(super) fn whole_or_nothing(store: &dyn Store) {
    store.submit(sample::open(1)).wait().expect("stock opens");
    store.submit(sample::purchase("shop", 0, 1)).wait().expect("the first order commits");
    // Everything of this batch is fine but the stock.
    let mut batch = sample::purchase("shop", 1, 2);
    let note = Table::<u32>::new("notes").change("n", &7, Expect::Absent).expect("JSON");
    batch.docs.push(note);
    let answer = store.submit(batch).wait();
    assert!(matches!(answer, Err(StoreError::Constraint { .. })), "{answer:?}");

    assert_eq!(store.head(&"shop".into()).expect("reads").map(|(seq, _)| seq), Some(1));
    assert_eq!(store.order(sample::order(2).id), Ok(None));
    assert_eq!(store.order_by_key(SHOW, 2), Ok(None));
    assert_eq!(store.text(sample::text(2).id), Ok(None));
    assert_eq!(store.doc("notes", "n"), Ok(None));
    assert_eq!(store.outbox_due(sample::at(100), 10).expect("reads").len(), 1);
    let stock = store.stock(SKU).expect("reads").expect("is there");
    assert_eq!((stock.stock, stock.reserved, stock.sold), (1, 1, 0));
}

pub(super) fn sequence(store: &dyn Store) {
    let append = |stream: &str, expected, count| {
        store.submit(Batch::append(stream, expected, entries(expected, count))).wait()
    };
    let wrong = |expected, found| Err(StoreError::WrongSeq { stream: "a".into(), expected, found });
    assert_eq!(append("a", 1, 1), wrong(1, 0));
    assert_eq!(append("a", 0, 3).map(|c| c.last_seq), Ok(3));
    assert_eq!(append("a", 0, 1), wrong(0, 3));
    assert_eq!(append("a", 2, 1), wrong(2, 3));
    assert_eq!(append("a", 4, 1), wrong(4, 3));
    assert_eq!(append("b", 0, 1).map(|c| c.last_seq), Ok(1));
    let last = append("a", 3, 2).expect("commits");
    assert_eq!(store.head(&"a".into()), Ok(Some((5, last.hash))));
    assert_eq!(store.head(&"c".into()), Ok(None));
    assert_eq!(store.streams(), Ok(vec![StreamId::new("a"), StreamId::new("b")]));
    let nothing = store.submit(Batch::default()).wait().expect("an empty batch is fine");
    assert_eq!(nothing.last_seq, 0);
}

pub(super) fn ranges(store: &dyn Store) {
    for (after, count) in [(0, 3), (3, 1), (4, 5)] {
        store.submit(Batch::append("a", after, entries(after, count))).wait().expect("commits");
    }
    let read = |from, limit| -> Vec<(u64, u64)> {
        let records = store.read_log(&"a".into(), from, limit).expect("reads");
        records.iter().map(|r| (r.first_seq, r.last_seq)).collect()
    };
    assert_eq!(read(0, 10), [(1, 3), (4, 4), (5, 9)]);
    assert_eq!(read(3, 1), [(1, 3)]);
    assert_eq!(read(4, 10), [(4, 4), (5, 9)]);
    assert_eq!(read(9, 10), [(5, 9)]);
    assert_eq!(read(10, 10), []);
    let records = store.read_log(&"a".into(), 1, 10).expect("reads");
    let all: Vec<EntryBytes> =
        records.iter().flat_map(|record| record.entries().expect("JSON")).collect();
    assert_eq!(all, entries(0, 9));
    assert_eq!(records.last().map(|record| record.at), Some(sample::at(9)));
}

pub(super) fn chain(store: &dyn Store) {
    let stream = StreamId::new("show/evening");
    let empty = Verified { records: 0, last_seq: 0, last_hash: [0; 32] };
    assert_eq!(verify(store, &stream), Ok(empty));
    let mut last = Ok(crate::Committed::default());
    for n in 0..300 {
        last = store.submit(Batch::append("show/evening", n * 2, entries(n * 2, 2))).wait();
    }
    let last = last.expect("commits");
    let whole = Verified { records: 300, last_seq: 600, last_hash: last.hash };
    assert_eq!(verify(store, &stream), Ok(whole));
}

pub(super) fn neighbours(store: &dyn Store) {
    store.submit(sample::open(4)).wait().expect("opens");
    // All of them are queued before the first is answered, so that they may share a transaction.
    let tickets: Vec<_> = (0..8u64)
        .map(|n| {
            let mut batch = sample::purchase(&format!("shop-{n}"), 0, n);
            if n == 3 {
                batch.orders.push(sample::insert(sample::order(2)));
            }
            store.submit(batch)
        })
        .collect();
    // A stream whose second batch counts on the first.
    let first = Batch { stock: vec![sample::reserve(99)], ..Batch::append("x", 0, entries(0, 1)) };
    let first = store.submit(first);
    let second = store.submit(Batch::append("x", 1, entries(1, 1)));
    let answers: Vec<_> = tickets.into_iter().map(|ticket| ticket.wait().is_ok()).collect();
    assert_eq!(answers, [true, true, true, false, true, false, false, false]);
    assert!(matches!(first.wait(), Err(StoreError::Constraint { .. })));
    assert!(matches!(second.wait(), Err(StoreError::WrongSeq { found: 0, .. })));
    assert_eq!(store.streams().expect("reads").len(), 4);
    assert_eq!(store.stock(SKU).expect("reads").map(|row| row.reserved), Some(4));
    // The refused streams start from the beginning.
    store.submit(Batch::append("shop-3", 0, entries(0, 1))).wait().expect("commits");
    verify(store, &"shop-3".into()).expect("sound");
}

pub(super) fn limits(store: &dyn Store) {
    let bad = |what: &str, batch: Batch| {
        let answer = store.submit(batch).wait();
        assert!(matches!(answer, Err(StoreError::Invalid { .. })), "{what}: {answer:?}");
    };
    let entry = |body: &[u8]| vec![EntryBytes { seq: 1, at: sample::at(0), body: body.into() }];
    bad("no entries", Batch::append("a", 0, vec![]));
    bad("no name", Batch::append("", 0, entries(0, 1)));
    bad("long name", Batch::append(&*"a".repeat(600), 0, entries(0, 1)));
    bad("a gap", Batch::append("a", 1, entries(0, 1)));
    bad("too far", Batch::append("a", u64::MAX, entries(0, 1)));
    bad(
        "beyond SQLite",
        Batch::append(
            "a",
            i64::MAX as u64,
            vec![EntryBytes { seq: 1 << 63, ..entry(b"1").remove(0) }],
        ),
    );
    bad("not JSON", Batch::append("a", 0, entry(b"{\"a\":")));
    bad("two values", Batch::append("a", 0, entry(b"1},{\"seq\":2,\"at\":0,\"entry\":2")));
    bad("not UTF-8", Batch::append("a", 0, entry(b"\"\xff\"")));
    bad("deep", Batch::append("a", 0, entry("[".repeat(100_000).as_bytes())));
    let large = format!("\"{}\"", "x".repeat(crate::MAX_BATCH_BYTES));
    bad("large", Batch::append("a", 0, entry(large.as_bytes())));
    let mut effect = sample::effect("a", 1, sample::at(0));
    effect.body = b"nope".to_vec();
    bad("an effect", Batch { outbox: vec![OutboxChange::Put(effect)], ..Batch::default() });
    let mut order = sample::order(1);
    order.quantity = 0;
    bad("an order of nothing", Batch { orders: vec![sample::insert(order)], ..Batch::default() });
    bad("more than there can be", sample::open(i64::MAX));
    assert_eq!(store.streams(), Ok(vec![]));
}

pub(super) fn tickets(store: &dyn Store) {
    let (sender, order) = mpsc::channel();
    for n in 0..100u64 {
        let sender = sender.clone();
        let ticket = store.submit(Batch::append("a", n, entries(n, 1)));
        ticket.on_done(move |answer| {
            let _ = sender.send((n, answer.map(|done| done.last_seq)));
        });
    }
    drop(sender);
    let order: Vec<_> = order.iter().collect();
    assert!(order.into_iter().eq((0..100).map(|n| (n, Ok(n + 1)))));
}
