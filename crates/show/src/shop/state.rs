//! What the shop knows: settings, stock, the sale of each show, and the book of orders.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use units::{OrderId, Timestamp};

use super::book::Book;
use super::event::{Event, Reply};
use super::order::{Order, OrderStatus};
use super::{EXPIRES_AFTER_S, STOCK_MAX, Shop};
use crate::decider::Decision;
use crate::digest;
use crate::names::{Actor, Hash256, KeyHash, PaymentId, Sku, Slug};
use crate::offer::{Spans, Terms};
use crate::rejection::Rejection;

/// Settings of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Seconds that an unpaid reservation lasts: 1 minute to 7 days.
    pub expires_after_s: u32,
    /// Whether a provider is asked for each payment; otherwise people settle by hand.
    #[serde(default)]
    pub provider: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { expires_after_s: EXPIRES_AFTER_S, provider: false }
    }
}

/// Units of one product. S-1: `reserved + sold <= stock`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// Units that ever came in, less those that went out other than by orders.
    pub stock: u64,
    /// Units kept for unpaid orders.
    pub reserved: u64,
    /// Units paid for.
    pub sold: u64,
}

/// By how much a product's numbers change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StockChange {
    /// Units that come in or go out other than by orders.
    pub stock: i64,
    /// Units that are kept for unpaid orders.
    pub reserved: i64,
    /// Units paid for.
    pub sold: i64,
}

impl Stock {
    /// Units that can be bought.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.stock.saturating_sub(self.committed())
    }
    /// Units reserved or sold.
    #[must_use]
    pub fn committed(&self) -> u64 {
        self.reserved.saturating_add(self.sold)
    }
}

/// What one show sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// The show's host.
    pub host: Slug,
    /// The number of this sale, in order of appearance.
    pub(super) no: u32,
    /// Whether the show has ended.
    #[serde(default)]
    pub ended: bool,
    /// When windows stood still.
    #[serde(default, skip_serializing_if = "Spans::is_empty")]
    pub spans: Spans,
    /// The offers.
    #[serde(default)]
    pub offers: BTreeMap<Sku, Offer>,
}

/// One product in one show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The number of this offer, in order of appearance over all shows.
    pub(super) no: u32,
    /// Its terms.
    pub terms: Terms,
}

/// What the shop knows. In JSON the indexes are left out and rebuilt on reading.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Saved", from = "Saved")]
pub struct State {
    config: Config,
    products: BTreeMap<Sku, Stock>,
    sales: BTreeMap<Slug, Sale>,
    offers: u32,
    pub(super) book: Book,
}

/// A state as it is written.
#[derive(Clone, Serialize, Deserialize)]
struct Saved {
    #[serde(default)]
    config: Config,
    products: BTreeMap<Sku, Stock>,
    sales: BTreeMap<Slug, Sale>,
    offers: u32,
    orders: Vec<Order>,
    returned: Vec<PaymentId>,
}

impl From<State> for Saved {
    fn from(state: State) -> Self {
        Self {
            orders: state.book.orders().to_vec(),
            returned: state.book.returned().cloned().collect(),
            config: state.config,
            products: state.products,
            sales: state.sales,
            offers: state.offers,
        }
    }
}

impl From<Saved> for State {
    fn from(saved: Saved) -> Self {
        let Saved { config, products, sales, offers, orders, returned } = saved;
        let mut state = Self { config, products, sales, offers, book: Book::default() };
        for order in orders {
            if let Some((sale, offer)) = state.numbers(&order.show, &order.sku) {
                state.book.insert(sale, offer, order);
            }
        }
        for payment in &returned {
            state.book.return_payment(payment);
        }
        state
    }
}

/// The part of a state that its digest takes as JSON.
#[derive(Serialize)]
struct Rest<'a> {
    config: Config,
    products: &'a BTreeMap<Sku, Stock>,
    sales: &'a BTreeMap<Slug, Sale>,
    orders: usize,
    leaves: Hash256,
    returned: Vec<&'a PaymentId>,
}

