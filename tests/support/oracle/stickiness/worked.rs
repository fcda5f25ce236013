//! `stickiness` of the reference against examples worked by hand.

use super::ask::stickiness_case;
use super::{StickinessSpec, stickiness};
use crate::support::oracle::breakdown::Breakdown;
use crate::support::oracle::common::Common;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::{Attribution, Users};
use crate::support::oracle::shorthand::{
    by_default, company_property, events, hours, join, minutes, project, upsert, words,
};
use crate::support::oracle::units::UnitKind;
use chrono_tz::Asia::Kathmandu;
use muster::domain::time::{Calendar, Interval};
use serde_json::json;

/// By hour over the first four hours.
fn hourly() -> StickinessSpec {
    StickinessSpec {
        event: None,
        unit: UnitKind::Profile,
        cumulative: false,
        calendar: hours(),
        common: Common { span: minutes(0, 240), ..by_default() },
    }
}

/// Units per number of periods.
fn units(data: &Dataset, spec: &StickinessSpec) -> Vec<usize> {
    stickiness(data, spec).whole.shares.iter().map(|(units, _)| *units).collect()
}

/// u1 is active in three hours, u2 in one (twice), u3 in one, nobody in the fourth; u4 is outside the range.
const LINES: &str = "0 a u1 c1
                     60 a u1 c1,c2
                     119 b u1 c2
                     130 a u1 -
                     10 a u2 c1
                     59 b u2 c1
                     61 a u3 c2
                     240 a u4 c2
                     -1 a u4 c2
                     70 a - c1 device=d1";

#[test]
fn units_by_the_number_of_periods_they_were_active_in() {
    let data = project(events(LINES));
    let answer = stickiness(&data, &hourly()).whole;
    let third = Some(1.0 / 3.0);
    assert_eq!(answer.shares, [(2, Some(2.0 / 3.0)), (0, Some(0.0)), (1, third), (0, Some(0.0))]);
    assert_eq!((answer.units, answer.events, answer.average_periods), (3, 7, Some(5.0 / 3.0)));
    let cumulative = StickinessSpec { cumulative: true, ..hourly() };
    assert_eq!(units(&data, &cumulative), [3, 1, 1, 0]);
    let only_b = StickinessSpec { event: Some("b".to_owned()), ..hourly() };
    assert_eq!(units(&data, &only_b), [2, 0, 0, 0]);
}

#[test]
fn of_nobody_there_are_no_shares() {
    let answer = stickiness(&project(events("300 a u1 -")), &hourly()).whole;
    assert_eq!(answer.shares, [(0, None); 4]);
    assert_eq!(answer.average_periods, None);
}

#[test]
fn cut_periods_are_periods_and_follow_the_zone() {
    // Kathmandu's hours begin at minute 15: the range touches five of them.
    let calendar = Calendar { zone: Kathmandu, ..hours() };
    let spec = StickinessSpec { calendar, ..hourly() };
    let data = project(events("14 a u1 -\n15 a u1 -\n74 a u1 -\n239 a u1 -"));
    assert_eq!(units(&data, &spec), [0, 0, 1, 0, 0]);
    // The clock goes back in Lord Howe by half an hour: the day has 24.5 hours, two hours begin at one.
    let zone = chrono_tz::Australia::Lord_Howe;
    let calendar = Calendar { zone, interval: Interval::Day, ..hours() };
    let day = 93 * 1_440 + 13 * 60; // the night to 2026-04-05 begins at 13:00 UTC (11 h ahead)
    let spec = StickinessSpec {
        calendar,
        common: Common { span: minutes(day, day + 1_471), ..by_default() },
        ..hourly()
    };
    let lines =
        format!("{} a u1 -\n{} a u1 -\n{} a u2 -\n{} a u2 -", day, day + 1_469, day + 1_469, day + 1_470);
    assert_eq!(units(&project(events(&lines)), &spec), [1, 1]);
}

fn with_companies(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 65, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        join("u1", "c2", 100),
    ]))
}

#[test]
fn units_are_users_or_groups() {
    let data = with_companies(LINES);
    let mut spec = StickinessSpec { unit: UnitKind::Group("company".to_owned()), ..hourly() };
    assert_eq!(units(&data, &spec), [1, 1, 0, 0]);
    assert_eq!(stickiness(&data, &spec).whole.events, 7);
    // c1 is free until minute 65, and each group answers the filter alone.
    spec.common.filter = Some(company_property("plan", Operator::Eq(json!("pro"))));
    assert_eq!(units(&data, &spec), [2, 0, 0, 0]);
    spec.common.filter = None;
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(units(&data, &spec), [0, 1, 0, 0]);
    spec.common.reading.attribution = Attribution::MembershipNow;
    assert_eq!(units(&data, &spec), [0, 0, 1, 0]);
    let mut all = hourly();
    all.common.reading.users = Users::All;
    assert_eq!(units(&data, &all), [3, 0, 1, 0]);
}

fn rows(spec: &StickinessSpec, data: &Dataset) -> Vec<String> {
    let rows = stickiness(data, spec).rows;
    rows.iter()
        .map(|(values, shares)| {
            let units: Vec<usize> = shares.shares.iter().map(|(units, _)| *units).collect();
            format!("{} {units:?}", words(values))
        })
        .collect()
}

#[test]
fn rows_by_group_and_by_property() {
    let data = with_companies(LINES);
    let mut spec = hourly();
    spec.common.breakdown = vec![Breakdown::GroupType("company".to_owned())];
    assert_eq!(rows(&spec, &data), ["c1 [1, 1, 0, 0]", "c2 [2, 0, 0, 0]", "∅ [1, 0, 0, 0]"]);
    // u1's first event with a company: free; u3's: pro. Company c1 first: free.
    spec.common.breakdown = vec![Breakdown::GroupProperty("company".to_owned(), Path::new(&["plan"]))];
    assert_eq!(rows(&spec, &data), ["free [1, 0, 1, 0]", "pro [1, 0, 0, 0]"]);
    spec.unit = UnitKind::Group("company".to_owned());
    assert_eq!(rows(&spec, &data), ["free [0, 1, 0, 0]", "pro [1, 0, 0, 0]"]);
}

#[test]
fn drawn_shares_add_up() {
    let (mut sticky, mut split) = (0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = stickiness_case(&mut rng, &project);
            let units: Vec<usize> = answer.whole.shares.iter().map(|(units, _)| *units).collect();
            let told = if spec.cumulative { units[0] } else { units.iter().sum() };
            assert_eq!(told, answer.whole.units, "{spec:?}");
            sticky += usize::from(units[1..].iter().sum::<usize>() > 1);
            split += usize::from(answer.rows.len() > 2);
        }
    }
    assert!(sticky > 50 && split > 40, "{sticky} {split}");
}
