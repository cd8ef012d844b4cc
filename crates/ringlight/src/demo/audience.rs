//! Carries the acts of a simulated crowd out over the real interfaces: one thread holds all room sockets, one buys.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::{Value, json};
use sim::crowd::{Act, Crowd, Cue, Subject, Temper};
use tungstenite::{Message, WebSocket};

use super::Stage;
use super::api::Api;
use super::script::{Cues, sku};

const VIEWERS: usize = 40;
const SEED: u64 = 20;
const STEP: Duration = Duration::from_millis(100);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Orders that wait for the buying thread; one more is forgotten: the crowd is only a crowd.
const ORDERS_WAITING_MAX: usize = 32;
/// Messages read from one socket in one step.
const READ_MAX: usize = 200;
/// How long the crowd believes the prices that it has read.
const LOOK_AT_PRICES_EVERY: Duration = Duration::from_secs(10);

/// What somebody asks when the first price has been named, for the host to read out.
const QUESTION: &str = "79 is getting expensive";
/// When that is, in the sample as the crowd hears it.
const ASKED_AT_MS: u64 = 21_000;
/// A cut that was told of so lately was of what the host has just said.
const STOPPED_LATELY: Duration = Duration::from_secs(30);

struct Wanted {
    viewer: usize,
    nick: String,
    subject: Subject,
    quantity: u32,
}

/// Watches, talks and buys.
pub(crate) fn run(stage: &Arc<Stage>, base: &str, cues: &Cues) {
    let mut crowd = Crowd::new(SEED, VIEWERS, Temper::default());
    let (orders, waiting) = sync_channel(ORDERS_WAITING_MAX);
    let buyer = {
        let (stage, api) = (Arc::clone(stage), Api::anonymous(base));
        let work = move || buy(&stage, &api, &waiting);
        thread::Builder::new().name("demo-buyer".into()).spawn(work)
    };
    if let Err(error) = buyer {
        tracing::warn!(%error, "the crowd does not buy");
    }
    let begin = Instant::now();
    let mut seats: Vec<Seat> = (0..VIEWERS).map(|_| Seat::default()).collect();
    let mut heard_ms = 0;
    loop {
        thread::sleep(STEP);
        let stopped = seats.iter().filter_map(|seat| seat.cut).max();
        let (now_ms, asks) = cue(stage, &mut crowd, cues, heard_ms, stopped);
        heard_ms = now_ms;
        if asks {
            seats[0].say(QUESTION);
        }
        // Viewers come one by one.
        if let Some(viewer) = seats.iter().position(|seat| seat.should_come()) {
            seats[viewer].come(base, &stage.show, &crowd.nick(viewer));
        }
        for done in crowd.until(begin.elapsed().as_millis() as u64) {
            match done.act {
                Act::Say(text) => seats[done.viewer].say(text),
                Act::Buy { subject, quantity } => {
                    want(&orders, &crowd, done.viewer, subject, quantity)
                }
            }
        }
        seats.iter_mut().for_each(Seat::listen);
    }
}

/// Gives the crowd what it hears by now, which is what the host did a delay ago; says whether somebody asks about the
/// price. A remark that was stopped before it aired stirs nobody.
fn cue(
    stage: &Stage,
    crowd: &mut Crowd,
    cues: &Cues,
    heard_ms: u64,
    stopped: Option<Instant>,
) -> (u64, bool) {
    let now_ms = stage.host_at_ms.load(Ordering::Relaxed).saturating_sub(stage.delay_ms);
    let is_new = |at: u64| at > heard_ms && at <= now_ms;
    for (_, cue) in cues.iter().filter(|(at, _)| is_new(*at)) {
        if *cue != Cue::Remark {
            crowd.cue(*cue);
        } else if stopped.is_some_and(|at| at.elapsed() < STOPPED_LATELY) {
            tracing::info!("demo: the remark was stopped; nobody heard it");
        } else {
            crowd.cue(*cue);
            tracing::info!("demo: the remark was heard");
        }
    }
    (now_ms, is_new(ASKED_AT_MS))
}

fn want(
    orders: &SyncSender<Wanted>,
    crowd: &Crowd,
    viewer: usize,
    subject: Subject,
    quantity: u32,
) {
    let wanted = Wanted { viewer, nick: crowd.nick(viewer), subject, quantity };
    // A full queue means that buying is slow; this buyer gives up.
    let _ = orders.try_send(wanted);
}

