//! Orders and stock.

use std::ops::ControlFlow;

use super::sample::{self, SHOW, SKU, at, insert, order};
use crate::{
    Batch, Committed, OrderChange, OrderQuery, StockChange, Store, StoreError, each_order,
};

fn place(store: &dyn Store, orders: Vec<OrderChange>) -> Result<Committed, StoreError> {
    store.submit(Batch { orders, ..Batch::default() }).wait()
}

pub(super) fn orders(store: &dyn Store) {
    let mut bare = order(2);
    (bare.contact, bare.expires_at) = (None, None);
    bare.key_hash = u128::MAX;
    place(store, vec![insert(order(1)), insert(bare.clone())]).expect("commits");
    let found = store.order(order(1).id).expect("reads").expect("is there");
    assert_eq!((found.n, &found.row), (1, &order(1)));
    let found = store.order_by_key(SHOW, u128::MAX).expect("reads").expect("is there");
    assert_eq!((found.n, &found.row), (2, &bare));
    assert_eq!(store.order_by_key("another", u128::MAX), Ok(None));

    let status = |n| OrderChange::Status {
        id: order(n).id,
        status: "paid".into(),
        updated_at: at(99),
        expires_at: None,
    };
    place(store, vec![status(1)]).expect("commits");
    let found = store.order(order(1).id).expect("reads").expect("is there");
    assert_eq!((found.row.status.as_str(), found.row.updated_at), ("paid", at(99)));
    assert_eq!((found.row.expires_at, found.row.created_at), (None, at(1)));
    assert!(matches!(place(store, vec![status(7)]), Err(StoreError::Constraint { .. })));
    // Placed and paid in one batch.
    place(store, vec![insert(order(7)), status(7)]).expect("commits");
    let found = store.order(order(7).id).expect("reads").expect("is there");
    assert_eq!(found.row.status, "paid");
}

pub(super) fn pages(store: &dyn Store) {
    let rows = (0..25u64).map(|n| {
        let mut row = order(n);
        if n % 2 == 1 {
            row.show = "morning".into();
        }
        if n % 5 == 0 {
            row.brand = "noir".into();
        }
        if n >= 20 {
            row.status = "paid".into();
        }
        insert(row)
    });
    place(store, rows.collect()).expect("commits");
    let check = |query: OrderQuery, expected: &[u64]| {
        for limit in [0, 1, 2, 3, 25] {
            let query = OrderQuery { limit, ..query.clone() };
            let mut seen = Vec::new();
            each_order(store, &query, &mut |order| {
                seen.push(order.row.air_ms as u64);
                ControlFlow::Continue(())
            })
            .expect("reads");
            assert_eq!(seen, expected, "{query:?}");
        }
    };
    let all: Vec<u64> = (0..25).collect();
    let back: Vec<u64> = (0..25).rev().collect();
    let text = |text: &str| Some(text.to_owned());
    check(OrderQuery::default(), &all);
    check(OrderQuery { newest_first: true, ..Default::default() }, &back);
    let show = OrderQuery { show: text("morning"), ..Default::default() };
    check(show.clone(), &[1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23]);
    check(OrderQuery { brand: text("noir"), ..show.clone() }, &[5, 15]);
    check(OrderQuery { status: text("paid"), ..show.clone() }, &[21, 23]);
    check(OrderQuery { brand: text("noir"), ..Default::default() }, &[0, 5, 10, 15, 20]);
    let device = OrderQuery { device: Some(order(1).device), ..Default::default() };
    check(device.clone(), &[1, 4, 7, 10, 13, 16, 19, 22]);
    check(OrderQuery { show: text("morning"), ..device.clone() }, &[1, 7, 13, 19]);
    check(OrderQuery { newest_first: true, status: text("paid"), ..device }, &[22]);
    check(OrderQuery { show: text("night"), ..Default::default() }, &[]);
    let mut seen = 0;
    each_order(store, &OrderQuery { limit: 2, ..Default::default() }, &mut |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .expect("reads");
    assert_eq!(seen, 3);
}

pub(super) fn keys(store: &dyn Store) {
    place(store, vec![insert(order(1))]).expect("commits");
    let mut same_key = order(2);
    same_key.key_hash = order(1).key_hash;
    let answer = place(store, vec![insert(same_key.clone())]);
    assert!(matches!(answer, Err(StoreError::Constraint { .. })), "{answer:?}");
    let mut same_id = order(3);
    same_id.id = order(1).id;
    let answer = place(store, vec![insert(same_id)]);
    assert!(matches!(answer, Err(StoreError::Constraint { .. })), "{answer:?}");
    same_key.show = "morning".into();
    place(store, vec![insert(same_key)]).expect("another show has its own keys");
    let page = store.orders(&OrderQuery::default()).expect("reads");
    assert_eq!(page.rows.len(), 2);
}

pub(super) fn stock(store: &dyn Store) {
    let change = |stock, reserved, sold| {
        let change = StockChange::Add { sku: SKU.into(), stock, reserved, sold };
        store.submit(Batch { stock: vec![change], ..Batch::default() }).wait()
    };
    let now = || {
        let row = store.stock(SKU).expect("reads")?;
        Some((row.stock, row.reserved, row.sold))
    };
    let refused = |answer| assert!(matches!(answer, Err(StoreError::Constraint { .. })));
    refused(change(1, 0, 0));
    store.submit(sample::open(5)).wait().expect("opens");
    refused(store.submit(sample::open(7)).wait());
    assert_eq!(now(), Some((5, 0, 0)));
    change(0, 5, 0).expect("all are reserved");
    refused(change(0, 1, 0));
    refused(change(-1, 0, 0));
    refused(change(0, 0, 1));
    refused(change(0, 0, -1));
    change(0, -2, 2).expect("two are paid");
    refused(change(0, -4, 0));
    change(3, 0, 0).expect("three are delivered");
    change(0, 3, 0).expect("and reserved");
    refused(change(0, 1, 0));
    assert_eq!(now(), Some((8, 6, 2)));
    let other = StockChange::Open { sku: "A".into(), stock: 0 };
    store.submit(Batch { stock: vec![other], ..Batch::default() }).wait().expect("opens");
    let list = |after, limit| -> Vec<String> {
        let rows = store.stocks(after, limit).expect("reads");
        rows.into_iter().map(|row| row.sku).collect()
    };
    assert_eq!(list(None, 10), ["A", SKU]);
    assert_eq!(list(None, 1), ["A"]);
    assert_eq!(list(Some("A"), 10), [SKU]);
}

pub(super) fn sums(store: &dyn Store) {
    store.submit(sample::open(3)).wait().expect("opens");
    let change = |pieces: &[i64]| {
        let stock = pieces.iter().map(|n| sample::reserve(*n)).collect();
        store.submit(Batch { stock, ..Batch::default() }).wait()
    };
    // One expires, another is placed, in whatever order.
    change(&[3]).expect("commits");
    change(&[1, -1]).expect("the sum keeps the rule");
    change(&[-1, 1]).expect("the sum keeps the rule");
    assert!(matches!(change(&[1, 1, -1]), Err(StoreError::Constraint { .. })));
    assert_eq!(store.stock(SKU).expect("reads").map(|row| row.reserved), Some(3));
}
