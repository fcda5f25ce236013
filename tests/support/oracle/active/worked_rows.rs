//! The breakdown of the reference's `activeUsers` against examples worked by hand.

use super::ask::{active_json, active_request};
use super::worked::companies;
use super::{ActiveSpec, active_users};
use crate::support::oracle::breakdown::Breakdown;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::document::Defaults;
use crate::support::oracle::filter::{Filter, Operator, Path, Subject};
use crate::support::oracle::scope::{Attribution, GroupProperties, Users};
use crate::support::oracle::shorthand::{events, identify, join, minutes, project, upsert, words};
use serde_json::json;

/// Companies c1 (free, then pro from minute 50) and c2 (pro), workspaces w0 (no plan), w1 (free) and w2 (pro).
fn with_groups(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 50, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        upsert("w0", "workspace", 0, json!({})),
        upsert("w1", "workspace", 0, json!({"plan": "free"})),
        upsert("w2", "workspace", 0, json!({"plan": "pro"})),
    ]))
}

fn by(breakdown: &[Breakdown]) -> ActiveSpec {
    ActiveSpec { breakdown: breakdown.to_vec(), ..companies() }
}

fn group_type(name: &str) -> Breakdown {
    Breakdown::GroupType(name.to_owned())
}

fn plan_of(group_type: &str) -> Breakdown {
    Breakdown::GroupProperty(group_type.to_owned(), Path::new(&["plan"]))
}

fn property(key: &str) -> Breakdown {
    Breakdown::EventProperty(Path::new(&[key]))
}

/// The rows as `group values users/events`, missing values as `∅`.
fn rows(spec: &ActiveSpec, data: &Dataset) -> Vec<String> {
    let rows = active_users(data, spec).rows;
    rows.iter()
        .map(|row| format!("{} {} {}/{}", row.group_id, words(&row.values), row.active_users, row.events))
        .collect()
}

#[test]
fn by_group_an_event_counts_with_each_of_its_groups_or_with_none() {
    let data = with_groups("0 a u1 c1,c2,w2,w1\n1 a u2 c1,ghost\n2 a - c1,w1\n3 a u1 w1");
    let expected = ["c1 w1 1/2", "c1 w2 1/1", "c1 ∅ 1/1", "c2 w1 1/1", "c2 w2 1/1"];
    assert_eq!(rows(&by(&[group_type("workspace")]), &data), expected);
    assert_eq!(rows(&by(&[group_type("company")]), &data), ["c1 c1 2/3", "c2 c2 1/1"]);
    // Totals and buckets are not split.
    let totals = active_users(&data, &by(&[group_type("workspace")])).totals;
    assert_eq!(totals, active_users(&data, &companies()).totals);
    assert_eq!((totals.groups, totals.active_users, totals.events), (2, 2, 3));
    // By membership, too: nobody's event is in no group, u2's in no workspace.
    let data = project(data.writes.into_iter().chain([join("u1", "w0", 0), join("u1", "c2", 2)]));
    let mut spec = by(&[group_type("workspace")]);
    spec.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(rows(&spec, &data), ["c2 w0 1/1"]);
    spec.reading.attribution = Attribution::MembershipNow;
    assert_eq!(rows(&spec, &data), ["c2 w0 1/2"]);
}

#[test]
fn a_filter_on_a_type_that_is_split_by_tests_that_group_alone() {
    let data = with_groups("0 a u1 c1,w1,w2\n1 a u2 c1");
    let of_workspace = |operator| {
        let subject = Subject::GroupProperty("workspace".to_owned(), Path::new(&["plan"]));
        let filter = Some(Filter::Leaf(subject, operator));
        ActiveSpec { filter, ..by(&[group_type("workspace")]) }
    };
    assert_eq!(rows(&of_workspace(Operator::Eq(json!("free"))), &data), ["c1 w1 1/1"]);
    let not_free = of_workspace(Operator::Neq(json!("free")));
    assert_eq!(rows(&not_free, &data), ["c1 w2 1/1", "c1 ∅ 1/1"]);
    // Over the whole u1's event has a free workspace.
    assert_eq!(active_users(&data, &not_free).totals.events, 1);
}

