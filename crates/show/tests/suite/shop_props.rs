//! Properties of the shop under whatever comes in: S-1, S-2, one answer per key, the limit per buyer, and that windows are
//! exactly as long as they were stated.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use show::offer::{Selling, Span, Spans, Terms, Window};
use show::shop::{Event, Input, Order, OrderStatus, PlaceOrder, Reply, Shop, State};
use show::*;
use units::*;

use crate::world::{T0, by, cases, text};

const SKUS: [&str; 2] = ["LIP", "EYE"];
const SHOWS: [&str; 2] = ["evening", "noon"];

/// One thing that may happen; numbers pick among a few of each so that they collide often.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Place {
        show: u8,
        sku: u8,
        quantity: u32,
        buyer: u8,
        key: u8,
        body: u8,
        seen: Option<i64>,
        air: i64,
    },
    Settle(u8),
    Capture {
        order: u8,
        payment: u8,
        minor: i64,
    },
    CancelBuyer {
        order: u8,
        device: u8,
    },
    CancelSeller(u8),
    Refund(u8),
    Adjust {
        sku: u8,
        delta: i64,
    },
    Terms {
        show: u8,
        sku: u8,
        price: i64,
        limit: Option<u32>,
        window: Option<(i64, i64)>,
    },
    Freeze {
        show: u8,
        from: i64,
        len: Option<i64>,
    },
    End(u8),
    Pass {
        s: i64,
    },
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let one = 0u8..2;
    // Ordinary values, and now and then the ends of the range.
    let air = prop_oneof![20 => -5i64..40, 1 => Just(i64::MIN), 1 => Just(i64::MAX)];
    let place = (one.clone(), one.clone(), 0u32..5, 0u8..3, 0u8..30, 0u8..3, air);
    let place = (place, prop::option::weighted(0.2, 7900i64..7902));
    let minor = prop_oneof![Just(7900i64), Just(15_800), Just(i64::MAX)];
    let window = prop::option::of((0i64..30, 0i64..40));
    let terms = (one.clone(), one.clone(), 7900i64..7902, prop::option::of(1u32..4), window);
    prop_oneof![
        12 => place.prop_map(|((show, sku, quantity, buyer, key, body, air), seen)| {
            Op::Place { show, sku, quantity, buyer, key, body, seen, air }
        }),
        3 => (0u8..30).prop_map(Op::Settle),
        3 => (0u8..30, 0u8..20, minor).prop_map(|(order, payment, minor)| {
            Op::Capture { order, payment, minor }
        }),
        2 => (0u8..30, 0u8..3).prop_map(|(order, device)| Op::CancelBuyer { order, device }),
        2 => (0u8..30).prop_map(Op::CancelSeller),
        1 => (0u8..30).prop_map(Op::Refund),
        1 => (one.clone(), -6i64..6).prop_map(|(sku, delta)| Op::Adjust { sku, delta }),
        1 => terms.prop_map(|(show, sku, price, limit, window)| {
            Op::Terms { show, sku, price, limit, window }
        }),
        1 => (one.clone(), 0i64..20, prop::option::of(0i64..9)).prop_map(|(show, from, len)| {
            Op::Freeze { show, from, len }
        }),
        1 => Just(Op::End(1)),
        2 => (0i64..1200).prop_map(|s| Op::Pass { s }),
    ]
}

fn secs(s: i64) -> AirTime {
    AirTime::from_start(Duration::from_s(s))
}

fn money(minor: i64) -> Money {
    Money { minor, currency: "CNY".parse().expect("a currency") }
}

fn show(i: u8) -> Slug {
    SHOWS[usize::from(i)].parse().expect("a slug")
}

fn sku(i: u8) -> Sku {
    SKUS[usize::from(i)].parse().expect("a SKU")
}

/// The inputs that open both shows with both products.
pub(crate) fn opening() -> Vec<Input> {
    let mut inputs = Vec::new();
    for i in 0..2 {
        inputs.push(Input::StockOpened { sku: sku(i), stock: 9 });
    }
    for i in 0..2 {
        let host = "anna".parse().expect("a slug");
        inputs.push(Input::SaleSet { show: show(i), host, spans: Spans::default() });
        for j in 0..2 {
            let terms = Terms::new("rouge".parse().expect("a slug"), money(7900), secs(0));
            inputs.push(Input::OfferSet { show: show(i), sku: sku(j), terms });
        }
    }
    inputs
}

