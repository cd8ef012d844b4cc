//! What hangs on whom: folds over logs, tables and files of orders, for people who plan.
//!
//! Each part takes plain rows and answers plain figures with their intervals and assumptions:
//! [`concentration`] says how unevenly sales are spread.
//!
//! Nothing here runs while a show is live, and nothing here acts. No care or training data of a person reaches this crate:
//! no type of it has a place for them.

pub mod calendar;
pub mod concentration;
pub mod draws;
pub mod watch;
