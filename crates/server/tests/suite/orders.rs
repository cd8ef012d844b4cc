//! Buying: keys, limits, prices, who sees what, and the files that come in and go out.

use serde_json::{Value, json};

use crate::client::{Http, order_of};
use crate::server::{Server, crew};

/// A viewer with a device of their own.
fn viewer(server: &Server) -> Http {
    let http = server.anonymous();
    let device = http.get("shows/evening/watch").cookie("rl_device").unwrap();
    http.with("cookie", &device)
}

#[test]
fn a_key_places_one_order_and_only_its_device_sees_the_contact() {
    let server = Server::start(&crew(), |_| {});
    let (li, eve) = (viewer(&server), viewer(&server));
    let ask = order_of("LIP-01", 2, "li@example.invalid");
    let placed = li.order("evening", "key-1", &ask).expect(201);
    assert_eq!(placed["buyer"]["contact"], "li@example.invalid");
    assert_eq!(placed["total"], json!({"minor": 15_800, "currency": "CNY"}));
    let again = li.order("evening", "key-1", &ask).expect(201);
    assert_eq!(again, placed);
    let stolen = eve.order("evening", "key-1", &ask).expect(201);
    assert_eq!((&stolen["id"], &stolen["buyer"]), (&placed["id"], &Value::Null));
    li.order("evening", "key-1", &order_of("LIP-01", 3, "li@example.invalid"))
        .refused("key_reused");
    li.order("evening", "key-1", &order_of("LIP-01", 2, "other@example.invalid"))
        .refused("key_reused");
    // A key belongs to its show.
    li.order("late", "key-1", &ask).expect(201);

    assert_eq!(li.get("shows/evening/orders/mine").json()[0]["buyer"]["name"], "Li");
    assert_eq!(eve.get("shows/evening/orders/mine").json(), json!([]));
    assert_eq!(server.anonymous().get("shows/evening/orders/mine").json(), json!([]));

    let cancel = format!("shows/evening/orders/{}/cancel", placed["id"].as_str().unwrap());
    eve.post(&cancel, &Value::Null).refused("unknown_order");
    server.anonymous().post(&cancel, &Value::Null).refused("unknown_order");
    assert_eq!(li.post(&cancel, &Value::Null).expect(200)["status"], "cancelled_by_buyer");
    li.post(&cancel, &Value::Null).refused("order_not_reserved");
}

#[test]
fn prices_limits_and_stock_hold() {
    let server = Server::start(&crew(), |_| {});
    let (li, pat) = (viewer(&server), server.pat());
    let priced = |minor: i64, currency: &str| {
        let mut ask = order_of("LIP-01", 1, "li");
        ask["price_seen"] = json!({"minor": minor, "currency": currency});
        ask
    };
    let refused = li.order("evening", "p1", &priced(100, "CNY")).refused("price_changed");
    assert!(refused["detail"].to_string().contains("7900"), "{refused}");
    li.order("evening", "p2", &priced(7900, "EUR")).refused("price_changed");
    li.order("evening", "p3", &priced(7900, "CNY")).expect(201);

    pat.patch("shows/evening/offers/LIP-01", &json!({"limit": 2})).expect(200);
    li.order("evening", "l1", &order_of("LIP-01", 2, "mo@example.invalid")).expect(201);
    // Who buys is known by the contact, however it is written and whatever the browser.
    let fresh = viewer(&server);
    fresh
        .order("evening", "l2", &order_of("LIP-01", 1, " MO@example.invalid "))
        .refused("limit_reached");
    fresh
        .order("evening", "l3", &order_of("LIP-01", 3, "jo@example.invalid"))
        .refused("limit_reached");

    li.order("late", "s1", &order_of("INK-02", 3, "a")).expect(201);
    li.order("late", "s2", &order_of("INK-02", 1, "b")).refused("sold_out");
    pat.post("products/INK-02/stock", &json!({"delta": 1})).expect(200);
    // The answer to a key stays what it was; a new one is judged anew.
    li.order("late", "s2", &order_of("INK-02", 1, "b")).refused("sold_out");
    li.order("late", "s3", &order_of("INK-02", 1, "b")).expect(201);
    pat.post("products/INK-02/stock", &json!({"delta": -1})).refused("stock_too_low");

    for (what, body, code) in [
        ("no such offer", order_of("NOT-1", 1, "x"), "unknown_offer"),
        ("not offered here", order_of("INK-02", 1, "x"), "unknown_offer"),
        ("none", order_of("LIP-01", 0, "x"), "bad_quantity"),
        ("very many", order_of("LIP-01", u32::MAX, "x"), "bad_quantity"),
        ("no contact", order_of("LIP-01", 1, "  "), "invalid_field"),
        ("a long contact", order_of("LIP-01", 1, &"x".repeat(301)), "invalid_field"),
        ("no SKU", order_of("", 1, "x"), "unknown_offer"),
        ("a strange SKU", order_of("\u{0}\u{202e}", 1, "x"), "unknown_offer"),
    ] {
        let answer = li.order("evening", what, &body);
        assert_eq!(answer.json()["error"]["code"], code, "{what}: {}", answer.text);
    }
    let body = order_of("LIP-01", 1, "x");
    li.post("shows/evening/orders", &body).refused("key_missing");
    li.order("evening", &"k".repeat(256), &body).refused("key_missing");
    li.order("nothing", "k", &body).refused("unknown_show");
}

