//! A write on its way to the store, and what became of it.
//!
//! The OpenPanel wire, GraphQL mutations, imports and the demo all produce [`Write`]s; the one writer
//! turns each into exactly one [`Written`].

use super::Invalid;
use super::event::{Event, NewEvent, Outcome, Properties, weight};
use super::identity::{Group, GroupPatch, Profile, ProfilePatch, Upserted};
use chrono::{DateTime, Utc};
use std::sync::Arc;

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

impl Write {
    /// Bytes of memory it takes while it waits, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        // A text on the heap takes a little more than itself, a JSON value its place in a map.
        let text = |text: &str| text.len() + 16;
        let maybe = |field: &Option<String>| field.as_deref().map_or(0, text);
        let texts = |ids: &[String]| ids.iter().map(|id| text(id) + size_of::<String>()).sum::<usize>();
        let held = |properties: &Properties| weight(properties, 112);
        size_of::<Self>()
            + match self {
                Self::Track(new) => {
                    let event = &new.event;
                    let ids = [&event.profile_id, &event.device_id, &event.session_id, &event.path];
                    size_of::<NewEvent>()
                        + text(&event.id)
                        + text(&event.name)
                        + ids.into_iter().map(maybe).sum::<usize>()
                        + texts(&event.groups)
                        + held(&event.properties)
                }
                Self::UpsertGroup(patch) => {
                    text(&patch.id) + text(&patch.group_type) + text(&patch.name) + held(&patch.properties)
                }
                Self::JoinGroups { profile_id, group_ids, .. }
                | Self::LeaveGroups { profile_id, group_ids, .. } => text(profile_id) + texts(group_ids),
                Self::DeleteGroup { id } => text(id),
                Self::Identify(patch) => {
                    let traits = [&patch.first_name, &patch.last_name, &patch.email, &patch.avatar];
                    text(&patch.id) + traits.into_iter().map(maybe).sum::<usize>() + held(&patch.properties)
                }
                Self::Increment { profile_id, property, .. } => text(profile_id) + text(property),
            }
    }
}

/// What became of a [`Write`], once it is durable.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// An event was stored, or one with its id was there before.
    Event {
        /// Which of the two.
        outcome: Outcome,
        /// The event as stored. For a duplicate: as it was sent this time.
        event: Arc<Event>,
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
