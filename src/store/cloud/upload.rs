//! Sending segments to object storage, one after the other, off the request path.

use super::{Cloud, attach, listed};
use crate::store::{Error, Segment, Store};
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Store {
    /// Does the next thing that is to be done in object storage: sends a segment that is not there, or deletes objects that
    /// nobody needs any more. Tells whether there may be more to do. Blocks for as long as that takes; after a failure it
    /// may be tried again.
    pub fn upload(&self, now: DateTime<Utc>) -> Result<bool, Error> {
        let Some(cloud) = &self.files.cloud else { return Ok(false) };
        let done = self.upload_next(cloud, now);
        cloud.asked(&done);
        done
    }

    /// Whether there is object storage.
    #[must_use]
    pub fn has_object_storage(&self) -> bool {
        self.files.cloud.is_some()
    }

    fn upload_next(&self, cloud: &Cloud, now: DateTime<Utc>) -> Result<bool, Error> {
        if !cloud.is_attached() {
            self.attach_late(cloud)?;
            return Ok(true);
        }
        if cloud.failure().is_some() {
            // Whether it answers again.
            cloud.objects.get(attach::NAME)?;
        }
        let snapshot = self.snapshot();
        let waiting = snapshot.segments.iter().find(|segment| !self.files.is_stored(segment.number));
        match waiting {
            Some(segment) => self.send(cloud, segment).map(|()| true),
            None => self.sweep(cloud, now),
        }
    }

    fn send(&self, cloud: &Cloud, segment: &Arc<Segment>) -> Result<(), Error> {
        // A wrong byte must not get there under a name that promises the right one.
        if self.put_aside_damaged(std::slice::from_ref(segment))? {
            return Ok(());
        }
        let (connection, name) = (self.connection()?, segment.object());
        listed::begun(&connection, segment)?;
        cloud.objects.put_file(&name, &segment.path)?;
        listed::set_whole(&connection, &name, true)?;
        self.files.set_stored(segment.number, true);
        cloud.counts.uploaded(segment.bytes);
        tracing::debug!(object.name = name, object.bytes = segment.bytes, "stored a segment as an object");
        self.files.make_room();
        Ok(())
    }

    /// What the start did not come to, as object storage did not answer.
    fn attach_late(&self, cloud: &Cloud) -> Result<(), Error> {
        let snapshot = self.snapshot();
        let mut connection = self.connection()?;
        attach::attach(&mut connection, &cloud.objects, snapshot.segments.iter().map(AsRef::as_ref))?;
        let stored = listed::whole(&connection)?;
        for segment in &*snapshot.segments {
            self.files.set_stored(segment.number, stored.contains(&segment.object()));
        }
        cloud.is_attached.store(true, Ordering::Release);
        tracing::info!("object storage answers, and its objects are this folder's");
        // What should be there and is not anywhere.
        let gone: Vec<Arc<Segment>> = snapshot
            .segments
            .iter()
            .filter(|segment| !self.files.is_stored(segment.number) && !segment.path.exists())
            .map(Arc::clone)
            .collect();
        self.put_aside_damaged(&gone)?;
        Ok(())
    }
}
