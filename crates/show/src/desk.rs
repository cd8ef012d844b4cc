//! What the program did: facts that the shell brings from it. The program acts in memory and judges alone whether a
//! moment can still be stopped; the domain takes note, and refuses nothing.
//!
//! After a crash the shell reads from here what still holds: open actions, the delay, where the media goes on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use units::{ActionId, AirTime, Duration, MediaTime, SealId, Timestamp};

use crate::moderation::Second;
use crate::names::Actor;
use crate::sentinel::room;
use crate::text::TextRef;

/// Actions kept in the state; the log has them all. Past it the oldest that is over goes first.
pub const ACTIONS_MAX: usize = 256;
/// Sealed clips kept in the state; past it the one that expires first goes.
pub const SEALS_MAX: usize = 1024;

/// The kinds of action on the program (DESIGN §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Silence over the picture.
    Mute,
    /// Slate and silence.
    Cut,
    /// Slate over the sound.
    Cover,
    /// The standby airs.
    HandOver,
    /// The delay is emptied and refilled behind the slate.
    Dump,
    /// The delay is emptied and kept empty.
    Panic,
    /// What was stopped goes on.
    Resume,
}

impl ActionKind {
    /// Whether sale windows stand still and pins wait while it lasts.
    #[must_use]
    pub fn freezes(self) -> bool {
        matches!(self, Self::Cut | Self::Dump | Self::Panic)
    }
}

/// Where an action stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// It holds, or will.
    #[default]
    Active,
    /// It is over.
    Ended,
    /// It was undone before anything of it aired.
    Undone,
    /// It was undone when a part of it had aired.
    Shortened,
}

/// One action as the program really applied it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// What it does.
    pub kind: ActionKind,
    /// Who took it.
    pub by: Actor,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextRef>,
    /// The first moment of the feed that it stops.
    pub from_media: MediaTime,
    /// The first moment that it no longer stops; absent: until resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_media: Option<MediaTime>,
    /// When that begins on air, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_air: Option<AirTime>,
    /// When that ends on air, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_air: Option<AirTime>,
    /// Time to air that was left when it was taken; negative: the moment had aired.
    pub time_to_air: Duration,
    /// Whether a part of what was asked had aired already.
    #[serde(default)]
    pub late: bool,
    /// Whether a standby that was not ready was taken all the same.
    #[serde(default)]
    pub forced: bool,
    /// When it was taken.
    pub at: Timestamp,
    /// Where it stands.
    #[serde(default)]
    pub state: ActionState,
    /// When it was undone or shortened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<Timestamp>,
}

/// A source of picture or sound on the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The host's feed.
    Host,
    /// The standby's feed.
    Standby,
    /// The slate (picture only).
    Slate,
    /// Nothing (sound only).
    Silence,
}

/// What airs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnAir {
    /// The picture.
    pub video: Source,
    /// The sound.
    pub audio: Source,
    /// Since when.
    pub air: AirTime,
    /// Why, as a code such as `feed_lost`, when it is not the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A feed that arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Which connection of this source it is, from 1.
    pub no: u32,
    /// Since when.
    pub at: Timestamp,
    /// Its first moment in the source's media time.
    pub from_media: MediaTime,
    /// Video codec, such as `avc1.64001f`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<String>,
    /// Audio codec, such as `mp4a.40.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
}

/// Why a feed no longer arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedEnd {
    /// The host stopped it.
    Stopped,
    /// The connection broke or fell silent.
    Lost,
    /// The host's key was rotated: what was in the delay does not air.
    KeyRotated,
    /// The host was suspended: what was in the delay does not air.
    Suspended,
    /// Another connection took its place.
    Replaced,
    /// The feed turned into something that cannot be aired.
    Refused,
}

