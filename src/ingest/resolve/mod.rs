//! What a write means against what is stored: from [`Write`]s to rows, one outcome each.
//!
//! Everything a batch may touch is loaded first, by one statement per kind and tenant; then each write is
//! resolved in order against that state and changes it for those behind it.

mod events;
mod groups;
mod memberships;
mod profiles;

use super::sessions::Sessions;
use super::wanted::Wanted;
use crate::domain::Invalid;
use crate::domain::event::{Properties, weight};
use crate::domain::identity::ProjectKey;
use crate::domain::write::{Write, Written};
use crate::store::facts::{Facts, GroupVersion, KeyRow, Membership, ProfileVersion};
use crate::store::state::{self, Of};
use crate::store::{Appender, Error, FreshIds, KeyKind};
use chrono::{DateTime, Utc};
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

type Key = (ProjectKey, String);

/// A batch on its way to rows.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    appender: &'a mut Appender,
    sessions: &'a mut Sessions,
    now: DateTime<Utc>,
    groups: HashMap<Key, Vec<GroupVersion>>,
    profiles: HashMap<Key, ProfileVersion>,
    /// Of a profile that joins or leaves all, of others those in groups that are deleted.
    memberships: HashMap<Key, Vec<Membership>>,
    /// Who is or was in each group that is deleted.
    holders: HashMap<Key, BTreeSet<String>>,
    event_ids: FreshIds,
    /// Keys that this batch gives.
    keys: HashMap<(ProjectKey, KeyKind, String), u32>,
    /// Bytes of the rows that are not committed yet, about.
    bytes: usize,
    /// Bytes of the rows of the present request, about.
    request_bytes: usize,
    /// Bytes of all rows since the load, about: what later writes are resolved against.
    held_bytes: usize,
    /// The rows to store.
    pub(super) facts: Facts,
}

impl<'a> Batch<'a> {
    /// Loads what the writes may touch.
    pub(super) fn load(
        appender: &'a mut Appender,
        sessions: &'a mut Sessions,
        now: DateTime<Utc>,
        writes: &[(ProjectKey, Vec<Write>)],
    ) -> Result<Self, Error> {
        let mut wanted: HashMap<ProjectKey, Wanted> = HashMap::new();
        for (project, writes) in writes {
            let wanted = wanted.entry(*project).or_default();
            for write in writes {
                wanted.add(write);
            }
        }
        let mut batch = Self {
            appender,
            sessions,
            now,
            groups: HashMap::new(),
            profiles: HashMap::new(),
            memberships: HashMap::new(),
            holders: HashMap::new(),
            event_ids: FreshIds::default(),
            keys: HashMap::new(),
            bytes: 0,
            request_bytes: 0,
            held_bytes: 0,
            facts: Facts::default(),
        };
        for (project, wanted) in wanted {
            batch.load_project(project, &wanted)?;
        }
        Ok(batch)
    }

    fn load_project(&mut self, project: ProjectKey, wanted: &Wanted) -> Result<(), Error> {
        let snapshot = self.appender.store().snapshot();
        let connection = self.appender.connection();
        let (groups, profiles, members) =
            (list(&wanted.groups), list(&wanted.profiles), list(&wanted.members));
        if !groups.is_empty() {
            for version in state::groups(connection, &snapshot, project, &groups)? {
                self.groups.entry((project, version.group_id.clone())).or_default().push(version);
            }
        }
        if !profiles.is_empty() {
            for version in state::profiles(connection, &snapshot, project, &profiles)? {
                self.profiles.insert((project, version.profile_id.clone()), version);
            }
        }
        if !members.is_empty() {
            for membership in state::memberships(connection, &snapshot, project, Of::Profiles, &members)? {
                let key = (project, membership.profile_id.clone());
                self.memberships.entry(key).or_default().push(membership);
            }
        }
        let deleted = list(&wanted.deleted);
        self.holders.extend(deleted.iter().map(|id| ((project, id.clone()), BTreeSet::new())));
        if !deleted.is_empty() {
            for membership in state::memberships(connection, &snapshot, project, Of::Groups, &deleted)? {
                let profile = membership.profile_id.clone();
                let group = (project, membership.group_id.clone());
                self.holders.entry(group).or_default().insert(profile.clone());
                if !wanted.members.contains(&profile) {
                    self.memberships.entry((project, profile)).or_default().push(membership);
                }
            }
        }
        Ok(())
    }

