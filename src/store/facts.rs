//! Facts: what the log holds, row by row, and their one conversion to Arrow.
//!
//! Everything the store keeps of a project's data is one of five kinds of append-only rows. A row never
//! changes; a later row with the same key takes its place for snapshots that see it.
//!
//! ```text
//! domain::write::Write -> resolved by ingest -> Facts -> Arrow -> log frame (durable) -> hot table (visible)
//! ```

use super::keys::KeyKind;
use crate::domain::event::Event;
use crate::domain::identity::ProjectKey;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// The five kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Events, by arrival.
    Events,
    /// Versions of groups: the key is `change_seq`.
    GroupVersions,
    /// Versions of profiles: the key is the profile.
    ProfileVersions,
    /// Memberships: the key is `membership_seq`.
    Memberships,
    /// The keys given to texts.
    Keys,
}

impl Table {
    /// All kinds, in the order of the log.
    pub const ALL: [Self; 5] =
        [Self::Events, Self::GroupVersions, Self::ProfileVersions, Self::Memberships, Self::Keys];

    /// The table's name in the catalog and, with a generation's number, among the hot rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::GroupVersions => "group_versions",
            Self::ProfileVersions => "profile_versions",
            Self::Memberships => "memberships",
            Self::Keys => "keys",
        }
    }

    /// The byte that marks the kind in the log.
    pub(crate) fn tag(self) -> u8 {
        match self {
            Self::Events => 1,
            Self::GroupVersions => 2,
            Self::ProfileVersions => 3,
            Self::Memberships => 4,
            Self::Keys => 5,
        }
    }
}

/// An event with its tenant and its arrival number.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// The tenant.
    pub project: ProjectKey,
    /// The arrival number, unique in the store.
    pub seq: u64,
    /// The event, which the answer about it has as well.
    pub event: Arc<Event>,
    /// The keys of its texts.
    pub keys: EventKeys,
}

/// The keys that stand for an event's texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventKeys {
    /// Of its name.
    pub name: u32,
    /// Of its profile, or of its device when it is anonymous; `None` when it has neither.
    pub user: Option<u32>,
    /// Of its path.
    pub path: Option<u32>,
    /// Of its groups, in their order.
    pub groups: Vec<u32>,
}

/// A key that was given to a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The tenant.
    pub project: ProjectKey,
    /// This row's number.
    pub seq: u64,
    /// What the text is.
    pub kind: KeyKind,
    /// The key, unique in the store.
    pub key: u32,
    /// The text.
    pub text: String,
}

/// One version of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupVersion {
    /// The tenant.
    pub project: ProjectKey,
    /// This row's number.
    pub seq: u64,
    /// The number of the change this version belongs to. A later row with the same number replaces this one.
    pub change_seq: u64,
    /// The group.
    pub group_id: String,
    /// The key of its id.
    pub group_key: u32,
    /// The number of the change that began this life of the group.
    pub life: u64,
    /// Whether this change ended the life.
    pub is_deleted: bool,
    /// The group's type after the change.
    pub group_type: String,
    /// The group's name after the change.
    pub name: String,
    /// The merge patch that was sent, JSON.
    pub patch: String,
    /// The properties after the change, JSON.
    pub properties: String,
    /// Since when the change holds.
    pub effective_at: DateTime<Utc>,
    /// When the change was received.
    pub changed_at: DateTime<Utc>,
    /// When this life of the group began.
    pub created_at: DateTime<Utc>,
}

/// One version of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileVersion {
    /// The tenant.
    pub project: ProjectKey,
    /// This row's number; the profile's highest holds.
    pub seq: u64,
    /// The profile.
    pub profile_id: String,
    /// The key of its id.
    pub user_key: u32,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// Traits, JSON.
    pub properties: String,
    /// When the profile was first written.
    pub created_at: DateTime<Utc>,
    /// When this version was written.
    pub updated_at: DateTime<Utc>,
}

/// One state of a membership.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    /// The tenant.
    pub project: ProjectKey,
    /// This row's number.
    pub seq: u64,
    /// The membership. A later row with the same number replaces this one.
    pub membership_seq: u64,
    /// Who is a member.
    pub profile_id: String,
    /// The key of the profile's id.
    pub user_key: u32,
    /// Of which group.
    pub group_id: String,
    /// The key of the group's id.
    pub group_key: u32,
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// Until when; open while `None`.
    pub left_at: Option<DateTime<Utc>>,
}

/// The rows of one commit.
#[derive(Debug, Default)]
pub struct Facts {
    /// Events.
    pub events: Vec<EventRow>,
    /// Versions of groups.
    pub group_versions: Vec<GroupVersion>,
    /// Versions of profiles.
    pub profile_versions: Vec<ProfileVersion>,
    /// States of memberships.
    pub memberships: Vec<Membership>,
    /// Keys that were given.
    pub keys: Vec<KeyRow>,
}

impl Facts {
    /// Rows of all kinds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
            + self.group_versions.len()
            + self.profile_versions.len()
            + self.memberships.len()
            + self.keys.len()
    }

    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// JSON text of properties.
#[must_use]
pub fn json(properties: &crate::domain::event::Properties) -> String {
    serde_json::to_string(properties).unwrap_or_else(|_| "{}".to_owned())
}
