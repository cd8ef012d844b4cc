//! Incidents of all shows: found, judged, counted, exported, and told from the log.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Value, json};
use show::entry::{Entry, encode_one};
use show::sentinel::{
    Act, Change, Incident, IncidentState, Order, Response, Severity, Stake, Verdict,
};
use show::text::TextRef;
use show::{Actor, Event, Show};
use store::{
    Batch, DocChange, DocWrite, EntryBytes, Expect, IndexEntry, Reader as _, SqliteStore,
    Store as _, StreamId, TextChange, TextRow,
};
use units::{ActionId, Duration, IncidentId, MediaTime, TextId, Timestamp};

use crate::server::{Server, crew};

const ANNA: &str = "rl_anna_0123456789abcdef";
const BEA: &str = "rl_bea_0123456789abcdef";
const WORDS: &str = "=look for the reason in yourself";

fn id(n: u128) -> IncidentId {
    IncidentId::from_u128(n)
}

fn incident(n: u128, rule: &str) -> Incident {
    let salt = [7; 32];
    Incident {
        id: id(n),
        at: Timestamp::from_ms(1_764_000_000_000 + n as i64 * 60_000),
        rule: rule.to_owned(),
        also: Vec::new(),
        severity: Severity::Grave,
        score: 910,
        from: MediaTime::from_ms(1000),
        to: MediaTime::from_ms(3000),
        text: (n == 1).then(|| TextRef::new(TextId::from_u128(1), &salt, WORDS)),
        answers: None,
        stake: Stake::default(),
        response: Response::Mute,
        act: None,
        left: None,
        room: None,
        of: None,
        misses: 0,
        state: IncidentState::Open,
        by: None,
        verdict: None,
    }
}

/// Six incidents of two hosts.
fn cases() -> Vec<(&'static str, &'static str, Incident)> {
    let with = |incident: Incident, state, verdict| Incident { state, verdict, ..incident };
    use IncidentState::{Confirmed, Dismissed, Open, Withdrawn};
    let right = Some(Verdict::Right);
    vec![
        ("evening", "anna", with(incident(1, "core/contempt"), Open, right)),
        ("evening", "anna", with(incident(2, "core/contempt"), Confirmed, None)),
        ("evening", "anna", with(incident(3, "core/contempt"), Dismissed, None)),
        ("evening", "anna", with(incident(4, "room/turn"), Open, Some(Verdict::Late))),
        ("late", "bea", with(incident(5, "claims/minors"), Confirmed, Some(Verdict::Wrong))),
        ("late", "bea", with(incident(6, "core/contempt"), Withdrawn, None)),
    ]
}

/// A server whose folder has them.
fn started() -> Server {
    let data = Server::start(&crew(), |_| {}).stop();
    let store = SqliteStore::open(data.path()).unwrap();
    let index = |name: &'static str, value: &str| IndexEntry {
        name: Cow::Borrowed(name),
        value: value.to_owned(),
        unique: false,
    };
    let row = |(show, host, incident): (&str, &str, Incident)| DocChange {
        table: Cow::Borrowed("incident"),
        key: incident.id.to_string(),
        expect: Expect::Absent,
        write: Some(DocWrite {
            index: vec![index("host", host), index("show", show)],
            body: serde_json::to_vec(&json!({"show": show, "host": host, "incident": incident}))
                .unwrap(),
        }),
    };
    let text = TextRow {
        id: TextId::from_u128(1),
        kind: "sentence".to_owned(),
        text: WORDS.to_owned(),
        salt: [7; 32],
        at: Timestamp::from_ms(0),
    };
    let batch = Batch {
        docs: cases().into_iter().map(row).collect(),
        texts: vec![TextChange::Put(text)],
        ..log(&store)
    };
    store.submit(batch).wait().unwrap();
    drop(store);
    Server::try_start(Arc::clone(&data), &crew(), |_| {}).unwrap()
}

/// What the log of the show says of the first incident.
fn log(store: &SqliteStore) -> Batch {
    let stream = StreamId::new("show/evening");
    let (head, _) = store.head(&stream).unwrap().unwrap();
    let opened = incident(1, "core/contempt");
    let rule = Actor::Rule { rule: "core/contempt".to_owned() };
    let act = Act {
        id: ActionId::from_u128(77),
        response: Response::Mute,
        from: opened.from,
        to: Some(opened.to),
        late: false,
        time_to_air: Some(Duration::from_ms(7400)),
    };
    let ordered = Change::Ordered { incident: id(1), order: Order::Stop(act), by: rule };
    let other = Change::Opened(incident(2, "core/contempt"));
    let judged = Incident { verdict: Some(Verdict::Right), ..opened.clone() };
    let changes = [vec![Change::Opened(opened), ordered], vec![other], vec![Change::Moved(judged)]];
    let entries = changes.into_iter().enumerate().map(|(n, changes)| {
        let (seq, at) = (head + 1 + n as u64, Timestamp::from_ms(1_764_000_061_000 + n as i64));
        let events = changes.into_iter().map(|change| Event::Sentinel { change }).collect();
        let entry = Entry::<Show> { seq, at, input: None, events, digest: None };
        EntryBytes { seq, at, body: encode_one(&entry) }
    });
    Batch::append(stream, head, entries.collect())
}

