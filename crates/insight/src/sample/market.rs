//! Who is there: hosts, brands and buyers, and who buys from whom.

use super::{Setup, shows::Air};
use crate::draws::{Domain, Stream};

/// Categories; prices differ between them.
const CATEGORIES: [(&str, f64); 8] = [
    ("beauty", 110.0),
    ("fashion", 150.0),
    ("food", 60.0),
    ("home", 130.0),
    ("baby", 120.0),
    ("sports", 180.0),
    ("electronics", 420.0),
    ("jewellery", 300.0),
];
/// Streams of the market begin here.
const STREAMS: u64 = 1 << 40;

/// One host.
#[derive(Clone, Debug)]
pub(super) struct Host {
    pub(super) name: String,
    /// Part of all orders.
    pub(super) size: f64,
    /// Incidents an hour on air.
    pub(super) hazard: f64,
    pub(super) hours_per_week: f64,
    /// Brands that it sells, by running sum of weight.
    pub(super) brands: Vec<(f64, u32)>,
    /// Its buyers, by running sum of weight.
    pub(super) audience: Vec<(f64, u32)>,
}

/// One brand.
#[derive(Clone, Debug)]
pub(super) struct Brand {
    pub(super) name: String,
    pub(super) category: &'static str,
    pub(super) price: f64,
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Market {
    pub(super) hosts: Vec<Host>,
    pub(super) brands: Vec<Brand>,
    /// The hosts that each buyer buys from.
    pub(super) tastes: Vec<Vec<u32>>,
    sizes: Vec<(f64, u32)>,
}

impl Market {
    pub(super) fn of(setup: &Setup) -> Self {
        let mut stream = Stream::new(setup.seed, Domain::Sample, STREAMS);
        let brands: Vec<Brand> =
            (0..setup.brands).map(|number| brand(number, &mut stream)).collect();
        let mut hosts: Vec<Host> =
            (0..setup.hosts).map(|number| host(number, setup, &mut stream)).collect();
        let all: f64 = hosts.iter().map(|host| host.size).sum();
        hosts.iter_mut().for_each(|host| host.size /= all);
        let hours_per_year: f64 = hosts.iter().map(|host| host.hours_per_week * 365.25 / 7.0).sum();
        let mean = setup.incidents_per_year / hours_per_year;
        for host in &mut hosts {
            host.hazard = mean * stream.gamma(setup.hazard_shape) / setup.hazard_shape.max(1e-9);
        }
        let sizes = running(hosts.iter().map(|host| host.size).zip(0..));
        let mut tastes = Vec::with_capacity(setup.buyers as usize);
        for buyer in 0..setup.buyers {
            let mut stream =
                Stream::new(setup.seed, Domain::Sample, STREAMS + 1 + u64::from(buyer));
            let weight = libm::exp(0.8 * stream.normal());
            let taste = taste(&sizes, &mut stream);
            for host in &taste {
                let audience = &mut hosts[*host as usize].audience;
                let before = audience.last().map_or(0.0, |(sum, _)| *sum);
                audience.push((before + weight, buyer));
            }
            tastes.push(taste);
        }
        Self { hosts, brands, tastes, sizes }
    }

    /// Any host but one, by size; that one where there is no other.
    pub(super) fn any_other_host(&self, one: u32, stream: &mut Stream) -> u32 {
        (0..64).find_map(|_| pick(&self.sizes, stream).filter(|host| *host != one)).unwrap_or(one)
    }

    /// Viewer, host, from and until: buyers follow some of their hosts, and a few leave at an incident.
    pub(super) fn follows(&self, setup: &Setup, air: &Air) -> Vec<(u32, u32, u32, Option<u32>)> {
        let mut follows = Vec::new();
        for (viewer, hosts) in self.tastes.iter().enumerate() {
            let mut stream = Stream::new(setup.seed, Domain::Sample, 2 * STREAMS + viewer as u64);
            for host in hosts {
                if stream.uniform() > 0.6 {
                    continue;
                }
                let at = setup.start()
                    + (0.5 * stream.uniform() * f64::from(setup.end() - setup.start())) as u32;
                let leaves = |spell: &&super::shows::Dark| spell.at > at && stream.uniform() < 0.03;
                let until = air.host(*host).dark.iter().find(leaves).map(|spell| spell.at);
                follows.push((viewer as u32, *host, at, until));
            }
        }
        follows.sort_by_key(|follow| follow.2);
        follows
    }
}

/// Weights as running sums.
pub(super) fn running(weights: impl Iterator<Item = (f64, u32)>) -> Vec<(f64, u32)> {
    let mut sum = 0.0;
    let add = |(weight, number): (f64, u32)| {
        sum += weight;
        (sum, number)
    };
    weights.map(add).collect()
}

/// One of a list of running sums, by weight; `None` of an empty one.
pub(super) fn pick(running: &[(f64, u32)], stream: &mut Stream) -> Option<u32> {
    let (all, _) = running.last()?;
    let at = stream.uniform() * all;
    let place = running.partition_point(|(sum, _)| *sum < at).min(running.len() - 1);
    Some(running[place].1)
}

fn brand(number: u32, stream: &mut Stream) -> Brand {
    let (category, price) = CATEGORIES[number as usize % CATEGORIES.len()];
    let price = price * libm::exp(0.3 * stream.normal());
    Brand { name: format!("synthetic brand {:03}", number + 1), category, price }
}

fn host(number: u32, setup: &Setup, stream: &mut Stream) -> Host {
    let size = libm::exp(0.25 * stream.normal()) / libm::pow(f64::from(number) + 1.0, 0.9);
    let hours_per_week = 8.0 + 20.0 * stream.uniform();
    let count = 6 + stream.below(9);
    let brand =
        |rank: u64| (1.0 / (rank as f64 + 1.0), stream.below(u64::from(setup.brands)) as u32);
    let brands = running((0..count).map(brand));
    let name = format!("synthetic host {:02}", number + 1);
    Host { name, size, hazard: 0.0, hours_per_week, brands, audience: Vec::new() }
}

/// One host by size, and some more.
fn taste(sizes: &[(f64, u32)], stream: &mut Stream) -> Vec<u32> {
    let mut hosts = Vec::new();
    let wanted = 1 + (0..3).take_while(|_| stream.uniform() < 0.6).count();
    for _ in 0..4 * wanted {
        if let Some(host) = pick(sizes, stream)
            && !hosts.contains(&host)
        {
            hosts.push(host);
        }
        if hosts.len() == wanted {
            break;
        }
    }
    hosts
}
