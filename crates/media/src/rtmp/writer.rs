//! Messages become chunks (RTMP 1.0 §5.3).

use bytes::{BufMut, Bytes, BytesMut};

use super::message::{kind, lane};

const DEFAULT_CHUNK_BYTES: usize = 128;
const EXTENDED: u32 = 0xff_ffff;

/// What the last header on a chunk stream said.
#[derive(Clone, Copy)]
struct Last {
    lane: u32,
    kind: u8,
    stream: u32,
    length: usize,
    timestamp_ms: u32,
    /// Unknown behind a header of type 0, where readers disagree about what type 3 repeats.
    delta_ms: Option<u32>,
}

/// Writes the messages of one connection. Lanes are the few that this crate uses, all below 64.
pub(super) struct ChunkWriter {
    pub(super) out: BytesMut,
    chunk_bytes: usize,
    last: Vec<Last>,
}

impl ChunkWriter {
    pub(super) fn new() -> Self {
        Self { out: BytesMut::new(), chunk_bytes: DEFAULT_CHUNK_BYTES, last: Vec::new() }
    }

    pub(super) fn take(&mut self) -> Bytes {
        self.out.split().freeze()
    }

    /// Announces and uses another chunk size.
    pub(super) fn set_chunk_size(&mut self, bytes: u32) {
        self.message(lane::CONTROL, kind::SET_CHUNK_SIZE, 0, 0, &bytes.to_be_bytes());
        self.chunk_bytes = bytes as usize;
    }

    /// Appends a message. Its body must be shorter than 16 MiB.
    pub(super) fn message(
        &mut self,
        lane: u32,
        kind: u8,
        stream: u32,
        timestamp_ms: u32,
        body: &[u8],
    ) {
        let known = self.last.iter().position(|last| last.lane == lane);
        let last = known.map(|index| self.last[index]);
        let (format, time, delta_ms) =
            format(last.as_ref(), kind, stream, body.len(), timestamp_ms);
        let extended = (time >= EXTENDED).then_some(time);
        self.out.reserve(body.len() + body.len() / self.chunk_bytes * 5 + 18);
        self.header(format, lane, time.min(EXTENDED), (kind, stream, body.len()));
        for (i, chunk) in body.chunks(self.chunk_bytes).enumerate() {
            if i > 0 {
                self.out.put_u8(0xc0 | lane as u8);
            }
            if let Some(time) = extended {
                self.out.put_u32(time);
            }
            self.out.put_slice(chunk);
        }
        if let (true, Some(time)) = (body.is_empty(), extended) {
            self.out.put_u32(time);
        }
        let now = Last { lane, kind, stream, length: body.len(), timestamp_ms, delta_ms };
        match known {
            Some(index) => self.last[index] = now,
            None => self.last.push(now),
        }
    }

    fn header(
        &mut self,
        format: u8,
        lane: u32,
        time: u32,
        (kind, stream, length): (u8, u32, usize),
    ) {
        self.out.put_u8(format << 6 | lane as u8);
        if format < 3 {
            self.out.put_uint(u64::from(time), 3);
        }
        if format < 2 {
            self.out.put_uint(length as u64, 3);
            self.out.put_u8(kind);
        }
        if format == 0 {
            self.out.put_u32_le(stream);
        }
    }
}

/// The shortest header that says it, its time field, and the difference that a type 3 may repeat afterwards.
fn format(
    last: Option<&Last>,
    kind: u8,
    stream: u32,
    length: usize,
    timestamp_ms: u32,
) -> (u8, u32, Option<u32>) {
    let Some(last) = last.filter(|last| last.stream == stream && timestamp_ms >= last.timestamp_ms)
    else {
        return (0, timestamp_ms, None);
    };
    let delta = timestamp_ms - last.timestamp_ms;
    let same = last.kind == kind && last.length == length;
    if same && last.delta_ms == Some(delta) && delta < EXTENDED {
        return (3, delta, Some(delta));
    }
    (if same { 2 } else { 1 }, delta, Some(delta))
}
