//! The encoder's end of a connection: sends one stream of FLV tags. Used by the demo and by tests.

use std::collections::VecDeque;
use std::mem;

use bytes::{BufMut, Bytes, BytesMut};

use super::amf::{self, Value};
use super::handshake::{Handshake, Side, hello};
use super::message::{Message, control, kind, lane, object};
use super::reader::ChunkReader;
use super::writer::ChunkWriter;
use super::{Fault, MAX_COMMAND_BYTES, StreamKey, status};
use crate::flv::{Tag, TagKind};

const CHUNK_BYTES: u32 = 4096;
/// Transactions, in the order in which they are answered.
const CONNECT: f64 = 1.0;
const RELEASE: f64 = 2.0;
const FC_PUBLISH: f64 = 3.0;
const CREATE: f64 = 4.0;
const PUBLISH: f64 = 5.0;

/// What the server said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PublisherEvent {
    /// The stream is accepted: tags may be sent.
    Ready,
    /// The server does not take the stream, or no longer takes it. Close the connection.
    Refused {
        /// The `onStatus` code, such as `NetStream.Publish.BadName`.
        code: String,
        /// The server's words.
        description: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Handshake,
    Asking,
    Live,
    Over,
}

/// One outgoing stream. Send [`Publisher::output`] after every call.
pub struct Publisher {
    phase: Phase,
    app: String,
    key: StreamKey,
    url: String,
    handshake: Handshake,
    reader: ChunkReader,
    writer: ChunkWriter,
    events: VecDeque<PublisherEvent>,
    stream: u32,
}

impl Publisher {
    /// Publishes `key` under `app`; `url` is what the server is told that it was reached by, without the key.
    #[must_use]
    pub fn new(app: &str, key: StreamKey, url: &str) -> Self {
        let mut writer = ChunkWriter::new();
        hello(&mut writer.out);
        Self {
            phase: Phase::Handshake,
            app: app.to_owned(),
            key,
            url: url.to_owned(),
            handshake: Handshake::new(Side::Client),
            reader: ChunkReader::new(),
            writer,
            events: VecDeque::new(),
            stream: 0,
        }
    }

    /// Takes bytes from the server, split anywhere.
    ///
    /// # Errors
    /// When the server does not speak RTMP. Close the connection then.
    pub fn receive(&mut self, mut input: &[u8]) -> Result<(), Fault> {
        if self.phase == Phase::Handshake {
            if !self.handshake.receive(&mut input, &mut self.writer.out)? {
                return Ok(());
            }
            self.phase = Phase::Asking;
            self.connect();
        }
        while let Some(message) = self.reader.message(&mut input)? {
            self.obey(&message)?;
        }
        Ok(())
    }

    fn connect(&mut self) {
        self.writer.set_chunk_size(CHUNK_BYTES);
        let arguments = object([
            ("app", self.app.as_str().into()),
            ("type", "nonprivate".into()),
            ("flashVer", "FMLE/3.0 (compatible; Ringlight)".into()),
            ("tcUrl", self.url.as_str().into()),
        ]);
        self.writer.command(lane::COMMAND, 0, &["connect".into(), CONNECT.into(), arguments]);
    }

    fn obey(&mut self, message: &Message) -> Result<(), Fault> {
        match message.kind {
            kind::USER_CONTROL => {
                let event = message.body.first_chunk().map(|bytes| u16::from_be_bytes(*bytes));
                if event == Some(control::PING) {
                    self.writer
                        .user_control(control::PONG, message.body.get(2..6).unwrap_or_default());
                }
                Ok(())
            }
            kind::COMMAND => self.command(&message.body),
            kind::COMMAND_AMF3 => self.command(message.body.get(1..).unwrap_or_default()),
            _ => Ok(()),
        }
    }

