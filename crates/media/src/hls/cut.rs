//! Cuts the program into parts: decides where a part and a segment end and which sound belongs to them.
//!
//! A part is cut when the picture after it is known, so that it is also known whether the segment ends
//! there and the preload hint of a player is right; and when the sound up to its end is there.
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
    /// Access units that started before the end of the one before, or of an abandoned configuration; dropped.
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
    /// The sound has another configuration from here on.
    switch: bool,
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
    /// Configurations of the newest frames that came.
    newest_video: Option<Arc<VideoConfig>>,
    newest_audio: Option<Arc<AudioConfig>>,
    /// Configurations of the newest segment.
    video: Option<Arc<VideoConfig>>,
    audio: Option<Arc<AudioConfig>>,
    /// The first picture from here on begins a segment with another sound.
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
            newest_audio: None,
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
        let switch = self.switch_from.is_some_and(|from| video.air >= from);
        if switch {
            self.switch_from = None;
        }
        let boundary = video.discontinuity || changed || switch;
        self.pictures.push_back(Picture { video, boundary, switch });
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
        let first = self.newest_audio.is_none() && self.reached.is_none();
        let known = self.newest_audio.as_ref().is_some_and(|old| same(old, &sound.config));
        if !first && !known {
            self.switch_at(sound.air - sound.duration.scale(1, 2));
        }
        self.newest_audio = Some(Arc::clone(&sound.config));
        self.sounds.push_back(sound);
    }

    /// The sound changes at about `from`: access units lie on a grid of their own, so the splice that
    /// brought the change may be up to half of one earlier.
    fn switch_at(&mut self, from: AirTime) {
        match self.pictures.iter_mut().find(|picture| picture.video.air >= from) {
            Some(picture) => (picture.boundary, picture.switch) = (true, true),
            None => self.switch_from = Some(from),
        }
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
        let (count, end) = self.extent(start, segment)?;
        if !self.sound_reaches(end) {
            return None;
        }
        let opening = if opens { self.open(start, end) } else { None };
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
        if length >= self.segment_max {
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

    /// How many pictures the part takes and where it ends, when that is known.
    fn extent(&self, start: AirTime, segment: AirTime) -> Option<(usize, AirTime)> {
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
                let splits = picture.boundary || self.ends_segment(picture, segment);
                let hole = picture.video.air > end;
                if full || splits || hole || picture.end() > limit {
                    return Some((i, end));
                }
            } else if picture.end() > limit {
                return Some((1, limit));
            }
            end = picture.end();
        }
        (self.ended && end > start).then_some((self.pictures.len(), end))
    }

    /// Whether the sound of a part that ends at `end` is there, or is not waited for any longer.
    fn sound_reaches(&mut self, end: AirTime) -> bool {
        if self.ended || self.audio_end.is_some_and(|reached| reached >= end) {
            return true;
        }
        // Measured by the start of the newest picture: the end of a long one says nothing about when it came.
        let late = self.video_at >= end + self.audio_wait;
        if late && self.newest_audio.is_some() {
            self.stats.late_sound_parts += 1;
        }
        late
    }

    /// Takes over the configurations of the segment that starts at `start`, whose first part ends at `end`.
    fn open(&mut self, start: AirTime, end: AirTime) -> Option<Opening> {
        let front = self.pictures.front().filter(|picture| picture.video.air == start);
        let hole = self.reached.is_some_and(|reached| start - reached > MAX_HOLE);
        let (boundary, switch) = front.map_or((false, false), |p| (p.boundary, p.switch));
        if let Some(picture) = front {
            self.video = Some(Arc::clone(&picture.video.config));
        }
        let first = self.segment.replace(start).is_none();
        if switch {
            self.drop_abandoned_sound();
            self.audio = self.sounds.front().map(|sound| Arc::clone(&sound.config));
        } else if first {
            match self
                .sounds
                .front()
                .map(|sound| (sound.air, sound.air - sound.duration.scale(1, 2)))
            {
                Some((air, _)) if air < end => {
                    self.audio = self.sounds.front().map(|sound| Arc::clone(&sound.config));
                }
                Some((_, from)) => self.switch_at(from),
                None => {}
            }
        }
        let video = self.video.clone()?;
        let discontinuity = !first && (boundary || hole);
        Some(Opening { discontinuity, video, audio: self.audio.clone() })
    }

    /// Sound of the old configuration that did not fit before the splice.
    fn drop_abandoned_sound(&mut self) {
        let Some(old) = self.audio.take() else { return };
        while self.sounds.len() > 1 && self.sounds.front().is_some_and(|s| same(&s.config, &old)) {
            self.sound_bytes -= self.sounds.pop_front().map_or(0, |sound| sound.data.len());
            self.stats.backward_sounds += 1;
        }
    }

    /// The access units that start before `end`. Before a change of configuration also the one that
    /// begins a little after it, as the next segment cannot play it.
    fn take_sound(&mut self, end: AirTime) -> Vec<AirAudio> {
        let closing = self.pictures.front().is_some_and(|picture| picture.switch);
        let mut taken = Vec::new();
        let Some(config) = self.audio.clone() else { return taken };
        while let Some(sound) = self.sounds.front() {
            let reach = if closing { end + sound.duration } else { end };
            if sound.air >= reach || !same(&sound.config, &config) {
                break;
            }
            let Some(sound) = self.sounds.pop_front() else { break };
            self.sound_bytes -= sound.data.len();
            taken.push(sound);
        }
        self.heed_overtaken_switch(&config, end);
        taken
    }

    /// Counts the sound for which no picture came any more.
    pub(crate) fn drop_rest(&mut self) {
        self.stats.backward_sounds += self.sounds.len() as u64;
        self.sounds.clear();
        self.sound_bytes = 0;
    }

    /// Two changes of the sound between two pictures leave one switch for both: what comes after the first of them
    /// would wait for ever, so it asks for a switch again.
    fn heed_overtaken_switch(&mut self, config: &Arc<AudioConfig>, end: AirTime) {
        let waits =
            self.sounds.front().filter(|sound| sound.air < end && !same(&sound.config, config));
        let Some(from) = waits.map(|sound| sound.air) else { return };
        let asked =
            self.switch_from.is_some() || self.pictures.iter().any(|picture| picture.switch);
        if !asked {
            self.switch_at(from);
        }
    }
}

fn same<T: PartialEq>(a: &Arc<T>, b: &Arc<T>) -> bool {
    Arc::ptr_eq(a, b) || a == b
}
