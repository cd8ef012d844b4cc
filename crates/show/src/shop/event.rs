//! What goes into and comes out of the shop. The two that come by the thousand, [`Order`] and [`Placed`], have one- and
//! two-letter names in JSON; their documentation is the key.

use serde::{Deserialize, Serialize};
use units::{AirTime, DeviceId, Money, OrderId, Timestamp};

use super::order;
use super::state::Config;
use crate::names::{Actor, BodyHash, BuyerHash, KeyHash, PaymentId, Sku, Slug};
use crate::offer::{Spans, Terms};
use crate::text::TextRef;

/// A buyer's wish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// `o`: the id that the order gets if this is the first attempt.
    #[serde(rename = "o")]
    pub order: OrderId,
    /// `sh`: the show it is bought in.
    #[serde(rename = "sh")]
    pub show: Slug,
    /// `sk`: the product.
    #[serde(rename = "sk")]
    pub sku: Sku,
    /// `q`: units, 1 to [`super::QUANTITY_MAX`].
    #[serde(rename = "q")]
    pub quantity: u32,
    /// `u`: who buys, for the limit per buyer.
    #[serde(rename = "u")]
    pub buyer: BuyerHash,
    /// `d`: the device that may cancel it and see its contact.
    #[serde(rename = "d")]
    pub device: DeviceId,
    /// `c`: where the buyer's name and contact are.
    #[serde(rename = "c")]
    pub contact: TextRef,
    /// `p`: the unit price on the buyer's screen, if they say.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub price_seen: Option<Money>,
    /// `a`: the AirTime that the buyer was watching, clamped by the shell.
    #[serde(rename = "a")]
    pub air: AirTime,
    /// `k`: the idempotency key.
    #[serde(rename = "k")]
    pub key: KeyHash,
    /// `b`: the fingerprint of what was asked.
    #[serde(rename = "b")]
    pub body: BodyHash,
}

/// What is asked of the shop, or happened around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Input {
    /// A buyer orders.
    Place(Order),
    /// A person says that an order was paid.
    Settle {
        /// The order.
        order: OrderId,
        /// Who says so.
        by: Actor,
    },
    /// A provider has captured a payment. A fact: if the order cannot take it, it goes back.
    Captured {
        /// The order it was meant for.
        order: OrderId,
        /// The provider's name for the payment.
        payment: PaymentId,
        /// What was captured.
        amount: Money,
    },
    /// The buyer's device cancels a reservation.
    CancelByBuyer {
        /// The order.
        order: OrderId,
        /// The device that asks.
        device: DeviceId,
    },
    /// The seller cancels a reservation.
    CancelBySeller {
        /// The order.
        order: OrderId,
        /// Who.
        by: Actor,
    },
    /// The seller pays back.
    Refund {
        /// The order.
        order: OrderId,
        /// Who.
        by: Actor,
    },
    /// Reservations whose time has come expire.
    Expire,
    /// Settings of the shop.
    ConfigSet {
        /// All of them.
        config: Config,
    },
    /// The opening stock of a product: applied once, later ones change nothing.
    StockOpened {
        /// The product.
        sku: Sku,
        /// Units.
        stock: u64,
    },
    /// Units come in or go out other than by orders.
    StockAdjusted {
        /// The product.
        sku: Sku,
        /// Units, negative when they go out.
        delta: i64,
        /// Who.
        by: Actor,
    },
    /// A show sells, and its sale is frozen in these spans.
    SaleSet {
        /// The show.
        show: Slug,
        /// Its host.
        host: Slug,
        /// Frozen spans.
        #[serde(default, skip_serializing_if = "Spans::is_empty")]
        spans: Spans,
    },
    /// A show offers a product on these terms.
    OfferSet {
        /// The show.
        show: Slug,
        /// The product.
        sku: Sku,
        /// The terms.
        terms: Terms,
    },
    /// A show has ended: it sells no more.
    ShowEnded {
        /// The show.
        show: Slug,
    },
}

