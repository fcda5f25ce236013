//! `activeGroups` of the reference against examples worked by hand.

use super::ask::active_groups_case;
use super::{ActiveBucket, ActiveGroupsSpec, Activity, active_groups};
use crate::support::oracle::breakdown::Breakdown;
use crate::support::oracle::common::Common;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::Attribution;
use crate::support::oracle::shorthand::{
    by_default, company_property, days, events, hours, join, minutes, project, upsert, words,
};
use muster::domain::time::{Calendar, Interval};
use serde_json::json;

const DAY: i64 = 1_440;

/// Companies by day from day 40 to day 43.
fn daily() -> ActiveGroupsSpec {
    ActiveGroupsSpec {
        group_type: "company".to_owned(),
        event: None,
        calendar: days(),
        compare_previous: false,
        common: Common { span: minutes(40 * DAY, 43 * DAY), ..by_default() },
    }
}

/// Companies c1 (free, then pro from day 41) and c2 (pro), workspace w1.
fn with_companies(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 41 * DAY, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        upsert("c3", "company", 0, json!({})),
        upsert("w1", "workspace", 0, json!({})),
    ]))
}

/// Each bucket as `groups/new/events 1 7 30`.
fn found(activity: &Activity) -> Vec<String> {
    let word = |bucket: &ActiveBucket| {
        let (totals, [one, seven, thirty]) = (&bucket.totals, bucket.rolling);
        format!("{}/{}/{} {one} {seven} {thirty}", totals.groups, totals.new_groups, totals.events)
    };
    activity.buckets.iter().map(word).collect()
}

/// c1 is active on days 11, 34 and 41, c2 is new on day 40 and active again with c1 on day 41, c3 is new on
/// day 39, and what has no company does not count.
const LINES: &str = "11d a u1 c1
                     34d a u1 c1
                     39d a u3 c3
                     40d a - c2
                     40d1439 a u2 c2
                     41d a u1 c1,c2
                     41d10 a u1 ghost,w1
                     43d a u1 c1";

#[test]
fn groups_per_day_and_in_the_days_before() {
    let answer = active_groups(&with_companies(LINES), &daily());
    assert_eq!(found(&answer.whole), ["1/1/2 1 3 3", "2/0/1 2 3 3", "0/0/0 0 3 3"]);
    let totals = &answer.whole.totals;
    assert_eq!((totals.groups, totals.new_groups, totals.events), (2, 1, 3));
}

#[test]
fn the_rate_is_the_mean_of_thirty_daily_numbers_of_those_of_the_thirty_days() {
    let buckets = active_groups(&with_companies(LINES), &daily()).whole.buckets;
    // Days 11 to 40: one group on 11, 34, 39 and 40. Days 12 to 41: on 34, 39 and 40, and two on 41.
    let rates: Vec<f64> = buckets.iter().map(|bucket| bucket.dau_mau_rate.expect("a rate")).collect();
    assert!((rates[0] - 4.0 / 30.0 / 3.0).abs() < 1e-12 && (rates[1] - 5.0 / 30.0 / 3.0).abs() < 1e-12);
    let none = active_groups(&with_companies("100d a u1 c1"), &daily()).whole.buckets;
    assert!(none.iter().all(|bucket| bucket.dau_mau_rate.is_none() && bucket.rolling == [0, 0, 0]));
}

#[test]
fn windows_end_with_the_bucket_or_with_the_range() {
    // A month that the range leaves on day 43 at noon: the last day is day 43, in part.
    let month = Calendar { interval: Interval::Month, ..days() };
    let mut spec = ActiveGroupsSpec { calendar: month, ..daily() };
    spec.common.span = minutes(40 * DAY, 43 * DAY + 720);
    let data = with_companies("13d1439 a u1 c1\n36d1439 a u2 c2\n43d719 a u3 c3\n43d720 a u1 c1");
    assert_eq!(found(&active_groups(&data, &spec).whole), ["1/1/1 1 1 2"]);
    let data = with_companies("14d a u1 c1\n37d a u2 c2\n43d719 a u3 c3");
    assert_eq!(found(&active_groups(&data, &spec).whole), ["1/1/1 1 2 3"]);
    // With hours a day is the 24 hours that end with the bucket.
    let mut spec = ActiveGroupsSpec { calendar: hours(), ..daily() };
    spec.common.span = minutes(40 * DAY, 40 * DAY + 90);
    let data = with_companies("39d59 a u1 c1\n39d60 a u2 c2\n33d90 a u3 c3");
    assert_eq!(found(&active_groups(&data, &spec).whole), ["0/0/0 1 3 3", "0/0/0 0 3 3"]);
}

#[test]
fn days_are_those_of_the_zone_with_23_and_25_hours() {
    // 2026-03-29 in Berlin begins at 23:00 UTC on day 86 and ends at 22:00 UTC on day 87.
    let zone = chrono_tz::Europe::Berlin;
    let mut spec = ActiveGroupsSpec { calendar: Calendar { zone, ..days() }, ..daily() };
    spec.common.span = minutes(87 * DAY - 60, 88 * DAY + 1_320);
    let data = with_companies("86d1379 a u1 c1\n86d1380 a u2 c2\n87d1319 a u3 c3\n87d1320 a u1 c1");
    assert_eq!(found(&active_groups(&data, &spec).whole), ["2/2/2 2 3 3", "1/0/1 1 3 3"]);
}

