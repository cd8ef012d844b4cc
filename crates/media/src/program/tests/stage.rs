//! A stage: sources, a program, and a wall clock that moves in steps of 10 ms unless told otherwise.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use units::{Duration, MediaTime, Timestamp};

use super::referee::{Referee, Sent};
use super::*;
use crate::frame::{AudioConfig, AudioFrame, Frame, VideoConfig, VideoFrame};

/// An encoder: 25 pictures a second, a key frame each second, with sound.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) name: &'static str,
    pub(super) gop: i64,
    pub(super) frame_ms: i64,
    /// Two B-frames between references, each shown before the reference that is sent before them.
    pub(super) b_frames: bool,
    pub(super) video: Option<Arc<VideoConfig>>,
    pub(super) audio: Option<Arc<AudioConfig>>,
    /// What its clock shows when it connects.
    pub(super) clock_ms: i64,
}

impl Source {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            name,
            gop: 25,
            frame_ms: 40,
            b_frames: false,
            video: Some(video_config(name, 1280, 720)),
            audio: Some(audio_config(48_000, 2)),
            clock_ms: 0,
        }
    }

    /// Its frames of the first `length`, in the order in which they are sent, with the time since the connection.
    fn frames(&self, length: Duration, connection: u32) -> VecDeque<(Duration, Frame)> {
        let clock = MediaTime::from_ms(self.clock_ms);
        let mut frames = Vec::new();
        for n in 0.. {
            let sent = Duration::from_ms(n * self.frame_ms);
            let Some(config) = self.video.as_ref().filter(|_| sent < length) else { break };
            let step = if self.b_frames {
                [2, 4, 1, 1]
                    [if n % self.gop == 0 { 0 } else { (n % self.gop - 1) as usize % 3 + 1 }]
            } else {
                0
            };
            let data = Bytes::from(format!("{} v{connection}.{n}", self.name));
            frames.push((
                sent,
                Frame::Video(VideoFrame {
                    time: clock + sent,
                    cts: Duration::from_ms(step * self.frame_ms),
                    key: n % self.gop == 0,
                    data,
                    config: config.clone(),
                }),
            ));
        }
        for n in 0.. {
            let Some(config) = &self.audio else { break };
            let sent = Duration::from_ticks(n * 1024, config.sample_rate);
            if sent >= length {
                break;
            }
            let data = Bytes::from(format!("{} a{connection}.{n}", self.name));
            frames.push((
                sent,
                Frame::Audio(AudioFrame { time: clock + sent, data, config: config.clone() }),
            ));
        }
        frames.sort_by_key(|(sent, _)| *sent);
        frames.into()
    }
}

struct Live {
    channel: Channel,
    connected: Timestamp,
    latency: Duration,
    stalled_until: Timestamp,
    frames: VecDeque<(Duration, Frame)>,
}

/// The stage.
pub(super) struct Stage {
    pub(super) program: Program,
    pub(super) referee: Referee,
    pub(super) now: Timestamp,
    pub(super) step: Duration,
    config: ProgramConfig,
    live: Vec<Live>,
    connections: u32,
    acts: u128,
}

impl Stage {
    pub(super) fn new(config: ProgramConfig) -> Self {
        Self::at(config, STARTED)
    }

    pub(super) fn at(config: ProgramConfig, now: Timestamp) -> Self {
        let referee = Referee::new(&config);
        let acts = if config.resume.is_some() { 100 } else { 0 };
        Self {
            program: Program::new(config.clone(), now),
            config,
            referee,
            now,
            step: ms(10),
            live: Vec::new(),
            connections: 0,
            acts,
        }
    }

    /// Milliseconds since the show's start.
    pub(super) fn clock_ms(&self) -> i64 {
        (self.now - STARTED).ms()
    }

