//! H.264 as it travels in FLV and MP4: the configuration record (ISO/IEC 14496-15 §5.3.3) and NAL units behind lengths.

use bytes::{BufMut, Bytes, BytesMut};

use super::bits::Bits;
use super::sps::{Sps, unescape};
use crate::frame::VideoConfig;

/// NAL units in one picture; more is taken for damage.
pub const MAX_NALS: usize = 1024;
/// Sequence parameter sets that a configuration record can list.
const MAX_SPS: usize = 31;
/// Picture parameter sets that a configuration record can list.
const MAX_PPS: usize = 255;
/// The longest parameter set that its 16-bit length can carry.
const MAX_SET_BYTES: usize = 0xffff;

const IDR: u8 = 5;
const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;
const FILLER: u8 = 12;
const SPS_EXTENSION: u8 = 13;

/// Why a configuration or a picture is not usable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum H264Error {
    /// The bytes end too early or their lengths contradict them.
    #[error("the H.264 data is cut short")]
    Truncated,
    /// The record lists no sequence or no picture parameter set.
    #[error("the H.264 configuration has no parameter sets")]
    NoParameterSets,
    /// The sequence parameter set is not readable, or the picture is larger than 8192 pixels.
    #[error("the H.264 sequence parameter set is not readable")]
    BadParameterSet,
    /// Not 8-bit 4:2:0, which is all that browsers decode.
    #[error("the picture is {bits}-bit with chroma format {chroma}")]
    Format {
        /// `chroma_format_idc`: 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4.
        chroma: u8,
        /// Bits in a luma sample.
        bits: u8,
    },
}

/// A configuration record, read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The track's configuration; its `avcc` says 4-byte lengths.
    pub config: VideoConfig,
    /// Bytes in front of each NAL unit as the source sends them, 1 to 4.
    pub length_bytes: u8,
}

/// Reads an AVCDecoderConfigurationRecord.
///
/// # Errors
/// When it is cut short, has no parameter sets, or describes pictures that browsers cannot show.
pub fn record(avcc: &Bytes) -> Result<Record, H264Error> {
    let head = avcc.get(..6).ok_or(H264Error::Truncated)?;
    let (length_bytes, sps_count) = ((head[4] & 3) + 1, usize::from(head[5] & 31));
    let mut at = 6;
    let sps = sets(avcc, &mut at, sps_count)?;
    let pps_count = usize::from(*avcc.get(at).ok_or(H264Error::Truncated)?);
    at += 1;
    let pps = sets(avcc, &mut at, pps_count)?;
    let avcc = if head[4] == 0xff {
        avcc.clone()
    } else {
        let mut copy = BytesMut::from(&avcc[..]);
        copy[4] = 0xff;
        copy.freeze()
    };
    Ok(Record { config: describe(avcc, sps, pps)?, length_bytes })
}

fn sets(avcc: &Bytes, at: &mut usize, count: usize) -> Result<Vec<Bytes>, H264Error> {
    let mut out = Vec::with_capacity(count.min(MAX_PPS));
    for _ in 0..count {
        let length = avcc.get(*at..*at + 2).ok_or(H264Error::Truncated)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let from = *at + 2;
        *at = from + length;
        if *at > avcc.len() {
            return Err(H264Error::Truncated);
        }
        if length > 0 {
            out.push(avcc.slice(from..*at));
        }
    }
    Ok(out)
}

fn describe(avcc: Bytes, sps: Vec<Bytes>, pps: Vec<Bytes>) -> Result<VideoConfig, H264Error> {
    let first = sps.first().ok_or(H264Error::NoParameterSets)?;
    if pps.is_empty() {
        return Err(H264Error::NoParameterSets);
    }
    let read = Sps::parse(first).ok_or(H264Error::BadParameterSet)?;
    if read.chroma != 1 || read.luma_bits != 8 || read.chroma_bits != 8 {
        let bits = read.luma_bits.max(read.chroma_bits) as u8;
        return Err(H264Error::Format { chroma: read.chroma as u8, bits });
    }
    let codec = format!("avc1.{:02x}{:02x}{:02x}", read.profile, read.constraints, read.level);
    Ok(VideoConfig { avcc, sps, pps, width: read.width, height: read.height, codec })
}

