//! A recording: its index, one JSON line per segment, and the playlists made from it.
//!
//! The index is appended to while the show runs, so a crash may leave half a line at its end; that line is
//! ignored. A segment that could not be written leaves a hole in time. The playlist then puts
//! `EXT-X-DISCONTINUITY` before the next one instead of naming the missing file under `EXT-X-GAP`: ffmpeg
//! would ask for it and fail, while every player goes on after a discontinuity.

use std::collections::HashSet;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use units::{AirTime, Duration, Timestamp};

use super::TARGET_DURATION;
use super::playlist::{
    PLAIN_VERSION, RECORDED, Variant, head, multivariant as write_multivariant, seconds,
};
use super::subtitles::{Captions, file, line};

/// Segments in one recording, about four days of the shortest; more are not listed.
const MAX_ENTRIES: usize = 200_000;

/// What plays a segment, for the multivariant playlist.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Stream {
    /// RFC 6381 names of its tracks.
    pub codecs: String,
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
}

/// One line of the index.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Media sequence number: the file is `seg-N.m4s`.
    pub msn: u64,
    /// Its init: the file is `init-N.mp4`.
    pub init: u32,
    /// Where it starts in the program, in flicks.
    pub air: AirTime,
    /// How much of the program it covers, in flicks.
    pub duration: Duration,
    /// What is before it does not connect with it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub discontinuity: bool,
    /// UTC of its start, in microseconds since 1970.
    pub at: Timestamp,
    /// Bytes of the file.
    #[serde(default)]
    pub bytes: u64,
    /// The file could not be written.
    #[serde(default, skip_serializing_if = "is_false")]
    pub gap: bool,
    /// What plays it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<Stream>,
    /// The language of its captions: the file is `sub-N.vtt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captions: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Entry {
    /// The line, with its newline.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = serde_json::to_string(self).unwrap_or_default();
        line.push('\n');
        line
    }

    /// The same segment as one that could not be written.
    #[must_use]
    pub fn missing(self) -> Self {
        Self { gap: true, bytes: 0, ..self }
    }
}

/// An index as it was read.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// The lines that could be read, media sequence rising.
    pub entries: Vec<Entry>,
    /// Lines that could not be read or go back in media sequence, beside an unfinished last one.
    pub damaged: usize,
    /// Bytes up to the end of the last whole line. Whoever appends cuts the file here first, so that a new line
    /// does not join half of an old one.
    pub whole_len: usize,
}

/// Reads an index. Damaged lines are counted and count as segments that are missing.
#[must_use]
pub fn parse(text: &[u8]) -> Index {
    let mut index = Index::default();
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    index.whole_len = whole;
    let lines = text.get(..whole).unwrap_or_default().split(|&byte| byte == b'\n');
    let mut broken = false;
    for line in lines.filter(|line| !line.is_empty()) {
        let last = index.entries.last().map(|entry| entry.msn);
        match serde_json::from_slice::<Entry>(line) {
            Ok(mut entry) if last.is_none_or(|last| entry.msn > last) && plausible(&entry) => {
                entry.discontinuity |= std::mem::take(&mut broken);
                index.entries.push(entry);
            }
            _ => {
                index.damaged += 1;
                broken = true;
            }
        }
        if index.entries.len() >= MAX_ENTRIES {
            break;
        }
    }
    index
}

/// A length that a segment can have; anything else is not our line.
fn plausible(entry: &Entry) -> bool {
    entry.duration > Duration::ZERO && entry.duration <= TARGET_DURATION.scale(100, 1)
}

/// The media playlist of the recording, `recording.m3u8`. Empty recordings have no playlist.
#[must_use]
pub fn playlist(entries: &[Entry]) -> Option<Bytes> {
    let mut listed = entries.iter().filter(|entry| !entry.gap).peekable();
    let first = listed.peek()?.msn;
    let longest = entries.iter().map(|entry| entry.duration).max().unwrap_or(TARGET_DURATION);
    let target = TARGET_DURATION.max(longest).ticks(1);
    let mut out = format!(
        "#EXTM3U\n#EXT-X-VERSION:{PLAIN_VERSION}\n#EXT-X-TARGETDURATION:{target}\n\
         #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
    );
    let mut init = None;
    let mut last: Option<&Entry> = None;
    for entry in listed {
        let hole = last.is_some_and(|last| last.msn + 1 != entry.msn);
        let discontinuity = last.is_some() && (entry.discontinuity || hole);
        head(&mut out, &mut init, entry.init, discontinuity, entry.at);
        out.push_str(&format!("#EXTINF:{},\nseg-{}.m4s\n", seconds(entry.duration), entry.msn));
        last = Some(entry);
    }
    out.push_str("#EXT-X-ENDLIST\n");
    Some(out.into())
}

/// The multivariant playlist of the recording, `index.m3u8`.
#[must_use]
pub fn multivariant(entries: &[Entry]) -> Option<Bytes> {
    let listed = || entries.iter().filter(|entry| !entry.gap);
    // The stream that most of the recording has: a slate at the beginning says little of the show.
    let streams: HashSet<&Stream> = listed().filter_map(|entry| entry.stream.as_ref()).collect();
    let span = |stream: &Stream| -> i64 {
        listed().filter(|e| e.stream.as_ref() == Some(stream)).map(|e| e.duration.ms()).sum()
    };
    let stream = streams.into_iter().max_by_key(|stream| (span(stream), stream.codecs.clone()))?;
    let bits = |entry: &Entry| entry.bytes.saturating_mul(8);
    let rate = |bits: u64, ms: i64| bits.saturating_mul(1000) / ms.max(1).unsigned_abs();
    let peak = listed().map(|entry| rate(bits(entry), entry.duration.ms())).max()?;
    let total = listed().map(bits).fold(0, u64::saturating_add);
    let average = rate(total, listed().map(|entry| entry.duration.ms()).sum());
    let variant = Variant {
        peak,
        average,
        codecs: stream.codecs.clone(),
        width: stream.width,
        height: stream.height,
        rate_milli: None,
    };
    let language = listed().find_map(|entry| entry.captions.clone());
    let captions = language.map(|language| Captions { name: language.clone(), language });
    Some(write_multivariant(&variant, captions.as_ref(), &RECORDED).into())
}

/// The playlist of the recording's captions, `recording-captions.m3u8`; segments without any have an empty file.
#[must_use]
pub fn captions(entries: &[Entry]) -> Option<Bytes> {
    let mut listed = entries.iter().filter(|entry| !entry.gap).peekable();
    let first = listed.peek()?.msn;
    entries.iter().find(|entry| entry.captions.is_some())?;
    let longest = entries.iter().map(|entry| entry.duration).max().unwrap_or(TARGET_DURATION);
    let target = TARGET_DURATION.max(longest).ticks(1);
    let mut out = format!(
        "#EXTM3U\n#EXT-X-VERSION:{PLAIN_VERSION}\n#EXT-X-TARGETDURATION:{target}\n\
         #EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-MEDIA-SEQUENCE:{first}\n"
    );
    let mut last: Option<&Entry> = None;
    for entry in listed {
        let hole = last.is_some_and(|last| last.msn + 1 != entry.msn);
        let discontinuity = last.is_some() && (entry.discontinuity || hole);
        line(&mut out, entry.msn, entry.duration, discontinuity, &entry.at.rfc3339());
        last = Some(entry);
    }
    out.push_str("#EXT-X-ENDLIST\n");
    Some(out.into())
}

/// A file of captions without any.
#[must_use]
pub fn no_captions() -> Bytes {
    file(AirTime::ZERO, [].iter())
}
