//! `text score|train|eval`: what the text models say, how they are made, what they are worth.

mod eval;
mod score;
mod train;

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use listen::embed::Embedder;
use listen::host::layers;
use listen::sets::{Sets, sha256};

pub(crate) use eval::run as eval;
pub(crate) use score::run as score;
pub(crate) use train::run as train;

/// The folder of the weights that do not ship.
pub(crate) fn models(given: Option<&Path>) -> Option<PathBuf> {
    let folder = || listen::models::folder(|name| std::env::var_os(name));
    given.map(Path::to_owned).or_else(folder)
}

/// The sets of a folder, in the order of their names.
fn sets(folder: &Path) -> anyhow::Result<Sets> {
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

/// Embeddings of texts, kept in a file: a training asks for the same thousands each time.
struct Vectors {
    embedder: Embedder,
    known: HashMap<String, Vec<f32>>,
    file: Option<PathBuf>,
}

/// Bytes of the layers of one text.
const VECTOR_BYTES: usize = 4 * 384 * 4;
const KEY_BYTES: usize = 32;

impl Vectors {
    fn open(embedder: Embedder, file: Option<PathBuf>) -> anyhow::Result<Self> {
        let mut known = HashMap::new();
        if let Some(path) = file.as_deref().filter(|path| path.exists()) {
            let bytes = fs::read(path).context("could not read the kept embeddings")?;
            for record in bytes.chunks_exact(KEY_BYTES + VECTOR_BYTES) {
                let (key, vector) = record.split_at(KEY_BYTES);
                let key = key.iter().map(|byte| format!("{byte:02x}")).collect();
                let (words, _) = vector.as_chunks::<4>();
                known.insert(key, words.iter().map(|word| f32::from_le_bytes(*word)).collect());
            }
        }
        Ok(Self { embedder, known, file })
    }

    fn of(&mut self, text: &str) -> Vec<f32> {
        let key = sha256(text.as_bytes());
        if let Some(vector) = self.known.get(&key) {
            return vector.clone();
        }
        let vector = layers(&self.embedder, text);
        // A file that cannot be written costs time at the next run, no more.
        if let Some(path) = &self.file
            && let Ok(mut file) = fs::OpenOptions::new().create(true).append(true).open(path)
        {
            let mut record: Vec<u8> = (0..KEY_BYTES)
                .filter_map(|at| u8::from_str_radix(key.get(2 * at..2 * at + 2)?, 16).ok())
                .collect();
            record.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
            let _ = file.write_all(&record);
        }
        self.known.insert(key, vector.clone());
        vector
    }
}
