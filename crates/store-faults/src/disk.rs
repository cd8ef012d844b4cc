//! The disk itself, without any of SQLite's calling conventions.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a torn write is torn at.
const SECTOR: usize = 512;

/// The operation did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The power is off, or went off since the file was opened.
    Off,
    /// There is no room.
    Full,
    /// No such file.
    Absent,
}

#[derive(Debug)]
enum Pending {
    Write { at: usize, bytes: Vec<u8> },
    Truncate { len: usize },
}

#[derive(Debug, Default)]
struct Content {
    /// What a crash leaves for sure.
    synced: Vec<u8>,
    /// What the running system reads.
    now: Vec<u8>,
    /// How `now` came from `synced`.
    pending: Vec<Pending>,
    /// Whether the file itself lasts.
    lasting: bool,
}

/// Who holds one lock of the shared memory.
#[derive(Debug, Default, Clone)]
pub(crate) struct Slot {
    pub(crate) shared: Vec<u64>,
    pub(crate) exclusive: Option<u64>,
}

/// Locks and shared memory of one file: they belong to the running system and end with it.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Lock level of each open handle.
    pub(crate) levels: HashMap<u64, i32>,
    pub(crate) slots: [Slot; 8],
    /// Regions of shared memory. Boxed, so that their addresses stay when the list grows.
    pub(crate) regions: Vec<Box<[u64]>>,
}

/// Everything behind the lock.
#[derive(Debug, Default)]
pub(crate) struct State {
    files: BTreeMap<String, Content>,
    pub(crate) shared: HashMap<String, Shared>,
    /// Shared memory of systems that crashed: a connection that is still open may hold a pointer into it.
    graveyard: Vec<Shared>,
    chance: u64,
    off: bool,
    /// Operations until the crash.
    fuse: Option<u64>,
    /// The most bytes that all files may have together.
    quota: Option<usize>,
    /// Counts systems: a handle of one that crashed is dead.
    pub(crate) boots: u64,
    pub(crate) handles: u64,
    ops: u64,
}

/// See the crate. Clones are one disk.
#[derive(Debug, Clone)]
pub struct FaultDisk {
    state: Arc<Mutex<State>>,
    name: String,
}

impl FaultDisk {
    /// A new empty disk, registered with SQLite under a name of its own. `seed` decides what a crash spares.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let state = Arc::new(Mutex::new(State { chance: seed, ..State::default() }));
        let name = crate::vfs::register(&state);
        Self { state, name }
    }

    /// The name to open a database with.
    #[must_use]
    pub fn vfs(&self) -> &str {
        &self.name
    }

    /// The power goes off at the `ops`-th operation from now, before that operation has any effect.
    pub fn crash_after(&self, ops: u64) {
        lock(&self.state).fuse = Some(ops);
    }

    /// Whether the power is off.
    #[must_use]
    pub fn is_off(&self) -> bool {
        lock(&self.state).off
    }

    /// The power comes back, after going off if it was on; the disk is as the crash left it.
    pub fn reboot(&self) {
        let mut state = lock(&self.state);
        if !state.off {
            state.crash();
        }
        state.off = false;
        state.fuse = None;
    }

    /// The disk holds at most so many bytes from now on; `None` for no limit.
    pub fn set_quota(&self, bytes: Option<usize>) {
        lock(&self.state).quota = bytes;
    }

    /// Bytes of all files.
    #[must_use]
    pub fn used(&self) -> usize {
        lock(&self.state).used()
    }

    /// Operations so far.
    #[must_use]
    pub fn ops(&self) -> u64 {
        lock(&self.state).ops
    }

    /// Bytes of all files as the running system sees them, to look for traces.
    #[must_use]
    pub fn contains(&self, needle: &[u8]) -> bool {
        let state = lock(&self.state);
        state.files.values().any(|f| f.now.windows(needle.len()).any(|window| window == needle))
    }
}

