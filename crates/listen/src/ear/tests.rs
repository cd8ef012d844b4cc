use proptest::prelude::*;

use super::*;
use crate::asr::Token;

/// Speech is what is loud.
struct Loud;

impl Detect for Loud {
    fn speech(&mut self, frame: &[f32; FRAME]) -> bool {
        frame.iter().any(|sample| sample.abs() > 0.1)
    }
    fn reset(&mut self) {}
}

/// Words with the times at which they begin and end, in milliseconds.
type Script<'a> = &'a [(&'a str, usize, usize)];

fn sound(script: Script<'_>, length_ms: usize) -> Vec<f32> {
    let mut sound: Vec<f32> =
        (0..ms(length_ms)).map(|n| if n % 2 == 0 { 0.001 } else { -0.001 }).collect();
    for (_, from, to) in script {
        for sample in &mut sound[ms(*from)..ms(*to)] {
            *sample *= 500.0;
        }
    }
    sound
}

/// Recognises the words of a script that lie within a job.
fn recognise(script: Script<'_>, origin: MediaTime, job: &Job) -> Recognised {
    let offset = |at: usize| (origin + Duration::from_ms(at as i64)) - job.covered.0;
    let inside = |from: usize, to: usize| {
        offset(from) >= -Duration::from_ms(20)
            && origin + Duration::from_ms(to as i64) <= job.covered.1 + Duration::from_ms(20)
    };
    let tokens = script.iter().filter(|(_, from, to)| inside(*from, *to)).map(|(word, _, to)| {
        Token { text: (*word).to_owned(), ends: Some(offset(*to)), logprob: -0.2 }
    });
    Recognised { tokens: tokens.collect() }
}

fn ear(mode: Mode) -> Ear {
    Ear::with(EarOptions { mode, language: Language::En }, Box::new(Loud))
}

/// A recogniser that is always fast enough.
fn hear(ear: &mut Ear, script: Script<'_>, length_ms: usize) -> (Vec<Hypothesis>, usize) {
    let origin = MediaTime::from_ms(10_000);
    let (mut all, mut jobs) = (Vec::new(), 0);
    for (n, piece) in sound(script, length_ms).chunks(ms(20)).enumerate() {
        ear.push(origin + Duration::from_ms(20 * n as i64), piece);
        while let Some(job) = ear.next_job() {
            assert!(job.samples.len() <= SAMPLES_MAX);
            jobs += 1;
            let recognised = recognise(script, origin, &job);
            all.extend(ear.take(job, Ok(recognised)));
        }
    }
    ear.flush();
    while let Some(job) = ear.next_job() {
        jobs += 1;
        let recognised = recognise(script, origin, &job);
        all.extend(ear.take(job, Ok(recognised)));
    }
    (all, jobs)
}

const TWO: Script<'_> = &[
    (" How", 1000, 1300),
    (" is", 1300, 1500),
    (" it", 1500, 1700),
    (" dear?", 1700, 2400),
    (" Look", 2700, 3100),
    (" at", 3100, 3300),
    (" yourself.", 3300, 4000),
];

fn last(all: &[Hypothesis]) -> Vec<&str> {
    all.iter().filter(|h| h.last).map(|h| h.text.as_str()).collect()
}

#[test]
fn sentences_come_out_once_and_in_order() {
    for mode in [Mode::Rolling, Mode::Segments] {
        let (all, jobs) = hear(&mut ear(mode), TWO, 7000);
        assert_eq!(last(&all), ["How is it dear?", "Look at yourself."], "{mode:?}");
        assert_eq!(jobs, if mode == Mode::Rolling { 3 } else { 1 }, "{mode:?}");
    }
}

#[test]
fn a_sentence_is_known_before_it_ends() {
    let words: Vec<(String, usize, usize)> =
        (0..14).map(|n| (format!(" w{n}"), 1000 + 400 * n, 1400 + 400 * n)).collect();
    let script: Vec<_> = words.iter().map(|(w, a, b)| (w.as_str(), *a, *b)).collect();
    let (all, _) = hear(&mut ear(Mode::Rolling), &script, 8000);
    let rolling: Vec<_> = all.iter().filter(|h| !h.last).collect();
    assert_eq!(rolling.len(), 3);
    assert!(rolling[0].covered.1 <= MediaTime::from_ms(12_600), "{:?}", rolling[0].covered);
    // A window that begins in the middle of the sentence says where the sentence began.
    for hypothesis in &rolling {
        assert!(hypothesis.from <= MediaTime::from_ms(11_000), "{hypothesis:?}");
    }
}

#[test]
fn bounds_hold_the_sentence_and_reach_into_the_quiet() {
    let (all, _) = hear(&mut ear(Mode::Segments), TWO, 7000);
    let first = &all[0];
    // The pause between the sentences is 300 ms long; the end is found in it or behind it, never before it.
    assert!(
        first.from <= MediaTime::from_ms(10_700) && first.from >= MediaTime::from_ms(10_400),
        "{first:?}"
    );
    assert!(first.to >= MediaTime::from_ms(12_800), "{first:?}");
    let begins = first.from + first.slack.from;
    assert!((begins - MediaTime::from_ms(11_000)).abs() <= Duration::from_ms(40), "{begins:?}");
    let ends = all[1].to - all[1].slack.to;
    assert!((ends - MediaTime::from_ms(14_000)).abs() <= Duration::from_ms(40), "{ends:?}");
}

#[test]
fn an_endless_speaker_is_heard_sentence_by_sentence() {
    let words: Vec<(String, usize, usize)> = (0..60)
        .map(|n| {
            (format!(" w{n}{}", if n % 7 == 6 { "." } else { "" }), 500 + 400 * n, 880 + 400 * n)
        })
        .collect();
    let script: Vec<_> = words.iter().map(|(w, a, b)| (w.as_str(), *a, *b)).collect();
    for mode in [Mode::Rolling, Mode::Segments] {
        let (all, _) = hear(&mut ear(mode), &script, 26_000);
        let heard = last(&all).join(" ");
        let expected: String = words.iter().map(|(w, _, _)| w.as_str()).collect();
        let missing: Vec<_> =
            expected.split(' ').filter(|word| !heard.split(' ').any(|h| h == *word)).collect();
        // A cut in the middle of a word costs that word; sentences are not torn.
        assert!(
            missing.iter().filter(|word| !word.is_empty()).count() <= 4,
            "{mode:?}: {missing:?}"
        );
        let torn = last(&all).iter().filter(|text| !text.ends_with('.')).count();
        assert!(torn <= 2, "{mode:?}: {:?}", last(&all));
    }
}

#[test]
fn what_is_not_understood_is_not_clean() {
    let script: Script<'_> = &[(" mumble", 1000, 2500)];
    let check = |result: &dyn Fn() -> Result<Recognised, ListenError>, text: &str| {
        let mut ear = ear(Mode::Segments);
        ear.push(MediaTime::ZERO, &sound(script, 4000));
        let job = ear.next_job().expect("a stretch");
        let all = ear.take(job, result());
        assert_eq!(all.len(), 1, "{text}");
        assert!(!all[0].heard && all[0].last, "{text}");
        assert_eq!(all[0].text, text);
    };
    let token = |text: &str, logprob| Token { text: text.into(), ends: None, logprob };
    check(&|| Ok(Recognised::default()), "");
    check(&|| Err(ListenError::Engine { what: "failed".into() }), "");
    check(&|| Ok(Recognised { tokens: vec![token(" eh", -0.9)] }), "eh");
    check(&|| Ok(Recognised { tokens: vec![token(" la", -0.1); 20] }), "la");
}

#[test]
fn silence_and_clicks_make_no_work() {
    let mut ear = ear(Mode::Rolling);
    ear.push(MediaTime::ZERO, &sound(&[("", 2000, 2060), ("", 5000, 5020)], 10_000));
    ear.flush();
    assert_eq!(ear.next_job(), None);
    assert_eq!(ear.state().behind, Duration::ZERO);
}

#[test]
fn a_slow_machine_drops_windows_says_so_and_hears_in_segments() {
    let script: Script<'_> = &[("", 500, 58_000)];
    let mut ear = ear(Mode::Rolling);
    let (mut modes, mut late) = (Vec::new(), false);
    // Each recognition takes four seconds.
    let mut busy: Option<(Job, usize)> = None;
    for (n, piece) in sound(script, 60_000).chunks(ms(20)).enumerate() {
        ear.push(MediaTime::from_ms(20 * n as i64), piece);
        if busy.as_ref().is_some_and(|(_, until)| n >= *until) {
            let (job, _) = busy.take().expect("a job");
            ear.take(job, Ok(Recognised::default()));
        }
        if busy.is_none() {
            busy = ear.next_job().map(|job| (job, n + 200));
        }
        late |= ear.state().late;
        if modes.last() != Some(&ear.state().mode) {
            modes.push(ear.state().mode);
        }
    }
    assert!(late);
    assert!(ear.state().dropped_windows >= 4);
    assert_eq!(&modes[..2], [Mode::Rolling, Mode::Segments]);
    assert_eq!(modes.get(2), Some(&Mode::Rolling), "it tries again");
}

#[test]
fn stretches_that_nobody_had_time_for_are_not_heard() {
    let words: Vec<_> = (0..12).map(|n| ("", 1000 + 3000 * n, 3000 + 3000 * n)).collect();
    let mut ear = ear(Mode::Segments);
    ear.push(MediaTime::ZERO, &sound(&words, 40_000));
    let (mut unheard, mut taken) = (0, 0);
    while let Some(job) = ear.next_job() {
        taken += 1;
        let token = Token { text: " yes.".into(), ends: None, logprob: -0.1 };
        let all = ear.take(job, Ok(Recognised { tokens: vec![token] }));
        unheard += all.iter().filter(|h| !h.heard).count();
    }
    assert!(taken >= 3, "{taken}");
    assert_eq!(taken + unheard, 12);
    assert_eq!(ear.state().dropped_windows as usize, unheard);
}

#[test]
fn a_reconnect_ends_the_sentence() {
    let mut ear = ear(Mode::Segments);
    let speech = sound(&[("", 500, 2000)], 2000);
    ear.push(MediaTime::ZERO, &speech);
    assert_eq!(ear.next_job(), None);
    ear.push(MediaTime::from_ms(60_000), &speech);
    let job = ear.next_job().expect("what was said before");
    assert!(job.covered.1 <= MediaTime::from_ms(2000));
    ear.flush();
    assert!(ear.next_job().expect("and after").covered.0 >= MediaTime::from_ms(60_000));
    // A short hole is silence within the same run.
    let mut ear = self::ear(Mode::Segments);
    ear.push(MediaTime::ZERO, &speech);
    ear.push(MediaTime::from_ms(3000), &speech);
    assert_eq!(ear.next_job().expect("the first").covered.1.ms(), 2300);
}

proptest! {
    /// Whatever comes, at whatever times: nothing panics, jobs are short enough, final sentences lie in order within
    /// what was pushed, and the work that waits is bounded.
    #[test]
    fn any_sound_at_any_time_is_survived(
        pushes in prop::collection::vec((0i64..4000, 0usize..40_000, any::<bool>(), 0u8..4), 0..40),
        rolling in any::<bool>(),
    ) {
        let mut ear = ear(if rolling { Mode::Rolling } else { Mode::Segments });
        let (mut at, mut busy) = (MediaTime::ZERO, None);
        for (skip, n, loud, then) in pushes {
            let level = if loud { 0.5 } else { 0.0 };
            ear.push(at, &vec![level; n]);
            at += Duration::from_ticks(n as i64, RATE);
            if skip > 3000 {
                at += Duration::from_ms(skip);
            }
            match then {
                0 => busy = busy.or_else(|| ear.next_job()),
                1 => if let Some(job) = busy.take() {
                    let token = |n: i64| Token { text: format!(" {n}."), ends: Some(Duration::from_ms(n * 700)), logprob: -0.1 };
                    let recognised = Recognised { tokens: (1..6).map(token).collect() };
                    for h in ear.take(job, Ok(recognised)) {
                        prop_assert!(h.from <= h.to, "{h:?}");
                        prop_assert!(h.slack.from >= Duration::ZERO && h.slack.to >= Duration::ZERO);
                    }
                },
                2 => ear.flush(),
                _ => {}
            }
            if let Some(job) = &busy {
                prop_assert!(job.samples.len() <= SAMPLES_MAX);
            }
            prop_assert!(ear.waiting.len() <= WAITING_MAX);
            prop_assert!(ear.begins.len() <= 1000);
        }
    }
}
