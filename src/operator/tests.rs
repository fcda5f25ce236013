//! The wire form loses nothing of a write or its outcome.

use super::wire;
use crate::domain::Invalid;
use crate::domain::event::{Event, NewEvent, Outcome, Properties, SessionRule};
use crate::domain::identity::{Group, GroupPatch, Profile, ProfilePatch, Upserted};
use crate::domain::write::{Write, Written};
use chrono::DateTime;
use serde_json::json;
use std::sync::Arc;

fn properties() -> Properties {
    json!({"a": {"b": [1, 2.5, null, "x"]}}).as_object().cloned().unwrap_or_default()
}

fn event() -> Event {
    Event {
        id: "e".to_owned(),
        name: "n".to_owned(),
        profile_id: Some("p".to_owned()),
        device_id: None,
        session_id: Some("s".to_owned()),
        groups: vec!["g".to_owned()],
        path: Some("/x".to_owned()),
        properties: properties(),
        revenue: Some(-5),
        occurred_at: DateTime::from_timestamp_micros(1_700_000_000_000_001).expect("an instant"),
        received_at: DateTime::from_timestamp_micros(-1).expect("an instant"),
    }
}

#[test]
fn every_write_comes_back_as_it_was() {
    let at = DateTime::from_timestamp_micros(5);
    let (id, groups) = ("x".to_owned(), vec!["g".to_owned()]);
    let track =
        |session| Write::Track(Box::new(NewEvent { event: event(), attach_memberships: true, session }));
    let profile = ProfilePatch { id: id.clone(), email: Some("e".to_owned()), ..ProfilePatch::default() };
    for write in [
        track(SessionRule::AsGiven),
        track(SessionRule::Borrow),
        track(SessionRule::Live { previous_device_id: Some("d".to_owned()) }),
        Write::UpsertGroup(GroupPatch {
            id: id.clone(),
            group_type: "t".to_owned(),
            name: "n".to_owned(),
            properties: properties(),
            effective_at: at,
        }),
        Write::JoinGroups { profile_id: id.clone(), group_ids: groups.clone(), joined_at: at },
        Write::LeaveGroups { profile_id: id.clone(), group_ids: groups, left_at: None },
        Write::DeleteGroup { id: id.clone() },
        Write::Identify(profile),
        Write::Increment { profile_id: id, property: "a.b".to_owned(), by: -0.5 },
    ] {
        let text = serde_json::to_string(&wire::Write::from(write.clone())).expect("JSON");
        let back: wire::Write = serde_json::from_str(&text).expect("the same form");
        assert_eq!(Write::from(back), write);
    }
}

#[test]
fn every_outcome_comes_back_as_it_was() {
    let at = DateTime::from_timestamp_micros(5).expect("an instant");
    let group = Group {
        id: "g".to_owned(),
        group_type: "t".to_owned(),
        name: "n".to_owned(),
        properties: properties(),
        created_at: at,
        updated_at: at,
    };
    for written in [
        Written::Event { outcome: Outcome::Accepted, event: Arc::new(event()) },
        Written::Event { outcome: Outcome::Duplicate, event: Arc::new(event()) },
        Written::Group { upserted: Upserted::Created, group: group.clone() },
        Written::Group { upserted: Upserted::Updated, group: group.clone() },
        Written::Group { upserted: Upserted::Unchanged, group },
        Written::Memberships,
        Written::GroupDeleted(true),
        Written::Profile(Profile { id: "p".to_owned(), ..Profile::default() }),
        Written::Refused { missing: true, invalid: Invalid::new("field", "reason") },
    ] {
        let text = serde_json::to_string(&wire::Written::from(written.clone())).expect("JSON");
        let back: wire::Written = serde_json::from_str(&text).expect("the same form");
        assert_eq!(Written::from(back), written);
    }
}
