//! The referee: knows every frame that was sent and checks every frame that airs.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use units::{AirTime, Duration, MediaTime, Timestamp};

use super::stage::seconds;
use super::*;
use crate::frame::{AirAudio, AirVideo, Frame};

/// How far back the referee remembers what it saw.
const SIGHTS: Duration = Duration::from_s(4);

/// A frame as it was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    channel: Channel,
    video: bool,
    key: bool,
    data: Bytes,
    time: MediaTime,
    shown: MediaTime,
    span: Duration,
    arrival: Timestamp,
    delay: Duration,
    number: usize,
}

impl Sent {
    pub(super) fn new(
        channel: Channel,
        frame: &Frame,
        arrival: Timestamp,
        delay: Duration,
    ) -> Self {
        let (video, key, data, time, cts, span) = match frame {
            Frame::Video(v) => (true, v.key, v.data.clone(), v.time, v.cts, Duration::ZERO),
            Frame::Audio(a) => {
                (false, true, a.data.clone(), a.time, Duration::ZERO, a.config.frame_duration())
            }
        };
        let shown = time + cts;
        Self { channel, video, key, data, time, shown, span, arrival, delay, number: 0 }
    }
}

/// A frame of a source that aired.
struct Aired {
    sent: Sent,
    /// When its first sample sounds, or it is shown.
    air: AirTime,
}

/// Where the program is, and what is to be stopped, at one moment.
struct Sight {
    air: AirTime,
    /// The host's moment that airs, or would.
    point: MediaTime,
    rules: Vec<(units::ActionId, Kind, MediaTime, Option<MediaTime>)>,
}

impl Sight {
    /// The actions inside whose intervals a frame of the standby airs, clearly: sound lies on a grid and may be half a
    /// unit beside its place.
    fn stoppers(&self, sent: &Sent, air: AirTime) -> Vec<units::ActionId> {
        let moment = self.point + (air - self.air);
        let slack = ms(5) + Duration(sent.span.0 / 2);
        let inside = |kind, from, to: Option<MediaTime>| {
            stops(kind, sent.video)
                && kind != Kind::HandOver
                && to.is_none_or(|to| from < to)
                && from + slack < moment + sent.span + sent.span
                && to.is_none_or(|to| moment + slack < to)
        };
        let rules = self.rules.iter().filter(|(_, kind, from, to)| inside(*kind, *from, *to));
        rules.map(|(id, ..)| *id).collect()
    }
}

/// One stretch of a track with one source.
struct Stretch {
    track: &'static str,
    what: String,
    from: AirTime,
    to: AirTime,
    at_ms: i64,
}

pub(super) struct Referee {
    sent: HashMap<Bytes, Sent>,
    numbers: HashMap<(Channel, bool), usize>,
    base: HashMap<Channel, Timestamp>,
    before_key: HashMap<Channel, Duration>,
    aired: Vec<Aired>,
    intervals: HashMap<units::ActionId, Applied>,
    /// Of the last seconds, one for each call.
    sights: VecDeque<Sight>,
    last_video: Option<(Option<Sent>, AirTime)>,
    last_audio: Option<AirTime>,
    stopped: usize,
    host_frames: usize,
    /// What was accounted for before a restart, which loses what waits.
    lost_before: usize,
    stretches: Vec<Stretch>,
    notes: Vec<(i64, String)>,
    now_ms: i64,
    strict: bool,
}

impl Referee {
    pub(super) fn new(config: &ProgramConfig) -> Self {
        let start = config.resume.as_ref().map(|mark| mark.air);
        Self {
            sent: HashMap::new(),
            numbers: HashMap::new(),
            base: HashMap::new(),
            before_key: HashMap::new(),
            aired: Vec::new(),
            intervals: HashMap::new(),
            sights: VecDeque::new(),
            last_video: start.map(|air| (None, air)),
            last_audio: start,
            stopped: 0,
            host_frames: 0,
            lost_before: 0,
            stretches: Vec::new(),
            notes: Vec::new(),
            now_ms: 0,
            strict: true,
        }
    }

