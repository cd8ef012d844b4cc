//! Which frames go into which sealed clip: what an action stopped, from the key frame before it, with picture and sound
//! together even where only one of them was stopped.

use std::collections::{HashMap, VecDeque};

use media::frame::Frame;
use show::desk::{ActionKind, Fact, Seal};
use units::{ActionId, Duration, MediaTime, Timestamp};

use super::seal::{Clip, Sealer};

/// Frames of the host that are remembered at most; with less delay fewer are.
const RECENT_MAX: usize = 16_384;
/// Groups of pictures longer than this are not remembered whole.
const LEAD_MAX: Duration = Duration::from_s(10);

/// The clips of one show.
pub(super) struct Clips {
    sealer: Sealer,
    show: String,
    days: u32,
    /// The host's frames, in channel time: what waits in the delay, and what aired since the last key frame.
    recent: VecDeque<Frame>,
    open: HashMap<ActionId, Open>,
}

struct Open {
    clip: Clip,
    kind: ActionKind,
    from: MediaTime,
    /// Everything before it is in the clip.
    written: MediaTime,
}

fn time_of(frame: &Frame) -> MediaTime {
    match frame {
        Frame::Video(picture) => picture.time,
        Frame::Audio(sound) => sound.time,
    }
}

fn is_key(frame: &Frame) -> bool {
    matches!(frame, Frame::Video(picture) if picture.key)
}

impl Clips {
    pub(super) fn new(sealer: Sealer, show: &str, days: u32) -> Self {
        Self { sealer, show: show.to_owned(), days, recent: VecDeque::new(), open: HashMap::new() }
    }

    /// A frame of the host, placed at its channel time.
    pub(super) fn remember(&mut self, mut frame: Frame, time: MediaTime) {
        match &mut frame {
            Frame::Video(picture) => picture.time = time,
            Frame::Audio(sound) => sound.time = time,
        }
        self.recent.push_back(frame);
        if self.recent.len() > RECENT_MAX {
            self.recent.pop_front();
        }
    }

    /// Forgets what aired before the last key frame that aired.
    pub(super) fn aired(&mut self, point: MediaTime) {
        let aired = self.recent.iter().take_while(|frame| time_of(frame) < point);
        let keep =
            aired.enumerate().filter(|(_, frame)| is_key(frame)).last().map(|(place, _)| place);
        self.recent.drain(..keep.unwrap_or(0));
        while self.recent.front().is_some_and(|first| point - time_of(first) > LEAD_MAX) {
            self.recent.pop_front();
        }
    }

    /// An action stopped a frame: the clip goes on to it.
    pub(super) fn stopped(
        &mut self,
        action: ActionId,
        kind: ActionKind,
        frame: &Frame,
        now: Timestamp,
    ) {
        let time = time_of(frame);
        let open = self.open.entry(action).or_insert_with(|| {
            let lead =
                self.recent.iter().rev().find(|known| is_key(known) && time_of(known) <= time);
            let written = lead.map_or(time, time_of);
            Open { clip: self.sealer.begin(&self.show, now), kind, from: time, written }
        });
        let end = time + Duration(1);
        for known in &self.recent {
            if (open.written..end).contains(&time_of(known)) {
                self.sealer.frame(&mut open.clip, known);
            }
        }
        open.written = open.written.max(end);
    }

    /// Closes the clips of actions that are no longer in force, and says what was sealed.
    pub(super) fn close(
        &mut self,
        in_force: impl Fn(ActionId) -> bool,
        now: Timestamp,
    ) -> Vec<Fact> {
        let over: Vec<ActionId> = self.open.keys().copied().filter(|id| !in_force(*id)).collect();
        let closed: Vec<Open> = over.iter().filter_map(|id| self.open.remove(id)).collect();
        closed.into_iter().map(|open| self.finish(open, now)).collect()
    }

    fn finish(&mut self, mut open: Open, now: Timestamp) -> Fact {
        self.sealer.flush(&mut open.clip);
        let expires_at = now + Duration::from_s(i64::from(self.days) * 86_400);
        let seal = Seal {
            kind: open.kind,
            from_media: open.from,
            to_media: open.written,
            expires_at,
            complete: open.clip.complete,
        };
        Fact::SealMade { id: open.clip.id, seal }
    }
}
