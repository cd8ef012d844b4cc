//! One thread that owns a share of the sockets: reads what viewers say, writes what channels send.
//!
//! Frames of viewers are written only while the gate is held, a few dozen sockets at a time, and
//! every purge that waits at the gate is applied first: that is how C-1 holds across threads.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use mio::event::Event as Readiness;
use mio::{Events, Interest, Poll};

use crate::conn::{Conn, Phase, Socket, Transport, Writing};
use crate::counters::{Cause, Counters, Tally};
use crate::event::{Batch, Frame};
use crate::hub::{Cell, ChannelId, ConnId, Handler, Hub, HubConfig, Viewer};
use crate::port::{Cmd, Port, Purges, WAKE};
use crate::slots::{Slots, from_token, token};
use crate::ws::{self, CloseCode, Message};

/// Readiness events taken from the system at once.
const EVENTS_MAX: usize = 1024;
/// Sockets written to while the gate is held once: a purge waits at most for so many writes.
const GATE_CHUNK: usize = 32;
/// Bytes read with one call.
const READ_BYTES: usize = 16 * 1024;
/// Reads of one connection before the others get their turn.
const READS_MAX: usize = 4;
/// How often limits in time are checked.
const TICK_US: i64 = 500_000;
/// How long a peer may take to close after our close frame.
const LINGER_US: i64 = 2_000_000;
/// How long the share of busy time is measured.
const BUSY_US: i64 = 200_000;

/// How a connection ends.
#[derive(Debug)]
enum End {
    /// At once: nothing can be said any more.
    Drop(Cause),
    /// With a close frame.
    Close(Cause, CloseCode, String),
}

struct Shard {
    hub: Hub,
    index: usize,
    poll: Poll,
    handler: Arc<dyn Handler>,
    slots: Slots,
    rooms: HashMap<ChannelId, Vec<u32>>,
    taken: VecDeque<Cmd>,
    timers: BinaryHeap<Reverse<Timer>>,
    /// Connections with more to read than their turn allowed.
    again: VecDeque<u32>,
    ended: Vec<(u32, End)>,
    tally: Tally,
    scratch: Vec<u8>,
    inbuf: Vec<u8>,
    now_us: i64,
    next_tick_us: i64,
    busy_since_us: i64,
    idle_us: i64,
    stopped: bool,
}

struct Timer {
    at_us: i64,
    cell: Arc<Cell>,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.at_us == other.at_us
    }
}
impl Eq for Timer {}
impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at_us.cmp(&other.at_us)
    }
}

pub(crate) fn spawn(
    hub: Hub,
    index: usize,
    poll: Poll,
    handler: Arc<dyn Handler>,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(format!("room-{index}")).spawn(move || {
        let now_us = (hub.shared().config.clock)();
        let shard = Shard {
            hub,
            index,
            poll,
            handler,
            slots: Slots::default(),
            rooms: HashMap::new(),
            taken: VecDeque::new(),
            timers: BinaryHeap::new(),
            again: VecDeque::new(),
            ended: Vec::new(),
            tally: Tally::default(),
            scratch: Vec::new(),
            inbuf: vec![0; READ_BYTES],
            now_us,
            next_tick_us: now_us + TICK_US,
            busy_since_us: now_us,
            idle_us: 0,
            stopped: false,
        };
        shard.run();
    })
}

/// Borrows what writing needs, leaving the slots free to be borrowed beside it.
macro_rules! writing {
    ($shard:ident, $shared:expr) => {
        Writing {
            limits: &$shared.config.queue,
            tally: &mut $shard.tally,
            scratch: &mut $shard.scratch,
            now_us: $shard.now_us,
        }
    };
}

