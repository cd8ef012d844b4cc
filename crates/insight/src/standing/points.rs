//! Points for breaches of rules: a ledger of its own beside the scores. Points halve with time and are earned back by what a
//! host does on air; a won appeal undoes a breach as if it had never been.

use serde::{Deserialize, Serialize};

use super::error::{StandingError, index, match_reversals, setting};
use super::evidence::{Reversal, days};
use crate::calendar::Day;

/// What earns points back. The list is closed: nothing from care or rehearsal is on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Earning {
    /// A show without a breach.
    CleanShow,
    /// A mistake that the host put right on air.
    Correction,
}

/// Why points changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PointReason {
    /// A rule was broken, as a person found.
    Breach {
        /// The rule's id in its rule pack.
        rule: String,
        /// As many points as the rule has, 0 to 1000.
        points: f64,
    },
    /// Points are earned back.
    Earned {
        /// How.
        by: Earning,
    },
}

/// One entry of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointEntry {
    /// Its id.
    pub id: String,
    /// Its day.
    pub on: Day,
    /// Why points changed.
    pub reason: PointReason,
}

/// How points decay and are earned back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PointPolicy {
    /// Days after which half of the points are left.
    pub half_life_days: f64,
    /// Points that a clean show earns back.
    pub clean_show: f64,
    /// Points that a correction earns back.
    pub correction: f64,
}

impl Default for PointPolicy {
    fn default() -> Self {
        Self { half_life_days: 90.0, clean_show: 0.25, correction: 1.0 }
    }
}

/// The ledger as of a day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ledger {
    /// The day.
    pub as_of: Day,
    /// Points left on that day.
    pub points: f64,
    /// The entries by day, reversed ones and appeals among them.
    pub lines: Vec<LedgerLine>,
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LedgerLine {
    /// The entry.
    #[serde(flatten)]
    pub entry: PointEntry,
    /// By how much it changed the points on its day; 0 once it is reversed. Nothing is earned back below 0.
    pub change: f64,
    /// Points after it, on its day.
    pub balance: f64,
    /// Points left today without it.
    pub points_without: f64,
    /// The appeal that reversed it.
    pub reversed_by: Option<String>,
}

/// Folds entries up to `as_of`, in any order, into the points that are left on that day. Entries of later days wait.
///
/// # Errors
/// [`StandingError`] when ids clash, an appeal has nothing to reverse, or a number is out of bounds.
pub fn ledger(
    entries: &[PointEntry],
    reversals: &[Reversal],
    policy: &PointPolicy,
    as_of: Day,
) -> Result<Ledger, StandingError> {
    setting(policy.half_life_days > 0.0, "the half-life of points", "above 0 days")?;
    for earned in [policy.clean_show, policy.correction] {
        setting((0.0..=1000.0).contains(&earned), "what earns points back", "0 to 1000 points")?;
    }
    let ids = index(entries.iter().map(|entry| (entry.id.as_str(), entry.on)))?;
    let reversals = match_reversals(&ids, reversals)?;
    let mut past: Vec<&PointEntry> = entries.iter().filter(|entry| entry.on <= as_of).collect();
    past.sort_by_key(|entry| entry.on);
    for entry in &past {
        if let PointReason::Breach { points, .. } = entry.reason
            && !(0.0..=1000.0).contains(&points)
        {
            return Err(StandingError::Flaw {
                id: entry.id.clone(),
                why: "its points do not lie between 0 and 1000",
            });
        }
    }
    let reversed = |entry: &PointEntry| {
        let reversal = reversals.get(entry.id.as_str()).filter(|reversal| reversal.on <= as_of);
        reversal.map(|reversal| reversal.id.clone())
    };
    let counts: Vec<bool> = past.iter().map(|entry| reversed(entry).is_none()).collect();
    let balances = fold(&past, &counts, policy);
    let today = |balances: &[(f64, f64)]| {
        let last = past.last().zip(balances.last());
        last.map_or(0.0, |(entry, (_, balance))| balance * left(days(entry.on, as_of), policy))
    };
    let lines = past.iter().enumerate().map(|(place, entry)| {
        let mut others = counts.clone();
        others[place] = false;
        LedgerLine {
            entry: (*entry).clone(),
            change: balances[place].0,
            balance: balances[place].1,
            points_without: today(&fold(&past, &others, policy)),
            reversed_by: reversed(entry),
        }
    });
    Ok(Ledger { as_of, points: today(&balances), lines: lines.collect() })
}

/// The share of points that is left after `days`.
fn left(days: f64, policy: &PointPolicy) -> f64 {
    libm::exp2(-days / policy.half_life_days)
}

