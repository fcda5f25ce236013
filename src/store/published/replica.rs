//! Opening a replica's folder: a cache of what is published, which is begun anew where it is of no use.

use super::super::documents::Documents;
use super::super::folder::{self, Role};
use super::super::index::{Index, Known};
use super::super::keys::Keys;
use super::super::open::{self, Opened};
use super::super::seen::Seen;
use super::super::{Error, Options, Store, cloud, derive, record, segment};
use super::apply::forget_rest;
use super::follow::{Following, Held, Replica};
use super::small::Small;
use super::{FACTS, Published};
use crate::store::facts::Table;
use crate::store::objects::Objects;
use chrono::DateTime;
use duckdb::Connection;
use std::path::Path;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

impl Store {
    /// Opens (or makes) the folder of a replica and takes hold of it. It answers from the instant it held before, if any,
    /// until [`Store::follow`] has it hold another.
    ///
    /// Fails with [`Error::Held`] while another process has it, with [`Error::Role`] when it is a primary's, and with
    /// [`Error::Objects`] when no object storage is given.
    pub fn open_replica(folder: &Path, options: &Options) -> Result<Arc<Self>, Error> {
        let settings = options.objects.as_ref().ok_or_else(|| {
            Error::objects(
                "",
                super::wrong("is not given; name what the primary publishes to with --object-store"),
            )
        })?;
        let (lock, mut connection) = folder::take(folder, options, Role::Replica)?;
        derive::attach(&connection, folder)?;
        let mut held = Held::read(&connection)?;
        let (on_drop, released) = channel();
        let mut segments = record::segments(&connection, &folder.join("segments"), &on_drop)?;
        let is_whole = derive::missing(&connection, &segments)?.is_empty();
        let objects = Objects::open(&settings.location)?;
        if !is_whole || !held.goes_on(&objects) {
            tracing::warn!("the replica's folder is of no use and begun anew");
            begin_anew(&connection)?;
            (held, segments) = (Held::default(), Vec::new());
        }
        segment::collect(&folder.join("segments"), &segments, true)?;
        record::forget_replaced(&connection)?;
        let index = folder.join("index");
        if connection.query_row("select has_rest from main.replica", [], |row| row.get(0))? {
            // The last process ended before it came to it.
            Index::remove(&index, Keys::NAME)?;
            forget_rest(&connection, 0)?;
        }
        let files = cloud::open_to_read(folder, settings, &segments)?;
        derive::repair(&mut connection, &files, &segments, &[])?;
        let keys = match Index::open(&index, Keys::NAME, held.step)? {
            Some(index) => index,
            None => open::keys_anew(&connection, &index, held.step)?,
        };
        // A replica takes no events, so it need not know their ids.
        let ids = Index::rebuild(&index, Seen::NAME, 0, Vec::new())?;
        let progress = record::progress(&connection)?;
        let documents = Documents::load(&connection)?;
        let made_at = connection.query_row("select made_at from main.replica", [], |row| row.get(0))?;
        let made_at = DateTime::from_timestamp_micros(made_at).unwrap_or_default();
        let instant = (held.number > 0).then_some((held.number, made_at));
        let told = Replica { instant, ..Replica::default() };
        let erased = held.small.erased.clone();
        Ok(Self::assemble(Opened {
            folder: folder.to_path_buf(),
            connection,
            segments,
            progress,
            erased,
            on_drop,
            released,
            ids: Seen(Known::new(ids)),
            keys: Keys::new(Known::new(keys)),
            documents,
            damaged: Vec::new(),
            files,
            following: Some(Following { held: Mutex::new(held), told: Mutex::new(told) }),
            options: options.clone(),
            lock,
        }))
    }
}

impl Held {
    fn read(connection: &Connection) -> Result<Self, Error> {
        let sql = "select lake, lineage, epoch, number, step, erased from main.replica";
        let mut small = Small::read(connection)?;
        let held = connection.query_row(sql, [], |row| {
            let erased: String = row.get(5)?;
            small.erased = serde_json::from_str(&erased).unwrap_or_default();
            Ok(Self {
                lake: row.get(0)?,
                lineage: row.get(1)?,
                epoch: row.get(2)?,
                number: row.get(3)?,
                step: row.get(4)?,
                small,
                rest: None,
            })
        });
        Ok(held?)
    }

    /// Whether what is published goes on from what is held, as far as object storage tells now.
    fn goes_on(&self, objects: &Objects) -> bool {
        let published = Published::current(objects).and_then(|current| match current {
            Some((number, lineage)) if lineage != self.lineage => Published::read(objects, number),
            _ => Ok(None),
        });
        match published {
            Ok(Some(published)) => published.lake != self.lake || published.lineage == self.lineage,
            // What is held is still an instant of the lake.
            Ok(None) | Err(_) => true,
        }
    }
}

/// Makes the catalog hold nothing.
fn begin_anew(connection: &Connection) -> Result<(), Error> {
    let facts = FACTS.map(Table::name);
    let tables = ["groups", "segments", "projects", "clients", "documents", "erasures"];
    let removed: Vec<String> =
        facts.iter().chain(&tables).map(|table| format!("delete from main.{table};")).collect();
    connection.execute_batch(&format!(
        "begin; {}
         update main.meta set sealed_generation = 0, sealed_seq = 0, last_segment = 0;
         update main.replica set lake = '', lineage = '', epoch = '', number = 0, step = 0, made_at = 0, erased = '[]', has_rest = false;
         commit;",
        removed.join(" ")
    ))?;
    Ok(())
}
