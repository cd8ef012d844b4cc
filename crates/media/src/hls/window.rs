//! The live window: what is published now, and the immutable view of it that readers share.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use units::{AirTime, Duration, Timestamp};

use super::reload::Edge;
use super::subtitles::Cues;
use super::{Config, Readiness, Reload};

/// Segments that stay whatever they weigh.
const MIN_SEGMENTS: usize = 3;

/// A published part. It never changes (H-2).
#[derive(Clone, Debug)]
pub struct Part {
    /// `moof` and `mdat`.
    pub bytes: Bytes,
    /// How much of the program it covers.
    pub duration: Duration,
    /// It begins with an IDR.
    pub independent: bool,
}

/// A segment: the chain of its parts.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Media sequence number.
    pub msn: u64,
    /// Its parts in order; the segment's bytes are theirs one after the other.
    pub parts: Vec<Part>,
    /// Where it starts in the program.
    pub start: AirTime,
    /// How much of the program it covers.
    pub duration: Duration,
    /// Number of its init segment.
    pub init: u32,
    /// What is before it does not connect with it.
    pub discontinuity: bool,
    /// Discontinuities from the start of the program up to and including this segment's own.
    pub discontinuities: u64,
    /// UTC of its start.
    pub date: Timestamp,
    /// Its captions, once it is complete.
    pub(crate) captions: Option<Bytes>,
    /// Pictures in it.
    pub(crate) pictures: u32,
}

impl Segment {
    /// Where it ends in the program.
    #[must_use]
    pub fn end(&self) -> AirTime {
        self.start + self.duration
    }
    /// Bytes of all parts.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.bytes.len()).sum()
    }
}

/// A published init segment. It never changes.
#[derive(Clone, Debug)]
pub struct Init {
    /// As in `init-N.mp4`.
    pub number: u32,
    /// `ftyp` and `moov`.
    pub bytes: Bytes,
}

/// The answer to a request for media.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup<T> {
    /// Here it is.
    Found(T),
    /// The next to be published: wait for a later snapshot.
    Wait,
    /// It is over, or nobody was told of it: 404.
    Gone,
}

/// What is published at one moment. Cheap to clone and to hold: all bytes are shared.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Counts the snapshots of one packager.
    pub version: u64,
    /// No more media follows.
    pub ended: bool,
    /// UTC of AirTime 0 as the newest segment's date counts it.
    pub epoch: Timestamp,
    pub(crate) playlist: Option<Bytes>,
    pub(crate) multivariant: Option<Bytes>,
    pub(crate) captions: Option<Bytes>,
    /// Complete segments that are kept, oldest first, without a hole.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// The segment in progress.
    pub(crate) open: Option<Arc<Segment>>,
    pub(crate) inits: Vec<Init>,
    pub(crate) advance_parts: u32,
}

impl Snapshot {
    /// `main.m3u8`; `None` before the first part aired.
    #[must_use]
    pub fn playlist(&self) -> Option<Bytes> {
        self.playlist.clone()
    }
    /// `index.m3u8`; `None` before the first part aired.
    #[must_use]
    pub fn multivariant(&self) -> Option<Bytes> {
        self.multivariant.clone()
    }
    /// `captions.m3u8`; `None` before the first segment is complete, and for a program without captions.
    #[must_use]
    pub fn captions(&self) -> Option<Bytes> {
        self.captions.clone()
    }
    /// `sub-N.vtt`, when its segment is complete.
    #[must_use]
    pub fn subtitles(&self, msn: u64) -> Option<Bytes> {
        self.complete(msn).and_then(|segment| segment.captions.clone())
    }
    /// `init-N.mp4`, while a kept segment needs it.
    #[must_use]
    pub fn init(&self, number: u32) -> Option<Bytes> {
        self.inits.iter().find(|init| init.number == number).map(|init| init.bytes.clone())
    }
    /// `seg-N.m4s`, when it is complete.
    #[must_use]
    pub fn segment(&self, msn: u64) -> Lookup<&Arc<Segment>> {
        if let Some(segment) = self.complete(msn) {
            return Lookup::Found(segment);
        }
        if self.open.as_ref().is_some_and(|open| open.msn == msn) {
            Lookup::Wait
        } else {
            Lookup::Gone
        }
    }
    /// `part-N-M.m4s`. The hinted next part waits; when its segment ends without it, it is gone.
    #[must_use]
    pub fn part(&self, msn: u64, part: u32) -> Lookup<Bytes> {
        let open = self.open.as_ref().filter(|open| open.msn == msn);
        let segment = self.complete(msn).or(open);
        if let Some(part) = segment.and_then(|segment| segment.parts.get(part as usize)) {
            return Lookup::Found(part.bytes.clone());
        }
        if self.hinted() == Some((msn, part)) { Lookup::Wait } else { Lookup::Gone }
    }
    /// The newest part: media sequence number and index.
    #[must_use]
    pub fn latest(&self) -> Option<(u64, u32)> {
        let newest = self.newest()?;
        Some((newest.msn, (newest.parts.len() as u32).saturating_sub(1)))
    }
    /// Where the newest part ends in the program.
    #[must_use]
    pub fn end(&self) -> Option<AirTime> {
        self.newest().map(|segment| segment.end())
    }
    /// Whether a playlist request can be answered from this snapshot.
    #[must_use]
    pub fn ready(&self, reload: &Reload) -> Readiness {
        match self.edge() {
            Some(edge) => edge.ready(reload),
            None => Readiness::Gone,
        }
    }
    /// Complete segments that are kept, oldest first.
    #[must_use]
    pub fn segments(&self) -> &[Arc<Segment>] {
        &self.segments
    }

