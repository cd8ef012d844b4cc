//! Knows every frame that reached the program and judges every frame that leaves it: D-1, D-2, H-1 of AirTime, AIR.

use std::collections::BTreeMap;

use media::frame::{AirAudio, AirVideo, Frame};
use media::program::{Applied, Channel, Kind, Mark, Output, Program, State};
use units::{ActionId, AirTime, Duration, MediaTime, Timestamp};

use super::{Checked, Invariant, holds};
use crate::host::FrameName;

/// Rounding from flicks to microseconds, twice.
const ROUNDING: Duration = Duration::from_micros(3);
/// A source's place on its channel that differs by more is another one, with a clock of its own.
const SAME_PLACE: Duration = Duration::from_ms(100);

/// A frame as it was pushed.
#[derive(Clone, Copy, Debug)]
struct Sent {
    name: FrameName,
    time: MediaTime,
    shown: MediaTime,
    /// How long it sounds; zero for pictures.
    span: Duration,
    delay: Duration,
    place: usize,
    /// How many pictures came before it on its channel.
    number: u32,
}

/// Where a source's clock lies on its channel.
#[derive(Clone, Copy, Debug)]
struct Place {
    shift: Duration,
    /// When moment zero arrived at the earliest.
    base: Timestamp,
}

#[derive(Default)]
struct Line {
    place: Option<usize>,
    pictures: u32,
    /// Until a key frame that is shown at or after this moment a source may keep this delay.
    before_key: Option<(Duration, MediaTime)>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Referee {
    sent: BTreeMap<FrameName, Sent>,
    places: Vec<Place>,
    lines: [Line; 2],
    aired: Vec<Sent>,
    /// How many of them have been judged against the intervals.
    judged: usize,
    intervals: BTreeMap<ActionId, Applied>,
    /// Where a person ended an interval; its picture comes back at the next key frame only.
    ended: BTreeMap<ActionId, MediaTime>,
    /// From here on no source airs, until a person resumes: a panic, or what was in force before a crash is not known.
    blank_from: Option<AirTime>,
    last_picture: Option<Sent>,
    picture_end: Option<AirTime>,
    sound_end: Option<AirTime>,
    /// Frames of a source that aired.
    pub(crate) frames_aired: u64,
    /// Frames of the host that did not.
    pub(crate) frames_stopped: u64,
}

fn index(channel: Channel) -> usize {
    usize::from(channel == Channel::Standby)
}

impl Referee {
    /// A frame was pushed and lies at `time` on its channel.
    pub(crate) fn sent(
        &mut self,
        channel: Channel,
        frame: &Frame,
        time: MediaTime,
        at: Timestamp,
        delay: Duration,
    ) {
        let (video, key, data, source, cts, span) = match frame {
            Frame::Video(v) => (true, v.key, &v.data, v.time, v.cts, Duration::ZERO),
            Frame::Audio(a) => {
                (false, false, &a.data, a.time, Duration::ZERO, a.config.frame_duration())
            }
        };
        let Some(name) = FrameName::read(video, data) else { return };
        let line = &mut self.lines[index(channel)];
        if line.before_key.is_some_and(|(_, from)| video && key && time + cts >= from) {
            line.before_key = None;
        }
        let delay = line.before_key.map_or(delay, |(before, _)| before.min(delay));
        let shift = time - source;
        let known =
            line.place.filter(|place| (self.places[*place].shift - shift).abs() <= SAME_PLACE);
        let place = known.unwrap_or_else(|| {
            self.places.push(Place { shift, base: at - time.since_start() });
            self.places.len() - 1
        });
        line.place = Some(place);
        line.pictures += u32::from(video);
        let number = line.pictures;
        let base = &mut self.places[place].base;
        *base = (*base).min(at - time.since_start());
        self.sent.insert(name, Sent { name, time, shown: time + cts, span, delay, place, number });
    }

