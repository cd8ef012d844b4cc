//! One viewer's connection: its transport, its parser, its queue. Lives on one shard thread.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::ServerConnection;

use crate::cell::Cell;
use crate::config::{ConnId, Kept, Viewer};
use crate::counters::{Cause, Tally};
use crate::event::{Batch, Frame, Purge};
use crate::queue::{Queue, QueueLimits};
use crate::ws;

/// Most plaintext handed to TLS at once: one record, so that little is beyond recall.
const TLS_CHUNK_BYTES: usize = 16 * 1024;
/// Most bytes of waiting frames copied together for one write.
pub(crate) const GATHER_BYTES: usize = 64 * 1024;

/// A connection as the HTTP server hands it over after its `101` answer has left.
///
/// Standard sockets, so that this crate needs no runtime; non-blocking mode is set here.
#[derive(Debug)]
pub enum Socket {
    /// Plain TCP.
    Plain(std::net::TcpStream),
    /// TCP with a TLS session whose handshake is over.
    Tls(std::net::TcpStream, Box<ServerConnection>),
}

#[derive(Debug)]
pub(crate) struct Transport {
    pub(crate) tcp: TcpStream,
    tls: Option<Box<Tls>>,
}

#[derive(Debug)]
struct Tls {
    session: Box<ServerConnection>,
    /// Frames of which ciphertext may still wait in the session.
    inflight: Vec<Arc<Frame>>,
}

impl Transport {
    pub(crate) fn new(socket: Socket) -> io::Result<Self> {
        let (tcp, session) = match socket {
            Socket::Plain(tcp) => (tcp, None),
            Socket::Tls(tcp, session) => (tcp, Some(session)),
        };
        tcp.set_nonblocking(true)?;
        tcp.set_nodelay(true)?;
        let tls = session.map(|session| Box::new(Tls { session, inflight: Vec::new() }));
        Ok(Self { tcp: TcpStream::from_std(tcp), tls })
    }

    /// True while ciphertext waits: then nothing more is handed to the session.
    fn is_stalled(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.session.wants_write())
    }

    /// Reads plaintext; `Ok(0)` is the end.
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.tcp.read(buf) };
        loop {
            match tls.session.reader().read(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // An end without close_notify is an end too: what was said is complete frames.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                done => return done,
            }
            if tls.session.read_tls(&mut self.tcp)? == 0 {
                return Ok(0);
            }
            let processed = tls.session.process_new_packets();
            // Answers of the session leave at once, but never behind viewers' frames: those are
            // written only while the gate is held, and a writable edge is due for them.
            if tls.inflight.is_empty() {
                tls.flush(&mut self.tcp)?;
            }
            processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }

    /// Writes plaintext; returns how much was taken (by TLS: perhaps not yet written).
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.tcp.write(bytes) };
        let mut taken = 0;
        for chunk in bytes.chunks(TLS_CHUNK_BYTES) {
            if tls.session.wants_write() {
                break;
            }
            taken += tls.session.writer().write(chunk)?;
            tls.flush(&mut self.tcp)?;
        }
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }

    /// Writes waiting ciphertext; true when none is left.
    fn flush(&mut self) -> io::Result<bool> {
        match &mut self.tls {
            Some(tls) => tls.flush(&mut self.tcp).map(|()| !tls.session.wants_write()),
            None => Ok(true),
        }
    }

    /// Remembers whose frames wait as ciphertext; nothing while all is written.
    fn note_inflight(&mut self, frames: impl IntoIterator<Item = Arc<Frame>>) {
        if let Some(tls) = &mut self.tls
            && tls.session.wants_write()
        {
            tls.inflight.extend(frames);
        }
    }

    /// Frames of which ciphertext may wait.
    fn inflight(&self) -> &[Arc<Frame>] {
        self.tls.as_ref().map_or(&[], |tls| &tls.inflight)
    }

    fn end_of_writing(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.session.send_close_notify();
            let _ = tls.flush(&mut self.tcp);
        }
        let _ = self.tcp.shutdown(Shutdown::Write);
    }
}

