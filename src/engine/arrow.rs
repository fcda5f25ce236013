//! Typed column readers: by name, with the expected type; an error names both.

use super::Error;
use arrow::array::{
    Array, ArrowPrimitiveType, AsArray, BooleanArray, Float64Array, Int64Array, PrimitiveArray, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type, UInt64Type};
use chrono::{DateTime, Utc};

fn column<'b, T>(
    batch: &'b RecordBatch,
    name: &str,
    expected: &'static str,
    cast: impl Fn(&'b dyn Array) -> Option<&'b T>,
) -> Result<&'b T, Error> {
    let found = batch.column_by_name(name);
    found.and_then(|array| cast(array.as_ref())).ok_or_else(|| Error::Column {
        name: name.to_owned(),
        expected,
        found: found.map_or_else(|| "no such column".to_owned(), |array| array.data_type().to_string()),
    })
}

/// A column of texts.
pub fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray, Error> {
    column(batch, name, "text", |array| array.as_string_opt::<i32>())
}

/// A column of truth values.
pub fn booleans<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b BooleanArray, Error> {
    column(batch, name, "boolean", |array| array.as_boolean_opt())
}

/// A column of instants.
pub fn instants<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b TimestampMicrosecondArray, Error> {
    column(batch, name, "timestamp", |array| array.as_primitive_opt::<TimestampMicrosecondType>())
}

/// A column of 64-bit whole numbers.
pub fn integers<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b Int64Array, Error> {
    column(batch, name, "64-bit integer", |array| array.as_primitive_opt::<Int64Type>())
}

/// A column of 32-bit whole numbers.
pub fn small_integers<'b>(
    batch: &'b RecordBatch,
    name: &str,
) -> Result<&'b PrimitiveArray<Int32Type>, Error> {
    column(batch, name, "32-bit integer", |array| array.as_primitive_opt::<Int32Type>())
}

/// A column of unsigned 64-bit whole numbers.
pub fn naturals<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b PrimitiveArray<UInt64Type>, Error> {
    column(batch, name, "unsigned 64-bit integer", |array| array.as_primitive_opt::<UInt64Type>())
}

/// A column of bit sets.
pub fn masks<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b PrimitiveArray<UInt32Type>, Error> {
    column(batch, name, "unsigned 32-bit integer", |array| array.as_primitive_opt::<UInt32Type>())
}

/// A column of floating-point numbers.
pub fn floats<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b Float64Array, Error> {
    column(batch, name, "double", |array| array.as_primitive_opt::<Float64Type>())
}

/// The value of a row, or `None` where it is null.
#[must_use]
pub fn value<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    array.is_valid(row).then(|| array.value(row))
}

/// The text of a row, or `None` where it is null.
#[must_use]
pub fn text(array: &StringArray, row: usize) -> Option<String> {
    array.is_valid(row).then(|| array.value(row).to_owned())
}

/// The instant of a row, or `None` where it is null.
#[must_use]
pub fn instant(array: &TimestampMicrosecondArray, row: usize) -> Option<DateTime<Utc>> {
    value(array, row).and_then(DateTime::from_timestamp_micros)
}

/// The texts of a list column's row, null where an item is; none where the list is null.
pub fn maybe_text_list(batch: &RecordBatch, name: &str, row: usize) -> Result<Vec<Option<String>>, Error> {
    let lists = lists(batch, name)?;
    if lists.is_null(row) {
        return Ok(Vec::new());
    }
    let items = lists.value(row);
    let items = items.as_string_opt::<i32>().ok_or_else(|| Error::Column {
        name: name.to_owned(),
        expected: "list of texts",
        found: format!("list of {}", items.data_type()),
    })?;
    Ok(items.iter().map(|item| item.map(str::to_owned)).collect())
}

/// The texts of a list column's row without its nulls.
pub fn text_list(batch: &RecordBatch, name: &str, row: usize) -> Result<Vec<String>, Error> {
    Ok(maybe_text_list(batch, name, row)?.into_iter().flatten().collect())
}

/// A column of lists.
pub fn lists<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b arrow::array::ListArray, Error> {
    column(batch, name, "list", |array| array.as_list_opt::<i32>())
}
