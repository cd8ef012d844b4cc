//! The bootstrap file: applied once, never over what people changed; and what has moved on since.

use std::sync::Arc;

use serde_json::{Value, json};
use server::Bootstrap;

use crate::client::order_of;
use crate::server::{EXAMPLE, Server, crew};

fn drift(server_data: &std::path::Path, file: &str) -> Vec<String> {
    let store = store::SqliteStore::open(server_data).unwrap();
    server::drift(&store, &Bootstrap::parse(file).unwrap()).unwrap()
}

#[test]
fn a_file_is_applied_once_and_never_overwrites() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let lip = |pat: &crate::client::Http| -> Value {
        let products = pat.get("products?q=LIP-01").expect(200);
        products[0].clone()
    };
    assert_eq!(lip(&pat)["left"], 500);
    server
        .anonymous()
        .order("evening", "k1", &order_of("LIP-01", 2, "li@example.invalid"))
        .expect(201);
    pat.post("products/LIP-01/stock", &json!({"delta": -10})).expect(200);
    pat.patch(
        "products/LIP-01",
        &json!({"title": "Lipstick One", "price": {"minor": 6900, "currency": "CNY"}}),
    )
    .expect(200);
    pat.patch("hosts/anna", &json!({"name": "Anna B."})).expect(200);
    pat.patch("shows/evening", &json!({"title": "Night show", "delay_s": 12})).expect(200);
    pat.delete("shows/evening/offers/LIP-01").expect(200);
    pat.patch("users/pia", &json!({"roles": []})).expect(200);
    let key = pat.post("hosts/anna/key", &Value::Null).expect(200)["stream_key"].clone();
    let data = server.stop();

    let mut moved = drift(data.path(), &crew());
    moved.sort();
    for says in [
        "Lipstick One",
        "69.00 CNY",
        "Anna B.",
        "Night show",
        "delay_s is \"12\"",
        "user pia: roles",
        "show evening: offers is \"\"",
    ] {
        assert!(moved.iter().any(|line| line.contains(says)), "{says} is not in {moved:#?}");
    }
    assert!(!moved.iter().any(|line| line.contains("otto") || line.contains("bea")), "{moved:#?}");

    let server = Server::try_start(Arc::clone(&data), &crew(), |_| {}).unwrap();
    let pat = server.pat();
    let product = lip(&pat);
    assert_eq!(
        (&product["title"], &product["left"]),
        (&"Lipstick One".into(), &488.into()),
        "{product}"
    );
    let show = pat.get("shows/evening").expect(200);
    assert_eq!((&show["title"], &show["delay_s"]), (&"Night show".into(), &12.into()));
    assert_eq!(show["host"]["name"], "Anna B.");
    assert_eq!(pat.get("shows/evening/offers").expect(200), json!([]));
    assert_eq!(pat.get("studio?host=anna").expect(200)["stream_key"], key);
    server.bearer("rl_pia_0123456789abcdef").get("hosts").refused("forbidden");
    assert_eq!(pat.get("users").expect(200).as_array().unwrap().len(), 6);
}

#[test]
fn what_nobody_touched_has_not_moved() {
    let data = Server::example().stop();
    assert_eq!(drift(data.path(), EXAMPLE), Vec::<String>::new());
    let absent = format!("{EXAMPLE}\n[[brand]]\nslug = \"neu\"\nname = \"Neu\"\n");
    let moved = drift(data.path(), &absent);
    assert!(moved.len() == 1 && moved[0].contains("neu"), "{moved:?}");
}

#[test]
fn a_file_that_does_not_fit_is_refused_by_name() {
    for (more, says) in [
        ("[[product]]\nsku='X'\ntitle='X'\nbrand='nobody'\nprice='1.00 CNY'", "nobody"),
        ("[[show]]\nslug='x'\ntitle='X'\nhost='nobody'", "nobody"),
        ("[[show]]\nslug='x'\ntitle='X'\nhost='anna'\noffers=['NO-1']", "NO-1"),
        (
            "[[user]]\nname='x'\nroles=['host']\npassword='change-me-please-1'\nhost='nobody'",
            "nobody",
        ),
        (
            "[[user]]\nname='x'\nroles=[]\npassword='change-me-please-1'\ntoken='rl_pat_0123456789abcdef'",
            "token",
        ),
        ("[[host]]\nslug='x'\nname='X'\nstream_key='anna-secret-key'", "stream key"),
        ("[[host]]\nslug='x'\nname='X'\nkey='y'", "unknown field `key`"),
    ] {
        let data = Arc::new(tempfile::tempdir().unwrap());
        let file = format!("{EXAMPLE}\n{more}\n");
        let Err(error) = Server::try_start(data, &file, |_| {}) else { panic!("{more} was taken") };
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("secret-key") && !error.contains("rl_pat_"), "{error}");
    }
}
