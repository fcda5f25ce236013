//! Sealing: the hot events of a generation become one immutable Parquet file.
//!
//! Failure stories.
//!
//! 1. The process dies while the file is written: it has a temporary name, which the next start removes; the
//!    log still holds the generation.
//! 2. The process dies after the rename and before the catalog lists the file: the file is an orphan, which the
//!    next start removes; the log still holds the generation.
//! 3. The process dies after the catalog lists it and before the log file is removed: the next start sees that
//!    the generation is sealed and removes the log file.

use super::snapshot::Segment;
use super::{Error, log::sync_folder};
use duckdb::Connection;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// What sealing a generation's events made: the file's name, the segment, its first and last row number.
pub(crate) type SealedFile = (String, Segment, u64, u64);

/// Writes the events of a generation to a segment, sorted by tenant and time. `None` when it has no events.
///
/// When this returns, the file is durable under its final name, and nothing refers to it yet.
pub(crate) fn write(
    connection: &Connection,
    folder: &Path,
    generation: u64,
) -> Result<Option<SealedFile>, Error> {
    let hot = format!("hot.events_{generation}");
    let summary = format!(
        "select count(*), coalesce(min(seq), 0), coalesce(max(seq), 0), coalesce(min(project), 0), coalesce(max(project), 0),
         coalesce(min(epoch_us(occurred_at)), 0), coalesce(max(epoch_us(occurred_at)), 0) from {hot}"
    );
    let (events, first_seq, last_seq, projects, instants): (u64, u64, u64, (u32, u32), (i64, i64)) =
        connection.query_row(&summary, [], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                (row.get(3)?, row.get(4)?),
                (row.get(5)?, row.get(6)?),
            ))
        })?;
    if events == 0 {
        return Ok(None);
    }
    let name = format!("{generation:010}.parquet");
    let temporary = folder.join(format!("{name}.tmp"));
    let target = temporary.display().to_string().replace('\'', "''");
    connection.execute_batch(&format!(
        "copy (select * from {hot} order by project, occurred_at, seq)
         to '{target}' (format parquet, parquet_version v2, compression zstd, row_group_size 61440)"
    ))?;
    let file = File::open(&temporary).map_err(Error::io(&temporary))?;
    file.sync_all().map_err(Error::Full)?;
    let (bytes, crc32) = checksum(&temporary)?;
    let path = folder.join(&name);
    std::fs::rename(&temporary, &path).map_err(Error::io(&path))?;
    sync_folder(folder)?;
    let segment =
        Segment { path, events, bytes, crc32, projects, instants, is_replaced: AtomicBool::new(false) };
    Ok(Some((name, segment, first_seq, last_seq)))
}

/// The size and CRC-32 of a file.
pub(crate) fn checksum(path: &Path) -> Result<(u64, u32), Error> {
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

/// Removes what the catalog does not list: temporary files and orphans.
pub(crate) fn collect(folder: &Path, listed: &[Segment]) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        if !listed.iter().any(|segment| segment.path == path) {
            tracing::info!(segment.file = %path.display(), "removed a file that no catalog entry lists");
            std::fs::remove_file(&path).map_err(Error::io(&path))?;
        }
    }
    Ok(())
}
