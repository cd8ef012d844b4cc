//! The switch: judges each frame when it is due, and leaves and enters sources.
//!
//! Leaving is exact: pictures are dropped in decode order from the first one that would be shown at or after the
//! splice, so a source with B-frames is left slightly early rather than late. Entering waits for a key frame.

use units::{ActionId, AirTime, Duration, MediaTime, Timestamp};

use super::Program;
use super::action::{Channel, Kind, OnAudio, OnVideo, Output};
use crate::delay::{Picture, Sound, Track, Waiting};
use crate::frame::AirVideo;

/// A source's own pause up to this long is a long picture; a longer one shows the slate.
const LONGEST_PICTURE: Duration = Duration::from_s(3);
/// A picture that lasts longer than this airs without waiting for its successor.
const LONG_PICTURE: Duration = Duration::from_ms(250);

/// A source on air: one stretch of a channel with one mapping from its time to the program's.
///
/// A cover or a cut only hides tracks of a run; its mapping stays, so picture and sound come back in step.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) channel: Channel,
    era: u64,
    /// From channel time to AirTime.
    offset: Duration,
    /// Its pictures are on air; else the slate.
    pub(crate) showing: bool,
    /// Its access units, or silence in their places, are on air; else the program's own silence.
    pub(crate) sounding: bool,
    /// Its sound is heard from here on.
    sound_from: MediaTime,
    /// Its sound comes back only with its picture.
    sound_waits: bool,
    /// The end of what has come of it, on air or hidden.
    reached: AirTime,
}

impl Run {
    fn air(&self, at: MediaTime) -> AirTime {
        AirTime::from_start(at.since_start() + self.offset)
    }
}

impl Program {
    /// The frame that is due first, the host's first among equals.
    pub(super) fn next_due(&self) -> Option<(Timestamp, Channel, Track)> {
        let host = self.host.next_due().map(|(due, track)| (due, Channel::Host, track));
        let standby = self.standby.next_due().map(|(due, track)| (due, Channel::Standby, track));
        match (host, standby) {
            (Some(host), Some(standby)) => Some(host.min(standby)),
            (host, standby) => host.or(standby),
        }
    }

    /// Moves the program on to a moment up to which all frames that are due have been taken.
    pub(super) fn advance(&mut self, now: Timestamp) {
        self.now = now;
        self.host.tick(now);
        self.standby.tick(now);
        if let Some(run) = &self.run
            && let Some(clock) = self.line(run.channel).clock(run.era)
        {
            let epoch = clock - run.offset;
            self.air.follow(epoch);
        }
        self.leave_hidden();
        self.leave_starved();
        self.note_actions();
        self.fill();
    }

    /// Takes the frame that is due.
    pub(super) fn take(&mut self, channel: Channel, track: Track, due: Timestamp) {
        match track {
            Track::Picture => {
                if let Some(picture) = self.line_mut(channel).pop_picture() {
                    self.judge_picture(channel, picture, due);
                }
            }
            Track::Sound => {
                if let Some(sound) = self.line_mut(channel).pop_sound() {
                    self.judge_sound(channel, sound, due);
                }
            }
        }
    }

    /// Leaves a source whose interval has come, whether or not it sends frames.
    fn leave_hidden(&mut self) {
        let Some(run) = &self.run else { return };
        let point = self.host.leaving(self.now);
        match run.channel {
            Channel::Host => {
                let Some(hide) = self.plan.hides_picture(Channel::Host, point) else { return };
                let (id, kind, air) = (hide.id, hide.kind, run.air(hide.from));
                if matches!(kind, Kind::HandOver | Kind::Panic) {
                    self.end_run(air, Some(id));
                } else {
                    self.hide_picture(id, kind, air);
                }
            }
            Channel::Standby => {
                let Some(hide) = self.plan.hides_picture(Channel::Standby, point) else { return };
                let (id, kind, from) = (hide.id, hide.kind, hide.from);
                let air = self.air.at(self.host.due_of(from)).unwrap_or_default();
                if kind == Kind::Cover {
                    self.hide_picture(id, kind, air);
                } else {
                    self.end_run(air, Some(id));
                }
            }
        }
    }

    /// The moment of the host by which a frame is judged that belongs to `at`: its own, or for the standby the one that
    /// airs, or would, at the same time. A run that began late airs its frames late as well.
    fn judged_at(&self, channel: Channel, era: u64, at: MediaTime, due: Timestamp) -> MediaTime {
        match channel {
            Channel::Host => at,
            Channel::Standby if self.in_run(channel, era) => {
                self.host.leaving(self.now) - (self.now - due)
            }
            Channel::Standby => self.host.leaving(self.now),
        }
    }

