//! The server from outside: each test runs a whole one in its own process, in a folder of its own, and asks it over HTTP.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bootstrap;
mod business;
mod cases;
mod catalogue;
mod client;
mod description;
mod erasure;
mod hostile;
mod hosts;
mod orders;
mod outage;
mod people;
mod reading;
mod recap;
mod routes;
mod server;
mod sockets;
mod wait;
mod watch;