    fn command(&mut self, body: &[u8]) -> Result<(), Fault> {
        if body.len() > MAX_COMMAND_BYTES {
            return Err(Fault::CommandTooLong(body.len()));
        }
        let values = amf::decode(body)?;
        let transaction = values.get(1).and_then(Value::as_number).unwrap_or_default();
        match values.first().and_then(Value::as_str) {
            Some("_result") if self.phase == Phase::Asking && transaction == CONNECT => {
                self.create()
            }
            Some("_result") if self.phase == Phase::Asking && transaction == CREATE => {
                self.stream = values.get(3).and_then(Value::as_number).unwrap_or(1.0) as u32;
                let key = self.key.expose().into();
                let values = ["publish".into(), PUBLISH.into(), Value::Null, key, "live".into()];
                self.writer.command(lane::STATUS, self.stream, &values);
            }
            // Servers that do not know the two courtesies answer them with an error.
            Some("_error") if transaction == RELEASE || transaction == FC_PUBLISH => {}
            Some("_error") => self.refused(values.get(3)),
            Some("onStatus") => self.status(values.get(3)),
            _ => {}
        }
        Ok(())
    }

    fn create(&mut self) {
        for (name, transaction) in [("releaseStream", RELEASE), ("FCPublish", FC_PUBLISH)] {
            let key = self.key.expose().into();
            self.writer.command(
                lane::COMMAND,
                0,
                &[name.into(), transaction.into(), Value::Null, key],
            );
        }
        self.writer.command(lane::COMMAND, 0, &["createStream".into(), CREATE.into(), Value::Null]);
    }

    fn status(&mut self, info: Option<&Value>) {
        let text = |name| info.and_then(|info| info.get(name)).and_then(Value::as_str);
        if text("code") == Some(status::START) && self.phase == Phase::Asking {
            self.phase = Phase::Live;
            self.events.push_back(PublisherEvent::Ready);
        } else if text("level") == Some("error") {
            self.refused(info);
        }
    }

    fn refused(&mut self, info: Option<&Value>) {
        if self.phase == Phase::Over {
            return;
        }
        self.phase = Phase::Over;
        let text = |name| {
            info.and_then(|info| info.get(name))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        self.events.push_back(PublisherEvent::Refused {
            code: text("code"),
            description: text("description"),
        });
    }

    /// What the server said, in order.
    pub fn event(&mut self) -> Option<PublisherEvent> {
        self.events.pop_front()
    }

    /// What is to be sent to the server; empty when there is nothing.
    pub fn output(&mut self) -> Bytes {
        self.writer.take()
    }

    /// Bytes that wait in [`Publisher::output`]. A caller that cannot send holds its tags back.
    #[must_use]
    pub fn buffered_bytes(&self) -> usize {
        self.writer.out.len() + self.reader.buffered_bytes()
    }

    /// Sends a tag. False before the stream is accepted and after its end.
    pub fn send(&mut self, tag: &Tag) -> bool {
        if self.phase != Phase::Live {
            return false;
        }
        let lane = if tag.kind == TagKind::Video { lane::VIDEO } else { lane::AUDIO };
        if tag.kind == TagKind::Script {
            let mut body = BytesMut::new();
            amf::encode(&"@setDataFrame".into(), &mut body);
            body.put_slice(&tag.body);
            self.writer.message(lane, kind::DATA, self.stream, tag.timestamp_ms, &body);
        } else {
            self.writer.message(lane, tag.kind.number(), self.stream, tag.timestamp_ms, &tag.body);
        }
        true
    }

    /// Ends the stream in order. Close the connection after the output is sent.
    pub fn finish(&mut self) {
        if mem::replace(&mut self.phase, Phase::Over) != Phase::Live {
            return;
        }
        let key = self.key.expose().into();
        self.writer.command(
            lane::COMMAND,
            0,
            &["FCUnpublish".into(), 6.0.into(), Value::Null, key],
        );
        let stream = f64::from(self.stream).into();
        self.writer.command(
            lane::COMMAND,
            0,
            &["deleteStream".into(), 7.0.into(), Value::Null, stream],
        );
    }
}
