//! The judge as the server uses it: with the weights that ship, and with the sentence weights where they are.

mod embedding;
mod judging;

use std::path::PathBuf;

use listen::judge::EMBEDDER_FILE;

/// The folder of the sentence weights, or a word that the test was skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn models() -> Option<PathBuf> {
    let folder = listen::models::folder(|name| std::env::var_os(name))?;
    if folder.join(EMBEDDER_FILE).exists() {
        return Some(folder);
    }
    eprintln!("SKIPPED: {EMBEDDER_FILE} is not in {}", folder.display());
    None
}
