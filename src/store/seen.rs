//! Which event ids were stored before, for ever: 128-bit hashes of (tenant, id).
//!
//! With 128 bits two different ids collide once in about 10¹⁹ pairs; such a pair would be taken for a duplicate.

use super::Error;
use super::index::{Known, LowBits, hash};
use crate::domain::identity::ProjectKey;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;

/// Ids of events that are about to be stored together.
#[derive(Debug, Default)]
pub struct FreshIds(HashSet<u128, BuildHasherDefault<LowBits>>);

/// The ids of all stored events.
#[derive(Debug)]
pub(crate) struct Seen(pub(super) Known);

impl Seen {
    /// The index's name on disk.
    pub(super) const NAME: &'static str = "ids";

    /// The hash of an id.
    pub(super) fn hash(project: ProjectKey, id: &str) -> u128 {
        hash(&project.0.to_le_bytes(), id)
    }

    /// Whether no event with this id is stored, and none of those to be stored has it. Adds it to these.
    pub(super) fn is_new(&self, project: ProjectKey, id: &str, fresh: &mut FreshIds) -> Result<bool, Error> {
        let hash = Self::hash(project, id);
        Ok(fresh.0.insert(hash) && self.0.find(hash)?.is_none())
    }
}
