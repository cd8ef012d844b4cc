//! `text score|train|eval`: what the text models say, how they are made, what they are worth.

mod eval;
mod score;
mod train;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use listen::sets::Sets;

pub(crate) use eval::run as eval;
pub(crate) use score::run as score;
pub(crate) use train::{run as train, unpacked};

/// The folder of the weights that do not ship.
pub(crate) fn models(given: Option<&Path>) -> Option<PathBuf> {
    let folder = || listen::models::folder(|name| std::env::var_os(name));
    given.map(Path::to_owned).or_else(folder)
}

/// The sets of a folder, in the order of their names.
pub(crate) fn sets(folder: &Path) -> anyhow::Result<Sets> {
    let mut sets = Sets::default();
    for kind in ["chat", "claims", "host"] {
        for language in ["en", "ru", "zh"] {
            let below = folder.join(kind).join(language);
            let Ok(entries) = fs::read_dir(&below) else { continue };
            let mut names: Vec<String> = entries
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect();
            names.sort_unstable();
            for name in names {
                let bytes = fs::read(below.join(&name))
                    .with_context(|| format!("could not read {}", below.join(&name).display()))?;
                sets.add(&format!("{kind}/{language}/{name}"), &bytes)?;
            }
        }
    }
    Ok(sets)
}
