//! The rows of the reference's funnel against examples worked by hand.

use super::FunnelSpec;
use super::worked::{answered, steps, units as top_units};
use crate::support::oracle::breakdown::{Breakdown, row_group};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::scope::{Attribution, GroupProperties};
use crate::support::oracle::shorthand::{company_property, events, identify, join, project, upsert, words};
use crate::support::oracle::units::UnitKind;
use serde_json::json;

/// The rows as `values: units per step`, missing values as `∅`.
fn rows(spec: &FunnelSpec, data: &Dataset) -> Vec<String> {
    let rows = answered(spec, data).rows;
    rows.iter().map(|row| format!("{}: {:?}", words(&row.values), row.units)).collect()
}

fn by(breakdown: &[Breakdown]) -> FunnelSpec {
    FunnelSpec { breakdown: breakdown.to_vec(), ..steps(&["a", "b"]) }
}

fn group_type(name: &str) -> Breakdown {
    Breakdown::GroupType(name.to_owned())
}

fn plan_of(group_type: &str) -> Breakdown {
    Breakdown::GroupProperty(group_type.to_owned(), Path::new(&["plan"]))
}

/// Companies c1 (free, then pro from minute 50) and c2 (pro), workspace w1.
fn with_groups(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 50, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        upsert("w1", "workspace", 0, json!({})),
    ]))
}

#[test]
fn without_a_breakdown_there_are_no_rows() {
    assert!(rows(&by(&[]), &with_groups("0 a u1 c1")).is_empty());
}

#[test]
fn a_row_by_group_is_walked_on_that_groups_events_alone() {
    // Over all events u1 does both steps; in no company it does.
    let lines = "0 a u1 c1\n5 b u1 c2";
    assert_eq!(top_units(&steps(&["a", "b"]), lines), [1, 1]);
    assert_eq!(rows(&by(&[group_type("company")]), &with_groups(lines)), ["c1: [1, 0]"]);
    // An event in two groups counts in both; u1 is in two rows, the further one is no further up.
    let lines = "0 a u1 c1,c2\n5 b u1 c2";
    assert_eq!(rows(&by(&[group_type("company")]), &with_groups(lines)), ["c2: [1, 1]", "c1: [1, 0]"]);
}

#[test]
fn events_without_a_group_of_the_type_are_a_row_of_their_own() {
    let lines = "0 a u1 -\n5 b u1 w1\n6 b u1 c1\n7 a u2 ghost";
    assert_eq!(rows(&by(&[group_type("company")]), &with_groups(lines)), ["∅: [2, 1]"]);
}

#[test]
fn a_filter_on_the_type_that_splits_tests_each_group_alone() {
    let lines = "60 a u1 c1,c2\n0 a u1 c1,c2";
    let not_free = Some(company_property("plan", Operator::Neq(json!("free"))));
    let spec = FunnelSpec { filter: not_free, ..by(&[group_type("company")]) };
    let data = with_groups(lines);
    // At minute 0 c1 is free: c2 keeps both events, c1 only the later, the whole only the later.
    assert_eq!(rows(&spec, &data), ["c1: [1, 0]", "c2: [1, 0]"]);
    assert_eq!(answered(&spec, &data).rows[0].events, 1);
    let spec = FunnelSpec { steps: steps(&["a", "a"]).steps, ..spec };
    assert_eq!(rows(&spec, &data), ["c2: [1, 1]", "c1: [1, 0]"]);
    assert_eq!(answered(&spec, &data).steps[1].units, 0);
}

#[test]
fn a_unit_that_is_a_group_of_the_splitting_type_is_in_its_own_row_only() {
    let unit = UnitKind::Group("company".to_owned());
    let spec = FunnelSpec { unit, ..by(&[group_type("company")]) };
    assert_eq!(rows(&spec, &with_groups("0 a u1 c1,c2\n5 b u2 c1")), ["c1: [1, 1]", "c2: [1, 0]"]);
}

#[test]
fn a_filter_on_the_type_that_is_counted_tests_each_group_alone() {
    let mut spec = FunnelSpec { unit: UnitKind::Group("company".to_owned()), ..steps(&["a", "b"]) };
    spec.filter = Some(company_property("plan", Operator::Eq(json!("free"))));
    let units = answered(&spec, &with_groups("0 a u1 c1,c2\n5 b u1 c1,c2")).steps;
    assert_eq!((units[0].units, units[1].units), (1, 1));
    // A step's own filter, too: only c2 is pro.
    spec.filter = None;
    spec.steps[1].filter = Some(company_property("plan", Operator::Eq(json!("pro"))));
    let units = answered(&spec, &with_groups("0 a u1 c1,c2\n5 b u1 c1,c2")).steps;
    assert_eq!((units[0].units, units[1].units), (2, 1));
}

