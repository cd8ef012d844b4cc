//! What one viewer still has to get: a bounded queue of shared frames, empty while they keep up.
//!
//! Policy when it fills: a newer value replaces the waiting older one of its key; above the chat
//! bounds the oldest chat goes first; above the hard bounds the viewer is disconnected and may
//! resume. The frame whose first byte has been written is never touched.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::event::{Frame, Kind, Purge};

/// Bounds of one viewer's queue.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Most frames before chat is dropped.
    pub chat_frames: usize,
    /// Most bytes before chat is dropped.
    pub chat_bytes: usize,
    /// Most frames before the viewer is disconnected.
    pub frames: usize,
    /// Most bytes before the viewer is disconnected.
    pub bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { chat_frames: 256, chat_bytes: 128 * 1024, frames: 512, bytes: 256 * 1024 }
    }
}

/// The viewer is so far behind that not even state fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

/// What a push cost others, for the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drops {
    pub(crate) chat: u64,
    pub(crate) superseded: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    frames: VecDeque<Arc<Frame>>,
    /// Bytes of the first frame that are written.
    head_written: usize,
    /// Bytes of all frames, written or not.
    bytes: usize,
}

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Takes over the rest of `frames` after `written` bytes of their concatenation have left;
    /// returns how many left whole. The queue must be empty.
    pub(crate) fn take_rest(&mut self, frames: &[Arc<Frame>], mut written: usize) -> usize {
        debug_assert!(self.is_empty(), "only a viewer in step gets a batch");
        let mut whole = 0;
        for frame in frames {
            let len = frame.bytes.len();
            if written >= len && self.frames.is_empty() {
                written -= len;
                whole += 1;
                continue;
            }
            if self.frames.is_empty() {
                self.head_written = written;
            }
            self.bytes += len;
            self.frames.push_back(Arc::clone(frame));
        }
        whole
    }

    pub(crate) fn push(
        &mut self,
        frame: &Arc<Frame>,
        limits: &QueueLimits,
    ) -> Result<Drops, Overflow> {
        let mut drops = Drops::default();
        if let Some(key) = &frame.key {
            let same = |older: &Frame| older.key.as_ref() == Some(key);
            drops.superseded += self.remove_first(same);
        }
        self.bytes += frame.bytes.len();
        self.frames.push_back(Arc::clone(frame));
        drops.chat = self.drop_chat(limits);
        if self.frames.len() > limits.frames || self.bytes > limits.bytes {
            return Err(Overflow);
        }
        Ok(drops)
    }

    /// Drops the oldest chat until the chat bounds hold or none is left.
    pub(crate) fn drop_chat(&mut self, limits: &QueueLimits) -> u64 {
        let mut dropped = 0;
        while self.frames.len() > limits.chat_frames || self.bytes > limits.chat_bytes {
            match self.remove_first(|frame| frame.kind == Kind::Chat) {
                0 => break,
                n => dropped += n,
            }
        }
        dropped
    }

    /// Removes the first untouched frame that matches; returns how many were removed.
    fn remove_first(&mut self, matches: impl Fn(&Frame) -> bool) -> u64 {
        let start = usize::from(self.head_written > 0);
        let found = (start..self.frames.len()).find(|&at| matches(&self.frames[at]));
        let Some(frame) = found.and_then(|at| self.frames.remove(at)) else { return 0 };
        self.bytes -= frame.bytes.len();
        1
    }

    pub(crate) fn purge(&mut self, purge: &Purge) -> u64 {
        let before = self.frames.len();
        let mut head = self.head_written > 0;
        self.frames.retain(|frame| std::mem::take(&mut head) || !purge.hits(frame));
        self.bytes = self.frames.iter().map(|frame| frame.bytes.len()).sum();
        (before - self.frames.len()) as u64
    }

    /// The frames of which nothing is written.
    pub(crate) fn untouched(&self) -> impl Iterator<Item = &Arc<Frame>> {
        self.frames.iter().skip(usize::from(self.head_written > 0))
    }

    /// Forgets everything except a frame that is partly written.
    pub(crate) fn clear_untouched(&mut self) {
        self.frames.truncate(usize::from(self.head_written > 0));
        self.bytes = self.frames.iter().map(|frame| frame.bytes.len()).sum();
    }

    /// Copies what is to be written next to `out`, about `max` bytes.
    pub(crate) fn gather(&self, out: &mut Vec<u8>, max: usize) {
        out.clear();
        let mut skip = self.head_written;
        for frame in &self.frames {
            let rest = &frame.bytes[skip..];
            skip = 0;
            let take = rest.len().min(max - out.len());
            out.extend_from_slice(&rest[..take]);
            if out.len() == max {
                return;
            }
        }
    }

    /// `written` bytes have left. Appends the touched frames to `touched`; returns how many are
    /// whole.
    pub(crate) fn advance(&mut self, written: usize, touched: &mut Vec<Arc<Frame>>) -> usize {
        let mut left = self.head_written + written;
        let mut whole = 0;
        while let Some(frame) = self.frames.front() {
            let len = frame.bytes.len();
            if left < len {
                if left > 0 && written > 0 {
                    touched.push(Arc::clone(frame));
                }
                break;
            }
            left -= len;
            self.bytes -= len;
            whole += 1;
            touched.extend(self.frames.pop_front());
        }
        self.head_written = left;
        if self.frames.is_empty() {
            // Freed, not cleared: a viewer who caught up holds no memory.
            *self = Self::default();
        }
        whole
    }
}

#[cfg(test)]
mod tests;
