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

use crate::cell::Cell;
use crate::config::{ChannelId, ConnId, Handler, Kept, Viewer};
use crate::conn::{Conn, Phase, Socket, Transport, Writing};
use crate::counters::{Cause, Counters, Tally};
use crate::event::Batch;
use crate::hub::Hub;
use crate::port::{Cmd, Port, Purges, WAKE};
use crate::slots::{Slots, from_token, token};
use crate::ws::CloseCode;

use self::ending::TICK_US;
use self::timer::Timer;

mod ending;
mod mending;
mod reading;
mod timer;

/// Readiness events taken from the system at once.
const EVENTS_MAX: usize = 1024;
/// Sockets written to while the gate is held once: a purge waits at most for so many writes.
const GATE_CHUNK: usize = 32;
/// Bytes read with one call.
const READ_BYTES: usize = 16 * 1024;

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
    io: Writing,
    inbuf: Vec<u8>,
    next_tick_us: i64,
    busy_since_us: i64,
    idle_us: i64,
    /// Turns begun.
    turns: u64,
    /// A command is being carried out.
    carrying: bool,
    stopped: bool,
}

pub(crate) fn spawn(
    hub: Hub,
    index: usize,
    poll: Poll,
    handler: Arc<dyn Handler>,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(format!("room-{index}")).spawn(move || {
        let now_us = (hub.shared().config.clock)();
        let limits = hub.shared().config.queue;
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
            io: Writing { limits, tally: Tally::default(), scratch: Vec::new(), now_us },
            inbuf: vec![0; READ_BYTES],
            next_tick_us: now_us + TICK_US,
            busy_since_us: now_us,
            idle_us: 0,
            turns: 0,
            carrying: false,
            stopped: false,
        };
        shard.keep_running();
    })
}

impl Shard {
    fn run(&mut self) {
        let mut events = Events::with_capacity(EVENTS_MAX);
        let shared = Arc::clone(self.hub.shared());
        let port = &shared.ports[self.index];
        while !self.stopped {
            self.turns += 1;
            let may_sleep = self.again.is_empty() && port.may_sleep();
            let timeout = if may_sleep { self.until_next() } else { Duration::ZERO };
            let before_us = (shared.config.clock)();
            let polled = self.poll.poll(&mut events, Some(timeout));
            port.awake();
            self.io.now_us = (shared.config.clock)();
            self.idle_us += self.io.now_us - before_us;
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
            self.io.tally.tell(&shared.counters);
        }
        self.stop();
    }

    fn until_next(&self) -> Duration {
        let timer_us = self.timers.peek().map_or(i64::MAX, |Reverse(timer)| timer.at_us);
        let wait_us = timer_us.min(self.next_tick_us) - self.io.now_us;
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
        let Some(conn) = self.slots.get(slot) else { return };
        conn.check_c1(&mut self.io.tally);
        if let Err(cause) = conn.drain(&mut self.io) {
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
                if let Err(cause) = conn.purge(purge, &mut self.io.tally) {
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
            if let Some(conn) = chunk.first().and_then(|slot| self.slots.get(*slot)) {
                self.io.tally.c1_violations += conn.cell.promises.broken_by(batch.frames.iter());
            }
            for &slot in chunk {
                if let Some(conn) = self.slots.get(slot)
                    && let Err(cause) = conn.deliver(&batch, &mut self.io)
                {
                    self.ended.push((slot, End::Drop(cause)));
                }
            }
        }
    }

    fn carry_out_commands(&mut self, port: &Port) {
        port.take(&mut self.taken);
        while let Some(cmd) = self.taken.pop_front() {
            self.carrying = true;
            self.carry_out(cmd);
            self.carrying = false;
            port.done();
            self.finish_ended();
        }
    }

    fn carry_out(&mut self, cmd: Cmd) {
        match cmd {
            Cmd::Adopt { socket, already_read, cell, viewer, kept } => {
                self.adopt(socket, &already_read, cell, viewer, kept);
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

    fn adopt(
        &mut self,
        socket: Socket,
        already_read: &[u8],
        cell: Arc<Cell>,
        viewer: Viewer,
        kept: Kept,
    ) {
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
        let conn = Box::new(Conn::new(id, viewer, kept, cell, transport, self.io.now_us));
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

    fn run_timers(&mut self) {
        while let Some(Reverse(timer)) = self.timers.peek()
            && timer.at_us <= self.io.now_us
            && let Some(Reverse(timer)) = self.timers.pop()
        {
            self.hub.flush_due(&timer.cell, self.io.now_us);
        }
    }
}

fn failed_handler() -> End {
    End::Close(Cause::HandlerFailed, CloseCode::Internal, "internal error".to_owned())
}
