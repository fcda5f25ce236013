//! When what DuckDB has logged goes into its files: behind a sealing or a compaction, by whoever made it.
//!
//! DuckDB does it by itself behind a commit, in the thread that commits, once that database has logged [`LOGGED`] bytes.
//! It does not tell memory from files there: the writer, who commits to hot tables alone, would stop every few batches to
//! arrange anew tables that are dropped soon, which took a fifth of its time. So DuckDB is told to wait for much longer.

use super::Store;
use duckdb::Connection;
use std::path::Path;

/// Bytes that DuckDB logs before it writes them back by itself.
pub(super) const BY_ITSELF: &str = "1 GiB";

/// Bytes in a log that are worth writing back.
const LOGGED: u64 = 16 << 20;

/// The databases that are files.
const DATABASES: [&str; 2] = ["catalog", "derived"];

impl Store {
    /// Brings the files up to date whose logs have grown. Where others write to one just then, it is left to the next time.
    pub(super) fn write_back(&self, connection: &Connection) {
        for name in DATABASES.into_iter().filter(|name| logged(&self.folder, name) >= LOGGED) {
            if let Err(error) = connection.execute_batch(&format!("checkpoint {name}")) {
                tracing::debug!(database = name, %error, "a log is written back another time");
            }
        }
    }
}

/// The bytes in the log of a database.
fn logged(folder: &Path, name: &str) -> u64 {
    std::fs::metadata(folder.join(format!("{name}.duckdb.wal"))).map_or(0, |log| log.len())
}
