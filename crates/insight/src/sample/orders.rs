//! What would have been sold, what was lost, and what others took over.

use super::market::{Market, pick};
use super::shows::{Air, Planned};
use super::{RETURNED, SampleOrder, Setup};
use crate::calendar::DAY_S;
use crate::draws::{Domain, Stream};

/// Streams of orders begin here.
const STREAMS: u64 = 4 << 40;
/// Orders with what they hide.
pub(super) struct Made {
    pub(super) orders: Vec<SampleOrder>,
    /// By host: what it would have sold without incidents, minor units.
    pub(super) undisturbed: Vec<f64>,
    /// By host and dark spell.
    pub(super) losses: Vec<Vec<Loss>>,
}

/// What a dark spell cost, minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    /// While it was dark.
    pub(super) dark: f64,
    /// While sales came back.
    pub(super) after: f64,
    /// What others took over of both; below zero where they lost as well.
    pub(super) taken_over: f64,
    /// What others took over of the sales of the dark days.
    pub(super) taken_over_dark: f64,
}

/// An order that somebody lost.
struct Lost {
    order: SampleOrder,
    spell: usize,
    dark: bool,
}

pub(super) fn make(setup: &Setup, market: &Market, air: &Air) -> Made {
    let mut made = Made {
        orders: Vec::new(),
        undisturbed: vec![0.0; market.hosts.len()],
        losses: (0..setup.hosts)
            .map(|host| vec![Loss::default(); air.host(host).dark.len()])
            .collect(),
    };
    let mut lost = Vec::new();
    for host in 0..setup.hosts {
        let mut stream = Stream::new(setup.seed, Domain::Sample, STREAMS + u64::from(host));
        for show in &air.host(host).planned {
            sell(setup, market, air, host, show, &mut stream, &mut made, &mut lost);
        }
    }
    made.orders.sort_by_key(|order| (order.at, order.host, order.buyer));
    if setup.substitution > 0.0 {
        take_over(setup, market, air, &lost, &mut made);
    } else {
        lose_too(setup, market, &lost, &mut made);
    }
    give_back(setup, &mut made.orders);
    made
}

#[expect(clippy::too_many_arguments, reason = "one show, and where its orders go")]
fn sell(
    setup: &Setup,
    market: &Market,
    air: &Air,
    host: u32,
    show: &Planned,
    stream: &mut Stream,
    made: &mut Made,
    lost: &mut Vec<Lost>,
) {
    let who = &market.hosts[host as usize];
    for _ in 0..stream.poisson(show.orders) {
        let at = show.start + (stream.uniform() * f64::from(show.end - show.start)) as u32;
        let (Some(buyer), Some(brand)) = (pick(&who.audience, stream), pick(&who.brands, stream))
        else {
            return;
        };
        let price = market.brands[brand as usize].price * libm::exp(0.4 * stream.normal());
        let minor = libm::round(price * 100.0) as i64;
        let order = SampleOrder { at, host, brand, buyer, minor, sale: 0 };
        made.undisturbed[host as usize] += minor as f64;
        // Drawn whatever happens, so that other incidents leave the other orders as they are.
        let luck = stream.uniform();
        match air.host(host).missing(setup, at) {
            Some((spell, missing)) if luck < missing => {
                let loss = &mut made.losses[host as usize][spell];
                *(if missing == 1.0 { &mut loss.dark } else { &mut loss.after }) += minor as f64;
                lost.push(Lost { order, spell, dark: missing == 1.0 });
            }
            _ => made.orders.push(order),
        }
    }
}

/// Some of what was lost is bought from another host of the buyer, if that one is on air.
fn take_over(setup: &Setup, market: &Market, air: &Air, lost: &[Lost], made: &mut Made) {
    for (one, number) in lost.iter().zip(0..) {
        let mut stream = Stream::new(setup.seed, Domain::Sample, 2 * STREAMS + number);
        if stream.uniform() >= setup.substitution {
            continue;
        }
        let taste = &market.tastes[one.order.buyer as usize];
        let others: Vec<u32> =
            taste.iter().copied().filter(|host| *host != one.order.host).collect();
        let host = match others.len() {
            0 => market.any_other_host(one.order.host, &mut stream),
            count => others[stream.below(count as u64) as usize],
        };
        let time = air.host(host);
        if host == one.order.host || time.is_dark(one.order.at) {
            continue;
        }
        let Some(at) = time.nearest(one.order.at, &mut stream) else { continue };
        let brand = pick(&market.hosts[host as usize].brands, &mut stream).unwrap_or(0);
        made.orders.push(SampleOrder { at, host, brand, ..one.order });
        made.add(one, one.order.minor as f64);
    }
    made.orders.sort_by_key(|order| (order.at, order.host, order.buyer));
}

/// For some of what was lost, somebody of the same audience does not buy from another host, either.
fn lose_too(setup: &Setup, market: &Market, lost: &[Lost], made: &mut Made) {
    let mut gone = vec![false; made.orders.len()];
    for (one, number) in lost.iter().zip(0..) {
        let mut stream = Stream::new(setup.seed, Domain::Sample, 2 * STREAMS + number);
        if stream.uniform() >= -setup.substitution {
            continue;
        }
        let near = |at: u32| made.orders.partition_point(|order| order.at < at);
        let from = near(one.order.at.saturating_sub(3 * DAY_S));
        let until = near(one.order.at.saturating_add(3 * DAY_S));
        let begin = from + stream.below((until - from) as u64) as usize;
        let found = (begin..until).chain(from..begin).find(|place| {
            let order = &made.orders[*place];
            let taste = &market.tastes[order.buyer as usize];
            !gone[*place] && order.host != one.order.host && taste.contains(&one.order.host)
        });
        if let Some(place) = found {
            gone[place] = true;
            made.add(one, -(made.orders[place].minor as f64));
        }
    }
    let mut place = 0;
    made.orders.retain(|_| {
        place += 1;
        !gone[place - 1]
    });
}

impl Made {
    fn add(&mut self, lost: &Lost, minor: f64) {
        let loss = &mut self.losses[lost.order.host as usize][lost.spell];
        loss.taken_over += minor;
        loss.taken_over_dark += if lost.dark { minor } else { 0.0 };
    }
}

/// Numbers sales, and adds returns some days later.
fn give_back(setup: &Setup, orders: &mut Vec<SampleOrder>) {
    let mut returns = Vec::new();
    for (order, sale) in orders.iter_mut().zip(1..) {
        order.sale = sale;
        let mut stream = Stream::new(setup.seed, Domain::Sample, 3 * STREAMS + u64::from(sale));
        if stream.uniform() < RETURNED {
            let at = order.at + (3.0 + 7.0 * stream.uniform()) as u32 * DAY_S;
            if at < setup.end() {
                returns.push(SampleOrder { at, minor: -order.minor, ..*order });
            }
        }
    }
    orders.append(&mut returns);
    orders.sort_by_key(|order| (order.at, order.sale));
}
