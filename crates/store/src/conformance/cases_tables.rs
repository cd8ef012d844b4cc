//! Documents, texts, chat and the outbox.

use serde::{Deserialize, Serialize};
use units::ViewerId;

use super::sample::{self, SHOW, at, effect, line};
use crate::{
    Batch, ChatChange, Expect, IndexEntry, OUTBOX_MAX_ATTEMPTS, OutboxChange, Store, StoreError,
    Table, TextChange, outbox_backoff,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct User {
    name: String,
    team: String,
}

fn user(name: &str, team: &str) -> User {
    User { name: name.into(), team: team.into() }
}

const USERS: Table<User> = Table::indexed("users", |user| {
    let entry = |name: &'static str, value: &str, unique| IndexEntry {
        name: name.into(),
        value: value.to_owned(),
        unique,
    };
    vec![entry("name", &user.name, true), entry("team", &user.team, false)]
});

pub(super) fn versions(store: &dyn Store) {
    let notes = Table::<u32>::new("notes");
    let put = |value, expect| notes.put(store, "a", &value, expect);
    let now = || notes.get(store, "a").expect("reads").map(|doc| (doc.version, doc.value));
    let conflict = |answer, found| {
        let (table, key) = ("notes".to_owned(), "a".to_owned());
        assert_eq!(answer, Err(StoreError::Conflict { table, key, found }));
    };
    conflict(put(1, Expect::Version(1)), None);
    put(1, Expect::Absent).expect("commits");
    conflict(put(2, Expect::Absent), Some(1));
    put(2, Expect::Version(1)).expect("commits");
    conflict(put(3, Expect::Version(1)), Some(2));
    put(3, Expect::Any).expect("commits");
    assert_eq!(now(), Some((3, 3)));
    conflict(notes.delete(store, "a", Expect::Version(2)), Some(3));
    notes.delete(store, "a", Expect::Version(3)).expect("commits");
    assert_eq!(now(), None);
    notes.delete(store, "a", Expect::Any).expect("nothing to remove is fine");
    // Two writers that read the same version: one of them is told.
    put(1, Expect::Any).expect("commits");
    let race = |value| notes.change("a", &value, Expect::Version(1)).expect("JSON").into();
    let (first, second) = (store.submit(race(8)), store.submit(race(9)));
    first.wait().expect("commits");
    conflict(second.wait(), Some(2));
    assert_eq!(now(), Some((2, 8)));
}

pub(super) fn prefixes(store: &dyn Store) {
    let notes = Table::<u32>::new("notes");
    for key in ["a/1", "a/2", "a/3", "a", "b/1", "a0", "é/1", "a/\u{10ffff}"] {
        notes.put(store, key, &1, Expect::Absent).expect("commits");
    }
    Table::new("other").put(store, "a/4", &1, Expect::Absent).expect("commits");
    let list = |prefix, after, limit| -> Vec<String> {
        let docs = notes.list(store, prefix, after, limit).expect("reads");
        docs.into_iter().map(|doc| doc.key).collect()
    };
    assert_eq!(list("a/", None, 3), ["a/1", "a/2", "a/3"]);
    assert_eq!(list("a/", Some("a/1"), 1), ["a/2"]);
    assert_eq!(list("a/", Some("a/0"), 1), ["a/1"]);
    assert_eq!(list("a/2", None, 0), ["a/2"]);
    assert_eq!(list("é", None, 0), ["é/1"]);
    assert_eq!(list("c", None, 0), [""; 0]);
    assert_eq!(list("", Some("a0"), 0), ["b/1", "é/1"]);
    assert_eq!(notes.all(store).expect("reads").len(), 8);
}

pub(super) fn indexes(store: &dyn Store) {
    let put = |key, value: &User| USERS.put(store, key, value, Expect::Any);
    put("1", &user("pat", "desk")).expect("commits");
    put("2", &user("kim", "desk")).expect("commits");
    let answer = put("3", &user("pat", "ops"));
    assert!(matches!(answer, Err(StoreError::Constraint { .. })), "{answer:?}");
    assert_eq!(USERS.get(store, "3"), Ok(None));
    let find =
        |name| USERS.find(store, "name", name).expect("reads").map(|doc| (doc.key, doc.version));
    assert_eq!(find("pat"), Some(("1".into(), 1)));
    // A change of name frees the old one.
    put("1", &user("sam", "ops")).expect("commits");
    assert_eq!((find("pat"), find("sam")), (None, Some(("1".into(), 2))));
    put("3", &user("pat", "desk")).expect("commits");
    let team = |after, limit| -> Vec<String> {
        let docs = USERS.list_by(store, "team", "desk", after, limit).expect("reads");
        docs.into_iter().map(|doc| doc.key).collect()
    };
    assert_eq!(team(None, 0), ["2", "3"]);
    assert_eq!(team(None, 1), ["2"]);
    assert_eq!(team(Some("2"), 1), ["3"]);
    USERS.delete(store, "3", Expect::Any).expect("commits");
    assert_eq!((find("pat"), team(None, 0).len()), (None, 1));
}

