//! What is durable.
//!
//! **The promise.** When [`Appender::append`] returns, the rows survive `kill -9` and power loss as far as the
//! disk keeps its own promise, and every snapshot taken afterwards sees them. When it fails, nothing of the
//! batch is visible, now or after a restart, unless the error is [`Error::Broken`]: then a restart decides.
//!
//! ```text
//! LOCK                       held by the one process that may write
//! catalog.duckdb             projects, clients, the segment list, sealed rows about groups and profiles
//! log/0000000007.log         one generation: every commit since the last sealing
//! segments/0000000006.parquet  sealed events, immutable
//! tmp/                       DuckDB's spill files
//! ```
//!
//! There is one [`Appender`]; there are any number of readers, each with a [`Snapshot`].

pub mod catalog;
pub mod check;
mod error;
pub mod facts;
mod log;
mod seen;
mod segment;
mod snapshot;
pub mod state;

pub use error::Error;
pub use snapshot::{Generation, Segment, Snapshot};

use crate::domain::identity::ProjectKey;
use arrow::array::{RecordBatch, UInt64Array};
use arrow::compute::max;
use catalog::{Client, Project};
use chrono::{DateTime, NaiveDate, Utc};
use duckdb::Connection;
use facts::{Facts, Table};
use log::LogFile;
use seen::Seen;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

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
}

impl Default for Options {
    fn default() -> Self {
        Self { memory_limit_bytes: 1 << 30, threads: 2, seal_rows: 250_000, seal_bytes: 256 << 20 }
    }
}

/// The open data folder.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    root: Mutex<Connection>,
    snapshot: RwLock<Arc<Snapshot>>,
    released: Mutex<Receiver<u64>>,
    _lock: File,
}

/// The one way to add rows.
#[derive(Debug)]
pub struct Appender {
    store: Arc<Store>,
    options: Options,
    connection: Connection,
    log: LogFile,
    generation: u64,
    rows: usize,
    last_seq: u64,
    seen: Seen,
    is_broken: bool,
    on_drop: std::sync::mpsc::Sender<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens (or makes) a data folder and takes hold of it.
    ///
    /// Fails with [`Error::Held`] while another process has it, and [`Error::TooNew`] when a later release wrote it.
    pub fn open(folder: &Path, options: Options) -> Result<(Arc<Self>, Appender), Error> {
        for part in ["log", "segments", "tmp"] {
            let path = folder.join(part);
            std::fs::create_dir_all(&path).map_err(Error::io(&path))?;
        }
        let lock_path = folder.join("LOCK");
        let lock = File::options().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(Error::io(&lock_path))?;
        if lock.try_lock().is_err() {
            return Err(Error::Held(folder.to_path_buf()));
        }
        let connection = Connection::open(folder.join("catalog.duckdb"))?;
        let spill = folder.join("tmp").display().to_string().replace('\'', "''");
        connection.execute_batch(&format!(
            "set memory_limit = '{} B'; set threads = {}; set temp_directory = '{spill}';
             set preserve_insertion_order = false; set enable_progress_bar = false; attach ':memory:' as hot;",
            options.memory_limit_bytes, options.threads
        ))?;
        catalog::migrate(&connection, folder)?;
        let segments = catalog::segments(&connection, &folder.join("segments"))?;
        for segment in &segments {
            let length = std::fs::metadata(&segment.path).map_err(Error::io(&segment.path))?.len();
            if length != segment.bytes {
                let what = format!("it has {length} bytes, the catalog says {}", segment.bytes);
                return Err(Error::Corrupt { file: segment.path.clone(), what });
            }
        }
        segment::collect(&folder.join("segments"), &segments)?;
        let (on_drop, released) = channel();
        let (_, sealed_seq) = catalog::sealed(&connection)?;
        let snapshot = Snapshot {
            segments: segments.into_iter().map(Arc::new).collect(),
            generations: Arc::from([]),
            sealed_seq,
            visible_seq: sealed_seq,
        };
        let store = Arc::new(Self {
            folder: folder.to_path_buf(),
            root: Mutex::new(connection),
            snapshot: RwLock::new(Arc::new(snapshot)),
            released: Mutex::new(released),
            _lock: lock,
        });
        let opened = Appender::open(&store, options, on_drop);
        // A damaged segment is named, whatever its reader stumbled over.
        let appender = opened.map_err(|error| store.find_damage().unwrap_or(error))?;
        Ok((store, appender))
    }

    /// The present instant of the store. Files and rows it lists stay readable while it is held.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// One more connection to the embedded DuckDB, for readers.
    pub fn connection(&self) -> Result<Connection, Error> {
        Ok(lock(&self.root).try_clone()?)
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
        catalog::add_project(&lock(&self.root), name, now)
    }

