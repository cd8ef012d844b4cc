//! The suite that every store passes: each case is given a fresh, empty store and panics with what is wrong.
//!
//! An implementation's tests call [`run`] with a way to make an empty store.

mod cases_log;
mod cases_orders;
mod cases_tables;
pub mod sample;

use crate::Store;

/// One case.
pub type Case = fn(&dyn Store);

/// All cases by name.
pub const CASES: &[(&str, Case)] = &[
    ("a batch is whole or nothing", cases_log::whole_or_nothing),
    ("a stream grows without a gap", cases_log::sequence),
    ("the log is read by range", cases_log::ranges),
    ("the chain verifies", cases_log::chain),
    ("a failed batch takes no other with it", cases_log::neighbours),
    ("limits are refused", cases_log::limits),
    ("tickets resolve in the order of submission", cases_log::tickets),
    ("orders are found again", cases_orders::orders),
    ("orders page in both directions", cases_orders::pages),
    ("an order's key is unique in its show", cases_orders::keys),
    ("stock is never oversold", cases_orders::stock),
    ("stock is summed over a batch", cases_orders::sums),
    ("documents have versions", cases_tables::versions),
    ("documents page by prefix", cases_tables::prefixes),
    ("documents are found by index", cases_tables::indexes),
    ("a typed table is JSON", cases_tables::typed),
    ("texts are erased", cases_tables::texts),
    ("chat is kept, erased and pruned", cases_tables::chat),
    ("effects are due, acknowledged, retried and parked", cases_tables::outbox),
];

/// Runs every case, each on a store of its own.
pub fn run(mut fresh: impl FnMut(&str, Case)) {
    for (name, case) in CASES {
        fresh(name, *case);
    }
}
