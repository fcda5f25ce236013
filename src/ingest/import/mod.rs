//! Reading import files: a CSV, TSV, NDJSON or Parquet file and a column mapping become [`Write`]s.
//!
//! ```text
//! file -> rows (one map a row) -> events | entities (mapping, limits) -> batches of writes -> send
//!                                 events also -> observations (groups over time) -> upserts at the end
//! ```
//!
//! - A bad row is counted and reported with its line; the good rows go on. A column that the mapping names
//!   and the file lacks fails the import before anything is sent.
//! - An import that is repeated, or was cut short, may be run again: events have ids of their own (a column,
//!   or a fingerprint of the row), so none is stored twice, and upserts that change nothing write nothing.
//! - Events keep the session they came with, join no groups but those of their row, and have their own time.
//! - How times, types and missing cells are read is said in `times`, `values` and `rows`.

mod entities;
mod events;
mod fingerprint;
mod mapping;
mod observations;
mod project;
mod rows;
#[cfg(test)]
mod tests;
mod times;
mod values;

pub use entities::{import_groups, import_profiles};
pub use mapping::{EventMapping, GroupColumn, GroupMapping, GroupProperty, ProfileMapping};
pub use project::{ProjectReport, import_project};
pub use rows::{Format, Source};

use crate::domain::Invalid;
use crate::domain::event::Outcome;
use crate::domain::limits::Limits;
use crate::domain::time::whole_micros;
use crate::domain::write::{Write, Written};
use chrono::{DateTime, Utc};
use events::EventReader;
use rows::{Fault, Row, Rows};
use std::fmt::{Debug, Display};
use std::io;
use std::path::PathBuf;

/// Is told how much is done and how much there is: bytes of the file, for Parquet rows.
pub type Progress<'a> = dyn FnMut(u64, u64) + 'a;

/// Makes a batch of writes durable and tells what became of each, in their order.
pub type Sink<'a, E> = dyn FnMut(Vec<Write>) -> Result<Vec<Written>, E> + 'a;

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows read, bad ones too.
    pub rows: u64,
    /// Events stored; in an import of groups or profiles: rows whose upsert was taken.
    pub accepted: u64,
    /// Events that were stored before.
    pub duplicates: u64,
    /// Rows of which nothing was stored.
    pub bad: u64,
    /// Why, for the first bad rows and refused upserts.
    pub reasons: Vec<BadRow>,
    /// Distinct groups that the good rows created or touched.
    pub groups: u64,
    /// Upserts after the events that the store refused, such as for too large properties.
    pub refused_groups: u64,
}

/// Why a row was not imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its line in the file, from 1; for Parquet the row's number. 0: a group that several rows speak of.
    pub line: u64,
    /// What is wrong, safe to show.
    pub reason: String,
}

/// Why an import ended early. What was sent before stays; the import may be run again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E: Debug + Display> {
    /// The arguments and the file do not fit. Nothing was sent.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The file cannot be read, or not to its end.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A batch could not be made durable.
    #[error("{0}")]
    Send(E),
}

impl<E: Debug + Display> ImportError<E> {
    fn from_fault(fault: Fault, source: &Source) -> Self {
        match fault {
            Fault::Invalid(invalid) => Self::Invalid(invalid),
            Fault::File(error) => Self::File { path: source.file.clone(), source: error },
        }
    }
}

/// Imports events, and the groups that `--group` columns name.
///
/// `now` is the present: when the events are received. Events are sent as they are read, in batches of at
/// most 5,000 writes; the groups follow after the last event, each with the changes of its properties in time
/// order.
pub fn import_events<E: Debug + Display>(
    source: &Source,
    mapping: &EventMapping,
    now: DateTime<Utc>,
    limits: &Limits,
    progress: &mut Progress<'_>,
    send: &mut Sink<'_, E>,
) -> Result<Report, ImportError<E>> {
    mapping.check()?;
    mapping.group.iter().try_for_each(|group| limits.check_id("--group", &group.group_type))?;
    let mut rows =
        Rows::open(source, &mapping.wanted()).map_err(|fault| ImportError::from_fault(fault, source))?;
    let mut reader = EventReader::new(mapping, rows.is_untyped(), whole_micros(now), limits);
    let mut outbox = Outbox::new(limits, send);
    outbox.send_rows(source, &mut rows, progress, &mut |row| {
        reader.read(row).map(|event| Write::Track(Box::new(event)))
    })?;
    let groups =
        reader.into_observations().upserts(&mut |patch| outbox.push(NO_ROW, 0, Write::UpsertGroup(patch)))?;
    let mut report = outbox.finish()?;
    report.groups = groups;
    Ok(report)
}