    /// Connects a source that streams for a minute and a half.
    pub(super) fn connect(&mut self, channel: Channel, source: &Source) {
        self.disconnect(channel);
        self.program.feed_opened(channel, self.now);
        let frames = source.frames(Duration::from_s(90), self.connections);
        self.connections += 1;
        self.live.push(Live {
            channel,
            connected: self.now,
            latency: Duration::ZERO,
            stalled_until: self.now,
            frames,
        });
        self.drain();
    }

    pub(super) fn disconnect(&mut self, channel: Channel) {
        let before = self.live.len();
        self.live.retain(|live| live.channel != channel);
        if self.live.len() < before {
            self.program.feed_closed(channel, self.now);
            self.drain();
        }
    }

    pub(super) fn drop_feed(&mut self, channel: Channel) {
        self.live.retain(|live| live.channel != channel);
        self.program.drop_feed(channel, self.now);
        self.drain();
    }

    /// What a source sends for a while arrives only after it.
    pub(super) fn stall(&mut self, channel: Channel, length: Duration) {
        for live in self.live.iter_mut().filter(|live| live.channel == channel) {
            live.stalled_until = self.now + length;
        }
    }

    /// What a source sends from now on takes this long.
    pub(super) fn latency(&mut self, channel: Channel, latency: Duration) {
        for live in self.live.iter_mut().filter(|live| live.channel == channel) {
            live.latency = latency;
        }
    }

    /// The source sends nothing from now on for a while, neither now nor later, and its clock goes on.
    pub(super) fn skip(&mut self, channel: Channel, length: Duration, video: bool, audio: bool) {
        let now = self.now;
        for live in self.live.iter_mut().filter(|live| live.channel == channel) {
            let sent = now - live.connected;
            live.frames.retain(|(at, frame)| {
                let track = if matches!(frame, Frame::Video(_)) { video } else { audio };
                !(track && sent <= *at && *at < sent + length)
            });
        }
    }

    /// Edits what a source will send.
    pub(super) fn edit(&mut self, channel: Channel, mut edit: impl FnMut(Duration, &mut Frame)) {
        for live in self.live.iter_mut().filter(|live| live.channel == channel) {
            live.frames.iter_mut().for_each(|(sent, frame)| edit(*sent, frame));
        }
    }

    /// Lets the show run until so many milliseconds after its start.
    pub(super) fn until(&mut self, clock_ms: i64) {
        let end = STARTED + ms(clock_ms);
        while self.now < end {
            self.now = (self.now + self.step).min(end);
            self.deliver();
            self.program.poll(self.now);
            self.drain();
            self.referee.keeps_up(self.program.air_now(self.now));
        }
    }

    /// Lets the show run with polls at deadlines and arrivals only; says how many there were.
    pub(super) fn until_by_deadline(&mut self, clock_ms: i64) -> usize {
        let end = STARTED + ms(clock_ms);
        for polls in 0.. {
            let arrivals = self.live.iter().filter_map(|live| {
                let (sent, _) = live.frames.front()?;
                Some((live.connected + *sent + live.latency).max(live.stalled_until))
            });
            let deadline = self.program.deadline();
            assert!(deadline.is_none_or(|at| at > self.now), "it wants to be polled at once again");
            let next = arrivals.chain(deadline).min().unwrap_or(end);
            if next >= end {
                return polls;
            }
            self.now = next;
            self.deliver();
            self.program.poll(self.now);
            self.drain();
            self.referee.keeps_up(self.program.air_now(self.now));
        }
        0
    }

    fn deliver(&mut self) {
        let mut arrived = Vec::new();
        for live in &mut self.live {
            while let Some((sent, _)) = live.frames.front()
                && (live.connected + *sent + live.latency).max(live.stalled_until) <= self.now
            {
                let Some((sent, frame)) = live.frames.pop_front() else { break };
                let arrival = (live.connected + sent + live.latency).max(live.stalled_until);
                arrived.push((arrival, live.channel, frame));
            }
        }
        arrived.sort_by_key(|(arrival, ..)| *arrival);
        for (arrival, channel, frame) in arrived {
            self.push(channel, frame, arrival);
        }
    }

