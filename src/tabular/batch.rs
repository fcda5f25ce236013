//! An answer's rows as Arrow columns.

use super::kind::Kind;
use super::{Column, Layout};
use crate::error::Failure;
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use chrono::{DateTime, NaiveDate};
use serde_json::Value;
use std::sync::Arc;

/// Days from the first of January of the year 1 to that of 1970.
const DAYS_TO_1970: i32 = 719_163;

/// A value that is not of its column's type.
#[derive(Debug, thiserror::Error)]
#[error("the column {column} holds a value that is no {expected}")]
struct Unlike {
    column: String,
    expected: &'static str,
}

/// The rows of an answer's data as one batch.
pub(super) fn to_batch(layout: &Layout, data: &Value) -> Result<RecordBatch, Failure> {
    let rows = layout.rows(data);
    let fields = layout.columns.iter().map(|column| Field::new(&column.name, column.kind.data_type(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(layout.columns.len());
    for (place, column) in layout.columns.iter().enumerate() {
        columns.push(array(column, rows.iter().map(|row| row[place]))?);
    }
    RecordBatch::try_new(schema, columns).map_err(Failure::internal)
}

fn array<'d>(column: &Column, values: impl Iterator<Item = &'d Value>) -> Result<ArrayRef, Failure> {
    Ok(match column.kind {
        Kind::Int => Arc::new(Int64Array::from(read(column, values, Value::as_i64)?)),
        Kind::Float => Arc::new(Float64Array::from(read(column, values, Value::as_f64)?)),
        Kind::Boolean => Arc::new(BooleanArray::from(read(column, values, Value::as_bool)?)),
        Kind::Instant => {
            let micros = read(column, values, |value| {
                let instant = DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
                Some(instant.timestamp_micros())
            })?;
            Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
        }
        Kind::Day => {
            let days = read(column, values, |value| {
                let day: NaiveDate = value.as_str()?.parse().ok()?;
                Some(chrono::Datelike::num_days_from_ce(&day) - DAYS_TO_1970)
            })?;
            Arc::new(Date32Array::from(days))
        }
        Kind::Json | Kind::Text => {
            let texts = read(column, values, |value| Some(super::write::text(value)))?;
            Arc::new(StringArray::from(texts))
        }
    })
}

/// The values as what they should be; null stays null.
fn read<'d, T>(
    column: &Column,
    values: impl Iterator<Item = &'d Value>,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Vec<Option<T>>, Failure> {
    let one = |value: &Value| match value {
        Value::Null => Ok(None),
        value => read(value).map(Some).ok_or_else(|| {
            let (column, expected) = (column.name.clone(), column.kind.arrow_name());
            Failure::internal(Unlike { column, expected })
        }),
    };
    values.map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn layout(kinds: &[(&str, Kind)]) -> Layout {
        let column = |(name, kind): &(&str, Kind)| Column {
            name: (*name).to_owned(),
            type_name: String::new(),
            kind: *kind,
            path: vec![(*name).to_owned()],
        };
        Layout { way: vec!["t".to_owned()], columns: kinds.iter().map(column).collect() }
    }

    #[test]
    fn each_kind_has_its_array_and_null_stays_null() {
        let layout = layout(&[
            ("n", Kind::Int),
            ("x", Kind::Float),
            ("b", Kind::Boolean),
            ("t", Kind::Instant),
            ("d", Kind::Day),
            ("j", Kind::Json),
            ("s", Kind::Text),
        ]);
        let data = json!({"t": [
            {"n": 7, "x": 1, "b": true, "t": "1970-01-01T00:00:01+00:00", "d": "1970-01-03", "j": [1], "s": "a"},
            {},
        ]});
        let batch = to_batch(&layout, &data).expect("a batch");
        assert_eq!((batch.num_rows(), batch.num_columns()), (2, 7));
        assert!(batch.columns().iter().all(|column| column.is_null(1) && !column.is_null(0)));
        let array = |place: usize| batch.column(place).as_any();
        assert_eq!(array(0).downcast_ref::<Int64Array>().expect("whole").value(0), 7);
        assert_eq!(
            array(3).downcast_ref::<TimestampMicrosecondArray>().expect("instants").value(0),
            1_000_000
        );
        assert_eq!(array(4).downcast_ref::<Date32Array>().expect("days").value(0), 2);
        assert_eq!(array(5).downcast_ref::<StringArray>().expect("texts").value(0), "[1]");
        let empty = to_batch(&layout, &json!({"t": []})).expect("a batch");
        assert_eq!((empty.num_rows(), empty.schema()), (0, batch.schema()));
    }

    #[test]
    fn a_value_of_another_kind_is_a_failure() {
        let layout = layout(&[("n", Kind::Int)]);
        assert!(to_batch(&layout, &json!({"t": [{"n": "7"}]})).is_err());
    }
}
