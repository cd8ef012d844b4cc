//! Server-side WebSocket framing (RFC 6455), sans-I/O.
//!
//! Owns: the incremental parser of masked client frames, the encoder of server frames, the accept
//! key. Never touches a socket, never allocates more than one message. Extensions are not
//! negotiated, so every reserved bit is a violation.

use base64::Engine as _;
use bytes::Bytes;
use sha1::{Digest as _, Sha1};

/// Most bytes of one client message, over all its fragments.
pub const MESSAGE_MAX_BYTES: usize = 4 * 1024;
/// Most bytes of a control frame's payload (RFC 6455 §5.5).
pub const CONTROL_MAX_BYTES: usize = 125;
/// Longest header of a client frame: 2 + 8 length + 4 mask.
const HEADER_MAX_BYTES: usize = 14;

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// Why a connection is closed; the discriminant is the code on the wire (RFC 6455 §7.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[non_exhaustive]
pub enum CloseCode {
    /// The purpose is fulfilled.
    Normal = 1000,
    /// The server goes away.
    GoingAway = 1001,
    /// The peer broke the framing rules.
    Protocol = 1002,
    /// The peer sent binary data.
    Unsupported = 1003,
    /// A text message is not UTF-8.
    NotUtf8 = 1007,
    /// A rule of this server was broken.
    Policy = 1008,
    /// A message exceeds [`MESSAGE_MAX_BYTES`].
    TooBig = 1009,
    /// The server failed.
    Internal = 1011,
    /// The server is overloaded; the client may come back later.
    TryAgainLater = 1013,
}

impl CloseCode {
    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u16 {
        self as u16
    }
}

/// One complete thing a client said, borrowed from the [`Reader`].
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text message, checked to be UTF-8.
    Text(&'a str),
    /// A ping; answer with [`pong`].
    Ping(&'a [u8]),
    /// An answer to a ping of ours.
    Pong,
    /// The peer closes; answer with [`close`] and send nothing more.
    Close,
}

/// Incremental parser of one client's frames.
///
/// Call [`Reader::next`] until it returns `Ok(None)`; an `Err` is final.
#[derive(Debug, Default)]
pub struct Reader {
    header: [u8; HEADER_MAX_BYTES],
    header_len: usize,
    /// The frame whose payload is being read, once its header is complete.
    frame: Option<FrameInProgress>,
    /// Payload of the data message so far. Empty (and unallocated) between messages.
    message: Vec<u8>,
    /// A data message has begun and its last fragment has not been seen.
    fragmented: bool,
    /// The message in `message` was handed out and is forgotten at the next call.
    handed_out: bool,
    control: Vec<u8>,
    closed: bool,
    frames: u64,
}

#[derive(Clone, Copy, Debug)]
struct FrameInProgress {
    opcode: u8,
    fin: bool,
    mask: [u8; 4],
    len: usize,
    read: usize,
}

impl Reader {
    /// Frames whose header has been read: the measure for rate limits, because empty fragments and
    /// control frames cost work too.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Consumes from the front of `input` up to the end of the next message.
    ///
    /// # Errors
    /// The code to close with. The reader must not be used afterwards.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Message<'_>>, CloseCode> {
        if std::mem::take(&mut self.handed_out) {
            // Freed, not cleared: thousands of idle viewers keep no buffer.
            self.message = Vec::new();
        }
        if self.frame.is_none() {
            self.control = Vec::new();
        }
        if self.closed {
            // Whatever follows a close frame is discarded (RFC 6455 §5.5.1).
            *input = &[];
            return Ok(None);
        }
        loop {
            let Some(mut frame) = self.frame else {
                if !self.read_header(input)? {
                    return Ok(None);
                }
                continue;
            };
            let take = input.len().min(frame.len - frame.read);
            let (now, later) = input.split_at(take);
            *input = later;
            let target = if frame.opcode >= CLOSE { &mut self.control } else { &mut self.message };
            unmask_into(target, now, frame.mask, frame.read);
            frame.read += take;
            if frame.read < frame.len {
                self.frame = Some(frame);
                return Ok(None);
            }
            self.frame = None;
            if frame.opcode >= CLOSE {
                return self.finish_control(frame.opcode).map(Some);
            }
            self.fragmented = !frame.fin;
            if frame.fin {
                self.handed_out = true;
                return match std::str::from_utf8(&self.message) {
                    Ok(text) => Ok(Some(Message::Text(text))),
                    Err(_) => Err(CloseCode::NotUtf8),
                };
            }
        }
    }

    /// Reads header bytes; true when `self.frame` is set.
    fn read_header(&mut self, input: &mut &[u8]) -> Result<bool, CloseCode> {
        loop {
            let need = header_len(&self.header[..self.header_len]);
            if self.header_len == need {
                break;
            }
            let Some((&byte, rest)) = input.split_first() else { return Ok(false) };
            *input = rest;
            self.header[self.header_len] = byte;
            self.header_len += 1;
            if self.header_len == 2 {
                self.check_first_two()?;
            }
        }
        let header = &self.header[..self.header_len];
        let (opcode, fin) = (header[0] & 0x0F, header[0] & 0x80 != 0);
        let (len, mask_at) = match header[1] & 0x7F {
            126 => (u64::from(u16::from_be_bytes([header[2], header[3]])), 4),
            127 => {
                let mut bytes = [0; 8];
                bytes.copy_from_slice(&header[2..10]);
                (u64::from_be_bytes(bytes), 10)
            }
            short => (u64::from(short), 2),
        };
        let minimal = match mask_at {
            4 => len >= 126,
            10 => len > 0xFFFF && len >> 63 == 0,
            _ => true,
        };
        if !minimal {
            return Err(CloseCode::Protocol);
        }
        if opcode < CLOSE
            && len.saturating_add(self.message.len() as u64) > MESSAGE_MAX_BYTES as u64
        {
            return Err(CloseCode::TooBig);
        }
        let mut mask = [0; 4];
        mask.copy_from_slice(&header[mask_at..mask_at + 4]);
        self.header_len = 0;
        self.frames += 1;
        // The length is at most MESSAGE_MAX_BYTES here: a control frame's was checked before.
        self.frame = Some(FrameInProgress { opcode, fin, mask, len: len as usize, read: 0 });
        Ok(true)
    }

    /// Refuses as early as the second byte, so a hostile length is never waited for.
    fn check_first_two(&self) -> Result<(), CloseCode> {
        let (first, second) = (self.header[0], self.header[1]);
        let (fin, opcode, len) = (first & 0x80 != 0, first & 0x0F, second & 0x7F);
        if first & 0x70 != 0 || second & 0x80 == 0 {
            return Err(CloseCode::Protocol);
        }
        match opcode {
            CONTINUATION if self.fragmented => Ok(()),
            TEXT if !self.fragmented => Ok(()),
            BINARY if !self.fragmented => Err(CloseCode::Unsupported),
            CLOSE | PING | PONG if fin && usize::from(len) <= CONTROL_MAX_BYTES => Ok(()),
            _ => Err(CloseCode::Protocol),
        }
    }

    fn finish_control(&mut self, opcode: u8) -> Result<Message<'_>, CloseCode> {
        match opcode {
            PING => Ok(Message::Ping(&self.control)),
            PONG => Ok(Message::Pong),
            _ => {
                self.closed = true;
                check_close(&self.control)?;
                Ok(Message::Close)
            }
        }
    }
}

