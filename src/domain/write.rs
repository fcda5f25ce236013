//! A write on its way to the store, and what became of it.
//!
//! The OpenPanel wire, GraphQL mutations, imports and the demo all produce [`Write`]s; the one writer
//! turns each into exactly one [`Written`].

use super::Invalid;
use super::event::{Event, NewEvent, Outcome};
use super::identity::{Group, GroupPatch, Profile, ProfilePatch, Upserted};
use chrono::{DateTime, Utc};

/// One validated change of one project's data.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Store an event.
    Track(Box<NewEvent>),
    /// Create or merge a group.
    UpsertGroup(GroupPatch),
    /// Link a profile to groups: a union, idempotent. The profile need not exist.
    JoinGroups {
        /// Who joins.
        profile_id: String,
        /// The groups joined.
        group_ids: Vec<String>,
        /// Since when; `None`: since it is received.
        joined_at: Option<DateTime<Utc>>,
    },
    /// End memberships. Groups the profile is not in are passed over.
    LeaveGroups {
        /// Who leaves.
        profile_id: String,
        /// The groups left.
        group_ids: Vec<String>,
        /// Since when; `None`: since it is received.
        left_at: Option<DateTime<Utc>>,
    },
    /// Remove a group from lists and by-type results and end its memberships.
    DeleteGroup {
        /// The group's id.
        id: String,
    },
    /// Create or merge a profile.
    Identify(ProfilePatch),
    /// Add to a numeric property of a known profile.
    Increment {
        /// Whose property.
        profile_id: String,
        /// Dotted path of the property.
        property: String,
        /// What is added; negative to decrement.
        by: f64,
    },
}

/// What became of a [`Write`], once it is durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// An event was stored, or one with its id was there before.
    Event {
        /// Which of the two.
        outcome: Outcome,
        /// The event as stored. For a duplicate: as it was sent this time.
        event: Box<Event>,
    },
    /// A group was created, updated or left as it was.
    Group {
        /// Which of the three.
        upserted: Upserted,
        /// The group as it is now.
        group: Group,
    },
    /// Memberships are as asked.
    Memberships,
    /// A group is gone; `false`: there was none.
    GroupDeleted(bool),
    /// A profile was created, updated or left as it was.
    Profile(Profile),
    /// The write makes no sense against what is stored; nothing was written.
    Refused {
        /// Whether what it speaks of does not exist (as opposed to being of the wrong kind).
        missing: bool,
        /// Why.
        invalid: Invalid,
    },
}
