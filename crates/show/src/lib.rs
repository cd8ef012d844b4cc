//! The domain of Ringlight: what a show, an offer and an order are, and who may do what to them when.
//!
//! The crate owns every rule of the business and the loop that applies them. It never reads a clock,
//! a socket, a file or a random source and never starts a thread: time, ids and hashes come in with
//! the input. It holds no personal text; such text is a [`text::TextRef`] whose words live elsewhere.
//!
//! Two deciders with one interface ([`decider::Decider`]):
//! - [`Show`], stream `show/{slug}`: lifecycle, offers, pins, moderation, and the facts that the
//!   program returns;
//! - [`shop::Shop`], stream `shop`: the stock of every product and the orders of every show.
//!
//! A [`stage::Stage`] drives a decider: it decides on staged state at once and keeps back replies and
//! effects until the store has synced the batch that they belong to.
//!
//! Evolution of the log is additive: a new field has a default and is left out while it has it, a
//! variant is never removed or renamed, so the state of an old log keeps its digest.

pub mod decider;
pub mod desk;
pub mod digest;
pub mod entry;
pub mod lifecycle;
pub mod moderation;
pub mod names;
pub mod offer;
mod rejection;
pub mod sale;
pub mod sentinel;
pub mod shop;
pub mod stage;
pub mod text;

pub use decider::{Decider, Decision, Weight};
pub use lifecycle::{Effect, Event, Input, Plan, Show, StartMode, State, Status};
pub use names::{Actor, BodyHash, BuyerHash, Hash256, KeyHash, NameError, PaymentId, Sku, Slug};
pub use rejection::Rejection;
pub use sale::{OfferChange, OfferView, Pin};
