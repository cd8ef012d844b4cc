//! The times of a panel: calendar days, or whole numbers such as years. All evenly spaced.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::calendar::Day;

/// When a value was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Time {
    /// A calendar day; in JSON a string.
    Date(Day),
    /// A whole number, such as a year or the number of a day; in JSON a number.
    Number(i64),
}

/// The text is neither a date nor a whole number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a date such as 2026-11-22 nor a whole number")]
pub struct NotATime(String);

/// Whole numbers beyond this are refused, so that differences never overflow.
const NUMBER_MAX: i64 = 1_000_000_000_000;

impl Time {
    /// Days, or whole numbers, from `earlier` to this time; `None` between a date and a number.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<i64> {
        match (self, earlier) {
            (Self::Date(a), Self::Date(b)) => Some(i64::from(a.0) - i64::from(b.0)),
            (Self::Number(a), Self::Number(b)) => Some(a - b),
            _ => None,
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(date) => date.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl FromStr for Time {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        if let Ok(date) = text.parse() {
            return Ok(Self::Date(date));
        }
        match text.parse::<i64>() {
            Ok(number) if (-NUMBER_MAX..=NUMBER_MAX).contains(&number) => Ok(Self::Number(number)),
            _ => Err(NotATime(text.chars().take(40).collect())),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Date(date) => date.serialize(serializer),
            Self::Number(number) => serializer.serialize_i64(*number),
        }
    }
}

/// How far neighbouring times of a panel lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Days(i64),
    Months(i64),
    Numbers(i64),
}

impl Step {
    fn between(earlier: Time, later: Time) -> Option<Self> {
        match (earlier, later) {
            (Time::Date(a), Time::Date(b)) => {
                let months = i64::from(b.month().0) - i64::from(a.month().0);
                Some(if months > 0 && a.date().2 == b.date().2 {
                    Self::Months(months)
                } else {
                    Self::Days(i64::from(b.0) - i64::from(a.0))
                })
            }
            (Time::Number(a), Time::Number(b)) => Some(Self::Numbers(b - a)),
            _ => None,
        }
    }

    /// The step of sorted, distinct times, or the place of the first time that comes too late after its neighbour. A single
    /// time counts as daily.
    pub(super) fn of(times: &[Time]) -> Result<Self, usize> {
        let steps: Vec<Option<Self>> =
            times.windows(2).map(|pair| Self::between(pair[0], pair[1])).collect();
        let Some(&Some(first)) = steps.first() else {
            return if times.len() < 2 { Ok(Self::Days(1)) } else { Err(1) };
        };
        if steps.iter().all(|step| *step == Some(first)) {
            return Ok(first);
        }
        // Days of one month may look like months: 28 days after 1 February is 1 March.
        let spans: Vec<i64> =
            times.windows(2).map(|pair| pair[1].since(pair[0]).unwrap_or(i64::MAX)).collect();
        let least = spans.iter().copied().min().unwrap_or(1);
        match spans.iter().position(|span| *span != least) {
            Some(place) => Err(place + 1),
            None if matches!(times[0], Time::Date(_)) => Ok(Self::Days(least)),
            None => Ok(Self::Numbers(least)),
        }
    }

    /// As many steps as stand for seven days. A whole number counts as a day; a step longer than a week is one.
    pub(super) fn week(self) -> usize {
        match self {
            Self::Days(days) | Self::Numbers(days) => (7 / days.max(1)).max(1) as usize,
            Self::Months(_) => 1,
        }
    }

    /// So many steps, in words.
    pub(super) fn count(self, steps: usize) -> String {
        let noun = match self {
            Self::Days(1) => "day",
            Self::Days(7) => "week",
            Self::Months(1) => "month",
            Self::Months(12) => "year",
            _ => "time",
        };
        if steps == 1 { format!("one {noun}") } else { format!("{steps} {noun}s") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(times: &[&str], expected: Result<Step, usize>) {
        let times: Vec<Time> = times.iter().map(|time| time.parse().unwrap()).collect();
        assert_eq!(Step::of(&times), expected, "{times:?}");
    }

    #[test]
    fn steps_are_found_and_gaps_are_placed() {
        check(&["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"], Ok(Step::Days(1)));
        check(&["2024-01-01", "2024-01-08", "2024-01-15"], Ok(Step::Days(7)));
        check(&["2024-01-31", "2024-03-31", "2024-05-31"], Ok(Step::Months(2)));
        check(&["1955-01-01", "1956-01-01", "1957-01-01"], Ok(Step::Months(12)));
        check(&["2023-02-01", "2023-03-01", "2023-03-29"], Ok(Step::Days(28)));
        check(&["1970", "1971", "1972"], Ok(Step::Numbers(1)));
        check(&["-4", "0", "4"], Ok(Step::Numbers(4)));
        check(&["2024-01-01"], Ok(Step::Days(1)));
        check(&["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"], Err(2));
        check(&["1970", "1972", "1973"], Err(1));
        check(&["2024-01-01", "7"], Err(1));
    }

    #[test]
    fn a_week_is_so_many_steps() {
        let weeks = [Step::Days(1), Step::Days(2), Step::Days(7), Step::Days(30), Step::Months(1)];
        assert_eq!(weeks.map(Step::week), [7, 3, 1, 1, 1]);
        assert_eq!([1, 2, 7, 28].map(|days| Step::Numbers(days).week()), [7, 3, 1, 1]);
        let words = weeks.map(|step| step.count(step.week()));
        assert_eq!(words, ["7 days", "3 times", "one week", "one time", "one month"]);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in ["", "1.5", "2024-02-30", "9999999999999", "-9223372036854775808", "x"] {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
    }
}
