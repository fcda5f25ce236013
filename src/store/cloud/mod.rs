//! Segments in object storage, with the data folder's `segments/` as a cache of them.
//!
//! ```text
//! seal, compact, erase -> segments/NUMBER.parquet -> upload (upload.rs) -> segments/NUMBER-CHECKSUM.parquet in the bucket
//!                               ^ hold (files.rs) <- what was put out to make room (Files::make_room) <- read again
//! a segment is replaced, nobody reads it -> its object goes after a while (sweep.rs)
//! ```
//!
//! Catalog, log, derived tables and indexes stay on the disk of the one server that writes. A segment is durable when it is
//! on that disk; object storage gets it some time later, and only then its file may be put out. So object storage that
//! does not answer stops no writes, as long as there is disk. Whoever reads the file of a segment holds it first
//! ([`Store::hold`]), which brings it back where it was put out: the reader gets what was written, or an error.
//!
//! Failure stories.
//!
//! 1. The process dies while an object is written, or before it is recorded that it arrived: the catalog knew of it before
//!    the first byte was sent; the next start sees in the list of objects whether it is whole, and else it is sent again.
//! 2. The process dies after a segment was replaced: its object is known and its segment is not listed any more, so a
//!    later sweep removes it.
//! 3. Object storage does not answer at the start: the catalog tells what is there. What tells this lake from others, and
//!    the list of objects, are looked at before anything is sent or deleted.
//! 4. An object is not what was written: whoever wants it is told so. Where the file is here, it is sent again; where it
//!    is not, the segment is damaged, and told as such by the next check.

mod attach;
mod check;
mod download;
mod files;
mod listed;
mod parts;
mod state;
mod sweep;
mod upload;

pub(super) use files::Files;
pub use files::Held;
pub use state::ObjectsState;

use super::objects::{Location, Objects};
use super::{Error, Segment, Store};
use duckdb::Connection;
use state::Counts;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The folder of names that segments have in object storage.
pub(super) const FOLDER: &str = "segments";

/// Where segments go, and how much of them stays here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectStorage {
    /// Where objects are.
    pub location: Location,
    /// Bytes of files of segments that stay on the disk, about.
    pub cache_bytes: u64,
    /// Bytes of segments in object storage that questions may hold on the disk at once.
    pub question_bytes: u64,
    /// How long an object stays after its segment was replaced, for those who read it from elsewhere.
    pub keep: Duration,
}

/// Object storage, as one store uses it.
#[derive(Debug)]
pub(super) struct Cloud {
    objects: Arc<Objects>,
    settings: ObjectStorage,
    /// Whether it was seen that the objects there are this store's, and which of them are there.
    is_attached: AtomicBool,
    /// Why the last try to reach it failed, and when.
    failure: Mutex<Option<(String, Instant)>>,
    counts: Counts,
}

impl Cloud {
    fn is_attached(&self) -> bool {
        self.is_attached.load(Ordering::Acquire)
    }
}

/// Reaches for object storage, where there is to be one, and finds out which of the listed segments are where.
///
/// Fails when the objects there are not this folder's, and when there is to be none while segments are only there.
pub(super) fn open(
    connection: &mut Connection,
    folder: &Path,
    settings: Option<&ObjectStorage>,
    segments: &[Segment],
) -> Result<Arc<Files>, Error> {
    let cloud = settings.map(|settings| connect(connection, settings, segments)).transpose()?;
    let stored = listed::whole(connection)?;
    let away = segments.iter().filter(|segment| stored.contains(&segment.object()) && !segment.path.exists());
    if cloud.is_none() && away.clone().next().is_some() {
        return Err(Error::Elsewhere { segments: away.count() as u64 });
    }
    Ok(Arc::new(Files::new(folder.join("segments"), cloud, segments, &stored)))
}

fn connect(
    connection: &mut Connection,
    settings: &ObjectStorage,
    segments: &[Segment],
) -> Result<Cloud, Error> {
    let cloud = Cloud {
        objects: Arc::new(Objects::open(&settings.location)?),
        settings: settings.clone(),
        is_attached: AtomicBool::new(false),
        failure: Mutex::default(),
        counts: Counts::default(),
    };
    match attach::attach(connection, &cloud.objects, segments.iter()) {
        Ok(()) => cloud.is_attached.store(true, Ordering::Release),
        // What a first start is told may be wrong; later ones know that it was right.
        Err(error @ Error::Objects { .. }) if listed::lake(connection)?.is_some() => {
            tracing::warn!(%error, "object storage does not answer; it is asked again");
            cloud.failed(&error);
        }
        Err(error) => return Err(error),
    }
    Ok(cloud)
}

