//! A fragment: `moof` and `mdat` with the pictures and the sound of one part.

use bytes::{BufMut, Bytes, BytesMut};
use units::AirTime;

use super::{AUDIO_TRACK, VIDEO_TIMESCALE, VIDEO_TRACK};
use crate::frame::{AirAudio, AirVideo};

/// Flags of a sample that predicts others and is predicted by none (ISO/IEC 14496-12 §8.8.3.1).
const KEY_SAMPLE: u32 = 0x0200_0000;
/// Flags of a sample that depends on another.
const DELTA_SAMPLE: u32 = 0x0101_0000;

const TFHD_DEFAULT_FLAGS: u32 = 0x2_0020;
const TRUN_DATA_OFFSET: u32 = 0x001;
const TRUN_DURATION: u32 = 0x100;
const TRUN_SIZE: u32 = 0x200;
const TRUN_FLAGS: u32 = 0x400;
const TRUN_CTS: u32 = 0x800;

const BOX: usize = 8;
const FULL_BOX: usize = 12;
const MFHD: usize = FULL_BOX + 4;
const TFHD: usize = FULL_BOX + 8;
const TFDT: usize = FULL_BOX + 8;
const TRUN: usize = FULL_BOX + 8;

/// What goes into one fragment. Frames are in decode order and already contiguous.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// Counts the fragments of a program.
    pub sequence: u32,
    /// Ticks a second of the sound track, as its init says.
    pub audio_timescale: u32,
    /// Where the fragment starts, for the decode time of one without any frame.
    pub start: AirTime,
    /// The pictures.
    pub video: &'a [AirVideo],
    /// The access units.
    pub audio: &'a [AirAudio],
}

struct Sample {
    duration: u32,
    size: u32,
    flags: u32,
    cts: i32,
}

struct Run {
    track: u32,
    decode_time: u64,
    default_flags: u32,
    fields: u32,
    samples: Vec<Sample>,
}

/// Writes `moof` and `mdat`.
///
/// A sample's duration is the difference of two rounded times, never a rounded duration, so decode
/// times go on exactly whatever the timescale. `tfdt` has 64 bits, composition offsets are signed.
#[must_use]
pub fn fragment(parts: Fragment<'_>) -> Bytes {
    let mut runs = Vec::with_capacity(2);
    if !parts.video.is_empty() || parts.audio.is_empty() {
        runs.push(video_run(&parts));
    }
    if !parts.audio.is_empty() {
        runs.push(audio_run(&parts));
    }
    let payload: usize =
        runs.iter().flat_map(|run| &run.samples).map(|sample| sample.size as usize).sum();
    let moof = BOX + MFHD + runs.iter().map(Run::len).sum::<usize>();
    let mut out = BytesMut::with_capacity(moof + BOX + payload);

    start_box(&mut out, moof, b"moof");
    start_full_box(&mut out, MFHD, b"mfhd", 0, 0);
    out.put_u32(parts.sequence);
    let mut data_offset = moof + BOX;
    for run in &runs {
        run.write(&mut out, data_offset);
        data_offset += run.samples.iter().map(|sample| sample.size as usize).sum::<usize>();
    }

    start_box(&mut out, BOX + payload, b"mdat");
    for picture in parts.video {
        put_picture(&mut out, picture);
    }
    for sound in parts.audio {
        out.put_slice(&sound.data);
    }
    debug_assert_eq!(out.len(), moof + BOX + payload, "the runs describe the payload");
    out.freeze()
}

fn video_run(parts: &Fragment<'_>) -> Run {
    let ticks = |at: AirTime| at.since_start().ticks(VIDEO_TIMESCALE);
    let samples = parts.video.iter().enumerate().map(|(i, picture)| {
        let end = match parts.video.get(i + 1) {
            Some(next) => next.air,
            None => picture.air + picture.duration,
        };
        let cts = ticks(picture.air + picture.cts) - ticks(picture.air);
        Sample {
            duration: clamp(ticks(end) - ticks(picture.air)),
            size: picture_len(picture) as u32,
            flags: if picture.key { KEY_SAMPLE } else { DELTA_SAMPLE },
            cts: cts.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32,
        }
    });
    Run {
        track: VIDEO_TRACK,
        decode_time: decode_time(parts.video.first().map_or(parts.start, |p| p.air), ticks),
        default_flags: DELTA_SAMPLE,
        fields: TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS | TRUN_CTS,
        samples: samples.collect(),
    }
}

