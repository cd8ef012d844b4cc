//! What `ringlight listen` hears in the spoken excerpts of `samples/speech`, whose true sentence times are known.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/ringlight")
        .join("samples/speech")
}

/// Whether the speech model is there. Where `RINGLIGHT_MODELS_REQUIRED` is set, its absence fails.
pub(crate) fn can_hear() -> bool {
    let there = listen::models::folder(|name| std::env::var_os(name))
        .is_some_and(|folder| folder.join(listen::models::WHISPER_BASE.file).exists());
    assert!(
        there || std::env::var_os("RINGLIGHT_MODELS_REQUIRED").is_none(),
        "the speech model is missing and RINGLIGHT_MODELS_REQUIRED is set; `make models` gets it"
    );
    if !there {
        eprintln!("SKIPPED: there is no speech model; `make models` gets it");
    }
    there
}

fn listen(file: &Path, language: &str, flags: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_ringlight"))
        .args(["listen", "--json", "--lang", language])
        .args(flags)
        .arg(file)
        .output()
        .expect("ringlight");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("text");
    lines.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

pub(crate) struct Sentence {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
    pub(crate) text: String,
    pub(crate) contempt: bool,
}

pub(crate) fn script(name: &str) -> Vec<Sentence> {
    let text =
        std::fs::read_to_string(samples().join(format!("{name}.script.json"))).expect("a script");
    let marks: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let ms = |mark: &Value, key: &str| (mark[key].as_f64().expect("seconds") * 1000.0) as i64;
    marks
        .iter()
        .map(|mark| Sentence {
            from_ms: ms(mark, "from_s"),
            to_ms: ms(mark, "to_s"),
            text: mark["text"].as_str().expect("text").to_owned(),
            contempt: mark["contempt"] == true,
        })
        .collect()
}

/// The union of the bounds of what was heard while a sentence was spoken.
fn covered(sentence: &Sentence, heard: &[Value]) -> Option<(i64, i64)> {
    let touching = heard.iter().filter(|line| line["heard"] == true).filter(|line| {
        let (from, to) =
            (line["from_ms"].as_i64().unwrap_or(0), line["to_ms"].as_i64().unwrap_or(0));
        from < sentence.to_ms && to > sentence.from_ms
    });
    let bounds = touching
        .map(|line| (line["from_ms"].as_i64().unwrap_or(0), line["to_ms"].as_i64().unwrap_or(0)));
    bounds.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// Letters of a text that occur, in order, in what was heard: a rough measure that needs no words.
fn alike(said: &str, heard: &str) -> f64 {
    let letters = |text: &str| -> Vec<char> {
        text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
    };
    let (said, heard) = (letters(said), letters(heard));
    let mut row = vec![0usize; heard.len() + 1];
    for a in &said {
        let mut diagonal = 0;
        for (n, b) in heard.iter().enumerate() {
            let above = row[n + 1];
            row[n + 1] = if a == b { diagonal + 1 } else { above.max(row[n]) };
            diagonal = above;
        }
    }
    row[heard.len()] as f64 / said.len().max(1) as f64
}

fn check(name: &str, language: &str, alike_min: f64) {
    let heard = listen(&samples().join(format!("{name}.flv")), language, &[]);
    for pair in heard.windows(2) {
        assert!(pair[0]["from_ms"].as_i64() <= pair[1]["from_ms"].as_i64(), "in order");
    }
    let script = script(name);
    for sentence in &script {
        let Some((from, to)) = covered(sentence, &heard) else {
            panic!("{name}: nothing was heard of {:?}: {heard:#?}", sentence.text);
        };
        // What is muted from these bounds is muted whole.
        assert!(
            from <= sentence.from_ms && to >= sentence.to_ms,
            "{name}: {from}..{to} does not hold {}..{} {:?}",
            sentence.from_ms,
            sentence.to_ms,
            sentence.text
        );
    }
    let said: String = script.iter().map(|sentence| sentence.text.as_str()).collect();
    let text: String = heard.iter().filter_map(|line| line["text"].as_str()).collect();
    let likeness = alike(&said, &text);
    assert!(likeness >= alike_min, "{name}: {likeness:.2} of the letters: {text}");
    assert!(script.iter().any(|sentence| sentence.contempt), "the remark is in it");
    for line in &heard {
        assert!(line["hits"].is_array() && line["logprob"].is_f64(), "{line}");
    }
}

#[test]
fn the_english_excerpt_is_heard() {
    if can_hear() {
        check("en-excerpt", "en", 0.85);
    }
}

#[test]
fn the_russian_excerpt_is_heard() {
    if can_hear() {
        check("ru-excerpt", "ru", 0.8);
    }
}

#[test]
fn the_chinese_excerpt_is_heard() {
    if can_hear() {
        check("zh-excerpt", "zh", 0.5);
    }
}

/// Of the sentences of a long show that were heard, nearly all are held whole by their bounds.
fn check_show(language: &str, flags: &[&str]) {
    if !can_hear() {
        return;
    }
    let name = format!("{language}-show");
    let heard = listen(&samples().join(format!("{name}.flv")), language, flags);
    let script = script(&name);
    let (mut known, mut held) = (0, 0);
    for sentence in &script {
        if let Some((from, to)) = covered(sentence, &heard) {
            known += 1;
            held += usize::from(from <= sentence.from_ms && to >= sentence.to_ms);
        }
    }
    eprintln!(
        "{name} {flags:?}: {} sentences, {known} heard, {held} of them held whole",
        script.len()
    );
    assert!(held * 100 >= known * 95, "{name}");
    assert!(known * 100 >= script.len() * 80, "{name}");
}

#[test]
#[ignore = "soak: hears two minutes of speech"]
fn soak_a_russian_show_is_heard() {
    check_show("ru", &[]);
}

#[test]
#[ignore = "soak: hears two minutes of speech"]
fn soak_a_russian_show_is_heard_in_segments() {
    check_show("ru", &["--segments"]);
}

#[test]
#[ignore = "soak: hears two minutes of speech"]
fn soak_a_chinese_show_is_heard() {
    check_show("zh", &[]);
}

#[test]
#[ignore = "soak: hears two minutes of speech"]
fn soak_a_chinese_show_is_heard_in_segments() {
    check_show("zh", &["--segments"]);
}

#[test]
fn what_cannot_be_heard_is_refused_in_words() {
    let refuse = |args: &[&str], words: &str| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_ringlight")).args(args).output().expect("ringlight");
        assert!(!output.status.success());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(words), "{error}");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let models = folder.path().to_str().expect("a path");
    refuse(&["listen", "x.wav", "--lang", "fr"], "zh, ru and en");
    refuse(&["listen", "x.wav", "--lang", "en", "--models", models], "make models");
    refuse(&["models", "import", models, "--models", models], "in none of the folders");
    refuse(&["models", "import", models, "--models", models, "--only", "nothing"], "whisper-base");
}
