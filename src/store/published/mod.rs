//! What a store publishes in object storage beside its segments, so that others can answer from the same lake.
//!
//! ```text
//! CURRENT                                   the number of the instant that is the present one, and its lineage; put last
//! snapshots/000000000012.json               one instant: segments, facts, and everything that is small, whole
//! segments/0000000006-1f2e3d4c.parquet      whole events
//! derived/by_group_0000000006-1f2e3d4c.parquet  what is derived from a segment
//! facts/0000000007-9a8b7c6d/keys.parquet    rows about groups, profiles, memberships and texts: all that hold at an
//!                                           instant (a base), or those that were sealed between two instants (a part)
//! ```
//!
//! Objects are written once and no name is given twice, so whoever reads an instant sees that instant, whatever is sealed,
//! compacted or erased meanwhile. What no present instant names goes after a grace (`sweep.rs`), and an erasure is finished
//! only when that is done: it has a new base made, without whom it took.
//!
//! Unsealed rows are not published.
//!
//! ```text
//! seal, compact, erase, documents, clients ~> publish.rs (the primary) ~> object storage ~> follow.rs (replicas)
//! ```
//!
//! Failure stories.
//!
//! 1. The process dies before `CURRENT` is put: readers go on with the instant before. What it left behind is named by no
//!    instant and goes.
//! 2. The primary's disk was put back to an earlier state: the instant in object storage knows of more than it has. Then
//!    it begins another lineage, and replicas begin anew with their next start. (A backup that is restored has no objects,
//!    and publishes to a place of its own.)
//! 3. A reader is slower than the grace: an object it wants is gone. It looks at `CURRENT` again.

mod apply;
mod follow;
mod parts;
mod publish;
mod put;
mod replica;
mod small;
mod sweep;

pub(super) use follow::Following;
pub use follow::Replica;
pub(super) use publish::Publishing;

use super::Error;
use super::facts::Table;
use super::objects::Objects;
use super::relations::Derived;
use super::segment;
use super::snapshot::{Released, Segment};
use serde::{Deserialize, Serialize};
use small::Small;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

/// The format of instants that this release writes and reads.
const FORMAT: u32 = 1;

/// Names the present instant: its number, a blank, its lineage.
const CURRENT: &str = "CURRENT";

/// The kinds of rows that are facts.
const FACTS: [Table; 4] = [Table::GroupVersions, Table::ProfileVersions, Table::Memberships, Table::Keys];

/// One instant, as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Published {
    format: u32,
    /// What tells the lake from every other.
    lake: String,
    /// Changes when the primary was put back to an earlier state.
    lineage: String,
    number: u64,
    /// Microseconds since 1970.
    made_at: i64,
    generation: u64,
    /// Rows up to this number are in segments and facts.
    seq: u64,
    segments: Vec<PublishedSegment>,
    facts: Facts,
    small: Small,
}

/// A segment as the catalog lists it, and the objects with what is derived from it, by [`Derived::name`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PublishedSegment {
    number: u64,
    events: u64,
    bytes: u64,
    crc32: u32,
    projects: (u32, u32),
    /// Microseconds since 1970.
    instants: (i64, i64),
    seqs: (u64, u64),
    derived: BTreeMap<String, Object>,
}

/// Where the facts of an instant are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Facts {
    /// Changes when rows went that nothing replaced: whoever holds facts of another epoch compares them with the base.
    epoch: String,
    /// All rows that hold at an instant.
    base: FactSet,
    /// Rows sealed since, and before: each goes on where the one before it ends, and the last ends with the instant.
    parts: Vec<FactSet>,
}

/// Objects with rows about groups, profiles, memberships and texts, by [`Table::name`]. Where one is missing there are no
/// rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FactSet {
    /// Rows behind this number; 0 in a base.
    after_seq: u64,
    generation: u64,
    /// Rows up to this number.
    seq: u64,
    tables: BTreeMap<String, Object>,
}

/// An object, and what it must look like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Object {
    name: String,
    bytes: u64,
    crc32: u32,
}

impl Published {
    fn name(number: u64) -> String {
        format!("snapshots/{number:012}.json")
    }

