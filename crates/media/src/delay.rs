//! The delay: the frames of one source that wait for their turn, and when each of them is due.
//!
//! A line places the frames of any number of connections on one *channel time* that never goes back: the first frame
//! of a connection lies at the time since the show's start, and from there the source's own clock counts. A moment is
//! due `base + moment + delay`, where `base` is the earliest arrival of late, so jitter and stalls eat the delay and
//! nothing leaves early (D-1).
//!
//! What a stall has eaten while the line is on air stays eaten at first: when the source stays late, its clock follows
//! by 5 ms a second, as it does for drift. Giving the delay back at once would put the slate on air for that long,
//! which only a stall longer than the delay does, or a person (after a panic it is full again). The desk's gauge shows
//! what is left. A source that catches up has its delay back at once.
//!
//! A line never drops a waiting frame by itself: at its limit it closes the feed.

mod arrive;
mod era;
mod waiting;

use std::collections::VecDeque;
use std::sync::Arc;

use units::{Duration, MediaTime, Timestamp};

use self::era::Era;
pub use self::waiting::Overflow;
pub(crate) use self::waiting::{Picture, Sound, Track, Waiting};
use crate::frame::{AudioConfig, VideoConfig};

/// The longest delay that a program can have.
pub const MAX_DELAY: Duration = Duration::from_s(60);
/// What one frame costs beside its bytes, so that a flood of empty frames meets the limit as well.
const FRAME_OVERHEAD: usize = 256;
/// How much more than the delay may wait.
const SPARE: Duration = Duration::from_s(10);
/// The least distance of two decode times on one track.
const TICK: Duration = Duration(units::FLICKS_PER_S / 90_000);
/// A feed that has shown no picture (or made no sound) for this long is taken to have none.
const TRACK_PATIENCE: Duration = Duration::from_s(2);
/// The sampling rates of AAC.
pub(crate) const RATES: std::ops::RangeInclusive<u32> = 7350..=96_000;

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

    /// The first moment at or after `from` at which this line could be entered, among what waits.
    pub(crate) fn entry_from(&self, from: MediaTime) -> Option<MediaTime> {
        let key = self.pictures.iter().find(|p| p.frame.key && p.pts >= from).map(|p| p.pts);
        key.or_else(|| {
            let sound = self.sounds.iter().find(|s| s.at >= from)?;
            (!self.pictured(sound.era, sound.at)).then_some(sound.at)
        })
    }

    /// Whether a key frame is due by a moment.
    pub(crate) fn key_due_by(&self, by: Timestamp) -> bool {
        let mut due = self.pictures.iter().take_while(|p| self.due(p.era, p.at) <= by);
        due.any(|p| p.frame.key)
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

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.pictures.len() + self.sounds.len()
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
