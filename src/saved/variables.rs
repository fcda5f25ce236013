//! Variables given as text, typed by the operation's variable definitions.
//!
//! | type | text |
//! |---|---|
//! | `Int` `Float` `Boolean` | `12`, `0.5`, `true` or `false` |
//! | `String` `ID` | as it is |
//! | `DateTime` `Date` `Duration` | `2026-01-31T09:00:00Z`, `2026-01-31`, `P30D` |
//! | an enum | one of its values |
//! | `JSON`, an input object | JSON |
//! | a list | items with commas between them (`\,` is a comma within an item), or a JSON list |
//!
//! An empty text counts as not given, except for `String` and for lists, which it makes empty.

use crate::analytics::scalars::parse_instant;
use crate::domain::Invalid;
use crate::domain::time::parse_duration;
use crate::tabular::types::Types;
use async_graphql::parser::types::{BaseType, Type, VariableDefinition};
use chrono::NaiveDate;
use serde_json::Value;

/// A variable of a saved query.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name, without `$`.
    pub name: String,
    /// Its type as GraphQL writes it: `Int`, `[String!]!`, …
    pub type_name: String,
    /// What holds when it is not given; `None`: it has no default.
    pub default: Option<Value>,
    pub(super) definition: Type,
}

impl Variable {
    pub(super) fn new(definition: &VariableDefinition) -> Self {
        let default = definition.default_value.as_ref().and_then(|value| value.node.clone().into_json().ok());
        Self {
            name: definition.name.node.to_string(),
            type_name: definition.var_type.node.to_string(),
            default,
            definition: definition.var_type.node.clone(),
        }
    }

    /// Whether it must be given.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default.is_none() && !self.definition.nullable
    }
}

/// Types the given texts. Every name must be a variable's, every required variable must be given.
pub(super) fn bind(
    variables: &[Variable],
    given: &[(String, String)],
    types: &Types,
) -> Result<serde_json::Map<String, Value>, Invalid> {
    let mut bound = serde_json::Map::new();
    for (name, text) in given {
        let Some(variable) = variables.iter().find(|variable| variable.name == *name) else {
            return Err(Invalid::new(clip(name), unknown(variables)));
        };
        if bound.contains_key(name) {
            return Err(Invalid::new(name.as_str(), "is given twice; leave one out"));
        }
        if text.is_empty() && is_skipped_when_empty(&variable.definition) {
            continue;
        }
        let value = read(&variable.definition, text, types).ok_or_else(|| {
            let wanted = expected(&variable.definition, types);
            Invalid::new(name.as_str(), format!("is \"{}\"; give {wanted}", clip(text)))
        })?;
        bound.insert(name.clone(), value);
    }
    for variable in variables {
        // Defaults are given too: directives such as `@include(if: $x)` see only what is given.
        if let (Some(default), false) = (&variable.default, bound.contains_key(&variable.name)) {
            bound.insert(variable.name.clone(), default.clone());
        }
    }
    let missing =
        variables.iter().find(|variable| variable.is_required() && !bound.contains_key(&variable.name));
    match missing {
        Some(variable) => {
            let reason = format!("is missing; give {}", expected(&variable.definition, types));
            Err(Invalid::new(variable.name.as_str(), reason))
        }
        None => Ok(bound),
    }
}

fn unknown(variables: &[Variable]) -> String {
    let names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    match names.as_slice() {
        [] => "is no variable of this query; it has none".to_owned(),
        names => format!("is no variable of this query; it has {}", names.join(", ")),
    }
}

fn is_skipped_when_empty(definition: &Type) -> bool {
    !matches!(&definition.base, BaseType::Named(name) if name == "String")
        && !matches!(definition.base, BaseType::List(_))
}

fn read(definition: &Type, text: &str, types: &Types) -> Option<Value> {
    match &definition.base {
        BaseType::Named(name) => read_named(name, text, types),
        BaseType::List(inner) if text.starts_with('[') => {
            let items: Vec<Value> = serde_json::from_str(text).ok()?;
            items.into_iter().map(|item| check(inner, item, types)).collect()
        }
        BaseType::List(_) if text.is_empty() => Some(Value::Array(Vec::new())),
        BaseType::List(inner) => split(text).iter().map(|item| read(inner, item, types)).collect(),
    }
}

/// Checks an item of a JSON list.
fn check(definition: &Type, item: Value, types: &Types) -> Option<Value> {
    match (&definition.base, item) {
        (_, Value::Null) => definition.nullable.then_some(Value::Null),
        (BaseType::List(inner), Value::Array(items)) => {
            items.into_iter().map(|item| check(inner, item, types)).collect()
        }
        (BaseType::List(_), _) => None,
        (BaseType::Named(name), item) => match (name.as_str(), item) {
            ("Int" | "Float" | "Boolean", item @ (Value::Number(_) | Value::Bool(_))) => {
                read_named(name, &item.to_string(), types)
            }
            ("Int" | "Float" | "Boolean", _) => None,
            ("JSON", item) => Some(item),
            (_, Value::String(text)) if !types.is_input(name) => read_named(name, &text, types),
            (_, item) => (types.is_input(name) && item.is_object()).then_some(item),
        },
    }
}

