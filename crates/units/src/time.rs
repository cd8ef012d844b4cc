//! Clocks. Media and air time count flicks (1/705 600 000 s): a whole number of them makes one
//! millisecond, one tick of 90 kHz and one sample of every AAC rate, so no rounding ever adds up.

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

/// Flicks in a second.
pub const FLICKS_PER_S: i64 = 705_600_000;
const FLICKS_PER_MS: i64 = FLICKS_PER_S / 1000;
const MICROS_PER_S: i64 = 1_000_000;

/// A signed span of time, in flicks.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(pub i64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than any show.
    pub const MAX: Self = Self(i64::MAX);

    /// Whole milliseconds.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms.saturating_mul(FLICKS_PER_MS))
    }
    /// Whole seconds.
    #[must_use]
    pub const fn from_s(s: i64) -> Self {
        Self(s.saturating_mul(FLICKS_PER_S))
    }
    /// Microseconds, rounded down to a flick.
    #[must_use]
    pub const fn from_micros(us: i64) -> Self {
        Self(((us as i128 * FLICKS_PER_S as i128) / MICROS_PER_S as i128) as i64)
    }
    /// `n` ticks of a clock that runs at `per_s` ticks a second.
    #[must_use]
    pub const fn from_ticks(n: i64, per_s: u32) -> Self {
        Self(((n as i128 * FLICKS_PER_S as i128) / per_s as i128) as i64)
    }
    /// Ticks of a clock that runs at `per_s`, rounded to the nearest.
    #[must_use]
    pub const fn ticks(self, per_s: u32) -> i64 {
        let n = self.0 as i128 * per_s as i128;
        let half = FLICKS_PER_S as i128 / 2;
        (n + half).div_euclid(FLICKS_PER_S as i128) as i64
    }
    /// Milliseconds, rounded to the nearest.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.ticks(1000)
    }
    /// Microseconds, rounded to the nearest.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.ticks(1_000_000)
    }
    /// Seconds, for display and ratios only.
    #[must_use]
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / FLICKS_PER_S as f64
    }
    /// The span without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.saturating_abs())
    }
    /// `self * n / d`, exact in between.
    #[must_use]
    pub const fn scale(self, n: i64, d: i64) -> Self {
        Self(((self.0 as i128 * n as i128) / d as i128) as i64)
    }
}

impl Neg for Duration {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
impl AddAssign for Duration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl SubAssign for Duration {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}
impl fmt::Debug for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}ms", self.secs_f64() * 1000.0)
    }
}

macro_rules! clock {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Where the clock starts.
            pub const ZERO: Self = Self(0);
            /// The moment `span` after the start.
            #[must_use]
            pub const fn from_start(span: Duration) -> Self {
                Self(span.0)
            }
            /// Whole milliseconds after the start.
            #[must_use]
            pub const fn from_ms(ms: i64) -> Self {
                Self(Duration::from_ms(ms).0)
            }
            /// The span since the start.
            #[must_use]
            pub const fn since_start(self) -> Duration {
                Duration(self.0)
            }
            /// Milliseconds since the start, rounded to the nearest.
            #[must_use]
            pub const fn ms(self) -> i64 {
                Duration(self.0).ms()
            }
        }
        impl Add<Duration> for $name {
            type Output = Self;
            fn add(self, span: Duration) -> Self {
                Self(self.0.saturating_add(span.0))
            }
        }
        impl Sub<Duration> for $name {
            type Output = Self;
            fn sub(self, span: Duration) -> Self {
                Self(self.0.saturating_sub(span.0))
            }
        }
        impl Sub for $name {
            type Output = Duration;
            fn sub(self, other: Self) -> Duration {
                Duration(self.0.saturating_sub(other.0))
            }
        }
        impl AddAssign<Duration> for $name {
            fn add_assign(&mut self, span: Duration) {
                *self = *self + span;
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:.3}ms)"), Duration(self.0).secs_f64() * 1000.0)
            }
        }
    };
}

