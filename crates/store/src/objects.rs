//! Objects: recordings and sealed clips, as files under one directory.
//!
//! A whole object appears at once or not at all (written beside, synced, renamed, the directory synced). An appended one
//! grows; what was not synced by [`Objects::sync`] may be gone after a crash, so whoever appends keeps the length it
//! knows to be good. Keys are validated: no key leads out of the directory.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::dir::create_private;
use crate::{Outage, StoreError};

/// The most bytes of an object's key.
pub const MAX_OBJECT_KEY_BYTES: usize = 200;
const MAX_KEY_PARTS: usize = 8;
/// Where objects are written before they appear. No key starts with a dot, so none can name it.
const BESIDE: &str = ".beside";

/// How much room the disk has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes that may still be written.
    pub free: u64,
    /// Bytes of the whole disk.
    pub total: u64,
}

/// Objects by key. A key is 1 to 8 parts joined by `/`; a part is made of `a-z 0-9 . _ -` and does not start with a dot.
pub trait Objects: Send + Sync {
    /// Writes a whole object, replacing the one that was there; synced when it returns.
    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError>;
    /// Appends to an object, creating it; its new length. Not synced. After an error the length is what it was.
    fn append(&self, key: &str, bytes: &[u8]) -> Result<u64, StoreError>;
    /// Cuts an object to a length that is not longer than it is.
    fn truncate(&self, key: &str, len: u64) -> Result<(), StoreError>;
    /// Makes all that was appended survive a crash.
    fn sync(&self, key: &str) -> Result<(), StoreError>;
    /// A part of an object, shorter when the object ends; `None` when there is no such object.
    fn read(&self, key: &str, from: u64, len: usize) -> Result<Option<Vec<u8>>, StoreError>;
    /// An object's length; `None` when there is no such object.
    fn len(&self, key: &str) -> Result<Option<u64>, StoreError>;
    /// Removes an object; nothing happens when it is not there.
    fn delete(&self, key: &str) -> Result<(), StoreError>;
    /// Keys below a prefix of whole parts (empty for all), sorted.
    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;
    /// Bytes of all objects.
    fn usage(&self) -> u64;
    /// Room on the disk; `None` where there is no such limit.
    fn space(&self) -> Result<Option<Space>, StoreError>;
}

fn check(key: &str) -> Result<(), StoreError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(plain);
    let sound = key.len() <= MAX_OBJECT_KEY_BYTES
        && key.split('/').count() <= MAX_KEY_PARTS
        && key.split('/').all(part);
    if sound { Ok(()) } else { Err(StoreError::invalid("an object's key")) }
}

/// Objects on a local disk.
#[derive(Debug)]
pub struct DiskObjects {
    dir: PathBuf,
    /// Signed, because a file that somebody else removed must not make it wrap.
    usage: AtomicI64,
    written: AtomicU64,
}

impl DiskObjects {
    /// Opens or creates a directory of objects; counts what is there and clears what a crash left unfinished.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        let refused =
            |e: std::io::Error| StoreError::Open { what: format!("{}: {e}", dir.display()) };
        let beside = dir.join(BESIDE);
        create_private(&beside).map_err(refused)?;
        for left in fs::read_dir(&beside).map_err(refused)?.flatten() {
            // What can't be cleared only takes room.
            let _ = fs::remove_file(left.path());
        }
        let objects =
            Self { dir: dir.into(), usage: AtomicI64::new(0), written: AtomicU64::new(0) };
        let mut used = 0;
        for key in objects.list("")? {
            used += objects.len(&key)?.unwrap_or(0);
        }
        objects.grew(used as i64);
        Ok(objects)
    }

    fn path(&self, key: &str) -> Result<PathBuf, StoreError> {
        check(key)?;
        Ok(self.dir.join(key))
    }

    fn grew(&self, by: i64) {
        self.usage.fetch_add(by, Ordering::Relaxed);
    }

    fn walk(&self, below: &Path, depth: usize, keys: &mut Vec<String>) -> Result<(), StoreError> {
        for entry in absent(fs::read_dir(below))?.into_iter().flatten() {
            let entry = entry?;
            let kind = entry.file_type()?;
            let path = entry.path();
            let Some(key) = path.strip_prefix(&self.dir).ok().and_then(Path::to_str) else {
                continue;
            };
            // Whatever has a name that is no key is not ours.
            if check(key).is_err() {
                continue;
            }
            if kind.is_dir() && depth < MAX_KEY_PARTS {
                self.walk(&path, depth + 1, keys)?;
            } else if kind.is_file() {
                keys.push(key.to_owned());
            }
        }
        Ok(())
    }
}

/// `None` for a file that is not there.
fn absent<T>(answer: std::io::Result<T>) -> Result<Option<T>, StoreError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

fn parent(path: &Path) -> Result<&Path, StoreError> {
    path.parent().ok_or_else(|| Outage::Io.into())
}

