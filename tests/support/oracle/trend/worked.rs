//! `trend` of the reference against examples worked by hand: measures, formulas, time.

use super::ask::{request, trend_case};
use super::formula::Formula;
use super::{Figure, Measure, Series, Source, TrendSpec, trend};
use crate::support::oracle::common::Common;
use crate::support::oracle::data::Dataset;
use crate::support::oracle::document::Defaults;
use crate::support::oracle::filter::{Operator, Path};
use crate::support::oracle::random::{project as drawn, rng};
use crate::support::oracle::scope::{Attribution, Users};
use crate::support::oracle::shorthand::{
    by_default, company_property, event_property, events, hours, join, minutes, project, upsert,
};
use crate::support::oracle::units::UnitKind;
use serde_json::json;

/// One series over the first thousand minutes.
pub(super) fn one(measure: Measure) -> TrendSpec {
    TrendSpec {
        series: vec![series(measure)],
        formulas: Vec::new(),
        compare_previous: false,
        calendar: None,
        common: by_default(),
    }
}

pub(super) fn series(measure: Measure) -> Series {
    Series { name: None, event: None, filter: None, measure }
}

pub(super) fn companies() -> UnitKind {
    UnitKind::Group("company".to_owned())
}

pub(super) fn numbers(figure: Figure) -> Measure {
    Measure::Numbers(figure, Source::Property(Path::new(&["n"])))
}

/// Companies c1 (free, then pro from minute 50) and c2 (pro), workspaces w1 (basic) and w2.
pub(super) fn with_groups(lines: &str) -> Dataset {
    project(events(lines).into_iter().chain([
        upsert("c1", "company", 0, json!({"plan": "free"})),
        upsert("c1", "company", 50, json!({"plan": "pro"})),
        upsert("c2", "company", 0, json!({"plan": "pro"})),
        upsert("w1", "workspace", 0, json!({"plan": "basic"})),
        upsert("w2", "workspace", 0, json!({})),
    ]))
}

/// The value of each series and formula.
fn values(data: &Dataset, spec: &TrendSpec) -> Vec<Option<f64>> {
    trend(data, spec).series.iter().map(|told| told.value).collect()
}

fn value(data: &Dataset, measure: Measure) -> Option<f64> {
    values(data, &one(measure))[0]
}

const LINES: &str = "0 a u1 c1,c2 session=s1
                     10 a u1 c1 session=s2
                     20 b u2 c1 session=s2
                     30 b - c2 device=d1
                     40 b - ghost device=d1
                     1000 a u3 c2";

#[test]
fn events_and_units() {
    let data = with_groups(LINES);
    assert_eq!(value(&data, Measure::Events), Some(5.0));
    assert_eq!(value(&data, Measure::Units(UnitKind::Profile)), Some(2.0));
    assert_eq!(value(&data, Measure::Units(UnitKind::Session)), Some(2.0));
    assert_eq!(value(&data, Measure::Units(companies())), Some(2.0));
    // u1 two, u2 one. s1 one, s2 two. c1 three, c2 two: the event of both counts in each.
    assert_eq!(value(&data, Measure::EventsPerUnit(UnitKind::Profile)), Some(1.5));
    assert_eq!(value(&data, Measure::EventsPerUnit(UnitKind::Session)), Some(1.5));
    assert_eq!(value(&data, Measure::EventsPerUnit(companies())), Some(2.5));
    let events = |measure| trend(&data, &one(measure)).series[0].events;
    assert_eq!(events(Measure::EventsPerUnit(companies())), Some(4));
    assert_eq!(events(Measure::Units(UnitKind::Profile)), Some(3));
    let mut all = one(Measure::Units(UnitKind::Profile));
    all.common.reading.users = Users::All;
    assert_eq!(values(&data, &all), [Some(3.0)]);
    let data = project(data.writes.into_iter().chain([join("u2", "c2", 20)]));
    let mut members = one(Measure::Units(companies()));
    members.common.reading.attribution = Attribution::MembershipAtEvent;
    assert_eq!(values(&data, &members), [Some(1.0)]);
}

