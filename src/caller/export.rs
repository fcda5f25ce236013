//! Exporting a project: for those who may manage it.

use super::Caller;
use crate::error::Failure;
use crate::store::export::Exported;
use std::path::PathBuf;

impl Caller {
    /// Writes everything of the project, as it is now, to a new folder. Needs the right to manage.
    pub async fn export(&self, folder: PathBuf) -> Result<Vec<Exported>, Failure> {
        self.may_manage()?;
        self.in_store(move |store, project| store.export(project, &folder)).await
    }
}
