//! Keys: small numbers that stand for group ids, profile ids, device ids, event names and paths.
//!
//! The writer gives a key to each text it sees for the first time, and the key goes to the log with the row that
//! needs it. A key is never given twice and never changes, so everything that is derived from events can hold
//! keys instead of texts. Text to key is looked up here, key to text in the table `keys`.

use super::Error;
use super::index::Index;
use super::seen::LowBits;
use crate::domain::identity::ProjectKey;
use quick_cache::sync::Cache;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::{PoisonError, RwLock};
use xxhash_rust::xxh3::Xxh3;

/// What a text is that has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The id of a group.
    Group,
    /// The id of a profile.
    Profile,
    /// The id of a device.
    Device,
    /// The name of an event.
    Name,
    /// The path of a page or screen.
    Path,
}

impl KeyKind {
    /// The number that stands for the kind in tables and in the log.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Group => 1,
            Self::Profile => 2,
            Self::Device => 3,
            Self::Name => 4,
            Self::Path => 5,
        }
    }
}

type Numbers = HashMap<u128, u32, BuildHasherDefault<LowBits>>;

/// Texts looked up lately, at most.
const CACHED: usize = 1 << 18;

/// The way from a text to its key.
#[derive(Debug)]
pub(super) struct Keys {
    sealed: Index,
    hot: RwLock<BTreeMap<u64, Numbers>>,
    cache: Cache<u128, u32>,
}

impl Keys {
    /// The index's name on disk.
    pub(super) const NAME: &'static str = "keys";

    /// Keys in an index, and none that are not sealed yet.
    pub(super) fn new(sealed: Index) -> Self {
        Self { sealed, hot: RwLock::default(), cache: Cache::new(CACHED) }
    }

    /// The hash of a text.
    pub(super) fn hash(project: ProjectKey, kind: u8, text: &str) -> u128 {
        let mut hasher = Xxh3::new();
        hasher.update(&project.0.to_le_bytes());
        hasher.update(&[kind]);
        hasher.update(text.as_bytes());
        hasher.digest128()
    }

    /// The key of a text, if it has one.
    pub(super) fn find(&self, project: ProjectKey, kind: KeyKind, text: &str) -> Result<Option<u32>, Error> {
        let hash = Self::hash(project, kind.number(), text);
        if let Some(key) = self.cache.get(&hash) {
            return Ok(Some(key));
        }
        let hot = self.hot.read().unwrap_or_else(PoisonError::into_inner);
        let known = hot.values().find_map(|numbers| numbers.get(&hash).copied());
        drop(hot);
        let known = match known {
            Some(key) => Some(key),
            None => self.sealed.find(hash)?,
        };
        if let Some(key) = known {
            self.cache.insert(hash, key);
        }
        Ok(known)
    }

    /// Notes keys that were given in a generation.
    pub(super) fn insert(&self, generation: u64, keys: impl Iterator<Item = (u128, u32)>) {
        let mut hot = self.hot.write().unwrap_or_else(PoisonError::into_inner);
        hot.entry(generation).or_default().extend(keys);
    }

    /// Writes the keys of a generation that is about to be recorded as sealed.
    pub(super) fn seal(&self, generation: u64) -> Result<(), Error> {
        let hot = self.hot.read().unwrap_or_else(PoisonError::into_inner);
        let entries = hot.get(&generation).into_iter().flatten().map(|(hash, key)| (*hash, *key)).collect();
        drop(hot);
        self.sealed.add(generation, entries)
    }

    /// Forgets what is in memory of generations that are recorded as sealed.
    pub(super) fn sealed(&self, generation: u64) -> Result<(), Error> {
        self.hot.write().unwrap_or_else(PoisonError::into_inner).retain(|number, _| *number > generation);
        self.sealed.merge()
    }
}
