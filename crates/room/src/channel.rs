//! The core of one room: numbers events, encodes them once, decides when they leave, remembers
//! the last ones for those who come or come back.
//!
//! Pure: no clock, socket or thread. Time in microseconds comes in and never decreases. What is
//! *sealed* has left for the viewers and is history; what is *pending* waits for the window, so a
//! viewer who joins gets history first and the window's content with everybody else: no gap, no
//! duplicate.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::event::{Batch, Event, Frame, Kind, Purge, What};
use crate::window::{Sampler, Window, WindowPolicy};

/// Bounds of one channel.
#[derive(Clone, Copy, Debug)]
pub struct ChannelLimits {
    /// Most events kept for those who join or resume; the oldest leaves first.
    pub history_events: usize,
    /// Most bytes of them.
    pub history_bytes: usize,
    /// Most events that wait for the window; the window flushes early at this, and while the
    /// shards cannot keep up the oldest chat is shed.
    pub pending_events: usize,
    /// Most authors that can be muted at once.
    pub muted: usize,
    /// Chat messages a second that are delivered whole; above, every n-th is. 0: all are.
    pub chat_budget_per_s: u32,
    /// The coalescing window.
    pub window: WindowPolicy,
}

impl Default for ChannelLimits {
    fn default() -> Self {
        Self {
            history_events: 200,
            history_bytes: 256 * 1024,
            pending_events: 256,
            muted: 10_000,
            chat_budget_per_s: 100,
            window: WindowPolicy::default(),
        }
    }
}

/// What became of a published event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Published {
    /// It has this number and reaches everyone who keeps up.
    Sequenced(u64),
    /// A flood: left out before it was encoded. Echo it to its author.
    Sampled,
    /// Its author is muted; nobody gets it.
    Muted,
    /// Its body is not an object or too long; nobody gets it.
    Malformed,
    /// There is no such channel.
    NoChannel,
}

/// Where a viewer stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Resume {
    /// The epoch that the numbers belong to.
    pub epoch: u64,
    /// The last number that the viewer has seen.
    pub seq: u64,
}

/// How a viewer was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// True when nothing is missing between the resume point and what follows (apart from
    /// superseded values and purged messages); false when the history follows instead.
    pub resumed: bool,
    /// How many events follow at once.
    pub missed: usize,
    /// The channel's epoch.
    pub epoch: u64,
    /// A number to resume from that loses nothing of what follows.
    pub seq: u64,
}

/// What the caller must do after a call.
#[derive(Debug)]
pub(crate) enum Step {
    Nothing,
    /// Send this to every member now.
    Flush(Arc<Batch>),
    /// Call [`Channel::flush_due`] at this time.
    At(i64),
}

/// How busy those are who deliver.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    /// Members of this channel.
    pub(crate) audience: usize,
    /// Share of time that the busiest shard works.
    pub(crate) pressure_permille: u32,
    /// A shard is so far behind that nothing more may be handed to it.
    pub(crate) congested: bool,
}

/// What a purge removed from the channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Ids of the removed messages, delivered or not, oldest first: what a `deleted` message names.
    pub ids: Vec<u128>,
}

/// The core of one room.
#[derive(Debug)]
pub(crate) struct Channel {
    limits: ChannelLimits,
    epoch: u64,
    seq: u64,
    sealed_seq: u64,
    /// The highest number that was evicted from history: whoever stopped before it has a gap.
    evicted_seq: u64,
    history: VecDeque<Arc<Frame>>,
    history_bytes: usize,
    pending: VecDeque<Arc<Frame>>,
    deadline_us: Option<i64>,
    window: Window,
    sampler: Sampler,
    muted: HashSet<u128>,
    shed: u64,
}

