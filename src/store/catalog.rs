//! The catalog: the DuckDB file that lists segments and keeps what is small and must be exact.
//!
//! Its tables are in `migrations/`. Rows of projects, clients, salts and documents are committed by DuckDB itself;
//! everything that arrives with events goes through the log first and gets here when its generation is sealed
//! (`record.rs`).

use super::Error;
use crate::domain::identity::ProjectKey;
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::{Connection, OptionalExt, params};
use std::path::Path;

/// The format this release writes.
pub const FORMAT: u32 = 7;

/// The format of the first release. Folders of older ones were never released.
const OLDEST: u32 = 2;

/// What makes the oldest format, and the migrations that lead on from there.
const MIGRATIONS: [&str; 6] = [
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
    include_str!("migrations/0007.sql"),
];

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its key in every row.
    pub key: ProjectKey,
    /// Its unique name.
    pub name: String,
}

/// Whether nothing was ever written to the catalog.
pub(crate) fn is_empty(connection: &Connection) -> Result<bool, Error> {
    let sql = "select count(*) = 0 from information_schema.tables
         where table_catalog = current_database() and table_name = 'meta'";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Whether the catalog is a replica's.
pub(crate) fn is_replica(connection: &Connection) -> Result<bool, Error> {
    let sql = "select count(*) > 0 from information_schema.tables
         where table_catalog = current_database() and table_name = 'replica'";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Makes a new catalog a replica's.
pub(crate) fn make_replica(connection: &Connection) -> Result<(), Error> {
    Ok(connection.execute_batch(include_str!("published/replica.sql"))?)
}

/// Brings the catalog to the present format, or refuses one of a later release.
pub(crate) fn migrate(connection: &Connection, folder: &Path) -> Result<(), Error> {
    let has_meta = !is_empty(connection)?;
    let found: u32 = if has_meta {
        connection.query_row("select format from main.meta", [], |row| row.get(0))?
    } else {
        OLDEST - 1
    };
    if found > FORMAT || (has_meta && found < OLDEST) {
        return Err(Error::OtherFormat { path: folder.to_path_buf(), found, known: FORMAT });
    }
    for migration in &MIGRATIONS[(found + 1 - OLDEST) as usize..] {
        connection.execute_batch(&format!("begin; {migration} commit;"))?;
    }
    Ok(())
}

/// Every project, by name.
pub(crate) fn projects(connection: &Connection) -> Result<Vec<Project>, Error> {
    let mut statement = connection.prepare("select project, name from main.projects order by name")?;
    let rows =
        statement.query_map([], |row| Ok(Project { key: ProjectKey(row.get(0)?), name: row.get(1)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a project and gives its key; `None` when the name is taken.
pub(crate) fn add_project(
    connection: &Connection,
    name: &str,
    now: DateTime<Utc>,
) -> Result<Option<Project>, Error> {
    let key = connection
        .query_row(
            "insert into main.projects select coalesce(max(project), 0) + 1, $1, make_timestamp($2) from main.projects
             having count(*) filter (name = $1) = 0 returning project",
            params![name, now.timestamp_micros()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(key.map(|key| Project { key: ProjectKey(key), name: name.to_owned() }))
}

/// The salt of a day, made from `fresh` when the day has none yet.
pub(crate) fn salt(connection: &Connection, day: NaiveDate, fresh: &str) -> Result<String, Error> {
    let text = day.to_string();
    connection
        .execute("insert into main.salts values (?::date, ?) on conflict do nothing", params![text, fresh])?;
    Ok(connection
        .query_row("select salt from main.salts where day = ?::date", params![text], |row| row.get(0))?)
}

/// The salt of a day, if it has one.
pub(crate) fn known_salt(connection: &Connection, day: NaiveDate) -> Result<Option<String>, Error> {
    let row = connection.query_row(
        "select salt from main.salts where day = ?::date",
        params![day.to_string()],
        |row| row.get(0),
    );
    Ok(row.optional()?)
}
