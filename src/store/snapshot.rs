//! Snapshots: one instant of the store, held for as long as somebody reads it.
//!
//! A snapshot lists segments (immutable files) and generations (hot tables of one log file each) and says how
//! far the visible rows go. Rows are addressed by their numbers, so a reader sees the same rows whatever is
//! appended, sealed or compacted meanwhile.
//!
//! Failure stories.
//!
//! 1. A generation is sealed while a query reads it: the query's snapshot still lists the generation and not
//!    the new segment. The hot tables are dropped when the last such snapshot is gone.
//! 2. A segment is replaced while a query reads it: the file is removed when the last snapshot that lists it
//!    is gone, and only if it was marked as replaced.
//! 3. The process dies before a removal: the next start removes files that the catalog does not list.

use super::facts::Table;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

/// One sealed Parquet file and what it covers.
#[derive(Debug)]
pub struct Segment {
    /// The file.
    pub path: PathBuf,
    /// Rows in it.
    pub events: u64,
    /// Its size, in bytes.
    pub bytes: u64,
    /// CRC-32 of the whole file.
    pub crc32: u32,
    /// The lowest and highest tenant in it.
    pub projects: (u32, u32),
    /// Its earliest and latest `occurred_at`, microseconds UTC.
    pub instants: (i64, i64),
    pub(crate) is_replaced: AtomicBool,
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.is_replaced.load(Ordering::Acquire)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(segment.file = %self.path.display(), %error, "a replaced segment could not be removed");
        }
    }
}

/// The hot rows of one log file.
#[derive(Debug)]
pub struct Generation {
    /// Its number; hot tables and the log file are named after it.
    pub number: u64,
    /// Told the number when nobody reads the generation any more.
    pub(crate) on_drop: Sender<u64>,
}

impl Drop for Generation {
    fn drop(&mut self) {
        // Nobody listens any more when the store itself is closed; then the tables go with it.
        let _ = self.on_drop.send(self.number);
    }
}

/// One instant of the store.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Sealed segments, oldest first.
    pub segments: Arc<[Arc<Segment>]>,
    /// Generations that are not sealed, oldest first. The last one takes new rows.
    pub generations: Arc<[Arc<Generation>]>,
    /// Rows up to this number are in segments and catalog tables.
    pub sealed_seq: u64,
    /// Rows up to this number are visible.
    pub visible_seq: u64,
}

impl Snapshot {
    /// The rows of a kind at this instant, as a relation for a `from` clause.
    ///
    /// For events, `within` gives the tenant and the instants (microseconds UTC, half-open) that are needed, so
    /// that segments that cannot hold any are not opened. The relation itself filters neither.
    #[must_use]
    pub fn relation(&self, table: Table, within: Option<(u32, i64, i64)>) -> String {
        let name = table.name();
        let mut parts = vec![match table {
            Table::Events => format!("select * from main.{name}"),
            _ => format!("select * from main.{name} where seq <= {}", self.sealed_seq),
        }];
        if table == Table::Events {
            let files: Vec<String> = self
                .segments
                .iter()
                .filter(|segment| within.is_none_or(|within| segment.may_hold(within)))
                .map(|segment| format!("'{}'", segment.path.display().to_string().replace('\'', "''")))
                .collect();
            if !files.is_empty() {
                parts.push(format!("select * from read_parquet([{}])", files.join(", ")));
            }
        }
        for generation in &*self.generations {
            let number = generation.number;
            parts.push(format!("select * from hot.{name}_{number} where seq <= {}", self.visible_seq));
        }
        format!("({})", parts.join(" union all "))
    }

    /// Events in segments and in hot tables that are not visible to this snapshot are not counted.
    #[must_use]
    pub fn sealed_events(&self) -> u64 {
        self.segments.iter().map(|segment| segment.events).sum()
    }
}

impl Segment {
    fn may_hold(&self, (project, from, to): (u32, i64, i64)) -> bool {
        (self.projects.0..=self.projects.1).contains(&project)
            && self.instants.0 < to
            && from <= self.instants.1
    }
}
