//! Removing rows from the catalog so that nothing of them is left in its file.
//!
//! DuckDB marks deleted rows and goes on keeping their bytes, in blocks that are in use and in blocks that are free.
//! So a table is written anew without them, and then every free block is written over.
//!
//! Beside each column stand the first bytes of its least and its greatest value, in blocks of metadata. What is written
//! there is written in parts of a block, of which the end keeps what was there before; so all metadata is moved while its
//! free parts are written over.

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

/// Blocks that a full row group of the table takes that writes over free blocks, and its rows.
const GROUP: (u64, u64) = (4, 122_880);

/// Rows of that table in a block, where they are no full row group.
const ROWS_OF_BLOCK: u64 = 32_767;

/// Parts of a block of metadata.
const METADATA_PARTS: u64 = 64;

/// How often all is written over: what a reader or the last checkpoint held is free only after the first time, and what is
/// put into a part that is not yet written over keeps the end of what was there.
const ROUNDS: usize = 3;

/// Writes over every free block of the catalog's file, every part of its metadata, and its write-ahead log. The file is no
/// larger afterwards.
pub(super) fn overwrite(connection: &Connection) -> Result<(), Error> {
    checkpoint(connection)?;
    // Metadata of tables that did not change would stay in its place, with what was there before behind its end.
    connection.execute_batch("set experimental_metadata_reuse = false")?;
    let written = (0..ROUNDS).try_for_each(|_| write_over(connection)).and_then(|()| settle(connection));
    connection.execute_batch("reset experimental_metadata_reuse")?;
    written
}

/// Blocks are free for good with the second checkpoint that does not need them; then what is left moves to the front, and
/// the file is cut.
fn settle(connection: &Connection) -> Result<(), Error> {
    for _ in 0..2 {
        connection.execute_batch("create or replace table main.blank as select 1 as i")?;
        checkpoint(connection)?;
        connection.execute_batch("drop table main.blank")?;
        checkpoint(connection)?;
    }
    Ok(())
}

fn write_over(connection: &Connection) -> Result<(), Error> {
    let (free, parts, block): (u64, u64, u64) = connection.query_row(
        "select free_blocks::ubigint, (select coalesce(sum(total_blocks), 0) from pragma_metadata_info())::ubigint,
             block_size::ubigint
         from pragma_database_size() where database_name = current_database()",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    // Hashes cannot be compressed, so they fill as many blocks as there are, and no more, or the file would grow every
    // time. A comment is metadata, as it is; as long as all of it, as parts that are in use until a checkpoint are free in it.
    let (blocks, rows) = GROUP;
    let rows = free / blocks * rows + free % blocks * ROWS_OF_BLOCK;
    let comment = "-".repeat(usize::try_from(parts * block / METADATA_PARTS).unwrap_or(0));
    connection.execute_batch(&format!(
        "create or replace table main.blank as select hash(i) as noise from range({rows}) as numbers(i);
         comment on table main.blank is '{comment}';"
    ))?;
    checkpoint(connection)?;
    connection.execute_batch("drop table main.blank")?;
    checkpoint(connection)
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
