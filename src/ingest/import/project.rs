//! Reading an export back: the files of [`crate::store::export`] become writes of a project.
//!
//! Groups come with their history, profiles, memberships from when to when, events with their ids, devices and sessions.
//! What a store gives anew is not read: when changes were received, and when a group was deleted.

use super::{ImportError, Progress, Sink};
use crate::domain::Invalid;
use crate::domain::accept::check_revenue;
use crate::domain::event::{Event, NewEvent, Outcome, Properties, SessionRule};
use crate::domain::identity::{GroupPatch, ProfilePatch};
use crate::domain::limits::Limits;
use crate::domain::write::{Write, Written};
use crate::store::export::{EVENTS, GROUP_HISTORY, MEMBERSHIPS, PROFILES};
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{ArrowPrimitiveType, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fmt::{Debug, Display};
use std::fs::File;
use std::path::Path;

/// Rows that are sent at once.
const BATCH_ROWS: usize = 2_000;

/// What an import of an export did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectReport {
    /// Changes of groups.
    pub changes: u64,
    /// Profiles.
    pub profiles: u64,
    /// Memberships.
    pub memberships: u64,
    /// Events that were stored.
    pub events: u64,
    /// Events that were stored before.
    pub duplicates: u64,
}

/// How the rows of a file become writes.
type Decode<'a> = dyn Fn(&RecordBatch, usize) -> Result<Vec<Write>, Invalid> + 'a;

/// Imports an export. A row that is not what an export holds ends it; it may be run again.
pub fn import_project<E: Debug + Display>(
    folder: &Path,
    now: DateTime<Utc>,
    limits: &Limits,
    progress: &mut Progress<'_>,
    send: &mut Sink<'_, E>,
) -> Result<ProjectReport, ImportError<E>> {
    let mut report = ProjectReport::default();
    let files: [(&str, &Decode<'_>); 4] = [
        (GROUP_HISTORY, &|batch, row| change(batch, row, limits)),
        (PROFILES, &|batch, row| profile(batch, row, limits)),
        (MEMBERSHIPS, &|batch, row| membership(batch, row, limits)),
        (EVENTS, &|batch, row| event(batch, row, now, limits)),
    ];
    // A file that is not there fails before anything is sent.
    let mut open = Vec::new();
    for (name, decode) in files {
        open.push((name, decode, reader::<E>(&folder.join(name))?));
    }
    let total: u64 = open.iter().map(|(_, _, (_, rows))| rows).sum();
    let mut done = 0;
    for (name, decode, (batches, _)) in open {
        let mut row_of_file = 0_u64;
        for batch in batches {
            let batch = batch.map_err(|error| unreadable::<E>(&folder.join(name), error))?;
            let mut writes = Vec::new();
            for row in 0..batch.num_rows() {
                let decoded = decode(&batch, row);
                row_of_file += 1;
                writes.extend(
                    decoded.map_err(|invalid| invalid.within(&format!("{name}, row {row_of_file}")))?,
                );
            }
            done += batch.num_rows() as u64;
            for written in send(writes).map_err(ImportError::Send)? {
                count(&mut report, &written, name)?;
            }
            progress(done, total);
        }
    }
    Ok(report)
}

type Batches = (parquet::arrow::arrow_reader::ParquetRecordBatchReader, u64);

fn reader<E: Debug + Display>(path: &Path) -> Result<Batches, ImportError<E>> {
    let file =
        File::open(path).map_err(|source| ImportError::<E>::File { path: path.to_path_buf(), source })?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| unreadable::<E>(path, error))?;
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|error| unreadable::<E>(path, error))?;
    Ok((reader, rows))
}

