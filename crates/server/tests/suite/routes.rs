//! Who may call what: every route of the description, asked by everybody.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::server::{Server, crew};

/// Who asks, in this order: nobody, a brand manager, the show's own host, another host, a producer, an operator.
const TOKENS: [Option<&str>; 6] = [
    None,
    Some("rl_bo_0123456789abcdef"),
    Some("rl_anna_0123456789abcdef"),
    Some("rl_bea_0123456789abcdef"),
    Some("rl_pia_0123456789abcdef"),
    Some("rl_otto_0123456789abcdef"),
];

/// Method, path (with a query where there must be one), how the variables of the path are filled, body, and what each of them is answered. `{n}` is another number
/// for each who asks.
type Row = (&'static str, &'static str, &'static [&'static str], &'static str, [u16; TOKENS.len()]);

/// All routes.
const TABLE: &[Row] = &[
    ("get", "/session", &[], "", [401, 200, 200, 200, 200, 200]),
    ("post", "/session", &[], r#"{"name":"pat","password":"change-me-please-1"}"#, [200; 6]),
    ("delete", "/session", &[], "", [204; 6]),
    (
        "post",
        "/setup",
        &[],
        r#"{"token":"x","name":"eve","password":"change-me-please-1"}"#,
        [403; 6],
    ),
    ("get", "/users", &[], "", [401, 403, 403, 403, 403, 200]),
    (
        "post",
        "/users",
        &[],
        r#"{"name":"u{n}","password":"change-me-please-1","roles":[]}"#,
        [401, 403, 403, 403, 403, 201],
    ),
    ("patch", "/users/{name}", &["pat"], r#"{"brand":"rouge"}"#, [401, 403, 403, 403, 403, 200]),
    ("get", "/users/{name}/tokens", &["pat"], "", [401, 403, 403, 403, 403, 200]),
    ("post", "/users/{name}/tokens", &["pat"], r#"{"label":"t"}"#, [401, 403, 403, 403, 403, 201]),
    ("delete", "/users/{name}/tokens/{id}", &["pat", NOBODY], "", [401, 403, 403, 403, 403, 404]),
    ("get", "/hosts", &[], "", [401, 403, 403, 403, 200, 200]),
    ("post", "/hosts", &[], r#"{"slug":"h{n}","name":"H"}"#, [401, 403, 403, 403, 403, 201]),
    ("patch", "/hosts/{slug}", &["bea"], r#"{"name":"Bea"}"#, [401, 403, 403, 403, 403, 200]),
    ("post", "/hosts/{slug}/key", &["anna"], "", [401, 403, 200, 403, 403, 200]),
    ("put", "/hosts/{slug}/follow", &["anna"], "", [204; 6]),
    ("delete", "/hosts/{slug}/follow", &["anna"], "", [204; 6]),
    ("get", "/brands", &[], "", [200; 6]),
    ("post", "/brands", &[], r#"{"slug":"b{n}","name":"B"}"#, [401, 403, 403, 403, 403, 201]),
    ("patch", "/brands/{slug}", &["noir"], r#"{"name":"Noir"}"#, [401, 403, 403, 403, 403, 200]),
    ("get", "/categories", &[], "", [200; 6]),
    ("get", "/products", &[], "", [401, 200, 200, 200, 200, 200]),
    (
        "post",
        "/products",
        &[],
        r#"{"sku":"P-{n}","title":"P","brand":"noir","price":{"minor":1,"currency":"CNY"}}"#,
        [401, 403, 403, 403, 403, 201],
    ),
    ("patch", "/products/{sku}", &["INK-02"], r#"{"title":"Ink"}"#, [401, 403, 403, 403, 403, 200]),
    (
        "post",
        "/products/{sku}/stock",
        &["INK-02"],
        r#"{"delta":1}"#,
        [401, 403, 403, 403, 403, 200],
    ),
    (
        "post",
        "/products/import",
        &[],
        "Handle,Title,Variant SKU,Variant Price\n",
        [401, 403, 403, 403, 403, 200],
    ),
    ("get", "/shows", &[], "", [200; 6]),
    (
        "post",
        "/shows",
        &[],
        r#"{"slug":"s{n}","title":"S","host":"anna"}"#,
        [401, 403, 403, 403, 201, 201],
    ),
    ("get", "/shows/{slug}", &["evening"], "", [200; 6]),
    (
        "patch",
        "/shows/{slug}",
        &["evening"],
        r#"{"title":"Evening show"}"#,
        [401, 403, 403, 403, 200, 200],
    ),
    ("get", "/shows/{slug}/watch", &["evening"], "", [200; 6]),
    ("post", "/shows/{slug}/start", &["evening"], "", [401, 403, 200, 403, 409, 409]),
    ("get", "/shows/{slug}/offers", &["evening"], "", [200; 6]),
    (
        "post",
        "/shows/{slug}/offers",
        &["evening"],
        r#"{"sku":"LIP-01"}"#,
        [401, 403, 409, 403, 409, 409],
    ),
    (
        "patch",
        "/shows/{slug}/offers/{sku}",
        &["evening", "LIP-01"],
        r#"{"limit":9}"#,
        [401, 403, 200, 403, 200, 200],
    ),
    (
        "post",
        "/shows/{slug}/pin",
        &["evening"],
        r#"{"sku":"LIP-01"}"#,
        [401, 403, 200, 403, 200, 200],
    ),
    (
        "post",
        "/shows/{slug}/delay",
        &["evening"],
        r#"{"delay_s":9}"#,
        [401, 403, 403, 403, 200, 200],
    ),
    ("get", "/shows/{slug}/actions", &["evening"], "", [401, 403, 200, 403, 200, 200]),
    (
        "post",
        "/shows/{slug}/actions",
        &["evening"],
        r#"{"kind":"resume"}"#,
        [401, 403, 403, 403, 409, 409],
    ),
    (
        "delete",
        "/shows/{slug}/actions/{id}",
        &["evening", NOBODY],
        "",
        [401, 403, 403, 403, 404, 404],
    ),
    ("get", "/shows/{slug}/moderation", &["evening"], "", [401, 403, 403, 403, 200, 200]),
    (
        "post",
        "/shows/{slug}/moderation",
        &["evening"],
        r#"{"kind":"lock","on":false}"#,
        [401, 403, 403, 403, 200, 200],
    ),
    ("get", "/shows/{slug}/recap", &["evening"], "", [401, 403, 200, 403, 200, 200]),
    ("get", "/shows/{slug}/incidents", &["evening"], "", [401, 403, 200, 403, 200, 200]),
    (
        "post",
        "/shows/{slug}/incidents/{id}",
        &["evening", "0190b3c1-7c3e-7000-8000-000000000000"],
        r#"{"do":"confirm"}"#,
        [401, 403, 403, 403, 404, 404],
    ),
    (
        "get",
        "/shows/{slug}/incidents/{id}/clip.wav",
        &["evening", "0190b3c1-7c3e-7000-8000-000000000000"],
        "",
        [401, 403, 404, 403, 404, 404],
    ),
    ("get", "/shows/{slug}/transcript", &["evening"], "", [401, 403, 200, 403, 200, 200]),
    ("get", "/shows/{slug}/reading", &["evening"], "", [401, 403, 200, 403, 200, 200]),
    ("get", "/shows/{slug}/sealed", &["evening"], "", [401, 403, 403, 403, 403, 200]),
    (
        "post",
        "/sealed/{id}/open",
        &[NOBODY],
        r#"{"reason":"a complaint"}"#,
        [401, 403, 403, 403, 403, 404],
    ),
    (
        "post",
        "/shows/{slug}/orders",
        &["evening"],
        r#"{"sku":"LIP-01","quantity":1,"buyer":{"name":"Li","contact":"c{n}"}}"#,
        [201; 6],
    ),
    ("get", "/exposure/what-if?host=anna&days=7", &[], "", [401, 403, 403, 403, 403, 409]),
    ("get", "/brands/{slug}/exposure", &["rouge"], "", [401, 409, 403, 403, 403, 409]),
    ("get", "/exposure", &[], "", [401, 403, 403, 403, 403, 200]),
    ("post", "/exposure", &[], "{}", [401, 403, 403, 403, 403, 202]),
    ("delete", "/exposure", &[], "", [401, 403, 403, 403, 403, 204]),
    ("get", "/plan", &[], "", [401, 403, 403, 403, 403, 200]),
    ("post", "/plan", &[], r#"{"constraints":""}"#, [401, 403, 403, 403, 403, 409]),
    ("delete", "/plan", &[], "", [401, 403, 403, 403, 403, 204]),
    ("get", "/plan/constraints", &[], "", [401, 403, 403, 403, 403, 409]),
    ("get", "/recovery?host=anna&start=2026-01-01", &[], "", [401, 403, 403, 403, 403, 422]),
    ("get", "/incidents", &[], "", [401, 403, 200, 200, 200, 200]),
    ("get", "/incidents/precision", &[], "", [401, 403, 200, 200, 200, 200]),
    ("get", "/incidents.csv", &[], "", [401, 403, 200, 200, 200, 200]),
    ("get", "/incidents/{id}", &[NOBODY], "", [401, 404, 404, 404, 404, 404]),
    ("get", "/recovery/incidents", &[], "", [401, 403, 403, 403, 403, 200]),
    ("get", "/standing", &[], "", [401, 403, 403, 403, 403, 200]),
    ("get", "/standing/{slug}", &["anna"], "", [401, 403, 200, 403, 403, 200]),
    (
        "post",
        "/standing/{slug}/appeals",
        &["anna"],
        r#"{"of":"x","reason":"y"}"#,
        [401, 403, 404, 403, 403, 404],
    ),
    (
        "post",
        "/standing/{slug}/appeals/{id}/decision",
        &["anna", NOBODY],
        r#"{"upheld":true,"reason":"y"}"#,
        [401, 403, 403, 403, 403, 404],
    ),
    ("get", "/shows/{slug}/orders/mine", &["evening"], "", [200; 6]),
    ("post", "/shows/{slug}/orders/{id}/cancel", &["evening", NOBODY], "", [404; 6]),
    ("get", "/orders", &[], "", [401, 200, 403, 403, 200, 200]),
    ("get", "/orders.csv", &[], "", [401, 200, 403, 403, 200, 200]),
    ("delete", "/orders/{id}/contact", &[NOBODY], "", [401, 403, 403, 403, 403, 404]),
    ("delete", "/viewers/{viewer}/chat", &[NOBODY], "", [401, 403, 403, 403, 403, 204]),
    ("post", "/orders/{id}/status", &[NOBODY], r#"{"to":"paid"}"#, [401, 403, 403, 403, 403, 404]),
    ("get", "/front", &[], "", [200; 6]),
    ("get", "/studio", &[], "", [401, 403, 200, 200, 200, 200]),
    // Not a WebSocket handshake, so whoever may come in is told that.
    ("get", "/shows/{slug}/room", &["evening"], "", [400; 6]),
    ("get", "/shows/{slug}/desk", &["evening"], "", [401, 403, 400, 403, 400, 400]),
    (
        "delete",
        "/shows/{slug}/offers/{sku}",
        &["evening", "LIP-01"],
        "",
        [401, 403, 200, 403, 404, 404],
    ),
    ("post", "/shows/{slug}/end", &["evening"], "", [401, 403, 200, 403, 409, 409]),
];

/// An address without its query.
fn path_of(address: &str) -> &str {
    address.split('?').next().unwrap_or_default()
}

/// An id that nothing has.
const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

#[test]
fn every_route_answers_each_role_as_the_table_says() {
    let server = Server::start(&crew(), |_| {});
    let document: Value = server.anonymous().get("openapi.json").json();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone()))
        })
        .collect();
    let listed: BTreeSet<(String, String)> =
        TABLE.iter().map(|row| (path_of(row.1).to_owned(), row.0.to_owned())).collect();
    let missing: Vec<_> = described.symmetric_difference(&listed).collect();
    assert!(missing.is_empty(), "in the description or in the table only: {missing:?}");

    let mut wrong = Vec::new();
    for (row, (method, path, fill, body, expected)) in TABLE.iter().enumerate() {
        let mut filled = path.trim_start_matches('/').to_owned();
        for value in *fill {
            let (open, close) = (filled.find('{').unwrap(), filled.find('}').unwrap());
            filled.replace_range(open..=close, value);
        }
        for (n, token) in TOKENS.iter().enumerate() {
            let http = match token {
                Some(token) => server.bearer(token),
                None => server.anonymous(),
            };
            let body = body.replace("{n}", &format!("{row}-{n}"));
            let kind = if body.starts_with('{') { "application/json" } else { "text/csv" };
            let key = format!("key-{row}-{n}");
            let headers = [("content-type", kind), ("idempotency-key", key.as_str())];
            let answer = http.send(&method.to_uppercase(), &filled, &headers, body.as_bytes());
            if answer.status != expected[n] {
                wrong.push(format!("{method} {path} by {n}: {} {}", answer.status, answer.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is not in the description: pages, media, the machine's own.
#[test]
fn addresses_outside_the_api() {
    let server = Server::start(&crew(), |_| {});
    let anonymous = server.anonymous();
    for (path, status) in [
        ("/", 200),
        ("/watch/evening", 200),
        ("/desk/evening", 200),
        ("/studio", 200),
        ("/ops", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/nothing", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/shows/evening/nothing", 404),
        ("/live/evening/index.m3u8", 404),
        ("/live/evening/..%2f..%2fsecret.key", 404),
        ("/live/evening/%2e%2e/secret.key", 404),
        ("/live/..%2f..%2f/index.m3u8", 404),
        ("/live/evening/seg-1.m4s", 404),
        ("/live/%ff/index.m3u8", 404),
        ("/api/v1/shows/%ff", 404),
        ("/api/v1/orders?limit=many", 400),
    ] {
        assert_eq!(anonymous.get(path).status, status, "{path}");
    }
    for (method, path) in [
        ("PUT", "/api/v1/front"),
        ("POST", "/live/evening/index.m3u8"),
        ("POST", "/healthz"),
        ("DELETE", "/"),
    ] {
        anonymous.send(method, path, &[], b"").refused("method_not_allowed");
    }
    let preview = "/live/evening/preview/host/index.m3u8";
    for (token, code) in TOKENS.iter().zip([
        "not_signed_in",
        "forbidden",
        "not_on_air",
        "forbidden",
        "not_on_air",
        "not_on_air",
    ]) {
        let http = token.map_or_else(|| server.anonymous(), |token| server.bearer(token));
        http.get(preview).refused(code);
    }
}

#[test]
fn the_machine_says_how_it_is() {
    let server = Server::example();
    let http = server.anonymous();
    let ready = http.get("/readyz").expect(200);
    assert_eq!((&ready["listening"], &ready["store"]), (&true.into(), &"ok".into()));
    let metrics = http.get("/metrics");
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    let (mut types, mut samples) = (BTreeSet::new(), 0);
    for line in metrics.text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(matches!(kind, "counter" | "gauge") && types.insert(name), "{line}");
        } else if !line.starts_with("# HELP ") {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(types.contains(name.split('{').next().unwrap()), "{line}");
            samples += 1;
        }
    }
    assert!(samples > 15, "{}", metrics.text);
    assert!(metrics.text.ends_with('\n') && metrics.text.contains("ringlight_store_up 1\n"));
}
