//! Segments: immutable Parquet files of events, sorted by tenant and time. Sealing writes one from the hot events of
//! a generation, compaction writes one from several.
//!
//! Failure stories.
//!
//! 1. The process dies while the file is written: it has a temporary name, which the next start removes; the
//!    log still holds the generation.
//! 2. The process dies after the rename and before the catalog lists the file: the file is an orphan, which the
//!    next start removes; the log still holds the generation, or the catalog the files that were to be replaced.
//! 3. The process dies after the catalog lists it and before the log file is removed: the next start sees that
//!    the generation is sealed and removes the log file.
//! 4. The process dies after a compaction is recorded and before the replaced files are removed: they are orphans,
//!    which the next start removes.

use super::relations::literal;
use super::snapshot::{Released, Segment};
use super::{Error, log::sync_folder};
use duckdb::Connection;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

/// What a segment's events cover.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) events: u64,
    pub(super) projects: (u32, u32),
    pub(super) instants: (i64, i64),
    pub(super) seqs: (u64, u64),
}

impl Extent {
    /// That of a relation of events; `None` when it has none.
    pub(super) fn of(connection: &Connection, events: &str) -> Result<Option<Self>, Error> {
        let sql = format!(
            "select count(*), coalesce(min(seq), 0), coalesce(max(seq), 0), coalesce(min(project), 0), coalesce(max(project), 0),
             coalesce(min(epoch_us(occurred_at)), 0), coalesce(max(epoch_us(occurred_at)), 0) from {events}"
        );
        let extent = connection.query_row(&sql, [], |row| {
            Ok(Self {
                events: row.get(0)?,
                seqs: (row.get(1)?, row.get(2)?),
                projects: (row.get(3)?, row.get(4)?),
                instants: (row.get(5)?, row.get(6)?),
            })
        })?;
        Ok((extent.events > 0).then_some(extent))
    }

    /// That of several segments together.
    pub(super) fn around<'a>(segments: impl Iterator<Item = &'a Segment>) -> Option<Self> {
        let of = |segment: &Segment| Self {
            events: segment.events,
            projects: segment.projects,
            instants: segment.instants,
            seqs: segment.seqs,
        };
        segments.map(of).reduce(|a, b| Self {
            events: a.events + b.events,
            projects: (a.projects.0.min(b.projects.0), a.projects.1.max(b.projects.1)),
            instants: (a.instants.0.min(b.instants.0), a.instants.1.max(b.instants.1)),
            seqs: (a.seqs.0.min(b.seqs.0), a.seqs.1.max(b.seqs.1)),
        })
    }
}

/// The file of a segment.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:010}.parquet"))
}

/// Writes events, a relation, to the file of a new segment.
///
/// When this returns, the file is durable under its final name, and nothing refers to it yet.
pub(super) fn write(
    connection: &Connection,
    folder: &Path,
    number: u64,
    events: &str,
    extent: Extent,
    on_drop: Sender<Released>,
) -> Result<Segment, Error> {
    let path = path(folder, number);
    let temporary = path.with_extension("tmp");
    let target = literal(&temporary);
    connection.execute_batch(&format!(
        "copy (select * from {events} order by project, occurred_at, seq)
         to {target} (format parquet, parquet_version v2, compression zstd, row_group_size 61440)"
    ))?;
    let file = File::open(&temporary).map_err(Error::io(&temporary))?;
    file.sync_all().map_err(Error::Full)?;
    let (bytes, crc32) = checksum(&temporary)?;
    std::fs::rename(&temporary, &path).map_err(Error::io(&path))?;
    sync_folder(folder)?;
    let Extent { events, projects, instants, seqs } = extent;
    let (merged_at, is_replaced) = (None, AtomicBool::new(false));
    Ok(Segment {
        number,
        path,
        events,
        bytes,
        crc32,
        projects,
        instants,
        seqs,
        merged_at,
        is_replaced,
        on_drop,
    })
}

/// The size and CRC-32 of a file.
pub(super) fn checksum(path: &Path) -> Result<(u64, u32), Error> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let (mut hasher, mut bytes, mut buffer) = (crc32fast::Hasher::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).map_err(Error::io(path))?;
        if read == 0 {
            return Ok((bytes, hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Removes temporary files and, where all that the catalog lists is there, files that it does not list.
pub(super) fn collect(folder: &Path, listed: &[Segment], is_whole: bool) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if listed.iter().any(|segment| segment.path == path) {
            continue;
        }
        let file = path.display();
        if !is_whole && path.extension().is_some_and(|extension| extension == "parquet") {
            tracing::warn!(segment.file = %file, "kept a file that no catalog entry lists, as others are missing");
            continue;
        }
        tracing::info!(segment.file = %file, "removed a file that no catalog entry lists");
        std::fs::remove_file(&path).map_err(Error::io(&path))?;
    }
    Ok(())
}
