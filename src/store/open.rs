//! Opening a data folder: what is there is looked at before anything is removed or made anew.

use super::cloud::{Files, Need};
use super::damage::Damaged;
use super::documents::Documents;
use super::index::{Index, Known};
use super::keys::Keys;
use super::seen::Seen;
use super::snapshot::{Segment, Snapshot};
use super::versions::Versions;
use super::{
    Appender, Error, Options, Store, catalog, cloud, damage, derive, erasures, lake, log, record, salvage,
    segment,
};
use crate::domain::identity::ProjectKey;
use duckdb::Connection;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, RwLock};

impl Store {
    /// Opens (or makes) a data folder and takes hold of it. Damaged segments are put aside: see [`Store::damaged`].
    ///
    /// Fails with [`Error::Held`] while another process has it, [`Error::Foreign`] when it holds other files,
    /// [`Error::OtherFormat`] when another release wrote it, and [`Error::Corrupt`] when the catalog is gone, or a log
    /// file while a later one is there.
    pub fn open(folder: &Path, options: Options) -> Result<(Arc<Self>, Appender), Error> {
        if is_foreign(folder)? {
            return Err(Error::Foreign(folder.to_path_buf()));
        }
        for part in ["log", "segments", "index", "tmp"] {
            let path = folder.join(part);
            std::fs::create_dir_all(&path).map_err(Error::io(&path))?;
        }
        let lock = hold(folder)?;
        clear(&folder.join("tmp"))?;
        let mut connection = open_catalog(folder, &options)?;
        derive::attach(&connection, folder)?;
        let progress = record::progress(&connection)?;
        let lost_log = lost_log(&connection, folder, progress.generation)?;

        let (on_drop, released) = channel();
        let listed = record::segments(&connection, &folder.join("segments"), &on_drop)?;
        let files = cloud::open(&mut connection, folder, options.objects.as_ref(), &listed)?;
        let index = folder.join("index");
        let ids = Index::open(&index, Seen::NAME, progress.generation)?;
        let keys = Index::open(&index, Keys::NAME, progress.generation)?;
        // What is about to be read is looked at as a whole.
        let missing = derive::missing(&connection, &listed)?;
        let is_read = |segment: &Segment| ids.is_none() || missing.contains(&segment.number);
        let (segments, mut damaged) = damage::sort_out(&connection, folder, &files, listed, is_read)?;
        segment::collect(&folder.join("segments"), &segments, damaged.is_empty())?;
        lake::tidy(folder, |number| segments.iter().any(|segment| segment.number == number))?;
        damaged.extend(lost_log);
        damaged.iter().for_each(Damaged::tell);

        record::forget_replaced(&connection)?;
        let kept: Vec<u64> = damaged.iter().filter_map(|damaged| damaged.segment).collect();
        derive::repair(&mut connection, &files, &segments, &kept)?;
        let ids = match ids {
            Some(index) => index,
            None => ids_anew(&connection, &index, progress.generation, &files, &segments)?,
        };
        let keys = match keys {
            Some(index) => index,
            None => keys_anew(&connection, &index, progress.generation)?,
        };
        files.make_room();
        let documents = Documents::load(&connection)?;
        let keys = Keys::new(Known::new(keys));
        let erased = erasures::keys_at_work(&connection)?;
        keys.forget(erased.iter().copied());
        let snapshot = Snapshot {
            segments: segments.into_iter().map(Arc::new).collect(),
            generations: Arc::from([]),
            sealed_seq: progress.seq,
            visible_seq: progress.seq,
            erased: erased.into(),
            era: Arc::default(),
        };
        let store = Arc::new(Self {
            folder: folder.to_path_buf(),
            root: Mutex::new(connection),
            snapshot: RwLock::new(Arc::new(snapshot)),
            released: Mutex::new(released),
            on_drop,
            seen: Seen(Known::new(ids)),
            keys,
            documents,
            versions: Versions::default(),
            made: <[AtomicU64; 2]>::default(),
            last_segment: AtomicU64::new(progress.segment),
            segment_events: options.segment_events,
            files,
            publishing: Mutex::default(),
            publishes: options.publish,
            reshaping: Mutex::default(),
            erasing: Mutex::default(),
            erasures: AtomicU64::default(),
            recording: Mutex::new(()),
            damaged: Mutex::new(damaged),
            _lock: lock,
        });
        let appender = Appender::open(&store, options)?;
        Ok((store, appender))
    }

    /// Removes everything that is made from catalog, log and segments, so that the next start makes it anew and
    /// looks at every byte it is made from.
    ///
    /// Fails with [`Error::Held`] while a process has the folder.
    pub fn forget_derived(folder: &Path) -> Result<(), Error> {
        let _lock = hold(folder)?;
        derive::remove(folder)?;
        lake::remove(folder)?;
        let index = folder.join("index");
        for name in [Seen::NAME, Keys::NAME] {
            if index.exists() {
                Index::remove(&index, name)?;
            }
        }
        Ok(())
    }

