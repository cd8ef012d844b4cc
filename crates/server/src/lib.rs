//! The shell: sockets, effect runners, ingest, HTTP, WebSocket, accounts. What it drives is decided elsewhere: a show by
//! the `show` crate, the program by `media`, the fan-out by `room`, durability by `store`.
//!
//! It mints every id and every time stamp, and it alone (with the binary) knows an async runtime. It never decides what a
//! show, an order or an action may do, and never logs a stream key, a chat text or personal data.
//!
//! Safety: act, then record. Money: record, then act.

mod analysis;
mod api;
mod app;
mod bootstrap;
mod catalogue;
mod clock;
mod config;
mod desk;
mod docs;
mod errors;
mod follows;
#[cfg(fuzzing)]
pub mod fuzzing;
mod hearing;
mod hls;
mod http;
mod import;
mod ingest;
mod keeper;
mod metrics;
mod mint;
mod names;
mod onair;
mod owner;
mod payments;
mod people;
mod reading;
mod recordings;
mod rooms;
mod secrets;
mod serve;
mod shop;
mod shows;
mod slates;
mod tasks;
mod texts;
mod watch;

pub use analysis::{DatasetError, dataset, replay};
pub use bootstrap::{Bootstrap, drift};
pub use config::Config;
pub use reading::hits;
pub use serve::{Options, Ready, serve};

/// The API's description: OpenAPI 3.1 as JSON.
#[must_use]
pub fn openapi() -> std::sync::Arc<str> {
    api::description()
}
