//! The program: what leaves the delay and airs, and the actions that stop what must not.
//!
//! Two sources wait in their delays, the host and a standby. Every frame of the host is judged when it is due, against
//! the intervals of the actions: it airs, or it is reported as stopped. The program's own clock, [`AirTime`], never
//! goes back and never has a hole on either track; between sources airs the slate, in silence.
//!
//! The shell calls [`Program::push`] for each frame and [`Program::poll`] at each [`Program::deadline`], and drains
//! [`Program::output`] after every call. Nothing here reads a clock: the same calls with the same times give the same
//! output. One poll makes at most [`CATCH_UP`] of program; after a longer pause the next deadline has passed already.
//!
//! Invariants: nothing airs before it is due (D-1); nothing whose presentation lies inside an applied interval airs
//! (D-2); both tracks are contiguous from the first air to the last, across a restart as well (H-1, with [`Mark`]).
//!
//! What stops what, by rank: panic, then cut and dump, then hand over, then cover and mute. Intervals may overlap;
//! undoing one leaves the others. Intervals are in the *host's* time. A frame of the standby is judged by the host's
//! moment that airs, or would, at the same time, so a mute silences, a cover hides and a cut stops whichever is on air.

mod act;
mod action;
mod air;
mod plan;
mod slate;
mod status;
mod switch;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use units::{AirTime, Duration, MediaTime, Timestamp};

pub use self::action::{
    Applied, Channel, DelayChange, DelayHow, Kind, Mark, MarkedAction, NotReady, OnAirChange,
    OnAudio, OnVideo, Output, Refusal, State, When, Wish,
};
pub use self::plan::MAX_ACTIONS;
pub use self::slate::{Slate, SlateError, Slates};
pub use self::status::{FeedStatus, Standby, Status, Why};
pub use crate::delay::{MAX_DELAY, Overflow};

use self::air::Air;
use self::plan::Plan;
use self::switch::Run;
use crate::delay::{DelayLine, RATES, Waiting};
use crate::frame::{AudioConfig, Frame};

/// How much program one poll makes at most.
pub const CATCH_UP: Duration = Duration::from_s(10);
/// How often a program on air wants to be polled at least.
const TICK: Duration = Duration::from_ms(100);
/// Below this delay frames come about when they are due, so the program waits longer for them.
const SHORT_DELAY: Duration = Duration::from_s(1);
/// How long the program waits for a late frame before the slate airs.
const GRACE: Duration = Duration::from_ms(250);
const SHORT_DELAY_GRACE: Duration = Duration::from_s(1);

/// What a program is made with.
#[derive(Clone, Debug)]
pub struct ProgramConfig {
    /// When the show started: channel time zero, the same after a restart.
    pub started: Timestamp,
    /// From preview to air, 0 to 60 s.
    pub delay: Duration,
    /// How much before the key was pressed an action without `from` begins.
    pub reaction: Duration,
    /// How many bytes of each source may wait.
    pub queue_bytes: usize,
    /// What airs between sources.
    pub slates: Slates,
    /// Where a restart goes on; it starts on the slate.
    pub resume: Option<Mark>,
    /// Stays on the slate until a person resumes, because what was in force is not known.
    pub held: bool,
}

impl ProgramConfig {
    /// The defaults: 8 s of delay, 1 s for the reaction, 96 MiB for each source.
    #[must_use]
    pub fn new(started: Timestamp, slates: Slates) -> Self {
        Self {
            started,
            delay: Duration::from_s(8),
            reaction: Duration::from_s(1),
            queue_bytes: 96 << 20,
            slates,
            resume: None,
            held: false,
        }
    }
}

/// The program of one show.
pub struct Program {
    reaction: Duration,
    slates: Slates,
    delay: Duration,
    host: DelayLine,
    standby: DelayLine,
    plan: Plan,
    held: bool,
    run: Option<Run>,
    air: Air,
    /// How far the program has been made.
    now: Timestamp,
    /// The first moment of the host that can still be stopped, by what has aired of either source.
    aired: MediaTime,
    /// Where the host's picture last came on, and the host's moment there.
    entered: Option<(AirTime, MediaTime)>,
    /// What last took the host's picture away.
    cause: Option<units::ActionId>,
    /// The sound of the host's feed, which a standby's should equal.
    host_sound: Option<Arc<AudioConfig>>,
}

impl Program {
    /// A program that is not on air, or, with `config.resume`, one that goes on with the slate at once.
    #[must_use]
    pub fn new(config: ProgramConfig, now: Timestamp) -> Self {
        let delay = config.delay.clamp(Duration::ZERO, MAX_DELAY);
        let line = || DelayLine::new(config.started, delay, config.queue_bytes);
        let mut program = Self {
            reaction: config.reaction,
            slates: config.slates,
            delay,
            host: line(),
            standby: line(),
            plan: Plan::default(),
            held: config.held,
            run: None,
            air: Air::new(default_sound()),
            now,
            aired: MediaTime(i64::MIN / 4),
            entered: None,
            cause: None,
            host_sound: None,
        };
        if let Some(mark) = config.resume {
            program.go_on(mark, now);
        }
        program
    }

    fn go_on(&mut self, mark: Mark, now: Timestamp) {
        let fits = RATES.contains(&mark.sound.sample_rate);
        let sound = if fits { mark.sound } else { default_sound() };
        self.host_sound = Some(sound.clone());
        self.aired = mark.newest;
        self.host.go_on(mark.newest);
        self.air.begin(mark.air, now, sound);
        self.air.start_slate(&self.slates.landscape, mark.air);
        for action in mark.actions.into_iter().take(MAX_ACTIONS) {
            self.plan.add(action);
        }
    }

