//! The catch, end to end: a spoken excerpt is streamed by ffmpeg, heard, judged and muted before it airs, and the recording
//! is silent where the remark was said and nowhere else.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::air;
use crate::ffmpeg;
use crate::hears::{can_hear, samples, script};
use crate::pcm::{SILENT, loudness};
use crate::server::{ANNA_KEY, Server, Setup};
use crate::wait;

const POLICY: &str =
    "[show.policy]\nmode = \"act\"\nrules = [\"core\"]\non = { \"core/contempt\" = \"mute\" }\n";
/// What lies between the streamed sound and the recorded one, at most.
const LAG_MAX_MS: i64 = 20_000;

/// Where the recording has what the excerpt has at its beginning: the lag at which the loudness of the first sentences
/// agrees best.
fn lag_ms(excerpt: &[(i64, f32)], recorded: &[(i64, f32)], until_ms: i64) -> i64 {
    let step = excerpt[1].0 - excerpt[0].0;
    let first = (until_ms / step) as usize;
    let agree = |lag: usize| -> f32 {
        let there = recorded.get(lag..).unwrap_or_default();
        excerpt[..first].iter().zip(there).map(|((_, a), (_, b))| a * b).sum()
    };
    let best = (0..(LAG_MAX_MS / step) as usize).max_by(|a, b| agree(*a).total_cmp(&agree(*b)));
    best.unwrap() as i64 * step
}

/// Streams the excerpt and checks what aired of each sentence. `sure` are words of sentences that must not air.
fn check(language: &'static str, sure: &[&str]) {
    if !can_hear() {
        return;
    }
    let setup = Setup {
        delay_s: 12,
        language: Some(language),
        bootstrap: POLICY.to_owned(),
        ..Setup::default()
    };
    let server = Server::start(setup);
    let pat = server.pat();
    let name = format!("{language}-excerpt");
    let file = samples().join(format!("{name}.flv"));
    let file = file.to_str().unwrap();
    let sentences = script(&name);
    let length_ms = sentences.last().unwrap().to_ms;
    pat.post("/:shows/evening/start", &Value::Null).expect(200);
    // The weights are loaded by then; a real show begins long before the first remark as well.
    wait::until("hearing", 30, || {
        (pat.get("/:shows/evening/incidents").json()["hearing"] == "ok").then_some(())
    });
    let mut host = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-re", "-i", file])
        .args(["-c", "copy", "-f", "flv", &format!("rtmp://{}/live/{ANNA_KEY}", server.rtmp)])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    assert!(host.wait().unwrap().success());
    // All of it airs a delay later.
    let newest = || pat.get("/:shows/evening/transcript").json();
    wait::until("the last sentence in the transcript", 20, || {
        newest().as_array().unwrap().iter().any(|line| line["last"] == true).then_some(())
    });
    air::wait_air(&server, length_ms + 2000);
    let incidents = pat.get("/:shows/evening/incidents").json();
    pat.post("/:shows/evening/end", &Value::Null).expect(200);
    let caught = incidents["incidents"].as_array().unwrap();
    assert!(!caught.is_empty(), "nothing was caught: {}", newest());
    for incident in caught {
        assert_eq!(incident["rule"], "core/contempt", "{incident}");
        assert_eq!(incident["act"]["kind"], "mute", "{incident}");
        assert_eq!(incident["act"]["late"], false, "{incident}");
    }

    let recorded = loudness(&ffmpeg::sound(&server.playlist()));
    let excerpt = loudness(&ffmpeg::sound(file));
    let first_ms = sentences.iter().find(|sentence| sentence.contempt).unwrap().from_ms;
    let lag = lag_ms(&excerpt, &recorded, first_ms - 1500);
    assert!(recorded.last().unwrap().0 >= lag + length_ms, "the recording is too short");
    let heard = |from_ms: i64, to_ms: i64| {
        let inside = |at: i64| at >= from_ms + lag && at < to_ms + lag;
        recorded.iter().filter(|(at, rms)| inside(*at) && *rms > SILENT).count()
    };
    for sentence in &sentences {
        let aired = heard(sentence.from_ms, sentence.to_ms);
        let windows = (sentence.to_ms - sentence.from_ms) / 20;
        let must_go = sure.iter().any(|words| sentence.text.contains(words));
        eprintln!("{aired} of {windows} windows aired: {}", sentence.text);
        if must_go {
            assert_eq!(aired, 0, "it aired in part: {}\n{incidents}", sentence.text);
        }
    }
    let first = &sentences[0];
    let aired = heard(first.from_ms, first.to_ms);
    assert!(aired as i64 * 20 > (first.to_ms - first.from_ms) * 3 / 4, "the greeting did not air");
}

#[test]
fn the_remark_never_airs_in_english() {
    check("en", &["nonsense", "reason in yourself"]);
}

#[test]
fn the_remark_never_airs_in_chinese() {
    check("zh", &["原因"]);
}

#[test]
fn the_remark_never_airs_in_russian() {
    check("ru", &["причину"]);
}
