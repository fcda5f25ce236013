//! Everything that is known: an index for sealed generations, memory for the others.

use super::{Error, Index};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::{PoisonError, RwLock};

type Numbers = HashMap<u128, u32, BuildHasherDefault<LowBits>>;

/// The hashes that are known, and the number each leads to.
#[derive(Debug)]
pub(in crate::store) struct Known {
    sealed: Index,
    hot: RwLock<BTreeMap<u64, Numbers>>,
}

impl Known {
    /// What is in an index, and nothing that is not sealed yet.
    pub(in crate::store) fn new(sealed: Index) -> Self {
        Self { sealed, hot: RwLock::default() }
    }

    /// The number of a hash, if it is known: the one that was noted last.
    pub(in crate::store) fn find(&self, hash: u128) -> Result<Option<u32>, Error> {
        let hot = self.hot.read().unwrap_or_else(PoisonError::into_inner);
        let known = hot.values().rev().find_map(|numbers| numbers.get(&hash).copied());
        drop(hot);
        match known {
            Some(number) => Ok(Some(number)),
            None => self.sealed.find(hash),
        }
    }

    /// Notes what was stored in a generation.
    pub(in crate::store) fn insert(&self, generation: u64, entries: impl Iterator<Item = (u128, u32)>) {
        let mut hot = self.hot.write().unwrap_or_else(PoisonError::into_inner);
        hot.entry(generation).or_default().extend(entries);
    }

    /// Writes what is known of a generation that is about to be recorded as sealed.
    pub(in crate::store) fn seal(&self, generation: u64) -> Result<(), Error> {
        let hot = self.hot.read().unwrap_or_else(PoisonError::into_inner);
        let entries =
            hot.get(&generation).into_iter().flatten().map(|(hash, number)| (*hash, *number)).collect();
        drop(hot);
        self.sealed.add(generation, entries)
    }

    /// Removes what is sealed and not to be kept, durably.
    pub(in crate::store) fn retain(&self, keep: impl Fn(u128, u32) -> bool) -> Result<(), Error> {
        self.sealed.retain(keep)
    }

    /// Forgets what is in memory of generations that are recorded as sealed.
    pub(in crate::store) fn sealed(&self, generation: u64) -> Result<(), Error> {
        self.hot.write().unwrap_or_else(PoisonError::into_inner).retain(|number, _| *number > generation);
        self.sealed.merge()
    }
}

/// Keys are hashes already: their low 64 bits serve as they are.
#[derive(Debug, Default)]
pub(in crate::store) struct LowBits(u64);

impl std::hash::Hasher for LowBits {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.write(&key.to_le_bytes()[..8]);
    }
}
