//! An export: everything of one project, as it is at one instant, as Parquet files that anybody can read.
//!
//! | file | one row is |
//! |---|---|
//! | `events.parquet` | an event |
//! | `group_history.parquet` | a change of a group, in the order in which they came |
//! | `groups.parquet` | a group as it is now, deleted ones left out |
//! | `profiles.parquet` | a profile as it is now |
//! | `memberships.parquet` | a membership from when to when |
//!
//! Instants are UTC. Properties are JSON texts.

use super::facts::Table;
use super::relations::{Within, literal};
use super::{Error, Store, backup};
use crate::domain::identity::ProjectKey;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The events.
pub const EVENTS: &str = "events.parquet";
/// Every change of every group.
pub const GROUP_HISTORY: &str = "group_history.parquet";
/// The groups as they are now.
pub const GROUPS: &str = "groups.parquet";
/// The profiles as they are now.
pub const PROFILES: &str = "profiles.parquet";
/// The memberships.
pub const MEMBERSHIPS: &str = "memberships.parquet";

/// A file of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// Its name.
    pub file: String,
    /// Rows in it.
    pub rows: u64,
}

impl Store {
    /// Writes everything of a project to a folder that is not there yet. Blocks for as long as writing takes.
    pub fn export(&self, project: ProjectKey, folder: &Path) -> Result<Vec<Exported>, Error> {
        backup::check_absent(folder)?;
        backup::private_folder(folder)?;
        let (snapshot, connection) = (self.snapshot(), self.connection()?);
        let within = Within { project: Some(project), from: i64::MIN, to: i64::MAX, after_seq: 0 };
        let erased: Vec<String> = snapshot.erased.iter().map(u32::to_string).collect();
        let erased = format!("[{}]::uinteger[]", erased.join(", "));
        let latest = |table| snapshot.latest(table, Some(project));
        let own = format!("where project = {}", project.0);
        let mut read = Vec::new();
        let events = snapshot.events(Some(within), &mut read);
        let _held = self.hold(&read)?;
        let files = [
            (
                EVENTS,
                // Whoever is being erased is not told of any more.
                format!(
                    "select id, name, profile_id, device_id, session_id,
                         list_filter(groups, lambda g, i: not list_contains({erased}, group_keys[i])) as groups,
                         path, properties, revenue, occurred_at, received_at
                     from {events} {own} and not coalesce(list_contains({erased}, user_key), false)
                     order by occurred_at, seq"
                ),
            ),
            (
                GROUP_HISTORY,
                format!(
                    "select group_id as id, group_type as type, name, patch, properties, is_deleted, effective_at, changed_at
                     from {} {own} order by change_seq",
                    latest(Table::GroupVersions)
                ),
            ),
            (
                GROUPS,
                format!(
                    "select group_id as id, group_type as type, name, properties, created_at, updated_at
                     from {} {own} and not is_deleted order by group_id",
                    snapshot.groups(Some(project))
                ),
            ),
            (
                PROFILES,
                format!(
                    "select profile_id as id, first_name, last_name, email, avatar, properties, created_at, updated_at
                     from {} {own} order by profile_id",
                    latest(Table::ProfileVersions)
                ),
            ),
            (
                MEMBERSHIPS,
                format!(
                    "select profile_id, group_id, joined_at, left_at from {} {own} order by membership_seq",
                    latest(Table::Memberships)
                ),
            ),
        ];
        let mut exported = Vec::with_capacity(files.len());
        for (name, rows) in files {
            let target = literal(&folder.join(name));
            let sql =
                format!("copy ({rows}) to {target} (format parquet, parquet_version v2, compression zstd)");
            let rows = connection.execute(&sql, [])? as u64;
            exported.push(Exported { file: name.to_owned(), rows });
        }
        Ok(exported)
    }
}
