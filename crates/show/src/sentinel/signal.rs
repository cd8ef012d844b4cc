//! What comes from listening: measured facts with a media time. Words come as references only.

use serde::{Deserialize, Serialize};
use units::{ActionId, IncidentId, MediaTime};

use super::incident::{Severity, Stake};
use super::policy::Response;
use super::turn::{Learnt, RoomTurn};
use crate::text::TextRef;

/// Hits of one window at most; a shell that has more gives the gravest.
pub const HITS_MAX: usize = 16;

/// How listening does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hearing {
    /// It keeps up.
    Ok,
    /// It has fallen behind and drops windows.
    Late,
    /// A detector has failed; what the host says is not judged.
    Out,
    /// There are no weights for it.
    NoModel,
    /// The show's language is not one that it knows.
    Language,
    /// As many shows are heard as the server's settings allow.
    Full,
    /// The server's settings switch it off.
    Off,
}

/// A stretch of sound that was recognised and judged once. Several cover the same words while a sentence grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its first moment.
    pub from: MediaTime,
    /// Its first moment after.
    pub to: MediaTime,
    /// Whether the words were understood; what was not heard is never "clean".
    pub heard: bool,
    /// Every sentence in it is finished: no later window hears these words again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
    /// What was found in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hits: Vec<Hit>,
}

/// A rule that a sentence breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Pack and rule, such as `core/contempt`.
    pub rule: String,
    /// How sure, in thousandths.
    pub score: u16,
    /// How grave the rule is.
    pub severity: Severity,
    /// What the rule's pack proposes.
    pub proposed: Response,
    /// Where the sentence begins, with its margin.
    pub from: MediaTime,
    /// Where it ends, with its margin, as far as it has been heard.
    pub to: MediaTime,
    /// The sentence is finished: `to` is its end.
    pub last: bool,
    /// Too unsure to be a hit: it opens nothing, and is remembered in case the room turns.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weak: bool,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextRef>,
    /// The viewer's message that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<TextRef>,
    /// What is at stake.
    #[serde(default)]
    pub stake: Stake,
    /// The id of the incident, should one be opened.
    pub incident: IncidentId,
    /// The id of the action, should one be taken.
    pub action: ActionId,
}

/// A measured fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Signal {
    /// A window was judged.
    Window(Window),
    /// A sentence is finished.
    Sentence {
        /// Where it begins.
        from: MediaTime,
        /// Where it ends.
        to: MediaTime,
        /// Whether it was understood.
        heard: bool,
        /// The words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<TextRef>,
    },
    /// Listening does differently from before.
    Hearing {
        /// How.
        hearing: Hearing,
        /// Versions of models and packs, such as `whisper-base-q8_0` and `core 3`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        versions: Vec<String>,
    },
    /// The room turned, or leans.
    Room {
        /// How.
        turn: RoomTurn,
        /// What is at stake.
        stake: Stake,
        /// The id of the incident, should one be opened.
        incident: IncidentId,
    },
    /// What is usual of the room, learnt so far: for the next show of the same host.
    Usual {
        /// By channel.
        counts: Vec<Learnt>,
    },
    /// The program refused what the sentinel ordered.
    NotDone {
        /// The order.
        action: ActionId,
        /// The moment had aired; nothing can be done any more.
        aired: bool,
        /// The id of the action to take instead, should there be one.
        instead: ActionId,
    },
}