/// How long the header that starts with `seen` is; at least 2.
fn header_len(seen: &[u8]) -> usize {
    match seen.get(1).map(|byte| byte & 0x7F) {
        None => 2,
        Some(126) => 8,
        Some(127) => 14,
        Some(_) => 6,
    }
}

fn unmask_into(target: &mut Vec<u8>, masked: &[u8], mask: [u8; 4], offset: usize) {
    target.extend(masked.iter().enumerate().map(|(at, byte)| byte ^ mask[(offset + at) & 3]));
}

/// Checks a close frame's payload (RFC 6455 §5.5.1, §7.4).
fn check_close(payload: &[u8]) -> Result<(), CloseCode> {
    match payload {
        [] => Ok(()),
        [_] => Err(CloseCode::Protocol),
        [high, low, reason @ ..] => {
            match u16::from_be_bytes([*high, *low]) {
                1000..=1003 | 1007..=1014 | 3000..=4999 => {}
                _ => return Err(CloseCode::Protocol),
            }
            std::str::from_utf8(reason).map(|_| ()).map_err(|_| CloseCode::NotUtf8)
        }
    }
}

/// Encodes one unmasked, final text frame whose payload is the concatenation of `parts`.
#[must_use]
pub fn text(parts: &[&[u8]]) -> Bytes {
    encode(TEXT, parts)
}

/// Encodes a ping without payload.
#[must_use]
pub fn ping() -> Bytes {
    encode(PING, &[])
}

/// Encodes the answer to a ping; `payload` is cut at [`CONTROL_MAX_BYTES`].
#[must_use]
pub fn pong(payload: &[u8]) -> Bytes {
    encode(PONG, &[&payload[..payload.len().min(CONTROL_MAX_BYTES)]])
}

/// Encodes a close frame; `reason` is cut at a character so that the frame stays within 125 bytes.
#[must_use]
pub fn close(code: CloseCode, reason: &str) -> Bytes {
    let end = reason.floor_char_boundary(CONTROL_MAX_BYTES - 2);
    encode(CLOSE, &[&code.code().to_be_bytes(), &reason.as_bytes()[..end]])
}

fn encode(opcode: u8, parts: &[&[u8]]) -> Bytes {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut frame = Vec::with_capacity(len + 10);
    frame.push(0x80 | opcode);
    match len {
        0..126 => frame.push(len as u8),
        126..0x1_0000 => {
            frame.push(126);
            frame.extend_from_slice(&(len as u16).to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    for part in parts {
        frame.extend_from_slice(part);
    }
    Bytes::from(frame)
}

/// The value of `Sec-WebSocket-Accept` for a client's `Sec-WebSocket-Key` (RFC 6455 §4.2.2).
#[must_use]
pub fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.trim().as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    base64::engine::general_purpose::STANDARD.encode(hash.finalize())
}

#[cfg(test)]
mod tests;
