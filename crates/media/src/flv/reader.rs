//! Reads FLV files: piece by piece, or a whole one without copying.

use bytes::{Buf, Bytes, BytesMut};

use super::{MAX_TAG_BYTES, Tag, TagKind};

const TAG_HEADER_BYTES: usize = 11;
const TRAILER_BYTES: usize = 4;
/// The header is 9 bytes; more is allowed for a future version, but not without end.
const MAX_HEADER_BYTES: usize = 4096;
/// Tags in one aggregate message; what is behind them is dropped.
const MAX_AGGREGATED: usize = 4096;

/// Why bytes are not an FLV file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlvError {
    /// The file does not begin with `FLV`.
    #[error("not an FLV file")]
    NotFlv,
    /// A tag is longer than [`MAX_TAG_BYTES`].
    #[error("an FLV tag of {0} bytes is too long")]
    TagTooLong(usize),
    /// A whole file ends inside a tag.
    #[error("the FLV file ends inside a tag")]
    Truncated,
}

/// Reads a file piece by piece. Holds at most one tag and the bytes of the last piece.
#[derive(Default)]
pub struct Reader {
    buffer: BytesMut,
    started: bool,
}

impl Reader {
    /// A reader at the start of a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes. Call [`Reader::tag`] until it answers `None` before the next piece.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete audio, video or script tag. Other tags are stepped over.
    ///
    /// # Errors
    /// When the file does not begin as FLV or a tag is too long.
    pub fn tag(&mut self) -> Result<Option<Tag>, FlvError> {
        if !self.started {
            let Some(length) = header(&self.buffer)? else { return Ok(None) };
            if self.buffer.len() < length {
                return Ok(None);
            }
            self.buffer.advance(length);
            self.started = true;
        }
        loop {
            let Some(head) = tag_header(&self.buffer)? else { return Ok(None) };
            let whole = TAG_HEADER_BYTES + head.length;
            if self.buffer.len() < whole + TRAILER_BYTES {
                return Ok(None);
            }
            let mut tag = self.buffer.split_to(whole + TRAILER_BYTES);
            if let Some(kind) = head.kind {
                tag.truncate(whole);
                tag.advance(TAG_HEADER_BYTES);
                return Ok(Some(Tag { kind, timestamp_ms: head.timestamp_ms, body: tag.freeze() }));
            }
        }
    }

    /// Bytes held back until the tag that they belong to is complete.
    #[must_use]
    pub fn buffered_bytes(&self) -> usize {
        self.buffer.len()
    }
}

/// Reads a whole file; bodies are slices of it.
///
/// # Errors
/// When it does not begin as FLV, a tag is too long, or the last tag is cut short.
pub fn read(file: &Bytes) -> Result<Vec<Tag>, FlvError> {
    let mut at = header(file)?.filter(|length| *length <= file.len()).ok_or(FlvError::Truncated)?;
    let mut tags = Vec::new();
    while at < file.len() {
        let head = tag_header(&file[at..])?.ok_or(FlvError::Truncated)?;
        let from = at + TAG_HEADER_BYTES;
        let to = from + head.length;
        if to > file.len() {
            return Err(FlvError::Truncated);
        }
        if let Some(kind) = head.kind {
            tags.push(Tag { kind, timestamp_ms: head.timestamp_ms, body: file.slice(from..to) });
        }
        at = to + TRAILER_BYTES;
    }
    Ok(tags)
}

/// How long the file header is with the first trailer, `None` when it is not all there.
fn header(bytes: &[u8]) -> Result<Option<usize>, FlvError> {
    let known = bytes.len().min(3);
    if bytes[..known] != b"FLV"[..known] {
        return Err(FlvError::NotFlv);
    }
    let Some(length) = bytes.get(5..9) else { return Ok(None) };
    let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
    if !(9..=MAX_HEADER_BYTES).contains(&length) {
        return Err(FlvError::NotFlv);
    }
    Ok(Some(length + TRAILER_BYTES))
}

pub(super) struct TagHead {
    pub(super) kind: Option<TagKind>,
    pub(super) length: usize,
    pub(super) timestamp_ms: u32,
}

fn tag_header(bytes: &[u8]) -> Result<Option<TagHead>, FlvError> {
    let Some(b) = bytes.get(..TAG_HEADER_BYTES) else { return Ok(None) };
    let length = u32::from_be_bytes([0, b[1], b[2], b[3]]) as usize;
    if length > MAX_TAG_BYTES {
        return Err(FlvError::TagTooLong(length));
    }
    // The filter bit means encryption: such a tag is stepped over.
    let kind = if b[0] & 0x20 == 0 { TagKind::from_number(b[0] & 31) } else { None };
    Ok(Some(TagHead { kind, length, timestamp_ms: u32::from_be_bytes([b[7], b[4], b[5], b[6]]) }))
}

/// Takes an RTMP aggregate message apart. Times are moved so that the first tag has the message's own time.
/// Bodies are slices of the message; the tail is dropped when it is cut short.
pub(crate) fn aggregate(message: &Bytes, timestamp_ms: u32) -> Vec<Tag> {
    let mut tags: Vec<Tag> = Vec::new();
    let (mut at, mut first) = (0, None);
    while let Ok(Some(head)) = tag_header(message.get(at..).unwrap_or_default()) {
        if tags.len() == MAX_AGGREGATED {
            break;
        }
        let from = at + TAG_HEADER_BYTES;
        let to = from + head.length;
        if to > message.len() {
            break;
        }
        let base = *first.get_or_insert(head.timestamp_ms);
        if let Some(kind) = head.kind {
            let timestamp_ms = timestamp_ms.wrapping_add(head.timestamp_ms.wrapping_sub(base));
            tags.push(Tag { kind, timestamp_ms, body: message.slice(from..to) });
        }
        at = to + TRAILER_BYTES;
    }
    tags
}
