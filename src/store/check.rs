//! Checking a data folder: every segment against its checksum, the tables derived from it against what its events
//! give, and counts of what is there.

use super::damage::Damaged;
use super::facts::Table;
use super::relations::Derived;
use super::{Error, Held, Segment, Store, derive};
use duckdb::Connection;
use serde::{Deserialize, Serialize};

/// What a check found. Counts are over all rows that are durable and served now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Sealed segments whose size, checksum and number of rows are as recorded.
    pub segments: u64,
    /// Bytes of those segments.
    pub bytes: u64,
    /// Events in those segments.
    pub sealed_events: u64,
    /// Events that are in the log and not in a segment yet.
    pub logged_events: u64,
    /// What is put aside or missing, found now or before.
    pub damaged: Vec<Damaged>,
    /// Derived tables that are not what the events of their segments give.
    pub differing: Vec<Differing>,
    /// Each project's counts, by name.
    pub projects: Vec<ProjectCounts>,
}

/// A derived table that is not what the events of its segment give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differing {
    /// The table, its segment's number at the end.
    pub table: String,
    /// How it differs.
    pub what: String,
}

/// What a project has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectCounts {
    /// Its name.
    pub name: String,
    /// Its clients.
    pub clients: u64,
    /// Its events.
    pub events: u64,
    /// Its groups that are not deleted.
    pub groups: u64,
    /// Its profiles.
    pub profiles: u64,
    /// Its memberships that are open.
    pub memberships: u64,
}

impl Store {
    /// Counts what is there, reads every segment and compares what is derived from it. Blocks for as long as that
    /// takes. A segment that is not what was written is put aside. A replica has nothing of its own to check.
    pub fn check(&self) -> Result<Checked, Error> {
        if self.is_replica() {
            return Err(Error::ReadOnly);
        }
        for segment in &*self.snapshot().segments {
            self.put_aside_damaged(std::slice::from_ref(segment))?;
        }
        self.check_objects()?;
        let snapshot = self.snapshot();
        let connection = self.connection()?;
        let count =
            |sql: &str| -> Result<u64, Error> { Ok(connection.query_row(sql, [], |row| row.get(0))?) };
        let (mut bytes, mut sealed_events, mut differing) = (0, 0, Vec::new());
        for segment in &*snapshot.segments {
            let held = self.hold(std::slice::from_ref(segment))?;
            let rows = count(&format!("select count(*) from read_parquet([{}])", segment.literal(&held)))?;
            if rows != segment.events {
                let what = format!("it has {rows} events, the catalog says {}", segment.events);
                return Err(Error::Corrupt { file: segment.path.clone(), what });
            }
            for derived in Derived::ALL {
                differing.extend(compare(&connection, segment, derived, &held)?);
            }
            bytes += segment.bytes;
            sealed_events += rows;
        }
        let logged_events = count(&format!("select count(*) from {}", snapshot.hot_events()))?;
        let clients = self.clients()?;
        let mut projects = Vec::new();
        for project in self.projects()? {
            let key = project.key.0;
            let of = |relation| format!("select count(*) from {relation} where project = {key}");
            let latest = |table| of(snapshot.latest(table, Some(project.key)));
            projects.push(ProjectCounts {
                name: project.name,
                clients: clients.iter().filter(|client| client.project == project.key).count() as u64,
                // What is derived is what the events give, as was just seen, or it is told that it differs.
                events: count(&format!("{} and place = 0", of(snapshot.placed(Derived::ByGroup, None))))?,
                groups: count(&format!("{} and not is_deleted", of(snapshot.groups(Some(project.key)))))?,
                profiles: count(&latest(Table::ProfileVersions))?,
                memberships: count(&format!("{} and left_at is null", latest(Table::Memberships)))?,
            });
        }
        let (segments, damaged) = (snapshot.segments.len() as u64, self.damaged());
        Ok(Checked { segments, bytes, sealed_events, logged_events, damaged, differing, projects })
    }
}

/// Compares a derived table with what the events of its segment give: the rows of both, in any order.
fn compare(
    connection: &Connection,
    segment: &Segment,
    derived: Derived,
    held: &Held,
) -> Result<Option<Differing>, Error> {
    let events = derive::placed(&format!("read_parquet([{}])", segment.literal(held)));
    let given = format!("(with placed as (select * from {events})\n{})", derived.sql());
    let table = derived.table(segment.number);
    let expected = digest(connection, &given)?;
    let what = match digest(connection, &table) {
        Ok(found) if found == expected => return Ok(None),
        Ok(found) if found.0 == expected.0 => "has other rows than its events give".to_owned(),
        Ok(found) => format!("has {} rows, its events give {}", found.0, expected.0),
        Err(error) => format!("cannot be read: {error}"),
    };
    tracing::error!(derived.table = table, what, "a derived table differs");
    Ok(Some(Differing { table, what }))
}

/// How many rows a relation has, and the sum of their hashes, which does not depend on their order.
fn digest(connection: &Connection, relation: &str) -> Result<(u64, String), Error> {
    let sql = format!("select count(*), coalesce(sum(hash(r)), 0)::varchar from {relation} as r");
    Ok(connection.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
