//! Facts as Arrow: the shape they have in the log and in the hot tables.

use super::facts::{EventRow, Facts, GroupVersion, KeyRow, Membership, ProfileVersion, Table, json};
use crate::domain::identity::ProjectKey;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray, UInt8Array, UInt16Array, UInt32Array, UInt32Builder, UInt64Array,
};
use arrow::compute::{is_not_null, take};
use arrow::datatypes::{DataType, Field, Schema, UInt32Type};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use std::sync::Arc;

impl Facts {
    /// The rows as Arrow, one batch for each kind that has any.
    pub(super) fn to_batches(&self) -> Result<Vec<(Table, RecordBatch)>, ArrowError> {
        let mut batches = Vec::new();
        if !self.events.is_empty() {
            batches.push((Table::Events, events_batch(&self.events)?));
        }
        if !self.group_versions.is_empty() {
            batches.push((Table::GroupVersions, group_versions_batch(&self.group_versions)?));
        }
        if !self.profile_versions.is_empty() {
            batches.push((Table::ProfileVersions, profile_versions_batch(&self.profile_versions)?));
        }
        if !self.memberships.is_empty() {
            batches.push((Table::Memberships, memberships_batch(&self.memberships)?));
        }
        if !self.keys.is_empty() {
            batches.push((Table::Keys, keys_batch(&self.keys)?));
        }
        Ok(batches)
    }
}

/// A column on its way into a batch: its name, whether it may be null, its values.
type Column = (&'static str, bool, ArrayRef);

fn batch(columns: Vec<Column>) -> Result<RecordBatch, ArrowError> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, null, array)| Field::new(*name, array.data_type().clone(), *null))
        .collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, _, array)| array).collect(),
    )
}

fn text<'a, T>(rows: &'a [T], get: impl Fn(&'a T) -> &'a str) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(get)))
}

fn maybe_text<'a, T>(rows: &'a [T], get: impl Fn(&'a T) -> &'a Option<String>) -> ArrayRef {
    Arc::new(rows.iter().map(|row| get(row).as_deref()).collect::<StringArray>())
}

fn number<T>(rows: &[T], get: impl Fn(&T) -> u64) -> ArrayRef {
    Arc::new(UInt64Array::from_iter_values(rows.iter().map(get)))
}

fn key<T>(rows: &[T], get: impl Fn(&T) -> u32) -> ArrayRef {
    Arc::new(UInt32Array::from_iter_values(rows.iter().map(get)))
}

fn project<T>(rows: &[T], get: impl Fn(&T) -> ProjectKey) -> ArrayRef {
    Arc::new(UInt32Array::from_iter_values(rows.iter().map(|row| get(row).0)))
}

fn instant<T>(rows: &[T], get: impl Fn(&T) -> DateTime<Utc>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| get(row).timestamp_micros())))
}

fn events_batch(rows: &[EventRow]) -> Result<RecordBatch, ArrowError> {
    let item = Arc::new(Field::new("item", DataType::Utf8, true));
    let mut groups = ListBuilder::new(StringBuilder::new()).with_field(item);
    for row in rows {
        for group in &row.event.groups {
            groups.values().append_value(group);
        }
        groups.append(true);
    }
    let item = Arc::new(Field::new("item", DataType::UInt32, true));
    let mut group_keys = ListBuilder::new(UInt32Builder::new()).with_field(item);
    for row in rows {
        group_keys.values().append_slice(&row.keys.groups);
        group_keys.append(true);
    }
    let properties: Vec<String> = rows.iter().map(|row| json(&row.event.properties)).collect();
    batch(vec![
        ("project", false, project(rows, |row| row.project)),
        ("seq", false, number(rows, |row| row.seq)),
        ("id", false, text(rows, |row| &row.event.id)),
        ("name", false, text(rows, |row| &row.event.name)),
        ("profile_id", true, maybe_text(rows, |row| &row.event.profile_id)),
        ("device_id", true, maybe_text(rows, |row| &row.event.device_id)),
        ("session_id", true, maybe_text(rows, |row| &row.event.session_id)),
        ("groups", false, Arc::new(groups.finish())),
        ("path", true, maybe_text(rows, |row| &row.event.path)),
        ("properties", false, Arc::new(StringArray::from(properties))),
        ("revenue", true, Arc::new(rows.iter().map(|row| row.event.revenue).collect::<Int64Array>())),
        ("occurred_at", false, instant(rows, |row| row.event.occurred_at)),
        ("received_at", false, instant(rows, |row| row.event.received_at)),
        ("name_key", false, key(rows, |row| row.keys.name)),
        ("user_key", true, Arc::new(rows.iter().map(|row| row.keys.user).collect::<UInt32Array>())),
        ("path_key", true, Arc::new(rows.iter().map(|row| row.keys.path).collect::<UInt32Array>())),
        ("group_keys", false, Arc::new(group_keys.finish())),
    ])
}

