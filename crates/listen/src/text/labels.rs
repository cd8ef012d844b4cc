//! The labels of chat. They say what a line does, never what its writer feels.

use serde::{Deserialize, Serialize};

/// What one line of chat is. The labels exclude each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatLabel {
    /// An insult or a wish of harm to the host; nothing is asked of others.
    HostileToHost,
    /// Unfollowing, leaving, cancelling, returning in protest, or calling on others to.
    Boycott,
    /// Price, quality, refund, delivery, stock, support, also as a question.
    Complaint,
    /// About a product, an order or the show, without a grievance.
    Question,
    /// Has bought, is buying, wants to.
    PurchaseIntent,
    /// Of a product, the show or the host.
    Praise,
    /// Adverts, follow for follow, scams, repeated characters.
    Spam,
    /// Everything else.
    Other,
}

impl ChatLabel {
    /// All labels, in the order of the model's columns.
    pub const ALL: [Self; 8] = [
        Self::HostileToHost,
        Self::Boycott,
        Self::Complaint,
        Self::Question,
        Self::PurchaseIntent,
        Self::Praise,
        Self::Spam,
        Self::Other,
    ];

    /// The name in files and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HostileToHost => "hostile_to_host",
            Self::Boycott => "boycott",
            Self::Complaint => "complaint",
            Self::Question => "question",
            Self::PurchaseIntent => "purchase_intent",
            Self::Praise => "praise",
            Self::Spam => "spam",
            Self::Other => "other",
        }
    }

    /// The label of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.name() == name)
    }
}

/// What contempt for the audience is made of; the kinds of the training lines, for the evaluation's tables.
pub const CONTEMPT_KINDS: [&str; 10] = [
    "effort_pay",
    "poverty",
    "intelligence",
    "taste",
    "body",
    "ingratitude",
    "threat",
    "sarcasm",
    "dismissal",
    "insult",
];
