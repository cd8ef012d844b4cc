//! What can go wrong here that is nobody's wish.

use std::path::{Path, PathBuf};

/// An error of this crate. Paths are those that the caller gave.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// A file could not be read or written.
    #[error("could not {what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that an import needs is in none of the folders.
    #[error("{file} is in none of the folders given")]
    Absent {
        /// Its name.
        file: &'static str,
    },
    /// A file is not the one that was pinned.
    #[error("{file} is not the file that is expected: its SHA-256 is {found}, not {expected}")]
    Altered {
        /// Its name.
        file: String,
        /// The pinned sum.
        expected: &'static str,
        /// The sum of what is there.
        found: String,
    },
    /// A file does not hold what its kind of file holds.
    #[error("{what}: {why}")]
    Malformed {
        /// Which file or part.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The speech engine refused.
    #[error("the speech engine {what}")]
    Engine {
        /// What it did.
        what: String,
    },
    /// Sound that cannot be decoded.
    #[error("the sound cannot be decoded: {why}")]
    Sound {
        /// Why.
        why: String,
    },
}

impl ListenError {
    pub(crate) fn io(
        what: &'static str,
        path: &Path,
    ) -> impl FnOnce(std::io::Error) -> ListenError + use<> {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}
