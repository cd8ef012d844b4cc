//! Every implementation passes the same suite.

use store::conformance::run;
use store::{MemoryStore, Options, SqliteStore};
use store_faults::FaultDisk;

#[test]
fn memory() {
    run(|_, case| case(&MemoryStore::new()));
}

#[test]
fn sqlite() {
    run(|_, case| {
        let dir = tempfile::tempdir().expect("a directory");
        case(&SqliteStore::open(dir.path()).expect("opens"));
    });
}

/// The test disk is a disk: otherwise the crash tests would prove nothing.
#[test]
fn sqlite_on_the_test_disk() {
    run(|_, case| {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = FaultDisk::new(1);
        let mut options = Options::default();
        options.vfs = Some(disk.vfs().into());
        case(&SqliteStore::open_with(dir.path(), options).expect("opens"));
    });
}
