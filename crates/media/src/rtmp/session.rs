//! The server's end of one connection: takes one stream in.

mod command;

use std::collections::VecDeque;

use bytes::Bytes;
use units::{Duration, Timestamp};

use super::amf::Value;
use super::handshake::{Handshake, Side};
use super::message::{Message, control, kind, lane, number, object};
use super::reader::ChunkReader;
use super::writer::ChunkWriter;
use super::{Fault, MAX_HELD_BYTES, MAX_HELD_EVENTS, MAX_OUTPUT_BYTES, StreamKey, status};
use crate::flv::{Tag, TagKind, reader::aggregate};

/// The handshake must be over by then.
pub const HANDSHAKE_TIME_OUT: Duration = Duration::from_s(10);
/// A stream must be published by then, counted from the handshake or from the end of the stream before.
pub const PUBLISH_TIME_OUT: Duration = Duration::from_s(10);
/// A published stream must send media at least this often.
pub const IDLE_TIME_OUT: Duration = Duration::from_s(15);
/// How long a refused peer has to read why before the connection is cut.
pub const FAREWELL: Duration = Duration::from_s(2);
/// How much either end sends before it expects an acknowledgement.
const WINDOW_BYTES: u32 = 2_500_000;
const CHUNK_BYTES: u32 = 4096;

/// Why a session is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Closed {
    /// The handshake took longer than [`HANDSHAKE_TIME_OUT`].
    #[error("the handshake took too long")]
    HandshakeTimeOut,
    /// Nothing was published within [`PUBLISH_TIME_OUT`].
    #[error("nothing was published in time")]
    PublishTimeOut,
    /// No media for [`IDLE_TIME_OUT`].
    #[error("no media came for too long")]
    Idle,
    /// The shell refused or stopped the stream, and the peer had time to read why.
    #[error("the stream was refused or stopped")]
    Stopped,
    /// The peer broke the protocol or a limit.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A peer asks to send a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishRequest {
    /// The application part of the URL, at most 256 bytes.
    pub app: String,
    /// The stream key, at most 512 bytes.
    pub key: StreamKey,
    /// What the encoder calls itself, at most 256 bytes; empty when it does not say.
    pub agent: String,
    /// Codecs beyond H.264 that it could send, as enhanced RTMP announces them; at most 32.
    pub four_ccs: Vec<String>,
}

/// What happened on a connection.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// Answer with [`Session::accept_publish`] or [`Session::refuse_publish`]; media waits until then.
    Publish(PublishRequest),
    /// An audio or video tag of the accepted stream.
    Media(Tag),
    /// The fields of `onMetaData`; nothing in it is to be trusted.
    Metadata(Vec<(String, Value)>),
    /// The peer ended the stream; it may publish again.
    Unpublish,
    /// The last event. Close the connection; it ends an accepted stream too.
    Closed(Closed),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Handshake,
    /// Connected or about to be, nothing is published.
    Ready,
    /// The shell has to answer a publish request.
    Asked,
    Live,
    /// A reason was sent; what comes in is thrown away.
    Farewell,
    Closed,
}

/// One connection. Drain [`Session::event`] and [`Session::output`] after every call that takes `now`.
pub struct Session {
    phase: Phase,
    /// When the phase began; in [`Phase::Live`], when media last came.
    since: Timestamp,
    handshake: Handshake,
    reader: ChunkReader,
    writer: ChunkWriter,
    events: VecDeque<(Event, usize)>,
    /// What came behind a publish request that is not answered.
    held: VecDeque<(Event, usize)>,
    held_bytes: usize,
    queued_bytes: usize,
    connected: Option<command::Peer>,
    streams: u32,
    publishes: u32,
    /// The message stream that is published.
    stream: u32,
    received: u32,
    acknowledged: u32,
    window: u32,
}

