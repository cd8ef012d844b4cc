//! Which units may stand in for the treated one. A donor whose viewers are also the treated host's gains or loses by the
//! incident itself (substitution), so donors with a high audience overlap are left out as long as enough others remain.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::RecoveryError;
use super::panel::Panel;

/// When fewer donors than this pass the rule, those of the lowest overlap fill up.
pub const DONORS_WANTED: usize = 5;

/// What is known about units that may be donors.
#[derive(Clone, Debug)]
pub struct DonorRules {
    /// Audience overlap of a unit with the treated one, |A ∩ B| / min(|A|, |B|), 0 to 1. A unit that is missing here is
    /// used, and its note says that its overlap is not known.
    pub overlap: BTreeMap<String, f64>,
    /// Donors above this overlap are left out. 0.2 unless told; it is a choice, no measured bound.
    pub overlap_max: f64,
    /// Units that must not be donors, and why, such as an incident of their own.
    pub left_out: BTreeMap<String, String>,
}

impl Default for DonorRules {
    fn default() -> Self {
        Self { overlap: BTreeMap::new(), overlap_max: 0.2, left_out: BTreeMap::new() }
    }
}

/// A unit beside the treated one, used or not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Donor {
    /// Its name.
    pub unit: String,
    /// Whether the counterfactual may use it.
    pub used: bool,
    /// Its weight in the counterfactual: a share of 1 for the synthetic methods, the mean regression coefficient for BSTS.
    pub weight: f64,
    /// BSTS only: the posterior probability that it belongs into the regression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inclusion: Option<f64>,
    /// Audience overlap with the treated unit, where known.
    pub overlap: Option<f64>,
    /// Why it is used or not, in a sentence.
    pub note: String,
}

/// All units but `treated`, each with whether it is used and why; their weights are still 0.
pub(super) fn choose(
    panel: &Panel,
    treated: &str,
    rules: &DonorRules,
) -> Result<Vec<Donor>, RecoveryError> {
    for (unit, overlap) in &rules.overlap {
        if !(0.0..=1.0).contains(overlap) {
            return Err(RecoveryError::BadOverlap { unit: unit.clone(), overlap: *overlap });
        }
    }
    let mut donors: Vec<Donor> = panel
        .units()
        .iter()
        .filter(|unit| *unit != treated)
        .map(|unit| judge(unit, rules))
        .collect();
    fill_up(&mut donors, rules);
    Ok(donors)
}

fn judge(unit: &str, rules: &DonorRules) -> Donor {
    let overlap = rules.overlap.get(unit).copied();
    let (used, note) = match (rules.left_out.get(unit), overlap) {
        (Some(why), _) => (false, format!("left out: {why}")),
        (None, None) => (true, "its audience overlap is not known".to_owned()),
        (None, Some(overlap)) if overlap > rules.overlap_max => {
            (false, format!("left out: {} of the smaller audience is shared", percent(overlap)))
        }
        (None, Some(overlap)) => {
            (true, format!("{} of the smaller audience is shared", percent(overlap)))
        }
    };
    Donor { unit: unit.to_owned(), used, weight: 0.0, inclusion: None, overlap, note }
}

fn fill_up(donors: &mut [Donor], rules: &DonorRules) {
    let used = donors.iter().filter(|donor| donor.used).count();
    let mut spare: Vec<&mut Donor> = donors
        .iter_mut()
        .filter(|donor| !donor.used && !rules.left_out.contains_key(&donor.unit))
        .collect();
    spare.sort_by(|a, b| a.overlap.unwrap_or(1.0).total_cmp(&b.overlap.unwrap_or(1.0)));
    for donor in spare.into_iter().take(DONORS_WANTED.saturating_sub(used)) {
        donor.used = true;
        let overlap = percent(donor.overlap.unwrap_or(1.0));
        donor.note = format!(
            "{overlap} of the smaller audience is shared, above the rule; used because fewer than {DONORS_WANTED} donors pass it"
        );
    }
}

/// Leaves out donors whose series does not pass, and says why.
pub(super) fn leave_out(
    donors: &mut [Donor],
    panel: &Panel,
    passes: impl Fn(&[f64]) -> bool,
    why: &str,
) {
    for donor in donors.iter_mut().filter(|donor| donor.used) {
        if !passes(panel.series(&donor.unit)) {
            donor.used = false;
            donor.note = format!("left out: {why}");
        }
    }
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(overlaps: &[Option<f64>], left_out: &[&str], expected: &[&str]) {
        let names: Vec<String> = (0..=overlaps.len()).map(|n| format!("u{n}")).collect();
        let panel = Panel::new(
            names.clone(),
            vec![crate::recovery::Time::Number(1)],
            vec![1.0; names.len()],
        );
        let mut rules = DonorRules::default();
        for (name, overlap) in names[1..].iter().zip(overlaps) {
            overlap.map(|overlap| rules.overlap.insert(name.clone(), overlap));
        }
        rules
            .left_out
            .extend(left_out.iter().map(|unit| ((*unit).to_owned(), "own incident".to_owned())));
        let donors = choose(&panel.unwrap(), "u0", &rules).unwrap();
        let used: Vec<&str> = donors.iter().filter(|d| d.used).map(|d| d.unit.as_str()).collect();
        assert_eq!(used, expected);
        assert!(donors.iter().all(|donor| !donor.note.is_empty()));
    }

    #[test]
    fn donors_that_share_an_audience_stay_out_while_others_suffice() {
        let low = [Some(0.0), Some(0.1), Some(0.2), None, Some(0.05)];
        check(&[&low[..], &[Some(0.21), Some(0.9)]].concat(), &[], &["u1", "u2", "u3", "u4", "u5"]);
        check(&low, &["u2"], &["u1", "u3", "u4", "u5"]);
        check(&[Some(0.9), Some(0.3), Some(0.1)], &[], &["u1", "u2", "u3"]);
        let high = [Some(0.9), Some(0.3), Some(0.8), Some(0.7), Some(0.5), Some(0.6)];
        check(&high, &["u2"], &["u1", "u3", "u4", "u5", "u6"]);
    }

    #[test]
    fn an_overlap_is_a_share() {
        let panel = Panel::from_csv("unit,time,value\na,1,1\nb,1,1\n").unwrap();
        for overlap in [-0.1, 1.1, f64::NAN] {
            let overlap = BTreeMap::from([("b".to_owned(), overlap)]);
            let rules = DonorRules { overlap, ..DonorRules::default() };
            assert!(matches!(choose(&panel, "a", &rules), Err(RecoveryError::BadOverlap { .. })));
        }
    }
}
