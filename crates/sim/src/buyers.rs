//! Buyers, sellers and a payment provider: orders with retries and repeated keys, at prices seen or misremembered,
//! cancelled and refunded; payments captured late, twice, for the wrong amount or for nothing.

use std::collections::{BTreeMap, BTreeSet};

use show::shop::{Effect, Input, Order, OrderStatus, PlaceOrder, Reply, Shop, State};
use show::text::TextRef;
use show::{BodyHash, BuyerHash, KeyHash, PaymentId, Sku, Slug};
use store::{MemoryStore, OutboxKey, Reader};
use units::{AirTime, DeviceId, Money, OrderId, TextId, Timestamp};

use crate::check::{Checked, Invariant, holds};
use crate::ledger::Heard;
use crate::onair::producer;
use crate::world::{Ids, Rng};

/// Text that must not be found in any log.
pub(crate) const SECRET: &str = "李雷 138-0013-8000";
/// Units of the limited product that one buyer may have.
pub(crate) const LIMIT: u32 = 3;
/// Different buyers.
const BUYERS: i64 = 12;

/// The products: the first has a limit, the second a small stock, the third plenty.
pub(crate) fn skus() -> [Sku; 4] {
    ["LIMITED", "SCARCE", "PLENTY", "UNKNOWN"]
        .map(|name| name.parse().unwrap_or_else(|_| unreachable!()))
}

pub(crate) fn brand() -> Slug {
    slug("rouge")
}

pub(crate) fn slug(text: &str) -> Slug {
    text.parse().unwrap_or_else(|_| unreachable!("{text} is a slug"))
}

/// A price.
pub(crate) fn price(rng: &mut Rng) -> Money {
    let currency = "CNY".parse().unwrap_or_else(|_| unreachable!());
    Money { minor: rng.pick(&[0, 4900, 7900, 9900]), currency }
}

/// A payment that was captured.
#[derive(Clone, Debug)]
struct Capture {
    payment: PaymentId,
    order: OrderId,
    amount: Money,
}

/// Why somebody asks the shop.
#[derive(Clone, Debug)]
enum Errand {
    Place(PlaceOrder),
    /// A payment is reported until the report is answered; then perhaps once more.
    Capture(Capture, u32),
    Change(Input),
    /// Something of the house: stock, settings, terms.
    House,
}

/// Who sells and buys what, and what they were told.
pub(crate) struct Buyers {
    rng: Rng,
    asked: BTreeMap<u64, Errand>,
    later: Vec<(Timestamp, Errand)>,
    /// Orders that somebody was told of.
    told: BTreeMap<OrderId, OrderStatus>,
    /// What each key got.
    keys: BTreeMap<(Slug, KeyHash), (BodyHash, OrderId)>,
    tried: Vec<PlaceOrder>,
    /// Payments whose report was answered.
    captured: BTreeSet<PaymentId>,
    /// What the provider has done, by the effect's key.
    provider: BTreeMap<OutboxKey, Effect>,
    /// Refusals by code.
    pub(crate) refused: BTreeMap<&'static str, u64>,
    /// Orders placed, answers that were refusals, and questions asked again.
    pub(crate) counts: [u64; 3],
}

/// What a buyer can see of one show.
pub(crate) struct Window<'a> {
    pub(crate) show: &'a show::State,
    pub(crate) air: AirTime,
}

impl Buyers {
    pub(crate) fn new(rng: Rng) -> Self {
        Self {
            rng,
            asked: BTreeMap::new(),
            later: Vec::new(),
            told: BTreeMap::new(),
            keys: BTreeMap::new(),
            tried: Vec::new(),
            captured: BTreeSet::new(),
            provider: BTreeMap::new(),
            refused: BTreeMap::new(),
            counts: [0; 3],
        }
    }

