//! The one place that reads a clock. UTC is taken once and carried on by the monotonic clock, so
//! the time that the cores see never goes back, whatever the machine's date does.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use units::Timestamp;

/// UTC when the process first asked, and the monotonic clock then.
static ANCHOR: OnceLock<(Timestamp, Instant)> = OnceLock::new();

fn anchor() -> (Timestamp, Instant) {
    *ANCHOR.get_or_init(|| {
        let utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (Timestamp(i64::try_from(utc.as_micros()).unwrap_or(i64::MAX)), Instant::now())
    })
}

/// Now.
pub(crate) fn now() -> Timestamp {
    let (utc, started) = anchor();
    Timestamp(utc.0 + i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX))
}

/// Now in microseconds, for crates that take their clock as a function.
pub(crate) fn now_us() -> i64 {
    now().0
}

/// When the operating system's timers reach `at`.
pub(crate) fn instant(at: Timestamp) -> tokio::time::Instant {
    let (utc, started) = anchor();
    let ahead_us = at.0.saturating_sub(utc.0).max(0).unsigned_abs();
    (started + std::time::Duration::from_micros(ahead_us)).into()
}

/// Sleeps until `at`, or for ever.
pub(crate) async fn sleep_until(at: Option<Timestamp>) {
    match at {
        Some(at) => tokio::time::sleep_until(instant(at)).await,
        None => std::future::pending().await,
    }
}
