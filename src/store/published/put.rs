//! Putting an instant: what is not there yet of it, then the instant itself, then its number.

use super::super::lake::{self, fresh_id};
use super::super::relations::{Derived, Sealed};
use super::super::snapshot::Segment;
use super::super::{Error, Store};
use super::parts::Rows;
use super::publish::Present;
use super::{CURRENT, FORMAT, FactSet, Facts, Object, Published, PublishedSegment, derived_name};
use crate::store::objects::Objects;
use chrono::{DateTime, Utc};

/// Parts behind a base before another one is made.
const MOST_PARTS: usize = 32;

/// Parts from before the base that are kept, for replicas that hold what they go on from.
const KEPT_PARTS: usize = 32;

impl Store {
    /// Puts an instant that goes on from the one before, or from none.
    pub(super) fn put_instant(
        &self,
        (objects, lake): (&Objects, &str),
        before: Option<&Published>,
        present: Present,
        is_based: bool,
        number: u64,
        now: DateTime<Utc>,
    ) -> Result<Published, Error> {
        let Present { generation, seq, segments, small } = present;
        let going_on = before.filter(|before| is_based && !before.facts.epoch.is_empty());
        let facts = self.put_next_facts(objects, going_on, (generation, seq))?;
        let mut listed = Vec::with_capacity(segments.len());
        for segment in &*segments {
            let known = before.and_then(|before| before.segments.iter().find(|old| old.is(segment)));
            let known = known.filter(|known| known.has_all_derived()).cloned();
            listed.push(match known {
                Some(known) => known,
                None => self.put_derived(objects, segment)?,
            });
        }
        let published = Published {
            format: FORMAT,
            lake: lake.to_owned(),
            lineage: before.map_or_else(fresh_id, |before| Ok(before.lineage.clone()))?,
            number,
            made_at: now.timestamp_micros(),
            generation,
            seq,
            segments: listed,
            facts,
            small,
        };
        let bytes = serde_json::to_vec(&published)
            .map_err(|error| Error::objects(&Published::name(number), error))?;
        objects.put(&Published::name(number), bytes)?;
        objects.put(CURRENT, format!("{number:012} {}", published.lineage).into_bytes())?;
        tracing::info!(instant.number = number, segments = published.segments.len(), "published an instant");
        Ok(published)
    }

    /// Facts up to an instant: what the one before has and a part, or a base.
    fn put_next_facts(
        &self,
        objects: &Objects,
        before: Option<&Published>,
        upto: (u64, u64),
    ) -> Result<Facts, Error> {
        let Some(before) = before else {
            let base = self.put_facts(objects, Rows::Held, upto)?;
            return Ok(Facts { epoch: fresh_id()?, base, parts: Vec::new() });
        };
        let mut facts = before.facts.clone();
        if before.seq < upto.1 {
            let part: FactSet = self.put_facts(objects, Rows::Behind(before.seq), upto)?;
            facts.parts.push(part);
        }
        let is_behind = |part: &FactSet| part.after_seq >= facts.base.seq;
        if facts.parts.iter().filter(|part| is_behind(part)).count() > MOST_PARTS {
            facts.base = self.put_facts(objects, Rows::Held, upto)?;
        }
        let old = facts.parts.iter().filter(|part| part.seq <= facts.base.seq).count();
        facts.parts.drain(..old.saturating_sub(KEPT_PARTS));
        Ok(facts)
    }

    /// Puts what is derived from a segment.
    fn put_derived(&self, objects: &Objects, segment: &Segment) -> Result<PublishedSegment, Error> {
        let mut published = PublishedSegment::of(segment);
        for derived in Derived::ALL {
            let file = self.lake_file(segment, Sealed::Derived(derived))?;
            let name = derived_name(derived, segment);
            published.derived.insert(derived.name().to_owned(), Object::put(objects, name, &file)?);
        }
        if !self.publishes {
            // Nobody else reads the files here.
            lake::remove_of(&self.folder, segment.number)?;
        }
        Ok(published)
    }
}
