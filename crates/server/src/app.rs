//! Everything that a request may need, in one place.

use std::net::IpAddr;
use std::sync::Arc;

use insight::exposure::report::Exposure;
use store::{Objects, Store};
use units::{AirTime, Timestamp};

use crate::analysis::Job;
use crate::analysis::recap::Recaps;
use crate::analysis::standing::Appeal;
use crate::api::Planned;
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::docs::Docs;
use crate::follows::Follows;
use crate::hls::Indexes;
use crate::http::limits::Buckets;
use crate::http::places::Gate;
use crate::http::proxy::Network;
use crate::ingest::Feeds;
use crate::metrics::Metrics;
use crate::onair::Threads;
use crate::people::{People, SetupLink};
use crate::recordings::Recordings;
use crate::rooms::Rooms;
use crate::secrets::Secrets;
use crate::shop::Shop;
use crate::shows::Shows;
use crate::tasks::Tasks;

/// The server.
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) trusted: Vec<Network>,
    pub(crate) secrets: Secrets,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) objects: Arc<dyn Objects>,
    pub(crate) people: People,
    pub(crate) setup_link: SetupLink,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) follows: Follows,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) shop: Arc<Shop>,
    pub(crate) shows: Arc<Shows>,
    pub(crate) feeds: Feeds,
    pub(crate) threads: Arc<Threads>,
    pub(crate) recordings: Recordings,
    pub(crate) indexes: Indexes,
    /// Plans change one after the other, in the log and in the table.
    pub(crate) planning: tokio::sync::Mutex<()>,
    pub(crate) metrics: Metrics,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) http_gate: Arc<Gate>,
    pub(crate) rtmp_gate: Arc<Gate>,
    /// What hangs on whom, by the last analysis.
    pub(crate) exposure: Job<Exposure>,
    /// The last diversified plan.
    pub(crate) plan: Job<Planned>,
    /// One comparison of recovery at a time.
    pub(crate) comparing: Arc<tokio::sync::Mutex<()>>,
    /// All orders are read for a standing, so one is worked out at a time.
    pub(crate) standings: Arc<tokio::sync::Mutex<()>>,
    /// Objections to what counts for or against a host or a brand.
    pub(crate) appeals: Docs<Appeal>,
    /// What shows were, as far as somebody asked.
    pub(crate) recaps: Recaps,
    /// Orders by buyer.
    pub(crate) order_rate: Buckets<u128>,
    /// Devices that are new, by address.
    pub(crate) newcomers: Buckets<IpAddr>,
    /// Where RTMP listens, for the studio.
    pub(crate) rtmp: std::net::SocketAddr,
}

/// A buyer may be this far behind the program and still be held to what they saw.
const BEHIND_MAX_MS: i64 = 120_000;

/// The AirTime that a buyer says they watch, clamped to what can be true.
pub(crate) fn clamp_air(said_ms: Option<i64>, now: AirTime) -> AirTime {
    let newest = now.ms();
    AirTime::from_ms(said_ms.map_or(newest, |said| {
        said.clamp(newest.saturating_sub(BEHIND_MAX_MS).max(0), newest.max(0))
    }))
}

/// RFC 3339, for answers.
pub(crate) fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buyers_are_held_to_what_they_can_have_seen() {
        for (said, now, expected) in [
            (None, 500_000, 500_000),
            (Some(499_000), 500_000, 499_000),
            (Some(900_000), 500_000, 500_000),
            (Some(0), 500_000, 380_000),
            (Some(-5), 60_000, 0),
            (Some(i64::MIN), 0, 0),
        ] {
            assert_eq!(clamp_air(said, AirTime::from_ms(now)).ms(), expected);
        }
    }
}
