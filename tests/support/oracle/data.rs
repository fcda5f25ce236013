//! One project's data: the writes that make it, and what they mean by definition.

use super::cohort::Cohort;
use chrono::{DateTime, Utc};
use muster::domain::event::{Event, Properties};
use muster::domain::identity::{GroupPatch, Profile, ProfilePatch, merge_patch};
use muster::domain::write::Write;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A project after all its writes were received, at the instant `now`.
#[derive(Debug, Clone)]
pub(crate) struct Dataset {
    /// The instant at which every write is received and every question is asked.
    pub(crate) now: DateTime<Utc>,
    /// The writes in the order to send them.
    pub(crate) writes: Vec<Write>,
    /// The stored events; an event's index is its arrival number.
    pub(crate) events: Vec<Event>,
    /// The groups by id, deleted ones included.
    pub(crate) groups: BTreeMap<String, GroupHistory>,
    /// The profiles by id, as they are now.
    pub(crate) profiles: BTreeMap<String, Profile>,
    /// Every membership there ever was.
    pub(crate) memberships: Vec<Membership>,
    /// The cohorts that filters and breakdowns may name; to be saved beside the writes.
    pub(crate) cohorts: Vec<Arc<Cohort>>,
}

/// One life of a group.
#[derive(Debug, Clone)]
pub(crate) struct GroupHistory {
    /// Its versions, effective times increasing. Never empty.
    pub(crate) versions: Vec<GroupVersion>,
    /// Whether it is deleted now.
    pub(crate) deleted: bool,
}

/// A group as it was from one instant on.
#[derive(Debug, Clone)]
pub(crate) struct GroupVersion {
    /// The first instant it was so.
    pub(crate) effective_at: DateTime<Utc>,
    /// Its type.
    pub(crate) group_type: String,
    /// Its name.
    pub(crate) name: String,
    /// All its properties.
    pub(crate) properties: Properties,
}

/// A profile belongs to a group from `joined_at` until `left_at` (exclusive; open while `None`).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Membership {
    /// Who.
    pub(crate) profile_id: String,
    /// In which group.
    pub(crate) group_id: String,
    /// The first instant inside.
    pub(crate) joined_at: DateTime<Utc>,
    /// The first instant outside again.
    pub(crate) left_at: Option<DateTime<Utc>>,
}

impl GroupHistory {
    /// The version with the greatest effective time not after the instant; before the first, the first.
    pub(crate) fn as_of(&self, instant: DateTime<Utc>) -> &GroupVersion {
        self.versions
            .iter()
            .rev()
            .find(|version| version.effective_at <= instant)
            .unwrap_or(&self.versions[0])
    }

    /// The version that holds now.
    pub(crate) fn current(&self) -> &GroupVersion {
        self.versions.last().expect("a group has a version")
    }
}

impl Dataset {
    /// What the writes mean when all are received at `now`, one after the other.
    pub(crate) fn after(writes: Vec<Write>, now: DateTime<Utc>) -> Self {
        let mut data = Self {
            now,
            writes: Vec::new(),
            events: Vec::new(),
            groups: BTreeMap::new(),
            profiles: BTreeMap::new(),
            memberships: Vec::new(),
            cohorts: Vec::new(),
        };
        for write in writes {
            data.receive(&write);
            data.writes.push(write);
        }
        data
    }

