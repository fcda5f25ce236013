//! Erasing: what is stored of a profile or a group goes from every file.
//!
//! Whoever is erased goes by key (`erasures.rs`). Segments that hold rows of it are written anew without them, and the
//! old ones collected when nobody reads them any more; then the catalog's rows, the texts of keys and the indexes.
//! Logs are gone by then, as all that is erased is sealed first.
//!
//! Every step may be done again, and is when it was interrupted: an erasure is finished when all of them went well.
//!
//! Failure stories.
//!
//! 1. The process dies while segments are rewritten: each is replaced in one step, and what else an erasure takes
//!    (devices, texts) was recorded before the first. The next start goes on with those that are left.
//! 2. A reader holds an instant from before: its files and rows stay until it is gone, and so long the erasure is not
//!    finished. Nobody else sees them.
//! 3. A segment or a log is put aside as damaged: what it holds cannot be rewritten. The erasure is not finished as long
//!    as a file is in `damaged/`.
//! 4. The object of a replaced segment is in object storage, or objects with what was known of whoever is erased: it is not
//!    finished before they are deleted (`cloud/sweep.rs`, `published/sweep.rs`).

use super::cloud::Need;
use super::erasures::{self, AtWork};
use super::facts::Table;
use super::relations::{Derived, Within};
use super::seen::Seen;
use super::segment::{self, Extent};
use super::snapshot::Segment;
use super::{Error, Store, blank, derive, lake, lock, log, record};
use crate::domain::erasure::Subject;
use crate::domain::identity::ProjectKey;
use chrono::{DateTime, Utc};
use duckdb::Connection;
use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

/// How far erasing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasing {
    /// There is nothing to erase that is sealed.
    Idle,
    /// Somebody still reads what is erased, or a file of it could not be reached: ask again.
    Waiting,
}

impl Store {
    /// Carries out the erasures that can be, or goes on with them.
    ///
    /// Blocks for as long as writing takes; run it off the request path. After a failure it may be tried again.
    pub fn erase(&self, now: DateTime<Utc>) -> Result<Erasing, Error> {
        let mut connection = self.connection()?;
        let sealed = record::progress(&connection)?.generation;
        let mut due = erasures::due(&connection, sealed)?;
        if due.is_empty() {
            return Ok(Erasing::Idle);
        }
        let alone = lock(&self.reshaping);
        for erasure in due.iter_mut().filter(|erasure| erasure.devices.is_none()) {
            self.extend(&connection, erasure)?;
            erasures::extended(&connection, erasure)?;
        }
        let is_changed = self.rewrite_segments(&mut connection, &due)?;
        drop(alone);
        let (is_read, last) = self.is_read(&due, is_changed);
        if is_read {
            return Ok(Erasing::Waiting);
        }
        self.remove_released();
        if !self.are_files_gone(sealed)? {
            return Ok(Erasing::Waiting);
        }
        self.forget_texts_once(&connection, &due)?;
        if !self.are_objects_gone(last)? || !self.is_published_clean() {
            return Ok(Erasing::Waiting);
        }
        for erasure in &due {
            erasures::finished(&connection, erasure, now)?;
        }
        let keys: HashSet<u32> = due.iter().map(|erasure| erasure.key).collect();
        self.publish(|snapshot| {
            snapshot.erased = snapshot.erased.iter().copied().filter(|key| !keys.contains(key)).collect();
        });
        for erasure in &due {
            self.tell_erasure(erasure.project);
        }
        *lock(&self.erasing) = None;
        tracing::info!(erasures = due.len(), "erased");
        Ok(Erasing::Idle)
    }

    /// Finds out what goes with a profile: the devices that it alone used, and texts that may be on none but its events.
    fn extend(&self, connection: &Connection, erasure: &mut AtWork) -> Result<(), Error> {
        erasure.devices = Some(Vec::new());
        if erasure.subject == Subject::Group {
            return Ok(());
        }
        let (snapshot, key) = (self.snapshot(), erasure.key);
        let within = Within { project: Some(erasure.project), from: i64::MIN, to: i64::MAX, after_seq: 0 };
        let project = erasure.project.0;
        erasure.devices = Some(self.own_devices(connection, &snapshot, erasure.project, key)?);
        let holds = condition(std::slice::from_ref(erasure));
        let placed = snapshot.placed(Derived::ByName, Some(within));
        erasure.texts = keys(
            connection,
            &format!(
                "select distinct unnest([name_key, path_key, user_key]) as key from {placed}
                 where project = {project} and ({holds})"
            ),
        )?;
        erasure.texts.retain(|text| *text != key);
        Ok(())
    }

