//! Writes FLV files, such as a sealed clip.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use units::{Duration, MediaTime};

use super::{Tag, TagKind};
use crate::frame::{AudioConfig, Frame, VideoConfig};

/// FLV's audio byte for AAC: the format demands 44 kHz, 16 bit, stereo there, whatever the stream is.
const AAC: u8 = 0xaf;
const AVC_KEY: u8 = 0x17;
const AVC_INTER: u8 = 0x27;
/// Both tracks may follow.
const FILE_HEADER: [u8; 13] = [b'F', b'L', b'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0];

/// Writes frames or tags behind each other. Sequence headers are written when a configuration first appears or changes.
#[derive(Default)]
pub struct Writer {
    out: BytesMut,
    started: bool,
    base: Option<MediaTime>,
    video: Option<Arc<VideoConfig>>,
    audio: Option<Arc<AudioConfig>>,
}

impl Writer {
    /// A writer at the start of a file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tag as it is. A body over 16 MiB does not fit the format and is left out.
    pub fn tag(&mut self, tag: &Tag) {
        if !self.started {
            self.started = true;
            self.out.put_slice(&FILE_HEADER);
        }
        let Some(length) = u32::try_from(tag.body.len()).ok().filter(|length| *length < 1 << 24)
        else {
            return;
        };
        let time = tag.timestamp_ms.to_be_bytes();
        self.out.reserve(tag.body.len() + 15);
        self.out.put_u8(tag.kind.number());
        self.out.put_uint(u64::from(length), 3);
        self.out.put_slice(&[time[1], time[2], time[3], time[0], 0, 0, 0]);
        self.out.put_slice(&tag.body);
        self.out.put_u32(length + 11);
    }

    /// Adds a frame; times count from the first frame of the file.
    pub fn frame(&mut self, frame: &Frame) {
        let time = match frame {
            Frame::Video(video) => video.time,
            Frame::Audio(audio) => audio.time,
        };
        let base = *self.base.get_or_insert(time);
        let timestamp_ms = (time - base).ms().max(0) as u32;
        match frame {
            Frame::Video(video) => {
                if self.video.as_ref() != Some(&video.config) {
                    self.video = Some(Arc::clone(&video.config));
                    self.put(TagKind::Video, timestamp_ms, video_header(&video.config));
                }
                let body = video_data(&video.data, video.key, video.cts);
                self.put(TagKind::Video, timestamp_ms, body);
            }
            Frame::Audio(audio) => {
                if self.audio.as_ref() != Some(&audio.config) {
                    self.audio = Some(Arc::clone(&audio.config));
                    self.put(TagKind::Audio, timestamp_ms, audio_header(&audio.config));
                }
                self.put(TagKind::Audio, timestamp_ms, audio_data(&audio.data));
            }
        }
    }

    fn put(&mut self, kind: TagKind, timestamp_ms: u32, body: Bytes) {
        self.tag(&Tag { kind, timestamp_ms, body });
    }

    /// What was written since the last call.
    pub fn take(&mut self) -> Bytes {
        self.out.split().freeze()
    }
}

/// The body of a video sequence header.
#[must_use]
pub fn video_header(config: &VideoConfig) -> Bytes {
    let mut body = BytesMut::with_capacity(5 + config.avcc.len());
    body.put_slice(&[AVC_KEY, 0, 0, 0, 0]);
    body.put_slice(&config.avcc);
    body.freeze()
}

/// The body of a coded picture; `data` are NAL units behind 4-byte lengths.
#[must_use]
pub fn video_data(data: &[u8], key: bool, cts: Duration) -> Bytes {
    let mut body = BytesMut::with_capacity(5 + data.len());
    body.put_slice(&[if key { AVC_KEY } else { AVC_INTER }, 1]);
    body.put_int(cts.ms().clamp(-(1 << 23), (1 << 23) - 1), 3);
    body.put_slice(data);
    body.freeze()
}

/// The body of an audio sequence header.
#[must_use]
pub fn audio_header(config: &AudioConfig) -> Bytes {
    let mut body = BytesMut::with_capacity(2 + config.asc.len());
    body.put_slice(&[AAC, 0]);
    body.put_slice(&config.asc);
    body.freeze()
}

/// The body of an access unit.
#[must_use]
pub fn audio_data(data: &[u8]) -> Bytes {
    let mut body = BytesMut::with_capacity(2 + data.len());
    body.put_slice(&[AAC, 1]);
    body.put_slice(data);
    body.freeze()
}
