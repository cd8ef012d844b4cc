//! The delay: the frames of one source that wait for their turn, and when each of them is due.
//!
//! A line places the frames of any number of connections on one *channel time* that never goes back: the first frame
//! of a connection lies at the time since the show's start, and from there the source's own clock counts. A moment is
//! due `base + moment + delay`, where `base` is the earliest arrival of late, so jitter and stalls eat the delay and
//! nothing leaves early (D-1). A line never drops a waiting frame by itself: at its limit it closes the feed.

mod era;

use std::collections::VecDeque;
use std::sync::Arc;

use units::{Duration, MediaTime, Timestamp};

use self::era::Era;
use crate::frame::{AudioConfig, AudioFrame, Frame, VideoConfig, VideoFrame};

/// The longest delay that a program can have.
pub const MAX_DELAY: Duration = Duration::from_s(60);
/// What one frame costs beside its bytes, so that a flood of empty frames meets the limit as well.
const FRAME_OVERHEAD: usize = 256;
/// How much more than the delay may wait.
const SPARE: Duration = Duration::from_s(10);
/// A frame this far ahead of its clock, or `BEHIND` after it, shows that the source's clock jumped.
const AHEAD: Duration = Duration::from_s(10);
const BEHIND: Duration = Duration::from_s(70);
/// The largest composition offset that is believed.
const MAX_CTS: Duration = Duration::from_s(2);
/// The least distance of two decode times on one track.
const TICK: Duration = Duration(units::FLICKS_PER_S / 90_000);
/// A feed that has shown no picture (or made no sound) for this long is taken to have none.
const TRACK_PATIENCE: Duration = Duration::from_s(2);
/// The sampling rates of AAC.
const RATES: std::ops::RangeInclusive<u32> = 7350..=96_000;

/// Why a feed is closed: it sends faster than it airs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Overflow {
    /// Too many bytes wait.
    #[error("more than {limit_bytes} bytes wait in the delay")]
    Bytes {
        /// The most that may wait.
        limit_bytes: usize,
    },
    /// Too much time waits.
    #[error("more than {} ms wait in the delay", .limit.ms())]
    Time {
        /// The most that may wait.
        limit: Duration,
    },
}

/// A picture that waits. `frame.time` is its decode time on the channel.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// When it is decoded on air: its decode time, moved so that a key frame is decoded when it is shown.
    pub(crate) at: MediaTime,
    /// When it is shown.
    pub(crate) pts: MediaTime,
    pub(crate) era: u64,
    pub(crate) frame: VideoFrame,
}

/// An access unit that waits. `frame.time` is on the channel.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    pub(crate) at: MediaTime,
    pub(crate) span: Duration,
    pub(crate) era: u64,
    pub(crate) frame: AudioFrame,
}

/// A waiting frame of either track.
#[derive(Clone, Debug)]
pub(crate) enum Waiting {
    Picture(Picture),
    Sound(Sound),
}

impl Waiting {
    /// The frame, in channel time.
    pub(crate) fn into_frame(self) -> Frame {
        match self {
            Self::Picture(picture) => Frame::Video(picture.frame),
            Self::Sound(sound) => Frame::Audio(sound.frame),
        }
    }
}

/// The frames of one source that wait, in media order, and the clock that says when each is due.
#[derive(Debug)]
pub(crate) struct DelayLine {
    started: Timestamp,
    delay: Duration,
    limit_bytes: usize,
    /// From the source's time to the channel's, once a frame of this connection has come.
    shift: Option<Duration>,
    open: bool,
    /// The next frame begins an era.
    renew: bool,
    /// The next key frame from here on begins an era, because the delay has grown.
    grow_from: Option<MediaTime>,
    /// Never empty; the eras of waiting frames and the newest one.
    eras: VecDeque<Era>,
    first_era: u64,
    pictures: VecDeque<Picture>,
    sounds: VecDeque<Sound>,
    bytes: usize,
    lead: Duration,
    last_picture: MediaTime,
    last_sound: MediaTime,
    last_key: Option<Timestamp>,
    last_arrival: Option<Timestamp>,
    /// The newest source time, from which another clock goes on.
    reached: MediaTime,
    /// The end of what has come, as it is shown.
    end: MediaTime,
    leaving: MediaTime,
    picture_config: Option<Arc<VideoConfig>>,
    sound_config: Option<Arc<AudioConfig>>,
}