    /// Writes anew every segment that holds rows of these erasures; tells whether there were any.
    fn rewrite_segments(&self, connection: &mut Connection, due: &[AtWork]) -> Result<bool, Error> {
        let (holds, groups) = (condition(due), groups(due));
        let mut affected = Vec::new();
        for segment in &*self.snapshot().segments {
            let sql = format!(
                "select count(*) > 0 from {} where ({holds}) or group_key in ({groups})",
                Derived::ByGroup.table(segment.number)
            );
            if connection.query_row(&sql, [], |row| row.get(0))? {
                affected.push(Arc::clone(segment));
            }
        }
        // A wrong byte must not get into a new file with a checksum of its own.
        let mut damaged = HashSet::new();
        for segment in &affected {
            if self.put_aside_damaged(std::slice::from_ref(segment))? {
                damaged.insert(segment.number);
            }
        }
        affected.retain(|segment| !damaged.contains(&segment.number));
        if affected.is_empty() {
            return Ok(false);
        }
        // First the ids: an event that is gone and known would be refused when it comes again.
        let mut ids = HashSet::new();
        for segment in &affected {
            let held = self.hold(std::slice::from_ref(segment))?;
            let sql =
                format!("select project, id from read_parquet([{}]) where {holds}", segment.literal(&held));
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                ids.insert(Seen::hash(ProjectKey(row.get(0)?), &row.get::<_, String>(1)?));
            }
        }
        if !ids.is_empty() {
            self.seen.0.retain(|hash, _| !ids.contains(&hash))?;
        }
        for segment in &affected {
            self.rewrite(connection, segment, &holds, &groups)?;
        }
        let projects: HashSet<ProjectKey> = due.iter().map(|erasure| erasure.project).collect();
        for project in projects {
            self.tell_erasure(project);
        }
        Ok(true)
    }

    /// Writes a segment anew, without the events that a condition holds for and without some groups on the others.
    fn rewrite(
        &self,
        connection: &mut Connection,
        old: &Arc<Segment>,
        holds: &str,
        groups: &str,
    ) -> Result<(), Error> {
        let held = self.hold(std::slice::from_ref(old))?;
        let events = format!(
            "(select * replace (
                  list_filter(groups, lambda g, i: not coalesce(group_keys[i] in ({groups}), false)) as groups,
                  list_filter(group_keys, lambda k: not coalesce(k in ({groups}), false)) as group_keys)
              from read_parquet([{}]) where ({holds}) is not true)",
            old.literal(&held)
        );
        let new = match Extent::of(connection, &events)? {
            None => None,
            Some(extent) => {
                let (folder, number) = (self.folder.join("segments"), self.next_segment());
                let on_drop = self.on_drop.clone();
                let segment = segment::write(connection, &folder, number, &events, extent, on_drop)?;
                self.files.add(&segment, false);
                let held = self.files.hold([&segment], Need::Work)?;
                derive::rebuild(connection, &segment, &held)?;
                Some(segment)
            }
        };
        let _alone = lock(&self.recording);
        record::rewritten(connection, old.number, new.as_ref())?;
        self.publish(|snapshot| {
            let mut segments = snapshot.segments.to_vec();
            let place = segments.iter().position(|other| other.number == old.number);
            if let Some(place) = place {
                segments.splice(place..=place, new.map(Arc::new));
            }
            snapshot.segments = segments.into();
        });
        old.is_replaced.store(true, Ordering::Release);
        self.publish_newest();
        Ok(())
    }

    /// Whether somebody holds an instant from before these erasures were out of sight; and the highest number that a
    /// segment had by then.
    fn is_read(&self, due: &[AtWork], is_changed: bool) -> (bool, u64) {
        let ids: Vec<String> = due.iter().map(|erasure| erasure.id.clone()).collect();
        let mut erasing = lock(&self.erasing);
        if is_changed || erasing.as_ref().is_none_or(|(known, ..)| *known != ids) {
            let mut before = Weak::new();
            self.publish(|snapshot| {
                before = Arc::downgrade(&std::mem::take(&mut snapshot.era));
            });
            *erasing = Some((ids, before, self.last_segment.load(Ordering::Relaxed)));
        }
        let known = erasing.as_ref();
        known.map_or((false, 0), |(_, before, last)| (before.strong_count() > 0, *last))
    }

    /// Whether every file is gone that may hold what is erased: replaced segments, sealed logs, what is put aside.
    fn are_files_gone(&self, sealed: u64) -> Result<bool, Error> {
        for (number, path) in log::files(&self.folder.join("log"))? {
            if number <= sealed {
                std::fs::remove_file(&path).map_err(Error::io(&path))?;
            }
        }
        let (folder, snapshot) = (self.folder.join("segments"), self.snapshot());
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            if !snapshot.segments.iter().any(|segment| segment.path == path) {
                return Ok(false);
            }
        }
        let _alone = lock(&self.publishing);
        lake::tidy(&self.folder, |number| snapshot.segments.iter().any(|segment| segment.number == number))?;
        // A segment that is missing may be put back.
        let is_missing = self.damaged().iter().any(|damaged| damaged.segment.is_some());
        let aside = self.folder.join("damaged");
        let is_put_aside =
            aside.exists() && std::fs::read_dir(&aside).map_err(Error::io(&aside))?.next().is_some();
        Ok(!is_missing && !is_put_aside)
    }

    /// Does so unless it did for these erasures already.
    fn forget_texts_once(&self, connection: &Connection, due: &[AtWork]) -> Result<(), Error> {
        let ids: Vec<String> = due.iter().map(|erasure| erasure.id.clone()).collect();
        if *lock(&self.forgotten) != ids {
            self.forget_texts(connection, due)?;
            *lock(&self.forgotten) = ids;
            self.want_base();
        }
        Ok(())
    }

    /// Removes the catalog's rows and the texts of keys, and leaves no trace of them in its file.
    fn forget_texts(&self, connection: &Connection, due: &[AtWork]) -> Result<(), Error> {
        let mut gone: BTreeSet<u32> = due.iter().map(|erasure| erasure.key).collect();
        let texts: BTreeSet<u32> = due.iter().flat_map(|erasure| erasure.texts.iter().copied()).collect();
        // Most texts are on other events too; only for those that are not, others wait.
        let unused = self.unused(connection, &texts)?;
        if !unused.is_empty() {
            let _held = self.keys.hold();
            let unused = self.unused(connection, &unused)?;
            self.keys.forget(unused.iter().copied());
            gone.extend(unused);
        }
        self.keys.known.retain(|_, key| !gone.contains(&key))?;
        {
            let _alone = lock(&self.recording);
            for table in Table::ALL.iter().filter(|table| **table != Table::Events) {
                let columns = if *table == Table::Keys { &["key"] } else { table.subjects() };
                blank::remove(connection, table.name(), columns, &gone)?;
            }
            blank::remove(connection, "groups", Table::GroupVersions.subjects(), &gone)?;
        }
        blank::remove(&lock(&self.root), "documents", &[], &gone)?;
        blank::overwrite(connection)
    }

    /// Which of some keys of names, paths and users are on no event.
    fn unused(&self, connection: &Connection, texts: &BTreeSet<u32>) -> Result<BTreeSet<u32>, Error> {
        if texts.is_empty() {
            return Ok(BTreeSet::new());
        }
        let list = list(texts.iter().copied());
        let placed = self.snapshot().placed(Derived::ByName, None);
        let parts = ["name_key", "path_key", "user_key"].map(|column| {
            format!("select distinct {column} as key from {placed} where {column} in ({list})")
        });
        let used = keys(connection, &parts.join(" union all "))?;
        let used: HashSet<u32> = used.into_iter().collect();
        Ok(texts.iter().copied().filter(|text| !used.contains(text)).collect())
    }
}

