//! ffmpeg as the host's encoder, as a viewer's player and as the referee of what was recorded.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::server::Server;
use crate::wait;

/// A test picture, and how OBS would encode it.
pub(crate) const PICTURE: &str = "testsrc2=size=320x180:rate=25";
pub(crate) const PLAIN: [&str; 6] =
    ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"];
/// Pictures that are shown in another order than they are sent, as a film's encoder makes them.
pub(crate) const B_FRAMES: [&str; 8] =
    ["-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-x264-params", "b-adapt=0:scenecut=0"];

/// A host who streams until it goes.
pub(crate) struct Host {
    child: Child,
    errors: tempfile::NamedTempFile,
}

impl Host {
    /// Streams a test picture and a tone.
    pub(crate) fn stream(server: &Server, key: &str, tone_hz: u32) -> Self {
        Self::publish(server, key, &[PICTURE, &tone(tone_hz)], &PLAIN)
    }

    /// Streams what filters make, with these settings of the encoder.
    pub(crate) fn publish(server: &Server, key: &str, inputs: &[&str], encoder: &[&str]) -> Self {
        let errors = tempfile::NamedTempFile::new().unwrap();
        let stderr = File::create(errors.path()).unwrap();
        let mut command = Command::new("ffmpeg");
        command.args(["-hide_banner", "-loglevel", "warning", "-nostdin"]);
        for input in inputs {
            command.args(["-re", "-f", "lavfi", "-i", input]);
        }
        let child = command
            .args(encoder)
            .args(["-g", "25", "-pix_fmt", "yuv420p", "-b:v", "300k", "-threads", "1"])
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

/// Times of the packets of one kind (`a` or `v`) in the order in which they are sent, in seconds.
pub(crate) fn sent_times(source: &str, kind: &str) -> Vec<f64> {
    let mut command = Command::new("ffprobe");
    command.args(["-loglevel", "error", "-select_streams", kind]);
    let (bytes, _) =
        run(command.args(["-show_entries", "packet=pts_time", "-of", "csv=p=0", source]));
    let text = String::from_utf8(bytes).unwrap();
    text.lines().filter_map(|line| line.trim_end_matches(',').parse().ok()).collect()
}

/// The same in the order in which they are shown.
pub(crate) fn packet_times(source: &str, kind: &str) -> Vec<f64> {
    let mut times = sent_times(source, kind);
    times.sort_by(f64::total_cmp);
    times
}

/// A tone for [`Host::publish`].
pub(crate) fn tone(hz: u32) -> String {
    format!("sine=frequency={hz}:sample_rate=48000")
}

/// What ffmpeg says that is no defect of the stream.
const HARMLESS: &[&str] = &[
    "deprecated pixel format",
    "Last message repeated",
    "Found duplicated MOOV Atom", // another EXT-X-MAP: it keeps the first, and parameter sets come in-band
    "Can't support the subtitle", // it reads no captions in HLS; browsers do
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
