//! What the catalog knows of objects.

use super::Segment;
use crate::store::Error;
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};
use std::collections::HashSet;

/// What tells this folder's objects from those of others, if there are some.
pub(super) fn lake(connection: &Connection) -> Result<Option<String>, Error> {
    Ok(connection.query_row("select lake from main.meta", [], |row| row.get(0))?)
}

/// Records what tells this folder's objects from those of others.
pub(super) fn set_lake(connection: &Connection, lake: &str) -> Result<(), Error> {
    connection.execute("update main.meta set lake = ?", params![lake])?;
    Ok(())
}

/// The names of objects that are as they were written, as far as is known.
pub(super) fn whole(connection: &Connection) -> Result<HashSet<String>, Error> {
    names(connection, "is_whole and damage is null")
}

/// The names of all known objects.
pub(super) fn all(connection: &Connection) -> Result<HashSet<String>, Error> {
    names(connection, "true")
}

fn names(connection: &Connection, condition: &str) -> Result<HashSet<String>, Error> {
    let mut statement = connection.prepare(&format!("select name from main.objects where {condition}"))?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Records that the object of a segment is about to be written.
pub(super) fn begun(connection: &Connection, segment: &Segment) -> Result<(), Error> {
    found(connection, &segment.object(), segment.number, segment.bytes, false)
}

/// Records an object, in the place of what was known of it. The number is 0 where it is no segment's.
pub(super) fn found(
    connection: &Connection,
    name: &str,
    segment: u64,
    bytes: u64,
    is_whole: bool,
) -> Result<(), Error> {
    connection.execute("delete from main.objects where name = ?", params![name])?;
    connection.execute(
        "insert into main.objects values (?, ?, ?, ?, null, null)",
        params![name, segment, bytes, is_whole],
    )?;
    Ok(())
}

/// Records whether all of an object is there.
pub(super) fn set_whole(connection: &Connection, name: &str, is_whole: bool) -> Result<(), Error> {
    connection.execute("update main.objects set is_whole = ? where name = ?", params![is_whole, name])?;
    Ok(())
}

/// Records that an object is not what was written.
pub(super) fn spoiled(connection: &Connection, name: &str, what: &str) -> Result<(), Error> {
    connection.execute("update main.objects set damage = ? where name = ?", params![what, name])?;
    Ok(())
}

/// Records that an object is deleted.
pub(super) fn gone(connection: &Connection, name: &str) -> Result<(), Error> {
    connection.execute("delete from main.objects where name = ?", params![name])?;
    Ok(())
}

/// Objects that no segment has any more.
const UNUSED: &str = "segment not in (select segment from main.segments)";

/// Takes note of when objects were first seen to be unused and not published any more, and gives those that have been so since an instant: their
/// names and segments.
pub(super) fn unused(
    connection: &Connection,
    published: &[u64],
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<Vec<(String, u64)>, Error> {
    let published: Vec<String> = published.iter().map(u64::to_string).collect();
    connection.execute(
        &format!(
            "update main.objects set unused_since = make_timestamp(?) where unused_since is null and {UNUSED}
                 and not list_contains([{}]::ubigint[], segment)",
            published.join(", ")
        ),
        params![now.timestamp_micros()],
    )?;
    let mut statement = connection.prepare(&format!(
        "select name, segment from main.objects where {UNUSED} and unused_since <= make_timestamp(?) order by name"
    ))?;
    let rows =
        statement.query_map(params![since.timestamp_micros()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether an object is left that no segment has any more, of those up to a number.
pub(super) fn is_unused_left(connection: &Connection, up_to: u64) -> Result<bool, Error> {
    let sql = format!("select count(*) > 0 from main.objects where segment <= ? and {UNUSED}");
    Ok(connection.query_row(&sql, params![up_to], |row| row.get(0))?)
}