    /// Bytes of the rows that are not committed yet, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether so much is held in memory that the requests behind should be loaded anew.
    pub(super) fn is_heavy(&self) -> bool {
        self.held_bytes >= HELD_BYTES
    }

    /// What is resolved from here on belongs to another request.
    pub(super) fn begin_request(&mut self) {
        self.request_bytes = 0;
    }

    /// Commits what was resolved so far; what follows is resolved against it.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        self.bytes = 0;
        self.appender.append(&std::mem::take(&mut self.facts))
    }

    /// Resolves one write. It is refused when those before it in the request have made as many rows as one may.
    pub(super) fn resolve(&mut self, project: ProjectKey, write: Write) -> Result<Written, Error> {
        if self.request_bytes >= REQUEST_BYTES {
            let reason = format!(
                "the changes before it in the request write more than {REQUEST_BYTES} bytes already, for each writes all its entity has; send this one and those behind it in another request"
            );
            return Ok(Written::Refused { missing: false, invalid: Invalid::new("properties", reason) });
        }
        let (groups, profiles) = (self.facts.group_versions.len(), self.facts.profile_versions.len());
        let (events, memberships) = (self.facts.events.len(), self.facts.memberships.len());
        let written = match write {
            Write::Track(new) => self.track(project, *new)?,
            Write::UpsertGroup(patch) => self.upsert_group(project, &patch)?,
            Write::JoinGroups { profile_id, group_ids, joined_at } => {
                self.join(project, &profile_id, &group_ids, joined_at)?
            }
            Write::LeaveGroups { profile_id, group_ids, left_at } => {
                self.leave(project, &profile_id, &group_ids, left_at)
            }
            Write::DeleteGroup { id } => self.delete_group(project, &id),
            Write::Identify(patch) => self.identify(project, &patch)?,
            Write::Increment { profile_id, property, by } => {
                self.increment(project, &profile_id, &property, by)
            }
        };
        let groups =
            self.facts.group_versions[groups..].iter().map(|row| row.properties.len() + row.patch.len());
        let profiles = self.facts.profile_versions[profiles..].iter().map(|row| row.properties.len());
        let events = self.facts.events[events..].iter().map(|row| weight(&row.event.properties, 8) + 512);
        let memberships = (self.facts.memberships.len() - memberships) * 128;
        let bytes = groups.sum::<usize>() + profiles.sum::<usize>() + events.sum::<usize>() + memberships;
        self.bytes += bytes;
        self.request_bytes += bytes;
        self.held_bytes += bytes;
        Ok(written)
    }

    /// The key of a text: the one it has, or a new one that goes to the log with this batch.
    fn key(&mut self, project: ProjectKey, kind: KeyKind, text: &str) -> Result<u32, Error> {
        if let Some(key) = self.appender.store().key(project, kind, text)? {
            return Ok(key);
        }
        let slot = match self.keys.entry((project, kind, text.to_owned())) {
            Entry::Occupied(given) => return Ok(*given.get()),
            Entry::Vacant(slot) => slot,
        };
        let (key, seq) = (*slot.insert(self.appender.next_key()?), self.appender.next_seq());
        self.facts.keys.push(KeyRow { project, seq, kind, key, text: text.to_owned() });
        Ok(key)
    }
}

fn list(ids: &HashSet<String>) -> Vec<String> {
    ids.iter().cloned().collect()
}

fn parse(text: &str) -> Properties {
    serde_json::from_str(text).unwrap_or_default()
}

/// Bytes of rows that one request may make, about: many times what its body may have.
const REQUEST_BYTES: usize = 256 << 20;

/// Bytes of rows that are kept to resolve later requests against, about.
const HELD_BYTES: usize = 256 << 20;

/// Bytes that an entity's properties may have after all merges: as many as one change may bring.
const MERGED_BYTES: usize = 256 * 1024;

/// Refuses properties that grew too large by merging.
fn too_large(properties: &str) -> Option<Written> {
    (properties.len() > MERGED_BYTES).then(|| {
        let bytes = properties.len();
        let reason = format!("would have {bytes} bytes after the merge; {MERGED_BYTES} at most are allowed");
        Written::Refused { missing: false, invalid: Invalid::new("properties", reason) }
    })
}
