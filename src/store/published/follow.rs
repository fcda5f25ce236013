//! Following: a replica goes from the instant it holds to the one that is published. Nothing is written to object storage.
//!
//! Everything is fetched before anything is changed. Then the catalog takes one step, in one transaction, and a new instant
//! is visible; readers of the old one finish as those of a primary do.
//!
//! Failure stories.
//!
//! 1. Object storage does not answer, or an object is not what was put: the replica stays where it is and says so.
//! 2. The process dies while it fetches: derived tables of segments that no catalog lists are dropped with the next start.
//! 3. It dies behind the transaction and before the index of keys is written: the index is made anew with the next start.

use super::super::relations::Derived;
use super::super::snapshot::Segment;
use super::super::{Error, Store, lock, record};
use super::apply::{Fetched, forget_rest, numbers};
use super::small::Small;
use super::{CURRENT, Published};
use crate::domain::identity::ProjectKey;
use crate::store::objects::Objects;
use chrono::{DateTime, Utc};
use duckdb::{Connection, params};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};

/// What a replica tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replica {
    /// The number of the instant it answers from, and when the primary made it; `None` before there is one.
    pub instant: Option<(u64, DateTime<Utc>)>,
    /// When object storage last answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// Why it could not go on when it last tried.
    pub failure: Option<String>,
}

/// How far a replica is.
#[derive(Debug)]
pub(crate) struct Following {
    pub(super) held: Mutex<Held>,
    pub(super) told: Mutex<Replica>,
}

/// The instant that is held.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) lake: String,
    pub(super) lineage: String,
    pub(super) epoch: String,
    pub(super) number: u64,
    /// How many instants were applied.
    pub(super) step: u64,
    pub(super) small: Small,
    /// What is erased and still in the file of the catalog.
    pub(super) rest: Option<Rest>,
}

/// What an erasure leaves in the file of a replica's catalog, as readers of an earlier instant may need it.
#[derive(Debug, Default)]
pub(super) struct Rest {
    readers: Vec<Weak<()>>,
    /// Rows that held no longer than to this one go.
    seq: u64,
    keys: BTreeSet<u32>,
}

impl Store {
    /// Whether this is a replica, which takes no writes.
    #[must_use]
    pub fn is_replica(&self) -> bool {
        self.following.is_some()
    }

    /// What a replica tells of itself; `None` on a primary.
    #[must_use]
    pub fn replica(&self) -> Option<Replica> {
        self.following.as_ref().map(|following| lock(&following.told).clone())
    }

    /// Goes on to the instant that is published, if this is a replica and another one is; tells whether it did.
    ///
    /// Blocks for as long as fetching takes; run it off the request path. After a failure it may be tried again.
    pub fn follow(&self, now: DateTime<Utc>) -> Result<bool, Error> {
        let (Some(following), Some(objects)) = (&self.following, self.objects()) else {
            return Ok(false);
        };
        let mut held = lock(&following.held);
        let followed = self.follow_from(&mut held, objects);
        drop(held);
        if followed.is_ok() {
            self.files.asked(&followed);
        }
        let mut told = lock(&following.told);
        match &followed {
            Ok(made) => {
                (told.answered_at, told.failure) = (Some(now), None);
                told.instant = made.or(told.instant);
            }
            Err(error) => told.failure = Some(error.to_string()),
        }
        Ok(followed?.is_some())
    }

    fn follow_from(&self, held: &mut Held, objects: &Objects) -> Result<Option<(u64, DateTime<Utc>)>, Error> {
        self.remove_released();
        if let Err(error) = self.forget_erased(held) {
            tracing::warn!(%error, "what is erased is still in a file of this replica; it is tried again");
        }
        let current = Published::current(objects)?;
        if current.is_none() && held.number > 0 {
            return Err(Error::objects(CURRENT, super::wrong("is not there any more")));
        }
        let is_held = |(number, lineage): &(u64, String)| (*number, lineage) == (held.number, &held.lineage);
        let Some((number, _)) = current.filter(|current| !is_held(current)) else { return Ok(None) };
        // It may be gone already: then another one is published.
        let Some(published) = Published::read(objects, number)? else { return Ok(None) };
        held.check(&published)?;
        self.go_to(held, objects, &published)?;
        let made_at = DateTime::from_timestamp_micros(published.made_at).unwrap_or_default();
        tracing::info!(instant.number = number, instant.seq = published.seq, "follows a published instant");
        Ok(Some((number, made_at)))
    }

