//! `usersPerGroup` of the reference against examples worked by hand.

use super::ask::users_per_group_case;
use super::{Shares, UsersPerGroupSpec, users_per_group};
use crate::support::oracle::breakdown::Breakdown;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::{Attribution, Users};
use crate::support::oracle::shorthand::{
    by_default, company_property, events, hours, join, minutes, project, upsert, words,
};
use serde_json::json;

/// Companies over the first thousand minutes.
fn companies() -> UsersPerGroupSpec {
    UsersPerGroupSpec {
        group_type: "company".to_owned(),
        event: None,
        cumulative: false,
        calendar: None,
        common: by_default(),
    }
}

fn with_companies(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 50, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        upsert("c3", "company", 0, json!({})),
        upsert("c4", "company", 0, json!({})),
        upsert("w1", "workspace", 0, json!({})),
    ]))
}

/// c1 has u1 and u2, c2 and c4 have u1, c3 has nobody.
const LINES: &str = "0 a u1 c1,c2
                     10 a u1 c1
                     60 b u2 c1
                     70 a - c3 device=d1
                     80 a u1 c4,w1
                     1000 a u3 c2";

fn pairs(shares: &Shares) -> Vec<(usize, usize)> {
    shares.by_users.iter().map(|(users, groups, _)| (*users, *groups)).collect()
}

fn found(data: &Dataset, spec: &UsersPerGroupSpec) -> Vec<(usize, usize)> {
    pairs(&users_per_group(data, spec).whole.totals)
}

#[test]
fn groups_by_exactly_or_at_least_so_many_users() {
    let data = with_companies(LINES);
    assert_eq!(found(&data, &companies()), [(0, 1), (1, 2), (2, 1)]);
    let totals = users_per_group(&data, &companies()).whole.totals;
    assert_eq!((totals.groups, totals.events), (4, 5));
    assert_eq!((totals.average_users, totals.median_users), (Some(1.0), Some(1.0)));
    assert_eq!(totals.by_users[1], (1, 2, 0.5));
    let cumulative = UsersPerGroupSpec { cumulative: true, ..companies() };
    assert_eq!(found(&data, &cumulative), [(0, 4), (1, 3), (2, 1)]);
    let only_b = UsersPerGroupSpec { event: Some("b".to_owned()), ..companies() };
    assert_eq!(found(&data, &only_b), [(1, 1)]);
    let unknown = UsersPerGroupSpec { group_type: "team".to_owned(), ..companies() };
    let totals = users_per_group(&data, &unknown).whole.totals;
    assert_eq!((totals.groups, totals.average_users, totals.median_users), (0, None, None));
}

#[test]
fn devices_members_and_filters() {
    let data = with_companies(LINES);
    let mut spec = companies();
    spec.common.reading.users = Users::All;
    assert_eq!(found(&data, &spec), [(1, 3), (2, 1)]);
    let members = project(data.writes.iter().cloned().chain([join("u1", "c3", 10), join("u2", "c3", 0)]));
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    let totals = users_per_group(&members, &spec).whole.totals;
    assert_eq!((pairs(&totals), totals.events), (vec![(2, 1)], 3));
    let mut pro = companies();
    pro.common.filter = Some(company_property("plan", Operator::Eq(json!("pro"))));
    // c1 is free until minute 50.
    assert_eq!(found(&data, &pro), [(1, 2)]);
}

#[test]
fn in_each_bucket_its_own_groups_and_users_count() {
    let mut spec = UsersPerGroupSpec { calendar: Some(hours()), ..companies() };
    spec.common.span = minutes(5, 125);
    let buckets = users_per_group(&with_companies(LINES), &spec).whole.buckets.expect("asked for");
    let found: Vec<_> = buckets
        .iter()
        .map(|(bucket, shares)| (bucket.is_partial, pairs(shares), shares.average_users))
        .collect();
    let expected = [
        (true, vec![(1, 1)], Some(1.0)),
        (false, vec![(0, 1), (1, 2)], Some(2.0 / 3.0)),
        (true, vec![], None),
    ];
    assert_eq!(found, expected);
}

#[test]
fn by_property_the_groups_first_event_with_a_value_decides() {
    let rows = |breakdown: Breakdown, data: &Dataset| {
        let mut spec = companies();
        spec.common.breakdown = vec![breakdown];
        let rows = users_per_group(data, &spec).rows;
        rows.iter()
            .map(|(values, crowd)| format!("{} {:?}", words(values), pairs(&crowd.totals)))
            .collect::<Vec<_>>()
    };
    let data = with_companies(LINES);
    let plan = Breakdown::GroupProperty("company".to_owned(), Path::new(&["plan"]));
    assert_eq!(rows(plan, &data), ["∅ [(0, 1), (1, 1)]", "free [(2, 1)]", "pro [(1, 1)]"]);
    let workspace = Breakdown::GroupType("workspace".to_owned());
    assert_eq!(rows(workspace, &data), ["∅ [(0, 1), (1, 1), (2, 1)]", "w1 [(1, 1)]"]);
    let own = Breakdown::GroupType("company".to_owned());
    assert_eq!(rows(own, &data), ["c1 [(2, 1)]", "c2 [(1, 1)]", "c3 [(0, 1)]", "c4 [(1, 1)]"]);
    // The group is the unit: both of its users are in the row of its first value.
    let data = with_companies("0 a u1 c1\n1 a u2 c1 p=\"x\"\n2 a u1 c1 p=\"y\"");
    assert_eq!(rows(Breakdown::EventProperty(Path::new(&["p"])), &data), ["x [(2, 1)]"]);
}

#[test]
fn drawn_shares_add_up() {
    let (mut several, mut split) = (0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = users_per_group_case(&mut rng, &project);
            let totals = &answer.whole.totals;
            let groups: Vec<usize> = totals.by_users.iter().map(|(_, groups, _)| *groups).collect();
            let told =
                if spec.cumulative { groups.first().copied().unwrap_or(0) } else { groups.iter().sum() };
            assert_eq!(told, totals.groups, "{spec:?}");
            several += usize::from(groups.len() > 2);
            split += usize::from(answer.rows.len() > 2);
        }
    }
    assert!(several > 20 && split > 30, "{several} {split}");
}
