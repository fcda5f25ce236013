//! Publishing: the primary puts its present instant beside its segments. Off the request path, one at a time.
//!
//! What is known of the instant before is read from object storage at first, so that it is told nowhere else: an instant
//! goes on where that one ends, and objects that it names are not put again.

use super::super::relations::Sealed;
use super::super::snapshot::Segment;
use super::super::{Error, Store, lock, record};
use super::small::Small;
use super::sweep::Garbage;
use super::{Published, PublishedSegment, derived_name};
use crate::store::objects::Objects;
use chrono::{DateTime, Duration, Utc};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far publishing is.
#[derive(Debug, Default)]
pub(crate) struct Publishing {
    /// Held while an instant is put, which may take long.
    state: std::sync::Mutex<Option<State>>,
    /// The numbers and checksums of the segments that the published instant lists.
    listed: std::sync::Mutex<HashSet<(u64, u32)>>,
    /// How often a base was wanted without rows that are gone from the catalog.
    wanted_bases: AtomicU64,
}

#[derive(Debug)]
struct State {
    /// The instant that is published; `None` where none is that this one goes on from.
    last: Option<Published>,
    /// The highest number there is.
    number: u64,
    /// What the present instant was made from.
    seen: Option<Seen>,
    /// Of which wanted base the instant is.
    based: u64,
    garbage: Garbage,
}

/// What tells whether there is something new.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    changes: u64,
    seq: u64,
    segments: Vec<u64>,
    erased: Vec<u32>,
    wanted_bases: u64,
}

/// The store at one instant.
pub(super) struct Present {
    pub(super) generation: u64,
    pub(super) seq: u64,
    pub(super) segments: Arc<[Arc<Segment>]>,
    pub(super) small: Small,
}

impl Store {
    /// Puts the present instant where it is another one than the one that is published and all its segments are there;
    /// tells whether it was. Removes what no instant has named for a while.
    ///
    /// Blocks for as long as that takes; run it off the request path. After a failure it may be tried again.
    pub fn publish_instant(&self, now: DateTime<Utc>) -> Result<bool, Error> {
        let (Some(objects), Some(lake)) = (self.objects(), self.shared_lake_id()?) else { return Ok(false) };
        if self.is_replica() {
            return Ok(false);
        }
        let published = self.publish_to(objects, &lake, now);
        if published.is_err() {
            self.files.asked(&published);
        }
        published
    }

    fn publish_to(&self, objects: &Objects, lake: &str, now: DateTime<Utc>) -> Result<bool, Error> {
        let grace = Duration::from_std(self.files.keeping()).unwrap_or(Duration::MAX);
        let mut state = lock(&self.publishing_instants.state);
        let state = match &mut *state {
            Some(state) => state,
            none => none.insert(self.published_before(objects, lake)?),
        };
        let wanted_bases = self.publishing_instants.wanted_bases.load(Ordering::Acquire);
        let seen = self.seen_now(wanted_bases);
        if state.seen.as_ref() == Some(&seen) {
            state.sweep(objects, now, grace)?;
            return Ok(false);
        }
        let present = self.present()?;
        if !present.segments.iter().all(|segment| self.is_uploaded(segment)) {
            return Ok(false);
        }
        let is_based = state.based == wanted_bases;
        let is_same = is_based
            && state.last.as_ref().is_some_and(|last| {
                last.is_whole()
                    && (last.generation, last.seq) == (present.generation, present.seq)
                    && last.small == present.small
                    && last.segments.len() == present.segments.len()
                    && last.segments.iter().zip(&*present.segments).all(|(old, new)| old.is(new))
            });
        if !is_same {
            let before = state.last.as_ref();
            let published =
                self.put_instant((objects, lake), before, present, is_based, state.number + 1, now)?;
            state.number = published.number;
            state.based = wanted_bases;
            state.last = Some(published);
            state.garbage.look_again();
        }
        state.seen = Some(seen);
        let listed = state.last.iter().flat_map(|last| &last.segments);
        *lock(&self.publishing_instants.listed) =
            listed.map(|segment| (segment.number, segment.crc32)).collect();
        state.sweep(objects, now, grace)?;
        Ok(!is_same)
    }

    /// Whether all that is sealed is published, with everything that is small.
    #[must_use]
    pub fn is_published(&self) -> bool {
        let seen = self.seen_now(self.publishing_instants.wanted_bases.load(Ordering::Acquire));
        let state = lock(&self.publishing_instants.state);
        state.as_ref().is_some_and(|state| state.seen.as_ref() == Some(&seen))
    }

