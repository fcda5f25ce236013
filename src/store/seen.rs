//! Which event ids were stored before, for ever: 128-bit hashes of (tenant, id).
//!
//! With 128 bits two different ids collide once in about 10¹⁹ pairs; such a pair would be taken for a duplicate.

use super::Error;
use super::index::Known;
use crate::domain::identity::ProjectKey;
use xxhash_rust::xxh3::Xxh3;

/// The ids of all stored events.
#[derive(Debug)]
pub(crate) struct Seen(pub(super) Known);

impl Seen {
    /// The index's name on disk.
    pub(super) const NAME: &'static str = "ids";

    /// The hash of an id.
    pub(super) fn hash(project: ProjectKey, id: &str) -> u128 {
        let mut hasher = Xxh3::new();
        hasher.update(&project.0.to_le_bytes());
        hasher.update(id.as_bytes());
        hasher.digest128()
    }

    /// Whether an event with this id is stored.
    pub(crate) fn contains(&self, project: ProjectKey, id: &str) -> Result<bool, Error> {
        Ok(self.0.find(Self::hash(project, id))?.is_some())
    }
}
