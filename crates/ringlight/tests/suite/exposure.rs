//! `ringlight exposure`: files in, figures out.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::server::{BINARY, ringlight};
use crate::wait;

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

fn read(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn a_made_up_platform_is_analysed_the_same_on_any_threads() {
    let dir = tempfile::tempdir().unwrap();
    let (code, out, err) =
        ringlight(&["exposure", "sample", "--out", &path(dir.path(), ""), "--seed", "7"]);
    assert!(code == 0 && out.contains("none of it happened"), "{out}{err}");
    let truth = read(dir.path(), "truth.json");
    assert_eq!(
        (truth["synthetic"].as_bool(), truth["hosts"].as_array().unwrap().len()),
        (Some(true), 50)
    );
    let files = ["orders", "shows", "follows", "incidents"];
    let named: Vec<String> = files
        .iter()
        .flat_map(|name| [format!("--{name}"), path(dir.path(), &format!("{name}.csv"))])
        .collect();
    let analyse = |folder: &str, threads: &str| {
        let folder = path(dir.path(), folder);
        let mut args: Vec<&str> =
            vec!["exposure", "--out", &folder, "--scenarios", "3000", "--threads", threads];
        args.extend(["--what-if", "synthetic host 02:14:2026-02-01"]);
        args.extend(named.iter().map(String::as_str));
        let (code, out, err) = ringlight(&args);
        assert!(code == 0 && out.contains("effective hosts"), "{out}{err}");
    };
    analyse("one", "1");
    analyse("two", "2");
    for name in
        ["exposure.json", "curves.json", "scenarios.json", "hosts.csv", "brands.csv", "months.csv"]
    {
        let [one, two] =
            ["one", "two"].map(|folder| std::fs::read(dir.path().join(folder).join(name)).unwrap());
        assert!(one == two && !one.is_empty(), "{name}");
    }
    let report = read(&dir.path().join("one"), "exposure.json");
    let sum = |list: &str| -> f64 {
        report[list]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["es_contribution"].as_f64().unwrap())
            .sum()
    };
    let es = report["es"].as_f64().unwrap();
    assert!((sum("hosts") / es - 1.0).abs() < 1e-9 && (sum("brands") / es - 1.0).abs() < 1e-9);
    assert_eq!(report["what_if"][0]["from"], "2026-02-01");
    assert_eq!(report["rejected_rows"], serde_json::json!([]));
    let hosts = std::fs::read_to_string(dir.path().join("one/hosts.csv")).unwrap();
    assert_eq!(hosts.lines().count(), 51);
}

#[test]
fn the_engine_is_held_against_exact_numbers() {
    let (code, out, err) =
        ringlight(&["exposure", "check", "--scenarios", "500000", "--seed", "2"]);
    assert!(code == 0 && out.contains("10.9341500") && out.contains("20.6403383"), "{out}{err}");
}

#[test]
fn files_that_cannot_be_used_say_why() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).unwrap();
        path(dir.path(), name)
    };
    let shows = write("shows.csv", "show,host,start,end\n");
    let out = path(dir.path(), "out");
    let analyse = |orders: &str| {
        let (code, _, err) =
            ringlight(&["exposure", "--orders", orders, "--shows", &shows, "--out", &out]);
        assert_eq!(code, 1);
        err
    };
    let err = analyse(&write("a.csv", "order_id,at,host,currency\n"));
    assert!(err.contains("no column amount") && err.contains("hint:"), "{err}");
    let mixed =
        "order_id,at,host,amount,currency\n1,2026-01-01,ann,5,CNY\n2,2026-01-01,ann,5,USD\n";
    let err = analyse(&write("b.csv", mixed));
    assert!(
        err.contains("CNY (1 orders, the first on line 2), USD (1 orders, the first on line 3)"),
        "{err}"
    );
    let err = analyse(&path(dir.path(), "missing.csv"));
    assert!(err.contains("could not open") && err.contains("check the path"), "{err}");
    let (code, _, err) = ringlight(&["exposure"]);
    assert!(code == 2 && err.contains("--orders"), "{err}");
    let empty = path(dir.path(), "");
    let (code, _, err) = ringlight(&["exposure", "--data", &empty, "--out", &out]);
    assert!(code == 1 && err.contains("no such store") && err.contains("serve --data"), "{err}");
    assert!(!Path::new(&out).exists(), "nothing is written where nothing came out");
}

#[test]
fn ctrl_c_ends_it_and_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let orders = path(dir.path(), "orders.csv");
    std::fs::write(
        &orders,
        "order_id,at,host,amount,currency\n1,2026-01-01,ann,5,CNY\n2,2026-01-09,bob,5,CNY\n",
    )
    .unwrap();
    let shows = path(dir.path(), "shows.csv");
    std::fs::write(&shows, "show,host,start,end\n").unwrap();
    let out = path(dir.path(), "out");
    let args = [
        "exposure",
        "--orders",
        &orders,
        "--shows",
        &shows,
        "--out",
        &out,
        "--scenarios",
        "50000000",
    ];
    let mut child = Command::new(BINARY)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    // It listens for ctrl-c once the signal has a handler.
    wait::until("a handler of SIGINT", 20, || {
        let text = std::fs::read_to_string(&status).ok()?;
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        u64::from_str_radix(mask.trim(), 16).ok().filter(|mask| mask & 2 != 0)
    });
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let ended = child.wait().unwrap();
    let mut err = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut err).unwrap();
    assert!(ended.code() == Some(1) && err.contains("stopped before it was done"), "{ended} {err}");
    assert!(!Path::new(&out).exists());
}
