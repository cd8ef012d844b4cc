//! Loads a server of its own and prints what it cost, each figure beside its bound.
//!
//! `load streams|orders|all [--server BINARY] [--work DIR] [--clip FLV] [--streams N] [--seconds S]`. The server is
//! started with an empty data folder under DIR and stopped at the end. `scripts/bench` calls this.
//!
//! It lives beside the binary because it measures the binary: real sockets, real files, CPU time from `/proc`.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]

mod bound;
mod hls;
mod http;
mod orders;
mod process;
mod streams;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

struct Options {
    server: PathBuf,
    work: PathBuf,
    clip: PathBuf,
    streams: u8,
    /// Of the streams; the other figures take a share of it.
    seconds: u64,
}

impl Options {
    fn parse(args: &[String]) -> anyhow::Result<Self> {
        let mut options = Self {
            server: "target/release/ringlight".into(),
            work: "target/bench".into(),
            clip: "target/bench/720p30.flv".into(),
            streams: 4,
            seconds: 60,
        };
        for pair in args.chunks(2) {
            let [name, value] = pair else { bail!("{} needs a value", pair[0]) };
            match name.as_str() {
                "--server" => options.server = value.into(),
                "--work" => options.work = value.into(),
                "--clip" => options.clip = value.into(),
                "--streams" => options.streams = value.parse().context("--streams")?,
                "--seconds" => options.seconds = value.parse().context("--seconds")?,
                _ => bail!("unknown option {name}"),
            }
        }
        std::fs::create_dir_all(&options.work)?;
        Ok(options)
    }

    fn streams(&self) -> anyhow::Result<()> {
        let span = Duration::from_secs(self.seconds);
        let on_air = streams::run(&self.server, &self.work, &self.clip, self.streams, span)?;
        hls::run(&on_air, &self.work, span / 12)
    }

    fn orders(&self) -> anyhow::Result<()> {
        orders::run(&self.server, &self.work, Duration::from_secs(self.seconds) / 6)
    }
}

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["bound-http"] => bound::http(None, None),
        ["bound-http", playlist, part] => {
            bound::http(Some(Path::new(playlist)), Some(Path::new(part)))
        }
        ["bound-relay", folder] => bound::relay(Path::new(folder)),
        ["streams", ..] => Options::parse(&args[1..])?.streams(),
        ["orders", ..] => Options::parse(&args[1..])?.orders(),
        ["all", ..] => {
            let options = Options::parse(&args[1..])?;
            options.orders()?;
            options.streams()
        }
        _ => bail!("say streams, orders or all"),
    }
}
