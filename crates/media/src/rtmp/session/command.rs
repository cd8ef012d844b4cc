//! The commands of an encoder (RTMP 1.0 §7.2, and those that Flash Media Live Encoder brought).

use units::Timestamp;

use super::super::amf::{self, Value};
use super::super::message::{kind, lane, object};
use super::super::{Fault, MAX_COMMAND_BYTES, MAX_PUBLISHES, StreamKey, status};
use super::{CHUNK_BYTES, Event, Phase, PublishRequest, Session, WINDOW_BYTES};

const MAX_NAME_BYTES: usize = 256;
const MAX_KEY_BYTES: usize = 512;
const MAX_FOUR_CCS: usize = 32;
/// Message streams that one connection may create.
const MAX_STREAMS: u32 = 16;

/// What `connect` said.
pub(super) struct Peer {
    app: String,
    agent: String,
    four_ccs: Vec<String>,
}

impl Peer {
    fn read(object: &Value) -> Self {
        let text = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let mut four_ccs: Vec<String> = match object.get("fourCcList") {
            Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(clip).collect(),
            _ => Vec::new(),
        };
        for name in ["videoFourCcInfoMap", "audioFourCcInfoMap"] {
            if let Some(Value::Object(fields)) = object.get(name) {
                four_ccs.extend(fields.iter().map(|field| clip(&field.0)));
            }
        }
        four_ccs.truncate(MAX_FOUR_CCS);
        let app = clip(text("app").split('?').next().unwrap_or_default().trim_matches('/'));
        Self { app, agent: clip(text("flashVer")), four_ccs }
    }
}

fn clip(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_NAME_BYTES)].to_owned()
}

impl Session {
    pub(super) fn command(
        &mut self,
        body: &[u8],
        stream: u32,
        now: Timestamp,
    ) -> Result<(), Fault> {
        if body.len() > MAX_COMMAND_BYTES {
            return Err(Fault::CommandTooLong(body.len()));
        }
        let values = amf::decode(body)?;
        let (Some(name), Some(transaction)) = (
            values.first().and_then(Value::as_str),
            values.get(1).map_or(Some(0.0), Value::as_number),
        ) else {
            return Err(Fault::Order);
        };
        match name {
            "connect" => return self.connect(transaction, values.get(2)),
            // Bandwidth checks and the like come from some encoders before `connect` is answered; they need no answer.
            _ if self.connected.is_none() => return Ok(()),
            "releaseStream" => self.result(transaction, Value::Undefined),
            "FCPublish" => {
                self.result(transaction, Value::Undefined);
                let info = object([("level", "status".into()), ("code", status::START.into())]);
                self.writer.command(
                    lane::COMMAND,
                    0,
                    &["onFCPublish".into(), 0.0.into(), Value::Null, info],
                );
            }
            "createStream" => {
                self.streams += 1;
                if self.streams > MAX_STREAMS {
                    return Err(Fault::Order);
                }
                self.result(transaction, f64::from(self.streams).into());
            }
            "publish" => return self.publish(values.get(3), stream, now),
            "play" | "play2" => {
                self.stream = stream;
                self.stop(
                    "NetStream.Play.Failed",
                    "this server does not play streams over RTMP",
                    now,
                );
            }
            "deleteStream" | "FCUnpublish" | "closeStream" => self.unpublish(now),
            _ => {}
        }
        Ok(())
    }

    fn connect(&mut self, transaction: f64, arguments: Option<&Value>) -> Result<(), Fault> {
        if self.connected.is_some() {
            return Err(Fault::Order);
        }
        self.connected = Some(Peer::read(arguments.unwrap_or(&Value::Null)));
        self.writer.control(kind::WINDOW, WINDOW_BYTES);
        self.writer.peer_bandwidth(WINDOW_BYTES);
        self.writer.set_chunk_size(CHUNK_BYTES);
        // Some encoders read the version to decide whether the server knows `FCPublish`.
        let properties =
            object([("fmsVer", "FMS/3,5,3,888".into()), ("capabilities", 127.0.into())]);
        let info = object([
            ("level", "status".into()),
            ("code", "NetConnection.Connect.Success".into()),
            ("description", "connected".into()),
            ("objectEncoding", 0.0.into()),
        ]);
        self.writer.command(
            lane::COMMAND,
            0,
            &["_result".into(), transaction.into(), properties, info],
        );
        Ok(())
    }

    fn result(&mut self, transaction: f64, value: Value) {
        if transaction != 0.0 {
            self.writer.command(
                lane::COMMAND,
                0,
                &["_result".into(), transaction.into(), Value::Null, value],
            );
        }
    }

    fn publish(&mut self, name: Option<&Value>, stream: u32, now: Timestamp) -> Result<(), Fault> {
        let Some(peer) = self.connected.as_ref().filter(|_| self.phase == Phase::Ready) else {
            return Err(Fault::Order);
        };
        let key = name.and_then(Value::as_str).unwrap_or_default();
        let request = PublishRequest {
            app: peer.app.clone(),
            key: StreamKey::new(key),
            agent: peer.agent.clone(),
            four_ccs: peer.four_ccs.clone(),
        };
        self.publishes += 1;
        if self.publishes > MAX_PUBLISHES {
            return Err(Fault::Order);
        }
        self.stream = stream;
        self.enter(Phase::Asked, now);
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            self.refuse_publish(status::BAD_NAME, "the stream key is missing or too long", now);
        } else {
            self.events.push_back((Event::Publish(request), 0));
        }
        Ok(())
    }

    fn unpublish(&mut self, now: Timestamp) {
        if matches!(self.phase, Phase::Asked | Phase::Live) {
            self.enter(Phase::Ready, now);
            self.events.push_back((Event::Unpublish, 0));
        }
    }

    /// A data message. Metadata is a courtesy: what is not readable is left out.
    pub(super) fn data(&mut self, body: &[u8]) -> Result<(), Fault> {
        if body.len() > MAX_COMMAND_BYTES {
            return Ok(());
        }
        let Ok(values) = amf::decode(body) else { return Ok(()) };
        let mut values = values.into_iter().peekable();
        values.next_if_eq(&Value::from("@setDataFrame"));
        if values.next_if_eq(&Value::from("onMetaData")).is_none() {
            return Ok(());
        }
        let Some(Value::Object(fields)) = values.next() else { return Ok(()) };
        // Values take more memory than the bytes that they were sent in.
        self.push(Event::Metadata(fields), MAX_COMMAND_BYTES)
    }
}