/// Writes of one batch, at most.
const MOST_WRITES: usize = 5_000;
/// Bytes of the rows of one batch, about.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// The line of the upserts that follow the events: they are no rows.
const NO_ROW: u64 = 0;
/// Bad rows whose reasons are kept.
const MOST_REASONS: usize = 10;
/// Rows between two reports of progress.
const ROWS_A_REPORT: u64 = 1_000;

/// Collects writes into batches, sends them and counts what became of them.
struct Outbox<'a, 's, E> {
    send: &'a mut Sink<'s, E>,
    most_writes: usize,
    writes: Vec<Write>,
    /// The line of each write.
    lines: Vec<u64>,
    bytes: usize,
    report: Report,
}

impl<'a, 's, E: Debug + Display> Outbox<'a, 's, E> {
    fn new(limits: &Limits, send: &'a mut Sink<'s, E>) -> Self {
        let most_writes = limits.batch_events.clamp(1, MOST_WRITES);
        Self { send, most_writes, writes: Vec::new(), lines: Vec::new(), bytes: 0, report: Report::default() }
    }

    /// Sends what `read` makes of every row.
    fn send_rows(
        &mut self,
        source: &Source,
        rows: &mut Rows,
        progress: &mut Progress<'_>,
        read: &mut dyn FnMut(Row) -> Result<Write, Invalid>,
    ) -> Result<(), ImportError<E>> {
        let failed = |error| ImportError::File { path: source.file.clone(), source: error };
        while let Some(row) = rows.next().map_err(failed)? {
            self.report.rows += 1;
            match row {
                Err(bad) => self.refuse(bad),
                Ok(row) => {
                    let (line, bytes) = (row.line, row.bytes);
                    match read(row) {
                        Ok(write) => self.push(line, bytes, write)?,
                        Err(invalid) => self.refuse(BadRow { line, reason: invalid.to_string() }),
                    }
                }
            }
            if self.report.rows.is_multiple_of(ROWS_A_REPORT) {
                let (done, total) = rows.progress();
                progress(done, total);
            }
        }
        let (done, total) = rows.progress();
        progress(done, total);
        Ok(())
    }

    fn push(&mut self, line: u64, bytes: usize, write: Write) -> Result<(), ImportError<E>> {
        self.writes.push(write);
        self.lines.push(line);
        self.bytes += bytes;
        if self.writes.len() >= self.most_writes || self.bytes >= MOST_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), ImportError<E>> {
        self.bytes = 0;
        if self.writes.is_empty() {
            return Ok(());
        }
        let written = (self.send)(std::mem::take(&mut self.writes)).map_err(ImportError::Send)?;
        for (line, written) in std::mem::take(&mut self.lines).into_iter().zip(written) {
            match written {
                Written::Event { outcome: Outcome::Accepted, .. } => self.report.accepted += 1,
                Written::Event { outcome: Outcome::Duplicate, .. } => self.report.duplicates += 1,
                Written::Refused { invalid, .. } => self.refuse(BadRow { line, reason: invalid.to_string() }),
                _ if line == NO_ROW => {}
                _ => self.report.accepted += 1,
            }
        }
        Ok(())
    }

    fn refuse(&mut self, bad: BadRow) {
        let count = if bad.line == NO_ROW { &mut self.report.refused_groups } else { &mut self.report.bad };
        *count += 1;
        if self.report.reasons.len() < MOST_REASONS {
            self.report.reasons.push(bad);
        }
    }

    fn finish(mut self) -> Result<Report, ImportError<E>> {
        self.flush()?;
        Ok(self.report)
    }
}
