//! `room score|eval`: reads the chat of a room as the sentinel does, and says what that reading is worth.

mod eval;
mod rows;
mod score;

use listen::text::signs::{Sign, Signs};
use show::sentinel::room::{Channel, Hits};

pub(crate) use eval::run as eval;
pub(crate) use score::run as score;

/// The channel of a sign.
fn channel(sign: Sign) -> Channel {
    match sign {
        Sign::Hostile => Channel::Hostile,
        Sign::Boycott => Channel::Boycott,
        Sign::Complaint => Channel::Complaint,
        Sign::InsultWords => Channel::InsultWords,
        Sign::BoycottWords => Channel::BoycottWords,
        Sign::UnfollowWords => Channel::UnfollowWords,
        Sign::RefundWords => Channel::RefundWords,
    }
}

fn hits(signs: Signs) -> Hits {
    signs.iter().map(channel).collect()
}
