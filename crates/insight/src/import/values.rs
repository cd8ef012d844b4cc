//! What a field says: moments and amounts. Anything that could be read in two ways is refused.

use units::Currency;

use crate::calendar::{DAY_S, Day};

/// The greatest amount of one order in minor units, so that sums stay exact.
pub const AMOUNT_MAX_MINOR: i64 = 1_000_000_000_000;

/// The first second of 2106. Weeks after it are still within 32 bits.
const MOMENT_END: u32 = 4_291_747_200;

/// Seconds since 1970 of `2026-03-01`, `2026-03-01 20:15`, `2026-03-01 20:15:30`, or RFC 3339. A fraction of a second is
/// cut off. A time without a zone is taken as UTC. `None` for anything else, and outside 1970 to 2105.
pub(super) fn moment(text: &[u8]) -> Option<u32> {
    let day = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<Day>().ok();
    let date = day(text.get(..10)?)?;
    let at = |seconds: i64| {
        u32::try_from(i64::from(date.0) * i64::from(DAY_S) + seconds)
            .ok()
            .filter(|at| *at < MOMENT_END)
    };
    let rest = &text[10..];
    let Some((separator, rest)) = rest.split_first() else { return at(0) };
    if !matches!(separator, b' ' | b'T' | b't') {
        return None;
    }
    let (hours, minutes) = (two_digits(rest, 0)?, two_digits(rest, 3)?);
    if rest[2] != b':' || hours > 23 || minutes > 59 {
        return None;
    }
    let (mut seconds, mut rest) = (0, &rest[5..]);
    if rest.first() == Some(&b':') {
        seconds = two_digits(rest, 1)?;
        rest = &rest[3..];
        if seconds > 60 {
            return None;
        }
        if let Some((b'.', fraction)) = rest.split_first() {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            rest = &fraction[digits..];
        }
    }
    at(i64::from(hours * 3600 + minutes * 60 + seconds) - zone(rest)?)
}

/// Seconds east of UTC.
fn zone(text: &[u8]) -> Option<i64> {
    match text {
        [] | b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (hours, minutes) = (two_digits(rest, 0)?, two_digits(rest, 3)?);
            if rest.len() != 5 || rest[2] != b':' || hours > 23 || minutes > 59 {
                return None;
            }
            let east = i64::from(hours * 3600 + minutes * 60);
            Some(if *sign == b'+' { east } else { -east })
        }
        _ => None,
    }
}

fn two_digits(text: &[u8], at: usize) -> Option<u32> {
    match text.get(at..at + 2)? {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(u32::from(a - b'0') * 10 + u32::from(b - b'0')),
        _ => None,
    }
}

/// An amount in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) minor: i64,
    /// It had more decimals than the currency and is rounded half away from zero.
    pub(super) rounded: bool,
}

/// A decimal number such as `79.00` or `-5`: digits, perhaps a sign, perhaps a point; no signs of thousands, no exponent.
pub(super) fn amount(text: &[u8], currency: Currency) -> Option<Amount> {
    let (negative, digits) = match text.split_first()? {
        (b'-', rest) => (true, rest),
        (b'+', rest) => (false, rest),
        _ => (false, text),
    };
    let point = digits.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &[][..]),
    };
    if whole.is_empty() && fraction.is_empty() || point.is_some() && fraction.is_empty() {
        return None;
    }
    let decimals = currency.decimals() as usize;
    let kept = whole.iter().chain(fraction.iter().take(decimals));
    let mut minor: i64 = 0;
    for digit in
        kept.copied().chain(std::iter::repeat_n(b'0', decimals.saturating_sub(fraction.len())))
    {
        if !digit.is_ascii_digit() || minor > AMOUNT_MAX_MINOR {
            return None;
        }
        minor = minor * 10 + i64::from(digit - b'0');
    }
    let beyond = fraction.get(decimals..).unwrap_or(&[]);
    if !beyond.iter().all(u8::is_ascii_digit) {
        return None;
    }
    minor += i64::from(beyond.first().is_some_and(|digit| *digit >= b'5'));
    let rounded = beyond.iter().any(|digit| *digit != b'0');
    (minor <= AMOUNT_MAX_MINOR)
        .then_some(Amount { minor: if negative { -minor } else { minor }, rounded })
}

/// A number of days, at most ten years.
pub(super) fn days(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse::<f64>().ok())?.filter(|days| *days <= 3650.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2023-09-10 21:05", Some(1_694_379_900)),
            ("2023-09-10 21:05:30", Some(1_694_379_930)),
            ("2023-09-10T21:05:30Z", Some(1_694_379_930)),
            ("2023-09-10t21:05:30.999+08:00", Some(1_694_351_130)),
            ("2023-09-10T21:05:30-01:30", Some(1_694_385_330)),
            ("2105-12-31 23:59:59", Some(MOMENT_END - 1)),
            ("2106-01-01 00:00", None),
            ("2106-02-07T06:28:14Z", None),
            ("1969-12-31 23:59:59", None),
            ("2023-09-10 24:00", None),
            ("2023-02-30", None),
            ("2023-09-10 21", None),
            ("2023-09-10 21:05:30.", None),
            ("2023-09-10T21:05:30+0800", None),
            ("10/09/2023", None),
            ("10.09.2023 21:05", None),
            ("1694379930", None),
            ("", None),
        ] {
            assert_eq!(moment(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn amounts() {
        let (cny, jpy) = ("CNY".parse().unwrap(), "JPY".parse().unwrap());
        for (text, currency, expected) in [
            ("79.00", cny, Some((7900, false))),
            ("79", cny, Some((7900, false))),
            ("-5.5", cny, Some((-550, false))),
            ("+.5", cny, Some((50, false))),
            ("0.125", cny, Some((13, true))),
            ("-0.125", cny, Some((-13, true))),
            ("79.0000", cny, Some((7900, false))),
            ("0.30000000000000004", cny, Some((30, true))),
            ("1200", jpy, Some((1200, false))),
            ("1200.5", jpy, Some((1201, true))),
            ("10000000000.00", cny, Some((AMOUNT_MAX_MINOR, false))),
            ("10000000000.01", cny, None),
            ("99999999999999999999999", cny, None),
            ("1,299.00", cny, None),
            ("1.299,00", cny, None),
            ("1e3", cny, None),
            ("79.", cny, None),
            ("¥79", cny, None),
            ("-", cny, None),
            (".", cny, None),
            ("", cny, None),
        ] {
            let read = amount(text.as_bytes(), currency).map(|read| (read.minor, read.rounded));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn numbers_of_days() {
        for (text, expected) in [
            ("0", Some(0.0)),
            ("1.5", Some(1.5)),
            ("3651", None),
            ("-1", None),
            ("inf", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(days(text.as_bytes()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..40), digits in "[-+.0-9eE:TZ ]{0,40}") {
            let currency = "KWD".parse().unwrap();
            for text in [&bytes[..], digits.as_bytes()] {
                let _ = (moment(text), amount(text, currency), days(text));
            }
        }

        #[test]
        fn moments_there_and_back(at in 0u32..MOMENT_END) {
            let text = format!("{}T{:02}:{:02}:{:02}Z", Day::of(at), at / 3600 % 24, at / 60 % 60, at % 60);
            prop_assert_eq!(moment(text.as_bytes()), Some(at));
        }
    }
}