    fn push(&mut self, channel: Channel, frame: Frame, arrival: Timestamp) {
        let sent = Sent::new(channel, &frame, arrival, self.program.delay);
        match self.program.push(channel, frame, arrival) {
            Ok(time) => self.referee.sent(sent, time),
            Err(overflow) => {
                self.tell(&format!("{channel:?} closed: {overflow}"));
                self.live.retain(|live| live.channel != channel);
            }
        }
        self.drain();
    }

    pub(super) fn drain(&mut self) {
        self.referee.looks(&self.program);
        while let Some(output) = self.program.output() {
            self.referee.saw(&output, self.now);
        }
    }

    pub(super) fn act(&mut self, wish: Wish) -> Result<Applied, Refusal> {
        self.acts += 1;
        let answer = self.program.act(id(self.acts), wish, self.now);
        self.drain();
        match &answer {
            Ok(applied) => {
                self.tell(&format!("{:?} {}", wish.kind, told(applied)));
                self.referee.applied(&self.program, self.now);
            }
            Err(refusal) => self.tell(&format!("{:?} refused: {refusal}", wish.kind)),
        }
        answer
    }

    pub(super) fn undo(&mut self, n: u128) -> Result<Applied, Refusal> {
        let answer = self.program.undo(id(n), self.now);
        self.drain();
        match &answer {
            Ok(applied) => self.tell(&format!("undo: {:?} {}", applied.kind, told(applied))),
            Err(refusal) => self.tell(&format!("undo refused: {refusal}")),
        }
        self.referee.applied(&self.program, self.now);
        answer
    }

    pub(super) fn set_delay(&mut self, delay: Duration) {
        self.referee.delay_changed(self.program.delay);
        let told = match self.program.set_delay(delay, self.now) {
            Ok(change) => format!(
                "delay {} ms by {:?} from air {}",
                change.delay.ms(),
                change.how,
                change.effective.map_or("-".to_owned(), |air| seconds(air.ms()))
            ),
            Err(refusal) => format!("delay refused: {refusal}"),
        };
        self.drain();
        self.tell(&told);
    }

    pub(super) fn tell(&mut self, what: &str) {
        let clock_ms = self.clock_ms();
        self.referee.note(clock_ms, what);
    }

    /// The program dies and goes on after a while, if it had been on air; sources connect anew.
    pub(super) fn restart(&mut self, pause: Duration) {
        let Some(mut mark) = self.program.mark() else { return };
        self.live.clear();
        self.referee.applied(&self.program, self.now);
        mark.air = mark.air.max(self.program.air_now(self.now).unwrap_or_default() + pause);
        self.now = self.now + pause;
        self.referee.restarted(&mark);
        self.config.delay = self.program.delay;
        let resume = Some(mark);
        self.program = Program::new(ProgramConfig { resume, ..self.config.clone() }, self.now);
        self.drain();
    }

    /// Ends the show and tells it.
    pub(super) fn story(mut self) -> String {
        self.program.finish(self.now);
        self.drain();
        self.referee.check(&self.program, self.now);
        let mut story = String::new();
        for line in self.referee.story() {
            let _ = writeln!(story, "{line}");
        }
        story
    }
}

pub(super) fn seconds(ms: i64) -> String {
    format!("{:.3}", ms as f64 / 1000.0)
}

/// An answer, in the host's time.
pub(super) fn told(applied: &Applied) -> String {
    let to = applied.to.map_or("until resumed".to_owned(), |to| seconds(to.ms()));
    let late = if applied.late { ", late" } else { "" };
    let left = applied.time_to_air.ms();
    format!(
        "{} – {to}, {left} ms before air{late}, {:?}",
        seconds(applied.from.ms()),
        applied.state
    )
}
