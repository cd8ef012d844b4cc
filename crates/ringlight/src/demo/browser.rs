//! Opens the browser where there is one.

use std::process::{Command, Stdio};

use crate::out;

/// Opens a page, or says where it is.
pub(crate) fn open(url: &str) {
    let has_screen = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let program = if cfg!(target_os = "macos") {
        Some("open")
    } else if has_screen("DISPLAY") || has_screen("WAYLAND_DISPLAY") {
        Some("xdg-open")
    } else {
        None
    };
    let quiet = |program| {
        let mut command = Command::new(program);
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    };
    if program.is_none_or(|program| quiet(program).is_err()) {
        out::line(format_args!("  No screen here; open {url} in a browser."));
    }
}