fn read_named(name: &str, text: &str, types: &Types) -> Option<Value> {
    let as_text = || Value::String(text.to_owned());
    match name {
        "Int" => text.parse::<i32>().ok().map(Value::from),
        "Float" => text
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite())
            .and_then(serde_json::Number::from_f64)
            .map(Value::Number),
        "Boolean" => text.parse::<bool>().ok().map(Value::Bool),
        "String" | "ID" => Some(as_text()),
        "DateTime" => parse_instant(text).is_ok().then(as_text),
        "Date" => NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok().then(as_text),
        "Duration" => parse_duration(name, text).is_ok().then(as_text),
        "JSON" => serde_json::from_str(text).ok(),
        _ => match types.values(name) {
            Some(values) => values.iter().any(|value| value == text).then(as_text),
            None if types.is_input(name) => serde_json::from_str(text).ok().filter(Value::is_object),
            None => Some(as_text()),
        },
    }
}

/// What to give, in words.
fn expected(definition: &Type, types: &Types) -> String {
    match &definition.base {
        BaseType::List(inner) => format!("a list of {}, with commas between them", expected(inner, types)),
        BaseType::Named(name) => match name.as_str() {
            "Int" => "an Int such as 10".to_owned(),
            "Float" => "a Float such as 0.5".to_owned(),
            "Boolean" => "a Boolean: true or false".to_owned(),
            "DateTime" => "a DateTime such as \"2026-01-31T09:00:00Z\"".to_owned(),
            "Date" => "a Date such as \"2026-01-31\"".to_owned(),
            "Duration" => "a Duration such as \"P30D\"".to_owned(),
            "JSON" => "JSON".to_owned(),
            other => match types.values(other) {
                Some(values) => format!("a {other}: {}", values.join(", ")),
                None if types.is_input(other) => format!("a {other} as a JSON object"),
                None => format!("a value of the type {other}"),
            },
        },
    }
}

/// Cuts a text at its commas; `\,` is a comma within an item and `\\` a backslash.
fn split(text: &str) -> Vec<String> {
    let (mut items, mut item, mut chars) = (Vec::new(), String::new(), text.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(escaped @ (',' | '\\')) => item.push(escaped),
                Some(other) => item.extend(['\\', other]),
                None => item.push('\\'),
            },
            ',' => items.push(std::mem::take(&mut item)),
            other => item.push(other),
        }
    }
    items.push(item);
    items
}

/// The beginning of a text, for messages.
fn clip(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn types() -> Types {
        Types::read("type Query { ok: Boolean! } enum Unit { PROFILE GROUP } input Where { key: String }")
    }

    fn read_as(definition: &str, text: &str) -> Option<Value> {
        read(&Type::new(definition).expect("a type"), text, &types())
    }

    #[test]
    fn each_type_reads_its_own_texts_and_no_others() {
        for (definition, text, value) in [
            ("Int", "12", json!(12)),
            ("Float!", "0.5", json!(0.5)),
            ("Boolean", "true", json!(true)),
            ("ID", "007", json!("007")),
            ("DateTime", "2026-01-31T09:00:00+01:00", json!("2026-01-31T09:00:00+01:00")),
            ("Date", "2026-01-31", json!("2026-01-31")),
            ("Duration", "P30D", json!("P30D")),
            ("JSON", "{\"a\":[1]}", json!({"a": [1]})),
            ("Unit", "GROUP", json!("GROUP")),
            ("Where", "{\"key\":\"a\"}", json!({"key": "a"})),
            ("[String!]", "a\\,b,c", json!(["a,b", "c"])),
            ("[Int!]", "[1, 2]", json!([1, 2])),
            ("[Unit!]", "PROFILE,GROUP", json!(["PROFILE", "GROUP"])),
            ("[String!]", "", json!([])),
        ] {
            assert_eq!(read_as(definition, text), Some(value), "{definition} {text}");
        }
        for (definition, text) in [
            ("Int", "1.5"),
            ("Int", "3000000000"),
            ("Float", "NaN"),
            ("Boolean", "yes"),
            ("DateTime", "2026-01-31"),
            ("Date", "31.1.2026"),
            ("Duration", "banana"),
            ("Duration", "P0D"),
            ("JSON", "{"),
            ("Unit", "group"),
            ("Where", "[]"),
            ("[Int!]", "[\"1\"]"),
            ("[Int!]", "[null]"),
            ("[Int!]", "1,x"),
        ] {
            assert_eq!(read_as(definition, text), None, "{definition} {text}");
        }
    }
}
