//! The store's orders, shows, follows and incidents as the rows that `insight` takes from files as well.
//!
//! - Hosts and brands go by the names in their addresses, people by their devices.
//! - Orders count as their status says; a refunded one counts as not sold.
//! - An incident counts once a person stands behind it, and from `serious` on. Dark days are not recorded anywhere, so they are
//!   the days until the host's next show beyond what is usual for the host (the median of the days between shows; of all hosts
//!   where one has too few); a host who has not come back is dark until now.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use insight::import::{Dataset, File, Import, ImportError, Incident, OrderRow};
use insight::watch::{Stage, Stopped, Watch};
use show::sentinel::{ROOM_RULE, Severity};
use store::{OrderQuery, Reader, StoreError, StoredOrder, Table};
use units::Timestamp;

use crate::catalogue::{Product, ShowPlan};
use crate::follows;
use crate::shows::STATUS;
use crate::shows::cases::CASES;

const DAY_MS: i64 = 86_400_000;
/// Gaps between shows that a host needs before they are usual.
const GAPS_LEAST: usize = 3;
/// What is usual where nobody has as many shows.
const USUAL_DAYS: f64 = 7.0;
/// Orders between two words to whoever watches.
const WATCH_ORDERS: u64 = 4096;

/// Why a store has nothing to analyse.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// It could not be read.
    #[error("the store could not be read")]
    Store(#[from] StoreError),
    /// Its rows make no analysis: none yet, or several currencies.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// Nothing was sold yet.
    #[error("nothing has been sold yet")]
    NoOrders,
}

/// Reads all of it; `now` ends what still lasts.
///
/// # Errors
/// When the store cannot be read, nothing was sold, orders are in several currencies, or `watch` stops it.
pub fn dataset(
    reader: &dyn Reader,
    now: Timestamp,
    watch: &dyn Watch,
) -> Result<Dataset, DatasetError> {
    let mut import = Import::new();
    orders(reader, &mut import, watch)?;
    let plans: HashMap<String, ShowPlan> = Table::<ShowPlan>::new("show")
        .all(reader)?
        .into_iter()
        .map(|plan| (plan.key, plan.value))
        .collect();
    let mut shows: BTreeMap<String, Vec<[Timestamp; 2]>> = BTreeMap::new();
    for run in STATUS.all(reader)? {
        let (Some(plan), Some(start)) = (plans.get(&run.key), run.value.started_at) else {
            continue;
        };
        let end = run.value.ended_at.unwrap_or(now);
        import.show(&plan.host, seconds(start), seconds(end))?;
        shows.entry(plan.host.clone()).or_default().push([start, end]);
    }
    import.given(File::Follows);
    for (host, device, at) in follows::all(reader)? {
        import.follow(&host, &device.as_u128().to_be_bytes(), seconds(at), None)?;
    }
    incidents(reader, &mut import, &mut shows, now)?;
    import.finish().map_err(|error| match error {
        ImportError::NoOrders => DatasetError::NoOrders,
        error => error.into(),
    })
}

fn orders(reader: &dyn Reader, import: &mut Import, watch: &dyn Watch) -> Result<(), DatasetError> {
    let products: HashMap<String, Product> = Table::<Product>::new("product")
        .all(reader)?
        .into_iter()
        .map(|product| (product.key, product.value))
        .collect();
    let mut done = 0_u64;
    let mut take = |StoredOrder { n, row }: &StoredOrder| -> Result<(), DatasetError> {
        if done.is_multiple_of(WATCH_ORDERS) {
            watch.at(Stage::Orders, done, 0).map_err(ImportError::from)?;
        }
        done += 1;
        if !import.sold(&row.status) {
            return Ok(());
        }
        let category = products.get(&row.sku).map_or("", |product| product.category.as_str());
        let row = OrderRow {
            id: &row.id.as_u128().to_be_bytes(),
            at: seconds(row.created_at),
            host: &row.host,
            brand: &row.brand,
            category,
            buyer: row.buyer.as_bytes(),
            minor: row.unit_price.minor.saturating_mul(i64::from(row.quantity)),
            currency: row.unit_price.currency,
        };
        Ok(import.order(*n, &row)?)
    };
    let mut failed = Ok(());
    store::each_order(
        reader,
        &OrderQuery { limit: store::MAX_PAGE, ..OrderQuery::default() },
        &mut |order| {
            failed = take(order);
            if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        },
    )?;
    failed
}

