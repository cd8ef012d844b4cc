//! Messages and the numbers that name them (RTMP 1.0 §5.4, §7).

use bytes::{BufMut, Bytes, BytesMut};

use super::amf::{self, Value};
use super::writer::ChunkWriter;

/// Message types.
pub(super) mod kind {
    pub(in crate::rtmp) const SET_CHUNK_SIZE: u8 = 1;
    pub(in crate::rtmp) const ABORT: u8 = 2;
    pub(in crate::rtmp) const ACKNOWLEDGEMENT: u8 = 3;
    pub(in crate::rtmp) const USER_CONTROL: u8 = 4;
    pub(in crate::rtmp) const WINDOW: u8 = 5;
    pub(in crate::rtmp) const PEER_BANDWIDTH: u8 = 6;
    pub(in crate::rtmp) const AUDIO: u8 = 8;
    pub(in crate::rtmp) const VIDEO: u8 = 9;
    pub(in crate::rtmp) const DATA_AMF3: u8 = 15;
    pub(in crate::rtmp) const COMMAND_AMF3: u8 = 17;
    pub(in crate::rtmp) const DATA: u8 = 18;
    pub(in crate::rtmp) const COMMAND: u8 = 20;
    pub(in crate::rtmp) const AGGREGATE: u8 = 22;
}

/// User control events.
pub(super) mod control {
    pub(in crate::rtmp) const STREAM_BEGIN: u16 = 0;
    pub(in crate::rtmp) const PING: u16 = 6;
    pub(in crate::rtmp) const PONG: u16 = 7;
}

/// Chunk streams that this crate writes on.
pub(super) mod lane {
    pub(in crate::rtmp) const CONTROL: u32 = 2;
    pub(in crate::rtmp) const COMMAND: u32 = 3;
    pub(in crate::rtmp) const AUDIO: u32 = 4;
    pub(in crate::rtmp) const STATUS: u32 = 5;
    pub(in crate::rtmp) const VIDEO: u32 = 6;
}

/// A whole message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Message {
    pub(super) kind: u8,
    pub(super) stream: u32,
    pub(super) timestamp_ms: u32,
    pub(super) body: Bytes,
}

/// The 32-bit number that most control messages are.
pub(super) fn number(body: &[u8]) -> Option<u32> {
    body.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

impl ChunkWriter {
    pub(super) fn control(&mut self, kind: u8, value: u32) {
        self.message(lane::CONTROL, kind, 0, 0, &value.to_be_bytes());
    }

    pub(super) fn peer_bandwidth(&mut self, bytes: u32) {
        const DYNAMIC: u8 = 2;
        let [a, b, c, d] = bytes.to_be_bytes();
        self.message(lane::CONTROL, kind::PEER_BANDWIDTH, 0, 0, &[a, b, c, d, DYNAMIC]);
    }

    pub(super) fn user_control(&mut self, event: u16, value: &[u8]) {
        let mut body = BytesMut::with_capacity(2 + value.len());
        body.put_u16(event);
        body.put_slice(value);
        self.message(lane::CONTROL, kind::USER_CONTROL, 0, 0, &body);
    }

    pub(super) fn command(&mut self, lane: u32, stream: u32, values: &[Value]) {
        self.amf(lane, kind::COMMAND, stream, values);
    }

    pub(super) fn amf(&mut self, lane: u32, kind: u8, stream: u32, values: &[Value]) {
        let mut body = BytesMut::new();
        values.iter().for_each(|value| amf::encode(value, &mut body));
        self.message(lane, kind, stream, 0, &body);
    }
}

/// An object from its fields.
pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
