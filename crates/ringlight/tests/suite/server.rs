//! A server in a process of its own.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

use crate::client::Http;
use crate::wait;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_ringlight");
pub(crate) const TOKEN: &str = "rl_pat_0123456789abcdef";
pub(crate) const PASSWORD: &str = "change-me-please-1";
pub(crate) const ANNA_KEY: &str = "anna-secret-key";
pub(crate) const BEA_KEY: &str = "bea-secret-key";
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// What a server starts with.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) delay_s: u32,
    /// Of the show; Chinese when nothing is said.
    pub(crate) language: Option<&'static str>,
    /// The server listens, which loads the speech model for every live show.
    pub(crate) hears: bool,
    /// More of ringlight.toml.
    pub(crate) config: String,
    /// More of the bootstrap file.
    pub(crate) bootstrap: String,
    pub(crate) args: Vec<String>,
    /// The data lies on a file system of its own of this size, which ends with the server.
    pub(crate) disk_mib: Option<u32>,
}

impl Setup {
    pub(crate) fn delay(delay_s: u32) -> Self {
        Self { delay_s, ..Self::default() }
    }

    fn bootstrap(&self) -> String {
        let mut text = format!(
            r#"
            [[user]]
            name = "pat"
            roles = ["producer", "operator"]
            password = "{PASSWORD}"
            token = "{TOKEN}"
            [[host]]
            slug = "anna"
            name = "Anna"
            stream_key = "{ANNA_KEY}"
            [[host]]
            slug = "bea"
            name = "Bea"
            stream_key = "{BEA_KEY}"
            [[brand]]
            slug = "rouge"
            name = "Rouge"
            [[show]]
            slug = "evening"
            title = "Evening show"
            host = "anna"
            standby = "bea"
            language = "{}"
            delay_s = {}
            offers = ["LIP-01", "FEW-02", "MANY-03"]
            "#,
            self.language.unwrap_or("zh"),
            self.delay_s
        );
        for (sku, stock) in [("LIP-01", 500), ("FEW-02", 2), ("MANY-03", 100_000)] {
            let _ = write!(
                text,
                "\n[[product]]\nsku = '{sku}'\ntitle = 'Lipstick {sku}'\nbrand = 'rouge'\n\
                 category = 'lips'\nprice = '79.00 CNY'\nstock = {stock}\n"
            );
        }
        text + &self.bootstrap
    }
}

/// A running server, killed when it goes.
pub(crate) struct Server {
    setup: Setup,
    dir: TempDir,
    child: Option<Child>,
    /// `http://127.0.0.1:PORT`, or https.
    pub(crate) base: String,
    /// `127.0.0.1:PORT`.
    pub(crate) http: String,
    pub(crate) rtmp: String,
    starts: u32,
}

impl Server {
    pub(crate) fn start(setup: Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::start_in(setup, dir)
    }

    pub(crate) fn start_in(setup: Setup, dir: TempDir) -> Self {
        std::fs::write(dir.path().join("bootstrap.toml"), setup.bootstrap()).unwrap();
        let deaf = if setup.hears { "" } else { "\n[listen]\nenabled = false\n" };
        let config = setup.config.clone() + deaf;
        std::fs::write(dir.path().join("ringlight.toml"), config).unwrap();
        let empty = String::new;
        let mut server = Self {
            setup,
            dir,
            child: None,
            base: empty(),
            http: empty(),
            rtmp: empty(),
            starts: 0,
        };
        server.start_again();
        server
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Starts it, or starts it again after [`Server::kill`], on the same data and new ports.
    pub(crate) fn start_again(&mut self) {
        assert!(self.child.is_none(), "the server runs already");
        self.starts += 1;
        let errors = File::create(self.dir.path().join(format!("stderr-{}", self.starts))).unwrap();
        let mut child = self
            .command()
            .arg("serve")
            .args(["--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0"])
            .arg("--data")
            .arg(self.data())
            .arg("--config")
            .arg(self.dir.path().join("ringlight.toml"))
            .arg("--bootstrap")
            .arg(self.dir.path().join("bootstrap.toml"))
            .args(&self.setup.args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let lines = lines(child.stdout.take().unwrap());
        self.child = Some(child);
        let (pages, rtmp) = (self.line(&lines, "  pages  "), self.line(&lines, "  RTMP   rtmp://"));
        self.base = pages.trim_end_matches('/').to_owned();
        self.http = self.base.split_once("://").unwrap().1.to_owned();
        self.rtmp = rtmp.split('/').next().unwrap().to_owned();
        if self.base.starts_with("http:") {
            let http = self.anonymous();
            wait::until("/readyz", 10, || (http.get("/readyz").status == 200).then_some(()));
        }
    }

    fn command(&self) -> Command {
        let Some(mib) = self.setup.disk_mib else { return Command::new(BINARY) };
        std::fs::create_dir_all(self.data()).unwrap();
        let mount = format!("mount -t tmpfs -o size={mib}m none \"$0\" && exec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["-Urm", "sh", "-c", &mount]).arg(self.data()).arg(BINARY);
        command
    }

    /// The data as the server sees it, when it lies on a file system of its own.
    pub(crate) fn mounted_data(&self) -> PathBuf {
        let pid = self.child.as_ref().unwrap().id();
        let data = self.data();
        PathBuf::from(format!("/proc/{pid}/root")).join(data.strip_prefix("/").unwrap())
    }

    #[track_caller]
    fn line(&self, lines: &Receiver<String>, begins: &str) -> String {
        loop {
            match lines.recv_timeout(START_TIMEOUT) {
                Ok(line) => {
                    if let Some(rest) = line.strip_prefix(begins) {
                        return rest.trim().to_owned();
                    }
                }
                Err(_) => panic!("the server did not start:\n{}", self.stderr()),
            }
        }
    }

    /// All that the last start has logged.
    pub(crate) fn stderr(&self) -> String {
        let path = self.dir.path().join(format!("stderr-{}", self.starts));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    /// SIGKILL: nothing is flushed, nothing is said.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGTERM: it ends by itself, and well.
    pub(crate) fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = wait::until("the server to stop", 15, || child.try_wait().unwrap());
        assert!(status.success(), "{status}\n{}", self.stderr());
    }

    /// Resident memory in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        let pid = self.child.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Pat, with every right.
    pub(crate) fn pat(&self) -> Http {
        Http::new(&self.base, Some(TOKEN))
    }

    pub(crate) fn anonymous(&self) -> Http {
        Http::new(&self.base, None)
    }

    /// The address of the show's HLS.
    pub(crate) fn playlist(&self) -> String {
        format!("{}/live/evening/index.m3u8", self.base)
    }

    /// Waits until viewers see something, be their player one that knows no parts.
    pub(crate) fn wait_on_air(&self, at_most_s: u64) {
        let http = self.anonymous();
        wait::until("the first air", at_most_s, || {
            let main = http.get("/live/evening/main.m3u8");
            (main.status == 200 && main.text.contains("#EXTINF")).then_some(())
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Shown with the failed test.
            eprintln!("--- the server's log ---\n{}", tail(&self.stderr(), 60));
        }
        self.kill();
    }
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn lines(stdout: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        // Reads on after nobody listens, so that the server never blocks on its stdout.
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = tell.send(line);
        }
    });
    lines
}

/// Runs a command of the binary to its end: exit code, stdout, stderr.
pub(crate) fn ringlight(args: &[&str]) -> (i32, String, String) {
    let out = Command::new(BINARY).args(args).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}
