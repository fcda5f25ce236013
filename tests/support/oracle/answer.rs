//! The expected answer as JSON, and how an answer differs from it.

use super::active::ActiveUsers;
use super::funnel::{Breakdown, Funnel, FunnelSpec, Order, rate};
use super::graphql::{breakdown_name, instant};
use chrono::DateTime;
use serde_json::{Map, Value, json};

/// Rows in an answer when `first` is not said.
const DEFAULT_FIRST: usize = 100;

/// What `data.activeUsers` must be.
pub(crate) fn active_json(answer: &ActiveUsers, first: Option<usize>) -> Value {
    let rows: Vec<Value> = answer
        .rows
        .iter()
        .take(first.unwrap_or(DEFAULT_FIRST))
        .map(|row| {
            let mut expected = json!({
                "group": {"id": row.group_id},
                "activeUsers": row.active_users,
                "events": row.events,
                "lastActiveAt": instant(row.last_active_at),
                "change": row.change,
            });
            if !answer.breakdown.is_empty() {
                expected["keys"] = keys(&answer.breakdown, &row.values);
            }
            expected
        })
        .collect();
    let totals = &answer.totals;
    let mut expected = json!({
        "isAdditive": false,
        "totals": {
            "groups": totals.groups,
            "activeUsers": totals.active_users,
            "events": totals.events,
            "firstAt": totals.first_at.map(instant),
            "lastAt": totals.last_at.map(instant),
        },
        "rows": rows,
    });
    if let Some(buckets) = &answer.buckets {
        expected["buckets"] = buckets
            .iter()
            .map(|bucket| {
                json!({
                    "bucket": instant(bucket.start),
                    "localDate": bucket.local_date.to_string(),
                    "isPartial": bucket.is_partial,
                    "activeUsers": bucket.active_users,
                    "events": bucket.events,
                })
            })
            .collect();
    }
    expected
}

/// What `data.funnel` must be.
pub(crate) fn funnel_json(answer: &Funnel, spec: &FunnelSpec) -> Value {
    // With ANY a step has no event of its own.
    let event = |step: usize| (spec.order != Order::Any).then(|| spec.steps[step].event.clone());
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
    let rows: Vec<Value> = answer
        .rows
        .iter()
        .take(spec.first.unwrap_or(DEFAULT_FIRST))
        .map(|row| {
            let keys = keys(&spec.breakdown, &row.values);
            let mut steps = counts(&row.units);
            for (step, &units) in row.units.iter().enumerate() {
                steps[step]["rateFromStart"] = json!(rate(units, row.units[0]));
            }
            json!({"keys": keys, "group": row.group_id.as_ref().map(|id| json!({"id": id})), "steps": steps})
        })
        .collect();
    let mut expected = json!({"steps": steps, "rows": rows});
    if let Some(previous) = &answer.previous {
        expected["previous"] = counts(previous);
    }
    if let Some(periods) = &answer.periods {
        expected["periods"] = periods
            .iter()
            .map(|period| {
                let (bucket, steps) = (instant(period.start), counts(&period.units));
                json!({"bucket": bucket, "isPartial": period.is_partial, "steps": steps})
            })
            .collect();
    }
    expected
}

/// The `keys` of a row.
fn keys(breakdown: &[Breakdown], values: &[Option<String>]) -> Value {
    breakdown
        .iter()
        .zip(values)
        .map(|(breakdown, value)| json!({"name": breakdown_name(breakdown), "value": value}))
        .collect()
}

/// Every place where a GraphQL response differs from what `data.{field}` must be, one line each.
///
/// Fractions may differ in the twelfth digit, instants may be written in any RFC 3339 form, object keys may
/// come in any order; all else must be equal.
pub(crate) fn differences(response: &Value, field: &str, expected: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(errors) = response.get("errors") {
        found.push(format!("errors: {errors}"));
    }
    compare(field, expected, &response["data"][field], &mut found);
    found
}

fn compare(path: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => compare_objects(path, expected, actual, found),
        (Value::Array(expected), Value::Array(actual)) => {
            if expected.len() != actual.len() {
                found.push(format!("{path}: expected {} items, found {}", expected.len(), actual.len()));
            }
            for place in 0..expected.len().max(actual.len()) {
                let at = |list: &[Value]| list.get(place).cloned().unwrap_or(Value::Null);
                compare(&format!("{path}[{place}]"), &at(expected), &at(actual), found);
            }
        }
        _ if same(path, expected, actual) => {}
        _ => found.push(format!("{path}: expected {expected}, found {actual}")),
    }
}

fn compare_objects(
    path: &str,
    expected: &Map<String, Value>,
    actual: &Map<String, Value>,
    found: &mut Vec<String>,
) {
    for (key, value) in expected {
        match actual.get(key) {
            Some(actual) => compare(&format!("{path}.{key}"), value, actual, found),
            None => found.push(format!("{path}.{key}: expected {value}, found nothing")),
        }
    }
    for (key, value) in actual.iter().filter(|(key, _)| !expected.contains_key(*key)) {
        found.push(format!("{path}.{key}: expected nothing, found {value}"));
    }
}

fn same(path: &str, expected: &Value, actual: &Value) -> bool {
    let is_instant = [".bucket", "At"].iter().any(|end| path.ends_with(end));
    match (expected, actual) {
        (Value::Number(expected), Value::Number(actual)) => {
            let (expected, actual) =
                (expected.as_f64().unwrap_or(f64::NAN), actual.as_f64().unwrap_or(f64::NAN));
            (expected - actual).abs() <= 1e-12 * expected.abs().max(1.0)
        }
        (Value::String(expected), Value::String(actual)) if is_instant => {
            let read = DateTime::parse_from_rfc3339;
            read(expected).is_ok_and(|expected| read(actual).is_ok_and(|actual| expected == actual))
        }
        _ => expected == actual,
    }
}
