//! The processes that are measured: a `ringlight serve` with a deployment of its own, or this binary as a bound.

use std::io::{BufRead, BufReader, Lines};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

/// A process that was told to stop and has not by then is killed.
const STOP: Duration = Duration::from_secs(20);
/// Clock ticks a second in `/proc/PID/stat`; Linux has told every process 100 since 2.6.
const TICKS_PER_S: f64 = 100.0;
const PAGE_BYTES: f64 = 4096.0;

/// A child whose CPU and memory are read from `/proc`.
pub(crate) struct Measured {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    folder: Option<PathBuf>,
}

impl Measured {
    fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .env("RUST_LOG", "warn")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", command.get_program().display()))?;
        let out = child.stdout.take().context("the output of the child")?;
        Ok(Self { child, lines: BufReader::new(out).lines(), folder: None })
    }

    /// This binary in another role, with the address that it prints first.
    pub(crate) fn own(args: &[&str]) -> anyhow::Result<(Self, SocketAddr)> {
        let mut measured = Self::start(Command::new(std::env::current_exe()?).args(args))?;
        let addr = measured.lines.next().context("the child said nothing")??.parse()?;
        Ok((measured, addr))
    }

    /// User and system time so far, in seconds.
    pub(crate) fn cpu_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        // The name in parentheses may hold anything; fields are counted behind it.
        let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let field = |at: usize| after.split_whitespace().nth(at).and_then(|text| text.parse().ok());
        let (user, system): (f64, f64) = (field(11).unwrap_or(0.0), field(12).unwrap_or(0.0));
        (user + system) / TICKS_PER_S
    }

    /// Memory that the process holds, in MB.
    pub(crate) fn memory_mb(&self) -> f64 {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id()));
        let pages = statm.ok().and_then(|text| text.split(' ').nth(1)?.parse::<f64>().ok());
        pages.unwrap_or(0.0) * PAGE_BYTES / 1e6
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if asked.elapsed() > STOP {
                let _ = self.child.kill();
                let _ = self.child.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) process: Measured,
    pub(crate) http: SocketAddr,
    pub(crate) rtmp: SocketAddr,
}

impl Server {
    /// Starts `binary` with an empty data folder under `work` and `shows` shows: show N is `show-N`, its host's
    /// stream key `stream-key-N`. All sell the product `LIP-01`, of which there is more than anybody buys.
    pub(crate) fn start(binary: &Path, work: &Path, shows: usize) -> anyhow::Result<Self> {
        let folder = work.join(format!("load-{}", std::process::id()));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let deployment = folder.join("bench.toml");
        std::fs::write(&deployment, bootstrap(shows))?;
        // All load comes from one address.
        let settings = folder.join("ringlight.toml");
        std::fs::write(&settings, SETTINGS)?;
        let data = folder.join("data");
        let mut command = Command::new(binary);
        command.arg("serve").args([Path::new("--data"), &data]);
        command.args([Path::new("--config"), &settings]);
        command.args(["--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0", "--bootstrap"]);
        let mut process = Measured::start(command.arg(&deployment))?;
        process.folder = Some(folder);
        let (mut http, mut rtmp) = (None, None);
        while http.is_none() || rtmp.is_none() {
            let Some(line) = process.lines.next() else { bail!("the server did not start") };
            let line = line?;
            let address = |before: &str, after: char| -> Option<SocketAddr> {
                line.split_once(before)?.1.split(after).next()?.parse().ok()
            };
            http = http.or(address("http://", '/'));
            rtmp = rtmp.or(address("rtmp://", '/'));
        }
        let (http, rtmp) = (http.context("no HTTP address")?, rtmp.context("no RTMP address")?);
        let (status, ..) = crate::http::get(http, "/readyz")?;
        ensure!(status == 200, "/readyz answers {status}");
        Ok(Self { process, http, rtmp })
    }
}

const SETTINGS: &str =
    "[server]\nhttp_connections_per_address = 0\nrtmp_connections_per_address = 0\n";

fn bootstrap(shows: usize) -> String {
    let mut file = "[[brand]]\nslug = \"rouge\"\nname = \"Rouge\"\n\
                    [[product]]\nsku = \"LIP-01\"\ntitle = \"Lipstick No. 1\"\nbrand = \"rouge\"\n\
                    category = \"lips\"\nprice = \"79.00 CNY\"\nstock = 100000000\n"
        .to_owned();
    for n in 0..shows {
        file += &format!(
            "[[host]]\nslug = \"host-{n}\"\nname = \"Host {n}\"\nstream_key = \"stream-key-{n}\"\n\
             [[show]]\nslug = \"show-{n}\"\ntitle = \"Show {n}\"\nhost = \"host-{n}\"\nlanguage = \"en\"\n\
             delay_s = 8\noffers = [\"LIP-01\"]\n"
        );
    }
    file
}
