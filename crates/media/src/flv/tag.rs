//! What the bodies of audio and video tags say.

use std::fmt;

use bytes::Bytes;

/// What a tag carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TagKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// AMF0 data such as `onMetaData`.
    Script,
}

impl TagKind {
    /// The kind's number in FLV and RTMP.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Audio => 8,
            Self::Video => 9,
            Self::Script => 18,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            8 => Some(Self::Audio),
            9 => Some(Self::Video),
            18 => Some(Self::Script),
            _ => None,
        }
    }
}

/// One tag: a body with the source's own 32-bit time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag {
    /// What it carries.
    pub kind: TagKind,
    /// Milliseconds by the source's clock, wrapping at 2^32.
    pub timestamp_ms: u32,
    /// The body without the tag header.
    pub body: Bytes,
}

/// A codec by the name that people know it by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Codec {
    /// H.264.
    Avc,
    /// H.265.
    Hevc,
    /// AV1.
    Av1,
    /// VP8.
    Vp8,
    /// VP9.
    Vp9,
    /// H.266.
    Vvc,
    /// AAC.
    Aac,
    /// MP3.
    Mp3,
    /// Opus.
    Opus,
    /// FLAC.
    Flac,
    /// AC-3.
    Ac3,
    /// E-AC-3.
    Eac3,
    /// A codec of classic FLV that has a number only.
    Number(u8),
    /// A four-character code that this crate does not know.
    Other([u8; 4]),
}

impl Codec {
    fn from_four_cc(code: [u8; 4]) -> Self {
        match &code {
            b"avc1" => Self::Avc,
            b"hvc1" => Self::Hevc,
            b"av01" => Self::Av1,
            b"vp08" => Self::Vp8,
            b"vp09" => Self::Vp9,
            b"vvc1" => Self::Vvc,
            b"mp4a" => Self::Aac,
            b".mp3" => Self::Mp3,
            b"Opus" => Self::Opus,
            b"fLaC" => Self::Flac,
            b"ac-3" => Self::Ac3,
            b"ec-3" => Self::Eac3,
            _ => Self::Other(code),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Avc => "H.264",
            Self::Hevc => "HEVC",
            Self::Av1 => "AV1",
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::Vvc => "H.266",
            Self::Aac => "AAC",
            Self::Mp3 => "MP3",
            Self::Opus => "Opus",
            Self::Flac => "FLAC",
            Self::Ac3 => "AC-3",
            Self::Eac3 => "E-AC-3",
            Self::Number(number) => return write!(f, "FLV codec {number}"),
            Self::Other(code) => return write!(f, "“{}”", code.escape_ascii()),
        };
        f.write_str(name)
    }
}

/// What a video tag carries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VideoBody {
    /// An AVCDecoderConfigurationRecord.
    Header(Bytes),
    /// One access unit, NAL units behind lengths.
    Picture {
        /// Presentation minus decode time in milliseconds, signed 24 bits.
        offset_ms: i32,
        /// The access unit.
        data: Bytes,
    },
    /// Nothing to show: end of sequence, a command frame or metadata.
    Nothing,
    /// Another codec.
    Other(Codec),
    /// Several tracks in one stream.
    Multitrack,
}

/// What an audio tag carries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AudioBody {
    /// An AudioSpecificConfig.
    Header(Bytes),
    /// One raw access unit.
    Sound(Bytes),
    /// Nothing to hear.
    Nothing,
    /// Another codec.
    Other(Codec),
    /// Several tracks in one stream.
    Multitrack,
}

const ENHANCED: u8 = 0x80;
const FRAME_COMMAND: u8 = 5;
const CODEC_AVC: u8 = 7;
/// Not in any specification, but what Chinese encoders send for HEVC.
const CODEC_HEVC_UNOFFICIAL: u8 = 12;
const CODEC_AV1_UNOFFICIAL: u8 = 13;
const SOUND_AAC: u8 = 10;
const SOUND_ENHANCED: u8 = 9;

/// Packet types of enhanced RTMP v2.
mod packet {
    pub(super) const START: u8 = 0;
    pub(super) const CODED: u8 = 1;
    pub(super) const CODED_X: u8 = 3;
    pub(super) const VIDEO_MULTITRACK: u8 = 6;
    pub(super) const VIDEO_MODIFIER: u8 = 7;
    pub(super) const AUDIO_MULTITRACK: u8 = 5;
    pub(super) const AUDIO_MODIFIER: u8 = 7;
}

