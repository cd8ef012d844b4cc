//! What the operator asks of the past: exposure, recovery, standing and appeals, from the server's own orders.

use serde_json::{Value, json};

use crate::client::{Http, order_of};
use crate::server::{Server, crew};
use crate::wait;

const OTTO: &str = "rl_otto_0123456789abcdef";
const ANNA: &str = "rl_anna_0123456789abcdef";
const BEA: &str = "rl_bea_0123456789abcdef";
const BO: &str = "rl_bo_0123456789abcdef";

/// Orders a lipstick and pays; answers the order's id.
fn bought(server: &Server, key: &str) -> String {
    let viewer = server.anonymous();
    let ask = order_of("LIP-01", 1, &format!("{key}@example.invalid"));
    let placed = viewer.order("evening", key, &ask).expect(201);
    let id = placed["id"].as_str().unwrap().to_owned();
    set_status(server, &id, "paid");
    id
}

fn set_status(server: &Server, order: &str, status: &str) {
    let ask = json!({ "to": status });
    server.pat().post(&format!("orders/{order}/status"), &ask).expect(200);
}

fn finished(http: &Http) -> Value {
    wait::until("the analysis to end", || {
        let view = http.get("exposure").expect(200);
        (view["state"] != "running").then_some(view)
    })
}

#[test]
fn exposure_is_computed_from_the_servers_own_orders_and_brands_see_their_part() {
    let server = Server::start(&crew(), |_| {});
    let (otto, bo) = (server.bearer(OTTO), server.bearer(BO));
    assert_eq!(otto.get("exposure").expect(200)["state"], "none");
    otto.get("exposure/what-if?host=anna&days=30").refused("no_analysis");
    bo.get("brands/rouge/exposure").refused("no_analysis");

    otto.post("exposure", &json!({})).expect(202);
    let failed = finished(&otto);
    assert_eq!((&failed["state"], &failed["report"]), (&json!("failed"), &Value::Null));
    assert_eq!(failed["error"], "nothing has been sold yet");

    (0..4).for_each(|n| drop(bought(&server, &format!("k{n}"))));
    let refunded = bought(&server, "back");
    set_status(&server, &refunded, "refunded");
    for (ask, says) in [
        (json!({"alpha": 1.0}), "alpha"),
        (json!({"horizon_days": 0.0}), "horizon_days"),
        (json!({"scenarios": 10}), "scenarios"),
    ] {
        let refused = otto.post("exposure", &ask).refused("invalid_field");
        assert!(refused["message"].to_string().contains(says), "{refused}");
    }
    otto.post("exposure", &json!({"scenarios": 1000})).expect(202);
    let ready = finished(&otto);
    assert_eq!(ready["state"], "ready", "{ready}");
    let report = &ready["report"];
    assert_eq!((&report["orders"], &report["currency"]), (&json!(4), &json!("CNY")));
    assert_eq!(report["gmv"], json!(4.0 * 79.0));
    assert_eq!((&report["hosts"][0]["host"], &report["hhi"]), (&json!("anna"), &json!(1.0)));
    assert_eq!(report["hosts"][0]["audience"], 4, "buyers count once");

    let had = format!("exposure?have={}", ready["done_at"].as_str().unwrap());
    assert_eq!(otto.get(&had).expect(200)["report"], Value::Null, "it is not sent twice");

    let answer = otto.get("exposure/what-if?host=anna&days=30").expect(200);
    assert!(answer["lost"]["mid"].as_f64().unwrap() > 0.0, "{answer}");
    otto.get("exposure/what-if?host=nobody&days=30").refused("invalid_field");
    otto.get("exposure/what-if?host=anna&days=0").refused("invalid_field");

    let limits = otto.get("plan/constraints").expect(200);
    assert!(limits["constraints"].as_str().unwrap().contains("[host.\"anna\"]"), "{limits}");
    let wrong = json!({"constraints": "[es]\nbudge = 1\n"});
    let refused = otto.post("plan", &wrong).refused("invalid_field");
    assert!(refused["message"].to_string().contains("budge"), "{refused}");
    otto.post("plan", &json!({"constraints": "[es]\npart_of_now = 1.0\n"})).expect(202);
    let planned = wait::until("the plan to end", || {
        let view = otto.get("plan").expect(200);
        (view["state"] != "running").then_some(view)
    });
    // One host with five orders may have nothing to plan with; then it says so.
    match planned["state"].as_str() {
        Some("ready") => assert!(planned["plan"]["hosts"].is_array(), "{planned}"),
        _ => assert!(planned["error"].is_string(), "{planned}"),
    }

    let part = bo.get("brands/rouge/exposure").expect(200);
    assert_eq!(
        (&part["brand"]["name"], &part["brand"]["top_host"]),
        (&json!("rouge"), &json!("anna"))
    );
    bo.get("brands/noir/exposure").refused("forbidden");
    bo.get("exposure").refused("forbidden");
}

