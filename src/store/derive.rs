//! What is derived from segments: tables in a DuckDB file of their own, a set for each segment. They are never
//! modified; compaction makes a new set. All of it can be made anew from the segments.
//!
//! Failure stories.
//!
//! 1. The process dies after a set was made and before the catalog lists its segment: the next start drops it.
//! 2. The file cannot be opened or is cut short, or a set is missing: the next start makes anew what is missing.
//! 3. A block of the file is not what was written: statements that read it fail, [`Store::check`] names its table,
//!    [`Store::forget_derived`] has everything made anew.

use super::Error;
#[cfg(doc)]
use super::Store;
use super::cloud::{Files, Held, Need};
use super::relations::{Derived, literal};
use super::snapshot::Segment;
use duckdb::Connection;
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Opens the file of derived tables, or begins it anew where it cannot be read.
pub(super) fn attach(connection: &Connection, folder: &Path) -> Result<(), Error> {
    let path = folder.join("derived.duckdb");
    // Small row groups let a look at one group pass over most of a table.
    let sql = format!("attach {} as derived (row_group_size 30720)", literal(&path));
    if path.exists() {
        // What may not be written is no damage, and is not made anew.
        File::options().append(true).open(&path).map_err(Error::io(&path))?;
    }
    let attached = connection.execute_batch(&sql);
    if attached.is_ok() && is_whole(connection, &path)? {
        return Ok(());
    }
    if let Err(error) = attached {
        tracing::warn!(%error, "the derived tables cannot be read and are made anew");
    } else {
        tracing::warn!("the file of derived tables is cut short; they are made anew");
        connection.execute_batch("detach derived")?;
    }
    remove(folder)?;
    Ok(connection.execute_batch(&sql)?)
}

/// Bytes of a DuckDB file before its first block.
const BEFORE_BLOCKS: u64 = 3 * 4096;

/// Whether the file is as long as its blocks are. Whether each block is what was written is seen when it is read.
fn is_whole(connection: &Connection, path: &Path) -> Result<bool, Error> {
    let sql = "select (block_size * total_blocks)::ubigint from pragma_database_size()
         where database_name = 'derived'";
    let blocks: u64 = connection.query_row(sql, [], |row| row.get(0))?;
    let length = std::fs::metadata(path).map_err(Error::io(path))?.len();
    Ok(length >= BEFORE_BLOCKS + blocks)
}

/// Removes the file of derived tables.
pub(super) fn remove(folder: &Path) -> Result<(), Error> {
    for name in ["derived.duckdb", "derived.duckdb.wal"] {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}

/// Events, a relation, placed in their groups: each once for each of its groups, or once without any.
#[must_use]
pub fn placed(events: &str) -> String {
    format!(
        "(select project, group_key, place::usmallint as place, seq, occurred_at, name_key, user_key,
             profile_id is not null as is_identified, path_key
         from (
             select *,
                 unnest(case when len(group_keys) = 0 then [null::uinteger] else group_keys end) as group_key,
                 unnest(range(greatest(len(group_keys), 1))) as place
             from {events}
         ))"
    )
}

/// Makes the set of a segment from its events placed in groups, a relation, durably.
pub(super) fn derive(connection: &mut Connection, segment: u64, placed: &str) -> Result<(), Error> {
    let transaction = connection.transaction()?;
    for derived in Derived::ALL {
        let (table, sql) = (derived.table(segment), derived.sql());
        transaction.execute_batch(&format!(
            "create or replace table {table} as with placed as (select * from {placed})\n{sql}"
        ))?;
    }
    Ok(transaction.commit()?)
}

/// Drops the set of a segment.
pub(super) fn drop_set(connection: &Connection, segment: u64) -> Result<(), Error> {
    for derived in Derived::ALL {
        connection.execute_batch(&format!("drop table if exists {}", derived.table(segment)))?;
    }
    Ok(())
}

/// The segments whose sets are not whole.
pub(super) fn missing(connection: &Connection, segments: &[Segment]) -> Result<HashSet<u64>, Error> {
    let found: HashSet<String> = tables(connection)?.into_iter().collect();
    let is_whole = |segment: &Segment| names(segment.number).iter().all(|name| found.contains(name));
    Ok(segments.iter().filter(|segment| !is_whole(segment)).map(|segment| segment.number).collect())
}

/// Makes the sets that are missing and drops those that belong to no segment, neither a served one nor one to keep.
pub(super) fn repair(
    connection: &mut Connection,
    files: &Arc<Files>,
    segments: &[Segment],
    keep: &[u64],
) -> Result<(), Error> {
    let missing = missing(connection, segments)?;
    for segment in segments.iter().filter(|segment| missing.contains(&segment.number)) {
        tracing::warn!(segment.number, "made the derived tables of a segment anew");
        let held = files.hold([segment], Need::Work)?;
        rebuild(connection, segment, &held)?;
    }
    let numbers = segments.iter().map(|segment| segment.number).chain(keep.iter().copied());
    let belonging: HashSet<String> = numbers.flat_map(names).collect();
    for name in tables(connection)?.into_iter().filter(|name| !belonging.contains(name)) {
        tracing::info!(derived.table = name, "dropped a derived table of no segment");
        connection.execute_batch(&format!("drop table {name}"))?;
    }
    Ok(())
}

/// Makes the set of a segment anew from its file.
pub(super) fn rebuild(connection: &mut Connection, segment: &Segment, held: &Held) -> Result<(), Error> {
    let events = format!("read_parquet([{}])", segment.literal(held));
    derive(connection, segment.number, &placed(&events))
}

/// The tables of a segment's set.
fn names(segment: u64) -> [String; Derived::ALL.len()] {
    Derived::ALL.map(|derived| derived.table(segment))
}

/// The derived tables that are there.
fn tables(connection: &Connection) -> Result<Vec<String>, Error> {
    let sql = "select 'derived.' || table_name from duckdb_tables() where database_name = 'derived'";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
