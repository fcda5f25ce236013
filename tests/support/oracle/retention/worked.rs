//! `retention` of the reference against examples worked by hand.

use super::ask::retention_case;
use super::{Mode, RetentionSpec, Table, retention};
use crate::support::oracle::breakdown::Breakdown;
use crate::support::oracle::common::Common;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Deed, Operator, Path};
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::Attribution;
use crate::support::oracle::shorthand::{
    READING, by_default, company_property, deed, event_property, events, hours, join, leave, minute, minutes,
    project, upsert, week_of, words,
};
use crate::support::oracle::units::UnitKind;
use muster::domain::time::{Interval, Range, WeekStart};
use serde_json::json;

/// `a` starts, `b` comes back, by hour, over the first four hours.
fn hourly() -> RetentionSpec {
    RetentionSpec {
        start: deed("a"),
        comeback: deed("b"),
        mode: Mode::FirstEver,
        rolling: false,
        columns: None,
        unit: UnitKind::Profile,
        calendar: hours(),
        compare_previous: false,
        common: Common { span: minutes(0, 240), ..by_default() },
    }
}

/// Each cohort's cells, `-` for unknown, `~` for cut.
fn cells(table: &Table) -> Vec<String> {
    let word = |cell: &super::Cell| {
        let units = cell.units.map_or_else(|| "-".to_owned(), |units| units.to_string());
        if cell.is_partial { format!("{units}~") } else { units }
    };
    let line = |cohort: &super::Cohort| cohort.cells.iter().map(word).collect::<Vec<_>>().join(" ");
    table.cohorts.iter().map(line).collect()
}

fn found(spec: &RetentionSpec, lines: &str) -> Vec<String> {
    cells(&retention(&project(events(lines)), spec).whole)
}

/// u1 starts in hour 0, starts again in hour 2 and comes back in hours 0, 1 and 3. u2 starts in hour 1 and
/// comes back in hour 3. u3 only comes back.
const LINES: &str = "10 a u1 -
                     20 b u1 -
                     70 b u1 -
                     130 a u1 -
                     190 b u1 -
                     60 a u2 -
                     200 b u2 -
                     210 b u3 -";

#[test]
fn first_ever_puts_each_unit_into_one_cohort() {
    assert_eq!(found(&hourly(), LINES), ["1 1 0 1", "1 0 1 -", "0 0 - -", "0 - - -"]);
    let columns = retention(&project(events(LINES)), &hourly()).whole.columns;
    let sums: Vec<_> = columns.iter().map(|column| (column.starters, column.units, column.rate)).collect();
    let expected =
        [(2, Some(2), Some(1.0)), (2, Some(1), Some(0.5)), (2, Some(1), Some(0.5)), (1, Some(1), Some(1.0))];
    assert_eq!(sums, expected);
}

#[test]
fn recurring_puts_a_unit_into_every_bucket_with_a_start() {
    let spec = RetentionSpec { mode: Mode::Recurring, ..hourly() };
    assert_eq!(found(&spec, LINES), ["1 1 0 1", "1 0 1 -", "1 1 - -", "0 - - -"]);
}

#[test]
fn rolling_counts_who_comes_back_then_or_later() {
    let spec = RetentionSpec { rolling: true, ..hourly() };
    assert_eq!(found(&spec, LINES), ["1 1 1 1", "1 1 1 -", "0 0 - -", "0 - - -"]);
    // Only inside the range.
    let spec = RetentionSpec { common: Common { span: minutes(0, 180), ..by_default() }, ..spec };
    assert_eq!(found(&spec, LINES), ["1 1 0", "1 0 -", "0 - -"]);
}

#[test]
fn a_first_start_before_the_range_is_in_no_cohort() {
    let spec = RetentionSpec { common: Common { span: minutes(60, 240), ..by_default() }, ..hourly() };
    assert_eq!(found(&spec, LINES), ["1 0 1", "0 0 -", "0 - -"]);
    let recurring = RetentionSpec { mode: Mode::Recurring, ..spec.clone() };
    assert_eq!(found(&recurring, LINES), ["1 0 1", "1 1 -", "0 - -"]);
    // What the filter hides is no start.
    let mut filtered = spec;
    filtered.common.filter = Some(event_property("hidden", Operator::IsNotSet));
    assert_eq!(found(&filtered, "10 a u1 - hidden=1\n70 a u1 -\n130 b u1 -"), ["1 1 0", "0 0 -", "0 - -"]);
    // A start before the range in the same hour is earlier, too.
    let mid = RetentionSpec { common: Common { span: minutes(30, 120), ..by_default() }, ..hourly() };
    assert_eq!(found(&mid, "10 a u1 -\n40 a u1 -\n50 a u2 -\n70 b u2 -"), ["1~ 1", "0 -"]);
}

