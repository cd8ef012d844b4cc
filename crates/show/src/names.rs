//! Names and fingerprints that the log may carry: slugs, SKUs, hashes, actors. None is personal text.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use units::UserId;

/// Longest slug, SKU or payment reference, in bytes.
pub const NAME_MAX_BYTES: usize = 64;

/// A text that does not fit the name that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Not a slug.
    #[error("a slug is 1 to 64 of a-z, 0-9, - and _ and starts with a letter or a digit")]
    Slug,
    /// Not a SKU.
    #[error("a SKU is 1 to 64 bytes without control characters or spaces at its ends")]
    Sku,
    /// Not a payment reference.
    #[error("a payment reference is 1 to 64 printable ASCII characters")]
    Payment,
    /// Not a fingerprint.
    #[error("a fingerprint is a fixed number of hex digits")]
    Hash,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $error:ident, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name if it is well formed.
            pub fn new(text: &str) -> Result<Self, NameError> {
                let valid: fn(&str) -> bool = $valid;
                if text.is_empty() || text.len() > NAME_MAX_BYTES || !valid(text) {
                    return Err(NameError::$error);
                }
                Ok(Self(text.into()))
            }
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(de::Error::custom)
            }
        }
    };
}

name!(
    /// The name of a show, a host or a brand in addresses: 1 to 64 of `a-z 0-9 - _`.
    Slug,
    Slug,
    |text| {
        let ok = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_');
        text.bytes().all(ok) && !text.starts_with(['-', '_'])
    }
);
name!(
    /// A product's stock keeping unit, 1 to 64 bytes.
    Sku,
    Sku,
    |text| !text.chars().any(char::is_control) && text.trim() == text
);
name!(
    /// A payment as its provider names it, 1 to 64 printable ASCII characters.
    PaymentId,
    Payment,
    |text| text.bytes().all(|c| c.is_ascii_graphic())
);

macro_rules! fingerprint {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut text = [0; 32];
                serializer.serialize_str(hex(&self.0.to_be_bytes(), &mut text))
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let mut bytes = [0; 16];
                unhex(&text, &mut bytes).map_err(de::Error::custom)?;
                Ok(Self(u128::from_be_bytes(bytes)))
            }
        }
    )+};
}

fingerprint!(
    /// Who buys: a keyed hash that the shell makes of the buyer's device.
    BuyerHash,
    /// An idempotency key: a hash that the shell makes with a secret, so that nobody can choose keys that collide.
    KeyHash,
    /// What an order asked for, hashed by the shell: a retry has the same one.
    BodyHash,
);

/// A SHA-256 value; 64 hex digits in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash256(pub [u8; 32]);

impl fmt::Display for Hash256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        f.write_str(hex(&self.0, &mut text))
    }
}
impl fmt::Debug for Hash256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl FromStr for Hash256 {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut bytes = [0; 32];
        unhex(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}
impl Serialize for Hash256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; 64];
        serializer.serialize_str(hex(&self.0, &mut text))
    }
}
impl<'de> Deserialize<'de> for Hash256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

fn hex<'a>(bytes: &[u8], out: &'a mut [u8]) -> &'a str {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    std::str::from_utf8(out).unwrap_or_default()
}

fn unhex(text: &str, out: &mut [u8]) -> Result<(), NameError> {
    if text.len() != out.len() * 2 {
        return Err(NameError::Hash);
    }
    let digit = |c: u8| (c as char).to_digit(16).map(|d| d as u8).ok_or(NameError::Hash);
    for (pair, byte) in text.as_bytes().chunks_exact(2).zip(out) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Ok(())
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Actor {
    /// A signed-in operator, producer or brand manager.
    User {
        /// The account.
        id: UserId,
    },
    /// A host, by session or by feed.
    Host {
        /// The host's slug.
        host: Slug,
    },
    /// A rule of a rule pack.
    Rule {
        /// Pack and rule, such as `cn/contempt-2`.
        rule: String,
    },
    /// The server itself: start-up, expiry, bootstrap.
    System,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_when_they_are_made_and_when_they_are_read() {
        for good in ["evening", "a", "11-11", "lip_01"] {
            assert!(Slug::new(good).is_ok(), "{good}");
        }
        for bad in ["", "Evening", "-a", "a b", "晚", &"a".repeat(65)] {
            assert_eq!(Slug::new(bad), Err(NameError::Slug), "{bad}");
            assert!(serde_json::from_value::<Slug>(bad.into()).is_err());
        }
        for good in ["LIP-01", "口红 1", "a/b"] {
            assert!(Sku::new(good).is_ok(), "{good}");
        }
        for bad in ["", " a", "a\n", "a\0b"] {
            assert_eq!(Sku::new(bad), Err(NameError::Sku), "{bad:?}");
        }
    }

    #[test]
    fn fingerprints_go_both_ways() {
        let key = KeyHash(0x0123_4567_89ab_cdef_0011_2233_4455_6677);
        let json = serde_json::to_string(&key).expect("a string");
        assert_eq!(json, "\"0123456789abcdef0011223344556677\"");
        assert_eq!(serde_json::from_str::<KeyHash>(&json).expect("the same"), key);
        assert!(serde_json::from_str::<KeyHash>("\"é123456789abcdef001122334455667\"").is_err());
        assert!("00".parse::<Hash256>().is_err());
    }
}
