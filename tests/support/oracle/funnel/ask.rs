//! `funnel` asked: the question drawn, as a document, and the answer as JSON.

use super::{Exclusion, Funnel, FunnelSpec, Order, funnel};
use crate::support::oracle::case::Case;
use crate::support::oracle::document::{Call, Defaults, Request, instant, quoted};
use crate::support::oracle::draw::{
    calendar, deed, defaults, distinct_breakdowns, filter, first, group_type, reading, span,
};
use crate::support::oracle::filter::Deed;
use crate::support::oracle::json::{joined, page, row_json};
use crate::support::oracle::numbers::rate;
use crate::support::oracle::random::{Project, Timeline, one};
use crate::support::oracle::units::UnitKind;
use chrono::Duration;
use muster::domain::time::format_duration;
use rand::prelude::*;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// A drawn question with its answer.
pub(crate) fn case(rng: &mut ChaCha8Rng, project: &Project) -> Case {
    let (spec, answer) = funnel_case(rng, project);
    let request = funnel_request(&spec, defaults(rng));
    Case { field: "funnel", request, expected: funnel_json(&answer, &spec) }
}

/// A question for `funnel` and its answer. Questions with too many chains to try are drawn again, and most
/// of those that no unit gets past step 1 of, were it not for the filter and the exclusions.
pub(crate) fn funnel_case(rng: &mut ChaCha8Rng, project: &Project) -> (FunnelSpec, Funnel) {
    loop {
        let spec = funnel_spec(rng, project);
        let open = FunnelSpec { filter: None, exclusions: Vec::new(), ..spec.clone() };
        let goes_on = funnel(&project.data, &open).is_ok_and(|answer| answer.steps[1].units > 0);
        if !goes_on && rng.random_bool(0.9) {
            continue;
        }
        if let Ok(answer) = funnel(&project.data, &spec) {
            return (spec, answer);
        }
    }
}

fn funnel_spec(rng: &mut ChaCha8Rng, project: &Project) -> FunnelSpec {
    let span = span(rng, project);
    let steps: Vec<Deed> = (0..one(rng, &[2, 2, 3, 3, 3, 4, 5])).map(|_| deed(rng, &project.data)).collect();
    let mut exclusions = Vec::new();
    while rng.random_bool(0.35) {
        let from_step = rng.random_range(1..steps.len());
        let to_step = rng.random_range(from_step + 1..=steps.len());
        exclusions.push(Exclusion { deed: deed(rng, &project.data), from_step, to_step });
    }
    let order = one(rng, &[Order::Ordered, Order::Ordered, Order::Strict, Order::Any]);
    let unit = match rng.random_range(0..5) {
        0 | 1 => UnitKind::Profile,
        2 => UnitKind::Session,
        _ => UnitKind::Group(group_type(rng)),
    };
    FunnelSpec {
        window: window(rng, &project.timeline),
        span,
        order,
        unit,
        breakdown: distinct_breakdowns(rng, &project.data),
        filter: rng.random_bool(0.25).then(|| filter(rng, &project.data, 2)),
        exclusions,
        reading: reading(rng, span.range(project.data.now).to()),
        compare_previous: rng.random_bool(0.4),
        calendar: calendar(rng, span.range(project.data.now)),
        first: first(rng),
        steps,
    }
}

/// Whole multiples of the grain, so that events lie exactly at the end, and a second less or more.
fn window(rng: &mut ChaCha8Rng, timeline: &Timeline) -> Duration {
    let whole = timeline.grain * one(rng, &[1, 2, 3, 5, 10, 10, 50]);
    (whole + Duration::seconds(one(rng, &[0, 0, 0, -1, 1]))).max(Duration::seconds(1))
}

/// The request for `funnel`.
pub(crate) fn funnel_request(spec: &FunnelSpec, defaults: Defaults) -> Request {
    let mut call = Call::new(defaults);
    let steps: Vec<String> = spec.steps.iter().map(|step| format!("{{{}}}", call.deed(step))).collect();
    call.argument("steps", &format!("[{}]", steps.join(", ")));
    call.argument("window", &quoted(&format_duration(spec.window)));
    call.span(spec.span);
    let order = match spec.order {
        Order::Ordered => "ORDERED",
        Order::Strict => "STRICT",
        Order::Any => "ANY",
    };
    call.argument_unless_default("order", order, "ORDERED");
    call.unit(&spec.unit);
    call.breakdown(&spec.breakdown);
    call.filter_argument(spec.filter.as_ref());
    let mut exclusions = Vec::new();
    for exclusion in &spec.exclusions {
        let deed = call.deed(&exclusion.deed);
        exclusions
            .push(format!("{{{deed}, fromStep: {}, toStep: {}}}", exclusion.from_step, exclusion.to_step));
    }
    call.argument_unless_default("exclusions", &format!("[{}]", exclusions.join(", ")), "[]");
    call.reading(spec.reading);
    call.argument_unless_default("comparePrevious", &spec.compare_previous.to_string(), "false");
    call.calendar(spec.calendar);
    call.first(spec.first);
    let previous = if spec.compare_previous { "previous { event units }" } else { "" };
    let periods = if spec.calendar.is_some() {
        "periods { bucket localDate isPartial steps { event units } }"
    } else {
        ""
    };
    call.finish(
        "funnel",
        &format!(
            "steps {{ event units rateFromStart rateFromPrevious averageSeconds medianSeconds p90Seconds }} \
             {previous} {periods} \
             rows {{ keys {{ name value }} group {{ id }} steps {{ event units rateFromStart }} }}"
        ),
    )
}

/// What `data.funnel` must be.
pub(crate) fn funnel_json(answer: &Funnel, spec: &FunnelSpec) -> Value {
    // With ANY a step has no event of its own.
    let event = |step: usize| spec.steps[step].event.clone().filter(|_| spec.order != Order::Any);
    let counts = |units: &[usize]| -> Value {
        units.iter().enumerate().map(|(step, units)| json!({"event": event(step), "units": units})).collect()
    };
    let steps: Vec<Value> = answer
        .steps
        .iter()
        .enumerate()
        .map(|(step, result)| {
            json!({
                "event": event(step),
                "units": result.units,
                "rateFromStart": result.rate_from_start,
                "rateFromPrevious": result.rate_from_previous,
                "averageSeconds": result.average_seconds,
                "medianSeconds": result.median_seconds,
                "p90Seconds": result.p90_seconds,
            })
        })
        .collect();
    let rows: Vec<Value> = page(&answer.rows, spec.first)
        .iter()
        .map(|row| {
            let mut steps = counts(&row.units);
            for (step, &units) in row.units.iter().enumerate() {
                steps[step]["rateFromStart"] = json!(rate(units, row.units[0]));
            }
            joined(row_json(&spec.breakdown, &row.values), json!({"steps": steps}))
        })
        .collect();
    let mut expected = json!({"steps": steps, "rows": rows});
    if let Some(previous) = &answer.previous {
        expected["previous"] = counts(previous);
    }
    if let Some(periods) = &answer.periods {
        let zone = spec.calendar.as_ref().map_or(chrono_tz::Tz::UTC, |calendar| calendar.zone);
        expected["periods"] = periods
            .iter()
            .map(|period| {
                let (bucket, steps) = (instant(period.start), counts(&period.units));
                let local_date = period.start.with_timezone(&zone).date_naive().to_string();
                json!({"bucket": bucket, "localDate": local_date, "isPartial": period.is_partial, "steps": steps})
            })
            .collect();
    }
    expected
}