    /// The segments of the instant that is published, whose objects must stay; `None` before it is known which that is.
    pub(in crate::store) fn published_segments(&self) -> Option<Vec<u64>> {
        let state = lock(&self.publishing_instants.state);
        let last = state.as_ref()?.last.as_ref();
        Some(last.into_iter().flat_map(|last| &last.segments).map(|segment| segment.number).collect())
    }

    /// Where others find a segment's rows of a kind in object storage, if they do: a URL, which is good for as long as an
    /// instant is published that lists the segment, and for the grace behind that.
    #[must_use]
    pub fn published_at(&self, segment: &Segment, sealed: Sealed) -> Option<String> {
        let objects = self.objects()?;
        let listed = || lock(&self.publishing_instants.listed).contains(&(segment.number, segment.crc32));
        let is_there = self.is_replica() || listed();
        let name = match sealed {
            Sealed::Events => segment.object(),
            Sealed::Derived(derived) => derived_name(derived, segment),
        };
        is_there.then(|| objects.url(&name))
    }

    /// Has a base made without the rows that are gone from the catalog.
    pub(in crate::store) fn want_base(&self) {
        self.publishing_instants.wanted_bases.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether nothing is left in object storage of what is gone from the catalog. True where nothing is published.
    pub(in crate::store) fn is_published_clean(&self) -> bool {
        if !self.has_object_storage() {
            return true;
        }
        let state = lock(&self.publishing_instants.state);
        let wanted = self.publishing_instants.wanted_bases.load(Ordering::Acquire);
        state.as_ref().is_some_and(|state| state.based == wanted && state.garbage.is_none())
    }

    fn seen_now(&self, wanted_bases: u64) -> Seen {
        let changes = self.changes.load(Ordering::Acquire);
        let snapshot = self.snapshot();
        let segments = snapshot.segments.iter().map(|segment| segment.number).collect();
        Seen { changes, seq: snapshot.sealed_seq, segments, erased: snapshot.erased.to_vec(), wanted_bases }
    }

    /// The store as it is between two sealings. Holds segments, and no hot rows.
    fn present(&self) -> Result<Present, Error> {
        let connection = self.connection()?;
        let _alone = lock(&self.recording);
        let snapshot = self.snapshot();
        let progress = record::progress(&connection)?;
        let mut small = Small::read(&lock(&self.root))?;
        small.erased = snapshot.erased.to_vec();
        let segments = Arc::clone(&snapshot.segments);
        Ok(Present { generation: progress.generation, seq: snapshot.sealed_seq, segments, small })
    }

    /// What is published, and whether this store goes on from there.
    fn published_before(&self, objects: &Objects, lake: &str) -> Result<State, Error> {
        let found = Published::current(objects)?;
        let number = found.as_ref().map_or(0, |(number, _)| *number);
        let mut last = found.map(|(number, _)| Published::read(objects, number)).transpose()?.flatten();
        let connection = self.connection()?;
        if last.as_ref().is_some_and(|last| last.lake != lake) {
            return Err(Error::OtherLake("an instant is published there of another one"));
        }
        let progress = record::progress(&connection)?;
        let snapshot = self.snapshot();
        let is_ahead = last.as_ref().is_some_and(|last| {
            let differs = |old: &PublishedSegment| {
                snapshot.segments.iter().any(|new| new.number == old.number && new.crc32 != old.crc32)
            };
            last.generation > progress.generation
                || last.seq > progress.seq
                || last.segments.iter().any(differs)
        });
        if is_ahead {
            tracing::warn!(
                "object storage knows of more than this data folder has, which was put back to an earlier state; replicas begin anew with their next start"
            );
            last = None;
        }
        // What somebody removed is put again.
        let mut there = HashSet::new();
        for folder in Garbage::FOLDERS {
            there.extend(objects.list(folder)?.into_iter().map(|(name, _)| name));
        }
        if let Some(last) = &mut last {
            for segment in &mut last.segments {
                segment.derived.retain(|_, object| there.contains(&object.name));
            }
            let sets = last.facts.parts.iter().chain([&last.facts.base]);
            let is_whole =
                sets.flat_map(|set| set.tables.values()).all(|object| there.contains(&object.name));
            if !is_whole {
                last.facts.epoch.clear();
            }
        }
        Ok(State { last, number, seen: None, based: 0, garbage: Garbage::default() })
    }
}

impl State {
    /// Removes what no instant names.
    fn sweep(&mut self, objects: &Objects, now: DateTime<Utc>, grace: Duration) -> Result<(), Error> {
        let Some(last) = &self.last else { return Ok(()) };
        let mut named: HashSet<&str> = last.names().collect();
        let own = Published::name(last.number);
        named.insert(&own);
        self.garbage.sweep(objects, &named, now, grace)
    }
}
