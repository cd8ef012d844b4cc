//! The H.264 sequence parameter set, up to the size of the picture (ISO/IEC 14496-10 §7.3.2.1.1).

use super::bits::Bits;

/// A parameter set longer than this is read no further; real ones have fewer than 200 bytes.
const MAX_READ_BYTES: usize = 4096;
/// The largest side of a picture that is taken.
const MAX_SIDE: u64 = 8192;
/// Profiles that carry the chroma fields.
const HIGH_PROFILES: [u8; 13] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// What a sequence parameter set says about its pictures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sps {
    pub(crate) profile: u8,
    pub(crate) constraints: u8,
    pub(crate) level: u8,
    pub(crate) id: u32,
    pub(crate) chroma: u32,
    pub(crate) luma_bits: u32,
    pub(crate) chroma_bits: u32,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Sps {
    /// Whether the profile's configuration record ends with the chroma fields.
    pub(crate) fn has_chroma_fields(&self) -> bool {
        HIGH_PROFILES.contains(&self.profile)
    }

    /// Reads a NAL unit with its header byte. `None` when it is cut short, contradicts itself or is too large.
    pub(crate) fn parse(nal: &[u8]) -> Option<Self> {
        let rbsp = unescape(nal.get(1..)?);
        let mut bits = Bits::new(&rbsp);
        let profile = bits.take(8)? as u8;
        let constraints = bits.take(8)? as u8;
        let level = bits.take(8)? as u8;
        let id = bits.ue()?;
        if id > 31 {
            return None;
        }
        let (mut chroma, mut luma_bits, mut chroma_bits, mut planes) = (1, 8, 8, false);
        if HIGH_PROFILES.contains(&profile) {
            chroma = bits.ue()?;
            if chroma > 3 {
                return None;
            }
            planes = chroma == 3 && bits.bit()?;
            luma_bits = depth(&mut bits)?;
            chroma_bits = depth(&mut bits)?;
            bits.bit()?;
            if bits.bit()? {
                skip_scaling(&mut bits, if chroma == 3 { 12 } else { 8 })?;
            }
        }
        bits.ue()?;
        skip_order_count(&mut bits)?;
        bits.ue()?;
        bits.bit()?;
        let (width, height) = size(&mut bits, if planes { 0 } else { chroma })?;
        Some(Self {
            profile,
            constraints,
            level,
            id,
            chroma,
            luma_bits,
            chroma_bits,
            width,
            height,
        })
    }
}

fn depth(bits: &mut Bits<'_>) -> Option<u32> {
    let above_eight = bits.ue()?;
    (above_eight <= 6).then_some(8 + above_eight)
}

fn skip_scaling(bits: &mut Bits<'_>, lists: u32) -> Option<()> {
    for list in 0..lists {
        if !bits.bit()? {
            continue;
        }
        let (mut last, mut next) = (8i64, 8i64);
        for _ in 0..if list < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + bits.se()?).rem_euclid(256);
            }
            if next != 0 {
                last = next;
            }
        }
    }
    Some(())
}

fn skip_order_count(bits: &mut Bits<'_>) -> Option<()> {
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.bit()?;
            bits.se()?;
            bits.se()?;
            let cycle = bits.ue()?;
            if cycle > 255 {
                return None;
            }
            for _ in 0..cycle {
                bits.se()?;
            }
        }
        2 => {}
        _ => return None,
    }
    Some(())
}

fn size(bits: &mut Bits<'_>, chroma: u32) -> Option<(u16, u16)> {
    let across = u64::from(bits.ue()?) + 1;
    let down = u64::from(bits.ue()?) + 1;
    let frames_only = bits.bit()?;
    if !frames_only {
        bits.bit()?;
    }
    let rows_per_unit: u64 = if frames_only { 1 } else { 2 };
    bits.bit()?;
    let mut crop = [0u64; 4];
    if bits.bit()? {
        for side in &mut crop {
            *side = u64::from(bits.ue()?);
        }
    }
    let (step_x, step_y) = match chroma {
        1 => (2, 2),
        2 => (2, 1),
        _ => (1, 1),
    };
    let width = (across * 16).checked_sub(step_x * (crop[0] + crop[1]))?;
    let height =
        (down * 16 * rows_per_unit).checked_sub(step_y * rows_per_unit * (crop[2] + crop[3]))?;
    if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
        return None;
    }
    Some((width as u16, height as u16))
}

/// Removes the emulation prevention bytes (§7.4.1).
pub(crate) fn unescape(nal: &[u8]) -> Vec<u8> {
    let nal = &nal[..nal.len().min(MAX_READ_BYTES)];
    let mut out = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for &byte in nal {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cropped_1080p_set_says_1080_rows() {
        // High profile, level 4.0, 120×68 macroblocks, 8 rows cropped, written by x264.
        let nal = [
            0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02, 0x27, 0xe5, 0xc0, 0x44, 0x00,
            0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58,
        ];
        let sps = Sps::parse(&nal).expect("a real set");
        assert_eq!((sps.width, sps.height, sps.profile, sps.level), (1920, 1080, 100, 40));
        assert_eq!((sps.chroma, sps.luma_bits, sps.id), (1, 8, 0));
    }

    #[test]
    fn a_crop_larger_than_the_picture_is_refused() {
        // Baseline, 1×1 macroblock, crop of 2^31 columns.
        let mut text = "1".repeat(4); // id 0, frame number, order count type 0, its length
        text.push_str("010"); // one reference
        text.push('0');
        text.push_str("11"); // 1×1
        text.push_str("1111"); // frames only, direct, crop, left = 0
        text.push_str(&"0".repeat(31));
        text.push_str(&"1".repeat(32)); // right
        text.push_str("11");
        let mut nal = vec![0x67, 66, 0, 30];
        for chunk in text.as_bytes().chunks(8) {
            nal.push(
                chunk.iter().enumerate().fold(0, |byte, (i, bit)| byte | (bit - b'0') << (7 - i)),
            );
        }
        assert_eq!(Sps::parse(&nal), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(nal in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(sps) = Sps::parse(&nal) {
                prop_assert!(u64::from(sps.width) <= MAX_SIDE && u64::from(sps.height) <= MAX_SIDE);
            }
        }
    }
}
