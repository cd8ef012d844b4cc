//! The sentinel: signals become incidents, and a policy says what is done about them before they air.
//!
//! It opens an incident for words that break a rule, widens it while the sentence goes on, and withdraws it when later windows
//! hear the same words and find nothing. In mode `act` it orders a provisional stop; the shell carries orders out before they
//! are recorded, and `media::program` alone judges whether they still can be. A machine stops at most [`MACHINE_STOP_MAX`] in
//! a row, or hands over for [`MACHINE_HAND_OVER_MAX`]; everything longer, and every end of a show, is a person's.
//!
//! An incident cites the words, the rule, the room and the sales, and nothing about what a person may feel.

mod incident;
mod judge;
mod policy;
pub mod room;
mod signal;
mod turn;

use serde::{Deserialize, Serialize};
use units::{Duration, IncidentId, MediaTime};

pub use self::incident::{Act, Incident, IncidentState, Left, Severity, Stake, Verdict};
pub(crate) use self::judge::{judge, person};
pub use self::policy::{Mode, NAME_MAX_BYTES, PACKS_MAX, Policy, RESPONSES_MAX, Response};
pub use self::signal::{HITS_MAX, Hearing, Hit, Signal, Window};
pub use self::turn::{Learnt, ONE_CASE, ROOM_RULE, RoomTurn, Shift, TURN_LASTS, Unsure};

use crate::desk::Fact;
use crate::names::Actor;

/// What a machine may stop in a row.
pub const MACHINE_STOP_MAX: Duration = Duration::from_s(20);
/// How long a machine may hand over.
pub const MACHINE_HAND_OVER_MAX: Duration = Duration::from_s(60);
/// Incidents kept in the state; the log has them all. Past it the oldest that is decided goes first.
pub const INCIDENTS_MAX: usize = 64;
/// How far a stop reaches beyond what was heard while the sentence goes on: until the next window can say more.
pub const GROWTH: Duration = Duration::from_s(3);
/// Windows in a row that must find nothing in the same words before a stop is taken back.
pub const MISSES: u8 = 2;
/// Stops closer together than this count as one to a viewer.
const RUN_GAP: Duration = Duration::from_s(1);
/// Other rules that one incident names.
const ALSO_MAX: usize = 8;

/// What a person does about an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Decide {
    /// Stands behind the stop, or takes the proposed one.
    Confirm,
    /// Stops more: these moments, or [`WIDEN_BEFORE`] and [`WIDEN_AFTER`] more than now.
    Widen {
        /// From when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<MediaTime>,
        /// Until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<MediaTime>,
    },
    /// Lets it air.
    Dismiss,
    /// Says afterwards how the sentinel did.
    Judge {
        /// How.
        verdict: Verdict,
    },
}

/// What one press of "widen" adds before the words.
pub const WIDEN_BEFORE: Duration = Duration::from_s(1);
/// What one press of "widen" adds after the words.
pub const WIDEN_AFTER: Duration = Duration::from_s(2);

/// What the shell asks of the program at once, before it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Take this action.
    Stop(Act),
    /// Give it this interval.
    Change(Act),
    /// Take it back.
    Undo(Act),
}

/// What became of incidents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Change {
    /// One was opened.
    Opened(Incident),
    /// One is now this.
    Moved(Incident),
    /// Words that may be something, in case the room turns.
    Unsure(Unsure),
    /// What is usual of the room is now this, by channel.
    Usual {
        /// The counts.
        counts: Vec<Learnt>,
    },
    /// A sentence was heard, or not.
    Sentence {
        /// Where it begins.
        from: MediaTime,
        /// Where it ends.
        to: MediaTime,
        /// Whether it was understood.
        heard: bool,
        /// The words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<crate::text::TextRef>,
    },
    /// Listening does differently from before.
    Hearing {
        /// How.
        hearing: Hearing,
        /// Versions of models and packs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        versions: Vec<String>,
    },
    /// The program is asked for something.
    Ordered {
        /// For which incident.
        incident: IncidentId,
        /// What.
        order: Order,
        /// On whose behalf.
        by: Actor,
    },
}

/// What the log knows of signals.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sentinel {
    /// Incidents, the oldest first.
    pub incidents: Vec<Incident>,
    /// Words that were too unsure for an incident, the latest ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Unsure>,
    /// What is usual of the room, by channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usual: Vec<Learnt>,
    /// How listening does; absent: nobody listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hearing: Option<Hearing>,
    /// Sentences that were finished.
    #[serde(default)]
    pub sentences: u64,
    /// Of these, how many were not understood.
    #[serde(default)]
    pub not_heard: u64,
}

impl Sentinel {
    /// Whether nothing was ever signalled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// An incident that is still remembered.
    #[must_use]
    pub fn incident(&self, id: IncidentId) -> Option<&Incident> {
        self.incidents.iter().find(|incident| incident.id == id)
    }

    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Opened(incident) => {
                if self.incidents.len() >= INCIDENTS_MAX {
                    let over = self.incidents.iter().position(|i| i.state != IncidentState::Open);
                    self.incidents.remove(over.unwrap_or(0));
                }
                let (from, to) = (incident.from, incident.to);
                self.unsure.retain(|unsure| unsure.hit.to <= from || to <= unsure.hit.from);
                self.incidents.push(incident.clone());
            }
            Change::Unsure(unsure) => self.remember(unsure),
            Change::Usual { counts } => self.usual.clone_from(counts),
            Change::Moved(incident) => {
                if let Some(known) = self.incidents.iter_mut().find(|i| i.id == incident.id) {
                    *known = incident.clone();
                }
            }
            Change::Sentence { heard, .. } => {
                self.sentences = self.sentences.saturating_add(1);
                self.not_heard = self.not_heard.saturating_add(u64::from(!heard));
            }
            Change::Hearing { hearing, .. } => self.hearing = Some(*hearing),
            Change::Ordered { .. } => {}
        }
    }

    /// What the program reports of an incident's action.
    pub(crate) fn note(&mut self, fact: &Fact) {
        let id = match fact {
            Fact::ActionTaken(action) => action.id,
            Fact::ActionUndone { id, by: Actor::User { .. }, .. } => *id,
            _ => return,
        };
        let of = |incident: &&mut Incident| incident.act.is_some_and(|act| act.id == id);
        let Some(incident) = self.incidents.iter_mut().find(of) else { return };
        match (fact, &mut incident.act) {
            (Fact::ActionTaken(action), Some(act)) => {
                act.late = action.late;
                act.time_to_air = Some(action.time_to_air);
            }
            (Fact::ActionUndone { by, .. }, _) => {
                incident.state = IncidentState::Dismissed;
                incident.by = Some(by.clone());
            }
            _ => {}
        }
    }
}