fn group_versions_batch(rows: &[GroupVersion]) -> Result<RecordBatch, ArrowError> {
    let is_deleted: BooleanArray = rows.iter().map(|row| Some(row.is_deleted)).collect();
    batch(vec![
        ("project", false, project(rows, |row| row.project)),
        ("seq", false, number(rows, |row| row.seq)),
        ("change_seq", false, number(rows, |row| row.change_seq)),
        ("group_id", false, text(rows, |row| &row.group_id)),
        ("group_key", false, key(rows, |row| row.group_key)),
        ("life", false, number(rows, |row| row.life)),
        ("is_deleted", false, Arc::new(is_deleted)),
        ("group_type", false, text(rows, |row| &row.group_type)),
        ("name", false, text(rows, |row| &row.name)),
        ("patch", false, text(rows, |row| &row.patch)),
        ("properties", false, text(rows, |row| &row.properties)),
        ("effective_at", false, instant(rows, |row| row.effective_at)),
        ("changed_at", false, instant(rows, |row| row.changed_at)),
        ("created_at", false, instant(rows, |row| row.created_at)),
    ])
}

fn profile_versions_batch(rows: &[ProfileVersion]) -> Result<RecordBatch, ArrowError> {
    batch(vec![
        ("project", false, project(rows, |row| row.project)),
        ("seq", false, number(rows, |row| row.seq)),
        ("profile_id", false, text(rows, |row| &row.profile_id)),
        ("user_key", false, key(rows, |row| row.user_key)),
        ("first_name", true, maybe_text(rows, |row| &row.first_name)),
        ("last_name", true, maybe_text(rows, |row| &row.last_name)),
        ("email", true, maybe_text(rows, |row| &row.email)),
        ("avatar", true, maybe_text(rows, |row| &row.avatar)),
        ("properties", false, text(rows, |row| &row.properties)),
        ("created_at", false, instant(rows, |row| row.created_at)),
        ("updated_at", false, instant(rows, |row| row.updated_at)),
    ])
}

fn memberships_batch(rows: &[Membership]) -> Result<RecordBatch, ArrowError> {
    let left: Vec<Option<i64>> =
        rows.iter().map(|row| row.left_at.map(|instant| instant.timestamp_micros())).collect();
    let left = TimestampMicrosecondArray::from(left);
    debug_assert_eq!(left.values().len(), rows.len());
    batch(vec![
        ("project", false, project(rows, |row| row.project)),
        ("seq", false, number(rows, |row| row.seq)),
        ("membership_seq", false, number(rows, |row| row.membership_seq)),
        ("profile_id", false, text(rows, |row| &row.profile_id)),
        ("user_key", false, key(rows, |row| row.user_key)),
        ("group_id", false, text(rows, |row| &row.group_id)),
        ("group_key", false, key(rows, |row| row.group_key)),
        ("joined_at", false, instant(rows, |row| row.joined_at)),
        ("left_at", true, Arc::new(left)),
    ])
}

fn keys_batch(rows: &[KeyRow]) -> Result<RecordBatch, ArrowError> {
    let kinds = UInt8Array::from_iter_values(rows.iter().map(|row| row.kind.number()));
    batch(vec![
        ("project", false, project(rows, |row| row.project)),
        ("seq", false, number(rows, |row| row.seq)),
        ("kind", false, Arc::new(kinds)),
        ("key", false, key(rows, |row| row.key)),
        ("text", false, text(rows, |row| &row.text)),
    ])
}

/// Each event once for each of its groups, or once without any: the rows from which everything else is derived.
///
/// Columns: `project group_key place seq occurred_at name_key user_key is_identified path_key`. `place` is the
/// group's place in the event's list, from 0; an event without groups has one row with place 0 and no group.
pub(super) fn placed_batch(events: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let column = |name: &str| {
        events.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("events have no {name}")))
    };
    let group_keys = column("group_keys")?.as_list::<i32>();
    let keys = group_keys.values().as_primitive::<UInt32Type>();
    let (mut rows, mut groups, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for (row, bounds) in (0_u32..).zip(group_keys.value_offsets().windows(2)) {
        let bounds = bounds[0]..bounds[1];
        if bounds.is_empty() {
            rows.push(row);
            groups.push(None);
            places.push(0);
        }
        for (place, index) in (0_u16..).zip(bounds) {
            rows.push(row);
            groups.push(usize::try_from(index).ok().map(|index| keys.value(index)));
            places.push(place);
        }
    }
    let rows = UInt32Array::from(rows);
    let of = |name: &str| take(column(name)?, &rows, None);
    batch(vec![
        ("project", false, of("project")?),
        ("group_key", true, Arc::new(UInt32Array::from(groups))),
        ("place", false, Arc::new(UInt16Array::from(places))),
        ("seq", false, of("seq")?),
        ("occurred_at", false, of("occurred_at")?),
        ("name_key", false, of("name_key")?),
        ("user_key", true, of("user_key")?),
        ("is_identified", false, Arc::new(is_not_null(&of("profile_id")?)?)),
        ("path_key", true, of("path_key")?),
    ])
}
