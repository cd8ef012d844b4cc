//! Who is asking: the address of the peer, or what a trusted proxy says of it.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::HeaderMap;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// Hops of `X-Forwarded-For` that are looked at.
const HOPS_MAX: usize = 8;

/// An address or a network, such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    base: u128,
    bits: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("expected an address such as 10.0.0.1 or a network such as 10.0.0.0/8")]
pub(crate) struct NotANetwork;

fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Network {
    pub(crate) fn parse(text: &str) -> Result<Self, NotANetwork> {
        let (ip, length) =
            text.split_once('/').map_or((text, None), |(ip, length)| (ip, Some(length)));
        let ip: IpAddr = ip.parse().map_err(|_| NotANetwork)?;
        let width = if ip.is_ipv4() { 32 } else { 128 };
        let length: u32 = length.map_or(Ok(width), str::parse).map_err(|_| NotANetwork)?;
        if length > width {
            return Err(NotANetwork);
        }
        Ok(Self { base: number(ip), bits: 128 - width + length })
    }

    pub(crate) fn holds(&self, ip: IpAddr) -> bool {
        let ignored = 128 - self.bits;
        ignored == 128 || (self.base >> ignored) == (number(ip) >> ignored)
    }
}

/// The address that limits count by, and whether the client's side is HTTPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) ip: IpAddr,
    pub(crate) https: bool,
}

impl Peer {
    /// What limits count by: the address, or the network of an IPv6 address, of which one sender has as many as they like.
    pub(crate) fn sender(&self) -> IpAddr {
        match self.ip {
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => IpAddr::V4(v4),
                None => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
            },
            v4 => v4,
        }
    }
}

impl Default for Peer {
    fn default() -> Self {
        Self { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), https: false }
    }
}

impl Peer {
    /// Walks `X-Forwarded-For` from the right for as long as the speaker is trusted.
    pub(crate) fn of(ip: IpAddr, tls: bool, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let trusts = |ip: IpAddr| trusted.iter().any(|network| network.holds(ip));
        if !trusts(ip) {
            return Self { ip, https: tls };
        }
        let https = headers.get(FORWARDED_PROTO).map_or(tls, |proto| proto.as_bytes() == b"https");
        let said = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut at = ip;
        for hop in hops.iter().rev().take(HOPS_MAX) {
            let Ok(hop) = hop.parse::<IpAddr>() else { break };
            at = hop;
            if !trusts(hop) {
                break;
            }
        }
        Self { ip: at, https }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(ip: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, value.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|n| Network::parse(n).unwrap()).collect();
        Peer::of(ip.parse().unwrap(), false, &headers, &trusted).ip.to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(peer("1.2.3.4", &["9.9.9.9"], &[]), "1.2.3.4");
        assert_eq!(peer("10.0.0.1", &["9.9.9.9"], &["10.0.0.0/8"]), "9.9.9.9");
        assert_eq!(peer("10.0.0.1", &["6.6.6.6, 9.9.9.9, 10.0.0.2"], &["10.0.0.0/8"]), "9.9.9.9");
        assert_eq!(peer("10.0.0.1", &["6.6.6.6", "9.9.9.9"], &["10.0.0.0/8"]), "9.9.9.9");
        assert_eq!(peer("10.0.0.1", &["garbage"], &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(peer("::1", &["2001:db8::7"], &["::1"]), "2001:db8::7");
    }

    #[test]
    fn a_network_of_ipv6_is_one_sender() {
        let sender = |ip: &str| Peer { ip: ip.parse().unwrap(), https: false }.sender().to_string();
        assert_eq!(sender("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(sender("::ffff:1.2.3.4"), "1.2.3.4");
        assert_eq!(sender("1.2.3.4"), "1.2.3.4");
    }

    #[test]
    fn networks_of_both_families() {
        assert!(Network::parse("0.0.0.0/0").unwrap().holds("1.1.1.1".parse().unwrap()));
        assert!(!Network::parse("192.168.0.0/16").unwrap().holds("192.169.0.1".parse().unwrap()));
        assert!(Network::parse("10.0.0.0/33").is_err() && Network::parse("host").is_err());
    }
}
