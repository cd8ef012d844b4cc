//! Words for people on stdout and stderr. A reader that went away (`ringlight openapi | head`) is not a failure.

use std::fmt::Display;
use std::io::Write;

use crate::failure;

/// One line on stdout.
pub(crate) fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}

/// A word beside the result, for people: it goes to stderr.
pub(crate) fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// What went wrong, then a hint.
pub(crate) fn failure(error: &anyhow::Error) {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "error: {error:#}");
    if let Some(hint) = failure::hint(error) {
        let _ = writeln!(out, "hint:  {hint}");
    }
}
