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
//! 2. A segment is replaced while a query reads it: the file and the tables derived from it are removed when the
//!    last snapshot that lists it is gone, and only if it was marked as replaced.
//! 3. The process dies before a removal: the next start removes what the catalog does not list.

use super::facts::Table;
use crate::domain::identity::ProjectKey;
use chrono::{DateTime, Utc};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, PoisonError, RwLock};

/// What nobody reads any more and may be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Released {
    /// The hot tables of a generation.
    Generation(u64),
    /// A segment that was replaced: its file and what is derived from it.
    Segment(u64, PathBuf),
}

/// One sealed Parquet file and what it covers. The tables derived from it are named after its number.
#[derive(Debug)]
pub struct Segment {
    /// Its number, never given twice.
    pub number: u64,
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
    /// The lowest and highest row number in it.
    pub seqs: (u64, u64),
    /// When it was made of smaller ones, if that was since the start.
    pub merged_at: Option<DateTime<Utc>>,
    pub(crate) is_replaced: AtomicBool,
    /// Told the segment when it was replaced and nobody reads it any more.
    pub(crate) on_drop: Sender<Released>,
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.is_replaced.load(Ordering::Acquire) {
            // Nobody listens any more when the store itself is closed; the next start removes what is left.
            let _ = self.on_drop.send(Released::Segment(self.number, self.path.clone()));
        }
    }
}

/// The hot rows of one log file.
#[derive(Debug)]
pub struct Generation {
    /// Its number; hot tables and the log file are named after it.
    pub number: u64,
    /// Which tenants have rows of which kind in it, events left out.
    touched: RwLock<HashSet<(u8, ProjectKey)>>,
    /// Told the number when nobody reads the generation any more.
    on_drop: Sender<Released>,
}

impl Generation {
    pub(crate) fn new(number: u64, on_drop: Sender<Released>) -> Self {
        Self { number, touched: RwLock::default(), on_drop }
    }

    /// Notes that a tenant has rows of a kind. Comes before the rows are visible.
    pub(crate) fn touch(&self, table: Table, projects: impl Iterator<Item = ProjectKey>) {
        let mut touched = self.touched.write().unwrap_or_else(PoisonError::into_inner);
        touched.extend(projects.map(|project| (table.tag(), project)));
    }

    /// Whether there may be rows of a kind, of a tenant or of any.
    pub(crate) fn is_touched(&self, table: Table, project: Option<ProjectKey>) -> bool {
        let touched = self.touched.read().unwrap_or_else(PoisonError::into_inner);
        match project {
            Some(project) => touched.contains(&(table.tag(), project)),
            None => touched.iter().any(|(tag, _)| *tag == table.tag()),
        }
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        // Nobody listens any more when the store itself is closed; then the tables go with it.
        let _ = self.on_drop.send(Released::Generation(self.number));
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
    /// The keys of profiles and groups that are being erased: what is known of them is not visible.
    pub erased: Arc<[u32]>,
    /// Shared by neighbouring instants, so that it can be told when all before one are gone.
    pub(crate) era: Arc<()>,
}