    fn newest(&self) -> Option<&Arc<Segment>> {
        self.open.as_ref().or(self.segments.last())
    }
    fn complete(&self, msn: u64) -> Option<&Arc<Segment>> {
        let index = msn.checked_sub(self.segments.first()?.msn)?;
        self.segments.get(usize::try_from(index).ok()?)
    }
    pub(crate) fn hinted(&self) -> Option<(u64, u32)> {
        match (self.ended, &self.open) {
            (true, _) => None,
            (false, Some(open)) => Some((open.msn, open.parts.len() as u32)),
            (false, None) => self.segments.last().map(|last| (last.msn + 1, 0)),
        }
    }
    fn edge(&self) -> Option<Edge> {
        let newest = self.newest()?;
        Some(Edge {
            msn: newest.msn,
            parts: newest.parts.len() as u32,
            complete: self.open.is_none(),
            ended: self.ended,
            advance_parts: self.advance_parts,
        })
    }
}

/// The segments that are kept.
#[derive(Debug, Default)]
pub(crate) struct Window {
    pub(crate) segments: VecDeque<Arc<Segment>>,
    pub(crate) open: Option<Segment>,
}

impl Window {
    /// Closes the segment in progress.
    pub(crate) fn close(&mut self, captions: Option<&mut Cues>) -> Option<Arc<Segment>> {
        let mut segment = self.open.take()?;
        segment.captions = captions.map(|cues| cues.file(segment.start, segment.end()));
        let segment = Arc::new(segment);
        if let Some(last) = self.segments.back() {
            debug_assert_eq!(last.msn + 1, segment.msn, "H-1: media sequence goes on by one");
        }
        self.segments.push_back(Arc::clone(&segment));
        Some(segment)
    }

    /// Adds a part to the segment in progress.
    pub(crate) fn add(&mut self, part: Part, pictures: u32) {
        let Some(open) = &mut self.open else {
            debug_assert!(false, "a part belongs to an open segment");
            return;
        };
        open.duration += part.duration;
        open.pictures = open.pictures.saturating_add(pictures);
        open.parts.push(part);
    }

    pub(crate) fn end(&self) -> Option<AirTime> {
        let open = self.open.as_ref().map(Segment::end);
        open.or_else(|| self.segments.back().map(|segment| segment.end()))
    }

    /// Drops what is too old to be asked for, or too much.
    pub(crate) fn evict(&mut self, config: &Config) {
        let Some(end) = self.end() else { return };
        let mut bytes: usize = self.segments.iter().map(|segment| segment.bytes()).sum();
        let kept = config.listed + config.kept;
        while let Some(oldest) = self.segments.front() {
            let too_old = end - oldest.end() >= kept;
            if self.segments.len() <= MIN_SEGMENTS || (!too_old && bytes <= config.max_bytes) {
                return;
            }
            bytes -= oldest.bytes();
            self.segments.pop_front();
        }
    }

    /// Index of the first complete segment that the playlist lists.
    pub(crate) fn first_listed(&self, config: &Config) -> usize {
        let Some(end) = self.end() else { return 0 };
        let young = |segment: &Arc<Segment>| end - segment.end() < config.listed;
        let first = self.segments.iter().position(young).unwrap_or(self.segments.len());
        first.min(self.segments.len().saturating_sub(MIN_SEGMENTS))
    }
}
