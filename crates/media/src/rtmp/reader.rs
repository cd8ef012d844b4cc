//! Chunks become messages (RTMP 1.0 §5.3). Holds what is half-filled, within one budget per connection.

use bytes::{Bytes, BytesMut};

use super::message::{Message, kind, number};
use super::{Fault, MAX_CHUNK_STREAMS, MAX_HALF_FILLED_BYTES, MAX_MESSAGE_BYTES};

/// What both ends begin with.
const DEFAULT_CHUNK_BYTES: usize = 128;
/// Three bytes of basic header, eleven of message header, four of extended timestamp.
const MAX_HEADER_BYTES: usize = 18;
/// In the 24-bit field: the time is in the four bytes behind the header.
const EXTENDED: u32 = 0xff_ffff;
/// A message reserves no more than this before its bytes come.
const MAX_RESERVE_BYTES: usize = 256 << 10;

/// What the last chunk header of a chunk stream said.
struct ChunkStream {
    id: u32,
    kind: u8,
    stream: u32,
    length: usize,
    timestamp_ms: u32,
    delta_ms: u32,
    /// The extended field of the last header, which headers of type 3 repeat.
    extended: Option<u32>,
    /// The last header of type 0 to 2 was of type 0: its time was absolute.
    absolute: bool,
    /// The message in the making.
    body: Option<BytesMut>,
}

/// Reassembles the messages of one connection.
pub(super) struct ChunkReader {
    streams: Vec<ChunkStream>,
    head: [u8; MAX_HEADER_BYTES],
    head_length: usize,
    /// The chunk stream that is being filled, and what is left of the chunk.
    filling: Option<(usize, usize)>,
    chunk_bytes: usize,
    claimed: usize,
}

/// Where a header stands.
enum Head {
    /// More bytes are needed.
    Short,
    /// Complete: the chunk stream's index, and how many bytes of the payload stand at the end of the header buffer.
    Whole(usize, usize),
}

impl ChunkReader {
    pub(super) fn new() -> Self {
        Self {
            streams: Vec::new(),
            head: [0; MAX_HEADER_BYTES],
            head_length: 0,
            filling: None,
            chunk_bytes: DEFAULT_CHUNK_BYTES,
            claimed: 0,
        }
    }

    /// Memory held for half-filled messages.
    pub(super) fn buffered_bytes(&self) -> usize {
        self.streams.iter().filter_map(|stream| stream.body.as_ref()).map(BytesMut::capacity).sum()
    }

    /// Takes bytes off `input` up to the end of a message. Chunk sizes and aborts are obeyed here.
    pub(super) fn message(&mut self, input: &mut &[u8]) -> Result<Option<Message>, Fault> {
        loop {
            if self.filling.is_none() {
                match self.header(input)? {
                    Head::Short => return Ok(None),
                    Head::Whole(index, early) => self.begin_chunk(index, early),
                }
            }
            let Some(message) = self.fill(input) else {
                if input.is_empty() {
                    return Ok(None);
                }
                continue;
            };
            match message.kind {
                kind::SET_CHUNK_SIZE => self.set_chunk_size(&message.body)?,
                kind::ABORT => self.abort(&message.body)?,
                _ => return Ok(Some(message)),
            }
        }
    }

    /// Pulls bytes until the header buffer has `length` of them.
    fn pull(&mut self, input: &mut &[u8], length: usize) -> bool {
        let missing = length.saturating_sub(self.head_length).min(input.len());
        let (taken, rest) = input.split_at(missing);
        self.head[self.head_length..self.head_length + missing].copy_from_slice(taken);
        self.head_length += missing;
        *input = rest;
        self.head_length >= length
    }

    fn header(&mut self, input: &mut &[u8]) -> Result<Head, Fault> {
        if !self.pull(input, 1) {
            return Ok(Head::Short);
        }
        let basic = match self.head[0] & 63 {
            0 => 2,
            1 => 3,
            _ => 1,
        };
        let format = self.head[0] >> 6;
        let fields = basic + [11, 7, 3, 0][usize::from(format)];
        if !self.pull(input, fields) {
            return Ok(Head::Short);
        }
        let id = match basic {
            1 => u32::from(self.head[0] & 63),
            2 => 64 + u32::from(self.head[1]),
            _ => 64 + u32::from(self.head[1]) + 256 * u32::from(self.head[2]),
        };
        let index = self.stream(id, format)?;
        if format == 3 {
            return self.repeated_header(input, index, fields);
        }
        let mut time =
            u32::from_be_bytes([0, self.head[basic], self.head[basic + 1], self.head[basic + 2]]);
        let mut extended = None;
        if time == EXTENDED {
            if !self.pull(input, fields + 4) {
                return Ok(Head::Short);
            }
            time = self.extended_field(fields);
            extended = Some(time);
        }
        self.apply(index, basic, format, time, extended)?;
        Ok(Head::Whole(index, 0))
    }

    fn extended_field(&self, at: usize) -> u32 {
        u32::from_be_bytes([self.head[at], self.head[at + 1], self.head[at + 2], self.head[at + 3]])
    }

    fn stream(&mut self, id: u32, format: u8) -> Result<usize, Fault> {
        if let Some(index) = self.streams.iter().position(|stream| stream.id == id) {
            return Ok(index);
        }
        // Type 1 on a fresh stream is out of order, but some encoders begin so; what it leaves out counts as zero.
        if format > 1 {
            return Err(Fault::NoHeader(id));
        }
        if self.streams.len() == MAX_CHUNK_STREAMS {
            return Err(Fault::TooManyChunkStreams);
        }
        self.streams.push(ChunkStream {
            id,
            kind: 0,
            stream: 0,
            length: 0,
            timestamp_ms: 0,
            delta_ms: 0,
            extended: None,
            absolute: false,
            body: None,
        });
        Ok(self.streams.len() - 1)
    }