    /// The number of the instant that is published now, and its lineage; `None` where none is.
    fn current(objects: &Objects) -> Result<Option<(u64, String)>, Error> {
        let Some(current) = objects.get(CURRENT)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&current);
        let told = text.trim().split_once(' ').and_then(|(number, lineage)| {
            let number = number.parse().ok()?;
            Some((number, lineage.to_owned()))
        });
        told.map(Some).ok_or_else(|| Error::objects(CURRENT, wrong("is not what was put there")))
    }

    /// The instant of a number, if it is still there. Fails where another release wrote it.
    fn read(objects: &Objects, number: u64) -> Result<Option<Self>, Error> {
        /// What all formats have.
        #[derive(Deserialize)]
        struct Any {
            format: u32,
        }
        let name = Self::name(number);
        let Some(bytes) = objects.get(&name)? else { return Ok(None) };
        let read = |error: serde_json::Error| Error::objects(&name, error);
        let Any { format } = serde_json::from_slice(&bytes).map_err(read)?;
        if format != FORMAT {
            let which = if format > FORMAT { "a newer" } else { "an older" };
            let what = format!("has format {format}, this release reads {FORMAT}; use {which} release here");
            return Err(Error::objects(&name, wrong(&what)));
        }
        serde_json::from_slice(&bytes).map(Some).map_err(read)
    }

    /// Whether all its objects were there when they were last looked for.
    fn is_whole(&self) -> bool {
        !self.facts.epoch.is_empty() && self.segments.iter().all(PublishedSegment::has_all_derived)
    }

    /// The parts that lead on from what somebody holds; `None` where the base must be compared.
    fn parts_from(&self, epoch: &str, seq: u64) -> Option<&[FactSet]> {
        if epoch != self.facts.epoch {
            return None;
        }
        if seq == self.seq {
            return Some(&[]);
        }
        let first = self.facts.parts.iter().position(|part| part.after_seq == seq)?;
        Some(&self.facts.parts[first..])
    }

    /// The parts behind the base.
    fn parts_behind_base(&self) -> &[FactSet] {
        let parts = &self.facts.parts;
        let first = parts.iter().position(|part| part.after_seq >= self.facts.base.seq);
        &parts[first.unwrap_or(parts.len())..]
    }

    /// The names of all objects that this instant needs, segments left out.
    fn names(&self) -> impl Iterator<Item = &str> {
        let derived = self.segments.iter().flat_map(|segment| segment.derived.values());
        let sets = self.facts.parts.iter().chain([&self.facts.base]);
        let facts = sets.flat_map(|set| set.tables.values());
        derived.chain(facts).map(|object| object.name.as_str())
    }
}

impl PublishedSegment {
    fn of(segment: &Segment) -> Self {
        Self {
            number: segment.number,
            events: segment.events,
            bytes: segment.bytes,
            crc32: segment.crc32,
            projects: segment.projects,
            instants: segment.instants,
            seqs: segment.seqs,
            derived: BTreeMap::new(),
        }
    }

    fn is(&self, segment: &Segment) -> bool {
        (self.number, self.crc32) == (segment.number, segment.crc32)
    }

    fn has_all_derived(&self) -> bool {
        Derived::ALL.iter().all(|derived| self.derived.contains_key(derived.name()))
    }

    fn segment(&self, folder: &Path, on_drop: Sender<Released>) -> Segment {
        Segment {
            number: self.number,
            path: segment::path(folder, self.number),
            events: self.events,
            bytes: self.bytes,
            crc32: self.crc32,
            projects: self.projects,
            instants: self.instants,
            seqs: self.seqs,
            merged_at: None,
            is_replaced: AtomicBool::new(false),
            on_drop,
        }
    }
}

impl Object {
    /// Puts a file.
    fn put(objects: &Objects, name: String, file: &Path) -> Result<Self, Error> {
        let (bytes, crc32) = segment::checksum(file)?;
        objects.put_file(&name, file)?;
        Ok(Self { name, bytes, crc32 })
    }

    /// Gets it into a file, and looks whether it is what was put.
    fn get(&self, objects: &Objects, file: &Path) -> Result<(), Error> {
        if !objects.get_file(&self.name, file)? {
            return Err(Error::objects(&self.name, std::io::Error::from(std::io::ErrorKind::NotFound)));
        }
        if segment::checksum(file)? == (self.bytes, self.crc32) {
            return Ok(());
        }
        Err(Error::objects(&self.name, wrong("is not what was put there")))
    }
}

/// The name of the object with what is derived from a segment. The checksum is in it, as in the segment's own.
fn derived_name(derived: Derived, segment: &Segment) -> String {
    format!("derived/{}_{:010}-{:08x}.parquet", derived.name(), segment.number, segment.crc32)
}

fn wrong(what: &str) -> Box<dyn std::error::Error + Send + Sync> {
    what.into()
}