    /// Leaves a source, or one of its tracks, that has nothing more to air.
    fn leave_starved(&mut self) {
        let (Some(run), Some(air)) = (&self.run, self.air.at(self.now)) else { return };
        let (line, era) = (self.line(run.channel), run.era);
        let over =
            |end: AirTime, drained: bool| air >= if drained { end } else { end + self.grace() };
        let no_pictures = line.drained(Track::Picture, era);
        let no_sound = line.drained(Track::Sound, era);
        let next = line.next_due().map(|(due, _)| due);
        if over(run.reached, no_pictures && no_sound) {
            let pause = next.map(|due| due - self.air.wall(run.reached));
            if (no_pictures && no_sound) || pause.is_none_or(|pause| pause > LONGEST_PICTURE) {
                let (channel, end) = (run.channel, self.air.picture_end());
                if next.is_none() {
                    self.line_mut(channel).renew();
                }
                return self.end_run(end, None);
            }
        }
        let end = self.air.picture_end();
        let following = line.next_picture().filter(|next| next.era == era);
        let following = following.is_some_and(|next| run.air(next.at) - end <= LONGEST_PICTURE);
        let blank = run.showing && over(end, no_pictures) && !following;
        let silent = run.sounding && over(self.air.sound_end(), no_sound);
        if blank {
            self.show_slate(end, None, None);
        }
        if silent && let Some(run) = &mut self.run {
            run.sounding = false;
            self.air.announce(self.air.sound_end(), None, Some(OnAudio::Silence), None);
        }
    }

    /// Airs the slate and silence where no source does.
    fn fill(&mut self) {
        let Some(air) = self.air.at(self.now) else { return };
        let until = air - self.slack();
        if !self.slate_lingers() {
            self.air.fill_pictures(until);
        }
        if self.run.as_ref().is_none_or(|run| !run.sounding) {
            self.air.fill_sound(until);
        }
    }

    /// A key frame that is about to be due may take the slate's place: the slate's picture stays on rather than be
    /// followed by one that is cut short, over which players that count in frames stumble.
    pub(super) fn slate_lingers(&self) -> bool {
        let Some(end) = self.air.slate_picture_end() else { return false };
        let soon = self.air.wall(end);
        self.host.key_due_by(soon) || self.standby.key_due_by(soon)
    }

    /// Takes the run's picture off, because of an action.
    fn hide_picture(&mut self, id: ActionId, kind: Kind, air: AirTime) {
        let Some(run) = &mut self.run else { return };
        if kind != Kind::Cover {
            run.sound_waits = true;
        }
        if run.showing {
            self.show_slate(air, None, Some(id));
        }
    }

    /// Takes a run's picture off; its mapping stays.
    fn show_slate(&mut self, air: AirTime, audio: Option<OnAudio>, action: Option<ActionId>) {
        if let Some(run) = &mut self.run {
            run.showing = false;
        }
        self.cause = action;
        let slate = self.slates.fitting(self.host.picture_config());
        let air = self.air.start_slate(slate, air);
        self.air.announce(air, Some(OnVideo::Slate), audio, action);
    }

    /// Leaves a source altogether.
    pub(super) fn end_run(&mut self, air: AirTime, action: Option<ActionId>) {
        let Some(run) = self.run.take() else { return };
        if run.showing {
            return self.show_slate(air, Some(OnAudio::Silence), action);
        }
        self.cause = action;
        self.air.announce(air, None, Some(OnAudio::Silence), action);
    }

    /// Leaves a source at once.
    pub(super) fn end_run_now(&mut self, action: Option<ActionId>) {
        self.end_run(self.air.at(self.now).unwrap_or_default(), action);
    }

    fn in_run(&self, channel: Channel, era: u64) -> bool {
        self.run.as_ref().is_some_and(|run| run.channel == channel && run.era == era)
    }

    /// Whether the standby's frame may air: while it is handed over to, and then until the host is back.
    fn standby_wanted(&self, era: u64) -> bool {
        match self.plan.takes(self.host.leaving(self.now)) {
            Some(interval) => interval.kind == Kind::HandOver,
            None => self.in_run(Channel::Standby, era),
        }
    }

