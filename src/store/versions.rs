//! How often what is stored of a project has changed, and a way to wait for the next change.
//!
//! A version moves on after the rows of a write are visible and before the write is acknowledged. So whoever reads the
//! version first and a snapshot afterwards holds everything that was acknowledged up to that version: an answer may be
//! given again while the version stands. Sealing and compaction change no answer and move nothing on.

use super::Store;
use crate::domain::identity::ProjectKey;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use tokio::sync::watch;

/// The versions of all projects. They begin anew with each start.
#[derive(Debug, Default)]
pub(super) struct Versions(RwLock<HashMap<ProjectKey, watch::Sender<u64>>>);

impl Versions {
    /// Moves a project on.
    pub(super) fn advance(&self, project: ProjectKey) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        // A project that nobody has asked for yet has no version to move on.
        if let Some(version) = known.get(&project) {
            version.send_modify(|version| *version += 1);
        }
    }

    /// Moves every project on.
    pub(super) fn advance_all(&self) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.values().for_each(|version| version.send_modify(|version| *version += 1));
    }

    fn watch(&self, project: ProjectKey) -> watch::Receiver<u64> {
        if let Some(version) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&project) {
            return version.subscribe();
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.entry(project).or_default().subscribe()
    }
}

impl Store {
    /// The present version of a project: another one than before once something about it was stored.
    #[must_use]
    pub fn version(&self, project: ProjectKey) -> u64 {
        *self.watch_version(project).borrow()
    }

    /// The version of a project, to wait for the next one.
    #[must_use]
    pub fn watch_version(&self, project: ProjectKey) -> watch::Receiver<u64> {
        self.versions.watch(project)
    }
}
