//! `coverage` of the reference against examples worked by hand.

use super::ask::coverage_case;
use super::{Carried, CoverageSpec, coverage};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Operator;
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::Attribution;
use crate::support::oracle::shorthand::{
    by_default, company_property, events, join, minutes, project, upsert,
};
use muster::domain::write::Write;
use serde_json::json;

const DAY: i64 = 1_440;

/// Every type over the first three days.
fn all() -> CoverageSpec {
    let mut spec = CoverageSpec { group_type: None, event: None, zone: chrono_tz::UTC, common: by_default() };
    spec.common.span = minutes(0, 3 * DAY);
    spec
}

/// Company c1, workspace w1, and gone, which is deleted.
fn data() -> Dataset {
    let lines = "0d a u1 c1,w1
                 0d10 a u1 c1,ghost
                 1d1439 a u1 gone
                 2d a u1 -
                 2d b u2 w1
                 3d b u2 c1";
    let deletion = Write::DeleteGroup { id: "gone".to_owned() };
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "pro"})),
        upsert("w1", "workspace", 0, json!({})),
        upsert("gone", "company", 0, json!({})),
        join("u1", "c1", DAY),
        join("u2", "ghost", 0),
        deletion,
    ]))
}

fn word(carried: &Carried) -> String {
    format!("{}/{} ?{}", carried.covered, carried.events, carried.without_entity)
}

/// The rows as `event type covered/events ?without: days`.
fn found(spec: &CoverageSpec) -> Vec<String> {
    let rows = coverage(&data(), spec).rows;
    rows.iter()
        .map(|row| {
            let days: Vec<String> = row.days.iter().map(|(_, carried)| word(carried)).collect();
            format!("{} {} {}: {}", row.event, row.group_type, word(&row.carried), days.join(", "))
        })
        .collect()
}

#[test]
fn events_by_name_type_and_day() {
    let expected = [
        "a company 2/4 ?2: 2/2 ?1, 0/1 ?1, 0/1 ?0",
        "a workspace 1/4 ?2: 1/2 ?1, 0/1 ?1, 0/1 ?0",
        "b company 0/1 ?0: 0/0 ?0, 0/0 ?0, 0/1 ?0",
        "b workspace 1/1 ?0: 0/0 ?0, 0/0 ?0, 1/1 ?0",
    ];
    assert_eq!(found(&all()), expected);
    let totals = coverage(&data(), &all()).totals;
    let totals: Vec<_> =
        totals.iter().map(|(group_type, carried)| format!("{group_type} {}", word(carried))).collect();
    assert_eq!(totals, ["company 2/5 ?2", "workspace 2/5 ?2"]);
}

#[test]
fn one_type_one_name_and_a_filter() {
    let unknown = CoverageSpec { group_type: Some("team".to_owned()), event: Some("b".to_owned()), ..all() };
    assert_eq!(found(&unknown), ["b team 0/1 ?0: 0/0 ?0, 0/0 ?0, 0/1 ?0"]);
    let mut pro = CoverageSpec { group_type: Some("workspace".to_owned()), ..all() };
    pro.common.filter = Some(company_property("plan", Operator::Eq(json!("pro"))));
    assert_eq!(found(&pro), ["a workspace 1/2 ?1: 1/2 ?1, 0/0 ?0, 0/0 ?0"]);
    let mut none = all();
    none.common.span = minutes(10 * DAY, 11 * DAY);
    assert!(found(&none).is_empty());
    assert_eq!(coverage(&data(), &none).totals.len(), 2);
}

#[test]
fn by_membership_the_groups_that_were_sent_do_not_count() {
    let mut spec = CoverageSpec { group_type: Some("company".to_owned()), ..all() };
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    let expected = ["a company 2/4 ?0: 0/2 ?0, 1/1 ?0, 1/1 ?0", "b company 0/1 ?1: 0/0 ?0, 0/0 ?0, 0/1 ?1"];
    assert_eq!(found(&spec), expected);
}

#[test]
fn days_are_those_of_the_zone() {
    // In Kathmandu the day changes at 18:15 UTC: the range touches four days.
    let spec = CoverageSpec { zone: chrono_tz::Asia::Kathmandu, event: Some("b".to_owned()), ..all() };
    assert_eq!(found(&spec)[1], "b workspace 1/1 ?0: 0/0 ?0, 0/0 ?0, 1/1 ?0, 0/0 ?0");
}

#[test]
fn drawn_coverage_is_partial() {
    let (mut partial, mut unknown) = (0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = coverage_case(&mut rng, &project);
            for row in &answer.rows {
                let daily: usize = row.days.iter().map(|(_, carried)| carried.covered).sum();
                assert_eq!(daily, row.carried.covered, "{spec:?}");
            }
            let rows = || answer.rows.iter().map(|row| &row.carried);
            partial += usize::from(rows().any(|it| 0 < it.covered && it.covered < it.events));
            unknown += usize::from(rows().any(|it| it.without_entity > 0));
        }
    }
    assert!(partial > 80 && unknown > 80, "{partial} {unknown}");
}
