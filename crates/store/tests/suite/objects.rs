//! Objects on disk and in memory.

use store::{DiskObjects, MemoryObjects, Objects, StoreError};

fn each(check: impl Fn(&dyn Objects)) {
    check(&MemoryObjects::new());
    let dir = tempfile::tempdir().expect("a directory");
    check(&DiskObjects::open(dir.path()).expect("opens"));
}

#[test]
fn objects_are_put_read_and_deleted() {
    each(|objects| {
        assert_eq!(objects.read("a/b", 0, 10), Ok(None));
        assert_eq!(objects.len("a/b"), Ok(None));
        objects.delete("a/b").expect("nothing to delete is fine");
        objects.put("a/b", b"hello").expect("puts");
        objects.put("a/c.m4s", b"").expect("puts");
        objects.put("ab", b"x").expect("puts");
        assert_eq!(objects.read("a/b", 1, 3), Ok(Some(b"ell".to_vec())));
        assert_eq!(objects.read("a/b", 3, 1 << 40), Ok(Some(b"lo".to_vec())));
        assert_eq!(objects.read("a/b", 99, 3), Ok(Some(vec![])));
        assert_eq!((objects.usage(), objects.len("a/b")), (6, Ok(Some(5))));
        objects.put("a/b", b"by").expect("replaces");
        assert_eq!((objects.usage(), objects.len("a/b")), (3, Ok(Some(2))));
        assert_eq!(objects.list("a"), Ok(vec!["a/b".into(), "a/c.m4s".into()]));
        assert_eq!(objects.list(""), Ok(vec!["a/b".into(), "a/c.m4s".into(), "ab".into()]));
        assert_eq!(objects.list("b"), Ok(vec![]));
        objects.delete("a/b").expect("deletes");
        assert_eq!((objects.usage(), objects.read("a/b", 0, 1)), (1, Ok(None)));
    });
}

#[test]
fn objects_grow_and_are_cut() {
    each(|objects| {
        assert_eq!(objects.append("rec/1", b"one"), Ok(3));
        assert_eq!(objects.append("rec/1", b"two"), Ok(6));
        objects.sync("rec/1").expect("syncs");
        objects.truncate("rec/1", 4).expect("cuts");
        assert_eq!(objects.read("rec/1", 0, 10), Ok(Some(b"onet".to_vec())));
        assert!(matches!(objects.truncate("rec/1", 5), Err(StoreError::Invalid { .. })));
        assert!(objects.sync("rec/2").is_err());
        assert_eq!(objects.usage(), 4);
    });
}

#[test]
fn no_key_leads_out() {
    let long = "a".repeat(201);
    let deep = "a/".repeat(8) + "a";
    each(|objects| {
        for key in [
            "", "/", "a/", "/a", "a//b", "..", "../a", "a/../b", ".a", "a/.b", "a\\b", "A", "ä",
            "a b", "a\0", "a\n", &long, &deep,
        ] {
            let refused = |answer: Result<(), StoreError>| {
                assert!(matches!(answer, Err(StoreError::Invalid { .. })), "{key:?}");
            };
            refused(objects.put(key, b"x"));
            refused(objects.append(key, b"x").map(|_| ()));
            refused(objects.read(key, 0, 1).map(|_| ()));
            refused(objects.len(key).map(|_| ()));
            refused(objects.delete(key));
            refused(objects.truncate(key, 0));
            refused(objects.sync(key));
        }
        assert_eq!(objects.usage(), 0);
    });
}

#[test]
fn what_is_there_is_counted_again_and_what_is_half_done_is_cleared() {
    let dir = tempfile::tempdir().expect("a directory");
    {
        let objects = DiskObjects::open(dir.path()).expect("opens");
        objects.put("a/b/c", &[1; 100]).expect("puts");
        objects.append("d", &[1; 10]).expect("appends");
    }
    let half = dir.path().join(".beside/17");
    std::fs::write(&half, [1; 1000]).expect("writes");
    std::fs::write(dir.path().join("Not A Key"), [1; 1000]).expect("writes");
    let objects = DiskObjects::open(dir.path()).expect("opens");
    assert_eq!(objects.usage(), 110);
    assert!(!half.exists());
    assert_eq!(objects.list(""), Ok(vec!["a/b/c".into(), "d".into()]));
    let space = objects.space().expect("the system knows").expect("a disk has a limit");
    assert!(space.free <= space.total && space.total > 0);
    // A folder is no object, and an object no folder.
    assert_eq!((objects.len("a"), objects.len("d/e")), (Ok(None), Ok(None)));
    assert!(objects.put("a", b"x").is_err() && objects.put("d/e", b"x").is_err());
    assert_eq!(objects.usage(), 110);
}