    /// Reads the fields of a header of type 0 to 2, which always begins a message.
    fn apply(
        &mut self,
        index: usize,
        basic: usize,
        format: u8,
        time: u32,
        extended: Option<u32>,
    ) -> Result<(), Fault> {
        let head = &self.head[basic..];
        let stream = &mut self.streams[index];
        if stream.body.take().is_some() {
            self.claimed -= stream.length;
        }
        if format < 2 {
            stream.length = u32::from_be_bytes([0, head[3], head[4], head[5]]) as usize;
            stream.kind = head[6];
        }
        if format == 0 {
            stream.stream = u32::from_le_bytes([head[7], head[8], head[9], head[10]]);
            stream.timestamp_ms = time;
        } else {
            stream.timestamp_ms = stream.timestamp_ms.wrapping_add(time);
        }
        // A type 3 behind a type 0 repeats its time as a difference (§5.3.1.2.4).
        stream.delta_ms = time;
        stream.absolute = format == 0;
        stream.extended = extended;
        self.open(index)
    }

    /// Type 3: the next piece of a message, or a new message like the last.
    fn repeated_header(
        &mut self,
        input: &mut &[u8],
        index: usize,
        fields: usize,
    ) -> Result<Head, Fault> {
        let stream = &self.streams[index];
        let Some(expected) = stream.extended else {
            if stream.body.is_none() {
                let delta = stream.delta_ms;
                self.streams[index].timestamp_ms =
                    self.streams[index].timestamp_ms.wrapping_add(delta);
                self.open(index)?;
            }
            return Ok(Head::Whole(index, 0));
        };
        if let Some(body) = &stream.body {
            // Some encoders leave the repeated field out in the middle of a message: bytes that differ are payload.
            let piece = (stream.length - body.len()).min(self.chunk_bytes);
            let expected = expected.to_be_bytes();
            for (have, byte) in expected.into_iter().enumerate().take(piece) {
                if !self.pull(input, fields + have + 1) {
                    return Ok(Head::Short);
                }
                if self.head[fields + have] != byte {
                    return Ok(Head::Whole(index, self.head_length - fields));
                }
            }
        }
        if !self.pull(input, fields + 4) {
            return Ok(Head::Short);
        }
        let time = self.extended_field(fields);
        let stream = &mut self.streams[index];
        if stream.body.is_none() {
            // Behind an absolute time the field is absolute too: as a difference it would be a jump of hours.
            stream.timestamp_ms =
                if stream.absolute { time } else { stream.timestamp_ms.wrapping_add(time) };
            self.open(index)?;
        }
        Ok(Head::Whole(index, 0))
    }

    /// Begins a message of the chunk stream's length.
    fn open(&mut self, index: usize) -> Result<(), Fault> {
        let stream = &mut self.streams[index];
        if stream.length > MAX_MESSAGE_BYTES {
            return Err(Fault::MessageTooLong(stream.length));
        }
        if self.claimed + stream.length > MAX_HALF_FILLED_BYTES {
            return Err(Fault::HalfFilled);
        }
        self.claimed += stream.length;
        stream.body = Some(BytesMut::with_capacity(stream.length.min(MAX_RESERVE_BYTES)));
        Ok(())
    }

    /// The header is read; its last `early` bytes are payload.
    fn begin_chunk(&mut self, index: usize, early: usize) {
        let stream = &mut self.streams[index];
        let have = stream.body.as_ref().map_or(0, BytesMut::len);
        let chunk = self.chunk_bytes.min(stream.length - have);
        let early = early.min(chunk);
        if let Some(body) = &mut stream.body {
            body.extend_from_slice(&self.head[self.head_length - early..self.head_length]);
        }
        self.head_length = 0;
        self.filling = Some((index, chunk - early));
    }

    fn fill(&mut self, input: &mut &[u8]) -> Option<Message> {
        let (index, left) = self.filling?;
        let stream = &mut self.streams[index];
        let body = stream.body.as_mut()?;
        let (taken, rest) = input.split_at(left.min(input.len()));
        body.extend_from_slice(taken);
        *input = rest;
        if taken.len() < left {
            self.filling = Some((index, left - taken.len()));
            return None;
        }
        self.filling = None;
        if body.len() < stream.length {
            return None;
        }
        self.claimed -= stream.length;
        let body = stream.body.take().map(BytesMut::freeze).unwrap_or_default();
        Some(Message {
            kind: stream.kind,
            stream: stream.stream,
            timestamp_ms: stream.timestamp_ms,
            body,
        })
    }

    fn set_chunk_size(&mut self, body: &Bytes) -> Result<(), Fault> {
        let size = number(body).ok_or(Fault::Control(kind::SET_CHUNK_SIZE))? & 0x7fff_ffff;
        if size == 0 {
            return Err(Fault::ChunkSize);
        }
        // A chunk never holds more than one message.
        self.chunk_bytes = (size as usize).min(MAX_MESSAGE_BYTES);
        Ok(())
    }

    fn abort(&mut self, body: &Bytes) -> Result<(), Fault> {
        let id = number(body).ok_or(Fault::Control(kind::ABORT))?;
        if let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id)
            && stream.body.take().is_some()
        {
            self.claimed -= stream.length;
        }
        Ok(())
    }
}
