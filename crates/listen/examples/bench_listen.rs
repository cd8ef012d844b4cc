//! What hearing costs: CPU seconds per second of a show, rolling and in segments. Usage: bench_listen MODEL LANG WAV
//! (16 kHz, mono, 16 bit), repeated to two minutes at least.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints")]

use std::process::ExitCode;

use listen::asr::{RATE, Recogniser, Whisper, WhisperOptions};
use listen::ear::{Ear, EarOptions, Mode};
use listen::pcm::Resampled;
use units::{Duration, MediaTime};

/// Bounds in cores.
const ROLLING_MAX: f64 = 0.30;
const SEGMENTS_MAX: f64 = 0.10;

/// CPU seconds of this process, user and system.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = behind_name.split(' ').filter_map(|field| field.parse().ok()).collect();
    // The state is a letter, so that user time is the eleventh number here, in hundredths of a second.
    fields.iter().skip(10).take(2).sum::<f64>() / 100.0
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, language, wav] = args.as_slice() else {
        eprintln!("usage: bench_listen MODEL LANG WAV");
        return ExitCode::from(2);
    };
    let language = language.parse().expect("zh, ru or en");
    let bytes = std::fs::read(wav).expect("a WAV file");
    let once: Vec<f32> = bytes[44..]
        .chunks_exact(2)
        .map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0)
        .collect();
    let seconds = (once.len() as f64 / f64::from(RATE)).max(120.0);
    let sound: Vec<f32> =
        once.iter().copied().cycle().take((seconds * f64::from(RATE)) as usize).collect();
    let mut whisper = Whisper::load(model.as_ref(), &WhisperOptions::default()).expect("a model");

    let five = &sound[..5 * RATE as usize];
    let mut plain =
        Whisper::load(model.as_ref(), &WhisperOptions { times: false, ..Default::default() })
            .expect("a model");
    for (what, whisper) in [("with token times", &mut whisper), ("without", &mut plain)] {
        whisper.recognise(five, language).expect("recognised");
        let before = cpu_s();
        for _ in 0..5 {
            whisper.recognise(five, language).expect("recognised");
        }
        let each = (cpu_s() - before) / 5.0;
        println!("recognition  {each:.2} CPU s for five seconds of sound, {what}");
    }
    drop(plain);

    let before = cpu_s();
    let mut resampled = Resampled::new(48_000).expect("a rate");
    for (n, piece) in vec![0.1f32; 48_000 * 60].chunks(1024).enumerate() {
        resampled.push(MediaTime::from_start(Duration::from_ticks(1024 * n as i64, 48_000)), piece);
    }
    println!("resampling   {:.2} CPU ms a second of sound", (cpu_s() - before) / 60.0 * 1000.0);

    let mut good = true;
    for (mode, most) in [(Mode::Rolling, ROLLING_MAX), (Mode::Segments, SEGMENTS_MAX)] {
        let mut ear = Ear::new(EarOptions { mode, language });
        let (before, mut jobs, mut sentences, mut unheard) = (cpu_s(), 0, 0, 0);
        let mut hear = |ear: &mut Ear| {
            while let Some(job) = ear.next_job() {
                jobs += 1;
                let heard = whisper.recognise(&job.samples, language);
                for sentence in ear.take(job, heard).iter().filter(|sentence| sentence.last) {
                    sentences += 1;
                    unheard += usize::from(!sentence.heard);
                }
            }
        };
        for (n, piece) in sound.chunks(RATE as usize / 10).enumerate() {
            ear.push(MediaTime::from_ms(100 * n as i64), piece);
            hear(&mut ear);
        }
        ear.flush();
        hear(&mut ear);
        let cores = (cpu_s() - before) / seconds;
        good &= cores <= most;
        println!(
            "{:<12} {cores:.3} core (goal {most:.2}), {:.2} recognitions a second, {sentences} sentences, {unheard} not heard",
            format!("{mode:?}").to_lowercase(),
            f64::from(jobs) / seconds,
        );
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
