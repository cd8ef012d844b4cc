//! Judging an order.

use units::{Duration, Timestamp};

use super::event::{Effect, Event, Order as Ask, Placed, Reply};
use super::order::Order;
use super::state::State;
use super::{QUANTITY_MAX, Shop};
use crate::decider::Decision;
use crate::rejection::Rejection;

/// The key decides first, so that a retry hears the same whatever has changed since; then what the buyer saw,
/// then what they may have, and the stock last: "sold out" is only said to someone who could have bought.
pub(super) fn place(state: &State, ask: &Ask, at: Timestamp) -> Result<Decision<Shop>, Rejection> {
    if let Some(first) = state.order_by_key(&ask.show, ask.key) {
        if first.body != ask.body {
            return Err(Rejection::KeyReused);
        }
        return Ok(Decision::nothing(Reply::Again(Box::new(first.clone()))));
    }
    let placed = judge(state, ask, at)?;
    let order = Order::new(&placed);
    let effects = if state.config().provider {
        vec![Effect::AskPayment { order: order.id, total: order.total() }]
    } else {
        Vec::new()
    };
    let reply = Reply::Order(Box::new(order));
    Ok(Decision { events: vec![Event::Placed(placed)], effects, reply })
}

fn judge(state: &State, ask: &Ask, at: Timestamp) -> Result<Placed, Rejection> {
    let sale = state.sale(&ask.show).ok_or(Rejection::UnknownOffer)?;
    if sale.ended {
        return Err(Rejection::ShowEnded);
    }
    let offer = sale.offers.get(&ask.sku).ok_or(Rejection::UnknownOffer)?;
    let terms = &offer.terms;
    if !(1..=QUANTITY_MAX).contains(&ask.quantity) {
        return Err(Rejection::BadQuantity { most: QUANTITY_MAX });
    }
    terms.selling(&sale.spans, ask.air).check()?;
    let (price, _) = terms.price_at(ask.air).ok_or(Rejection::OfferClosed)?;
    if ask.price_seen.is_some_and(|seen| seen != price) {
        return Err(Rejection::PriceChanged { price });
    }
    if price.times(ask.quantity).is_err() {
        return Err(Rejection::BadQuantity { most: QUANTITY_MAX });
    }
    if let Some(limit) = terms.limit {
        let have = state.book.bought(offer.no, ask.buyer);
        if have.saturating_add(ask.quantity) > limit {
            return Err(Rejection::LimitReached { limit, have });
        }
    }
    let left = state.stock(&ask.sku).ok_or(Rejection::UnknownProduct)?.left();
    if u64::from(ask.quantity) > left {
        return Err(Rejection::SoldOut { left });
    }
    if state.order(ask.order).is_some() {
        return Err(Rejection::OrderExists);
    }
    let lasts = Duration::from_s(i64::from(state.config().expires_after_s));
    Ok(Placed {
        order: ask.order,
        show: ask.show.clone(),
        host: sale.host.clone(),
        brand: terms.brand.clone(),
        sku: ask.sku.clone(),
        quantity: ask.quantity,
        price,
        buyer: ask.buyer,
        device: ask.device,
        contact: ask.contact,
        air: ask.air,
        key: ask.key,
        body: ask.body,
        at,
        expires_at: at + lasts,
    })
}
