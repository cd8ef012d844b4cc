//! Writes playlists (RFC 8216bis §4).

use std::fmt::Write as _;

use units::{Duration, Timestamp};

use super::note::{Notes, quoted};
use super::subtitles::{self, Captions};
use super::window::{Segment, Snapshot};
use super::{Config, TARGET_DURATION};

/// Version 9 is what current low-latency players expect; no tag here needs more.
const LIVE_VERSION: u32 = 9;
/// `EXT-X-MAP` outside I-frame playlists needs 6; nothing else does.
pub(crate) const PLAIN_VERSION: u32 = 6;
/// Parts are listed for this many target durations before the end (§6.2.2).
const PART_WINDOW: i64 = 3;
/// Players stay this many target durations behind the end (§4.4.3.8, at least 3).
const HOLD_BACK: i64 = 3;

/// Seconds with microseconds.
pub(crate) fn seconds(span: Duration) -> String {
    let micros = span.micros().max(0);
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Seconds as short as they are exact to the millisecond.
fn short(span: Duration) -> String {
    let ms = span.ms().max(0);
    let text = format!("{}.{:03}", ms / 1000, ms % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The live media playlist. `first` is the index of the first segment that is listed.
pub(crate) fn live(snapshot: &Snapshot, first: usize, notes: &Notes, config: &Config) -> String {
    let listed = snapshot.segments.get(first..).unwrap_or_default();
    let Some(oldest) = listed.first().or(snapshot.open.as_ref()) else { return String::new() };
    let mut out = String::with_capacity(8192);
    let _ = writeln!(out, "#EXTM3U\n#EXT-X-VERSION:{LIVE_VERSION}");
    let _ = writeln!(out, "#EXT-X-TARGETDURATION:{}", TARGET_DURATION.ticks(1));
    let _ = writeln!(
        out,
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={},HOLD-BACK={}",
        short(config.part_target.scale(3, 1)),
        short(TARGET_DURATION.scale(HOLD_BACK, 1)),
    );
    let _ = writeln!(out, "#EXT-X-PART-INF:PART-TARGET={}", short(config.part_target));
    let _ = writeln!(out, "#EXT-X-MEDIA-SEQUENCE:{}", oldest.msn);
    // The sequence number counts the discontinuities that have left; the oldest segment's own has not.
    let gone = oldest.discontinuities.saturating_sub(u64::from(oldest.discontinuity));
    let _ = writeln!(out, "#EXT-X-DISCONTINUITY-SEQUENCE:{gone}");
    notes.write(&mut out);

    let end = snapshot.end().unwrap_or_default();
    let mut init = None;
    for segment in listed {
        head(&mut out, &mut init, segment.init, segment.discontinuity, segment.date);
        if end - segment.end() < TARGET_DURATION.scale(PART_WINDOW, 1) {
            parts(&mut out, segment);
        }
        let _ = writeln!(out, "#EXTINF:{},\nseg-{}.m4s", seconds(segment.duration), segment.msn);
    }
    if let Some(open) = &snapshot.open {
        head(&mut out, &mut init, open.init, open.discontinuity, open.date);
        parts(&mut out, open);
    }
    match snapshot.hinted() {
        Some((msn, part)) => {
            let _ = writeln!(out, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"part-{msn}-{part}.m4s\"");
        }
        None => out.push_str("#EXT-X-ENDLIST\n"),
    }
    out
}

/// The tags before a segment. `written` is the init that the playlist named last.
pub(crate) fn head(
    out: &mut String,
    written: &mut Option<u32>,
    init: u32,
    discontinuity: bool,
    date: Timestamp,
) {
    if discontinuity {
        out.push_str("#EXT-X-DISCONTINUITY\n");
    }
    if discontinuity || *written != Some(init) {
        *written = Some(init);
        let _ = writeln!(out, "#EXT-X-MAP:URI=\"init-{init}.mp4\"");
    }
    let _ = writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{}", date.rfc3339());
}

fn parts(out: &mut String, segment: &Segment) {
    for (i, part) in segment.parts.iter().enumerate() {
        let independent = if part.independent { ",INDEPENDENT=YES" } else { "" };
        let (duration, msn) = (seconds(part.duration), segment.msn);
        let _ = writeln!(
            out,
            "#EXT-X-PART:DURATION={duration},URI=\"part-{msn}-{i}.m4s\"{independent}"
        );
    }
}

/// What the multivariant playlist says of the one rendition.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Variant {
    /// Highest bits a second of any segment.
    pub(crate) peak: u64,
    /// Bits a second of everything.
    pub(crate) average: u64,
    pub(crate) codecs: String,
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Thousandths of a picture a second.
    pub(crate) rate_milli: Option<u32>,
}

/// What the playlists are called that a multivariant playlist names. A recording's have names of their own, because players that
/// watched live go on loading theirs, and its media sequence never goes back.
pub(crate) struct Names {
    pub(crate) media: &'static str,
    pub(crate) captions: &'static str,
}

/// Of a live window.
pub(crate) const LIVE: Names = Names { media: "main.m3u8", captions: "captions.m3u8" };
/// Of a recording.
pub(crate) const RECORDED: Names =
    Names { media: "recording.m3u8", captions: "recording-captions.m3u8" };

/// The multivariant playlist: one rendition and its captions.
pub(crate) fn multivariant(
    variant: &Variant,
    captions: Option<&Captions>,
    names: &Names,
) -> String {
    let mut out = format!("#EXTM3U\n#EXT-X-VERSION:{PLAIN_VERSION}\n");
    let media_tag = |captions| subtitles::media_tag(captions, names.captions);
    out.push_str(&captions.map_or_else(String::new, media_tag));
    out.push_str("#EXT-X-STREAM-INF:");
    let bandwidth = headroom(variant.peak);
    let average = variant.average.div_ceil(10_000).max(1) * 10_000;
    let _ = write!(out, "BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={}", average.min(bandwidth));
    let _ = write!(out, ",CODECS=\"{}\"", quoted(&variant.codecs));
    if variant.width > 0 && variant.height > 0 {
        let _ = write!(out, ",RESOLUTION={}x{}", variant.width, variant.height);
    }
    if let Some(rate) = variant.rate_milli {
        let _ = write!(out, ",FRAME-RATE={}.{:03}", rate / 1000, rate % 1000);
    }
    if captions.is_some() {
        out.push_str(",SUBTITLES=\"captions\"");
    }
    let _ = writeln!(out, "\n{}", names.media);
    out
}

/// A quarter more than what was seen, in steps of 100 kbit/s: a segment above BANDWIDTH is an error, one far
/// below costs nothing as there is no other rendition to choose.
fn headroom(bits: u64) -> u64 {
    (bits + bits / 4).div_ceil(100_000).max(1) * 100_000
}

/// The common frame rate within 1 % of the measured one; `None` when there is none.
pub(crate) fn frame_rate(pictures: u32, span: Duration) -> Option<u32> {
    const COMMON: [u32; 13] = [
        10_000, 12_000, 12_500, 15_000, 20_000, 23_976, 24_000, 25_000, 29_970, 30_000, 48_000,
        50_000, 60_000,
    ];
    if span < Duration::from_s(1) {
        return None;
    }
    let measured = f64::from(pictures) * 1000.0 / span.secs_f64();
    let distance = |rate: u32| (f64::from(rate) - measured).abs();
    let nearest = COMMON.into_iter().min_by(|a, b| distance(*a).total_cmp(&distance(*b)))?;
    (distance(nearest) <= f64::from(nearest) * 0.01).then_some(nearest)
}
