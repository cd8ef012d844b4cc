//! What a scenario file says, part by part. [`super::file`] reads and checks it.

use serde::Deserialize;
use show::Sku;
use show::sentinel::Policy;
use toml::Spanned;
use units::Money;

use super::words::{Name, Rate, Seconds, Share, Text};

/// Where a part comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sentences.
    #[default]
    Say,
    /// The room and its turns and bursts.
    Room,
    /// Buyers and how they change.
    Buyers,
    /// Offers and their changes.
    Offer,
    /// What happens to the feed.
    Feed,
    /// The producer.
    Producer,
}

/// Something that a scenario rests on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// How parts name it.
    pub id: Name,
    /// The facts, in the project's words.
    pub facts: Text,
    /// Who says so.
    pub by: Text,
}

/// When something begins: at a moment, or a while after a sentence has aired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begins {
    /// At this moment of the show.
    At(Seconds),
    /// So long after these words aired; never when they were stopped.
    After(String, Seconds),
}

/// A sentence of the host.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// How other parts name it.
    #[serde(default)]
    pub id: Option<Name>,
    /// When it begins.
    pub at_s: Seconds,
    /// How long it is spoken.
    pub lasts_s: Seconds,
    /// The words.
    pub text: Text,
    /// How long after its end it has been heard and judged.
    #[serde(default = "hears")]
    pub hears_s: Seconds,
    /// Whether it is understood.
    #[serde(default = "yes")]
    pub understood: bool,
    /// The viewer's message that it takes up; somebody writes it a few seconds before.
    #[serde(default)]
    pub answers: Option<Text>,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

fn hears() -> Seconds {
    Seconds(1200)
}

fn yes() -> bool {
    true
}

/// The room turns: lines of a kind come to have a share.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The label of the lines, such as `hostile_to_host`.
    pub lines: Name,
    /// The share that they reach.
    pub share: Share,
    /// How long it grows.
    #[serde(default)]
    pub ramp_s: Seconds,
    /// How long it lasts in all; absent: to the end.
    #[serde(default)]
    pub lasts_s: Option<Seconds>,
    /// When it begins.
    #[serde(default)]
    pub at_s: Option<Seconds>,
    /// After which sentence it begins.
    #[serde(default)]
    pub after: Option<Name>,
    /// How long after the sentence has aired.
    #[serde(default)]
    pub wait_s: Seconds,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

/// A raid or a giveaway: many write the same.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// When it begins.
    pub at_s: Seconds,
    /// How long it lasts.
    pub lasts_s: Seconds,
    /// Messages a second beside the room's own.
    pub messages_per_s: Rate,
    /// What is written.
    #[serde(default)]
    pub texts: Vec<Text>,
    /// Or lines of this label, chosen by the seed.
    #[serde(default)]
    pub lines: Option<Name>,
    /// How many of them.
    #[serde(default = "one")]
    pub picks: u32,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

fn one() -> u32 {
    1
}

/// The room.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// Viewers in it.
    pub viewers: u32,
    /// Of these, those who write now and then.
    pub talkers: u32,
    /// What they write when nothing happens.
    pub messages_per_s: Rate,
    /// False alarms that are put up with.
    #[serde(default = "alarms")]
    pub alarms_per_1000h: f64,
    /// How it turns.
    #[serde(default, rename = "turn")]
    pub turns: Vec<Spanned<Turn>>,
    /// Raids and giveaways.
    #[serde(default, rename = "burst")]
    pub bursts: Vec<Spanned<Burst>>,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

fn alarms() -> f64 {
    show::sentinel::room::ALARMS_PER_1000H
}

/// What buyers and followers do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buyers {
    /// Orders.
    pub orders_per_min: Rate,
    /// Orders taken back before they are paid.
    #[serde(default)]
    pub cancellations_per_min: Rate,
    /// Paid orders that are paid back.
    #[serde(default)]
    pub refunds_per_min: Rate,
    /// Viewers who stop following.
    #[serde(default)]
    pub unfollows_per_min: Rate,
    /// How it changes.
    #[serde(default, rename = "change")]
    pub changes: Vec<Spanned<BuyersChange>>,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

/// What buyers do from some moment on; what is absent stays.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuyersChange {
    /// When it begins.
    #[serde(default)]
    pub at_s: Option<Seconds>,
    /// After which sentence it begins.
    #[serde(default)]
    pub after: Option<Name>,
    /// How long after the sentence has aired.
    #[serde(default)]
    pub wait_s: Seconds,
    /// Orders.
    #[serde(default)]
    pub orders_per_min: Option<Rate>,
    /// Orders taken back.
    #[serde(default)]
    pub cancellations_per_min: Option<Rate>,
    /// Orders paid back.
    #[serde(default)]
    pub refunds_per_min: Option<Rate>,
    /// Viewers who stop following.
    #[serde(default)]
    pub unfollows_per_min: Option<Rate>,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