impl Tls {
    fn flush(&mut self, tcp: &mut TcpStream) -> io::Result<()> {
        while self.session.wants_write() {
            match self.session.write_tls(tcp) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if !self.inflight.is_empty() {
            self.inflight = Vec::new();
        }
        Ok(())
    }
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Adopted, not subscribed.
    Greeting,
    /// Gets live events; the place in its room's member list.
    Member(usize),
    /// A close frame is on its way; what comes in is discarded.
    Closing { until_us: i64 },
}

#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) id: ConnId,
    pub(crate) viewer: Viewer,
    _kept: Kept,
    pub(crate) cell: Arc<Cell>,
    pub(crate) transport: Transport,
    pub(crate) reader: ws::Reader,
    pub(crate) phase: Phase,
    pub(crate) opened_us: i64,
    pub(crate) heard_us: i64,
    pub(crate) pinged_us: i64,
    /// When writing last got anywhere while something waits; meaningless otherwise.
    progress_us: i64,
    pub(crate) inbound: Inbound,
    queue: Queue,
    finished_writing: bool,
    /// Purged words wait as ciphertext: nothing may be written any more.
    condemned: bool,
}

/// What came in within the current second.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    started_us: i64,
    messages: u32,
    frames: u64,
    /// The reader's count at the last look.
    frames_total: u64,
}

impl Inbound {
    fn turn(&mut self, now_us: i64) {
        if now_us - self.started_us >= 1_000_000 {
            (self.started_us, self.messages, self.frames) = (now_us, 0, 0);
        }
    }

    /// Counts one message; false when there are more than `per_s`.
    pub(crate) fn message(&mut self, per_s: u32, now_us: i64) -> bool {
        self.turn(now_us);
        self.messages += 1;
        self.messages <= per_s
    }

    /// Counts frames, given how many there have been in all; false when there are too many even
    /// for messages in a few fragments with control frames between.
    pub(crate) fn frames(&mut self, total: u64, per_s: u32, now_us: i64) -> bool {
        self.turn(now_us);
        self.frames += total - self.frames_total;
        self.frames_total = total;
        self.frames <= u64::from(per_s) * 4
    }
}

/// What writing needs besides the connection: one per shard.
#[derive(Debug)]
pub(crate) struct Writing {
    pub(crate) limits: QueueLimits,
    pub(crate) tally: Tally,
    pub(crate) scratch: Vec<u8>,
    pub(crate) now_us: i64,
}

impl Conn {
    pub(crate) fn new(
        id: ConnId,
        viewer: Viewer,
        kept: Kept,
        cell: Arc<Cell>,
        transport: Transport,
        now_us: i64,
    ) -> Self {
        Self {
            id,
            viewer,
            _kept: kept,
            cell,
            transport,
            reader: ws::Reader::default(),
            phase: Phase::Greeting,
            opened_us: now_us,
            heard_us: now_us,
            pinged_us: now_us,
            progress_us: now_us,
            inbound: Inbound::default(),
            queue: Queue::default(),
            finished_writing: false,
            condemned: false,
        }
    }

    fn in_step(&self) -> bool {
        self.queue.is_empty() && !self.transport.is_stalled()
    }

