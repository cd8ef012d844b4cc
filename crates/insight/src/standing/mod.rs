//! A host's or a brand's standing: a score from outcomes that can be taken apart and appealed.
//!
//! Each [`Dimension`] has a beta reputation (Jøsang & Ismail 2002): good and bad outcomes, each worth less by half every
//! half-life, on top of a prior from the category. [`standing`] answers scores with 90 % intervals, whose lower ends are what
//! gates look at, and for each piece of evidence the score with and without it. A won appeal is a [`Reversal`]. Points for
//! breaches are a separate [`ledger`]. Nobody is sanctioned here: people do that, with reasons, and an appeal.
//!
//! Evidence is [`Outcome`]s only. What a host rehearses, how long they rest, or what they write about themselves has no type
//! here and cannot reach a score.

mod error;
mod evidence;
mod points;
mod reputation;
#[cfg(test)]
mod tests;

pub use self::error::StandingError;
pub use self::evidence::{Dimension, Evidence, Outcome, Reversal};
pub use self::points::{Earning, Ledger, LedgerLine, PointEntry, PointPolicy, PointReason, ledger};
pub use self::reputation::{
    DimensionScore, Gate, Norms, Piece, Policy, Score, SeverityWeights, Standing, norms, standing,
};