/// Change and balance at each entry.
fn fold(entries: &[&PointEntry], counts: &[bool], policy: &PointPolicy) -> Vec<(f64, f64)> {
    let mut balance = 0.0_f64;
    let mut last: Option<Day> = None;
    let mut lines = Vec::with_capacity(entries.len());
    for (entry, counts) in entries.iter().zip(counts) {
        balance *= last.map_or(1.0, |last| left(days(last, entry.on), policy));
        last = Some(entry.on);
        let wanted = match &entry.reason {
            _ if !counts => 0.0,
            PointReason::Breach { points, .. } => *points,
            PointReason::Earned { by: Earning::CleanShow } => -policy.clean_show,
            PointReason::Earned { by: Earning::Correction } => -policy.correction,
        };
        let change = wanted.max(-balance);
        balance += change;
        lines.push((change, balance));
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(day: i32) -> Day {
        Day("2026-01-01".parse::<Day>().unwrap().0 + day)
    }

    fn breach(id: &str, on: i32, points: f64) -> PointEntry {
        PointEntry {
            id: id.into(),
            on: day(on),
            reason: PointReason::Breach { rule: "r".into(), points },
        }
    }

    fn earned(id: &str, on: i32, by: Earning) -> PointEntry {
        PointEntry { id: id.into(), on: day(on), reason: PointReason::Earned { by } }
    }

    fn won(id: &str, on: i32, of: &str) -> Reversal {
        Reversal { id: id.into(), on: day(on), of: of.into() }
    }

    #[test]
    fn points_halve_and_are_earned_back() {
        let entries = [
            earned("c", 90, Earning::Correction),
            breach("a", 0, 4.0),
            earned("d", 90, Earning::CleanShow),
        ];
        let result = ledger(&entries, &[], &PointPolicy::default(), day(180)).unwrap();
        let changes: Vec<(&str, f64, f64)> = result
            .lines
            .iter()
            .map(|line| (line.entry.id.as_str(), line.change, line.balance))
            .collect();
        assert_eq!(changes, [("a", 4.0, 4.0), ("c", -1.0, 1.0), ("d", -0.25, 0.75)]);
        assert_eq!(
            (result.points, result.lines[0].points_without, result.lines[1].points_without),
            (0.375, 0.0, 0.875)
        );
    }

    #[test]
    fn nothing_is_earned_below_zero() {
        let entries = [
            earned("a", 0, Earning::Correction),
            breach("b", 0, 0.5),
            earned("c", 0, Earning::Correction),
            breach("d", 0, 2.0),
        ];
        assert_eq!(ledger(&entries, &[], &PointPolicy::default(), day(0)).unwrap().points, 2.0);
    }

    #[test]
    fn a_won_appeal_undoes_a_breach_from_its_day_on() {
        let entries = [breach("a", 0, 4.0), breach("b", 0, 2.0)];
        let points =
            |on| ledger(&entries, &[won("x", 10, "a")], &PointPolicy::default(), day(on)).unwrap();
        assert!(points(9).points > 5.0);
        let after = points(10);
        let alone = ledger(&entries[1..], &[], &PointPolicy::default(), day(10)).unwrap();
        assert_eq!(after.points, alone.points);
        assert_eq!(
            (after.lines[0].change, after.lines[0].reversed_by.as_deref()),
            (0.0, Some("x"))
        );
    }

    #[test]
    fn what_makes_no_ledger_is_refused() {
        let policy = PointPolicy::default();
        let fails = |entries: &[PointEntry], reversals: &[Reversal]| {
            ledger(entries, reversals, &policy, day(0)).unwrap_err().to_string()
        };
        let a = || breach("a", 0, 1.0);
        assert!(fails(&[a(), a()], &[]).contains("two entries"));
        assert!(fails(&[breach("a", 0, f64::NAN)], &[]).contains("between 0 and 1000"));
        assert!(fails(&[a()], &[won("x", 0, "b")]).contains("not among"));
        assert!(fails(&[a()], &[won("x", -1, "a")]).contains("before"));
        assert!(fails(&[a()], &[won("x", 0, "a"), won("y", 0, "a")]).contains("both"));
        assert!(fails(&[a()], &[won("a", 0, "a")]).contains("two entries"));
        let bad = PointPolicy { half_life_days: 0.0, ..policy };
        assert!(ledger(&[], &[], &bad, day(0)).is_err());
        assert_eq!(ledger(&[], &[], &policy, day(0)).unwrap().points, 0.0);
    }

    #[test]
    fn nothing_else_earns_points() {
        for bad in [
            r#"{"kind":"earned","by":"rehearsal"}"#,
            r#"{"kind":"earned","by":"rest"}"#,
            r#"{"kind":"training"}"#,
        ] {
            let text = format!(r#"{{"id":"a","on":"2026-01-01","reason":{bad}}}"#);
            assert!(serde_json::from_str::<PointEntry>(&text).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn points_never_go_below_zero_and_time_only_lowers_them(
            rows in prop::collection::vec((0..200_i32, 0.0..12.0_f64, 0..3_u8), 0..20)
        ) {
            let entries: Vec<PointEntry> = rows.iter().enumerate().map(|(n, (on, points, kind))| match kind {
                0 => earned(&n.to_string(), *on, Earning::CleanShow),
                1 => earned(&n.to_string(), *on, Earning::Correction),
                _ => breach(&n.to_string(), *on, *points),
            }).collect();
            let policy = PointPolicy::default();
            let at = |on| ledger(&entries, &[], &policy, day(on)).unwrap();
            let result = at(200);
            prop_assert!(result.lines.iter().all(|line| line.balance >= 0.0));
            prop_assert!(at(290).points <= result.points / 2.0 + 1e-12);
        }
    }
}