    /// Strikes segments whose files are nowhere from the catalog: their events are lost, and may be sent again. Tells
    /// no more of damaged log files.
    ///
    /// Fails with [`Error::Held`] while a process has the folder.
    pub fn accept_loss(folder: &Path, options: &Options) -> Result<(), Error> {
        let _lock = hold(folder)?;
        salvage::accept(folder)?;
        let mut connection = open_catalog(folder, options)?;
        let (on_drop, _) = channel();
        let listed = record::segments(&connection, &folder.join("segments"), &on_drop)?;
        let lost = cloud::lost(&connection, options.objects.as_ref(), listed)?;
        if lost.is_empty() {
            return Ok(());
        }
        // The next start makes the index anew, without their ids.
        Index::remove(&folder.join("index"), Seen::NAME)?;
        record::struck(&mut connection, lost.iter().map(|segment| segment.number))
    }
}

/// Takes hold of a folder for as long as the file is open.
/// Whether a folder is there and has something in it, none of which is ours.
fn is_foreign(folder: &Path) -> Result<bool, Error> {
    if ["LOCK", "catalog.duckdb", "segments", "log"].iter().any(|own| folder.join(own).exists()) {
        return Ok(false);
    }
    match std::fs::read_dir(folder) {
        // What a file system puts at its top is nobody's.
        Ok(mut entries) => {
            Ok(entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "lost+found")))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io(folder)(error)),
    }
}

fn hold(folder: &Path) -> Result<File, Error> {
    let path = folder.join("LOCK");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(Error::io(&path))?;
    if lock.try_lock().is_err() {
        return Err(Error::Held(folder.to_path_buf()));
    }
    Ok(lock)
}

/// Removes what an earlier process spilled or was about to send: nobody reads it, and it holds what people sent.
fn clear(folder: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.map_err(Error::io(&path))?;
    }
    Ok(())
}

/// Opens the catalog, or begins it in a folder that holds nothing yet.
fn open_catalog(folder: &Path, options: &Options) -> Result<Connection, Error> {
    let path = folder.join("catalog.duckdb");
    let holds_data = holds_data(folder)?;
    let refuse = || {
        let what = "it is missing or empty, while segments and a log are there; restore it from a backup";
        Error::Corrupt { file: path.clone(), what: what.to_owned() }
    };
    // A new catalog would list nothing, and what no catalog lists is removed.
    if holds_data && !path.exists() {
        return Err(refuse());
    }
    let connection = Connection::open(&path)?;
    let spill = folder.join("tmp").display().to_string().replace('\'', "''");
    connection.execute_batch(&format!(
        "set memory_limit = '{} B'; set threads = {}; set temp_directory = '{spill}';
         set preserve_insertion_order = true; set enable_progress_bar = false; attach ':memory:' as hot;",
        options.memory_limit_bytes, options.threads
    ))?;
    if holds_data && catalog::is_empty(&connection)? {
        return Err(refuse());
    }
    catalog::migrate(&connection, folder)?;
    Ok(connection)
}

/// Whether a folder holds events, sealed or logged.
fn holds_data(folder: &Path) -> Result<bool, Error> {
    let segments = folder.join("segments");
    for entry in std::fs::read_dir(&segments).map_err(Error::io(&segments))? {
        let path = entry.map_err(Error::io(&segments))?.path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            return Ok(true);
        }
    }
    let logs = log::files(&folder.join("log"))?;
    Ok(logs.iter().any(|(_, path)| std::fs::metadata(path).is_ok_and(|found| found.len() > 0)))
}

/// Looks whether a log file is missing. Where a later one is there, the folder cannot be opened.
fn lost_log(connection: &Connection, folder: &Path, sealed: u64) -> Result<Option<Damaged>, Error> {
    let folder = folder.join("log");
    let mut files = log::files(&folder)?;
    files.retain(|(number, _)| *number > sealed);
    for (expected, (number, _)) in (sealed + 1..).zip(&files) {
        if *number != expected {
            let file = log::LogFile::path(&folder, expected);
            let what =
                "it is missing, while a later one is there; restore the whole data folder from a backup";
            return Err(Error::Corrupt { file, what: what.to_owned() });
        }
    }
    let is_lost = files.is_empty() && (sealed > 0 || !catalog::projects(connection)?.is_empty());
    Ok(is_lost.then(|| Damaged::log(sealed + 1)))
}

/// The index of event ids, made anew from the segments.
fn ids_anew(
    connection: &Connection,
    folder: &Path,
    sealed: u64,
    files: &Arc<Files>,
    segments: &[Segment],
) -> Result<Index, Error> {
    let mut entries = Vec::new();
    for segment in segments {
        let held = files.hold([segment], Need::Work)?;
        let sql = format!("select project, id from read_parquet([{}])", segment.literal(&held));
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            entries.push((Seen::hash(ProjectKey(row.get(0)?), &row.get::<_, String>(1)?), 0));
        }
    }
    Index::rebuild(folder, Seen::NAME, sealed, entries)
}

/// The index of keys, made anew from the catalog.
fn keys_anew(connection: &Connection, folder: &Path, sealed: u64) -> Result<Index, Error> {
    let mut entries = Vec::new();
    let mut statement = connection.prepare("select project, kind, text, key from main.keys")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash = Keys::hash(ProjectKey(row.get(0)?), row.get(1)?, &row.get::<_, String>(2)?);
        entries.push((hash, row.get(3)?));
    }
    Index::rebuild(folder, Keys::NAME, sealed, entries)
}
