//! The columns that another engine may be asked for, and their types here and on the way.

use crate::store::{Derived, Sealed};
use arrow::datatypes::{DataType, Field, TimeUnit};
use std::sync::Arc;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    /// A key.
    Key,
    /// The place of a group on its event.
    Place,
    /// The number of a row, or a count of rows.
    Natural,
    /// A whole number.
    Whole,
    /// A text.
    Text,
    /// An instant.
    Instant,
    /// A truth value.
    Truth,
    /// A list of texts.
    Texts,
    /// A list of keys.
    Keys,
}

impl Kind {
    /// Its type in DuckDB.
    pub(in crate::engine) fn sql(self) -> &'static str {
        match self {
            Self::Key => "uinteger",
            Self::Place => "usmallint",
            Self::Natural => "ubigint",
            Self::Whole => "bigint",
            Self::Text => "varchar",
            Self::Instant => "timestamp",
            Self::Truth => "boolean",
            Self::Texts => "varchar[]",
            Self::Keys => "uinteger[]",
        }
    }

    /// Its type in Arrow, as DuckDB takes it.
    pub(in crate::engine) fn arrow(self) -> DataType {
        let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
        match self {
            Self::Key => DataType::UInt32,
            Self::Place => DataType::UInt16,
            Self::Natural => DataType::UInt64,
            Self::Whole => DataType::Int64,
            Self::Text => DataType::Utf8,
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Truth => DataType::Boolean,
            Self::Texts => list(DataType::Utf8),
            Self::Keys => list(DataType::UInt32),
        }
    }
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Column {
    /// Its name.
    pub(in crate::engine) name: &'static str,
    /// What it holds.
    pub(in crate::engine) kind: Kind,
    /// What it is worked out from, where it is no column of the file.
    pub(super) from: Option<&'static str>,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, from: None }
}

/// Those of whole events. The tenant is not among them: it is asked for, and nothing reads it.
const EVENTS: [Column; 17] = [
    column("seq", Kind::Natural),
    column("id", Kind::Text),
    column("name", Kind::Text),
    column("profile_id", Kind::Text),
    column("device_id", Kind::Text),
    column("session_id", Kind::Text),
    column("groups", Kind::Texts),
    column("path", Kind::Text),
    column("properties", Kind::Text),
    column("revenue", Kind::Whole),
    column("occurred_at", Kind::Instant),
    column("received_at", Kind::Instant),
    column("name_key", Kind::Key),
    column("user_key", Kind::Key),
    column("path_key", Kind::Key),
    column("group_keys", Kind::Keys),
    Column { name: "is_identified", kind: Kind::Truth, from: Some("profile_id is not null") },
];

/// Those of events placed in groups.
const PLACED: [Column; 8] = [
    column("group_key", Kind::Key),
    column("place", Kind::Place),
    column("seq", Kind::Natural),
    column("occurred_at", Kind::Instant),
    column("name_key", Kind::Key),
    column("user_key", Kind::Key),
    column("is_identified", Kind::Truth),
    column("path_key", Kind::Key),
];

/// Those of sums, by day or otherwise.
const SUMS: [Column; 7] = [
    column("group_key", Kind::Key),
    column("user_key", Kind::Key),
    column("is_identified", Kind::Truth),
    column("name_key", Kind::Key),
    column("events", Kind::Natural),
    column("first_at", Kind::Instant),
    column("last_at", Kind::Instant),
];

impl Column {
    /// Whether it tells sums apart.
    pub(super) fn is_key(&self) -> bool {
        !matches!(self.name, "events" | "first_at" | "last_at")
    }
}

/// The columns of rows of a kind, as they are or summed.
pub(super) fn columns(sealed: Sealed, is_summed: bool) -> Vec<Column> {
    let (all, without): (&[Column], &[&str]) = match sealed {
        Sealed::Events => (&EVENTS, &[]),
        Sealed::Derived(Derived::ByGroup | Derived::ByName) if is_summed => (&SUMS, &[]),
        Sealed::Derived(Derived::ByGroup | Derived::ByName) => (&PLACED, &[]),
        Sealed::Derived(Derived::GroupDays) => (&SUMS, &["name_key"]),
        Sealed::Derived(Derived::UserDays) => (&SUMS, &["name_key", "group_key"]),
        Sealed::Derived(Derived::GroupTotals) => (&SUMS, &["name_key", "user_key", "is_identified"]),
    };
    all.iter().copied().filter(|column| !without.contains(&column.name)).collect()
}
