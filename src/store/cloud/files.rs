//! The files of segments: which are here, which are in object storage, and who holds them.
//!
//! A file is put out when there are more bytes than the cache may have, it is in object storage, and nobody holds it; that
//! which was held the longest ago goes first.

use super::{Cloud, Need};
use crate::store::{Error, Segment, lock};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Files that one holder has downloaded at once.
const AT_ONCE: usize = 4;

/// The files of segments.
#[derive(Debug)]
pub(in crate::store) struct Files {
    pub(super) folder: PathBuf,
    pub(super) cloud: Option<Cloud>,
    entries: Mutex<Entries>,
    /// Told when a download ended or a file is held no more.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Entries {
    of: HashMap<u64, Entry>,
    /// Counts up with every use.
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    path: PathBuf,
    bytes: u64,
    place: Place,
    is_stored: bool,
    holders: usize,
    used: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Here,
    /// Somebody downloads it.
    Coming,
    Away,
}

impl Entries {
    fn bytes(&self, which: impl Fn(&Entry) -> bool) -> u64 {
        self.of.values().filter(|entry| which(entry)).map(|entry| entry.bytes).sum()
    }
}

/// Files that stay where they are for as long as this is held.
#[derive(Debug, Default)]
#[must_use]
pub struct Held {
    files: Option<Arc<Files>>,
    numbers: Vec<u64>,
    segments: Vec<Arc<Segment>>,
}

impl Held {
    /// The same, which keeps the segments too, so that none is removed as replaced.
    pub(super) fn keeping(mut self, segments: &[Arc<Segment>]) -> Self {
        self.segments.extend(segments.iter().map(Arc::clone));
        self
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(files) = self.files.take() else { return };
        {
            let mut entries = lock(&files.entries);
            for number in &self.numbers {
                if let Some(entry) = entries.of.get_mut(number) {
                    entry.holders = entry.holders.saturating_sub(1);
                }
            }
        }
        files.changed.notify_all();
        files.make_room();
    }
}

impl Files {
    /// The files of the listed segments, of which these objects are in object storage.
    pub(super) fn new(
        folder: PathBuf,
        cloud: Option<Cloud>,
        segments: &[Segment],
        stored: &HashSet<String>,
    ) -> Self {
        let files = Self { folder, cloud, entries: Mutex::default(), changed: Condvar::new() };
        for segment in segments {
            files.add(segment, stored.contains(&segment.object()));
        }
        files
    }

    /// Takes note of a new file.
    pub(in crate::store) fn add(&self, segment: &Segment, is_stored: bool) {
        let (path, bytes) = (segment.path.clone(), segment.bytes);
        let place = if path.exists() { Place::Here } else { Place::Away };
        let mut entries = lock(&self.entries);
        entries.uses += 1;
        let used = entries.uses;
        entries.of.insert(segment.number, Entry { path, bytes, place, is_stored, holders: 0, used });
    }

    /// Takes note that there is no such segment any more.
    pub(in crate::store) fn forget(&self, number: u64) {
        lock(&self.entries).of.remove(&number);
    }

    /// Whether somebody may still read the file of a segment.
    pub(super) fn is_known(&self, number: u64) -> bool {
        lock(&self.entries).of.contains_key(&number)
    }

    /// Whether the file is only in object storage.
    pub(in crate::store) fn is_away(&self, segment: &Segment) -> bool {
        let entries = lock(&self.entries);
        entries.of.get(&segment.number).is_some_and(|entry| entry.is_stored && entry.place == Place::Away)
    }

    /// Whether object storage has the file.
    pub(super) fn is_stored(&self, number: u64) -> bool {
        lock(&self.entries).of.get(&number).is_some_and(|entry| entry.is_stored)
    }

    /// Takes note of whether object storage has the file.
    pub(super) fn set_stored(&self, number: u64, is_stored: bool) {
        if let Some(entry) = lock(&self.entries).of.get_mut(&number) {
            entry.is_stored = is_stored;
        }
    }

    /// Bytes of files that are here, and how many are here alone.
    pub(super) fn here(&self) -> (u64, u64) {
        let entries = lock(&self.entries);
        let alone = entries.of.values().filter(|entry| !entry.is_stored).count();
        (entries.bytes(|entry| entry.place == Place::Here), alone as u64)
    }

