//! The invariants of the house that a machine can check by reading the tree (`docs/ARCHITECTURE.md`). They live beside
//! the crate on which everything else stands, so that no crate can be built without them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Longer files want to be two.
const LINES_MAX: usize = 650;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("crates/units").to_owned()
}

/// Files below a folder with one of these endings, but for what is built or fetched.
fn files(below: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let skipped = ["target", "node_modules", "dist", ".git", "corpus", "artifacts"];
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !skipped.contains(&name.as_str()) {
                found.extend(files(&path, endings));
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The ordinary dependencies of every crate, by crate.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for manifest in files(&root().join("crates"), &["Cargo.toml"]) {
        let (text, mut section) = (read(&manifest), String::new());
        let (mut name, mut needs) = (String::new(), Vec::new());
        for line in text.lines() {
            if line.starts_with('[') {
                section = line.to_owned();
            } else if let Some((key, value)) = line.split_once('=') {
                let key = key.trim().split('.').next().unwrap_or_default().to_owned();
                match section.as_str() {
                    "[package]" if key == "name" => {
                        value.trim().trim_matches('"').clone_into(&mut name)
                    }
                    "[dependencies]" => needs.push(key),
                    _ => {}
                }
            }
        }
        all.insert(name, needs);
    }
    all
}

#[test]
fn arrows_point_down() {
    let all = dependencies();
    let allowed: &[(&str, &[&str])] = &[
        ("units", &[]),
        ("media", &["units"]),
        ("listen", &["units"]),
        ("show", &["units"]),
        ("room", &[]),
        ("webui", &[]),
        ("store", &["units"]),
        ("store-faults", &[]),
        ("insight", &["units", "show"]),
        ("sim", &["units", "show", "media", "listen", "room", "store"]),
        ("server", &["units", "show", "media", "listen", "insight", "room", "store", "webui"]),
        (
            "ringlight",
            &["units", "show", "media", "listen", "insight", "store", "sim", "server", "webui"],
        ),
    ];
    for (name, needs) in &all {
        let (_, may) = allowed.iter().find(|(known, _)| known == name).unwrap_or_else(|| {
            panic!("crate {name} has no place in the house yet: give it one here and in docs/ARCHITECTURE.md")
        });
        for need in needs.iter().filter(|need| all.contains_key(*need)) {
            assert!(may.contains(&need.as_str()), "{name} must not depend on {need}");
        }
    }
}

#[test]
fn only_the_shell_knows_an_async_runtime_and_only_the_binary_reads_arguments() {
    for (name, needs) in dependencies() {
        let has = |dependency: &str| needs.iter().any(|need| need == dependency);
        assert!(
            !has("tokio") || ["server", "ringlight"].contains(&name.as_str()),
            "{name} uses tokio"
        );
        assert!(!has("clap") || name == "ringlight", "{name} reads arguments");
    }
}

#[test]
fn pure_crates_ban_clocks() {
    for name in ["units", "show", "media", "listen", "room"] {
        let lints = read(&root().join("crates").join(name).join("clippy.toml"));
        for banned in ["SystemTime::now", "Instant::now", "thread::sleep"] {
            assert!(lints.contains(banned), "crates/{name}/clippy.toml does not ban {banned}");
        }
    }
}

#[test]
fn no_promise_is_left_and_no_file_outgrows_a_sitting() {
    let marks = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "todo".to_owned() + "!(",
        "unimplemented".to_owned() + "!(",
    ];
    for path in files(&root(), &[".rs", ".ts", ".tsx", ".mjs"]) {
        let text = read(&path);
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} holds {mark}", path.display());
        }
        let generated = path.ends_with("schema.ts");
        let lines = text.lines().count();
        assert!(generated || lines <= LINES_MAX, "{} has {lines} lines", path.display());
    }
}

/// L-1: no emotion of a person is inferred, stored or shown, so no field, code or page has a word for one.
#[test]
fn nothing_is_named_after_an_emotion() {
    let words = [
        "emotion",
        "sentiment",
        "stress_",
        "fatigue",
        "mood",
        "anger",
        "angry",
        "happiness",
        "arousal",
        "valence",
    ];
    let mut paths = files(&root().join("crates"), &[".rs"]);
    paths.extend(files(&root().join("web/src"), &[".ts", ".tsx", ".json"]));
    // Every schema of the API, the tables of the database (they are in the code), and every rule.
    paths.push(root().join("web/openapi.json"));
    paths.extend(files(&root().join("rules"), &[".toml"]));
    for path in paths.iter().filter(|path| !path.ends_with("units/tests/house.rs")) {
        let mut text = read(path).to_lowercase();
        let pages = path.extension().is_some_and(|ending| ending == "json");
        if pages && !path.ends_with("web/openapi.json") {
            // What a page says about itself may deny it; what it calls things may not.
            text = text.lines().map(|line| line.split("\": ").next().unwrap_or_default()).collect();
        }
        let mut spoken = text.split(|c: char| !c.is_alphabetic());
        let found = spoken.find(|spoken| words.contains(spoken));
        assert_eq!(found, None, "{}", path.display());
    }
}
