//! What is small enough to be in every instant, whole: projects, clients, documents, erasures.

use super::super::Error;
use crate::domain::document as domain;
use crate::domain::identity::ProjectKey;
use chrono::DateTime;
use duckdb::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::hash::Hash;

/// All of it. Instants are microseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Small {
    projects: Vec<Project>,
    clients: Vec<Client>,
    documents: Vec<Document>,
    erasures: Vec<Erasure>,
    /// The keys of profiles and groups that are being erased.
    pub(super) erased: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Project {
    key: u32,
    name: String,
    created_at: i64,
}

/// A client with the SHA-256 of its secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Client {
    id: String,
    project: u32,
    name: String,
    access_right: String,
    secret_sha256: String,
    origins: Vec<String>,
    introspection: Option<bool>,
    created_at: i64,
    revoked_at: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Document {
    project: u32,
    kind: String,
    id: String,
    name: String,
    body: String,
    created_at: i64,
    updated_at: i64,
}

/// An erasure, without whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Erasure {
    id: String,
    project: u32,
    subject: String,
    requested_at: i64,
    finished_at: Option<i64>,
}

impl Small {
    /// Reads it from a catalog.
    pub(super) fn read(connection: &Connection) -> Result<Self, Error> {
        let projects = all(
            connection,
            "select project, name, epoch_us(created_at) from main.projects order by project",
            |row| Ok(Project { key: row.get(0)?, name: row.get(1)?, created_at: row.get(2)? }),
        )?;
        let clients = all(
            connection,
            "select client_id, project, name, access_right, secret_sha256, to_json(origins)::varchar, introspection,
                 epoch_us(created_at), epoch_us(revoked_at)
             from main.clients order by client_id",
            |row| {
                let origins: String = row.get(5)?;
                Ok(Client {
                    id: row.get(0)?,
                    project: row.get(1)?,
                    name: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                    access_right: row.get(3)?,
                    secret_sha256: row.get(4)?,
                    origins: serde_json::from_str(&origins).unwrap_or_default(),
                    introspection: row.get(6)?,
                    created_at: row.get(7)?,
                    revoked_at: row.get(8)?,
                })
            },
        )?;
        let documents = all(
            connection,
            "select project, kind, id, name, body, epoch_us(created_at), epoch_us(updated_at) from main.documents
             order by project, kind, id",
            |row| {
                Ok(Document {
                    project: row.get(0)?,
                    kind: row.get(1)?,
                    id: row.get(2)?,
                    name: row.get(3)?,
                    body: row.get(4)?,
                    created_at: row.get(5)?,
                    updated_at: row.get(6)?,
                })
            },
        )?;
        let erasures = all(
            connection,
            "select erasure, project, subject, epoch_us(requested_at), epoch_us(finished_at) from main.erasures
             order by requested_at, erasure",
            |row| {
                Ok(Erasure {
                    id: row.get(0)?,
                    project: row.get(1)?,
                    subject: row.get(2)?,
                    requested_at: row.get(3)?,
                    finished_at: row.get(4)?,
                })
            },
        )?;
        Ok(Self { projects, clients, documents, erasures, erased: Vec::new() })
    }

    /// Brings a catalog from what another one says to this.
    pub(super) fn write(&self, before: &Self, to: &Transaction<'_>) -> Result<(), Error> {
        for gone in missing(&before.projects, &self.projects) {
            to.execute("delete from main.projects where project = ?", params![gone.key])?;
        }
        for new in missing(&self.projects, &before.projects) {
            to.execute(
                "insert into main.projects values (?, ?, make_timestamp(?))",
                params![new.key, new.name, new.created_at],
            )?;
        }
        let kept: HashSet<&str> = self.clients.iter().map(|client| client.id.as_str()).collect();
        for gone in before.clients.iter().filter(|old| !kept.contains(old.id.as_str())) {
            to.execute("delete from main.clients where client_id = ?", params![gone.id])?;
        }
        for new in missing(&self.clients, &before.clients) {
            new.write(to)?;
        }
        let kept: HashSet<_> = self.documents.iter().map(Document::place).collect();
        for gone in before.documents.iter().filter(|old| !kept.contains(&old.place())) {
            to.execute(
                "delete from main.documents where project = ? and kind = ? and id = ?",
                params![gone.project, gone.kind, gone.id],
            )?;
        }
        for new in missing(&self.documents, &before.documents) {
            to.execute(
                "insert or replace into main.documents values (?, ?, ?, ?, ?, make_timestamp(?), make_timestamp(?))",
                params![new.project, new.kind, new.id, new.name, new.body, new.created_at, new.updated_at],
            )?;
        }
        for gone in missing(&before.erasures, &self.erasures) {
            to.execute("delete from main.erasures where erasure = ?", params![gone.id])?;
        }
        for new in missing(&self.erasures, &before.erasures) {
            to.execute(
                "insert into main.erasures (erasure, project, subject, requested_at, finished_at, generation, seq)
                 values (?, ?, ?, make_timestamp(?), make_timestamp(?), 0, 0)",
                params![new.id, new.project, new.subject, new.requested_at, new.finished_at],
            )?;
        }
        Ok(())
    }

    /// The documents, each with its project and kind.
    pub(super) fn documents(&self) -> Vec<(ProjectKey, &str, domain::Document)> {
        let instant = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
        let told = self.documents.iter().map(|document| {
            let told = domain::Document {
                id: document.id.clone(),
                name: document.name.clone(),
                body: document.body.clone(),
                created_at: instant(document.created_at),
                updated_at: instant(document.updated_at),
            };
            (ProjectKey(document.project), document.kind.as_str(), told)
        });
        told.collect()
    }

    /// The projects whose documents differ.
    pub(super) fn projects_with_other_documents(&self, before: &Self) -> Vec<u32> {
        let new = missing(&self.documents, &before.documents);
        let gone = missing(&before.documents, &self.documents);
        new.into_iter().chain(gone).map(|document| document.project).collect()
    }
}

/// Those of some that are not among others.
fn missing<'a, T: Eq + Hash>(of: &'a [T], among: &[T]) -> Vec<&'a T> {
    let among: HashSet<&T> = among.iter().collect();
    of.iter().filter(|one| !among.contains(one)).collect()
}

impl Document {
    fn place(&self) -> (u32, &str, &str) {
        (self.project, &self.kind, &self.id)
    }
}

impl Client {
    fn write(&self, to: &Transaction<'_>) -> Result<(), Error> {
        to.execute(
            "insert or replace into main.clients
                 (client_id, project, name, access_right, secret_sha256, origins, introspection, created_at, revoked_at)
             values (?, ?, ?, ?, ?, from_json(?::json, '[\"VARCHAR\"]'), ?, make_timestamp(?), make_timestamp(?))",
            params![
                self.id,
                self.project,
                self.name,
                self.access_right,
                self.secret_sha256,
                serde_json::to_string(&self.origins).unwrap_or_else(|_| "[]".to_owned()),
                self.introspection,
                self.created_at,
                self.revoked_at
            ],
        )?;
        Ok(())
    }
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&duckdb::Row<'_>) -> duckdb::Result<T>,
) -> Result<Vec<T>, Error> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
