//! The power goes off at a random moment, again and again: what was acknowledged is there, once, and nothing is
//! oversold (S-1, S-3).

use std::collections::HashSet;
use std::path::Path;
use std::sync::mpsc;

use proptest::prelude::*;
use store::conformance::sample::{self, SKU};
use store::{
    Batch, Options, OrderQuery, OutboxChange, Reader, SqliteStore, StockChange, Store, StoreError,
    each_order, verify,
};
use store_faults::FaultDisk;

const STOCK: i64 = 400;
const IN_FLIGHT: usize = 24;

fn open(dir: &Path, disk: &FaultDisk) -> Result<SqliteStore, StoreError> {
    let mut options = Options::default();
    options.vfs = Some(disk.vfs().into());
    SqliteStore::open_with(dir, options)
}

/// What the buyers know.
#[derive(Default)]
struct Known {
    acknowledged: HashSet<u64>,
    submitted: u64,
}

/// Sells until the power is off or everything is sold; one order a batch, several in flight, as the shop does it.
fn sell(store: &SqliteStore, known: &mut Known) {
    let mut seq = store.head(&"shop".into()).ok().flatten().map_or(0, |(seq, _)| seq);
    let (sender, answers) = mpsc::channel();
    let mut open = 0;
    loop {
        while open < IN_FLIGHT && seq < STOCK as u64 * 2 {
            known.submitted += 1;
            let n = known.submitted;
            let sender = sender.clone();
            store.submit(sample::purchase("shop", seq, n)).on_done(move |answer| {
                let _ = sender.send((n, answer));
            });
            seq += 1;
            open += 1;
        }
        if open == 0 {
            return;
        }
        let (n, answer) = answers.recv().expect("every ticket resolves");
        open -= 1;
        match answer {
            Ok(_) => assert!(known.acknowledged.insert(n)),
            // What follows a lost or refused batch can't fit any more: take a new start.
            Err(_) => {
                while open > 0 {
                    let (n, answer) = answers.recv().expect("every ticket resolves");
                    open -= 1;
                    if answer.is_ok() {
                        known.acknowledged.insert(n);
                    }
                }
                return;
            }
        }
    }
}

fn inspect(store: &dyn Reader, known: &Known) -> usize {
    let mut there = HashSet::new();
    each_order(store, &OrderQuery::default(), &mut |order| {
        assert!(there.insert(order.row.air_ms as u64), "no order is there twice");
        std::ops::ControlFlow::Continue(())
    })
    .expect("reads");
    let lost: Vec<_> = known.acknowledged.difference(&there).collect();
    assert!(lost.is_empty(), "acknowledged orders are lost: {lost:?}");
    let stock = store.stock(SKU).expect("reads").expect("the stock is there");
    assert!(stock.reserved <= stock.stock, "oversold: {stock:?}");
    assert_eq!(stock.reserved, there.len() as i64, "stock and orders agree");
    let log = verify(store, &"shop".into()).expect("the chain is whole");
    assert_eq!(log.last_seq, there.len() as u64, "log and orders agree");
    let effects = store.outbox_due(sample::at(u64::from(u32::MAX)), 0).expect("reads");
    assert_eq!(effects.len(), there.len(), "outbox and orders agree");
    let texts = there.iter().filter(|n| store.text(sample::text(**n).id).ok().flatten().is_some());
    assert_eq!(texts.count(), there.len(), "contacts and orders agree");
    there.len()
}

/// One life of a shop with crashes in it; how many of them met a sale that had acknowledged orders.
fn life(seed: u64, crashes: &[u64]) -> usize {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = FaultDisk::new(seed);
    let mut known = Known::default();
    {
        let store = open(dir.path(), &disk).expect("opens");
        store.submit(sample::open(STOCK)).wait().expect("stock opens");
    }
    let mut met = 0;
    for ops in crashes {
        let before = known.acknowledged.len();
        disk.crash_after(*ops);
        // The power may be off before the store is open.
        if let Ok(store) = open(dir.path(), &disk) {
            sell(&store, &mut known);
        }
        met += usize::from(disk.is_off() && known.acknowledged.len() > before);
        disk.reboot();
        let store = open(dir.path(), &disk).expect("opens after a crash");
        inspect(&store, &known);
    }
    let store = open(dir.path(), &disk).expect("opens");
    // It goes on where it was, and ends sold out, exactly.
    sell(&store, &mut known);
    let sold = inspect(&store, &known);
    assert!(sold == STOCK as usize, "{sold} of {STOCK} are sold");
    met
}