    /// The program goes on at the mark; what is in force goes on.
    pub(super) fn restarted(&mut self, mark: &Mark) {
        let free = self.last_video.as_ref().map_or(AirTime::ZERO, |(_, end)| *end);
        assert!(mark.air >= free && mark.air >= self.last_audio.unwrap_or_default(), "H-1");
        let aired = self.aired.iter().filter(|a| a.sent.channel == Channel::Host).count();
        (self.lost_before, self.host_frames) = (aired + self.stopped, 0);
        self.last_video = Some((None, mark.air));
        self.last_audio = Some(mark.air);
        self.base.clear();
        self.sights.clear();
        for action in &mark.actions {
            assert!(self.intervals.contains_key(&action.id), "{action:?} came from nowhere");
        }
    }

    /// Looks away from D-1, the decode order and the count of frames, for sources that break the rules themselves.
    pub(super) fn lenient(&mut self) {
        self.strict = false;
    }

    pub(super) fn note(&mut self, clock_ms: i64, what: &str) {
        self.notes.push((clock_ms, what.to_owned()));
    }

    /// Until its next key frame a source may keep the delay that it had.
    pub(super) fn delay_changed(&mut self, before: Duration) {
        for channel in [Channel::Host, Channel::Standby] {
            self.before_key
                .entry(channel)
                .and_modify(|old| *old = (*old).min(before))
                .or_insert(before);
        }
    }

    pub(super) fn sent(&mut self, mut sent: Sent, time: MediaTime) {
        if sent.video && sent.key {
            self.before_key.remove(&sent.channel);
        }
        let before = self.before_key.get(&sent.channel).copied();
        sent.delay = before.map_or(sent.delay, |before| before.min(sent.delay));
        sent.shown = time + (sent.shown - sent.time);
        sent.time = time;
        let base = self.base.entry(sent.channel).or_insert(Timestamp(i64::MAX));
        *base = (*base).min(sent.arrival - time.since_start());
        self.host_frames += usize::from(sent.channel == Channel::Host);
        let number = self.numbers.entry((sent.channel, sent.video)).or_default();
        *number += 1;
        sent.number = *number;
        self.sent.insert(sent.data.clone(), sent);
    }

    /// Looks at the program after a call, before what came of it.
    pub(super) fn looks(&mut self, program: &Program) {
        let rule = |id: &units::ActionId| {
            program.plan.find(*id).map(|rule| (rule.id, rule.kind, rule.from, rule.to))
        };
        let rules = self.intervals.keys().filter_map(rule).collect();
        let point = program.host.leaving(program.now);
        let Some(air) = program.air_now(program.now) else { return };
        self.sights.push_back(Sight { air, point, rules });
        while self.sights.front().is_some_and(|old| air - old.air > SIGHTS) {
            self.sights.pop_front();
        }
    }

    /// D-2 for the standby: it does not air where what is on air is to be stopped. Clocks may jump, and a picture leaves
    /// long after it was judged, so every look since it was due must see it.
    fn not_stopped(&self, sent: &Sent, decoded: AirTime, air: AirTime) {
        if !self.strict || sent.channel == Channel::Host {
            return;
        }
        let mut since = self.sights.iter().rev().take_while(|sight| sight.air >= decoded - ms(20));
        let mut stoppers = since.next().map_or(Vec::new(), |sight| sight.stoppers(sent, air));
        let looks = since.inspect(|sight| {
            let then = sight.stoppers(sent, air);
            stoppers.retain(|id| then.contains(id));
        });
        assert!(looks.count() == 0 || stoppers.is_empty(), "{:?} aired in {stoppers:?}", sent.data);
    }

    pub(super) fn saw(&mut self, output: &Output, now: Timestamp) {
        self.now_ms = (now - STARTED).ms();
        match output {
            Output::Video(video) => self.video(video, now),
            Output::Audio(audio) => self.audio(audio, now),
            Output::Stopped { .. } => self.stopped += 1,
            Output::OnAir(change) => {
                let told = format!(
                    "on air {}: {:?}, {:?}",
                    seconds(change.air.ms()),
                    change.video,
                    change.audio
                );
                self.note(self.now_ms, &told);
            }
            Output::ActionAired { id, air } => {
                let told = format!("action {} aired at {}", id.as_u128(), seconds(air.ms()));
                self.note(self.now_ms, &told);
            }
            Output::ActionOver { id, air } => {
                let told = format!("action {} over at {}", id.as_u128(), seconds(air.ms()));
                self.note(self.now_ms, &told);
            }
        }
    }

