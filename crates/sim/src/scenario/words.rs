//! The small words of a scenario file. Each refuses what does not fit as it is read, so that the reader can name the line.

use serde::Deserialize;
use units::Duration;

/// The longest show, in seconds.
pub const LENGTH_MAX_S: f64 = 7200.0;
/// Messages, orders or takings back, at most, in the unit of the field.
pub const RATE_MAX: f64 = 2000.0;
/// The longest text of a file, in characters.
pub const TEXT_MAX: usize = 600;
/// The longest name, in bytes.
pub const NAME_MAX: usize = 60;

/// A moment or a span of a show, to the millisecond.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "f64")]
pub struct Seconds(pub i64);

impl TryFrom<f64> for Seconds {
    type Error = String;

    fn try_from(seconds: f64) -> Result<Self, String> {
        if (0.0..=LENGTH_MAX_S).contains(&seconds) {
            return Ok(Self((seconds * 1000.0).round() as i64));
        }
        Err(format!("a time is a number of seconds from 0 to {LENGTH_MAX_S}"))
    }
}

impl Seconds {
    /// As a span.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_ms(self.0)
    }
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Share(pub f64);

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(share: f64) -> Result<Self, String> {
        let fits = (0.0..=1.0).contains(&share);
        fits.then_some(Self(share)).ok_or_else(|| "a share is a number from 0 to 1".to_owned())
    }
}

/// How often something happens, or a factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Rate(pub f64);

impl TryFrom<f64> for Rate {
    type Error = String;

    fn try_from(rate: f64) -> Result<Self, String> {
        let fits = (0.0..=RATE_MAX).contains(&rate);
        fits.then_some(Self(rate)).ok_or_else(|| format!("a rate is a number from 0 to {RATE_MAX}"))
    }
}

/// A line of text: not empty, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Text(pub String);

impl TryFrom<String> for Text {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Err("a text is empty".to_owned());
        }
        if text.chars().count() > TEXT_MAX {
            return Err(format!("a text has at most {TEXT_MAX} characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(
                "a text has a control character, such as a tab or the end of a line".to_owned()
            );
        }
        Ok(Self(text))
    }
}

/// A name inside of a file: lower-case letters, digits, `-`, `_` and `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(pub String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let letter = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_/".contains(&c);
        if !name.is_empty() && name.len() <= NAME_MAX && name.bytes().all(letter) {
            return Ok(Self(name));
        }
        Err(format!("a name has 1 to {NAME_MAX} of the characters a-z 0-9 - _ /"))
    }
}