    fn judge_picture(&mut self, channel: Channel, picture: Picture, due: Timestamp) {
        let in_run = self.in_run(channel, picture.era);
        let usual = self.air.usual();
        if in_run && let Some(run) = &mut self.run {
            run.reached = run.reached.max(run.air(picture.at) + usual);
        }
        if channel == Channel::Standby && !self.standby_wanted(picture.era) {
            return;
        }
        let decoded = self.judged_at(channel, picture.era, picture.at, due);
        let moment = decoded + (picture.pts - picture.at);
        let hide = self.plan.hides_decoded(channel, decoded, moment);
        if let Some((id, kind, from)) = hide.map(|hide| (hide.id, hide.kind, hide.from)) {
            if let Some(run) = self.run.as_ref().filter(|_| in_run) {
                let air = run.air(picture.pts) - (moment - from);
                self.hide_picture(id, kind, air);
            } else if kind == Kind::Cover
                && picture.frame.key
                && self.may_enter(channel, picture.era, due)
            {
                // A cover takes the picture only: the sound comes in with the key frame that it would come with.
                self.enter(channel, picture.era, picture.at, due);
                self.air.announce(self.air.free(), Some(OnVideo::Slate), None, Some(id));
            }
            self.cause = Some(id);
            return self.stopped(channel, Waiting::Picture(picture), Some(id));
        }
        let showing = in_run && self.run.as_ref().is_some_and(|run| run.showing);
        let decodes = picture.frame.key || self.air.decodes_with(&picture.frame.config);
        if showing && decodes {
            self.show(channel, picture, moment, false);
        } else if showing {
            let air = self.run.as_ref().map_or(self.air.free(), |run| run.air(picture.at));
            self.show_slate(air, None, None);
            self.stopped(channel, Waiting::Picture(picture), None);
        } else if picture.frame.key && in_run && self.in_step(picture.at) {
            self.show(channel, picture, moment, true);
        } else if picture.frame.key && !in_run && self.may_enter(channel, picture.era, due) {
            self.enter(channel, picture.era, picture.at, due);
            self.show(channel, picture, moment, true);
        } else {
            self.stopped(channel, Waiting::Picture(picture), self.cause);
        }
    }

    fn judge_sound(&mut self, channel: Channel, sound: Sound, due: Timestamp) {
        let Sound { at, span, era, .. } = sound;
        if channel == Channel::Standby && !self.standby_wanted(era) {
            return;
        }
        let moment = self.judged_at(channel, era, at, due);
        let hide = self.plan.hides_sound(channel, moment, span).map(|hide| hide.id);
        let pictured = self.line(channel).pictured(era, at);
        let enters = !pictured && hide.is_none() && self.may_enter(channel, era, due);
        if !self.in_run(channel, era) {
            if !enters {
                return self.stopped(channel, Waiting::Sound(sound), hide.or(self.cause));
            }
            self.enter(channel, era, at, due);
            self.air.announce(self.air.free(), Some(OnVideo::Slate), None, None);
        }
        let hidden = self.plan.hides_picture(channel, moment);
        let covered = hidden.is_some_and(|hide| hide.kind == Kind::Cover);
        let Some(run) = &mut self.run else { return };
        let air = run.air(at);
        run.reached = run.reached.max(air + span);
        run.sounding = true;
        let waits = run.sound_waits && !run.showing && pictured && !covered;
        let silent = hide.is_some() || at < run.sound_from || waits;
        let data = (!silent).then(|| sound.frame.data.clone());
        let on = match channel {
            _ if silent => OnAudio::Silence,
            Channel::Host => OnAudio::Host,
            Channel::Standby => OnAudio::Standby,
        };
        let start = self.air.put_sound(air, data, &sound.frame.config);
        if let Some(start) = start {
            self.air.announce(start, None, Some(on), hide);
        }
        if channel == Channel::Host {
            self.note_host_sound(&sound);
        }
        if start.is_some() && !silent {
            self.aired = self.aired.max(moment + span + span);
            return;
        }
        self.stopped(
            channel,
            Waiting::Sound(sound),
            hide.or(if waits { self.cause } else { None }),
        );
    }

    fn note_host_sound(&mut self, sound: &Sound) {
        if self.host_sound.as_ref() != Some(&sound.frame.config) {
            self.host_sound = Some(sound.frame.config.clone());
        }
    }

    fn stopped(&mut self, channel: Channel, frame: Waiting, action: Option<ActionId>) {
        if channel == Channel::Host {
            self.stop(frame, action);
        }
    }

    /// Whether a key frame of the run on air still has its place, so that its picture comes back in step with its sound.
    fn in_step(&self, at: MediaTime) -> bool {
        self.run.as_ref().is_some_and(|run| run.air(at) >= self.air.free())
    }

    /// Whether a source can be entered at a moment: it is not too late for a full delay, and the program's sound is known.
    fn may_enter(&self, channel: Channel, era: u64, due: Timestamp) -> bool {
        if self.held {
            return false;
        }
        match self.splice(due) {
            Some(splice) => self.air.wall(splice) - due <= self.grace(),
            None => self.line(channel).sound_known(era),
        }
    }

    /// Where a source is entered whose first frame was due at a moment.
    fn splice(&self, due: Timestamp) -> Option<AirTime> {
        Some(self.air.at(due)?.max(self.air.free()))
    }

