//! What must hold, by name. The names are those of `docs/ARCHITECTURE.md`; three are the simulation's own:
//! AIR (both tracks go on without a hole, and what airs can be decoded), ANSWER (everybody who asks is answered once),
//! TERMS (the shop sells on the terms that the shows state).

mod reader;
mod referee;
mod stored;

use std::fmt;

pub(crate) use self::reader::Reader;
pub(crate) use self::referee::Referee;
pub(crate) use self::stored::{check_privacy, check_tables, check_terms, no_text};

/// The named invariants that a run checks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Invariant {
    /// Nothing leaves the delay early.
    D1,
    /// Nothing inside a cut or mute airs.
    D2,
    /// Media sequence never goes back, nor does AirTime.
    H1,
    /// A published part never changes.
    H2,
    /// Reserved and sold together are at most the stock.
    S1,
    /// A captured payment has exactly one order, or goes back once.
    S2,
    /// What was acknowledged was synced before.
    S3,
    /// Nothing is delivered after its mute.
    C1,
    /// The log rebuilds the live state.
    R1,
    /// No personal text is in the log.
    P1,
    /// A machine stops at most 20 s in a row or hands over for at most 60 s, and never cuts (LAW rule 7).
    Law7,
    /// Both tracks go on without a hole and can be decoded.
    Air,
    /// Everybody who asks is answered once, and a repeated key gets the same order.
    Answer,
    /// The shop sells on the terms that the shows state.
    Terms,
}

impl Invariant {
    /// Its name in the documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::D1 => "D-1",
            Self::D2 => "D-2",
            Self::H1 => "H-1",
            Self::H2 => "H-2",
            Self::S1 => "S-1",
            Self::S2 => "S-2",
            Self::S3 => "S-3",
            Self::C1 => "C-1",
            Self::R1 => "R-1",
            Self::P1 => "P-1",
            Self::Law7 => "LAW-7",
            Self::Air => "AIR",
            Self::Answer => "ANSWER",
            Self::Terms => "TERMS",
        }
    }
}

/// An invariant that does not hold, and where it was seen.
#[derive(Clone, Debug)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant.name(), self.what)
    }
}

/// What a check answers.
pub(crate) type Checked = Result<(), Violation>;

/// Says that `invariant` holds if `holds`, and else what was seen.
pub(crate) fn holds(invariant: Invariant, holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Violation { invariant, what: what() }) }
}
