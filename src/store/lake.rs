//! The lake: what another engine reads of the segments, as Parquet files.
//!
//! A segment's whole events are in its own file. What is derived from it is a table of DuckDB's, which nobody else reads;
//! the same rows are written to `lake/NAME_NUMBER.parquet` when another engine needs them, or when the segment is made
//! ([`super::Options::publish`]). Like segments these files are never modified, no name is given twice, and they go when
//! nobody holds an instant that lists their segment. So an engine that is told the files of one instant sees that instant,
//! whatever is sealed, compacted or erased meanwhile. All of them can be made anew.
//!
//! What is known of groups, profiles, memberships and texts is not here: no other engine is asked about it.
//!
//! Failure story: the process dies while a file is written. It has a temporary name, which the next start removes.

use super::log::sync_folder;
use super::relations::{Derived, Sealed, literal};
use super::snapshot::Segment;
use super::{Error, Store, lock};
use rand::TryRngCore;
use rand::rngs::OsRng;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where the files are.
const FOLDER: &str = "lake";
/// Holds what tells this lake from every other.
const ID: &str = "id";

impl Store {
    /// What tells this lake from every other, so that engines that serve several do not mix them.
    pub fn lake_id(&self) -> Result<String, Error> {
        let _alone = lock(&self.publishing);
        let folder = self.lake()?;
        let path = folder.join(ID);
        match std::fs::read_to_string(&path) {
            Ok(id) if !id.is_empty() => return Ok(id),
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(Error::io(&path)(error)),
            _ => {}
        }
        let id = fresh_id()?;
        let temporary = folder.join("id.tmp");
        std::fs::write(&temporary, &id).map_err(Error::io(&temporary))?;
        std::fs::rename(&temporary, &path).map_err(Error::io(&path))?;
        Ok(id)
    }

    /// The file with a segment's rows of a kind; it is written first where it is not there. Stays as long as an instant is
    /// held that lists the segment; that of whole events as long as it is held ([`Store::hold`]). Blocks for as long as
    /// writing takes.
    pub fn lake_file(&self, segment: &Segment, sealed: Sealed) -> Result<PathBuf, Error> {
        let Sealed::Derived(derived) = sealed else { return Ok(segment.path.clone()) };
        let path = file(&self.folder, derived, segment.number);
        if path.exists() {
            return Ok(path);
        }
        let _alone = lock(&self.publishing);
        if path.exists() {
            return Ok(path);
        }
        let folder = self.lake()?;
        let temporary = path.with_extension("tmp");
        let target = literal(&temporary);
        self.connection()?.execute_batch(&format!(
            "copy (select * from {}) to {target} (format parquet, parquet_version v2, compression zstd, row_group_size 122880)",
            derived.table(segment.number)
        ))?;
        File::open(&temporary).and_then(|file| file.sync_all()).map_err(Error::io(&temporary))?;
        std::fs::rename(&temporary, &path).map_err(Error::io(&path))?;
        sync_folder(&folder)?;
        Ok(path)
    }

    /// Writes the files of the newest segment, where they are wanted at once. What fails is tried again when it is needed.
    pub(super) fn publish_newest(&self) {
        if !self.publishes {
            return;
        }
        let snapshot = self.snapshot();
        let Some(newest) = snapshot.segments.iter().max_by_key(|segment| segment.number) else { return };
        for derived in Derived::ALL {
            if let Err(error) = self.lake_file(newest, Sealed::Derived(derived)) {
                tracing::warn!(%error, segment.number = newest.number, "a file of the lake could not be written yet");
                return;
            }
        }
    }

    fn lake(&self) -> Result<PathBuf, Error> {
        let folder = self.folder.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder))?;
        Ok(folder)
    }
}

/// A name that nothing else has: no other lake, no other instant's facts.
pub(super) fn fresh_id() -> Result<String, Error> {
    let number = OsRng.try_next_u64().map_err(|error| Error::Full(std::io::Error::other(error)))?;
    Ok(format!("{number:016x}"))
}

fn file(folder: &Path, derived: Derived, segment: u64) -> PathBuf {
    folder.join(FOLDER).join(format!("{}_{segment:010}.parquet", derived.name()))
}

/// Removes the files of a segment.
pub(super) fn remove_of(folder: &Path, segment: u64) -> Result<(), Error> {
    Derived::ALL.into_iter().try_for_each(|derived| remove_file(&file(folder, derived, segment)))
}

/// Removes files of segments that are not there, and what was not finished. Nothing may be written meanwhile.
pub(super) fn tidy(folder: &Path, is_there: impl Fn(u64) -> bool) -> Result<(), Error> {
    let lake = folder.join(FOLDER);
    let entries = match std::fs::read_dir(&lake) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::io(&lake))?,
    };
    for entry in entries {
        let path = entry.map_err(Error::io(&lake))?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let number = stem.rsplit_once('_').and_then(|(_, number)| number.parse().ok());
        let is_whole = path.extension().is_none_or(|extension| extension != "tmp");
        if !is_whole || !number.map_or(stem == ID, &is_there) {
            remove_file(&path)?;
        }
    }
    Ok(())
}

/// Removes all of it.
pub(super) fn remove(folder: &Path) -> Result<(), Error> {
    let lake = folder.join(FOLDER);
    match std::fs::remove_dir_all(&lake) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(&lake)(error)),
        _ => Ok(()),
    }
}

fn remove_file(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}
