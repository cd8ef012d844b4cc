//! The data directory: who may use it, and what is in it.

use rusqlite::Connection;
use store::conformance::sample;
use store::{
    Batch, ChatChange, Health, Options, Reader, SqliteReader, SqliteStore, Store, StoreError,
    TextChange,
};
use store_faults::FaultDisk;

#[test]
fn two_servers_never_share_a_directory() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(dir.path()).expect("opens");
    let second = SqliteStore::open(dir.path());
    assert!(matches!(second, Err(StoreError::InUse { .. })), "{second:?}");
    // Reading beside it is fine.
    store.submit(sample::open(3)).wait().expect("commits");
    let reader = SqliteReader::open(dir.path()).expect("opens");
    assert_eq!(reader.stock(sample::SKU).expect("reads").map(|row| row.stock), Some(3));
    drop(store);
    SqliteStore::open(dir.path()).expect("opens again");
    let nothing = SqliteReader::open(&dir.path().join("nothing"));
    assert!(matches!(nothing, Err(StoreError::Open { .. })), "{nothing:?}");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_look_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data");
    let _store = SqliteStore::open(&data).expect("opens");
    let mode = std::fs::metadata(&data).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_later_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(SqliteStore::open(dir.path()).expect("opens"));
    let conn = Connection::open(dir.path().join("ringlight.db")).expect("opens");
    conn.execute_batch("PRAGMA user_version = 99").expect("sets");
    let newer = StoreError::Newer { found: 99, known: 1 };
    assert_eq!(SqliteStore::open(dir.path()).err(), Some(newer.clone()));
    assert_eq!(SqliteReader::open(dir.path()).err(), Some(newer));
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("ringlight.db"), [7; 9000]).expect("writes");
    let opened = SqliteStore::open(dir.path());
    assert!(matches!(opened, Err(StoreError::Open { .. })), "{opened:?}");
}

#[test]
fn what_is_queued_when_the_store_closes_is_committed() {
    let dir = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(dir.path()).expect("opens");
    let batches = (0..200u64).map(|n| Batch::append("a", n, sample::entries(n, 1)));
    let tickets: Vec<_> = batches.map(|batch| store.submit(batch)).collect();
    assert_eq!(store.health(), Health::Ok);
    drop(store);
    assert!(tickets.into_iter().all(|ticket| ticket.wait().is_ok()));
    let reader = SqliteReader::open(dir.path()).expect("opens");
    assert_eq!(reader.head(&"a".into()).expect("reads").map(|(seq, _)| seq), Some(200));
}

/// Erased text leaves no trace in the files: not in free pages, not in the write-ahead log.
#[test]
fn erased_text_leaves_the_disk() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = FaultDisk::new(1);
    let mut options = Options::default();
    options.vfs = Some(disk.vfs().into());
    let store = SqliteStore::open_with(dir.path(), options).expect("opens");
    let mut secret = sample::text(1);
    secret.text = format!("marker-of-a-contact {}", "long ".repeat(3000));
    let mut line = sample::line(1, 1);
    line.text = "marker-of-a-line".into();
    let batch = Batch {
        texts: vec![TextChange::Put(secret.clone())],
        chat: vec![ChatChange::Insert(line.clone())],
        ..Batch::default()
    };
    store.submit(batch).wait().expect("commits");
    assert!(disk.contains(b"marker-of-a-contact") && disk.contains(b"marker-of-a-line"));
    let erase = Batch {
        texts: vec![TextChange::Erase(secret.id)],
        chat: vec![ChatChange::Delete(line.id)],
        ..Batch::default()
    };
    store.submit(erase).wait().expect("commits");
    drop(store);
    assert!(!disk.contains(b"marker-of-a-contact") && !disk.contains(b"marker-of-a-line"));
    assert!(!disk.contains(b"long long long"));
}
