//! What must be merged into properties so that one of them becomes a given value.
//!
//! The schema merges as a JSON Merge Patch (RFC 7396): objects merge, null removes. To replace an object, what is to go
//! is named with null.

use serde_json::{Map, Value, json};

/// The kinds of values a form offers: the word and the title.
pub(super) const KINDS: [(&str, &str); 4] =
    [("text", "Text"), ("number", "Number"), ("flag", "Yes or no"), ("json", "JSON")];

/// The kind of a value.
pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Bool(_) => "flag",
        Value::Null | Value::Array(_) | Value::Object(_) => "json",
    }
}

/// A value as a form holds it.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value of a form's text; what is wrong with it where it is none of its kind.
pub(super) fn read(kind: &str, text: &str) -> Result<Value, &'static str> {
    match kind {
        // Browsers end the lines of a form in their own way.
        "text" => Ok(Value::from(text.replace("\r\n", "\n"))),
        "number" => match serde_json::from_str::<Value>(text.trim()) {
            Ok(number @ Value::Number(_)) => Ok(number),
            _ => Err("is no number such as 12 or 0.5"),
        },
        "flag" => match text.trim() {
            "true" | "yes" => Ok(json!(true)),
            "false" | "no" => Ok(json!(false)),
            _ => Err("is neither true nor false"),
        },
        "json" => match serde_json::from_str(text) {
            Ok(Value::Null) => Err("is null, which is no value; remove the property instead"),
            Ok(value) => Ok(value),
            Err(_) => Err("is no JSON"),
        },
        _ => Err("has a kind that is not known; choose text, number, flag or json"),
    }
}

/// What merges a value into the place where there was another.
pub(super) fn patch(before: Option<&Value>, after: &Value) -> Value {
    let (Some(Value::Object(before)), Value::Object(after)) = (before, after) else { return after.clone() };
    let mut patch: Map<String, Value> =
        before.keys().filter(|key| !after.contains_key(*key)).map(|key| (key.clone(), Value::Null)).collect();
    patch.extend(after.iter().map(|(key, value)| (key.clone(), self::patch(before.get(key), value))));
    Value::Object(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_a_value_of_its_kind_or_says_why_not() {
        for (kind, text, value) in [
            ("text", " 12 ", json!(" 12 ")),
            ("text", "\na\r\nb", json!("\na\nb")),
            ("number", " 12 ", json!(12)),
            ("number", "0.5", json!(0.5)),
            ("flag", "no", json!(false)),
            ("json", "[1, {\"a\": null}]", json!([1, {"a": null}])),
        ] {
            assert_eq!(read(kind, text), Ok(value.clone()));
            assert_eq!(read(kind_of(&value), &text_of(&value)), Ok(value));
        }
        for (kind, text) in [
            ("number", "12a"),
            ("number", "\"1\""),
            ("flag", "1"),
            ("json", "{"),
            ("json", "null"),
            ("x", "1"),
        ] {
            assert!(read(kind, text).is_err(), "{kind} {text}");
        }
    }

    #[test]
    fn an_object_is_replaced_by_naming_what_goes() {
        let before = json!({"a": 1, "b": {"c": 1, "d": 2}, "e": [1]});
        let after = json!({"b": {"c": 3}, "e": [2], "f": 0});
        assert_eq!(
            patch(Some(&before), &after),
            json!({"a": null, "b": {"c": 3, "d": null}, "e": [2], "f": 0})
        );
        assert_eq!(patch(Some(&json!(1)), &after), after);
        assert_eq!(patch(None, &json!("x")), json!("x"));
    }
}
