//! What the operator asks of the past: who sells how much and what hangs on it, what a plan would cost, what an incident cost, how a
//! host stands, what a show was, how often rules are right, and what other rules would have done. The figures are `insight`'s; here
//! its rows come out of the store, long work runs beside the live server on a thread of low priority, and answers are kept until the
//! next one.

mod aside;
mod dataset;
mod job;
pub(crate) mod precision;
pub(crate) mod recap;
pub(crate) mod recovery;
pub mod replay;
pub(crate) mod standing;

pub(crate) use self::aside::aside;
pub use self::dataset::{DatasetError, dataset};
pub(crate) use self::job::{Have, Job, JobView};
