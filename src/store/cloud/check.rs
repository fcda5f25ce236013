//! Checking objects: those that are not there as they were written are sent again where that is possible.

use super::{FOLDER, listed};
use crate::store::{Error, Store};
use std::collections::HashMap;

impl Store {
    /// Compares the names and sizes of objects with the segments whose files are here; what differs is sent again. The
    /// others were read to be checked.
    pub(in crate::store) fn check_objects(&self) -> Result<(), Error> {
        let Some(cloud) = self.files.cloud.as_ref().filter(|cloud| cloud.is_attached()) else {
            return Ok(());
        };
        let there: HashMap<String, u64> = cloud.objects.list(FOLDER)?.into_iter().collect();
        let connection = self.connection()?;
        for segment in &*self.snapshot().segments {
            let is_right = there.get(&segment.object()) == Some(&segment.bytes);
            if is_right || !self.files.is_stored(segment.number) || self.files.is_away(segment) {
                continue;
            }
            tracing::warn!(
                object.name = segment.object(),
                "an object is not there as it was written; it is sent again"
            );
            listed::set_whole(&connection, &segment.object(), false)?;
            self.files.set_stored(segment.number, false);
        }
        Ok(())
    }
}