#[test]
fn by_property_a_user_has_one_value_per_place_and_period() {
    // In the period before, u1 is x in c1. In the range it is y in c1, its first value there, and z in c2.
    let lines = "99 a u1 c1 p=\"x\"\n98 a u2 c1 p=\"y\"\n97 a u3 c1 p=\"y\"
                 130 a u1 c1 p=\"x\"
                 110 a u1 c1 p=null
                 120 a u1 c1 p=\"y\"
                 120 a u1 c1,c2 p=\"z\"
                 140 a - c1 p=\"y\" device=d1
                 150 a - c1 p=\"x\" device=d1
                 160 a u4 c1";
    let data = with_groups(lines);
    let mut spec = ActiveSpec { span: minutes(100, 200), ..by(&[property("p")]) };
    assert_eq!(rows(&spec, &data), ["c1 y 1/5", "c1 ∅ 1/1", "c2 z 1/1", "c1 x 0/1"]);
    let found = active_users(&data, &spec).rows;
    let change: Vec<_> = found.iter().map(|row| row.change).collect();
    assert_eq!(change, [Some(-0.5), None, None, Some(-1.0)]);
    // With all users the device is a user, and all its events have its first value.
    spec.reading.users = Users::All;
    assert_eq!(rows(&spec, &data), ["c1 y 2/6", "c1 ∅ 1/1", "c2 z 1/1"]);
    // A value is only looked for among the events that pass the filter.
    spec.filter = Some(Filter::Leaf(
        Subject::EventProperty(Path::new(&["p"])),
        Operator::In(vec![json!("x"), json!("none")]),
    ));
    assert_eq!(rows(&spec, &data), ["c1 x 2/2"]);
    // Each property is of the first event that has it, not all of the same event.
    let data = with_groups("0 a u1 c1 p=1\n1 a u1 c1 q=2\n2 a u1 c1 p=3 q=4");
    assert_eq!(rows(&by(&[property("q"), property("p")]), &data), ["c1 2 1 1/3"]);
}

#[test]
fn by_property_of_a_group_or_a_profile() {
    let data = with_groups("40 a u1 c1,c2,w0,w2,w1\n60 a u1 c1\n61 a u2 c1\n62 a u2 c1,w1");
    let mut spec = by(&[plan_of("company")]);
    assert_eq!(rows(&spec, &data), ["c1 free 1/2", "c1 pro 1/2", "c2 pro 1/1"]);
    spec.reading.group_properties = GroupProperties::Now;
    assert_eq!(rows(&spec, &data), ["c1 pro 2/4", "c2 pro 1/1"]);
    // Of another type: the first group on the event with a value, in the event's order.
    assert_eq!(rows(&by(&[plan_of("workspace")]), &data), ["c1 free 1/2", "c1 pro 1/2", "c2 pro 1/1"]);
    // Where that type splits: the split's group.
    let both = by(&[plan_of("workspace"), group_type("workspace")]);
    let expected = [
        "c1 free w1 2/2",
        "c1 ∅ ∅ 2/2",
        "c1 pro w2 1/1",
        "c1 ∅ w0 1/1",
        "c2 free w1 1/1",
        "c2 pro w2 1/1",
        "c2 ∅ w0 1/1",
    ];
    assert_eq!(rows(&both, &data), expected);
    let data = project(data.writes.into_iter().chain([identify("u1", json!({"plan": 3}))]));
    let profile = by(&[Breakdown::ProfileProperty(Path::new(&["plan"]))]);
    assert_eq!(rows(&profile, &data), ["c1 3 1/2", "c1 ∅ 1/2", "c2 3 1/1"]);
}

#[test]
fn rows_go_by_users_then_events_then_group_then_values_with_missing_last() {
    let lines = "0 a u1 c2 p=\"a\"\n0 a u2 c1\n0 a u3 c1 p=\"b\"\n0 a u4 c1 p=\"B\" q=1\n0 a u5 c1 p=\"B\"
                 0 a u6 c2 p=\"z\"\n0 a u6 c2\n0 a u7 c2 p=\"y\"\n0 a u8 c2 p=\"y\"";
    let expected = ["c2 y ∅ 2/2", "c2 z ∅ 1/2", "c1 B 1 1/1", "c1 B ∅ 1/1", "c1 b ∅ 1/1", "c1 ∅ ∅ 1/1"];
    let spec = ActiveSpec { first: Some(1), ..by(&[property("p"), property("q")]) };
    let data = with_groups(lines);
    assert_eq!(rows(&spec, &data)[..6], expected);
    assert_eq!(rows(&spec, &data)[6..], ["c2 a ∅ 1/1"]);
    // Keys are asked for and answered only when there is a breakdown.
    let json = active_json(&active_users(&data, &spec), spec.first);
    let keys = json!([{"name": "p", "value": "y"}, {"name": "q", "value": null}]);
    assert_eq!((json["rows"].as_array().map(Vec::len), &json["rows"][0]["keys"]), (Some(1), &keys));
    let document = active_request(&spec, Defaults::LeftOut).document;
    assert!(document.contains(r#"breakdown: [{eventProperty: "p"}, {eventProperty: "q"}]"#), "{document}");
    assert!(document.contains("group { id } keys { name value } activeUsers"), "{document}");
    let without = active_request(&companies(), Defaults::LeftOut).document;
    assert!(!without.contains("breakdown") && !without.contains("keys"), "{without}");
}