/// Reaches for object storage to read from it alone: that of a replica, whose segments are all there.
pub(super) fn open_to_read(
    folder: &Path,
    settings: &ObjectStorage,
    segments: &[Segment],
) -> Result<Arc<Files>, Error> {
    let cloud = Cloud {
        objects: Arc::new(Objects::open(&settings.location)?),
        settings: settings.clone(),
        is_attached: AtomicBool::new(true),
        failure: Mutex::default(),
        counts: Counts::default(),
    };
    let stored = segments.iter().map(Segment::object).collect();
    Ok(Arc::new(Files::new(folder.join("segments"), Some(cloud), segments, &stored)))
}

/// The segments whose files are neither here nor in object storage as they were written.
pub(super) fn lost(
    connection: &Connection,
    settings: Option<&ObjectStorage>,
    segments: Vec<Segment>,
) -> Result<Vec<Segment>, Error> {
    let stored = listed::whole(connection)?;
    let mut lost: Vec<Segment> = segments.into_iter().filter(|segment| !segment.path.exists()).collect();
    let away = lost.iter().filter(|segment| stored.contains(&segment.object())).count();
    if away == 0 {
        return Ok(lost);
    }
    let Some(settings) = settings else { return Err(Error::Elsewhere { segments: away as u64 }) };
    let there = Objects::open(&settings.location)?.list(FOLDER)?;
    lost.retain(|segment| {
        !stored.contains(&segment.object()) || !there.contains(&(segment.object(), segment.bytes))
    });
    Ok(lost)
}

/// Forgets, in a copy of the catalog, that there is object storage: the copy's objects are not its own.
pub(super) fn detach_copy(connection: &Connection, database: &str) -> Result<(), Error> {
    Ok(connection.execute_batch(&format!(
        "update {database}.main.meta set lake = null; delete from {database}.main.objects;"
    ))?)
}

impl Segment {
    /// The name it has in object storage. The checksum is in it, as a number that was not recorded may be given again.
    #[must_use]
    pub fn object(&self) -> String {
        format!("{FOLDER}/{:010}-{:08x}.parquet", self.number, self.crc32)
    }
}

/// Who wants files, and so how much there may be of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A question, which waits until this instant at most.
    Question(Instant),
    /// Work on what is stored, which may take more room than the cache has, for as long as it lasts.
    Work,
}

impl Files {
    /// How long objects stay that nobody here needs any more.
    pub(super) fn keeping(&self) -> Duration {
        self.cloud.as_ref().map_or(Duration::ZERO, |cloud| cloud.settings.keep)
    }

    /// Takes note of whether object storage did what it was asked.
    pub(super) fn asked<T>(&self, result: &Result<T, Error>) {
        if let Some(cloud) = &self.cloud {
            cloud.asked(result);
        }
    }
}

impl Store {
    /// Object storage, if there is one. Nothing may be written there before [`Store::shared_lake_id`] is known.
    #[must_use]
    pub(crate) fn objects(&self) -> Option<&Arc<Objects>> {
        self.files.cloud.as_ref().map(|cloud| &cloud.objects)
    }

    /// What tells this folder's objects from those of others, once it was seen that the objects there are this folder's.
    pub fn shared_lake_id(&self) -> Result<Option<String>, Error> {
        if self.is_replica() {
            let connection = self.connection()?;
            let lake: String = connection.query_row("select lake from main.replica", [], |row| row.get(0))?;
            return Ok((!lake.is_empty()).then_some(lake));
        }
        if !self.files.cloud.as_ref().is_some_and(Cloud::is_attached) {
            return Ok(None);
        }
        listed::lake(&self.connection()?)
    }

    /// Whether all of a segment is in object storage.
    #[must_use]
    pub fn is_uploaded(&self, segment: &Segment) -> bool {
        self.files.is_stored(segment.number)
    }

    /// Brings the files of segments here, where they are not, and keeps them for as long as what it gives is held. Whoever
    /// reads a segment's file holds it. Blocks for as long as downloads take; takes as much room as it needs.
    pub fn hold(&self, segments: &[Arc<Segment>]) -> Result<Held, Error> {
        let held = self.files.hold(segments.iter().map(AsRef::as_ref), Need::Work)?;
        Ok(held.keeping(segments))
    }

    /// The same for a question that waits until an instant: it may not want more than there is room for, and waits while
    /// others take the room.
    pub fn hold_until(&self, segments: &[Arc<Segment>], until: Instant) -> Result<Held, Error> {
        let held = self.files.hold(segments.iter().map(AsRef::as_ref), Need::Question(until))?;
        Ok(held.keeping(segments))
    }
}
