//! Reads RIFF/WAVE: PCM of 8, 16, 24 and 32 bits and floats of 32, any rate, any number of channels up to 32.

use anyhow::{Result, bail};

const PCM: u16 = 1;
const FLOAT: u16 = 3;
const EXTENSIBLE: u16 = 0xfffe;
const CHANNELS_MAX: u16 = 32;

/// The sound of a file, not yet decoded.
pub(super) struct Wav<'a> {
    pub(super) rate: u32,
    channels: usize,
    sample: Sample,
    data: &'a [u8],
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Sample {
    U8,
    I16,
    I24,
    I32,
    F32,
}

impl Sample {
    fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::I16 => 2,
            Self::I24 => 3,
            Self::I32 | Self::F32 => 4,
        }
    }

    fn value(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::U8, [a]) => (f32::from(*a) - 128.0) / 128.0,
            (Self::I16, [a, b]) => f32::from(i16::from_le_bytes([*a, *b])) / 32_768.0,
            (Self::I24, [a, b, c]) => i32::from_le_bytes([0, *a, *b, *c]) as f32 / 2_147_483_648.0,
            (Self::I32, [a, b, c, d]) => {
                i32::from_le_bytes([*a, *b, *c, *d]) as f32 / 2_147_483_648.0
            }
            (Self::F32, [a, b, c, d]) => f32::from_le_bytes([*a, *b, *c, *d]),
            _ => 0.0,
        }
    }
}

impl Wav<'_> {
    /// The mean of the channels, sample by sample.
    pub(super) fn mono(&self) -> impl Iterator<Item = f32> + '_ {
        let (width, channels) = (self.sample.bytes(), self.channels);
        self.data.chunks_exact(width * channels).map(move |all| {
            all.chunks_exact(width).map(|bytes| self.sample.value(bytes)).sum::<f32>()
                / channels as f32
        })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

pub(super) fn read(file: &[u8]) -> Result<Wav<'_>> {
    if file.get(8..12) != Some(b"WAVE") {
        bail!("it is not a WAV file");
    }
    let (mut rest, mut format) = (file.get(12..).unwrap_or_default(), None);
    while let (Some(id), Some(claimed)) = (rest.get(..4), word(rest, 4)) {
        // A recorder that was killed leaves a length of nothing or of everything.
        let body = rest.get(8..).unwrap_or_default();
        let length = (claimed as usize).min(body.len());
        let chunk = body.get(..length).unwrap_or_default();
        match id {
            b"fmt " => format = Some(describe(chunk)?),
            b"data" => {
                let Some((rate, channels, sample)) = format else {
                    bail!("its sound comes before its format");
                };
                let data = if claimed == 0 { body } else { chunk };
                return Ok(Wav { rate, channels, sample, data });
            }
            _ => {}
        }
        rest = body.get(length + length % 2..).unwrap_or_default();
    }
    bail!("it has no sound")
}

fn describe(chunk: &[u8]) -> Result<(u32, usize, Sample)> {
    let (Some(mut tag), Some(channels), Some(rate), Some(bits)) =
        (half(chunk, 0), half(chunk, 2), word(chunk, 4), half(chunk, 14))
    else {
        bail!("its format is cut off");
    };
    if tag == EXTENSIBLE {
        tag = half(chunk, 24).unwrap_or_default();
    }
    if channels == 0 || channels > CHANNELS_MAX {
        bail!("it has {channels} channels");
    }
    let sample = match (tag, bits) {
        (PCM, 8) => Sample::U8,
        (PCM, 16) => Sample::I16,
        (PCM, 24) => Sample::I24,
        (PCM, 32) => Sample::I32,
        (FLOAT, 32) => Sample::F32,
        _ => bail!("its samples ({bits} bits of kind {tag}) are neither PCM nor 32 bit floats"),
    };
    Ok((rate, usize::from(channels), sample))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(tag: u16, channels: u16, bits: u16, data: &[u8]) -> Vec<u8> {
        let mut file = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
        file.extend(tag.to_le_bytes());
        file.extend(channels.to_le_bytes());
        file.extend(22_050u32.to_le_bytes());
        file.extend([0; 6]);
        file.extend(bits.to_le_bytes());
        file.extend(b"data");
        file.extend((data.len() as u32).to_le_bytes());
        file.extend(data);
        file
    }

    #[test]
    fn samples_of_every_kind_are_read() {
        let check = |tag, channels, bits, data: &[u8], expected: &[f32]| {
            let file = wav(tag, channels, bits, data);
            let wav = read(&file).expect("a file");
            assert_eq!(wav.rate, 22_050);
            assert_eq!(wav.mono().collect::<Vec<_>>(), expected, "{tag} {channels} {bits}");
        };
        check(1, 1, 8, &[128, 0, 192], &[0.0, -1.0, 0.5]);
        check(1, 1, 16, &[0, 0x40, 0, 0xc0], &[0.5, -0.5]);
        check(1, 2, 16, &[0, 0x40, 0, 0, 0, 0x40, 0, 0xc0], &[0.25, 0.0]);
        check(1, 1, 24, &[0, 0, 0x40], &[0.5]);
        check(1, 1, 32, &[0, 0, 0, 0x40], &[0.5]);
        check(3, 1, 32, &0.25f32.to_le_bytes(), &[0.25]);
    }

    #[test]
    fn broken_files_are_refused_or_read_as_far_as_they_go() {
        let whole = wav(1, 1, 16, &[1; 64]);
        for cut in 0..whole.len() {
            if let Ok(wav) = read(&whole[..cut]) {
                assert!(wav.mono().count() <= 32);
            }
        }
        let check = |file: Vec<u8>, words: &str| {
            let error = read(&file).err().expect("refused").to_string();
            assert!(error.contains(words), "{error}");
        };
        check(wav(7, 1, 8, &[]), "neither PCM");
        check(wav(1, 0, 16, &[]), "0 channels");
        check(b"RIFF\0\0\0\0AVI ".to_vec(), "not a WAV");
        check(b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd".to_vec(), "before its format");
    }
}
