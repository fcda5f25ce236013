//! `journey` of the reference against examples worked by hand.

use super::ask::journey_case;
use super::{JourneySpec, JourneyStep, journey};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Operator;
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::Attribution;
use crate::support::oracle::shorthand::{
    by_default, company_property, deed, event_property, events, join, minutes, project, upsert,
};
use muster::domain::write::Write;
use serde_json::json;

fn steps(group_id: &str, names: &[&str]) -> JourneySpec {
    let steps = names.iter().map(|name| deed(name)).collect();
    JourneySpec { group_id: group_id.to_owned(), steps, common: by_default() }
}

/// c1 (free, then pro from minute 50), c2 (pro).
fn with_companies(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 50, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        join("u1", "c2", 25),
    ]))
}

/// The steps as `minute who ×times #position`, `-` for one not done.
fn found(data: &Dataset, spec: &JourneySpec) -> Vec<String> {
    let start = "2026-01-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("an instant");
    let line = |step: &JourneyStep| match (step.first_at, step.position) {
        (Some(at), Some(position)) => {
            let who = step.profile_id.as_deref().unwrap_or("nobody");
            format!("{} {who} ×{} #{position}", (at - start).num_minutes(), step.events)
        }
        _ => "-".to_owned(),
    };
    journey(data, spec).iter().map(line).collect()
}

const LINES: &str = "30 a u1 c1
                     20 b u2 c1,c2
                     20 b u3 c1
                     40 b u1 c1
                     60 c - c1
                     70 d u1 c2
                     80 a u1 ghost
                     1000 d u1 c1";

#[test]
fn each_step_is_shown_when_it_was_first_done_in_whatever_order() {
    let data = with_companies(LINES);
    let expected = ["30 u1 ×1 #2", "20 u2 ×3 #1", "60 nobody ×1 #3", "-"];
    assert_eq!(found(&data, &steps("c1", &["a", "b", "c", "d"])), expected);
    // A step given twice shows one event twice; of equals the step given earlier is earlier.
    let data = with_companies("20 b u2 c1\n20 a u1 c1");
    assert_eq!(found(&data, &steps("c1", &["a", "b", "a"])), ["20 u1 ×1 #1", "20 u2 ×1 #2", "20 u1 ×1 #3"]);
}

#[test]
fn only_the_range_and_what_matches_is_looked_at() {
    let data = with_companies(LINES);
    let mut spec = steps("c1", &["b", "d"]);
    spec.common.span = minutes(40, 1_001);
    assert_eq!(found(&data, &spec), ["40 u1 ×1 #1", "1000 u1 ×1 #2"]);
    let data = with_companies("10 a u1 c1 x=1\n20 a u1 c1 x=2\n30 a u1 c1 x=2 y=1");
    let mut spec = steps("c1", &["a", "a"]);
    spec.steps[1].filter = Some(event_property("x", Operator::Eq(json!(2))));
    assert_eq!(found(&data, &spec), ["10 u1 ×3 #1", "20 u1 ×2 #2"]);
    spec.common.filter = Some(event_property("y", Operator::IsSet));
    assert_eq!(found(&data, &spec), ["30 u1 ×1 #1", "30 u1 ×1 #2"]);
}

#[test]
fn a_filter_on_the_groups_own_type_tests_it_alone() {
    let data = with_companies("40 a u1 c1,c2\n60 a u1 c1");
    let mut spec = steps("c1", &["a"]);
    spec.common.filter = Some(company_property("plan", Operator::Eq(json!("pro"))));
    assert_eq!(found(&data, &spec), ["60 u1 ×1 #1"]);
}

#[test]
fn ids_without_an_entity_have_journeys_and_deleted_groups_have_none() {
    let data = with_companies(LINES);
    assert_eq!(found(&data, &steps("ghost", &["a"])), ["80 u1 ×1 #1"]);
    assert_eq!(found(&data, &steps("unheard of", &["a"])), ["-"]);
    let data = project(data.writes.into_iter().chain([Write::DeleteGroup { id: "c1".to_owned() }]));
    assert_eq!(found(&data, &steps("c1", &["a"])), ["-"]);
}

#[test]
fn by_membership_the_members_events_count() {
    let mut spec = steps("c2", &["a", "b", "d"]);
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(found(&with_companies(LINES), &spec), ["30 u1 ×2 #1", "40 u1 ×1 #2", "70 u1 ×1 #3"]);
}

#[test]
fn drawn_journeys_are_under_way() {
    let (mut under_way, mut out_of_order) = (0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (_, steps) = journey_case(&mut rng, &project);
            let positions: Vec<usize> = steps.iter().filter_map(|step| step.position).collect();
            under_way += usize::from(!positions.is_empty() && positions.len() < steps.len());
            out_of_order += usize::from(!positions.is_sorted());
        }
    }
    assert!(under_way > 60 && out_of_order > 40, "{under_way} {out_of_order}");
}