pub(super) fn typed(store: &dyn Store) {
    USERS.put(store, "1", &user("pat", "desk"), Expect::Absent).expect("commits");
    let doc = store.doc("users", "1").expect("reads").expect("is there");
    assert_eq!(doc.body, br#"{"name":"pat","team":"desk"}"#);
    assert_eq!(
        USERS.get(store, "1").expect("reads").map(|doc| doc.value),
        Some(user("pat", "desk"))
    );
    let other = Table::<u32>::new("users").get(store, "1");
    assert!(matches!(other, Err(StoreError::Corrupt { .. })), "{other:?}");
}

fn texts_of(changes: Vec<TextChange>) -> Batch {
    Batch { texts: changes, ..Batch::default() }
}

pub(super) fn texts(store: &dyn Store) {
    let submit = |changes| store.submit(texts_of(changes)).wait();
    let put = |n| TextChange::Put(sample::text(n));
    submit(vec![put(1), put(2), put(3)]).expect("commits");
    let found = store.text(sample::text(1).id).expect("reads").expect("is there");
    assert_eq!(found, sample::text(1));
    assert!(matches!(submit(vec![put(1)]), Err(StoreError::Constraint { .. })));
    submit(vec![TextChange::Erase(sample::text(1).id)]).expect("commits");
    submit(vec![TextChange::Erase(sample::text(1).id)]).expect("nothing to erase is fine");
    assert_eq!(store.text(sample::text(1).id), Ok(None));
    submit(vec![TextChange::Prune { kind: "reason".into(), before: at(9) }]).expect("commits");
    submit(vec![TextChange::Prune { kind: "contact".into(), before: at(3) }]).expect("commits");
    assert_eq!(store.text(sample::text(2).id), Ok(None));
    assert!(store.text(sample::text(3).id).expect("reads").is_some());
    assert!(!format!("{:?}", sample::text(3)).contains("Buyer"), "Debug redacts");
}

pub(super) fn chat(store: &dyn Store) {
    let submit = |chat| store.submit(Batch { chat, ..Batch::default() }).wait();
    let lines = || -> Vec<String> {
        let lines = store.chat(SHOW, 0, 0).expect("reads");
        lines.into_iter().map(|line| line.row.text).collect()
    };
    let say = |n, viewer| ChatChange::Insert(line(n, viewer));
    submit((1..=6).map(|n| say(n, u128::from(n % 2))).collect()).expect("commits");
    let mut elsewhere = line(7, 0);
    elsewhere.show = "morning".into();
    submit(vec![ChatChange::Insert(elsewhere)]).expect("commits");
    assert!(matches!(submit(vec![say(1, 0)]), Err(StoreError::Constraint { .. })));
    let page = store.chat(SHOW, 2, 2).expect("reads");
    assert_eq!(page.iter().map(|line| line.n).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(page.first().map(|l| &l.row), Some(&line(3, 1)));
    let known = |n, viewer| store.chat_line(line(n, viewer).id).expect("reads").map(|it| it.row);
    assert_eq!(known(2, 0), Some(line(2, 0)));
    submit(vec![ChatChange::Delete(line(2, 0).id)]).expect("commits");
    assert_eq!(known(2, 0), None);
    assert_eq!(lines(), ["line 1", "line 3", "line 4", "line 5", "line 6"]);
    submit(vec![ChatChange::Prune { before: at(4) }]).expect("commits");
    assert_eq!(lines(), ["line 4", "line 5", "line 6"]);
    submit(vec![ChatChange::EraseViewer(ViewerId::from_u128(0))]).expect("commits");
    assert_eq!(lines(), ["line 5"]);
    assert_eq!(store.chat("morning", 0, 0), Ok(vec![]));
    assert!(!format!("{:?}", line(1, 1)).contains("line"), "Debug redacts");
}

pub(super) fn outbox(store: &dyn Store) {
    let submit = |outbox| store.submit(Batch { outbox, ..Batch::default() }).wait();
    let due = |ms| -> Vec<u64> {
        let rows = store.outbox_due(at(ms), 0).expect("reads");
        rows.into_iter().map(|row| row.key.seq).collect()
    };
    let rows = [(1, 30), (2, 10), (3, 20)].map(|(seq, ms)| effect("shop", seq, at(ms)));
    submit(rows.iter().cloned().map(OutboxChange::Put).collect()).expect("commits");
    let again = submit(vec![OutboxChange::Put(effect("shop", 1, at(1)))]);
    assert!(matches!(again, Err(StoreError::Constraint { .. })), "{again:?}");
    assert_eq!((due(9), due(20), due(99)), (vec![], vec![2, 3], vec![2, 3, 1]));
    assert_eq!(store.outbox_next(), Ok(Some(at(10))));
    assert_eq!(store.outbox_due(at(99), 1).expect("reads"), [rows[1].clone()]);
    submit(vec![OutboxChange::Ack(rows[1].key.clone())]).expect("commits");
    submit(vec![OutboxChange::Ack(rows[1].key.clone())]).expect("twice is fine");
    let fail = |ms| OutboxChange::Fail { key: rows[2].key.clone(), at: at(ms) };
    submit(vec![fail(20)]).expect("commits");
    assert_eq!((due(99), due(1019), due(1020)), (vec![1], vec![1], vec![1, 3]));
    for _ in 1..OUTBOX_MAX_ATTEMPTS {
        assert_eq!(store.outbox_parked(0), Ok(vec![]));
        submit(vec![fail(1020)]).expect("commits");
    }
    let parked = store.outbox_parked(0).expect("reads");
    let parked: Vec<_> = parked.iter().map(|row| (row.key.seq, row.attempts)).collect();
    assert_eq!(parked, [(3, OUTBOX_MAX_ATTEMPTS)]);
    assert_eq!(due(u64::from(u32::MAX)), [1]);
    submit(vec![OutboxChange::Ack(rows[2].key.clone()), fail(1)]).expect("commits");
    assert_eq!(store.outbox_parked(0), Ok(vec![]));
    let waits = [1, 2, 3, 12, 13, 100].map(|n| outbox_backoff(n).ms() / 1000);
    assert_eq!(waits, [1, 2, 4, 2048, 3600, 3600]);
}
