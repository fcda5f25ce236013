//! Keys: small numbers that stand for group ids, profile ids, device ids, event names and paths.
//!
//! The writer gives a key to each text it sees for the first time, and the key goes to the log with the row that
//! needs it. A key is never given twice and never changes, so everything that is derived from events can hold
//! keys instead of texts. Text to key is looked up here, key to text in the table `keys`.

use super::Error;
use super::index::{Known, Lately, hash};
use crate::domain::identity::ProjectKey;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

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

/// Texts looked up lately that are remembered, at most.
const LATELY: usize = 1 << 19;

/// The way from a text to its key.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) known: Known,
    lately: Lately,
    /// Keys that are given to no row any more: what they stand for is erased.
    forgotten: RwLock<HashSet<u32>>,
    /// Held by whoever gives keys to rows, until these are visible.
    giving: Mutex<()>,
}

impl Keys {
    /// The index's name on disk.
    pub(super) const NAME: &'static str = "keys";

    /// The keys that are known.
    pub(super) fn new(known: Known) -> Self {
        let (forgotten, giving) = (RwLock::default(), Mutex::default());
        Self { known, lately: Lately::new(LATELY), forgotten, giving }
    }

    /// The hash of a text.
    pub(super) fn hash(project: ProjectKey, kind: u8, text: &str) -> u128 {
        let [a, b, c, d] = project.0.to_le_bytes();
        hash(&[a, b, c, d, kind], text)
    }

    /// The key of a text, if it has one.
    pub(super) fn find(&self, project: ProjectKey, kind: KeyKind, text: &str) -> Result<Option<u32>, Error> {
        let hash = Self::hash(project, kind.number(), text);
        if let Some(key) = self.lately.get(hash).filter(|key| !self.is_forgotten(*key)) {
            return Ok(Some(key));
        }
        // Of several keys of a text the last is found first; all others are forgotten.
        let known = self.known.find(hash)?.filter(|key| !self.is_forgotten(*key));
        if let Some(key) = known {
            self.lately.put(hash, key);
        }
        Ok(known)
    }

    /// Gives these keys to no row any more. Their texts get other keys when they come again.
    pub(super) fn forget(&self, keys: impl IntoIterator<Item = u32>) {
        self.forgotten.write().unwrap_or_else(PoisonError::into_inner).extend(keys);
    }

    /// Keeps others from giving keys to rows while it is held.
    pub(super) fn hold(&self) -> MutexGuard<'_, ()> {
        self.giving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_forgotten(&self, key: u32) -> bool {
        self.forgotten.read().unwrap_or_else(PoisonError::into_inner).contains(&key)
    }
}