    /// Brings the files of segments here and keeps them until what it gives is dropped.
    pub(in crate::store) fn hold<'s>(
        self: &Arc<Self>,
        segments: impl IntoIterator<Item = &'s Segment>,
        need: Need,
    ) -> Result<Held, Error> {
        let Some(cloud) = &self.cloud else { return Ok(Held::default()) };
        let mut wanted: Vec<&Segment> = segments.into_iter().collect();
        wanted.sort_unstable_by_key(|segment| segment.number);
        wanted.dedup_by_key(|segment| segment.number);
        if wanted.is_empty() {
            return Ok(Held::default());
        }
        let (held, missing) = self.pin(cloud, &wanted, need)?;
        if let (Need::Question(_), false, Some(why)) = (need, missing.is_empty(), cloud.rests()) {
            // Questions that wait for nothing would keep others from being answered.
            return Err(Error::objects("", why));
        }
        self.bring_all(cloud, &missing)?;
        Ok(held)
    }

    /// Keeps what is here from being put out, once there is room for all of it; tells what is not here.
    fn pin<'s>(
        self: &Arc<Self>,
        cloud: &Cloud,
        wanted: &[&'s Segment],
        need: Need,
    ) -> Result<(Held, Vec<&'s Segment>), Error> {
        let mut entries = lock(&self.entries);
        if let Need::Question(until) = need {
            entries = self.until_there_is_room(entries, cloud, wanted, until)?;
        }
        entries.uses += 1;
        let used = entries.uses;
        let mut missing = Vec::new();
        for segment in wanted {
            let Some(entry) = entries.of.get_mut(&segment.number) else { continue };
            entry.holders += 1;
            entry.used = used;
            if entry.place == Place::Here && !entry.path.exists() {
                entry.place = Place::Away;
            }
            if entry.place != Place::Here {
                missing.push(*segment);
            }
        }
        let numbers = wanted.iter().map(|segment| segment.number).collect();
        drop(entries);
        Ok((Held { files: Some(Arc::clone(self)), numbers, segments: Vec::new() }, missing))
    }

    fn until_there_is_room<'e>(
        &self,
        mut entries: MutexGuard<'e, Entries>,
        cloud: &Cloud,
        wanted: &[&Segment],
        until: Instant,
    ) -> Result<MutexGuard<'e, Entries>, Error> {
        let limit = cloud.settings.question_bytes;
        let numbers: HashSet<u64> = wanted.iter().map(|segment| segment.number).collect();
        loop {
            // What is not in object storage yet is here anyway.
            let own = |number: &u64| entries.of.get(number).filter(|entry| entry.is_stored);
            let bytes: u64 = numbers.iter().filter_map(own).map(|entry| entry.bytes).sum();
            if bytes > limit {
                return Err(Error::TooMuch { bytes, limit });
            }
            let others = entries
                .of
                .iter()
                .filter(|(number, entry)| entry.is_stored && entry.holders > 0 && !numbers.contains(number));
            let others: u64 = others.map(|(_, entry)| entry.bytes).sum();
            if others == 0 || others + bytes <= limit {
                return Ok(entries);
            }
            let Some(rest) = until.checked_duration_since(Instant::now()) else {
                return Err(Error::NoRoom { limit });
            };
            let told = self.changed.wait_timeout(entries, rest);
            entries = told.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Brings files here, some at once.
    fn bring_all(&self, cloud: &Cloud, missing: &[&Segment]) -> Result<(), Error> {
        if let [one] = missing {
            return self.bring(cloud, one);
        }
        let (next, failed) = (Mutex::new(missing.iter()), Mutex::new(None));
        let work = || {
            while lock(&failed).is_none() {
                let Some(segment) = lock(&next).next() else { return };
                if let Err(error) = self.bring(cloud, segment) {
                    lock(&failed).get_or_insert(error);
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(missing.len()) {
                scope.spawn(work);
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// Brings a file here; where somebody does so already, waits for that.
    fn bring(&self, cloud: &Cloud, segment: &Segment) -> Result<(), Error> {
        let mut entries = lock(&self.entries);
        loop {
            match entries.of.get_mut(&segment.number) {
                None | Some(Entry { place: Place::Here, .. }) => return Ok(()),
                Some(entry) if entry.place == Place::Away => {
                    entry.place = Place::Coming;
                    break;
                }
                Some(_) => {
                    entries = self.changed.wait(entries).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
        drop(entries);
        self.download(cloud, segment)
    }

    /// Downloads a file that is marked as coming.
    fn download(&self, cloud: &Cloud, segment: &Segment) -> Result<(), Error> {
        let downloaded = cloud.download(segment, &self.folder);
        let is_here = downloaded.is_ok() || segment.path.exists();
        if let Some(entry) = lock(&self.entries).of.get_mut(&segment.number) {
            entry.place = if is_here { Place::Here } else { Place::Away };
        }
        self.changed.notify_all();
        downloaded
    }

    /// Brings a file again that is here and is not what was written; tells whether object storage has it.
    pub(in crate::store) fn bring_again(&self, segment: &Segment) -> Result<bool, Error> {
        let Some(cloud) = &self.cloud else { return Ok(false) };
        match lock(&self.entries).of.get_mut(&segment.number) {
            Some(entry) if entry.is_stored && entry.place != Place::Coming => entry.place = Place::Coming,
            _ => return Ok(false),
        }
        self.download(cloud, segment).map(|()| true)
    }

    /// Puts out files until there are no more bytes than the cache may have.
    pub(in crate::store) fn make_room(&self) {
        // What is there is known for certain once it was looked at.
        let Some(cloud) = self.cloud.as_ref().filter(|cloud| cloud.is_attached()) else { return };
        let mut entries = lock(&self.entries);
        let mut bytes = entries.bytes(|entry| entry.place == Place::Here);
        while bytes > cloud.settings.cache_bytes {
            let may_go =
                |entry: &&mut Entry| entry.place == Place::Here && entry.is_stored && entry.holders == 0;
            let Some(entry) = entries.of.values_mut().filter(may_go).min_by_key(|entry| entry.used) else {
                return;
            };
            bytes = bytes.saturating_sub(entry.bytes);
            entry.place = Place::Away;
            cloud.counts.put_out();
            match std::fs::remove_file(&entry.path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(segment.file = %entry.path.display(), %error, "a file could not be put out of the cache");
                    return;
                }
                _ => {}
            }
        }
    }
}
