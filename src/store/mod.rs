//! What is durable.
//!
//! **The promise.** When [`Appender::append`] returns, the rows survive `kill -9` and power loss as far as the
//! disk keeps its own promise, and every snapshot taken afterwards sees them. When it fails, nothing of the
//! batch is visible, now or after a restart, unless the error is [`Error::Broken`]: then a restart decides.
//!
//! ```text
//! LOCK                       held by the one process that may write
//! session.key                signs the cookies of those who are signed in to the dashboard; may be removed: they sign in anew
//! catalog.duckdb             projects, clients, documents, the segment list, sealed rows about groups and profiles, keys
//! log/0000000007.log         one generation: every commit since the last sealing
//! segments/0000000006.parquet  sealed events, immutable; with object storage, those that were read lately (cloud/)
//! derived.duckdb             for each segment, its events placed in groups and counted by day
//! lake/                      the same as Parquet files, for another engine that reads the segments; only where one does
//! index/                     the ids of all events, the keys of all texts
//! damaged/                   segments and log files that are not what was written, put aside
//! tmp/                       DuckDB's spill files, objects on their way
//! ```
//!
//! The catalog, the log and the segments are the truth; `derived.duckdb`, `lake/` and `index/` are made from them, anew
//! where they are missing or damaged. A damaged segment is put aside and everything else is served (`damage.rs`), and so
//! is what a damaged log still tells (`salvage.rs`); without its catalog a folder is not opened. There is one [`Appender`]; there are any number of readers, each with a
//! [`Snapshot`].
//!
//! Where there is object storage, instants are published there, and a replica's folder is a cache of one (`published/`):
//! it has no log.
//!
//! ```text
//! Appender (append) -> log -> hot tables ~> seal -> segment + derived tables ~> compact -> fewer, larger ones
//!                                                                             ~> erase   -> the same without somebody
//! ```

mod append;
pub mod backup;
mod batches;
mod blank;
pub mod catalog;
pub mod check;
pub mod clients;
pub mod cloud;
pub mod damage;
mod derive;
mod devices;
mod documents;
mod erase;
mod erasures;
mod error;
pub mod export;
pub mod facts;
mod folder;
mod index;
mod keys;
mod lake;
mod log;
pub mod objects;
mod open;
pub mod private;
mod published;
mod recent;
mod record;
mod relations;
mod salvage;
mod seal;
mod seen;
mod segment;
mod snapshot;
pub mod state;
mod versions;
mod write_back;

pub use append::Appender;
pub use cloud::Held;
pub use derive::placed;
pub use erase::Erasing;
pub use error::Error;
pub use keys::KeyKind;
pub use published::Replica;
pub use recent::RecentSession;
pub use relations::{Derived, Sealed, Within};
pub use seen::FreshIds;
pub use snapshot::{Generation, Segment, Snapshot};

use crate::domain::identity::ProjectKey;
use catalog::Project;
use chrono::{DateTime, NaiveDate, Utc};
use cloud::{Files, ObjectStorage};
use damage::Damaged;
use documents::Documents;
use duckdb::Connection;
use keys::Keys;
use published::{Following, Publishing};
use seen::Seen;
use snapshot::Released;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use versions::Versions;

/// How the store uses the machine.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes of memory DuckDB may use before it spills to disk.
    pub memory_limit_bytes: u64,
    /// Threads one DuckDB query may use.
    pub threads: usize,
    /// Rows in one generation after which it is sealed.
    pub seal_rows: usize,
    /// Bytes of log in one generation after which it is sealed.
    pub seal_bytes: u64,
    /// Events of which compaction makes one segment, at most.
    pub segment_events: u64,
    /// Whether what another engine reads of a segment is written when the segment is made, and not when it is first asked
    /// for.
    pub publish: bool,
    /// Where segments go beside the disk and instants are published, if they are; where a replica finds them.
    pub objects: Option<ObjectStorage>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory_limit_bytes: 1 << 30,
            threads: 2,
            seal_rows: 250_000,
            seal_bytes: 256 << 20,
            segment_events: 4_000_000,
            publish: false,
            objects: None,
        }
    }
}

/// The ids of erasures, what is gone once nobody reads what they take, the highest number of a segment that may hold it.
type ErasuresAtWork = (Vec<String>, Weak<()>, u64);