    /// Begins a run with the moment `at`, which is due.
    fn enter(&mut self, channel: Channel, era: u64, at: MediaTime, due: Timestamp) {
        let first = !self.air.is_on();
        if first {
            let sound = self.line(channel).sound_config().cloned();
            self.air.begin(AirTime::ZERO, due, sound.unwrap_or_else(super::default_sound));
        }
        let splice = self.splice(due).unwrap_or_default();
        let wall = self.air.wall(splice);
        let offset = splice.since_start() - at.since_start();
        let line = self.line_mut(channel);
        line.pin(era, at, wall);
        let sounding = line.next_sound().is_some_and(|next| next.era == era);
        if first || self.run.as_ref().is_some_and(|run| run.showing) {
            self.air.start_slate(self.slates.fitting(self.host.picture_config()), splice);
        }
        self.run = Some(Run {
            channel,
            era,
            offset,
            showing: false,
            sounding,
            sound_from: at,
            sound_waits: false,
            reached: splice,
        });
    }

    /// Puts a picture of the run on air, which is shown at a moment of the host.
    fn show(&mut self, channel: Channel, picture: Picture, moment: MediaTime, enters: bool) {
        let Some(run) = &mut self.run else { return };
        let (air, shown) = (run.air(picture.at), run.air(picture.pts));
        let audible = enters && (!run.showing && run.sounding);
        (run.showing, run.sound_waits) = (true, false);
        let (next, era, ahead) = (picture.at, picture.era, moment - picture.pts);
        let frame = picture.frame;
        let discontinuity = enters || !self.air.decodes_with(&frame.config);
        let (video, audio) = match channel {
            Channel::Host => (OnVideo::Host, OnAudio::Host),
            Channel::Standby => (OnVideo::Standby, OnAudio::Standby),
        };
        if enters {
            let muted = self.plan.hides_sound(channel, moment, Duration::ZERO).is_some();
            self.air.announce(air, Some(video), (audible && !muted).then_some(audio), None);
        }
        self.aired = self.aired.max(moment + Duration(1));
        if channel == Channel::Host && enters {
            self.entered = Some((air, picture.pts));
            self.cause = None;
        }
        let duration = Duration::ZERO;
        let (key, data, config) = (frame.key, frame.data, frame.config);
        let video = AirVideo { air, duration, cts: frame.cts, key, data, config, discontinuity };
        self.air.put_picture(video, shown);
        self.let_go_if_long(channel, next, era, ahead);
    }

    /// A picture that lasts long, by its source's own times, does not hold the program up.
    /// `ahead` is from the channel's time to the host's.
    fn let_go_if_long(&mut self, channel: Channel, at: MediaTime, era: u64, ahead: Duration) {
        let Some(next) = self.line(channel).next_picture().filter(|next| next.era == era) else {
            return;
        };
        let (next, pts) = (next.at, next.pts);
        let long = next - at > LONG_PICTURE && next - at <= LONGEST_PICTURE;
        let hidden = self.plan.hides_picture(channel, pts + ahead).is_some();
        if long
            && !hidden
            && let Some(run) = &self.run
        {
            self.air.let_go_early(run.air(next));
        }
    }

    /// Says which actions have begun and ended on air.
    fn note_actions(&mut self) {
        let point = self.host.leaving(self.now);
        let hidden = self.plan.hides_picture(Channel::Host, point).is_some();
        let settled = hidden || self.host_is_on(point);
        let gone = self.host.is_empty() && !self.host.is_open();
        for interval in self.plan.live_mut() {
            if interval.aired.is_none()
                && interval.from <= point
                && let Some(air) = self.air.at(self.host.due_of(interval.from))
            {
                let air = air.max(AirTime::ZERO);
                interval.begin(air);
                self.air.push(Output::ActionAired { id: interval.id, air });
            }
            let Some(to) = interval.to.filter(|to| *to <= point) else { continue };
            let back = self.entered.filter(|(_, moment)| *moment >= to);
            let end = match (interval.kind, back) {
                (Kind::Mute, _) => to,
                (_, Some((_, moment))) => moment,
                (kind, None) if settled || (gone && kind != Kind::HandOver) => to,
                _ => continue,
            };
            interval.end_at(end, self.air.at(self.host.due_of(end)));
            if let (Some(_), Some((air, _))) = (interval.aired, interval.over) {
                self.air.push(Output::ActionOver { id: interval.id, air });
            }
        }
        self.plan.retire();
    }

    /// Whether the host is on air, with pictures if there are any.
    fn host_is_on(&self, point: MediaTime) -> bool {
        self.run.as_ref().is_some_and(|run| {
            let blank = !self.host.pictured(run.era, point);
            run.channel == Channel::Host && (run.showing || blank)
        })
    }
}
