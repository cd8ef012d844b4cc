//! The task itself: orders and frames in, time passing, and what leaves the program on its way to playlist, recording,
//! sealed clips and log.

use std::sync::Arc;

use media::frame::{AudioFrame, Frame};
use media::hls::Packager;
use media::program::{Channel, DelayHow, Output, Program, ProgramConfig};
use show::Slug;
use show::desk::{self, Fact};
use tokio::sync::{mpsc, watch};
use units::{Duration, Timestamp};

use super::captions::Captions;
use super::clips::Clips;
use super::live::{Live, Told, kind, on_air, sound_text};
use super::preview::Preview;
use super::record::{self, Recorder};
use super::seal::Sealer;
use super::{Deps, FeedId, FromFeed, GoLive, Hear, Order, Shelf, Tell, Turns, View};
use crate::clock;
use crate::hearing::Ear;

/// Frames taken in one turn.
const TURN_MAX: usize = 256;
/// How often everybody else is told how the program does.
const VIEW_EVERY: Duration = Duration::from_ms(100);

/// Where snapshots are laid out.
pub(super) struct Shelves {
    pub(super) program: Arc<Shelf>,
    pub(super) host: Arc<Shelf>,
    pub(super) standby: Arc<Shelf>,
}

pub(super) struct Driver {
    show: Slug,
    deps: Deps,
    tell: Tell,
    hear: Hear,
    /// Hears the host while the show is live.
    ear: Option<Ear>,
    view: watch::Sender<Arc<View>>,
    viewed: Timestamp,
    shelf: Arc<Shelf>,
    live: Option<Live>,
    /// Which connection sits on each channel.
    seats: [Option<FeedId>; 2],
    previews: [Preview; 2],
    recorder: Option<Recorder>,
    clips: Option<Clips>,
}

fn index(channel: Channel) -> usize {
    match channel {
        Channel::Host => 0,
        Channel::Standby => 1,
    }
}

impl Driver {
    pub(super) fn new(
        show: Slug,
        deps: Deps,
        (tell, hear): (Tell, Hear),
        view: watch::Sender<Arc<View>>,
        shelves: Shelves,
    ) -> Self {
        Self {
            show,
            tell,
            hear,
            ear: None,
            view,
            viewed: Timestamp(0),
            shelf: shelves.program,
            live: None,
            seats: [None; 2],
            previews: [Preview::new(shelves.host), Preview::new(shelves.standby)],
            recorder: None,
            clips: None,
            deps,
        }
    }

