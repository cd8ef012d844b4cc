//! Judging what becomes of an order: paid, cancelled, refunded, expired.

use units::{DeviceId, Money, OrderId, Timestamp};

use super::event::{Effect, Event, Reply};
use super::order::{Order, OrderStatus};
use super::state::State;
use super::{EXPIRE_MAX, Shop};
use crate::decider::Decision;
use crate::names::{Actor, PaymentId};
use crate::rejection::Rejection;

type Decided = Result<Decision<Shop>, Rejection>;

fn reserved(state: &State, id: OrderId) -> Result<&Order, Rejection> {
    let order = state.order(id).ok_or(Rejection::UnknownOrder)?;
    match order.status {
        OrderStatus::Reserved => Ok(order),
        _ => Err(Rejection::OrderNotReserved),
    }
}

fn moved(order: &Order, to: OrderStatus, payment: Option<PaymentId>) -> Reply {
    let payment = payment.or_else(|| order.payment.clone());
    Reply::Order(Box::new(Order { status: to, payment, ..order.clone() }))
}

/// The payment that a person settles an order with. An order has one id, so its payment has one order.
fn hand_payment(id: OrderId) -> Result<PaymentId, Rejection> {
    PaymentId::new(&format!("hand:{id}")).map_err(|_| Rejection::UnknownOrder)
}

pub(super) fn by_hand(state: &State, id: OrderId, _by: &Actor, at: Timestamp) -> Decided {
    let order = reserved(state, id)?;
    let payment = hand_payment(id)?;
    let reply = moved(order, OrderStatus::Paid, Some(payment.clone()));
    Ok(Decision::events(vec![Event::Paid { order: id, payment, at }], reply))
}

/// A captured payment pays its order when that waits for exactly this amount; a second report of the same capture
/// changes nothing; in every other case the money goes back (S-2).
pub(super) fn captured(
    state: &State,
    id: OrderId,
    payment: &PaymentId,
    amount: Money,
    at: Timestamp,
) -> Decision<Shop> {
    if let Some(paid) = state.book.payment(payment) {
        let order = paid.map(|order| Reply::Order(Box::new(order.clone())));
        return Decision::nothing(order.unwrap_or(Reply::Done));
    }
    let payment = payment.clone();
    match reserved(state, id) {
        Ok(order) if order.total() == amount => {
            let reply = moved(order, OrderStatus::Paid, Some(payment.clone()));
            Decision::events(vec![Event::Paid { order: id, payment, at }], reply)
        }
        _ => Decision {
            effects: vec![Effect::ReturnPayment { payment: payment.clone(), amount }],
            events: vec![Event::PaymentReturned { payment, order: id, amount, at }],
            reply: Reply::Done,
        },
    }
}

pub(super) fn by_buyer(state: &State, id: OrderId, device: DeviceId, at: Timestamp) -> Decided {
    // Another device's order looks like none at all, so that ids cannot be probed.
    if state.order(id).is_some_and(|order| order.device != device) {
        return Err(Rejection::UnknownOrder);
    }
    release(state, id, OrderStatus::CancelledByBuyer, at)
}

pub(super) fn by_seller(state: &State, id: OrderId, _by: &Actor, at: Timestamp) -> Decided {
    release(state, id, OrderStatus::CancelledBySeller, at)
}

fn release(state: &State, id: OrderId, to: OrderStatus, at: Timestamp) -> Decided {
    let reply = moved(reserved(state, id)?, to, None);
    Ok(Decision::events(vec![Event::Released { order: id, to, at }], reply))
}

pub(super) fn refund(state: &State, id: OrderId, _by: &Actor, at: Timestamp) -> Decided {
    let order = state.order(id).ok_or(Rejection::UnknownOrder)?;
    if order.status != OrderStatus::Paid {
        return Err(Rejection::OrderNotPaid);
    }
    let payment = order.payment.clone().ok_or(Rejection::OrderNotPaid)?;
    Ok(Decision {
        events: vec![Event::Refunded { order: id, at }],
        effects: vec![Effect::Refund { order: id, payment, total: order.total() }],
        reply: moved(order, OrderStatus::Refunded, None),
    })
}

pub(super) fn expire(state: &State, at: Timestamp) -> Decision<Shop> {
    let released =
        |order: &Order| Event::Released { order: order.id, to: OrderStatus::Expired, at };
    let events = state.book.due(at).take(EXPIRE_MAX).map(released).collect();
    Decision::events(events, Reply::Done)
}
