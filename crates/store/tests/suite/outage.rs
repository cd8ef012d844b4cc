//! A full disk and a locked database: batches fail with the reason, and the store comes back by itself.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use store::conformance::sample::{self, entries};
use store::{
    Batch, EntryBytes, Health, MemoryStore, Options, Outage, Reader, SqliteStore, Store,
    StoreError, verify,
};
use store_faults::FaultDisk;

const PATIENCE: Duration = Duration::from_secs(20);

fn large(seq: u64) -> Batch {
    let body = format!("\"{}\"", "x".repeat(20_000)).into_bytes();
    Batch::append("a", seq - 1, vec![EntryBytes { seq, at: sample::at(seq), body }])
}

/// Submits until something fails; the failure and the last entry that is in.
fn fill(store: &SqliteStore) -> (StoreError, u64) {
    for n in 1..10_000 {
        if let Err(error) = store.submit(large(n)).wait() {
            return (error, n - 1);
        }
    }
    panic!("the disk never fills");
}

/// Waits for the store to recover without a submit. It tries every half second; this only looks.
fn recovers(store: &SqliteStore) {
    let since = Instant::now();
    while store.health() != Health::Ok {
        assert!(since.elapsed() < PATIENCE, "{:?}", store.health());
        std::thread::yield_now();
    }
}

#[test]
fn a_full_disk_refuses_and_recovers_by_itself() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = FaultDisk::new(1);
    let mut options = Options::default();
    options.vfs = Some(disk.vfs().into());
    let store = SqliteStore::open_with(dir.path(), options).expect("opens");
    disk.set_quota(Some(disk.used() + (1 << 20)));
    let full = StoreError::Unavailable { why: Outage::DiskFull };
    let (error, last) = fill(&store);
    assert_eq!(error, full);
    assert!(last > 10);
    assert!(matches!(store.health(), Health::Down(_)));
    assert_eq!(store.submit(large(last + 1)).wait(), Err(full));
    // Reading goes on, and nothing of the refused batches is there.
    assert_eq!(store.head(&"a".into()).expect("reads").map(|(seq, _)| seq), Some(last));
    disk.set_quota(None);
    recovers(&store);
    store.submit(large(last + 1)).wait().expect("goes on");
    assert_eq!(verify(&store, &"a".into()).map(|whole| whole.last_seq), Ok(last + 1));
    assert!(store.stats().lost >= 2);
}

#[test]
fn a_quota_of_pages_is_a_full_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut options = Options::default();
    options.max_pages = Some(200);
    let store = SqliteStore::open_with(dir.path(), options).expect("opens");
    let (error, last) = fill(&store);
    assert_eq!(error, StoreError::Unavailable { why: Outage::DiskFull });
    store.submit(Batch::append("b", 0, entries(0, 1))).wait().expect("a small one still fits");
    drop(store);
    let store = SqliteStore::open(dir.path()).expect("opens");
    store.submit(large(last + 1)).wait().expect("goes on with more room");
}

#[test]
fn a_locked_database_refuses_and_recovers() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(dir.path()).expect("opens");
    store.submit(Batch::append("a", 0, entries(0, 1))).wait().expect("commits");
    let other = Connection::open(dir.path().join("ringlight.db")).expect("opens");
    other.execute_batch("BEGIN EXCLUSIVE").expect("locks");
    let locked = Err(StoreError::Unavailable { why: Outage::Locked });
    let tickets: Vec<_> =
        (1..4).map(|n| store.submit(Batch::append("a", n, entries(n, 1)))).collect();
    let answers: Vec<_> = tickets.into_iter().map(store::Ticket::wait).collect();
    assert_eq!(answers.first(), Some(&locked));
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(store.head(&"a".into()).expect("reads").map(|(seq, _)| seq), Some(1));
    assert!(matches!(store.health(), Health::Down(_)));
    other.execute_batch("ROLLBACK").expect("unlocks");
    recovers(&store);
    store.submit(Batch::append("a", 1, entries(1, 1))).wait().expect("goes on");
}

/// Somebody replaced nothing, but the disk died and came back: the connection is opened anew.
#[test]
fn a_disk_that_comes_back_is_used_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = FaultDisk::new(3);
    let mut options = Options::default();
    options.vfs = Some(disk.vfs().into());
    let store = SqliteStore::open_with(dir.path(), options).expect("opens");
    let committed = store.submit(Batch::append("a", 0, entries(0, 1))).wait().expect("commits");
    disk.crash_after(3);
    let lost = store.submit(Batch::append("a", 1, entries(1, 1))).wait();
    assert_eq!(lost, Err(StoreError::Unavailable { why: Outage::Io }));
    disk.reboot();
    recovers(&store);
    let head = store.head(&"a".into()).expect("reads").expect("is there");
    assert!(head.0 >= 1 && (head.0 > 1 || head.1 == committed.hash));
    store.submit(Batch::append("a", head.0, entries(head.0, 1))).wait().expect("goes on");
    verify(&store, &"a".into()).expect("the chain is whole");
}

/// The queue is bounded: while the writer waits for a lock, submits are refused at once, not queued for ever.
#[test]
fn a_full_queue_is_busy_at_once() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(dir.path()).expect("opens");
    let other = Connection::open(dir.path().join("ringlight.db")).expect("opens");
    other.execute_batch("BEGIN EXCLUSIVE").expect("locks");
    let body = format!("\"{}\"", "x".repeat(1 << 20)).into_bytes();
    let entry = EntryBytes { seq: 1, at: sample::at(0), body };
    let mut tickets = Vec::new();
    let busy = loop {
        let stream = format!("s{}", tickets.len());
        let ticket = store.submit(Batch::append(&*stream, 0, vec![entry.clone()]));
        match ticket.try_take() {
            Ok(Err(StoreError::Busy)) => break store.stats().busy,
            Ok(other) => tickets.push(store::Ticket::resolved(other)),
            Err(ticket) => tickets.push(ticket),
        }
        assert!(tickets.len() < 10_000, "the queue has a limit");
    };
    assert_eq!(busy, 1);
    other.execute_batch("ROLLBACK").expect("unlocks");
    drop(other);
    // Every ticket is answered one way or the other.
    let answers = tickets.into_iter().map(store::Ticket::wait).filter(Result::is_ok).count();
    let there = store.streams().expect("reads").len();
    assert_eq!(answers, there);
}

#[test]
fn memory_has_outages_and_held_commits_too() {
    let store = MemoryStore::new();
    store.hold();
    let first = store.submit(Batch::append("a", 0, entries(0, 1)));
    let second = store.submit(Batch::append("a", 1, entries(1, 1)));
    let Err(first) = first.try_take() else { panic!("nothing is committed yet") };
    assert!(store.commit_one());
    first.wait().expect("commits");
    store.set_outage(Some(Outage::DiskFull));
    assert!(matches!(store.health(), Health::Down(_)));
    store.release();
    assert_eq!(second.wait(), Err(StoreError::Unavailable { why: Outage::DiskFull }));
    store.set_outage(None);
    store.submit(Batch::append("a", 1, entries(1, 1))).wait().expect("goes on");
}
