//! Which event ids were stored before, for ever: 128-bit hashes of (tenant, id).
//!
//! With 128 bits two different ids collide once in about 10¹⁹ pairs; such a pair would be taken for a duplicate.

use crate::domain::identity::ProjectKey;
use std::collections::HashSet;
use xxhash_rust::xxh3::Xxh3;

/// The ids of all stored events.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashSet<u128, std::hash::BuildHasherDefault<LowBits>>);

impl Seen {
    /// The key of an id.
    pub(crate) fn key(project: ProjectKey, id: &str) -> u128 {
        let mut hasher = Xxh3::new();
        hasher.update(&project.0.to_le_bytes());
        hasher.update(id.as_bytes());
        hasher.digest128()
    }

    pub(crate) fn contains(&self, key: u128) -> bool {
        self.0.contains(&key)
    }

    pub(crate) fn insert(&mut self, key: u128) {
        self.0.insert(key);
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
