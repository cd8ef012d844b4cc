//! How often the sentinel is right: from what people said of its incidents, by rule and by detector.
//!
//! A verdict counts first. Without one, an incident that a person stood behind counts as right and one that a person let air as
//! wrong; what nobody decided counts for neither and is named apart. The interval is Wilson's at 95 % (Wilson, JASA 22, 1927),
//! which stays sensible for few cases and for shares near 0 and 1.

use std::collections::BTreeMap;

use serde::Serialize;
use show::sentinel::{Incident, IncidentState, ROOM_RULE, Verdict};

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// What people made of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// It was right.
    Right,
    /// It was wrong.
    Wrong,
    /// It was right and came too late.
    Late,
    /// Nobody said.
    Undecided,
}

impl Judged {
    /// By the verdict, or else by what a person did about it.
    #[must_use]
    pub(crate) fn of(incident: &Incident) -> Self {
        match (incident.verdict, incident.state) {
            (Some(Verdict::Right), _) | (None, IncidentState::Confirmed) => Self::Right,
            (Some(Verdict::Wrong), _) | (None, IncidentState::Dismissed) => Self::Wrong,
            (Some(Verdict::Late), _) => Self::Late,
            (None, IncidentState::Open | IncidentState::Withdrawn) => Self::Undecided,
        }
    }

    /// Whether something was there to be caught; nothing while nobody has said.
    #[must_use]
    pub(crate) fn there(self) -> Option<bool> {
        match self {
            Self::Right | Self::Late => Some(true),
            Self::Wrong => Some(false),
            Self::Undecided => None,
        }
    }
}

/// What found something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Detector {
    /// Rules of packs, in what the host says.
    Words,
    /// The reader of the room.
    Room,
}

impl Detector {
    /// Which one opened an incident of this rule.
    pub(crate) fn of(rule: &str) -> Self {
        if rule == ROOM_RULE { Self::Room } else { Self::Words }
    }
}

/// Incidents by what was made of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) incidents: u32,
    pub(crate) right: u32,
    pub(crate) wrong: u32,
    pub(crate) late: u32,
    pub(crate) undecided: u32,
}

impl Counts {
    fn add(&mut self, judged: Judged) {
        self.incidents += 1;
        match judged {
            Judged::Right => self.right += 1,
            Judged::Wrong => self.wrong += 1,
            Judged::Late => self.late += 1,
            Judged::Undecided => self.undecided += 1,
        }
    }

    /// The share of the decided that was right, late or not.
    pub(crate) fn precision(&self) -> Option<f64> {
        let right = self.right + self.late;
        let of = right + self.wrong;
        (of > 0).then(|| f64::from(right) / f64::from(of))
    }

    /// Its interval at 95 %.
    pub(crate) fn interval(&self) -> Option<[f64; 2]> {
        let right = self.right + self.late;
        wilson(right, right + self.wrong)
    }
}

/// Wilson's score interval of a share, at 95 %; nothing of nothing.
pub(crate) fn wilson(hits: u32, of: u32) -> Option<[f64; 2]> {
    if of == 0 {
        return None;
    }
    let (n, share) = (f64::from(of), f64::from(hits) / f64::from(of));
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some([((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)])
}

/// Counts by rule and by detector.
#[derive(Debug, Default)]
pub(crate) struct Precision {
    pub(crate) rules: BTreeMap<String, Counts>,
    pub(crate) detectors: BTreeMap<Detector, Counts>,
}

impl Precision {
    /// Counts an incident.
    pub(crate) fn add(&mut self, incident: &Incident) {
        let judged = Judged::of(incident);
        if let Some(counts) = self.rules.get_mut(&incident.rule) {
            counts.add(judged);
        } else {
            self.rules.entry(incident.rule.clone()).or_default().add(judged);
        }
        self.detectors.entry(Detector::of(&incident.rule)).or_default().add(judged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        assert_eq!(wilson(0, 0), None);
        // Newcombe, Statistics in Medicine 17, 1998, table I, method 3.
        for (hits, of, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = wilson(hits, of).unwrap();
            assert!((found[0] - low).abs() < 5e-5 && (found[1] - high).abs() < 5e-5, "{found:?}");
        }
        assert_eq!(wilson(20, 20).map(|it| it[1]), Some(1.0));
    }

    #[test]
    fn late_is_right_and_what_nobody_said_counts_for_neither() {
        let mut counts = Counts::default();
        for judged in [Judged::Right, Judged::Late, Judged::Wrong, Judged::Undecided] {
            counts.add(judged);
        }
        assert_eq!((counts.incidents, counts.undecided), (4, 1));
        assert_eq!(counts.precision(), Some(2.0 / 3.0));
        assert_eq!(Counts::default().precision(), None);
    }
}
