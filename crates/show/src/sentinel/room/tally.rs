//! From messages to counts of a second, without what repeats.
//!
//! A text counts once until nobody has sent it for [`MEMORY_S`]: a pasted joke is one message, however many paste it.
//! A viewer counts at most once in [`MEMORY_S`] as a hit of a channel, and at most once in [`PLAIN_S`] as a message without
//! a hit. So one viewer neither raises a share alone nor buries one under small talk.
//!
//! **Floods.** A second keeps at most [`SECOND_MAX`] different texts: those with the smallest keyed hash. The hash knows
//! nothing of labels, so each text of the second is kept with the same chance and shares stay unbiased; only kept texts
//! need a label. Copies never crowd out others, as all copies of a text share one hash. The key is the caller's and secret,
//! so that nobody can write texts that are kept.
//!
//! **Memory.** What is remembered for a minute is at most what seconds keep: [`SECOND_MAX`] texts and as many marks of
//! viewers for each of the last [`MEMORY_S`] + [`SWEEP_S`] seconds. Past the caps texts are thinned as above, and events are
//! no longer counted in that second; the oldest is forgotten when its minute is over. Within a second the order of messages
//! does not matter.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use units::{MessageId, ViewerId};

use super::channel::{CHANNELS, CHAT_CHANNELS, Channel, Hits};

/// How long a text and a viewer are remembered.
pub const MEMORY_S: i64 = 60;
/// How long a message without a hit keeps its viewer from counting as another. Shorter than a minute: were it as long, the
/// regulars of a room would all fall silent together and only hits would be left.
pub const PLAIN_S: i64 = 10;
/// Different texts that one second keeps; past it they are thinned by a keyed hash.
pub const SECOND_MAX: usize = 400;
/// Events that one second keeps; past it they are not counted.
pub const EVENTS_MAX: usize = 400;
/// How often what is over is forgotten.
pub(super) const SWEEP_S: i64 = 10;
/// The mark of a message without a hit.
const PLAIN: u8 = CHANNELS as u8;

/// One message that was admitted, with what a model and the lexicons say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    /// Whose.
    pub viewer: ViewerId,
    /// The fingerprint of its text in one spelling.
    pub text: u64,
    /// The channels that it hits.
    pub hits: Hits,
}

/// A text of the second at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    id: MessageId,
    viewer: u64,
    text: u64,
    hits: Hits,
}

/// Counts of one second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Whole seconds since 1970.
    pub at_s: i64,
    /// Messages that arrived.
    pub messages: u64,
    /// Of these, copies of a text that was already counted.
    #[serde(default, skip_serializing_if = "nothing")]
    pub copies: u64,
    /// Of these, thinned out under a flood.
    #[serde(default, skip_serializing_if = "nothing")]
    pub thinned: u64,
    /// Per channel of chat, messages that count. For events: 1, a second.
    pub of: [u32; CHANNELS],
    /// Per channel, how many hit.
    pub hits: [u32; CHANNELS],
    /// The messages that count as a hit, a few per channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<(MessageId, Hits)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn nothing(count: &u64) -> bool {
    *count == 0
}

/// Examples per channel and second.
const EXAMPLES: usize = 2;

/// The counter of a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    key: u64,
    at_s: i64,
    swept_s: i64,
    messages: u64,
    copies: u64,
    thinned: u64,
    /// By keyed hash of the text.
    kept: BTreeMap<u64, Kept>,
    /// Slots of who and channel.
    events: BTreeSet<u64>,
    /// When each text was last sent.
    texts: BTreeMap<u64, i64>,
    /// When each viewer last counted, by slot.
    marks: BTreeMap<u64, i64>,
}

/// A bijection of 64 bits that looks random (the finaliser of splitmix64).
pub(super) const fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// Bits of a slot that name the channel.
const CHANNEL_BITS: u64 = 0xF;

/// One number for who and where: sixty bits of who are enough to tell the viewers of a minute apart.
const fn slot(who: u64, channel: u8) -> u64 {
    who & !CHANNEL_BITS | channel as u64
}

impl Tally {
    /// A counter that has seen nothing. `key` is secret and the show's.
    #[must_use]
    pub fn new(key: u64) -> Self {
        Self {
            key,
            at_s: i64::MIN,
            swept_s: i64::MIN,
            messages: 0,
            copies: 0,
            thinned: 0,
            kept: BTreeMap::new(),
            events: BTreeSet::new(),
            texts: BTreeMap::new(),
            marks: BTreeMap::new(),
        }
    }

    /// The second at hand; none before the first message.
    #[must_use]
    pub fn at_s(&self) -> Option<i64> {
        (self.at_s != i64::MIN).then_some(self.at_s)
    }