/// An operation as an input. `n` makes ids of new orders; old ones are named by how many came before.
pub(crate) fn input(op: &Op, n: usize, orders: &[Order]) -> Input {
    let nth = |i: &u8| {
        let order = orders.get(usize::from(*i)).map(|order| order.id);
        order.unwrap_or(OrderId::from_u128(1 << 100))
    };
    match op {
        Op::Place { show: s, sku: k, quantity, buyer, key, body, seen, air } => {
            Input::Place(PlaceOrder {
                order: OrderId::from_u128(n as u128 + 1),
                show: show(*s),
                sku: sku(*k),
                quantity: *quantity,
                buyer: BuyerHash(u128::from(*buyer)),
                device: DeviceId::from_u128(u128::from(*buyer)),
                contact: text("contact"),
                price_seen: seen.map(money),
                air: AirTime(air.saturating_mul(FLICKS_PER_S)),
                key: KeyHash(u128::from(*key)),
                body: BodyHash(u128::from(*body)),
            })
        }
        Op::Settle(i) => Input::Settle { order: nth(i), by: by() },
        Op::Capture { order, payment, minor } => {
            let payment = format!("p{payment}").parse().expect("a payment");
            Input::Captured { order: nth(order), payment, amount: money(*minor) }
        }
        Op::CancelBuyer { order, device } => {
            let device = DeviceId::from_u128(u128::from(*device));
            Input::CancelByBuyer { order: nth(order), device }
        }
        Op::CancelSeller(i) => Input::CancelBySeller { order: nth(i), by: by() },
        Op::Refund(i) => Input::Refund { order: nth(i), by: by() },
        Op::Adjust { sku: k, delta } => {
            Input::StockAdjusted { sku: sku(*k), delta: *delta, by: by() }
        }
        Op::Terms { show: s, sku: k, price, limit, window } => {
            let mut terms = Terms::new("rouge".parse().expect("a slug"), money(*price), secs(0));
            terms.limit = *limit;
            terms.window = window.map(|(opens, len)| Window {
                opens: Some(secs(opens)),
                closes: Some(secs(opens + len)),
            });
            Input::OfferSet { show: show(*s), sku: sku(*k), terms }
        }
        Op::Freeze { show: s, from, len } => {
            let span = Span { from: secs(*from), to: len.map(|len| secs(from + len)) };
            let host = "anna".parse().expect("a slug");
            Input::SaleSet { show: show(*s), host, spans: vec![span].into() }
        }
        Op::End(s) => Input::ShowEnded { show: show(*s) },
        Op::Pass { .. } => Input::Expire,
    }
}

/// What must hold of any state. S-1 and S-2, counted from the orders alone.
pub(crate) fn check_state(state: &State) {
    let mut reserved: BTreeMap<&Sku, u64> = BTreeMap::new();
    let mut sold: BTreeMap<&Sku, u64> = BTreeMap::new();
    let mut payments = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for order in state.orders() {
        let units = u64::from(order.quantity);
        match order.status {
            OrderStatus::Reserved => *reserved.entry(&order.sku).or_default() += units,
            OrderStatus::Paid | OrderStatus::Refunded => {
                *sold.entry(&order.sku).or_default() += units;
                let payment = order.payment.as_ref().expect("paid orders have a payment");
                assert!(payments.insert(payment), "S-2: {payment} paid two orders");
                let found = state.order_of_payment(payment).map(|order| order.id);
                assert_eq!(found, Some(order.id), "S-2");
            }
            _ => assert_eq!(order.payment, None, "S-2: {order:?}"),
        }
        assert!(keys.insert((&order.show, order.key)), "one order per key");
    }
    for (sku, stock) in state.products() {
        assert!(stock.reserved + stock.sold <= stock.stock, "S-1: {stock:?}");
        assert_eq!(stock.reserved, reserved.get(sku).copied().unwrap_or(0));
        assert_eq!(stock.sold, sold.get(sku).copied().unwrap_or(0));
    }
}

