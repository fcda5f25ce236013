//! `activeUsers` of the reference against examples worked by hand.

use super::{ActiveSpec, Totals, active_users};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Operator;
use crate::support::oracle::scope::{Attribution, Span, Users};
use crate::support::oracle::shorthand::{
    READING, company_property, events, join, leave, minute, minutes, project, upsert,
};
use chrono::Duration;
use muster::domain::time::{Calendar, Interval, WeekStart};
use muster::domain::write::Write;
use serde_json::json;

/// `activeUsers(groupType: "company")` over the first thousand minutes, everything else by default.
pub(super) fn companies() -> ActiveSpec {
    ActiveSpec {
        group_type: "company".to_owned(),
        breakdown: Vec::new(),
        span: minutes(0, 1_000),
        filter: None,
        reading: READING,
        calendar: None,
        first: None,
    }
}

fn with_companies(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        upsert("w1", "workspace", 0, json!({})),
    ]))
}

/// The rows as `group users/events`.
fn rows(data: &Dataset, spec: &ActiveSpec) -> Vec<String> {
    let rows = active_users(data, spec).rows;
    rows.iter().map(|row| format!("{} {}/{}", row.group_id, row.active_users, row.events)).collect()
}

const LINES: &str = "0 a u1 c1,c2
                     10 a u2 c1
                     20 b - c1 device=u1
                     30 b - c1
                     40 a u1 ghost,w1
                     1000 a u3 c2";

#[test]
fn users_and_events_per_group_and_over_the_whole() {
    let data = with_companies(LINES);
    let mut spec = companies();
    let answer = active_users(&data, &spec);
    assert_eq!(rows(&data, &spec), ["c1 2/4", "c2 1/1"]);
    assert_eq!(answer.rows[0].last_active_at, minute(30));
    let totals = Totals {
        groups: 2,
        active_users: 2,
        events: 4,
        first_at: Some(minute(0)),
        last_at: Some(minute(30)),
    };
    assert_eq!(answer.totals, totals);
    // With all users, the device u1 is another user than the profile u1.
    spec.reading.users = Users::All;
    assert_eq!(rows(&data, &spec), ["c1 3/4", "c2 1/1"]);
    assert_eq!(active_users(&data, &spec).totals.active_users, 3);
}

#[test]
fn change_compares_with_the_same_length_before() {
    let data = with_companies("0 a u1 c1\n99 a u2 c1\n100 a u1 c1\n199 a u1 c2\n200 a u1 c1");
    let spec = ActiveSpec { span: minutes(100, 200), ..companies() };
    let change: Vec<_> =
        active_users(&data, &spec).rows.into_iter().map(|row| (row.group_id, row.change)).collect();
    assert_eq!(change, [("c1".to_owned(), Some(-0.5)), ("c2".to_owned(), None)]);
}

#[test]
fn the_last_minutes_end_now() {
    let data = with_companies("525589 a u1 c1\n525590 a u2 c1\n525600 a u3 c1");
    let spec = ActiveSpec { span: Span::Last(Duration::minutes(10)), ..companies() };
    assert_eq!(rows(&data, &spec), ["c1 1/1"]);
}

#[test]
fn rows_go_by_users_then_events_then_id() {
    let lines = "0 a u1 c2\n0 a u1 c2\n0 a u1 c1\n0 a u1 C1\n0 a u1 c3\n0 a u2 c3";
    let more = ["C1", "c3"].map(|id| upsert(id, "company", 0, json!({})));
    let data = project(with_companies(lines).writes.into_iter().chain(more));
    assert_eq!(rows(&data, &companies()), ["c3 2/2", "c2 1/2", "C1 1/1", "c1 1/1"]);
}

#[test]
fn the_filter_tests_each_counted_group_alone() {
    let data = with_companies("0 a u1 c1,c2\n5 a u2 c1");
    let filter = Some(company_property("plan", Operator::Neq(json!("free"))));
    let spec = ActiveSpec { filter, ..companies() };
    assert_eq!(rows(&data, &spec), ["c2 1/1"]);
    assert_eq!(active_users(&data, &spec).totals.events, 1);
}

#[test]
fn attribution_by_membership() {
    let writes = with_companies("10 a u1 c2\n20 a u1 -\n30 a u1 -\n40 a - c1").writes.into_iter().chain([
        join("u1", "c1", 10),
        leave("u1", "c1", 20),
        // Begins again before the first interval ended: an event inside both counts once.
        join("u1", "c1", 5),
        leave("u1", "c1", 15),
        join("u1", "c2", 30),
    ]);
    let data = project(writes);
    let mut spec = companies();
    assert_eq!(rows(&data, &spec), ["c2 1/1", "c1 0/1"]);
    spec.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(rows(&data, &spec), ["c1 1/1", "c2 1/1"]);
    spec.reading.attribution = Attribution::MembershipNow;
    assert_eq!(rows(&data, &spec), ["c2 1/3"]);
}

#[test]
fn a_deleted_group_is_in_no_result_until_its_next_life() {
    let mut writes = with_companies("0 a u1 c1\n1 a u2 -").writes;
    writes.insert(0, join("u2", "c1", 0));
    writes.push(Write::DeleteGroup { id: "c1".to_owned() });
    assert!(rows(&project(writes.clone()), &companies()).is_empty());
    writes.push(upsert("c1", "company", 5, json!({"seats": 3})));
    let data = project(writes);
    assert_eq!(rows(&data, &companies()), ["c1 1/1"]);
    let of = |key| ActiveSpec { filter: Some(company_property(key, Operator::IsSet)), ..companies() };
    assert!(rows(&data, &of("plan")).is_empty());
    assert_eq!(rows(&data, &of("seats")), ["c1 1/1"]);
    // Its old memberships ended when it was deleted.
    let mut spec = companies();
    spec.reading.attribution = Attribution::MembershipNow;
    assert!(rows(&data, &spec).is_empty());
}

#[test]
fn buckets_follow_the_zones_calendar_and_count_events_once() {
    let zone = "Asia/Kathmandu".parse().expect("a zone");
    let calendar = Calendar { interval: Interval::Hour, zone, week_start: WeekStart::Monday };
    // Kathmandu is 5 h 45 ahead: its hours begin at minute 15.
    let spec = ActiveSpec { span: minutes(0, 75), calendar: Some(calendar), ..companies() };
    let data = with_companies("14 a u1 c1\n15 a u1 c1,c2\n74 a u1 c2\n75 a u1 c1\n20 a u1 w1");
    let buckets = active_users(&data, &spec).buckets.expect("buckets");
    let found: Vec<_> = buckets
        .iter()
        .map(|bucket| (bucket.start, bucket.is_partial, bucket.active_users, bucket.events))
        .collect();
    assert_eq!(found, [(minute(-45), true, 1, 1), (minute(15), false, 1, 2)]);
    assert_eq!(buckets[0].local_date.to_string(), "2026-01-01");
}
