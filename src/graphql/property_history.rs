//! The history of a group: every version of its type, name and properties in its present life.

use super::known_group::parse_properties;
use super::page::{PageSpec, connection, encode_cursor};
use crate::analytics::count::int;
use crate::analytics::of_group::{OfGroup, lists_of};
use crate::analytics::scalars::{DateTime, Json};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use ::arrow::array::RecordBatch;
use async_graphql::SimpleObject;
use std::collections::HashMap;

/// A group as it was from one change on.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct GroupVersion {
    /// Since when it was so. Before its first version a group is read as that version has it.
    pub changed_at: DateTime,
    /// Its type then. Analyses by type read the type a group has now.
    #[graphql(name = "type")]
    pub group_type: String,
    /// Its display name then.
    pub name: String,
    /// All its properties then, types kept.
    pub properties: Json,
}

connection!(GroupVersionConnection, GroupVersionEdge, GroupVersion, "versions of a group");

/// Asks for one page of a group's history. A group without an entity has no answer.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyHistorySpec {
    page: PageSpec,
    after: Option<(i64, i64)>,
}

impl PropertyHistorySpec {
    /// Checks the arguments.
    pub fn parse(first: i32, after: Option<&str>, limits: &Limits) -> Result<Self, Invalid> {
        let page = PageSpec::parse(first, after, 2, limits)?;
        let seen = page.after.as_deref().map(|keys| match keys {
            [effective, change] => effective.as_i64().zip(change.as_i64()),
            _ => None,
        });
        if matches!(seen, Some(None)) {
            return Err(Invalid::new(
                "after",
                "is no cursor of this list; give the endCursor of the page before",
            ));
        }
        Ok(Self { page, after: seen.flatten() })
    }

    /// How many nodes a page has at most.
    #[must_use]
    pub fn first(&self) -> usize {
        self.page.first
    }
}

impl OfGroup for PropertyHistorySpec {
    type Answer = GroupVersionConnection;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, Self::Answer>, Failure> {
        let question = Question::new("property_history", include_str!("property_history.sql"))
            .with("after_effective", self.after.map(|(effective, _)| effective))
            .with("after_change", self.after.map(|(_, change)| change))
            .with("first", Value::BigInt(i64::try_from(self.page.first).unwrap_or(i64::MAX - 1)));
        let batches = caller.run_unlimited(&caller.scope_of_groups(ids)?, question).await?;
        let rows = lists_of(&batches, ids, |batch, row| {
            Ok((int("totalCount", arrow::integers(batch, "total")?.value(row))?, decode_version(batch, row)?))
        })?;
        let connection = |rows: Vec<(i32, Option<(String, GroupVersion)>)>| {
            let total = rows.first().map_or(0, |(total, _)| *total);
            let mut nodes: Vec<(String, GroupVersion)> =
                rows.into_iter().filter_map(|(_, version)| version).collect();
            let has_next_page = nodes.len() > self.page.first;
            nodes.truncate(self.page.first);
            GroupVersionConnection::page(nodes, has_next_page, self.after.is_some(), total)
        };
        Ok(rows.into_iter().map(|(id, rows)| (id, connection(rows))).collect())
    }
}

/// A version with its cursor; `None` where the page is empty.
fn decode_version(batch: &RecordBatch, row: usize) -> Result<Option<(String, GroupVersion)>, Failure> {
    let Some(change) = arrow::value(arrow::integers(batch, "change_seq")?, row) else { return Ok(None) };
    let instants = arrow::instants(batch, "effective_at")?;
    let cursor = encode_cursor(&[instants.value(row).into(), change.into()]);
    let version = GroupVersion {
        changed_at: DateTime(arrow::instant(instants, row).unwrap_or_default()),
        group_type: arrow::texts(batch, "group_type")?.value(row).to_owned(),
        name: arrow::texts(batch, "name")?.value(row).to_owned(),
        properties: Json(parse_properties(arrow::texts(batch, "properties")?.value(row))),
    };
    Ok(Some((cursor, version)))
}
