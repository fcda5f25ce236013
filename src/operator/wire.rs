//! Writes and their outcomes as JSON, for a command that sends them through the running server.
//!
//! The domain has no serialised form of its own; these types are that form, and the conversions both ways.

use crate::domain::Invalid;
use crate::domain::event::{self, Outcome, Properties, SessionRule};
use crate::domain::identity::{self, Upserted};
use crate::domain::write;
use crate::error::{self, Kind};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An instant as whole microseconds since 1970 UTC.
type Micros = i64;

fn micros(instant: DateTime<Utc>) -> Micros {
    instant.timestamp_micros()
}

fn instant(micros: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the domain's event")]
pub struct Event {
    pub id: String,
    pub name: String,
    pub profile_id: Option<String>,
    pub device_id: Option<String>,
    pub session_id: Option<String>,
    pub groups: Vec<String>,
    pub path: Option<String>,
    pub properties: Properties,
    pub revenue: Option<i64>,
    pub occurred_at: Micros,
    pub received_at: Micros,
}

impl From<event::Event> for Event {
    fn from(event: event::Event) -> Self {
        Self {
            id: event.id,
            name: event.name,
            profile_id: event.profile_id,
            device_id: event.device_id,
            session_id: event.session_id,
            groups: event.groups,
            path: event.path,
            properties: event.properties,
            revenue: event.revenue,
            occurred_at: micros(event.occurred_at),
            received_at: micros(event.received_at),
        }
    }
}

impl From<Event> for event::Event {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            name: event.name,
            profile_id: event.profile_id,
            device_id: event.device_id,
            session_id: event.session_id,
            groups: event.groups,
            path: event.path,
            properties: event.properties,
            revenue: event.revenue,
            occurred_at: instant(event.occurred_at),
            received_at: instant(event.received_at),
        }
    }
}

/// How an event gets its session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are those of the domain's rule")]
pub enum Session {
    AsGiven,
    Live { previous_device_id: Option<String> },
    Borrow,
}

/// A write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants and fields are those of the domain's write")]
pub enum Write {
    Track {
        event: Box<Event>,
        attach_memberships: bool,
        session: Session,
    },
    UpsertGroup {
        id: String,
        group_type: String,
        name: String,
        properties: Properties,
        effective_at: Option<Micros>,
    },
    JoinGroups {
        profile_id: String,
        group_ids: Vec<String>,
        joined_at: Option<Micros>,
    },
    LeaveGroups {
        profile_id: String,
        group_ids: Vec<String>,
        left_at: Option<Micros>,
    },
    DeleteGroup {
        id: String,
    },
    Identify(Profile),
    Increment {
        profile_id: String,
        property: String,
        by: f64,
    },
}

/// A profile, or a change to one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the domain's profile")]
pub struct Profile {
    pub id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub avatar: Option<String>,
    pub properties: Properties,
}

/// Copies the fields that a profile and a change to one share.
macro_rules! profile_like {
    ($domain:ty) => {
        impl From<$domain> for Profile {
            fn from(profile: $domain) -> Self {
                Self {
                    id: profile.id,
                    first_name: profile.first_name,
                    last_name: profile.last_name,
                    email: profile.email,
                    avatar: profile.avatar,
                    properties: profile.properties,
                }
            }
        }

        impl From<Profile> for $domain {
            fn from(profile: Profile) -> Self {
                Self {
                    id: profile.id,
                    first_name: profile.first_name,
                    last_name: profile.last_name,
                    email: profile.email,
                    avatar: profile.avatar,
                    properties: profile.properties,
                }
            }
        }
    };
}
profile_like!(identity::Profile);
profile_like!(identity::ProfilePatch);

impl From<write::Write> for Write {
    fn from(given: write::Write) -> Self {
        match given {
            write::Write::Track(new) => Self::Track {
                event: Box::new(new.event.into()),
                attach_memberships: new.attach_memberships,
                session: match new.session {
                    SessionRule::AsGiven => Session::AsGiven,
                    SessionRule::Live { previous_device_id } => Session::Live { previous_device_id },
                    SessionRule::Borrow => Session::Borrow,
                },
            },
            write::Write::UpsertGroup(patch) => Self::UpsertGroup {
                id: patch.id,
                group_type: patch.group_type,
                name: patch.name,
                properties: patch.properties,
                effective_at: patch.effective_at.map(micros),
            },
            write::Write::JoinGroups { profile_id, group_ids, joined_at } => {
                Self::JoinGroups { profile_id, group_ids, joined_at: joined_at.map(micros) }
            }
            write::Write::LeaveGroups { profile_id, group_ids, left_at } => {
                Self::LeaveGroups { profile_id, group_ids, left_at: left_at.map(micros) }
            }
            write::Write::DeleteGroup { id } => Self::DeleteGroup { id },
            write::Write::Identify(patch) => Self::Identify(patch.into()),
            write::Write::Increment { profile_id, property, by } => {
                Self::Increment { profile_id, property, by }
            }
        }
    }
}