/// The profile and level as people say them, such as `H.264 High 3.1`.
#[must_use]
pub fn title(config: &VideoConfig) -> String {
    let Some(&[profile, constraints, level]) = config.sps.first().and_then(|sps| sps.get(1..4))
    else {
        return "H.264".into();
    };
    let name = match profile {
        66 if constraints & 0x40 != 0 => "Constrained Baseline",
        66 => "Baseline",
        77 => "Main",
        88 => "Extended",
        100 => "High",
        _ => return "H.264".into(),
    };
    format!("H.264 {name} {}.{}", level / 10, level % 10)
}

/// One access unit, sorted: what is decoded, and the parameter sets that came with it.
#[derive(Clone, Default, Debug)]
pub struct Picture {
    /// NAL units behind 4-byte lengths, without parameter sets, delimiters and filler. Empty when nothing else was there.
    pub data: Bytes,
    /// Holds a slice of an IDR.
    pub key: bool,
    /// Holds a slice of any kind.
    pub coded: bool,
    /// Parameter sets found in-band.
    pub sps: Vec<Bytes>,
    /// Parameter sets found in-band.
    pub pps: Vec<Bytes>,
}

struct Nals<'a> {
    data: &'a [u8],
    at: usize,
    length_bytes: usize,
    count: usize,
}

impl Iterator for Nals<'_> {
    /// Where the unit starts with its length, where its bytes start, and where it ends.
    type Item = Result<(usize, usize, usize), H264Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.data.len() {
            return None;
        }
        let start = self.at;
        let from = start + self.length_bytes;
        self.count += 1;
        let Some(length) = self.data.get(start..from).filter(|_| self.count <= MAX_NALS) else {
            self.at = self.data.len();
            return Some(Err(H264Error::Truncated));
        };
        let length = length.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        if length > self.data.len() - from {
            self.at = self.data.len();
            return Some(Err(H264Error::Truncated));
        }
        self.at = from + length;
        Some(Ok((start, from, self.at)))
    }
}

fn nals(data: &[u8], length_bytes: u8) -> Nals<'_> {
    Nals { data, at: 0, length_bytes: usize::from(length_bytes.clamp(1, 4)), count: 0 }
}

fn is_dropped(kind: u8) -> bool {
    matches!(kind, SPS | PPS | DELIMITER | FILLER | SPS_EXTENSION)
}

/// Sorts one access unit whose NAL units stand behind lengths of `length_bytes` (1 to 4). The payload is copied
/// only if something must go from its middle or the lengths are not 4 bytes.
///
/// # Errors
/// [`H264Error::Truncated`] when the lengths do not add up or there are more than [`MAX_NALS`].
pub fn picture(data: &Bytes, length_bytes: u8) -> Result<Picture, H264Error> {
    let mut picture = Picture::default();
    let mut kept: Option<(usize, usize)> = None;
    let mut whole = length_bytes == 4;
    let mut size = 0;
    for unit in nals(data, length_bytes) {
        let (start, from, end) = unit?;
        let Some(kind) = data.get(from..end).and_then(|nal| nal.first()).map(|byte| byte & 31)
        else {
            continue;
        };
        match kind {
            SPS if picture.sps.len() < MAX_SPS => picture.sps.push(data.slice(from..end)),
            PPS if picture.pps.len() < MAX_PPS => picture.pps.push(data.slice(from..end)),
            1..=IDR => {
                picture.coded = true;
                picture.key |= kind == IDR;
            }
            _ => {}
        }
        if is_dropped(kind) {
            continue;
        }
        size += 4 + end - from;
        kept = match kept {
            None => Some((start, end)),
            Some((first, last)) => {
                whole &= last == start;
                Some((first, end))
            }
        };
    }
    let Some((first, last)) = kept else { return Ok(picture) };
    picture.data = if whole { data.slice(first..last) } else { rewrite(data, length_bytes, size)? };
    Ok(picture)
}

