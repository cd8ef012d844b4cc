//! How far long work is, and whether it should go on. It holds no clock and prints nothing: the caller does.

use std::fmt;

/// What long work is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Rows of orders are read.
    Orders,
    /// Rows of shows are read.
    Shows,
    /// Rows of follows are read.
    Follows,
    /// Rows of incidents are read.
    Incidents,
    /// Rows are sorted and added up.
    Totals,
    /// Audiences are compared.
    Audience,
    /// Dark episodes and dates without one are compared.
    Episodes,
    /// Scenarios are drawn.
    Scenarios,
    /// Parameters are drawn from what the data leave open, and scenarios for each.
    Parameters,
    /// Units that nothing struck stand in for the one that was.
    Placebos,
    /// A posterior is drawn from.
    Posterior,
    /// Cuts bound expected shortfall from below.
    Cuts,
    /// A plan is made for each of several budgets.
    Budgets,
    /// A plan is simulated and made again.
    Rounds,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Orders => "orders",
            Self::Shows => "shows",
            Self::Follows => "follows",
            Self::Incidents => "incidents",
            Self::Totals => "totals",
            Self::Audience => "audience",
            Self::Episodes => "dark episodes",
            Self::Scenarios => "scenarios",
            Self::Parameters => "parameters",
            Self::Placebos => "placebos",
            Self::Posterior => "posterior",
            Self::Cuts => "cuts",
            Self::Budgets => "budgets",
            Self::Rounds => "rounds",
        })
    }
}

/// Somebody asked long work to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped before it was done")]
pub struct Stopped;

/// Hears how far long work is. Called every some ten thousand small steps or at each large one, from any thread.
pub trait Watch: Sync {
    /// `done` of `all` steps are done; `all` is 0 where nobody knows it. An error ends the work.
    fn at(&self, stage: Stage, done: u64, all: u64) -> Result<(), Stopped>;
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn at(&self, _stage: Stage, _done: u64, _all: u64) -> Result<(), Stopped> {
        Ok(())
    }
}

/// A step of longer work: whatever is done within it is told as that step.
pub(crate) struct Within<'w> {
    pub(crate) watch: &'w dyn Watch,
    pub(crate) stage: Stage,
    pub(crate) done: u64,
    pub(crate) all: u64,
}

impl Within<'_> {
    /// Says that the step begins.
    pub(crate) fn here(&self) -> Result<(), Stopped> {
        self.watch.at(self.stage, self.done, self.all)
    }
}

impl Watch for Within<'_> {
    fn at(&self, _stage: Stage, _done: u64, _all: u64) -> Result<(), Stopped> {
        self.here()
    }
}
