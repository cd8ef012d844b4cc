//! Playlists and parts: requests per CPU-second of the server, beside a handler that holds the same bytes ready.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::http::{self, Client, Counts, Outcome, Pressure, Script, find, number};
use crate::process::Measured;
use crate::streams::OnAir;

const CONNECTIONS: usize = 64;
const PLAYERS: usize = 1000;
/// Answers after which the first connection looks for a newer part.
const LOOK_EVERY: u64 = 2000;

/// The part that a playlist announces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hint {
    msn: u64,
    part: u64,
}

impl Hint {
    /// Reads it from a playlist.
    pub(crate) fn of(playlist: &[u8]) -> Option<Self> {
        Self::behind(playlist, b"#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"part-")
    }

    fn behind(playlist: &[u8], tag: &[u8]) -> Option<Self> {
        let rest = &playlist[find(playlist, tag)? + tag.len()..];
        let until = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let msn = until(rest);
        let part = until(rest.get(msn + 1..)?);
        Some(Self { msn: number(&rest[..msn])?, part: number(&rest[msn + 1..msn + 1 + part])? })
    }

    /// The newest part that is there.
    fn newest(playlist: &[u8]) -> Option<Self> {
        let mut found = None;
        let mut rest = playlist;
        while let Some(at) = find(rest, b"#EXT-X-PART:") {
            rest = &rest[at..];
            found = Self::behind(rest, b"URI=\"part-").or(found);
            rest = &rest[12..];
        }
        found
    }
}

/// The media playlist of a show, at once or when `hint` is in it.
pub(crate) fn main_path(show: u8, hint: Option<Hint>) -> String {
    match hint {
        None => format!("/live/show-{show}/main.m3u8"),
        Some(Hint { msn, part }) => {
            format!("/live/show-{show}/main.m3u8?_HLS_msn={msn}&_HLS_part={part}")
        }
    }
}

/// A part of a show.
pub(crate) fn part_path(show: u8, Hint { msn, part }: Hint) -> String {
    format!("/live/show-{show}/part-{msn}-{part}.m4s")
}

fn ask(path: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"GET ");
    out.extend_from_slice(path.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\nhost: bench\r\n\r\n");
}

/// The same file by everybody. A part is replaced by the newest one as the show goes on.
struct Same {
    request: Vec<u8>,
    part: bool,
    answers: u64,
    looks: bool,
}

impl Script for Same {
    fn request(&mut self, at: usize, out: &mut Vec<u8>) {
        if self.part && at == 0 && self.answers >= LOOK_EVERY {
            self.answers = 0;
            self.looks = true;
            return ask(&main_path(0, None), out);
        }
        out.extend_from_slice(&self.request);
    }

    fn answer(&mut self, at: usize, status: u16, body: &[u8]) -> Counts {
        self.answers += 1;
        if at == 0 && std::mem::take(&mut self.looks) {
            if let Some(newest) = Hint::newest(body) {
                self.request.clear();
                ask(&part_path(0, newest), &mut self.request);
            }
            return Counts::No;
        }
        if status == 200 { Counts::Yes } else { Counts::Refused }
    }
}

/// Players at the live edge: the hinted part as soon as there is one, then the playlist that names it.
struct Players {
    hints: Vec<Option<Hint>>,
    wants_part: Vec<bool>,
    /// Paths of the bound: it waits where the real server would.
    bound: bool,
}

impl Players {
    fn new(bound: bool) -> Self {
        Self { hints: vec![None; PLAYERS], wants_part: vec![false; PLAYERS], bound }
    }
}

impl Script for Players {
    fn request(&mut self, at: usize, out: &mut Vec<u8>) {
        match (self.wants_part[at], self.hints[at]) {
            (true, Some(_)) if self.bound => ask("/part.m4s?wait", out),
            (true, Some(hint)) => ask(&part_path(0, hint), out),
            (_, hint) => ask(&main_path(0, hint), out),
        }
    }