    fn video(&mut self, video: &AirVideo, now: Timestamp) {
        let end = video.air + video.duration;
        assert!(video.duration > Duration::ZERO, "a picture without length at {:?}", video.air);
        let sent = self.sent.get(&video.data).cloned();
        let (before, free) = self.last_video.take().unwrap_or((None, AirTime::ZERO));
        assert_eq!(video.air, free, "a hole or an overlap between pictures");
        assert!(!video.discontinuity || video.key, "another source begins without a key frame");
        if let Some(sent) = &sent {
            self.on_time(sent, now);
            let follows =
                before.is_some_and(|b| b.channel == sent.channel && b.number + 1 == sent.number);
            assert!(
                !self.strict || video.key || follows,
                "{:?} lacks the picture before it",
                sent.data
            );
            self.not_stopped(sent, video.air, video.air + video.cts);
            self.aired.push(Aired { sent: sent.clone(), air: video.air + video.cts });
        }
        let what = name(&video.data, sent.as_ref());
        self.stretch("picture", what, video.air, end, video.discontinuity);
        self.last_video = Some((sent, end));
    }

    fn audio(&mut self, audio: &AirAudio, now: Timestamp) {
        let free = self.last_audio.unwrap_or_default();
        assert_eq!(audio.air, free, "a hole or an overlap in the sound");
        assert_eq!(audio.duration, audio.config.frame_duration());
        let sent = self.sent.get(&audio.data).cloned();
        if let Some(sent) = &sent {
            self.on_time(sent, now);
            self.not_stopped(sent, audio.air, audio.air);
            self.aired.push(Aired { sent: sent.clone(), air: audio.air });
        }
        let end = audio.air + audio.duration;
        let what = sent.as_ref().map_or("silence".to_owned(), |sent| name(&audio.data, Some(sent)));
        self.stretch("sound", what, audio.air, end, false);
        self.last_audio = Some(end);
    }

    /// D-1: nothing leaves earlier than its delay after the earliest arrival.
    fn on_time(&self, sent: &Sent, now: Timestamp) {
        let base = self.base.get(&sent.channel).copied().unwrap_or_default();
        let early = base + sent.time.since_start() + sent.delay - now;
        let early = !self.strict || early <= Duration::from_micros(2);
        assert!(early, "{sent:?} left early");
    }

    /// The program is never far behind its own clock.
    pub(super) fn keeps_up(&self, air: Option<AirTime>) {
        let Some(air) = air else { return };
        let sound = self.last_audio.unwrap_or_default();
        let video = self.last_video.as_ref().map_or(AirTime::ZERO, |(_, end)| *end);
        assert!(air - sound < ms(1400), "the sound is {:?} behind", air - sound);
        assert!(air - video < ms(3600), "the picture is {:?} behind", air - video);
        assert!(sound - air < ms(100), "the sound is {:?} ahead", sound - air);
        assert!(video - air < ms(3100), "the picture is {:?} ahead", video - air);
    }

    /// Takes note of the intervals that are really applied.
    pub(super) fn applied(&mut self, program: &Program, now: Timestamp) {
        let live = program.plan.live().iter().map(|interval| interval.id);
        let ids: Vec<_> = self.intervals.keys().copied().chain(live).collect();
        for applied in ids.into_iter().filter_map(|id| program.applied(id, now)) {
            self.intervals.insert(applied.id, applied);
        }
    }

    /// D-2 and the step of picture and sound, over all that aired.
    pub(super) fn check(&mut self, program: &Program, now: Timestamp) {
        // What a restart has forgotten is over; the last that was known of it holds.
        let known = |last: &Applied| program.applied(last.id, now).unwrap_or(*last);
        let stopped: Vec<Applied> = self.intervals.values().map(known).collect();
        for aired in self.aired.iter().filter(|aired| aired.sent.channel == Channel::Host) {
            for interval in stopped.iter().filter(|i| i.state != State::Undone) {
                assert!(
                    !airs_in(&aired.sent, interval),
                    "{:?} aired inside {interval:?}",
                    aired.sent
                );
            }
        }
        self.in_step();
        self.nothing_lost(program);
    }

    /// Every frame of the host has aired, was reported as stopped, or waits.
    fn nothing_lost(&self, program: &Program) {
        let aired = self.aired.iter().filter(|a| a.sent.channel == Channel::Host).count();
        let accounted = aired + self.stopped + program.host.len();
        let lost = accounted - self.lost_before != self.host_frames;
        assert!(!self.strict || !lost, "a frame is lost");
    }