fn check_decision(state: &State, input: &Input, decision: &Decision<Shop>) {
    let Input::Place(ask) = input else { return };
    match &decision.reply {
        Reply::Order(order) => {
            let sale = state.sale(&ask.show).expect("a sale");
            let terms = &sale.offers[&ask.sku].terms;
            assert!(!sale.ended);
            assert_eq!(terms.selling(&sale.spans, ask.air), Selling::Yes);
            assert_eq!(Some(order.price), terms.price_at(ask.air).map(|(price, _)| price));
            let mine = state
                .orders()
                .iter()
                .filter(|old| (&old.show, &old.sku, old.buyer) == (&ask.show, &ask.sku, ask.buyer));
            let counts = |order: &&Order| {
                use OrderStatus::*;
                matches!(order.status, Reserved | Paid | Refunded)
            };
            let have: u32 = mine.filter(counts).map(|order| order.quantity).sum();
            assert!(terms.limit.is_none_or(|limit| have + order.quantity <= limit));
        }
        Reply::Again(order) => {
            assert!(decision.events.is_empty() && decision.effects.is_empty());
            assert_eq!((order.key, order.body), (ask.key, ask.body));
        }
        Reply::Done => panic!("an order is answered by an order"),
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn stock_money_keys_and_limits_hold(ops in prop::collection::vec(op(), 0..120)) {
        let mut state = State::default();
        let (mut replay, mut now) = (State::default(), T0);
        let (mut returned, mut rows) = (BTreeSet::new(), BTreeMap::new());
        let opening = opening();
        let inputs = opening.iter().cloned().map(Ok).chain(ops.iter().map(Err));
        for (n, step) in inputs.enumerate() {
            if let Err(Op::Pass { s }) = &step {
                now = now + Duration::from_s(*s);
            }
            let input = step.unwrap_or_else(|op| input(op, n, state.orders()));
            let Ok(decision) = Shop::decide(&state, &input, now) else { continue };
            check_decision(&state, &input, &decision);
            for event in &decision.events {
                if let Event::PaymentReturned { payment, .. } = event {
                    prop_assert!(returned.insert(payment.clone()), "{payment} went back twice");
                }
                Shop::evolve(&mut state, event);
                if let Some((sku, change)) = state.stock_change(event) {
                    let row = rows.entry(sku).or_insert([0i64; 3]);
                    let by = [change.stock, change.reserved, change.sold];
                    row.iter_mut().zip(by).for_each(|(n, by)| *n += by);
                }
                // R-1 through the bytes of the log.
                let bytes = serde_json::to_vec(event).expect("json");
                Shop::evolve(&mut replay, &serde_json::from_slice(&bytes).expect("an event"));
            }
            check_state(&state);
            for (sku, stock) in state.products() {
                let row = [stock.stock, stock.reserved, stock.sold].map(|n| n as i64);
                prop_assert_eq!(rows[sku], row);
            }
            prop_assert!(returned.iter().all(|p| state.order_of_payment(p).is_none()), "S-2");
        }
        prop_assert_eq!(&replay, &state);
        prop_assert_eq!(Shop::digest(&replay), Shop::digest(&state));
        let saved = serde_json::to_vec(&state).expect("json");
        let loaded: State = serde_json::from_slice(&saved).expect("a state");
        prop_assert_eq!(&loaded, &state);
        let due = Shop::deadline(&state);
        prop_assert_eq!(due, state.orders().iter().filter(|o| o.status == OrderStatus::Reserved)
            .map(|o| o.expires_at).min());
    }

    /// Against a stop-watch: each second that is not frozen takes one second off what is left until the window
    /// opens, then off what is left until it closes.
    #[test]
    fn a_window_is_as_long_as_it_was_stated(
        opens in 0i64..12, len in 1i64..12, set in 0i64..12,
        cuts in prop::collection::vec((0i64..40, prop::option::weighted(0.9, 0i64..8)), 0..5),
    ) {
        let opens = set + opens;
        let spans: Vec<Span> = cuts.iter()
            .map(|&(from, len)| Span { from: secs(from), to: len.map(|len| secs(from + len)) })
            .collect();
        let spans = Spans::from(spans);
        let mut terms = Terms::new("rouge".parse().expect("a slug"), money(1), secs(set));
        terms.window = Some(Window { opens: Some(secs(opens)), closes: Some(secs(opens + len)) });
        let (mut until_open, mut until_close) = (opens - set, opens + len - set);
        for t in set..set + 90 {
            let frozen = cuts.iter().any(|&(from, len)| t >= from && len.is_none_or(|len| t < from + len));
            let found = terms.selling(&spans, secs(t));
            let expected = match found {
                // A window that has run out to the second when a cut begins is over either way.
                Selling::Frozen { .. } if until_close == 0 => found,
                _ if until_close == 0 => Selling::Closed,
                Selling::Frozen { .. } if frozen => found,
                Selling::NotYet { .. } if !frozen && until_open > 0 => found,
                _ => Selling::Yes,
            };
            prop_assert_eq!(found, expected, "at {}", t);
            if found == Selling::Yes {
                prop_assert!(!frozen && until_open == 0 && until_close > 0, "at {}", t);
            }
            if !frozen {
                until_open = (until_open - 1).max(0);
                until_close = (until_close - 1).max(0);
            }
        }
    }
}
