//! Who buys in a scenario, who takes it back, and who stops following.

use std::collections::{BTreeMap, VecDeque};

use show::sentinel::room::Channel;
use show::shop::{Input as Sell, PlaceOrder, Reply};
use show::text::TextRef;
use show::{BodyHash, BuyerHash, KeyHash};
use units::{DeviceId, Duration, OrderId, TextId, Timestamp};

use super::form::{Buyers, BuyersChange};
use super::house::{House, name};
use crate::ledger::Heard;
use crate::onair::producer;
use crate::turns::audience::poisson;
use crate::world::Rng;

/// What a buyer writes on a parcel: it must not be found in any log.
pub(super) const CONTACT: &str = "王小明 139-0000-1234";
/// A buyer pays within these milliseconds.
const PAYS_MS: (i64, i64) = (20_000, 90_000);

/// What is done so many times a minute.
#[derive(Debug, Clone, Copy, Default)]
struct Rates {
    orders: f64,
    cancellations: f64,
    refunds: f64,
    unfollows: f64,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) orders: u32,
    pub(super) refused: u32,
    pub(super) cancelled: u32,
    pub(super) refunded: u32,
    pub(super) unfollowed: u32,
}

impl Done {
    fn plus(&mut self, other: Self) {
        self.orders += other.orders;
        self.refused += other.refused;
        self.cancelled += other.cancelled;
        self.refunded += other.refunded;
        self.unfollowed += other.unfollowed;
    }
}

enum Errand {
    Place(DeviceId),
    Settle(OrderId, DeviceId),
    Cancel(DeviceId),
    Refund(DeviceId),
}

/// See the module.
pub(super) struct Trade {
    rng: Rng,
    rates: Rates,
    buyers: i64,
    asked: BTreeMap<u64, Errand>,
    /// Orders that wait for their money, and when it comes.
    reserved: Vec<(Timestamp, OrderId, DeviceId)>,
    paid: Vec<(OrderId, DeviceId)>,
    /// When the orders of the last minute were placed.
    lately: VecDeque<Timestamp>,
    /// Of the minute at hand, and of the whole show.
    pub(super) minute: Done,
    pub(super) all: Done,
    /// Refusals by code.
    pub(super) refused: BTreeMap<&'static str, u32>,
}

/// Something that the room's reader counts.
pub(super) type Event = (Channel, u128);

impl Trade {
    pub(super) fn new(buyers: Option<&Buyers>, viewers: u32, seed: u64) -> Self {
        let rates = buyers.map_or_else(Rates::default, |buyers| Rates {
            orders: buyers.orders_per_min.0,
            cancellations: buyers.cancellations_per_min.0,
            refunds: buyers.refunds_per_min.0,
            unfollows: buyers.unfollows_per_min.0,
        });
        Self {
            rng: Rng::new(seed, 21),
            rates,
            buyers: i64::from(viewers).max(1),
            asked: BTreeMap::new(),
            reserved: Vec::new(),
            paid: Vec::new(),
            lately: VecDeque::new(),
            minute: Done::default(),
            all: Done::default(),
            refused: BTreeMap::new(),
        }
    }

    /// From now on it is like this.
    pub(super) fn change(&mut self, to: &BuyersChange) {
        let rates = &mut self.rates;
        rates.orders = to.orders_per_min.map_or(rates.orders, |rate| rate.0);
        rates.cancellations = to.cancellations_per_min.map_or(rates.cancellations, |rate| rate.0);
        rates.refunds = to.refunds_per_min.map_or(rates.refunds, |rate| rate.0);
        rates.unfollows = to.unfollows_per_min.map_or(rates.unfollows, |rate| rate.0);
    }

    fn who(&mut self) -> u128 {
        self.rng.range(1, self.buyers + 1) as u128
    }

