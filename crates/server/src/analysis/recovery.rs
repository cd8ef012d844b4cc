//! What an incident cost a host, and whether they are back: the sales of all hosts as a panel, those of hosts who share few buyers
//! with this one as donors.

use std::collections::BTreeMap;

use insight::calendar::Day;
use insight::exposure::audience::Audiences;
use insight::import::Dataset;
use insight::recovery::{
    DonorRules, Levels, Method, Panel, PanelError, Question, Recovery, RecoveryError, Time, recover,
};
use insight::watch::{Unwatched, Watch};

/// Weeks before the start that the comparison looks back.
const BEFORE_WEEKS: i32 = 52;
/// With sales on fewer of the days before the start, weeks are compared instead of days.
const DAILY_FROM: f64 = 0.6;
/// So long before the start an incident of a donor's own still counts.
const DISTURBED_DAYS: i32 = 60;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// Nobody of that name sold anything.
    #[error("{0} has not sold anything")]
    Host(String),
    /// The start lies outside the days of the store.
    #[error("the start lies outside {first} to {last}, the days with sales")]
    Start { first: Day, last: Day },
    /// The days make no panel.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// The rows cannot answer it.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
}

/// Answers for a host who was struck from `start` on. `today` is not compared: it is not over.
pub(crate) fn recovery(
    data: &Dataset,
    host: &str,
    start: Day,
    method: Method,
    today: Day,
) -> Result<Recovery, Refused> {
    let number = (0..data.hosts.len() as u32).find(|number| data.hosts.name(*number) == host);
    let number = number.ok_or_else(|| Refused::Host(host.to_owned()))?;
    let days = Days::of(data, today).ok_or_else(|| Refused::Host(host.to_owned()))?;
    if !(days.first.0 < start.0 && start.0 < days.last.0) {
        return Err(Refused::Start { first: days.first, last: days.last });
    }
    let panel = days.panel(data, number, start)?;
    let treated_before = before(&panel, host, start);
    let others = panel.units().iter().filter(|unit| *unit != host);
    let most = others.map(|unit| before(&panel, unit, start)).fold(0.0, f64::max);
    // Nobody stands in for a star by amounts; by shares of their own level others can.
    let levels = if treated_before > most { Levels::Indexed } else { Levels::AsGiven };
    let donors = donors(data, number, start)?;
    let question = Question {
        panel: &panel,
        treated: host,
        start: Time::Date(start),
        method,
        levels,
        donors: &donors,
        seed: 1,
    };
    Ok(recover(&question, &Unwatched)?)
}

/// Mean sales before the start.
fn before(panel: &Panel, unit: &str, start: Day) -> f64 {
    let earlier = panel.times().iter().filter(|time| **time < Time::Date(start)).count();
    let sum: f64 = panel.series(unit).iter().take(earlier).sum();
    sum / (earlier.max(1) as f64)
}

/// Sales by host and day.
struct Days {
    first: Day,
    last: Day,
    sales: Vec<BTreeMap<i32, f64>>,
}

impl Days {
    /// `None` without a whole day of sales.
    fn of(data: &Dataset, today: Day) -> Option<Self> {
        let mut sales = vec![BTreeMap::new(); data.hosts.len()];
        let unit = 10_f64.powi(data.currency.decimals() as i32);
        let (mut first, mut last) = (None, None);
        for order in data.orders.iter() {
            let day = Day::of(order.at);
            if day.0 < today.0 {
                first = first.or(Some(day));
                last = Some(day);
                *sales[order.host as usize].entry(day.0).or_default() += order.minor as f64 / unit;
            }
        }
        Some(Self { first: first?, last: last?.max(Day(today.0 - 1)), sales })
    }

    /// By days, or by weeks from the start on where the host does not sell on most days.
    fn panel(&self, data: &Dataset, host: u32, start: Day) -> Result<Panel, PanelError> {
        let from = self.first.0.max(start.0 - 7 * BEFORE_WEEKS);
        let sold = self.sales[host as usize].range(from..start.0).count();
        let daily = sold as f64 >= DAILY_FROM * f64::from(start.0 - from);
        let step = if daily { 1 } else { 7 };
        // Whole steps on both sides of the start.
        let steps_before = (start.0 - from) / step;
        let steps_after = (self.last.0 - start.0 + 1) / step;
        let times: Vec<i32> = (-steps_before..steps_after).map(|at| start.0 + at * step).collect();
        let sold_before = |sales: &BTreeMap<i32, f64>| sales.range(from..start.0).next().is_some();
        let hosts: Vec<u32> = (0..data.hosts.len() as u32)
            .filter(|other| *other == host || sold_before(&self.sales[*other as usize]))
            .collect();
        let units = hosts.iter().map(|other| data.hosts.name(*other).to_owned()).collect();
        let values = hosts.iter().flat_map(|other| {
            let sales = &self.sales[*other as usize];
            times.iter().map(move |at| sales.range(*at..at + step).map(|(_, sum)| sum).sum())
        });
        Panel::new(units, times.iter().map(|at| Time::Date(Day(*at))).collect(), values.collect())
    }
}

