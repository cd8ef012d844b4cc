//! What is packaged decodes: real H.264 and AAC through the packager and the recording's playlist into ffmpeg.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use units::{AirTime, Duration};

use super::{EPOCH, packager};
use crate::feed::Feed;
use crate::flv;
use crate::frame::{AirAudio, AirVideo, AudioFrame, Frame, VideoFrame};
use crate::hls::{Config, Packager, vod};

/// A coded source.
struct Clip {
    video: Vec<VideoFrame>,
    audio: Vec<AudioFrame>,
}

/// Encodes a moving picture and a tone. `None` when ffmpeg is not installed.
fn clip(size: &str, fps: u32, seconds: u32, coder: &[&str]) -> Option<Clip> {
    let picture = format!("testsrc2=size={size}:rate={fps}:duration={seconds}");
    let tone = format!("sine=frequency=440:sample_rate=48000:duration={seconds}");
    let mut args = vec!["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone];
    args.extend_from_slice(coder);
    args.extend_from_slice(&["-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", "-b:a", "96k"]);
    let file = flv::ffmpeg::flv(&args)?;
    let mut feed = Feed::new();
    let mut clip = Clip { video: Vec::new(), audio: Vec::new() };
    for tag in flv::read(&file).expect("ffmpeg writes FLV") {
        match feed.push(&tag).expect("H.264 and AAC") {
            Some(Frame::Video(frame)) => clip.video.push(frame),
            Some(Frame::Audio(frame)) => clip.audio.push(frame),
            None => {}
        }
    }
    Some(clip)
}

const B_FRAMES: &[&str] =
    &["-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", "60", "-b:v", "1500k"];
const BASELINE: &[&str] =
    &["-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "baseline", "-g", "50"];

/// A program that is put together from clips: pictures cut at the splice, sound on one grid.
#[derive(Default)]
struct Program {
    video: Vec<AirVideo>,
    audio: Vec<AirAudio>,
}

impl Program {
    fn end(&self) -> AirTime {
        self.video.last().map_or(AirTime::ZERO, |last| last.air + last.duration)
    }

    /// Airs a clip up to `length`: what would be shown later, or too late to be shown whole, and what follows it
    /// in decode order, does not air, and the last picture is stretched to the splice. (ffmpeg's null output
    /// counts in frames and complains of two pictures in one.)
    fn air(&mut self, clip: &Clip, length: Duration) {
        let (start, first) = (self.end(), &clip.video[0]);
        let natural = clip.video[1].time - first.time;
        let shown = |frame: &VideoFrame| frame.time - first.time + frame.cts - first.cts;
        let whole = |frame: &&VideoFrame| shown(frame) + natural <= length;
        let aired = clip.video.iter().take_while(whole).count();
        for (n, frame) in clip.video.iter().take(aired).enumerate() {
            let next = match clip.video.get(n + 1) {
                _ if n + 1 == aired && aired < clip.video.len() => first.time + length,
                Some(next) => next.time,
                None => frame.time + (frame.time - clip.video[n - 1].time),
            };
            self.video.push(AirVideo {
                air: start + (frame.time - first.time),
                duration: next - frame.time,
                cts: frame.cts - first.cts,
                key: frame.key,
                data: frame.data.clone(),
                config: frame.config.clone(),
                discontinuity: n == 0 && start > AirTime::ZERO,
            });
        }
        for frame in &clip.audio {
            let air = self.audio.last().map_or(AirTime::ZERO, |last| last.air + last.duration);
            if air >= self.end() {
                break;
            }
            let (duration, data) = (frame.config.frame_duration(), frame.data.clone());
            self.audio.push(AirAudio { air, duration, data, config: frame.config.clone() });
        }
    }

    /// Pushes everything in the order of its time.
    fn package(&self, packager: &mut Packager) {
        let mut sounds = self.audio.iter().peekable();
        for picture in &self.video {
            while let Some(sound) = sounds.next_if(|sound| sound.air <= picture.air) {
                packager.push_audio(sound.clone());
            }
            packager.push_video(picture.clone());
        }
        for sound in sounds {
            packager.push_audio(sound.clone());
        }
        packager.finish();
    }
}

/// Writes what the packager hands out, as the server does.
fn record(packager: &mut Packager, dir: &Path) -> Vec<vod::Entry> {
    let write = |name: String, parts: &[Bytes]| {
        std::fs::write(dir.join(name), parts.concat()).expect("a file is written");
    };
    let mut entries = Vec::new();
    while let Some(finished) = packager.finished() {
        write(
            format!("init-{}.mp4", finished.init.number),
            std::slice::from_ref(&finished.init.bytes),
        );
        write(format!("seg-{}.m4s", finished.msn), &finished.bytes);
        entries.push(finished.entry());
    }
    write("recording.m3u8".into(), &[vod::playlist(&entries).expect("a playlist")]);
    write("index.m3u8".into(), &[vod::multivariant(&entries).expect("a playlist")]);
    entries
}

/// Decodes everything; answers what ffmpeg had to say.
fn decode(dir: &Path) -> String {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-i"])
        .arg(dir.join("index.m3u8"))
        .args(["-f", "null", "-"])
        .output()
        .expect("ffmpeg runs");
    assert!(output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What ffprobe says of a track.
fn probe(dir: &Path, track: &str, args: &[&str]) -> String {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-of", "csv=p=0", "-select_streams", track])
        .args(args)
        .arg(dir.join("index.m3u8"))
        .output()
        .expect("ffprobe runs");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Decode and presentation times of a track's packets, in its own ticks.
fn packets(dir: &Path, track: &str) -> Vec<(i64, i64)> {
    let text = probe(dir, track, &["-show_entries", "packet=dts,pts"]);
    let number = |field: Option<&str>| field.and_then(|f| f.trim().parse().ok()).expect("a number");
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut fields = line.split(',');
            let pts = number(fields.next());
            (number(fields.next()), pts)
        })
        .collect()
}

/// Every frame is decoded once, at its exact time, without a word of complaint.
fn check(program: &Program, mut packager: Packager) {
    program.package(&mut packager);
    let dir = tempfile::tempdir().expect("a directory");
    let entries = record(&mut packager, dir.path());
    let total = entries.iter().fold(Duration::ZERO, |sum, entry| sum + entry.duration);
    assert_eq!(total, program.end().since_start(), "the recording is as long as the program");
    assert_eq!(packager.stats(), Default::default());
    assert_eq!(decode(dir.path()), "", "ffmpeg decodes without an error");

    let ticks = |air: AirTime, rate: u32| air.since_start().ticks(rate);
    // ffmpeg never presents before it decodes: it shows the whole track later by the most negative offset.
    let shown = |picture: &AirVideo| ticks(picture.air + picture.cts, 90_000);
    let decoded = |picture: &AirVideo| ticks(picture.air, 90_000);
    let later = program.video.iter().map(|p| decoded(p) - shown(p)).max().unwrap_or(0);
    let pictures: Vec<(i64, i64)> =
        program.video.iter().map(|p| (decoded(p), shown(p) + later)).collect();
    assert_eq!(packets(dir.path(), "v"), pictures);
    let frames = ["-count_frames", "-show_entries", "stream=nb_read_frames"];
    let decoded = probe(dir.path(), "v", &frames);
    assert_eq!(decoded.lines().next(), Some(pictures.len().to_string().as_str()), "all are shown");
    // Access units are contiguous in the program, so equal times mean that there is no hole either.
    let sounds: Vec<(i64, i64)> = program
        .audio
        .iter()
        .map(|sound| (ticks(sound.air, 48_000), ticks(sound.air, 48_000)))
        .collect();
    assert_eq!(packets(dir.path(), "a"), sounds);
}

#[test]
fn b_frames_decode_exactly() {
    let Some(host) = clip("854x480", 30, 12, B_FRAMES) else { return };
    assert!(
        host.video.iter().any(|f| f.cts - host.video[0].cts < Duration::ZERO),
        "signed offsets"
    );
    let mut program = Program::default();
    program.air(&host, Duration::MAX);
    check(&program, packager());
}

#[test]
fn another_source_of_another_size_is_spliced_in() {
    let Some(host) = clip("854x480", 30, 6, B_FRAMES) else { return };
    let Some(slate) = clip("640x360", 25, 4, BASELINE) else { return };
    let mut program = Program::default();
    program.air(&host, Duration::from_ms(3219));
    program.air(&slate, Duration::from_ms(2441));
    program.air(&host, Duration::MAX);
    check(&program, packager());
}

#[test]
fn short_parts_decode_too() {
    let Some(host) = clip("640x360", 25, 5, BASELINE) else { return };
    let mut program = Program::default();
    program.air(&host, Duration::MAX);
    check(&program, Packager::new(Config { record: true, ..Config::preview(EPOCH, 48_000) }));
}