#[test]
fn one_buyer_does_not_take_the_queue() {
    let server = Server::start(&crew(), |config| config.shop.orders_per_buyer_per_s = 1);
    let li = viewer(&server);
    let codes: Vec<u16> = (0..6)
        .map(|n| li.order("evening", &n.to_string(), &order_of("LIP-01", 1, "li")).status)
        .collect();
    assert!(codes.contains(&429) && codes[0] == 201, "{codes:?}");
    li.order("evening", "other", &order_of("LIP-01", 1, "jo")).expect(201);
}

#[test]
fn sellers_see_what_is_theirs() {
    let server = Server::start(&crew(), |_| {});
    let (li, pat) = (viewer(&server), server.pat());
    let (bo, pia) =
        (server.bearer("rl_bo_0123456789abcdef"), server.bearer("rl_pia_0123456789abcdef"));
    let lip = li.order("evening", "a", &order_of("LIP-01", 1, "li@example.invalid")).expect(201);
    let ink = li.order("late", "b", &order_of("INK-02", 1, "li@example.invalid")).expect(201);
    let ids = |http: &Http, query: &str| -> Vec<Value> {
        let list = http.get(&format!("orders{query}")).expect(200);
        list["orders"].as_array().unwrap().iter().map(|order| order["id"].clone()).collect()
    };
    assert_eq!(ids(&pat, ""), [ink["id"].clone(), lip["id"].clone()]);
    assert_eq!(ids(&pat, "?brand=noir"), [ink["id"].clone()]);
    assert_eq!(ids(&pat, "?show=evening"), [lip["id"].clone()]);
    // A brand manager asks for whatever they like and gets their own.
    for query in ["", "?brand=noir", "?brand=", "?show=evening"] {
        assert_eq!(ids(&bo, query), [lip["id"].clone()], "{query}");
    }
    let skus = bo.get("products").expect(200);
    assert!(!skus.to_string().contains("INK-02"), "{skus}");
    for (http, sees) in [(&pat, true), (&pia, false), (&bo, false)] {
        for path in ["orders", "orders.csv"] {
            assert_eq!(http.get(path).text.contains("li@example.invalid"), sees, "{path}");
        }
    }
    assert!(!bo.get("orders.csv").text.contains("INK-02"));
    pat.patch("users/bo", &json!({"brand": ""})).expect(200);
    bo.get("orders").refused("forbidden");

    let status = format!("orders/{}/status", lip["id"].as_str().unwrap());
    pat.post(&status, &json!({"to": "refunded"})).refused("order_not_paid");
    assert_eq!(pat.post(&status, &json!({"to": "paid"})).expect(200)["status"], "paid");
    assert_eq!(pat.post(&status, &json!({"to": "refunded"})).expect(200)["status"], "refunded");
    pat.post(&status, &json!({"to": "sold"})).refused("bad_json");
}

