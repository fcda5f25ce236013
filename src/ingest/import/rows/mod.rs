//! Files as rows: one way to read CSV, TSV, NDJSON and Parquet.
//!
//! A row is a map from column to value. What a row lacks (an empty CSV cell, a JSON `null` or absent key, a
//! Parquet null) is absent. Cells of CSV and TSV are texts; NDJSON and Parquet keep their types.

mod csv;
mod lines;
mod ndjson;
mod parquet;

use super::BadRow;
use crate::domain::Invalid;
use crate::domain::event::Properties;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Comma-separated values with a header line.
    Csv,
    /// Tab-separated values with a header line.
    Tsv,
    /// One JSON object a line.
    #[value(alias = "jsonl")]
    Ndjson,
    /// Apache Parquet.
    Parquet,
}

/// The file to read.
#[derive(Debug, Clone, clap::Args)]
pub struct Source {
    /// The file to import: .csv, .tsv, .ndjson, .jsonl or .parquet
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The kind of file, where its extension does not tell
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
}

impl Source {
    /// A file whose extension tells its format.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), format: None }
    }

    /// The given format, or that of the extension.
    pub fn format(&self) -> Result<Format, Invalid> {
        let extension = self.file.extension().unwrap_or_default().to_ascii_lowercase();
        let by_extension = match extension.to_str() {
            Some("csv") => Some(Format::Csv),
            Some("tsv") => Some(Format::Tsv),
            Some("ndjson" | "jsonl") => Some(Format::Ndjson),
            Some("parquet") => Some(Format::Parquet),
            _ => None,
        };
        self.format.or(by_extension).ok_or_else(|| {
            let reason = "has an extension that tells no format; add --format csv, tsv, ndjson or parquet";
            Invalid::new(self.file.display().to_string(), reason)
        })
    }
}

/// One row of a file.
#[derive(Debug)]
pub(super) struct Row {
    /// Its line in the file, from 1 (Parquet: its row number).
    pub(super) line: u64,
    /// Roughly its size, bytes.
    pub(super) bytes: usize,
    /// Its cells by column.
    pub(super) cells: Properties,
}

/// Why a file cannot be read on.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file or the mapping is not as it should be.
    Invalid(Invalid),
    /// The operating system or the Parquet decoder gave up.
    File(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<Invalid> for Fault {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

/// The rows of a file that has every wanted column.
pub(super) struct Rows {
    reader: Reader,
    total_bytes: u64,
}

enum Reader {
    Csv(csv::CsvRows<BufReader<File>>),
    Ndjson(ndjson::NdjsonRows<BufReader<File>>),
    Parquet(Box<parquet::ParquetRows>),
}

impl Rows {
    /// Opens a file and checks that it has the wanted columns, given with the flag that names each.
    ///
    /// In NDJSON a column exists if some row has it; the error names the columns that exist.
    pub(super) fn open(source: &Source, wanted: &[(String, &str)]) -> Result<Self, Fault> {
        let format = source.format()?;
        let file = File::open(&source.file)?;
        let total_bytes = file.metadata()?.len();
        let (reader, columns) = match format {
            Format::Csv | Format::Tsv => {
                let separator = if format == Format::Csv { b',' } else { b'\t' };
                let rows = csv::CsvRows::open(buffered(file), separator)?;
                let columns = rows.columns().to_vec();
                (Reader::Csv(rows), columns)
            }
            Format::Ndjson => {
                let names: Vec<&str> = wanted.iter().map(|(_, column)| *column).collect();
                let columns = ndjson::NdjsonRows::new(buffered(file)).find_columns(&names)?;
                (Reader::Ndjson(ndjson::NdjsonRows::new(buffered(File::open(&source.file)?))), columns)
            }
            Format::Parquet => {
                let rows = parquet::ParquetRows::open(file)?;
                let columns = rows.columns().to_vec();
                (Reader::Parquet(Box::new(rows)), columns)
            }
        };
        check_columns(&source.file, &columns, wanted)?;
        Ok(Self { reader, total_bytes })
    }

    /// The next row, or why it is bad; `None` after the last.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row, BadRow>>> {
        match &mut self.reader {
            Reader::Csv(rows) => rows.next(),
            Reader::Ndjson(rows) => rows.next(),
            Reader::Parquet(rows) => rows.next(),
        }
    }

    /// Whether every cell is text, so that numbers have to be told from their digits.
    pub(super) fn is_untyped(&self) -> bool {
        matches!(self.reader, Reader::Csv(_))
    }

    /// How much has been read, and how much there is: bytes, for Parquet rows.
    pub(super) fn progress(&self) -> (u64, u64) {
        match &self.reader {
            Reader::Csv(rows) => (rows.bytes_read(), self.total_bytes),
            Reader::Ndjson(rows) => (rows.bytes_read(), self.total_bytes),
            Reader::Parquet(rows) => rows.progress(),
        }
    }
}

fn buffered(file: File) -> BufReader<File> {
    BufReader::with_capacity(1 << 16, file)
}

/// Refuses a file in which a name stands for two columns, or a wanted column for none.
fn check_columns(file: &Path, columns: &[String], wanted: &[(String, &str)]) -> Result<(), Invalid> {
    let mut existing = HashSet::new();
    if let Some(twice) = columns.iter().find(|column| !existing.insert(column.as_str())) {
        let reason = format!("has two columns \"{twice}\"; rename one");
        return Err(Invalid::new(file.display().to_string(), reason));
    }
    let Some((flag, column)) = wanted.iter().find(|(_, column)| !existing.contains(column)) else {
        return Ok(());
    };
    let mut names: Vec<&str> = columns.iter().map(String::as_str).take(100).collect();
    if columns.len() > names.len() {
        names.push("…");
    }
    let there_are = match names.as_slice() {
        [] => "has no columns at all".to_owned(),
        names => format!("has: {}", names.join(", ")),
    };
    Err(Invalid::new(flag, format!("names the column \"{column}\", which the file lacks; it {there_are}")))
}
