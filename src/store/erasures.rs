//! Erasures as the catalog keeps them: accepted by the writer, carried out behind it (`erase.rs`), and remembered
//! without whom they concern.

use super::snapshot::Snapshot;
use super::{Appender, Error, KeyKind, Store, lock};
use crate::domain::erasure::{Erasure, Subject};
use crate::domain::identity::ProjectKey;
use crate::domain::time::new_id;
use chrono::{DateTime, Utc};
use duckdb::{Connection, Row, params};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Erasures that are told, at most, the latest.
const TOLD: usize = 1_000;

/// An erasure that is not finished.
#[derive(Debug, Clone)]
pub(super) struct AtWork {
    pub(super) id: String,
    pub(super) project: ProjectKey,
    pub(super) subject: Subject,
    /// What is stored up to this row is taken.
    pub(super) seq: u64,
    /// The key of the profile or the group.
    pub(super) key: u32,
    /// The keys of the devices that it alone used, once they are known.
    pub(super) devices: Option<Vec<u32>>,
    /// The keys of texts that may be on none but its events, once they are known.
    pub(super) texts: Vec<u32>,
}

impl Store {
    /// The erasures of a project, the latest first.
    pub fn erasures(&self, project: ProjectKey) -> Result<Vec<Erasure>, Error> {
        let connection = self.connection()?;
        let mut statement = connection.prepare(&format!(
            "select erasure, subject, epoch_us(requested_at), epoch_us(finished_at) from main.erasures
             where project = ? order by requested_at desc, erasure limit {TOLD}"
        ))?;
        let rows = statement.query_map(params![project.0], told)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The erasure of an id, if the project has it.
    pub fn erasure(&self, project: ProjectKey, id: &str) -> Result<Option<Erasure>, Error> {
        let connection = self.connection()?;
        let mut statement = connection.prepare(
            "select erasure, subject, epoch_us(requested_at), epoch_us(finished_at) from main.erasures
             where project = ? and erasure = ?",
        )?;
        let mut rows = statement.query_map(params![project.0, id], told)?;
        Ok(rows.next().transpose()?)
    }

    /// How often since the start an erasure changed what is visible. An answer from before such a change is not
    /// given again, however stale an answer may be.
    #[must_use]
    pub fn erasure_changes(&self) -> u64 {
        self.erasures.load(Ordering::Acquire)
    }

    /// Tells everybody that what is visible of a project is another thing.
    pub(super) fn tell_erasure(&self, project: ProjectKey) {
        self.erasures.fetch_add(1, Ordering::AcqRel);
        self.versions.advance(project);
    }
}

impl Appender {
    /// Accepts an erasure, durably: from here on nothing that is known of the profile or group is visible, and what is
    /// stored under its id gets another key. Its events go when [`Store::erase`] comes to it.
    ///
    /// All that it takes must be in generations that take no more rows: [`Appender::rotate`] comes before.
    pub fn accept_erasure(
        &mut self,
        project: ProjectKey,
        subject: Subject,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Erasure, Error> {
        let kind = match subject {
            Subject::Profile => KeyKind::Profile,
            Subject::Group => KeyKind::Group,
        };
        let (generation, seq) = self.closed()?;
        let key = self.store().key(project, kind, id)?;
        // Where nothing is known by this id there is nothing to do.
        let finished_at = key.is_none().then_some(now);
        let erasure = Erasure { id: new_id(), subject, requested_at: now, finished_at };
        lock(&self.store().root).execute(
            "insert into main.erasures values (?, ?, ?, make_timestamp(?), make_timestamp(?), ?, ?, ?, null, null)",
            params![
                erasure.id,
                project.0,
                subject.word(),
                now.timestamp_micros(),
                finished_at.map(|instant| instant.timestamp_micros()),
                generation,
                seq,
                key
            ],
        )?;
        if let Some(key) = key {
            self.store().keys.forget([key]);
            self.store().publish(|snapshot| hide(snapshot, key));
            self.store().tell_erasure(project);
        }
        Ok(erasure)
    }
}

fn hide(snapshot: &mut Snapshot, key: u32) {
    snapshot.erased = snapshot.erased.iter().copied().chain([key]).collect();
    snapshot.era = Arc::default();
}

fn told(row: &Row<'_>) -> duckdb::Result<Erasure> {
    let (subject, requested, finished): (String, i64, Option<i64>) = (row.get(1)?, row.get(2)?, row.get(3)?);
    Ok(Erasure {
        id: row.get(0)?,
        subject: read_subject(&subject),
        requested_at: DateTime::from_timestamp_micros(requested).unwrap_or_default(),
        finished_at: finished.and_then(DateTime::from_timestamp_micros),
    })
}

fn read_subject(word: &str) -> Subject {
    Subject::ALL.into_iter().find(|subject| subject.word() == word).unwrap_or(Subject::Profile)
}

/// The keys of everything that is being erased.
pub(super) fn keys_at_work(connection: &Connection) -> Result<Vec<u32>, Error> {
    let mut statement =
        connection.prepare("select key from main.erasures where finished_at is null and key is not null")?;
    let keys = statement.query_map([], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// The erasures that can be carried out: all they take is sealed.
pub(super) fn due(connection: &Connection, sealed_generation: u64) -> Result<Vec<AtWork>, Error> {
    let mut statement = connection.prepare(
        "select erasure, project, subject, seq, key, to_json(devices)::varchar, to_json(coalesce(texts, []))::varchar
         from main.erasures where finished_at is null and key is not null and generation <= ? order by seq, erasure",
    )?;
    let rows = statement.query_map(params![sealed_generation], |row| {
        let (subject, devices, texts): (String, Option<String>, String) =
            (row.get(2)?, row.get(5)?, row.get(6)?);
        let list = |text: &str| serde_json::from_str(text).unwrap_or_default();
        Ok(AtWork {
            id: row.get(0)?,
            project: ProjectKey(row.get(1)?),
            subject: read_subject(&subject),
            seq: row.get(3)?,
            key: row.get(4)?,
            devices: devices.map(|devices| list(&devices)),
            texts: list(&texts),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Records what an erasure takes beside its own key, before any of it is gone.
pub(super) fn extended(connection: &Connection, erasure: &AtWork) -> Result<(), Error> {
    let list = |keys: &[u32]| serde_json::to_string(keys).unwrap_or_default();
    connection.execute(
        "update main.erasures set devices = from_json(?::json, '[\"UINTEGER\"]'),
             texts = from_json(?::json, '[\"UINTEGER\"]') where erasure = ?",
        params![list(erasure.devices.as_deref().unwrap_or_default()), list(&erasure.texts), erasure.id],
    )?;
    Ok(())
}

/// Records that nothing of an erasure is left to do, durably.
pub(super) fn finished(connection: &Connection, erasure: &AtWork, now: DateTime<Utc>) -> Result<(), Error> {
    connection.execute(
        "update main.erasures set finished_at = make_timestamp(?), key = null, devices = null, texts = null
         where erasure = ?",
        params![now.timestamp_micros(), erasure.id],
    )?;
    Ok(())
}
