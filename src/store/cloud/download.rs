//! Bringing the file of a segment back from object storage, whole or not at all.

use super::{Cloud, Files, listed};
use crate::store::log::sync_folder;
use crate::store::{Error, Segment, segment};
use duckdb::Connection;
use std::path::Path;

impl Cloud {
    /// Downloads the file of a segment. It has another name until every byte is what was written.
    pub(super) fn download(&self, segment: &Segment, folder: &Path) -> Result<(), Error> {
        let temporary = segment.path.with_extension("coming");
        let brought = self.download_to(segment, &temporary);
        if brought.is_err() {
            // Where it cannot be removed, the next download of it writes over it, or the next start removes it.
            let _ = std::fs::remove_file(&temporary);
        }
        brought?;
        std::fs::rename(&temporary, &segment.path).map_err(Error::io(&segment.path))?;
        sync_folder(folder)
    }

    fn download_to(&self, segment: &Segment, file: &Path) -> Result<(), Error> {
        let name = segment.object();
        let bad =
            |what: &str, is_there| Error::BadObject { name: name.clone(), what: what.to_owned(), is_there };
        let is_there = self.objects.get_file(&name, file);
        self.asked(&is_there);
        if !is_there? {
            return Err(bad("is not there", false));
        }
        let (bytes, crc32) = segment::checksum(file)?;
        if bytes != segment.bytes {
            return Err(bad(&format!("has {bytes} bytes instead of {}", segment.bytes), true));
        }
        if crc32 != segment.crc32 {
            return Err(bad("has another checksum than was recorded", true));
        }
        self.counts.downloaded(bytes);
        Ok(())
    }
}

impl Files {
    /// Takes note that an object is not what was written, durably: it is not read any more, and is sent again where the
    /// file is here.
    pub(in crate::store) fn spoil(
        &self,
        connection: &Connection,
        segment: &Segment,
        what: &str,
    ) -> Result<(), Error> {
        tracing::error!(object.name = segment.object(), what, "an object is not what was written");
        listed::spoiled(connection, &segment.object(), what)?;
        self.set_stored(segment.number, false);
        Ok(())
    }
}