#[test]
fn each_series_has_its_own_event_and_filter_and_all_the_common_filter() {
    let data = with_groups(LINES);
    let mut spec = one(Measure::Events);
    spec.series.push(Series { event: Some("b".to_owned()), ..series(Measure::Events) });
    let pro = Some(company_property("plan", Operator::Eq(json!("pro"))));
    spec.series.push(Series { filter: pro.clone(), ..series(Measure::Events) });
    assert_eq!(values(&data, &spec), [Some(5.0), Some(3.0), Some(2.0)]);
    // c1 is not pro yet, c2 is: where companies are counted each answers for itself.
    let mut counted = one(Measure::EventsPerUnit(companies()));
    counted.series.push(Series { filter: pro, ..series(Measure::Units(companies())) });
    assert_eq!(values(&data, &counted), [Some(2.5), Some(1.0)]);
    spec.common.filter = Some(company_property("plan", Operator::IsSet));
    assert_eq!(values(&data, &spec), [Some(4.0), Some(2.0), Some(2.0)]);
}

#[test]
fn figures_of_numbers_leave_out_what_is_no_number() {
    let data = project(events(
        "0 a u1 - n=1\n1 a u1 - n=4\n2 a - - n=2.5\n3 a u1 - n=-1\n4 a u1 - n=\"7\"\n5 a u1 -\n6 a u1 - n=null\n7 a u1 - n=[1]",
    ));
    let of = |figure| value(&data, numbers(figure));
    assert_eq!((of(Figure::Sum), of(Figure::Average)), (Some(6.5), Some(1.625)));
    assert_eq!((of(Figure::Min), of(Figure::Max)), (Some(-1.0), Some(4.0)));
    // In order -1, 1, 2.5, 4.
    assert_eq!(of(Figure::Median), Some(1.75));
    assert!(of(Figure::P90).is_some_and(|p90| (p90 - 3.55).abs() < 1e-12));
    let told = &trend(&data, &one(numbers(Figure::Sum))).series[0];
    assert_eq!((told.events, told.left_out), (Some(8), Some(4)));
    assert_eq!(trend(&data, &one(Measure::Events)).series[0].left_out, None);
    let revenue = Measure::Numbers(Figure::Sum, Source::Revenue);
    let told = &trend(&data, &one(revenue)).series[0];
    assert_eq!((told.value, told.left_out), (Some(0.0), Some(8)));
}

#[test]
fn counts_and_sums_of_nothing_are_zero_and_all_else_is_null() {
    let data = project([]);
    for measure in [Measure::Events, Measure::Units(companies()), numbers(Figure::Sum)] {
        assert_eq!(value(&data, measure), Some(0.0));
    }
    let others = [Figure::Average, Figure::Min, Figure::Max, Figure::Median, Figure::P90].map(numbers);
    for measure in others.into_iter().chain([Measure::EventsPerUnit(UnitKind::Profile)]) {
        assert_eq!(value(&data, measure), None);
    }
}

#[test]
fn buckets_are_cut_to_the_range_and_each_counts_its_own_units() {
    let mut spec = TrendSpec { calendar: Some(hours()), ..one(Measure::Events) };
    spec.series.push(series(Measure::Units(UnitKind::Profile)));
    spec.series.push(series(numbers(Figure::Average)));
    spec.common.span = minutes(30, 190);
    let data = project(events(
        "29 a u1 -\n30 a u1 - n=1\n59 a u1 - n=2\n60 a u1 -\n61 a u2 -\n189 a - - n=3\n190 a u1 -",
    ));
    let told = trend(&data, &spec).series;
    let over_time = |place: usize| {
        let buckets = told[place].buckets.as_ref().expect("asked for");
        buckets.iter().map(|(_, value)| *value).collect::<Vec<_>>()
    };
    assert_eq!(over_time(0), [Some(2.0), Some(2.0), Some(0.0), Some(1.0)]);
    assert_eq!(over_time(1), [Some(1.0), Some(2.0), Some(0.0), Some(0.0)]);
    assert_eq!(over_time(2), [Some(1.5), None, None, Some(3.0)]);
    let partial: Vec<bool> = told[0].buckets.iter().flatten().map(|(bucket, _)| bucket.is_partial).collect();
    assert_eq!(partial, [true, false, false, true]);
    assert_eq!((told[0].value, told[1].value), (Some(5.0), Some(2.0)));
}