/// An offer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The product.
    pub sku: Sku,
    /// An amount and a currency.
    #[serde(deserialize_with = "price")]
    pub price: Money,
    /// Units.
    pub stock: u32,
    /// When the host shows it; absent: never.
    #[serde(default)]
    pub pinned_at_s: Option<Seconds>,
    /// What becomes of it.
    #[serde(default, rename = "change")]
    pub changes: Vec<Spanned<OfferChange>>,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

/// Another price, or another count of the stock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferChange {
    /// When.
    pub at_s: Seconds,
    /// The price from then on.
    #[serde(default, deserialize_with = "some_price")]
    pub price: Option<Money>,
    /// Units that are really left.
    #[serde(default)]
    pub left: Option<u32>,
}

fn price<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn some_price<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Money>, D::Error> {
    price(from).map(Some)
}

/// What happens to the host's feed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// When.
    pub at_s: Seconds,
    /// What.
    pub is: FeedIs,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

/// Whether the feed arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedIs {
    /// The connection breaks.
    Lost,
    /// The encoder connects again.
    Back,
}

/// Who sits at the desk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Producer {
    /// How long after an incident opens they decide.
    pub after_s: Seconds,
    /// What they do.
    pub does: Does,
    /// The source.
    #[serde(default)]
    pub source: Option<Name>,
    /// It has none.
    #[serde(default)]
    pub invented: bool,
}

/// What a producer does about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Does {
    /// Stands behind it.
    Confirm,
    /// Lets it air.
    Dismiss,
}

/// What evidence an incident has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// What the host said.
    Words,
    /// What the room did.
    Room,
}

/// What must come of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// Nothing opens an incident.
    pub never_fires: bool,
    /// Incidents; those that belong to one case count once.
    pub incidents: Option<u32>,
    /// Evidence of the first case in the order in which it happened.
    pub evidence: Vec<Evidence>,
    /// The rule of the first case.
    pub rule: Option<Name>,
    /// The room's turn moved at least one of these channels.
    pub channels: Vec<Name>,
    /// The room's turn is known so long after it began, at most.
    pub turn_within_s: Option<Seconds>,
    /// Sentences that air whole.
    pub aired: Vec<Name>,
    /// Sentences of which nothing airs.
    pub never_aired: Vec<Name>,
    /// Orders are refused with these codes.
    pub refused: Vec<Name>,
    /// Viewers see the slate at least so long.
    pub slate_s: Option<Seconds>,
}

/// A scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The form: 1.
    pub version: Spanned<u32>,
    /// What it is called.
    pub title: Text,
    /// The language spoken and written: `zh`, `ru` or `en`.
    pub language: Spanned<Name>,
    /// How long the show lasts.
    pub length_s: Spanned<Seconds>,
    /// From preview to air.
    pub delay_s: Spanned<Seconds>,
    /// Kinds of part that are invented where no part says otherwise.
    #[serde(default)]
    pub invented: Vec<Kind>,
    /// What it rests on.
    #[serde(rename = "source")]
    pub sources: Vec<Spanned<Source>>,
    /// What is done about what the host says.
    pub policy: Spanned<Policy>,
    /// What the host says.
    #[serde(default)]
    pub say: Vec<Spanned<Say>>,
    /// Who watches.
    pub room: Spanned<Room>,
    /// Who buys.
    pub buyers: Option<Spanned<Buyers>>,
    /// What is sold.
    #[serde(default, rename = "offer")]
    pub offers: Vec<Spanned<Offer>>,
    /// What happens to the feed.
    #[serde(default, rename = "feed")]
    pub feed: Vec<Spanned<Feed>>,
    /// Who decides; absent: nobody.
    pub producer: Option<Spanned<Producer>>,
    /// What must come of it.
    pub expect: Spanned<Expect>,
}

impl Turn {
    /// When it begins.
    #[must_use]
    pub fn begins(&self) -> Option<Begins> {
        begins(self.at_s, self.after.as_ref(), self.wait_s)
    }
}

impl BuyersChange {
    /// When it begins.
    #[must_use]
    pub fn begins(&self) -> Option<Begins> {
        begins(self.at_s, self.after.as_ref(), self.wait_s)
    }
}

/// One of the two and no more.
fn begins(at: Option<Seconds>, after: Option<&Name>, wait: Seconds) -> Option<Begins> {
    match (at, after) {
        (Some(at), None) if wait == Seconds(0) => Some(Begins::At(at)),
        (None, Some(after)) => Some(Begins::After(after.0.clone(), wait)),
        _ => None,
    }
}