/// The lock, whatever happened to an earlier holder.
pub(crate) fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Counts an operation of a handle and says whether it may happen.
    pub(crate) fn step(&mut self, boot: u64) -> Result<(), Fault> {
        self.ops += 1;
        match &mut self.fuse {
            Some(0) => self.crash(),
            Some(left) => *left -= 1,
            None => {}
        }
        if self.off || boot != self.boots { Err(Fault::Off) } else { Ok(()) }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn dice(&mut self, sides: u64) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }

    fn crash(&mut self) {
        self.off = true;
        self.fuse = None;
        self.boots += 1;
        let shared = std::mem::take(&mut self.shared);
        self.graveyard.extend(shared.into_values());
        // One disk's cache may have flushed nearly all or nearly nothing; each crash is of one such kind.
        let spared_in_8 = self.dice(9);
        let files = std::mem::take(&mut self.files);
        for (name, mut file) in files {
            if !file.lasting && self.dice(2) == 0 {
                continue;
            }
            for pending in std::mem::take(&mut file.pending) {
                match pending {
                    _ if self.dice(8) >= spared_in_8 => {}
                    Pending::Truncate { len } => file.synced.resize(len, 0),
                    Pending::Write { at, bytes } => self.tear(&mut file.synced, at, &bytes),
                }
            }
            file.now = file.synced.clone();
            file.lasting = true;
            self.files.insert(name, file);
        }
    }

    /// Writes all of `bytes`, or now and then only some of the sectors that they touch.
    fn tear(&mut self, file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
        let torn = self.dice(4) == 0;
        let mut done = 0;
        while done < bytes.len() {
            let size = (SECTOR - (at + done) % SECTOR).min(bytes.len() - done);
            if !torn || self.dice(2) == 0 {
                put(file, at + done, &bytes[done..done + size]);
            }
            done += size;
        }
    }

    fn used(&self) -> usize {
        self.files.values().map(|file| file.now.len()).sum()
    }

    pub(crate) fn open(&mut self, name: &str, create: bool) -> Result<(), Fault> {
        if !create && !self.files.contains_key(name) {
            return Err(Fault::Absent);
        }
        self.files.entry(name.to_owned()).or_default();
        Ok(())
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    pub(crate) fn delete(&mut self, name: &str) -> Result<(), Fault> {
        self.files.remove(name).map(|_| ()).ok_or(Fault::Absent)
    }

    fn file(&mut self, name: &str) -> Result<&mut Content, Fault> {
        self.files.get_mut(name).ok_or(Fault::Off)
    }

    pub(crate) fn len(&mut self, name: &str) -> Result<usize, Fault> {
        Ok(self.file(name)?.now.len())
    }

    /// Fills `to` from the file; the number of bytes that were there.
    pub(crate) fn read(&mut self, name: &str, at: usize, to: &mut [u8]) -> Result<usize, Fault> {
        let now = &self.file(name)?.now;
        let there = now.get(at.min(now.len())..).unwrap_or_default();
        let size = there.len().min(to.len());
        to[..size].copy_from_slice(&there[..size]);
        to[size..].fill(0);
        Ok(size)
    }

    pub(crate) fn write(&mut self, name: &str, at: usize, bytes: &[u8]) -> Result<(), Fault> {
        let (used, quota) = (self.used(), self.quota);
        let file = self.file(name)?;
        let grows = (at + bytes.len()).saturating_sub(file.now.len());
        if grows > 0 && quota.is_some_and(|quota| used + grows > quota) {
            return Err(Fault::Full);
        }
        put(&mut file.now, at, bytes);
        file.pending.push(Pending::Write { at, bytes: bytes.to_vec() });
        Ok(())
    }

    pub(crate) fn truncate(&mut self, name: &str, len: usize) -> Result<(), Fault> {
        let file = self.file(name)?;
        file.now.resize(len, 0);
        file.pending.push(Pending::Truncate { len });
        Ok(())
    }

    pub(crate) fn sync(&mut self, name: &str) -> Result<(), Fault> {
        let file = self.file(name)?;
        for pending in std::mem::take(&mut file.pending) {
            match pending {
                Pending::Write { at, bytes } => put(&mut file.synced, at, &bytes),
                Pending::Truncate { len } => file.synced.resize(len, 0),
            }
        }
        file.lasting = true;
        debug_assert!(file.synced == file.now, "what is synced is what was written");
        Ok(())
    }
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}