impl Shard {
    fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let shared = Arc::clone(self.hub.shared());
        let port = &shared.ports[self.index];
        while !self.stopped {
            let may_sleep = self.again.is_empty() && port.may_sleep();
            let timeout = if may_sleep { self.until_next() } else { Duration::ZERO };
            let before_us = (shared.config.clock)();
            let polled = self.poll.poll(&mut events, Some(timeout));
            port.awake();
            self.now_us = (shared.config.clock)();
            self.idle_us += self.now_us - before_us;
            match polled {
                Ok(()) => events.iter().for_each(|event| self.ready(event)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The poll itself is broken: nothing can be served any more.
                Err(_) => break,
            }
            for _ in 0..self.again.len() {
                if let Some(slot) = self.again.pop_front() {
                    self.read(slot);
                }
            }
            self.carry_out_commands(port);
            self.run_timers();
            self.tick(port);
            self.tally.tell(&shared.counters);
        }
        self.stop();
    }

    fn until_next(&self) -> Duration {
        let timer_us = self.timers.peek().map_or(i64::MAX, |Reverse(timer)| timer.at_us);
        let wait_us = timer_us.min(self.next_tick_us) - self.now_us;
        Duration::from_micros(wait_us.max(0).unsigned_abs())
    }

    fn ready(&mut self, event: &Readiness) {
        if event.token() == WAKE {
            return;
        }
        let (slot, generation) = from_token(event.token());
        if !self.slots.holds(slot, generation) {
            return;
        }
        if event.is_writable() {
            self.write_waiting(slot);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.read(slot);
        }
        self.finish_ended();
    }

    /// The socket takes more: writes what waits.
    fn write_waiting(&mut self, slot: u32) {
        if self.slots.get(slot).is_none_or(|conn| conn.stalled_since_us().is_none()) {
            return;
        }
        let shared = Arc::clone(self.hub.shared());
        let mut gate = shared.ports[self.index].gate();
        self.apply(&std::mem::take(&mut *gate));
        let mut io = writing!(self, shared);
        let Some(conn) = self.slots.get(slot) else { return };
        conn.check_c1(io.tally);
        if let Err(cause) = conn.drain(&mut io) {
            self.ended.push((slot, End::Drop(cause)));
        }
    }

    /// Applies purges to all that this shard holds. The gate must be held.
    fn apply(&mut self, purges: &Purges) {
        for (channel, purge) in purges {
            let port = &self.hub.shared().ports[self.index];
            self.taken.retain_mut(|cmd| {
                let keep = cmd.purge(*channel, purge);
                if !keep {
                    port.done();
                }
                keep
            });
            for (slot, conn) in self.slots.iter_mut().filter(|(_, c)| c.id.channel == *channel) {
                if let Err(cause) = conn.purge(purge, &mut self.tally) {
                    self.ended.push((slot, End::Drop(cause)));
                }
            }
        }
    }

    /// Writes a batch to each target, letting purges in between.
    fn deliver(&mut self, channel: ChannelId, targets: &[u32], mut batch: Arc<Batch>) {
        let shared = Arc::clone(self.hub.shared());
        let port = &shared.ports[self.index];
        for chunk in targets.chunks(GATE_CHUNK) {
            let mut gate = port.gate();
            let purges = std::mem::take(&mut *gate);
            if !purges.is_empty() {
                self.apply(&purges);
                for (_, purge) in purges.iter().filter(|(own, _)| *own == channel) {
                    batch = batch.without(purge);
                }
            }
            let mut io = writing!(self, shared);
            if let Some(conn) = chunk.first().and_then(|slot| self.slots.get(*slot)) {
                io.tally.c1_violations += conn.cell.promises.broken_by(batch.frames.iter());
            }
            for &slot in chunk {
                if let Some(conn) = self.slots.get(slot)
                    && let Err(cause) = conn.deliver(&batch, &mut io)
                {
                    self.ended.push((slot, End::Drop(cause)));
                }
            }
        }
    }

    fn carry_out_commands(&mut self, port: &Port) {
        port.take(&mut self.taken);
        while let Some(cmd) = self.taken.pop_front() {
            self.carry_out(cmd);
            port.done();
            self.finish_ended();
        }
    }