/// Reading.
impl State {
    /// The settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }
    /// The stock of a product.
    #[must_use]
    pub fn stock(&self, sku: &Sku) -> Option<Stock> {
        self.products.get(sku).copied()
    }
    /// All products in stock keeping.
    pub fn products(&self) -> impl Iterator<Item = (&Sku, &Stock)> {
        self.products.iter()
    }
    /// What a show sells.
    #[must_use]
    pub fn sale(&self, show: &Slug) -> Option<&Sale> {
        self.sales.get(show)
    }
    /// An order.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.book.get(id)
    }
    /// The order that a key placed in a show.
    #[must_use]
    pub fn order_by_key(&self, show: &Slug, key: KeyHash) -> Option<&Order> {
        self.book.by_key(self.sales.get(show)?.no, key)
    }
    /// All orders, in the order in which they were placed.
    #[must_use]
    pub fn orders(&self) -> &[Order] {
        self.book.orders()
    }
    /// The order that a captured payment paid; `None` when there is none or it went back.
    #[must_use]
    pub fn order_of_payment(&self, payment: &PaymentId) -> Option<&Order> {
        self.book.payment(payment).flatten()
    }
    /// When the next reservation expires.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.book.next_due()
    }
    /// What an event does to the row of a product, in units. `self` is any state that knows the event's order: what it
    /// takes of the order never changes. The store guards S-1 a second time with it.
    #[must_use]
    pub fn stock_change(&self, event: &Event) -> Option<(Sku, StockChange)> {
        let of_order = |id: OrderId| self.book.get(id).map(|o| (o.sku.clone(), o.quantity));
        let (sku, [stock, reserved, sold]) = match event {
            Event::Placed(p) => (p.sku.clone(), [0, i64::from(p.quantity), 0]),
            Event::Paid { order, .. } => {
                let (sku, units) = of_order(*order)?;
                (sku, [0, -i64::from(units), i64::from(units)])
            }
            Event::Released { order, .. } => {
                let (sku, units) = of_order(*order)?;
                (sku, [0, -i64::from(units), 0])
            }
            Event::StockOpened { sku, stock } => {
                (sku.clone(), [i64::try_from(*stock).unwrap_or(i64::MAX), 0, 0])
            }
            Event::StockAdjusted { sku, delta } => (sku.clone(), [*delta, 0, 0]),
            _ => return None,
        };
        Some((sku, StockChange { stock, reserved, sold }))
    }
    /// The first product for which S-1 does not hold; for tests and a counter in production.
    #[must_use]
    pub fn oversold(&self) -> Option<(&Sku, Stock)> {
        let mut products = self.products.iter();
        products
            .find(|(_, stock)| stock.committed() > stock.stock)
            .map(|(sku, stock)| (sku, *stock))
    }

    pub(super) fn digest(&self) -> Hash256 {
        let rest = Rest {
            config: self.config,
            products: &self.products,
            sales: &self.sales,
            orders: self.book.orders().len(),
            leaves: self.book.leaves(),
            returned: self.book.returned().collect(),
        };
        digest::of_json("ringlight.shop.v1", &rest)
    }

    fn numbers(&self, show: &Slug, sku: &Sku) -> Option<(u32, u32)> {
        let sale = self.sales.get(show)?;
        Some((sale.no, sale.offers.get(sku)?.no))
    }
}

/// Judging what is not about orders.
impl State {
    pub(super) fn set_config(&self, config: &Config) -> Result<Decision<Shop>, Rejection> {
        if !(60..=7 * 24 * 3600).contains(&config.expires_after_s) {
            return Err(Rejection::BadSetting { field: "expires_after_s".to_owned() });
        }
        let changed = self.config != *config;
        let event = changed.then_some(Event::ConfigSet { config: *config });
        Ok(Decision::events(event.into_iter().collect(), Reply::Done))
    }

    pub(super) fn open_stock(&self, sku: &Sku, stock: u64) -> Result<Decision<Shop>, Rejection> {
        if self.products.contains_key(sku) {
            return Ok(Decision::nothing(Reply::Done));
        }
        if stock > STOCK_MAX {
            return Err(Rejection::StockTooHigh);
        }
        let event = Event::StockOpened { sku: sku.clone(), stock };
        Ok(Decision::events(vec![event], Reply::Done))
    }

    pub(super) fn adjust_stock(
        &self,
        sku: &Sku,
        delta: i64,
        _by: &Actor,
    ) -> Result<Decision<Shop>, Rejection> {
        let now = self.products.get(sku).ok_or(Rejection::UnknownProduct)?;
        let too_low = Rejection::StockTooLow { committed: now.committed() };
        let stock = now.stock.checked_add_signed(delta).ok_or(if delta < 0 {
            too_low.clone()
        } else {
            Rejection::StockTooHigh
        })?;
        if stock < now.committed() {
            return Err(too_low);
        }
        if stock > STOCK_MAX {
            return Err(Rejection::StockTooHigh);
        }
        let event = (delta != 0).then(|| Event::StockAdjusted { sku: sku.clone(), delta });
        Ok(Decision::events(event.into_iter().collect(), Reply::Done))
    }

