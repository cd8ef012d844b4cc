//! What the parts of this crate hand to each other: compressed frames of a source, and the same frames on air.

use std::sync::Arc;

use bytes::Bytes;
use units::{AirTime, Duration, MediaTime};

/// Samples in one AAC-LC access unit.
pub const AAC_SAMPLES: u32 = 1024;

/// The parameter sets of an H.264 track.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VideoConfig {
    /// The AVCDecoderConfigurationRecord (ISO/IEC 14496-15) as the source sent it; NAL lengths are 4 bytes.
    pub avcc: Bytes,
    /// Sequence parameter sets, without length or start code.
    pub sps: Vec<Bytes>,
    /// Picture parameter sets, without length or start code.
    pub pps: Vec<Bytes>,
    /// Pixels across, after cropping.
    pub width: u16,
    /// Pixels down, after cropping.
    pub height: u16,
    /// RFC 6381, such as `avc1.64001f`.
    pub codec: String,
}

/// The configuration of an AAC-LC track.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AudioConfig {
    /// AudioSpecificConfig (ISO/IEC 14496-3).
    pub asc: Bytes,
    /// Samples a second.
    pub sample_rate: u32,
    /// One or two.
    pub channels: u8,
}

impl AudioConfig {
    /// How long one access unit sounds.
    #[must_use]
    pub fn frame_duration(&self) -> Duration {
        Duration::from_ticks(i64::from(AAC_SAMPLES), self.sample_rate)
    }
}

/// One coded picture of a source.
#[derive(Clone, Debug)]
pub struct VideoFrame {
    /// When it is decoded.
    pub time: MediaTime,
    /// Presentation minus decode time; may be negative.
    pub cts: Duration,
    /// An IDR: decoding can start here.
    pub key: bool,
    /// NAL units, each behind a 4-byte length, without parameter sets.
    pub data: Bytes,
    /// What decodes it.
    pub config: Arc<VideoConfig>,
}

/// One access unit of a source's sound.
#[derive(Clone, Debug)]
pub struct AudioFrame {
    /// When its first sample sounds.
    pub time: MediaTime,
    /// A raw AAC access unit.
    pub data: Bytes,
    /// What decodes it.
    pub config: Arc<AudioConfig>,
}

/// A coded frame of either track, in a source's own time.
#[derive(Clone, Debug)]
pub enum Frame {
    /// A picture.
    Video(VideoFrame),
    /// Sound.
    Audio(AudioFrame),
}

/// One coded picture on air.
#[derive(Clone, Debug)]
pub struct AirVideo {
    /// When it is decoded, on the program's clock.
    pub air: AirTime,
    /// Until the next picture is decoded.
    pub duration: Duration,
    /// Presentation minus decode time; may be negative.
    pub cts: Duration,
    /// An IDR.
    pub key: bool,
    /// NAL units, each behind a 4-byte length, without parameter sets.
    pub data: Bytes,
    /// What decodes it.
    pub config: Arc<VideoConfig>,
    /// The first picture of another source: what is before it does not predict it.
    pub discontinuity: bool,
}

/// One access unit on air. Access units follow each other without a hole from the first to the last.
#[derive(Clone, Debug)]
pub struct AirAudio {
    /// When its first sample sounds, on the program's clock.
    pub air: AirTime,
    /// How long it sounds.
    pub duration: Duration,
    /// A raw AAC access unit.
    pub data: Bytes,
    /// What decodes it.
    pub config: Arc<AudioConfig>,
}
