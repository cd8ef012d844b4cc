//! Captions as a rendition of their own: WebVTT segments with the numbers and lengths of the picture's (RFC 8216 §3.5).
//!
//! A cue is written into every segment that it touches, when that segment is closed. So what was withdrawn until then was
//! never published, and what is published never changes (H-2). Cue times are the program's clock, the same as the decode
//! times of the fragments.

use std::collections::VecDeque;
use std::fmt::Write as _;

use bytes::Bytes;
use units::{AirTime, Duration};

use super::TARGET_DURATION;
use super::note::quoted;
use super::playlist::{PLAIN_VERSION, seconds};
use super::window::{Segment, Snapshot};

/// Cues that wait to be aired; above it the oldest goes.
const MAX_CUES: usize = 256;
/// Bytes of one cue's text.
const MAX_TEXT: usize = 1000;

/// The language of a program's captions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Captions {
    /// A BCP 47 tag.
    pub language: String,
    /// What players list.
    pub name: String,
}

/// One caption.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cue {
    /// When it comes on.
    pub start: AirTime,
    /// When it goes.
    pub end: AirTime,
    /// Its lines.
    pub text: String,
}

/// The cues that wait for their segment.
#[derive(Debug, Default)]
pub(crate) struct Cues {
    waiting: VecDeque<Cue>,
}

impl Cues {
    pub(crate) fn add(&mut self, cue: Cue) {
        if self.waiting.len() >= MAX_CUES {
            self.waiting.pop_front();
        }
        self.waiting.push_back(cue);
    }

    /// Takes back what touches an interval.
    pub(crate) fn withdraw(&mut self, from: AirTime, to: Option<AirTime>) {
        self.waiting.retain(|cue| cue.end <= from || to.is_some_and(|to| cue.start >= to));
    }

    /// The file of a segment that is closed now; cues that end with it are forgotten.
    pub(crate) fn file(&mut self, start: AirTime, end: AirTime) -> Bytes {
        let touching = self.waiting.iter().filter(|cue| cue.start < end && cue.end > start);
        let file = file(start, touching);
        self.waiting.retain(|cue| cue.end > end);
        file
    }
}

/// A WebVTT file. The map ties the cues' clock to the media's: both count from AirTime 0, and MPEG-2's has 33 bits.
pub(crate) fn file<'a>(start: AirTime, cues: impl Iterator<Item = &'a Cue>) -> Bytes {
    let ticks = start.since_start().ticks(90_000).rem_euclid(1 << 33);
    let mut out = format!("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{ticks},LOCAL:{}\n", clock(start));
    for cue in cues {
        let _ =
            write!(out, "\n{} --> {}\n{}\n", clock(cue.start), clock(cue.end), escaped(&cue.text));
    }
    out.into()
}

fn clock(at: AirTime) -> String {
    let ms = at.ms().max(0);
    let (h, m, s) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{h:02}:{m:02}:{s:02}.{:03}", ms % 1000)
}

/// Text that cannot end its cue or open a tag.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let end = text.floor_char_boundary(MAX_TEXT);
    for line in text[..end].lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !out.is_empty() {
            out.push('\n');
        }
        let line = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        out.push_str(&line);
    }
    out
}

/// The live playlist of the captions; `first` is the index of the first segment that is listed.
pub(crate) fn live(snapshot: &Snapshot, first: usize) -> String {
    let listed = snapshot.segments.get(first..).unwrap_or_default();
    let Some(oldest) = listed.first() else { return String::new() };
    let mut out = format!(
        "#EXTM3U\n#EXT-X-VERSION:{PLAIN_VERSION}\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n",
        TARGET_DURATION.ticks(1),
        oldest.msn
    );
    let gone = oldest.discontinuities.saturating_sub(u64::from(oldest.discontinuity));
    let _ = writeln!(out, "#EXT-X-DISCONTINUITY-SEQUENCE:{gone}");
    for Segment { msn, duration, discontinuity, date, .. } in
        listed.iter().map(|segment| &**segment)
    {
        line(&mut out, *msn, *duration, *discontinuity, &date.rfc3339());
    }
    if snapshot.ended {
        out.push_str("#EXT-X-ENDLIST\n");
    }
    out
}

/// One segment of a captions playlist.
pub(crate) fn line(
    out: &mut String,
    msn: u64,
    duration: Duration,
    discontinuity: bool,
    date: &str,
) {
    if discontinuity {
        out.push_str("#EXT-X-DISCONTINUITY\n");
    }
    let _ = writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{date}");
    let _ = writeln!(out, "#EXTINF:{},\nsub-{msn}.vtt", seconds(duration));
}

/// The tag of the multivariant playlist that names the captions.
pub(crate) fn media_tag(captions: &Captions, uri: &str) -> String {
    format!(
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"{}\",LANGUAGE=\"{}\",DEFAULT=NO,AUTOSELECT=YES,\
         CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog\",URI=\"{uri}\"\n",
        quoted(&captions.name),
        quoted(&captions.language)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(start: i64, end: i64, text: &str) -> Cue {
        Cue { start: AirTime::from_ms(start), end: AirTime::from_ms(end), text: text.to_owned() }
    }

    fn file(cues: &mut Cues, start: i64, end: i64) -> String {
        let bytes = cues.file(AirTime::from_ms(start), AirTime::from_ms(end));
        String::from_utf8(bytes.to_vec()).expect("UTF-8")
    }

    #[test]
    fn a_cue_is_in_every_segment_that_it_touches() {
        let mut cues = Cues::default();
        cues.add(cue(1500, 2500, "one"));
        cues.add(cue(4_000_000, 4_001_000, "late"));
        assert!(file(&mut cues, 0, 2000).ends_with("\n00:00:01.500 --> 00:00:02.500\none\n"));
        assert!(file(&mut cues, 2000, 4000).contains("one"));
        assert!(!file(&mut cues, 4000, 6000).contains("-->"));
        assert!(file(&mut cues, 4_000_000, 4_002_000).contains("01:06:40.000 --> 01:06:41.000"));
    }

    #[test]
    fn what_is_withdrawn_before_its_segment_ends_is_in_no_file() {
        let mut cues = Cues::default();
        for second in 0..5 {
            cues.add(cue(second * 1000, second * 1000 + 900, &format!("s{second}")));
        }
        cues.withdraw(AirTime::from_ms(1500), Some(AirTime::from_ms(3000)));
        let file = file(&mut cues, 0, 10_000);
        let kept: Vec<bool> = (0..5).map(|s| file.contains(&format!("s{s}"))).collect();
        assert_eq!(kept, [true, false, false, true, true]);
    }

    #[test]
    fn text_stays_inside_its_cue() {
        let mut cues = Cues::default();
        cues.add(cue(0, 900, "a <b>\n\n00:00:09.000 --> 00:00:10.000\n& c"));
        let file = file(&mut cues, 0, 1000);
        assert!(
            file.ends_with("a &lt;b&gt;\n00:00:09.000 --&gt; 00:00:10.000\n&amp; c\n"),
            "{file}"
        );
    }
}
