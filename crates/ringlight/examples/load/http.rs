//! HTTP/1.1 over raw sockets in one thread: each connection sends its next request when the last is answered.
//!
//! The machine's cores are shared with the server that is measured, so this does as little as it can: requests are
//! bytes that were made before, answers are cut by their `content-length` and looked at by the caller only.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// Bytes that a connection reads at once, at least.
const READ_BYTES: usize = 16 * 1024;
/// Answers that are still on their way at the end are waited for this long.
const DRAIN: Duration = Duration::from_secs(20);

/// What the connections ask, and what they make of the answers.
pub(crate) trait Script {
    /// Appends the next request of connection `at`.
    fn request(&mut self, at: usize, out: &mut Vec<u8>);
    /// Takes an answer; says whether it counts.
    fn answer(&mut self, at: usize, status: u16, body: &[u8]) -> Counts;
}

/// What an answer is in the figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Counts {
    /// A success.
    Yes,
    /// A refusal.
    Refused,
    /// Not part of what is measured.
    No,
}

/// How hard and how long.
#[derive(Clone, Copy)]
pub(crate) struct Pressure {
    pub(crate) connections: usize,
    pub(crate) warm: Duration,
    pub(crate) span: Duration,
}

/// What was measured between the end of the warm-up and the end.
pub(crate) struct Outcome {
    pub(crate) answers: u64,
    pub(crate) refused: u64,
    pub(crate) took: Duration,
    pub(crate) cpu_s: f64,
    latency_us: Vec<u32>,
}

impl Outcome {
    pub(crate) fn per_s(&self) -> f64 {
        self.answers as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn per_cpu_s(&self) -> f64 {
        self.answers as f64 / self.cpu_s.max(1e-9)
    }

    /// Milliseconds within which `share` of the answers came.
    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        let last = self.latency_us.len().saturating_sub(1);
        let at = (last as f64 * share) as usize;
        self.latency_us.get(at).map_or(0.0, |us| f64::from(*us) / 1e3)
    }
}

struct Connection {
    socket: TcpStream,
    /// Bytes of the answer so far, in a buffer that only grows.
    buffer: Vec<u8>,
    filled: usize,
    sent: Instant,
    waits: bool,
}

/// Runs `script`; `cpu` tells the CPU seconds that the measured process has used.
pub(crate) fn run(
    addr: SocketAddr,
    pressure: Pressure,
    script: &mut dyn Script,
    cpu: &dyn Fn() -> f64,
) -> anyhow::Result<Outcome> {
    let mut poll = Poll::new()?;
    let mut connections = Vec::with_capacity(pressure.connections);
    for at in 0..pressure.connections {
        let socket = std::net::TcpStream::connect(addr).context("connect")?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let mut socket = TcpStream::from_std(socket);
        poll.registry().register(&mut socket, Token(at), Interest::READABLE)?;
        connections.push(Connection {
            socket,
            buffer: vec![0; READ_BYTES],
            filled: 0,
            sent: Instant::now(),
            waits: false,
        });
    }
    let started = Instant::now();
    let (warm_until, end) = (started + pressure.warm, started + pressure.warm + pressure.span);
    let mut outcome = Outcome {
        answers: 0,
        refused: 0,
        took: Duration::ZERO,
        cpu_s: 0.0,
        latency_us: Vec::new(),
    };
    let mut counting: Option<(Instant, f64)> = None;
    let (mut request, mut open) = (Vec::with_capacity(1024), pressure.connections);
    for (at, connection) in connections.iter_mut().enumerate() {
        send(at, connection, script, &mut request)?;
    }
    let mut events = Events::with_capacity(1024);
    while open > 0 {
        poll.poll(&mut events, Some(Duration::from_millis(20)))?;
        let now = Instant::now();
        ensure!(now < end + DRAIN, "{open} requests were not answered");
        if counting.is_none() && now >= warm_until {
            counting = Some((now, cpu()));
        }
        if let Some((from, used)) = counting
            && outcome.took.is_zero()
            && now >= end
        {
            outcome.took = now - from;
            outcome.cpu_s = cpu() - used;
        }
        let counts_now = counting.is_some() && outcome.took.is_zero();
        for event in &events {
            let at = event.token().0;
            let connection = &mut connections[at];
            let Some((status, body, next)) = receive(connection)? else { continue };
            let counts = script.answer(at, status, &connection.buffer[body..next]);
            // Nothing follows an answer before the next request, so the socket is not asked once more.
            connection.filled = 0;
            connection.waits = false;
            match counts {
                Counts::Yes if counts_now => {
                    outcome.answers += 1;
                    let us = connection.sent.elapsed().as_micros();
                    outcome.latency_us.push(u32::try_from(us).unwrap_or(u32::MAX));
                }
                Counts::Refused if counts_now => outcome.refused += 1,
                _ => {}
            }
            if now < end {
                send(at, connection, script, &mut request)?;
            } else {
                open -= 1;
            }
        }
    }
    outcome.latency_us.sort_unstable();
    Ok(outcome)
}

