//! Deleting objects that nobody needs any more: those of replaced segments, and those that belong to none.
//!
//! They stay for a while, as somebody elsewhere may still read them, and as long as somebody here does. What is to be
//! deleted is in the catalog, so it is deleted after a restart too.

use super::{Cloud, listed};
use crate::store::{Error, Store};
use chrono::{DateTime, Utc};

impl Store {
    /// Deletes an object that nobody needs any more; tells whether there may be more.
    pub(super) fn sweep(&self, cloud: &Cloud, now: DateTime<Utc>) -> Result<bool, Error> {
        self.remove_released();
        let connection = self.connection()?;
        let keep = chrono::Duration::from_std(cloud.settings.keep).unwrap_or(chrono::Duration::MAX);
        let since = now.checked_sub_signed(keep).unwrap_or(DateTime::<Utc>::MIN_UTC);
        // Before it is known what is published, somebody may be led to any of them.
        let Some(published) = self.published_segments() else { return Ok(false) };
        let unused = listed::unused(&connection, &published, now, since)?;
        let Some((name, _)) = unused.into_iter().find(|(_, segment)| !self.files.is_known(*segment)) else {
            return Ok(false);
        };
        cloud.objects.delete(&name)?;
        listed::gone(&connection, &name)?;
        cloud.counts.deleted();
        tracing::debug!(object.name = name, "deleted an object that nobody needs any more");
        Ok(true)
    }

    /// Whether no object is left of segments up to a number that were replaced.
    pub(in crate::store) fn are_objects_gone(&self, up_to: u64) -> Result<bool, Error> {
        // Before its objects are listed, one may be there that nothing tells of.
        if self.files.cloud.as_ref().is_some_and(|cloud| !cloud.is_attached()) {
            return Ok(false);
        }
        Ok(!listed::is_unused_left(&self.connection()?, up_to)?)
    }
}
