//! GraphQL documents that clients have sent once and ask for by their hash from then on.
//!
//! They are kept in memory, each project's for itself; those that nobody asks for give way. Who asks for one that has
//! gone is told so and sends it again.

use crate::domain::identity::ProjectKey;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// Bytes of documents that are kept, about.
const KEPT_BYTES: u64 = 16 << 20;

/// Documents that are kept, about.
const KEPT: usize = 10_000;

/// A document of a project: the hash as hexadecimal digits in lower case.
type Key = (ProjectKey, String);

/// A document weighs what its text does.
#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<Key, Arc<str>> for Bytes {
    fn weight(&self, key: &Key, text: &Arc<str>) -> u64 {
        u64::try_from(key.1.len() + text.len()).unwrap_or(u64::MAX)
    }
}

/// The documents that are known.
pub(super) struct Documents(Cache<Key, Arc<str>, Bytes>);

impl Documents {
    pub(super) fn new() -> Self {
        Self(Cache::with_weighter(KEPT, KEPT_BYTES, Bytes))
    }

    pub(super) fn find(&self, project: ProjectKey, sha256: &str) -> Option<Arc<str>> {
        self.0.get(&(project, sha256.to_ascii_lowercase()))
    }

    pub(super) fn remember(&self, project: ProjectKey, sha256: &str, text: &str) {
        self.0.insert((project, sha256.to_ascii_lowercase()), text.into());
    }
}
