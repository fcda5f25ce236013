//! Exporting a project: for those who may manage it.

use super::Caller;
use crate::error::Failure;
use crate::store::export::Exported;
use std::path::PathBuf;
use std::sync::Arc;

impl Caller {
    /// Writes everything of the project, as it is now, to a new folder. Needs the right to manage.
    pub async fn export(&self, folder: PathBuf) -> Result<Vec<Exported>, Failure> {
        self.may_manage()?;
        let (store, project) = (Arc::clone(self.engine.store()), self.project);
        let exported = tokio::task::spawn_blocking(move || store.export(project, &folder));
        Ok(exported.await.map_err(Failure::internal)??)
    }
}
