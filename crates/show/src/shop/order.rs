//! One order.

use serde::{Deserialize, Serialize};
use units::{AirTime, DeviceId, Money, OrderId, Timestamp};

use super::event::Placed;
use crate::names::{BodyHash, BuyerHash, KeyHash, PaymentId, Sku, Slug};
use crate::text::TextRef;

/// Where an order stands.
///
/// ```text
/// reserved ─► paid ─► refunded
///     ├─────► cancelled_by_buyer
///     ├─────► cancelled_by_seller
///     └─────► expired
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Its units are kept for the buyer until it is paid or expires.
    Reserved,
    /// It is paid: its units are sold.
    Paid,
    /// The buyer took it back before paying.
    CancelledByBuyer,
    /// The seller took it back before payment.
    CancelledBySeller,
    /// It was paid and paid back.
    Refunded,
    /// It was not paid in time.
    Expired,
}

impl OrderStatus {
    /// The name in JSON and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Paid => "paid",
            Self::CancelledByBuyer => "cancelled_by_buyer",
            Self::CancelledBySeller => "cancelled_by_seller",
            Self::Refunded => "refunded",
            Self::Expired => "expired",
        }
    }
}

/// An order as callers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// The show it was bought in.
    pub show: Slug,
    /// That show's host.
    pub host: Slug,
    /// The product's brand.
    pub brand: Slug,
    /// The product.
    pub sku: Sku,
    /// Units.
    pub quantity: u32,
    /// Price of one unit.
    pub price: Money,
    /// Where it stands.
    pub status: OrderStatus,
    /// What the buyer was watching.
    pub air: AirTime,
    /// When it was placed.
    pub at: Timestamp,
    /// When it expires unpaid.
    pub expires_at: Timestamp,
    /// Who bought.
    pub buyer: BuyerHash,
    /// The device that may cancel it and see its contact.
    pub device: DeviceId,
    /// Where name and contact are.
    pub contact: TextRef,
    /// The idempotency key.
    pub key: KeyHash,
    /// The fingerprint of what was asked.
    pub body: BodyHash,
    /// What paid for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentId>,
}

impl Order {
    /// A new order.
    #[must_use]
    pub fn new(placed: &Placed) -> Self {
        Self {
            id: placed.order,
            show: placed.show.clone(),
            host: placed.host.clone(),
            brand: placed.brand.clone(),
            sku: placed.sku.clone(),
            quantity: placed.quantity,
            price: placed.price,
            status: OrderStatus::Reserved,
            air: placed.air,
            at: placed.at,
            expires_at: placed.expires_at,
            buyer: placed.buyer,
            device: placed.device,
            contact: placed.contact,
            key: placed.key,
            body: placed.body,
            payment: None,
        }
    }
    /// Price times quantity. It fits: an order whose total does not is refused.
    #[must_use]
    pub fn total(&self) -> Money {
        self.price.times(self.quantity).unwrap_or(Money { minor: i64::MAX, ..self.price })
    }
    /// The fixed-size and length-prefixed bytes that its digest is made of.
    pub(super) fn leaf(&self, out: &mut Vec<u8>) {
        out.clear();
        out.extend(self.id.as_u128().to_be_bytes());
        for name in [self.show.as_str(), self.host.as_str(), self.brand.as_str(), self.sku.as_str()]
        {
            prefixed(out, name);
        }
        out.extend(self.quantity.to_be_bytes());
        out.extend(self.price.minor.to_be_bytes());
        prefixed(out, self.price.currency.as_str());
        prefixed(out, self.status.as_str());
        out.extend(self.air.0.to_be_bytes());
        out.extend(self.at.0.to_be_bytes());
        out.extend(self.expires_at.0.to_be_bytes());
        out.extend(self.buyer.0.to_be_bytes());
        out.extend(self.device.as_u128().to_be_bytes());
        out.extend(self.contact.id.as_u128().to_be_bytes());
        out.extend(self.contact.commitment.0);
        out.extend(self.key.0.to_be_bytes());
        out.extend(self.body.0.to_be_bytes());
        prefixed(out, self.payment.as_ref().map_or("", PaymentId::as_str));
    }
}

/// Names are at most 64 bytes long, so one byte holds the length.
fn prefixed(out: &mut Vec<u8>, text: &str) {
    out.push(text.len() as u8);
    out.extend(text.as_bytes());
}