    fn in_step(&self) {
        let offset = |aired: &Aired| aired.air.since_start() - aired.sent.shown.since_start();
        for (n, sound) in self.aired.iter().enumerate().filter(|(_, a)| !a.sent.video) {
            let near = self.aired[n.saturating_sub(40)..(n + 40).min(self.aired.len())].iter();
            let near: Vec<_> = near
                .filter(|a| a.sent.video && connection(a) == connection(sound))
                .filter(|a| (a.sent.shown - sound.sent.shown).abs() < ms(65))
                .filter(|a| (a.air - sound.air).abs() < ms(500))
                .map(offset)
                .collect();
            let half = Duration(sound.sent.span.0 / 2 + 1);
            let fits = near.iter().any(|picture| (*picture - offset(sound)).abs() <= half);
            assert!(near.is_empty() || fits, "{:?} is out of step: {near:?}", sound.sent.data);
        }
    }

    fn stretch(
        &mut self,
        track: &'static str,
        what: String,
        from: AirTime,
        to: AirTime,
        cut: bool,
    ) {
        let same = |s: &&mut Stretch| s.track == track;
        match self.stretches.iter_mut().rev().find(same) {
            Some(last) if last.what == what && !cut => last.to = to,
            _ => self.stretches.push(Stretch { track, what, from, to, at_ms: self.now_ms }),
        }
    }

    /// What happened, in order: notes at their time, and what aired as it began.
    pub(super) fn story(&self) -> Vec<String> {
        let mut lines: Vec<(i64, String)> = self.notes.clone();
        lines.extend(self.stretches.iter().map(|s| {
            let span = format!("{} – {}", seconds(s.from.ms()), seconds(s.to.ms()));
            (s.at_ms, format!("  {:7} {span}  {}", s.track, s.what))
        }));
        lines.sort_by_key(|(at_ms, _)| *at_ms);
        let clock =
            |at_ms| format!("{:02}:{:02}.{:03}", at_ms / 60_000, at_ms / 1000 % 60, at_ms % 1000);
        lines.into_iter().map(|(at_ms, line)| format!("{} {line}", clock(at_ms))).collect()
    }

    /// The names of the frames of a source that aired.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |a: &Aired| String::from_utf8_lossy(&a.sent.data).into_owned();
        self.aired.iter().map(name).collect()
    }

    /// The host's moments that aired, on one track.
    pub(super) fn moments(&self, video: bool) -> Vec<MediaTime> {
        let host = self.aired.iter().filter(|a| a.sent.channel == Channel::Host);
        host.filter(|a| a.sent.video == video).map(|a| a.sent.shown).collect()
    }

    pub(super) fn picture_end(&self) -> AirTime {
        self.last_video.as_ref().map_or(AirTime::ZERO, |(_, end)| *end)
    }

    pub(super) fn sound_end(&self) -> AirTime {
        self.last_audio.unwrap_or_default()
    }
}

/// Whether an action stops a track.
fn stops(kind: Kind, video: bool) -> bool {
    match kind {
        Kind::Mute => !video,
        Kind::Cover => video,
        Kind::Resume => false,
        _ => true,
    }
}

/// Whether a frame lies inside an interval that stops its track.
fn airs_in(sent: &Sent, interval: &Applied) -> bool {
    // A sound's packet spans two frames, so the one before counts as inside.
    let end = sent.shown + sent.span + sent.span;
    let begun = if sent.video { sent.shown >= interval.from } else { end > interval.from };
    stops(interval.kind, sent.video) && begun && interval.to.is_none_or(|to| sent.shown < to)
}

/// Which connection a frame came by.
fn connection(aired: &Aired) -> String {
    let text = String::from_utf8_lossy(&aired.sent.data).into_owned();
    text.split('.').next().unwrap_or_default().replace([' ', 'a', 'v'], "")
}

/// The source of a frame: its connection's name without the number.
fn name(data: &Bytes, sent: Option<&Sent>) -> String {
    let text = String::from_utf8_lossy(data).into_owned();
    let name = text.split('.').next().unwrap_or_default();
    match sent {
        Some(_) => name.to_owned(),
        None => name.split(' ').next().unwrap_or_default().to_owned(),
    }
}