#[test]
fn an_event_property_is_the_first_that_the_attempt_has() {
    let spec = by(&[Breakdown::EventProperty(Path::new(&["p"]))]);
    let lines = "0 a u1 -\n5 b u1 - p=1
                 0 a u2 - p=null\n5 b u2 -
                 0 a u3 - p=\"1\"\n5 b u3 - p=2
                 0 a u4 - p={\"k\":true}\n1 x u4 - p=9";
    assert_eq!(rows(&spec, &with_groups(lines)), ["1: [2, 2]", "∅: [1, 1]", "{\"k\":true}: [1, 0]"]);
}

#[test]
fn properties_of_groups_and_profiles_are_read_as_of_step_1() {
    let lines = "40 a u1 w1,c1,c2\n60 b u1 c1";
    let mut data = with_groups(lines);
    let mut spec = by(&[plan_of("company")]);
    assert_eq!(rows(&spec, &data), ["free: [1, 1]"]);
    spec.reading.group_properties = GroupProperties::Now;
    assert_eq!(rows(&spec, &data), ["pro: [1, 1]"]);
    // Before the first version the first version is read.
    let early =
        project(events("0 a u1 c1").into_iter().chain([upsert("c1", "company", 9, json!({"plan": "x"}))]));
    assert_eq!(rows(&by(&[plan_of("company")]), &early), ["x: [1, 0]"]);
    // A group without a value is passed over for the next on the event.
    assert_eq!(rows(&by(&[plan_of("workspace")]), &data), ["∅: [1, 1]"]);
    data = project(data.writes.into_iter().chain([identify("u1", json!({"plan": 3}))]));
    assert_eq!(rows(&by(&[Breakdown::ProfileProperty(Path::new(&["plan"]))]), &data), ["3: [1, 1]"]);
}

#[test]
fn a_group_property_prefers_the_unit_then_the_rows_group() {
    let data = with_groups("0 a u1 c1,c2\n5 b u1 c1,c2");
    let both = by(&[group_type("company"), plan_of("company")]);
    assert_eq!(rows(&both, &data), ["c1 free: [1, 1]", "c2 pro: [1, 1]"]);
    let spec = FunnelSpec { unit: UnitKind::Group("company".to_owned()), ..by(&[plan_of("company")]) };
    assert_eq!(rows(&spec, &data), ["free: [1, 1]", "pro: [1, 1]"]);
    assert_eq!(rows(&by(&[plan_of("company")]), &data), ["free: [1, 1]"]);
}

#[test]
fn rows_go_by_units_then_events_then_values_with_missing_last() {
    let spec =
        by(&[Breakdown::EventProperty(Path::new(&["p"])), Breakdown::EventProperty(Path::new(&["q"]))]);
    let lines =
        "0 a u1 -\n0 a u2 - p=\"b\"\n0 a u3 - p=\"B\"\n0 a u4 - p=\"b\" q=1\n0 a u5 - p=\"z\"\n1 b u5 -";
    let expected = ["z ∅: [1, 1]", "B ∅: [1, 0]", "b 1: [1, 0]", "b ∅: [1, 0]", "∅ ∅: [1, 0]"];
    assert_eq!(rows(&spec, &with_groups(lines)), expected);
}

#[test]
fn attribution_by_membership_ignores_the_events_own_ids() {
    let data = with_groups("10 a u1 c2\n20 b u1 -\n30 a - c1");
    let data = project(data.writes.into_iter().chain([join("u1", "c1", 15)]));
    let mut spec = by(&[group_type("company")]);
    spec.reading.attribution = Attribution::MembershipAtEvent;
    // At minute 10 u1 is in no company yet.
    assert_eq!(rows(&spec, &data), ["∅: [1, 0]"]);
    spec.reading.attribution = Attribution::MembershipNow;
    assert_eq!(rows(&spec, &data), ["c1: [1, 1]"]);
    let rows = answered(&spec, &data).rows;
    assert_eq!(row_group(&spec.breakdown, &rows[0].values).as_deref(), Some("c1"));
}
