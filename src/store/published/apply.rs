//! Applying an instant to a replica's catalog and derived tables.
//!
//! Parts of facts become hot tables and are sealed like those of a primary, by the same statements. A base is compared
//! with what is there, row by row: a row never changes, so what both have stays, and readers of an earlier instant go on
//! seeing what they saw.

use super::super::facts::Table;
use super::super::keys::Keys;
use super::super::record::{self, FOR_EVER};
use super::super::relations::{Derived, literal};
use super::super::{Error, Store, blank};
use super::{FACTS, FactSet, Object, PublishedSegment};
use crate::domain::identity::ProjectKey;
use crate::store::objects::Objects;
use duckdb::{Connection, Transaction};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What stands for a generation's number in the names of hot tables with a base.
const BASE: &str = "base";

/// Facts that were fetched and lie in hot tables.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Whether the base is among them.
    pub(super) has_base: bool,
    /// The generations and last rows of parts, in order.
    parts: Vec<(u64, u64)>,
    /// The projects that rows of parts are about.
    pub(super) projects: BTreeSet<u32>,
    /// Keys that texts had and have no more.
    pub(super) gone: BTreeSet<u32>,
}

impl Store {
    /// Fetches what is derived from a segment, and makes its tables of it.
    pub(super) fn fetch_derived(
        &self,
        objects: &Objects,
        connection: &mut Connection,
        segment: &PublishedSegment,
    ) -> Result<(), Error> {
        let mut files = Vec::new();
        for derived in Derived::ALL {
            let object = segment.derived.get(derived.name()).ok_or_else(|| {
                Error::objects(derived.name(), super::wrong("is not named by the published instant"))
            })?;
            let file = self.fetched(derived.name(), object);
            object.get(objects, &file)?;
            files.push((derived, file));
        }
        let transaction = connection.transaction()?;
        for (derived, file) in &files {
            transaction.execute_batch(&format!(
                "create or replace table {} as select * from read_parquet({})",
                derived.table(segment.number),
                literal(file)
            ))?;
        }
        transaction.commit()?;
        files.iter().try_for_each(|(_, file)| std::fs::remove_file(file).map_err(Error::io(file)))
    }

    /// Fetches facts into hot tables.
    pub(super) fn fetch_facts(
        &self,
        objects: &Objects,
        connection: &Connection,
        base: Option<&FactSet>,
        parts: &[FactSet],
    ) -> Result<Fetched, Error> {
        let mut fetched = Fetched {
            has_base: base.is_some(),
            parts: Vec::new(),
            projects: BTreeSet::new(),
            gone: BTreeSet::new(),
        };
        if let Some(base) = base {
            self.fetch_set(objects, connection, base, BASE)?;
            connection.execute_batch(&format!(
                "create or replace table hot.changed_{BASE} as
                 select group_key from main.group_versions
                 where until_seq = {FOR_EVER} and seq not in (select seq from hot.group_versions_{BASE})
                 union
                 select group_key from hot.group_versions_{BASE}
                 where seq not in (select seq from main.group_versions where until_seq = {FOR_EVER})"
            ))?;
            fetched.gone = numbers(
                connection,
                &format!(
                    "select key from main.keys where until_seq = {FOR_EVER} and seq not in (select seq from hot.keys_{BASE})"
                ),
            )?;
        }
        for part in parts.iter().filter(|part| !part.tables.is_empty()) {
            self.fetch_set(objects, connection, part, &part.generation.to_string())?;
            for table in FACTS {
                let sql = format!("select distinct project from hot.{}_{}", table.name(), part.generation);
                fetched.projects.extend(numbers(connection, &sql)?);
            }
            fetched.parts.push((part.generation, part.seq));
        }
        Ok(fetched)
    }

    fn fetch_set(
        &self,
        objects: &Objects,
        connection: &Connection,
        set: &FactSet,
        name: &str,
    ) -> Result<(), Error> {
        for table in FACTS {
            let hot = format!("hot.{}_{name}", table.name());
            connection.execute_batch(&format!(
                "create or replace table {hot} as select * exclude (until_seq) from main.{} limit 0",
                table.name()
            ))?;
            let Some(object) = set.tables.get(table.name()) else { continue };
            let file = self.fetched(table.name(), object);
            object.get(objects, &file)?;
            let read = format!("insert into {hot} by name select * from read_parquet({})", literal(&file));
            connection.execute_batch(&read)?;
            std::fs::remove_file(&file).map_err(Error::io(&file))?;
        }
        Ok(())
    }

    /// Notes the keys of fetched texts, before any row with them is visible.
    pub(super) fn note_fetched_keys(
        &self,
        connection: &Connection,
        fetched: &Fetched,
        step: u64,
    ) -> Result<(), Error> {
        let parts = fetched.parts.iter().map(|(generation, _)| generation.to_string());
        for name in fetched.has_base.then(|| BASE.to_owned()).into_iter().chain(parts) {
            let mut entries = Vec::new();
            let mut statement = connection.prepare(&format!(
                "select project, kind, text, key from hot.keys_{name} where key not in (select key from main.keys)"
            ))?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let hash = Keys::hash(ProjectKey(row.get(0)?), row.get(1)?, &row.get::<_, String>(2)?);
                entries.push((hash, row.get(3)?));
            }
            self.keys.known.insert(step, entries.into_iter());
        }
        Ok(())
    }

    /// Where an object is put until it is read: another place for each, so that nobody takes one for the one before.
    fn fetched(&self, name: &str, object: &Object) -> PathBuf {
        self.folder.join("tmp").join(format!("{name}-{:08x}.parquet", object.crc32))
    }
}

impl Fetched {
    /// Brings the catalog's rows to the instant.
    pub(super) fn record(&self, transaction: &Transaction<'_>, base: &FactSet) -> Result<(), Error> {
        if self.has_base {
            record::based(transaction, BASE, base.seq)?;
        }
        for (generation, seq) in &self.parts {
            record::rows(transaction, *generation, *seq)?;
        }
        Ok(())
    }

    /// Drops the hot tables.
    pub(super) fn forget(&self, connection: &Connection) -> Result<(), Error> {
        let parts = self.parts.iter().map(|(generation, _)| generation.to_string());
        for name in self.has_base.then(|| BASE.to_owned()).into_iter().chain(parts) {
            for table in FACTS.map(Table::name).into_iter().chain(["changed"]) {
                connection.execute_batch(&format!("drop table if exists hot.{table}_{name}"))?;
            }
        }
        Ok(())
    }
}

/// Removes rows of the catalog that held no longer than to one, and leaves no trace of them in its file.
pub(super) fn forget_rest(connection: &Connection, seq: u64) -> Result<(), Error> {
    let none = BTreeSet::new();
    for table in FACTS.map(Table::name).into_iter().chain(["groups"]) {
        connection.execute_batch(&format!("delete from main.{table} where until_seq <= {seq}"))?;
        blank::remove(connection, table, &[], &none)?;
    }
    blank::remove(connection, "documents", &[], &none)?;
    blank::overwrite(connection)?;
    Ok(connection.execute_batch("update main.replica set has_rest = false")?)
}

/// The numbers that a statement gives.
pub(super) fn numbers(connection: &Connection, sql: &str) -> Result<BTreeSet<u32>, Error> {
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
