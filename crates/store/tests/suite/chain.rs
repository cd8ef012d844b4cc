//! A log that somebody changed with the sqlite3 shell: the first record that does not fit is named.

use rusqlite::Connection;
use store::conformance::sample::entries;
use store::{Batch, SqliteReader, SqliteStore, Store, VerifyError, verify};

fn check(tamper: &str, expected: expect_test::Expect) {
    let dir = tempfile::tempdir().expect("a directory");
    {
        let store = SqliteStore::open(dir.path()).expect("opens");
        for stream in ["a", "b"] {
            for n in 0..10u64 {
                let batch = Batch::append(stream, n * 2, entries(n * 2, 2));
                store.submit(batch).wait().expect("commits");
            }
        }
    }
    let conn = Connection::open(dir.path().join("ringlight.db")).expect("opens");
    conn.execute_batch(tamper).expect("tampers");
    let reader = SqliteReader::open(dir.path()).expect("opens");
    let said = match verify(&reader, &"b".into()) {
        Ok(whole) => format!("{} records, up to {}", whole.records, whole.last_seq),
        Err(VerifyError::Broken(broken)) => broken.to_string(),
        Err(other) => panic!("{other}"),
    };
    expected.assert_eq(&said);
    verify(&reader, &"a".into()).expect("the other stream is whole");
}

#[test]
fn the_first_broken_record_is_named() {
    use expect_test::expect;
    let of_b = |set: &str, seq: u64| {
        format!("UPDATE log SET {set} WHERE first_seq = {seq} AND stream = 2")
    };
    check("SELECT 1", expect!["10 records, up to 20"]);
    check(
        &of_b("body = replace(body, '\"n\":7', '\"n\":8')", 7),
        expect!["stream b is broken at entry 7: the record's content does not match its hash"],
    );
    check(
        &of_b("at = at + 1", 7),
        expect!["stream b is broken at entry 7: the record's content does not match its hash"],
    );
    check(
        &of_b("hash = zeroblob(32)", 7),
        expect!["stream b is broken at entry 7: the record's content does not match its hash"],
    );
    check(&of_b("prev_hash = zeroblob(32)", 1), expect!["10 records, up to 20"]);
    check(
        &of_b("prev_hash = zeroblob(32)", 7),
        expect!["stream b is broken at entry 7: the record does not follow the one before it"],
    );
    check(
        "DELETE FROM log WHERE first_seq = 7 AND stream = 2",
        expect!["stream b is broken at entry 9: the record starts at 9, 7 is due"],
    );
    check(
        "DELETE FROM log WHERE first_seq = 1 AND stream = 2",
        expect!["stream b is broken at entry 3: the record starts at 3, 1 is due"],
    );
    check(
        &of_b("first_seq = 6", 7),
        expect!["stream b is broken at entry 6: the record starts at 6, 7 is due"],
    );
    check(
        &of_b("body = '[]'", 7),
        expect!["stream b is broken at entry 7: the record's content does not match its hash"],
    );
    check(
        "PRAGMA ignore_check_constraints = ON;
         UPDATE log SET hash = x'00' WHERE first_seq = 7 AND stream = 2",
        expect![
            "stream b is broken at entry 7: Conversion error from type Blob at index: 4, Cannot read 32 byte value out of 1 byte blob"
        ],
    );
    // A record of another stream, put in its place.
    check(
        "UPDATE log SET (prev_hash, hash, body) =
             (SELECT prev_hash, hash, body FROM log WHERE stream = 1 AND first_seq = 7)
         WHERE stream = 2 AND first_seq = 7",
        expect!["stream b is broken at entry 7: the record does not follow the one before it"],
    );
    // What a chain can't show, said here so that nobody believes otherwise: a cut tail.
    check("DELETE FROM log WHERE first_seq > 10 AND stream = 2", expect!["5 records, up to 10"]);
}
