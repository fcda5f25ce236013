//! `trend` asked: the question drawn, as a document, and the answer as JSON.

use super::formula::Formula;
use super::{Figure, Measure, Series, Source, Told, Trend, TrendSpec, trend};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, quoted, unit_text};
use crate::support::oracle::draw::{any_unit, calendar, common, defaults, event, filter, path};
use crate::support::oracle::filter::{Deed, Path};
use crate::support::oracle::json::{bucket_json, joined, page, row_json};
use crate::support::oracle::random::{Project, one};
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = trend_case(rng, project);
    let request = request(&spec, defaults(rng));
    Case { field: "trend", request, expected: answer_json(&answer, &spec) }
}

/// Most questions about nothing are drawn again.
pub(super) fn trend_case(rng: &mut ChaCha8Rng, project: &Project) -> (TrendSpec, Trend) {
    loop {
        let spec = trend_spec(rng, project);
        let answer = trend(&project.data, &spec);
        if answer.series.iter().any(|told| told.events > Some(0)) || rng.random_bool(0.15) {
            return (spec, answer);
        }
    }
}

fn trend_spec(rng: &mut ChaCha8Rng, project: &Project) -> TrendSpec {
    let common = common(rng, project);
    let mut series: Vec<Series> = Vec::new();
    for place in 0..one(rng, &[1, 1, 2, 2, 3]) {
        let mut measure = measure(rng);
        if place == 0 && matches!(measure, Measure::Numbers(Figure::P90, _)) {
            // Rows are ordered by the first series; a p90 has no exact ties.
            measure = Measure::Events;
        }
        series.push(Series {
            name: rng.random_bool(0.3).then(|| format!("series_{place}")),
            event: event(rng),
            filter: rng.random_bool(0.2).then(|| filter(rng, &project.data, 1)),
            measure,
        });
    }
    let names: Vec<String> = series.iter().enumerate().map(|(place, series)| series.name(place)).collect();
    let formulas = (0..one(rng, &[0, 0, 1, 2]))
        .map(|place| (format!("formula{place}"), Formula::drawn(rng, &names, 2)))
        .collect();
    TrendSpec {
        series,
        formulas,
        compare_previous: rng.random_bool(0.3),
        calendar: calendar(rng, common.range(&project.data)),
        common,
    }
}

fn measure(rng: &mut ChaCha8Rng) -> Measure {
    use Figure::{Average, Max, Median, Min, P90, Sum};
    match rng.random_range(0..8) {
        0 | 1 => Measure::Events,
        2 | 3 => Measure::Units(any_unit(rng)),
        4 => Measure::EventsPerUnit(any_unit(rng)),
        _ => {
            let figure = one(rng, &[Sum, Sum, Average, Min, Max, Median, P90]);
            let source = match rng.random_range(0..4) {
                0 => Source::Revenue,
                1 => Source::Property(path(rng)),
                _ => Source::Property(Path::new(&["amount"])),
            };
            Measure::Numbers(figure, source)
        }
    }
}

/// The request.
pub(super) fn request(spec: &TrendSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    let series: Vec<String> = spec.series.iter().map(|series| series_text(&mut call, series)).collect();
    call.argument("series", &format!("[{}]", series.join(", ")));
    let formula = |(name, formula): &(String, Formula)| {
        format!("{{name: {}, formula: {}}}", quoted(name), quoted(&formula.text()))
    };
    let formulas: Vec<String> = spec.formulas.iter().map(formula).collect();
    call.argument_unless_default("formulas", &format!("[{}]", formulas.join(", ")), "[]");
    call.common(&spec.common);
    call.argument_unless_default("comparePrevious", &spec.compare_previous.to_string(), "false");
    call.calendar(spec.calendar);
    let buckets = if spec.calendar.is_some() { "buckets { bucket localDate isPartial value }" } else { "" };
    let told = format!("{{ name value events leftOut {buckets} }}");
    let previous = if spec.compare_previous { format!("previous {told}") } else { String::new() };
    call.finish(
        "trend",
        &format!(
            "isAdditive series {told} {previous} \
             rows {{ keys {{ name value }} group {{ id }} series {told} }}"
        ),
    )
}

fn series_text(call: &mut Call, series: &Series) -> String {
    let mut fields: Vec<String> = Vec::new();
    fields.extend(series.name.as_ref().map(|name| format!("name: {}", quoted(name))));
    let deed = Deed { event: series.event.clone(), filter: series.filter.clone() };
    fields.extend(Some(call.deed(&deed)).filter(|deed| !deed.is_empty()));
    match &series.measure {
        Measure::Events if call.leaves_out_defaults() => {}
        Measure::Events => fields.push("measure: EVENTS".to_owned()),
        Measure::Units(unit) => fields.push(format!("measure: UNITS, unit: {}", unit_text(unit))),
        Measure::EventsPerUnit(unit) => {
            fields.push(format!("measure: EVENTS_PER_UNIT, unit: {}", unit_text(unit)));
        }
        Measure::Numbers(figure, source) => {
            let figure = match figure {
                Figure::Sum => "SUM",
                Figure::Average => "AVERAGE",
                Figure::Min => "MIN",
                Figure::Max => "MAX",
                Figure::Median => "MEDIAN",
                Figure::P90 => "P90",
            };
            let source = match source {
                Source::Property(path) => format!("property: {}", quoted(&path.dotted())),
                Source::Revenue => "field: REVENUE".to_owned(),
            };
            fields.push(format!("measure: {figure}, {source}"));
        }
    }
    format!("{{{}}}", fields.join(", "))
}

/// What `data.trend` must be.
pub(super) fn answer_json(answer: &Trend, spec: &TrendSpec) -> Value {
    let rows: Vec<Value> = page(&answer.rows, spec.common.first)
        .iter()
        .map(|(values, told)| {
            joined(row_json(&spec.common.breakdown, values), json!({"series": series_json(told)}))
        })
        .collect();
    let mut expected =
        json!({"isAdditive": answer.is_additive, "series": series_json(&answer.series), "rows": rows});
    if let Some(previous) = &answer.previous {
        expected["previous"] = series_json(previous);
    }
    expected
}

fn series_json(told: &[Told]) -> Value {
    let one = |told: &Told| {
        let mut expected = json!({
            "name": told.name,
            "value": told.value,
            "events": told.events,
            "leftOut": told.left_out,
        });
        if let Some(buckets) = &told.buckets {
            expected["buckets"] = buckets
                .iter()
                .map(|(bucket, value)| joined(bucket_json(bucket), json!({"value": value})))
                .collect();
        }
        expected
    };
    told.iter().map(one).collect()
}