    /// What is asked now, each with the number that the answer comes back with.
    pub(crate) fn step(
        &mut self,
        windows: &[Window<'_>],
        now: Timestamp,
        open: bool,
        ids: &mut Ids,
    ) -> Vec<(u64, Input)> {
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.later).into_iter().partition(|(at, _)| *at <= now);
        self.later = later;
        let mut errands: Vec<Errand> = due.into_iter().map(|(_, errand)| errand).collect();
        if open && self.rng.chance(300) {
            let order = self.wish(windows, ids);
            self.tried.push(order.clone());
            errands.push(Errand::Place(order));
        }
        if open && self.rng.chance(8) {
            let (sku, delta) = (skus()[self.rng.below(4)].clone(), self.rng.range(-6, 8));
            errands.push(Errand::Change(Input::StockAdjusted { sku, delta, by: producer() }));
        }
        errands.into_iter().map(|errand| self.ask(errand, ids)).collect()
    }

    fn ask(&mut self, errand: Errand, ids: &mut Ids) -> (u64, Input) {
        let input = match &errand {
            Errand::Place(order) => Input::Place(order.clone()),
            Errand::Capture(c, _) => {
                Input::Captured { order: c.order, payment: c.payment.clone(), amount: c.amount }
            }
            Errand::Change(input) => input.clone(),
            Errand::House => Input::Expire,
        };
        let ask = ids.next() as u64;
        self.asked.insert(ask, errand);
        (ask, input)
    }

    /// The house asks; nobody retries it here.
    pub(crate) fn house(&mut self, ids: &mut Ids) -> u64 {
        let ask = ids.next() as u64;
        self.asked.insert(ask, Errand::House);
        ask
    }

