//! Waiting for conditions.

use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(40);

/// Looks until there is something, or fails with what was waited for.
#[track_caller]
pub(crate) fn until<T>(what: &str, at_most_s: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(at_most_s),
            "waited {at_most_s} s for {what}"
        );
        std::thread::sleep(LOOK_EVERY);
    }
}
