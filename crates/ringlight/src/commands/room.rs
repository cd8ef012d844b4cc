//! `room score|eval`: reads the chat of a room as the sentinel does, and says what that reading is worth.

mod eval;
mod rows;
mod score;

pub(crate) use eval::run as eval;
pub(crate) use score::run as score;
