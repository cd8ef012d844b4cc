//! A made-up platform with its truth: hosts, brands, buyers, shows, incidents and orders, from a seed. It is for trying things out
//! and for tests that ask whether estimates find what was put in. Every id in it says that it is synthetic.
//!
//! Sales are drawn as they would have been without incidents. An incident makes its host dark; each order that is lost by it, then and
//! while sales come back, goes to another host of the same buyer with the probability that is the true substitution (below
//! zero: the audience buys less from others, too). So what each incident cost is known to the cent.

mod market;
mod orders;
mod shows;
#[cfg(test)]
mod tests;
mod truth;
mod write;

pub use truth::{IncidentTruth, Truth};

use crate::calendar::{DAY_S, Day};
use crate::exposure::model::After;
use crate::import::{Dataset, Import, ImportError, Incident, OrderRow};
use market::Market;

/// Where orders are returned, a part of them is.
pub const RETURNED: f64 = 0.03;
/// By how much weekly sales grow with weekly hours: sales ~ hours^this.
pub const ELASTICITY: f64 = 0.7;

/// What is put in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setup {
    /// Names all streams.
    pub seed: u64,
    /// How many hosts, at least 1.
    pub hosts: u32,
    /// How many brands, at least 1.
    pub brands: u32,
    /// How many buyers, at least 1.
    pub buyers: u32,
    /// The first day.
    pub first: Day,
    /// How many days.
    pub days: u32,
    /// Orders a day on average.
    pub orders_per_day: f64,
    /// Incidents a year on average.
    pub incidents_per_year: f64,
    /// Shape of the gamma that hosts' hazards are drawn from.
    pub hazard_shape: f64,
    /// Half of the dark episodes are longer than this.
    pub dark_median_days: f64,
    /// Spread of the logarithm of dark days.
    pub dark_sigma: f64,
    /// How sales come back.
    pub after: After,
    /// Which part others take over.
    pub substitution: f64,
}

impl Setup {
    /// Fifty hosts, two hundred brands, two years.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            hosts: 50,
            brands: 200,
            buyers: 30_000,
            first: Day(19_723),
            days: 731,
            orders_per_day: 350.0,
            incidents_per_year: 8.0,
            hazard_shape: 2.0,
            dark_median_days: 14.0,
            dark_sigma: 0.7,
            after: After { depth: 0.4, recovery_days: 30.0 },
            substitution: 0.25,
        }
    }

    fn start(&self) -> u32 {
        self.first.0.max(0) as u32 * DAY_S
    }

    fn end(&self) -> u32 {
        self.start() + self.days * DAY_S
    }
}

/// A made-up platform.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What was put in.
    pub setup: Setup,
    /// What estimates should find.
    pub truth: Truth,
    market: Market,
    orders: Vec<SampleOrder>,
    shows: Vec<(u32, u32, u32)>,
    follows: Vec<(u32, u32, u32, Option<u32>)>,
    incidents: Vec<Incident>,
}

/// One order or return.
#[derive(Clone, Copy, Debug)]
struct SampleOrder {
    at: u32,
    host: u32,
    brand: u32,
    buyer: u32,
    minor: i64,
    /// The order that a return is of; ids are those of sales.
    sale: u32,
}

impl Sample {
    /// Makes it up; the same setup gives the same platform.
    #[must_use]
    pub fn of(setup: &Setup) -> Self {
        let setup = Setup {
            hosts: setup.hosts.max(1),
            brands: setup.brands.max(1),
            buyers: setup.buyers.max(1),
            ..*setup
        };
        let market = Market::of(&setup);
        let air = shows::Air::of(&setup, &market);
        let made = orders::make(&setup, &market, &air);
        let incidents = air.incidents();
        let truth = Truth::of(&setup, &market, &air, &made);
        let follows = market.follows(&setup, &air);
        Self { setup, truth, market, orders: made.orders, shows: air.shows(), follows, incidents }
    }

    /// As rows, without files.
    pub fn data(&self) -> Result<Dataset, ImportError> {
        let mut import = Import::new();
        let (mut id, mut buyer) = (String::new(), String::new());
        for (number, order) in self.orders.iter().enumerate() {
            use std::fmt::Write;
            id.clear();
            buyer.clear();
            // Writing to a string never fails.
            let _ = write!(id, "synthetic-{}", order.sale);
            let _ = write!(buyer, "synthetic-{}", order.buyer);
            let row = OrderRow {
                id: id.as_bytes(),
                at: order.at,
                host: &self.market.hosts[order.host as usize].name,
                brand: &self.market.brands[order.brand as usize].name,
                category: self.market.brands[order.brand as usize].category,
                buyer: buyer.as_bytes(),
                minor: order.minor,
                currency: write::currency(),
            };
            import.order(number as u64 + 2, &row)?;
        }
        for (host, start, end) in &self.shows {
            import.show(&self.market.hosts[*host as usize].name, *start, *end)?;
        }
        for incident in &self.incidents {
            import.incident(&self.market.hosts[incident.host as usize].name, incident.clone());
        }
        import.finish()
    }
}
