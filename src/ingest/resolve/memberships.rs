//! What joining and leaving groups means: memberships that begin and end.

use super::Batch;
use crate::domain::Invalid;
use crate::domain::event::distinct;
use crate::domain::identity::ProjectKey;
use crate::domain::write::Written;
use crate::store::facts::Membership;
use crate::store::{Error, KeyKind};
use chrono::{DateTime, Utc};

impl Batch<'_> {
    pub(super) fn join(
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

    pub(super) fn leave(
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
}