    /// The delay has changed. A longer one begins at a key frame that has not aired: a burst after a stall may be older.
    pub(crate) fn delay_changed(&mut self, before: Duration, now: Timestamp) {
        for line in &mut self.lines {
            let base = line.place.map_or(now, |place| self.places[place].base);
            let air_point = MediaTime::from_start(now - (base + before));
            let (old, from) = line.before_key.unwrap_or((before, air_point));
            line.before_key = Some((old.min(before), from.max(air_point)));
        }
    }

    /// Something left the program.
    pub(crate) fn saw(&mut self, output: &Output, now: Timestamp) -> Checked {
        match output {
            Output::Video(picture) => self.picture(picture, now),
            Output::Audio(sound) => self.sound(sound, now),
            Output::Stopped { .. } => {
                self.frames_stopped += 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn picture(&mut self, picture: &AirVideo, now: Timestamp) -> Checked {
        let whole = picture.duration > Duration::ZERO
            && self.picture_end.is_none_or(|end| end == picture.air);
        holds(Invariant::Air, whole, || {
            format!(
                "a picture at {:?} for {:?}, the one before ended at {:?}",
                picture.air, picture.duration, self.picture_end
            )
        })?;
        holds(Invariant::Air, picture.key || !picture.discontinuity, || {
            format!("another source begins at {:?} without a key frame", picture.air)
        })?;
        self.picture_end = Some(picture.air + picture.duration);
        let sent =
            FrameName::read(true, &picture.data).and_then(|name| self.sent.get(&name).copied());
        let before = std::mem::replace(&mut self.last_picture, sent);
        let Some(sent) = sent else { return Ok(()) };
        let follows = before.is_some_and(|before| {
            before.name.standby == sent.name.standby && before.number + 1 == sent.number
        });
        holds(Invariant::Air, picture.key || follows, || {
            format!("{:?} airs after {before:?}, which does not predict it", sent.name)
        })?;
        self.left(sent, picture.air, now)
    }

    fn sound(&mut self, sound: &AirAudio, now: Timestamp) -> Checked {
        let whole =
            sound.duration > Duration::ZERO && self.sound_end.is_none_or(|end| end == sound.air);
        holds(Invariant::Air, whole, || {
            format!("sound at {:?}, what was before it ended at {:?}", sound.air, self.sound_end)
        })?;
        self.sound_end = Some(sound.air + sound.duration);
        match FrameName::read(false, &sound.data).and_then(|name| self.sent.get(&name).copied()) {
            Some(sent) => self.left(sent, sound.air, now),
            None => Ok(()),
        }
    }

    fn left(&mut self, sent: Sent, air: AirTime, now: Timestamp) -> Checked {
        let due = self.places[sent.place].base + sent.time.since_start() + sent.delay;
        holds(Invariant::D1, due - now <= ROUNDING, || {
            format!("{sent:?} left {:?} early", due - now)
        })?;
        // The picture that was on when the panic came is told of when the slate cuts it short.
        let blank = self.blank_from.is_some_and(|from| air > from);
        holds(Invariant::D2, !blank, || format!("{:?} airs before a person resumed", sent.name))?;
        self.frames_aired += 1;
        self.aired.push(sent);
        Ok(())
    }

    /// The program granted or changed an action; `air` airs now.
    /// `end` is where a person wants it to end.
    pub(crate) fn acted(
        &mut self,
        applied: &Applied,
        air: Option<AirTime>,
        end: Option<MediaTime>,
    ) {
        self.ended.extend(end.map(|end| (applied.id, end)));
        match applied.kind {
            Kind::Panic => self.blank_from = Some(air.unwrap_or_default()),
            Kind::Resume => {
                self.blank_from = None;
                let open = self.intervals.values().filter(|interval| interval.to.is_none());
                self.ended.extend(open.map(|interval| (interval.id, applied.from)));
            }
            _ => {}
        }
        if applied.state == State::Shortened {
            // What aired before was judged; what a person took back may air from here on.
            self.intervals.remove(&applied.id);
            return;
        }
        if applied.kind != Kind::Resume {
            self.intervals.insert(applied.id, *applied);
        }
        // What aired before the action was taken must lie outside it as well.
        self.judged = 0;
    }

    /// D-2 over all that aired since the last time, with the intervals as they are now.
    pub(crate) fn judge(&mut self, program: &Program, now: Timestamp) -> Checked {
        for (id, interval) in &mut self.intervals {
            if matches!(interval.state, State::Planned | State::Active) {
                *interval = program.applied(*id, now).unwrap_or(*interval);
            }
        }
        for sent in &self.aired[self.judged..] {
            let inside = self.intervals.values().find(|i| stops(i, sent) && !self.covered(i, sent));
            holds(Invariant::D2, inside.is_none(), || format!("{sent:?} aired inside {inside:?}"))?;
        }
        self.judged = self.aired.len();
        Ok(())
    }

    /// Whether sound airs behind the end that a person gave an interval, though its picture still waits for its key frame:
    /// under a cover, or in the one packet that reaches over the entry.
    fn covered(&self, interval: &Applied, sent: &Sent) -> bool {
        let over = self.ended.get(&interval.id).is_some_and(|end| sent.shown >= *end);
        let cover = |i: &Applied| {
            i.kind == Kind::Cover && i.from <= sent.shown && i.to.is_none_or(|to| sent.shown < to)
        };
        let reaches = interval.to.is_some_and(|to| sent.shown + sent.span > to);
        over && !sent.name.video && (reaches || self.intervals.values().any(cover))
    }

    /// How many packets of the host's sound between two moments aired, and of how many that were pushed.
    pub(crate) fn sound_aired(&self, from: MediaTime, to: MediaTime) -> (u64, u64) {
        let inside = |sent: &&Sent| {
            !sent.name.video && !sent.name.standby && from <= sent.time && sent.time < to
        };
        let aired = self.aired.iter().filter(inside).count();
        (aired as u64, self.sent.values().filter(inside).count() as u64)
    }

    /// The actions that hold or will, for the check that a restart knows them.
    pub(crate) fn in_force(&self) -> impl Iterator<Item = &Applied> {
        self.intervals.values().filter(|i| matches!(i.state, State::Planned | State::Active))
    }

    /// The process died and goes on at `mark`.
    pub(crate) fn restarted(&mut self, mark: &Mark, held: bool) -> Checked {
        let end = self.picture_end.max(self.sound_end);
        holds(Invariant::H1, end.is_none_or(|end| mark.air >= end), || {
            format!("a restart goes on at {:?}, what was published ended at {end:?}", mark.air)
        })?;
        let known = |id: &ActionId| mark.actions.iter().find(|action| action.id == *id);
        let lost = self.in_force().find(|interval| !held && known(&interval.id).is_none());
        holds(Invariant::D2, lost.is_none(), || format!("a restart has forgotten {lost:?}"))?;
        self.intervals.retain(|id, _| known(id).is_some());
        for (id, interval) in &mut self.intervals {
            // An undo that was not recorded is not known after a restart: the action holds again.
            if let Some(action) = known(id) {
                (interval.from, interval.to, interval.state) =
                    (action.from, action.to, State::Planned);
            }
        }
        let panic =
            mark.actions.iter().any(|action| action.kind == Kind::Panic && action.to.is_none());
        self.blank_from = (panic || held).then_some(mark.air);
        (self.picture_end, self.sound_end) = (Some(mark.air), Some(mark.air));
        self.sent.clear();
        self.aired.clear();
        (self.judged, self.last_picture, self.lines) = (0, None, Default::default());
        Ok(())
    }
}

/// Whether an interval stops a frame of the host.
fn stops(interval: &Applied, sent: &Sent) -> bool {
    let track = match interval.kind {
        Kind::Mute => !sent.name.video,
        Kind::Cover => sent.name.video,
        Kind::Resume => false,
        _ => true,
    };
    // A packet's sound spans two frames, so the one before the interval counts as inside.
    let end = sent.shown + sent.span + sent.span;
    let begun = if sent.name.video { sent.shown >= interval.from } else { end > interval.from };
    let before_end = interval.to.is_none_or(|to| sent.shown < to);
    !sent.name.standby && interval.state != State::Undone && track && begun && before_end
}
