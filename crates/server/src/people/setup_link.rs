//! The admin link of the first start: whoever reads the server's output makes the first operator.

use std::sync::{Mutex, PoisonError};

use crate::errors::{ApiResult, Code};
use crate::mint;

/// Open until the first operator exists; the token lives in memory only, so each start prints its own.
pub(crate) struct SetupLink {
    token: Mutex<Option<String>>,
}

impl SetupLink {
    /// Opens a link when there is no account yet.
    pub(crate) fn new(needed: bool) -> Self {
        Self { token: Mutex::new(needed.then(|| mint::secret(""))) }
    }

    /// The token, while it is open.
    pub(crate) fn token(&self) -> Option<String> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn check(&self, token: &str) -> ApiResult<()> {
        if self.token().is_some_and(|open| open == token) {
            Ok(())
        } else {
            Err(Code::SetupClosed.into())
        }
    }

    pub(crate) fn close(&self) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