#[test]
fn only_matching_events_count_also_as_the_first_ever() {
    let mut spec = ActiveGroupsSpec { event: Some("b".to_owned()), ..daily() };
    spec.common.filter = Some(company_property("plan", Operator::Eq(json!("pro"))));
    let data = with_companies("39d a u1 c2\n40d b u1 c1,c2\n41d b u1 c1\n42d a u1 c1");
    assert_eq!(found(&active_groups(&data, &spec).whole), ["1/1/1 1 1 1", "1/1/1 1 2 2", "0/0/0 0 2 2"]);
}

#[test]
fn attribution_and_the_previous_period() {
    let mut spec = ActiveGroupsSpec { compare_previous: true, ..daily() };
    let data = project(
        with_companies(LINES).writes.into_iter().chain([join("u1", "w1", 0), join("u1", "c3", 30 * DAY)]),
    );
    let previous = |spec: &ActiveGroupsSpec| {
        let totals = active_groups(&data, spec).previous.expect("asked for");
        (totals.groups, totals.new_groups, totals.events)
    };
    // Days 37 to 39.
    assert_eq!(previous(&spec), (1, 1, 1));
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(previous(&spec), (0, 0, 0));
    assert_eq!(found(&active_groups(&data, &spec).whole), ["0/0/0 0 1 1", "1/0/2 1 1 1", "0/0/0 0 1 1"]);
    spec.common.reading.attribution = Attribution::MembershipNow;
    let buckets = active_groups(&data, &spec).whole.buckets;
    assert!(buckets[0].dau_mau_rate.is_some_and(|rate| (rate - 2.0 / 30.0).abs() < 1e-12));
}

fn rows(spec: &ActiveGroupsSpec, data: &Dataset) -> Vec<String> {
    let line = |(values, activity): &(Vec<Option<String>>, Activity)| {
        format!("{}: {}", words(values), found(activity).join(", "))
    };
    active_groups(data, spec).rows.iter().map(line).collect()
}

#[test]
fn by_property_the_range_decides_and_the_days_before_it_only_for_the_inactive() {
    let mut spec = daily();
    spec.common.breakdown = vec![Breakdown::EventProperty(Path::new(&["p"]))];
    // c1 is x before and y in the range; c2 has a value only before; c3 is only active before, w1 no company.
    let lines =
        "20d a u1 c1 p=\"x\"\n41d a u1 c1 p=\"y\"\n20d a u2 c2 p=\"x\"\n40d a u2 c2\n20d a u3 c3 p=\"z\"";
    let expected = [
        "y: 0/0/0 0 0 1, 1/0/1 1 1 1, 0/0/0 0 1 1",
        "∅: 1/0/1 1 1 1, 0/0/0 0 1 1, 0/0/0 0 1 1",
        "z: 0/0/0 0 0 1, 0/0/0 0 0 1, 0/0/0 0 0 1",
    ];
    assert_eq!(rows(&spec, &with_companies(lines)), expected);
    // What lies before the first bucket's thirty days decides nothing.
    let data = with_companies("10d1439 a u1 c1 p=\"x\"\n40d a u1 c1");
    assert_eq!(rows(&spec, &data), ["∅: 1/0/1 1 1 1, 0/0/0 0 1 1, 0/0/0 0 1 1"]);
    spec.common.breakdown = vec![Breakdown::GroupProperty("company".to_owned(), Path::new(&["plan"]))];
    let data = with_companies("11d a u1 c1\n41d a u1 c1,c2");
    assert_eq!(rows(&spec, &data), ["pro: 0/0/0 0 0 1, 2/1/1 2 2 2, 0/0/0 0 2 2"]);
}

#[test]
fn by_group_of_its_own_type_and_of_another() {
    let mut spec = daily();
    spec.common.breakdown = vec![Breakdown::GroupType("company".to_owned())];
    let data = with_companies("40d a u1 c1,c2,w1\n41d a u1 c2\n30d a u1 c3");
    let expected = [
        "c2: 1/1/1 1 1 1, 1/0/1 1 1 1, 0/0/0 0 1 1",
        "c1: 1/1/1 1 1 1, 0/0/0 0 1 1, 0/0/0 0 1 1",
        "c3: 0/0/0 0 0 1, 0/0/0 0 0 1, 0/0/0 0 0 1",
    ];
    assert_eq!(rows(&spec, &data), expected);
    spec.common.breakdown = vec![Breakdown::GroupType("workspace".to_owned())];
    // c2's first event without a workspace is on day 41.
    let expected = ["w1: 2/2/1 2 2 2, 0/0/0 0 2 2, 0/0/0 0 2 2", "∅: 0/0/0 0 0 1, 1/1/1 1 1 2, 0/0/0 0 1 2"];
    assert_eq!(rows(&spec, &data), expected);
}

#[test]
fn drawn_windows_grow_with_their_length() {
    let (mut rolling, mut split) = (0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = active_groups_case(&mut rng, &project);
            for bucket in &answer.whole.buckets {
                assert!(bucket.rolling.is_sorted(), "{spec:?}");
                assert!(bucket.dau_mau_rate.is_none_or(|rate| 0.0 < rate && rate <= 1.0), "{spec:?}");
                if spec.calendar.interval == Interval::Day && !bucket.bucket.is_partial {
                    assert_eq!(bucket.rolling[0], bucket.totals.groups, "{spec:?}");
                }
            }
            rolling += usize::from(answer.whole.buckets.iter().any(|bucket| {
                bucket.rolling[0] < bucket.rolling[1] && bucket.rolling[1] < bucket.rolling[2]
            }));
            split += usize::from(answer.rows.len() > 2);
        }
    }
    assert!(rolling > 15 && split > 20, "{rolling} {split}");
}
