//! One case: what was said, which rule it breaks, what was done about it, and what people made of it.

use serde::{Deserialize, Serialize};
use units::{ActionId, Duration, IncidentId, MediaTime, Timestamp};

use super::policy::Response;
use super::turn::RoomTurn;
use crate::names::{Actor, Sku};
use crate::text::TextRef;

/// How grave a broken rule is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a word afterwards.
    #[default]
    Notice,
    /// It should not air.
    Serious,
    /// It must not air.
    Grave,
}

/// What hung on the moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stake {
    /// Viewers in the room.
    pub viewers: u32,
    /// The offer on screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// Orders in the minute before.
    #[serde(default)]
    pub orders: u32,
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Nobody has decided.
    #[default]
    Open,
    /// A person stands behind what was done.
    Confirmed,
    /// A person took it back.
    Dismissed,
    /// Later windows heard the same words and found nothing.
    Withdrawn,
}

/// What a person says afterwards of how the sentinel did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
    /// It was right and came too late.
    Late,
}

/// An incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// When it was opened.
    pub at: Timestamp,
    /// The gravest rule.
    pub rule: String,
    /// Other rules that the same words break.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// How grave.
    pub severity: Severity,
    /// How sure, in thousandths.
    pub score: u16,
    /// Where the words begin.
    pub from: MediaTime,
    /// Where they end, as far as they were heard.
    pub to: MediaTime,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextRef>,
    /// The viewer's message that they answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<TextRef>,
    /// What is at stake.
    #[serde(default)]
    pub stake: Stake,
    /// What the policy wants done.
    pub response: Response,
    /// What was done, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
    /// Why the machine left it to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
    /// The room that turned, where it did: what happened after the words, or without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Box<RoomTurn>>,
    /// The incident that this one goes on with: one quarrel is one case, whose first incident leads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<IncidentId>,
    /// Windows in a row that heard the same words and found nothing.
    #[serde(default)]
    pub misses: u8,
    /// Where it stands.
    #[serde(default)]
    pub state: IncidentState,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Actor>,
    /// What a person said of it afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// The action of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Its id.
    pub id: ActionId,
    /// What.
    pub response: Response,
    /// From when.
    pub from: MediaTime,
    /// Until when; absent: until a person ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<MediaTime>,
    /// A part of the words had aired.
    #[serde(default)]
    pub late: bool,
    /// How long it was to air when the program took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_air: Option<Duration>,
}

/// Why a machine does not act on what its policy would have it act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Left {
    /// It has stopped as much in a row as a machine may.
    Bound,
    /// The words had aired.
    Aired,
    /// The program would not.
    Refused,
}

impl Incident {
    /// Whether it has words; a room turns without any.
    #[must_use]
    pub fn has_words(&self) -> bool {
        self.from < self.to
    }

    /// When something last happened in it.
    #[must_use]
    pub fn active_at(&self) -> Timestamp {
        let turned = self.room.as_ref().filter(|room| room.sure);
        turned.map_or(self.at, |room| room.at.max(self.at))
    }

    /// Whether its words and an interval share a moment.
    #[must_use]
    pub fn touches(&self, from: MediaTime, to: MediaTime) -> bool {
        self.from < to && from < self.to
    }
}
