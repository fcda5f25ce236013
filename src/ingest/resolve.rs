//! What a write means against what is stored: from [`Write`]s to rows, one outcome each.
//!
//! Everything a batch may touch is loaded first, by one statement per kind and tenant; then each write is
//! resolved in order against that state and changes it for those behind it.

use super::increment;
use super::sessions::Sessions;
use super::wanted::Wanted;
use crate::domain::Invalid;
use crate::domain::event::{Event, NewEvent, Outcome, Properties, distinct, weight};
use crate::domain::identity::{Group, GroupPatch, Profile, ProfilePatch, ProjectKey, Upserted, merge_patch};
use crate::domain::write::{Write, Written};
use crate::store::facts::{
    EventKeys, EventRow, Facts, GroupVersion, KeyRow, Membership, ProfileVersion, json,
};
use crate::store::state::{self, Of};
use crate::store::{Appender, Error, KeyKind};
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
    event_ids: HashSet<Key>,
    /// Keys that this batch gives.
    keys: HashMap<(ProjectKey, KeyKind, String), u32>,
    /// Bytes of the rows so far, about.
    bytes: usize,
    /// The rows to store.
    pub(super) facts: Facts,
}

impl<'a> Batch<'a> {
    /// Loads what the writes may touch.
    pub(super) fn load(
        appender: &'a mut Appender,
        sessions: &'a mut Sessions,
        now: DateTime<Utc>,
        writes: &[(ProjectKey, &[Write])],
    ) -> Result<Self, Error> {
        let mut wanted: HashMap<ProjectKey, Wanted> = HashMap::new();
        for (project, writes) in writes {
            let wanted = wanted.entry(*project).or_default();
            writes.iter().for_each(|write| wanted.add(write));
        }
        let mut batch = Self {
            appender,
            sessions,
            now,
            groups: HashMap::new(),
            profiles: HashMap::new(),
            memberships: HashMap::new(),
            holders: HashMap::new(),
            event_ids: HashSet::new(),
            keys: HashMap::new(),
            bytes: 0,
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

    /// Commits what was resolved so far; what follows is resolved against it.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        self.bytes = 0;
        self.appender.append(&std::mem::take(&mut self.facts))
    }

    /// Resolves one write.
    pub(super) fn resolve(&mut self, project: ProjectKey, write: &Write) -> Result<Written, Error> {
        let (groups, profiles) = (self.facts.group_versions.len(), self.facts.profile_versions.len());
        let (events, memberships) = (self.facts.events.len(), self.facts.memberships.len());
        let written = match write {
            Write::Track(new) => self.track(project, new)?,
            Write::UpsertGroup(patch) => self.upsert_group(project, patch)?,
            Write::JoinGroups { profile_id, group_ids, joined_at } => {
                self.join(project, profile_id, group_ids, *joined_at)?
            }
            Write::LeaveGroups { profile_id, group_ids, left_at } => {
                self.leave(project, profile_id, group_ids, *left_at)
            }
            Write::DeleteGroup { id } => self.delete_group(project, id),
            Write::Identify(patch) => self.identify(project, patch)?,
            Write::Increment { profile_id, property, by } => {
                self.increment(project, profile_id, property, *by)
            }
        };
        let groups =
            self.facts.group_versions[groups..].iter().map(|row| row.properties.len() + row.patch.len());
        let profiles = self.facts.profile_versions[profiles..].iter().map(|row| row.properties.len());
        let events = self.facts.events[events..].iter().map(|row| weight(&row.event.properties, 8) + 512);
        let memberships = (self.facts.memberships.len() - memberships) * 128;
        self.bytes += groups.sum::<usize>() + profiles.sum::<usize>() + events.sum::<usize>() + memberships;
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

    fn event_keys(&mut self, project: ProjectKey, event: &Event) -> Result<EventKeys, Error> {
        let user = match (&event.profile_id, &event.device_id) {
            (Some(profile), _) => Some((KeyKind::Profile, profile)),
            (None, Some(device)) => Some((KeyKind::Device, device)),
            (None, None) => None,
        };
        let groups: Result<_, Error> =
            event.groups.iter().map(|group| self.key(project, KeyKind::Group, group)).collect();
        Ok(EventKeys {
            groups: groups?,
            name: self.key(project, KeyKind::Name, &event.name)?,
            user: user.map(|(kind, id)| self.key(project, kind, id)).transpose()?,
            path: event.path.as_ref().map(|path| self.key(project, KeyKind::Path, path)).transpose()?,
        })
    }

    fn track(&mut self, project: ProjectKey, new: &NewEvent) -> Result<Written, Error> {
        let mut event = new.event.clone();
        let id_key = (project, event.id.clone());
        if self.event_ids.contains(&id_key) || self.appender.is_seen(project, &event.id)? {
            return Ok(Written::Event { outcome: Outcome::Duplicate, event: Box::new(event) });
        }
        self.event_ids.insert(id_key);
        if new.attach_memberships {
            self.attach(project, &mut event);
        }
        self.sessions.assign(project, &mut event, &new.session);
        let keys = self.event_keys(project, &event)?;
        let seq = self.appender.next_seq();
        self.facts.events.push(EventRow { project, seq, event: event.clone(), keys });
        Ok(Written::Event { outcome: Outcome::Accepted, event: Box::new(event) })
    }

    /// Adds the profile's memberships at the event's time behind the groups it was sent with.
    fn attach(&self, project: ProjectKey, event: &mut Event) {
        let Some(profile) = &event.profile_id else { return };
        let Some(memberships) = self.memberships.get(&(project, profile.clone())) else { return };
        let at = event.occurred_at;
        let holding =
            memberships.iter().filter(|m| m.joined_at <= at && m.left_at.is_none_or(|left| at < left));
        let groups = event.groups.drain(..).chain(holding.map(|m| m.group_id.clone())).collect();
        event.groups = distinct(groups);
    }

    fn upsert_group(&mut self, project: ProjectKey, patch: &GroupPatch) -> Result<Written, Error> {
        let group_key = self.key(project, KeyKind::Group, &patch.id)?;
        let seq = self.appender.next_seq();
        let effective_at = patch.effective_at.unwrap_or(self.now);
        let versions = self.groups.entry((project, patch.id.clone())).or_default();
        if versions.last().is_some_and(|last| last.is_deleted) {
            versions.clear();
        }
        let first = versions.first();
        let mut version = GroupVersion {
            project,
            seq,
            change_seq: seq,
            group_id: patch.id.clone(),
            group_key,
            life: first.map_or(seq, |first| first.life),
            is_deleted: false,
            group_type: patch.group_type.clone(),
            name: patch.name.clone(),
            patch: json(&patch.properties),
            properties: String::new(),
            effective_at,
            changed_at: self.now,
            created_at: first.map_or(effective_at, |first| first.created_at),
        };
        let place = versions.partition_point(|other| other.effective_at <= effective_at);
        let before = place.checked_sub(1).map(|before| versions[before].properties.as_str());
        version.properties = patched(before, &version.patch);
        if let Some(refused) = too_large(&version.properties) {
            return Ok(refused);
        }
        // What held before; ahead of the first version, the first version is what is read.
        let held = versions.get(place.saturating_sub(1));
        if held.is_some_and(|held| is_same(held, &version)) {
            return Ok(Written::Group { upserted: Upserted::Unchanged, group: group_of(versions) });
        }
        // Later versions were merged without this change: they are written again where that shows.
        let (mut later, mut bytes) = (Vec::<String>::new(), 0);
        for old in &versions[place..] {
            later.push(patched(Some(later.last().unwrap_or(&version.properties)), &old.patch));
            bytes += later.last().map_or(0, String::len) + old.patch.len();
            if bytes > REWRITTEN_BYTES {
                let reason = format!(
                    "lies before so many versions of the group that {REWRITTEN_BYTES} bytes would be written again; give a later instant"
                );
                let invalid = Invalid::new("effectiveAt", reason);
                return Ok(Written::Refused { missing: false, invalid });
            }
        }
        let upserted = if versions.is_empty() { Upserted::Created } else { Upserted::Updated };
        versions.insert(place, version.clone());
        self.facts.group_versions.push(version);
        for (old, properties) in versions[place + 1..].iter_mut().zip(later) {
            if properties != old.properties {
                old.properties = properties;
                old.seq = self.appender.next_seq();
                self.facts.group_versions.push(old.clone());
            }
        }
        Ok(Written::Group { upserted, group: group_of(versions) })
    }

    fn delete_group(&mut self, project: ProjectKey, id: &str) -> Written {
        let key = (project, id.to_owned());
        let versions = self.groups.entry(key.clone()).or_default();
        let Some(last) = versions.last().filter(|last| !last.is_deleted) else {
            return Written::GroupDeleted(false);
        };
        let seq = self.appender.next_seq();
        let tombstone = GroupVersion {
            seq,
            change_seq: seq,
            is_deleted: true,
            patch: "{}".to_owned(),
            effective_at: self.now,
            changed_at: self.now,
            ..last.clone()
        };
        versions.push(tombstone.clone());
        self.facts.group_versions.push(tombstone);
        for profile in self.holders.get(&key).into_iter().flatten() {
            let memberships = self.memberships.get_mut(&(project, profile.clone())).into_iter().flatten();
            for membership in memberships.filter(|m| m.group_id == id && m.left_at.is_none()) {
                membership.seq = self.appender.next_seq();
                membership.left_at = Some(self.now.max(membership.joined_at));
                self.facts.memberships.push(membership.clone());
            }
        }
        Written::GroupDeleted(true)
    }

    fn join(
        &mut self,
        project: ProjectKey,
        profile: &str,
        groups: &[String],
        at: Option<DateTime<Utc>>,
    ) -> Result<Written, Error> {
        if groups.is_empty() {
            // Nobody is known by being in no group.
            return Ok(Written::Memberships);
        }
        let user_key = self.key(project, KeyKind::Profile, profile)?;
        let place = (project, profile.to_owned());
        for group in distinct(groups.to_vec()) {
            let known = self.memberships.get(&place).map_or(&[][..], Vec::as_slice);
            if known.iter().any(|m| m.group_id == group && m.left_at.is_none()) {
                continue;
            }
            let group_key = self.key(project, KeyKind::Group, &group)?;
            if let Some(holders) = self.holders.get_mut(&(project, group.clone())) {
                holders.insert(profile.to_owned());
            }
            let seq = self.appender.next_seq();
            let membership = Membership {
                project,
                seq,
                membership_seq: seq,
                profile_id: profile.to_owned(),
                user_key,
                group_id: group,
                group_key,
                joined_at: at.unwrap_or(self.now),
                left_at: None,
            };
            self.memberships.entry(place.clone()).or_default().push(membership.clone());
            self.facts.memberships.push(membership);
        }
        Ok(Written::Memberships)
    }

    fn leave(
        &mut self,
        project: ProjectKey,
        profile: &str,
        groups: &[String],
        at: Option<DateTime<Utc>>,
    ) -> Written {
        let left_at = at.unwrap_or(self.now);
        let memberships = self.memberships.entry((project, profile.to_owned())).or_default();
        let mut open: Vec<&mut Membership> =
            memberships.iter_mut().filter(|m| m.left_at.is_none() && groups.contains(&m.group_id)).collect();
        if let Some(later) = open.iter().find(|m| m.joined_at > left_at) {
            let reason = format!("lies before the profile joined {} ({})", later.group_id, later.joined_at);
            return Written::Refused { missing: false, invalid: Invalid::new("leftAt", reason) };
        }
        for membership in &mut open {
            membership.seq = self.appender.next_seq();
            membership.left_at = Some(left_at);
            self.facts.memberships.push(membership.clone());
        }
        Written::Memberships
    }

    fn identify(&mut self, project: ProjectKey, patch: &ProfilePatch) -> Result<Written, Error> {
        let place = (project, patch.id.clone());
        let known = self.profiles.get(&place);
        let mut properties = known.map_or_else(Properties::new, |known| parse(&known.properties));
        merge_patch(&mut properties, &patch.properties);
        let properties = json(&properties);
        // A refused profile is not known by its key either.
        if let Some(refused) = too_large(&properties) {
            return Ok(refused);
        }
        let user_key = self.key(project, KeyKind::Profile, &patch.id)?;
        let known = self.profiles.get(&place);
        let kept = |new: &Option<String>, old: fn(&ProfileVersion) -> &Option<String>| {
            new.clone().or_else(|| known.and_then(|known| old(known).clone()))
        };
        let version = ProfileVersion {
            project,
            seq: 0,
            profile_id: patch.id.clone(),
            user_key,
            first_name: kept(&patch.first_name, |known| &known.first_name),
            last_name: kept(&patch.last_name, |known| &known.last_name),
            email: kept(&patch.email, |known| &known.email),
            avatar: kept(&patch.avatar, |known| &known.avatar),
            properties,
            created_at: known.map_or(self.now, |known| known.created_at),
            updated_at: self.now,
        };
        Ok(self.put_profile(version))
    }

    fn increment(&mut self, project: ProjectKey, profile: &str, property: &str, by: f64) -> Written {
        let refuse = |missing, reason: String| {
            let field = if missing { "profileId" } else { "property" };
            Written::Refused { missing, invalid: Invalid::new(field, reason) }
        };
        let Some(known) = self.profiles.get(&(project, profile.to_owned())) else {
            return refuse(true, format!("\"{profile}\" is no known profile; identify it first"));
        };
        let mut properties = parse(&known.properties);
        if let Err(reason) = increment::add(&mut properties, property, by) {
            return refuse(false, format!("\"{property}\" {reason}"));
        }
        let version = ProfileVersion { properties: json(&properties), updated_at: self.now, ..known.clone() };
        self.put_profile(version)
    }

    fn put_profile(&mut self, mut version: ProfileVersion) -> Written {
        if let Some(refused) = too_large(&version.properties) {
            return refused;
        }
        let profile = profile_of(&version);
        let key = (version.project, version.profile_id.clone());
        if self.profiles.get(&key).is_some_and(|known| profile_of(known) == profile) {
            return Written::Profile(profile);
        }
        version.seq = self.appender.next_seq();
        self.profiles.insert(key, version.clone());
        self.facts.profile_versions.push(version);
        Written::Profile(profile)
    }
}

fn list(ids: &HashSet<String>) -> Vec<String> {
    ids.iter().cloned().collect()
}

fn parse(text: &str) -> Properties {
    serde_json::from_str(text).unwrap_or_default()
}

/// Bytes that an entity's properties may have after all merges: as many as one change may bring.
const MERGED_BYTES: usize = 256 * 1024;

/// Bytes of later versions that one change of a group may write again: well within what one commit can hold.
const REWRITTEN_BYTES: usize = 512 << 20;

/// Refuses properties that grew too large by merging.
fn too_large(properties: &str) -> Option<Written> {
    (properties.len() > MERGED_BYTES).then(|| {
        let bytes = properties.len();
        let reason = format!("would have {bytes} bytes after the merge; {MERGED_BYTES} at most are allowed");
        Written::Refused { missing: false, invalid: Invalid::new("properties", reason) }
    })
}

/// The properties after a patch, as JSON.
fn patched(before: Option<&str>, patch: &str) -> String {
    let mut properties = before.map_or_else(Properties::new, parse);
    merge_patch(&mut properties, &parse(patch));
    json(&properties)
}

fn is_same(a: &GroupVersion, b: &GroupVersion) -> bool {
    a.group_type == b.group_type && a.name == b.name && parse(&a.properties) == parse(&b.properties)
}

/// The group as the last of its versions leaves it.
fn group_of(versions: &[GroupVersion]) -> Group {
    let last = &versions[versions.len() - 1];
    Group {
        id: last.group_id.clone(),
        group_type: last.group_type.clone(),
        name: last.name.clone(),
        properties: parse(&last.properties),
        created_at: last.created_at,
        updated_at: versions.iter().map(|version| version.changed_at).max().unwrap_or(last.changed_at),
    }
}

fn profile_of(version: &ProfileVersion) -> Profile {
    Profile {
        id: version.profile_id.clone(),
        first_name: version.first_name.clone(),
        last_name: version.last_name.clone(),
        email: version.email.clone(),
        avatar: version.avatar.clone(),
        properties: parse(&version.properties),
    }
}