/// Where the published media stands: what a restart goes on from (H-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The next segment's sequence number.
    pub next_segment: u64,
    /// The program's clock.
    pub air: AirTime,
    /// When that was, in UTC.
    pub at: Timestamp,
    /// The init segments published so far.
    #[serde(default)]
    pub inits: u32,
    /// The discontinuities published so far.
    #[serde(default)]
    pub discontinuities: u64,
    /// The end of what had come of the host, in channel time.
    #[serde(default)]
    pub newest: MediaTime,
    /// The program's fixed AAC configuration in hex, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<String>,
}

/// A sealed clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The kind of action that stopped it.
    pub kind: ActionKind,
    /// Its first moment.
    pub from_media: MediaTime,
    /// Its first moment after.
    pub to_media: MediaTime,
    /// When its key is erased.
    pub expires_at: Timestamp,
    /// Whether all of the stopped media is in it.
    pub complete: bool,
}

/// How the delay was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DelayHow {
    /// It grew behind the slate.
    Slate,
    /// It shrank: what was too old in it was thrown away.
    Dump,
}

/// Something that has happened to the program, the feeds or the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Fact {
    /// An action was taken. A second report of the same id says nothing new.
    ActionTaken(Action),
    /// The interval that an action really gets became known or changed. All three replace what was known.
    ActionMoved {
        /// The action.
        id: ActionId,
        /// When it begins on air.
        from_air: Option<AirTime>,
        /// When it ends on air.
        to_air: Option<AirTime>,
        /// The first moment that it no longer stops.
        to_media: Option<MediaTime>,
        /// The first moment that it stops, when that is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_media: Option<MediaTime>,
    },
    /// An action is over: its end aired, or a person resumed.
    ActionEnded {
        /// The action.
        id: ActionId,
        /// When, on air.
        air: AirTime,
    },
    /// An action was undone.
    ActionUndone {
        /// The action.
        id: ActionId,
        /// Who undid it.
        by: Actor,
        /// Where it ends on air when a part had aired; absent: nothing of it airs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_air: Option<AirTime>,
    },
    /// The delay changed: from `from_air` on, what is in it airs `shift` later (or earlier, when negative).
    DelaySet {
        /// The delay now.
        delay: Duration,
        /// Where the change shows on air.
        from_air: AirTime,
        /// How much later.
        shift: Duration,
        /// By which means.
        how: DelayHow,
    },
    /// Something else airs.
    OnAirChanged(OnAir),
    /// A feed began to arrive.
    FeedOpened {
        /// Whose.
        source: Source,
        /// The feed.
        feed: Feed,
    },
    /// A feed no longer arrives.
    FeedClosed {
        /// Whose.
        source: Source,
        /// Why.
        why: FeedEnd,
    },
    /// Where the published media stands.
    ProgramMark(Mark),
    /// A clip was sealed.
    SealMade {
        /// Its id.
        id: SealId,
        /// What it is.
        seal: Seal,
    },
    /// A sealed clip is gone.
    SealExpired {
        /// Its id.
        id: SealId,
    },
    /// A second in the room.
    RoomCounted(Second),
    /// What the reader of the room counted in a second.
    RoomRead(room::Second),
    /// Facts happened for which the journal had no room.
    JournalOverflow {
        /// How many.
        lost: u64,
    },
}

/// What the log knows of the program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// Actions, the oldest first.
    pub actions: Vec<Action>,
    /// The delay, once the program has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Duration>,
    /// What airs, once something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_air: Option<OnAir>,
    /// Feeds that arrive.
    pub feeds: BTreeMap<Source, Feed>,
    /// Where the published media stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// Sealed clips.
    pub seals: BTreeMap<SealId, Seal>,
    /// Facts that no journal had room for.
    #[serde(default)]
    pub overflowed: u64,
}

impl Desk {
    /// An action that is still remembered.
    #[must_use]
    pub fn action(&self, id: ActionId) -> Option<&Action> {
        self.actions.iter().find(|action| action.id == id)
    }
    /// Actions that hold or will: what a restarted program takes up again.
    pub fn active(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(|action| action.state == ActionState::Active)
    }

