//! Plans, products and what their calls take.

use serde_json::{Value, json};

use crate::server::{Server, crew};

fn slugs(page: &Value) -> Vec<String> {
    let shows = page.as_array().unwrap().iter();
    shows.map(|show| show["slug"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_list_of_shows_comes_in_pages() {
    let server = Server::start(&crew(), |_| {});
    let (pat, http) = (server.pat(), server.anonymous());
    for n in 0..5 {
        let starts_at = format!("2031-01-0{}T20:00:00Z", 5 - n);
        pat.post(
            "shows",
            &json!({"slug": format!("s{n}"), "title": "S", "host": "anna", "starts_at": starts_at}),
        )
        .expect(201);
    }
    let all = slugs(&http.get("shows").expect(200));
    assert_eq!(all.len(), 7);
    assert_eq!(all[all.len() - 5..], ["s4", "s3", "s2", "s1", "s0"]);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = slugs(&http.get(&format!("shows?limit=3&after={after}")).expect(200));
        seen.extend(page.clone());
        match page.last() {
            Some(last) if page.len() == 3 => after = last.clone(),
            _ => break,
        }
    }
    assert_eq!(seen, all);
    assert_eq!(slugs(&http.get("shows?status=planned&limit=1").expect(200)).len(), 1);
    assert_eq!(slugs(&http.get("shows?limit=100000").expect(200)), all);
    http.get("shows?after=nothing").refused("unknown_show");
}

fn batches(server: &Server) -> u64 {
    let metrics = server.anonymous().get("/metrics").text;
    let count =
        metrics.lines().find_map(|line| line.strip_prefix("ringlight_store_batches_total "));
    count.unwrap().parse().unwrap()
}

/// A product and its stock are written together, so no failure of the store leaves one without the other.
#[test]
fn a_product_and_its_stock_are_one_batch() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let product = |sku: &str| json!({"sku": sku, "title": "P", "brand": "noir", "price": {"minor": 1, "currency": "CNY"}, "stock": 7});
    let before = batches(&server);
    let added = pat.post("products", &product("P-1")).expect(201);
    assert_eq!((&added["stock"], batches(&server) - before), (&json!(7), 1));
    pat.post("products", &product("P-1")).refused("already_exists");
    // It is there after a restart as well.
    let server = Server::try_start(server.stop(), "", |_| {}).unwrap();
    let listed = server.pat().get("products?q=P-1").expect(200);
    assert_eq!((&listed[0]["sku"], &listed[0]["stock"]), (&json!("P-1"), &json!(7)));
    server.pat().patch("products/P-1", &json!({"title": "Q"})).expect(200);
}

#[test]
fn a_key_that_no_call_takes_is_refused_by_name() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let price = json!({"minor": 1, "currency": "CNY", "vat": 2});
    for (path, body, key) in [
        ("brands", json!({"slug": "x", "name": "X", "logo": 1}), "logo"),
        ("products", json!({"sku": "X", "title": "X", "brand": "noir", "price": price}), "vat"),
        ("shows/evening/moderation", json!({"kind": "lock", "on": false, "why": "x"}), "why"),
        (
            "shows/evening/moderation",
            json!({"kind": "slow", "seconds": 5, "minutes": 1}),
            "minutes",
        ),
        ("shows/evening/pin", json!({"sku": "LIP-01", "air_ms": 5}), "air_ms"),
    ] {
        let refused = pat.post(path, &body).refused("bad_json");
        let says = refused["message"].as_str().unwrap();
        assert!(says.contains(&format!("unknown field `{key}`")), "{path}: {says}");
    }
    let mut order = crate::client::order_of("LIP-01", 1, "li");
    order["buyer"]["age"] = 30.into();
    server.anonymous().order("evening", "k", &order).refused("bad_json");
}

/// Every body of the description says that it takes no other keys; the types behind it refuse them.
#[test]
fn every_body_is_closed() {
    let document: Value = serde_json::from_str(&server::openapi()).unwrap();
    let mut open = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            closed(&document, schema, &format!("{method} {path}"), &mut open);
        }
    }
    assert!(open.is_empty(), "{open:#?}");
}

fn closed(document: &Value, schema: &Value, what: &str, open: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').unwrap();
        return closed(document, document.pointer(pointer).unwrap(), what, open);
    }
    for each in ["oneOf", "anyOf", "allOf"] {
        for one in schema[each].as_array().into_iter().flatten() {
            closed(document, one, what, open);
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        if schema["additionalProperties"] != false {
            open.push(format!("{what}: {:?}", properties.keys().collect::<Vec<_>>()));
        }
        for (name, property) in properties {
            closed(document, property, &format!("{what}.{name}"), open);
        }
    }
}
