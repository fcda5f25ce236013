//! Cells as values: texts for ids and names, typed JSON for properties, lists of group ids, revenue.
//!
//! CSV has no types. A cell of it becomes a number if it is written exactly as JSON would write that
//! number (`42`, `-1.5`, but not `007`, `+1`, `1.50`, `1e5`, nor whole numbers beyond 64 bits) and a boolean
//! if it is `true` or `false`; everything else stays text, so no digit is ever lost. Two flags overrule this
//! for a column: `--number` takes every cell as a number (`20.00` is 20) and refuses rows where it is none;
//! `--text` takes every cell as text.

use crate::domain::Invalid;
use crate::domain::accept::check_revenue;
use serde_json::{Number, Value};

/// How the cells of a property column are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Typing {
    /// The value keeps its type.
    Kept,
    /// A text that is written exactly like a JSON number or boolean becomes one.
    Told,
    /// Every cell is a number.
    Number,
    /// Every cell is a text.
    Text,
}

/// A property's value.
pub(super) fn property(column: &str, value: Value, typing: Typing) -> Result<Value, Invalid> {
    match (typing, value) {
        (Typing::Told, Value::String(text)) => Ok(told(text)),
        (Typing::Number, Value::String(text)) => read_number(&text).map(Value::Number).ok_or_else(|| {
            let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
            Invalid::new(column, format!("\"{shown}\" is no number"))
        }),
        (Typing::Number, Value::Number(number)) => Ok(Value::Number(number)),
        (Typing::Number, _) => Err(Invalid::new(column, "is no number")),
        (Typing::Text, value) => text(column, &value).map(Value::String),
        (_, value) => Ok(value),
    }
}

fn told(text: String) -> Value {
    match text.as_str() {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return Value::String(text);
    }
    match read_number(&text) {
        Some(number) if number.to_string() == text => Value::Number(number),
        _ => Value::String(text),
    }
}

fn read_number(text: &str) -> Option<Number> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    text.parse().ok().and_then(Number::from_f64)
}

/// A cell as the text of an id or a name. A whole number has no fraction: `12.0` is `12`.
pub(super) fn text(column: &str, value: &Value) -> Result<String, Invalid> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => {
            let text = number.to_string();
            Ok(text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned))
        }
        Value::Bool(truth) => Ok(truth.to_string()),
        _ => Err(Invalid::new(column, "holds a list or an object where one text or number is needed")),
    }
}

/// Group ids: a list, the JSON text of one, or texts separated by commas.
pub(super) fn ids(column: &str, value: &Value) -> Result<Vec<String>, Invalid> {
    let items = match value {
        Value::Array(items) => items.clone(),
        Value::String(list) if list.trim_start().starts_with('[') => {
            let items = serde_json::from_str(list);
            items.map_err(|_| {
                Invalid::new(column, "begins like a JSON list but is none; write [\"a\", \"b\"] or a,b")
            })?
        }
        Value::String(list) => {
            let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
            return Ok(items.map(str::to_owned).collect());
        }
        one => vec![one.clone()],
    };
    items.iter().filter(|item| !item.is_null()).map(|item| text(column, item)).collect()
}

/// Revenue in whole minor units.
pub(super) fn revenue(column: &str, value: &Value) -> Result<i64, Invalid> {
    let text = text(column, value)?;
    let amount = text.trim().parse().map_err(|_| {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
        Invalid::new(column, format!("\"{shown}\" is no whole number of minor units; write 1999 for 19.99"))
    })?;
    check_revenue(column, amount)?;
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_texts_that_json_would_write_so_become_numbers() {
        let told = |text: &str| property("c", json!(text), Typing::Told).expect("always a value");
        assert_eq!(told("42"), json!(42));
        assert_eq!(told("-1.5"), json!(-1.5));
        assert_eq!(told("9223372036854775807"), json!(i64::MAX));
        assert_eq!(told("true"), json!(true));
        for text in [
            "007",
            "+1",
            "1.50",
            "1e5",
            "9223372036854775808",
            "12345678901234567.5",
            "-",
            "1.",
            ".5",
            "NaN",
            "inf",
            "TRUE",
            " 1",
            "0x10",
            "-0",
            "1_000",
            "2026-01-01",
            "null",
        ] {
            assert_eq!(told(text), json!(text), "{text}");
        }
    }

    #[test]
    fn a_flag_overrules_the_type_of_a_column() {
        assert_eq!(property("c", json!("20.00"), Typing::Number), Ok(json!(20.0)));
        assert_eq!(property("c", json!(" 7 "), Typing::Number), Ok(json!(7)));
        assert!(property("c", json!("n/a"), Typing::Number).is_err());
        assert!(property("c", json!([1]), Typing::Number).is_err());
        assert_eq!(property("c", json!("42"), Typing::Text), Ok(json!("42")));
        assert_eq!(property("c", json!(42), Typing::Text), Ok(json!("42")));
        assert_eq!(property("c", json!("42"), Typing::Kept), Ok(json!("42")));
    }

    #[test]
    fn ids_are_texts_whatever_they_were() {
        assert_eq!(text("c", &json!(12.0)).as_deref(), Ok("12"));
        assert_eq!(text("c", &json!(12.5)).as_deref(), Ok("12.5"));
        assert_eq!(text("c", &json!("12.0")).as_deref(), Ok("12.0"));
        assert!(text("c", &json!({})).is_err());
        assert_eq!(ids("c", &json!("a, b,,c")), Ok(["a", "b", "c"].map(String::from).to_vec()));
        assert_eq!(ids("c", &json!("[\"a,b\", 7]")), Ok(["a,b", "7"].map(String::from).to_vec()));
        assert_eq!(ids("c", &json!(["a", null])), Ok(vec!["a".to_owned()]));
        assert!(ids("c", &json!("[a]")).is_err());
        assert!(ids("c", &json!([["a"]])).is_err());
    }

    #[test]
    fn revenue_is_whole_minor_units() {
        assert_eq!(revenue("c", &json!("500")), Ok(500));
        assert!(revenue("c", &json!("-500")).is_err());
        assert_eq!(revenue("c", &json!(1999.0)), Ok(1999));
        assert!(revenue("c", &json!("19.99")).is_err());
        assert!(revenue("c", &json!(19.99)).is_err());
    }
}
