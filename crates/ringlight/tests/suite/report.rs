//! Reports in one file: what is in them, and that a browser shows them without a network.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::browser::{CHROMIUM, can_browse, web};
use crate::server::ringlight;

/// A name that would end the script that holds it.
const NASTY: &str = "</script><b>ann";

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

/// Four hosts and half a year, one of them dark for three weeks.
fn exposure(folder: &Path) -> String {
    let (mut orders, mut shows) = (
        "order_id,at,host,brand,category,buyer,amount,currency\n".to_owned(),
        "show,host,start,end\n".to_owned(),
    );
    let hosts = [NASTY, "bob", "cat", "dan"];
    for day in 0..180 {
        let date = format!("2025-{:02}-{:02}", 1 + day / 28, 1 + day % 28);
        for (number, host) in hosts.iter().enumerate() {
            if number == 1 && (90..111).contains(&day) {
                continue;
            }
            writeln!(shows, "s{number}-{day},{host},{date} 19:00,{date} 21:00").unwrap();
            for order in 0..4 - number {
                let buyer = (day * 7 + order * 5 + number * 3) % 40;
                writeln!(orders, "o{number}-{day}-{order},{date} 20:1{order},{host},lip,beauty,b{buyer},79.00,CNY").unwrap();
            }
        }
    }
    let incidents = "incident,host,at,dark_days,severity\ni1,bob,2025-04-07,21,grave\n";
    for (name, text) in
        [("orders.csv", orders.as_str()), ("shows.csv", &shows), ("incidents.csv", incidents)]
    {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let out = path(folder, "out");
    let (code, said, err) = ringlight(&[
        "exposure",
        "--orders",
        &path(folder, "orders.csv"),
        "--shows",
        &path(folder, "shows.csv"),
        "--incidents",
        &path(folder, "incidents.csv"),
        "--scenarios",
        "2000",
        "--out",
        &out,
    ]);
    assert!(code == 0, "{said}{err}");
    out
}

/// Whether this binary carries the page.
fn built() -> bool {
    let built = web().join("dist/report.html").exists();
    if !built {
        eprintln!("SKIPPED: no report was tested, the web part is not built; `make build` does it");
    }
    built
}

fn data(page: &str) -> Value {
    let (_, after) = page.split_once(r#"<script type="application/json" id="data">"#).unwrap();
    serde_json::from_str(after.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_report_holds_its_figures_and_no_address() {
    if !built() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let out = exposure(dir.path());
    let page = std::fs::read_to_string(Path::new(&out).join("report.html")).unwrap();
    let json: Value =
        serde_json::from_slice(&std::fs::read(Path::new(&out).join("exposure.json")).unwrap())
            .unwrap();
    let held = data(&page);
    assert_eq!((&held["kind"], &held["report"]), (&Value::from("exposure"), &json));
    assert!(json["hosts"].as_array().unwrap().iter().any(|host| host["host"] == NASTY));
    assert!(!page.contains(NASTY));
    let without_names = page.replace("http://www.w3.org/", "");
    assert!(!without_names.contains("http://") && !without_names.contains("https://"));
}

/// That the folder of a plan has its page.
pub(crate) fn holds_a_plan(folder: &str) {
    if !built() {
        return;
    }
    let read = |name: &str| std::fs::read_to_string(Path::new(folder).join(name)).unwrap();
    let json = |name: &str| serde_json::from_str::<Value>(&read(name)).unwrap();
    let held = data(&read("report.html"));
    assert_eq!(held["kind"], "plan");
    assert_eq!((&held["plan"], &held["frontier"]), (&json("plan.json"), &json("frontier.json")));
}

#[test]
fn reports_open_from_the_disk() {
    if !built() || !can_browse() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let out = exposure(dir.path());
    let mut panel = "unit,time,value\n".to_owned();
    for time in 0..60 {
        for unit in 0..6 {
            let loss = if unit == 0 && time >= 40 { 30 } else { 0 };
            let value = 100 + 10 * unit + (time * 7 + unit * 3) % 11 - loss;
            writeln!(panel, "unit {unit},{time},{value}").unwrap();
        }
    }
    let (series, page) = (path(dir.path(), "panel.csv"), path(dir.path(), "recovery.html"));
    std::fs::write(&series, panel).unwrap();
    let (code, said, err) = ringlight(&[
        "recovery",
        "--series",
        &series,
        "--treated",
        "unit 0",
        "--start",
        "40",
        "--html",
        &page,
    ]);
    assert!(code == 0, "{said}{err}");
    let seen = Command::new("node")
        .arg(web().join("e2e/report.mjs"))
        .args([format!("{out}/report.html"), page])
        .env("RINGLIGHT_CHROMIUM", CHROMIUM)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(seen.status.success(), "{}\n{}", text(&seen.stdout), text(&seen.stderr));
    let seen: Value = serde_json::from_slice(&seen.stdout).unwrap();
    assert!(seen[0]["names"].as_array().unwrap().contains(&Value::from(NASTY)), "{seen}");
    assert!(seen[0]["pictures"].as_u64() >= Some(3) && seen[1]["pictures"].as_u64() >= Some(1));
}