impl DelayLine {
    pub(crate) fn new(started: Timestamp, delay: Duration, limit_bytes: usize) -> Self {
        let past = MediaTime(i64::MIN / 4);
        let era = Era::new(started, MediaTime::ZERO, delay, Timestamp(i64::MIN / 4));
        Self {
            started,
            delay,
            limit_bytes,
            shift: None,
            open: false,
            renew: true,
            grow_from: None,
            eras: VecDeque::from([era]),
            first_era: 0,
            pictures: VecDeque::new(),
            sounds: VecDeque::new(),
            bytes: 0,
            lead: Duration::ZERO,
            last_picture: past,
            last_sound: past,
            last_key: None,
            last_arrival: None,
            reached: MediaTime::ZERO,
            end: MediaTime::ZERO,
            leaving: past,
            picture_config: None,
            sound_config: None,
        }
    }

    /// A connection begins: its clock is not the last one's.
    pub(crate) fn open(&mut self) {
        self.open = true;
        self.shift = None;
        self.last_key = None;
        self.last_arrival = None;
        self.picture_config = None;
        self.sound_config = None;
    }

    /// The connection ended. What waits still leaves in its time.
    pub(crate) fn close(&mut self) {
        self.open = false;
        self.shift = None;
    }

    /// Places a frame on the channel and lets it wait, unless `keep` is false. `airing` says that this line's run is on air.
    ///
    /// Returns the frame in channel time when it was not kept.
    pub(crate) fn push(
        &mut self,
        frame: Frame,
        now: Timestamp,
        airing: bool,
        keep: bool,
    ) -> Result<(MediaTime, Option<Waiting>), Overflow> {
        let (time, waiting) = match frame {
            Frame::Video(frame) => self.place_picture(frame, now, airing),
            Frame::Audio(frame) if RATES.contains(&frame.config.sample_rate) => {
                self.place_sound(frame, now, airing)
            }
            Frame::Audio(frame) => return Ok((frame.time, None)),
        };
        self.last_arrival = Some(now);
        if !keep {
            return Ok((time, Some(waiting)));
        }
        self.check_room(&waiting)?;
        match waiting {
            Waiting::Picture(picture) => {
                self.bytes += FRAME_OVERHEAD + picture.frame.data.len();
                self.pictures.push_back(picture);
            }
            Waiting::Sound(sound) => {
                self.bytes += FRAME_OVERHEAD + sound.frame.data.len();
                self.sounds.push_back(sound);
            }
        }
        Ok((time, None))
    }

    fn place_picture(
        &mut self,
        mut frame: VideoFrame,
        now: Timestamp,
        airing: bool,
    ) -> (MediaTime, Waiting) {
        let time = self.locate(frame.time, now);
        let cts = frame.cts.clamp(Duration::ZERO - MAX_CTS, MAX_CTS);
        if frame.key {
            self.lead = cts;
            self.last_key = Some(now);
        }
        let at = (time + self.lead).max(self.last_picture + TICK);
        let pts = if frame.key { at.max(time + cts) } else { time + cts };
        if frame.key && self.grow_from.is_some_and(|from| pts >= from) {
            self.split(pts);
        }
        self.current_mut().arrived(time, now, airing);
        let era = self.current_mut();
        era.picture = era.picture.max(Some(at));
        era.newest = era.newest.max(at);
        self.last_picture = at;
        self.reached = self.reached.max(time + TICK);
        self.end = self.end.max(pts.max(at) + TICK);
        self.picture_config = Some(frame.config.clone());
        (frame.time, frame.cts) = (time, cts);
        (time, Waiting::Picture(Picture { at, pts, era: self.newest_era(), frame }))
    }

