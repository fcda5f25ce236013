//! `lifecycle` of the reference against examples worked by hand.

use super::ask::lifecycle_case;
use super::{LifecycleSpec, Stages, lifecycle};
use crate::support::oracle::breakdown::Breakdown;
use crate::support::oracle::common::Common;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::{Attribution, Users};
use crate::support::oracle::shorthand::{
    by_default, event_property, events, hours, join, minute, minutes, project, upsert, words,
};
use crate::support::oracle::units::UnitKind;
use serde_json::json;

/// By hour from minute 60 to minute 240.
fn hourly() -> LifecycleSpec {
    LifecycleSpec {
        event: None,
        unit: UnitKind::Profile,
        calendar: hours(),
        common: Common { span: minutes(60, 240), ..by_default() },
    }
}

/// Each bucket as `new+returning+resurrecting-dormant`.
fn found(stages: &Stages) -> Vec<String> {
    let word = |stage: &super::Stage| {
        let dormant = stage.dormant.map_or_else(|| "?".to_owned(), |dormant| dormant.to_string());
        format!("{}+{}+{}-{dormant}", stage.new, stage.returning, stage.resurrecting)
    };
    stages.buckets.iter().map(word).collect()
}

fn over(spec: &LifecycleSpec, lines: &str) -> Vec<String> {
    found(&lifecycle(&project(events(lines)), spec).whole)
}

/// u1 is there in hours 0, 1 and 3, u2 in hour 0 alone, u3 from hour 2 on, and u4 long ago and in hour 2.
const LINES: &str = "10 a u1 -
                     70 a u1 -
                     80 a u1 -
                     190 a u1 -
                     20 a u2 -
                     130 a u3 -
                     200 a u3 -
                     -600 a u4 -
                     150 a u4 -";

#[test]
fn units_are_new_return_are_won_back_and_go_dormant() {
    assert_eq!(over(&hourly(), LINES), ["0+1+0-1", "1+0+1-1", "0+1+1-1"]);
    let whole = lifecycle(&project(events(LINES)), &hourly()).whole;
    assert_eq!((whole.units, whole.new, whole.events), (3, 1, 6));
}

#[test]
fn the_range_cuts_all_buckets_but_the_one_before_the_first() {
    // From minute 90 u1's events in hour 1 do not count in it, and do not make it new later.
    let mut spec = hourly();
    spec.common.span = minutes(90, 200);
    assert_eq!(over(&spec, LINES), ["0+0+0-2", "1+0+1-0", "0+0+1-2"]);
    // An event at the first bucket's start, before the range: earlier, and neither in this bucket nor in the one before.
    assert_eq!(
        over(&spec, "60 a u1 -\n100 a u1 -\n59 a u2 -\n100 a u2 -"),
        ["0+1+1-0", "0+0+0-2", "0+0+0-0"]
    );
}

#[test]
fn nobody_is_missed_before_a_bucket_begins() {
    let mut spec = hourly();
    let end = 525_600;
    spec.common.span = minutes(end - 60, end + 120);
    assert_eq!(
        over(&spec, &format!("{} a u1 -\n{} a u2 -", end - 70, end - 10)),
        ["1+0+0-1", "0+0+0-?", "0+0+0-?"]
    );
    let data = Dataset::after(project(events("10 a u1 -")).writes, minute(61));
    spec.common.span = minutes(0, 120);
    assert_eq!(found(&lifecycle(&data, &spec).whole), ["1+0+0-0", "0+0+0-1"]);
}

#[test]
fn only_matching_events_count_also_as_the_first_ever() {
    let mut spec = LifecycleSpec { event: Some("b".to_owned()), ..hourly() };
    spec.common.filter = Some(event_property("x", Operator::IsSet));
    let lines = "10 a u1 - x=1\n20 b u1 -\n70 b u1 - x=1\n130 b u2 - x=1\n140 a u2 - x=1";
    assert_eq!(over(&spec, lines), ["1+0+0-0", "1+0+0-1", "0+0+0-1"]);
}

fn with_companies(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 100, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        join("u1", "c1", 100),
    ]))
}

