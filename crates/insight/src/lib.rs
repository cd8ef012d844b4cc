//! What hangs on whom: folds over logs, tables and files of orders, for people who plan.
//!
//! Each part takes plain rows and answers plain figures with their intervals and assumptions:
//! [`import`] reads files, [`concentration`] says how unevenly sales are spread, [`exposure`] how much hangs on whom and what
//! is at risk, [`plan`] how to diversify and what it costs, [`sample`] makes up a platform with its truth, [`recovery`] says what
//! an incident cost and whether a host is back, [`standing`] how a host or a brand stands and why, [`recap`] what one show was.
//! [`draws`], [`calendar`] and [`watch`] are what they share.
//!
//! Nothing here is on the path of a live show, and nothing here acts. No care or training data of a person reaches this crate:
//! no type of it has a place for them.

mod beta;
pub mod calendar;
pub mod concentration;
mod dense;
pub mod draws;
pub mod exposure;
pub mod import;
pub mod plan;
pub mod recap;
pub mod recovery;
pub mod sample;
pub mod standing;
pub mod watch;
