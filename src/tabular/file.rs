//! An answer as a file: its formats, their names, media types and bytes.

use super::batch::to_batch;
use super::{Layout, to_csv};
use crate::error::Failure;
use arrow::ipc::writer::StreamWriter;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value, json};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The GraphQL answer.
    Json,
    /// One JSON object for each row, one row on each line.
    Ndjson,
    /// Comma-separated values with a header line, for spreadsheets.
    Csv,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Json, Self::Ndjson, Self::Csv, Self::Arrow, Self::Parquet];

    /// How a file's name ends.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Arrow => "application/vnd.apache.arrow.stream",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Writes an answer's data. Only JSON needs no layout.
    pub fn write(
        self,
        layout: &Result<Layout, crate::domain::Invalid>,
        data: &Value,
    ) -> Result<Vec<u8>, Failure> {
        if self == Self::Json {
            return serde_json::to_vec(&json!({ "data": data })).map_err(Failure::internal);
        }
        let layout = layout.as_ref().map_err(|reason| Failure::from(reason.clone()))?;
        match self {
            Self::Json | Self::Csv => to_csv(layout, data).map_err(Failure::internal),
            Self::Ndjson => to_ndjson(layout, data),
            Self::Arrow => to_arrow(layout, data),
            Self::Parquet => to_parquet(layout, data),
        }
    }
}

/// Nested lists and JSON values stay what they are.
fn to_ndjson(layout: &Layout, data: &Value) -> Result<Vec<u8>, Failure> {
    let mut written = Vec::new();
    for row in layout.rows(data) {
        let names = layout.columns.iter().map(|column| column.name.clone());
        let object: Map<String, Value> = names.zip(row.into_iter().cloned()).collect();
        serde_json::to_writer(&mut written, &object).map_err(Failure::internal)?;
        written.push(b'\n');
    }
    Ok(written)
}

fn to_arrow(layout: &Layout, data: &Value) -> Result<Vec<u8>, Failure> {
    let batch = to_batch(layout, data)?;
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).map_err(Failure::internal)?;
    writer.write(&batch).map_err(Failure::internal)?;
    writer.into_inner().map_err(Failure::internal)
}

fn to_parquet(layout: &Layout, data: &Value) -> Result<Vec<u8>, Failure> {
    let batch = to_batch(layout, data)?;
    let compressed = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(compressed).build();
    let writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties));
    let mut writer = writer.map_err(Failure::internal)?;
    writer.write(&batch).map_err(Failure::internal)?;
    writer.into_inner().map_err(Failure::internal)
}