impl From<Write> for write::Write {
    fn from(given: Write) -> Self {
        match given {
            Write::Track { event, attach_memberships, session } => {
                let session = match session {
                    Session::AsGiven => SessionRule::AsGiven,
                    Session::Live { previous_device_id } => SessionRule::Live { previous_device_id },
                    Session::Borrow => SessionRule::Borrow,
                };
                let event = (*event).into();
                Self::Track(Box::new(event::NewEvent { event, attach_memberships, session }))
            }
            Write::UpsertGroup { id, group_type, name, properties, effective_at } => {
                let effective_at = effective_at.map(instant);
                Self::UpsertGroup(identity::GroupPatch { id, group_type, name, properties, effective_at })
            }
            Write::JoinGroups { profile_id, group_ids, joined_at } => {
                Self::JoinGroups { profile_id, group_ids, joined_at: joined_at.map(instant) }
            }
            Write::LeaveGroups { profile_id, group_ids, left_at } => {
                Self::LeaveGroups { profile_id, group_ids, left_at: left_at.map(instant) }
            }
            Write::DeleteGroup { id } => Self::DeleteGroup { id },
            Write::Identify(patch) => Self::Identify(patch.into()),
            Write::Increment { profile_id, property, by } => Self::Increment { profile_id, property, by },
        }
    }
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants and fields are those of the domain's outcome")]
pub enum Written {
    Event {
        is_duplicate: bool,
        event: Box<Event>,
    },
    Group {
        upserted: Change,
        id: String,
        group_type: String,
        name: String,
        properties: Properties,
        created_at: Micros,
        updated_at: Micros,
    },
    Memberships,
    GroupDeleted(bool),
    Profile(Profile),
    Refused {
        missing: bool,
        field: String,
        reason: String,
    },
}

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the variants are those of the domain's upsert")]
pub enum Change {
    Created,
    Updated,
    Unchanged,
}

impl From<write::Written> for Written {
    fn from(given: write::Written) -> Self {
        match given {
            write::Written::Event { outcome, event } => Self::Event {
                is_duplicate: outcome == Outcome::Duplicate,
                event: Box::new(Arc::unwrap_or_clone(event).into()),
            },
            write::Written::Group { upserted, group } => Self::Group {
                upserted: match upserted {
                    Upserted::Created => Change::Created,
                    Upserted::Updated => Change::Updated,
                    Upserted::Unchanged => Change::Unchanged,
                },
                id: group.id,
                group_type: group.group_type,
                name: group.name,
                properties: group.properties,
                created_at: micros(group.created_at),
                updated_at: micros(group.updated_at),
            },
            write::Written::Memberships => Self::Memberships,
            write::Written::GroupDeleted(was_there) => Self::GroupDeleted(was_there),
            write::Written::Profile(profile) => Self::Profile(profile.into()),
            write::Written::Refused { missing, invalid } => {
                Self::Refused { missing, field: invalid.field, reason: invalid.reason }
            }
        }
    }
}

impl From<Written> for write::Written {
    fn from(given: Written) -> Self {
        match given {
            Written::Event { is_duplicate, event } => {
                let outcome = if is_duplicate { Outcome::Duplicate } else { Outcome::Accepted };
                Self::Event { outcome, event: Arc::new((*event).into()) }
            }
            Written::Group { upserted, id, group_type, name, properties, created_at, updated_at } => {
                Self::Group {
                    upserted: match upserted {
                        Change::Created => Upserted::Created,
                        Change::Updated => Upserted::Updated,
                        Change::Unchanged => Upserted::Unchanged,
                    },
                    group: identity::Group {
                        id,
                        group_type,
                        name,
                        properties,
                        created_at: instant(created_at),
                        updated_at: instant(updated_at),
                    },
                }
            }
            Written::Memberships => Self::Memberships,
            Written::GroupDeleted(was_there) => Self::GroupDeleted(was_there),
            Written::Profile(profile) => Self::Profile(profile.into()),
            Written::Refused { missing, field, reason } => {
                Self::Refused { missing, invalid: Invalid::new(field, reason) }
            }
        }
    }
}

/// A failure, without its cause.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the failure")]
pub struct Failure {
    pub code: String,
    pub message: String,
    pub argument: Option<String>,
}

impl From<error::Failure> for Failure {
    fn from(failure: error::Failure) -> Self {
        let code = failure.kind.table().1.to_owned();
        Self { code, message: failure.message, argument: failure.argument }
    }
}

impl From<Failure> for error::Failure {
    fn from(failure: Failure) -> Self {
        let kind =
            Kind::ALL.into_iter().find(|kind| kind.table().1 == failure.code).unwrap_or(Kind::Internal);
        Self { argument: failure.argument, ..Self::new(kind, failure.message) }
    }
}
