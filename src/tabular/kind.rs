//! What a column holds, and so how files store it.
//!
//! | GraphQL | Arrow | Parquet |
//! |---|---|---|
//! | `Int` | `int64` | `INT64` |
//! | `Float` | `double` | `DOUBLE` |
//! | `Boolean` | `bool` | `BOOLEAN` |
//! | `DateTime` | `timestamp[us, tz=UTC]` | `TIMESTAMP(MICROS, UTC)` |
//! | `Date` | `date32[day]` | `DATE` |
//! | a list, `JSON` | `string`, holding JSON | `STRING` |
//! | everything else | `string` | `STRING` |
//!
//! Every column may hold nulls. An `Int` has room to grow, so that a table need not change when a count does.

use arrow::datatypes::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Whole numbers.
    Int,
    /// Numbers.
    Float,
    /// True or false.
    Boolean,
    /// Instants.
    Instant,
    /// Calendar days.
    Day,
    /// Lists and JSON values.
    Json,
    /// Texts.
    Text,
}

impl Kind {
    /// The kind of a GraphQL type.
    #[must_use]
    pub fn of(type_name: &str, is_list: bool) -> Self {
        match type_name {
            _ if is_list => Self::Json,
            "Int" => Self::Int,
            "Float" => Self::Float,
            "Boolean" => Self::Boolean,
            "DateTime" => Self::Instant,
            "Date" => Self::Day,
            "JSON" => Self::Json,
            _ => Self::Text,
        }
    }

    /// Whether it holds numbers only.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float)
    }

    /// The type of its Arrow column.
    #[must_use]
    pub fn data_type(self) -> DataType {
        match self {
            Self::Int => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Boolean => DataType::Boolean,
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Day => DataType::Date32,
            Self::Json | Self::Text => DataType::Utf8,
        }
    }

    /// The type of its Arrow column in the words of Arrow's own documentation.
    #[must_use]
    pub fn arrow_name(self) -> &'static str {
        match self {
            Self::Int => "int64",
            Self::Float => "double",
            Self::Boolean => "bool",
            Self::Instant => "timestamp[us, tz=UTC]",
            Self::Day => "date32[day]",
            Self::Json | Self::Text => "string",
        }
    }
}
