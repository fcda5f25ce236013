//! The scalars of the API: instants, days, durations, JSON.

use crate::domain::Invalid;
use crate::domain::time::{is_representable, parse_duration, whole_micros};
use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{Datelike, NaiveDate, SecondsFormat, Utc};

/// An instant, RFC 3339. Answers are in UTC; a value given with another offset is converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// Reads an RFC 3339 instant of the years 1 to 9998, to whole microseconds.
pub fn parse_instant(text: &str) -> Result<chrono::DateTime<Utc>, String> {
    let instant = chrono::DateTime::parse_from_rfc3339(text)
        .map_err(|_| "write an RFC 3339 instant such as \"2026-01-31T09:00:00Z\"".to_owned())?
        .to_utc();
    if !is_representable(instant) {
        return Err("the instant lies outside the years 1 to 9998; choose one inside".to_owned());
    }
    Ok(whole_micros(instant))
}

/// Writes an instant as RFC 3339 in UTC, with as many decimals as it needs.
#[must_use]
pub fn format_instant(instant: chrono::DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// An instant, as RFC 3339: `2026-01-31T09:00:00Z`. Answers are in UTC; arguments may have any offset.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => parse_instant(text).map(Self).map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(format_instant(self.0))
    }
}

/// Reads a day of the years 1 to 9998.
pub fn parse_day(text: &str) -> Result<NaiveDate, String> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map_err(|_| "write a day such as \"2026-01-31\"".to_owned())?;
    if !(1..=9998).contains(&date.year()) {
        return Err("the day lies outside the years 1 to 9998; choose one inside".to_owned());
    }
    Ok(date)
}

/// A calendar day, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDate);

/// A calendar day, `YYYY-MM-DD`.
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => parse_day(text).map(Self).map_err(InputValueError::custom),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A length of time, ISO 8601 with weeks, days, hours, minutes and seconds: `P30D`, `PT12H`. A day is 24 hours;
/// years and months are refused because their length varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duration(pub String);

impl Duration {
    /// Reads the length; `field` names the argument in the complaint.
    pub fn parse_as(&self, field: &str) -> Result<chrono::Duration, Invalid> {
        parse_duration(field, &self.0)
    }
}

/// A length of time, ISO 8601 with weeks, days, hours, minutes and seconds: `P30D`, `PT12H`. A day is 24 hours;
/// years and months are refused because their length varies.
#[Scalar(name = "Duration", specified_by_url = "https://en.wikipedia.org/wiki/ISO_8601#Durations")]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Any JSON value.
#[derive(Debug, Clone, PartialEq)]
pub struct Json(pub serde_json::Value);

/// Any JSON value.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        value.into_json().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or(Value::Null)
    }
}
