//! The channels of a room: labels of messages, words of the lexicons, and counts of what viewers and buyers take back.

use serde::{Deserialize, Serialize};

/// What is counted apart. The first seven are shares of messages, the rest are counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Messages labelled as hostile to the host.
    Hostile,
    /// Messages labelled as boycott.
    Boycott,
    /// Messages labelled as a complaint.
    Complaint,
    /// Messages with a word that insults the host.
    InsultWords,
    /// Messages with a word of boycott.
    BoycottWords,
    /// Messages with a word of unfollowing.
    UnfollowWords,
    /// Messages with a word of refunds.
    RefundWords,
    /// Viewers who stopped following.
    Unfollows,
    /// Orders cancelled.
    Cancellations,
    /// Refunds asked for.
    Refunds,
}

/// Channels in all.
pub const CHANNELS: usize = 10;
/// Channels that are shares of messages: the first ones.
pub const CHAT_CHANNELS: usize = 7;

impl Channel {
    /// All, in the order of their numbers.
    pub const ALL: [Self; CHANNELS] = [
        Self::Hostile,
        Self::Boycott,
        Self::Complaint,
        Self::InsultWords,
        Self::BoycottWords,
        Self::UnfollowWords,
        Self::RefundWords,
        Self::Unfollows,
        Self::Cancellations,
        Self::Refunds,
    ];

    /// Its place in [`Channel::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether it is a share of messages rather than a count.
    #[must_use]
    pub const fn is_chat(self) -> bool {
        self.index() < CHAT_CHANNELS
    }

    /// The name in files and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hostile => "hostile",
            Self::Boycott => "boycott",
            Self::Complaint => "complaint",
            Self::InsultWords => "insult_words",
            Self::BoycottWords => "boycott_words",
            Self::UnfollowWords => "unfollow_words",
            Self::RefundWords => "refund_words",
            Self::Unfollows => "unfollows",
            Self::Cancellations => "cancellations",
            Self::Refunds => "refunds",
        }
    }
}

/// The channels that one message hits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hits(u16);

impl Hits {
    /// None.
    pub const NONE: Self = Self(0);

    /// With one more.
    #[must_use]
    pub const fn with(self, channel: Channel) -> Self {
        Self(self.0 | 1 << channel.index())
    }

    /// Whether this one is hit.
    #[must_use]
    pub const fn has(self, channel: Channel) -> bool {
        self.0 >> channel.index() & 1 == 1
    }

    /// Whether none is hit.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Channel> for Hits {
    fn from_iter<I: IntoIterator<Item = Channel>>(channels: I) -> Self {
        channels.into_iter().fold(Self::NONE, Self::with)
    }
}
