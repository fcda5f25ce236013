//! The rows of the reference's `trend` against examples worked by hand.

use super::worked::{companies, numbers, one, series, with_groups};
use super::{Figure, Measure, Series, TrendSpec, trend};
use crate::support::oracle::breakdown::Breakdown;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::shorthand::{company_property, events, identify, project, words};
use crate::support::oracle::units::UnitKind;
use serde_json::json;

fn by(breakdown: &[Breakdown], measures: impl IntoIterator<Item = Measure>) -> TrendSpec {
    let mut spec = one(Measure::Events);
    spec.series = measures.into_iter().map(series).collect();
    spec.common.breakdown = breakdown.to_vec();
    spec
}

fn property(key: &str) -> Breakdown {
    Breakdown::EventProperty(Path::new(&[key]))
}

fn group_type(name: &str) -> Breakdown {
    Breakdown::GroupType(name.to_owned())
}

fn plan_of(group_type: &str) -> Breakdown {
    Breakdown::GroupProperty(group_type.to_owned(), Path::new(&["plan"]))
}

/// The rows as `values: value of each series`, `-` for none.
fn rows(spec: &TrendSpec, data: &Dataset) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let rows = trend(data, spec).rows;
    rows.iter()
        .map(|(values, told)| {
            let told: Vec<String> = told.iter().map(|told| number(told.value)).collect();
            format!("{}: {}", words(values), told.join(" "))
        })
        .collect()
}

/// u1 is x, then y; u2 is y; u3 has no value; nobody is y and z.
const LINES: &str = "0 a u1 - p=\"x\" n=1
                     1 a u1 - p=\"y\" n=5
                     2 a u2 - n=2
                     3 a u2 - p=\"y\" n=3
                     4 a u3 -
                     5 a - - p=\"y\"
                     6 a - - p=\"z\"";

#[test]
fn by_property_an_event_has_its_own_value_and_a_unit_that_of_its_first_event_with_one() {
    let data = project(events(LINES));
    let spec = by(&[property("p")], [Measure::Events]);
    assert_eq!(rows(&spec, &data), ["y: 3", "∅: 2", "x: 1", "z: 1"]);
    let spec = by(&[property("p")], [Measure::Units(UnitKind::Profile)]);
    // u1 with two events, u2 with two, u3 with one.
    assert_eq!(rows(&spec, &data), ["x: 1", "y: 1", "∅: 1"]);
    let spec = by(&[property("p")], [Measure::EventsPerUnit(UnitKind::Profile)]);
    assert_eq!(rows(&spec, &data), ["x: 2", "y: 2", "∅: 1"]);
    let spec = by(&[property("p")], [numbers(Figure::Sum)]);
    assert_eq!(rows(&spec, &data), ["y: 8", "∅: 2", "x: 1", "z: 0"]);
}

#[test]
fn rows_go_by_the_first_series_then_its_events_then_values_with_null_and_missing_last() {
    let data = project(events(LINES));
    let spec = by(&[property("p")], [numbers(Figure::Max)]);
    // z and no other has no number; of nothing there is no greatest.
    assert_eq!(rows(&spec, &data), ["y: 5", "∅: 2", "x: 1", "z: -"]);
    let both = by(&[property("p")], [Measure::Units(UnitKind::Profile), Measure::Events]);
    // z is a row though the first series has nothing in it.
    assert_eq!(rows(&both, &data), ["x: 1 1", "y: 1 3", "∅: 1 2", "z: 0 1"]);
    let data = project(events("0 a u1 - p=\"b\"\n1 a u2 - p=\"a\"\n2 a u2 -\n3 a u3 - p=\"c\""));
    assert_eq!(rows(&both, &data), ["a: 1 1", "b: 1 1", "c: 1 1", "∅: 0 1"]);
}

#[test]
fn by_group_each_row_is_that_groups_own_events() {
    let lines = "0 a u1 c1,c2,w1\n1 a u1 c1\n2 a u2 w2\n3 a u2 c2,w1,w2";
    let data = with_groups(lines);
    let spec = by(&[group_type("company")], [Measure::Events, Measure::Units(UnitKind::Profile)]);
    assert_eq!(rows(&spec, &data), ["c1: 2 1", "c2: 2 2", "∅: 1 1"]);
    assert!(!trend(&data, &by(&[group_type("company")], [Measure::Events])).is_additive);
    let spec = by(&[group_type("company"), group_type("workspace")], [Measure::Events]);
    let expected = ["c2 w1: 2", "c1 w1: 1", "c1 ∅: 1", "c2 w2: 1", "∅ w2: 1"];
    assert_eq!(rows(&spec, &data), expected);
    // A unit that is a group of the type is in its own row only.
    let spec =
        by(&[group_type("company")], [Measure::Units(companies()), Measure::EventsPerUnit(companies())]);
    assert_eq!(rows(&spec, &data), ["c1: 1 2", "c2: 1 2"]);
}

#[test]
fn a_filter_on_a_type_that_is_split_by_tests_that_group_alone() {
    let data = with_groups("0 a u1 c1,c2\n1 a u1 -");
    let pro = Some(company_property("plan", Operator::Eq(json!("pro"))));
    let mut spec = by(&[group_type("company")], [Measure::Events]);
    spec.series.push(Series { filter: pro, ..series(Measure::Events) });
    assert_eq!(rows(&spec, &data), ["c1: 1 0", "c2: 1 1", "∅: 1 0"]);
    assert_eq!(trend(&data, &spec).series[1].value, Some(1.0));
}

#[test]
fn by_property_of_a_group_or_a_profile() {
    let data = with_groups("0 a u1 c1,w2,w1\n60 a u1 c1\n61 a u2 c1,c2");
    // The first group on the event that has a value.
    let spec = by(&[plan_of("company")], [Measure::Events, Measure::Units(UnitKind::Profile)]);
    assert_eq!(rows(&spec, &data), ["pro: 2 1", "free: 1 1"]);
    assert_eq!(rows(&by(&[plan_of("workspace")], [Measure::Events]), &data), ["∅: 2", "basic: 1"]);
    let spec = by(&[plan_of("company")], [Measure::Units(companies())]);
    assert_eq!(rows(&spec, &data), ["free: 1", "pro: 1"]);
    let data = project(data.writes.into_iter().chain([identify("u1", json!({"team": {"name": "x"}}))]));
    let team = Breakdown::ProfileProperty(Path::new(&["team", "name"]));
    assert_eq!(rows(&by(&[team], [Measure::Events]), &data), ["x: 2", "∅: 1"]);
}
