//! `ringlight replay` over a folder that holds a recorded show: what was, what would be, and what cannot be looked back on.

use std::path::{Path, PathBuf};

use serde_json::Value;
use show::decider::Decider;
use show::desk::{self, ActionKind, ActionState, Fact, Mark};
use show::entry::{Entry, encode_one};
use show::lifecycle::{Plan, StartMode};
use show::names::Hash256;
use show::sentinel::{
    Change, Decide, Hit, Mode, Order, Policy, Response, Severity, Signal, Stake, Verdict, Window,
};
use show::text::TextRef;
use show::{Actor, Event, Input, Show, Slug, State};
use store::{Batch, EntryBytes, SqliteStore, Store as _, TextChange, TextRow};
use tempfile::TempDir;
use units::{ActionId, AirTime, Duration, IncidentId, MediaTime, TextId, Timestamp, UserId};

use crate::server::ringlight;

/// The feed began so many milliseconds after 1970, and a sentence is heard a second after its end.
const BEGAN_MS: i64 = 1_764_000_000_000;
/// By the words alone it breaks core/personal_data.
const NUMBER: &str = "i'll read it out, her number is 07700 900 123 if anyone wants to ask her";
const HARMLESS: &str = "this shade lasts all day and it costs seventy nine";

/// A folder with one recorded show.
struct Folder {
    dir: TempDir,
    store: SqliteStore,
    state: State,
    entries: Vec<Entry<Show>>,
    minted: u128,
}

fn person() -> Actor {
    Actor::User { id: UserId::from_u128(9) }
}

fn media(ms: i64) -> MediaTime {
    MediaTime::from_ms(ms)
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path()).unwrap();
        let (state, entries) = (State::default(), Vec::new());
        let mut folder = Self { dir, store, state, entries, minted: 1 << 64 };
        let rules = vec!["core".to_owned()];
        let plan = Plan {
            show: Slug::new("evening").unwrap(),
            host: Slug::new("anna").unwrap(),
            standby: None,
            language: "en".to_owned(),
            delay_s: 12,
            starts_at: None,
            start: StartMode::Auto,
            policy: Some(Policy { mode: Mode::Act, rules, ..Policy::default() }),
        };
        folder.input(0, Input::Plan { plan, by: person() });
        folder.input(0, Input::Start { by: person(), host_busy: None });
        let mark = Mark {
            next_segment: 1,
            air: AirTime::from_ms(0),
            at: Timestamp::from_ms(BEGAN_MS),
            inits: 1,
            discontinuities: 0,
            newest: media(0),
            audio: None,
        };
        folder.input(0, Input::Fact { fact: Fact::ProgramMark(mark) });
        folder
    }

    fn mint(&mut self) -> u128 {
        self.minted += 1;
        self.minted
    }

    fn input(&mut self, ms: i64, input: Input) {
        let at = Timestamp::from_ms(BEGAN_MS + ms);
        let events = Show::decide(&self.state, &input, at).unwrap().events;
        events.iter().for_each(|event| Show::evolve(&mut self.state, event));
        let seq = self.entries.len() as u64 + 1;
        let stops: Vec<desk::Action> =
            events.iter().filter_map(|event| stop(event, at, ms)).collect();
        self.entries.push(Entry { seq, at, input: Some(input), events, digest: None });
        for action in stops {
            self.input(ms, Input::Fact { fact: Fact::ActionTaken(action) });
        }
    }

    /// A sentence that ended when the feed had come to `to`, with the rule that it broke then; and the words' id.
    fn says(&mut self, from: i64, to: i64, words: &str, rule: Option<&str>) -> TextId {
        let (id, salt) = (TextId::from_u128(self.mint()), [7; 32]);
        let kind = "sentence".to_owned();
        let row =
            TextRow { id, kind, text: words.to_owned(), salt, at: Timestamp::from_ms(BEGAN_MS) };
        let batch = Batch { texts: vec![TextChange::Put(row)], ..Batch::default() };
        self.store.submit(batch).wait().unwrap();
        let text = Some(TextRef::new(id, &salt, words));
        let (at, from, to) = (to + 1000, media(from), media(to));
        self.input(at, Input::Signal { signal: Signal::Sentence { from, to, heard: true, text } });
        if let Some(rule) = rule {
            let hit = Hit {
                rule: rule.to_owned(),
                score: 900,
                severity: Severity::Serious,
                proposed: Response::Mute,
                from,
                to,
                last: true,
                weak: false,
                text,
                answers: None,
                stake: Stake::default(),
                incident: IncidentId::from_u128(self.mint()),
                action: ActionId::from_u128(self.mint()),
            };
            let window = Window { from, to, heard: true, last: true, hits: vec![hit] };
            self.input(at, Input::Signal { signal: Signal::Window(window) });
        }
        id
    }

    fn verdict(&mut self, verdict: Verdict) {
        let id = self.state.sentinel.incidents.last().unwrap().id;
        let action = ActionId::from_u128(self.mint());
        let decide = Decide::Judge { verdict };
        self.input(90_000, Input::Incident { id, decide, action, by: person() });
    }

    /// Writes the log with a digest behind it, and gives the folder back.
    fn recorded(mut self, digest: Option<Hash256>) -> TempDir {
        let (seq, at) = (self.entries.len() as u64 + 1, Timestamp::from_ms(BEGAN_MS + 100_000));
        let digest = Some(digest.unwrap_or_else(|| Show::digest(&self.state)));
        self.entries.push(Entry { seq, at, input: None, events: Vec::new(), digest });
        let bytes = self.entries.iter().map(|entry| EntryBytes {
            seq: entry.seq,
            at: entry.at,
            body: encode_one(entry),
        });
        self.store.submit(Batch::append("show/evening", 0, bytes.collect())).wait().unwrap();
        self.dir
    }
}