fn audio_run(parts: &Fragment<'_>) -> Run {
    let ticks = |at: AirTime| at.since_start().ticks(parts.audio_timescale.max(1));
    let samples = parts.audio.iter().enumerate().map(|(i, sound)| {
        let end = match parts.audio.get(i + 1) {
            Some(next) => next.air,
            None => sound.air + sound.duration,
        };
        Sample {
            duration: clamp(ticks(end) - ticks(sound.air)),
            size: sound.data.len() as u32,
            flags: KEY_SAMPLE,
            cts: 0,
        }
    });
    Run {
        track: AUDIO_TRACK,
        decode_time: decode_time(parts.audio.first().map_or(parts.start, |a| a.air), ticks),
        default_flags: KEY_SAMPLE,
        fields: TRUN_DURATION | TRUN_SIZE,
        samples: samples.collect(),
    }
}

fn clamp(ticks: i64) -> u32 {
    u32::try_from(ticks.max(0)).unwrap_or(u32::MAX)
}

fn decode_time(at: AirTime, ticks: impl Fn(AirTime) -> i64) -> u64 {
    ticks(at).max(0).unsigned_abs()
}

impl Run {
    fn trun_len(&self) -> usize {
        let fields = (self.fields & (TRUN_DURATION | TRUN_SIZE | TRUN_FLAGS | TRUN_CTS))
            .count_ones() as usize;
        TRUN + self.samples.len() * fields * 4
    }

    fn len(&self) -> usize {
        BOX + TFHD + TFDT + self.trun_len()
    }

    fn write(&self, out: &mut BytesMut, data_offset: usize) {
        start_box(out, self.len(), b"traf");
        start_full_box(out, TFHD, b"tfhd", 0, TFHD_DEFAULT_FLAGS);
        out.put_u32(self.track);
        out.put_u32(self.default_flags);
        start_full_box(out, TFDT, b"tfdt", 1, 0);
        out.put_u64(self.decode_time);
        start_full_box(out, self.trun_len(), b"trun", 1, TRUN_DATA_OFFSET | self.fields);
        out.put_u32(self.samples.len() as u32);
        out.put_u32(data_offset as u32);
        for sample in &self.samples {
            out.put_u32(sample.duration);
            out.put_u32(sample.size);
            if self.fields & TRUN_FLAGS != 0 {
                out.put_u32(sample.flags);
            }
            if self.fields & TRUN_CTS != 0 {
                out.put_i32(sample.cts);
            }
        }
    }
}

fn start_box(out: &mut BytesMut, len: usize, kind: &[u8; 4]) {
    out.put_u32(len as u32);
    out.put_slice(kind);
}

fn start_full_box(out: &mut BytesMut, len: usize, kind: &[u8; 4], version: u8, flags: u32) {
    start_box(out, len, kind);
    out.put_u32(u32::from(version) << 24 | flags);
}

/// Bytes of the picture in `mdat`, parameter sets included.
pub(crate) fn picture_len(picture: &AirVideo) -> usize {
    let sets: usize = parameter_sets(picture).map(|set| 4 + set.len()).sum();
    sets + picture.data.len()
}

fn parameter_sets(picture: &AirVideo) -> impl Iterator<Item = &Bytes> {
    let config = picture.key.then_some(&picture.config);
    config.into_iter().flat_map(|config| config.sps.iter().chain(&config.pps))
}

fn put_picture(out: &mut BytesMut, picture: &AirVideo) {
    let (first, rest) = picture.data.split_at(delimiter_len(&picture.data));
    out.put_slice(first);
    for set in parameter_sets(picture) {
        out.put_u32(set.len() as u32);
        out.put_slice(set);
    }
    out.put_slice(rest);
}

/// Bytes of an access unit delimiter at the start; it must stay the first NAL unit (H.264 §7.4.1.2.3).
fn delimiter_len(data: &[u8]) -> usize {
    let [a, b, c, d, nal, ..] = *data else { return 0 };
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    if nal & 0x1f == 9 && len < data.len() - 3 { 4 + len } else { 0 }
}
