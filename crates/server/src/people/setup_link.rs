//! The admin link of the first start: whoever reads the server's output makes the first operator.

use tokio::sync::{Mutex, MutexGuard};

use crate::errors::{ApiResult, Code};
use crate::mint;
use crate::secrets::same;

/// Open until the first operator exists; the token lives in memory only, so each start prints its own.
pub(crate) struct SetupLink {
    token: Mutex<Option<String>>,
}

/// The right to make the first operator. Nobody else has it meanwhile, and it is used up by [`Self::close`] only.
pub(crate) struct Setup<'a>(MutexGuard<'a, Option<String>>);

impl SetupLink {
    /// Opens a link when there is no operator yet.
    pub(crate) fn new(needed: bool) -> Self {
        Self { token: Mutex::new(needed.then(|| mint::secret(""))) }
    }

    /// The token, while it is open.
    pub(crate) async fn token(&self) -> Option<String> {
        self.token.lock().await.clone()
    }

    /// Checks a token; of several that use it at once the others wait and are refused.
    pub(crate) async fn check(&self, token: &str) -> ApiResult<Setup<'_>> {
        let open = self.token.lock().await;
        if open.as_ref().is_some_and(|open| same(open.as_bytes(), token.as_bytes())) {
            Ok(Setup(open))
        } else {
            Err(Code::SetupClosed.into())
        }
    }

    pub(crate) async fn close(&self) {
        *self.token.lock().await = None;
    }
}

impl Setup<'_> {
    /// There is an operator now.
    pub(crate) fn close(mut self) {
        *self.0 = None;
    }
}