fn incidents(
    reader: &dyn Reader,
    import: &mut Import,
    shows: &mut BTreeMap<String, Vec<[Timestamp; 2]>>,
    now: Timestamp,
) -> Result<(), StoreError> {
    import.given(File::Incidents);
    shows.values_mut().for_each(|shows| shows.sort_unstable());
    let usual = Usual::of(shows);
    for case in CASES.all(reader)? {
        // A room that turned is no incident of the host's by itself.
        let counts = case.value.confirmed()
            && case.value.incident.rule != ROOM_RULE
            && case.value.incident.severity >= Severity::Serious;
        if !counts {
            continue;
        }
        let (host, incident) = (&case.value.host, &case.value.incident);
        let on_air = shows.get(host).map_or(&[][..], Vec::as_slice);
        let dark_days = dark(on_air, incident.at, now) - usual.days(host);
        let severity = serde_json::to_value(incident.severity).ok();
        let severity = severity.as_ref().and_then(|word| word.as_str()).unwrap_or_default();
        import.incident(
            host,
            Incident {
                id: case.key,
                host: 0,
                at: seconds(incident.at),
                dark_days: dark_days.max(0.0),
                severity: severity.to_owned(),
                kind: incident.rule.clone(),
            },
        );
    }
    Ok(())
}

/// Days from the end of the show in which something happened to the next show, or to now.
fn dark(shows: &[[Timestamp; 2]], at: Timestamp, now: Timestamp) -> f64 {
    let end = shows.iter().filter(|show| show[0] <= at).map(|show| show[1]).max().unwrap_or(at);
    let next = shows.iter().map(|show| show[0]).find(|start| *start > at).unwrap_or(now);
    days(end, next).max(0.0)
}

/// Days that usually lie between two shows.
struct Usual {
    hosts: HashMap<String, f64>,
    all: f64,
}

impl Usual {
    fn of(shows: &BTreeMap<String, Vec<[Timestamp; 2]>>) -> Self {
        let gaps = |shows: &Vec<[Timestamp; 2]>| -> Vec<f64> {
            shows.windows(2).map(|two| days(two[0][1], two[1][0]).max(0.0)).collect()
        };
        let median = |mut gaps: Vec<f64>| {
            gaps.sort_by(f64::total_cmp);
            (gaps.len() >= GAPS_LEAST).then(|| gaps[gaps.len() / 2])
        };
        let all = median(shows.values().flat_map(gaps).collect());
        let own = |(host, shows): (&String, _)| Some((host.clone(), median(gaps(shows))?));
        Self { hosts: shows.iter().filter_map(own).collect(), all: all.unwrap_or(USUAL_DAYS) }
    }

    fn days(&self, host: &str) -> f64 {
        self.hosts.get(host).copied().unwrap_or(self.all)
    }
}

fn days(from: Timestamp, to: Timestamp) -> f64 {
    (to.ms() - from.ms()) as f64 / DAY_MS as f64
}

pub(super) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.ms() / 1000).unwrap_or(0)
}

impl From<Stopped> for DatasetError {
    fn from(stopped: Stopped) -> Self {
        Self::Import(stopped.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: f64) -> Timestamp {
        Timestamp::from_ms((day * DAY_MS as f64) as i64)
    }

    #[test]
    fn dark_days_are_those_beyond_what_is_usual() {
        let show = |day: f64| [at(day), at(day + 0.1)];
        let regular: Vec<_> = [0.0, 2.0, 4.0, 6.0, 36.0].into_iter().map(show).collect();
        let shows = BTreeMap::from([
            ("anna".to_owned(), regular.clone()),
            ("bea".to_owned(), vec![show(1.0), show(8.0)]),
        ]);
        let usual = Usual::of(&shows);
        assert!((usual.days("anna") - 1.9).abs() < 1e-6);
        assert!((usual.days("bea") - 1.9).abs() < 1e-6, "too few of her own: everybody's");
        assert_eq!(Usual::of(&BTreeMap::new()).days("anna"), USUAL_DAYS);

        let now = at(50.0);
        // In the show of day 6, and back on day 36.
        assert!((dark(&regular, at(6.05), now) - 29.9).abs() < 1e-6);
        // In the last one: dark until now.
        assert!((dark(&regular, at(36.05), now) - 13.9).abs() < 1e-6);
        // Without any show on record.
        assert!((dark(&[], at(48.0), now) - 2.0).abs() < 1e-6);
    }
}
