//! Cuts the program into parts: decides where a part and a segment end and which sound belongs to them.
//!
//! A part is cut when the picture after it is known, so that it is also known whether the segment ends
//! there and the preload hint of a player is right; and when the sound up to its end is there.
//!
//! A segment has one configuration of sound. Sound that changes waits for the next picture, which begins a segment for
//! it; each change begins its own, so sound between two changes that lie close together is carried by a segment of
//! one picture, with its own decode times. After the last picture its second half is such a segment. No change of
//! sound loses any.
//!
//! Nothing is built here, only frames are handed on.

use std::collections::VecDeque;
use std::sync::Arc;

use units::{AirTime, Duration};

use super::{Config, TARGET_DURATION};
use crate::fmp4::picture_len;
use crate::frame::{AirAudio, AirVideo, AudioConfig, VideoConfig};

/// Pictures of one part; a source that claims more a second gets shorter parts.
const MAX_PART_PICTURES: usize = 256;
/// Bytes of one part; above it the part ends early.
const MAX_PART_BYTES: usize = 32 << 20;
/// Access units that wait for their picture; the newest is dropped when there are more.
const MAX_WAITING_SOUND: usize = 1024;
/// Bytes of sound that wait for their picture.
const MAX_WAITING_SOUND_BYTES: usize = 8 << 20;
/// A key frame this much before the least length of a segment still ends it: sources that count
/// milliseconds put every other one of a regular key frame a little early.
const KEY_TOLERANCE: Duration = Duration::from_ms(50);
/// A picture this much before the end of the one before is moved there; more is dropped.
const MAX_OVERLAP: Duration = Duration::from_s(1);
/// A hole between two pictures above this breaks the timeline: the segment ends before it.
const MAX_HOLE: Duration = Duration::from_ms(100);
/// The shortest picture, one tick of the video track.
const TICK: Duration = Duration::from_ticks(1, crate::fmp4::VIDEO_TIMESCALE);

/// What the packager did with frames that broke the rules of its input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Pictures that started before the end of the one before; dropped.
    pub backward_pictures: u64,
    /// Access units that started before the end of the one before, or after the last picture; dropped.
    pub backward_sounds: u64,
    /// Access units dropped because too many waited for a picture.
    pub crowded_sounds: u64,
    /// Parts published without all their sound because it did not come in time.
    pub late_sound_parts: u64,
    /// Parts not published because their init segment cannot be written.
    pub unusable_parts: u64,
    /// Finished segments that nobody took for recording; dropped, oldest first.
    pub unrecorded_segments: u64,
}

/// One part, not yet written.
#[derive(Debug)]
pub(crate) struct Cut {
    /// The part covers `[start, end)`.
    pub(crate) start: AirTime,
    pub(crate) end: AirTime,
    pub(crate) video: Vec<AirVideo>,
    pub(crate) audio: Vec<AirAudio>,
    /// The part begins a segment, with these configurations.
    pub(crate) segment: Option<Opening>,
    /// The segment is complete with this part.
    pub(crate) last: bool,
}

/// How a segment begins.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    pub(crate) discontinuity: bool,
    pub(crate) video: Arc<VideoConfig>,
    pub(crate) audio: Option<Arc<AudioConfig>>,
}

#[derive(Debug)]
struct Picture {
    video: AirVideo,
    /// The segment before must end here and does not connect with what follows.
    boundary: bool,
}

impl Picture {
    fn end(&self) -> AirTime {
        self.video.air + self.video.duration
    }
}

/// Waiting frames and where the next part starts.
#[derive(Debug)]
pub(crate) struct Cutter {
    part_target: Duration,
    segment_min: Duration,
    segment_max: Duration,
    audio_wait: Duration,
    pictures: VecDeque<Picture>,
    sounds: VecDeque<AirAudio>,
    sound_bytes: usize,
    /// End of the last part; `None` before the first.
    reached: Option<AirTime>,
    /// End of the last picture that was cut.
    covered: AirTime,
    /// Start of the open segment.
    segment: Option<AirTime>,
    video_end: Option<AirTime>,
    /// Start of the newest picture.
    video_at: AirTime,
    audio_end: Option<AirTime>,
    /// Configuration of the newest picture that came.
    newest_video: Option<Arc<VideoConfig>>,
    sounded: bool,
    /// Configurations of the newest segment; before it, of the first sound.
    video: Option<Arc<VideoConfig>>,
    audio: Option<Arc<AudioConfig>>,
    /// The first picture from here on begins a segment with the sound that waits and is not like `audio`.
    switch_from: Option<AirTime>,
    ended: bool,
    pub(crate) stats: Stats,
}

