//! `simulate`: the scenarios that ship tell what they told before, to the byte; bad files are refused with line and reason;
//! raids and giveaways never fire.

use std::path::{Path, PathBuf};

use crate::hears::can_hear;
use crate::server::ringlight;

const NAMES: [&str; 11] = [
    "remark-zh",
    "remark-ru",
    "remark-en",
    "remark-caught",
    "weak-words",
    "pressed",
    "false-claim",
    "stock-fault",
    "feed-dies",
    "raid",
    "giveaway",
];

fn transcripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/scenarios")
}

/// `UPDATE_EXPECT=1` writes what is told now.
#[test]
fn scenarios_tell_what_they_told_before() {
    if !can_hear() {
        return;
    }
    let (code, out, err) = ringlight(&["simulate", "all", "--seed", "1"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let mut rest = out.as_str();
    for (n, name) in NAMES.iter().enumerate() {
        let next = NAMES.get(n + 1).and_then(|next| rest.find(&format!("\n{next}, seed 1:")));
        let (told, after) = next.map_or((rest, ""), |at| rest.split_at(at + 1));
        rest = after;
        assert!(told.starts_with(&format!("{name}, seed 1:")), "{name} is not where it belongs");
        assert!(told.contains("expected   all of it came"), "{told}");
        let told = format!("{}\n", told.trim_end());
        expect_test::expect_file![transcripts().join(format!("{name}.txt"))].assert_eq(&told);
    }
    assert!(rest.is_empty(), "a scenario has no transcript: {rest}");
}

#[test]
fn the_same_seed_is_the_same_show_and_another_is_not() {
    let run = |seed| ringlight(&["simulate", "feed-dies", "--seed", seed]);
    let (one, again, other) = (run("7"), run("7"), run("8"));
    assert_eq!(one.0, 0, "{}", one.1);
    assert_eq!(one.1, again.1);
    assert_ne!(one.1, other.1);
}

#[test]
fn raids_and_giveaways_never_fire() {
    // What the room writes is judged by weights that ship.
    for name in ["raid", "giveaway"] {
        let (code, out, _) = ringlight(&["simulate", name, "--seeds", "1..13"]);
        assert_eq!((code, out.as_str()), (0, &*format!("{name}: 12 of 12 seeds hold\n")));
    }
}

#[test]
fn bad_files_are_refused_with_line_and_reason() {
    let (code, _, err) = ringlight(&["simulate", "remarks"]);
    assert!(code == 1 && err.contains("no scenario") && err.contains("remark-zh"), "{err}");
    let (code, _, err) = ringlight(&["simulate", "raid", "--seeds", "9..3"]);
    assert!(code == 2 && err.contains("1..200"), "{err}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.toml");
    let path = file.to_str().unwrap();
    let good = include_str!("../../../../scenarios/feed-dies.toml");
    for (from, to, line, reason) in [
        ("version = 1", "version = 1\ncolour_of_host = 3", "line 3", "unknown field"),
        ("length_s = 300", "length_s = 1e300", "line 5", "0 to 7200"),
        ("is = \"back\"", "is = \"lost\"", "line", "in turns"),
        ("rules = [\"core\", \"claims\"]", "rules = [\"nothing\"]", "", "packs that ship"),
        ("never_fires = true", "never_fires = \u{7}", "line", ""),
    ] {
        std::fs::write(&file, good.replacen(from, to, 1)).unwrap();
        let (code, out, err) = ringlight(&["simulate", path]);
        assert_eq!((code, out.as_str()), (1, ""), "{to}");
        assert!(err.contains(line) && err.contains(reason), "{to}: {err}");
    }
    std::fs::write(&file, good.replace("slate_s = 30", "slate_s = 299")).unwrap();
    let (code, out, _) = ringlight(&["simulate", path]);
    assert!(code == 1 && out.contains("NOT MET    slate_s"), "{out}");
    std::fs::write(&file, vec![b'#'; 300 << 10]).unwrap();
    let (code, _, err) = ringlight(&["simulate", path]);
    assert!(code == 1 && err.contains("256 KiB"), "{err}");
    std::fs::write(&file, b"version = 1\ntitle = \"\xff\"").unwrap();
    let (code, _, err) = ringlight(&["simulate", path]);
    assert!(code == 1 && err.contains("line 2") && err.contains("UTF-8"), "{err}");
}

#[test]
#[ignore = "soak: hundreds of seeds of every scenario"]
fn soak_every_scenario_holds_over_many_seeds() {
    if !can_hear() {
        return;
    }
    let (code, out, err) = ringlight(&["simulate", "all", "--seeds", "1..301"]);
    assert_eq!(code, 0, "{out}{err}");
}