#[test]
fn cells_behind_the_range_or_the_present_are_unknown_and_cut_ones_are_marked() {
    // The range begins and ends in the middle of an hour.
    let mut spec = hourly();
    spec.common.span = minutes(30, 150);
    assert_eq!(found(&spec, "40 a u1 -\n149 b u1 -\n150 b u1 -"), ["1~ 0 1~", "0 0~ -", "0~ - -"]);
    // The present, a year in, cuts a range that goes on.
    spec.common.span = minutes(525_600 - 90, 525_600 + 60);
    let lines = "525520 a u1 -\n525570 b u1 -";
    assert_eq!(found(&spec, lines), ["1~ 1 -", "0 - -", "- - -"]);
    let columns = retention(&project(events(lines)), &spec).whole.columns;
    assert_eq!((columns[2].starters, columns[2].units, columns[2].rate), (0, None, None));
    assert!(columns[0].is_partial && !columns[1].is_partial && !columns[2].is_partial);
    // In the middle of an hour it cuts that hour.
    let data = Dataset::after(project(events(lines)).writes, minute(525_570));
    spec.common.span = minutes(525_480, 525_600);
    assert_eq!(cells(&retention(&data, &spec).whole), ["1 1~", "0~ -"]);
}

#[test]
fn the_number_of_columns_can_be_asked_for() {
    let spec = RetentionSpec { columns: Some(2), ..hourly() };
    assert_eq!(found(&spec, LINES), ["1 1", "1 0", "0 0", "0 -"]);
    let spec = RetentionSpec { columns: Some(5), ..hourly() };
    assert_eq!(found(&spec, LINES)[0], "1 1 0 1 -");
}

#[test]
fn weeks_and_days_are_those_of_the_zone() {
    let any = Deed { event: None, filter: None };
    let mut spec = RetentionSpec { start: any.clone(), comeback: any, ..hourly() };
    // 2026-03-29 in Berlin has 23 hours: from 23:00 UTC the day before to 22:00 UTC.
    let at = |text: &str| text.parse().expect("an instant");
    spec.common.span = crate::support::oracle::scope::Span::Range(
        Range::new(at("2026-03-28T23:00:00Z"), at("2026-03-30T22:00:00Z")).expect("a range"),
    );
    spec.calendar.interval = Interval::Day;
    spec.calendar.zone = chrono_tz::Europe::Berlin;
    // Day 87 of the year (from 0) is March 29.
    assert_eq!(
        found(&spec, "86d1380 x u1 -\n87d1319 x u2 -\n87d1320 x u1 -\n87d1320 x u3 -"),
        ["2 1", "1 -"]
    );
    // 2026-01-04 is a Sunday.
    spec.calendar = week_of(WeekStart::Sunday);
    spec.common.span = minutes(0, 14 * 1_440);
    assert_eq!(found(&spec, "2d x u1 -\n3d x u1 -\n3d x u2 -"), ["1~ 1 0~", "1 0~ -", "0~ - -"]);
    spec.calendar = week_of(WeekStart::Monday);
    assert_eq!(found(&spec, "2d x u1 -\n3d x u1 -\n3d x u2 -"), ["2~ 0 0~", "0 0~ -", "0~ - -"]);
}

/// Companies c1 (free, then pro from minute 50) and c2 (pro).
fn with_companies(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 50, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
    ]))
}

fn rows(spec: &RetentionSpec, data: &Dataset) -> Vec<String> {
    let rows = retention(data, spec).rows;
    rows.iter().map(|(values, table)| format!("{}: {}", words(values), cells(table).join(" / "))).collect()
}

#[test]
fn groups_are_kept_by_any_member_and_by_nobody() {
    let spec = RetentionSpec { unit: UnitKind::Group("company".into()), ..hourly() };
    let data = with_companies("10 a u1 c1,c2\n70 b u2 c1\n130 b - c2\n70 b u3 ghost\n10 a u3 ghost");
    assert_eq!(cells(&retention(&data, &spec).whole), ["2 1 1 0", "0 0 0 -", "0 0 - -", "0 - - -"]);
    // By membership the ids that were sent do not count, nor does nobody's event.
    let writes =
        data.writes.into_iter().chain([join("u1", "c1", 0), join("u2", "c1", 0), leave("u2", "c1", 70)]);
    let data = project(writes);
    let mut spec = spec;
    spec.common.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(cells(&retention(&data, &spec).whole)[0], "1 0 0 0");
    // A filter on the type that is counted tests that group alone.
    let data = with_companies("40 a u1 c1,c2\n70 b u1 c1,c2");
    spec.common.reading = READING;
    spec.common.filter = Some(company_property("plan", Operator::Eq(json!("pro"))));
    assert_eq!(cells(&retention(&data, &spec).whole)[0], "1 1 0 0");
}

