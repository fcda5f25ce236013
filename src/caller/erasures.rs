//! Erasing profiles and groups: for those who may manage the project.

use super::Caller;
use crate::domain::erasure::{Erasure, Subject};
use crate::error::Failure;
use crate::store::Store;
use std::sync::PoisonError;

impl Caller {
    /// Accepts to erase a profile or a group, durably. Needs the right to manage.
    pub async fn erase(&self, subject: Subject, id: String) -> Result<Erasure, Failure> {
        self.may_manage()?;
        let erasure = self.writer.erase(self.project, subject, id).await?;
        *self.instant.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(erasure)
    }

    /// The project's erasures, the latest first. Needs the right to manage.
    pub async fn erasures(&self) -> Result<Vec<Erasure>, Failure> {
        self.may_manage()?;
        self.in_store(Store::erasures).await
    }

    /// The erasure of an id, if the project has it. Needs the right to manage.
    pub async fn erasure(&self, id: String) -> Result<Option<Erasure>, Failure> {
        self.may_manage()?;
        self.in_store(move |store, project| store.erasure(project, &id)).await
    }

    /// How often erasures changed what is visible: see [`crate::store::Store::erasure_changes`].
    #[must_use]
    pub fn erasure_changes(&self) -> u64 {
        self.engine.store().erasure_changes()
    }
}
