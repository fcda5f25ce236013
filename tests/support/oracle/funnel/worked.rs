//! The funnel of the reference against examples worked by hand: order, window, ties, exclusions, periods.

use super::{Exclusion, Funnel, FunnelSpec, Order, funnel};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Operator;
use crate::support::oracle::scope::Users;
use crate::support::oracle::shorthand::{
    READING, deed, event_property, events, minute, minutes, project, upsert,
};
use crate::support::oracle::units::UnitKind;
use chrono::Duration;
use muster::domain::time::{Calendar, Interval, WeekStart};
use serde_json::json;

/// A funnel of profiles over the events named, an hour's window, the first thousand minutes.
pub(super) fn steps(names: &[&str]) -> FunnelSpec {
    FunnelSpec {
        steps: names.iter().map(|&name| deed(name)).collect(),
        window: Duration::minutes(60),
        span: minutes(0, 1_000),
        order: Order::Ordered,
        unit: UnitKind::Profile,
        breakdown: Vec::new(),
        filter: None,
        exclusions: Vec::new(),
        reading: READING,
        compare_previous: false,
        calendar: None,
        first: None,
    }
}

/// The funnel's answer over the events alone.
pub(super) fn walked(spec: &FunnelSpec, lines: &str) -> Funnel {
    answered(spec, &project(events(lines)))
}

/// The funnel's answer.
pub(super) fn answered(spec: &FunnelSpec, data: &Dataset) -> Funnel {
    funnel(data, spec).expect("few chains")
}

/// Units per step over the events alone.
pub(super) fn units(spec: &FunnelSpec, lines: &str) -> Vec<usize> {
    walked(spec, lines).steps.iter().map(|step| step.units).collect()
}

/// The average seconds of each step over the events alone.
pub(super) fn seconds(spec: &FunnelSpec, lines: &str) -> Vec<Option<f64>> {
    walked(spec, lines).steps.iter().map(|step| step.average_seconds).collect()
}

fn in_order(order: Order, names: &[&str]) -> FunnelSpec {
    FunnelSpec { order, ..steps(names) }
}

#[test]
fn units_rates_and_times_of_two_users() {
    let answer = walked(&steps(&["a", "b"]), "0 a u1 -\n10 b u1 -\n3 a u2 -");
    let (first, second) = (&answer.steps[0], &answer.steps[1]);
    assert_eq!((first.units, second.units), (2, 1));
    assert_eq!((first.rate_from_start, first.rate_from_previous), (Some(1.0), Some(1.0)));
    assert_eq!((second.rate_from_start, second.rate_from_previous), (Some(0.5), Some(0.5)));
    assert_eq!((first.average_seconds, first.median_seconds, first.p90_seconds), (None, None, None));
    assert_eq!((second.average_seconds, second.p90_seconds), (Some(600.0), Some(600.0)));
}

#[test]
fn rates_of_nothing_are_null() {
    let answer = walked(&steps(&["a", "b"]), "0 b u1 -");
    assert!(answer.steps.iter().all(|step| step.units == 0 && step.rate_from_start.is_none()));
    assert!(answer.steps.iter().all(|step| step.rate_from_previous.is_none()));
}

#[test]
fn the_windows_end_is_inside_and_counts_from_the_first_event() {
    let spec = steps(&["a", "b", "c"]);
    assert_eq!(units(&spec, "0 a u1 -\n30 b u1 -\n60 c u1 -"), [1, 1, 1]);
    assert_eq!(units(&spec, "0 a u1 -\n30 b u1 -\n61 c u1 -"), [1, 1, 0]);
}

#[test]
fn the_range_holds_from_and_not_to() {
    let spec = FunnelSpec { span: minutes(10, 20), ..steps(&["a", "b"]) };
    assert_eq!(units(&spec, "10 a u1 -\n20 b u1 -"), [1, 0]);
    assert_eq!(units(&spec, "9 a u1 -\n10 b u1 -"), [0, 0]);
}

#[test]
fn one_event_serves_one_step() {
    let spec = steps(&["a", "a"]);
    assert_eq!(units(&spec, "0 a u1 -"), [1, 0]);
    assert_eq!(units(&spec, "0 a u1 -\n0 a u1 -"), [1, 1]);
}

#[test]
fn events_at_one_instant_count_in_whatever_order_they_arrived() {
    assert_eq!(units(&steps(&["a", "b"]), "0 b u1 -\n0 a u1 -"), [1, 1]);
    // The first event can do both steps, the second only the first: they are matched so that both are done.
    let mut spec = steps(&["a", "a"]);
    spec.steps[1].filter = Some(event_property("x", Operator::IsSet));
    assert_eq!(units(&spec, "0 a u1 - x=1\n0 a u1 -"), [1, 1]);
    // Both attempts open at one instant and get as far; the earlier second step decides, not arrival.
    assert_eq!(seconds(&spec, "0 a u1 - x=1\n0 a u1 -\n5 a u1 - x=1"), [None, Some(0.0)]);
}