#[test]
fn units_are_users_or_groups() {
    let data = with_companies("10 a u1 c1\n70 a - c1,c2 device=u1\n130 a u1 c2\n190 a - - device=d2");
    let mut spec = hourly();
    assert_eq!(found(&lifecycle(&data, &spec).whole), ["0+0+0-1", "0+0+1-0", "0+0+0-1"]);
    spec.common.reading.users = Users::All;
    assert_eq!(found(&lifecycle(&data, &spec).whole), ["1+0+0-1", "0+0+1-1", "1+0+0-1"]);
    spec.unit = UnitKind::Group("company".to_owned());
    let whole = lifecycle(&data, &spec).whole;
    assert_eq!(found(&whole), ["1+1+0-0", "0+1+0-1", "0+0+0-1"]);
    // An event of two groups is one event.
    assert_eq!((whole.units, whole.new, whole.events), (2, 1, 2));
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(found(&lifecycle(&data, &spec).whole), ["0+0+0-0", "1+0+0-0", "0+0+0-1"]);
    spec.common.reading.attribution = Attribution::MembershipNow;
    assert_eq!(found(&lifecycle(&data, &spec).whole), ["0+0+0-1", "0+0+1-0", "0+0+0-1"]);
}

fn rows(spec: &LifecycleSpec, data: &Dataset) -> Vec<String> {
    let rows = lifecycle(data, spec).rows;
    rows.iter()
        .map(|(values, stages)| {
            format!("{} {}/{}: {}", words(values), stages.units, stages.events, found(stages).join(" "))
        })
        .collect()
}

#[test]
fn by_property_the_range_decides_and_the_bucket_before_it_only_for_the_dormant() {
    let mut spec = hourly();
    spec.common.breakdown = vec![Breakdown::EventProperty(Path::new(&["p"]))];
    // u1 is x before the range and y in it; u2 has a value only before; u3 only long before; u4 is gone.
    let lines = "10 a u1 - p=\"x\"\n70 a u1 -\n75 a u1 - p=\"y\"
                 10 a u2 - p=\"x\"\n70 a u2 -
                 -600 a u3 - p=\"x\"\n190 a u3 -
                 10 a u4 - p=\"z\"";
    let data = project(events(lines));
    let expected = [
        "∅ 2/2: 0+1+0-0 0+0+0-1 0+0+1-0",
        "y 1/2: 0+1+0-0 0+0+0-1 0+0+0-0",
        "z 0/0: 0+0+0-1 0+0+0-0 0+0+0-0",
    ];
    assert_eq!(rows(&spec, &data), expected);
    // A group's property as of the event that decides.
    spec.unit = UnitKind::Group("company".to_owned());
    spec.common.breakdown = vec![Breakdown::GroupProperty("company".to_owned(), Path::new(&["plan"]))];
    let data = with_companies("70 a u1 c1\n130 a u1 c1,c2");
    assert_eq!(rows(&spec, &data), ["free 1/2: 1+0+0-0 0+1+0-0 0+0+0-1", "pro 1/1: 0+0+0-0 1+0+0-0 0+0+0-1"]);
}

#[test]
fn by_group_each_group_has_its_own_lives() {
    let mut spec = hourly();
    spec.common.breakdown = vec![Breakdown::GroupType("company".to_owned())];
    // u1 is new to c2 in the hour in which it returns over all.
    let data = with_companies("10 a u1 c1\n70 a u1 c1,c2\n130 a u1 -");
    let expected = [
        "c1 1/1: 0+1+0-0 0+0+0-1 0+0+0-0",
        "c2 1/1: 1+0+0-0 0+0+0-1 0+0+0-0",
        "∅ 1/1: 0+0+0-0 1+0+0-0 0+0+0-1",
    ];
    assert_eq!(rows(&spec, &data), expected);
    assert_eq!(found(&lifecycle(&data, &spec).whole), ["0+1+0-0", "0+1+0-0", "0+0+0-1"]);
}

#[test]
fn drawn_lives_pass_from_bucket_to_bucket() {
    let (mut resurrected, mut dormant, mut split) = (0, 0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = lifecycle_case(&mut rng, &project);
            let buckets = &answer.whole.buckets;
            for pair in buckets.windows(2) {
                let active = pair[0].new + pair[0].returning + pair[0].resurrecting;
                let told = pair[1].dormant.map(|dormant| dormant + pair[1].returning);
                assert!(told.is_none_or(|told| told == active), "{spec:?}");
            }
            assert_eq!(buckets.iter().map(|stage| stage.new).sum::<usize>(), answer.whole.new, "{spec:?}");
            resurrected += usize::from(buckets.iter().any(|stage| stage.resurrecting > 0));
            dormant += usize::from(buckets.iter().any(|stage| stage.dormant > Some(0)));
            split += usize::from(answer.rows.len() > 2);
        }
    }
    assert!(resurrected > 60 && dormant > 80 && split > 40, "{resurrected} {dormant} {split}");
}
