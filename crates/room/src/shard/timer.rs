//! When a channel's window closes, ordered for a heap.

use std::sync::Arc;

use crate::cell::Cell;

pub(super) struct Timer {
    pub(super) at_us: i64,
    pub(super) cell: Arc<Cell>,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Self) -> bool {
        self.at_us == other.at_us
    }
}
impl Eq for Timer {}
impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Timer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at_us.cmp(&other.at_us)
    }
}