    /// Makes this the second at hand, if there is none.
    pub(super) fn begin(&mut self, at_s: i64) {
        if self.at_s == i64::MIN {
            self.at_s = at_s;
        }
    }

    /// Counts an arrival, and says whether it is worth a label: neither a copy nor thinned out.
    pub fn admit(&mut self, id: MessageId, text: u64) -> bool {
        self.messages += 1;
        if let Some(last) = self.texts.get_mut(&text)
            && self.at_s.saturating_sub(*last) < MEMORY_S
        {
            *last = self.at_s;
            self.copies += 1;
            return false;
        }
        let rank = mixed(text ^ self.key);
        if let Some(kept) = self.kept.get(&rank) {
            self.copies += 1;
            // The smallest id speaks for the text, so that the order of arrival does not matter.
            return id < kept.id;
        }
        let full = self.kept.len() >= SECOND_MAX;
        if full && self.kept.last_key_value().is_some_and(|(last, _)| rank > *last) {
            self.thinned += 1;
            return false;
        }
        true
    }

    /// Takes an admitted message.
    pub fn count(&mut self, message: &Message) {
        let Message { id, viewer, text, hits } = *message;
        let rank = mixed(text ^ self.key);
        let new = Kept { id, viewer: self.hashed(viewer.as_u128()), text, hits };
        let kept = self.kept.entry(rank).or_insert(new);
        if new.id < kept.id {
            *kept = new;
        }
        if self.kept.len() > SECOND_MAX {
            self.kept.pop_last();
            self.thinned += 1;
        }
    }

    /// Counts an event of a channel that is no chat: once per who and minute.
    pub fn event(&mut self, channel: Channel, who: u128) {
        if channel.is_chat() {
            return;
        }
        let who = self.hashed(who);
        self.events.insert(slot(who, channel.index() as u8));
        if self.events.len() > EVENTS_MAX {
            self.events.pop_last();
        }
    }

    fn hashed(&self, who: u128) -> u64 {
        mixed(mixed(who as u64 ^ self.key) ^ (who >> 64) as u64)
    }

    /// Ends the second at hand and begins a later one.
    pub fn close(&mut self, next_s: i64) -> Second {
        let at_s = self.at_s;
        let mut second = Second {
            at_s,
            messages: std::mem::take(&mut self.messages),
            copies: std::mem::take(&mut self.copies),
            thinned: std::mem::take(&mut self.thinned),
            of: std::array::from_fn(|channel| u32::from(channel >= CHAT_CHANNELS)),
            hits: [0; CHANNELS],
            examples: Vec::new(),
        };
        for kept in std::mem::take(&mut self.kept).into_values() {
            self.settle(&kept, &mut second);
        }
        for slot in std::mem::take(&mut self.events) {
            let channel = (slot & CHANNEL_BITS) as usize;
            second.hits[channel] += u32::from(self.mark(slot));
        }
        self.at_s = next_s.max(at_s);
        if self.at_s.saturating_sub(self.swept_s) >= SWEEP_S {
            self.sweep();
        }
        second
    }

    fn settle(&mut self, kept: &Kept, second: &mut Second) {
        self.texts.insert(kept.text, second.at_s);
        let plain = self.free(slot(kept.viewer, PLAIN), PLAIN_S);
        let (mut counted, mut shown) = (Hits::NONE, false);
        for channel in &Channel::ALL[..CHAT_CHANNELS] {
            let at = channel.index();
            if kept.hits.has(*channel) {
                if self.mark(slot(kept.viewer, at as u8)) {
                    second.of[at] += 1;
                    second.hits[at] += 1;
                    counted = counted.with(*channel);
                    shown |= second.hits[at] as usize <= EXAMPLES;
                }
            } else if plain {
                second.of[at] += 1;
            }
        }
        if plain {
            self.marks.insert(slot(kept.viewer, PLAIN), self.at_s);
        }
        if shown {
            second.examples.push((kept.id, counted));
        }
    }

    fn free(&self, slot: u64, for_s: i64) -> bool {
        let last = self.marks.get(&slot);
        last.is_none_or(|last| self.at_s.saturating_sub(*last) >= for_s)
    }

    /// Marks a viewer in a channel; false when the mark of the last minute stands.
    fn mark(&mut self, slot: u64) -> bool {
        let free = self.free(slot, MEMORY_S);
        if free {
            self.marks.insert(slot, self.at_s);
        }
        free
    }

    fn sweep(&mut self) {
        let since = self.at_s.saturating_sub(MEMORY_S);
        self.texts.retain(|_, last| *last > since);
        self.marks.retain(|_, last| *last > since);
        self.swept_s = self.at_s;
    }

    /// Texts and marks that are remembered, for the bound on memory.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.texts.len() + self.marks.len() + self.kept.len() + self.events.len()
    }
}
