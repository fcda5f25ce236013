//! What the writer must know of groups, profiles and memberships before it can decide what a write means.

use super::facts::{GroupVersion, Membership, ProfileVersion, Table};
use super::{Error, Snapshot};
use crate::domain::identity::ProjectKey;
use chrono::{DateTime, Utc};
use duckdb::types::Value;
use duckdb::{Connection, Row, params};

/// A list of texts as one parameter.
fn list(ids: &[String]) -> Value {
    Value::List(ids.iter().map(|id| Value::Text(id.clone())).collect())
}

fn instant(row: &Row<'_>, column: usize) -> duckdb::Result<DateTime<Utc>> {
    let micros: i64 = row.get(column)?;
    Ok(DateTime::from_timestamp_micros(micros).unwrap_or_default())
}

/// Every version of the latest life of each group, in the order in which they hold.
///
/// A version that a later row replaced is left out. A deleted group ends with its deletion.
pub fn groups(
    connection: &Connection,
    snapshot: &Snapshot,
    project: ProjectKey,
    ids: &[String],
) -> Result<Vec<GroupVersion>, Error> {
    let sql = format!(
        "with versions as (select * from {} where project = $1 and group_id in (select unnest($2)))
         select seq, change_seq, group_id, life, is_deleted, group_type, name, patch, properties,
                epoch_us(effective_at), epoch_us(changed_at), epoch_us(created_at), group_key
         from versions
         qualify life = max(life) over (partition by group_id)
         order by group_id, is_deleted, effective_at, change_seq",
        snapshot.latest(Table::GroupVersions, Some(project))
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params![project.0, list(ids)], |row| {
        Ok(GroupVersion {
            project,
            seq: row.get(0)?,
            change_seq: row.get(1)?,
            group_id: row.get(2)?,
            life: row.get(3)?,
            is_deleted: row.get(4)?,
            group_type: row.get(5)?,
            name: row.get(6)?,
            patch: row.get(7)?,
            properties: row.get(8)?,
            effective_at: instant(row, 9)?,
            changed_at: instant(row, 10)?,
            created_at: instant(row, 11)?,
            group_key: row.get(12)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The present version of each profile.
pub fn profiles(
    connection: &Connection,
    snapshot: &Snapshot,
    project: ProjectKey,
    ids: &[String],
) -> Result<Vec<ProfileVersion>, Error> {
    let sql = format!(
        "select seq, profile_id, first_name, last_name, email, avatar, properties, epoch_us(created_at), epoch_us(updated_at), user_key
         from {} where project = $1 and profile_id in (select unnest($2))",
        snapshot.latest(Table::ProfileVersions, Some(project))
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params![project.0, list(ids)], |row| {
        Ok(ProfileVersion {
            project,
            seq: row.get(0)?,
            profile_id: row.get(1)?,
            first_name: row.get(2)?,
            last_name: row.get(3)?,
            email: row.get(4)?,
            avatar: row.get(5)?,
            properties: row.get(6)?,
            created_at: instant(row, 7)?,
            updated_at: instant(row, 8)?,
            user_key: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whose memberships are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Those of these profiles.
    Profiles,
    /// Those in these groups.
    Groups,
}

/// The present state of memberships, ended ones too, in the order in which they began.
pub fn memberships(
    connection: &Connection,
    snapshot: &Snapshot,
    project: ProjectKey,
    of: Of,
    ids: &[String],
) -> Result<Vec<Membership>, Error> {
    let key = match of {
        Of::Profiles => "profile_id",
        Of::Groups => "group_id",
    };
    let sql = format!(
        "select seq, membership_seq, profile_id, group_id, epoch_us(joined_at), epoch_us(left_at), user_key, group_key
         from {} where project = $1 and {key} in (select unnest($2))
         order by joined_at, membership_seq",
        snapshot.latest(Table::Memberships, Some(project))
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map(params![project.0, list(ids)], |row| {
        let left: Option<i64> = row.get(5)?;
        Ok(Membership {
            project,
            seq: row.get(0)?,
            membership_seq: row.get(1)?,
            profile_id: row.get(2)?,
            group_id: row.get(3)?,
            joined_at: instant(row, 4)?,
            left_at: left.and_then(DateTime::from_timestamp_micros),
            user_key: row.get(6)?,
            group_key: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
