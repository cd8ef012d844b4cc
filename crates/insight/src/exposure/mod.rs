//! How much hangs on whom (METHODS §1): what it would cost if a host went dark.
//!
//! [`model`] holds what scenarios are drawn from, [`scenario`] draws one, [`simulate`] many, [`tail`] says what the bad ones
//! cost and who that comes from, [`check`] holds all of it against exact numbers.

pub mod audience;
pub mod check;
pub mod curves;
pub mod darkness;
pub mod episodes;
pub mod estimate;
pub mod hazard;
pub mod model;
pub mod report;
pub mod risk;
pub mod sales;
pub mod scenario;
pub mod simulate;
pub mod spread;
pub mod substitution;
pub mod tail;
#[cfg(test)]
mod tests;
pub mod what_if;
