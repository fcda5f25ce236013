//! Adding to a number at a dotted path of properties.

use crate::domain::event::Properties;
use serde_json::Value;

/// Adds to the number at a dotted path; nothing there counts as 0, objects on the way are made. The error says what
/// about the path is wrong.
pub(super) fn add(properties: &mut Properties, path: &str, by: f64) -> Result<(), &'static str> {
    let slot = slot_at(properties, path).ok_or("runs through a value that is no object")?;
    let before = if slot.is_null() { Some(0.0) } else { slot.as_f64() };
    let sum = before.ok_or("holds no number")? + by;
    if !sum.is_finite() {
        return Err("would be too large a number");
    }
    *slot = number(sum);
    Ok(())
}

/// The place a dotted path leads to; objects on the way are made. `None` where a value is in the way.
fn slot_at<'p>(properties: &'p mut Properties, path: &str) -> Option<&'p mut Value> {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let slot = properties.entry(head.to_owned()).or_insert(Value::Null);
    let Some(rest) = rest else { return Some(slot) };
    if slot.is_null() {
        *slot = Value::Object(Properties::new());
    }
    slot_at(slot.as_object_mut()?, rest)
}

/// A number as JSON: whole where it is whole.
fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "the value is whole and below 2^53")]
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Value::from(value as i64);
    }
    serde_json::Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_added_at_the_end_of_a_path() {
        for (before, path, by, after) in [
            (json!({}), "n", 1.0, Ok(json!({"n": 1}))),
            (json!({"n": 1}), "n", -0.5, Ok(json!({"n": 0.5}))),
            (json!({"a": {"b": 2}}), "a.b", 3.0, Ok(json!({"a": {"b": 5}}))),
            (json!({"a": null}), "a.b", 3.0, Ok(json!({"a": {"b": 3}}))),
            (json!({"a": 1}), "a.b", 3.0, Err("runs through a value that is no object")),
            (json!({"a": "1"}), "a", 3.0, Err("holds no number")),
            (json!({"a": 1e308}), "a", 1e308, Err("would be too large a number")),
        ] {
            let mut properties = before.as_object().expect("an object").clone();
            let added = add(&mut properties, path, by).map(|()| Value::Object(properties));
            assert_eq!(added, after, "{before} {path}");
        }
    }
}
