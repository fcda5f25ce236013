//! Removing rows from the catalog so that nothing of them is left in its file.
//!
//! DuckDB marks deleted rows and goes on keeping their bytes, in blocks that are in use and in blocks that are free.
//! So a table is written anew without them, and then every free block is written over.

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

/// How often free blocks are written over: blocks that a reader held are free only after the first time.
const ROUNDS: usize = 2;

/// Writes over every free block of the catalog's file, and its write-ahead log.
pub(super) fn overwrite(connection: &Connection) -> Result<(), Error> {
    checkpoint(connection)?;
    for _ in 0..ROUNDS {
        let free: u64 = connection.query_row(
            "select (block_size * free_blocks)::ubigint from pragma_database_size()
             where database_name = current_database()",
            [],
            |row| row.get(0),
        )?;
        if free > 0 {
            // Hashes cannot be compressed, so they fill as many blocks as there are.
            connection.execute_batch(&format!(
                "create or replace table main.blank as select hash(i) as noise from range({}) as numbers(i)",
                free / ROW_BYTES
            ))?;
            checkpoint(connection)?;
            connection.execute_batch("drop table main.blank")?;
        }
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
