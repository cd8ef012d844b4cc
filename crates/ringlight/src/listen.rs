//! `ringlight listen`: what a recording would have been heard as, one sentence a line.

mod wav;

use std::collections::VecDeque;
use std::path::Path;

use anyhow::{Context, Result};
use bytes::Bytes;
use listen::asr::{RATE, Recogniser, Whisper, WhisperOptions};
use listen::ear::{Ear, EarOptions, Mode};
use listen::judge::Judge;
use listen::models::WHISPER_BASE;
use listen::pcm::{Pcm, Resampled};
use listen::{Hypothesis, Language};
use media::feed::Feed;
use media::flv::Reader;
use media::frame::Frame;
use serde::Serialize;
use units::{Duration, MediaTime};

use crate::cli::ListenArgs;
use crate::failure::Advice;
use crate::{models, out};

/// The largest recording that is read; a show of some hours is smaller.
const FILE_MAX_BYTES: u64 = 4 << 30;
/// Sound that is heard before the next is read.
const STEP: usize = RATE as usize / 10;
/// Sentences that a judgement looks back to.
const BEFORE: usize = 2;

/// One sentence, as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    from_ms: i64,
    to_ms: i64,
    text: &'a str,
    logprob: f32,
    heard: bool,
    hits: Vec<LineHit>,
}

#[derive(Serialize)]
struct LineHit {
    rule: String,
    score: f32,
}

/// A recording's sound, stretch by stretch.
type Sink<'a> = &'a mut dyn FnMut(MediaTime, &[f32]) -> Result<()>;

pub(crate) fn run(args: &ListenArgs) -> Result<bool> {
    let language: Language = args.lang.parse()?;
    let file = args.model.clone().map_or_else(
        || Ok(models::folder(args.folder.models.as_ref())?.join(WHISPER_BASE.file)),
        anyhow::Ok,
    )?;
    if !file.exists() {
        return Err(Advice::new(
            format!("there is no speech model at {}", file.display()),
            "`make models` gets it; --model names another ggml file of Whisper",
        )
        .error());
    }
    let mut whisper = Whisper::load(&file, &WhisperOptions::default())?;
    let packs: Vec<&str> = match &args.rules[..] {
        [] => vec!["core", "claims"],
        packs => packs.iter().map(String::as_str).collect(),
    };
    let judge = Judge::load(Some(&models::folder(args.folder.models.as_ref())?), &packs)?;
    for limit in judge.limits() {
        out::note(limit);
    }
    let mut judged = Judged { judge, language, before: VecDeque::new() };
    let mode = if args.segments { Mode::Segments } else { Mode::Rolling };
    let mut ear = Ear::new(EarOptions { mode, language });
    let mut hear = |ear: &mut Ear| -> Result<()> {
        while let Some(job) = ear.next_job() {
            let heard = whisper.recognise(&job.samples, job.language);
            for sentence in
                ear.take(job, heard).iter().filter(|sentence| sentence.last || args.rolling)
            {
                let hits = judged.hits(sentence);
                print(args, sentence, hits)?;
            }
        }
        Ok(())
    };
    sound(&args.file, &mut |at, pcm| {
        for (n, piece) in pcm.chunks(STEP).enumerate() {
            ear.push(at + Duration::from_ticks((n * STEP) as i64, RATE), piece);
            hear(&mut ear)?;
        }
        Ok(())
    })
    .with_context(|| format!("listen to {}", args.file.display()))?;
    ear.flush();
    hear(&mut ear)?;
    Ok(true)
}

/// The judge, with what the host said before.
struct Judged {
    judge: Judge,
    language: Language,
    before: VecDeque<String>,
}