/// Which events go, by their columns `user_key` and `seq`.
fn condition(due: &[AtWork]) -> String {
    let profiles = due.iter().filter(|erasure| erasure.subject == Subject::Profile);
    let users = list(profiles.clone().map(|erasure| erasure.key));
    let mut parts = vec![format!("user_key in ({users})")];
    for erasure in profiles {
        let devices = erasure.devices.as_deref().unwrap_or_default();
        if !devices.is_empty() {
            let devices = list(devices.iter().copied());
            parts.push(format!("(user_key in ({devices}) and seq <= {})", erasure.seq));
        }
    }
    parts.join(" or ")
}

/// The keys of groups that go from events.
fn groups(due: &[AtWork]) -> String {
    list(due.iter().filter(|erasure| erasure.subject == Subject::Group).map(|erasure| erasure.key))
}

/// Keys as a list in SQL; of none, one that nothing has.
fn list(keys: impl Iterator<Item = u32>) -> String {
    let keys: Vec<String> = keys.map(|key| key.to_string()).collect();
    if keys.is_empty() { "0".to_owned() } else { keys.join(", ") }
}

fn keys(connection: &Connection, sql: &str) -> Result<Vec<u32>, Error> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get::<_, Option<u32>>(0))?;
    let keys: Vec<Option<u32>> = rows.collect::<Result<_, _>>()?;
    Ok(keys.into_iter().flatten().collect())
}