/// The crashes of the test above are where they should be.
#[test]
fn crashes_meet_sales() {
    let met: usize = (0..4).map(|seed| life(seed, &[200, 250, 300])).sum();
    assert!(met >= 6, "{met} of 12 crashes met a sale");
}

/// A few crashes in every run; as many as `PROPTEST_CASES` says in a soak.
fn cases() -> ProptestConfig {
    let all = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { all.cases } else { 24 };
    ProptestConfig { cases, ..all }
}

proptest! {
    #![proptest_config(cases())]
    #[test]
    fn every_acknowledged_order_survives(
        seed in any::<u64>(),
        crashes in prop::collection::vec(0u64..1500, 1..5),
    ) {
        life(seed, &crashes);
    }
}

/// Every operation of a short run is a crash point once.
#[test]
fn every_point_of_a_first_sale_is_a_crash_point() {
    let mut ops = 0;
    loop {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = FaultDisk::new(ops);
        disk.crash_after(ops);
        let acknowledged = open(dir.path(), &disk).and_then(|store| {
            store.submit(sample::open(1)).wait()?;
            store.submit(sample::purchase("shop", 0, 1)).wait()
        });
        let survived = !disk.is_off();
        disk.reboot();
        let store = open(dir.path(), &disk).expect("opens after a crash");
        let order = store.order(sample::order(1).id).expect("reads");
        if acknowledged.is_ok() {
            assert!(order.is_some(), "lost at operation {ops}");
        }
        let log = verify(&store, &"shop".into()).expect("the chain is whole");
        assert_eq!(log.last_seq, u64::from(order.is_some()), "torn at operation {ops}");
        if survived {
            assert!(ops > 30, "the run has operations");
            return;
        }
        ops += 1;
    }
}

/// The disk does forget: an order that only `synchronous = OFF` would acknowledge is not always there.
#[test]
fn the_disk_forgets_what_was_not_synced() {
    let lost = (0..20).filter(|seed| {
        let disk = FaultDisk::new(*seed);
        let open = || {
            let flags = rusqlite::OpenFlags::default();
            let conn = rusqlite::Connection::open_with_flags_and_vfs("db", flags, disk.vfs());
            conn.expect("opens")
        };
        let conn = open();
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE t (n); PRAGMA synchronous = OFF",
        )
        .expect("creates");
        conn.execute_batch("INSERT INTO t VALUES (1)").expect("inserts");
        disk.reboot();
        let count = open().query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0));
        count != Ok(1)
    });
    assert!(lost.count() > 3);
}

/// A payment's effects, a stock change and a log record from before the crash do not mix with those from after it.
#[test]
fn a_reopened_store_goes_on_from_its_last_record() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = FaultDisk::new(7);
    let store = open(dir.path(), &disk).expect("opens");
    store.submit(sample::open(10)).wait().expect("opens");
    store.submit(sample::purchase("shop", 0, 1)).wait().expect("commits");
    disk.reboot();
    // The old process still runs: whatever it writes goes nowhere, and it says so.
    let stale = store.submit(sample::purchase("shop", 1, 2)).wait();
    assert!(matches!(stale, Err(StoreError::Unavailable { .. })), "{stale:?}");
    drop(store);
    let store = open(dir.path(), &disk).expect("opens");
    let paid = Batch {
        stock: vec![StockChange::Add { sku: SKU.into(), stock: 0, reserved: -1, sold: 1 }],
        outbox: vec![OutboxChange::Ack(sample::effect("shop", 1, sample::at(0)).key)],
        ..Batch::append("shop", 1, sample::entries(1, 1))
    };
    store.submit(paid).wait().expect("commits");
    assert_eq!(verify(&store, &"shop".into()).map(|v| v.records), Ok(2));
    assert_eq!(store.outbox_next(), Ok(None));
}
