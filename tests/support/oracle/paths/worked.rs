//! `paths` of the reference against examples worked by hand.

use super::ask::paths_case;
use super::{PathNode, PathsSpec, paths};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Operator;
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::Users;
use crate::support::oracle::shorthand::{by_default, event_property, events, minutes, project, upsert};
use crate::support::oracle::units::UnitKind;
use serde_json::json;

/// What comes after `a`, two stops far, two children a node.
fn after_a() -> PathsSpec {
    PathsSpec {
        event: "a".to_owned(),
        backward: false,
        length: 2,
        top: 2,
        unit: UnitKind::Profile,
        common: by_default(),
    }
}

/// The nodes, indented by depth, as `event occurrences/units`, `†n` for the paths that end there.
fn found(data: &Dataset, spec: &PathsSpec) -> Vec<String> {
    let line = |node: &PathNode| {
        let indent = ">".repeat(node.depth);
        let event = node.event.as_deref().unwrap_or("…");
        let ended = if node.ended > 0 { format!(" †{}", node.ended) } else { String::new() };
        format!("{indent}{event} {}/{}{ended}", node.occurrences, node.units)
    };
    paths(data, spec).iter().map(line).collect()
}

#[test]
fn next_events_with_repeats_collapsed() {
    // u1: a b c a b. u2: a c.
    let data = project(events(
        "0 a u1 -\n1 a u1 -\n2 b u1 -\n3 b u1 -\n4 c u1 -\n5 a u1 -\n6 b u1 -\n0 a u2 -\n1 c u2 -\n2 c u2 -",
    ));
    assert_eq!(found(&data, &after_a()), ["a 3/2", ">b 2/1 †1", ">>c 1/1", ">c 1/1 †1"]);
    let nodes = paths(&data, &after_a());
    let parents: Vec<_> = nodes.iter().map(|node| node.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(0)]);
    let rates: Vec<f64> = nodes.iter().map(|node| node.rate_from_parent).collect();
    assert_eq!(rates, [1.0, 2.0 / 3.0, 0.5, 1.0 / 3.0]);
    // One stop further paths end at c, and go on to a.
    let longer = PathsSpec { length: 3, ..after_a() };
    assert_eq!(found(&data, &longer), ["a 3/2", ">b 2/1 †1", ">>c 1/1", ">>>a 1/1", ">c 1/1 †1"]);
    let never = PathsSpec { event: "never".to_owned(), ..after_a() };
    assert!(found(&data, &never).is_empty());
}

#[test]
fn what_came_before() {
    let data =
        project(events("0 b u1 -\n1 c u1 -\n2 a u1 -\n3 c u1 -\n4 a u1 -\n0 c u2 -\n1 a u2 -\n2 b u2 -"));
    let spec = PathsSpec { backward: true, ..after_a() };
    assert_eq!(found(&data, &spec), ["a 3/2", ">c 3/2 †1", ">>a 1/1", ">>b 1/1"]);
}

#[test]
fn the_most_frequent_children_are_kept_then_those_first_by_name() {
    let lines = "0 a u1 -\n1 z u1 -\n0 a u2 -\n1 z u2 -\n0 a u3 -\n1 c u3 -\n2 d u3 -
                 0 a u4 -\n1 b u4 -\n0 a u5 -\n1 d u5 -\n2 b u5 -\n3 a u5 -\n4 e u5 -";
    let data = project(events(lines));
    assert_eq!(found(&data, &after_a()), ["a 6/5", ">z 2/2 †2", ">b 1/1 †1", ">… 3/2"]);
    // Below the rest there is nothing, and nothing ends there.
    let rest = paths(&data, &after_a()).pop().expect("a node");
    assert_eq!((rest.event, rest.rate_from_parent, rest.ended), (None, 0.5, 0));
}

#[test]
fn time_then_arrival_orders_events_in_the_range_that_pass_the_filter() {
    let data = project(events("5 c u1 -\n5 d u1 -\n0 a u1 -\n3 x u1 - noise=1\n1 a u1 -\n1000 e u1 -"));
    let mut spec = after_a();
    assert_eq!(found(&data, &spec), ["a 1/1", ">x 1/1", ">>c 1/1"]);
    spec.common.filter = Some(event_property("noise", Operator::IsNotSet));
    assert_eq!(found(&data, &spec), ["a 1/1", ">c 1/1", ">>d 1/1"]);
    // What the filter hides separates no repeats, what lies outside the range neither.
    let data = project(events("0 a u1 -\n1 x u1 - noise=1\n2 a u1 -\n3 b u1 -"));
    assert_eq!(found(&data, &spec), ["a 1/1", ">b 1/1 †1"]);
    spec.common.span = minutes(2, 3);
    assert_eq!(found(&data, &spec), ["a 1/1 †1"]);
}

#[test]
fn units_are_profiles_devices_sessions_or_groups() {
    let lines = "0 a u1 c1 session=s1
                 1 b u2 c1,c2 session=s1
                 2 c - c1 session=s2 device=d1
                 3 a - c2 device=d1
                 4 b u1 -";
    let groups = ["c1", "c2"].map(|id| upsert(id, "company", 0, json!({})));
    let data = project(events(lines).into_iter().chain(groups));
    let of = |unit, users| {
        let mut spec = PathsSpec { unit, ..after_a() };
        spec.common.reading.users = users;
        found(&data, &spec)
    };
    assert_eq!(of(UnitKind::Profile, Users::Identified), ["a 1/1", ">b 1/1 †1"]);
    assert_eq!(of(UnitKind::Profile, Users::All), ["a 2/2 †1", ">b 1/1 †1"]);
    assert_eq!(of(UnitKind::Session, Users::Identified), ["a 1/1", ">b 1/1 †1"]);
    let company = UnitKind::Group("company".to_owned());
    assert_eq!(of(company, Users::Identified), ["a 2/2 †1", ">b 1/1", ">>c 1/1"]);
}

#[test]
fn drawn_trees_add_up() {
    let (mut branching, mut with_rest) = (0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, nodes) = paths_case(&mut rng, &project);
            for (number, node) in nodes.iter().enumerate() {
                let children = nodes.iter().filter(|child| child.parent == Some(number));
                let below: usize = children.map(|child| child.occurrences).sum();
                if node.event.is_some() && node.depth < spec.length {
                    assert_eq!(below + node.ended, node.occurrences, "{spec:?}");
                }
                assert!(node.depth <= spec.length && node.units <= node.occurrences, "{spec:?}");
            }
            branching += usize::from(nodes.iter().filter(|node| node.depth == 2).count() > 2);
            with_rest += usize::from(nodes.iter().any(|node| node.event.is_none()));
        }
    }
    assert!(branching > 30 && with_rest > 30, "{branching} {with_rest}");
}
