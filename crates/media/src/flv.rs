//! FLV (Adobe FLV 10.1) and the enhanced RTMP tags of the Veovera specification: tag bodies, a reader and a writer of files.
//!
//! RTMP carries the same tag bodies, so the live path and files share this parser. Only H.264 and AAC are taken apart;
//! every other codec is named, so that it can be refused by its name.

pub(crate) mod reader;
mod tag;
mod writer;

pub use reader::{FlvError, Reader, read};
pub use tag::{AudioBody, Codec, Tag, TagKind, VideoBody, audio_body, video_body};
pub use writer::{Writer, audio_data, audio_header, video_data, video_header};

/// The longest tag body that is read or written; the format's own limit is 16 MiB.
pub const MAX_TAG_BYTES: usize = 8 << 20;

#[cfg(test)]
pub(crate) mod ffmpeg;
#[cfg(test)]
mod tests;