#[test]
fn the_longest_attempt_counts_then_the_earliest() {
    let spec = steps(&["a", "b"]);
    assert_eq!(seconds(&spec, "0 a u1 -\n50 a u1 -\n100 b u1 -"), [None, Some(3_000.0)]);
    assert_eq!(seconds(&spec, "0 a u1 -\n5 a u1 -\n10 b u1 -"), [None, Some(600.0)]);
}

#[test]
fn step_times_are_the_earliest_from_step_1_on() {
    let spec = steps(&["a", "b", "c"]);
    assert_eq!(seconds(&spec, "0 a u1 -\n5 b u1 -\n6 b u1 -\n7 c u1 -"), [None, Some(300.0), Some(120.0)]);
    // A later step is reached only if the only b that can be first leaves the other for step 3.
    let spec = steps(&["a", "b", "b"]);
    assert_eq!(seconds(&spec, "0 a u1 -\n5 b u1 -\n9 b u1 -"), [None, Some(300.0), Some(240.0)]);
}

#[test]
fn any_other_event_breaks_a_strict_run() {
    let spec = in_order(Order::Strict, &["a", "b", "c"]);
    assert_eq!(units(&spec, "0 a u1 -\n1 b u1 -\n2 c u1 -"), [1, 1, 1]);
    assert_eq!(units(&spec, "0 a u1 -\n1 x u1 -\n2 b u1 -"), [1, 0, 0]);
    assert_eq!(units(&spec, "0 a u1 -\n1 b u1 -\n2 b u1 -\n3 c u1 -"), [1, 1, 0]);
    // A repeat of step 1 breaks the run and starts another.
    assert_eq!(seconds(&spec, "0 a u1 -\n1 a u1 -\n2 b u1 -"), [None, Some(60.0), None]);
    // Arrival decides ties.
    assert_eq!(units(&spec, "0 b u1 -\n0 a u1 -"), [1, 0, 0]);
    assert_eq!(units(&spec, "0 a u1 -\n0 b u1 -"), [1, 1, 0]);
    // Another user's event is in nobody's way.
    assert_eq!(units(&spec, "0 a u1 -\n1 x u2 -\n2 b u1 -"), [1, 1, 0]);
}

#[test]
fn what_the_funnels_filter_hides_breaks_no_strict_run() {
    let filter = Some(event_property("noise", Operator::IsNotSet));
    let spec = FunnelSpec { filter, ..in_order(Order::Strict, &["a", "b"]) };
    assert_eq!(units(&spec, "0 a u1 -\n1 x u1 - noise=1\n2 b u1 -"), [1, 1]);
}

#[test]
fn a_strict_run_of_a_group_is_broken_by_any_member() {
    let spec = FunnelSpec { unit: UnitKind::Group("company".into()), ..in_order(Order::Strict, &["a", "b"]) };
    let broken = "0 a u1 c1\n1 x u2 c1\n2 b u1 c1";
    let data = |lines| project(events(lines).into_iter().chain([upsert("c1", "company", 0, json!({}))]));
    assert_eq!(answered(&spec, &data(broken)).steps[1].units, 0);
    assert_eq!(answered(&spec, &data("0 a u1 c1\n1 x u2 c2\n2 b - c1")).steps[1].units, 1);
}

#[test]
fn steps_in_any_order_count_by_how_many_are_done() {
    let spec = in_order(Order::Any, &["a", "b", "c"]);
    assert_eq!(units(&spec, "0 c u1 -\n5 a u1 -"), [1, 1, 0]);
    assert_eq!(units(&spec, "0 c u1 -\n5 c u1 -"), [1, 0, 0]);
    // A step given twice needs two events.
    assert_eq!(units(&in_order(Order::Any, &["a", "a"]), "0 a u1 -\n0 a u1 -"), [1, 1]);
    // The attempt from minute 30 gets further than the one from minute 0.
    let late = "0 a u1 -\n30 b u1 -\n70 c u1 -\n80 a u1 -";
    assert_eq!(seconds(&spec, late), [None, Some(2_400.0), Some(600.0)]);
}

fn excluding(names: &[&str], from_step: usize, to_step: usize) -> FunnelSpec {
    FunnelSpec { exclusions: vec![Exclusion { deed: deed("x"), from_step, to_step }], ..steps(names) }
}