    /// Every client of every project.
    pub fn clients(&self) -> Result<Vec<Client>, Error> {
        catalog::clients(&lock(&self.root))
    }

    /// Adds a client.
    pub fn add_client(&self, client: &Client, now: DateTime<Utc>) -> Result<(), Error> {
        catalog::add_client(&lock(&self.root), client, now)
    }

    /// The salt of a UTC day, made from `fresh` when the day has none yet, and that of the day before.
    pub fn salts(&self, day: NaiveDate, fresh: &str) -> Result<(String, Option<String>), Error> {
        let root = lock(&self.root);
        let today = catalog::salt(&root, day, fresh)?;
        let before = day.pred_opt().map(|day| catalog::known_salt(&root, day)).transpose()?.flatten();
        Ok((today, before))
    }

    /// Seals a generation that takes no more rows: writes its segment, records it, and publishes the new instant.
    ///
    /// Blocks for as long as writing takes; run it off the request path. After a failure it may be tried again.
    pub fn seal(&self, generation: u64) -> Result<(), Error> {
        let mut connection = self.connection()?;
        if catalog::sealed(&connection)?.0 >= generation {
            // An earlier try was recorded and failed behind that. Its rows stay hot until the next start.
            tracing::warn!(segment.generation = generation, "the generation was recorded before");
            return Ok(());
        }
        let segments = self.folder.join("segments");
        let sealed_file = segment::write(&connection, &segments, generation)?;
        let last_seq = last_seq_of(&connection, generation)?.max(self.snapshot().sealed_seq);
        let segment =
            sealed_file.as_ref().map(|(name, segment, first, last)| (name.as_str(), segment, *first, *last));
        catalog::record(&mut connection, &catalog::Sealed { generation, last_seq, segment })?;
        self.publish(|snapshot| {
            let new = sealed_file.map(|(_, segment, ..)| Arc::new(segment));
            snapshot.segments = snapshot.segments.iter().map(Arc::clone).chain(new).collect();
            let rest = snapshot.generations.iter().filter(|other| other.number != generation);
            snapshot.generations = rest.map(Arc::clone).collect();
            snapshot.sealed_seq = last_seq;
        });
        let log = LogFile::path(&self.folder.join("log"), generation);
        if let Err(error) = std::fs::remove_file(&log) {
            tracing::warn!(log.file = %log.display(), %error, "a sealed log file stays until the next start");
        }
        if let Err(error) = self.drop_released() {
            tracing::warn!(%error, "hot tables that nobody reads stay until the next start");
        }
        Ok(())
    }

    /// Drops the hot tables of sealed generations that nobody reads any more.
    pub fn drop_released(&self) -> Result<(), Error> {
        let numbers: Vec<u64> = lock(&self.released).try_iter().collect();
        for number in numbers {
            let root = lock(&self.root);
            for table in Table::ALL {
                root.execute_batch(&format!("drop table if exists hot.{}_{number}", table.name()))?;
            }
        }
        Ok(())
    }

    fn publish(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut present = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Snapshot::clone(&present);
        change(&mut next);
        *present = Arc::new(next);
    }
}

fn last_seq_of(connection: &Connection, generation: u64) -> Result<u64, Error> {
    let parts: Vec<String> = Table::ALL
        .iter()
        .map(|table| format!("select max(seq) as seq from hot.{}_{generation}", table.name()))
        .collect();
    let sql = format!("select coalesce(max(seq), 0) from ({})", parts.join(" union all "));
    Ok(connection.query_row(&sql, [], |row| row.get(0))?)
}

impl Appender {
    /// Reads the log anew and goes on behind it.
    fn open(
        store: &Arc<Store>,
        options: Options,
        on_drop: std::sync::mpsc::Sender<u64>,
    ) -> Result<Self, Error> {
        let connection = store.connection()?;
        let (sealed_generation, last_seq) = catalog::sealed(&connection)?;
        let folder = store.folder.join("log");
        let mut files = log_files(&folder)?;
        for (_, path) in files.iter().filter(|(number, _)| *number <= sealed_generation) {
            std::fs::remove_file(path).map_err(Error::io(path))?;
        }
        files.retain(|(number, _)| *number > sealed_generation);
        let log = if let Some((_, path)) = files.last() {
            LogFile::reopen(path)?
        } else {
            let number = sealed_generation + 1;
            files.push((number, LogFile::path(&folder, number)));
            LogFile::create(&folder, number)?
        };
        let mut appender = Self {
            store: Arc::clone(store),
            options,
            connection,
            log,
            generation: 0,
            rows: 0,
            last_seq,
            seen: Seen::default(),
            is_broken: false,
            on_drop,
        };
        let last = files.len() - 1;
        for (index, (number, path)) in files.iter().enumerate() {
            appender.begin_generation(*number)?;
            let whole = log::replay(path, index == last, |batches| appender.apply(&batches))?;
            if index == last {
                appender.log.cut(whole)?;
            }
        }
        appender.load_seen()?;
        Ok(appender)
    }

