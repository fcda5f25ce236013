//! Opening a data folder: what is there is looked at before anything is removed or made anew.

use super::cloud::{Files, Need};
use super::damage::Damaged;
use super::documents::Documents;
use super::folder::{Role, hold, open_catalog};
use super::index::{Index, Known};
use super::keys::Keys;
use super::published::{Following, Publishing};
use super::seen::Seen;
use super::snapshot::{Released, Segment, Snapshot};
use super::versions::Versions;
use super::{
    Appender, Error, Options, Store, catalog, cloud, damage, derive, erasures, folder, lake, log, record,
    salvage, segment,
};
use crate::domain::identity::ProjectKey;
use duckdb::Connection;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, RwLock};

impl Store {
    /// Opens (or makes) a data folder and takes hold of it. Damaged segments are put aside: see [`Store::damaged`].
    ///
    /// Fails with [`Error::Held`] while another process has it, [`Error::Foreign`] when it holds other files,
    /// [`Error::OtherFormat`] when another release wrote it, and [`Error::Corrupt`] when the catalog is gone, or a log
    /// file while a later one is there.
    pub fn open(folder: &Path, options: Options) -> Result<(Arc<Self>, Appender), Error> {
        let (lock, mut connection) = folder::take(folder, &options, Role::Primary)?;
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
        let store = Self::assemble(Opened {
            folder: folder.to_path_buf(),
            connection,
            segments,
            progress,
            erased,
            on_drop,
            released,
            ids: Seen(Known::new(ids)),
            keys,
            documents,
            damaged,
            files,
            following: None,
            options: options.clone(),
            lock,
        });
        let appender = Appender::open(&store, options)?;
        Ok((store, appender))
    }

    /// The store of what was opened.
    pub(super) fn assemble(opened: Opened) -> Arc<Self> {
        let Opened { progress, options, .. } = opened;
        let snapshot = Snapshot {
            segments: opened.segments.into_iter().map(Arc::new).collect(),
            generations: Arc::from([]),
            sealed_seq: progress.seq,
            visible_seq: progress.seq,
            erased: opened.erased.into(),
            era: Arc::default(),
        };
        Arc::new(Self {
            folder: opened.folder,
            root: Mutex::new(opened.connection),
            snapshot: RwLock::new(Arc::new(snapshot)),
            released: Mutex::new(opened.released),
            on_drop: opened.on_drop,
            seen: opened.ids,
            keys: opened.keys,
            documents: opened.documents,
            versions: Versions::default(),
            made: <[AtomicU64; 2]>::default(),
            last_segment: AtomicU64::new(progress.segment),
            segment_events: options.segment_events,
            publishing: Mutex::default(),
            publishes: options.publish,
            reshaping: Mutex::default(),
            erasing: Mutex::default(),
            forgotten: Mutex::default(),
            erasures: AtomicU64::default(),
            changes: AtomicU64::default(),
            recording: Mutex::new(()),
            damaged: Mutex::new(opened.damaged),
            files: opened.files,
            publishing_instants: Publishing::default(),
            following: opened.following,
            _lock: opened.lock,
        })
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
        let mut connection = open_catalog(folder, options, Role::Primary)?;
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

/// What a store is made of.
pub(super) struct Opened {
    pub(super) folder: PathBuf,
    pub(super) connection: Connection,
    pub(super) segments: Vec<Segment>,
    pub(super) progress: record::Progress,
    pub(super) erased: Vec<u32>,
    pub(super) on_drop: Sender<Released>,
    pub(super) released: Receiver<Released>,
    pub(super) ids: Seen,
    pub(super) keys: Keys,
    pub(super) documents: Documents,
    pub(super) damaged: Vec<Damaged>,
    pub(super) files: Arc<Files>,
    pub(super) following: Option<Following>,
    pub(super) options: Options,
    pub(super) lock: File,
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
pub(super) fn keys_anew(connection: &Connection, folder: &Path, sealed: u64) -> Result<Index, Error> {
    let mut entries = Vec::new();
    let mut statement = connection.prepare("select project, kind, text, key from main.keys")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash = Keys::hash(ProjectKey(row.get(0)?), row.get(1)?, &row.get::<_, String>(2)?);
        entries.push((hash, row.get(3)?));
    }
    Index::rebuild(folder, Keys::NAME, sealed, entries)
}
