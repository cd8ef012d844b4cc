//! Fan-out: deliveries per CPU-second of the server, beside the bound of bare `send` in the same
//! run. The client is a process of its own (this binary with `client`), so that its CPU is not
//! counted; on loopback the kernel's receive path runs in the sender and is.
//!
//! `cargo run --release -p room --example bench_room -- [--viewers N] [--seconds S]`

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark is a program of its own: it prints and reads the clock"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mio::{Events, Interest, Poll, Token};
use room::{
    ChannelId, ChannelLimits, ConnId, Counters, Event, Handler, Hub, HubConfig, Published, Socket,
    Viewer, WindowPolicy, ws,
};
use rustix::process::{Resource, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

const CHANNEL: ChannelId = ChannelId(1);
const PAYLOAD_BYTES: usize = 150;
const EPOCH: u64 = 1_700_000_000_000_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

struct Subscribes;

impl Handler for Subscribes {
    fn message(&self, hub: &Hub, conn: ConnId, _: &Viewer, _: &str) {
        // Fails only when the channel is closed, and then nobody measures any more.
        let _ = hub.subscribe(conn, None, |_| r#"{"type":"welcome"}"#.to_owned());
    }
}

fn clock() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as i64
}

fn cpu_s() -> f64 {
    let at = clock_gettime(ClockId::ProcessCPUTime);
    at.tv_sec as f64 + at.tv_nsec as f64 / 1e9
}

/// An event whose frame carries `PAYLOAD_BYTES`, give or take the digits of its number.
fn event() -> Event {
    let around = r#"{"seq":100,"epoch":1700000000000000,"type":"chat","text":""}"#.len();
    let text = "x".repeat(PAYLOAD_BYTES - around);
    Event::chat(7, 7, format!(r#"{{"type":"chat","text":"{text}"}}"#))
}

/// Calls `act` `rate` times a second until `seconds` are over.
fn paced(rate: u32, seconds: f64, mut act: impl FnMut()) {
    let start = Instant::now();
    for n in 0..(f64::from(rate) * seconds) as u32 {
        let due = Duration::from_secs_f64(f64::from(n) / f64::from(rate));
        while let Some(rest) = due.checked_sub(start.elapsed()).filter(|rest| !rest.is_zero()) {
            park_timeout(rest);
        }
        act();
    }
}

struct Client {
    child: Child,
    sockets: Vec<TcpStream>,
}

impl Client {
    fn start(viewers: usize) -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addr = listener.local_addr()?.to_string();
        let child = Command::new(std::env::current_exe()?)
            .args(["client", &addr, &viewers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let sockets = (0..viewers)
            .map(|_| listener.accept().map(|(tcp, _)| tcp))
            .collect::<Result<_, _>>()?;
        Ok(Self { child, sockets })
    }

    /// Ends the client by its input's end; returns the bytes that it has received.
    fn received(mut self) -> Outcome<u64> {
        drop(self.sockets);
        drop(self.child.stdin.take());
        let mut said = String::new();
        if let Some(out) = &mut self.child.stdout {
            out.read_to_string(&mut said)?;
        }
        self.child.wait()?;
        Ok(said.trim().parse()?)
    }
}

/// Reads and counts on all connections until every one is closed.
fn client(addr: SocketAddr, viewers: usize) -> Outcome<()> {
    let mut poll = Poll::new()?;
    // A masked text frame "hi" with an all-zero mask.
    let hello = [0x81, 0x82, 0, 0, 0, 0, b'h', b'i'];
    let mut sockets = Vec::new();
    for at in 0..viewers {
        let mut tcp = TcpStream::connect(addr)?;
        tcp.write_all(&hello)?;
        tcp.set_nonblocking(true)?;
        let mut tcp = mio::net::TcpStream::from_std(tcp);
        poll.registry().register(&mut tcp, Token(at), Interest::READABLE)?;
        sockets.push(Some(tcp));
    }
    let (mut events, mut open, mut bytes) = (Events::with_capacity(1024), viewers, 0_u64);
    let mut buf = vec![0; 64 * 1024];
    while open > 0 {
        poll.poll(&mut events, None)?;
        for event in &events {
            let slot = &mut sockets[event.token().0];
            while let Some(tcp) = slot {
                match tcp.read(&mut buf) {
                    Ok(0) => {
                        *slot = None;
                        open -= 1;
                    }
                    Ok(len) => {
                        bytes += len as u64;
                        // A short read has emptied the socket, and the next edge comes with new
                        // data; but an end that is already known announces itself only once.
                        if len < buf.len() && !event.is_read_closed() {
                            break;
                        }
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                    Err(_) => {
                        *slot = None;
                        open -= 1;
                    }
                }
            }
        }
    }
    println!("{bytes}");
    Ok(())
}

struct Measured {
    deliveries: u64,
    cpu_s: f64,
    sends: u64,
}

impl Measured {
    fn per_cpu_s(&self) -> f64 {
        self.deliveries as f64 / self.cpu_s
    }

    fn print(&self, name: &str, bound: Option<&Self>, goal: Option<f64>) {
        let share = bound.map_or(String::new(), |bound| {
            format!(", {:.0} % of the bound", 100.0 * self.per_cpu_s() / bound.per_cpu_s())
        });
        let goal = goal.map_or(String::new(), |goal| {
            let verdict = if self.per_cpu_s() >= goal { "met" } else { "MISSED" };
            format!(", goal {:.0} k {verdict}", goal / 1e3)
        });
        println!(
            "{name:<46} {:>7.0} k/CPU-s ({} deliveries, {} sends, {:.3} CPU-s{share}{goal})",
            self.per_cpu_s() / 1e3,
            self.deliveries,
            self.sends,
            self.cpu_s,
        );
    }
}

/// The bound: nothing but `send` of a ready buffer with `frames` frames to each socket.
fn raw(viewers: usize, frames: usize, rate: u32, seconds: f64) -> Outcome<Measured> {
    let mut client = Client::start(viewers)?;
    for tcp in &client.sockets {
        tcp.set_nonblocking(true)?;
        tcp.set_nodelay(true)?;
    }
    let buffer = ws::text(&[&[b'x'; PAYLOAD_BYTES]]).repeat(frames);
    let (before, mut sends) = (cpu_s(), 0);
    paced(rate, seconds, || {
        for tcp in &mut client.sockets {
            sends += u64::from(tcp.write(&buffer).is_ok_and(|len| len == buffer.len()));
        }
    });
    let cpu_s = cpu_s() - before;
    client.received()?;
    Ok(Measured { deliveries: sends * frames as u64, cpu_s, sends })
}

fn fan_out(viewers: usize, max_us: i64, rate: u32, seconds: f64) -> Outcome<Measured> {
    let mut client = Client::start(viewers)?;
    let hub = Hub::start(HubConfig::new(clock), Arc::new(Subscribes))?;
    let window = WindowPolicy { max_us, ..WindowPolicy::default() };
    let limits = ChannelLimits { window, chat_budget_per_s: 0, ..ChannelLimits::default() };
    hub.open_channel(CHANNEL, EPOCH, limits)?;
    for (at, tcp) in client.sockets.drain(..).enumerate() {
        let viewer = Viewer { id: at as u128, device: 0, role: 0, ticket: 0 };
        hub.adopt(Socket::Plain(tcp), Bytes::new(), CHANNEL, viewer, Box::new(()))?;
    }
    while hub.audience(CHANNEL) < viewers {
        park_timeout(Duration::from_millis(10));
    }
    let event = event();
    let publish = || {
        let published = hub.publish(CHANNEL, &event);
        assert!(matches!(published, Published::Sequenced(_)), "{published:?}");
    };
    // The rate estimate settles first.
    paced(rate, 2.0, publish);
    let counters = hub.counters();
    let read = || (Counters::get(&counters.delivered), Counters::get(&counters.sends), cpu_s());
    let (delivered, sends, cpu) = read();
    paced(rate, seconds, publish);
    let now = read();
    let lost = Counters::get(&counters.dropped_chat) + Counters::get(&counters.shed);
    assert_eq!(lost, 0, "the client kept up");
    hub.shutdown();
    let sent = Counters::get(&counters.bytes);
    let received = client.received()?;
    assert!(received >= sent * 99 / 100, "received {received} of {sent} bytes");
    Ok(Measured { deliveries: now.0 - delivered, sends: now.1 - sends, cpu_s: now.2 - cpu })
}

fn print_machine() -> Outcome<()> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("?");
    let cores = std::thread::available_parallelism()?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    println!(
        "room {}, {}, Linux {}, {cores} cores{}",
        env!("CARGO_PKG_VERSION"),
        rustc.unwrap_or_else(|_| "rustc ?".to_owned()),
        kernel.trim(),
        model.replace('\t', ""),
    );
    Ok(())
}

fn main() -> Outcome<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    let args: Vec<_> = std::env::args().skip(1).collect();
    if let [mode, addr, viewers] = args.as_slice()
        && mode == "client"
    {
        return client(addr.parse()?, viewers.parse()?);
    }
    let option = |name: &str| args.iter().position(|arg| arg == name).map(|at| &args[at + 1]);
    let viewers = option("--viewers").map_or(Ok(1000), |n| n.parse())?;
    let seconds = option("--seconds").map_or(Ok(10.0), |n| n.parse())?;
    print_machine()?;
    println!(
        "N = {viewers}, {PAYLOAD_BYTES}-byte events, {seconds} s each, CPU of the whole server process"
    );
    let bound = raw(viewers, 1, 20, seconds)?;
    bound.print("bare send, 20/s, 1 frame each (bound)", None, None);
    fan_out(viewers, 0, 20, seconds)?.print("room, 20/s, no window", Some(&bound), Some(150e3));
    let bound = raw(viewers, 5, 10, seconds)?;
    bound.print("bare send, 10/s, 5 frames each (bound)", None, None);
    let windowed = fan_out(viewers, 100_000, 50, seconds)?;
    windowed.print("room, 50/s, window up to 100 ms", Some(&bound), Some(600e3));
    Ok(())
}
