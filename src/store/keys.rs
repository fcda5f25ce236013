//! Keys: small numbers that stand for group ids, profile ids, device ids, event names and paths.
//!
//! The writer gives a key to each text it sees for the first time, and the key goes to the log with the row that
//! needs it. A key is never given twice and never changes, so everything that is derived from events can hold
//! keys instead of texts. Text to key is looked up here, key to text in the table `keys`.

use super::Error;
use super::index::Known;
use crate::domain::identity::ProjectKey;
use quick_cache::sync::Cache;
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

/// Texts looked up lately, at most.
const CACHED: usize = 1 << 18;

/// The way from a text to its key.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) known: Known,
    cache: Cache<u128, u32>,
}

impl Keys {
    /// The index's name on disk.
    pub(super) const NAME: &'static str = "keys";

    /// The keys that are known.
    pub(super) fn new(known: Known) -> Self {
        Self { known, cache: Cache::new(CACHED) }
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
        let known = self.known.find(hash)?;
        if let Some(key) = known {
            self.cache.insert(hash, key);
        }
        Ok(known)
    }
}