/// A new order, whole: an order's row can be made from it alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// `o`: the order.
    #[serde(rename = "o")]
    pub order: OrderId,
    /// `sh`: the show.
    #[serde(rename = "sh")]
    pub show: Slug,
    /// `h`: the show's host.
    #[serde(rename = "h")]
    pub host: Slug,
    /// `br`: the product's brand.
    #[serde(rename = "br")]
    pub brand: Slug,
    /// `sk`: the product.
    #[serde(rename = "sk")]
    pub sku: Sku,
    /// `q`: units.
    #[serde(rename = "q")]
    pub quantity: u32,
    /// `p`: the unit price.
    #[serde(rename = "p")]
    pub price: Money,
    /// `u`: who bought.
    #[serde(rename = "u")]
    pub buyer: BuyerHash,
    /// `d`: the buyer's device.
    #[serde(rename = "d")]
    pub device: DeviceId,
    /// `c`: where name and contact are.
    #[serde(rename = "c")]
    pub contact: TextRef,
    /// `a`: what the buyer was watching.
    #[serde(rename = "a")]
    pub air: AirTime,
    /// `k`: the idempotency key.
    #[serde(rename = "k")]
    pub key: KeyHash,
    /// `b`: the fingerprint of what was asked.
    #[serde(rename = "b")]
    pub body: BodyHash,
    /// `t`: when.
    #[serde(rename = "t")]
    pub at: Timestamp,
    /// `x`: when it expires unpaid.
    #[serde(rename = "x")]
    pub expires_at: Timestamp,
}

/// What happened in the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// An order was placed and its units are reserved.
    Placed(Placed),
    /// A reservation was paid: its units are sold.
    Paid {
        /// The order.
        order: OrderId,
        /// The payment.
        payment: PaymentId,
        /// When.
        at: Timestamp,
    },
    /// A reservation ended without payment: its units are free again.
    Released {
        /// The order.
        order: OrderId,
        /// Cancelled by buyer or seller, or expired.
        to: order::OrderStatus,
        /// When.
        at: Timestamp,
    },
    /// A paid order was paid back. Its units stay sold: whether goods return, a person says by adjusting the stock.
    Refunded {
        /// The order.
        order: OrderId,
        /// When.
        at: Timestamp,
    },
    /// A captured payment that no order can take goes back to the payer.
    PaymentReturned {
        /// The payment.
        payment: PaymentId,
        /// The order it was meant for.
        order: OrderId,
        /// How much.
        amount: Money,
        /// When.
        at: Timestamp,
    },
    /// The settings are now these.
    ConfigSet {
        /// All of them.
        config: Config,
    },
    /// Stock keeping of a product begins.
    StockOpened {
        /// The product.
        sku: Sku,
        /// Units.
        stock: u64,
    },
    /// The stock of a product changed other than by orders.
    StockAdjusted {
        /// The product.
        sku: Sku,
        /// Units.
        delta: i64,
    },
    /// A show's sale is now this.
    SaleSet {
        /// The show.
        show: Slug,
        /// Its host.
        host: Slug,
        /// Frozen spans.
        #[serde(default, skip_serializing_if = "Spans::is_empty")]
        spans: Spans,
    },
    /// An offer's terms are now these.
    OfferSet {
        /// The show.
        show: Slug,
        /// The product.
        sku: Sku,
        /// The terms.
        terms: Terms,
    },
    /// A show sells no more.
    ShowEnded {
        /// The show.
        show: Slug,
    },
}

impl Event {
    /// The order that this is about and where it stands afterwards.
    #[must_use]
    pub fn order(&self) -> Option<(OrderId, order::OrderStatus)> {
        use order::OrderStatus;
        match self {
            Self::Placed(placed) => Some((placed.order, OrderStatus::Reserved)),
            Self::Paid { order, .. } => Some((*order, OrderStatus::Paid)),
            Self::Released { order, to, .. } => Some((*order, *to)),
            Self::Refunded { order, .. } => Some((*order, OrderStatus::Refunded)),
            _ => None,
        }
    }
}

/// What the shell does after the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Effect {
    /// Asks the provider for a payment. Only with [`Config::provider`].
    AskPayment {
        /// For this order.
        order: OrderId,
        /// This much.
        total: Money,
    },
    /// Pays an order back.
    Refund {
        /// The order.
        order: OrderId,
        /// Its payment.
        payment: PaymentId,
        /// This much.
        total: Money,
    },
    /// Sends back a captured payment that has no order.
    ReturnPayment {
        /// The payment.
        payment: PaymentId,
        /// This much.
        amount: Money,
    },
}

/// What a caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It is done.
    Done,
    /// The order as it is now.
    Order(Box<order::Order>),
    /// A repeated key: the order that the first attempt placed, as it is now.
    Again(Box<order::Order>),
}
