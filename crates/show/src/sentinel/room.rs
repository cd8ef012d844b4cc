//! The reader of a room: whether the room turns, from what viewers write and take back.
//!
//! It owns the counting ([`tally`]), what is usual ([`baseline`]) and the evidence that something changed ([`evidence`],
//! [`detector`]). Messages come in as ids, fingerprints and channels hit; it never sees a text, and it says what messages
//! and orders do, never what a person feels. Time comes in with each call.

pub mod baseline;
pub mod channel;
pub mod detector;
pub mod evidence;
pub mod tally;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use units::{MessageId, Timestamp};

pub use self::baseline::Counts;
pub use self::channel::{CHANNELS, CHAT_CHANNELS, Channel, Hits};
pub use self::detector::{ALARMS_PER_1000H, ALARMS_RANGE, Alarm, Detector, Moved, Prior};
pub use self::tally::{Message, Second, Tally};

/// What a second brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// Its counts, for the curves.
    pub second: Second,
    /// The alarm that it raised.
    pub alarm: Option<Alarm>,
    /// Too little for an alarm, and enough beside words that are unsure themselves.
    pub leans: Option<Alarm>,
}

/// The reader of one room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reader {
    tally: Tally,
    detector: Detector,
}

/// Whole seconds since 1970.
#[must_use]
pub fn second_of(at: Timestamp) -> i64 {
    at.ms().div_euclid(1000)
}

impl Reader {
    /// A reader for a wanted rate of false alarms. `key` is secret and the show's; `events` says whether unfollows,
    /// cancellations and refunds are reported.
    #[must_use]
    pub fn new(key: u64, alarms_per_1000h: f64, prior: &Prior, events: bool) -> Self {
        Self { tally: Tally::new(key), detector: Detector::new(alarms_per_1000h, prior, events) }
    }

    /// Counts the arrival of a message in the second at hand; whether it wants labels and a [`Reader::count`].
    pub fn admit(&mut self, at: Timestamp, id: MessageId, text: u64) -> bool {
        self.tally.begin(second_of(at));
        self.tally.admit(id, text)
    }

    /// Takes an admitted message with its labels.
    pub fn count(&mut self, message: &Message) {
        self.tally.count(message);
    }

    /// Counts an unfollow, a cancellation or a refund of somebody.
    pub fn event(&mut self, at: Timestamp, channel: Channel, who: u128) {
        self.tally.begin(second_of(at));
        self.tally.event(channel, who);
    }

    /// Ends the second at hand once a later one has begun; to be called once a second, and before a message of a later
    /// second. Seconds without a call are quiet.
    pub fn close(&mut self, now: Timestamp) -> Option<Closed> {
        let now_s = second_of(now);
        self.tally.at_s().filter(|at_s| *at_s < now_s)?;
        let second = self.tally.close(now_s);
        let alarm = self.detector.add(&second);
        let leans = if alarm.is_none() { self.detector.leans() } else { None };
        Some(Closed { second, alarm, leans })
    }

    /// What is usual now and how much evidence there is.
    #[must_use]
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    /// Texts, viewers and messages that are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.tally.remembered()
    }
}
