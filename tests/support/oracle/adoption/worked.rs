//! `adoption` of the reference against examples worked by hand.

use super::ask::adoption_case;
use super::{Adoption, AdoptionRow, AdoptionSpec, adoption};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::{Attribution, GroupProperties, Users};
use crate::support::oracle::shorthand::{
    by_default, company_property, events, join, leave, minute, minutes, project, upsert,
};
use muster::domain::write::Write;
use serde_json::json;

const DAY: i64 = 1_440;

/// Who did `a` in the first ten days; seats are counted.
fn companies() -> AdoptionSpec {
    let mut spec = AdoptionSpec {
        group_type: "company".to_owned(),
        event: "a".to_owned(),
        seats: Some(Path::new(&["seats"])),
        common: by_default(),
    };
    spec.common.span = minutes(0, 10 * DAY);
    spec
}

/// Companies c1 (4 seats, 8 from day 10 on), c2 (seats in words) and c3 (no seats) since day 1, w1 no company.
fn with_companies(lines: &str, more: impl IntoIterator<Item = Write>) -> Dataset {
    let groups = [
        upsert("c1", "company", DAY, json!({"seats": 4})),
        upsert("c1", "company", 10 * DAY, json!({"seats": 8})),
        upsert("c2", "company", DAY, json!({"seats": "4"})),
        upsert("c3", "company", DAY, json!({"seats": 0})),
        upsert("w1", "workspace", DAY, json!({"seats": 1})),
    ];
    project(events(lines).into_iter().chain(groups).chain(more))
}

/// u1 uses it in c1 (three times) and c2, u2 in c1 without being a member, nobody in c1; u3 does something else.
const LINES: &str = "3d a u1 c1
                     4d a u1 c1
                     4d a u1 c1,c2
                     5d a u2 c1
                     5d a - c1 device=d1
                     5d b u3 c1
                     10d a u3 c2
                     0d a u9 w1";

fn members() -> Vec<Write> {
    vec![
        join("u1", "c1", 0),
        join("u3", "c1", 0),
        join("u4", "c1", 0),
        // They join too late, or left before the end.
        join("u2", "c1", 10 * DAY),
        join("u5", "c1", 0),
        leave("u5", "c1", 10 * DAY - 1),
        // Who leaves at the end is a member to the end.
        join("u6", "c1", 0),
        leave("u6", "c1", 10 * DAY),
        join("u1", "c2", 0),
    ]
}

fn row<'a>(answer: &'a Adoption, id: &str) -> &'a AdoptionRow {
    answer.rows.iter().find(|row| row.group_id == id).expect("the group")
}

#[test]
fn members_users_and_events_of_each_group() {
    let answer = adoption(&with_companies(LINES, members()), &companies());
    let order: Vec<&str> = answer.rows.iter().map(|row| row.group_id.as_str()).collect();
    assert_eq!(order, ["c2", "c1", "c3"]);
    let c1 = row(&answer, "c1");
    assert_eq!((c1.members, c1.active_members, c1.adoption_rate), (4, 1, Some(0.25)));
    assert_eq!((c1.active_users, c1.events, c1.events_per_user), (2, 5, Some(2.0)));
    assert_eq!((c1.first_used_at, c1.days_to_first_use), (Some(minute(3 * DAY)), Some(2.0)));
    let c2 = row(&answer, "c2");
    assert_eq!((c2.members, c2.active_members, c2.adoption_rate, c2.events), (1, 1, Some(1.0), 1));
    let c3 = row(&answer, "c3");
    assert_eq!((c3.members, c3.adoption_rate, c3.events, c3.events_per_user), (0, None, 0, None));
    assert_eq!((c3.first_used_at, c3.days_to_first_use), (None, None));
}

#[test]
fn totals_count_everybody_and_everything_once() {
    let totals = adoption(&with_companies(LINES, members()), &companies()).totals;
    assert_eq!((totals.groups, totals.adopting_groups), (3, 2));
    assert_eq!((totals.members, totals.active_members, totals.adoption_rate), (4, 1, Some(0.25)));
    // Two days for c1, three for c2.
    assert_eq!((totals.active_users, totals.events, totals.median_days_to_first_use), (2, 5, Some(2.5)));
    let nobody = adoption(&project([]), &companies()).totals;
    assert_eq!((nobody.groups, nobody.adoption_rate, nobody.median_days_to_first_use), (0, None, None));
}

#[test]
fn seats_are_numbers_as_of_the_end_of_the_range_or_now() {
    let data = with_companies(LINES, members());
    let mut spec = companies();
    let seats = |spec: &AdoptionSpec, id: &str| {
        let answer = adoption(&data, spec);
        (row(&answer, id).seats, row(&answer, id).seat_utilisation)
    };
    // The change to 8 takes effect exactly at the end.
    assert_eq!(seats(&spec, "c1"), (Some(4.0), Some(0.5)));
    assert_eq!((seats(&spec, "c2"), seats(&spec, "c3")), ((None, None), (Some(0.0), None)));
    spec.common.reading.group_properties = GroupProperties::Now;
    assert_eq!(seats(&spec, "c1"), (Some(8.0), Some(0.25)));
    spec.seats = None;
    assert_eq!(seats(&spec, "c1"), (None, None));
}

#[test]
fn the_first_use_may_lie_before_the_range_and_before_the_group_but_not_behind() {
    let mut spec = companies();
    spec.common.span = minutes(4 * DAY, 10 * DAY);
    let data = with_companies("0d720 a u1 c1\n5d a u1 c1\n11d a u1 c2", []);
    let answer = adoption(&data, &spec);
    assert_eq!((row(&answer, "c1").events, row(&answer, "c1").days_to_first_use), (1, Some(-0.5)));
    assert_eq!(row(&answer, "c2").first_used_at, None);
    // What the filter hides is no use.
    spec.common.filter = Some(company_property("seats", Operator::Gte(json!(8))));
    assert_eq!(row(&adoption(&data, &spec), "c1").first_used_at, None);
}

#[test]
fn attribution_and_devices() {
    let data = with_companies(LINES, members());
    let mut spec = companies();
    spec.common.reading.users = Users::All;
    let c1 = |spec: &AdoptionSpec| row(&adoption(&data, spec), "c1").clone();
    let all = c1(&spec);
    assert_eq!((all.active_users, all.events_per_user, all.active_members), (3, Some(5.0 / 3.0), 1));
    // By membership u1's events are c1's, u2's and nobody's are not.
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    let members = c1(&spec);
    assert_eq!((members.active_users, members.events), (1, 3));
    // Now u2 is a member, though not at the end of the range.
    spec.common.reading.attribution = Attribution::MembershipNow;
    let now = c1(&spec);
    assert_eq!((now.active_users, now.events, now.active_members), (2, 4, 1));
}

#[test]
fn drawn_adoption_is_partial() {
    let (mut partial, mut seats) = (0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = adoption_case(&mut rng, &project);
            assert!(answer.rows.iter().all(|row| row.active_members <= row.members.min(row.active_users)));
            assert!(answer.totals.groups == answer.rows.len(), "{spec:?}");
            partial += usize::from(answer.rows.iter().any(|row| row.active_members > 0));
            seats += usize::from(answer.rows.iter().any(|row| row.seat_utilisation > Some(0.0)));
        }
    }
    assert!(partial > 60 && seats > 40, "{partial} {seats}");
}
