//! Names become numbers: hosts, brands and categories keep theirs, people do not.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// Bytes of one name; a longer one is a bad row.
pub const NAME_MAX_BYTES: usize = 200;
/// Different hosts, brands or categories; with more, the columns are not what they are called.
pub const NAMES_MAX: usize = 1 << 17;

/// Names by number, in the order in which they were first seen. What was given no name has the empty one.
#[derive(Clone, Debug, Default)]
pub struct Names {
    list: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32>,
}

impl Names {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The name of a number; empty for a number that no name has.
    #[must_use]
    pub fn name(&self, number: u32) -> &str {
        self.list.get(number as usize).map_or("", |name| name)
    }

    /// The number of a name.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// All names by number.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.list.iter().map(|name| &**name)
    }

    /// The number of a name, new if need be; `None` when there are too many.
    pub(super) fn intern(&mut self, name: &str) -> Option<u32> {
        if let Some(number) = self.numbers.get(name) {
            return Some(*number);
        }
        if self.list.len() == NAMES_MAX {
            return None;
        }
        let number = self.list.len() as u32;
        self.list.push(name.into());
        self.numbers.insert(name.into(), number);
        Some(number)
    }
}

/// 128 bits that stand for an id of a person or an order; nobody can read the id back from a list of them. Two of
/// a hundred million ids meet with a chance of 10⁻²³.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint(u64, u64);

impl Fingerprint {
    pub(super) fn of(id: &[u8], kind: u8) -> Self {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u8(salt);
            hasher.write_u8(kind);
            hasher.write(id);
            hasher.finish()
        };
        Self(half(1), half(2))
    }
}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// A fingerprint is a hash already.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

pub(super) type ByFingerprint<T> = HashMap<Fingerprint, T, BuildHasherDefault<AsItIs>>;

/// People by number. Only fingerprints are kept, and only until the import is done.
#[derive(Default)]
pub(super) struct People(ByFingerprint<u32>);

impl People {
    pub(super) fn len(&self) -> u32 {
        self.0.len() as u32
    }

    pub(super) fn intern(&mut self, id: &[u8]) -> u32 {
        let next = self.len();
        match self.0.entry(Fingerprint::of(id, b'p')) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => *entry.insert(next),
        }
    }
}
