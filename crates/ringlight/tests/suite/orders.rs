//! Buying over HTTP: answers, retries, refusals, the file for the books.

use serde_json::{Value, json};

use crate::server::{Server, Setup};

#[test]
fn an_order_is_placed_once_and_refusals_say_why() {
    let server = Server::start(Setup::default());
    let (http, pat) = (server.anonymous(), server.pat());
    let none = Value::Null;

    let first = http.order("key-1", "LIP-01", 2, none.clone()).expect(201);
    assert_eq!(first["total"], json!({"minor": 15800, "currency": "CNY"}), "{first}");
    assert_eq!(first["status"], "reserved");
    let again = http.order("key-1", "LIP-01", 2, none.clone()).expect(201);
    assert_eq!(again["id"], first["id"], "a retry gets the original answer");
    http.order("key-1", "LIP-01", 1, none.clone()).refused(422, "key_reused");

    let seen = json!({"price_seen": {"minor": 6900, "currency": "CNY"}});
    http.order("key-2", "LIP-01", 1, seen).refused(409, "price_changed");
    let seen = json!({"price_seen": {"minor": 7900, "currency": "CNY"}, "air_ms": 99_000_000});
    let third = http.order("key-3", "LIP-01", 1, seen).expect(201);
    assert_eq!(third["air_ms"], 0, "no buyer watches what has not aired");

    http.order("key-4", "FEW-02", 2, none.clone()).expect(201);
    http.order("key-5", "FEW-02", 1, none.clone()).refused(409, "sold_out");
    http.order("key-4", "FEW-02", 2, none.clone()).expect(201);
    http.order("key-6", "NOT-99", 1, none.clone()).refused(404, "unknown_offer");
    http.order("key-7", "LIP-01", 0, none.clone()).refused(422, "bad_quantity");
    let headers = [("content-type", "application/json")];
    let body = json!({"sku": "LIP-01", "quantity": 1, "buyer": {"name": "Li", "contact": "x"}});
    let body = body.to_string();
    http.send("POST", "/:shows/evening/orders", &headers, body.as_bytes())
        .refused(422, "key_missing");

    let id = first["id"].as_str().unwrap();
    let paid = pat.post(&format!("/:orders/{id}/status"), &json!({"to": "paid"})).expect(200);
    assert_eq!(paid["status"], "paid");
    let refunded =
        pat.post(&format!("/:orders/{id}/status"), &json!({"to": "refunded"})).expect(200);
    assert_eq!(refunded["status"], "refunded");
    pat.post(&format!("/:orders/{id}/status"), &json!({"to": "refunded"}))
        .refused(409, "order_not_paid");
    http.get("/:orders").refused(401, "not_signed_in");

    let csv = pat.get("/:orders.csv");
    assert!(csv.status == 200 && csv.text.ends_with('\n'), "{csv:?}");
    assert_eq!(csv.text.lines().count(), 4, "a header and a row per order:\n{}", csv.text);
    assert!(csv.text.contains(id));

    let products = pat.get("/:products").expect(200);
    let lip = products.as_array().unwrap().iter().find(|p| p["sku"] == "LIP-01").unwrap();
    // Money that went back does not bring the goods back: that is a change of stock.
    assert_eq!((lip["sold"].as_u64(), lip["left"].as_u64()), (Some(2), Some(497)), "{lip}");
}

/// Words go and the log stays: it never held them.
#[test]
fn what_was_erased_leaves_a_log_that_replays_and_verifies() {
    let mut server = Server::start(Setup::default());
    let (http, pat) = (server.anonymous(), server.pat());
    let order = http.order("erased", "LIP-01", 1, Value::Null).expect(201);
    let mut li = crate::client::Talker::enter(&server.http, "Li");
    li.say("forget me");
    li.wait_chat("forget me");
    pat.post(
        "/:shows/evening/moderation",
        &json!({"kind": "time_out", "viewer": li.id, "seconds": 60}),
    )
    .expect(200);
    let id = order["id"].as_str().unwrap();
    assert_eq!(pat.delete(&format!("/:orders/{id}/contact")).expect(200)["orders"], 1);
    pat.delete(&format!("/:viewers/{}/chat", li.id)).expect(204);
    assert_eq!(pat.get("/:orders").expect(200)["orders"][0]["buyer"], Value::Null);
    server.stop();
    crate::crash::check_log(&server);
    server.start_again();
    let pat = server.pat();
    assert_eq!(pat.get("/:orders").expect(200)["orders"][0]["buyer"], Value::Null);
    pat.post(&format!("/:orders/{id}/status"), &json!({"to": "paid"})).expect(200);
}

#[test]
fn a_show_that_has_ended_sells_nothing_and_a_limit_holds_per_buyer() {
    let server = Server::start(Setup::default());
    let (http, pat) = (server.anonymous(), server.pat());
    pat.patch("/:shows/evening/offers/LIP-01", &json!({"limit": 1})).expect(200);
    let same = json!({"buyer": {"name": "Li", "contact": "li@example.invalid"}});
    http.order("a", "LIP-01", 1, same.clone()).expect(201);
    http.order("b", "LIP-01", 1, same).refused(409, "limit_reached");
    http.order("c", "LIP-01", 1, Value::Null).expect(201);
    pat.post("/:shows/evening/start", &json!({})).expect(200);
    pat.post("/:shows/evening/end", &json!({})).expect(200);
    http.order("d", "LIP-01", 1, Value::Null).refused(409, "show_ended");
    let retry = json!({"buyer": {"name": "Li", "contact": "li@example.invalid"}});
    http.order("a", "LIP-01", 1, retry).expect(201);
}

#[test]
fn products_come_from_a_file_and_bad_lines_are_named() {
    let server = Server::start(Setup::default());
    let pat = server.pat();
    let file = "Handle,Title,Vendor,Type,Variant SKU,Variant Price,Variant Inventory Qty\n\
                soap,Soap,Rouge,body,SOAP-1,12.50,10\n\
                brush,Brush,Rouge,face,BRUSH-1,not a price,3\n";
    let headers = [("content-type", "text/csv")];
    let send = || pat.send("POST", "/:products/import?currency=CNY", &headers, file.as_bytes());
    let report = send().expect(200);
    assert_eq!(
        (report["created"].as_u64(), report["updated"].as_u64()),
        (Some(1), Some(0)),
        "{report}"
    );
    assert_eq!(report["rejected"][0]["line"], 3, "{report}");
    let report = send().expect(200);
    assert_eq!(
        (report["created"].as_u64(), report["updated"].as_u64()),
        (Some(0), Some(1)),
        "{report}"
    );
    pat.send("POST", "/:products/import", &headers, b"\xff\xfe\x00nonsense")
        .refused(400, "bad_csv");
}
