//! Clients: the credentials of projects, as the catalog keeps them.

use super::{Error, Store, lock};
use crate::domain::identity::{ProjectKey, Right};
use chrono::{DateTime, Utc};
use duckdb::params;

/// Revoked clients of a project that are kept, so that it can be seen what became of them.
const KEPT_REVOKED: usize = 100;

/// Credentials of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The public id, a UUID.
    pub id: String,
    /// The tenant it belongs to.
    pub project: ProjectKey,
    /// Its display name; empty where nobody gave it one.
    pub name: String,
    /// What it may do.
    pub right: Right,
    /// SHA-256 of the secret, hex.
    pub secret_sha256: String,
    /// Web origins that may send without the secret, and whose pages may read answers.
    pub origins: Vec<String>,
    /// Whether it may read the schema; `None`: as its right has it.
    pub introspection: Option<bool>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used, roughly.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Every client of every project.
    pub fn clients(&self) -> Result<Vec<Client>, Error> {
        let root = lock(&self.root);
        let mut statement = root.prepare(
            "select client_id, project, name, access_right, secret_sha256, to_json(origins)::varchar,
                 epoch_us(created_at), epoch_us(last_used_at), epoch_us(revoked_at), introspection
             from main.clients",
        )?;
        let rows = statement.query_map([], |row| {
            let right: String = row.get(3)?;
            let origins: String = row.get(5)?;
            let instant = |micros: Option<i64>| micros.and_then(DateTime::from_timestamp_micros);
            Ok(Client {
                id: row.get(0)?,
                project: ProjectKey(row.get(1)?),
                name: row.get(2)?,
                right: Right::parse(&right).unwrap_or(Right::Write),
                secret_sha256: row.get(4)?,
                origins: serde_json::from_str(&origins).unwrap_or_default(),
                created_at: instant(row.get(6)?).unwrap_or_default(),
                last_used_at: instant(row.get(7)?),
                revoked_at: instant(row.get(8)?),
                introspection: row.get(9)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Adds a client.
    pub fn add_client(&self, client: &Client) -> Result<(), Error> {
        self.changing()?.execute(
            "insert into main.clients (client_id, project, name, access_right, secret_sha256, origins, introspection, created_at)
             values (?, ?, ?, ?, ?, from_json(?::json, '[\"VARCHAR\"]'), ?, make_timestamp(?))",
            params![
                client.id,
                client.project.0,
                client.name,
                client.right.as_str(),
                client.secret_sha256,
                json(&client.origins),
                client.introspection,
                client.created_at.timestamp_micros()
            ],
        )?;
        Ok(())
    }

    /// Gives a client another secret, by its hash.
    pub fn set_client_secret(&self, id: &str, sha256: &str) -> Result<(), Error> {
        let sql = "update main.clients set secret_sha256 = ? where client_id = ?";
        self.changing()?.execute(sql, params![sha256, id])?;
        Ok(())
    }

    /// Sets the web origins of a client.
    pub fn set_client_origins(&self, id: &str, origins: &[String]) -> Result<(), Error> {
        let sql = "update main.clients set origins = from_json(?::json, '[\"VARCHAR\"]') where client_id = ?";
        self.changing()?.execute(sql, params![json(origins), id])?;
        Ok(())
    }

    /// Sets whether a client may read the schema; `None`: as its right has it.
    pub fn set_client_introspection(&self, id: &str, introspection: Option<bool>) -> Result<(), Error> {
        let sql = "update main.clients set introspection = ? where client_id = ?";
        self.changing()?.execute(sql, params![introspection, id])?;
        Ok(())
    }

    /// Revokes a client. Of those that a project revoked long ago, the oldest are forgotten.
    pub fn revoke_client(&self, project: ProjectKey, id: &str, now: DateTime<Utc>) -> Result<(), Error> {
        let mut root = self.changing()?;
        let transaction = root.transaction()?;
        transaction.execute(
            "update main.clients set revoked_at = make_timestamp(?) where client_id = ?",
            params![now.timestamp_micros(), id],
        )?;
        transaction.execute(
            &format!(
                "delete from main.clients where client_id in (
                     select client_id from main.clients where project = ? and revoked_at is not null
                     order by revoked_at desc, client_id offset {KEPT_REVOKED})"
            ),
            params![project.0],
        )?;
        Ok(transaction.commit()?)
    }

    /// Notes when clients were last used, in microseconds since 1970. A replica notes nothing.
    pub fn note_client_uses(&self, uses: &[(&str, i64)]) -> Result<(), Error> {
        if self.is_replica() {
            return Ok(());
        }
        let mut root = lock(&self.root);
        let transaction = root.transaction()?;
        for (id, used_at) in uses {
            transaction.execute(
                "update main.clients set last_used_at = make_timestamp(?) where client_id = ?",
                params![used_at, id],
            )?;
        }
        Ok(transaction.commit()?)
    }
}

fn json(origins: &[String]) -> String {
    serde_json::to_string(origins).unwrap_or_else(|_| "[]".to_owned())
}