impl Cutter {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            part_target: config.part_target.max(TICK).min(TARGET_DURATION),
            segment_min: config.segment_min,
            segment_max: config.segment_max.min(TARGET_DURATION),
            audio_wait: config.audio_wait,
            pictures: VecDeque::new(),
            sounds: VecDeque::new(),
            sound_bytes: 0,
            reached: None,
            covered: AirTime(i64::MIN),
            segment: None,
            video_end: None,
            video_at: AirTime(i64::MIN),
            audio_end: None,
            newest_video: None,
            sounded: false,
            video: None,
            audio: None,
            switch_from: None,
            ended: false,
            stats: Stats::default(),
        }
    }

    pub(crate) fn push_video(&mut self, mut video: AirVideo) {
        let end = (video.air + video.duration).max(video.air + TICK);
        if let Some(reached) = self.video_end.filter(|&reached| reached > video.air) {
            if self.ended || reached - video.air > MAX_OVERLAP {
                self.stats.backward_pictures += 1;
                return;
            }
            // Shown when it was meant to be, only decoded later: dropping it would break the pictures after it.
            video.cts += video.air - reached;
            video.air = reached;
        }
        video.duration = (end - video.air).max(TICK);
        self.video_end = Some(video.air + video.duration);
        self.video_at = video.air;
        let changed = self.newest_video.as_ref().is_some_and(|old| !same(old, &video.config));
        self.newest_video = Some(Arc::clone(&video.config));
        let boundary = video.discontinuity || changed;
        self.pictures.push_back(Picture { video, boundary });
    }

    pub(crate) fn push_audio(&mut self, mut sound: AirAudio) {
        if let Some(reached) = self.audio_end.filter(|&reached| reached > sound.air) {
            if self.ended || reached - sound.air > sound.duration {
                self.stats.backward_sounds += 1;
                return;
            }
            sound.air = reached;
        }
        let bytes = self.sound_bytes + sound.data.len();
        if self.sounds.len() >= MAX_WAITING_SOUND || bytes > MAX_WAITING_SOUND_BYTES {
            self.stats.crowded_sounds += 1;
            return;
        }
        self.sound_bytes = bytes;
        self.audio_end = Some(sound.air + sound.duration);
        self.sounded = true;
        if self.segment.is_none() {
            self.audio.get_or_insert_with(|| Arc::clone(&sound.config));
        }
        if self.switch_from.is_none() && !is_like(&sound, self.audio.as_ref()) {
            self.switch_from = Some(splice_before(&sound));
        }
        self.sounds.push_back(sound);
    }

    /// No frame follows: what waits is cut without waiting longer.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// The next part, when it is complete. `None` means that frames are missing.
    pub(crate) fn next(&mut self) -> Option<Cut> {
        let start = self.next_start()?;
        let opens = self.opens_segment(start);
        let segment = if opens { start } else { self.segment? };
        let switch = opens && self.switches_at(start);
        let switch_from = if switch { self.change_after_next() } else { self.switch_from };
        let (count, end) = self.extent(start, segment, switch_from)?;
        if !self.sound_reaches(end) {
            return None;
        }
        let opening = if opens { self.open(start, end, switch) } else { None };
        let video: Vec<AirVideo> = self.pictures.drain(..count).map(|p| p.video).collect();
        if let Some(picture) = video.last() {
            self.covered = picture.air + picture.duration;
        }
        self.reached = Some(end);
        let audio = self.take_sound(end);
        let last = match self.next_start() {
            Some(next) => self.opens_segment(next),
            None => self.ended,
        };
        Some(Cut { start, end, video, audio, segment: opening, last })
    }

    /// Where the next part starts: where the last one ended, in the middle of a picture that is longer than a
    /// part, else with the next picture.
    fn next_start(&self) -> Option<AirTime> {
        match self.reached {
            Some(reached) if self.covered > reached => Some(reached),
            _ => self.pictures.front().map(|picture| picture.video.air),
        }
    }

    /// Whether a part that starts at `start` is the first of a segment.
    fn opens_segment(&self, start: AirTime) -> bool {
        let Some(segment) = self.segment else { return true };
        let length = start - segment;
        if length >= self.segment_max || self.switches_at(start) {
            return true;
        }
        let Some(picture) = self.pictures.front().filter(|p| p.video.air == start) else {
            return false;
        };
        let hole = self.reached.is_some_and(|reached| start - reached > MAX_HOLE);
        let end = picture.end().min(start + self.part_target);
        picture.boundary
            || hole
            || self.ends_segment(picture, segment)
            || end - segment > self.segment_max
    }

    fn ends_segment(&self, picture: &Picture, segment: AirTime) -> bool {
        picture.video.key && picture.video.air - segment >= self.segment_min - KEY_TOLERANCE
    }

    /// Whether a part that starts at `start` begins a segment for the sound that changed: one that nothing of the
    /// sound before it still waits for.
    fn switches_at(&self, start: AirTime) -> bool {
        let old = self.sounds.front().is_some_and(|sound| is_like(sound, self.audio.as_ref()));
        self.switch_follows(start) && !old
    }

    /// Whether the sound changes where the next part starts. Where no picture follows any more it does wherever that is.
    fn switch_follows(&self, start: AirTime) -> bool {
        let Some(from) = self.switch_from else { return false };
        match self.pictures.front() {
            Some(picture) => picture.video.air == start && start >= from,
            None => self.ended,
        }
    }

    /// Where the sound changes once more, after the change for which a segment begins.
    fn change_after_next(&self) -> Option<AirTime> {
        let mut waiting =
            self.sounds.iter().skip_while(|sound| is_like(sound, self.audio.as_ref()));
        let next = waiting.next()?;
        waiting.find(|sound| !is_like(sound, Some(&next.config))).map(splice_before)
    }

    /// How many pictures the part takes and where it ends, when that is known. A segment for another sound begins at
    /// the first picture after `start` that is not before `switch_from`.
    fn extent(
        &self,
        start: AirTime,
        segment: AirTime,
        switch_from: Option<AirTime>,
    ) -> Option<(usize, AirTime)> {
        let limit = (start + self.part_target).min(segment + self.segment_max);
        let mut end = start.max(self.covered);
        if end > limit {
            return Some((0, limit));
        }
        let mut bytes = 0;
        for (i, picture) in self.pictures.iter().enumerate() {
            bytes += picture_len(&picture.video);
            if picture.video.air > start {
                let full = i >= MAX_PART_PICTURES || bytes > MAX_PART_BYTES;
                let switches = switch_from.is_some_and(|from| picture.video.air >= from);
                let splits = picture.boundary || switches || self.ends_segment(picture, segment);
                let hole = picture.video.air > end;
                if full || splits || hole || picture.end() > limit {
                    return Some((i, end));
                }
            } else if picture.end() > limit {
                return Some((1, limit));
            }
            end = picture.end();
        }
        if !self.ended || end <= start {
            return None;
        }
        let last = self.pictures.back().map_or(start, |picture| picture.video.air.max(start));
        let half = last + (end - last).scale(1, 2);
        let halved = switch_from.is_some() && half >= last + TICK;
        Some((self.pictures.len(), if halved { half } else { end }))
    }

    /// Whether the sound of a part that ends at `end` is there, or is not waited for any longer.
    fn sound_reaches(&mut self, end: AirTime) -> bool {
        if self.ended || self.audio_end.is_some_and(|reached| reached >= end) {
            return true;
        }
        // Measured by the start of the newest picture: the end of a long one says nothing about when it came.
        let late = self.video_at >= end + self.audio_wait;
        if late && self.sounded {
            self.stats.late_sound_parts += 1;
        }
        late
    }

    /// Takes over the configurations of the segment that starts at `start`, whose first part ends at `end`.
    fn open(&mut self, start: AirTime, end: AirTime, switch: bool) -> Option<Opening> {
        let front = self.pictures.front().filter(|picture| picture.video.air == start);
        let hole = self.reached.is_some_and(|reached| start - reached > MAX_HOLE);
        let boundary = front.is_some_and(|picture| picture.boundary) || switch;
        if let Some(picture) = front {
            self.video = Some(Arc::clone(&picture.video.config));
        }
        let first = self.segment.replace(start).is_none();
        if switch {
            self.switch_from = self.change_after_next();
            self.audio = self.sounds.front().map(|sound| Arc::clone(&sound.config));
        } else if first && self.sounds.front().is_some_and(|sound| sound.air >= end) {
            // The sound begins later: what is published first does not promise it.
            self.switch_from = self.sounds.front().map(splice_before);
            self.audio = None;
        }
        let video = self.video.clone()?;
        let discontinuity = !first && (boundary || hole);
        Some(Opening { discontinuity, video, audio: self.audio.clone() })
    }

    /// The access units that start before `end`. Before a change of configuration also those that begin a little
    /// after it, as the next segment cannot play them.
    fn take_sound(&mut self, end: AirTime) -> Vec<AirAudio> {
        let closing = self.next_start().is_some_and(|next| self.switch_follows(next));
        let mut taken = Vec::new();
        while let Some(sound) = self.sounds.front()
            && (closing || sound.air < end)
            && is_like(sound, self.audio.as_ref())
            && let Some(sound) = self.sounds.pop_front()
        {
            self.sound_bytes -= sound.data.len();
            taken.push(sound);
        }
        taken
    }

    /// Counts the sound that begins after the last picture.
    pub(crate) fn drop_rest(&mut self) {
        self.stats.backward_sounds += self.sounds.len() as u64;
        self.sounds.clear();
        self.sound_bytes = 0;
    }
}

/// Whether an access unit is of this configuration.
fn is_like(sound: &AirAudio, config: Option<&Arc<AudioConfig>>) -> bool {
    config.is_some_and(|config| same(config, &sound.config))
}

/// The earliest place of the splice that brought this access unit: they lie on a grid of their own, so it may be up to
/// half of one earlier.
fn splice_before(sound: &AirAudio) -> AirTime {
    sound.air - sound.duration.scale(1, 2)
}

fn same<T: PartialEq>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}
