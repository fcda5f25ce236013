//! What a damaged log file still tells.
//!
//! Frames that cannot be read are passed over and those behind them are served. The file as it was found is kept in
//! `damaged/`, and every start tells of it until it is removed there or the loss is accepted. A lost frame may have
//! given keys that later rows use: as those rows hold the texts as well, the keys are given again from them.

use super::damage::Damaged;
use super::facts::{Facts, KeyRow, Table};
use super::log::{self, sync_folder};
use super::{Error, KeyKind, Store};
use crate::domain::identity::ProjectKey;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{UInt32Type, UInt64Type};
use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Keeps a damaged log file as it is, durably, before anything changes it.
pub(super) fn keep(folder: &Path, log: &Path) -> Result<(), Error> {
    let aside = folder.join("damaged");
    std::fs::create_dir_all(&aside).map_err(Error::io(&aside))?;
    let target = aside.join(log.file_name().unwrap_or_default());
    if target.exists() {
        // An earlier start kept it.
        return Ok(());
    }
    let temporary = target.with_extension("tmp");
    std::fs::copy(log, &temporary).map_err(Error::io(&temporary))?;
    std::fs::File::open(&temporary).and_then(|file| file.sync_all()).map_err(Error::Full)?;
    std::fs::rename(&temporary, &target).map_err(Error::io(&target))?;
    sync_folder(&aside)
}

/// The damaged log files that are kept, each with what is to be told of it. `found` are those of this start.
pub(super) fn kept(folder: &Path, found: &[(u64, Vec<Range<u64>>)]) -> Result<Vec<Damaged>, Error> {
    let mut damaged = Vec::new();
    for (generation, _) in kept_files(folder)? {
        let places =
            found.iter().find(|(other, _)| *other == generation).map(|(_, places)| places.as_slice());
        damaged.push(Damaged::part_of_log(generation, places.unwrap_or_default()));
    }
    Ok(damaged)
}

/// Tells no more of log files that were damaged. They stay, under another name.
pub(super) fn accept(folder: &Path) -> Result<(), Error> {
    for (_, path) in kept_files(folder)? {
        let accepted = path.with_extension("log.accepted");
        std::fs::rename(&path, accepted).map_err(Error::io(&path))?;
    }
    Ok(())
}

fn kept_files(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let aside = folder.join("damaged");
    let mut files = if aside.exists() { log::files(&aside)? } else { Vec::new() };
    files.retain(|(_, path)| path.extension().is_some_and(|extension| extension == "log"));
    Ok(files)
}

impl Store {
    /// The keys that rows use and nothing gives: those that were given in a frame that is lost.
    pub(super) fn lost_keys(&self, batches: &[(Table, RecordBatch)]) -> Result<Facts, Error> {
        let mut given = HashSet::new();
        for (_, batch) in batches.iter().filter(|(table, _)| *table == Table::Keys) {
            given.extend(keys_given(batch));
        }
        let mut facts = Facts::default();
        for (table, batch) in batches {
            for key in keys_used(*table, batch) {
                let is_known = self.keys.find(key.project, key.kind, &key.text)?.is_some();
                if !is_known && given.insert((key.project.0, key.key)) {
                    facts.keys.push(key);
                }
            }
        }
        Ok(facts)
    }
}

fn keys_given(batch: &RecordBatch) -> Vec<(u32, u32)> {
    let of =
        |name: &str| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<UInt32Type>());
    let (Some(projects), Some(keys)) = (of("project"), of("key")) else { return Vec::new() };
    projects.values().iter().copied().zip(keys.values().iter().copied()).collect()
}

/// Every key that rows use, with its text, in their order.
fn keys_used(table: Table, batch: &RecordBatch) -> Vec<KeyRow> {
    let column = |name: &str| batch.column_by_name(name);
    let numbers = |name: &str| column(name).and_then(|column| column.as_primitive_opt::<UInt32Type>());
    let texts = |name: &str| column(name).and_then(|column| column.as_string_opt::<i32>());
    let seqs = column("seq").and_then(|column| column.as_primitive_opt::<UInt64Type>());
    let (Some(projects), Some(seqs)) = (numbers("project"), seqs) else { return Vec::new() };
    let row_of = |row: usize, kind: KeyKind, key: u32, text: &str| KeyRow {
        project: ProjectKey(projects.value(row)),
        seq: seqs.value(row),
        kind,
        key,
        text: text.to_owned(),
    };
    let pairs: &[(KeyKind, &str, &str)] = match table {
        Table::Events => &[
            (KeyKind::Name, "name_key", "name"),
            (KeyKind::Path, "path_key", "path"),
            (KeyKind::Profile, "user_key", "profile_id"),
        ],
        Table::GroupVersions => &[(KeyKind::Group, "group_key", "group_id")],
        Table::ProfileVersions => &[(KeyKind::Profile, "user_key", "profile_id")],
        Table::Memberships => {
            &[(KeyKind::Profile, "user_key", "profile_id"), (KeyKind::Group, "group_key", "group_id")]
        }
        Table::Keys => &[],
    };
    let mut used = Vec::new();
    for (kind, key, text) in pairs {
        let (Some(keys), Some(texts)) = (numbers(key), texts(text)) else { continue };
        for row in (0..batch.num_rows()).filter(|row| keys.is_valid(*row) && texts.is_valid(*row)) {
            used.push(row_of(row, *kind, keys.value(row), texts.value(row)));
        }
    }
    if table != Table::Events {
        return used;
    }
    // Nobody in particular is known by a device.
    if let (Some(users), Some(profiles), Some(devices)) =
        (numbers("user_key"), texts("profile_id"), texts("device_id"))
    {
        let anonymous =
            |row: &usize| users.is_valid(*row) && profiles.is_null(*row) && devices.is_valid(*row);
        for row in (0..batch.num_rows()).filter(anonymous) {
            used.push(row_of(row, KeyKind::Device, users.value(row), devices.value(row)));
        }
    }
    let lists = |name: &str| column(name).and_then(|column| column.as_list_opt::<i32>());
    if let (Some(ids), Some(keys)) = (lists("groups"), lists("group_keys")) {
        for row in 0..batch.num_rows() {
            let (ids, keys) = (ids.value(row), keys.value(row));
            let (Some(ids), Some(keys)) = (ids.as_string_opt::<i32>(), keys.as_primitive_opt::<UInt32Type>())
            else {
                continue;
            };
            for (id, key) in ids.iter().flatten().zip(keys.values()) {
                used.push(row_of(row, KeyKind::Group, *key, id));
            }
        }
    }
    used
}
