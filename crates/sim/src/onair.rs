//! What is on air: the real program and the real packager, wired as the server wires them, with the referee and the reader
//! at every joint. What the program did comes out as facts for the show's log.

use std::collections::BTreeMap;

use media::hls::{self, Config, Packager};
use media::program::{
    Applied, Channel, Kind, Mark, MarkedAction, OnAudio, OnVideo, Output, Program, ProgramConfig,
    Refusal, Slate, Slates, State, Status, When, Wish,
};
use show::Actor;
use show::desk::{self, ActionKind, ActionState, Fact, Source};
use show::sentinel::{Act, Order, Response};
use units::{ActionId, AirTime, Duration, MediaTime, Timestamp, UserId};

use crate::check::{Checked, Invariant, Reader, Referee, holds};
use crate::host::{self, Arrived};

/// How often the log hears what has moved.
const LOOK_EVERY: Duration = Duration::from_ms(100);
/// An estimate of when an action airs is told again when it is off by more.
const MOVED: Duration = Duration::from_ms(100);
/// So many segments a second may have been published between the last recorded mark and a crash.
const SEGMENTS_PER_S: u64 = 2;

/// What the log knows of an action.
struct Told {
    from_air: Option<AirTime>,
    to: Option<MediaTime>,
}

/// What the program answers; or an invariant that broke over it.
pub(crate) type Answer = Result<Result<Applied, Refusal>, crate::Violation>;

/// See the module.
pub(crate) struct OnAir {
    program: Program,
    packager: Option<Packager>,
    resume: Option<hls::Mark>,
    told: BTreeMap<ActionId, Told>,
    delay: Duration,
    looked: Timestamp,
    sound: Option<String>,
    referee: Referee,
    reader: Reader,
    facts: Vec<Fact>,
    /// Changes of what is on air, for a story.
    pub(crate) changes: Vec<media::program::OnAirChange>,
}

/// Who works the desk.
pub(crate) fn producer() -> Actor {
    Actor::User { id: UserId::from_u128(1) }
}

fn slates() -> Option<Slates> {
    Slate::from_frames(host::slate()).ok().map(|landscape| Slates { landscape, portrait: None })
}