    fn receive(&mut self, write: &Write) {
        match write {
            Write::Track(new) => {
                // Duplicates are decided by event id alone; the first wins.
                if !self.events.iter().any(|event| event.id == new.event.id) {
                    self.events.push(new.event.clone());
                }
            }
            Write::UpsertGroup(patch) => self.upsert(patch),
            Write::JoinGroups { profile_id, group_ids, joined_at } => {
                for group_id in group_ids {
                    self.join(profile_id, group_id, joined_at.unwrap_or(self.now));
                }
            }
            Write::LeaveGroups { profile_id, group_ids, left_at } => {
                let left_at = left_at.unwrap_or(self.now);
                for membership in &mut self.memberships {
                    let meant =
                        membership.profile_id == *profile_id && group_ids.contains(&membership.group_id);
                    if meant && membership.left_at.is_none() {
                        membership.left_at = Some(left_at);
                    }
                }
            }
            Write::DeleteGroup { id } => {
                if let Some(group) = self.groups.get_mut(id) {
                    group.deleted = true;
                    // Deleting a group ends its memberships.
                    for membership in &mut self.memberships {
                        if membership.group_id == *id && membership.left_at.is_none() {
                            membership.left_at = Some(self.now);
                        }
                    }
                }
            }
            Write::Identify(patch) => self.identify(patch),
            Write::Increment { .. } => panic!("the reference does not know increments"),
        }
    }

    /// `type` and `name` overwrite, `properties` merge. A deleted group starts a new life with nothing of the old.
    fn upsert(&mut self, patch: &GroupPatch) {
        let effective_at = patch.effective_at.unwrap_or(self.now);
        let living = self.groups.get(&patch.id).filter(|group| !group.deleted);
        let mut versions = living.map(|group| group.versions.clone()).unwrap_or_default();
        let mut properties = versions.last().map(|version| version.properties.clone()).unwrap_or_default();
        assert!(
            versions.last().is_none_or(|version| version.effective_at < effective_at),
            "changes of group {} must be sent in the order of their effective times",
            patch.id
        );
        merge_patch(&mut properties, &patch.properties);
        versions.push(GroupVersion {
            effective_at,
            group_type: patch.group_type.clone(),
            name: patch.name.clone(),
            properties,
        });
        self.groups.insert(patch.id.clone(), GroupHistory { versions, deleted: false });
    }

    /// A union, idempotent: who is in the group already stays in it as before.
    fn join(&mut self, profile_id: &str, group_id: &str, joined_at: DateTime<Utc>) {
        let inside = self.memberships.iter().any(|membership| {
            membership.profile_id == profile_id
                && membership.group_id == group_id
                && membership.left_at.is_none()
        });
        if !inside {
            let (profile_id, group_id) = (profile_id.to_owned(), group_id.to_owned());
            self.memberships.push(Membership { profile_id, group_id, joined_at, left_at: None });
        }
    }

    /// A field that is `None` stays, `properties` merge.
    fn identify(&mut self, patch: &ProfilePatch) {
        let profile = self.profiles.entry(patch.id.clone()).or_default();
        profile.id.clone_from(&patch.id);
        for (field, new) in [
            (&mut profile.first_name, &patch.first_name),
            (&mut profile.last_name, &patch.last_name),
            (&mut profile.email, &patch.email),
            (&mut profile.avatar, &patch.avatar),
        ] {
            if new.is_some() {
                field.clone_from(new);
            }
        }
        merge_patch(&mut profile.properties, &patch.properties);
    }

    /// The group's type now; none for a deleted group and for an id without an entity.
    pub(crate) fn type_of(&self, group_id: &str) -> Option<&str> {
        let group = self.groups.get(group_id).filter(|group| !group.deleted)?;
        Some(&group.current().group_type)
    }
    /// The groups that are of the type now, in the order of their ids.
    pub(crate) fn groups_of(&self, group_type: &str) -> Vec<&str> {
        let ids = self.groups.keys().map(String::as_str);
        ids.filter(|id| self.type_of(id) == Some(group_type)).collect()
    }

    /// Who is in a group at the end of a range: what begins or ends exactly there has not begun or ended yet.
    pub(crate) fn members_at(&self, group_id: &str, end: DateTime<Utc>) -> BTreeSet<&str> {
        let inside = |membership: &&Membership| {
            let lasts = |left| left >= end && left > membership.joined_at;
            membership.group_id == group_id
                && membership.joined_at < end
                && membership.left_at.is_none_or(lasts)
        };
        self.memberships.iter().filter(inside).map(|membership| membership.profile_id.as_str()).collect()
    }
}
