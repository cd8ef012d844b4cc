//! Connections of one shard by slot, with generations so that a late id never finds a newcomer.

use std::collections::HashSet;

use mio::Token;

use crate::conn::Conn;

#[derive(Debug, Default)]
pub(crate) struct Slots {
    entries: Vec<Entry>,
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Entry {
    generation: u32,
    conn: Option<Box<Conn>>,
}

impl Slots {
    /// A free slot and its generation. It stays free until [`Self::put`].
    pub(crate) fn vacant(&mut self) -> (u32, u32) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry::default());
            // More than 2³² connections do not exist.
            (self.entries.len() - 1) as u32
        });
        (slot, self.entries[slot as usize].generation)
    }

    /// Gives a slot back and retires its generation.
    pub(crate) fn release(&mut self, slot: u32) {
        let entry = &mut self.entries[slot as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.conn = None;
        self.free.push(slot);
    }

    /// Takes every connection out. A slot in use comes along even when its connection is lost; each is still to be released.
    pub(crate) fn drain(&mut self) -> Vec<(u32, Option<Box<Conn>>)> {
        let free: HashSet<u32> = self.free.iter().copied().collect();
        let used = (0..self.entries.len() as u32).filter(|slot| !free.contains(slot));
        used.map(|slot| (slot, self.entries[slot as usize].conn.take())).collect()
    }

    pub(crate) fn put(&mut self, slot: u32, conn: Box<Conn>) {
        self.entries[slot as usize].conn = Some(conn);
    }

    /// Takes a connection out for as long as it is worked on.
    pub(crate) fn take(&mut self, slot: u32) -> Option<Box<Conn>> {
        self.entries.get_mut(slot as usize)?.conn.take()
    }

    pub(crate) fn get(&mut self, slot: u32) -> Option<&mut Conn> {
        self.entries.get_mut(slot as usize)?.conn.as_deref_mut()
    }

    pub(crate) fn holds(&self, slot: u32, generation: u32) -> bool {
        self.entries
            .get(slot as usize)
            .is_some_and(|entry| entry.generation == generation && entry.conn.is_some())
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut Conn)> {
        let entries = self.entries.iter_mut().enumerate();
        entries.filter_map(|(at, entry)| Some((at as u32, entry.conn.as_deref_mut()?)))
    }
}

/// Packs slot and generation into what the poll reports. `usize` has 64 bits on every target.
pub(crate) fn token(slot: u32, generation: u32) -> Token {
    Token((u64::from(generation) << 32 | u64::from(slot)) as usize)
}

pub(crate) fn from_token(token: Token) -> (u32, u32) {
    let packed = token.0 as u64;
    (packed as u32, (packed >> 32) as u32)
}