impl OnAir {
    /// Goes live for the first time.
    pub(crate) fn start(started: Timestamp, delay: Duration, now: Timestamp) -> Option<Self> {
        let config = ProgramConfig { delay, ..ProgramConfig::new(started, slates()?) };
        Some(Self {
            program: Program::new(config, now),
            packager: None,
            resume: None,
            told: BTreeMap::new(),
            delay,
            looked: now,
            sound: None,
            referee: Referee::default(),
            reader: Reader::default(),
            facts: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// Goes on after a crash, from what the log holds. `held`: facts were lost, so a person must resume.
    pub(crate) fn restart(
        self,
        state: &show::State,
        held: bool,
        now: Timestamp,
    ) -> Result<Option<Self>, crate::Violation> {
        let planned = state.plan.as_ref().map_or(0, |plan| plan.delay_s);
        let delay = state.desk.delay.unwrap_or(Duration::from_s(i64::from(planned)));
        let (Some(started), Some(slates)) = (state.started_at, slates()) else { return Ok(None) };
        let (mut referee, mut reader) = (self.referee, self.reader);
        let mut config = ProgramConfig { delay, ..ProgramConfig::new(started, slates) };
        let mut resume = None;
        if let Some(mark) = &state.desk.mark {
            let away = (now - mark.at).max(Duration::ZERO);
            let seconds = u64::try_from(away.ms() / 1000).unwrap_or(0);
            let actions = state.desk.active().filter_map(marked).collect();
            let sound = self.program.mark().map(|mark| mark.sound);
            if let Some(sound) = sound {
                let program =
                    Mark { air: mark.air + away, newest: mark.newest + away, sound, actions };
                referee.restarted(&program, held)?;
                config.resume = Some(program);
                config.held = held;
            }
            resume = Some(hls::Mark {
                next_msn: mark.next_segment + 1 + seconds * SEGMENTS_PER_S,
                discontinuities: mark.discontinuities + 1 + seconds * SEGMENTS_PER_S,
                next_init: mark.inits + 1 + u32::try_from(seconds).unwrap_or(u32::MAX / 2),
            });
        }
        if config.resume.is_none() {
            // Nothing was recorded of what aired, so the show begins as if it had not.
            (referee, reader) = (Referee::default(), Reader::default());
        }
        reader.restarted();
        Ok(Some(Self {
            program: Program::new(config, now),
            packager: None,
            resume,
            told: BTreeMap::new(),
            delay,
            looked: now,
            sound: None,
            referee,
            reader,
            facts: Vec::new(),
            changes: Vec::new(),
        }))
    }

    pub(crate) fn opened(&mut self, channel: Channel, now: Timestamp) -> Checked {
        self.program.feed_opened(channel, now);
        self.drain(now)
    }
    pub(crate) fn closed(&mut self, channel: Channel, now: Timestamp) -> Checked {
        self.program.feed_closed(channel, now);
        self.drain(now)
    }
    pub(crate) fn drop_feed(&mut self, channel: Channel, now: Timestamp) -> Checked {
        self.program.drop_feed(channel, now);
        self.drain(now)
    }

    /// A frame arrives. False when the program has closed its feed.
    pub(crate) fn push(&mut self, arrived: Arrived) -> Result<bool, crate::Violation> {
        let Arrived { at, channel, frame } = arrived;
        let taken = self.program.push(channel, frame.clone(), at);
        if let Ok(time) = taken {
            self.referee.sent(channel, &frame, time, at, self.delay);
        }
        self.drain(at)?;
        Ok(taken.is_ok())
    }

    pub(crate) fn act(&mut self, id: ActionId, wish: Wish, now: Timestamp) -> Answer {
        self.act_for(id, wish, producer(), now)
    }

    fn act_for(&mut self, id: ActionId, wish: Wish, by: Actor, now: Timestamp) -> Answer {
        // What leaves because of the action itself leaves before it.
        let answer = self.program.act(id, wish, now);
        self.drain(now)?;
        if let Ok(applied) = &answer {
            let newest = self.program.status(now).newest;
            let end = wish.to.map(|to| match to {
                When::Media(at) => at,
                When::Preview(span) => newest + span,
            });
            self.referee.acted(applied, self.program.air_now(now), end);
            self.told.insert(id, Told { from_air: applied.from_air, to: applied.to });
            self.facts.push(Fact::ActionTaken(action(applied, wish.force, by, now)));
        }
        Ok(answer)
    }

    /// Carries out what the sentinel orders.
    pub(crate) fn order(&mut self, order: Order, by: Actor, now: Timestamp) -> Answer {
        match order {
            Order::Stop(act) => {
                let kind = match act.response {
                    Response::HandOver => Kind::HandOver,
                    Response::Cover => Kind::Cover,
                    Response::Mute | Response::Advise | Response::Off => Kind::Mute,
                };
                let (from, to) = (Some(When::Media(act.from)), act.to.map(When::Media));
                self.act_for(act.id, Wish { kind, from, to, force: false }, by, now)
            }
            Order::Change(act) => self.change(&act, now),
            Order::Undo(act) => self.undo_for(act.id, by, now),
        }
    }

    fn change(&mut self, act: &Act, now: Timestamp) -> Answer {
        let answer = self.program.change(act.id, act.from, act.to, now);
        self.drain(now)?;
        if let Ok(applied) = &answer {
            self.referee.acted(applied, self.program.air_now(now), act.to);
            self.told.insert(act.id, Told { from_air: applied.from_air, to: applied.to });
            self.facts.push(Fact::ActionMoved {
                id: act.id,
                from_air: applied.from_air,
                to_air: to_air(applied),
                to_media: applied.to,
                from_media: Some(applied.from),
            });
        }
        Ok(answer)
    }

    /// How many packets of the host's sound between two moments aired, and of how many that arrived.
    pub(crate) fn sound_aired(&self, from: MediaTime, to: MediaTime) -> (u64, u64) {
        self.referee.sound_aired(from, to)
    }

    pub(crate) fn undo(&mut self, id: ActionId, now: Timestamp) -> Answer {
        self.undo_for(id, producer(), now)
    }

    fn undo_for(&mut self, id: ActionId, by: Actor, now: Timestamp) -> Answer {
        let answer = self.program.undo(id, now);
        self.drain(now)?;
        if let Ok(applied) = &answer {
            self.referee.acted(applied, None, None);
            let air = self.program.air_now(now).unwrap_or_default();
            let to_air = (applied.state == State::Shortened).then_some(air);
            self.facts.push(Fact::ActionUndone { id, by, to_air });
        }
        Ok(answer)
    }

    pub(crate) fn set_delay(
        &mut self,
        delay: Duration,
        now: Timestamp,
    ) -> Result<bool, crate::Violation> {
        let before = self.delay;
        let answer = self.program.set_delay(delay, now);
        self.drain(now)?;
        let Ok(change) = answer else { return Ok(false) };
        self.referee.delay_changed(before, now);
        self.delay = change.delay;
        let how = match change.how {
            media::program::DelayHow::Slate => desk::DelayHow::Slate,
            media::program::DelayHow::Dump => desk::DelayHow::Dump,
            media::program::DelayHow::Unchanged => return Ok(true),
        };
        let from_air = change.effective.unwrap_or_default();
        self.facts.push(Fact::DelaySet { delay, from_air, shift: delay - before, how });
        Ok(true)
    }

    /// Goes on to `now`.
    pub(crate) fn step(&mut self, now: Timestamp) -> Checked {
        self.program.poll(now);
        self.drain(now)?;
        self.referee.judge(&self.program, now)?;
        if now - self.looked >= LOOK_EVERY {
            self.looked = now;
            self.look(now);
        }
        Ok(())
    }

    fn drain(&mut self, now: Timestamp) -> Checked {
        let mut published = false;
        while let Some(output) = self.program.output() {
            self.referee.saw(&output, now)?;
            published |= self.air(output, now);
        }
        if published { self.publish(now) } else { Ok(()) }
    }

    fn air(&mut self, output: Output, now: Timestamp) -> bool {
        match output {
            Output::Video(picture) => self.packager(picture.air, now).push_video(picture),
            Output::Audio(sound) => {
                self.sound.get_or_insert_with(|| hex(&sound.config.asc));
                self.packager(sound.air, now).push_audio(sound)
            }
            Output::Stopped { .. } | Output::ActionAired { .. } => false,
            Output::OnAir(change) => {
                self.changes.push(change);
                let video = match change.video {
                    OnVideo::Host => Source::Host,
                    OnVideo::Standby => Source::Standby,
                    OnVideo::Slate => Source::Slate,
                };
                let audio = match change.audio {
                    OnAudio::Host => Source::Host,
                    OnAudio::Standby => Source::Standby,
                    OnAudio::Silence => Source::Silence,
                };
                self.facts.push(Fact::OnAirChanged(desk::OnAir {
                    video,
                    audio,
                    air: change.air,
                    why: None,
                }));
                false
            }
            Output::ActionOver { id, air } => {
                self.told.remove(&id);
                self.facts.push(Fact::ActionEnded { id, air });
                false
            }
        }
    }

    fn packager(&mut self, first: AirTime, now: Timestamp) -> &mut Packager {
        let (program, resume) = (&self.program, &mut self.resume);
        self.packager.get_or_insert_with(|| {
            let epoch = now - program.air_now(now).unwrap_or(first).since_start();
            let rate = program.mark().map_or(48_000, |mark| mark.sound.sample_rate);
            Packager::new(Config { resume: resume.take(), ..Config::live(epoch, rate) })
        })
    }

    fn publish(&mut self, now: Timestamp) -> Checked {
        let Some(packager) = &mut self.packager else { return Ok(()) };
        self.reader.read(&packager.snapshot())?;
        let mut finished = false;
        while packager.finished().is_some() {
            finished = true;
        }
        let stats = packager.stats();
        let dropped = stats.backward_pictures + stats.unusable_parts + stats.crowded_sounds;
        holds(Invariant::Air, dropped == 0, || {
            format!("the packager could not use what aired: {stats:?}")
        })?;
        if let (true, Some(program)) = (finished, self.program.mark()) {
            let hls = packager.mark();
            self.facts.push(Fact::ProgramMark(desk::Mark {
                next_segment: hls.next_msn,
                air: program.air,
                newest: program.newest,
                at: now,
                inits: hls.next_init,
                discontinuities: hls.discontinuities,
                audio: self.sound.clone(),
            }));
        }
        Ok(())
    }

    /// Tells the log what has moved.
    fn look(&mut self, now: Timestamp) {
        for action in self.program.status(now).actions {
            let told = self.told.entry(action.id).or_insert(Told { from_air: None, to: None });
            let near = match (told.from_air, action.from_air) {
                (Some(a), Some(b)) => (a - b).abs() < MOVED,
                (a, b) => a == b,
            };
            if near && told.to == action.to {
                continue;
            }
            (told.from_air, told.to) = (action.from_air, action.to);
            let (id, from_air, to_air, to_media) =
                (action.id, action.from_air, to_air(&action), action.to);
            self.facts.push(Fact::ActionMoved { id, from_air, to_air, to_media, from_media: None });
        }
    }

    /// What the program did since the last time.
    pub(crate) fn facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }
    pub(crate) fn status(&self, now: Timestamp) -> Status {
        self.program.status(now)
    }
    /// The moment of the program that airs now.
    pub(crate) fn air_now(&self, now: Timestamp) -> AirTime {
        self.program.air_now(now).unwrap_or_default()
    }
    /// When what the host does now airs.
    pub(crate) fn newest_air(&self, now: Timestamp) -> AirTime {
        let newest = self.program.air_of(self.program.status(now).newest);
        newest.unwrap_or_default().max(self.air_now(now))
    }
    /// Frames of a source that aired, frames of the host that did not, and parts published.
    pub(crate) fn counts(&self) -> [u64; 3] {
        [self.referee.frames_aired, self.referee.frames_stopped, self.reader.parts() as u64]
    }

    /// Ends the show.
    pub(crate) fn finish(&mut self, now: Timestamp) -> Checked {
        self.program.finish(now);
        self.drain(now)?;
        self.referee.judge(&self.program, now)?;
        if let Some(packager) = &mut self.packager {
            packager.finish();
        }
        self.publish(now)
    }
}

/// Where on the program an action ends, as far as is known.
fn to_air(action: &Applied) -> Option<AirTime> {
    let lasts = action.ends_at? - action.airs_at;
    action.from_air.map(|from| from + lasts)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn action(applied: &Applied, forced: bool, by: Actor, at: Timestamp) -> desk::Action {
    let kind = match applied.kind {
        Kind::Mute => ActionKind::Mute,
        Kind::Cover => ActionKind::Cover,
        Kind::Cut => ActionKind::Cut,
        Kind::HandOver => ActionKind::HandOver,
        Kind::Dump => ActionKind::Dump,
        Kind::Panic => ActionKind::Panic,
        Kind::Resume => ActionKind::Resume,
    };
    desk::Action {
        id: applied.id,
        kind,
        by,
        reason: None,
        from_media: applied.from,
        to_media: applied.to,
        from_air: applied.from_air,
        to_air: to_air(applied),
        time_to_air: applied.time_to_air,
        late: applied.late,
        forced,
        at,
        state: if applied.kind == Kind::Resume { ActionState::Ended } else { ActionState::Active },
        undone_at: None,
    }
}

fn marked(action: &desk::Action) -> Option<MarkedAction> {
    let kind = match action.kind {
        ActionKind::Mute => Kind::Mute,
        ActionKind::Cover => Kind::Cover,
        ActionKind::Cut => Kind::Cut,
        ActionKind::HandOver => Kind::HandOver,
        ActionKind::Dump => Kind::Dump,
        ActionKind::Panic => Kind::Panic,
        ActionKind::Resume => return None,
    };
    Some(MarkedAction {
        id: action.id,
        kind,
        from: action.from_media,
        to: action.to_media,
        late: action.late,
    })
}