fn send(
    at: usize,
    connection: &mut Connection,
    script: &mut dyn Script,
    request: &mut Vec<u8>,
) -> anyhow::Result<()> {
    request.clear();
    script.request(at, request);
    connection.sent = Instant::now();
    connection.waits = true;
    let sent = connection.socket.write(request).context("send")?;
    ensure!(sent == request.len(), "a request did not fit into an idle socket");
    Ok(())
}

/// Reads what there is. An answer that is complete: its status, where its body begins and where it ends.
fn receive(connection: &mut Connection) -> anyhow::Result<Option<(u16, usize, usize)>> {
    loop {
        if connection.waits
            && let Some(answer) = complete(&connection.buffer[..connection.filled])?
        {
            return Ok(Some(answer));
        }
        if connection.filled == connection.buffer.len() {
            connection.buffer.resize(connection.filled * 2, 0);
        }
        match connection.socket.read(&mut connection.buffer[connection.filled..]) {
            Ok(0) => bail!("the server closed a connection"),
            Ok(len) => connection.filled += len,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("receive"),
        }
    }
}

fn complete(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize, usize)>> {
    let Some(body) = find(bytes, b"\r\n\r\n").map(|at| at + 4) else { return Ok(None) };
    let head = &bytes[..body];
    let status = head.get(9..12).and_then(number).context("no HTTP answer")?;
    let length = find(head, b"content-length: ").context("an answer without content-length")? + 16;
    let digits = head[length..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let length = number(&head[length..length + digits]).context("content-length")? as usize;
    let end = body + length;
    Ok((bytes.len() >= end).then_some((u16::try_from(status).unwrap_or(0), body, end)))
}

/// The number that ASCII digits write.
pub(crate) fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Where `what` begins in `bytes`.
pub(crate) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    loop {
        from += bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes[from..].starts_with(what) {
            return Some(from);
        }
        from += 1;
    }
}

/// A request on a connection of its own; for the few that are not measured.
pub(crate) fn get(addr: SocketAddr, path: &str) -> anyhow::Result<(u16, String, Vec<u8>)> {
    let mut client = Client::connect(addr)?;
    client.get(path)
}

/// A connection that asks and waits.
pub(crate) struct Client {
    socket: std::net::TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(addr: SocketAddr) -> io::Result<Self> {
        let socket = std::net::TcpStream::connect(addr)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(DRAIN))?;
        Ok(Self { socket, buffer: Vec::new() })
    }

    /// Status, head and body.
    pub(crate) fn get(&mut self, path: &str) -> anyhow::Result<(u16, String, Vec<u8>)> {
        write!(self.socket, "GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n")?;
        self.buffer.clear();
        let mut piece = [0; READ_BYTES];
        loop {
            if let Some((status, body, end)) = complete(&self.buffer)? {
                let head = String::from_utf8_lossy(&self.buffer[..body]).into_owned();
                return Ok((status, head, self.buffer[body..end].to_vec()));
            }
            let len = self.socket.read(&mut piece).with_context(|| path.to_owned())?;
            ensure!(len > 0, "the server closed the connection at {path}");
            self.buffer.extend_from_slice(&piece[..len]);
        }
    }
}
