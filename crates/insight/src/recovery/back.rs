//! When a unit is back: the first day from which the mean gap of seven days stays at −10 % of the counterfactual or better
//! for seven days running, with a posterior probability of at least 0.8. The means look back, and in the first week they
//! look back to the start only.

/// The gap that still counts as back, as a share of the counterfactual.
pub const GAP_LEAST: f64 = -0.1;
/// How likely it must be that the unit is back.
pub const PROBABILITY_LEAST: f64 = 0.8;

/// What draws of the counterfactual say about each time after the start.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Back {
    /// Share of the draws in which the mean gap up to this time is small.
    pub(super) near: Vec<f64>,
    /// Share of the draws in which it is, from this time on, small for a week running; only where a whole week follows.
    pub(super) stays: Vec<f64>,
}

/// Counts draws. `actual` and each draw hold the values after the start; `week` times stand for seven days.
pub(super) fn count<'a>(
    actual: &[f64],
    draws: impl Iterator<Item = &'a [f64]>,
    week: usize,
) -> Back {
    let weeks = (actual.len() + 1).saturating_sub(week);
    let mut back = Back { near: vec![0.0; actual.len()], stays: vec![0.0; weeks] };
    let mut all = 0.0;
    for draw in draws {
        all += 1.0;
        let mut running = 0;
        for (time, small) in small_gaps(actual, draw, week).into_iter().enumerate() {
            running = if small { running + 1 } else { 0 };
            back.near[time] += f64::from(small);
            if running >= week {
                back.stays[time + 1 - week] += 1.0;
            }
        }
    }
    back.near.iter_mut().chain(&mut back.stays).for_each(|count| *count /= f64::max(all, 1.0));
    back
}

fn small_gaps(actual: &[f64], draw: &[f64], week: usize) -> Vec<bool> {
    let (mut gap, mut level) = (0.0, 0.0);
    let mut small = Vec::with_capacity(actual.len());
    for time in 0..actual.len() {
        gap += actual[time] - draw[time];
        level += draw[time];
        if time >= week {
            gap -= actual[time - week] - draw[time - week];
            level -= draw[time - week];
        }
        small.push(gap >= GAP_LEAST * level.abs());
    }
    small
}

impl Back {
    /// The first time after the start from which the unit is back.
    pub(super) fn first(&self) -> Option<usize> {
        self.stays.iter().position(|share| *share >= PROBABILITY_LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(gaps: &[f64], week: usize, expected: Option<usize>) {
        let actual: Vec<f64> = gaps.iter().map(|gap| 100.0 * (1.0 + gap)).collect();
        let level = vec![100.0; gaps.len()];
        let back = count(&actual, [level.as_slice()].into_iter(), week);
        assert_eq!(back.first(), expected, "{gaps:?}");
    }

    #[test]
    fn the_day_is_the_first_that_holds_for_a_week() {
        check(&[-0.05; 7], 7, Some(0));
        check(&[-0.05; 6], 7, None);
        // Ten dark days, then all is well: the mean of seven days is −0.4 · 1/7 on the sixth good day.
        let step: Vec<f64> = (0..30).map(|day| if day < 10 { -0.4 } else { 0.0 }).collect();
        check(&step, 7, Some(15));
        check(&step[..21], 7, None);
        check(&step[..22], 7, Some(15));
        // A relapse within the week starts it anew.
        let relapse: Vec<f64> =
            (0..40).map(|day| if (2..9).contains(&day) { -0.4 } else { 0.0 }).collect();
        check(&relapse, 7, Some(14));
        check(&[-0.2, 0.0, -0.2, 0.0, 0.0], 1, Some(1));
        check(&[], 7, None);
    }

    #[test]
    fn the_share_of_draws_counts() {
        let actual = vec![95.0; 7];
        let (low, high) = (vec![100.0; 7], vec![120.0; 7]);
        for (lows, expected) in [(8, Some(0)), (7, None)] {
            let draws = (0..10).map(|n| if n < lows { low.as_slice() } else { high.as_slice() });
            let back = count(&actual, draws, 7);
            assert_eq!((back.first(), back.near[6]), (expected, f64::from(lows) / 10.0));
        }
    }

    #[test]
    fn a_counterfactual_below_zero_keeps_its_sense() {
        let back = count(&[-105.0, -115.0], [[-100.0; 2].as_slice()].into_iter(), 1);
        assert_eq!(back.near, [1.0, 0.0]);
    }
}
