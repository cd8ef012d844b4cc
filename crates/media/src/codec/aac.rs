//! AAC-LC: the AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1) and access units of digital silence.

use bytes::Bytes;

use super::bits::Bits;
use crate::frame::AudioConfig;

/// Sampling frequencies by index (ISO/IEC 14496-3 table 1.18).
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
    7350,
];
const AAC_LC: u32 = 2;
const SBR: u32 = 5;
const PARAMETRIC_STEREO: u32 = 29;
const SYNC_EXTENSION: u32 = 0x2b7;

/// One channel element without spectral data, then the end marker. `max_sfb` 0 makes it right at every sampling rate.
const SILENCE_MONO: &[u8] = &[0x01, 0x18, 0x20, 0x07];
/// A channel pair without spectral data, then the end marker.
const SILENCE_STEREO: &[u8] = &[0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c];

/// Why a sound configuration is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AacError {
    /// The configuration ends too early.
    #[error("the AAC configuration is cut short")]
    Truncated,
    /// Spectral band replication or parametric stereo.
    #[error("the sound is HE-AAC")]
    HighEfficiency,
    /// Another object type.
    #[error("AAC object type {0} is not AAC-LC")]
    ObjectType(u32),
    /// Neither mono nor stereo; 0 when the channels are described by a program config element.
    #[error("the sound has {0} channels")]
    Channels(u8),
    /// 960 samples in an access unit.
    #[error("the AAC frames have 960 samples")]
    ShortFrames,
    /// A sampling rate outside the table of the standard.
    #[error("a sampling rate of {0} Hz is not in the standard's table")]
    Rate(u32),
}

/// Reads an AudioSpecificConfig. The answer's `asc` is rewritten to its two-byte form, so equal sound parameters
/// always have equal bytes.
///
/// # Errors
/// For everything but AAC-LC, mono or stereo, with 1024 samples in an access unit.
pub fn config(asc: &[u8]) -> Result<AudioConfig, AacError> {
    read(asc).unwrap_or(Err(AacError::Truncated))
}

fn read(asc: &[u8]) -> Option<Result<AudioConfig, AacError>> {
    let mut bits = Bits::new(asc);
    let object = object_type(&mut bits)?;
    let rate = rate(&mut bits)?;
    let channels = bits.take(4)? as u8;
    match object {
        AAC_LC => {}
        SBR | PARAMETRIC_STEREO => return Some(Err(AacError::HighEfficiency)),
        other => return Some(Err(AacError::ObjectType(other))),
    }
    let short = bits.bit()?;
    let depends_on_core = bits.bit()?;
    if depends_on_core {
        bits.take(14)?;
    }
    bits.bit()?;
    if announces_sbr(&mut bits) {
        return Some(Err(AacError::HighEfficiency));
    }
    if short {
        return Some(Err(AacError::ShortFrames));
    }
    if !(1..=2).contains(&channels) {
        return Some(Err(AacError::Channels(if channels == 7 { 8 } else { channels })));
    }
    Some(from_parts(rate, channels))
}

/// The configuration of AAC-LC at `sample_rate` Hz with one or two `channels`.
///
/// # Errors
/// When the standard's table has no such rate, or for another number of channels.
pub fn from_parts(sample_rate: u32, channels: u8) -> Result<AudioConfig, AacError> {
    let index =
        RATES.iter().position(|rate| *rate == sample_rate).ok_or(AacError::Rate(sample_rate))?
            as u16;
    if !(1..=2).contains(&channels) {
        return Err(AacError::Channels(channels));
    }
    let word = (AAC_LC as u16) << 11 | index << 7 | u16::from(channels) << 3;
    Ok(AudioConfig { asc: Bytes::copy_from_slice(&word.to_be_bytes()), sample_rate, channels })
}

fn object_type(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(5)? {
        31 => Some(32 + bits.take(6)?),
        object => Some(object),
    }
}

fn rate(bits: &mut Bits<'_>) -> Option<u32> {
    match bits.take(4)? {
        15 => bits.take(24),
        index => Some(RATES.get(index as usize).copied().unwrap_or(0)),
    }
}

/// The backward-compatible signal behind an AAC-LC configuration; most encoders send it to say "no SBR".
fn announces_sbr(bits: &mut Bits<'_>) -> bool {
    if bits.left() < 17 || bits.take(11) != Some(SYNC_EXTENSION) {
        return false;
    }
    object_type(bits) == Some(SBR) && bits.bit() == Some(true)
}

/// A raw access unit that decodes to 1024 zero samples on each of one or two channels, at every sampling rate.
/// The first one after sound still carries that sound's overlap: silence one packet early.
#[must_use]
pub fn silence(channels: u8) -> Bytes {
    Bytes::from_static(if channels == 1 { SILENCE_MONO } else { SILENCE_STEREO })
}

#[cfg(test)]
mod tests;
