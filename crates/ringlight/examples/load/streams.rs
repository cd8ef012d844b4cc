//! Streams in real time, each with one LL-HLS viewer: what they cost the server, beside bare copying of the same bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use media::flv::{self, Tag, TagKind};
use media::rtmp::{Publisher, PublisherEvent, StreamKey};

use crate::hls::{Hint, main_path, part_path};
use crate::http::Client;
use crate::process::{Measured, Server};

const GOAL_CPU_S: f64 = 0.20;
/// The delay is 8 s; a show that is not on air by then is a fault.
const ON_AIR: Duration = Duration::from_secs(30);
/// After the last stream is on air this passes before anything is counted.
const SETTLE: Duration = Duration::from_secs(5);
/// How often a publisher looks at what the server said.
const LISTEN_EVERY_TAGS: u32 = 64;

/// Streams on air, until it is dropped.
pub(crate) struct OnAir {
    pub(crate) server: Server,
    /// What the publishers send to as well.
    relay: Measured,
    /// CPU seconds of the server a second, for the streams alone.
    pub(crate) cpu_per_s: f64,
    stop: Arc<AtomicBool>,
    publishers: Vec<JoinHandle<anyhow::Result<()>>>,
}

impl Drop for OnAir {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for publisher in self.publishers.drain(..) {
            if let Ok(Err(error)) = publisher.join() {
                println!("    a publisher failed: {error:#}");
            }
        }
    }
}

/// Measures, and leaves the streams on air for who measures next.
pub(crate) fn run(
    binary: &Path,
    work: &Path,
    clip: &Path,
    streams: u8,
    span: Duration,
) -> anyhow::Result<OnAir> {
    let clip = Bytes::from(std::fs::read(clip).with_context(|| clip.display().to_string())?);
    let tags: Arc<[Tag]> = flv::read(&clip)?.into();
    let (relay, relay_addr) = Measured::own(&["bound-relay", &work.display().to_string()])?;
    let server = Server::start(binary, work, usize::from(streams))?;
    println!(
        "streams: {streams} at 720p30, {:.2} Mbit/s, delay 8 s, LL-HLS with one viewer each, recorded; {} s",
        rate_mbit(&tags),
        span.as_secs(),
    );
    let idle_mb = server.process.memory_mb();
    let stop = Arc::new(AtomicBool::new(false));
    let mut on_air = OnAir { server, relay, cpu_per_s: 0.0, stop, publishers: Vec::new() };
    for n in 0..streams {
        let mut out = TcpStream::connect(relay_addr)?;
        out.write_all(&[b'o', n])?;
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let (rtmp, tags, stop) = (on_air.server.rtmp, Arc::clone(&tags), Arc::clone(&on_air.stop));
        on_air
            .publishers
            .push(std::thread::spawn(move || publish(rtmp, relay_addr, n, &tags, &stop)));
    }
    let http = on_air.server.http;
    (0..streams).try_for_each(|n| wait_for_air(http, n))?;
    let viewers_stop = Arc::new(AtomicBool::new(false));
    let viewer = |n| {
        let stop = Arc::clone(&viewers_stop);
        std::thread::spawn(move || watch(http, n, &stop))
    };
    let viewers: Vec<_> = (0..streams).map(viewer).collect();
    std::thread::sleep(SETTLE);
    let (from, before) = (Instant::now(), (on_air.server.process.cpu_s(), on_air.relay.cpu_s()));
    std::thread::sleep(span);
    let took = from.elapsed().as_secs_f64();
    let (cpu_s, bound_s) =
        (on_air.server.process.cpu_s() - before.0, on_air.relay.cpu_s() - before.1);
    let memory_mb = on_air.server.process.memory_mb();
    viewers_stop.store(true, Ordering::Relaxed);
    let mut seen = Seen::default();
    for viewer in viewers {
        seen.add(&viewer.join().map_err(|_| anyhow::anyhow!("a viewer panicked"))??);
    }
    // The relay goes on writing into what has no name any more.
    (0..streams).for_each(|n| drop(std::fs::remove_file(work.join(format!("relay-{n}")))));
    let minutes = took / 60.0 * f64::from(streams);
    on_air.cpu_per_s = cpu_s / took;
    let verdict = if cpu_s / minutes <= GOAL_CPU_S { "met" } else { "MISSED" };
    println!(
        "  {:<52} {:>7.3} CPU-s a stream-minute   goal {GOAL_CPU_S:.2} {verdict}",
        "server",
        cpu_s / minutes
    );
    println!(
        "  {:<52} {:>7.3} CPU-s a stream-minute",
        "bytes copied to a file and a reader (bound)",
        bound_s / minutes
    );
    println!(
        "  {:<52} {:>7.1} MB a stream over {idle_mb:.1} MB without any",
        "memory",
        (memory_mb - idle_mb) / f64::from(streams),
    );
    println!(
        "  viewers took {} parts, {:.1} MB; {} requests were for a part that never came",
        seen.parts,
        seen.bytes as f64 / 1e6,
        seen.gone
    );
    ensure!(seen.parts > 0, "no viewer saw anything");
    Ok(on_air)
}

