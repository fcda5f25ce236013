//! What is derived from segments: tables in a DuckDB file of their own, a set for each segment. They are never
//! modified; compaction makes a new set. All of it can be made anew from the segments.
//!
//! Failure stories.
//!
//! 1. The process dies after a set was made and before the catalog lists its segment: the next start drops it.
//! 2. The file is damaged, or a set is missing: the next start makes anew what is missing.

use super::Error;
use super::relations::Derived;
use super::snapshot::Segment;
use duckdb::Connection;
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

/// Opens the file of derived tables, or begins it anew where it cannot be read.
pub(super) fn attach(connection: &Connection, folder: &Path) -> Result<(), Error> {
    let path = folder.join("derived.duckdb");
    // Small row groups let a look at one group pass over most of a table.
    let sql = format!(
        "attach '{}' as derived (row_group_size 30720)",
        path.display().to_string().replace('\'', "''")
    );
    if path.exists() {
        // What may not be written is no damage, and is not made anew.
        File::options().append(true).open(&path).map_err(Error::io(&path))?;
    }
    if let Err(error) = connection.execute_batch(&sql) {
        tracing::warn!(%error, "the derived tables cannot be read and are made anew");
        for path in [&path, &path.with_extension("duckdb.wal")] {
            if path.exists() {
                std::fs::remove_file(path).map_err(Error::io(path))?;
            }
        }
        connection.execute_batch(&sql)?;
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

/// Makes the sets that are missing and drops those that belong to no segment.
pub(super) fn repair(connection: &mut Connection, segments: &[Segment]) -> Result<(), Error> {
    let mut found: HashSet<String> = tables(connection)?.into_iter().collect();
    for segment in segments {
        let names: Vec<String> = Derived::ALL.iter().map(|derived| derived.table(segment.number)).collect();
        let is_whole = names.iter().filter(|name| found.remove(*name)).count() == names.len();
        if !is_whole {
            tracing::warn!(segment.number, "made the derived tables of a segment anew");
            rebuild(connection, segment)?;
        }
    }
    for name in found {
        tracing::info!(derived.table = name, "dropped a derived table of no segment");
        connection.execute_batch(&format!("drop table {name}"))?;
    }
    Ok(())
}

/// Makes the set of a segment anew from its file.
pub(super) fn rebuild(connection: &mut Connection, segment: &Segment) -> Result<(), Error> {
    let events = format!("read_parquet([{}])", segment.literal());
    derive(connection, segment.number, &placed(&events))
}

/// The derived tables that are there.
fn tables(connection: &Connection) -> Result<Vec<String>, Error> {
    let sql = "select 'derived.' || table_name from duckdb_tables() where database_name = 'derived'";
    let mut statement = connection.prepare(sql)?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}