    fn place_sound(
        &mut self,
        mut frame: AudioFrame,
        now: Timestamp,
        airing: bool,
    ) -> (MediaTime, Waiting) {
        let time = self.locate(frame.time, now);
        let at = time.max(self.last_sound + TICK);
        if self.grow_from.is_some_and(|from| at >= from) && !self.pictured(self.newest_era(), at) {
            self.split(at);
        }
        self.current_mut().arrived(time, now, airing);
        let era = self.current_mut();
        (era.sound, era.newest) = (true, era.newest.max(at));
        let span = frame.config.frame_duration();
        self.last_sound = at;
        self.reached = self.reached.max(time + span);
        self.end = self.end.max(at + span);
        self.sound_config = Some(frame.config.clone());
        frame.time = at;
        (at, Waiting::Sound(Sound { at, span, era: self.newest_era(), frame }))
    }

    /// The channel time of a source's time. A clock that jumped is placed anew, as a new connection is.
    fn locate(&mut self, source: MediaTime, now: Timestamp) -> MediaTime {
        if let Some(shift) = self.shift {
            let time = source + shift;
            let late = now - (self.current().base + time.since_start());
            if Duration::ZERO - AHEAD < late && late < BEHIND {
                if self.renew {
                    self.begin_era(time, now);
                }
                return time;
            }
        }
        let time = MediaTime::from_start(now - self.started).max(self.reached);
        self.shift = Some(time - source);
        self.begin_era(time, now);
        time
    }

    fn begin_era(&mut self, start: MediaTime, now: Timestamp) {
        let floor = self.last_due();
        self.eras.push_back(Era::new(now, start, self.delay, floor));
        (self.renew, self.grow_from) = (false, None);
    }

    fn last_due(&self) -> Timestamp {
        let picture = self.pictures.back().map(|p| self.due(p.era, p.at));
        let sound = self.sounds.back().map(|s| self.due(s.era, s.at));
        picture.max(sound).unwrap_or(Timestamp(i64::MIN / 4))
    }

    fn check_room(&mut self, next: &Waiting) -> Result<(), Overflow> {
        let (at, len) = match next {
            Waiting::Picture(picture) => (picture.at, picture.frame.data.len()),
            Waiting::Sound(sound) => (sound.at, sound.frame.data.len()),
        };
        let limit = self.delay + SPARE;
        let refused = if self.bytes + FRAME_OVERHEAD + len > self.limit_bytes {
            Overflow::Bytes { limit_bytes: self.limit_bytes }
        } else if self.front().is_some_and(|front| at - front > limit) {
            Overflow::Time { limit }
        } else {
            return Ok(());
        };
        self.close();
        Err(refused)
    }

    /// Makes the delay longer from the next key frame at or after `from` on, which may be still to come.
    /// Returns where it begins when that is known.
    pub(crate) fn grow(&mut self, delay: Duration, from: MediaTime) -> Option<MediaTime> {
        self.delay = delay;
        if self.renew {
            return None;
        }
        let at = self.entry_from(from);
        match at {
            Some(at) => self.split(at),
            None => self.grow_from = Some(from),
        }
        at
    }

    /// Throws away what waits; what comes next waits for `delay`. Returns what was thrown away.
    pub(crate) fn shrink(&mut self, delay: Duration) -> Vec<Waiting> {
        self.delay = delay;
        self.empty()
    }

    /// Throws away what waits; what comes next begins anew.
    pub(crate) fn empty(&mut self) -> Vec<Waiting> {
        (self.renew, self.grow_from, self.bytes) = (true, None, 0);
        let pictures = self.pictures.drain(..).map(Waiting::Picture);
        pictures.chain(self.sounds.drain(..).map(Waiting::Sound)).collect()
    }

    /// The next frame begins an era, because a stall has eaten this one's delay.
    pub(crate) fn renew(&mut self) {
        self.renew = true;
    }

