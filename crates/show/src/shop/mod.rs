//! Stock and orders of all shows: the decider behind the stream `shop`.
//!
//! It replays alone: what it must know of a show (terms, frozen spans, that it has ended) comes in as input
//! from the show's own stream. Rules kept here: S-1 reserved + sold ≤ stock; S-2 a captured payment has exactly
//! one order; one answer per idempotency key; a limit per buyer; a price and a window as the buyer saw them.

mod book;
mod event;
mod order;
mod place;
mod refusals;
mod settle;
mod state;

pub use event::{Effect, Event, Input, Order as PlaceOrder, Placed, Reply};
pub use order::{Order, OrderStatus};
pub use refusals::{REFUSALS_MAX, Refusals};
pub use state::{Config, Offer, Sale, State, Stock, StockChange};

use units::Timestamp;

use crate::decider::{Decider, Decision, Weight};
use crate::names::Hash256;
use crate::rejection::Rejection;

/// The most units in one order.
pub const QUANTITY_MAX: u32 = 1000;
/// The most units of one product that stock keeping counts.
pub const STOCK_MAX: u64 = 1_000_000_000;
/// Reservations that one decision lets expire; the rest follow in the next.
pub const EXPIRE_MAX: usize = 500;
/// An unpaid reservation lasts this long unless the configuration says otherwise: 30 minutes.
pub const EXPIRES_AFTER_S: u32 = 30 * 60;

/// The decider of stock and orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shop;

impl Decider for Shop {
    const NAME: &'static str = "shop";
    type State = State;
    type Input = Input;
    type Event = Event;
    type Effect = Effect;
    type Reply = Reply;
    type Memory = Refusals;

    fn decide(state: &State, input: &Input, at: Timestamp) -> Result<Decision<Self>, Rejection> {
        match input {
            Input::Place(order) => place::place(state, order, at),
            Input::Settle { order, by } => settle::by_hand(state, *order, by, at),
            Input::Captured { order, payment, amount } => {
                Ok(settle::captured(state, *order, payment, *amount, at))
            }
            Input::CancelByBuyer { order, device } => settle::by_buyer(state, *order, *device, at),
            Input::CancelBySeller { order, by } => settle::by_seller(state, *order, by, at),
            Input::Refund { order, by } => settle::refund(state, *order, by, at),
            Input::Expire => Ok(settle::expire(state, at)),
            Input::ConfigSet { config } => state.set_config(config),
            Input::StockOpened { sku, stock } => state.open_stock(sku, *stock),
            Input::StockAdjusted { sku, delta, by } => state.adjust_stock(sku, *delta, by),
            Input::SaleSet { show, host, spans } => Ok(state.set_sale(show, host, spans)),
            Input::OfferSet { show, sku, terms } => state.set_offer(show, sku, terms),
            Input::ShowEnded { show } => Ok(state.end_sale(show)),
        }
    }

    fn evolve(state: &mut State, event: &Event) {
        state.apply(event);
    }

    fn digest(state: &State) -> Hash256 {
        state.digest()
    }

    fn weight(input: &Input) -> Weight {
        match input {
            Input::Captured { .. } => Weight::Fact,
            _ => Weight::Ask,
        }
    }

    fn deadline(state: &State) -> Option<Timestamp> {
        state.next_expiry()
    }

    fn wake() -> Option<Input> {
        Some(Input::Expire)
    }

    fn is_milestone(event: &Event) -> bool {
        matches!(event, Event::ShowEnded { .. })
    }

    fn recall(memory: &Refusals, input: &Input) -> Option<Rejection> {
        let Input::Place(order) = input else { return None };
        memory.recall(&order.show, order.key, order.body)
    }

    fn remember(memory: &mut Refusals, input: &Input, rejection: &Rejection) {
        if let (Input::Place(order), Rejection::SoldOut { left }) = (input, rejection) {
            memory.remember(&order.show, order.key, order.body, *left);
        }
    }
}
