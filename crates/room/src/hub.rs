//! The front of the fan-out: channels by id, connections by [`ConnId`], and the threads behind.
//!
//! Lock order: channel table → one channel → one shard's inbox or gate. A shard never takes a
//! channel's lock while it holds its gate, and never calls the handler while it holds any lock, so
//! every method here may be called from a handler.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use bytes::Bytes;

use crate::cell::{Cell, Core, Promises, lock};
use crate::channel::{Channel, ChannelLimits, Joined, Load, Published, Purged, Resume, Step};
use crate::config::{ChannelId, ConnId, Handler, HubConfig, Kept, Refused, Viewer};
use crate::conn::Socket;
use crate::counters::Counters;
use crate::event::{Batch, Event, Frame, What};
use crate::port::{Cmd, Port};
use crate::shard;
use crate::ws::CloseCode;

/// The fan-out. Cheap to clone; [`Hub::shutdown`] ends its threads.
#[derive(Clone, Debug)]
pub struct Hub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: HubConfig,
    pub(crate) counters: Counters,
    pub(crate) ports: Vec<Port>,
    channels: RwLock<HashMap<ChannelId, Arc<Cell>>>,
    next_shard: AtomicUsize,
    next_home: AtomicUsize,
    connections: AtomicUsize,
    stopping: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Hub {
    /// Starts the shard threads.
    ///
    /// # Errors
    /// When the system refuses a poll, a waker or a thread.
    pub fn start(mut config: HubConfig, handler: Arc<dyn Handler>) -> io::Result<Self> {
        if config.shards == 0 {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            config.shards = (cores / 2).max(1);
        }
        config.shards = config.shards.min(usize::from(u16::MAX));
        let (ports, polls): (Vec<_>, Vec<_>) = (0..config.shards)
            .map(|_| Port::new())
            .collect::<io::Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        let hub = Self {
            shared: Arc::new(Shared {
                config,
                counters: Counters::default(),
                ports,
                channels: RwLock::default(),
                next_shard: AtomicUsize::new(0),
                next_home: AtomicUsize::new(0),
                connections: AtomicUsize::new(0),
                stopping: AtomicBool::new(false),
                threads: Mutex::default(),
            }),
        };
        for (index, poll) in polls.into_iter().enumerate() {
            match shard::spawn(hub.clone(), index, poll, Arc::clone(&handler)) {
                Ok(thread) => lock(&hub.shared.threads).push(thread),
                Err(error) => {
                    hub.shutdown();
                    return Err(error);
                }
            }
        }
        Ok(hub)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// What has been counted since the start.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Opens a channel; does nothing when it is open already.
    ///
    /// `epoch` names this run of its numbers: use another whenever numbering starts again, below
    /// 2⁵³ so that JavaScript reads it exactly (the start time in microseconds will do).
    ///
    /// # Errors
    /// [`Refused::Full`] at `max_channels`.
    pub fn open_channel(
        &self,
        id: ChannelId,
        epoch: u64,
        limits: ChannelLimits,
    ) -> Result<(), Refused> {
        let mut channels = self.shared.channels.write().unwrap_or_else(PoisonError::into_inner);
        if channels.contains_key(&id) {
            return Ok(());
        }
        if channels.len() >= self.shared.config.max_channels {
            return Err(Refused::Full);
        }
        let shards = self.shared.ports.len();
        let core = Core { channel: Channel::new(epoch, limits), members: vec![0; shards] };
        let cell = Cell {
            id,
            home: self.shared.next_home.fetch_add(1, Ordering::Relaxed) % shards,
            core: Mutex::new(core),
            audience: AtomicUsize::new(0),
            promises: Promises::default(),
        };
        channels.insert(id, Arc::new(cell));
        Ok(())
    }

    /// Forgets a channel and closes its connections.
    pub fn close_channel(&self, id: ChannelId, reason: &str) {
        let gone = {
            let mut channels = self.shared.channels.write().unwrap_or_else(PoisonError::into_inner);
            channels.remove(&id)
        };
        if gone.is_some() {
            for port in &self.shared.ports {
                let (code, reason) = (CloseCode::GoingAway, reason.to_owned());
                port.push(Cmd::CloseChannel { channel: id, code, reason });
            }
        }
    }

    fn cell(&self, id: ChannelId) -> Option<Arc<Cell>> {
        let channels = self.shared.channels.read().unwrap_or_else(PoisonError::into_inner);
        channels.get(&id).cloned()
    }

    /// Takes over a connection whose WebSocket upgrade has been answered.
    ///
    /// `already_read` is what the HTTP server read beyond the request. The handler's `opened`
    /// follows on a shard thread. `kept` lives as long as the connection.
    ///
    /// # Errors
    /// The socket is dropped, hence closed, when it is refused.
    pub fn adopt(
        &self,
        socket: Socket,
        already_read: Bytes,
        channel: ChannelId,
        viewer: Viewer,
        kept: Kept,
    ) -> Result<(), Refused> {
        let shared = &self.shared;
        let refuse = |why| {
            Counters::add(&shared.counters.refused, 1);
            Err(why)
        };
        if shared.stopping.load(Ordering::SeqCst) {
            return refuse(Refused::Stopping);
        }
        let Some(cell) = self.cell(channel) else { return refuse(Refused::NoChannel) };
        let limit = shared.config.max_connections;
        let grow = |n| (n < limit).then_some(n + 1);
        if shared.connections.fetch_update(Ordering::SeqCst, Ordering::SeqCst, grow).is_err() {
            return refuse(Refused::Full);
        }
        Counters::add(&shared.counters.connections, 1);
        Counters::add(&shared.counters.adopted, 1);
        let shard = shared.next_shard.fetch_add(1, Ordering::Relaxed) % shared.ports.len();
        shared.ports[shard].push(Cmd::Adopt { socket, already_read, cell, viewer, kept });
        Ok(())
    }

    /// One connection less; called by its shard exactly once.
    pub(crate) fn forget_connection(&self) {
        self.shared.connections.fetch_sub(1, Ordering::SeqCst);
        self.shared.counters.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Publishes an event to everyone in the channel.
    pub fn publish(&self, channel: ChannelId, event: &Event) -> Published {
        let Some(cell) = self.cell(channel) else { return Published::NoChannel };
        let mut core = lock(&cell.core);
        let load = self.load(&cell, &core);
        let (published, step) = core.channel.publish(event, load, (self.shared.config.clock)());
        self.carry_out(&cell, &mut core, step);
        let counters = &self.shared.counters;
        match published {
            Published::Sequenced(_) => Counters::add(&counters.published, 1),
            Published::Sampled => Counters::add(&counters.sampled, 1),
            Published::Muted => Counters::add(&counters.muted, 1),
            Published::Malformed | Published::NoChannel => {}
        }
        published
    }

    /// Publishes what the viewer behind `conn` said, and echoes it to that connection when a
    /// flood leaves it out for the others.
    pub fn say(&self, conn: ConnId, event: &Event) -> Published {
        let published = self.publish(conn.channel, event);
        if published == Published::Sampled {
            self.send(conn, event);
        }
        published
    }

    fn load(&self, cell: &Cell, core: &Core) -> Load {
        let ports = &self.shared.ports;
        let concerned = || ports.iter().zip(&core.members).filter(|(_, n)| **n > 0);
        Load {
            audience: cell.audience.load(Ordering::Relaxed),
            pressure_permille: concerned().map(|(port, _)| port.busy_permille()).max().unwrap_or(0),
            congested: concerned().any(|(port, _)| port.is_congested()),
        }
    }

    /// Runs while the channel is locked, so that shards see batches in the order of their numbers.
    fn carry_out(&self, cell: &Arc<Cell>, core: &mut Core, step: Step) {
        match step {
            Step::Nothing => {}
            Step::At(at_us) => {
                self.shared.ports[cell.home].push(Cmd::Timer { at_us, cell: Arc::clone(cell) });
            }
            Step::Flush(batch) => {
                let counters = &self.shared.counters;
                Counters::add(&counters.batches, 1);
                Counters::add(&counters.shed, core.channel.take_shed());
                for (port, members) in self.shared.ports.iter().zip(&core.members) {
                    if *members > 0 {
                        port.push(Cmd::Batch { channel: cell.id, batch: Arc::clone(&batch) });
                    }
                }
            }
        }
    }

    /// Flushes a channel's window when its time has come.
    pub(crate) fn flush_due(&self, cell: &Arc<Cell>, now_us: i64) {
        let mut core = lock(&cell.core);
        let load = self.load(cell, &core);
        let step = core.channel.flush_due(load, now_us);
        self.carry_out(cell, &mut core, step);
    }

    /// The same for every channel, after a shard may have lost timers.
    pub(crate) fn flush_all_due(&self, now_us: i64) {
        let cells: Vec<_> = {
            let channels = self.shared.channels.read().unwrap_or_else(PoisonError::into_inner);
            channels.values().cloned().collect()
        };
        for cell in cells {
            self.flush_due(&cell, now_us);
        }
    }

    /// Lets a connection take part: `welcome`'s message, then what it missed or the history, then
    /// live events, in order, without gap or duplicate.
    ///
    /// `welcome` gets how the viewer was let in and returns the body of the first message, which
    /// gets the `seq` and `epoch` of [`Joined`]; it runs under the channel's lock and must not call
    /// the hub. A second call for a connection is ignored by its shard.
    ///
    /// # Errors
    /// [`Refused::NoChannel`] when the channel has been closed meanwhile.
    pub fn subscribe(
        &self,
        conn: ConnId,
        resume: Option<Resume>,
        welcome: impl FnOnce(&Joined) -> String,
    ) -> Result<Joined, Refused> {
        let cell = self.cell(conn.channel).ok_or(Refused::NoChannel)?;
        let mut core = lock(&cell.core);
        let (joined, mut frames) = core.channel.join(resume);
        let event = Event::state(welcome(&joined));
        if event.well_formed() {
            frames.insert(0, Frame::sequenced(&event, joined.epoch, joined.seq));
        }
        let first = Batch::new(frames);
        core.members[usize::from(conn.shard)] += 1;
        cell.audience.fetch_add(1, Ordering::Relaxed);
        self.port(conn).push(Cmd::Subscribe { conn, cell: Arc::clone(&cell), first });
        Ok(joined)
    }

    /// Takes back one [`Self::subscribe`]; called by the connection's shard.
    pub(crate) fn leave(&self, cell: &Cell, shard: usize) {
        lock(&cell.core).members[shard] -= 1;
        cell.audience.fetch_sub(1, Ordering::Relaxed);
    }

    fn port(&self, conn: ConnId) -> &Port {
        &self.shared.ports[usize::from(conn.shard)]
    }

    /// Sends an event without number to one connection.
    pub fn send(&self, conn: ConnId, event: &Event) {
        self.unsequenced(conn.channel, event, |frame| {
            self.push_or_count(self.port(conn), Cmd::Send { conn, frame });
        });
    }

    /// Sends an event without number to the channel's members that have a bit of `role_mask`.
    pub fn send_role(&self, channel: ChannelId, role_mask: u32, event: &Event) {
        self.unsequenced(channel, event, |frame| {
            for port in &self.shared.ports {
                let frame = Arc::clone(&frame);
                self.push_or_count(port, Cmd::SendRole { channel, role_mask, frame });
            }
        });
    }

    /// Runs `push` under the channel's lock, so that a purge finds the frame or comes before it.
    fn unsequenced(&self, channel: ChannelId, event: &Event, push: impl FnOnce(Arc<Frame>)) {
        if !event.well_formed() {
            return;
        }
        let Some(cell) = self.cell(channel) else { return };
        let core = lock(&cell.core);
        push(Frame::plain(event, core.channel.seq()));
    }

    fn push_or_count(&self, port: &Port, cmd: Cmd) {
        if !port.push_bounded(cmd) {
            Counters::add(&self.shared.counters.inbox_full, 1);
        }
    }

    /// Changes a connection's role bits.
    pub fn set_role(&self, conn: ConnId, role: u32) {
        self.port(conn).push(Cmd::SetRole { conn, role });
    }

    /// Removes everything that `author` has said and that is not on its way yet: from the window,
    /// the history and every viewer's queue. When this returns, no message of theirs begins to be
    /// delivered any more (C-1); one whose first byte was written is finished.
    pub fn purge(&self, channel: ChannelId, author: u128) -> Purged {
        self.remove(channel, What::Author(author), |_| ())
    }

    /// [`Self::purge`], and refuses what the author says from now on, until [`Self::unmute`]. The
    /// two are one step: nothing slips in between.
    pub fn mute(&self, channel: ChannelId, author: u128) -> Purged {
        self.remove(channel, What::Author(author), |channel| {
            channel.mute(author);
        })
    }

    /// Lets a muted author speak again.
    pub fn unmute(&self, channel: ChannelId, author: u128) {
        if let Some(cell) = self.cell(channel) {
            lock(&cell.core).channel.unmute(author);
        }
    }

    /// Removes single messages, as [`Self::purge`] does.
    pub fn delete(&self, channel: ChannelId, ids: &[u128]) -> Purged {
        self.remove(channel, What::Ids(ids.into()), |_| ())
    }

    fn remove(&self, channel: ChannelId, what: What, also: impl FnOnce(&mut Channel)) -> Purged {
        let Some(cell) = self.cell(channel) else { return Purged::default() };
        let (purge, purged) = {
            let mut core = lock(&cell.core);
            also(&mut core.channel);
            let (purge, purged) = core.channel.purge(what);
            for port in &self.shared.ports {
                port.purge_inbox(channel, &purge);
            }
            (purge, purged)
        };
        for port in &self.shared.ports {
            port.purge_writes(channel, &purge);
        }
        cell.promises.add(purge);
        purged
    }

    /// Sets how much chat a second is delivered whole; 0: all.
    pub fn set_chat_budget_per_s(&self, channel: ChannelId, budget: u32) {
        if let Some(cell) = self.cell(channel) {
            lock(&cell.core).channel.set_chat_budget_per_s(budget);
        }
    }

    /// Closes a connection with a code and a reason (at most 123 bytes of it).
    pub fn disconnect(&self, conn: ConnId, code: CloseCode, reason: &str) {
        self.port(conn).push(Cmd::Disconnect { conn, code, reason: reason.to_owned() });
    }

    /// Closes every connection of a viewer in a channel.
    pub fn disconnect_viewer(&self, channel: ChannelId, viewer: u128, code: CloseCode, why: &str) {
        for port in &self.shared.ports {
            port.push(Cmd::DisconnectViewer { channel, viewer, code, reason: why.to_owned() });
        }
    }

    /// How many subscribed connections a channel has.
    #[must_use]
    pub fn audience(&self, channel: ChannelId) -> usize {
        self.cell(channel).map_or(0, |cell| cell.audience.load(Ordering::Relaxed))
    }

    /// The point to resume from that includes everything published so far.
    #[must_use]
    pub fn position(&self, channel: ChannelId) -> Option<Resume> {
        let cell = self.cell(channel)?;
        let core = lock(&cell.core);
        Some(Resume { epoch: core.channel.epoch(), seq: core.channel.seq() })
    }

    /// The audience of every open channel.
    #[must_use]
    pub fn channels(&self) -> Vec<(ChannelId, usize)> {
        let channels = self.shared.channels.read().unwrap_or_else(PoisonError::into_inner);
        channels.values().map(|cell| (cell.id, cell.audience.load(Ordering::Relaxed))).collect()
    }

    /// Says goodbye to everyone and waits for the threads. Must not be called from a handler.
    pub fn shutdown(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        for port in &self.shared.ports {
            port.push(Cmd::Stop);
        }
        for thread in std::mem::take(&mut *lock(&self.shared.threads)) {
            // A shard that panicked has nothing left to say.
            let _ = thread.join();
        }
    }
}