#[test]
fn standing_shows_each_piece_and_an_appeal_reverses_it() {
    let server = Server::start(&crew(), |_| {});
    let (otto, anna) = (server.bearer(OTTO), server.bearer(ANNA));
    (0..3).for_each(|n| drop(bought(&server, &format!("k{n}"))));
    let back = bought(&server, "back");
    set_status(&server, &back, "refunded");

    let before = anna.get("standing/anna").expect(200);
    assert_eq!(before["standing"]["pieces"], json!([]), "a show counts once it has ended");
    server.pat().post("shows/evening/start", &json!({})).expect(200);
    server.pat().post("shows/evening/end", &json!({})).expect(200);

    let stands = anna.get("standing/anna").expect(200);
    let piece = &stands["standing"]["pieces"][0];
    assert_eq!(piece["id"], "show/evening/refunds");
    assert!(piece["overall_effect"].is_f64(), "{piece}");
    assert_eq!(stands["ledger"]["points"], 0.0);
    let dimension = |view: &Value| view["standing"]["dimensions"][0]["score"].as_f64().unwrap();
    let low = dimension(&stands);

    let objection =
        json!({"of": "show/evening/refunds", "reason": "the box was broken by the carrier"});
    server.bearer(BEA).post("standing/anna/appeals", &objection).refused("forbidden");
    let other = json!({"of": "show/late/refunds", "reason": "no"});
    anna.post("standing/anna/appeals", &other).refused("unknown_evidence");
    let nothing = json!({"of": "show/evening/refunds", "reason": " "});
    anna.post("standing/anna/appeals", &nothing).refused("invalid_field");
    let asked = anna.post("standing/anna/appeals", &objection).expect(201);
    anna.post("standing/anna/appeals", &objection).refused("already_exists");
    let appeal = &asked["appeals"][0];
    assert_eq!((&appeal["state"], &appeal["by"]), (&json!("open"), &json!("anna")));

    let decision = format!("standing/anna/appeals/{}/decision", appeal["id"].as_str().unwrap());
    let upheld = json!({"upheld": true, "reason": "the carrier says so"});
    anna.post(&decision, &upheld).refused("forbidden");
    let decided = otto.post(&decision, &upheld).expect(200);
    assert_eq!(decided["appeals"][0]["state"], "upheld");
    let pieces = decided["standing"]["pieces"].as_array().unwrap();
    assert_eq!(pieces.len(), 2, "both stay on the record: {pieces:?}");
    assert_ne!(dimension(&decided), low);
    otto.post(&decision, &upheld).refused("appeal_decided");

    let brand = server.bearer(BO).get("standing/rouge?kind=brand").expect(200);
    assert_eq!(brand["standing"]["pieces"].as_array().unwrap().len(), 1);
    // An operator who asks for a brand is not the one who decides.
    let asked = otto.post("standing/rouge/appeals?kind=brand", &objection).expect(201);
    let id = asked["appeals"][0]["id"].as_str().unwrap().to_owned();
    let decision = format!("standing/rouge/appeals/{id}/decision?kind=brand");
    otto.post(&decision, &upheld).refused("forbidden");
    server.pat().post(&decision, &upheld).expect(200);
    let all = otto.get("standing").expect(200);
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
}

#[test]
fn recovery_says_why_it_cannot_tell() {
    let server = Server::start(&crew(), |_| {});
    let otto = server.bearer(OTTO);
    assert_eq!(otto.get("recovery/incidents").expect(200), json!([]));
    otto.get("recovery?host=anna&start=yesterday").refused("invalid_field");
    otto.get("recovery?host=anna&start=2026-09-11&method=magic").refused("invalid_field");
    let refused = otto.get("recovery?host=anna&start=2026-09-11").refused("cannot_tell");
    assert!(refused["message"].to_string().contains("nothing has been sold"), "{refused}");
}