    /// A source connects. Its clock is placed by its first frame.
    pub fn feed_opened(&mut self, channel: Channel, now: Timestamp) {
        self.poll(now);
        self.line_mut(channel).open();
    }

    /// A source's frame arrives. Answers its channel time.
    ///
    /// # Errors
    /// When the feed is not open, or sends more than may wait: then it is closed, and what waits still airs.
    pub fn push(
        &mut self,
        channel: Channel,
        frame: Frame,
        now: Timestamp,
    ) -> Result<MediaTime, Overflow> {
        let airing = self.run.as_ref().is_some_and(|run| run.channel == channel);
        let panic = self.plan.panic().map(|panic| panic.id);
        let (time, stopped) = self.line_mut(channel).push(frame, now, airing, panic.is_none())?;
        if let Some(frame) = stopped
            && channel == Channel::Host
        {
            self.air.push(Output::Stopped { action: panic, frame: frame.into_frame() });
        }
        Ok(time)
    }

    /// A source has disconnected. What waits of it still airs.
    pub fn feed_closed(&mut self, channel: Channel, now: Timestamp) {
        self.poll(now);
        self.line_mut(channel).close();
    }

    /// Throws a source out, with what waits of it: its key was rotated or its host suspended.
    pub fn drop_feed(&mut self, channel: Channel, now: Timestamp) {
        self.poll(now);
        self.line_mut(channel).close();
        self.empty(channel, None);
        if self.run.as_ref().is_some_and(|run| run.channel == channel) {
            self.end_run_now(None);
        }
    }

    /// Makes what is due by `now`.
    pub fn poll(&mut self, now: Timestamp) {
        let mut until = now.max(self.now);
        if self.air.is_on() {
            until = until.min(self.now + CATCH_UP);
        }
        while let Some((due, channel, track)) = self.next_due()
            && due <= until
        {
            self.advance(due.max(self.now));
            self.take(channel, track, due);
        }
        self.advance(until);
    }

    /// The next thing that left the program. To be drained after every other call.
    pub fn output(&mut self) -> Option<Output> {
        self.air.pop()
    }

    /// When to poll next, always later than the last poll has reached; `None` while nothing waits and nothing is on air.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let due = self.next_due().map(|(due, ..)| due);
        if !self.air.is_on() {
            return due;
        }
        let slate = self.air.next_slate().filter(|_| !self.slate_lingers());
        let slate = slate.map(|air| self.air.wall(air));
        let silence = self.run.as_ref().is_none_or(|run| !run.sounding);
        let silence = silence.then(|| self.air.wall(self.air.sound_end()));
        let tick = Some(self.now + TICK);
        let filler = [slate, silence].into_iter().flatten().map(|at| at + self.slack());
        let soonest = Timestamp(self.now.0.saturating_add(1));
        filler.chain(due).chain(tick).min().map(|at| at.max(soonest))
    }

    /// The moment of the program that airs now; `None` before the first air.
    #[must_use]
    pub fn air_now(&self, now: Timestamp) -> Option<AirTime> {
        self.air.at(now)
    }

    /// Where on the program a moment of the host's feed airs, whatever is on then; `None` before the first air.
    #[must_use]
    pub fn air_of(&self, moment: MediaTime) -> Option<AirTime> {
        self.air.at(self.host.due_of(moment))
    }

    /// What a restart needs; `None` before the first air.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        self.air.is_on().then(|| Mark {
            air: self.air.free().max(self.air.sound_end()).max(self.air.picture_end()),
            newest: self.host.end(),
            sound: self.air.sound().clone(),
            actions: self.plan.live().iter().map(plan::Interval::marked).collect(),
        })
    }

    /// Ends the show: airs what is held back of the last picture. What waits is not aired.
    pub fn finish(&mut self, now: Timestamp) {
        self.poll(now);
        self.air.finish();
    }

    /// How long the program waits for a late frame.
    fn grace(&self) -> Duration {
        if self.delay < SHORT_DELAY { SHORT_DELAY_GRACE } else { GRACE }
    }

    /// How far the filler stays behind, so that frames which come about when they are due still find their place.
    fn slack(&self) -> Duration {
        if self.delay < SHORT_DELAY { GRACE } else { Duration::ZERO }
    }

    fn line(&self, channel: Channel) -> &DelayLine {
        match channel {
            Channel::Host => &self.host,
            Channel::Standby => &self.standby,
        }
    }

    fn line_mut(&mut self, channel: Channel) -> &mut DelayLine {
        match channel {
            Channel::Host => &mut self.host,
            Channel::Standby => &mut self.standby,
        }
    }

    /// Empties a line; what waited of the host was stopped.
    fn empty(&mut self, channel: Channel, action: Option<units::ActionId>) {
        let waiting = self.line_mut(channel).empty();
        if channel == Channel::Host {
            waiting.into_iter().for_each(|frame| self.stop(frame, action));
        }
    }

    fn stop(&mut self, frame: Waiting, action: Option<units::ActionId>) {
        self.air.push(Output::Stopped { action, frame: frame.into_frame() });
    }
}

/// What a program sounds like whose first feed has no sound: 48 kHz stereo AAC-LC.
fn default_sound() -> Arc<AudioConfig> {
    let asc = bytes::Bytes::from_static(&[0x11, 0x90]);
    Arc::new(AudioConfig { asc, sample_rate: 48_000, channels: 2 })
}