    /// Begins an era at `start` with the present delay; waiting frames from there on belong to it.
    fn split(&mut self, start: MediaTime) {
        self.grow_from = None;
        let pictures = self.pictures.partition_point(|p| p.at < start);
        let sounds = self.sounds.partition_point(|s| s.at < start);
        let newest = self.newest_era();
        let era = self.pictures.get(pictures).map_or(newest, |p| p.era);
        let era = self.sounds.get(sounds).map_or(era, |s| s.era.min(era));
        for picture in self.pictures.iter_mut().skip(pictures) {
            picture.era += 1;
        }
        for sound in self.sounds.iter_mut().skip(sounds) {
            sound.era += 1;
        }
        let index = self.index(era);
        let mut grown = self.eras[index].clone();
        grown.start = start;
        self.eras.insert(index + 1, grown);
        let delay = self.delay;
        self.eras.iter_mut().skip(index + 1).for_each(|era| era.delay = delay);
    }

    /// The first moment at or after `from` at which this line could be entered, among what waits.
    pub(crate) fn entry_from(&self, from: MediaTime) -> Option<MediaTime> {
        let key = self.pictures.iter().find(|p| p.frame.key && p.pts >= from).map(|p| p.pts);
        key.or_else(|| {
            let sound = self.sounds.iter().find(|s| s.at >= from)?;
            (!self.pictured(sound.era, sound.at)).then_some(sound.at)
        })
    }

    /// When the next picture or sound is due, pictures first.
    pub(crate) fn next_due(&self) -> Option<(Timestamp, Track)> {
        let picture = self.pictures.front().map(|p| (self.due(p.era, p.at), Track::Picture));
        let sound = self.sounds.front().map(|s| (self.due(s.era, s.at), Track::Sound));
        match (picture, sound) {
            (Some(picture), Some(sound)) => Some(picture.min(sound)),
            (picture, sound) => picture.or(sound),
        }
    }

    pub(crate) fn pop_picture(&mut self) -> Option<Picture> {
        let picture = self.pictures.pop_front()?;
        self.bytes -= FRAME_OVERHEAD + picture.frame.data.len();
        Some(picture)
    }

    pub(crate) fn pop_sound(&mut self) -> Option<Sound> {
        let sound = self.sounds.pop_front()?;
        self.bytes -= FRAME_OVERHEAD + sound.frame.data.len();
        Some(sound)
    }

    pub(crate) fn next_sound(&self) -> Option<&Sound> {
        self.sounds.front()
    }

    pub(crate) fn next_picture(&self) -> Option<&Picture> {
        self.pictures.front()
    }

    /// Whether nothing more of `era` will come on a track.
    pub(crate) fn drained(&self, track: Track, era: u64) -> bool {
        let next = match track {
            Track::Picture => self.pictures.front().map(|p| p.era),
            Track::Sound => self.sounds.front().map(|s| s.era),
        };
        match next {
            Some(next) => next != era,
            None => !self.open || self.renew || self.newest_era() != era,
        }
    }

    /// When a moment of an era is due.
    pub(crate) fn due(&self, era: u64, at: MediaTime) -> Timestamp {
        self.era(era).due(at)
    }

    /// When a moment is due, whichever era it belongs to.
    pub(crate) fn due_of(&self, at: MediaTime) -> Timestamp {
        let era = self.eras.iter().rev().find(|era| era.start <= at);
        era.or(self.eras.front()).unwrap_or_else(|| self.current()).due(at)
    }

    /// When channel time zero of an era is due, while anything of that era may still wait.
    pub(crate) fn clock(&self, era: u64) -> Option<Timestamp> {
        let era = self.eras.get(usize::try_from(era.checked_sub(self.first_era)?).ok()?)?;
        Some(era.base + era.delay)
    }

    /// Fixes an era's clock so that `at` is due at `wall`.
    pub(crate) fn pin(&mut self, era: u64, at: MediaTime, wall: Timestamp) {
        let index = self.index(era);
        self.eras[index].pin(at, wall);
    }