/// Reads a video tag's body; `None` when it is cut short.
#[must_use]
pub fn video_body(body: &Bytes) -> Option<VideoBody> {
    let first = *body.first()?;
    if first & ENHANCED != 0 {
        return enhanced_video(body, first);
    }
    if first >> 4 == FRAME_COMMAND {
        return Some(VideoBody::Nothing);
    }
    match first & 15 {
        CODEC_AVC => {}
        CODEC_HEVC_UNOFFICIAL => return Some(VideoBody::Other(Codec::Hevc)),
        CODEC_AV1_UNOFFICIAL => return Some(VideoBody::Other(Codec::Av1)),
        other => return Some(VideoBody::Other(Codec::Number(other))),
    }
    let head = body.get(1..5)?;
    Some(match head[0] {
        0 => VideoBody::Header(body.slice(5..)),
        1 => VideoBody::Picture { offset_ms: signed_24(head, 1)?, data: body.slice(5..) },
        _ => VideoBody::Nothing,
    })
}

fn enhanced_video(body: &Bytes, first: u8) -> Option<VideoBody> {
    let mut kind = first & 15;
    let mut at = 1;
    while kind == packet::VIDEO_MODIFIER {
        kind = skip_modifier(body, &mut at)?;
    }
    if kind == packet::VIDEO_MULTITRACK {
        return Some(VideoBody::Multitrack);
    }
    if first >> 4 & 7 == FRAME_COMMAND && kind != packet::START {
        return Some(VideoBody::Nothing);
    }
    let codec = four_cc(body, &mut at)?;
    if codec != Codec::Avc {
        return Some(VideoBody::Other(codec));
    }
    Some(match kind {
        packet::START => VideoBody::Header(body.slice(at..)),
        packet::CODED => {
            VideoBody::Picture { offset_ms: signed_24(body, at)?, data: body.slice(at + 3..) }
        }
        packet::CODED_X => VideoBody::Picture { offset_ms: 0, data: body.slice(at..) },
        _ => VideoBody::Nothing,
    })
}

/// Reads an audio tag's body; `None` when it is cut short.
#[must_use]
pub fn audio_body(body: &Bytes) -> Option<AudioBody> {
    let first = *body.first()?;
    match first >> 4 {
        SOUND_AAC => {}
        SOUND_ENHANCED => return enhanced_audio(body, first),
        2 | 14 => return Some(AudioBody::Other(Codec::Mp3)),
        other => return Some(AudioBody::Other(Codec::Number(other))),
    }
    Some(match *body.get(1)? {
        0 => AudioBody::Header(body.slice(2..)),
        _ if body.len() == 2 => AudioBody::Nothing,
        1 => AudioBody::Sound(body.slice(2..)),
        _ => AudioBody::Nothing,
    })
}

fn enhanced_audio(body: &Bytes, first: u8) -> Option<AudioBody> {
    let mut kind = first & 15;
    let mut at = 1;
    while kind == packet::AUDIO_MODIFIER {
        kind = skip_modifier(body, &mut at)?;
    }
    if kind == packet::AUDIO_MULTITRACK {
        return Some(AudioBody::Multitrack);
    }
    let codec = four_cc(body, &mut at)?;
    if codec != Codec::Aac {
        return Some(AudioBody::Other(codec));
    }
    Some(match kind {
        packet::START => AudioBody::Header(body.slice(at..)),
        packet::CODED if body.len() > at => AudioBody::Sound(body.slice(at..)),
        _ => AudioBody::Nothing,
    })
}

/// Steps over one ModEx block and answers the packet type behind it. Each block takes at least three bytes, so the loop ends.
fn skip_modifier(body: &Bytes, at: &mut usize) -> Option<u8> {
    let mut size = usize::from(*body.get(*at)?) + 1;
    *at += 1;
    if size == 256 {
        let wide = body.get(*at..*at + 2)?;
        size = usize::from(u16::from_be_bytes([wide[0], wide[1]])) + 1;
        *at += 2;
    }
    *at += size;
    let next = *body.get(*at)? & 15;
    *at += 1;
    Some(next)
}

fn four_cc(body: &Bytes, at: &mut usize) -> Option<Codec> {
    let code: [u8; 4] = body.get(*at..*at + 4)?.try_into().ok()?;
    *at += 4;
    Some(Codec::from_four_cc(code))
}

fn signed_24(bytes: &[u8], at: usize) -> Option<i32> {
    let b = bytes.get(at..at + 3)?;
    Some(i32::from_be_bytes([b[0], b[1], b[2], 0]) >> 8)
}