    /// A second of buying; answers what the room's reader counts of it at once.
    pub(super) fn second(&mut self, house: &mut House) -> Result<Vec<Event>, crate::Violation> {
        let now = house.now;
        while self.lately.front().is_some_and(|at| now - *at > Duration::from_s(60)) {
            self.lately.pop_front();
        }
        for _ in 0..poisson(&mut self.rng, self.rates.orders / 60.0) {
            self.place(house)?;
        }
        while let Some(at) = self.reserved.iter().position(|(due, ..)| *due <= now) {
            let (_, order, device) = self.reserved.swap_remove(at);
            let ask = house.sell(Sell::Settle { order, by: producer() })?;
            self.asked.insert(ask, Errand::Settle(order, device));
        }
        for _ in 0..poisson(&mut self.rng, self.rates.cancellations / 60.0) {
            if !self.reserved.is_empty() {
                let at = self.rng.below(self.reserved.len());
                let (_, order, device) = self.reserved.swap_remove(at);
                let ask = house.sell(Sell::CancelByBuyer { order, device })?;
                self.asked.insert(ask, Errand::Cancel(device));
            }
        }
        for _ in 0..poisson(&mut self.rng, self.rates.refunds / 60.0) {
            if !self.paid.is_empty() {
                let at = self.rng.below(self.paid.len());
                let (order, device) = self.paid.swap_remove(at);
                let ask = house.sell(Sell::Refund { order, by: producer() })?;
                self.asked.insert(ask, Errand::Refund(device));
            }
        }
        let mut events = Vec::new();
        for _ in 0..poisson(&mut self.rng, self.rates.unfollows / 60.0) {
            self.minute.unfollowed += 1;
            events.push((Channel::Unfollows, self.who()));
        }
        Ok(events)
    }

    fn place(&mut self, house: &mut House) -> Result<(), crate::Violation> {
        let air = house.air_now();
        let shown = house.pinned();
        let sku = shown.or_else(|| house.show.state().sale.offers.keys().next().cloned());
        let Some(sku) = sku else { return Ok(()) };
        let who = self.who();
        let contact = format!("{CONTACT} {who}");
        let device = DeviceId::from_u128(who);
        let order = PlaceOrder {
            order: OrderId::from_u128(house.ids.next()),
            show: name(),
            price_seen: house.show.committed().offer(&sku, air).map(|view| view.price),
            sku,
            quantity: 1,
            buyer: BuyerHash(who),
            device,
            contact: TextRef::new(TextId::from_u128(house.ids.next()), &[7; 32], &contact),
            air,
            key: KeyHash(house.ids.next()),
            body: BodyHash(house.ids.next()),
        };
        let ask = house.sell(Sell::Place(order))?;
        self.asked.insert(ask, Errand::Place(device));
        Ok(())
    }

    /// What the shop has answered; gives what the room's reader counts of it.
    pub(super) fn hear(&mut self, house: &mut House) -> Vec<Event> {
        let mut events = Vec::new();
        for (ask, heard) in std::mem::take(&mut house.answered) {
            let Some(errand) = self.asked.remove(&ask) else { continue };
            match (errand, heard) {
                (Errand::Place(device), Heard::Answer(Reply::Order(order))) => {
                    self.minute.orders += 1;
                    self.lately.push_back(house.now);
                    let pays = house.now + self.rng.ms(PAYS_MS.0, PAYS_MS.1);
                    self.reserved.push((pays, order.id, device));
                }
                (Errand::Place(_), Heard::Refused(rejection)) => {
                    self.minute.refused += 1;
                    *self.refused.entry(rejection.code()).or_default() += 1;
                }
                (Errand::Settle(order, device), Heard::Answer(_)) => {
                    self.paid.push((order, device));
                }
                (Errand::Cancel(device), Heard::Answer(_)) => {
                    self.minute.cancelled += 1;
                    events.push((Channel::Cancellations, device.as_u128()));
                }
                (Errand::Refund(device), Heard::Answer(_)) => {
                    self.minute.refunded += 1;
                    events.push((Channel::Refunds, device.as_u128()));
                }
                _ => {}
            }
        }
        events
    }

    /// Orders in the last minute.
    pub(super) fn per_min(&self) -> u32 {
        u32::try_from(self.lately.len()).unwrap_or(u32::MAX)
    }

    /// Ends a minute; answers what it brought.
    pub(super) fn end_minute(&mut self) -> Done {
        let minute = std::mem::take(&mut self.minute);
        self.all.plus(minute);
        minute
    }
}
