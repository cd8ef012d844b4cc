//! How long recoveries take, over many incidents of which some are not over (Kaplan & Meier 1958). It assumes that an
//! incident that is still open is not, for that reason, a worse one.

use serde::Serialize;

/// One incident: how long it has lasted, and whether the unit is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// Days from the incident to the recovered date, or so far.
    pub days: u32,
    /// `false` when it is not yet over, or cannot be dated: censored.
    pub recovered: bool,
}

/// The share of incidents that are not yet over, after each day on which one ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SurvivalCurve {
    /// Days on which an incident ended, ascending.
    pub steps: Vec<SurvivalStep>,
    /// The first day by which half of the incidents are over; `None` when the curve stays above one half.
    pub median_days: Option<u32>,
    /// 95 % interval of the median; an end that the data do not reach is `None`.
    pub median_interval: [Option<u32>; 2],
    /// Incidents in all.
    pub incidents: usize,
    /// Incidents that are over.
    pub recovered: usize,
}

/// One step of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SurvivalStep {
    /// Days since the incident.
    pub days: u32,
    /// Incidents that lasted until this day.
    pub at_risk: usize,
    /// Incidents that ended on it.
    pub recovered: usize,
    /// Share not yet over after this day.
    pub open: f64,
    /// 95 % interval of that share: Greenwood's variance on the log-log scale.
    pub interval: [f64; 2],
}

const Z95: f64 = 1.959_963_984_540_054;

/// The Kaplan–Meier curve of recoveries. An incident censored on a day was still at risk on it. No incidents, no steps.
#[must_use]
pub fn kaplan_meier(spells: &[Spell]) -> SurvivalCurve {
    let mut sorted = spells.to_vec();
    sorted.sort_by_key(|spell| spell.days);
    let (mut open, mut variance) = (1.0, 0.0);
    let mut steps: Vec<SurvivalStep> = Vec::new();
    let mut at_risk = sorted.len();
    for day in sorted.chunk_by(|a, b| a.days == b.days) {
        let recovered = day.iter().filter(|spell| spell.recovered).count();
        if recovered > 0 {
            let (ended, risk) = (recovered as f64, at_risk as f64);
            open *= 1.0 - ended / risk;
            variance += ended / (risk * (risk - ended));
            let interval = log_log(open, variance);
            steps.push(SurvivalStep { days: day[0].days, at_risk, recovered, open, interval });
        }
        at_risk -= day.len();
    }
    let first = |below: fn(&SurvivalStep) -> f64| {
        steps.iter().find(|step| below(step) <= 0.5).map(|step| step.days)
    };
    SurvivalCurve {
        median_days: first(|step| step.open),
        median_interval: [first(|step| step.interval[0]), first(|step| step.interval[1])],
        incidents: spells.len(),
        recovered: spells.iter().filter(|spell| spell.recovered).count(),
        steps,
    }
}

fn log_log(open: f64, variance: f64) -> [f64; 2] {
    if open <= 0.0 {
        return [0.0, 0.0];
    }
    let spread = Z95 * variance.sqrt() / libm::log(open);
    [-spread, spread].map(|power| libm::pow(open, libm::exp(power)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Remission of leukaemia under 6-mercaptopurine (Freireich et al. 1963), the textbook case.
    #[test]
    fn the_textbook_curve_comes_out() {
        let ended = [6, 6, 6, 7, 10, 13, 16, 22, 23];
        let censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
        let spells: Vec<Spell> = ended
            .iter()
            .map(|days| Spell { days: *days, recovered: true })
            .chain(censored.iter().map(|days| Spell { days: *days, recovered: false }))
            .collect();
        let curve = kaplan_meier(&spells);
        let expected = [
            (6, 21, 0.857),
            (7, 17, 0.807),
            (10, 15, 0.753),
            (13, 12, 0.690),
            (16, 11, 0.627),
            (22, 7, 0.538),
            (23, 6, 0.448),
        ];
        assert_eq!(curve.steps.len(), expected.len());
        for (step, (days, at_risk, open)) in curve.steps.iter().zip(expected) {
            assert_eq!((step.days, step.at_risk), (days, at_risk));
            assert!((step.open - open).abs() < 5e-4, "{step:?}");
        }
        let first = curve.steps[0].interval;
        assert!((first[0] - 0.620).abs() < 5e-4 && (first[1] - 0.952).abs() < 5e-4, "{first:?}");
        assert_eq!((curve.median_days, curve.median_interval), (Some(23), [Some(13), None]));
        assert_eq!((curve.incidents, curve.recovered), (21, 9));
    }

    #[test]
    fn ends_of_the_curve() {
        assert_eq!(kaplan_meier(&[]), SurvivalCurve::default());
        let all = kaplan_meier(&[Spell { days: 3, recovered: true }; 2]);
        assert_eq!((all.steps[0].open, all.steps[0].interval), (0.0, [0.0, 0.0]));
        assert_eq!(kaplan_meier(&[Spell { days: 3, recovered: false }]).median_days, None);
    }

    proptest! {
        #[test]
        fn without_censoring_it_is_the_share_still_open(days in prop::collection::vec(0..50_u32, 1..40)) {
            let spells: Vec<Spell> = days.iter().map(|days| Spell { days: *days, recovered: true }).collect();
            for step in kaplan_meier(&spells).steps {
                let open = days.iter().filter(|days| **days > step.days).count() as f64 / days.len() as f64;
                prop_assert!((step.open - open).abs() < 1e-9);
                prop_assert!(step.interval[0] <= step.open + 1e-12 && step.open <= step.interval[1] + 1e-12);
            }
        }
    }
}
