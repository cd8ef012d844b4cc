//! Orders added up: by host, brand, category, month and day. Amounts are net of returns, in units of the currency.

use std::collections::HashMap;

use crate::calendar::{DAY_S, Day, Month};
use crate::import::{Dataset, Show};
use crate::watch::{Stage, Stopped, Watch};

/// Days in a row without any order, show or dark host, from which on data are taken as missing.
pub const GAP_DAYS: i32 = 14;
/// Orders between two words to whoever watches.
const WATCH_ORDERS: usize = 1 << 18;

/// Days of which there are data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day with an order or a show.
    pub first: Day,
    /// The last one.
    pub last: Day,
    /// From and until when nothing is known, both days included.
    pub gaps: Vec<(Day, Day)>,
}

/// What one host sold on one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostDay {
    /// Which day.
    pub day: Day,
    /// Net sales.
    pub gmv: f64,
    /// Hours of the clock with an order.
    pub hours_with_orders: u32,
}

/// Sales by host within one group and month; a group is a brand, a category, or the whole platform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Number of the brand or category; 0 for the platform.
    pub group: u32,
    /// Which month.
    pub month: Month,
    /// Number of the host.
    pub host: u32,
    /// Net sales.
    pub gmv: f64,
}

/// Orders added up.
#[derive(Clone, Debug)]
pub struct Sales {
    /// Days of which there are data.
    pub span: Span,
    /// By number of the host, each by day.
    pub days: Vec<Vec<HostDay>>,
    /// Of the whole platform, by month and host.
    pub platform: Vec<Cell>,
    /// Of each brand, by brand, month and host.
    pub brands: Vec<Cell>,
    /// Of each category, by category, month and host.
    pub categories: Vec<Cell>,
}

impl Span {
    /// Whether there are data of a day.
    #[must_use]
    pub fn knows(&self, day: Day) -> bool {
        day >= self.first
            && day <= self.last
            && !self.gaps.iter().any(|(from, until)| (*from..=*until).contains(&day))
    }

    /// Days of which there are data.
    #[must_use]
    pub fn days(&self) -> i32 {
        let missing: i32 = self.gaps.iter().map(|(from, until)| until.0 - from.0 + 1).sum();
        self.last.0 - self.first.0 + 1 - missing
    }

    /// The first second after the last day.
    #[must_use]
    pub fn end(&self) -> u32 {
        (self.last.0.max(0) as u32).saturating_add(1).saturating_mul(DAY_S)
    }
}

impl Sales {
    /// Adds up.
    pub fn of(data: &Dataset, watch: &dyn Watch) -> Result<Self, Stopped> {
        let hosts = data.hosts.len();
        let unit = 10f64.powi(data.currency.decimals() as i32);
        let mut days: Vec<Vec<HostDay>> = vec![Vec::new(); hosts];
        let mut last_hour = vec![u32::MAX; hosts];
        let mut month = Sums::default();
        let (mut platform, mut brands, mut categories) = (Vec::new(), Vec::new(), Vec::new());
        let (mut today, mut this_month) = (Day(i32::MIN), Month(i32::MIN));
        for (number, order) in data.orders.iter().enumerate() {
            if number % WATCH_ORDERS == 0 {
                watch.at(Stage::Totals, number as u64, data.orders.len() as u64)?;
            }
            let day = Day::of(order.at);
            if day != today {
                today = day;
                if day.month() != this_month {
                    month.close(this_month, &mut platform, &mut brands, &mut categories);
                    this_month = day.month();
                }
            }
            let (host, gmv) = (order.host as usize, order.minor as f64 / unit);
            match days[host].last_mut() {
                Some(last) if last.day == day => last.gmv += gmv,
                _ => days[host].push(HostDay { day, gmv, hours_with_orders: 0 }),
            }
            let hour = order.at / 3600;
            if last_hour[host] != hour {
                last_hour[host] = hour;
                if let Some(last) = days[host].last_mut() {
                    last.hours_with_orders += 1;
                }
            }
            month.add(order.host, order.brand, order.category, gmv);
        }
        month.close(this_month, &mut platform, &mut brands, &mut categories);
        for cells in [&mut brands, &mut categories] {
            cells.sort_unstable_by_key(|cell| (cell.group, cell.month, cell.host));
        }
        let span = span(data, &days);
        Ok(Self { span, days, platform, brands, categories })
    }