    /// Whether a report says nothing that is not known.
    pub(crate) fn knows(&self, fact: &Fact) -> bool {
        match fact {
            Fact::ActionTaken(action) => self.action(action.id).is_some(),
            Fact::ActionMoved { id, from_air, to_air, to_media, from_media } => {
                self.action(*id).is_some_and(|action| {
                    (action.from_air, action.to_air, action.to_media)
                        == (*from_air, *to_air, *to_media)
                        && from_media.is_none_or(|from| from == action.from_media)
                })
            }
            Fact::ActionEnded { id, .. } | Fact::ActionUndone { id, .. } => {
                self.action(*id).is_some_and(|action| action.state != ActionState::Active)
            }
            Fact::OnAirChanged(on_air) => self.on_air.as_ref() == Some(on_air),
            Fact::FeedOpened { source, feed } => self.feeds.get(source) == Some(feed),
            Fact::FeedClosed { source, .. } => !self.feeds.contains_key(source),
            Fact::ProgramMark(mark) => self.mark.as_ref() == Some(mark),
            Fact::SealMade { id, seal } => self.seals.get(id) == Some(seal),
            Fact::SealExpired { id } => !self.seals.contains_key(id),
            Fact::DelaySet { .. }
            | Fact::RoomCounted(_)
            | Fact::RoomRead(_)
            | Fact::JournalOverflow { .. } => false,
        }
    }

    pub(crate) fn apply(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::ActionTaken(action) => self.take(action),
            Fact::ActionMoved { id, from_air, to_air, to_media, from_media } => {
                self.change(*id, |action| {
                    if action.state != ActionState::Active {
                        return;
                    }
                    action.from_media = from_media.unwrap_or(action.from_media);
                    action.from_air = *from_air;
                    action.to_air = *to_air;
                    action.to_media = *to_media;
                })
            }
            Fact::ActionEnded { id, air } => self.change(*id, |action| {
                action.to_air = Some(*air);
                action.state = ActionState::Ended;
            }),
            Fact::ActionUndone { id, to_air, .. } => self.change(*id, |action| {
                action.undone_at = Some(at);
                action.state = match to_air {
                    Some(_) => ActionState::Shortened,
                    None => ActionState::Undone,
                };
                action.to_air = to_air.or(action.to_air);
            }),
            Fact::DelaySet { delay, .. } => self.delay = Some(*delay),
            Fact::OnAirChanged(on_air) => self.on_air = Some(on_air.clone()),
            Fact::FeedOpened { source, feed } => {
                self.feeds.insert(*source, feed.clone());
            }
            Fact::FeedClosed { source, .. } => {
                self.feeds.remove(source);
            }
            Fact::ProgramMark(mark) => self.mark = Some(mark.clone()),
            Fact::SealMade { id, seal } => self.seal(*id, *seal),
            Fact::SealExpired { id } => {
                self.seals.remove(id);
            }
            Fact::JournalOverflow { lost } => {
                self.overflowed = self.overflowed.saturating_add(*lost);
            }
            Fact::RoomCounted(_) | Fact::RoomRead(_) => {}
        }
    }

    fn take(&mut self, action: &Action) {
        if self.actions.len() >= ACTIONS_MAX {
            let over = self.actions.iter().position(|a| a.state != ActionState::Active);
            self.actions.remove(over.unwrap_or(0));
        }
        self.actions.push(action.clone());
    }

    /// A late report about an action that is forgotten changes nothing.
    fn change(&mut self, id: ActionId, change: impl FnOnce(&mut Action)) {
        if let Some(action) = self.actions.iter_mut().find(|action| action.id == id) {
            change(action);
        }
    }

    fn seal(&mut self, id: SealId, seal: Seal) {
        self.seals.insert(id, seal);
        if self.seals.len() > SEALS_MAX {
            let first = self.seals.iter().min_by_key(|(id, seal)| (seal.expires_at, **id));
            if let Some(id) = first.map(|(id, _)| *id) {
                self.seals.remove(&id);
            }
        }
    }
}