    fn index(&self, era: u64) -> usize {
        (era.saturating_sub(self.first_era) as usize).min(self.eras.len() - 1)
    }

    fn era(&self, era: u64) -> &Era {
        &self.eras[self.index(era)]
    }

    /// Whether the feed shows pictures around a moment of an era, or may still do so.
    pub(crate) fn pictured(&self, era: u64, at: MediaTime) -> bool {
        let era = self.era(era);
        let newest = era.picture.unwrap_or(era.start);
        era.picture.is_some_and(|newest| at <= newest) || era.newest < newest + TRACK_PATIENCE
    }

    /// Whether it is known if an era has sound.
    pub(crate) fn sound_known(&self, era: u64) -> bool {
        let era = self.era(era);
        era.sound || era.newest >= era.start + TRACK_PATIENCE
    }

    /// Moves the air point on.
    pub(crate) fn tick(&mut self, now: Timestamp) {
        self.leaving = self.leaving(now);
        self.forget_eras();
    }

    /// The moment that leaves the delay `now`; it goes on without frames and never goes back.
    pub(crate) fn leaving(&self, now: Timestamp) -> MediaTime {
        let first = self.pictures.front().map(|p| (p.at, p.era));
        let sound = self.sounds.front().map(|s| (s.at, s.era));
        let first = match (first, sound) {
            (Some(picture), Some(sound)) => Some(picture.min(sound)),
            (picture, sound) => picture.or(sound),
        };
        let leaving = match first {
            Some((at, era)) => self.era(era).leaving(now).min(at),
            None if self.renew => {
                let era = self.current();
                MediaTime::from_start(now - (era.base + self.delay))
            }
            None => self.current().leaving(now),
        };
        leaving.max(self.leaving)
    }

    /// The newest moment of the preview: of the newest frame, or later when the source is silent.
    pub(crate) fn newest(&self, now: Timestamp) -> MediaTime {
        self.end.max(self.leaving(now))
    }

    /// The end of what has come.
    pub(crate) fn end(&self) -> MediaTime {
        self.end
    }

    /// How long from `now` until all that waits has left.
    pub(crate) fn in_delay(&self, now: Timestamp) -> Duration {
        if self.is_empty() { Duration::ZERO } else { (self.last_due() - now).max(Duration::ZERO) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pictures.is_empty() && self.sounds.is_empty()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn last_key(&self) -> Option<Timestamp> {
        self.last_key
    }

    pub(crate) fn last_arrival(&self) -> Option<Timestamp> {
        self.last_arrival
    }

    pub(crate) fn picture_config(&self) -> Option<&Arc<VideoConfig>> {
        self.picture_config.as_ref()
    }

    pub(crate) fn sound_config(&self) -> Option<&Arc<AudioConfig>> {
        self.sound_config.as_ref()
    }

    fn front(&self) -> Option<MediaTime> {
        let picture = self.pictures.front().map(|p| p.at);
        let sound = self.sounds.front().map(|s| s.at);
        match (picture, sound) {
            (Some(picture), Some(sound)) => Some(picture.min(sound)),
            (picture, sound) => picture.or(sound),
        }
    }

    fn newest_era(&self) -> u64 {
        self.first_era + self.eras.len() as u64 - 1
    }

    fn current(&self) -> &Era {
        &self.eras[self.eras.len() - 1]
    }

    fn current_mut(&mut self) -> &mut Era {
        let newest = self.eras.len() - 1;
        &mut self.eras[newest]
    }

    /// Drops the eras of which nothing waits; the newest stays.
    fn forget_eras(&mut self) {
        let newest = self.newest_era();
        let picture = self.pictures.front().map_or(newest, |p| p.era);
        let oldest = self.sounds.front().map_or(newest, |s| s.era).min(picture);
        while self.first_era < oldest {
            self.eras.pop_front();
            self.first_era += 1;
        }
    }
}

/// One of a line's two tracks; pictures go first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Track {
    Picture,
    Sound,
}
