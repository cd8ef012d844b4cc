//! Accounts, sessions, API tokens and devices: who somebody is. What they may do is asked where the data is.
//!
//! Passwords are argon2id hashes, session and API tokens keyed hashes. A device is no row: its cookie carries an id and
//! a keyed hash of it, so a million viewers cost nothing and none of them can be somebody else.

mod accounts;
mod caller;
mod device;
mod setup_link;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(crate) use accounts::{Credential, People, Session, Token, User, UserChange};
pub(crate) use caller::{Caller, SESSION_COOKIE, cookie, set_cookie};
pub(crate) use device::{COOKIE as DEVICE_COOKIE, Device};
pub(crate) use setup_link::SetupLink;

/// What somebody is allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Runs the platform.
    Operator,
    /// Sits at the desk of live shows.
    Producer,
    /// Presents, under one host's name.
    Host,
    /// Sees one brand's products and orders.
    BrandManager,
}

impl Role {
    /// A role by its name in files and in the API.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(name.into()).ok()
    }
}
