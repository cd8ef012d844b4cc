//! What a show was, asked of a real one while it is live and afterwards.

use serde_json::{Value, json};

use crate::client::order_of;
use crate::server::{Server, crew};
use crate::wait;
use crate::watch::on_air;

#[test]
fn a_show_is_told_by_its_log_and_its_orders() {
    let server = Server::start(&crew().replace("delay_s = 8", "delay_s = 2"), |_| {});
    let pat = server.pat();
    pat.get("shows/evening/recap").refused("not_live");
    pat.get("shows/nowhere/recap").refused("unknown_show");
    let streaming = on_air(&server);

    let taken = json!({"kind": "mute", "from_ms": 0, "to_ms": 500, "reason": "a slip"});
    let mute = pat.post("shows/evening/actions", &taken).expect(201);
    let order = |key: &str, quantity: u32| {
        let ask = order_of("LIP-01", quantity, &format!("{key}@example.invalid"));
        let placed = server.anonymous().order("evening", key, &ask).expect(201);
        placed["id"].as_str().unwrap().to_owned()
    };
    let paid = order("one", 2);
    pat.post(&format!("orders/{paid}/status"), &json!({"to": "paid"})).expect(200);
    let cancelled = order("two", 1);
    pat.post(&format!("orders/{cancelled}/status"), &json!({"to": "cancelled"})).expect(200);
    order("three", 1);

    // While it is live there is no recording to lead to.
    let live = wait::until("the mute to have aired", || {
        let recap = pat.get("shows/evening/recap").expect(200);
        (recap["actions"][0]["state"] == "ended").then_some(recap)
    });
    assert_eq!(live["show"]["status"], "live");
    assert_eq!(live["actions"][0]["recording_s"], Value::Null, "{live}");
    assert_eq!(live["actions"][0]["id"], mute["id"]);

    pat.post("shows/evening/end", &json!({})).expect(200);
    drop(streaming);
    let recap = wait::until("the recording", || {
        let recap = pat.get("shows/evening/recap").expect(200);
        (recap["show"]["recording"] == true).then_some(recap)
    });
    assert_eq!(recap["show"]["status"], "ended");
    assert!(recap["entries"].as_u64() > live["entries"].as_u64(), "{recap}");

    let action = &recap["actions"][0];
    assert_eq!((&action["kind"], &action["reason"]), (&json!("mute"), &json!("a slip")));
    assert_eq!((&action["actor"], &action["state"]), (&json!("pat"), &json!("ended")));
    let from = action["from_air_ms"].as_i64().unwrap();
    let length = action["length_ms"].as_i64().unwrap();
    assert!((400..=700).contains(&length), "{action}");
    let second = action["recording_s"].as_i64().unwrap();
    assert!((second - from / 1000).abs() <= 1, "the recording begins with the program: {action}");

    let sales = &recap["sales"];
    assert_eq!(
        [&sales["orders"], &sales["paid"], &sales["cancelled"], &sales["reserved"]],
        [3, 1, 1, 1]
    );
    let value = &sales["value"][0];
    assert_eq!((&value["currency"], &value["paid"]["minor"]), (&json!("CNY"), &json!(2 * 7900)));
    assert_eq!(
        (&value["open"]["minor"], &value["cancelled"]["minor"]),
        (&json!(7900), &json!(7900))
    );
    let lip = &sales["products"][0];
    assert_eq!(
        [&lip["sku"], &lip["units"], &lip["returned"]],
        [&json!("LIP-01"), &json!(3), &json!(1)]
    );
    let sum = |name: &str| -> u64 {
        recap["minutes"][name].as_array().unwrap().iter().filter_map(Value::as_u64).sum()
    };
    assert_eq!((sum("orders"), sum("cancelled")), (3, 1), "{recap}");

    let hours = &recap["hours"];
    assert!(hours["host_ms"].as_i64() > Some(500), "{recap}");
    assert_eq!(hours["sessions"].as_array().unwrap().len(), 1, "{recap}");
    assert_eq!((&hours["breaks"], &recap["incidents"]), (&json!([]), &json!([])));
    let whole = json!({
        "minutes": false, "incidents": 0, "actions": 0, "facts": 0, "changes": 0, "clock": false,
        "orders": false, "log": false
    });
    assert_eq!(recap["left_out"], whole);
}
