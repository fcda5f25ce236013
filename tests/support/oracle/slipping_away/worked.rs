//! `slippingAway` of the reference against examples worked by hand.

use super::ask::slipping_case;
use super::{Measure, SlippingRow, SlippingSpec, slipping_away};
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::Operator;
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::Attribution;
use crate::support::oracle::shorthand::{
    by_default, event_property, events, join, minute, minutes, project, upsert,
};
use chrono::Duration;
use muster::domain::write::Write;
use serde_json::json;

const DAY: i64 = 1_440;

/// Days 10 to 19 against days 0 to 9.
fn companies() -> SlippingSpec {
    let mut spec = SlippingSpec {
        group_type: "company".to_owned(),
        event: None,
        measure: Measure::Events,
        fell_by: Some(0.5),
        silent_for: None,
        common: by_default(),
    };
    spec.common.span = minutes(10 * DAY, 20 * DAY);
    spec
}

fn with_companies(lines: &str, more: impl IntoIterator<Item = Write>) -> Dataset {
    let groups = ["c1", "c2", "c3", "c4"].map(|id| upsert(id, "company", 0, json!({})));
    project(events(lines).into_iter().chain(groups).chain(more))
}

/// c1 falls from four events to two, c2 from three to two, c3 from one to none, c4 was never active before.
const LINES: &str = "0d a u1 c1
                     1d a u2 c1,c2
                     2d a u2 c1,c2
                     9d1439 a u3 c1
                     9d1439 a u3 c2,c3
                     10d a u1 c1,c2
                     19d1439 a u1 c1,c2,c4
                     20d a u1 c3
                     3d a u1 ghost";

/// The rows as `id current<previous`, `!` for fallen, `?` for silent.
fn found(data: &Dataset, spec: &SlippingSpec) -> Vec<String> {
    let line = |row: &SlippingRow| {
        let marks = [(row.has_fallen, "!"), (row.is_silent, "?")];
        let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        format!("{} {}<{}{marks}", row.group_id, row.current, row.previous)
    };
    slipping_away(data, spec).iter().map(line).collect()
}

#[test]
fn groups_whose_measure_fell_the_greatest_loss_first() {
    let data = with_companies(LINES, [join("u1", "c1", 0), join("u2", "c1", 20 * DAY)]);
    assert_eq!(found(&data, &companies()), ["c1 2<4!", "c3 0<1!"]);
    let rows = slipping_away(&data, &companies());
    assert_eq!((rows[0].change, rows[0].members), (Some(-0.5), 1));
    assert_eq!((rows[0].last_active_at, rows[0].silent_days), (minute(20 * DAY - 1), 0));
    assert_eq!((rows[1].last_active_at, rows[1].silent_days), (minute(10 * DAY - 1), 10));
    // A third is enough; the least loss is exact.
    let third = SlippingSpec { fell_by: Some(1.0 / 3.0), ..companies() };
    assert_eq!(found(&data, &third), ["c1 2<4!", "c3 0<1!", "c2 2<3!"]);
    let users = SlippingSpec { measure: Measure::Users, ..companies() };
    assert_eq!(found(&data, &users), ["c1 1<3!", "c3 0<1!", "c2 1<2!"]);
}

#[test]
fn silent_groups_are_those_without_an_event_for_so_long() {
    let data = with_companies(LINES, []);
    let silent =
        |minutes| SlippingSpec { fell_by: None, silent_for: Some(Duration::minutes(minutes)), ..companies() };
    // c3's last event lies exactly so long before the end; c4's and the others' a minute.
    assert_eq!(found(&data, &silent(10 * DAY + 1)), ["c3 0<1?"]);
    assert!(found(&data, &silent(10 * DAY + 2)).is_empty());
    assert_eq!(found(&data, &silent(1)), ["c1 2<4?", "c3 0<1?", "c2 2<3?", "c4 1<0?"]);
    // Long before the period before, too; and both together.
    let data = with_companies("-50d a u1 c1\n5d a u1 c2\n5d a u1 c3\n11d a u1 c3", []);
    let both = SlippingSpec { fell_by: Some(0.5), ..silent(9 * DAY) };
    assert_eq!(found(&data, &both), ["c2 0<1!?", "c1 0<0?", "c3 1<1?"]);
    assert_eq!(slipping_away(&data, &both)[1].change, None);
}

#[test]
fn only_matching_events_count_also_as_the_last() {
    let mut spec =
        SlippingSpec { event: Some("b".to_owned()), silent_for: Some(Duration::days(9)), ..companies() };
    spec.common.filter = Some(event_property("x", Operator::IsSet));
    let lines = "0d b u1 c1 x=1\n1d b u1 c1 x=1\n11d b u1 c1 x=1\n19d b u1 c1\n19d a u1 c1 x=1\n19d a u1 c2";
    assert_eq!(found(&with_companies(lines, []), &spec), ["c1 1<2!?"]);
    // By membership.
    let mut spec = companies();
    spec.common.reading.attribution = Attribution::MembershipNow;
    assert_eq!(found(&with_companies(lines, [join("u1", "c4", 0)]), &spec), [] as [&str; 0]);
    spec.fell_by = Some(0.01);
    assert_eq!(
        found(&with_companies("0d a u1 -\n1d a u1 -\n19d a u1 -", [join("u1", "c4", 0)]), &spec),
        ["c4 1<2!"]
    );
}

#[test]
fn equal_losses_go_by_the_last_event_then_the_id() {
    let lines = "1d a u1 c1\n2d a u1 c4\n1d a u1 c3\n0d a u1 c2";
    assert_eq!(found(&with_companies(lines, []), &companies()), ["c2 0<1!", "c1 0<1!", "c3 0<1!", "c4 0<1!"]);
}

#[test]
fn drawn_groups_fall_and_are_silent() {
    let (mut fallen, mut silent, mut both) = (0, 0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (_, rows) = slipping_case(&mut rng, &project);
            fallen += usize::from(rows.iter().any(|row| row.has_fallen && row.current > 0));
            silent += usize::from(rows.iter().any(|row| row.is_silent && !row.has_fallen));
            both += usize::from(rows.iter().any(|row| row.is_silent && row.has_fallen));
        }
    }
    assert!(fallen > 25 && silent > 40 && both > 15, "{fallen} {silent} {both}");
}
