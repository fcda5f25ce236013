//! Data folders: whose they are, who holds them, and their catalog.

use super::relations::literal;
use super::{Error, Options, catalog, log, write_back};
use duckdb::Connection;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// What a folder is to whoever opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Takes events, and has a log.
    Primary,
    /// Follows what a primary publishes.
    Replica,
}

/// Takes hold of a folder, makes what is missing and opens its catalog.
pub(super) fn take(folder: &Path, options: &Options, role: Role) -> Result<(File, Connection), Error> {
    if is_foreign(folder)? {
        return Err(Error::Foreign(folder.to_path_buf()));
    }
    let parts: &[&str] = match role {
        Role::Primary => &["log", "segments", "index", "tmp"],
        Role::Replica => &["segments", "index", "tmp"],
    };
    for part in parts {
        let path = folder.join(part);
        std::fs::create_dir_all(&path).map_err(Error::io(&path))?;
    }
    let lock = hold(folder)?;
    clear(&folder.join("tmp"))?;
    Ok((lock, open_catalog(folder, options, role)?))
}

/// Whether a folder is there and has something in it, none of which is ours.
fn is_foreign(folder: &Path) -> Result<bool, Error> {
    if ["LOCK", "catalog.duckdb", "segments", "log"].iter().any(|own| folder.join(own).exists()) {
        return Ok(false);
    }
    match std::fs::read_dir(folder) {
        // What a file system puts at its top is nobody's.
        Ok(mut entries) => {
            Ok(entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != "lost+found")))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(Error::io(folder)(error)),
    }
}

/// Takes hold of a folder for as long as the file is open.
pub(super) fn hold(folder: &Path) -> Result<File, Error> {
    let path = folder.join("LOCK");
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(Error::io(&path))?;
    if lock.try_lock().is_err() {
        return Err(Error::Held(folder.to_path_buf()));
    }
    Ok(lock)
}

/// Removes what an earlier process spilled or was about to send: nobody reads it, and it holds what people sent.
fn clear(folder: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.map_err(Error::io(&path))?;
    }
    Ok(())
}

/// Opens the catalog, or begins it in a folder that holds nothing yet.
pub(super) fn open_catalog(folder: &Path, options: &Options, role: Role) -> Result<Connection, Error> {
    let path = folder.join("catalog.duckdb");
    let was_there = path.exists();
    let holds_data = role == Role::Primary && holds_data(folder)?;
    let refuse = || {
        let what = "it is missing or empty, while segments and a log are there; restore it from a backup";
        Error::Corrupt { file: path.clone(), what: what.to_owned() }
    };
    // A new catalog would list nothing, and what no catalog lists is removed.
    if holds_data && !path.exists() {
        return Err(refuse());
    }
    let connection = Connection::open(&path)?;
    let spill = literal(&folder.join("tmp"));
    connection.execute_batch(&format!(
        "set memory_limit = '{} B'; set threads = {}; set temp_directory = {spill};
         set preserve_insertion_order = true; set enable_progress_bar = false; set checkpoint_threshold = '{}';
         attach ':memory:' as hot;",
        options.memory_limit_bytes,
        options.threads,
        write_back::BY_ITSELF
    ))?;
    if holds_data && catalog::is_empty(&connection)? {
        return Err(refuse());
    }
    let was_there = was_there && !catalog::is_empty(&connection)?;
    if was_there && catalog::is_replica(&connection)? != (role == Role::Replica) {
        return Err(Error::Role { path: folder.to_path_buf(), is_replica: role == Role::Primary });
    }
    catalog::migrate(&connection, folder)?;
    if role == Role::Replica && !was_there {
        catalog::make_replica(&connection)?;
    }
    Ok(connection)
}

/// Whether a folder holds events, sealed or logged.
fn holds_data(folder: &Path) -> Result<bool, Error> {
    let segments = folder.join("segments");
    for entry in std::fs::read_dir(&segments).map_err(Error::io(&segments))? {
        let path = entry.map_err(Error::io(&segments))?.path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            return Ok(true);
        }
    }
    let logs = log::files(&folder.join("log"))?;
    Ok(logs.iter().any(|(_, path)| std::fs::metadata(path).is_ok_and(|found| found.len() > 0)))
}
