//! The orders and the ways to find one. Nothing here judges; the indexes are never part of a digest
//! because they follow from the orders.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use units::{OrderId, Timestamp};

use super::event::Placed;
use super::order::{Order, OrderStatus};
use crate::digest::LeafSum;
use crate::names::{BuyerHash, Hash256, KeyHash, PaymentId};

/// All orders in the order in which they were placed, with indexes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Book {
    orders: Vec<Order>,
    by_id: BTreeMap<OrderId, u32>,
    /// By sale and idempotency key.
    by_key: HashMap<(u32, KeyHash), u32, BuildHasherDefault<Mix>>,
    /// Units per offer and buyer that count against the limit.
    bought: HashMap<(u32, BuyerHash), u32, BuildHasherDefault<Mix>>,
    /// Reservations by the moment at which they expire.
    due: BTreeSet<(Timestamp, u32)>,
    /// What became of each captured payment: the order it paid, or none when it went back.
    payments: BTreeMap<PaymentId, Option<u32>>,
    leaves: LeafSum,
}

impl Book {
    pub(super) fn orders(&self) -> &[Order] {
        &self.orders
    }
    pub(super) fn get(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(*self.by_id.get(&id)? as usize)
    }
    pub(super) fn by_key(&self, sale: u32, key: KeyHash) -> Option<&Order> {
        self.orders.get(*self.by_key.get(&(sale, key))? as usize)
    }
    pub(super) fn bought(&self, offer: u32, buyer: BuyerHash) -> u32 {
        self.bought.get(&(offer, buyer)).copied().unwrap_or(0)
    }
    /// What became of a payment: `None` when it was never seen.
    pub(super) fn payment(&self, id: &PaymentId) -> Option<Option<&Order>> {
        let slot = self.payments.get(id)?;
        Some(slot.and_then(|i| self.orders.get(i as usize)))
    }
    pub(super) fn returned(&self) -> impl Iterator<Item = &PaymentId> {
        self.payments.iter().filter(|(_, slot)| slot.is_none()).map(|(id, _)| id)
    }
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }
    /// Reservations whose time has come, the oldest first.
    pub(super) fn due(&self, at: Timestamp) -> impl Iterator<Item = &Order> {
        let passed = self.due.iter().take_while(move |(due, _)| *due <= at);
        passed.filter_map(|(_, i)| self.orders.get(*i as usize))
    }
    pub(super) fn leaves(&self) -> Hash256 {
        self.leaves.value()
    }

    pub(super) fn place(&mut self, sale: u32, offer: u32, placed: &Placed) {
        self.insert(sale, offer, Order::new(placed));
    }

    /// Takes in an order in whatever state it is. A second order with the same id changes nothing.
    pub(super) fn insert(&mut self, sale: u32, offer: u32, order: Order) {
        let Ok(i) = u32::try_from(self.orders.len()) else { return };
        if self.by_id.contains_key(&order.id) {
            return;
        }
        self.by_id.insert(order.id, i);
        self.by_key.insert((sale, order.key), i);
        if counts(order.status) {
            let bought = self.bought.entry((offer, order.buyer)).or_default();
            *bought = bought.saturating_add(order.quantity);
        }
        if order.status == OrderStatus::Reserved {
            self.due.insert((order.expires_at, i));
        }
        if let Some(payment) = &order.payment {
            self.payments.insert(payment.clone(), Some(i));
        }
        let mut leaf = Vec::with_capacity(384);
        order.leaf(&mut leaf);
        self.leaves.add(&leaf);
        self.orders.push(order);
    }

    /// Moves an order to a new status and says what it was before. `offer` finds the offer of an order.
    pub(super) fn set(
        &mut self,
        id: OrderId,
        to: OrderStatus,
        payment: Option<&PaymentId>,
        offer: impl Fn(&Order) -> Option<u32>,
    ) -> Option<(Order, OrderStatus)> {
        let i = *self.by_id.get(&id)?;
        let order = self.orders.get_mut(i as usize)?;
        let mut leaf = Vec::with_capacity(384);
        order.leaf(&mut leaf);
        self.leaves.remove(&leaf);
        let from = order.status;
        order.status = to;
        if let Some(payment) = payment {
            order.payment = Some(payment.clone());
            self.payments.insert(payment.clone(), Some(i));
        }
        order.leaf(&mut leaf);
        self.leaves.add(&leaf);
        if from == OrderStatus::Reserved {
            self.due.remove(&(order.expires_at, i));
        }
        if counts(from)
            && !counts(to)
            && let Some(offer) = offer(order)
        {
            let left = self.bought(offer, self.orders[i as usize].buyer);
            let order = &self.orders[i as usize];
            match left.saturating_sub(order.quantity) {
                0 => self.bought.remove(&(offer, order.buyer)),
                left => self.bought.insert((offer, order.buyer), left),
            };
        }
        Some((self.orders[i as usize].clone(), from))
    }

    pub(super) fn return_payment(&mut self, payment: &PaymentId) {
        self.payments.entry(payment.clone()).or_insert(None);
    }
}

/// Whether an order in this status counts against the limit per buyer.
fn counts(status: OrderStatus) -> bool {
    matches!(status, OrderStatus::Reserved | OrderStatus::Paid | OrderStatus::Refunded)
}

/// Hashes keys that are keyed hashes already: it only has to bring their parts together. The two maps that use it are
/// never iterated, so nothing depends on their order.
#[derive(Debug, Clone, Copy, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.write_u64(chunk.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)));
        }
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    fn write_u128(&mut self, n: u128) {
        self.write_u64(n as u64);
        self.write_u64((n >> 64) as u64);
    }
    fn finish(&self) -> u64 {
        // A product's high bits are its best, and a table takes its place from the low ones.
        self.0.rotate_left(26)
    }
}