    fn wish(&mut self, windows: &[Window<'_>], ids: &mut Ids) -> PlaceOrder {
        let rng = &mut self.rng;
        // Somebody presses again, or an app uses a key for something else.
        if !self.tried.is_empty() && rng.chance(150) {
            let mut again = self.tried[rng.below(self.tried.len())].clone();
            again.order = OrderId::from_u128(ids.next());
            if rng.chance(250) {
                again.quantity += 1;
                again.body = BodyHash(again.body.0 + 1);
            }
            return again;
        }
        let window = &windows[rng.below(windows.len())];
        let (sku, buyer) = (skus()[rng.below(4)].clone(), rng.range(1, BUYERS) as u128);
        let air = window.air - rng.ms(-500, 15_000);
        let seen = window.show.offer(&sku, air).map(|view| view.price);
        let quantity = rng.pick(&[1, 1, 1, 2, 3, 0]);
        let contact = format!("{SECRET} {buyer}");
        PlaceOrder {
            order: OrderId::from_u128(ids.next()),
            show: window
                .show
                .plan
                .as_ref()
                .map_or_else(|| slug("nowhere"), |plan| plan.show.clone()),
            sku,
            quantity,
            buyer: BuyerHash(buyer),
            device: DeviceId::from_u128(buyer),
            contact: TextRef::new(TextId::from_u128(ids.next()), &[7; 32], &contact),
            price_seen: if rng.chance(100) {
                Some(price(rng))
            } else {
                seen.filter(|_| rng.chance(800))
            },
            air,
            key: KeyHash(ids.next()),
            body: BodyHash(ids.next() << 8),
        }
    }

    /// An order of one unit by the first buyer, whose body is its key.
    pub(crate) fn order(
        &mut self,
        show: Slug,
        sku: &Sku,
        key: u128,
        air: AirTime,
        ids: &mut Ids,
    ) -> PlaceOrder {
        PlaceOrder {
            order: OrderId::from_u128(ids.next()),
            show,
            sku: sku.clone(),
            quantity: 1,
            buyer: BuyerHash(1),
            device: DeviceId::from_u128(1),
            contact: TextRef::new(TextId::from_u128(ids.next()), &[7; 32], SECRET),
            price_seen: None,
            air,
            key: KeyHash(key),
            body: BodyHash(key),
        }
    }

    /// An answer came.
    pub(crate) fn heard(
        &mut self,
        ask: u64,
        heard: Heard<Shop>,
        disk: &MemoryStore,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Checked {
        let Some(errand) = self.asked.remove(&ask) else { return Ok(()) };
        match (heard, errand) {
            (Heard::Lost, errand) => {
                self.counts[2] += 1;
                self.again(errand, ids, now);
                Ok(())
            }
            (Heard::Refused(rejection), Errand::Place(order)) => {
                self.counts[1] += 1;
                *self.refused.entry(rejection.code()).or_default() += 1;
                let known = self.keys.get(&(order.show, order.key));
                let reused = known.is_some_and(|(body, _)| *body == order.body);
                holds(Invariant::Answer, !reused, || {
                    format!("a key that has an order is refused: {}", rejection.code())
                })
            }
            (Heard::Refused(_), _) => Ok(()),
            (Heard::Answer(reply), errand) => self.answered(reply, errand, disk, ids, now),
        }
    }

    /// Asks the same again, in a while. A place gets a new id, as a retry over HTTP does.
    fn again(&mut self, mut errand: Errand, ids: &mut Ids, now: Timestamp) {
        if let Errand::Place(order) = &mut errand {
            order.order = OrderId::from_u128(ids.next());
        }
        let gives_up =
            matches!(errand, Errand::Place(_) | Errand::Change(_)) && self.rng.chance(200);
        if !gives_up && !matches!(errand, Errand::House) {
            self.later.push((now + self.rng.ms(50, 3000), errand));
        }
    }

    fn answered(
        &mut self,
        reply: Reply,
        errand: Errand,
        disk: &MemoryStore,
        ids: &mut Ids,
        now: Timestamp,
    ) -> Checked {
        if let Reply::Order(order) | Reply::Again(order) = &reply {
            let row = disk.order(order.id).ok().flatten();
            holds(Invariant::S3, row.is_some(), || {
                format!("{:?} was told and is not stored", order.id)
            })?;
            self.told.insert(order.id, order.status);
        }
        match (reply, errand) {
            (Reply::Order(order), Errand::Place(asked)) => {
                let as_asked = order.id == asked.order
                    && asked.price_seen.is_none_or(|seen| seen == order.price);
                holds(Invariant::Answer, as_asked, || {
                    format!("{order:?} is not what was asked: {asked:?}")
                })?;
                self.counts[0] += 1;
                self.key(&asked, order.id)?;
                self.plan(&order, ids, now);
                Ok(())
            }
            (Reply::Again(order), Errand::Place(asked)) => self.key(&asked, order.id),
            (_, Errand::Capture(capture, reports)) => {
                self.captured.insert(capture.payment.clone());
                if reports > 1 {
                    self.later.push((
                        now + self.rng.ms(0, 20_000),
                        Errand::Capture(capture, reports - 1),
                    ));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn key(&mut self, asked: &PlaceOrder, order: OrderId) -> Checked {
        let place = (asked.show.clone(), asked.key);
        let known = self.keys.entry(place).or_insert((asked.body, order));
        holds(Invariant::Answer, *known == (asked.body, order), || {
            format!("a key got {order:?} for {:?} after {known:?}", asked.body)
        })
    }

    /// What becomes of a new order: it is paid in one way or another, or taken back, or nobody does anything.
    fn plan(&mut self, order: &Order, ids: &mut Ids, now: Timestamp) {
        let id = order.id;
        let mut errands = Vec::new();
        match self.rng.below(12) {
            0..=5 => {
                let payments = if self.rng.chance(100) { 2 } else { 1 };
                for _ in 0..payments {
                    let Ok(payment) = format!("pay-{}", ids.next()).parse() else { continue };
                    let mut amount = order.total();
                    amount.minor += i64::from(self.rng.chance(60));
                    let order =
                        if self.rng.chance(30) { OrderId::from_u128(ids.next()) } else { id };
                    let reports = if self.rng.chance(250) { 2 } else { 1 };
                    errands.push(Errand::Capture(Capture { payment, order, amount }, reports));
                }
            }
            6 => errands.push(Errand::Change(Input::Settle { order: id, by: producer() })),
            7 | 8 => {
                let device =
                    if self.rng.chance(900) { order.device } else { DeviceId::from_u128(0) };
                errands.push(Errand::Change(Input::CancelByBuyer { order: id, device }));
            }
            9 => errands.push(Errand::Change(Input::CancelBySeller { order: id, by: producer() })),
            _ => {}
        }
        if self.rng.chance(150) {
            errands.push(Errand::Change(Input::Refund { order: id, by: producer() }));
        }
        for errand in errands {
            // A reservation lasts a minute here, so some payments come too late.
            self.later.push((now + self.rng.ms(0, 90_000), errand));
        }
    }

    /// The provider carries out an effect; it may be told of it more than once.
    pub(crate) fn carry_out(&mut self, key: &OutboxKey, effect: Effect) -> Checked {
        let known = self.provider.entry(key.clone()).or_insert_with(|| effect.clone());
        holds(Invariant::S2, *known == effect, || {
            format!("{key:?} is {effect:?} and was {known:?}")
        })
    }

    /// The process died: nobody hears an answer any more, and all ask again.
    pub(crate) fn restarted(&mut self, shop: &State, ids: &mut Ids, now: Timestamp) -> Checked {
        for id in self.told.keys() {
            holds(Invariant::S3, shop.order(*id).is_some(), || {
                format!("{id:?} was told and is lost")
            })?;
        }
        for (_, errand) in std::mem::take(&mut self.asked) {
            self.again(errand, ids, now);
        }
        Ok(())
    }

    /// Nobody waits and nothing is planned.
    pub(crate) fn is_idle(&self) -> bool {
        self.asked.is_empty() && self.later.is_empty()
    }

    /// What holds at any moment of any state of the shop.
    pub(crate) fn check(shop: &State) -> Checked {
        holds(Invariant::S1, shop.oversold().is_none(), || {
            format!("oversold: {:?}", shop.oversold())
        })
    }

    /// S-2, and the limit per buyer, once everything has come to rest.
    pub(crate) fn check_end(&self, shop: &State) -> Checked {
        let returned = |id: &PaymentId| {
            let mine = |effect: &&Effect| matches!(effect, Effect::ReturnPayment { payment, .. } if payment == id);
            self.provider.values().filter(mine).count()
        };
        for payment in &self.captured {
            let paid = shop
                .orders()
                .iter()
                .filter(|order| order.payment.as_ref() == Some(payment))
                .count();
            let back = returned(payment);
            holds(Invariant::S2, paid + back == 1, || {
                format!("{payment:?} has paid {paid} orders and gone back {back} times")
            })?;
        }
        for order in shop.orders().iter().filter(|order| order.status == OrderStatus::Refunded) {
            let mine = |effect: &&Effect| matches!(effect, Effect::Refund { order: id, .. } if *id == order.id);
            let refunds = self.provider.values().filter(mine).count();
            holds(Invariant::S2, refunds == 1, || {
                format!("{:?} was refunded {refunds} times", order.id)
            })?;
        }
        let mut bought: BTreeMap<(&Slug, BuyerHash), u32> = BTreeMap::new();
        let counts = [OrderStatus::Reserved, OrderStatus::Paid, OrderStatus::Refunded];
        for order in
            shop.orders().iter().filter(|o| o.sku == skus()[0] && counts.contains(&o.status))
        {
            *bought.entry((&order.show, order.buyer)).or_default() += order.quantity;
        }
        let greedy = bought.iter().find(|(_, units)| **units > LIMIT);
        holds(Invariant::S1, greedy.is_none(), || {
            format!("more than {LIMIT} were sold to {greedy:?}")
        })
    }
}
