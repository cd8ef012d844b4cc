//! The large models: which there are, where they lie, and how published files become them.
//!
//! Weights are not in the repository. `import` takes the files as they were published, proves each by its SHA-256,
//! converts what needs it, and writes one file per model, whole or not at all. Nothing here fetches anything.

mod ct2;
#[cfg(fuzzing)]
pub mod fuzzing;
mod ggml;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::ListenError;

/// How deep an import looks into a folder.
const DEPTH_MAX: usize = 4;
/// Files that an import looks at; further ones are not seen.
const FILES_MAX: usize = 10_000;

/// A file as it was published.
#[derive(Debug)]
struct Published {
    name: &'static str,
    bytes: u64,
    sha256: &'static str,
}

/// How published files become a model.
#[derive(Debug)]
enum Recipe {
    /// Two halves of a CTranslate2 model and its vocabulary become ggml in `q8_0`.
    Whisper { parts: [Published; 2], joined: &'static str, vocabulary: Published },
    /// The file as it is.
    Copy(Published),
}

/// A model that Ringlight can use.
#[derive(Debug)]
pub struct Model {
    /// What commands call it.
    pub name: &'static str,
    /// Its file in the models folder.
    pub file: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// SPDX identifier of the licence of the weights.
    pub licence: &'static str,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: &'static str,
    recipe: Recipe,
}

/// Speech recognition, all languages.
pub const WHISPER_BASE: Model = Model {
    name: "whisper-base",
    file: "whisper-base-q8_0.bin",
    about: "speech recognition, multilingual, 8 bit",
    licence: "MIT",
    bytes: 81_768_585,
    sha256: "0b7065b624b98c8327c7ddfa1acf53d4440d2ebd4b2e000242c2b623935e4e5a",
    recipe: Recipe::Whisper {
        parts: [
            Published {
                name: "model.bin.part1",
                bytes: 72_608_766,
                sha256: "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
            },
            Published {
                name: "model.bin.part2",
                bytes: 72_608_766,
                sha256: "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
            },
        ],
        joined: "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        vocabulary: Published {
            name: "vocabulary.txt",
            bytes: 459_861,
            sha256: "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        },
    },
};

/// Sentence embeddings, all languages.
pub const E5_SMALL: Model = Model {
    name: "e5-small",
    file: "e5-small-q4.bin",
    about: "sentence embedding, multilingual, 4 bit",
    licence: "MIT",
    bytes: 71_622_400,
    sha256: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    recipe: Recipe::Copy(Published {
        name: "e5-small-q4.bin",
        bytes: 71_622_400,
        sha256: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    }),
};

/// Every model there is.
pub const CATALOGUE: [&Model; 2] = [&WHISPER_BASE, &E5_SMALL];

/// The models folder: `RINGLIGHT_MODELS`, or `ringlight/models` in the user's cache folder. `None` when the environment
/// names neither. `variable` looks one up.
#[must_use]
pub fn folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("RINGLIGHT_MODELS").or_else(|| {
        // XDG base directories: a relative path there is to be ignored.
        let cache = set("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        let cache = cache.or_else(|| Some(set("HOME")?.join(".cache")))?;
        Some(cache.join("ringlight/models"))
    })
}

/// What a models folder holds of one model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The file is there, byte for byte.
    Ready,
    /// There is no such file.
    Missing,
    /// The file is there and is not what was imported.
    Damaged,
}

/// What `folder` holds of `model`; reads the whole file.
#[must_use]
pub fn standing(model: &Model, folder: &Path) -> Standing {
    match sum(&folder.join(model.file)) {
        Ok(found) if found == model.sha256 => Standing::Ready,
        Ok(_) => Standing::Damaged,
        Err(_) if !folder.join(model.file).exists() => Standing::Missing,
        Err(_) => Standing::Damaged,
    }
}

/// Makes `model` in `folder` from the published files that lie in or below `sources`. A model that is there already is
/// left alone, which is `Ok(false)`.
///
/// # Errors
/// [`ListenError::Absent`] and [`ListenError::Altered`] name the file; the folder is then as it was.
pub fn import(model: &Model, sources: &[PathBuf], folder: &Path) -> Result<bool, ListenError> {
    if standing(model, folder) == Standing::Ready {
        return Ok(false);
    }
    let files = Sources::find(sources)?;
    let made = match &model.recipe {
        Recipe::Copy(published) => files.read(published)?,
        Recipe::Whisper { parts: [first, second], joined, vocabulary } => {
            let mut whole = files.read(first)?;
            whole.extend_from_slice(&files.read(second)?);
            prove("the joined model", joined, &whole)?;
            let words = files.read(vocabulary)?;
            ggml::from_ct2(&ct2::read(&whole)?, &words)?
        }
    };
    prove(model.file, model.sha256, &made)?;
    write_whole(folder, model.file, &made)?;
    Ok(true)
}

/// The files below the folders of an import.
struct Sources {
    files: Vec<PathBuf>,
}

impl Sources {
    fn find(sources: &[PathBuf]) -> Result<Self, ListenError> {
        let mut files = Vec::new();
        for source in sources {
            let about = fs::metadata(source).map_err(ListenError::io("look at", source))?;
            if about.is_dir() {
                walk(source, DEPTH_MAX, &mut files)?;
            } else {
                files.push(source.clone());
            }
        }
        Ok(Self { files })
    }

    /// The bytes of a published file, proven.
    fn read(&self, published: &Published) -> Result<Vec<u8>, ListenError> {
        let mut refused = None;
        let named = self.files.iter().filter(|path| {
            path.file_name().is_some_and(|name| name.eq_ignore_ascii_case(published.name))
        });
        for path in named {
            let file = File::open(path).map_err(ListenError::io("open", path))?;
            let mut bytes = Vec::new();
            file.take(published.bytes + 1)
                .read_to_end(&mut bytes)
                .map_err(ListenError::io("read", path))?;
            match prove(published.name, published.sha256, &bytes) {
                Ok(()) => return Ok(bytes),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or(ListenError::Absent { file: published.name }))
    }
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), ListenError> {
    for entry in fs::read_dir(folder).map_err(ListenError::io("read the folder", folder))? {
        let path = entry.map_err(ListenError::io("read the folder", folder))?.path();
        if files.len() >= FILES_MAX {
            return Ok(());
        }
        if path.is_dir() {
            if depth > 0 {
                walk(&path, depth - 1, files)?;
            }
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn prove(file: &str, expected: &'static str, bytes: &[u8]) -> Result<(), ListenError> {
    let found = hex(&Sha256::digest(bytes));
    if found == expected {
        return Ok(());
    }
    Err(ListenError::Altered { file: file.to_owned(), expected, found })
}

fn sum(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(buffer.get(..n).unwrap_or_default());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A crash in between leaves the old file or the new one, and at most a temporary beside it.
fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), ListenError> {
    fs::create_dir_all(folder).map_err(ListenError::io("create the folder", folder))?;
    let target = folder.join(name);
    let partial = folder.join(format!(".{name}.{}.part", std::process::id()));
    let written = File::create(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(ListenError::io("write", &partial))
        .and_then(|()| {
            fs::rename(&partial, &target).map_err(ListenError::io("put in place", &target))
        });
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}
