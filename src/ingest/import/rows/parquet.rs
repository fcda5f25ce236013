//! Rows of a Parquet file. Types are kept as far as JSON has them.
//!
//! Integers, floats, booleans, texts, lists, structs and maps become their JSON counterparts; decimals become
//! numbers where a double holds all their digits, else text; timestamps become RFC 3339 text (with `Z` if the
//! column has a time zone), dates `YYYY-MM-DD`; bytes become text if they are UTF-8, else hexadecimal digits;
//! not-a-number and infinity, which JSON lacks, are no cell.

use super::{BadRow, Row};
use crate::domain::event::Properties;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{self as types, DataType, TimeUnit};
use arrow::error::ArrowError;
use arrow::util::display::array_value_to_string;
use chrono::{DateTime, NaiveDate, SecondsFormat};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde_json::{Number, Value};
use std::fs::File;
use std::io;

/// The rows of one file.
pub(super) struct ParquetRows {
    batches: ParquetRecordBatchReader,
    batch: Option<RecordBatch>,
    /// The next row of the batch.
    at: usize,
    columns: Vec<String>,
    rows_read: u64,
    rows: u64,
}

impl ParquetRows {
    /// Reads the file's footer.
    pub(super) fn open(file: File) -> io::Result<Self> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(io::Error::other)?;
        let columns = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let batches = builder.with_batch_size(1024).build().map_err(io::Error::other)?;
        Ok(Self { batches, batch: None, at: 0, columns, rows_read: 0, rows })
    }

    /// The columns, in the file's order.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Rows read so far, and rows in the file.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.rows_read, self.rows)
    }

    /// The next row. Its line is its number in the file, from 1.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row, BadRow>>> {
        let batch = loop {
            match &self.batch {
                Some(batch) if self.at < batch.num_rows() => break batch,
                _ => {}
            }
            self.at = 0;
            self.batch = self.batches.next().transpose().map_err(io::Error::other)?;
            if self.batch.is_none() {
                return Ok(None);
            }
        };
        let at = self.at;
        self.at += 1;
        self.rows_read += 1;
        let line = self.rows_read;
        let mut cells = Properties::with_capacity(self.columns.len());
        let mut bytes = 0;
        for (column, array) in self.columns.iter().zip(batch.columns()) {
            match cell(array, at) {
                Ok(Value::Null) => {}
                Ok(value) => {
                    bytes += column.len() + weight(&value);
                    cells.insert(column.clone(), value);
                }
                Err(reason) => return Ok(Some(Err(BadRow { line, reason: format!("{column}: {reason}") }))),
            }
        }
        Ok(Some(Ok(Row { line, bytes, cells })))
    }
}

/// Roughly the bytes of a value, to keep batches small.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
        _ => 8,
    }
}