    fn carry_out(&mut self, cmd: Cmd) {
        match cmd {
            Cmd::Adopt { socket, already_read, cell, viewer } => {
                self.adopt(socket, &already_read, cell, viewer);
            }
            Cmd::Subscribe { conn, cell, first } => self.subscribe(conn, &cell, first),
            Cmd::Batch { channel, batch } => {
                // Taken out and put back: members do not change while a batch is written.
                let members = self.rooms.get_mut(&channel).map(std::mem::take).unwrap_or_default();
                self.deliver(channel, &members, batch);
                if let Some(room) = self.rooms.get_mut(&channel) {
                    *room = members;
                }
            }
            Cmd::Send { conn, frame } if self.knows(conn) => {
                self.deliver(conn.channel, &[conn.slot], Batch::new(vec![frame]));
            }
            Cmd::SendRole { channel, role_mask, frame } => {
                let members = self.rooms.get(&channel).cloned().unwrap_or_default();
                let has_role = |slot: &u32| {
                    self.slots.get(*slot).is_some_and(|conn| conn.viewer.role & role_mask != 0)
                };
                let targets: Vec<_> = members.into_iter().filter(has_role).collect();
                self.deliver(channel, &targets, Batch::new(vec![frame]));
            }
            Cmd::SetRole { conn, role } if self.knows(conn) => {
                if let Some(conn) = self.slots.get(conn.slot) {
                    conn.viewer.role = role;
                }
            }
            Cmd::Disconnect { conn, code, reason } if self.knows(conn) => {
                self.ended.push((conn.slot, End::Close(Cause::Kicked, code, reason)));
            }
            Cmd::DisconnectViewer { channel, viewer, code, reason } => {
                let is_theirs =
                    |conn: &Conn| conn.id.channel == channel && conn.viewer.id == viewer;
                self.end_where(is_theirs, || End::Close(Cause::Kicked, code, reason.clone()));
            }
            Cmd::CloseChannel { channel, code, reason } => {
                let is_in = |conn: &Conn| conn.id.channel == channel;
                self.end_where(is_in, || End::Close(Cause::Shutdown, code, reason.clone()));
            }
            Cmd::Timer { at_us, cell } => self.timers.push(Reverse(Timer { at_us, cell })),
            Cmd::Stop => self.stopped = true,
            Cmd::Send { .. } | Cmd::SetRole { .. } | Cmd::Disconnect { .. } => {}
        }
    }

    fn knows(&self, conn: ConnId) -> bool {
        self.slots.holds(conn.slot, conn.generation)
    }

    fn end_where(&mut self, matches: impl Fn(&Conn) -> bool, end: impl Fn() -> End) {
        let found = self.slots.iter_mut().filter(|(_, conn)| matches(conn));
        self.ended.extend(found.map(|(slot, _)| (slot, end())));
    }

    fn adopt(&mut self, socket: Socket, already_read: &[u8], cell: Arc<Cell>, viewer: Viewer) {
        let (slot, generation) = self.slots.vacant();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = Transport::new(socket).and_then(|mut transport| {
            let registry = self.poll.registry();
            registry.register(&mut transport.tcp, token(slot, generation), interest)?;
            Ok(transport)
        });
        let Ok(transport) = registered else {
            self.slots.release(slot);
            self.hub.forget_connection();
            Counters::add(&self.hub.counters().closed[Cause::Peer as usize], 1);
            return;
        };
        // As many shards as a u16 counts at most: `Hub::start` sees to it.
        let id = ConnId { channel: cell.id, shard: self.index as u16, slot, generation };
        let conn = Box::new(Conn::new(id, viewer, cell, transport, self.now_us));
        self.slots.put(slot, conn);
        let (handler, hub) = (&self.handler, &self.hub);
        let opened = catch_unwind(AssertUnwindSafe(|| handler.opened(hub, id, &viewer)));
        if opened.is_err() {
            self.ended.push((slot, failed_handler()));
        }
        let Some(mut conn) = self.slots.take(slot) else { return };
        let heard = self.hear(&mut conn, already_read);
        self.slots.put(slot, conn);
        match heard {
            // TLS may hold bytes on both sides that no readiness event will announce.
            Ok(()) => {
                self.write_waiting(slot);
                self.read(slot);
            }
            Err(end) => self.ended.push((slot, end)),
        }
    }

