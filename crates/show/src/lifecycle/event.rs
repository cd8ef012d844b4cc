//! What goes into and comes out of a show.

use serde::{Deserialize, Serialize};
use units::{ActionId, AirTime, IncidentId, Money, SealId, Timestamp};

use crate::desk::Fact;
use crate::moderation::{Moderated, Moderation};
use crate::names::{Actor, Sku, Slug};
use crate::offer::Terms;
use crate::sale::{OfferChange, Pin};
use crate::sentinel::{self, Decide, Policy, Signal};
use crate::shop;
use crate::text::TextRef;

/// Where a show stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has not begun.
    #[default]
    Planned,
    /// It is on.
    Live,
    /// It is over, or was called off.
    Ended,
}

/// What starts a show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartMode {
    /// The host's feed, or a person.
    #[default]
    Auto,
    /// A person only.
    Manual,
}

/// What is planned. The title is catalogue text and stays in its table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The show's slug.
    pub show: Slug,
    /// Who presents.
    pub host: Slug,
    /// Who stands ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby: Option<Slug>,
    /// The language spoken, a BCP 47 tag.
    pub language: String,
    /// The delay to begin with, 0 to 60 s.
    pub delay_s: u32,
    /// When it is announced for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// What starts it.
    #[serde(default)]
    pub start: StartMode,
    /// What is done about what the host says; absent: nobody listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// What is asked of a show, or happened to it. `air` is the AirTime at which viewers see what the host caused now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Input {
    /// Plans the show, or changes what can still change of the plan.
    Plan {
        /// All of it.
        plan: Plan,
        /// Who.
        by: Actor,
    },
    /// The host's feed arrived. A fact: it starts a planned show that a feed may start, and else changes nothing.
    FeedArrived {
        /// The show that this host is on air in, if it is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_busy: Option<Slug>,
    },
    /// A person starts the show.
    Start {
        /// Who.
        by: Actor,
        /// The show that this host is on air in, if it is another one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host_busy: Option<Slug>,
    },
    /// A person ends the show, or calls it off.
    End {
        /// Who.
        by: Actor,
    },
    /// Offers a product.
    OfferAdd {
        /// The product.
        sku: Sku,
        /// Whose it is.
        brand: Slug,
        /// Its price in this show.
        price: Money,
        /// Limit and window.
        #[serde(default)]
        terms: OfferChange,
        /// When viewers see it.
        air: AirTime,
        /// Who.
        by: Actor,
    },
    /// Changes an offer.
    OfferChange {
        /// The product.
        sku: Sku,
        /// What changes.
        change: OfferChange,
        /// When viewers see it.
        air: AirTime,
        /// Who.
        by: Actor,
    },
    /// Takes an offer away.
    OfferRemove {
        /// The product.
        sku: Sku,
        /// When viewers see it.
        air: AirTime,
        /// Who.
        by: Actor,
    },
    /// Pins an offer, or nothing.
    Pin {
        /// The product.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sku: Option<Sku>,
        /// When viewers see it.
        air: AirTime,
        /// Who.
        by: Actor,
    },
    /// A moderator acts. A fact: it is enforced already.
    Moderate {
        /// What they do.
        act: Moderation,
        /// Who.
        by: Actor,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<TextRef>,
    },
    /// Opens a sealed clip; it may be shown once this is synced.
    SealOpen {
        /// Which.
        id: SealId,
        /// Who.
        by: Actor,
        /// Why.
        reason: TextRef,
    },
    /// Something happened to the program, the feeds or the room.
    Fact {
        /// What.
        fact: Fact,
    },
    /// Listening measured something. A fact: the sentinel's orders are carried out already.
    Signal {
        /// What.
        signal: Signal,
    },
    /// A person decides about an incident. A fact for the same reason.
    Incident {
        /// Which.
        id: IncidentId,
        /// What they do.
        decide: Decide,
        /// The id of the action, should one be taken.
        action: ActionId,
        /// Who.
        by: Actor,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The plan is now this.
    Planned {
        /// All of it.
        plan: Plan,
    },
    /// The show is on.
    Started {
        /// By whom or what.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// The show is over.
    Ended {
        /// By whom.
        by: Actor,
        /// When.
        at: Timestamp,
    },
    /// An offer's terms are now these.
    OfferSet {
        /// The product.
        sku: Sku,
        /// The terms.
        terms: Terms,
    },
    /// From a moment on this is pinned.
    Pinned {
        /// What and when.
        pin: Pin,
    },
    /// A moderator's decision.
    Moderated {
        /// What it is.
        moderated: Moderated,
        /// When.
        at: Timestamp,
    },
    /// A sealed clip was opened.
    SealOpened {
        /// Which.
        id: SealId,
    },
    /// A fact was noted.
    Noted {
        /// What happened.
        fact: Fact,
        /// When it was noted.
        at: Timestamp,
    },
    /// The sentinel did something.
    Sentinel {
        /// What.
        change: sentinel::Change,
    },
}

/// What the shell does after the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Effect {
    /// Tells the shop what it must know of this show. Doing it twice changes nothing.
    Shop {
        /// The input for [`shop::Shop`].
        input: shop::Input,
    },
}
