//! Days and months of the civil calendar, counted from 1970. A day is one of UTC, or of whatever clock wrote times
//! without a zone. It reads no clock and knows no time zones.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Seconds of a day.
pub const DAY_S: u32 = 86_400;

/// Days since 1970-01-01. Written as `2026-03-01`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Day(pub i32);

/// Months since January 1970. Written as `2026-03`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "String")]
pub struct Month(pub i32);

/// Not a day that the calendar has, or not written as `2026-03-01`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as 2026-03-01")]
pub struct NotADay;

impl Day {
    /// The day of a moment in seconds since 1970.
    #[must_use]
    pub fn of(seconds: u32) -> Self {
        Self((seconds / DAY_S) as i32)
    }

    /// The day of a date; `None` where the calendar has no such day. Years 1 to 9999.
    #[must_use]
    pub fn from_date(year: i32, month: u32, day: u32) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let last = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            _ => return None,
        };
        if day == 0 || day > last || !(1..=9999).contains(&year) {
            return None;
        }
        // Years begin in March here, so that the leap day comes last.
        let (shifted, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
        let day_of_year = (153 * months as i32 + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self(era * 146_097 + day_of_era - 719_468))
    }

    /// Year, month 1 to 12, and day of the month.
    #[must_use]
    pub fn date(self) -> (i32, u32, u32) {
        let days = i64::from(self.0) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months + 2) / 5 + 1;
        let month = if months < 10 { months + 3 } else { months - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as u32, day as u32)
    }

    /// 0 for Monday to 6 for Sunday.
    #[must_use]
    pub fn weekday(self) -> usize {
        (i64::from(self.0) + 3).rem_euclid(7) as usize
    }

    /// Weeks since the one of 1970-01-01; a week begins on Monday.
    #[must_use]
    pub fn week(self) -> i32 {
        self.0.saturating_add(3).div_euclid(7)
    }

    /// The Monday of a week.
    #[must_use]
    pub fn monday(week: i32) -> Self {
        Self(week.saturating_mul(7).saturating_sub(3))
    }

    /// The month that the day is in.
    #[must_use]
    pub fn month(self) -> Month {
        let (year, month, _) = self.date();
        Month((year - 1970) * 12 + month as i32 - 1)
    }
}

impl Month {
    /// 0 for January to 11 for December.
    #[must_use]
    pub fn of_year(self) -> usize {
        self.0.rem_euclid(12) as usize
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", 1970 + self.0.div_euclid(12), self.of_year() + 1)
    }
}

impl std::str::FromStr for Day {
    type Err = NotADay;
    fn from_str(text: &str) -> Result<Self, NotADay> {
        let mut parts = text.split('-');
        let mut next = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok())?
        };
        let (year, month, day) = (next(4), next(2), next(2));
        let rest = parts.next();
        match (year, month, day, rest) {
            (Some(year), Some(month), Some(day), None) => {
                Self::from_date(year as i32, month, day).ok_or(NotADay)
            }
            _ => Err(NotADay),
        }
    }
}

impl TryFrom<String> for Day {
    type Error = NotADay;
    fn try_from(text: String) -> Result<Self, NotADay> {
        text.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (text, days, weekday) in [
            ("1970-01-01", 0, 3),
            ("2000-02-29", 11_016, 1),
            ("2023-09-10", 19_610, 6),
            ("2026-11-22", 20_779, 6),
        ] {
            let day: Day = text.parse().expect(text);
            assert_eq!((day.0, day.weekday(), day.to_string().as_str()), (days, weekday, text));
        }
        assert_eq!(Day::of(DAY_S - 1), Day(0));
        let monday = Day::monday(2810);
        assert_eq!((monday.weekday(), monday.week(), Day(monday.0 - 1).week()), (0, 2810, 2809));
        assert_eq!(Day::of(u32::MAX).to_string(), "2106-02-07");
        assert_eq!(
            "2026-03-31".parse::<Day>().map(|day| day.month().to_string()),
            Ok("2026-03".into())
        );
    }

    #[test]
    fn what_is_no_day() {
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-1-01",
            "2026-01-00",
            "",
            "a-b-c",
            "2026-01-01-01",
        ] {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
    }

    #[test]
    fn every_day_there_and_back() {
        let (mut last, mut count) = (Day(-719_162), 0);
        while last.0 < 2_932_896 {
            let (year, month, day) = last.date();
            assert_eq!(Day::from_date(year, month, day), Some(last));
            last = Day(last.0 + 37);
            count += 1;
        }
        assert!(count > 90_000);
    }
}