    fn answer(&mut self, at: usize, status: u16, body: &[u8]) -> Counts {
        if !self.wants_part[at] {
            self.hints[at] = Hint::of(body);
        }
        self.wants_part[at] = !self.wants_part[at];
        if status == 200 { Counts::Yes } else { Counts::Refused }
    }
}

fn print(what: &str, outcome: &Outcome, busy_per_s: f64, bound: Option<f64>) -> f64 {
    let cpu_s = outcome.cpu_s - busy_per_s * outcome.took.as_secs_f64();
    let per_cpu_s = outcome.answers as f64 / cpu_s.max(1e-3);
    let share = bound.map_or(String::new(), |bound| {
        format!("   {:.0} % of the bound", 100.0 * per_cpu_s / bound)
    });
    println!(
        "  {what:<52} {per_cpu_s:>7.0} /CPU-s   {:>6.0} /s   p99 {:>7.2} ms{share}{}",
        outcome.per_s(),
        outcome.quantile_ms(0.99),
        if outcome.refused > 0 { format!("   {} refused", outcome.refused) } else { String::new() },
    );
    per_cpu_s
}

/// Measures against streams that are on air; what they cost by themselves is taken off.
pub(crate) fn run(on_air: &OnAir, work: &Path, span: Duration) -> anyhow::Result<()> {
    println!("HLS from memory: requests a CPU-second of the server, without the streams' own cost");
    let addr = on_air.server.http;
    let mut client = Client::connect(addr)?;
    let (status, _, playlist) = client.get(&main_path(0, None))?;
    ensure!(status == 200, "main.m3u8 answers {status}");
    let newest = Hint::newest(&playlist).context("a playlist without parts")?;
    let (status, _, part) = client.get(&part_path(0, newest))?;
    ensure!(status == 200 && !part.is_empty(), "{} answers {status}", part_path(0, newest));
    let files = (work.join("bound-playlist"), work.join("bound-part"));
    std::fs::write(&files.0, &playlist)?;
    std::fs::write(&files.1, &part)?;
    let (bound, bound_addr) = Measured::own(&[
        "bound-http",
        &files.0.display().to_string(),
        &files.1.display().to_string(),
    ])?;
    let kilobytes = (playlist.len() as f64 / 1e3, part.len() as f64 / 1e3);
    let few = Pressure { connections: CONNECTIONS, warm: span / 8, span };
    let many = Pressure { connections: PLAYERS, warm: Duration::from_secs(1), span };

    let compare = |what: &str,
                   pressure: Pressure,
                   script: &dyn Fn(bool) -> Box<dyn Script>|
     -> anyhow::Result<()> {
        let run = |addr: SocketAddr, process: &Measured, is_bound| {
            http::run(addr, pressure, &mut *script(is_bound), &|| process.cpu_s())
        };
        let bound = run(bound_addr, &bound, true)?;
        let outcome = run(addr, &on_air.server.process, false)?;
        let most = bound.per_cpu_s();
        print(what, &outcome, on_air.cpu_per_s, Some(most));
        print(&format!("{what}, trivial hyper handler (bound)"), &bound, 0.0, None);
        Ok(())
    };
    let same = |path: String, part: bool| {
        move |_: bool| -> Box<dyn Script> {
            let mut request = Vec::new();
            ask(&path, &mut request);
            Box::new(Same { request, part, answers: LOOK_EVERY, looks: false })
        }
    };
    compare(&format!("playlist {:.1} kB", kilobytes.0), few, &same(main_path(0, None), false))?;
    compare(&format!("part {:.0} kB", kilobytes.1), few, &same(part_path(0, newest), true))?;
    compare(&format!("{PLAYERS} players, blocking"), many, &|bound| Box::new(Players::new(bound)))?;
    drop(bound);
    let _ = (std::fs::remove_file(&files.0), std::fs::remove_file(&files.1));
    Ok(())
}
