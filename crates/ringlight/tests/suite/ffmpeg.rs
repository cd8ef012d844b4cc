//! ffmpeg as the host's encoder, as a viewer's player and as the referee of what was recorded.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::server::Server;
use crate::wait;

/// A host who streams a test picture and a tone. Killed when it goes.
pub(crate) struct Host {
    child: Child,
    errors: tempfile::NamedTempFile,
}

impl Host {
    pub(crate) fn stream(server: &Server, key: &str, tone_hz: u32) -> Self {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let stderr = File::create(errors.path()).unwrap();
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "warning", "-nostdin", "-re"])
            .args(["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"])
            .args([
                "-re",
                "-f",
                "lavfi",
                "-i",
                &format!("sine=frequency={tone_hz}:sample_rate=48000"),
            ])
            .args(["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "25"])
            .args(["-pix_fmt", "yuv420p", "-b:v", "300k", "-threads", "1"])
            .args(["-c:a", "aac", "-b:a", "96k", "-ac", "2"])
            .args(["-f", "flv", &format!("rtmp://{}/live/{key}", server.rtmp)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        Self { child, errors }
    }

    /// Whether ffmpeg has given up.
    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Pulls the plug: no goodbye on the wire.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let errors = std::fs::read_to_string(self.errors.path()).unwrap_or_default();
            eprintln!("--- the host's ffmpeg ---\n{errors}");
        }
    }
}

/// Decodes everything into nothing. In the source's own time base: a splice does not fall on a grid of pictures.
const NOWHERE: [&str; 7] = ["-fps_mode", "passthrough", "-enc_time_base", "-1", "-f", "null", "-"];

/// A viewer who decodes everything while it airs.
pub(crate) struct Player {
    child: Child,
    errors: tempfile::NamedTempFile,
}

impl Player {
    pub(crate) fn watch(url: &str) -> Self {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let child = Command::new("ffmpeg")
            .args(["-hide_banner", "-loglevel", "warning", "-nostdin", "-live_start_index", "-1"])
            .args(["-i", url])
            .args(NOWHERE)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(errors.path()).unwrap())
            .spawn()
            .unwrap();
        Self { child, errors }
    }

    /// Waits until the playlist has ended and gives what ffmpeg complained about.
    pub(crate) fn finish(mut self) -> String {
        wait::until("the player to reach the end", 30, || self.child.try_wait().unwrap());
        std::fs::read_to_string(self.errors.path()).unwrap_or_default()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(command: &mut Command) -> (Vec<u8>, String) {
    let out = command.stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{command:?}\n{errors}");
    (out.stdout, errors)
}

/// Copies a recording into one file. Gives what ffmpeg complained about.
pub(crate) fn download(url: &str, to: &Path) -> String {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "warning", "-nostdin", "-y", "-i", url]);
    run(command.args(["-c", "copy", "-f", "matroska"]).arg(to)).1
}

/// Decodes picture and sound of a file or an address. Gives what ffmpeg complained about.
pub(crate) fn decode(source: &str) -> String {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "warning", "-nostdin", "-i", source]);
    run(command.args(NOWHERE)).1
}

/// The sound as mono samples at 48 kHz.
pub(crate) fn sound(source: &str) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-hide_banner", "-loglevel", "error", "-nostdin", "-i", source, "-vn"]);
    let (bytes, _) = run(command.args(["-ac", "1", "-ar", "48000", "-f", "f32le", "-"]));
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Times of the packets of one kind (`a` or `v`), in seconds.
pub(crate) fn packet_times(source: &str, kind: &str) -> Vec<f64> {
    let mut command = Command::new("ffprobe");
    command.args(["-loglevel", "error", "-select_streams", kind]);
    let (bytes, _) =
        run(command.args(["-show_entries", "packet=pts_time", "-of", "csv=p=0", source]));
    let text = String::from_utf8(bytes).unwrap();
    let mut times: Vec<f64> =
        text.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect();
    times.sort_by(f64::total_cmp);
    times
}

/// What ffmpeg says that is no defect of the stream.
const HARMLESS: &[&str] = &[
    "deprecated pixel format",
    "Last message repeated",
    "Found duplicated MOOV Atom", // another EXT-X-MAP: it keeps the first, and parameter sets come in-band
    "skipping",                   // segments that left the window before a slow reader came to them
];

/// Fails on any complaint that matters.
#[track_caller]
pub(crate) fn assert_clean(what: &str, errors: &str) {
    let bad: Vec<&str> = errors
        .lines()
        .filter(|line| !HARMLESS.iter().any(|harmless| line.contains(harmless)))
        .collect();
    assert!(bad.is_empty(), "{what}: ffmpeg complains:\n{}", bad.join("\n"));
}