#[test]
fn an_excluded_event_strictly_between_the_steps_voids_the_attempt() {
    let spec = excluding(&["a", "b"], 1, 2);
    assert_eq!(units(&spec, "0 a u1 -\n5 x u1 -\n10 b u1 -"), [0, 0]);
    assert_eq!(units(&spec, "0 a u1 -\n0 x u1 -\n10 x u1 -\n10 b u1 -"), [1, 1]);
    // The longest chain is chosen first: that b could come before x does not matter for an attempt to c.
    let spec = excluding(&["a", "b", "c"], 2, 3);
    assert_eq!(units(&spec, "0 a u1 -\n5 b u1 -\n7 x u1 -\n10 c u1 -"), [0, 0, 0]);
    // Before the exclusion's first step it is harmless, and so it is when that step was not reached.
    assert_eq!(units(&spec, "0 a u1 -\n2 x u1 -\n5 b u1 -"), [1, 1, 0]);
    assert_eq!(units(&spec, "0 a u1 -\n2 x u1 -"), [1, 0, 0]);
}

#[test]
fn an_exclusion_whose_last_step_is_not_reached_lasts_to_the_windows_end() {
    let spec = excluding(&["a", "b"], 1, 2);
    assert_eq!(units(&spec, "0 a u1 -\n60 x u1 -"), [0, 0]);
    assert_eq!(units(&spec, "0 a u1 -\n61 x u1 -"), [1, 0]);
}

#[test]
fn another_attempt_may_survive_an_exclusion() {
    let spec = excluding(&["a", "b"], 1, 2);
    assert_eq!(seconds(&spec, "0 a u1 -\n5 x u1 -\n10 b u1 -\n20 a u1 -\n25 b u1 -"), [None, Some(300.0)]);
    // A shorter attempt that is not void counts, where the longer one is.
    assert_eq!(units(&spec, "0 a u1 -\n5 x u1 -\n10 b u1 -\n20 a u1 -"), [1, 0]);
}

#[test]
fn exclusions_count_the_steps_done_in_any_order() {
    let spec = FunnelSpec { order: Order::Any, ..excluding(&["a", "b"], 1, 2) };
    assert_eq!(units(&spec, "0 b u1 -\n5 x u1 -\n10 a u1 -\n100 y u1 -"), [1, 0]);
}

#[test]
fn units_are_profiles_devices_sessions_or_groups() {
    let lines = "0 a u1 c1 session=s1 device=u1
                 1 b u1 c1 session=s2 device=u1
                 2 a - c1 session=s2 device=u1
                 3 b - c2 device=u1";
    let data = project(events(lines).into_iter().chain([upsert("c1", "company", 0, json!({}))]));
    let count = |unit, users| {
        let mut spec = FunnelSpec { unit, ..steps(&["a", "b"]) };
        spec.reading.users = users;
        answered(&spec, &data).steps.iter().map(|step| step.units).collect::<Vec<_>>()
    };
    assert_eq!(count(UnitKind::Profile, Users::Identified), [1, 1]);
    assert_eq!(count(UnitKind::Profile, Users::All), [2, 2]);
    assert_eq!(count(UnitKind::Session, Users::Identified), [2, 0]);
    assert_eq!(count(UnitKind::Group("company".into()), Users::Identified), [1, 1]);
    assert_eq!(count(UnitKind::Group("team".into()), Users::Identified), [0, 0]);
}

#[test]
fn each_period_counts_the_best_attempt_opened_in_it() {
    let calendar = Calendar { interval: Interval::Hour, zone: chrono_tz::UTC, week_start: WeekStart::Monday };
    let span = minutes(0, 130);
    let spec = FunnelSpec { span, calendar: Some(calendar), ..steps(&["a", "b"]) };
    // Attempts open at 10 (no b within the hour), 50 (b at 100) and 70 (b at 100).
    let periods = walked(&spec, "10 a u1 -\n50 a u1 -\n70 a u1 -\n100 b u1 -").periods.expect("periods");
    let found: Vec<_> =
        periods.iter().map(|period| (period.start, period.is_partial, period.units.clone())).collect();
    let expected =
        [(minute(0), false, vec![1, 1]), (minute(60), false, vec![1, 1]), (minute(120), true, vec![0, 0])];
    assert_eq!(found, expected);
}

#[test]
fn the_previous_period_ends_where_the_range_begins() {
    let spec = FunnelSpec { span: minutes(100, 200), compare_previous: true, ..steps(&["a", "b"]) };
    let answer = walked(&spec, "0 a u1 -\n99 a u2 -\n100 b u2 -\n100 a u3 -\n1 b u1 -");
    assert_eq!(answer.previous, Some(vec![2, 1]));
    assert_eq!(answer.steps[0].units, 1);
}

#[test]
fn too_many_chains_are_given_up() {
    let lines = "0 a u1 -\n".repeat(30);
    let spec = FunnelSpec { window: Duration::minutes(1), ..steps(&["a", "a", "a", "a", "a", "a"]) };
    assert!(funnel(&project(events(&lines)), &spec).is_err());
}