    /// Sends a batch, or what of it the policy keeps for later.
    pub(crate) fn deliver(&mut self, batch: &Batch, io: &mut Writing) -> Result<(), Cause> {
        if self.condemned {
            return Err(Cause::Purge);
        }
        if matches!(self.phase, Phase::Closing { .. }) || batch.frames.is_empty() {
            return Ok(());
        }
        if !self.in_step() {
            for frame in &batch.frames {
                self.push(frame, io)?;
            }
            return Ok(());
        }
        io.tally.sends += 1;
        let taken = match self.transport.write(&batch.bytes) {
            Ok(taken) => taken,
            Err(error) if is_transient(&error) => 0,
            Err(_) => return Err(Cause::Peer),
        };
        io.tally.bytes += taken as u64;
        if taken == batch.bytes.len() {
            io.tally.delivered += batch.frames.len() as u64;
            self.transport.note_inflight(batch.frames.iter().cloned());
            self.progress_us = io.now_us;
            return Ok(());
        }
        let whole = self.queue.take_rest(&batch.frames, taken);
        io.tally.delivered += whole as u64;
        let touched = if taken > 0 { whole + 1 } else { whole };
        self.transport.note_inflight(batch.frames.iter().take(touched).cloned());
        io.tally.dropped_chat += self.queue.drop_chat(&io.limits);
        self.progress_us = io.now_us;
        // The readiness edge comes only after a write has said "would block".
        self.drain(io)
    }

    /// Sends one frame.
    pub(crate) fn send(&mut self, frame: &Arc<Frame>, io: &mut Writing) -> Result<(), Cause> {
        if matches!(self.phase, Phase::Closing { .. }) {
            return Ok(());
        }
        let in_step = self.in_step();
        if in_step {
            self.progress_us = io.now_us;
        }
        self.push(frame, io)?;
        if in_step { self.drain(io) } else { Ok(()) }
    }

    fn push(&mut self, frame: &Arc<Frame>, io: &mut Writing) -> Result<(), Cause> {
        let drops = self.queue.push(frame, &io.limits).map_err(|_| Cause::Overflow)?;
        io.tally.dropped_chat += drops.chat;
        io.tally.superseded += drops.superseded;
        Ok(())
    }

    /// Writes what waits until the socket is full or nothing is left.
    pub(crate) fn drain(&mut self, io: &mut Writing) -> Result<(), Cause> {
        if self.condemned {
            return Err(Cause::Purge);
        }
        let mut touched = Vec::new();
        loop {
            match self.transport.flush() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(_) => return Err(Cause::Peer),
            }
            if self.queue.is_empty() {
                break;
            }
            self.queue.gather(&mut io.scratch, GATHER_BYTES);
            io.tally.sends += 1;
            match self.transport.write(&io.scratch) {
                Ok(taken) => {
                    io.tally.bytes += taken as u64;
                    io.tally.delivered += self.queue.advance(taken, &mut touched) as u64;
                    self.transport.note_inflight(touched.drain(..));
                    self.progress_us = io.now_us;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Cause::Peer),
            }
        }
        if matches!(self.phase, Phase::Closing { .. }) && !self.finished_writing {
            self.finished_writing = true;
            self.transport.end_of_writing();
        }
        Ok(())
    }

    /// Forgets what waits, says why, and waits until `until_us` for the peer to go.
    pub(crate) fn begin_close(
        &mut self,
        (code, reason): (ws::CloseCode, &str),
        until_us: i64,
        io: &mut Writing,
    ) -> Result<(), Cause> {
        self.queue.clear_untouched();
        self.phase = Phase::Closing { until_us };
        self.push(&Frame::control("close", ws::close(code, reason)), io)?;
        self.drain(io)
    }

    /// Takes purged frames out of the queue; an error when some are beyond recall, and from then on
    /// nothing is written.
    pub(crate) fn purge(&mut self, purge: &Purge, tally: &mut Tally) -> Result<(), Cause> {
        tally.purged += self.queue.purge(purge);
        self.condemned |= self.transport.inflight().iter().any(|frame| purge.hits(frame));
        if self.condemned { Err(Cause::Purge) } else { Ok(()) }
    }

    /// Counts frames that C-1 forbids to write and that are next to be written.
    pub(crate) fn check_c1(&self, tally: &mut Tally) {
        if !self.condemned {
            let next = self.queue.untouched().chain(self.transport.inflight());
            tally.c1_violations += self.cell.promises.broken_by(next);
        }
    }

    /// Since when nothing could be written although something waits.
    pub(crate) fn stalled_since_us(&self) -> Option<i64> {
        (!self.in_step()).then_some(self.progress_us)
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