    fn go_to(&self, held: &mut Held, objects: &Objects, published: &Published) -> Result<(), Error> {
        let mut connection = self.connection()?;
        let before = self.snapshot();
        let (mut segments, mut fresh) = (Vec::with_capacity(published.segments.len()), Vec::new());
        for listed in &published.segments {
            let known = before.segments.iter().find(|known| listed.is(known));
            if let Some(known) = known {
                segments.push(Arc::clone(known));
                continue;
            }
            self.fetch_derived(objects, &mut connection, listed)?;
            let segment = Arc::new(listed.segment(&self.folder.join("segments"), self.on_drop.clone()));
            self.files.add(&segment, true);
            fresh.push(Arc::clone(&segment));
            segments.push(segment);
        }
        let is_gone = |old: &Arc<Segment>| !segments.iter().any(|segment| Arc::ptr_eq(old, segment));
        let gone: Vec<Arc<Segment>> = before.segments.iter().filter(|old| is_gone(old)).cloned().collect();

        let parts = published.parts_from(&held.epoch, before.sealed_seq);
        let base = parts.is_none().then_some(&published.facts.base);
        let parts = parts.unwrap_or_else(|| published.parts_behind_base());
        let fetched = self.fetch_facts(objects, &connection, base, parts)?;
        let step = held.step + 1;
        self.note_fetched_keys(&connection, &fetched, step)?;
        let mut changed = changed_projects(&connection, published, &fresh, before.sealed_seq)?;
        changed.extend(&fetched.projects);
        changed.extend(published.small.projects_with_other_documents(&held.small));
        self.record_instant(&mut connection, held, published, &fetched, (&gone, &fresh))?;

        let is_other_epoch =
            fetched.has_base && !held.epoch.is_empty() && held.epoch != published.facts.epoch;
        let is_erased_changed = published.small.erased != held.small.erased;
        drop(before);
        self.keys.forget(published.small.erased.iter().chain(&fetched.gone).copied());
        let mut earlier = Weak::new();
        self.publish(|snapshot| {
            snapshot.segments = segments.into();
            (snapshot.sealed_seq, snapshot.visible_seq) = (published.seq, published.seq);
            snapshot.erased = published.small.erased.as_slice().into();
            if is_other_epoch {
                earlier = Arc::downgrade(&std::mem::take(&mut snapshot.era));
            }
        });
        for old in &gone {
            old.is_replaced.store(true, Ordering::Release);
        }
        drop(gone);
        if is_other_epoch {
            let rest = held.rest.get_or_insert_default();
            rest.readers.push(earlier);
            rest.seq = published.facts.base.seq;
            rest.keys.extend(&fetched.gone);
        }
        (held.number, held.step) = (published.number, step);
        held.lake.clone_from(&published.lake);
        held.lineage.clone_from(&published.lineage);
        held.epoch.clone_from(&published.facts.epoch);
        held.small = published.small.clone();
        let documents = published.small.documents();
        self.documents.put_all(documents.iter().map(|(project, kind, document)| (*project, *kind, document)));
        if is_other_epoch || is_erased_changed {
            self.erasures.fetch_add(1, Ordering::AcqRel);
        }
        if fetched.has_base || is_erased_changed {
            self.versions.advance_all();
        } else {
            for project in &changed {
                self.versions.advance(ProjectKey(*project));
            }
        }
        // From the transaction on it is done, whatever becomes of the rest.
        if let Err(error) = self.settle(&connection, &fetched, step) {
            tracing::warn!(%error, "an index of this replica is made anew with its next start");
        }
        Ok(())
    }

    fn settle(&self, connection: &Connection, fetched: &Fetched, step: u64) -> Result<(), Error> {
        self.remove_released();
        fetched.forget(connection)?;
        self.keys.known.seal(step)?;
        self.keys.known.sealed(step)
    }

    fn record_instant(
        &self,
        connection: &mut Connection,
        held: &Held,
        published: &Published,
        fetched: &Fetched,
        (gone, fresh): (&[Arc<Segment>], &[Arc<Segment>]),
    ) -> Result<(), Error> {
        let _alone = lock(&self.recording);
        let transaction = connection.transaction()?;
        fetched.record(&transaction, &published.facts.base)?;
        record::strike(&transaction, gone.iter().map(|segment| segment.number))?;
        for segment in fresh {
            record::list(&transaction, segment)?;
        }
        record::reached(&transaction, published.generation, published.seq)?;
        published.small.write(&held.small, &transaction)?;
        transaction.execute(
            "update main.replica set lake = ?, lineage = ?, epoch = ?, number = ?, step = ?, made_at = ?, erased = ?,
                 has_rest = has_rest or ?",
            params![
                published.lake,
                published.lineage,
                published.facts.epoch,
                published.number,
                held.step + 1,
                published.made_at,
                serde_json::to_string(&published.small.erased).unwrap_or_default(),
                fetched.has_base && held.epoch != published.facts.epoch
            ],
        )?;
        Ok(transaction.commit()?)
    }

    /// Leaves no trace of what is erased in the file of the catalog, once nobody reads an instant from before.
    fn forget_erased(&self, held: &mut Held) -> Result<(), Error> {
        let is_read = |rest: &Rest| rest.readers.iter().any(|earlier| earlier.strong_count() > 0);
        let Some(rest) = held.rest.as_ref().filter(|rest| !is_read(rest)) else { return Ok(()) };
        self.keys.known.retain(|_, key| !rest.keys.contains(&key))?;
        let _alone = lock(&self.recording);
        forget_rest(&self.connection()?, rest.seq)?;
        held.rest = None;
        Ok(())
    }
}

/// The projects with events behind a row, as far as new segments tell.
fn changed_projects(
    connection: &Connection,
    published: &Published,
    fresh: &[Arc<Segment>],
    seq: u64,
) -> Result<BTreeSet<u32>, Error> {
    let mut projects = BTreeSet::new();
    if published.seq > seq {
        for segment in fresh.iter().filter(|segment| segment.seqs.1 > seq) {
            let days = Derived::UserDays.table(segment.number);
            projects.extend(numbers(connection, &format!("select distinct project from {days}"))?);
        }
    }
    Ok(projects)
}

impl Held {
    /// Fails where an instant does not go on from this one.
    fn check(&self, published: &Published) -> Result<(), Error> {
        let refuse = |what: &str| Err(Error::objects(CURRENT, super::wrong(what)));
        if !self.lake.is_empty() && self.lake != published.lake {
            return refuse(
                "is of another lake than this folder's; name an empty folder with --data-dir, or the other prefix with --object-store",
            );
        }
        if !self.lineage.is_empty() && self.lineage != published.lineage {
            return refuse(
                "does not go on from the instant held here, as the primary was put back to an earlier state; restart this replica, and it begins anew",
            );
        }
        Ok(())
    }
}