fn donors(data: &Dataset, host: u32, start: Day) -> Result<DonorRules, Refused> {
    let buyers =
        Audiences::of_buyers(data, &Unwatched as &dyn Watch).map_err(RecoveryError::from)?;
    let name = |number: u32| data.hosts.name(number).to_owned();
    let overlap = buyers.overlaps_with(host).map(|(other, overlap)| (name(other), overlap));
    let disturbed = |at: u32| Day::of(at).0 >= start.0 - DISTURBED_DAYS;
    let left_out = data
        .incidents
        .iter()
        .flatten()
        .filter(|incident| incident.host != host && disturbed(incident.at))
        .map(|incident| (name(incident.host), "an incident of its own".to_owned()))
        .collect();
    Ok(DonorRules { overlap: overlap.collect(), left_out, ..DonorRules::default() })
}

#[cfg(test)]
mod tests {
    use insight::import::{Import, OrderRow};

    use super::*;

    fn platform(daily: bool) -> Dataset {
        let mut import = Import::new();
        let day0 = Day::from_date(2026, 1, 5).unwrap();
        let mut id = 0_u64;
        for day in 0..210_i32 {
            if !daily && day % 7 != 2 {
                continue;
            }
            for (host, level) in [
                ("anna", 90_000),
                ("bea", 30_000),
                ("cleo", 20_000),
                ("dora", 25_000),
                ("eva", 40_000),
            ] {
                // A common season, and a little of their own.
                let season = 10_000 + 2_000 * ((day / 7) % 5) + 37 * ((day * 31 + level) % 13);
                let struck = host == "anna" && day >= 140;
                let minor =
                    i64::from(level / 10) * i64::from(season) / if struck { 2000 } else { 1000 };
                id += 1;
                let row = OrderRow {
                    id: &id.to_be_bytes(),
                    at: u32::try_from(day0.0 + day).unwrap() * 86_400 + 3600,
                    host,
                    brand: "",
                    category: "",
                    buyer: host.as_bytes(),
                    minor,
                    currency: "CNY".parse().unwrap(),
                };
                import.order(id, &row).unwrap();
            }
        }
        import.finish().unwrap()
    }

    #[test]
    fn a_host_who_lost_half_is_told_so_by_days_and_by_weeks() {
        let start = Day(Day::from_date(2026, 1, 5).unwrap().0 + 140);
        for daily in [true, false] {
            let data = platform(daily);
            let today = Day(start.0 + 70);
            let answer = recovery(&data, "anna", start, Method::Sdid, today).unwrap();
            let relative = answer.relative.unwrap().estimate;
            assert!((relative + 0.5).abs() < 0.02, "{daily}: {relative}");
            assert_eq!(answer.recovered.date, None);
            assert_eq!(answer.donors.len(), 4);
        }
    }

    #[test]
    fn overlap_is_known_of_all_hosts_whose_buyers_are_and_of_no_other() {
        let mut import = Import::new();
        let row = |host: &str, buyer: &[u8], n: u32| {
            let row = OrderRow {
                id: &n.to_be_bytes(),
                at: 86_400 + n,
                host,
                brand: "",
                category: "",
                buyer,
                minor: 100,
                currency: "CNY".parse().unwrap(),
            };
            import.order(0, &row).unwrap();
        };
        let (mut row, last) = (row, 700);
        (0..=last).for_each(|n| row(&format!("h{n}"), if n % 2 == 0 { b"all" } else { b"" }, n));
        let rules = donors(&import.finish().unwrap(), last, Day(3)).unwrap();
        assert_eq!(rules.overlap.get("h0"), Some(&1.0), "also beyond the first hundreds of hosts");
        assert_eq!(rules.overlap.get("h1"), None, "nobody knows who bought there");
        assert_eq!(rules.overlap.len(), 350);
    }

    #[test]
    fn what_cannot_be_answered_is_refused_with_the_reason() {
        let data = platform(true);
        let start = Day::from_date(2026, 5, 1).unwrap();
        let today = Day(start.0 + 40);
        let refused = |host: &str, start| {
            recovery(&data, host, start, Method::Sdid, today).unwrap_err().to_string()
        };
        assert_eq!(refused("nobody", start), "nobody has not sold anything");
        assert!(
            refused("anna", Day(0)).contains("outside 2026-01-05 to"),
            "{}",
            refused("anna", Day(0))
        );
        assert!(refused("anna", today).contains("outside"), "today is not over");
    }
}
