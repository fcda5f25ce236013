//! What must be known before a batch can be resolved: the ids that its writes may touch.

use crate::domain::write::Write;
use std::collections::HashSet;

/// The ids a tenant's writes may touch.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Groups that are changed.
    pub(super) groups: HashSet<String>,
    /// Profiles that are changed.
    pub(super) profiles: HashSet<String>,
    /// Profiles whose memberships are changed or looked at.
    pub(super) members: HashSet<String>,
    /// Groups whose memberships end.
    pub(super) deleted: HashSet<String>,
}

impl Wanted {
    /// Adds what a write may touch.
    pub(super) fn add(&mut self, write: &Write) {
        match write {
            Write::Track(new) => {
                if let (true, Some(profile)) = (new.attach_memberships, &new.event.profile_id) {
                    self.members.insert(profile.clone());
                }
            }
            Write::UpsertGroup(patch) => drop(self.groups.insert(patch.id.clone())),
            Write::DeleteGroup { id } => {
                self.groups.insert(id.clone());
                self.deleted.insert(id.clone());
            }
            Write::JoinGroups { profile_id, .. } | Write::LeaveGroups { profile_id, .. } => {
                self.members.insert(profile_id.clone());
            }
            Write::Identify(patch) => drop(self.profiles.insert(patch.id.clone())),
            Write::Increment { profile_id, .. } => drop(self.profiles.insert(profile_id.clone())),
        }
    }
}