impl Judged {
    fn hits(&mut self, sentence: &Hypothesis) -> Vec<LineHit> {
        if !sentence.heard {
            return Vec::new();
        }
        let before: Vec<&str> = self.before.iter().map(String::as_str).collect();
        let context = listen::judge::Context { message: None, before: &before };
        let hits = self.judge.host(self.language, &sentence.text, &context);
        // What broke a rule would throw suspicion on whatever follows.
        if sentence.last && hits.is_empty() {
            self.before.push_back(sentence.text.clone());
            if self.before.len() > BEFORE {
                self.before.pop_front();
            }
        }
        let line = |hit: listen::judge::Hit| LineHit { rule: hit.rule.0, score: hit.score };
        hits.into_iter().map(line).collect()
    }
}

fn print(args: &ListenArgs, sentence: &Hypothesis, hits: Vec<LineHit>) -> Result<()> {
    let line = Line {
        from_ms: sentence.from.ms().max(0),
        to_ms: sentence.to.ms(),
        text: &sentence.text,
        logprob: sentence.logprob,
        heard: sentence.heard,
        hits,
    };
    if args.json {
        out::line(serde_json::to_string(&line)?);
        return Ok(());
    }
    let second = |ms: i64| format!("{}:{:04.1}", ms / 60_000, (ms % 60_000) as f64 / 1000.0);
    let text = if line.heard { line.text.to_owned() } else { format!("(not heard) {}", line.text) };
    let mut shown = format!("{} – {}  {text}", second(line.from_ms), second(line.to_ms));
    for hit in &line.hits {
        shown.push_str(&format!("  [{} {:.2}]", hit.rule, hit.score));
    }
    out::line(shown);
    Ok(())
}

fn sound(path: &Path, sink: Sink<'_>) -> Result<()> {
    let about = std::fs::metadata(path).with_context(|| format!("open {}", path.display()))?;
    if about.len() > FILE_MAX_BYTES {
        return Err(Advice::new("the file is larger than 4 GiB", "cut it into parts").error());
    }
    let bytes = Bytes::from(std::fs::read(path)?);
    if bytes.starts_with(b"FLV") {
        of_flv(&bytes, sink)
    } else if bytes.starts_with(b"RIFF") || bytes.starts_with(b"RF64") {
        let wav = wav::read(&bytes)?;
        let mut resampled = Resampled::new(wav.rate)?;
        let (mut at, step) = (0i64, wav.rate as usize / 10);
        // Silence behind the end brings out what the resampler holds back.
        let tail = vec![0.0; step];
        for piece in wav.mono().collect::<Vec<f32>>().chunks(step).chain([&tail[..]]) {
            let stretch =
                resampled.push(MediaTime::from_start(Duration::from_ticks(at, wav.rate)), piece);
            at += piece.len() as i64;
            sink(stretch.at, &stretch.pcm)?;
        }
        Ok(())
    } else {
        Err(Advice::new(
            "it is neither WAV nor FLV",
            "convert it, for instance with ffmpeg -i IN out.wav",
        )
        .error())
    }
}

fn of_flv(bytes: &Bytes, sink: Sink<'_>) -> Result<()> {
    let (mut reader, mut feed, mut pcm) = (Reader::new(), Feed::new(), Pcm::new());
    let (mut first, mut found) = (None, false);
    for piece in bytes.chunks(1 << 16) {
        reader.push(piece);
        while let Some(tag) = reader.tag()? {
            let Some(frame) = feed.push(&tag)? else { continue };
            // The clock of the lines begins with the recording, whatever the source's clock said.
            let origin = *first.get_or_insert(match &frame {
                Frame::Audio(audio) => audio.time,
                Frame::Video(video) => video.time,
            });
            if let Frame::Audio(audio) = frame {
                found = true;
                let at = MediaTime::from_start(audio.time - origin);
                let stretch = pcm.push(&audio.config.asc, at, &audio.data)?;
                sink(stretch.at, &stretch.pcm)?;
            }
        }
    }
    if !found {
        return Err(Advice::new("it has no sound", "record it with AAC sound").error());
    }
    Ok(())
}