fn ids(page: &Value) -> Vec<u128> {
    let incidents = page["incidents"].as_array().unwrap().iter();
    let id = |one: &Value| one["id"].as_str().unwrap().parse::<IncidentId>().unwrap().as_u128();
    incidents.map(id).collect()
}

#[test]
fn incidents_of_all_shows_are_found_page_by_page_and_hosts_see_their_own() {
    let server = started();
    let (pat, anna) = (server.pat(), server.bearer(ANNA));
    let all = pat.get("incidents").expect(200);
    assert_eq!((ids(&all), &all["total"]), (vec![6, 5, 4, 3, 2, 1], &json!(6)));
    assert_eq!(all["incidents"][5]["text"], WORDS);
    assert_eq!(all["incidents"][5]["judged"], "right");
    assert_eq!(all["incidents"][3]["judged"], "wrong", "let air, without a verdict");
    assert_eq!(all["next"], Value::Null);

    let first = pat.get("incidents?limit=4").expect(200);
    let next = first["next"].as_str().unwrap();
    let second = pat.get(&format!("incidents?limit=4&before={next}")).expect(200);
    assert_eq!((ids(&first), ids(&second)), (vec![6, 5, 4, 3], vec![2, 1]));
    assert_eq!(second["next"], Value::Null);

    for (query, found) in [
        ("host=bea", vec![6, 5]),
        ("show=evening&rule=core/contempt", vec![3, 2, 1]),
        ("state=confirmed", vec![5, 2]),
        ("verdict=none", vec![6, 3, 2]),
        ("verdict=late&state=open", vec![4]),
        ("from=2025-11-24T16:03:00Z&to=2025-11-24T16:05:00Z", vec![4, 3]),
        ("show=nothing", vec![]),
        ("host=&rule=&state=", vec![6, 5, 4, 3, 2, 1]),
    ] {
        assert_eq!(ids(&pat.get(&format!("incidents?{query}")).expect(200)), found, "{query}");
    }
    for (query, says) in [
        ("state=closed", "state"),
        ("verdict=perhaps", "verdict"),
        ("from=yesterday", "from"),
        ("before=x", "before"),
        ("before=00000000-0000-0000-0000-000000000099", "before"),
    ] {
        let refused = pat.get(&format!("incidents?{query}")).refused("invalid_field");
        assert!(refused["message"].to_string().contains(says), "{refused}");
    }
    pat.get("incidents?hosts=anna").refused("bad_query");

    assert_eq!(ids(&anna.get("incidents").expect(200)), [4, 3, 2, 1]);
    assert_eq!(ids(&anna.get("incidents?show=late").expect(200)), []);
    anna.get("incidents?host=bea").refused("forbidden");
    let of_anna = format!("incidents/{}", id(1));
    server.bearer(BEA).get(&of_anna).refused("forbidden");
    let seen = anna.get(&of_anna).expect(200);
    assert_eq!((&seen["show"], &seen["host"]), (&json!("evening"), &json!("anna")));
}

#[test]
fn a_timeline_tells_what_the_log_says_of_one_incident() {
    let server = started();
    let one = server.pat().get(&format!("incidents/{}", id(1))).expect(200);
    let what: Vec<&str> =
        one["timeline"].as_array().unwrap().iter().map(|it| it["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["opened", "ordered", "judged"]);
    let ordered = &one["timeline"][1];
    assert_eq!((&ordered["by"], &ordered["kind"]), (&json!("core/contempt"), &json!("mute")));
    assert_eq!(one["timeline"][2]["verdict"], "right");
    server.pat().get("incidents/nothing").refused("unknown_incident");
}

#[test]
fn precision_is_counted_from_what_people_said() {
    let server = started();
    let found = server.pat().get("incidents/precision").expect(200);
    let rule = |name: &str| -> Value {
        let rules = found["rules"].as_array().unwrap().iter();
        rules.clone().find(|one| one["rule"] == name).unwrap().clone()
    };
    let contempt = rule("core/contempt");
    let counts =
        ["incidents", "right", "wrong", "late", "undecided"].map(|name| contempt[name].clone());
    assert_eq!(counts, [4, 2, 1, 0, 1].map(Value::from));
    assert!((contempt["precision"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    let [low, high] = [0, 1].map(|end| contempt["interval"][end].as_f64().unwrap());
    assert!((low - 0.2077).abs() < 1e-3 && (high - 0.9385).abs() < 1e-3, "{low} {high}");
    assert_eq!(contempt["detector"], "words");
    assert_eq!(
        (rule("room/turn")["detector"].clone(), rule("room/turn")["precision"].clone()),
        (json!("room"), json!(1.0))
    );
    assert_eq!(found["detectors"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&found["hours"], &contempt["per_hour"]),
        (&json!(0.0), &Value::Null),
        "nothing went live"
    );

    let own = server.bearer(BEA).get("incidents/precision").expect(200);
    assert_eq!(own["rules"].as_array().unwrap().len(), 2, "{own}");
}

#[test]
fn an_export_has_what_is_asked_for_and_no_formulas() {
    let server = started();
    let csv = server.pat().get("incidents.csv?host=anna");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(lines.len(), 5, "{}", csv.text);
    assert!(lines[0].starts_with("incident,at,show,host,rule,"), "{}", lines[0]);
    assert!(csv.text.contains(&format!(",'{WORDS},")), "{}", csv.text);
    let own = server.bearer(BEA).get("incidents.csv").text;
    assert!(own.lines().count() == 3 && !own.contains("anna"), "{own}");
}
