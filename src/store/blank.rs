//! Removing rows from the catalog so that nothing of them is left in its file.
//!
//! DuckDB marks deleted rows and goes on keeping their bytes, in blocks that are in use and in blocks that are free.
//! So a table is written anew without them, and then every free block is written over.
//!
//! Beside each column stand the first bytes of its least and its greatest value. They are in blocks of metadata, which
//! are in use as long as one of their parts is; so the free parts are written over by themselves.

use super::Error;
use duckdb::Connection;
use std::collections::BTreeSet;
use std::time::Duration;

/// Writes a table of the catalog anew, in one transaction, without the rows that have one of the keys in one of the
/// columns; without columns, with all of its rows.
///
/// Nobody else may write to the table meanwhile.
pub(super) fn remove(
    connection: &Connection,
    table: &str,
    columns: &[&str],
    keys: &BTreeSet<u32>,
) -> Result<(), Error> {
    let list: Vec<String> = keys.iter().map(u32::to_string).collect();
    let holds: Vec<String> =
        columns.iter().map(|column| format!("{column} in ({})", list.join(", "))).collect();
    let kept = if holds.is_empty() { String::new() } else { format!("where not ({})", holds.join(" or ")) };
    let made: String = connection.query_row(
        "select sql from duckdb_tables() where database_name = current_database() and schema_name = 'main'
             and table_name = ?",
        [table],
        |row| row.get(0),
    )?;
    let columns = made.find('(').map_or("", |from| &made[from..]);
    connection
        .execute_batch(&format!(
            "begin;
         create table main.{table}_kept {columns}
         insert into main.{table}_kept select * from main.{table} {kept};
         drop table main.{table};
         alter table main.{table}_kept rename to {table};
         commit;"
        ))
        .inspect_err(|_| {
            // What was begun is undone; where even that fails, the connection is of no use any more.
            let _ = connection.execute_batch("rollback");
        })?;
    Ok(())
}

/// Bytes of a row of the table that writes over free blocks.
const ROW_BYTES: u64 = 8;

/// Parts of a block of metadata.
const METADATA_PARTS: u64 = 64;

/// How often free blocks are written over: blocks that a reader held are free only after the first time.
const ROUNDS: usize = 2;

/// Writes over every free block of the catalog's file, every free part of its metadata, and its write-ahead log.
pub(super) fn overwrite(connection: &Connection) -> Result<(), Error> {
    checkpoint(connection)?;
    for _ in 0..ROUNDS {
        let (free, parts, block): (u64, u64, u64) = connection.query_row(
            "select free_blocks::ubigint, block_size::ubigint,
                 (select coalesce(sum(free_blocks), 0) from pragma_metadata_info())::ubigint
             from pragma_database_size()
             where database_name = current_database()",
            [],
            |row| Ok((row.get(0)?, row.get(2)?, row.get(1)?)),
        )?;
        // Hashes cannot be compressed, so they fill as many blocks as there are; a comment is metadata, as it is.
        let rows = free * block / ROW_BYTES;
        let comment = "-".repeat(usize::try_from(parts * block / METADATA_PARTS).unwrap_or(0));
        connection.execute_batch(&format!(
            "create or replace table main.blank as select hash(i) as noise from range({rows}) as numbers(i);
             comment on table main.blank is '{comment}';"
        ))?;
        checkpoint(connection)?;
        connection.execute_batch("drop table main.blank")?;
        checkpoint(connection)?;
    }
    Ok(())
}

/// Brings the catalog's file up to date. Waits while others write to it.
fn checkpoint(connection: &Connection) -> Result<(), Error> {
    let mut tries = 0;
    loop {
        match connection.execute_batch("checkpoint") {
            Ok(()) => return Ok(()),
            Err(error) if tries == 100 => return Err(error.into()),
            Err(_) => tries += 1,
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
