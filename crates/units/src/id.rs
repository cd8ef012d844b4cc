//! Typed ids. They are UUIDv7 minted at the edge; order comes from a sequence number, never from an id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected 36 characters such as 0190b3c1-7c3e-7000-8000-000000000000")]
pub struct ParseIdError;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Wraps an id that the shell minted.
            #[must_use]
            pub const fn from_u128(value: u128) -> Self {
                Self(Uuid::from_u128(value))
            }
            /// The id as a number.
            #[must_use]
            pub const fn as_u128(self) -> u128 {
                self.0.as_u128()
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError)
            }
        }
    )+};
}

id!(
    /// One action on the program.
    ActionId,
    /// One browser or app that watches, talks and buys.
    DeviceId,
    /// One case that signals were fused into.
    IncidentId,
    /// One chat message.
    MessageId,
    /// One order.
    OrderId,
    /// One sealed clip.
    SealId,
    /// One signed-in session.
    SessionId,
    /// One erasable personal text.
    TextId,
    /// One API token.
    TokenId,
    /// One account.
    UserId,
    /// One viewer as the room names them; derived from the device, it does not reveal it.
    ViewerId,
);