    /// Net sales of each host.
    #[must_use]
    pub fn by_host(&self) -> Vec<f64> {
        self.days.iter().map(|days| days.iter().map(|day| day.gmv).sum()).collect()
    }

    /// Net sales of a host from a day until before another.
    #[must_use]
    pub fn between(&self, host: u32, from: Day, until: Day) -> &[HostDay] {
        let Some(days) = self.days.get(host as usize) else { return &[] };
        let start = days.partition_point(|day| day.day < from);
        let end = days.partition_point(|day| day.day < until).max(start);
        &days[start..end]
    }
}

/// Sums of one month.
#[derive(Default)]
struct Sums {
    hosts: HashMap<u32, f64>,
    brands: HashMap<(u32, u32), f64>,
    categories: HashMap<(u32, u32), f64>,
}

impl Sums {
    fn add(&mut self, host: u32, brand: u32, category: u32, gmv: f64) {
        *self.hosts.entry(host).or_default() += gmv;
        *self.brands.entry((brand, host)).or_default() += gmv;
        *self.categories.entry((category, host)).or_default() += gmv;
    }

    /// Empties itself into the lists. Maps have no order of their own; the platform's list is by month already.
    fn close(
        &mut self,
        month: Month,
        platform: &mut Vec<Cell>,
        brands: &mut Vec<Cell>,
        categories: &mut Vec<Cell>,
    ) {
        let from = platform.len();
        platform.extend(self.hosts.drain().map(|(host, gmv)| Cell { group: 0, month, host, gmv }));
        platform[from..].sort_unstable_by_key(|cell| cell.host);
        for (sums, cells) in [(&mut self.brands, brands), (&mut self.categories, categories)] {
            cells.extend(sums.drain().map(|((group, host), gmv)| Cell { group, month, host, gmv }));
        }
    }
}

/// First and last day, and the gaps between: runs of days with no order, no show, and no host that is known to be dark.
fn span(data: &Dataset, days: &[Vec<HostDay>]) -> Span {
    let mut known: Vec<(i32, i32)> = Vec::new();
    for host in days {
        known.extend(host.iter().map(|day| (day.day.0, day.day.0)));
    }
    known.extend(data.shows.iter().map(|show| (Day::of(show.start).0, Day::of(show.end - 1).0)));
    let first = known.iter().map(|(from, _)| *from).min().unwrap_or_default();
    let last = known.iter().map(|(_, until)| *until).max().unwrap_or_default();
    for incident in data.incidents.iter().flatten() {
        let from = Day::of(incident.at).0;
        let until = from.saturating_add(libm::ceil(incident.dark_days) as i32);
        if until >= first && from <= last {
            known.push((from.max(first), until.min(last)));
        }
    }
    known.sort_unstable();
    let mut gaps = Vec::new();
    let mut reached = first;
    for (from, until) in known {
        if from - reached > GAP_DAYS {
            gaps.push((Day(reached + 1), Day(from - 1)));
        }
        reached = reached.max(until);
    }
    Span { first: Day(first), last: Day(last), gaps }
}

/// Hours on air of a host's shows within two moments.
#[must_use]
pub fn hours_between(shows: &[Show], from: u32, until: u32) -> f64 {
    let part = |show: &Show| f64::from(show.end.min(until).saturating_sub(show.start.max(from)));
    shows.iter().map(part).sum::<f64>() / 3600.0
}

/// The shows of one host, of a list by host and start.
#[must_use]
pub fn shows_of(shows: &[Show], host: u32) -> &[Show] {
    let start = shows.partition_point(|show| show.host < host);
    let end = shows.partition_point(|show| show.host <= host);
    &shows[start..end]
}
