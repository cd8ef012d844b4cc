//! Why a stream is not taken, in words for the person in front of OBS.

use std::fmt;

use crate::codec::aac::AacError;
use crate::codec::h264::H264Error;
use crate::flv::Codec;

/// A stream that this server does not take. `Display` says what it is and what to choose instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Refused {
    /// Pictures in another codec.
    VideoCodec(Codec),
    /// Sound in another codec.
    AudioCodec(Codec),
    /// H.264 that browsers do not play, or whose configuration is not readable.
    Picture(H264Error),
    /// AAC that browsers or the splice do not play.
    Sound(AacError),
    /// Several tracks of one kind in one stream.
    Multitrack,
}

impl Refused {
    /// A stable code for the API.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::VideoCodec(Codec::Hevc) => "video_hevc",
            Self::VideoCodec(Codec::Av1) => "video_av1",
            Self::VideoCodec(Codec::Vp9) => "video_vp9",
            Self::VideoCodec(_) => "video_codec",
            Self::AudioCodec(_) => "audio_codec",
            Self::Picture(H264Error::Format { .. }) => "video_format",
            Self::Picture(_) => "video_config",
            Self::Sound(AacError::HighEfficiency) => "audio_he_aac",
            Self::Sound(AacError::Channels(_)) => "audio_channels",
            Self::Sound(AacError::Rate(_)) => "audio_rate",
            Self::Sound(AacError::ShortFrames) => "audio_short_frames",
            Self::Sound(AacError::ObjectType(_)) => "audio_profile",
            Self::Sound(_) => "audio_config",
            Self::Multitrack => "multitrack",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::VideoCodec(codec) => write!(
                f,
                "this server takes H.264; the stream is {codec}. In OBS choose the x264 or H.264 encoder"
            ),
            Self::AudioCodec(codec) => {
                write!(f, "this server takes AAC sound; the stream has {codec}. In OBS choose an AAC audio encoder")
            }
            Self::Picture(error @ H264Error::Format { .. }) => write!(
                f,
                "viewers' browsers play 8-bit 4:2:0 only; {error}. In OBS choose the colour format NV12 under Settings, Advanced"
            ),
            Self::Picture(error) => {
                write!(f, "{error}. In OBS choose the x264 encoder, or restart the one that is in use")
            }
            Self::Sound(AacError::HighEfficiency) => f.write_str(
                "this server takes AAC-LC; the sound is HE-AAC. In OBS choose an audio bitrate of 96 kbit/s or more, which gives AAC-LC",
            ),
            Self::Sound(AacError::Channels(0)) => f.write_str(
                "this server takes mono or stereo sound; the stream's channel layout is another. In OBS choose Stereo under Settings, Audio",
            ),
            Self::Sound(error @ AacError::Channels(_)) => {
                write!(f, "this server takes mono or stereo; {error}. In OBS choose Stereo under Settings, Audio")
            }
            Self::Sound(error @ AacError::Rate(_)) => {
                write!(f, "{error}. In OBS choose 48 kHz under Settings, Audio")
            }
            Self::Sound(error) => write!(f, "this server takes AAC-LC; {error}. In OBS choose the FFmpeg AAC encoder"),
            Self::Multitrack => {
                f.write_str("this server takes one video and one audio track. In OBS turn multitrack video off")
            }
        }
    }
}

impl std::error::Error for Refused {}
