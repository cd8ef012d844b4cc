//! Time, ids and money: the words that every other crate may use, and nothing else.
//!
//! Three clocks that never mix: [`Timestamp`] is UTC and comes from the shell, [`MediaTime`] belongs
//! to a source, [`AirTime`] is the program's own continuous clock. Arithmetic exists only between
//! a clock and a [`Duration`], so adding two clocks, or subtracting one kind from another, does not compile.
//! Nothing here reads a clock or a random source.

mod id;
mod money;
mod time;

pub use id::{
    ActionId, DeviceId, IncidentId, MessageId, OrderId, ParseIdError, SealId, SessionId, TextId,
    TokenId, UserId, ViewerId,
};
pub use money::{Currency, Money, MoneyError};
pub use time::{AirTime, Duration, FLICKS_PER_S, MediaTime, Timestamp};
