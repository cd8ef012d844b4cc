//! Looking back: a recorded show decided again under other rules, another policy or another rate of alarms, beside what was.
//!
//! What was is the fold of the show's log, held against the digests in it. What would have been comes from the same decider on
//! the recorded inputs, but for three kinds of them: sentences are judged anew, the room's counts are read anew, and what the
//! program did with the machine's stops is modelled ([`clock`], [`stops`]). Nobody decides in it: what people did about the
//! recorded incidents is the yardstick, not a part of the run. It reads, and writes nothing.

mod again;
mod chat;
mod clock;
mod compare;
mod judges;
mod prior;
mod recorded;
mod report;
mod seen;
mod stops;
#[cfg(test)]
mod tests;

use show::Slug;
use show::sentinel::Policy;
use show::sentinel::room::{ALARMS_PER_1000H, Detector};
use store::{Reader, StoreError, VerifyError};

use self::again::Again;
pub use self::judges::{Found, Judges};
pub use self::recorded::{Recorded, recorded};
pub use self::report::{
    Did, Line, Outcome, Report, Room, Rules, Sentences, Side, Sides, Stops, Totals,
};
pub use super::precision::Judged;

/// What a show is decided again under.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// The policy; the recorded ones, as they changed, when absent.
    pub policy: Option<Policy>,
    /// Alarms of a room that are put up with in 1000 hours; [`ALARMS_PER_1000H`] when absent. The log does not know the rate
    /// that was asked for then.
    pub alarms_per_1000h: Option<f64>,
}

/// Why a show cannot be looked back on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The store could not be read, or an entry of the log does not fit.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chain of the log is broken.
    #[error(transparent)]
    Chain(#[from] VerifyError),
    /// There is no log of this show.
    #[error("no show {0} in the log")]
    UnknownShow(Slug),
    /// A policy that no show could have.
    #[error("the policy cannot be used: {0}")]
    Policy(String),
    /// Nobody listened, and no policy is named to listen by.
    #[error("nobody listened in this show")]
    NoPolicy,
}

/// Decides a show again.
///
/// # Errors
/// When the store cannot be read, or there is no usable policy to decide by.
pub fn look_back(
    reader: &dyn Reader,
    recorded: &Recorded,
    ask: &Ask,
    judge: &mut dyn Judges,
) -> Result<Report, ReplayError> {
    if ask.policy.is_none() && recorded.policy().is_none() {
        return Err(ReplayError::NoPolicy);
    }
    if let Some(flaw) = ask.policy.as_ref().and_then(Policy::flaw) {
        return Err(ReplayError::Policy(flaw));
    }
    let rate = ask.alarms_per_1000h.unwrap_or(ALARMS_PER_1000H);
    let prior = prior::prior(reader, recorded.show(), recorded.host(), recorded.started_at())?;
    let detector = Detector::new(rate, &prior, true);
    let mut again = Again::new(reader, recorded, ask.policy.as_ref(), judge, detector);
    recorded::each(reader, recorded.show(), &mut |entry| again.take(&entry))?;
    report::report(reader, recorded, again.done(), rate)
}
