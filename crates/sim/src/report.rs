//! What a run tells about itself.

use std::collections::BTreeMap;
use std::fmt;

use units::Duration;

use crate::Violation;

/// What a run was like.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Steps taken.
    pub steps: u64,
    /// Virtual time.
    pub span: Duration,
    /// What happened, by name, so that a test can see that a run is not empty.
    pub counts: BTreeMap<&'static str, u64>,
    /// The first invariant that did not hold.
    pub failure: Option<Failure>,
}

/// An invariant that did not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// At which step.
    pub step: u64,
    /// At what virtual time since the start.
    pub at: Duration,
    /// Which, and what was seen.
    pub violation: Violation,
    /// What happened last before it.
    pub before: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            None => write!(
                f,
                "seed {}: {} steps, {:?}: {:?}",
                self.seed, self.steps, self.span, self.counts
            ),
            Some(failure) => write!(
                f,
                "seed {} fails at step {} ({:?}): {}\n{}",
                self.seed,
                failure.step,
                failure.at,
                failure.violation,
                failure.before.join("\n")
            ),
        }
    }
}