/// The program takes every stop at once.
fn stop(event: &Event, at: Timestamp, ms: i64) -> Option<desk::Action> {
    let Event::Sentinel { change: Change::Ordered { order: Order::Stop(act), by, .. } } = event
    else {
        return None;
    };
    Some(desk::Action {
        id: act.id,
        kind: ActionKind::Mute,
        by: by.clone(),
        reason: None,
        from_media: act.from,
        to_media: act.to,
        from_air: None,
        to_air: None,
        time_to_air: (act.from - media(ms)) + Duration::from_s(12),
        late: false,
        forced: false,
        at,
        state: ActionState::Active,
        undone_at: None,
    })
}

/// A folder with a right mute, a harmless sentence, and one whose words are erased.
fn folder() -> TempDir {
    let mut folder = Folder::new();
    folder.says(10_000, 13_000, HARMLESS, None);
    folder.says(20_000, 24_000, NUMBER, Some("core/personal_data"));
    folder.verdict(Verdict::Right);
    let gone = folder.says(30_000, 33_000, HARMLESS, None);
    let batch = Batch { texts: vec![TextChange::Erase(gone)], ..Batch::default() };
    folder.store.submit(batch).wait().unwrap();
    folder.recorded(None)
}

fn replay(dir: &Path, more: &[&str]) -> (i32, String, String) {
    let args = ["replay", dir.to_str().unwrap(), "--show", "evening"];
    ringlight(&[&args[..], more].concat())
}

fn file(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_recorded_show_is_decided_again() {
    let dir = folder();
    let (code, out, err) = replay(dir.path(), &["--json"]);
    assert_eq!(code, 0, "{err}");
    let same: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&same["totals"]["caught"], &same["totals"]["new"]),
        (&1.into(), &0.into()),
        "{same}"
    );
    assert_eq!(same["sentences"]["expired"], 1);
    let line = &same["incidents"][0];
    assert_eq!((&line["words"], &line["outcome"]), (&NUMBER.into(), &"caught".into()));
    // It was heard 5 s after it began, with 12 s of delay.
    assert_eq!(
        (&line["was"]["time_to_air_ms"], &line["would_be"]["time_to_air_ms"]),
        (&7000.into(), &7000.into())
    );
    assert_eq!(same["stops"]["was"], same["stops"]["would_be"]);
    assert_eq!(same["rules"]["would_be"]["policy"]["mode"], "act");
    assert!(same["digest"].is_string(), "{same}");

    let (code, out, err) = replay(dir.path(), &[]);
    assert_eq!(code, 0, "{err}");
    for says in [
        "equal   the log's last digest",
        "caught 1 (1 before any of it aired)",
        "muted (core/personal_data), 7.0 s to air",
        "1 sentences expired",
        "verdict: right",
    ] {
        assert!(out.contains(says), "{says}: {out}");
    }

    let own = "[policy]\nmode = \"advise\"\nrules = [\"core\"]\n";
    let policy = file(&dir, "advise.toml", own);
    let (code, out, err) = replay(dir.path(), &["--policy", policy.to_str().unwrap(), "--json"]);
    let advised: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
    assert_eq!((code, &advised["incidents"][0]["would_be"]["did"]), (0, &"flagged".into()));
    assert_eq!(advised["stops"]["would_be"]["lost_ms"], 0);

    let (code, out, err) = replay(dir.path(), &["--rules", "claims", "--json"]);
    let other: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{err}"));
    assert_eq!((code, &other["totals"]["missed"]), (0, &1.into()), "{other}");
    assert_eq!(other["rules"]["would_be"]["policy"]["rules"], serde_json::json!(["claims"]));
}

#[test]
fn what_cannot_be_looked_back_on_is_refused_with_words() {
    let dir = folder();
    let (code, _, err) = ringlight(&["replay", dir.path().to_str().unwrap(), "--show", "noon"]);
    assert!(code == 1 && err.contains("no show noon") && err.contains("evening"), "{err}");
    let (code, _, err) = replay(dir.path(), &["--rules", "core,cora"]);
    assert!(
        code == 1 && err.contains("no rule pack cora") && err.contains("core, claims"),
        "{err}"
    );
    let bad = file(&dir, "bad.toml", "[policy]\nmode = \"act\"\nrule = []\n");
    let (code, _, err) = replay(dir.path(), &["--policy", bad.to_str().unwrap()]);
    assert!(code == 1 && err.contains("line 3") && err.contains("rule"), "{err}");
    let (code, _, err) = replay(dir.path(), &["--policy", "missing.toml"]);
    assert!(code == 1 && err.contains("missing.toml") && err.contains("hint"), "{err}");
    let (code, _, err) = replay(dir.path(), &["--alarms-per-1000h", "0"]);
    assert!(code == 2 && err.contains("alarms"), "{err}");

    let mut broken = Folder::new();
    broken.says(10_000, 13_000, HARMLESS, None);
    let broken = broken.recorded(Some(Hash256([1; 32])));
    let (code, out, _) = replay(broken.path(), &[]);
    assert!(code == 1 && out.contains("after entry 4"), "{out}");
    let (code, _, err) = replay(broken.path(), &["--json"]);
    assert!(code == 1 && err.contains("state after entry 4") && err.contains("hint"), "{err}");
}