fn unreadable<E: Debug + Display>(
    path: &Path,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ImportError<E> {
    ImportError::File { path: path.to_path_buf(), source: std::io::Error::other(error) }
}

fn count(report: &mut ProjectReport, written: &Written, name: &str) -> Result<(), Invalid> {
    match written {
        Written::Event { outcome: Outcome::Accepted, .. } => report.events += 1,
        Written::Event { .. } => report.duplicates += 1,
        Written::Group { .. } | Written::GroupDeleted(_) => report.changes += 1,
        Written::Profile(_) => report.profiles += 1,
        Written::Memberships if name == MEMBERSHIPS => report.memberships += 1,
        Written::Memberships => {}
        Written::Refused { invalid, .. } => return Err(invalid.clone().within(name)),
    }
    Ok(())
}

fn change(batch: &RecordBatch, row: usize, limits: &Limits) -> Result<Vec<Write>, Invalid> {
    let id = text(batch, "id", row)?;
    limits.check_id("id", &id)?;
    let is_deleted = batch.column_by_name("is_deleted").and_then(|column| column.as_boolean_opt());
    if is_deleted.ok_or_else(|| missing("is_deleted", "truth values"))?.value(row) {
        return Ok(vec![Write::DeleteGroup { id }]);
    }
    let (group_type, name) = (text(batch, "type", row)?, text(batch, "name", row)?);
    limits.check_id("type", &group_type)?;
    limits.check_group_name("name", &name)?;
    let (properties, effective_at) =
        (json(batch, "patch", row, limits)?, instant(batch, "effective_at", row)?);
    Ok(vec![Write::UpsertGroup(GroupPatch { id, group_type, name, properties, effective_at })])
}

fn profile(batch: &RecordBatch, row: usize, limits: &Limits) -> Result<Vec<Write>, Invalid> {
    let id = text(batch, "id", row)?;
    limits.check_id("id", &id)?;
    let maybe = |name: &str| {
        let found = maybe_text(batch, name, row)?;
        found.as_deref().map_or(Ok(()), |text| limits.check_text(name, text))?;
        Ok::<_, Invalid>(found)
    };
    Ok(vec![Write::Identify(ProfilePatch {
        id,
        first_name: maybe("first_name")?,
        last_name: maybe("last_name")?,
        email: maybe("email")?,
        avatar: maybe("avatar")?,
        properties: json(batch, "properties", row, limits)?,
    })])
}

fn membership(batch: &RecordBatch, row: usize, limits: &Limits) -> Result<Vec<Write>, Invalid> {
    let (profile_id, group) = (text(batch, "profile_id", row)?, text(batch, "group_id", row)?);
    limits.check_id("profile_id", &profile_id)?;
    let group_ids = limits.check_groups("group_id", vec![group])?;
    let (joined_at, left_at) = (instant(batch, "joined_at", row)?, instant(batch, "left_at", row)?);
    let left = left_at.map(|_| Write::LeaveGroups {
        profile_id: profile_id.clone(),
        group_ids: group_ids.clone(),
        left_at,
    });
    let joined = Write::JoinGroups { profile_id, group_ids, joined_at };
    Ok(std::iter::once(joined).chain(left).collect())
}

fn event(
    batch: &RecordBatch,
    row: usize,
    now: DateTime<Utc>,
    limits: &Limits,
) -> Result<Vec<Write>, Invalid> {
    let (id, name) = (text(batch, "id", row)?, text(batch, "name", row)?);
    limits.check_id("id", &id)?;
    limits.check_event_name("name", &name)?;
    let id_in = |name: &str| {
        let found = maybe_text(batch, name, row)?;
        found.as_deref().map_or(Ok(()), |id| limits.check_id(name, id))?;
        Ok::<_, Invalid>(found)
    };
    let revenue = number::<Int64Type>(batch, "revenue", row)?;
    revenue.map_or(Ok(()), |amount| check_revenue("revenue", amount))?;
    let occurred_at = instant(batch, "occurred_at", row)?;
    let event = Event {
        id,
        name,
        profile_id: id_in("profile_id")?,
        device_id: id_in("device_id")?,
        session_id: id_in("session_id")?,
        groups: limits.check_groups("groups", text_list(batch, "groups", row)?)?,
        path: maybe_text(batch, "path", row)?,
        properties: json(batch, "properties", row, limits)?,
        revenue,
        occurred_at: occurred_at.ok_or_else(|| Invalid::new("occurred_at", "is empty"))?,
        received_at: instant(batch, "received_at", row)?.unwrap_or(now),
    };
    Ok(vec![Write::Track(Box::new(NewEvent {
        event,
        attach_memberships: false,
        session: SessionRule::AsGiven,
    }))])
}

fn wrong(field: &str, error: &impl Display) -> Invalid {
    Invalid::new(field, format!("is not what an export holds: {error}"))
}

fn missing(field: &str, kind: &str) -> Invalid {
    Invalid::new(field, format!("is not what an export holds: there is no column of {kind} with this name"))
}

fn in_row(texts: &StringArray, row: usize) -> Option<String> {
    texts.is_valid(row).then(|| texts.value(row).to_owned())
}

fn maybe_text(batch: &RecordBatch, name: &str, row: usize) -> Result<Option<String>, Invalid> {
    let texts = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    Ok(in_row(texts.ok_or_else(|| missing(name, "texts"))?, row))
}

fn text_list(batch: &RecordBatch, name: &str, row: usize) -> Result<Vec<String>, Invalid> {
    let lists = batch.column_by_name(name).and_then(|column| column.as_list_opt::<i32>());
    let list = lists.ok_or_else(|| missing(name, "lists"))?.value(row);
    let texts = list.as_string_opt::<i32>().ok_or_else(|| missing(name, "lists of texts"))?;
    Ok((0..texts.len()).filter_map(|place| in_row(texts, place)).collect())
}

fn number<T: ArrowPrimitiveType>(
    batch: &RecordBatch,
    name: &str,
    row: usize,
) -> Result<Option<T::Native>, Invalid> {
    let numbers = batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<T>());
    let numbers = numbers.ok_or_else(|| missing(name, "numbers or instants"))?;
    Ok(numbers.is_valid(row).then(|| numbers.value(row)))
}

fn text(batch: &RecordBatch, name: &str, row: usize) -> Result<String, Invalid> {
    maybe_text(batch, name, row)?.ok_or_else(|| Invalid::new(name, "is empty"))
}

fn instant(batch: &RecordBatch, name: &str, row: usize) -> Result<Option<DateTime<Utc>>, Invalid> {
    let micros = number::<TimestampMicrosecondType>(batch, name, row)?;
    Ok(micros.and_then(DateTime::from_timestamp_micros))
}

fn json(batch: &RecordBatch, name: &str, row: usize, limits: &Limits) -> Result<Properties, Invalid> {
    let properties: Properties =
        serde_json::from_str(&text(batch, name, row)?).map_err(|error| wrong(name, &error))?;
    limits.check_properties(name, &properties)?;
    Ok(properties)
}
