//! What was sold in a show, from its orders as they stand now. Money is summed by currency and never converted.

use std::collections::BTreeMap;

use show::shop::OrderStatus;
use units::{Currency, Money, Timestamp};

use super::{MINUTES_MAX, place_of};

/// Products that are told apart; a show offers fewer.
pub const PRODUCTS_MAX: usize = 2000;

/// The state of an order by its name in tables.
#[must_use]
pub fn status_of(word: &str) -> Option<OrderStatus> {
    use OrderStatus as S;
    let all =
        [S::Reserved, S::Paid, S::CancelledByBuyer, S::CancelledBySeller, S::Refunded, S::Expired];
    all.into_iter().find(|status| status.as_str() == word)
}

/// An order as it stands.
#[derive(Debug, Clone, Copy)]
pub struct Sold<'a> {
    /// The product.
    pub sku: &'a str,
    /// Its title when it was bought.
    pub title: &'a str,
    /// Units.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Money,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When its status changed last.
    pub changed_at: Timestamp,
}

/// Orders of one currency, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Value {
    /// Paid, and not paid back.
    pub paid: i64,
    /// Kept for buyers who have not paid yet.
    pub open: i64,
    /// Paid back.
    pub refunded: i64,
    /// Cancelled or expired before it was paid.
    pub cancelled: i64,
}

impl Value {
    fn add(&mut self, status: OrderStatus, minor: i64) {
        let sum = match status {
            OrderStatus::Paid => &mut self.paid,
            OrderStatus::Reserved => &mut self.open,
            OrderStatus::Refunded => &mut self.refunded,
            OrderStatus::CancelledByBuyer
            | OrderStatus::CancelledBySeller
            | OrderStatus::Expired => &mut self.cancelled,
        };
        *sum = sum.saturating_add(minor);
    }
}

/// One product.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Product {
    /// Its title when it was first bought.
    pub title: String,
    /// Orders.
    pub orders: u64,
    /// Units paid or kept.
    pub units: u64,
    /// Units cancelled, expired or paid back.
    pub returned: u64,
    /// By currency.
    pub value: BTreeMap<Currency, Value>,
}

/// One minute of the shop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SalesMinute {
    /// Orders placed.
    pub orders: u32,
    /// Orders cancelled by buyer or seller.
    pub cancelled: u32,
    /// Orders paid back.
    pub refunds: u32,
}

/// What was sold in a show.
#[derive(Debug, Clone, Default)]
pub struct Sales {
    started: Option<Timestamp>,
    /// Orders by where they stand.
    pub orders: BTreeMap<OrderStatus, u64>,
    /// By currency.
    pub value: BTreeMap<Currency, Value>,
    /// By SKU.
    pub products: BTreeMap<String, Product>,
    /// From the minute in which the show began on; what comes later than its minutes counts in the sums only.
    pub minutes: Vec<SalesMinute>,
    /// Orders of products beyond [`PRODUCTS_MAX`].
    pub other_products: u64,
}

impl Sales {
    /// The sales of a show that began then; without a beginning nothing is told apart by minute.
    #[must_use]
    pub fn since(started: Option<Timestamp>) -> Self {
        Self { started, ..Self::default() }
    }

    /// Takes one order.
    pub fn push(&mut self, sold: &Sold<'_>) {
        let minor = sold.unit_price.minor.saturating_mul(i64::from(sold.quantity));
        let currency = sold.unit_price.currency;
        *self.orders.entry(sold.status).or_default() += 1;
        self.value.entry(currency).or_default().add(sold.status, minor);
        if self.products.len() < PRODUCTS_MAX || self.products.contains_key(sold.sku) {
            let product = self.products.entry(sold.sku.to_owned()).or_default();
            if product.title.is_empty() {
                sold.title.clone_into(&mut product.title);
            }
            product.orders += 1;
            let kept = matches!(sold.status, OrderStatus::Paid | OrderStatus::Reserved);
            let units = if kept { &mut product.units } else { &mut product.returned };
            *units += u64::from(sold.quantity);
            product.value.entry(currency).or_default().add(sold.status, minor);
        } else {
            self.other_products += 1;
        }
        if let Some(minute) = self.minute(sold.placed_at) {
            minute.orders += 1;
        }
        match sold.status {
            OrderStatus::CancelledByBuyer | OrderStatus::CancelledBySeller => {
                if let Some(minute) = self.minute(sold.changed_at) {
                    minute.cancelled += 1;
                }
            }
            OrderStatus::Refunded => {
                if let Some(minute) = self.minute(sold.changed_at) {
                    minute.refunds += 1;
                }
            }
            _ => {}
        }
    }

    /// All orders.
    #[must_use]
    pub fn placed(&self) -> u64 {
        self.orders.values().sum()
    }

    fn minute(&mut self, at: Timestamp) -> Option<&mut SalesMinute> {
        let place = place_of(self.started?, at.ms())?;
        if place >= MINUTES_MAX {
            return None;
        }
        if self.minutes.len() <= place {
            self.minutes.resize(place + 1, SalesMinute::default());
        }
        self.minutes.get_mut(place)
    }
}
