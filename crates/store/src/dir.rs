//! The lock on a data directory: two servers never share one.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::StoreError;

const LOCK_FILE: &str = "lock";

/// Held for as long as the value lives; the kernel lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Creates the directory if needed and locks it. `InUse` when another process, or another value in this one,
    /// holds it.
    pub fn take(dir: &Path) -> Result<Self, StoreError> {
        let refused = |e: &dyn std::fmt::Display| StoreError::Open {
            what: format!("{}: {e}", dir.display()),
        };
        create_private(dir).map_err(|e| refused(&e))?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join(LOCK_FILE))
            .map_err(|e| refused(&e))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::InUse { dir: dir.display().to_string() })
            }
            Err(TryLockError::Error(e)) => Err(refused(&e)),
        }
    }
}

/// Creates a directory that only its owner can enter: it holds names, contacts and keys.
pub(crate) fn create_private(dir: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}