    pub(super) fn set_sale(&self, show: &Slug, host: &Slug, spans: &Spans) -> Decision<Shop> {
        let known = self.sales.get(show);
        if known.is_some_and(|sale| sale.host == *host && sale.spans == *spans) {
            return Decision::nothing(Reply::Done);
        }
        let (show, host, spans) = (show.clone(), host.clone(), spans.clone());
        Decision::events(vec![Event::SaleSet { show, host, spans }], Reply::Done)
    }

    pub(super) fn set_offer(
        &self,
        show: &Slug,
        sku: &Sku,
        terms: &Terms,
    ) -> Result<Decision<Shop>, Rejection> {
        let sale = self.sales.get(show).ok_or(Rejection::NotPlanned)?;
        if sale.offers.get(sku).is_some_and(|offer| offer.terms == *terms) {
            return Ok(Decision::nothing(Reply::Done));
        }
        if terms.prices.is_empty() {
            return Err(Rejection::BadPrice);
        }
        let (show, sku, terms) = (show.clone(), sku.clone(), terms.clone());
        Ok(Decision::events(vec![Event::OfferSet { show, sku, terms }], Reply::Done))
    }

    pub(super) fn end_sale(&self, show: &Slug) -> Decision<Shop> {
        let selling = self.sales.get(show).is_some_and(|sale| !sale.ended);
        let event = selling.then(|| Event::ShowEnded { show: show.clone() });
        Decision::events(event.into_iter().collect(), Reply::Done)
    }
}

/// Applying.
impl State {
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Placed(placed) => {
                let Some((sale, offer)) = self.numbers(&placed.show, &placed.sku) else { return };
                self.book.place(sale, offer, placed);
                if let Some(stock) = self.products.get_mut(&placed.sku) {
                    stock.reserved = stock.reserved.saturating_add(u64::from(placed.quantity));
                }
            }
            Event::Paid { order, payment, .. } => {
                self.move_order(*order, OrderStatus::Paid, Some(payment));
            }
            Event::Released { order, to, .. } => self.move_order(*order, *to, None),
            Event::Refunded { order, .. } => self.move_order(*order, OrderStatus::Refunded, None),
            Event::PaymentReturned { payment, .. } => self.book.return_payment(payment),
            Event::ConfigSet { config } => self.config = *config,
            Event::StockOpened { sku, stock } => {
                let stock = Stock { stock: *stock, ..Stock::default() };
                self.products.entry(sku.clone()).or_insert(stock);
            }
            Event::StockAdjusted { sku, delta } => {
                if let Some(stock) = self.products.get_mut(sku) {
                    stock.stock = stock.stock.saturating_add_signed(*delta);
                }
            }
            Event::SaleSet { show, host, spans } => self.apply_sale(show, host, spans),
            Event::OfferSet { show, sku, terms } => self.apply_offer(show, sku, terms),
            Event::ShowEnded { show } => {
                if let Some(sale) = self.sales.get_mut(show) {
                    sale.ended = true;
                }
            }
        }
    }

    fn move_order(&mut self, id: OrderId, to: OrderStatus, payment: Option<&PaymentId>) {
        let sales = &self.sales;
        let offer = |order: &Order| {
            sales.get(&order.show).and_then(|s| s.offers.get(&order.sku)).map(|o| o.no)
        };
        let Some((order, from)) = self.book.set(id, to, payment, offer) else { return };
        let Some(stock) = self.products.get_mut(&order.sku) else { return };
        let units = u64::from(order.quantity);
        if from == OrderStatus::Reserved {
            stock.reserved = stock.reserved.saturating_sub(units);
        }
        if to == OrderStatus::Paid {
            stock.sold = stock.sold.saturating_add(units);
        }
    }

    fn apply_sale(&mut self, show: &Slug, host: &Slug, spans: &Spans) {
        let no = self.sales.len() as u32;
        let sale = self.sales.entry(show.clone()).or_insert_with(|| Sale {
            host: host.clone(),
            no,
            ended: false,
            spans: Spans::default(),
            offers: BTreeMap::new(),
        });
        sale.host = host.clone();
        sale.spans = spans.clone();
    }

    fn apply_offer(&mut self, show: &Slug, sku: &Sku, terms: &Terms) {
        let Some(sale) = self.sales.get_mut(show) else { return };
        let next = self.offers;
        let mut new = false;
        let offer = sale.offers.entry(sku.clone()).or_insert_with(|| {
            new = true;
            Offer { no: next, terms: terms.clone() }
        });
        offer.terms = terms.clone();
        self.offers += u32::from(new);
    }
}
