//! How an answer differs from the expected one.

use chrono::DateTime;
use serde_json::{Map, Value, json};

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

#[test]
fn a_wrong_answer_is_told_by_its_place() {
    let expected = json!({"steps": [{"units": 3}], "rows": [{"keys": [{"name": "plan", "value": "pro"}]}]});
    let mut response = json!({"data": {"funnel": expected}});
    assert!(differences(&response, "funnel", &expected).is_empty());
    response["data"]["funnel"]["steps"][0]["units"] = json!(77);
    response["data"]["funnel"]["rows"][0]["keys"][0]["value"] = json!("elsewhere");
    let found = differences(&response, "funnel", &expected);
    assert_eq!(found.len(), 2);
    assert!(found.contains(&"funnel.steps[0].units: expected 3, found 77".to_owned()));
    assert!(found.iter().any(|found| found.contains("rows[0].keys[0].value")));
    let failed = json!({"data": null, "errors": [{"message": "no"}]});
    assert!(differences(&failed, "funnel", &expected)[0].contains("\"no\""));
}

#[test]
fn instants_compare_as_instants_and_fractions_nearly() {
    let expected = json!({"lastAt": "2026-01-01T00:00:00Z", "change": 0.1 + 0.2, "n": 3});
    let equal = json!({"data": {"x": {"lastAt": "2026-01-01T00:00:00.000+00:00", "change": 0.3, "n": 3}}});
    assert!(differences(&equal, "x", &expected).is_empty());
    let wrong = json!({"data": {"x": {"lastAt": "2026-01-01T00:00:01Z", "change": 0.300_001, "m": 3}}});
    assert_eq!(differences(&wrong, "x", &expected).len(), 4);
}
