//! `newGroups` of the reference against examples worked by hand.

use super::ask::new_groups_case;
use super::{NewGroupsSpec, new_groups};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Operator;
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::Attribution;
use crate::support::oracle::shorthand::{
    by_default, event_property, events, join, leave, minute, minutes, project, upsert,
};
use serde_json::json;

/// Companies from minute 100 to minute 200.
fn companies() -> NewGroupsSpec {
    let mut spec = NewGroupsSpec { group_type: "company".to_owned(), event: None, common: by_default() };
    spec.common.span = minutes(100, 200);
    spec
}

/// c1 begins at the first instant, c2 before it, c3 behind it, c4 with c1; u1 leaves c1 at the end.
fn data() -> Dataset {
    let lines = "150 b u2 c1
                 100 a u1 c1,ghost
                 99 a u1 c2
                 120 a u1 c2
                 200 a u1 c3
                 150 a - c4,c1
                 160 a u3 c4 x=1
                 199 a u3 c4
                 210 a u4 c4";
    let groups = ["c1", "c2", "c3", "c4"].map(|id| upsert(id, "company", 0, json!({})));
    project(events(lines).into_iter().chain(groups).chain([join("u1", "c1", 0), leave("u1", "c1", 200)]))
}

/// The rows as `id users/events`.
fn found(spec: &NewGroupsSpec) -> Vec<String> {
    let rows = new_groups(&data(), spec).rows;
    rows.iter().map(|row| format!("{} {}/{}", row.group_id, row.active_users, row.events)).collect()
}

#[test]
fn groups_whose_first_event_ever_lies_in_the_range() {
    assert_eq!(found(&companies()), ["c1 2/3", "c4 1/3"]);
    let answer = new_groups(&data(), &companies());
    // The event of both counts once.
    assert_eq!((answer.active_users, answer.events), (3, 5));
    let c1 = &answer.rows[0];
    assert_eq!((c1.first_active_at, c1.last_active_at, c1.members), (minute(100), minute(150), 1));
    assert_eq!(answer.rows[1].last_active_at, minute(199));
}

#[test]
fn only_matching_events_count_also_as_the_first() {
    assert_eq!(found(&NewGroupsSpec { event: Some("b".to_owned()), ..companies() }), ["c1 1/1"]);
    let mut spec = companies();
    spec.common.filter = Some(event_property("x", Operator::IsSet));
    assert_eq!(found(&spec), ["c4 1/1"]);
    spec.common.filter = None;
    // As a member u1 was first active at minute 99.
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(found(&spec), [] as [&str; 0]);
    spec.common.span = minutes(0, 150);
    assert_eq!(found(&spec), ["c1 1/3"]);
}

#[test]
fn drawn_groups_are_new() {
    let mut several = 0;
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = new_groups_case(&mut rng, &project);
            assert!(answer.rows.iter().map(|row| row.events).sum::<usize>() >= answer.events, "{spec:?}");
            several += usize::from(answer.rows.len() > 1);
        }
    }
    assert!(several > 80, "{several}");
}