impl Channel {
    pub(crate) fn new(epoch: u64, limits: ChannelLimits) -> Self {
        Self {
            epoch,
            seq: 0,
            sealed_seq: 0,
            evicted_seq: 0,
            history: VecDeque::new(),
            history_bytes: 0,
            pending: VecDeque::new(),
            deadline_us: None,
            window: Window::new(limits.window),
            sampler: Sampler::new(limits.chat_budget_per_s),
            muted: HashSet::new(),
            shed: 0,
            limits,
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    pub(crate) fn set_chat_budget_per_s(&mut self, budget: u32) {
        self.sampler.set_budget(budget);
    }

    /// Events lost because the shards could not keep up, since the last call.
    pub(crate) fn take_shed(&mut self) -> u64 {
        std::mem::take(&mut self.shed)
    }

    pub(crate) fn publish(&mut self, event: &Event, load: Load, now_us: i64) -> (Published, Step) {
        if !event.well_formed() {
            return (Published::Malformed, Step::Nothing);
        }
        if event.author.is_some_and(|author| self.muted.contains(&author)) {
            return (Published::Muted, Step::Nothing);
        }
        if event.kind == Kind::Chat && !self.sampler.pass(now_us) {
            return (Published::Sampled, Step::Nothing);
        }
        self.seq += 1;
        let seq = self.seq;
        self.enqueue(Frame::sequenced(event, self.epoch, seq));
        self.window.note(load.audience, now_us);
        let urgent = event.kind == Kind::Urgent;
        (Published::Sequenced(seq), self.step_after_publish(urgent, load, now_us))
    }

    fn enqueue(&mut self, frame: Arc<Frame>) {
        if frame.key.is_some() {
            self.pending.retain(|older| older.key != frame.key);
        }
        if self.pending.len() >= self.limits.pending_events {
            let oldest_chat = self.pending.iter().position(|older| older.kind == Kind::Chat);
            if let Some(gone) = self.pending.remove(oldest_chat.unwrap_or(0)) {
                self.evicted_seq = self.evicted_seq.max(gone.seq);
                self.shed += 1;
            }
        }
        self.pending.push_back(frame);
    }

    fn step_after_publish(&mut self, urgent: bool, load: Load, now_us: i64) -> Step {
        if load.congested {
            return self.wait_until(self.window.latest_us(now_us));
        }
        let due_us = self.window.due_us(load.pressure_permille, now_us);
        let full = self.pending.len() >= self.limits.pending_events;
        // The budget is asked last, so that a flush that is due anyway costs no urgency.
        if due_us <= now_us || full || (urgent && self.window.take_urgent(now_us)) {
            return Step::Flush(self.seal(now_us));
        }
        self.wait_until(due_us)
    }

    /// Keeps an earlier deadline: a window never grows while it is open.
    fn wait_until(&mut self, due_us: i64) -> Step {
        match self.deadline_us {
            Some(_) => Step::Nothing,
            None => {
                self.deadline_us = Some(due_us);
                Step::At(due_us)
            }
        }
    }

    /// Flushes what is pending when its time has come.
    pub(crate) fn flush_due(&mut self, load: Load, now_us: i64) -> Step {
        match self.deadline_us {
            Some(due_us) if due_us <= now_us => {
                self.deadline_us = None;
                if self.pending.is_empty() {
                    Step::Nothing
                } else if load.congested {
                    self.wait_until(self.window.latest_us(now_us))
                } else {
                    Step::Flush(self.seal(now_us))
                }
            }
            // The window was flushed early and opened again: its own call is under way.
            _ => Step::Nothing,
        }
    }

    fn seal(&mut self, now_us: i64) -> Arc<Batch> {
        self.deadline_us = None;
        self.sealed_seq = self.seq;
        self.window.flushed(now_us);
        let frames: Vec<_> = std::mem::take(&mut self.pending).into();
        for frame in &frames {
            self.remember(Arc::clone(frame));
        }
        Batch::new(frames)
    }

    fn remember(&mut self, frame: Arc<Frame>) {
        if frame.key.is_some()
            && let Some(at) = self.history.iter().position(|older| older.key == frame.key)
            && let Some(older) = self.history.remove(at)
        {
            self.history_bytes -= older.bytes.len();
        }
        self.history_bytes += frame.bytes.len();
        self.history.push_back(frame);
        while self.history.len() > self.limits.history_events
            || self.history_bytes > self.limits.history_bytes
        {
            let Some(gone) = self.history.pop_front() else { break };
            self.history_bytes -= gone.bytes.len();
            self.evicted_seq = self.evicted_seq.max(gone.seq);
        }
    }

    /// Lets a viewer in: how, and what follows before live events do.
    pub(crate) fn join(&self, resume: Option<Resume>) -> (Joined, Vec<Arc<Frame>>) {
        let from = resume.filter(|from| {
            from.epoch == self.epoch && from.seq >= self.evicted_seq && from.seq <= self.sealed_seq
        });
        let start =
            from.map_or(0, |from| self.history.partition_point(|frame| frame.seq <= from.seq));
        let backlog: Vec<_> = self.history.range(start..).cloned().collect();
        let joined = Joined {
            resumed: from.is_some(),
            missed: backlog.len(),
            epoch: self.epoch,
            seq: backlog.first().map_or(self.sealed_seq, |frame| frame.seq - 1),
        };
        (joined, backlog)
    }

    /// Forgets what `what` names; returns what the caller must apply wherever frames still wait.
    pub(crate) fn purge(&mut self, what: What) -> (Purge, Purged) {
        let purge = Purge { what, upto_seq: self.seq };
        let mut ids = Vec::new();
        let mut keep = |frame: &Arc<Frame>| {
            let hit = purge.hits(frame);
            if hit {
                ids.extend(frame.id);
            }
            !hit
        };
        self.history.retain(&mut keep);
        self.pending.retain(&mut keep);
        self.history_bytes = self.history.iter().map(|frame| frame.bytes.len()).sum();
        (purge, Purged { ids })
    }

    /// Blocks an author until [`Self::unmute`]; false when the list is full.
    pub(crate) fn mute(&mut self, author: u128) -> bool {
        self.muted.contains(&author)
            || (self.muted.len() < self.limits.muted && self.muted.insert(author))
    }

    pub(crate) fn unmute(&mut self, author: u128) {
        self.muted.remove(&author);
    }
}

#[cfg(test)]
mod tests;
