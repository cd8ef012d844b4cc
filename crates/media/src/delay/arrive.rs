//! Arrival: where a source's frame lies on the channel, and which era it belongs to.

use units::{Duration, MediaTime, Timestamp};

use super::era::Era;
use super::waiting::{Overflow, Picture, Sound, Waiting};
use super::{DelayLine, FRAME_OVERHEAD, RATES, SPARE, TICK};
use crate::frame::{AudioFrame, Frame, VideoFrame};

/// A frame this far ahead of its clock, or `BEHIND` after it, shows that the source's clock jumped.
const AHEAD: Duration = Duration::from_s(10);
const BEHIND: Duration = Duration::from_s(70);
/// The largest composition offset that is believed.
const MAX_CTS: Duration = Duration::from_s(2);

impl DelayLine {
    /// Goes on after a restart: channel time does not go back behind `newest`.
    pub(crate) fn go_on(&mut self, newest: MediaTime) {
        (self.reached, self.end) = (newest, newest);
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

    pub(super) fn last_due(&self) -> Timestamp {
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
}