fn rate_mbit(tags: &[Tag]) -> f64 {
    let bytes: usize = tags.iter().map(|tag| tag.body.len()).sum();
    let ms = tags.iter().map(|tag| tag.timestamp_ms).max().unwrap_or(0).max(1);
    bytes as f64 * 8.0 / f64::from(ms) / 1e3
}

/// Sends the clip in a loop, each tag when it is due, to the server and to the relay.
fn publish(
    rtmp: SocketAddr,
    relay: SocketAddr,
    n: u8,
    tags: &[Tag],
    stop: &AtomicBool,
) -> anyhow::Result<()> {
    let mut relay = TcpStream::connect(relay)?;
    relay.write_all(&[b'i', n])?;
    let mut socket = TcpStream::connect(rtmp)?;
    socket.set_nodelay(true)?;
    let key = StreamKey::new(format!("stream-key-{n}"));
    let mut publisher = Publisher::new("live", key, &format!("rtmp://{rtmp}/live"));
    while listen(&mut socket, &mut publisher, Duration::from_secs(10))?
        != Some(PublisherEvent::Ready)
    {}
    let last = tags.iter().map(|tag| tag.timestamp_ms).max().unwrap_or(0);
    let (started, mut turn_ms, mut sent) = (Instant::now(), 0, 0_u32);
    loop {
        for tag in tags.iter().filter(|tag| turn_ms == 0 || tag.kind != TagKind::Script) {
            let timestamp_ms = tag.timestamp_ms + turn_ms;
            let due = Duration::from_millis(u64::from(timestamp_ms));
            if let Some(rest) = due.checked_sub(started.elapsed()) {
                std::thread::sleep(rest);
            }
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            publisher.send(&Tag { timestamp_ms, ..tag.clone() });
            socket.write_all(&publisher.output()).context("publish")?;
            relay.write_all(&tag.body).context("relay")?;
            sent += 1;
            if sent.is_multiple_of(LISTEN_EVERY_TAGS) {
                listen(&mut socket, &mut publisher, Duration::from_millis(1))?;
            }
        }
        // One picture at 30 a second, in whole milliseconds.
        turn_ms += last + 33;
    }
}

/// Sends what waits, and reads once.
fn listen(
    socket: &mut TcpStream,
    publisher: &mut Publisher,
    patience: Duration,
) -> anyhow::Result<Option<PublisherEvent>> {
    socket.write_all(&publisher.output())?;
    socket.set_read_timeout(Some(patience))?;
    let mut piece = [0; 4096];
    match socket.read(&mut piece) {
        Ok(0) => bail!("the server closed the stream"),
        Ok(len) => publisher.receive(&piece[..len])?,
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
        Err(error) => return Err(error.into()),
    }
    socket.write_all(&publisher.output())?;
    match publisher.event() {
        Some(PublisherEvent::Refused { code, description }) => bail!("{code}: {description}"),
        event => Ok(event),
    }
}

fn wait_for_air(http: SocketAddr, n: u8) -> anyhow::Result<()> {
    let from = Instant::now();
    while from.elapsed() < ON_AIR {
        if Client::connect(http)?.get(&main_path(n, None))?.0 == 200 {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("show-{n} is not on air")
}

#[derive(Default)]
struct Seen {
    parts: u64,
    bytes: u64,
    gone: u64,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.parts += other.parts;
        self.bytes += other.bytes;
        self.gone += other.gone;
    }
}

/// A player at the live edge: the hinted part, then the playlist that names it, again and again.
fn watch(http: SocketAddr, n: u8, stop: &AtomicBool) -> anyhow::Result<Seen> {
    let mut client = Client::connect(http)?;
    let (mut seen, mut hint) = (Seen::default(), None);
    while !stop.load(Ordering::Relaxed) {
        let (status, _, playlist) = client.get(&main_path(n, hint))?;
        ensure!(status == 200, "main.m3u8 answers {status}");
        let next = Hint::of(&playlist).context("a playlist without a hint")?;
        hint = Some(next);
        let (status, _, part) = client.get(&part_path(n, next))?;
        match status {
            200 => {
                seen.parts += 1;
                seen.bytes += part.len() as u64;
            }
            404 | 410 => seen.gone += 1,
            _ => bail!("{} answers {status}", part_path(n, next)),
        }
    }
    Ok(seen)
}