    /// Runs until the show ends or nobody can ask for it any more.
    pub(super) async fn run(
        mut self,
        turns: Arc<Turns>,
        mut orders: mpsc::Receiver<Order>,
        mut frames: mpsc::Receiver<FromFeed>,
    ) {
        loop {
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::End { over, done }) => {
                        self.end(over).await;
                        let _ = done.send(());
                        return;
                    }
                    Some(order) => self.obey(order),
                    None => return,
                },
                () = turns.program() => {}
            }
            for _ in 0..TURN_MAX {
                let Ok(item) = frames.try_recv() else { break };
                self.take(item);
            }
            self.advance();
        }
    }

    fn obey(&mut self, order: Order) {
        let now = clock::now();
        match order {
            Order::GoLive(go) => self.go_live(*go, now),
            Order::Opened { channel, feed } => {
                self.seats[index(channel)] = Some(feed);
                if let Some(live) = &mut self.live {
                    live.program.feed_opened(channel, now);
                }
            }
            Order::Drop { channel, done } => {
                self.seats[index(channel)] = None;
                self.previews[index(channel)].closed();
                if let Some(live) = &mut self.live {
                    if channel == Channel::Host {
                        live.captions.clear();
                    }
                    live.program.drop_feed(channel, now);
                }
                self.advance();
                let _ = done.send(());
            }
            // Without a program `done` is dropped, which the asker hears as "no program".
            Order::Act { id, wish, done } => {
                let Some(live) = &mut self.live else { return };
                let answer = live.program.act(id, wish, now);
                if let Ok(applied) = &answer {
                    live.applied(applied);
                }
                let _ = done.send(answer);
                self.viewed = Timestamp(0);
            }
            Order::Change { id, from, to, done } => {
                let Some(live) = &mut self.live else { return };
                let answer = live.program.change(id, from, to, now);
                if let Ok(applied) = &answer {
                    live.applied(applied);
                }
                let _ = done.send(answer);
                self.viewed = Timestamp(0);
            }
            Order::Undo { id, done } => {
                let Some(live) = &mut self.live else { return };
                let _ = done.send(live.program.undo(id, now));
                self.viewed = Timestamp(0);
            }
            Order::SetDelay { delay, done } => {
                let Some(live) = &mut self.live else { return };
                let answer = live.program.set_delay(delay, now);
                if answer.as_ref().is_ok_and(|change| change.how == DelayHow::Dump) {
                    live.captions.clear();
                }
                let _ = done.send(answer);
                self.viewed = Timestamp(0);
            }
            Order::Note(note) => self.with_packager(|packager| packager.note(note)),
            Order::Unpin(at) => self.with_packager(|packager| packager.unpin(at)),
            Order::Caption(caption) => {
                if let Some(live) = &mut self.live {
                    live.captions.add(caption);
                }
            }
            Order::End { .. } => {}
            #[cfg(test)]
            Order::Panic => panic!("the test says so"),
        }
    }

    fn with_packager(&mut self, change: impl FnOnce(&mut Packager)) {
        if let Some(packager) = self.live.as_mut().and_then(|live| live.packager.as_mut()) {
            change(packager);
            self.shelf.publish(Some(packager.snapshot()));
        }
    }

    fn go_live(&mut self, go: GoLive, now: Timestamp) {
        if self.live.is_some() {
            return;
        }
        let (mark, resume) =
            go.resume.map_or((None, None), |resume| (Some(resume.program), Some(resume.hls)));
        let known = mark.iter().flat_map(|mark| &mark.actions);
        let told = known
            .map(|action| {
                (action.id, Told { kind: kind(action.kind), from_air: None, to: action.to })
            })
            .collect();
        let config = ProgramConfig {
            delay: go.delay,
            reaction: Duration::from_ms(i64::from(self.deps.program.reaction_ms)),
            resume: mark,
            held: go.held,
            ..ProgramConfig::new(go.started, self.deps.slates.clone())
        };
        let mut program = Program::new(config, now);
        for channel in [Channel::Host, Channel::Standby] {
            if self.seats[index(channel)].is_some() {
                program.feed_opened(channel, now);
            }
        }
        self.live = Some(Live {
            program,
            packager: None,
            resume,
            started: go.started,
            told,
            sound: None,
            captions: Captions::new(go.captions.filter(|_| self.deps.captions)),
        });
        self.ear = (self.hear)();
        let settings = &self.deps.record;
        if settings.program {
            let recorder =
                Recorder::start(&self.show, Arc::clone(&self.deps.objects), settings.min_free_mib);
            self.recorder = recorder
                .inspect_err(|error| tracing::error!(%error, "the recorder did not start"))
                .ok();
        }
        if settings.seal {
            let sealer = Sealer::start(Arc::clone(&self.deps.objects), self.deps.secrets.clone());
            let sealer = sealer
                .inspect_err(|error| tracing::error!(%error, "the sealer did not start"))
                .ok();
            self.clips =
                sealer.map(|sealer| Clips::new(sealer, self.show.as_str(), settings.seal_days));
        }
    }

    fn take(&mut self, item: FromFeed) {
        let now = clock::now();
        let (channel, feed) = match &item {
            FromFeed::Frame(channel, feed, _) | FromFeed::Closed(channel, feed) => {
                (*channel, *feed)
            }
        };
        // What a connection sent before it was dropped or replaced may still be on its way.
        if self.seats[index(channel)] != Some(feed) {
            return;
        }
        match item {
            FromFeed::Frame(_, _, frame) => self.frame(channel, frame, now),
            FromFeed::Closed(..) => {
                self.seats[index(channel)] = None;
                self.previews[index(channel)].closed();
                if let Some(live) = &mut self.live {
                    live.program.feed_closed(channel, now);
                }
            }
        }
    }

    fn frame(&mut self, channel: Channel, frame: Frame, now: Timestamp) {
        let Some(live) = &mut self.live else {
            self.previews[index(channel)].push(&frame, now, now);
            return;
        };
        self.previews[index(channel)].push(&frame, live.started, now);
        let kept = (channel == Channel::Host && self.clips.is_some()).then(|| frame.clone());
        let heard = match &frame {
            Frame::Audio(sound) if channel == Channel::Host => Some(sound.clone()),
            _ => None,
        };
        match live.program.push(channel, frame, now) {
            Ok(time) => {
                if let (Some(ear), Some(sound)) = (&self.ear, heard) {
                    ear.push(&AudioFrame { time, ..sound });
                }
                if let (Some(clips), Some(frame)) = (&mut self.clips, kept) {
                    clips.remember(frame, time);
                }
            }
            Err(error) => {
                tracing::warn!(show = %self.show, ?channel, %error, "the program closed the feed");
                self.seats[index(channel)] = None;
            }
        }
    }

    /// Lets the program go on to now and carries out what comes of it.
    fn advance(&mut self) {
        let now = clock::now();
        if let Some(live) = &mut self.live {
            live.program.poll(now);
        }
        let mut published = false;
        while let Some(output) = self.live.as_mut().and_then(|live| live.program.output()) {
            published |= self.air(output, now);
        }
        if published {
            self.publish();
        }
        if now >= self.viewed + VIEW_EVERY {
            self.look(now);
        }
    }

    /// Carries out one thing that left the program; says whether the playlist changed.
    fn air(&mut self, output: Output, now: Timestamp) -> bool {
        let Some(live) = &mut self.live else { return false };
        match output {
            Output::Video(picture) => {
                live.packager(&self.deps, picture.air, now).push_video(picture)
            }
            Output::Audio(sound) => {
                if live.sound.is_none() {
                    live.sound = Some(sound_text(&sound));
                }
                live.packager(&self.deps, sound.air, now).push_audio(sound)
            }
            Output::Stopped { action, frame } => {
                let told = action.and_then(|id| live.told.get(&id).map(|told| (id, told.kind)));
                if let (Some(clips), Some((id, kind))) = (&mut self.clips, told) {
                    clips.stopped(id, kind, &frame, now);
                }
                false
            }
            Output::OnAir(change) => {
                (self.tell)(Fact::OnAirChanged(on_air(&change)));
                false
            }
            Output::ActionAired { id, air } => live.note_cut(id, air, None),
            Output::ActionOver { id, air } => {
                let changed = live.note_cut(id, air, Some(air));
                live.told.remove(&id);
                (self.tell)(Fact::ActionEnded { id, air });
                changed
            }
        }
    }

    fn publish(&mut self) {
        let Some(live) = &mut self.live else { return };
        let Some(packager) = &mut live.packager else { return };
        let first = self.shelf.snapshot().is_none();
        self.shelf.publish(Some(packager.snapshot()));
        self.hand_out();
        // From the first part on a restart must know where to go on.
        if first {
            self.mark();
        }
    }

    /// Gives finished segments to the recording.
    fn hand_out(&mut self) {
        let packager = self.live.as_mut().and_then(|live| live.packager.as_mut());
        let Some(packager) = packager else { return };
        let mut finished = false;
        while let Some(segment) = packager.finished() {
            finished = true;
            if let Some(recorder) = &self.recorder {
                recorder.segment(segment);
            }
        }
        if finished {
            self.mark();
        }
    }

    /// Tells the log where a restart goes on.
    fn mark(&self) {
        let Some(live) = &self.live else { return };
        let (Some(packager), Some(program)) = (&live.packager, live.program.mark()) else { return };
        let hls = packager.mark();
        (self.tell)(Fact::ProgramMark(desk::Mark {
            next_segment: hls.next_msn,
            air: program.air,
            at: clock::now(),
            inits: hls.next_init,
            discontinuities: hls.discontinuities,
            newest: program.newest,
            audio: live.sound.clone(),
        }));
    }

    /// Tells everybody else how the program does, and the log what moved.
    fn look(&mut self, now: Timestamp) {
        self.viewed = now;
        let status = self.live.as_ref().map(|live| live.program.status(now));
        if let (Some(live), Some(status)) = (&mut self.live, &status) {
            for action in &status.actions {
                if let Some(fact) = live.moved(action) {
                    (self.tell)(fact);
                }
            }
            live.caption(status);
            if let Some(clips) = &mut self.clips {
                let in_force = |id| status.actions.iter().any(|action| action.id == id);
                for fact in clips.close(in_force, now) {
                    (self.tell)(fact);
                }
                clips.aired(status.air_point);
            }
        }
        let live = self.live.as_ref();
        let newest = status.as_ref().map(|status| status.newest);
        let view = View {
            at: now,
            air: live.and_then(|live| live.program.air_now(now)),
            newest_air: live.and_then(|live| live.program.air_of(newest?)),
            epoch: live.and_then(|live| live.packager.as_ref()).map(Packager::epoch),
            recording: self.recorder.as_ref().map_or(record::State::Off, Recorder::state),
            status,
        };
        self.view.send_replace(Arc::new(view));
    }

    /// Ends the task; `over`: the show with it, else the server stops and viewers wait for it to come back.
    async fn end(&mut self, over: bool) {
        let now = clock::now();
        self.ear = None;
        if let Some(live) = &mut self.live {
            live.program.finish(now);
        }
        self.advance();
        if let Some(packager) = self.live.as_mut().and_then(|live| live.packager.as_mut()) {
            packager.finish();
            if over {
                self.shelf.publish(Some(packager.snapshot()));
            }
        }
        self.hand_out();
        if let Some(clips) = &mut self.clips {
            for fact in clips.close(|_| false, now) {
                (self.tell)(fact);
            }
        }
        if let Some(recorder) = &self.recorder {
            recorder.flush().await;
        }
        self.look(now);
    }
}
