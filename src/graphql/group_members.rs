//! The members of a group, page by page: for all groups of a list by one statement.

use super::known_group::parse_properties;
use super::page::{PageSpec, encode_cursor};
use super::profile::{Profile, ProfileConnection};
use crate::analytics::count::int;
use crate::analytics::of_group::{OfGroup, lists_of};
use crate::caller::Caller;
use crate::domain::Invalid;
use crate::domain::limits::Limits;
use crate::engine::{Question, Value, arrow};
use crate::error::Failure;
use ::arrow::array::RecordBatch;
use std::collections::HashMap;

/// Asks for one page of members. A group without members that are searched for has no answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MembersSpec {
    page: PageSpec,
    after: Option<(i64, String)>,
    search: Option<String>,
}

impl MembersSpec {
    /// Checks the arguments.
    pub(super) fn parse(
        first: i32,
        after: Option<&str>,
        search: Option<String>,
        limits: &Limits,
    ) -> Result<Self, Invalid> {
        let page = PageSpec::parse(first, after, 2, limits)?;
        let seen = page.after.as_deref().map(|keys| match keys {
            [joined, id] => joined.as_i64().zip(id.as_str().map(str::to_owned)),
            _ => None,
        });
        if matches!(seen, Some(None)) {
            return Err(Invalid::new(
                "after",
                "is no cursor of this list; give the endCursor of the page before",
            ));
        }
        Ok(Self { page, after: seen.flatten(), search: search.filter(|text| !text.is_empty()) })
    }

    /// How many nodes a page has at most.
    pub(super) fn first(&self) -> usize {
        self.page.first
    }
}

impl OfGroup for MembersSpec {
    type Answer = ProfileConnection;

    async fn answer(
        &self,
        caller: &Caller,
        ids: &[String],
    ) -> Result<HashMap<String, Self::Answer>, Failure> {
        let question = Question::new("group_members", include_str!("group_members.sql"))
            .with("search", self.search.clone())
            .with("after_joined", self.after.as_ref().map(|(joined, _)| *joined))
            .with("after_id", self.after.as_ref().map(|(_, id)| id.clone()))
            .with("first", Value::BigInt(i64::try_from(self.page.first).unwrap_or(i64::MAX - 1)));
        let batches = caller.run_unlimited(&caller.scope_of_groups(ids)?, question).await?;
        let rows = lists_of(&batches, ids, |batch, row| {
            Ok((int("totalCount", arrow::integers(batch, "total")?.value(row))?, decode_member(batch, row)?))
        })?;
        Ok(rows.into_iter().map(|(id, rows)| (id, self.connection(rows))).collect())
    }
}

impl MembersSpec {
    fn connection(&self, rows: Vec<(i32, Option<(String, Profile)>)>) -> ProfileConnection {
        let total = rows.first().map_or(0, |(total, _)| *total);
        let mut nodes: Vec<(String, Profile)> = rows.into_iter().filter_map(|(_, member)| member).collect();
        let has_next_page = nodes.len() > self.page.first;
        nodes.truncate(self.page.first);
        ProfileConnection::page(nodes, has_next_page, self.after.is_some(), total)
    }
}

/// A member with its cursor; `None` where the page is empty.
fn decode_member(batch: &RecordBatch, row: usize) -> Result<Option<(String, Profile)>, Failure> {
    let text = |column: &str| arrow::texts(batch, column).map(|texts| arrow::text(texts, row));
    let Some(id) = text("profile_id")? else { return Ok(None) };
    let joined = arrow::value(arrow::instants(batch, "joined_at")?, row).unwrap_or_default();
    let cursor = encode_cursor(&[joined.into(), id.as_str().into()]);
    let profile = Profile {
        id,
        first_name: text("first_name")?,
        last_name: text("last_name")?,
        email: text("email")?,
        avatar: text("avatar")?,
        properties: parse_properties(text("properties")?.as_deref().unwrap_or("{}")),
    };
    Ok(Some((cursor, profile)))
}
