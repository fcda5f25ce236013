//! Which event ids were stored before, for ever: 128-bit hashes of (tenant, id).
//!
//! Ids of generations that are not sealed are in memory; those of sealed ones are in an index on disk. With 128
//! bits two different ids collide once in about 10¹⁹ pairs; such a pair would be taken for a duplicate.

use super::Error;
use super::index::Index;
use crate::domain::identity::ProjectKey;
use std::collections::{BTreeMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::{PoisonError, RwLock};
use xxhash_rust::xxh3::Xxh3;

type Hashes = HashSet<u128, BuildHasherDefault<LowBits>>;

/// The ids of all stored events.
#[derive(Debug)]
pub(crate) struct Seen {
    sealed: Index,
    hot: RwLock<BTreeMap<u64, Hashes>>,
}

impl Seen {
    /// The index's name on disk.
    pub(super) const NAME: &'static str = "ids";

    /// Ids in an index, and none that are not sealed yet.
    pub(super) fn new(sealed: Index) -> Self {
        Self { sealed, hot: RwLock::default() }
    }

    /// The hash of an id.
    pub(super) fn hash(project: ProjectKey, id: &str) -> u128 {
        let mut hasher = Xxh3::new();
        hasher.update(&project.0.to_le_bytes());
        hasher.update(id.as_bytes());
        hasher.digest128()
    }

    /// Whether an event with this id is stored.
    pub(crate) fn contains(&self, project: ProjectKey, id: &str) -> Result<bool, Error> {
        let hash = Self::hash(project, id);
        if self.hot.read().unwrap_or_else(PoisonError::into_inner).values().any(|ids| ids.contains(&hash)) {
            return Ok(true);
        }
        Ok(self.sealed.find(hash)?.is_some())
    }

    /// Notes ids that were stored in a generation.
    pub(super) fn insert(&self, generation: u64, hashes: impl Iterator<Item = u128>) {
        let mut hot = self.hot.write().unwrap_or_else(PoisonError::into_inner);
        hot.entry(generation).or_default().extend(hashes);
    }

    /// Writes the ids of a generation that is about to be recorded as sealed.
    pub(super) fn seal(&self, generation: u64) -> Result<(), Error> {
        let hot = self.hot.read().unwrap_or_else(PoisonError::into_inner);
        let entries = hot.get(&generation).into_iter().flatten().map(|hash| (*hash, 0)).collect();
        drop(hot);
        self.sealed.add(generation, entries)
    }

    /// Forgets what is in memory of generations that are recorded as sealed.
    pub(super) fn sealed(&self, generation: u64) -> Result<(), Error> {
        self.hot.write().unwrap_or_else(PoisonError::into_inner).retain(|number, _| *number > generation);
        self.sealed.merge()
    }
}

/// Keys are hashes already: their low 64 bits serve as they are.
#[derive(Debug, Default)]
pub(crate) struct LowBits(u64);

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
