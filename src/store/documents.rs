//! Documents: what a project defines for itself, such as its cohorts. They are small, few, and kept in memory as
//! well, so that reading one costs nothing.
//!
//! A change is committed by DuckDB, with a sync, before it is visible.

use super::{Error, Store};
use crate::domain::document::{Document, DocumentKind};
use crate::domain::identity::ProjectKey;
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

type Place = (ProjectKey, DocumentKind, String);

/// All documents of all projects.
#[derive(Debug, Default)]
pub(super) struct Documents(RwLock<BTreeMap<Place, Arc<Document>>>);

impl Documents {
    /// Reads them from the catalog.
    pub(super) fn load(connection: &Connection) -> Result<Self, Error> {
        let mut statement = connection.prepare(
            "select project, kind, id, name, body, epoch_us(created_at), epoch_us(updated_at) from main.documents",
        )?;
        let mut rows = statement.query([])?;
        let documents = Self::default();
        let mut read = Vec::new();
        let instant = |micros: i64| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        while let Some(row) = rows.next()? {
            let (project, kind) = (ProjectKey(row.get(0)?), row.get::<_, String>(1)?);
            let document = Document {
                id: row.get(2)?,
                name: row.get(3)?,
                body: row.get(4)?,
                created_at: instant(row.get(5)?),
                updated_at: instant(row.get(6)?),
            };
            read.push((project, kind, document));
        }
        documents.put_all(read.iter().map(|(project, kind, document)| (*project, kind.as_str(), document)));
        Ok(documents)
    }

    /// Holds these, each with its project and kind, and no others.
    pub(super) fn put_all<'d>(&self, documents: impl Iterator<Item = (ProjectKey, &'d str, &'d Document)>) {
        // A kind that a later release knows stays where it is.
        let known = documents.filter_map(|(project, word, document)| {
            let kind = DocumentKind::ALL.into_iter().find(|kind| kind.word() == word)?;
            Some(((project, kind, document.id.clone()), Arc::new(document.clone())))
        });
        let known = known.collect();
        self.change(|all| *all = known);
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<Place, Arc<Document>>)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn read<T>(&self, read: impl FnOnce(&BTreeMap<Place, Arc<Document>>) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store {
    /// The document of an id, if there is one.
    #[must_use]
    pub fn document(&self, project: ProjectKey, kind: DocumentKind, id: &str) -> Option<Arc<Document>> {
        self.documents.read(|all| all.get(&(project, kind, id.to_owned())).cloned())
    }

    /// Every document of a kind, by id.
    #[must_use]
    pub fn documents(&self, project: ProjectKey, kind: DocumentKind) -> Vec<Arc<Document>> {
        let first = Bound::Included((project, kind, String::new()));
        self.documents.read(|all| {
            let from = all.range((first, Bound::Unbounded));
            let own = from.take_while(|((owner, of, _), _)| *owner == project && *of == kind);
            own.map(|(_, document)| Arc::clone(document)).collect()
        })
    }

    /// Saves a document, durably, in the place of the one with its id; the same again changes nothing. `None` when
    /// it would be one more than `most`. Blocks.
    pub fn save_document(
        &self,
        project: ProjectKey,
        kind: DocumentKind,
        (id, name, body): (&str, &str, &str),
        most: usize,
        now: DateTime<Utc>,
    ) -> Result<Option<Arc<Document>>, Error> {
        // Held throughout, so that changes come one after the other.
        let root = self.changing()?;
        let known = self.document(project, kind, id);
        if let Some(known) = known.as_ref().filter(|known| known.name == name && known.body == body) {
            return Ok(Some(Arc::clone(known)));
        }
        if known.is_none() && self.documents(project, kind).len() >= most {
            return Ok(None);
        }
        let document = Arc::new(Document {
            id: id.to_owned(),
            name: name.to_owned(),
            body: body.to_owned(),
            created_at: known.map_or(now, |known| known.created_at),
            updated_at: now,
        });
        root.execute(
            "insert or replace into main.documents values (?, ?, ?, ?, ?, make_timestamp(?), make_timestamp(?))",
            params![
                project.0,
                kind.word(),
                document.id,
                document.name,
                document.body,
                document.created_at.timestamp_micros(),
                document.updated_at.timestamp_micros()
            ],
        )?;
        self.documents.change(|all| {
            all.insert((project, kind, document.id.clone()), Arc::clone(&document));
        });
        self.versions.advance(project);
        Ok(Some(document))
    }

    /// Deletes a document, durably; tells whether it was there. Blocks.
    pub fn delete_document(&self, project: ProjectKey, kind: DocumentKind, id: &str) -> Result<bool, Error> {
        let root = self.changing()?;
        if self.document(project, kind, id).is_none() {
            return Ok(false);
        }
        root.execute(
            "delete from main.documents where project = ? and kind = ? and id = ?",
            params![project.0, kind.word(), id],
        )?;
        self.documents.change(|all| {
            all.remove(&(project, kind, id.to_owned()));
        });
        self.versions.advance(project);
        Ok(true)
    }
}