clock!(
    /// A moment of one source, in flicks since that source's channel began.
    MediaTime
);
clock!(
    /// A moment of the program, in flicks since the show first aired. It never goes back.
    AirTime
);

/// A moment in UTC, in microseconds since 1970. Minted only by the shell, which never lets it go back.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Whole milliseconds since 1970.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms.saturating_mul(1000))
    }
    /// Milliseconds since 1970, rounded down.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0.div_euclid(1000)
    }
    /// RFC 3339 in UTC with milliseconds, such as `2026-11-22T08:30:39.123Z`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let ms = self.ms();
        let (days, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        let (h, m, s, milli) =
            (in_day / 3_600_000, in_day / 60_000 % 60, in_day / 1000 % 60, in_day % 1000);
        format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{milli:03}Z")
    }
    /// Reads RFC 3339 with any offset; `None` when it is not one.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if !text.is_ascii()
            || b.len() < 20
            || b[4] != b'-'
            || b[7] != b'-'
            || b[13] != b':'
            || b[16] != b':'
        {
            return None;
        }
        if !matches!(b[10], b'T' | b't' | b' ') {
            return None;
        }
        let num = |from: usize, to: usize| -> Option<i64> {
            let part = text.get(from..to)?;
            if !part.bytes().all(|c| c.is_ascii_digit()) {
                return None;
            }
            part.parse().ok()
        };
        let (year, month, day) = (num(0, 4)?, num(5, 7)?, num(8, 10)?);
        let (h, m, s) = (num(11, 13)?, num(14, 16)?, num(17, 19)?);
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || h > 23 || m > 59 || s > 60 {
            return None;
        }
        let mut rest = &text[19..];
        let mut micros = 0i64;
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            for i in 0..6 {
                let digit = if i < digits { i64::from(fraction.as_bytes()[i] - b'0') } else { 0 };
                micros = micros * 10 + digit;
            }
            rest = &fraction[digits..];
        }
        let offset_s = match rest.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), ..] if rest.len() == 6 && rest.as_bytes()[3] == b':' => {
                let hours: i64 = rest.get(1..3)?.parse().ok()?;
                let minutes: i64 = rest.get(4..6)?.parse().ok()?;
                let span = hours * 3600 + minutes * 60;
                if *sign == b'+' { span } else { -span }
            }
            _ => return None,
        };
        let secs = days_from_civil(year, month, day) * 86_400 + h * 3600 + m * 60 + s - offset_s;
        Some(Self(secs * MICROS_PER_S + micros))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.micros()))
    }
}
impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.micros()))
    }
}
impl Sub for Timestamp {
    type Output = Duration;
    fn sub(self, other: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(other.0))
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Days since 1970 to a date of the proleptic Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
const fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, doy - (153 * mp + 2) / 5 + 1)
}

const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flicks_hold_every_rate_exactly() {
        for rate in [
            7350, 8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 90_000,
            96_000,
        ] {
            assert_eq!(FLICKS_PER_S % i64::from(rate), 0, "{rate}");
            assert_eq!(Duration::from_ticks(1024, rate).ticks(rate), 1024);
        }
        assert_eq!(Duration::from_ms(33).ms(), 33);
    }

    #[test]
    fn rfc3339_goes_both_ways() {
        for text in
            ["1970-01-01T00:00:00.000Z", "2026-11-22T08:30:39.123Z", "2024-02-29T23:59:59.999Z"]
        {
            assert_eq!(
                Timestamp::parse_rfc3339(text).map(Timestamp::rfc3339).as_deref(),
                Some(text)
            );
        }
        assert_eq!(
            Timestamp::parse_rfc3339("2026-01-01T08:00:00+08:00")
                .map(Timestamp::rfc3339)
                .as_deref(),
            Some("2026-01-01T00:00:00.000Z")
        );
        for bad in
            ["", "2026", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "二〇二六-01-01T00:00:00Z"]
        {
            assert_eq!(Timestamp::parse_rfc3339(bad), None, "{bad}");
        }
    }
}
