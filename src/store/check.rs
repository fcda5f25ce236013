//! Checking a data folder: counts of what is there, and every segment against its checksum.

use super::facts::Table;
use super::{Error, Segment, Store, segment};
use serde::{Deserialize, Serialize};

/// What a check found. Counts are over all rows that are durable now.
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
    /// Each project's counts, by name.
    pub projects: Vec<ProjectCounts>,
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
    /// The first segment that is not what was written, if any. Reads every segment.
    pub(super) fn find_damage(&self) -> Option<Error> {
        self.snapshot().segments.iter().find_map(|part| verify(part).err())
    }

    /// Counts what is there and reads every segment. Blocks for as long as that takes.
    ///
    /// Fails with [`Error::Corrupt`] at the first file that is not what was written.
    pub fn check(&self) -> Result<Checked, Error> {
        let snapshot = self.snapshot();
        let connection = self.connection()?;
        let count =
            |sql: &str| -> Result<u64, Error> { Ok(connection.query_row(sql, [], |row| row.get(0))?) };
        let (mut bytes, mut sealed_events) = (0, 0);
        for part in &*snapshot.segments {
            verify(part)?;
            let file = part.path.display().to_string().replace('\'', "''");
            let rows = count(&format!("select count(*) from read_parquet(['{file}'])"))?;
            if rows != part.events {
                let what = format!("it has {rows} events, the catalog says {}", part.events);
                return Err(Error::Corrupt { file: part.path.clone(), what });
            }
            bytes += part.bytes;
            sealed_events += rows;
        }
        let events = snapshot.events(None);
        let logged_events = count(&format!("select count(*) from {events}"))?.saturating_sub(sealed_events);
        let clients = self.clients()?;
        let mut projects = Vec::new();
        for project in self.projects()? {
            let key = project.key.0;
            let of = |relation| format!("select count(*) from {relation} where project = {key}");
            let latest = |table| of(snapshot.latest(table, Some(project.key)));
            projects.push(ProjectCounts {
                name: project.name,
                clients: clients.iter().filter(|client| client.project == project.key).count() as u64,
                events: count(&of(snapshot.events(None)))?,
                groups: count(&format!("{} and not is_deleted", of(snapshot.groups(Some(project.key)))))?,
                profiles: count(&latest(Table::ProfileVersions))?,
                memberships: count(&format!("{} and left_at is null", latest(Table::Memberships)))?,
            });
        }
        let segments = snapshot.segments.len() as u64;
        Ok(Checked { segments, bytes, sealed_events, logged_events, projects })
    }
}

/// Compares a segment's size and checksum with what is recorded.
fn verify(part: &Segment) -> Result<(), Error> {
    if segment::checksum(&part.path)? == (part.bytes, part.crc32) {
        return Ok(());
    }
    let what = "its size or checksum is not the recorded one; restore the file from a backup".to_owned();
    Err(Error::Corrupt { file: part.path.clone(), what })
}
