//! Damaged segments: what is not what was written is put aside, and the rest is served.
//!
//! At start every segment that the catalog lists must be there, have its size and an end that can be read; one that
//! something is made anew from must have its checksum as well. [`Store::check`] and compaction look at every
//! byte. A file is put aside only where its size or its checksum is not the recorded one: it goes to `damaged/`. Where
//! object storage has the right one, that takes its place and nothing is lost.
//!
//! The catalog goes on listing it, so that every start tells of it until the right file is back in `segments/` or the
//! loss is accepted ([`Store::accept_loss`]).
//! The tables derived from it stay and are not read: every source of an answer gives the same one. The ids of its
//! events stay known, so that nothing is there twice once the file is back; when the index of ids itself must be
//! made anew, they are not.

use super::cloud::{Files, Held, Need};
use super::log::sync_folder;
use super::relations::Derived;
use super::segment;
use super::snapshot::Segment;
use super::{Error, Store, lock};
use chrono::DateTime;
use duckdb::Connection;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of the data folder that cannot be served, and what is lost with it as far as is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damaged {
    /// Where it belongs, within the data folder.
    pub file: String,
    /// The number of the segment, if it is one.
    pub segment: Option<u64>,
    /// What is wrong with it.
    pub what: String,
    /// Events in it.
    pub events: Option<u64>,
    /// The names of the projects that lost events; where nothing tells exactly, those that may have.
    pub projects: Vec<String>,
    /// The first and the last instant of its events, microseconds UTC.
    pub instants: Option<(i64, i64)>,
}

/// Names of projects in a line, at most.
const NAMED: usize = 10;

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.file, self.what)?;
        if let (Some(events), Some(instants)) = (self.events, self.instants) {
            let instant = |micros| DateTime::from_timestamp_micros(micros).unwrap_or_default();
            let (from, to) = (instant(instants.0), instant(instants.1));
            let from = from.format("%Y-%m-%dT%H:%M:%SZ");
            write!(f, "; lost are {events} events from {from} to {}", to.format("%Y-%m-%dT%H:%M:%SZ"))?;
        }
        if !self.projects.is_empty() {
            let named = &self.projects[..self.projects.len().min(NAMED)];
            write!(f, " of {}", named.join(", "))?;
            if self.projects.len() > NAMED {
                write!(f, " and {} more projects", self.projects.len() - NAMED)?;
            }
        }
        Ok(())
    }
}

impl Damaged {
    /// The log file of a generation that is missing.
    pub(super) fn log(generation: u64) -> Self {
        Self {
            file: format!("log/{generation:010}.log"),
            segment: None,
            what: "is missing; lost is what was stored since the last sealing".to_owned(),
            events: None,
            projects: Vec::new(),
            instants: None,
        }
    }

    /// The log file of a generation of which parts could not be read: these bytes, where this start found them.
    pub(super) fn part_of_log(generation: u64, places: &[Range<u64>]) -> Self {
        let places: Vec<String> =
            places.iter().map(|place| format!("bytes {} to {}", place.start, place.end)).collect();
        let places = if places.is_empty() { "parts of it".to_owned() } else { places.join(", ") };
        let what = format!(
            "is damaged: {places} could not be read, what they held is lost and all the rest is served; damaged/ has a copy of it, and this is told until that is removed or the loss is accepted"
        );
        Self { what, ..Self::log(generation) }
    }

    fn segment(connection: &Connection, segment: &Segment, what: String) -> Result<Self, Error> {
        Ok(Self {
            file: format!("segments/{:010}.parquet", segment.number),
            segment: Some(segment.number),
            what,
            events: Some(segment.events),
            projects: projects(connection, segment)?,
            instants: Some(segment.instants),
        })
    }

    /// Writes it to the log of the process.
    pub(super) fn tell(&self) {
        tracing::error!(damaged.file = self.file, "{self}");
    }
}

impl Store {
    /// What is put aside or missing, so that its rows are not served.
    #[must_use]
    pub fn damaged(&self) -> Vec<Damaged> {
        lock(&self.damaged).clone()
    }

    /// Looks at every byte of some segments and puts aside those that are not what was written; tells whether there
    /// were any.
    pub(super) fn put_aside_damaged(&self, segments: &[Arc<Segment>]) -> Result<bool, Error> {
        let connection = self.connection()?;
        let mut found = false;
        for segment in segments {
            let Some(what) = examine(&connection, &self.files, segment)? else { continue };
            let _alone = lock(&self.recording);
            if !self.snapshot().segments.iter().any(|other| other.number == segment.number) {
                // It was replaced meanwhile.
                continue;
            }
            let damaged = put_aside(&connection, &self.folder, segment, what)?;
            damaged.tell();
            self.publish(|snapshot| {
                let rest = snapshot.segments.iter().filter(|other| other.number != segment.number);
                snapshot.segments = rest.map(Arc::clone).collect();
            });
            self.files.forget(segment.number);
            self.versions.advance_all();
            lock(&self.damaged).push(damaged);
            found = true;
        }
        Ok(found)
    }
}