#[test]
fn formulas_are_worked_out_in_each_bucket_and_over_the_whole() {
    let mut spec = TrendSpec { calendar: Some(hours()), ..one(Measure::Events) };
    spec.series.push(Series { name: Some("users".to_owned()), ..series(Measure::Units(UnitKind::Profile)) });
    let name = |name: &str| Box::new(Formula::Series(name.to_owned()));
    spec.formulas.push(("ratio".to_owned(), Formula::Of(name("A"), '/', name("users"))));
    spec.common = Common { span: minutes(0, 120), ..by_default() };
    let told = trend(&project(events("0 a u1 -\n1 a u1 -\n2 a u2 -\n60 a - -")), &spec).series;
    assert_eq!((told[2].name.as_str(), told[2].value), ("ratio", Some(2.0)));
    assert_eq!((told[2].events, told[2].left_out), (None, None));
    // By zero users nothing is divided.
    let buckets: Vec<_> = told[2].buckets.iter().flatten().map(|(_, value)| *value).collect();
    assert_eq!(buckets, [Some(1.5), None]);
    let document = request(&spec, Defaults::LeftOut).document;
    let asked = "series: [{}, {name: \"users\", measure: UNITS, unit: {kind: PROFILE}}], \
                 formulas: [{name: \"ratio\", formula: \"A / users\"}]";
    assert!(document.contains(asked), "{document}");
}

#[test]
fn the_previous_period_and_what_adds_up() {
    let mut spec = TrendSpec { compare_previous: true, ..one(Measure::Events) };
    spec.series.push(series(numbers(Figure::Sum)));
    spec.common.span = minutes(100, 200);
    spec.common.filter = Some(event_property("hidden", Operator::IsNotSet));
    let answer = trend(&project(events("0 a u1 - n=2\n50 a u1 -\n60 a u1 - hidden=1\n100 a u1 -")), &spec);
    let previous: Vec<_> = answer.previous.iter().flatten().map(|told| told.value).collect();
    assert_eq!(previous, [Some(2.0), Some(2.0)]);
    assert!(answer.is_additive);
    spec.series.push(series(Measure::Units(companies())));
    assert!(!trend(&project([]), &spec).is_additive);
}

#[test]
fn drawn_trends_tell_something() {
    let (mut worked_out, mut left_out, mut split) = (0, 0, 0);
    for seed in 0..60 {
        let mut rng = rng(seed);
        let project = drawn(&mut rng);
        for _ in 0..4 {
            let (spec, answer) = trend_case(&mut rng, &project);
            let formulas = &answer.series[spec.series.len()..];
            worked_out += usize::from(formulas.iter().any(|told| told.value.is_some_and(|it| it != 0.0)));
            left_out += usize::from(answer.series.iter().any(|told| told.left_out > Some(0)));
            split += usize::from(answer.rows.len() > 2);
            if answer.is_additive && !answer.rows.is_empty() {
                let rows = answer.rows.iter().filter_map(|(_, told)| told[0].value).sum::<f64>();
                assert!(answer.series[0].value.is_some_and(|whole| (whole - rows).abs() < 1e-9), "{spec:?}");
            }
        }
    }
    assert!(worked_out > 40 && left_out > 40 && split > 60, "{worked_out} {left_out} {split}");
}
