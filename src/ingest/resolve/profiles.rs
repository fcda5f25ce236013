//! What a change of a profile means: its fields and properties after the merge.

use super::{Batch, parse, too_large};
use crate::domain::Invalid;
use crate::domain::event::Properties;
use crate::domain::identity::{Profile, ProfilePatch, ProjectKey, merge_patch};
use crate::domain::write::Written;
use crate::ingest::increment;
use crate::store::facts::{ProfileVersion, json};
use crate::store::{Error, KeyKind};

impl Batch<'_> {
    pub(super) fn identify(&mut self, project: ProjectKey, patch: &ProfilePatch) -> Result<Written, Error> {
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

    pub(super) fn increment(
        &mut self,
        project: ProjectKey,
        profile: &str,
        property: &str,
        by: f64,
    ) -> Written {
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