/// The open data folder.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    root: Mutex<Connection>,
    snapshot: RwLock<Arc<Snapshot>>,
    released: Mutex<Receiver<Released>>,
    on_drop: Sender<Released>,
    seen: Seen,
    keys: Keys,
    documents: Documents,
    versions: Versions,
    /// The highest number a segment was given.
    last_segment: AtomicU64,
    segment_events: u64,
    /// The files of segments.
    files: Arc<Files>,
    /// Held while a file of the lake is written.
    publishing: Mutex<()>,
    publishes: bool,
    /// Sealings and compactions since the start.
    made: [AtomicU64; 2],
    /// Held while segments are compacted or rewritten.
    reshaping: Mutex<()>,
    /// The erasures at work, what is gone once nobody reads what they take any more, and the highest number of a segment
    /// that may hold it.
    erasing: Mutex<Option<ErasuresAtWork>>,
    /// The erasures of which the catalog holds nothing any more, while others may.
    forgotten: Mutex<Vec<String>>,
    /// Changes of what is visible that no version tells: erasures accepted and done since the start.
    erasures: AtomicU64,
    /// Changes of what is committed at once (projects, clients, documents) since the start.
    changes: AtomicU64,
    publishing_instants: Publishing,
    /// There on a replica.
    following: Option<Following>,
    /// Held while a sealing or a compaction is recorded and published.
    recording: Mutex<()>,
    /// What is put aside or missing.
    damaged: Mutex<Vec<Damaged>>,
    _lock: File,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// The present instant of the store. Files and rows it lists stay readable while it is held.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// One more connection to the embedded DuckDB, for readers.
    pub fn connection(&self) -> Result<Connection, Error> {
        Ok(lock(&self.root).try_clone()?)
    }

    /// How many generations were sealed since the start.
    #[must_use]
    pub fn seals(&self) -> u64 {
        self.made[0].load(Ordering::Relaxed)
    }

    /// How many segments were made of smaller ones since the start.
    #[must_use]
    pub fn compactions(&self) -> u64 {
        self.made[1].load(Ordering::Relaxed)
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every project, by name.
    pub fn projects(&self) -> Result<Vec<Project>, Error> {
        catalog::projects(&lock(&self.root))
    }

    /// Adds a project; `None` when the name is taken.
    pub fn add_project(&self, name: &str, now: DateTime<Utc>) -> Result<Option<Project>, Error> {
        let root = self.changing()?;
        catalog::add_project(&root, name, now)
    }

    /// The salt of a UTC day, made from `fresh` when the day has none yet, and that of the day before.
    pub fn salts(&self, day: NaiveDate, fresh: &str) -> Result<(String, Option<String>), Error> {
        if self.is_replica() {
            return Err(Error::ReadOnly);
        }
        let root = lock(&self.root);
        let today = catalog::salt(&root, day, fresh)?;
        let before = day.pred_opt().map(|day| catalog::known_salt(&root, day)).transpose()?.flatten();
        Ok((today, before))
    }

    /// The key of a text, if it has one.
    pub fn key(&self, project: ProjectKey, kind: KeyKind, text: &str) -> Result<Option<u32>, Error> {
        self.keys.find(project, kind, text)
    }

    /// Held by the writer from looking up keys until the rows that have them are visible.
    pub fn give_keys(&self) -> MutexGuard<'_, ()> {
        self.keys.hold()
    }

    /// The catalog, to change what is committed at once. A replica changes nothing of it.
    fn changing(&self) -> Result<Changing<'_>, Error> {
        if self.is_replica() {
            return Err(Error::ReadOnly);
        }
        Ok(Changing { root: lock(&self.root), changes: &self.changes })
    }

    fn publish(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut present = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Snapshot::clone(&present);
        change(&mut next);
        *present = Arc::new(next);
    }
}

/// The catalog while it is changed.
struct Changing<'a> {
    root: MutexGuard<'a, Connection>,
    changes: &'a AtomicU64,
}

impl std::ops::Deref for Changing<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.root
    }
}

impl std::ops::DerefMut for Changing<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.root
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        // Before the next one may change something: whoever publishes looks at this first and reads then.
        self.changes.fetch_add(1, Ordering::AcqRel);
    }
}