#[test]
fn a_file_of_products_comes_in_and_no_formula_goes_out() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let csv = "Handle,Title,Vendor,Type,Variant SKU,Variant Inventory Qty,Variant Price,Option1 Value\n\
        lip,=cmd|' /C calc'!A0,Rouge,lips,F-1,7,9.90,\n\
        lip,,,,F-2,1,12.00,Red\n\
        bad,Bad,Rouge,x,F-3,1,dear,\n\
        ,No handle,Rouge,x,F-4,1,1.00,\n\
        new,New,Neue Marke,x,F-5,,1.00,\n";
    let headers = [("content-type", "text/csv")];
    let report =
        pat.send("POST", "products/import?currency=EUR", &headers, csv.as_bytes()).expect(200);
    assert_eq!((&report["created"], &report["updated"]), (&3.into(), &0.into()), "{report}");
    let lines: Vec<_> =
        report["rejected"].as_array().unwrap().iter().map(|r| r["line"].clone()).collect();
    assert_eq!(lines, [4, 5], "{report}");
    let again =
        pat.send("POST", "products/import?currency=EUR", &headers, csv.as_bytes()).expect(200);
    assert_eq!((&again["created"], &again["updated"]), (&0.into(), &3.into()), "{again}");
    let products = pat.get("products?q=F-").expect(200);
    assert_eq!(products[0]["left"], 7, "stock is opened once: {products}");
    assert!(pat.get("brands").text.contains("neue-marke"));
    for (body, code) in
        [(&b"a,b\n1,2\n"[..], "bad_csv"), (b"", "bad_csv"), (b"\xff\xfe\x00,\x00\n", "bad_csv")]
    {
        pat.send("POST", "products/import", &headers, body).refused(code);
    }
    pat.send("POST", "products/import?currency=EURO", &headers, csv.as_bytes())
        .refused("invalid_field");

    // A whole catalogue comes in at once, and the same SKU twice in it is one product.
    let header = "Handle,Title,Vendor,Variant SKU,Variant Inventory Qty,Variant Price\n";
    let line = |n: u32| format!("h{n},T{n},Rouge,BULK-{n},{n},1.00\n");
    let many: String =
        std::iter::once(header.to_owned()).chain((0..5_000).map(line)).chain([line(7)]).collect();
    let report = pat.send("POST", "products/import", &headers, many.as_bytes()).expect(200);
    assert_eq!((&report["created"], &report["updated"]), (&5_000.into(), &1.into()), "{report}");
    assert_eq!(pat.get("products?q=BULK-4999").expect(200)[0]["left"], 4_999);

    pat.post("shows/evening/offers", &json!({"sku": "F-1"})).expect(201);
    let li = viewer(&server);
    for (n, name) in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "a\"b,c"].iter().enumerate() {
        let ask = json!({"sku": "F-1", "quantity": 1, "buyer": {"name": name, "contact": format!("-{n}")}});
        li.order("evening", &n.to_string(), &ask).expect(201);
    }
    let file = pat.get("orders.csv");
    assert!(file.header("content-type").starts_with("text/csv") && file.text.ends_with('\n'));
    assert!(file.header("content-disposition").starts_with("attachment"));
    let fields = file.text.lines().flat_map(|line| line.split(','));
    for field in fields.map(|field| field.trim_matches('"')) {
        assert!(
            !field.starts_with(['=', '+', '-', '@', '＝']),
            "{field} is a formula in {}",
            file.text
        );
    }
    assert_eq!(file.text.lines().count(), 7);
    assert!(file.text.contains("\"a\"\"b,c\""), "{}", file.text);
}
