//! `ringlight plan`: what `exposure` wrote and a file of limits in, hours by host out.

use std::path::Path;

use serde_json::Value;

use crate::server::ringlight;

/// The limits that the guide shows, for the made-up platform.
const LIMITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/plan.toml");

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

fn read(folder: &str, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(Path::new(folder).join(name)).unwrap()).unwrap()
}

/// A made-up platform, analysed in a hurry.
fn exposure(dir: &Path) -> String {
    let (code, _, err) = ringlight(&["exposure", "sample", "--out", &path(dir, ""), "--seed", "1"]);
    assert_eq!(code, 0, "{err}");
    let files = ["orders", "shows", "follows", "incidents"];
    let named =
        files.iter().flat_map(|name| [format!("--{name}"), path(dir, &format!("{name}.csv"))]);
    let named: Vec<String> = named.collect();
    let out = path(dir, "exposure");
    let mut args = vec!["exposure", "--out", &out, "--scenarios", "1000"];
    args.extend(named.iter().map(String::as_str));
    let (code, _, err) = ringlight(&args);
    assert_eq!(code, 0, "{err}");
    out
}

#[test]
fn a_made_up_platform_is_planned_within_its_limits() {
    let dir = tempfile::tempdir().unwrap();
    let exposure = exposure(dir.path());
    let plan = |folder: &str, more: &[&str]| {
        let out = path(dir.path(), folder);
        let mut args =
            vec!["plan", "--exposure", &exposure, "--constraints", LIMITS, "--out", &out];
        args.extend(["--scenarios", "400", "--points", "4"]);
        args.extend(more);
        let (code, said, err) = ringlight(&args);
        assert!(code == 0 && said.contains("hours a week: now  planned"), "{said}{err}");
        out
    };
    let (one, again) = (plan("one", &[]), plan("again", &["--seed", "1"]));
    let file = read(&one, "plan.json");
    for name in ["plan.json", "frontier.json"] {
        let [one, again] =
            [&one, &again].map(|dir| std::fs::read(Path::new(dir).join(name)).unwrap());
        assert!(one == again, "{name} follows from its seed");
    }
    crate::report::holds_a_plan(&one);
    let figure = |value: &Value, key: &str| value[key].as_f64().unwrap();
    let hosts = file["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 50);
    for host in hosts {
        let hours = figure(host, "hours");
        assert!((4.0 - 1e-6..=30.0 + 1e-6).contains(&hours), "{host}");
        assert!(figure(host, "hours_now") > 0.0 && figure(host, "expected_gmv_se") >= 0.0);
        assert!(figure(host, "share") <= 0.12 + 1e-6);
    }
    let sum = |key: &str| hosts.iter().map(|host| figure(host, key)).sum::<f64>();
    assert!(sum("hours") <= 1000.0 + 1e-6);
    assert!((sum("es_contribution") / figure(&file, "es") - 1.0).abs() < 1e-9);
    // The shortfall that is told is that of the last simulation, for these hours.
    let mid = &file["by_substitution"]["mid"];
    assert!((figure(mid, "es") / figure(&file, "es") - 1.0).abs() < 1e-9);
    assert!((figure(mid, "expected_gmv") / figure(&file, "expected_gmv") - 1.0).abs() < 1e-9);
    let budget = figure(&file, "es_budget");
    assert!((budget / (0.85 * figure(&file["now"], "es")) - 1.0).abs() < 1e-9);
    assert!(figure(&file, "es") <= 1.001 * budget, "within the budget and its slack");
    let duals = file["duals"].as_array().unwrap();
    for name in ["es", "slot:evening", "contract:synthetic host 01", "brand:synthetic brand 022"] {
        assert!(duals.iter().any(|dual| dual["name"] == name), "{name}");
    }
    for key in ["held_out", "by_elasticity", "exposure", "assumptions", "rounds"] {
        assert!(!file[key].is_null(), "{key}");
    }
    let frontier = read(&one, "frontier.json");
    let points = frontier["points"].as_array().unwrap();
    assert!((2..=4).contains(&points.len()));
    for pair in points.windows(2) {
        assert!(figure(&pair[0], "es_budget") < figure(&pair[1], "es_budget"));
        assert_eq!(pair[0]["hours"].as_array().unwrap().len(), hosts.len());
    }
    let mut names: Vec<_> =
        std::fs::read_dir(&one).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    // Without the built pages there is no report.
    names.retain(|name| name != "report.html");
    assert_eq!(names, ["frontier.json", "plan.json"], "nothing half-written is left");
}

#[test]
fn limits_and_folders_that_cannot_be_used_say_why() {
    let dir = tempfile::tempdir().unwrap();
    let exposure = exposure(dir.path());
    let out = path(dir.path(), "out");
    let plan = |exposure: &str, limits: &str| {
        let file = path(dir.path(), "limits.toml");
        std::fs::write(&file, limits).unwrap();
        let args = ["plan", "--exposure", exposure, "--constraints", &file, "--out", &out];
        let (code, _, err) = ringlight(&[&args[..], &["--scenarios", "400"]].concat());
        assert_eq!(code, 1, "{err}");
        assert!(err.contains("hint:"), "{err}");
        err
    };
    let says = |limits: &str, words: &str| {
        let err = plan(&exposure, limits);
        assert!(err.contains("limits.toml: ") && err.contains(words), "{err}");
    };
    says("[es]\nbudgets = 5", "line 2: unknown field `budgets`");
    says("[es\nbudget = 5", "line 1: ");
    says("[host.Nobody]\nhours_min = 5", "there is no host Nobody");
    says("[default]\nhours_min = 90", "rest leaves 78 in a week");
    says("[default]\nhours_min = 5\n[es]\nbudget = 1", "the budget of ES is 1, the least");
    says("[default]\nhours_min = 5\n[slot.day]\nhours = 100", "the contracts ask for 250 hours");
    says("[default]\nshare_max = 0.01", "is left to nobody");

    let err = plan(&path(dir.path(), "nowhere"), "");
    assert!(err.contains("could not read") && err.contains("ringlight exposure --out"), "{err}");
    let curves = Path::new(&exposure).join("curves.json");
    let text = std::fs::read_to_string(&curves).unwrap();
    std::fs::write(&curves, text.replacen("synthetic host 01", "somebody else", 1)).unwrap();
    let err = plan(&exposure, "");
    assert!(err.contains("they are not of one analysis"), "{err}");
    std::fs::write(&curves, "{\"version\": 1").unwrap();
    let err = plan(&exposure, "");
    assert!(err.contains("curves.json: EOF"), "{err}");
    assert!(!Path::new(&out).exists(), "nothing is written where nothing came out");

    let (code, _, err) = ringlight(&["plan", "--exposure", &exposure]);
    assert!(code == 2 && err.contains("--constraints"), "{err}");
}
