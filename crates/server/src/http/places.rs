//! How many connections one address has at a time: one sender must not take all the places there are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::proxy::{Network, Peer};
use crate::metrics::Counter;

/// Places by address. The table holds only addresses that are connected, so the limit of all connections bounds it.
pub(crate) struct Places {
    /// For each address; 0: as many as there are.
    max: usize,
    /// Proxies, behind which many people are.
    trusted: Vec<Network>,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// One place, given back when it is dropped.
pub(crate) struct Place(Option<(Arc<Places>, IpAddr)>);

impl Places {
    pub(crate) fn new(max: usize, trusted: Vec<Network>) -> Arc<Self> {
        Arc::new(Self { max, trusted, taken: Mutex::default() })
    }

    /// Whether many people may be behind this address.
    pub(crate) fn is_proxy(&self, ip: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.holds(ip))
    }

    /// A place for a connection from `ip`, whose whole network counts when it is one of IPv6; `None` when its places are
    /// taken.
    pub(crate) fn take(self: &Arc<Self>, ip: IpAddr) -> Option<Place> {
        if self.max == 0 || self.is_proxy(ip) {
            return Some(Place(None));
        }
        let sender = Peer { ip, https: false }.sender();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(sender).or_default();
        if *own >= self.max {
            return None;
        }
        *own += 1;
        Some(Place(Some((Arc::clone(self), sender))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((places, sender)) = self.0.take() else { return };
        let mut taken = places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&sender) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&sender);
            }
        }
    }
}

/// The way in to a port: so many connections in all, and so many from one address.
pub(crate) struct Gate {
    all: Arc<Semaphore>,
    pub(crate) each: Arc<Places>,
    /// Refused because there was no place left at all.
    pub(crate) full: Counter,
    /// Refused because the address had taken its places.
    pub(crate) crowded: Counter,
}

/// A connection that was let in.
pub(crate) struct Entry {
    _one_of_all: OwnedSemaphorePermit,
    /// Shared, because a connection that leaves HTTP for a room keeps it.
    pub(crate) place: Arc<Place>,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    Full,
    Crowded,
}

impl Gate {
    pub(crate) fn new(all: usize, each: usize, trusted: &[Network]) -> Arc<Self> {
        Arc::new(Self {
            all: Arc::new(Semaphore::new(all)),
            each: Places::new(each, trusted.to_vec()),
            full: Counter::default(),
            crowded: Counter::default(),
        })
    }

    pub(crate) fn enter(&self, ip: IpAddr) -> Result<Entry, Closed> {
        let Ok(one) = Arc::clone(&self.all).try_acquire_owned() else {
            self.full.add(1);
            return Err(Closed::Full);
        };
        Ok(Entry { _one_of_all: one, place: Arc::new(self.place(ip).ok_or(Closed::Crowded)?) })
    }

    /// A place for somebody who is in already, by another's connection.
    pub(crate) fn place(&self, ip: IpAddr) -> Option<Place> {
        let place = self.each.take(ip);
        if place.is_none() {
            self.crowded.add(1);
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_a_proxy_has_all() {
        let places = Places::new(2, vec![Network::parse("10.0.0.0/8").unwrap()]);
        let take = |ip: &str| places.take(ip.parse().unwrap());
        let held = [take("1.2.3.4").unwrap(), take("::ffff:1.2.3.4").unwrap()];
        assert!(take("1.2.3.4").is_none() && take("1.2.3.5").is_some());
        let _proxy: Vec<_> = (0..9).map(|_| take("10.1.1.1").unwrap()).collect();
        drop(held);
        assert!(take("1.2.3.4").is_some());
        let _network = [take("2001:db8::1").unwrap(), take("2001:db8::2").unwrap()];
        assert!(take("2001:db8::3").is_none() && take("2001:db8:0:1::3").is_some());
        drop((_proxy, _network));
        assert!(places.taken.lock().unwrap().is_empty(), "nothing is remembered of who has gone");
        let off = Places::new(0, Vec::new());
        let _all: Vec<_> = (0..99).map(|_| off.take("1.2.3.4".parse().unwrap()).unwrap()).collect();
    }
}