    fn subscribe(&mut self, id: ConnId, cell: &Cell, first: Arc<Batch>) {
        let known = self.knows(id);
        let conn = self.slots.get(id.slot).filter(|conn| known && conn.phase == Phase::Greeting);
        let Some(conn) = conn else {
            // Gone meanwhile, or the second time: it was counted as a member and is not one.
            self.hub.leave(cell, self.index);
            return;
        };
        let members = self.rooms.entry(id.channel).or_default();
        conn.phase = Phase::Member(members.len());
        members.push(id.slot);
        self.deliver(id.channel, &[id.slot], first);
    }

    /// Reads a turn's worth from a connection.
    fn read(&mut self, slot: u32) {
        let Some(mut conn) = self.slots.take(slot) else { return };
        let mut buf = std::mem::take(&mut self.inbuf);
        let mut reads = 0;
        let end = loop {
            if reads == READS_MAX {
                self.again.push_back(slot);
                break None;
            }
            reads += 1;
            match conn.transport.read(&mut buf) {
                Ok(0) => break Some(End::Drop(Cause::Peer)),
                Ok(len) => {
                    if let Err(end) = self.hear(&mut conn, &buf[..len]) {
                        break Some(end);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break None,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    break Some(End::Drop(Cause::Protocol));
                }
                Err(_) => break Some(End::Drop(Cause::Peer)),
            }
        };
        self.inbuf = buf;
        self.slots.put(slot, conn);
        if let Some(end) = end {
            self.ended.push((slot, end));
        }
        self.finish_ended();
    }

    /// Acts on bytes that a viewer sent.
    fn hear(&mut self, conn: &mut Conn, mut input: &[u8]) -> Result<(), End> {
        if matches!(conn.phase, Phase::Closing { .. }) {
            return Ok(());
        }
        conn.heard_us = self.now_us;
        let shared = Arc::clone(self.hub.shared());
        let per_s = shared.config.inbound_per_s;
        loop {
            let message = conn.reader.next(&mut input).map_err(|code| {
                End::Close(Cause::Protocol, code, "the frame is not acceptable".to_owned())
            })?;
            let pong = match message {
                Some(Message::Text(text)) => {
                    if !conn.inbound.message(per_s, self.now_us) {
                        return Err(flood());
                    }
                    self.tally.received += 1;
                    let (handler, hub) = (&self.handler, &self.hub);
                    let call = || handler.message(hub, conn.id, &conn.viewer, text);
                    catch_unwind(AssertUnwindSafe(call)).map_err(|_| failed_handler())?;
                    continue;
                }
                Some(Message::Close) => {
                    return Err(End::Close(Cause::Peer, CloseCode::Normal, String::new()));
                }
                Some(Message::Ping(payload)) => Some(Frame::control("pong", ws::pong(payload))),
                Some(Message::Pong) => None,
                // Empty fragments end in no message, so frames are counted here too.
                None => {
                    let total = conn.reader.frames();
                    let calm = conn.inbound.frames(total, per_s, self.now_us);
                    return if calm { Ok(()) } else { Err(flood()) };
                }
            };
            if !conn.inbound.frames(conn.reader.frames(), per_s, self.now_us) {
                return Err(flood());
            }
            if let Some(pong) = pong {
                let mut io = writing!(self, shared);
                conn.send(&pong, &mut io).map_err(End::Drop)?;
            }
        }
    }

    fn finish_ended(&mut self) {
        while let Some((slot, end)) = self.ended.pop() {
            self.finish(slot, end);
        }
    }

    fn finish(&mut self, slot: u32, end: End) {
        let Some(mut conn) = self.slots.take(slot) else { return };
        let closing = matches!(conn.phase, Phase::Closing { .. });
        if !closing {
            let (End::Drop(cause) | End::Close(cause, ..)) = &end;
            Counters::add(&self.hub.counters().closed[*cause as usize], 1);
            self.leave_room(&conn);
        }
        let lingers = match end {
            End::Drop(_) => false,
            End::Close(..) if closing => true,
            End::Close(_, code, reason) => {
                let until_us = self.now_us + LINGER_US;
                let shared = Arc::clone(self.hub.shared());
                let mut io = writing!(self, shared);
                conn.begin_close((code, &reason), until_us, &mut io).is_ok()
            }
        };
        let (id, viewer) = (conn.id, conn.viewer);
        if lingers {
            self.slots.put(slot, conn);
        } else {
            drop(conn);
            self.slots.release(slot);
            self.hub.forget_connection();
        }
        if !closing {
            let (handler, hub) = (&self.handler, &self.hub);
            // The connection is gone either way; the next one is not to suffer.
            let _ = catch_unwind(AssertUnwindSafe(|| handler.closed(hub, id, &viewer)));
        }
    }

    fn leave_room(&mut self, conn: &Conn) {
        let Phase::Member(at) = conn.phase else { return };
        self.hub.leave(&conn.cell, self.index);
        let Some(members) = self.rooms.get_mut(&conn.id.channel) else { return };
        members.swap_remove(at);
        let moved = members.get(at).copied();
        if members.is_empty() {
            self.rooms.remove(&conn.id.channel);
        }
        if let Some(moved) = moved.and_then(|slot| self.slots.get(slot)) {
            moved.phase = Phase::Member(at);
        }
    }

    fn run_timers(&mut self) {
        while let Some(Reverse(timer)) = self.timers.peek()
            && timer.at_us <= self.now_us
            && let Some(Reverse(timer)) = self.timers.pop()
        {
            self.hub.flush_due(&timer.cell, self.now_us);
        }
    }

    /// Twice a second: waiting purges, limits in time, pings; measures how busy the thread is.
    fn tick(&mut self, port: &Port) {
        let measured_us = self.now_us - self.busy_since_us;
        if measured_us >= BUSY_US {
            let busy_us = (measured_us - self.idle_us).clamp(0, measured_us);
            port.set_busy_permille((busy_us * 1000 / measured_us) as u32);
            (self.busy_since_us, self.idle_us) = (self.now_us, 0);
        }
        if self.now_us < self.next_tick_us {
            return;
        }
        self.next_tick_us = self.now_us + TICK_US;
        let purges = std::mem::take(&mut *port.gate());
        self.apply(&purges);
        let shared = Arc::clone(self.hub.shared());
        let mut io = writing!(self, shared);
        for (slot, conn) in self.slots.iter_mut() {
            if let Some(end) = overdue(conn, &shared.config, io.now_us) {
                self.ended.push((slot, end));
                continue;
            }
            let ping_us = shared.config.ping_ms * 1000;
            if io.now_us - conn.heard_us.max(conn.pinged_us) >= ping_us {
                conn.pinged_us = io.now_us;
                if let Err(cause) = conn.send(&Frame::control("ping", ws::ping()), &mut io) {
                    self.ended.push((slot, End::Drop(cause)));
                }
            }
        }
        self.finish_ended();
    }

    fn stop(&mut self) {
        self.end_where(
            |_| true,
            || End::Close(Cause::Shutdown, CloseCode::GoingAway, "the server stops".to_owned()),
        );
        self.finish_ended();
        self.end_where(|_| true, || End::Drop(Cause::Shutdown));
        self.finish_ended();
        self.tally.tell(&self.hub.shared().counters);
    }
}

fn flood() -> End {
    let why = "too many messages a second".to_owned();
    End::Close(Cause::Flood, CloseCode::Policy, why)
}

fn failed_handler() -> End {
    End::Close(Cause::HandlerFailed, CloseCode::Internal, "internal error".to_owned())
}

/// The limit in time that a connection has broken.
fn overdue(conn: &Conn, config: &HubConfig, now_us: i64) -> Option<End> {
    match conn.phase {
        Phase::Closing { until_us } if now_us >= until_us => return Some(End::Drop(Cause::Peer)),
        Phase::Closing { .. } => return None,
        Phase::Greeting if now_us - conn.opened_us >= config.hello_ms * 1000 => {
            let why = "no hello in time".to_owned();
            return Some(End::Close(Cause::HelloTimeout, CloseCode::Policy, why));
        }
        _ => {}
    }
    if now_us - conn.heard_us >= config.silence_ms * 1000 {
        return Some(End::Drop(Cause::PingTimeout));
    }
    let stalled = conn.stalled_since_us().is_some_and(|us| now_us - us >= config.stall_ms * 1000);
    stalled.then_some(End::Drop(Cause::Stalled))
}
