//! Money in minor units of one currency, with checked arithmetic and no floats.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A three-letter ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// What is wrong with an amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("a currency is three capital letters such as CNY")]
    Currency,
    /// Not a decimal amount followed by a currency.
    #[error("a price is an amount and a currency such as \"79.00 CNY\"")]
    Amount,
    /// More decimals than the currency has.
    #[error("this currency has fewer decimals than the amount")]
    Decimals,
    /// The result does not fit.
    #[error("the amount is too large")]
    Overflow,
    /// Two currencies in one sum.
    #[error("amounts of two currencies do not add")]
    Mixed,
}

impl Currency {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
    /// Decimals of the minor unit by ISO 4217.
    #[must_use]
    pub fn decimals(&self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" | b"UGX" | b"XAF" | b"XOF" | b"XPF"
            | b"PYG" | b"RWF" | b"KMF" | b"GNF" | b"DJF" | b"BIF" | b"VUV" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|l| l.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(MoneyError::Currency),
        }
    }
}
impl TryFrom<String> for Currency {
    type Error = MoneyError;
    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}
impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Minor units: fen, cents, kopecks.
    pub minor: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

impl Money {
    /// The amount `quantity` times.
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }
    /// The sum of two amounts of one currency.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }
    /// The amount alone, such as `79.00`.
    #[must_use]
    pub fn amount(self) -> String {
        let decimals = self.currency.decimals();
        let unit = 10i64.pow(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, rest) =
            (self.minor.unsigned_abs() / unit as u64, self.minor.unsigned_abs() % unit as u64);
        if decimals == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{rest:0w$}", w = decimals as usize)
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency)
    }
}

impl FromStr for Money {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (amount, currency) = text.trim().split_once(' ').ok_or(MoneyError::Amount)?;
        let currency: Currency = currency.trim().parse()?;
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let digits = |part: &str| part.bytes().all(|c| c.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || amount.ends_with('.') {
            return Err(MoneyError::Amount);
        }
        let decimals = currency.decimals() as usize;
        if fraction.len() > decimals {
            return Err(MoneyError::Decimals);
        }
        let minor =
            format!("{whole}{fraction:0<decimals$}").parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Self { minor, currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_go_both_ways() {
        for text in ["79.00 CNY", "0.01 EUR", "1200 JPY", "1.250 KWD"] {
            assert_eq!(text.parse::<Money>().map(|m| m.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("79 CNY".parse::<Money>().map(|m| m.minor), Ok(7900));
    }

    #[test]
    fn bad_prices_are_refused() {
        for (text, error) in [
            ("79.00", MoneyError::Amount),
            ("79,00 CNY", MoneyError::Amount),
            ("-1.00 CNY", MoneyError::Amount),
            ("1.001 CNY", MoneyError::Decimals),
            ("1.00 cny", MoneyError::Currency),
            ("99999999999999999999 CNY", MoneyError::Overflow),
        ] {
            assert_eq!(text.parse::<Money>(), Err(error), "{text}");
        }
    }
}
