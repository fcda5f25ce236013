//! Values of an answer as people read them.

use super::super::show;
use super::plan::last_part;
use crate::tabular::Column;
use crate::tabular::kind::Kind;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde_json::Value;

/// The texts of some columns of a row, those that are null left out.
pub(super) fn joined(row: &[&Value], places: &[usize]) -> String {
    let parts = places.iter().map(|place| row[*place]).filter(|value| !value.is_null());
    parts.map(plain).collect::<Vec<_>>().join(" · ")
}

/// Whether a column holds numbers.
pub(super) fn is_number(column: &Column) -> bool {
    matches!(column.kind, Kind::Int | Kind::Float)
}

/// By what points of an axis are ordered: numbers by size, days by their text.
pub(super) fn order(value: &Value) -> (f64, &str) {
    (value.as_f64().unwrap_or(0.0), value.as_str().unwrap_or_default())
}

/// A column's name as a heading.
pub(super) fn show_name(name: &str) -> String {
    show::words(last_part(name))
}

/// A value as text.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value as its column shows it.
pub(super) fn cell(column: &Column, value: &Value) -> Markup {
    let instant = || value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    html! {
        @match (column.kind, value) {
            (_, Value::Null) => { span.none { "–" } }
            (Kind::Int, value) => { (value.as_i64().map_or_else(|| plain(value), show::number)) }
            (Kind::Float, value) => { (decimal(value)) }
            (Kind::Boolean, value) => { (if value.as_bool() == Some(true) { "yes" } else { "no" }) }
            (Kind::Instant, value) => {
                @match instant() {
                    Some(at) => { time datetime=(at.to_rfc3339()) { (show::instant(at)) } }
                    None => { (plain(value)) }
                }
            }
            (_, value) => { bdi { (plain(value)) } }
        }
    }
}

/// A decimal: whole ones without decimals, others with as many as tell something.
fn decimal(value: &Value) -> String {
    let Some(value) = value.as_f64() else { return plain(value) };
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return show::number(value as i64);
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is cut on purpose, and small")]
    if value.abs() >= 100.0 && value.abs() < 9e15 {
        let tenths = (value.abs().fract() * 10.0) as i64;
        return format!("{}.{tenths}", show::number(value.trunc() as i64));
    }
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decimals_have_no_more_digits_than_they_need() {
        for (value, text) in [
            (json!(0.5), "0.5"),
            (json!(1_234.0), "1,234"),
            (json!(0.123_456), "0.1235"),
            (json!(50_080.434_4), "50,080.4"),
            (json!(0.000_01), "0"),
            (json!("x"), "x"),
        ] {
            assert_eq!(decimal(&value), text);
        }
    }
}
