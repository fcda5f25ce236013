//! Pieces of expected answers as JSON.

use super::breakdown::{Breakdown, Values, row_group};
use super::document::{breakdown_name, instant};
use muster::domain::time::Bucket;
use serde_json::{Map, Value, json};

/// The fields that every bucket of time has.
pub(crate) fn bucket_json(bucket: &Bucket) -> Map<String, Value> {
    object(json!({
        "bucket": instant(bucket.start),
        "localDate": bucket.local_date.to_string(),
        "isPartial": bucket.is_partial,
    }))
}

/// The fields that every row of a breakdown has.
pub(crate) fn row_json(breakdown: &[Breakdown], values: &Values) -> Map<String, Value> {
    let group = row_group(breakdown, values).map(|id| json!({"id": id}));
    object(json!({"keys": keys(breakdown, values), "group": group}))
}

/// The `keys` of a row.
pub(crate) fn keys(breakdown: &[Breakdown], values: &Values) -> Value {
    breakdown
        .iter()
        .zip(values)
        .map(|(breakdown, value)| json!({"name": breakdown_name(breakdown), "value": value}))
        .collect()
}

/// The one object with the fields of both.
pub(crate) fn joined(mut fields: Map<String, Value>, more: Value) -> Value {
    fields.extend(object(more));
    Value::Object(fields)
}

/// The rows that are answered when so many are asked for; 100 when not said.
pub(crate) fn page<T>(rows: &[T], first: Option<usize>) -> &[T] {
    &rows[..rows.len().min(first.unwrap_or(100))]
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => panic!("an object"),
    }
}
