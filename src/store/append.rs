//! The one way to add rows: to the log, then to the hot tables.

use super::batches::placed_batch;
use super::damage::Damaged;
use super::facts::{Facts, Table};
use super::keys::Keys;
use super::log::{self, LogFile};
use super::record::{self, Progress};
use super::seen::{FreshIds, Seen};
use super::snapshot::Generation;
use super::{Error, Options, Store, lock, salvage};
use crate::domain::identity::ProjectKey;
use arrow::array::{ArrowPrimitiveType, AsArray, PrimitiveArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{max, take_record_batch};
use arrow::datatypes::{UInt8Type, UInt32Type, UInt64Type};
use arrow::error::ArrowError;
use duckdb::{Connection, Transaction};
use std::collections::HashSet;
use std::sync::Arc;

/// The one way to add rows.
#[derive(Debug)]
pub struct Appender {
    store: Arc<Store>,
    options: Options,
    connection: Connection,
    log: LogFile,
    /// The generation that takes new rows.
    generation: Arc<Generation>,
    rows: usize,
    last_seq: u64,
    last_key: u32,
    is_broken: bool,
}

impl Appender {
    /// Reads the log anew and goes on behind it.
    pub(super) fn open(store: &Arc<Store>, options: Options) -> Result<Self, Error> {
        let connection = store.connection()?;
        let Progress { generation: sealed_generation, seq: last_seq, .. } = record::progress(&connection)?;
        let last_key =
            connection.query_row("select coalesce(max(key), 0) from main.keys", [], |row| row.get(0))?;
        let folder = store.folder.join("log");
        let mut files = log::files(&folder)?;
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
            generation: Arc::new(Generation::new(0, store.on_drop.clone())),
            rows: 0,
            last_seq,
            last_key,
            is_broken: false,
        };
        let (last, mut damaged) = (files.len() - 1, Vec::new());
        for (index, (number, path)) in files.iter().enumerate() {
            appender.begin_generation(*number)?;
            let replayed = log::replay(path, index == last, |batches, is_behind_damage| {
                if is_behind_damage || !damaged.is_empty() {
                    let recovered = store.lost_keys(&batches)?;
                    appender.apply(&recovered.to_batches()?)?;
                }
                appender.apply(&batches)
            })?;
            if !replayed.damaged.is_empty() {
                salvage::keep(&store.folder, path)?;
                damaged.push((*number, replayed.damaged));
            }
            if index == last {
                appender.log.cut(replayed.whole)?;
            }
        }
        let damaged = salvage::kept(&store.folder, &damaged)?;
        damaged.iter().for_each(Damaged::tell);
        lock(&store.damaged).extend(damaged);
        Ok(appender)
    }

    /// The number of the next row.
    pub fn next_seq(&mut self) -> u64 {
        self.last_seq += 1;
        self.last_seq
    }

    /// A key that stands for nothing yet. It does once a row about it is stored.
    pub fn next_key(&mut self) -> Result<u32, Error> {
        let full = || Error::Full(std::io::Error::other("all keys are given"));
        self.last_key = self.last_key.checked_add(1).ok_or_else(full)?;
        Ok(self.last_key)
    }

    /// Whether an event with this id is a new one: none is stored, and none is among those that are to be stored. It is
    /// among them from now on.
    pub fn is_new(&self, project: ProjectKey, id: &str, fresh: &mut FreshIds) -> Result<bool, Error> {
        self.store.seen.is_new(project, id, fresh)
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
        let (mut tries, mut done) = (0, 0);
        while let Err(error) = self.go_on(&batches, &mut done) {
            tries += 1;
            tracing::warn!(%error, tries, "durable rows could not be made visible yet");
            if tries == 100 {
                self.is_broken = true;
                return Err(Error::Broken);
            }
            std::thread::sleep(std::time::Duration::from_millis(50 * tries.min(20)));
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
        let full = self.generation.number;
        let log = LogFile::create(&self.store.folder.join("log"), full + 1)?;
        self.begin_generation(full + 1)?;
        self.log = log;
        Ok(Some(full))
    }

    /// The last generation that takes no more rows, and the last row that was given a number.
    pub(super) fn closed(&self) -> Result<(u64, u64), Error> {
        if self.is_broken || self.log.is_broken() {
            return Err(Error::Broken);
        }
        Ok((self.generation.number.saturating_sub(1), self.last_seq))
    }

    /// The generations that take no more rows and are not sealed yet, oldest first.
    #[must_use]
    pub fn unsealed(&self) -> Vec<u64> {
        let snapshot = self.store.snapshot();
        snapshot
            .generations
            .iter()
            .map(|other| other.number)
            .filter(|number| *number != self.generation.number)
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
            let columns = if table == Table::Events { "*" } else { "* exclude (until_seq)" };
            self.connection.execute_batch(&format!(
                "create or replace table hot.{name}_{number} as select {columns} from main.{name} limit 0"
            ))?;
        }
        self.connection.execute_batch(&format!(
            "create or replace table hot.placed_{number} as select * from main.placed limit 0"
        ))?;
        self.rows = 0;
        self.generation = Arc::new(Generation::new(number, self.store.on_drop.clone()));
        let generation = Arc::clone(&self.generation);
        self.store.publish(|snapshot| {
            snapshot.generations = snapshot.generations.iter().map(Arc::clone).chain([generation]).collect();
        });
        Ok(())
    }

    /// Adds durable rows to the hot tables and publishes the instant that includes them.
    fn apply(&mut self, batches: &[(Table, RecordBatch)]) -> Result<(), Error> {
        self.go_on(batches, &mut 0)
    }

    /// The same, in portions that memory is enough for, from the portion on that is not done. Nobody sees a row before
    /// all are there: an instant says how far rows are visible.
    fn go_on(&mut self, batches: &[(Table, RecordBatch)], done: &mut usize) -> Result<(), Error> {
        for (table, batch) in batches {
            self.generation.touch(*table, projects(batch)?.iter().map(|project| ProjectKey(*project)));
        }
        for portion in portions(batches)?.iter().skip(*done) {
            self.put_rows(portion)?;
            *done += 1;
        }
        let (mut last_seq, mut last_key, mut added) = (self.last_seq, self.last_key, 0);
        for (table, batch) in batches {
            added += batch.num_rows();
            last_seq = last_seq.max(max(numbers::<UInt64Type>(batch, "seq")?).unwrap_or(0));
            if *table == Table::Keys {
                last_key = last_key.max(max(numbers::<UInt32Type>(batch, "key")?).unwrap_or(0));
            }
        }
        for (table, batch) in batches {
            match table {
                Table::Events => self.note_ids(batch)?,
                Table::Keys => self.note_keys(batch)?,
                _ => {}
            }
        }
        self.rows += added;
        (self.last_seq, self.last_key) = (last_seq, last_key);
        self.store.publish(|snapshot| snapshot.visible_seq = last_seq);
        let mut changed: HashSet<u32> = HashSet::new();
        for (_, batch) in batches {
            changed.extend(projects(batch)?);
        }
        for project in changed {
            self.store.versions.advance(ProjectKey(project));
        }
        Ok(())
    }

    fn put_rows(&mut self, batches: &[(Table, RecordBatch)]) -> Result<(), Error> {
        let number = self.generation.number;
        let transaction = self.connection.transaction()?;
        for (table, batch) in batches {
            put(&transaction, table.name(), number, batch.clone())?;
            if *table == Table::Events {
                put(&transaction, "placed", number, placed_batch(batch)?)?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn note_ids(&self, events: &RecordBatch) -> Result<(), Error> {
        let hashes = projects(events)?.iter().zip(texts(events, "id")?);
        let hashes =
            hashes.map(|(project, id)| (Seen::hash(ProjectKey(*project), id.unwrap_or_default()), 0));
        self.store.seen.0.insert(self.generation.number, hashes);
        Ok(())
    }

    fn note_keys(&self, keys: &RecordBatch) -> Result<(), Error> {
        let kinds = numbers::<UInt8Type>(keys, "kind")?.values();
        let numbers = numbers::<UInt32Type>(keys, "key")?.values();
        let texts = texts(keys, "text")?.iter();
        let rows = projects(keys)?.iter().zip(kinds).zip(texts).zip(numbers);
        let rows = rows.map(|(((project, kind), text), key)| {
            (Keys::hash(ProjectKey(*project), *kind, text.unwrap_or_default()), *key)
        });
        self.store.keys.known.insert(self.generation.number, rows);
        Ok(())
    }
}

/// Bytes of rows that one transaction adds, about.
const PORTION_BYTES: usize = 8 << 20;

/// Rows in portions: all of them in one where that is small enough, else those of each kind cut into several.
fn portions(batches: &[(Table, RecordBatch)]) -> Result<Vec<Vec<(Table, RecordBatch)>>, Error> {
    let bytes = |batch: &RecordBatch| batch.get_array_memory_size();
    if batches.iter().map(|(_, batch)| bytes(batch)).sum::<usize>() <= PORTION_BYTES {
        return Ok(vec![batches.to_vec()]);
    }
    let mut portions = Vec::new();
    for (table, batch) in batches {
        let rows = u32::try_from(batch.num_rows())
            .map_err(|_| Error::Full(std::io::Error::other("too many rows")))?;
        let cuts = u32::try_from(bytes(batch).div_ceil(PORTION_BYTES)).unwrap_or(rows);
        let length = rows.div_ceil(cuts.max(1)).max(1);
        for first in (0..rows).step_by(length as usize) {
            let places = UInt32Array::from_iter_values(first..rows.min(first + length));
            portions.push(vec![(*table, take_record_batch(batch, &places)?)]);
        }
    }
    Ok(portions)
}

/// Appends rows to a hot table.
fn put(transaction: &Transaction<'_>, name: &str, number: u64, batch: RecordBatch) -> Result<(), Error> {
    let mut appender = transaction.appender_to_catalog_and_db(&format!("{name}_{number}"), "hot", "main")?;
    appender.append_record_batch(batch)?;
    Ok(appender.flush()?)
}

fn numbers<'b, T: ArrowPrimitiveType>(
    batch: &'b RecordBatch,
    name: &str,
) -> Result<&'b PrimitiveArray<T>, ArrowError> {
    let column = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<T>());
    column.ok_or_else(|| ArrowError::SchemaError(format!("no numbers {name}")))
}

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray, ArrowError> {
    let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    column.ok_or_else(|| ArrowError::SchemaError(format!("no texts {name}")))
}

fn projects(batch: &RecordBatch) -> Result<&[u32], ArrowError> {
    Ok(numbers::<UInt32Type>(batch, "project")?.values())
}