impl Objects for DiskObjects {
    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.path(key)?;
        let folder = parent(&path)?;
        create_private(folder)?;
        let n = self.written.fetch_add(1, Ordering::Relaxed);
        let beside = self.dir.join(BESIDE).join(format!("{n}"));
        let old = self.len(key)?.unwrap_or(0);
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &path)?;
            File::open(folder)?.sync_all()
        };
        if let Err(error) = write() {
            let _ = fs::remove_file(&beside);
            return Err(error.into());
        }
        self.grew(bytes.len() as i64 - old as i64);
        Ok(())
    }

    fn append(&self, key: &str, bytes: &[u8]) -> Result<u64, StoreError> {
        let path = self.path(key)?;
        create_private(parent(&path)?)?;
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        let len = file.metadata()?.len();
        if let Err(error) = file.write_all(bytes) {
            // Half of it may be there; readers of the object must not meet it.
            file.set_len(len)?;
            return Err(error.into());
        }
        self.grew(bytes.len() as i64);
        Ok(len + bytes.len() as u64)
    }

    fn truncate(&self, key: &str, len: u64) -> Result<(), StoreError> {
        let file = OpenOptions::new().write(true).open(self.path(key)?)?;
        let old = file.metadata()?.len();
        if len > old {
            return Err(StoreError::invalid("an object can't be cut to more than it is"));
        }
        file.set_len(len)?;
        self.grew(len as i64 - old as i64);
        Ok(())
    }

    fn sync(&self, key: &str) -> Result<(), StoreError> {
        let path = self.path(key)?;
        File::open(&path)?.sync_all()?;
        // The entry in its folder may be new as well.
        Ok(File::open(parent(&path)?)?.sync_all()?)
    }

    fn read(&self, key: &str, from: u64, len: usize) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mut file) = absent(File::open(self.path(key)?))? else { return Ok(None) };
        let there = file.metadata()?.len().saturating_sub(from).min(len as u64);
        let mut bytes = Vec::with_capacity(there as usize);
        file.seek(SeekFrom::Start(from))?;
        file.take(there).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn len(&self, key: &str) -> Result<Option<u64>, StoreError> {
        let found = absent(fs::metadata(self.path(key)?))?;
        Ok(found.filter(fs::Metadata::is_file).map(|meta| meta.len()))
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        let old = self.len(key)?.unwrap_or(0);
        let path = self.path(key)?;
        if absent(fs::remove_file(&path))?.is_some() {
            self.grew(-(old as i64));
            File::open(parent(&path)?)?.sync_all()?;
        }
        Ok(())
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        let (below, depth) = match prefix {
            "" => (self.dir.clone(), 1),
            prefix => (self.path(prefix)?, prefix.split('/').count() + 1),
        };
        self.walk(&below, depth, &mut keys)?;
        keys.sort_unstable();
        Ok(keys)
    }

    fn usage(&self) -> u64 {
        self.usage.load(Ordering::Relaxed).max(0).unsigned_abs()
    }

    fn space(&self) -> Result<Option<Space>, StoreError> {
        let stat = rustix::fs::statvfs(&self.dir).map_err(std::io::Error::from)?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Ok(Some(Space { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) }))
    }
}

/// Objects in memory, for tests and simulation.
#[derive(Debug, Default)]
pub struct MemoryObjects {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl MemoryObjects {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, run: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        run(&mut self.objects.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Objects for MemoryObjects {
    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        check(key)?;
        self.with(|objects| objects.insert(key.into(), bytes.into()));
        Ok(())
    }

    fn append(&self, key: &str, bytes: &[u8]) -> Result<u64, StoreError> {
        check(key)?;
        Ok(self.with(|objects| {
            let object = objects.entry(key.into()).or_default();
            object.extend_from_slice(bytes);
            object.len() as u64
        }))
    }

    fn truncate(&self, key: &str, len: u64) -> Result<(), StoreError> {
        check(key)?;
        self.with(|objects| {
            let object = objects.get_mut(key).ok_or(Outage::Io)?;
            if len > object.len() as u64 {
                return Err(StoreError::invalid("an object can't be cut to more than it is"));
            }
            object.truncate(len as usize);
            Ok(())
        })
    }

    fn sync(&self, key: &str) -> Result<(), StoreError> {
        check(key)?;
        self.with(|objects| objects.get(key).map(|_| ()).ok_or(Outage::Io.into()))
    }

    fn read(&self, key: &str, from: u64, len: usize) -> Result<Option<Vec<u8>>, StoreError> {
        check(key)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        Ok(self.with(|objects| {
            objects.get(key).map(|object| object.iter().skip(from).take(len).copied().collect())
        }))
    }

    fn len(&self, key: &str) -> Result<Option<u64>, StoreError> {
        check(key)?;
        Ok(self.with(|objects| objects.get(key).map(|object| object.len() as u64)))
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        check(key)?;
        self.with(|objects| objects.remove(key));
        Ok(())
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        if !prefix.is_empty() {
            check(prefix)?;
        }
        let below = |key: &&String| {
            prefix.is_empty() || key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'))
        };
        Ok(self.with(|objects| objects.keys().filter(below).cloned().collect()))
    }

    fn usage(&self) -> u64 {
        self.with(|objects| objects.values().map(|object| object.len() as u64).sum())
    }

    fn space(&self) -> Result<Option<Space>, StoreError> {
        Ok(None)
    }
}
