//! Whose event it is: the user, the groups under an attribution, the range.

use super::data::Dataset;
use chrono::{DateTime, Duration, Utc};
use muster::domain::event::{Event, distinct};
use muster::domain::time::Range;

/// Which events belong to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribution {
    /// Those sent with its id.
    Event,
    /// Those of its members at the event's time.
    MembershipAtEvent,
    /// Those of today's members, whenever they happened.
    MembershipNow,
}

/// Who is a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Users {
    /// Identified profiles.
    Identified,
    /// Devices of anonymous events, too.
    All,
}

/// When a group's properties are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupProperties {
    /// As they were when the event happened.
    AsOfEvent,
    /// As they are now.
    Now,
}

/// How the data is read, the same for every analysis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Which events belong to a group.
    pub(crate) attribution: Attribution,
    /// Who is a user.
    pub(crate) users: Users,
    /// When a group's properties are read.
    pub(crate) group_properties: GroupProperties,
    /// The end of the range that is asked about: "now" for cohorts.
    pub(crate) until: DateTime<Utc>,
}

/// The range as it is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Span {
    /// `range: {from, to}`.
    Range(Range),
    /// `last`: so much time before now.
    Last(Duration),
}

impl Span {
    /// `[from, to)`, or `[now − last, now)`.
    pub(crate) fn range(self, now: DateTime<Utc>) -> Range {
        match self {
            Self::Range(range) => range,
            Self::Last(span) => Range::new(now - span, now).expect("a span longer than nothing"),
        }
    }
}

/// One user. A profile and a device with the same id are two users.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum User {
    /// An identified profile.
    Profile(String),
    /// The device of an anonymous event.
    Device(String),
}

/// The user an event counts for, if any.
pub(crate) fn user_of(event: &Event, users: Users) -> Option<User> {
    match (&event.profile_id, users) {
        (Some(profile), _) => Some(User::Profile(profile.clone())),
        (None, Users::All) => event.device_id.clone().map(User::Device),
        (None, Users::Identified) => None,
    }
}

/// Ids of the groups an event belongs to, each once, ids without an entity included.
///
/// By `EVENT` in the order they were sent with; by membership in the order of the ids.
pub(crate) fn groups_on(data: &Dataset, event: &Event, attribution: Attribution) -> Vec<String> {
    if attribution == Attribution::Event {
        return distinct(event.groups.clone());
    }
    let mut ids = Vec::new();
    for membership in &data.memberships {
        let of_this_profile = event.profile_id.as_ref() == Some(&membership.profile_id);
        let counts = match attribution {
            Attribution::MembershipNow => membership.left_at.is_none(),
            _ => {
                membership.joined_at <= event.occurred_at
                    && membership.left_at.is_none_or(|left| event.occurred_at < left)
            }
        };
        if of_this_profile && counts {
            ids.push(membership.group_id.clone());
        }
    }
    ids.sort();
    distinct(ids)
}

/// Those of the event's groups that are of the type now.
pub(crate) fn groups_of_type(
    data: &Dataset,
    event: &Event,
    attribution: Attribution,
    group_type: &str,
) -> Vec<String> {
    let mut ids = groups_on(data, event, attribution);
    ids.retain(|id| data.type_of(id) == Some(group_type));
    ids
}
