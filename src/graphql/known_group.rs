//! What is known of a group that was upserted, and its look-up for many groups at once.

use crate::analytics::of_group::{OfGroup, one_of};
use crate::caller::Caller;
use crate::domain::identity;
use crate::engine::{Question, arrow};
use crate::error::Failure;
use ::arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// A group's entity as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownGroup {
    /// What kind of group it is.
    pub group_type: String,
    /// Its display name.
    pub name: String,
    /// Its properties, a JSON object.
    pub properties: serde_json::Value,
    /// When this life of the group began.
    pub created_at: DateTime<Utc>,
    /// When something about it last changed.
    pub updated_at: DateTime<Utc>,
}

impl From<identity::Group> for KnownGroup {
    fn from(group: identity::Group) -> Self {
        Self {
            group_type: group.group_type,
            name: group.name,
            properties: serde_json::Value::Object(group.properties),
            created_at: group.created_at,
            updated_at: group.updated_at,
        }
    }
}

/// Asks for the entity. A group without one has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownGroups;

impl OfGroup for KnownGroups {
    type Answer = KnownGroup;

    async fn answer(&self, caller: &Caller, ids: &[String]) -> Result<HashMap<String, KnownGroup>, Failure> {
        let question = Question::new("known_groups", include_str!("known_groups.sql"));
        let batches = caller.run_unlimited(&caller.scope_of_groups(ids)?, question).await?;
        one_of(&batches, decode_known)
    }
}

/// Reads the entity from the columns `group_type`, `name`, `properties`, `created_at` and `updated_at`.
pub fn decode_known(batch: &RecordBatch, row: usize) -> Result<KnownGroup, Failure> {
    Ok(KnownGroup {
        group_type: arrow::text(arrow::texts(batch, "group_type")?, row).unwrap_or_default(),
        name: arrow::text(arrow::texts(batch, "name")?, row).unwrap_or_default(),
        properties: parse_properties(arrow::texts(batch, "properties")?.value(row)),
        created_at: arrow::instant(arrow::instants(batch, "created_at")?, row).unwrap_or_default(),
        updated_at: arrow::instant(arrow::instants(batch, "updated_at")?, row).unwrap_or_default(),
    })
}

/// Stored properties as JSON; an empty object where nothing is stored.
#[must_use]
pub fn parse_properties(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|_| serde_json::json!({}))
}
