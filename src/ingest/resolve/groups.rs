//! What a change of a group means: its life as versions, each in force from an instant on.

use super::{Batch, parse, too_large};
use crate::domain::Invalid;
use crate::domain::event::Properties;
use crate::domain::identity::{Group, GroupPatch, ProjectKey, Upserted, merge_patch};
use crate::domain::write::Written;
use crate::store::facts::{GroupVersion, json};
use crate::store::{Error, KeyKind};

/// Bytes of later versions that one change of a group may write again: well within what one commit can hold.
const REWRITTEN_BYTES: usize = 512 << 20;

impl Batch<'_> {
    pub(super) fn upsert_group(&mut self, project: ProjectKey, patch: &GroupPatch) -> Result<Written, Error> {
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

    pub(super) fn delete_group(&mut self, project: ProjectKey, id: &str) -> Written {
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