#[test]
fn by_property_the_start_event_decides_alone() {
    let by = |key: &str| RetentionSpec {
        mode: Mode::Recurring,
        common: Common { breakdown: vec![Breakdown::EventProperty(Path::new(&[key]))], ..hourly().common },
        ..hourly()
    };
    // u1 starts as x, in the next hour as y (its first start there); u2's start has no value, what follows has.
    let data = project(events(
        "10 a u1 - p=\"x\"\n70 a u1 - p=\"y\"\n80 a u1 - p=\"x\"\n130 b u1 -\n10 a u2 -\n20 a u2 - p=\"x\"\n70 b u2 - p=\"x\"",
    ));
    let x = "x: 1 0 1 0 / 0 0 0 - / 0 0 - - / 0 - - -";
    let y = "y: 0 0 0 0 / 1 1 0 - / 0 0 - - / 0 - - -";
    let missing = "∅: 1 1 0 0 / 0 0 0 - / 0 0 - - / 0 - - -";
    assert_eq!(rows(&by("p"), &data), [x, y, missing]);
    // A group's property as of the start event.
    let mut plan = by("p");
    plan.common.breakdown = vec![Breakdown::GroupProperty("company".into(), Path::new(&["plan"]))];
    plan.unit = UnitKind::Group("company".into());
    let data = with_companies("10 a u1 c1\n70 a u1 c1,c2\n130 b u1 c1");
    let free = "free: 1 0 1 0 / 0 0 0 - / 0 0 - - / 0 - - -";
    let pro = "pro: 0 0 0 0 / 2 1 0 - / 0 0 - - / 0 - - -";
    assert_eq!(rows(&plan, &data), [pro, free]);
}

#[test]
fn by_group_each_group_keeps_units_by_its_own_events() {
    let mut spec = hourly();
    spec.common.breakdown = vec![Breakdown::GroupType("company".into())];
    // u1's first start in c2 is not its first over all; it comes back to c1 by c1's events only.
    let data = with_companies("10 a u1 c1\n70 a u1 c2,c1\n130 b u1 c2\n130 b u1 -\n190 b u1 c1\n20 a u2 -");
    assert_eq!(cells(&retention(&data, &spec).whole)[0], "2 0 1 1");
    let c1 = "c1: 1 0 0 1 / 0 0 0 - / 0 0 - - / 0 - - -";
    let c2 = "c2: 0 0 0 0 / 1 1 0 - / 0 0 - - / 0 - - -";
    let missing = "∅: 1 0 0 0 / 0 0 0 - / 0 0 - - / 0 - - -";
    assert_eq!(rows(&spec, &data), [c1, c2, missing]);
}

#[test]
fn the_previous_period_is_answered_as_if_it_were_the_range() {
    let mut spec = RetentionSpec { compare_previous: true, columns: Some(3), ..hourly() };
    spec.common.span = minutes(120, 240);
    let previous = retention(&project(events(LINES)), &spec).previous.expect("asked for");
    let sums: Vec<_> = previous.iter().map(|column| (column.starters, column.units)).collect();
    assert_eq!(sums, [(2, Some(2)), (1, Some(1)), (0, None)]);
}

#[test]
fn drawn_questions_keep_units_and_lose_them() {
    let (mut kept, mut unknown, mut split) = (0, 0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = retention_case(&mut rng, &project);
            let columns = &answer.whole.columns;
            assert!(columns.iter().all(|column| column.units.is_none_or(|units| units <= column.starters)));
            if spec.rolling {
                let mut cohorts = answer.whole.cohorts.iter();
                let falls = |before: &super::Cell, after: &super::Cell| after.units <= before.units;
                assert!(cohorts.all(|cohort| cohort.cells.is_sorted_by(falls)), "{spec:?}");
            }
            kept += usize::from(columns[1..].iter().any(|column| column.units > Some(1)));
            unknown += usize::from(columns.iter().any(|column| column.units.is_none()));
            split += usize::from(answer.rows.len() > 2);
        }
    }
    assert!(kept > 40 && unknown > 30 && split > 30, "{kept} {unknown} {split}");
}
