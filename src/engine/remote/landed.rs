//! What the other engine sent, as temporary tables of a connection.

use crate::engine::scope::Far;
use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use duckdb::Connection;
use std::sync::Arc;

/// The rows of one far read.
#[derive(Debug)]
pub(in crate::engine) struct Landed {
    far: Far,
    batches: Vec<RecordBatch>,
}

impl Landed {
    /// The batches with the types that the statement expects; an error names what does not fit.
    pub(super) fn new(far: Far, batches: &[RecordBatch]) -> Result<Self, ArrowError> {
        let batches = batches.iter().map(|batch| typed(&far, batch)).collect::<Result<_, _>>()?;
        Ok(Self { far, batches })
    }

    /// Rows and bytes in it.
    pub(super) fn size(&self) -> (u64, u64) {
        let rows = self.batches.iter().map(|batch| batch.num_rows() as u64).sum();
        (rows, self.batches.iter().map(|batch| batch.get_array_memory_size() as u64).sum())
    }

    /// Makes the table in which the statement looks for the rows.
    pub(in crate::engine) fn settle(self, connection: &Connection) -> duckdb::Result<()> {
        let Self { far: Far { relation, columns, .. }, batches } = self;
        let columns: Vec<String> =
            columns.iter().map(|column| format!("{} {}", column.name, column.kind.sql())).collect();
        connection.execute_batch(&format!("create temp table {relation} ({})", columns.join(", ")))?;
        let mut appender = connection.appender_to_catalog_and_db(&relation, "temp", "main")?;
        for batch in batches {
            appender.append_record_batch(batch)?;
        }
        appender.flush()
    }
}

/// A batch with the columns of a far read, in their order and of their types.
fn typed(far: &Far, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    // A value that does not fit its type is an error and no null.
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let mut fields = Vec::with_capacity(far.columns.len());
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(far.columns.len());
    for column in &far.columns {
        let wanted = column.kind.arrow();
        let found = batch.column_by_name(column.name).ok_or_else(|| {
            ArrowError::SchemaError(format!("the distributed engine sent no column {}", column.name))
        })?;
        let array = match found.data_type() {
            have if *have == wanted => Arc::clone(found),
            DataType::Null => new_null_array(&wanted, batch.num_rows()),
            // In whatever zone it is shown, it is the same instant; here it is shown in none.
            DataType::Timestamp(unit, Some(_)) => {
                let utc =
                    cast_with_options(found, &DataType::Timestamp(*unit, Some("UTC".into())), &options)?;
                cast_with_options(&utc, &wanted, &options)?
            }
            _ => cast_with_options(found, &wanted, &options)?,
        };
        fields.push(Field::new(column.name, wanted, true));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}