impl Session {
    /// A connection that was accepted at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            phase: Phase::Handshake,
            since: now,
            handshake: Handshake::new(Side::Server),
            reader: ChunkReader::new(),
            writer: ChunkWriter::new(),
            events: VecDeque::new(),
            held: VecDeque::new(),
            held_bytes: 0,
            queued_bytes: 0,
            connected: None,
            streams: 0,
            publishes: 0,
            stream: 0,
            received: 0,
            acknowledged: 0,
            window: WINDOW_BYTES,
        }
    }

    /// Takes bytes from the peer, split anywhere. What they mean is in [`Session::event`].
    ///
    /// # Errors
    /// When the peer breaks the protocol or a limit. The session is closed then, and says so in its last event.
    pub fn receive(&mut self, mut input: &[u8], now: Timestamp) -> Result<(), Fault> {
        self.received = self.received.wrapping_add(input.len() as u32);
        let result = self.take(&mut input, now);
        if let Err(fault) = result {
            self.close(Closed::Fault(fault));
        }
        result
    }

    fn take(&mut self, input: &mut &[u8], now: Timestamp) -> Result<(), Fault> {
        if self.phase == Phase::Handshake {
            if !self.handshake.receive(input, &mut self.writer.out)? {
                return Ok(());
            }
            self.enter(Phase::Ready, now);
        }
        while !matches!(self.phase, Phase::Farewell | Phase::Closed) {
            let Some(message) = self.reader.message(input)? else { break };
            self.obey(message, now)?;
            if self.writer.out.len() > MAX_OUTPUT_BYTES {
                return Err(Fault::OutputFull);
            }
        }
        self.acknowledge();
        Ok(())
    }

    /// Half a window early, so that a peer that waits for it never stops.
    fn acknowledge(&mut self) {
        let live = !matches!(self.phase, Phase::Farewell | Phase::Closed);
        if live && self.received.wrapping_sub(self.acknowledged) > self.window / 2 {
            self.acknowledged = self.received;
            self.writer.control(kind::ACKNOWLEDGEMENT, self.received);
        }
    }

    fn obey(&mut self, message: Message, now: Timestamp) -> Result<(), Fault> {
        let Message { kind, stream, timestamp_ms, body } = message;
        match kind {
            kind::WINDOW => {
                self.window = number(&body).ok_or(Fault::Control(kind))?.max(2);
            }
            kind::USER_CONTROL => {
                let event = body.first_chunk().map(|bytes| u16::from_be_bytes(*bytes));
                if event == Some(control::PING) {
                    self.writer.user_control(control::PONG, body.get(2..6).unwrap_or_default());
                }
            }
            kind::AUDIO | kind::VIDEO => {
                let kind = if kind == kind::AUDIO { TagKind::Audio } else { TagKind::Video };
                self.media(Tag { kind, timestamp_ms, body }, now)?;
            }
            kind::AGGREGATE => {
                for tag in aggregate(&body, timestamp_ms) {
                    if tag.kind != TagKind::Script {
                        self.media(tag, now)?;
                    }
                }
            }
            kind::DATA => self.data(&body)?,
            kind::DATA_AMF3 => self.data(body.get(1..).unwrap_or_default())?,
            kind::COMMAND => self.command(&body, stream, now)?,
            kind::COMMAND_AMF3 => {
                self.command(body.get(1..).unwrap_or_default(), stream, now)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// An empty body is what some encoders send to keep the connection open: it carries nothing.
    fn media(&mut self, tag: Tag, now: Timestamp) -> Result<(), Fault> {
        if tag.body.is_empty() {
            return Ok(());
        }
        if self.phase == Phase::Live {
            self.since = now;
        }
        let bytes = tag.body.len();
        self.push(Event::Media(tag), bytes)
    }

    /// Hands an event of the stream on, or holds it while the stream is not accepted. Without a stream it is dropped.
    fn push(&mut self, event: Event, bytes: usize) -> Result<(), Fault> {
        match self.phase {
            Phase::Live => {
                self.events.push_back((event, bytes));
                self.queued_bytes += bytes;
            }
            Phase::Asked => {
                self.held_bytes += bytes;
                if self.held_bytes > MAX_HELD_BYTES || self.held.len() >= MAX_HELD_EVENTS {
                    return Err(Fault::Early);
                }
                self.held.push_back((event, bytes));
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, phase: Phase, now: Timestamp) {
        self.phase = phase;
        self.since = now;
        self.held.clear();
        self.held_bytes = 0;
    }

    fn close(&mut self, why: Closed) {
        if self.phase == Phase::Closed {
            return;
        }
        self.phase = Phase::Closed;
        self.held.clear();
        self.held_bytes = 0;
        self.reader = ChunkReader::new();
        self.events.push_back((Event::Closed(why), 0));
    }

    /// What happened, in order.
    pub fn event(&mut self) -> Option<Event> {
        let (event, bytes) = self.events.pop_front()?;
        self.queued_bytes -= bytes;
        Some(event)
    }

    /// What is to be sent to the peer; empty when there is nothing.
    pub fn output(&mut self) -> Bytes {
        self.writer.take()
    }

    /// Takes the stream that was asked for. False when the peer has gone back on it.
    pub fn accept_publish(&mut self, now: Timestamp) -> bool {
        if self.phase != Phase::Asked {
            return false;
        }
        self.writer.user_control(control::STREAM_BEGIN, &self.stream.to_be_bytes());
        self.status("status", status::START, "the stream is taken");
        self.phase = Phase::Live;
        self.since = now;
        self.queued_bytes += self.held_bytes;
        self.held_bytes = 0;
        self.events.append(&mut self.held);
        true
    }

    /// Refuses the stream that was asked for, by one of the codes of [`status`], in words that the encoder shows. The
    /// connection then has [`FAREWELL`] to deliver them: go on reading until [`Event::Closed`], or the words are lost.
    pub fn refuse_publish(&mut self, code: &str, description: &str, now: Timestamp) {
        if self.phase == Phase::Asked {
            self.say_farewell(code, description, now);
        }
    }

    /// Ends an accepted stream in the same way.
    pub fn stop(&mut self, code: &str, description: &str, now: Timestamp) {
        if matches!(self.phase, Phase::Asked | Phase::Live | Phase::Ready) {
            self.say_farewell(code, description, now);
        }
    }

    fn say_farewell(&mut self, code: &str, description: &str, now: Timestamp) {
        self.status("error", code, description);
        self.reader = ChunkReader::new();
        self.enter(Phase::Farewell, now);
    }

    fn status(&mut self, level: &str, code: &str, description: &str) {
        let info = object([
            ("level", level.into()),
            ("code", code.into()),
            ("description", description.into()),
        ]);
        let values = ["onStatus".into(), 0.0.into(), Value::Null, info];
        self.writer.command(lane::STATUS, self.stream, &values);
    }

    /// When [`Session::timeout`] is due; `None` once closed.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let wait = match self.phase {
            Phase::Handshake => HANDSHAKE_TIME_OUT,
            Phase::Ready | Phase::Asked => PUBLISH_TIME_OUT,
            Phase::Live => IDLE_TIME_OUT,
            Phase::Farewell => FAREWELL,
            Phase::Closed => return None,
        };
        Some(self.since + wait)
    }

    /// Closes the session when its deadline has passed; does nothing before.
    pub fn timeout(&mut self, now: Timestamp) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        self.close(match self.phase {
            Phase::Handshake => Closed::HandshakeTimeOut,
            Phase::Ready | Phase::Asked => Closed::PublishTimeOut,
            Phase::Live => Closed::Idle,
            Phase::Farewell | Phase::Closed => Closed::Stopped,
        });
    }

    /// Payload held: half-filled messages, events that were not fetched, and output that was not taken.
    #[must_use]
    pub fn buffered_bytes(&self) -> usize {
        self.reader.buffered_bytes() + self.held_bytes + self.queued_bytes + self.writer.out.len()
    }

    #[cfg(test)]
    pub(super) fn reader_bytes(&self) -> usize {
        self.reader.buffered_bytes()
    }
}
