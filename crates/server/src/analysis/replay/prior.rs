//! What was usual of the host's rooms before the show, from the logs of their earlier shows, as the server takes it when a show
//! goes live.

use show::sentinel::room::Prior;
use show::{Show, Slug};
use store::{Reader, StoreError, StreamId, Table};
use units::Timestamp;

use crate::catalogue::ShowPlan;
use crate::owner::rebuild;
use crate::reading::{PRIOR_SHOWS, same_hour, summed};
use crate::shows::STATUS;

/// The counts of the host's last shows at this hour; nothing where there are none, or where a log does not rebuild.
pub(super) fn prior(
    reader: &dyn Reader,
    show: &Slug,
    host: &str,
    started_at: Option<Timestamp>,
) -> Result<Prior, StoreError> {
    let Some(start) = started_at else { return Ok(Prior::default()) };
    let plans = Table::<ShowPlan>::new("show").all(reader)?;
    let of_host = |slug: &str| plans.iter().any(|plan| plan.key == slug && plan.value.host == host);
    let mut before: Vec<(Timestamp, String)> = STATUS
        .all(reader)?
        .into_iter()
        .filter(|run| run.key != show.as_str() && of_host(&run.key))
        .filter(|run| run.value.ended_at.is_some_and(|end| end <= start))
        .filter_map(|run| Some((run.value.started_at?, run.key)))
        .filter(|(at, _)| same_hour(*at, start))
        .collect();
    before.sort_unstable_by(|a, b| b.cmp(a));
    before.truncate(PRIOR_SHOWS);
    let mut learnt = Vec::with_capacity(before.len());
    for (_, slug) in before {
        match rebuild::<Show>(reader, &StreamId::new(&format!("show/{slug}"))) {
            Ok(rebuild) => learnt.push(rebuild.finish().0.sentinel),
            // What is wrong with another show's log is said where that show is looked at.
            Err(StoreError::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(summed(learnt.iter()))
}
