//! Facts: what the log holds, row by row, and their one conversion to Arrow.
//!
//! Everything the store keeps of a project's data is one of four kinds of append-only rows. A row never
//! changes; a later row with the same key takes its place for snapshots that see it.
//!
//! ```text
//! domain::write::Write -> resolved by ingest -> Facts -> Arrow -> log frame (durable) -> hot table (visible)
//! ```

use crate::domain::event::Event;
use crate::domain::identity::ProjectKey;
use arrow::array::{
    ArrayRef, BooleanArray, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder,
    TimestampMicrosecondArray, UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// The four kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Events, by arrival.
    Events,
    /// Versions of groups: the key is `change_seq`.
    GroupVersions,
    /// Versions of profiles: the key is the profile.
    ProfileVersions,
    /// Memberships: the key is `membership_seq`.
    Memberships,
}

impl Table {
    /// All kinds, in the order of the log.
    pub const ALL: [Self; 4] = [Self::Events, Self::GroupVersions, Self::ProfileVersions, Self::Memberships];

    /// The table's name in the catalog and, with a generation's number, among the hot rows.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::GroupVersions => "group_versions",
            Self::ProfileVersions => "profile_versions",
            Self::Memberships => "memberships",
        }
    }

    /// The byte that marks the kind in the log.
    pub(crate) fn tag(self) -> u8 {
        match self {
            Self::Events => 1,
            Self::GroupVersions => 2,
            Self::ProfileVersions => 3,
            Self::Memberships => 4,
        }
    }
}

/// An event with its tenant and its arrival number.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// The tenant.
    pub project: ProjectKey,
    /// The arrival number, unique in the store.
    pub seq: u64,
    /// The event.
    pub event: Event,
}

/// One version of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupVersion {
    /// The tenant.
    pub project: ProjectKey,
    /// This row's number.
    pub seq: u64,
    /// The number of the change this version belongs to. A later row with the same number replaces this one.
    pub change_seq: u64,
    /// The group.
    pub group_id: String,
    /// The number of the change that began this life of the group.
    pub life: u64,
    /// Whether this change ended the life.
    pub is_deleted: bool,
    /// The group's type after the change.
    pub group_type: String,
    /// The group's name after the change.
    pub name: String,
    /// The merge patch that was sent, JSON.
    pub patch: String,
    /// The properties after the change, JSON.
    pub properties: String,
    /// Since when the change holds.
    pub effective_at: DateTime<Utc>,
    /// When the change was received.
    pub changed_at: DateTime<Utc>,
    /// When this life of the group began.
    pub created_at: DateTime<Utc>,
}

/// One version of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct ProfileVersion {
    /// The tenant.
    pub project: ProjectKey,
    /// This row's number; the profile's highest holds.
    pub seq: u64,
    /// The profile.
    pub profile_id: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// Traits, JSON.
    pub properties: String,
    /// When the profile was first written.
    pub created_at: DateTime<Utc>,
    /// When this version was written.
    pub updated_at: DateTime<Utc>,
}

/// One state of a membership.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    /// The tenant.
    pub project: ProjectKey,
    /// This row's number.
    pub seq: u64,
    /// The membership. A later row with the same number replaces this one.
    pub membership_seq: u64,
    /// Who is a member.
    pub profile_id: String,
    /// Of which group.
    pub group_id: String,
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// Until when; open while `None`.
    pub left_at: Option<DateTime<Utc>>,
}

/// The rows of one commit.
#[derive(Debug, Default)]
pub struct Facts {
    /// Events.
    pub events: Vec<EventRow>,
    /// Versions of groups.
    pub group_versions: Vec<GroupVersion>,
    /// Versions of profiles.
    pub profile_versions: Vec<ProfileVersion>,
    /// States of memberships.
    pub memberships: Vec<Membership>,
}

impl Facts {
    /// Rows of all kinds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len() + self.group_versions.len() + self.profile_versions.len() + self.memberships.len()
    }

    /// Whether there is nothing to commit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows as Arrow, one batch for each kind that has any.
    pub fn to_batches(&self) -> Result<Vec<(Table, RecordBatch)>, ArrowError> {
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
    ])
}

fn group_versions_batch(rows: &[GroupVersion]) -> Result<RecordBatch, ArrowError> {
    let is_deleted: BooleanArray = rows.iter().map(|row| Some(row.is_deleted)).collect();
    batch(vec![
        ("project", false, project(rows, |row| row.project)),
        ("seq", false, number(rows, |row| row.seq)),
        ("change_seq", false, number(rows, |row| row.change_seq)),
        ("group_id", false, text(rows, |row| &row.group_id)),
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
        ("group_id", false, text(rows, |row| &row.group_id)),
        ("joined_at", false, instant(rows, |row| row.joined_at)),
        ("left_at", true, Arc::new(left)),
    ])
}

/// JSON text of properties.
#[must_use]
pub fn json(properties: &crate::domain::event::Properties) -> String {
    serde_json::to_string(properties).unwrap_or_else(|_| "{}".to_owned())
}

/// The Arrow type of every instant in the store.
pub const INSTANT: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
