//! What a project defines for itself, such as cohorts: read by those who may read, changed by those who may write.

use super::Caller;
use crate::domain::document::{Document, DocumentKind};
use crate::error::Failure;
use std::sync::Arc;

impl Caller {
    /// The document of an id, if there is one. Whoever names it in a question needs the right to read.
    #[must_use]
    pub fn document(&self, kind: DocumentKind, id: &str) -> Option<Arc<Document>> {
        self.engine.store().document(self.project, kind, id)
    }

    /// Every document of a kind, by id. Needs the right to read.
    pub fn documents(&self, kind: DocumentKind) -> Result<Vec<Arc<Document>>, Failure> {
        self.may_read()?;
        Ok(self.engine.store().documents(self.project, kind))
    }

    /// Saves a document, durably, in the place of the one with its id; `None` when it would be one more than `most`.
    /// Needs the right to write.
    pub async fn save_document(
        &self,
        kind: DocumentKind,
        (id, name, body): (String, String, String),
        most: usize,
    ) -> Result<Option<Arc<Document>>, Failure> {
        self.may_write()?;
        let now = self.began();
        let saved = self.in_store(move |store, project| {
            store.save_document(project, kind, (&id, &name, &body), most, now)
        });
        saved.await
    }

    /// Deletes a document, durably; tells whether it was there. Needs the right to write.
    pub async fn delete_document(&self, kind: DocumentKind, id: String) -> Result<bool, Failure> {
        self.may_write()?;
        self.in_store(move |store, project| store.delete_document(project, kind, &id)).await
    }
}