    /// The number of the next row.
    pub fn next_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }

    /// Whether an event with this id was stored before.
    #[must_use]
    pub fn is_seen(&self, project: ProjectKey, id: &str) -> bool {
        self.seen.contains(Seen::key(project, id))
    }

    /// Stores rows, durably, and makes them visible. See the promise in the module's documentation.
    pub fn append(&mut self, facts: &Facts) -> Result<(), Error> {
        if self.is_broken {
            return Err(Error::Broken);
        }
        if facts.is_empty() {
            return Ok(());
        }
        let batches = facts.to_batches()?;
        self.log.append(&batches)?;
        // The rows are durable. Making them visible may lack memory for a moment; only after many tries is it
        // left to a restart to bring the two together.
        let mut tries = 0;
        while let Err(error) = self.apply(&batches) {
            tries += 1;
            tracing::warn!(%error, tries, "durable rows could not be made visible yet");
            if tries == 100 {
                self.is_broken = true;
                return Err(Error::Broken);
            }
            std::thread::sleep(std::time::Duration::from_millis(50 * tries.min(20)));
        }
        for row in &facts.events {
            self.seen.insert(Seen::key(row.project, &row.event.id));
        }
        Ok(())
    }

    /// Whether the present generation is full enough to be sealed.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.rows >= self.options.seal_rows || self.log.length() >= self.options.seal_bytes
    }

    /// Begins a new generation and gives the number of the one that takes no more rows. `None` when it is empty.
    pub fn rotate(&mut self) -> Result<Option<u64>, Error> {
        if self.rows == 0 || self.is_broken || self.log.is_broken() {
            return Ok(None);
        }
        let full = self.generation;
        let log = LogFile::create(&self.store.folder.join("log"), full + 1)?;
        self.begin_generation(full + 1)?;
        self.log = log;
        Ok(Some(full))
    }

    /// The generations that take no more rows and are not sealed yet, oldest first.
    #[must_use]
    pub fn unsealed(&self) -> Vec<u64> {
        let snapshot = self.store.snapshot();
        snapshot
            .generations
            .iter()
            .map(|other| other.number)
            .filter(|number| *number != self.generation)
            .collect()
    }

    /// A connection for the writer's own look-ups.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The store this appends to.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    fn begin_generation(&mut self, number: u64) -> Result<(), Error> {
        for table in Table::ALL {
            let name = table.name();
            let sql = format!("create or replace table hot.{name}_{number} as from main.{name} limit 0");
            self.connection.execute_batch(&sql)?;
        }
        self.generation = number;
        self.rows = 0;
        let generation = Arc::new(Generation { number, on_drop: self.on_drop.clone() });
        self.store.publish(|snapshot| {
            snapshot.generations = snapshot.generations.iter().map(Arc::clone).chain([generation]).collect();
        });
        Ok(())
    }

    /// Adds durable rows to the hot tables and publishes the instant that includes them.
    fn apply(&mut self, batches: &[(Table, RecordBatch)]) -> Result<(), Error> {
        let (mut last_seq, mut added) = (self.last_seq, 0);
        let transaction = self.connection.transaction()?;
        for (table, batch) in batches {
            let name = format!("{}_{}", table.name(), self.generation);
            let mut appender = transaction.appender_to_catalog_and_db(&name, "hot", "main")?;
            appender.append_record_batch(batch.clone())?;
            appender.flush()?;
            drop(appender);
            added += batch.num_rows();
            let seqs =
                batch.column_by_name("seq").and_then(|column| column.as_any().downcast_ref::<UInt64Array>());
            last_seq = last_seq.max(seqs.and_then(max).unwrap_or(0));
        }
        transaction.commit()?;
        self.rows += added;
        self.last_seq = last_seq;
        self.store.publish(|snapshot| snapshot.visible_seq = last_seq);
        Ok(())
    }

    fn load_seen(&mut self) -> Result<(), Error> {
        let events = self.store.snapshot().relation(Table::Events, None);
        let mut statement = self.connection.prepare(&format!("select project, id from {events}"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get_ref(1)?;
            let id = id.as_str().map_err(|error| {
                duckdb::Error::FromSqlConversionFailure(1, duckdb::types::Type::Text, Box::new(error))
            })?;
            self.seen.insert(Seen::key(ProjectKey(row.get(0)?), id));
        }
        Ok(())
    }
}

/// The log files of a folder with their generations, oldest first.
fn log_files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let number = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        if let Some(number) = number {
            files.push((number, path));
        }
    }
    files.sort();
    Ok(files)
}