/// One cell as JSON; an error says why it has no counterpart.
fn cell(array: &ArrayRef, at: usize) -> Result<Value, ArrowError> {
    macro_rules! number {
        ($kind:ident) => {
            array.as_primitive::<types::$kind>().value(at)
        };
    }
    if array.is_null(at) {
        return Ok(Value::Null);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Null,
        DataType::Boolean => array.as_boolean().value(at).into(),
        DataType::Int8 => number!(Int8Type).into(),
        DataType::Int16 => number!(Int16Type).into(),
        DataType::Int32 => number!(Int32Type).into(),
        DataType::Int64 => number!(Int64Type).into(),
        DataType::UInt8 => number!(UInt8Type).into(),
        DataType::UInt16 => number!(UInt16Type).into(),
        DataType::UInt32 => number!(UInt32Type).into(),
        DataType::UInt64 => number!(UInt64Type).into(),
        // The shortest digits of a narrow float, not those of its image among the wide ones.
        DataType::Float16 => float(&number!(Float16Type).to_string()),
        DataType::Float32 => float(&number!(Float32Type).to_string()),
        DataType::Float64 => Number::from_f64(number!(Float64Type)).map_or(Value::Null, Value::Number),
        DataType::Decimal32(..) => decimal(array.as_primitive::<types::Decimal32Type>().value_as_string(at)),
        DataType::Decimal64(..) => decimal(array.as_primitive::<types::Decimal64Type>().value_as_string(at)),
        DataType::Decimal128(..) => {
            decimal(array.as_primitive::<types::Decimal128Type>().value_as_string(at))
        }
        DataType::Decimal256(..) => {
            decimal(array.as_primitive::<types::Decimal256Type>().value_as_string(at))
        }
        DataType::Utf8 => array.as_string::<i32>().value(at).into(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(at).into(),
        DataType::Utf8View => array.as_string_view().value(at).into(),
        DataType::Binary => bytes(array.as_binary::<i32>().value(at)),
        DataType::LargeBinary => bytes(array.as_binary::<i64>().value(at)),
        DataType::BinaryView => bytes(array.as_binary_view().value(at)),
        DataType::FixedSizeBinary(_) => bytes(array.as_fixed_size_binary().value(at)),
        DataType::Timestamp(unit, zone) => {
            let (count, per_second) = match unit {
                TimeUnit::Second => (number!(TimestampSecondType), 1),
                TimeUnit::Millisecond => (number!(TimestampMillisecondType), 1_000),
                TimeUnit::Microsecond => (number!(TimestampMicrosecondType), 1_000_000),
                TimeUnit::Nanosecond => (number!(TimestampNanosecondType), 1_000_000_000),
            };
            timestamp(count, per_second, zone.is_some())?
        }
        DataType::Date32 => date(i64::from(number!(Date32Type)))?,
        DataType::Date64 => date(number!(Date64Type).div_euclid(86_400_000))?,
        DataType::List(_) => list(&array.as_list::<i32>().value(at))?,
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(at))?,
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(at))?,
        DataType::Struct(fields) => {
            let cells = fields.iter().zip(array.as_struct().columns());
            let cells = cells.map(|(field, inner)| Ok((field.name().clone(), cell(inner, at)?)));
            Value::Object(cells.collect::<Result<_, ArrowError>>()?)
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(at);
            let cells = (0..entries.len()).map(|entry| {
                let key = match cell(entries.column(0), entry)? {
                    Value::String(key) => key,
                    other => other.to_string(),
                };
                Ok((key, cell(entries.column(1), entry)?))
            });
            Value::Object(cells.collect::<Result<_, ArrowError>>()?)
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let key = array_value_to_string(dictionary.keys(), at)?.parse::<usize>();
            let key =
                key.map_err(|_| ArrowError::InvalidArgumentError("is no valid dictionary key".to_owned()))?;
            cell(dictionary.values(), key)?
        }
        _ => array_value_to_string(array, at)?.into(),
    })
}

fn list(items: &ArrayRef) -> Result<Value, ArrowError> {
    (0..items.len()).map(|at| cell(items, at)).collect::<Result<_, _>>().map(Value::Array)
}

fn float(digits: &str) -> Value {
    digits.parse().ok().and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}

fn decimal(digits: String) -> Value {
    if let Ok(whole) = digits.parse::<i64>() {
        return whole.into();
    }
    let significant = digits.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    if significant <= 15 { float(&digits) } else { Value::String(digits) }
}

fn bytes(bytes: &[u8]) -> Value {
    let text = String::from_utf8(bytes.to_vec());
    text.unwrap_or_else(|_| bytes.iter().flat_map(|byte| [hex(byte >> 4), hex(byte & 15)]).collect()).into()
}

fn hex(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

fn timestamp(count: i64, per_second: i64, has_zone: bool) -> Result<Value, ArrowError> {
    let nanos = count.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let instant = DateTime::from_timestamp(count.div_euclid(per_second), u32::try_from(nanos).unwrap_or(0));
    let instant = instant.ok_or_else(out_of_range)?;
    let text = instant.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    Ok(if has_zone { text } else { text.trim_end_matches('Z').to_owned() }.into())
}

fn date(days: i64) -> Result<Value, ArrowError> {
    let since_year_one = i32::try_from(days).ok().and_then(|days| days.checked_add(719_163));
    let date = since_year_one.and_then(NaiveDate::from_num_days_from_ce_opt).ok_or_else(out_of_range)?;
    Ok(date.to_string().into())
}

fn out_of_range() -> ArrowError {
    ArrowError::InvalidArgumentError("lies outside the years 1 to 9998".to_owned())
}
