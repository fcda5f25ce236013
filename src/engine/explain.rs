//! What the statements of a request cost, told to those who ask.

use super::scope::source::Source;
use duckdb::Connection;
use duckdb::profiling::ProfilingInfo;
use std::sync::{Mutex, PoisonError};

/// What one statement cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// The question's name.
    pub statement: &'static str,
    /// Where its events came from; `None` when it read none.
    pub source: Option<Source>,
    /// Rows and bytes that the distributed engine computed and sent for it; `None` when DuckDB read everything itself.
    pub fetched: Option<(u64, u64)>,
    /// Rows that DuckDB's scans gave on, sealed or not, of any table and file: those of row groups and vectors that
    /// the statistics could not rule out. An answer that the statistics give alone scans no row.
    pub rows: u64,
    /// Bytes that DuckDB read from files meanwhile. What it had in memory costs none.
    pub bytes: u64,
    /// Time from its rendering to its last row, without the wait for its turn; that of the distributed engine included.
    pub milliseconds: f64,
}

/// The statements of a request, in the order in which they were asked.
#[derive(Debug, Default)]
pub struct Explanation(Mutex<Vec<Option<Explained>>>);

impl Explanation {
    /// Keeps the place of a statement that was asked.
    pub(super) fn begin(&self) -> usize {
        let mut statements = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        statements.push(None);
        statements.len() - 1
    }

    /// Notes what the statement at a place cost.
    pub(super) fn end(&self, place: usize, explained: Explained) {
        let mut statements = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(statement) = statements.get_mut(place) {
            *statement = Some(explained);
        }
    }

    /// The statements that were answered, in the order in which they were asked.
    #[must_use]
    pub fn statements(&self) -> Vec<Explained> {
        let statements = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        statements.iter().flatten().cloned().collect()
    }
}

/// Has a connection count what its statements read, until this is dropped.
pub(super) struct Counting<'c>(&'c Connection);

impl<'c> Counting<'c> {
    pub(super) fn begin(connection: &'c Connection) -> duckdb::Result<Self> {
        connection.execute_batch("set enable_profiling = 'no_output'; set profiling_mode = 'standard'")?;
        Ok(Self(connection))
    }

    /// Rows and bytes that the last statement read.
    pub(super) fn read(&self) -> (u64, u64) {
        let counted = self.0.get_profiling_info();
        let count = |name| counted.as_ref().and_then(|info| find(info, name)).unwrap_or(0);
        (count("total_rows_scanned"), count("total_bytes_read"))
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.execute_batch("pragma disable_profiling") {
            tracing::warn!(%error, "a connection goes on counting what it reads");
        }
    }
}

fn find(info: &ProfilingInfo, name: &str) -> Option<u64> {
    let here = info.metrics.get(name).and_then(|value| value.parse().ok());
    here.or_else(|| info.children.iter().find_map(|child| find(child, name)))
}