/// Parts the listed segments into those that can be served and those that are put aside.
///
/// Of those that are about to be read every byte is looked at.
pub(super) fn sort_out(
    connection: &Connection,
    folder: &Path,
    files: &Arc<Files>,
    listed: Vec<Segment>,
    is_read: impl Fn(&Segment) -> bool,
) -> Result<(Vec<Segment>, Vec<Damaged>), Error> {
    let (mut segments, mut damaged) = (Vec::new(), Vec::new());
    for segment in listed {
        let wrong = if is_read(&segment) {
            examine(connection, files, &segment)?
        } else {
            match glance(connection, files, &segment)? {
                Some(what) => healed(files, &segment, what)?,
                None => None,
            }
        };
        match wrong {
            None => segments.push(segment),
            Some(what) => {
                damaged.push(put_aside(connection, folder, &segment, what)?);
                files.forget(segment.number);
            }
        }
    }
    Ok((segments, damaged))
}

/// What is wrong with a segment, as far as its size and its end tell; nothing, where it is only in object storage.
fn glance(connection: &Connection, files: &Arc<Files>, segment: &Segment) -> Result<Option<String>, Error> {
    if files.is_away(segment) {
        return Ok(None);
    }
    // It is here, or nowhere: nothing is brought.
    let held = Held::default();
    let length = match std::fs::metadata(&segment.path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Some("is missing".to_owned())),
        Err(error) => return Err(Error::io(&segment.path)(error)),
    };
    if length != segment.bytes {
        return Ok(Some(format!("has {length} bytes instead of {}", segment.bytes)));
    }
    let sql = format!("select num_rows::ubigint from parquet_file_metadata([{}])", segment.literal(&held));
    match connection.query_row(&sql, [], |row| row.get::<_, u64>(0)) {
        Ok(rows) if rows == segment.events => Ok(None),
        // Whatever stopped the reader: only the checksum tells whether the file is what was written.
        Ok(_) => compare(segment),
        Err(error) => compare(segment)?.map_or(Err(error.into()), |what| Ok(Some(what))),
    }
}

/// What is wrong with a segment, by every byte of it.
fn examine(connection: &Connection, files: &Arc<Files>, segment: &Segment) -> Result<Option<String>, Error> {
    let _held = match files.hold([segment], Need::Work) {
        Ok(held) => held,
        Err(Error::BadObject { name, what, is_there }) => {
            // One that is gone may come back; one that is wrong stays so.
            if is_there {
                files.spoil(connection, segment, &what)?;
            }
            return Ok(Some(format!("is not here, and in object storage {name} {what}")));
        }
        Err(error) => return Err(error),
    };
    let wrong = match glance(connection, files, segment)? {
        None => compare(segment)?,
        wrong => wrong,
    };
    wrong.map_or(Ok(None), |what| healed(files, segment, what))
}

/// What is still wrong with a segment once object storage was asked for the right file.
fn healed(files: &Arc<Files>, segment: &Segment, what: String) -> Result<Option<String>, Error> {
    match files.bring_again(segment) {
        Ok(false) => Ok(Some(what)),
        Ok(true) => {
            tracing::warn!(
                segment.number = segment.number,
                what,
                "a damaged segment was replaced by what object storage has of it"
            );
            Ok(None)
        }
        Err(Error::BadObject { name, what: how, .. }) => {
            Ok(Some(format!("{what}, and in object storage {name} {how}")))
        }
        Err(error @ Error::Objects { .. }) => {
            Ok(Some(format!("{what}, and object storage does not answer ({error}); restart when it does")))
        }
        Err(error) => Err(error),
    }
}

fn compare(segment: &Segment) -> Result<Option<String>, Error> {
    let is_same = segment::checksum(&segment.path)? == (segment.bytes, segment.crc32);
    Ok((!is_same).then(|| "has another checksum than was recorded".to_owned()))
}

/// Moves the file of a segment to `damaged/`, if it is there.
fn put_aside(
    connection: &Connection,
    folder: &Path,
    segment: &Segment,
    what: String,
) -> Result<Damaged, Error> {
    let aside = folder.join("damaged");
    if segment.path.exists() {
        std::fs::create_dir_all(&aside).map_err(Error::io(&aside))?;
        let target = free(&aside, segment.number);
        std::fs::rename(&segment.path, &target).map_err(Error::io(&segment.path))?;
        sync_folder(&aside)?;
        sync_folder(&folder.join("segments"))?;
        let what = format!("{what} and is put aside in damaged/");
        return Damaged::segment(connection, segment, what);
    }
    let was_put_aside = name(&aside, segment.number, 1).exists();
    let what = if was_put_aside { format!("{what}, put aside in damaged/ before") } else { what };
    Damaged::segment(connection, segment, what)
}

fn name(aside: &Path, segment: u64, copy: u32) -> PathBuf {
    let copy = if copy == 1 { String::new() } else { format!(".{copy}") };
    aside.join(format!("{segment:010}{copy}.parquet"))
}

/// A name that nothing put aside has.
fn free(aside: &Path, segment: u64) -> PathBuf {
    let mut copy = 1;
    while name(aside, segment, copy).exists() {
        copy += 1;
    }
    name(aside, segment, copy)
}

/// The names of the projects that have events in a segment: as its derived tables tell, else all it may hold.
fn projects(connection: &Connection, segment: &Segment) -> Result<Vec<String>, Error> {
    let named = |condition: &str| -> Result<Vec<String>, Error> {
        let sql = format!("select name from main.projects where project {condition} order by name");
        let mut statement = connection.prepare(&sql)?;
        let names = statement.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    };
    let exactly = format!("in (select distinct project from {})", Derived::UserDays.table(segment.number));
    let (first, last) = segment.projects;
    named(&exactly).or_else(|_| named(&format!("between {first} and {last}")))
}