fn rewrite(data: &[u8], length_bytes: u8, size: usize) -> Result<Bytes, H264Error> {
    let mut out = BytesMut::with_capacity(size);
    for unit in nals(data, length_bytes) {
        let (_, from, end) = unit?;
        let nal = &data[from..end];
        if nal.first().is_none_or(|byte| is_dropped(byte & 31)) {
            continue;
        }
        out.put_u32(u32::try_from(nal.len()).map_err(|_| H264Error::Truncated)?);
        out.put_slice(nal);
    }
    Ok(out.freeze())
}

/// The configuration after in-band parameter sets: `None` when they only repeat what `config` holds. A set replaces
/// the one with its id; what came in-band stands first, so it is what describes the picture.
///
/// # Errors
/// As [`record`].
pub fn update(
    config: &VideoConfig,
    sps: &[Bytes],
    pps: &[Bytes],
) -> Result<Option<VideoConfig>, H264Error> {
    if sps.iter().all(|set| config.sps.contains(set))
        && pps.iter().all(|set| config.pps.contains(set))
    {
        return Ok(None);
    }
    let sps = merge(sps, &config.sps, sps_id, MAX_SPS);
    let pps = merge(pps, &config.pps, pps_id, MAX_PPS);
    let avcc = build_record(&sps, &pps)?;
    describe(avcc, sps, pps).map(Some)
}

fn merge(new: &[Bytes], old: &[Bytes], id: fn(&[u8]) -> Option<u32>, most: usize) -> Vec<Bytes> {
    let mut out: Vec<Bytes> = Vec::with_capacity(new.len() + old.len());
    for set in new.iter().rev().chain(old) {
        if set.len() <= MAX_SET_BYTES
            && out.len() < most
            && !out.iter().any(|kept| id(kept) == id(set))
        {
            // The message that a set came in is not kept alive by it.
            out.push(Bytes::copy_from_slice(set));
        }
    }
    out
}

fn sps_id(nal: &[u8]) -> Option<u32> {
    Bits::new(&unescape(nal.get(4..)?)).ue()
}

fn pps_id(nal: &[u8]) -> Option<u32> {
    Bits::new(&unescape(nal.get(1..)?)).ue()
}

/// Writes an AVCDecoderConfigurationRecord with 4-byte lengths.
///
/// # Errors
/// When there is no readable sequence parameter set, or a set is longer than 65 535 bytes.
pub fn build_record(sps: &[Bytes], pps: &[Bytes]) -> Result<Bytes, H264Error> {
    let first = sps.first().ok_or(H264Error::NoParameterSets)?;
    let read = Sps::parse(first).ok_or(H264Error::BadParameterSet)?;
    let mut out = BytesMut::new();
    out.put_slice(&[1, read.profile, read.constraints, read.level, 0xff]);
    out.put_u8(0xe0 | sps.len().min(MAX_SPS) as u8);
    put_sets(&mut out, sps, MAX_SPS)?;
    out.put_u8(pps.len().min(MAX_PPS) as u8);
    put_sets(&mut out, pps, MAX_PPS)?;
    if read.has_chroma_fields() {
        let (luma, chroma) = (read.luma_bits as u8 - 8, read.chroma_bits as u8 - 8);
        out.put_slice(&[0xfc | read.chroma as u8, 0xf8 | luma, 0xf8 | chroma, 0]);
    }
    Ok(out.freeze())
}

fn put_sets(out: &mut BytesMut, sets: &[Bytes], most: usize) -> Result<(), H264Error> {
    for set in sets.iter().take(most) {
        out.put_u16(u16::try_from(set.len()).map_err(|_| H264Error::BadParameterSet)?);
        out.put_slice(set);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