/// A viewer's connection to the room.
#[derive(Default)]
struct Seat {
    socket: Option<WebSocket<TcpStream>>,
    tried: Option<Instant>,
    /// When the room last said that a part was cut.
    cut: Option<Instant>,
}

impl Seat {
    fn should_come(&self) -> bool {
        const AGAIN_AFTER: Duration = Duration::from_secs(10);
        self.socket.is_none() && self.tried.is_none_or(|tried| tried.elapsed() > AGAIN_AFTER)
    }

    fn come(&mut self, base: &str, show: &str, nick: &str) {
        self.tried = Some(Instant::now());
        match enter(base, show, nick) {
            Ok(socket) => self.socket = Some(socket),
            Err(error) => tracing::debug!(error = %format_args!("{error:#}"), "demo viewer"),
        }
    }

    fn say(&mut self, text: &str) {
        let Some(socket) = &mut self.socket else { return };
        let said = socket.send(Message::text(json!({"type": "say", "text": text}).to_string()));
        self.keep(said);
    }

    /// Reads what the room says, so that the server never has to wait.
    fn listen(&mut self) {
        for _ in 0..READ_MAX {
            let Some(socket) = &mut self.socket else { return };
            let read = socket.read();
            if let Ok(Message::Text(text)) = &read
                && text.contains("\"type\":\"cut\"")
            {
                self.cut = Some(Instant::now());
            }
            let read = read.map(drop);
            let waits = matches!(&read, Err(tungstenite::Error::Io(e)) if e.kind() == ErrorKind::WouldBlock);
            self.keep(read);
            if waits {
                return;
            }
        }
    }

    fn keep(&mut self, done: tungstenite::Result<()>) {
        match done {
            Ok(()) => {}
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => {
                tracing::debug!(%error, "demo viewer left");
                self.socket = None;
            }
        }
    }
}

fn enter(base: &str, show: &str, nick: &str) -> anyhow::Result<WebSocket<TcpStream>> {
    let address = base.trim_start_matches("http://");
    let stream = TcpStream::connect(address).context("connect to the room")?;
    stream.set_read_timeout(Some(CONNECT_TIMEOUT))?;
    let url = format!("ws://{address}/api/v1/shows/{show}/room");
    let (mut socket, _) = tungstenite::client(url, stream).map_err(|error| match error {
        tungstenite::HandshakeError::Failure(error) => anyhow::Error::new(error),
        tungstenite::HandshakeError::Interrupted(_) => anyhow::anyhow!("the room does not answer"),
    })?;
    socket.send(Message::text(json!({"type": "hello", "nick": nick}).to_string()))?;
    socket.get_ref().set_nonblocking(true)?;
    Ok(socket)
}

/// The buying thread.
fn buy(stage: &Stage, api: &Api, waiting: &Receiver<Wanted>) {
    let mut prices = Prices::default();
    for (n, wanted) in waiting.iter().enumerate() {
        let sku = sku(wanted.subject);
        let body = json!({
            "sku": sku,
            "quantity": wanted.quantity,
            "buyer": {"name": wanted.nick, "contact": format!("viewer-{}@example.invalid", wanted.viewer)},
            "price_seen": prices.of(stage, api, sku),
        });
        let key = format!("demo-{}-{}-{n}", std::process::id(), wanted.viewer);
        let path = format!("/shows/{}/orders", stage.show);
        match api.post_with(&path, &body, &[("idempotency-key", &key)]) {
            Ok((201, _)) => {}
            Ok((status, answer)) => {
                tracing::debug!(status, code = %answer["error"]["code"], "demo order");
            }
            Err(error) => tracing::debug!(%error, "demo order"),
        }
    }
}

/// The prices on the watch page.
#[derive(Default)]
struct Prices {
    offers: Value,
    read: Option<Instant>,
}

impl Prices {
    fn of(&mut self, stage: &Stage, api: &Api, sku: &str) -> Value {
        if self.read.is_none_or(|read| read.elapsed() > LOOK_AT_PRICES_EVERY) {
            self.read = Some(Instant::now());
            if let Ok((200, page)) = api.get(&format!("/shows/{}/watch", stage.show)) {
                self.offers = page["offers"].clone();
            }
        }
        let offers = self.offers.as_array();
        let offer = offers.and_then(|all| all.iter().find(|offer| offer["sku"] == sku));
        offer.map_or(Value::Null, |offer| offer["price"].clone())
    }
}
