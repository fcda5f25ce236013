//! A backup: another data folder, as this one was at one instant, made while it is in use.
//!
//! Segments never change, so they are linked where that is possible and copied elsewhere. The log is copied up to
//! where it stands, then the catalog as one transaction sees it; no sealing is recorded in between, so that the
//! copied log goes on where the copied catalog ends. What is made from these is left out: the folder's first start
//! makes it anew.
//!
//! Everything that was acknowledged before the backup began is in it.

use super::log::{self, sync_folder};
use super::relations::literal;
use super::{Error, Store, cloud, lock, record};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    /// Segments.
    pub segments: u64,
    /// Events in them.
    pub sealed_events: u64,
    /// Bytes of all its files.
    pub bytes: u64,
}

impl Store {
    /// Makes a backup in a folder that is not there yet. Blocks for as long as copying takes.
    ///
    /// It has another name until it is whole, so that one which was interrupted is not taken for a backup.
    pub fn backup(&self, out: &Path) -> Result<BackedUp, Error> {
        if self.is_replica() {
            return Err(Error::ReadOnly);
        }
        check_absent(out)?;
        let mut partial = out.as_os_str().to_owned();
        partial.push(".partial");
        let partial = Path::new(&partial);
        if partial.exists() {
            std::fs::remove_dir_all(partial).map_err(Error::io(partial))?;
        }
        let made = self.fill(partial).inspect_err(|_| {
            // What was begun is of no use; where it cannot be removed, the next backup of this name does.
            let _ = std::fs::remove_dir_all(partial);
        })?;
        std::fs::rename(partial, out).map_err(Error::io(out))?;
        sync_folder(out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
        Ok(made)
    }

    fn fill(&self, out: &Path) -> Result<BackedUp, Error> {
        private_folder(out)?;
        for part in ["log", "segments"] {
            private_folder(&out.join(part))?;
        }
        let connection = self.connection()?;
        let mut made = BackedUp { segments: 0, sealed_events: 0, bytes: 0 };
        let snapshot = {
            let _alone = lock(&self.recording);
            let sealed = record::progress(&connection)?.generation;
            for (number, path) in log::files(&self.folder.join("log"))? {
                if number > sealed {
                    made.bytes += copy(&path, &log::LogFile::path(&out.join("log"), number))?;
                }
            }
            let catalog = out.join("catalog.duckdb");
            let target = literal(&catalog);
            connection.execute_batch(&format!("attach {target} as backup"))?;
            let copied = connection.execute_batch("copy from database catalog to backup");
            // Its segments are all in it, and the objects are those of the folder it was made of.
            let copied = copied.map_err(Error::from).and_then(|()| cloud::detach_copy(&connection, "backup"));
            connection.execute_batch("detach backup")?;
            copied?;
            made.bytes += synced(&catalog)?;
            // The files it lists stay as long as it is held.
            self.snapshot()
        };
        for segment in &*snapshot.segments {
            let _held = self.hold(std::slice::from_ref(segment))?;
            let target = super::segment::path(&out.join("segments"), segment.number);
            if std::fs::hard_link(&segment.path, &target).is_err() {
                copy(&segment.path, &target)?;
            }
            made.segments += 1;
            made.sealed_events += segment.events;
            made.bytes += segment.bytes;
        }
        for folder in [&out.join("log"), &out.join("segments"), out] {
            sync_folder(folder)?;
        }
        Ok(made)
    }
}

/// Fails where something is in the place of what is about to be made.
pub(super) fn check_absent(folder: &Path) -> Result<(), Error> {
    if !folder.exists() {
        return Ok(());
    }
    let taken = std::io::Error::new(ErrorKind::AlreadyExists, "it is there already; name a new folder");
    Err(Error::io(folder)(taken))
}

/// Makes a folder that its owner alone may look into: it holds all that is stored.
pub(super) fn private_folder(folder: &Path) -> Result<(), Error> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(Error::io(folder))
}

/// Copies a file as it is now, durably; gives its bytes.
fn copy(from: &Path, to: &Path) -> Result<u64, Error> {
    std::fs::copy(from, to).map_err(Error::io(to))?;
    synced(to)
}

fn synced(path: &Path) -> Result<u64, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    file.sync_all().map_err(Error::io(path))?;
    Ok(file.metadata().map_err(Error::io(path))?.len())
}
